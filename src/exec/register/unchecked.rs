//! The register engine as handlers that jump to each other and trust the code: their addresses stand in it, and nothing
//! checks that its bytes are there. Slots, memories, tables and calls are checked as everywhere.
//!
//! What the unsafe blocks rely on:
//!
//! 1. **Sealed code.** Every slice from which an [`Ip`] is made has been returned by [`seal`], so all that [`Verified::verify`]
//!    checks holds of it, and its opcodes are addresses of this module's handlers. [`run`] is reached only where the current
//!    instance's functions are sealed ([`Functions::is_unchecked`](super::Functions::is_unchecked)), all of them are when one
//!    is, and a machine is one instance's. A function without sealed code has an empty slice, from which no [`Ip`] is made.
//! 2. **Starts.** An [`Ip`] is made where an instruction begins: at a function's entry, or at one of the [`Entries`] that
//!    `seal` found. Positions in frames are not trusted: each is looked up there; those in [`Returns`] were [`Ip`]s. Between
//!    two handlers it stands at an opcode. None of these places is before [`ENTRY`].
//! 3. **Fields.** The handler of an instruction takes the bytes that `verify` counts for it: both follow from the fields in
//!    the generator's list. Then it takes the next opcode, moves to a branch's target, or ends.
//! 4. **Lifetime.** An [`Ip`] borrows the code for `'m`, as the slice does that it was made from; sealed code does not
//!    change.
//! 5. **Loops.** A handler that goes to the head of the innermost loop is put only where [`repeating`](super::loops::repeating)
//!    says: there the register holds what follows the loop's `loop_head`, set by that, or by [`run`] when execution began
//!    behind it. A call returns to no such place, because there is none behind an instruction that calls.
//! 6. **Frames.** The frame of a handler is a window of the stack that the machine's [`Room`] is of: [`begin`] makes the room,
//!    of the stack from which the frame is taken that handlers begin with, and all others are from the room, or were frames
//!    when [`Returns`] kept them. So no handler meets [`Room::NONE`], and `first` slots behind a frame's beginning there are
//!    slots of the same stack, because a window has more than 16 bits can say.

mod room;

pub(in super::super) use room::Room;

use super::super::exit::Stop;
use super::super::inplace::address_of_frame;
use super::super::machine::Machine;
use super::super::registers::FrameWindow;
use super::call::{self, CallOperands};
use super::entries::Entries;
use super::returns;
use super::state::RegisterCode;
use super::verify::{Unsound, Verified};
use super::{Cursor, Function, Outcome, Registers, Rendering, WINDOW};
use crate::translate::{ENTRY, Settings, Stops};
use alloc::boxed::Box;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;
use once_cell::race::OnceBox;
use room::Beginning;

/// A frame's window: of fixed size, so that it takes one register, and as large as numbers of slots can be, so that they
/// need no check.
type Cells = [Cell<u64>; WINDOW];

/// A handler: the code behind its opcode, the frame, the integer accumulator, the rest, memory 0, the other accumulators, the
/// head of the innermost loop (in a register for floats, because there are no others).
type Handler =
    for<'m, 'a, 'x> extern "sysv64" fn(Ip<'m>, &'m Cells, u64, &'x mut Machine<'m, 'a>, &'m mut [u8], f32, f64, f64);

/// Where calls return to.
pub(in super::super) type Returns<'m> = returns::Returns<'m, Ip<'m>, &'m Cells>;

/// A position in sealed code.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(in super::super) struct Ip<'m> {
    at: NonNull<u8>,
    code: PhantomData<&'m [u8]>,
}

/// A number that need not be aligned.
#[repr(C, packed)]
struct Unaligned(usize);

impl Ip<'_> {
    /// The current instruction's handler; stands behind the opcode then.
    #[inline(always)]
    fn handler(&mut self) -> Handler {
        // SAFETY: by 1 and 2 eight bytes are here that `seal` has written: the address of a handler.
        let handler = unsafe {
            let address = self.at.cast::<Unaligned>().as_ref().0;
            core::mem::transmute::<*const (), Handler>(core::ptr::with_exposed_provenance(address))
        };
        self.skip(8);
        handler
    }

    /// Stands `distance` bytes further.
    #[inline(always)]
    fn skip(&mut self, distance: isize) {
        // SAFETY: by 1 to 3 the place belongs to the same code: it is an instruction's start, the end of a field or of an
        // opcode, behind which there is more code or padding, the target of a branch, an entry of a table of targets, the four
        // bytes before an instruction, or, by 5 or just behind its opcode, `loop_head`.
        self.at = unsafe { self.at.offset(distance) };
    }
}

