//! The register engine as handlers that jump to each other.
//!
//! What makes the calls jumps is said with the in-place engine's handlers, which are of the same kind.

use super::super::exit::Stop;
use super::super::inplace::address_of_frame;
use super::super::machine::Machine;
use super::{Code, Cursor, Outcome, Registers, Rendering, WINDOW};
use alloc::boxed::Box;
use core::cell::Cell;
use once_cell::race::OnceBox;

/// A frame's window: of fixed size, so that it takes one register, and as large as numbers of slots can be, so that they
/// need no check.
type Cells = [Cell<u64>; WINDOW];

/// A handler: the code behind its opcode, the frame, the accumulators, the rest.
type Handler = for<'m, 'a, 'x> extern "sysv64" fn(&'m [u8], &'m Cells, u64, &'x mut Machine<'m, 'a>, f32, f64);

/// The handlers by the instructions' numbers.
pub(in super::super) struct Handlers([Handler; SIZE]);

/// How many handlers a table has: a power of two, so that a number is brought into its range without a check.
const SIZE: usize = COUNT.next_power_of_two();

impl Handlers {
    /// Handlers that count fuel, or not.
    pub(in super::super) fn new(metered: bool) -> &'static Self {
        static TABLES: [OnceBox<Handlers>; 2] = [OnceBox::new(), OnceBox::new()];
        let [free, counting] = &TABLES;
        let (table, others) = if metered { (counting, &METERED[..]) } else { (free, &[][..]) };
        table.get_or_init(|| {
            let mut handlers = Box::new(Self([illegal; SIZE]));
            handlers.0.iter_mut().zip(&FREE).for_each(|(place, handler)| *place = *handler);
            super::replace(&mut handlers.0, others);
            handlers
        })
    }
}

/// The handlers' way of rendering.
struct Jump;

impl Rendering for Jump {
    type Code<'m> = Code<'m>;
    type Frame<'m> = &'m Cells;
    type Memory<'m> = ();
    type Head<'m> = ();
}

/// Runs from the current position.
pub(super) fn run(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    machine.handlers = Handlers::new(metered);
    let Some(r) = Registers::at_position(machine) else { return Stop::Corrupt };
    machine.stop = Stop::Corrupt;
    dispatch(r, machine);
    machine.stop
}

#[inline(always)]
fn registers<'m>(code: &'m [u8], frame: &'m Cells, integer: u64, single: f32, double: f64) -> Registers<'m, Jump> {
    Registers { code: Code(code), frame, memory: (), head: (), integer, single, double }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "as many handlers as the mask lets through")]
fn dispatch<'m>(r: Registers<'m, Jump>, machine: &mut Machine<'m, '_>) {
    let Registers { mut code, frame, integer, single, double, .. } = r;
    match code.opcode() {
        Ok(number) => {
            let handler = machine.handlers.0[number as usize & (SIZE - 1)];
            handler(code.0, frame, integer, machine, single, double);
        }
        Err(stop) => {
            machine.stop = stop;
            leave(code.0, frame, integer, machine, single, double);
        }
    }
}

/// Stops where `r` stands. That this is rare decides which way the handlers' code is laid out.
#[cold]
#[inline(always)]
fn halt<'m>(stop: Stop, r: Registers<'m, Jump>, machine: &mut Machine<'m, '_>) {
    machine.stop = stop;
    leave(r.code.0, r.frame, r.integer, machine, r.single, r.double);
}

/// Saves the position and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave<'m>(
    code: &'m [u8],
    frame: &'m Cells,
    integer: u64,
    machine: &mut Machine<'m, '_>,
    single: f32,
    double: f64,
) {
    let stop = machine.stop;
    machine.host_stack = address_of_frame();
    registers(code, frame, integer, single, double).save_position(machine, stop);
}

/// A number that is no instruction's: translation writes none.
extern "sysv64" fn illegal<'m>(
    code: &'m [u8],
    frame: &'m Cells,
    integer: u64,
    machine: &mut Machine<'m, '_>,
    single: f32,
    double: f64,
) {
    machine.stop = Stop::Corrupt;
    leave(code, frame, integer, machine, single, double);
}

include!(concat!(env!("OUT_DIR"), "/jump.rs"));
