//! The in-place engine as handlers that end in a jump to the next.
//!
//! Stable Rust does not promise that a call in tail position becomes a jump, but LLVM makes one of each call here on the
//! architectures and optimisation levels that `build.rs` knows. What it needs: at most six integer arguments, the same
//! for every handler, and no ordinary call in a handler, which would have to save registers: what is rare is a cold
//! handler of its own, or stops.

use super::super::exit::Stop;
use super::super::frame::SLACK;
use super::super::machine::Machine;
use super::super::prices::Prices;
use super::super::registers::{FuelCounter, Mode, Registers};
use super::control;
use crate::binary::parts::Body;
use crate::opcode::{Opcode, code};
use core::cell::Cell;

/// A frame's window: of fixed size, so that it takes one register.
type Cells = [Cell<u64>; SLACK];

/// A handler: the code behind its opcode, the frame, where its uppermost operand belongs, that operand, the
/// rest, and fuel.
type Handler = for<'m, 'a, 'x> extern "sysv64" fn(&'m [u8], &'m Cells, usize, u64, &'x mut Machine<'m, 'a>, f64);

/// The handlers' way of rendering a row.
struct Tail<const METERED: bool, const SHORT: bool>;

impl<const METERED: bool, const SHORT: bool> Mode for Tail<METERED, SHORT> {
    const METERED: bool = METERED;
    const SHORT: bool = SHORT;
    const PADDED: bool = false;
    type Frame<'m> = &'m Cells;
    type Fuel = f64;

    #[inline(always)]
    fn takes(_: &Machine<'_, '_>, body: &Body) -> bool {
        takes(body)
    }
}

/// Integers up to 2^52 in a register for floats, where they are exact: the six for integers are all taken, and in memory
/// each instruction would wait for the one before.
impl FuelCounter for f64 {
    const MOST: u64 = 1 << 52;

    #[inline(always)]
    fn new(units: u64) -> Self {
        units as Self
    }

    #[inline(always)]
    fn units(self) -> u64 {
        self as u64
    }

    #[inline(always)]
    fn charge(self, prices: &Prices, byte: u8) -> Option<Self> {
        let price = prices.of_byte_exact(byte);
        if self < price { None } else { Some(self - price) }
    }
}

/// Whether the frame of `body` fits a window.
#[inline(always)]
pub(super) const fn takes(body: &Body) -> bool {
    (body.frame as usize) < SLACK
}

/// Where the host's stack stands, about.
#[inline(always)]
pub(in super::super) fn address_of_frame() -> usize {
    let local = 0u8;
    core::ptr::from_ref(core::hint::black_box(&local)).addr()
}

/// Runs from the current position, in a function of a frame that fits.
pub(super) fn run(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    if metered { start::<true>(machine) } else { start::<false>(machine) }
}

fn start<const METERED: bool>(machine: &mut Machine<'_, '_>) -> Stop {
    let Some(r) = machine.registers::<Tail<METERED, false>>() else { return Stop::Corrupt };
    dispatch(r, machine);
    machine.stop
}

#[inline(always)]
fn registers<'m, const METERED: bool, const SHORT: bool>(
    rest: &'m [u8],
    frame: &'m Cells,
    top: usize,
    tos: u64,
    fuel: f64,
) -> Registers<'m, Tail<METERED, SHORT>> {
    Registers { rest, frame, top, tos, fuel }
}

/// Goes on with the instruction that `r` stands at.
#[inline(always)]
#[allow(clippy::indexing_slicing, reason = "256 handlers for the 256 values of a byte")]
fn dispatch<'m, const METERED: bool, const SHORT: bool>(
    r: Registers<'m, Tail<METERED, SHORT>>,
    machine: &mut Machine<'m, '_>,
) {
    let Registers { rest, frame, top, tos, fuel } = r;
    let Some((opcode, rest)) = rest.split_first() else {
        machine.stop = Stop::Corrupt;
        return leave(rest, frame, top, tos, machine, fuel);
    };
    if METERED {
        let Some(left) = fuel.charge(machine.prices, *opcode) else {
            machine.stop = Stop::OutOfFuel;
            return leave(rest, frame, top, tos, machine, fuel);
        };
        self::METERED[*opcode as usize](rest, frame, top, tos, machine, left);
    } else {
        FREE[*opcode as usize](rest, frame, top, tos, machine, fuel);
    }
}

/// Stops: at the opcode, or where the row has brought the registers.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "the arguments of a handler, and what the row made of them")]
fn halt<'m, const METERED: bool, const SHORT: bool>(
    stop: Stop,
    r: Registers<'m, Tail<METERED, SHORT>>,
    rest: &'m [u8],
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
) {
    machine.stop = stop;
    if stop == Stop::Instance {
        machine.save_fuel(r.fuel);
    } else if stop.moves_registers() {
        leave_moved(r.rest, r.frame, r.top, r.tos, machine, r.fuel);
    } else {
        leave(rest, frame, top, tos, machine, r.fuel);
    }
}

/// Saves the registers, with the position at the opcode that was read last, and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave<'m>(
    rest: &'m [u8],
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    leave_moved(rest, frame, top, tos, machine, fuel);
    machine.position.frame.ip = machine.position.frame.ip.wrapping_sub(1);
}

/// Saves the registers, with the position where they stand, and returns from the first handler.
#[cold]
#[inline(never)]
extern "sysv64" fn leave_moved<'m>(
    rest: &'m [u8],
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    machine.host_stack = address_of_frame();
    machine.save::<Tail<false, false>>(&Registers { rest, frame, top, tos, fuel });
}

/// A byte that is no opcode: validation lets none through.
extern "sysv64" fn illegal<'m>(
    rest: &'m [u8],
    frame: &'m Cells,
    top: usize,
    tos: u64,
    machine: &mut Machine<'m, '_>,
    fuel: f64,
) {
    machine.stop = Stop::Corrupt;
    leave(rest, frame, top, tos, machine, fuel);
}

include!(concat!(env!("OUT_DIR"), "/tail.rs"));