impl<'m> Ip<'m> {
    /// What the run costs that begins here, where a call returns to.
    #[inline(always)]
    fn price_before(mut self) -> u32 {
        const { assert!(ENTRY >= 4) };
        self.skip(-4);
        // SAFETY: by 2 these bytes belong to the same code, and by 4 they live as long.
        u32::from_le_bytes(unsafe { self.at.cast::<[u8; 4]>().read() })
    }

    /// A place that is an instruction's start.
    #[inline(always)]
    fn at_start(code: &'m [u8], position: usize) -> Result<Self, Stop> {
        if position >= code.len() {
            return Err(Stop::Corrupt);
        }
        let mut ip = Self { at: NonNull::from(code).cast(), code: PhantomData };
        ip.skip(position as isize);
        Ok(ip)
    }
}

impl<'m> Cursor<'m> for Ip<'m> {
    /// Only the function's entry.
    #[inline(always)]
    fn at(code: &'m [u8], position: usize) -> Result<Self, Stop> {
        if position == ENTRY { Self::at_start(code, position) } else { Err(Stop::Corrupt) }
    }

    #[inline(always)]
    fn take<const N: usize>(&mut self) -> Result<&'m [u8; N], Stop> {
        // SAFETY: by 3 these bytes are the current instruction's, and by 4 they live as long.
        let fields = unsafe { self.at.cast().as_ref() };
        self.skip(N as isize);
        Ok(fields)
    }

    #[inline(always)]
    fn window(self) -> Outcome {
        Ok(())
    }

    #[inline(always)]
    fn position(self, code: &'m [u8]) -> usize {
        self.at.addr().get().wrapping_sub(code.as_ptr().addr())
    }

    #[inline(always)]
    fn moved(mut self, _: &'m [u8], distance: isize) -> Result<Self, Stop> {
        self.skip(distance);
        Ok(self)
    }
}

/// These handlers' way of rendering, in one of these forms.
struct Unchecked<const FORM: u8>;

/// As everywhere.
const PLAIN: u8 = 0;

/// What branches goes to the head of the innermost loop.
const REPEATS: u8 = 1;

/// What calls has the owner enter the function, because these handlers cannot, or because there is an interruption.
const OUTSIDE: u8 = 2;

/// What calls, and what begins loops, looks for interruptions.
const INTERRUPTIBLE: u8 = 3;

/// What branches goes to the head of the innermost loop, and looks for interruptions.
const REPEATS_INTERRUPTIBLE: u8 = 4;

impl<const FORM: u8> Rendering for Unchecked<FORM> {
    type Code<'m> = Ip<'m>;
    type Frame<'m> = &'m Cells;
    type Memory<'m> = &'m mut [u8];
    type Head<'m> = Head<'m>;

    #[inline(always)]
    fn memory<'x, 'm>(_: &'x mut Machine<'m, '_>, memory: &'x mut &'m mut [u8]) -> &'x mut [u8] {
        memory
    }

    #[inline(always)]
    fn return_to<'m>(function: &Function, code: &'m [u8], position: usize) -> Result<Ip<'m>, Stop> {
        let is_entry = function.entries().is_some_and(|entries| entries.is_returned_to(position));
        if is_entry { Ip::at_start(code, position) } else { Err(Stop::Corrupt) }
    }

    /// As everywhere, but for where the caller is noted; and where the fuel is not enough, the owner looks how far it goes.
    #[inline(always)]
    fn enter<'m, const METERED: bool>(
        machine: &mut Machine<'m, '_>,
        r: &mut Registers<'m, Self>,
        own: u32,
        operands: CallOperands,
    ) -> Outcome {
        if FORM == OUTSIDE {
            return call::request_own(machine, own, operands);
        }
        let Some(entrance) = Entrance::find::<METERED, FORM>(machine, r, own, operands.first) else {
            return Err(Stop::Outside);
        };
        if METERED {
            machine.fuel = entrance.fuel;
        }
        machine.returns.push(r.code, r.frame, entrance.callee);
        (r.code, r.frame) = (entrance.code, entrance.frame);
        r.frame.zero_locals(entrance.callee.body());
        call::forget_accumulators(r);
        Ok(())
    }

    /// To a caller whose record these handlers have, without looking anything up. Its next run is paid for.
    #[inline(always)]
    fn leave<'m, const METERED: bool>(
        machine: &mut Machine<'m, '_>,
        r: &mut Registers<'m, Self>,
        results: u16,
    ) -> Outcome {
        let Some(caller) = machine.returns.pop() else {
            machine.position.height = u32::from(results);
            return Err(Stop::Return);
        };
        (r.code, r.frame) = caller;
        call::forget_accumulators(r);
        Ok(())
    }

    #[inline(always)]
    fn begin_loop<'m>(machine: &Machine<'m, '_>, r: &mut Registers<'m, Self>) -> Outcome {
        r.head = Head::new(r.code);
        if FORM == INTERRUPTIBLE { r.look_for_interruption(machine) } else { Ok(()) }
    }

    #[inline(always)]
    fn branch<'m>(machine: &Machine<'m, '_>, r: &mut Registers<'m, Self>, distance: i32) -> Outcome {
        if FORM == REPEATS || FORM == REPEATS_INTERRUPTIBLE {
            r.code = r.head.place();
        } else {
            r.code.skip(distance as isize);
        }
        if FORM == REPEATS_INTERRUPTIBLE { r.look_for_interruption(machine) } else { Ok(()) }
    }
}

