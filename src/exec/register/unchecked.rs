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

/// A handler: the code behind its opcode, the frame, the integer accumulator, the rest, memory 0, the other accumulators.
type Handler =
    for<'m, 'a, 'x> extern "sysv64" fn(Ip<'m>, &'m Cells, u64, &'x mut Machine<'m, 'a>, &'m mut [u8], f32, f64);

/// The handlers that do not count fuel.
static FREE: [Handler; COUNT] = handlers::<false>();

/// The handlers that count fuel.
static METERED: [Handler; COUNT] = handlers::<true>();

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

/// These handlers' way of rendering.
struct Unchecked;

impl Rendering for Unchecked {
    type Code<'m> = Ip<'m>;
    type Frame<'m> = &'m Cells;
    type Memory<'m> = &'m mut [u8];

    #[inline(always)]
    fn memory<'x, 'm>(_: &'x mut Machine<'m, '_>, memory: &'x mut &'m mut [u8]) -> &'x mut [u8] {
        memory
    }
}

/// Makes verified code of what the translator made for a frame of slots up to `frame`.
pub(in super::super) fn seal(mut code: Box<[u8]>, frame: u32, metered: bool) -> Result<Box<[u8]>, Unsound> {
    let handlers = if metered { &METERED } else { &FREE };
    for (position, number) in verify(&code, frame)? {
        let handler = handlers.get(number as usize).ok_or(Unsound)?;
        let address = (*handler as *const ()).expose_provenance() as u64;
        let opcode = code.get_mut(position as usize..).and_then(<[u8]>::first_chunk_mut).ok_or(Unsound)?;
        *opcode = address.to_le_bytes();
    }
    Ok(code)
}

/// Runs from the current position, which is in sealed code.
pub(in super::super) fn run(machine: &mut Machine<'_, '_>) -> Stop {
    let Some(mut r) = Registers::<Unchecked>::at_position(machine, &mut []) else { return Stop::Corrupt };
    r.memory = core::mem::take(&mut machine.first_memory);
    machine.stop = Stop::Corrupt;
    dispatch(r, machine);
    machine.stop
}

#[inline(always)]
fn registers<'m>(
    code: Ip<'m>,
    frame: &'m Cells,
    integer: u64,
    memory: &'m mut [u8],
    single: f32,
    double: f64,
) -> Registers<'m, Unchecked> {
    Registers { code, frame, memory, integer, single, double }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
fn dispatch<'m>(r: Registers<'m, Unchecked>, machine: &mut Machine<'m, '_>) {
    let Registers { mut code, frame, memory, integer, single, double } = r;
    let handler = code.handler();
    handler(code, frame, integer, machine, memory, single, double);
}

/// Gives memory 0 to the machine while an instruction looks for it there.
#[inline(always)]
fn lend_memory<'m, 'a>(
    machine: &mut Machine<'m, 'a>,
    r: &mut Registers<'m, Unchecked>,
    execute: impl FnOnce(&mut Machine<'m, 'a>, &mut Registers<'m, Unchecked>) -> Outcome,
) -> Outcome {
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    let outcome = execute(machine, r);
    core::mem::swap(&mut machine.first_memory, &mut r.memory);
    outcome
}

/// Stops where `r` stands.
#[inline(always)]
fn halt<'m>(stop: Stop, r: Registers<'m, Unchecked>, machine: &mut Machine<'m, '_>) {
    machine.stop = stop;
    leave(r.code, r.frame, r.integer, machine, r.memory, r.single, r.double);
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
) {
    let stop = machine.stop;
    machine.host_stack = address_of_frame();
    let r = registers(code, frame, integer, memory, single, double);
    r.save_position(machine, stop);
    machine.first_memory = r.memory;
}

include!(concat!(env!("OUT_DIR"), "/unchecked.rs"));
