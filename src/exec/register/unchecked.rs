//! The register engine as handlers that jump to each other and trust the code: their addresses stand in it, and nothing
//! checks that its bytes are there. Slots, memories, tables and calls are checked as everywhere.
//!
//! What the unsafe blocks rely on:
//!
//! 1. **Sealed code.** Every slice from which an [`Ip`] is made has been returned by [`seal`], so `verify` holds of it, and
//!    its opcodes are addresses of this module's handlers. [`run`] is reached only where the current instance's functions
//!    are sealed ([`Functions::is_unchecked`](super::Functions::is_unchecked)), all of them are when one is, and a machine
//!    is one instance's. A function without sealed code has an empty slice, from which [`Ip::at`] makes nothing.
//! 2. **Starts.** An [`Ip`] is made where an instruction begins: at a function's entry, behind a call that is in a record
//!    of the frame stack, or at a place that the function's map names. Between two handlers it stands at an opcode.
//! 3. **Fields.** The handler of an instruction takes the bytes that `verify` counts for it: both follow from the fields in
//!    the generator's list. Then it takes the next opcode, moves to a branch's target, or ends.
//! 4. **Lifetime.** An [`Ip`] borrows the code for `'m`, as the slice does that it was made from; sealed code does not
//!    change.
//! 5. **Loops.** A handler that goes to the head of the innermost loop is put only where [`repeating`](super::loops::repeating)
//!    says: there the register holds a place of the same code, set by `loop_head` or when execution began there.

use super::super::exit::Stop;
use super::super::inplace::address_of_frame;
use super::super::machine::Machine;
use super::verify::{Unsound, verify};
use super::{Cursor, Outcome, Registers, Rendering, WINDOW};
use alloc::boxed::Box;
use core::cell::Cell;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A frame's window: of fixed size, so that it takes one register, and as large as numbers of slots can be, so that they
/// need no check.
type Cells = [Cell<u64>; WINDOW];

/// A handler: the code behind its opcode, the frame, the integer accumulator, the rest, memory 0, the other accumulators, the
/// head of the innermost loop (in a register for floats, because there are no others).
type Handler =
    for<'m, 'a, 'x> extern "sysv64" fn(Ip<'m>, &'m Cells, u64, &'x mut Machine<'m, 'a>, &'m mut [u8], f32, f64, f64);

/// The handlers that do not count fuel.
static FREE: [Handler; COUNT] = handlers::<false>();

/// The handlers that count fuel.
static METERED: [Handler; COUNT] = handlers::<true>();

/// The handlers that go to the head of the innermost loop.
static REPEATING: [Option<Handler>; COUNT] = repeating::<false>();

/// The same that count fuel.
static METERED_REPEATING: [Option<Handler>; COUNT] = repeating::<true>();

/// A position in sealed code.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Ip<'m> {
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
        // SAFETY: by 1 to 3 the place belongs to the same code: it is the end of a field or of an opcode, behind which there
        // is more code or padding, the target of a branch, or an entry of a table of targets.
        self.at = unsafe { self.at.offset(distance) };
    }
}