impl<'m, const FORM: u8> Registers<'m, Unchecked<FORM>> {
    /// Behind `loop_head`: if there is an interruption, stands before it, where the in-place engine can go on.
    #[inline(always)]
    fn look_for_interruption(&mut self, machine: &Machine<'m, '_>) -> Outcome {
        if machine.is_interrupted() {
            self.code.skip(-8);
            return Err(Stop::HandOver);
        }
        Ok(())
    }
}

/// What a call needs, found before anything changes.
struct Entrance<'m> {
    callee: &'m RegisterCode,
    code: Ip<'m>,
    frame: &'m Cells,
    /// What is left when it is paid for, and what the caller does next as well: so a return need not. When these handlers
    /// stop, that is given back.
    fuel: i64,
}

impl<'m> Entrance<'m> {
    /// Of function `own`, whose frame begins behind the slot `first` of the caller's; nothing if that is for others: where the
    /// function has no code, or there is no room for it, or not enough fuel, or an interruption.
    #[inline(always)]
    fn find<const METERED: bool, const FORM: u8>(
        machine: &Machine<'m, '_>,
        caller: &Registers<'m, Unchecked<FORM>>,
        own: u32,
        first: u16,
    ) -> Option<Self> {
        if FORM == INTERRUPTIBLE && machine.is_interrupted() {
            return None;
        }
        let callee = machine.translated.get(own as usize)?.register_code()?;
        let beginning = Beginning::behind(caller.frame, first);
        if !machine.room.has(beginning, callee.frame_size()) || !machine.returns.has_room() {
            return None;
        }
        // SAFETY: by 6 it is behind a frame of this stack, and the room has said that it has a window there.
        let frame = unsafe { machine.room.window(beginning) };
        let price = || callee.price().wrapping_add(i64::from(caller.code.price_before()));
        let fuel = if METERED { machine.fuel.wrapping_sub(price()) } else { 0 };
        let code = Ip::at(callee.bytes(), ENTRY).ok()?;
        (fuel >= 0).then_some(Self { callee, code, frame, fuel })
    }
}

/// How many bits of an address say where in a slot it is.
const SLOT_BITS: u32 = size_of::<u64>().trailing_zeros();

/// Where a frame's window begins on the stack: one slot below its first parameter.
#[inline(always)]
fn place_of(stack: &[Cell<u64>], frame: &Cells) -> usize {
    core::ptr::from_ref(frame).addr().wrapping_sub(stack.as_ptr().addr()).wrapping_shr(SLOT_BITS)
}

/// Where the innermost loop begins, as the bits of a float.
#[derive(Clone, Copy)]
struct Head<'m> {
    bits: f64,
    code: PhantomData<&'m [u8]>,
}

impl<'m> Head<'m> {
    #[inline(always)]
    fn new(place: Ip<'m>) -> Self {
        Self { bits: f64::from_bits(place.at.expose_provenance().get() as u64), code: PhantomData }
    }

    #[inline(always)]
    fn place(self) -> Ip<'m> {
        let address = core::ptr::with_exposed_provenance_mut(self.bits.to_bits() as usize);
        // SAFETY: by 5 this is the address of a place in the code, which is not null.
        Ip { at: unsafe { NonNull::new_unchecked(address) }, code: PhantomData }
    }
}

/// Makes verified code of what the translator made for a frame of slots up to `frame`, which is overwritten.
pub(in super::super) fn seal(
    code: &mut [u8],
    frame: u32,
    settings: &Settings,
    verified: &mut Verified,
) -> Result<(Box<[u8]>, Entries), Unsound> {
    let handlers = match settings.stops {
        Stops::Never => &FREE,
        Stops::ByFuel => with(&METERED, &METERED_TABLE),
        Stops::ByInterruption => with(&INTERRUPTIBLE_HANDLERS, &INTERRUPTIBLE_TABLE),
    };
    verified.verify(code, frame, |_, number, opcode| {
        *opcode = address_of(*handlers.get(number as usize).ok_or(Unsound)?);
        Ok(())
    })?;
    for branch in super::loops::repeating(verified, settings.stops) {
        if let Some(repeating) = repeating_handlers(branch.number) {
            let opcode = code.get_mut(branch.source as usize..).and_then(<[u8]>::first_chunk_mut).ok_or(Unsound)?;
            *opcode = address_of(match settings.stops {
                Stops::Never => repeating.free,
                Stops::ByFuel => repeating.metered,
                Stops::ByInterruption => repeating.interruptible,
            });
        }
    }
    Ok(((&*code).into(), Entries::of(verified, settings.stops)))
}

/// Handlers by the instructions' numbers.
type Table = OnceBox<[Handler; COUNT]>;

/// Those that count fuel.
static METERED_TABLE: Table = Table::new();

/// Those that look for interruptions.
static INTERRUPTIBLE_TABLE: Table = Table::new();

/// The handlers with `others` in the place of some: a table that is made when it is first wanted.
fn with(others: &[(u16, Handler)], table: &'static Table) -> &'static [Handler; COUNT] {
    table.get_or_init(|| {
        let mut handlers = Box::new(FREE);
        super::replace(&mut *handlers, others);
        handlers
    })
}

/// The handlers of an instruction that go to the head of the innermost loop.
struct Repeating {
    free: Handler,
    /// Counts fuel.
    metered: Handler,
    /// Looks for interruptions.
    interruptible: Handler,
}

fn repeating_handlers(number: u16) -> Option<&'static Repeating> {
    let place = REPEATING.binary_search_by_key(&number, |(number, _)| *number).ok()?;
    REPEATING.get(place).map(|(_, handlers)| handlers)
}

/// What stands in the code for a handler.
fn address_of(handler: Handler) -> [u8; 8] {
    ((handler as *const ()).expose_provenance() as u64).to_le_bytes()
}

/// Whether an instruction has a handler that goes to the head of the innermost loop.
pub(super) fn can_repeat(number: u16) -> bool {
    repeating_handlers(number).is_some()
}

/// Whether an instruction has a handler that looks for interruptions, wherever it stands.
pub(super) fn is_interruptible(number: u16) -> bool {
    INTERRUPTIBLE_HANDLERS.iter().any(|(other, _)| *other == number)
}

/// Runs from the current position, which is in sealed code, if execution may begin there.
pub(super) fn run(machine: &mut Machine<'_, '_>) -> Stop {
    let frame = machine.position.frame;
    let own = frame.function.wrapping_sub(machine.imported_functions);
    let entries = machine.translated.get(own as usize).and_then(Function::entries);
    if !entries.is_some_and(|entries| entries.contains(frame.ip as usize)) {
        return Stop::Corrupt;
    }
    run_from(machine, frame.ip as usize)
}

/// Runs sealed code of no module from its beginning.
pub(in super::super) fn run_from_entry(machine: &mut Machine<'_, '_>) -> Stop {
    run_from(machine, ENTRY)
}

fn run_from(machine: &mut Machine<'_, '_>, position: usize) -> Stop {
    let frame = <&Cells as FrameWindow<'_>>::on(machine.cells_from(machine.position.frame.base));
    let (Some(frame), Ok(code)) = (frame, Ip::at_start(machine.register_code, position)) else { return Stop::Corrupt };
    begin(machine);
    let head = Head::new(code);
    let memory = core::mem::take(&mut machine.first_memory);
    let r = Registers::<Unchecked<PLAIN>> { code, frame, memory, head, integer: 0, single: 0.0, double: 0.0 };
    machine.stop = Stop::Corrupt;
    dispatch(r, machine);
    machine.stop
}

/// Prepares the machine for handlers that begin where its position says: nothing is known of callers, and frames may be
/// anywhere on its stack.
#[inline(always)]
fn begin(machine: &mut Machine<'_, '_>) {
    let own = machine.position.frame.function.wrapping_sub(machine.imported_functions);
    let function = machine.translated.get(own as usize).and_then(Function::register_code);
    machine.returns.begin(function, &machine.position, machine.frames.len());
    machine.room = Room::of(machine.stack, machine.usable);
}