impl<'m> Cursor<'m> for Ip<'m> {
    #[inline(always)]
    fn at(code: &'m [u8], position: usize) -> Result<Self, Stop> {
        match code.get(position..) {
            Some(rest) if !rest.is_empty() => Ok(Self { at: NonNull::from(rest).cast(), code: PhantomData }),
            _ => Err(Stop::Corrupt),
        }
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

/// These handlers' way of rendering. With `REPEATS`, what branches goes to the head of the innermost loop.
struct Unchecked<const REPEATS: bool>;

impl<const REPEATS: bool> Rendering for Unchecked<REPEATS> {
    type Code<'m> = Ip<'m>;
    type Frame<'m> = &'m Cells;
    type Memory<'m> = &'m mut [u8];
    type Head<'m> = Head<'m>;

    #[inline(always)]
    fn memory<'x, 'm>(_: &'x mut Machine<'m, '_>, memory: &'x mut &'m mut [u8]) -> &'x mut [u8] {
        memory
    }

    #[inline(always)]
    fn begin_loop(r: &mut Registers<'_, Self>) {
        r.head = Head::new(r.code);
    }

    #[inline(always)]
    fn branch<'m>(machine: &Machine<'m, '_>, r: &mut Registers<'m, Self>, distance: i32) -> Outcome {
        r.code = if REPEATS { r.head.place() } else { r.code.moved(machine.register_code, distance as isize)? };
        Ok(())
    }
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

/// Makes verified code of what the translator made for a frame of slots up to `frame`.
pub(in super::super) fn seal(mut code: Box<[u8]>, frame: u32, metered: bool) -> Result<Box<[u8]>, Unsound> {
    let (handlers, repeating) = if metered { (&METERED, &METERED_REPEATING) } else { (&FREE, &REPEATING) };
    let verified = verify(&code, frame)?;
    let mut back = super::loops::repeating(&verified).into_iter().peekable();
    for (position, number) in verified.starts {
        let repeats = back.next_if_eq(&position).is_some();
        let own = handlers.get(number as usize).ok_or(Unsound)?;
        let handler = repeating.get(number as usize).copied().flatten().filter(|_| repeats).unwrap_or(*own);
        let address = (handler as *const ()).expose_provenance() as u64;
        let opcode = code.get_mut(position as usize..).and_then(<[u8]>::first_chunk_mut).ok_or(Unsound)?;
        *opcode = address.to_le_bytes();
    }
    Ok(code)
}

/// Runs from the current position, which is in sealed code.
pub(in super::super) fn run(machine: &mut Machine<'_, '_>) -> Stop {
    let nowhere = Head { bits: 0.0, code: PhantomData };
    let Some(mut r) = Registers::<Unchecked<false>>::at_position(machine, &mut [], nowhere) else {
        return Stop::Corrupt;
    };
    r.head = Head::new(r.code);
    r.memory = core::mem::take(&mut machine.first_memory);
    machine.stop = Stop::Corrupt;
    dispatch(r, machine);
    machine.stop
}

#[inline(always)]
fn registers<'m, const REPEATS: bool>(
    code: Ip<'m>,
    frame: &'m Cells,
    integer: u64,
    memory: &'m mut [u8],
    single: f32,
    double: f64,
    head: f64,
) -> Registers<'m, Unchecked<REPEATS>> {
    let head = Head { bits: head, code: PhantomData };
    Registers { code, frame, memory, head, integer, single, double }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
fn dispatch<'m, const REPEATS: bool>(r: Registers<'m, Unchecked<REPEATS>>, machine: &mut Machine<'m, '_>) {
    let Registers { mut code, frame, memory, head, integer, single, double } = r;
    let handler = code.handler();
    handler(code, frame, integer, machine, memory, single, double, head.bits);
}

/// Gives memory 0 to the machine while an instruction looks for it there.
#[inline(always)]
fn lend_memory<'m, 'a, const REPEATS: bool>(
    machine: &mut Machine<'m, 'a>,
    r: &mut Registers<'m, Unchecked<REPEATS>>,
    execute: impl FnOnce(&mut Machine<'m, 'a>, &mut Registers<'m, Unchecked<REPEATS>>) -> Outcome,
) -> Outcome {
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    let outcome = execute(machine, r);
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    outcome
}

/// Stops where `r` stands. That this is rare decides which way the handlers' code is laid out.
#[cold]
#[inline(always)]
fn halt<'m, const REPEATS: bool>(stop: Stop, r: Registers<'m, Unchecked<REPEATS>>, machine: &mut Machine<'m, '_>) {
    machine.stop = stop;
    leave(r.code, r.frame, r.integer, machine, r.memory, r.single, r.double, r.head.bits);
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
    let r = registers::<false>(code, frame, integer, memory, single, double, head);
    r.save_position(machine, stop);
    machine.first_memory = r.memory;
}

include!(concat!(env!("OUT_DIR"), "/unchecked.rs"));