#[inline(always)]
fn registers<'m, const FORM: u8>(
    code: Ip<'m>,
    frame: &'m Cells,
    integer: u64,
    memory: &'m mut [u8],
    single: f32,
    double: f64,
    head: f64,
) -> Registers<'m, Unchecked<FORM>> {
    let head = Head { bits: head, code: PhantomData };
    Registers { code, frame, memory, head, integer, single, double }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
fn dispatch<'m, const FORM: u8>(r: Registers<'m, Unchecked<FORM>>, machine: &mut Machine<'m, '_>) {
    let Registers { mut code, frame, memory, head, integer, single, double } = r;
    let handler = code.handler();
    handler(code, frame, integer, machine, memory, single, double, head.bits);
}

/// Gives memory 0 to the machine while an instruction looks for it there.
#[inline(always)]
fn lend_memory<'m, 'a, const FORM: u8>(
    machine: &mut Machine<'m, 'a>,
    r: &mut Registers<'m, Unchecked<FORM>>,
    execute: impl FnOnce(&mut Machine<'m, 'a>, &mut Registers<'m, Unchecked<FORM>>) -> Outcome,
) -> Outcome {
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    let outcome = execute(machine, r);
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    outcome
}

/// Stops where `r` stands. That this is rare decides which way the handlers' code is laid out.
#[cold]
#[inline(always)]
fn halt<'m, const FORM: u8>(stop: Stop, r: Registers<'m, Unchecked<FORM>>, machine: &mut Machine<'m, '_>) {
    match stop {
        // These are apart, so that handlers need not keep why they stop, nor where.
        Stop::Return => return_slowly(0, r.frame, 0, machine, r.memory),
        Stop::Corrupt => give_up(0, 0, 0, machine, r.memory),
        _ => {
            machine.stop = stop;
            leave(r.code, r.frame, r.integer, machine, r.memory, r.single, r.double, r.head.bits);
        }
    }
}

/// Returns from the first handler where nobody can go on. What it needs is where handlers have it.
#[cold]
#[inline(never)]
extern "sysv64" fn give_up<'m>(_: u64, _: u64, _: u64, machine: &mut Machine<'m, '_>, memory: &'m mut [u8]) {
    machine.stop = Stop::Corrupt;
    machine.first_memory = memory;
}

/// Returns to the caller that the machine's frames name.
#[cold]
#[inline(never)]
extern "sysv64" fn return_slowly<'m>(
    _: u64,
    frame: &'m Cells,
    _: u64,
    machine: &mut Machine<'m, '_>,
    memory: &'m mut [u8],
) {
    let results = machine.position.height as u16;
    // Anywhere in the function: what is returned to says where it goes on.
    let Ok(code) = Ip::at_start(machine.register_code, ENTRY) else { return give_up(0, 0, 0, machine, memory) };
    let mut r = registers::<PLAIN>(code, frame, 0, memory, 0.0, 0.0, 0.0);
    // Where fuel is not counted, runs cost nothing.
    match call::leave::<Unchecked<PLAIN>, true>(machine, &mut r, results) {
        Ok(()) => {
            begin(machine);
            dispatch(r, machine);
        }
        Err(stop) => {
            machine.stop = stop;
            leave(r.code, r.frame, r.integer, machine, r.memory, r.single, r.double, r.head.bits);
        }
    }
}

/// Writes the records of calls that these handlers have kept to the machine's frames, and to its position what runs. Gives
/// back what was paid for the callers' next runs.
fn settle_returns<'m>(machine: &mut Machine<'m, '_>, frame: &'m Cells) {
    let prices = machine.returns.calls().map(|call| i64::from(call.code.price_before()));
    machine.fuel = prices.fold(machine.fuel, i64::wrapping_add);
    let base = |frame| place_of(machine.stack, frame).wrapping_add(1) as u32;
    let (returns, position) = (&mut machine.returns, &mut machine.position);
    if let Some(function) = returns.settle(machine.frames, position, machine.imported_functions, frame, base) {
        machine.register_code = function.bytes();
    }
}

/// Saves the position and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave<'m>(
    code: Ip<'m>,
    frame: &'m Cells,
    integer: u64,
    machine: &mut Machine<'m, '_>,
    memory: &'m mut [u8],
    single: f32,
    double: f64,
    head: f64,
) {
    let stop = machine.stop;
    machine.host_stack = address_of_frame();
    settle_returns(machine, frame);
    let r = registers::<PLAIN>(code, frame, integer, memory, single, double, head);
    r.save_position(machine, stop);
    machine.first_memory = r.memory;
}

include!(concat!(env!("OUT_DIR"), "/unchecked.rs"));
