//! The in-place engine: interprets the module's bytes where they lie (Titzer, "A fast in-place interpreter for
//! WebAssembly", OOPSLA 2022).
//!
//! Two renderings of the same rows: a loop with a `match`, which works everywhere, and handlers that jump to each other
//! (`tail`), about twice as fast, where the compiler is known to make jumps of such calls. The functions of ordinary
//! rows and both renderings are generated; control flow is in `control` and `call`.

mod call;
mod control;
#[cfg(tail_calls)]
mod probe;
#[cfg(tail_calls)]
mod sums;
#[cfg(tail_calls)]
#[allow(improper_ctypes_definitions, reason = "Rust calls Rust: the convention is chosen for its registers")]
mod tail;

#[cfg(tail_calls)]
pub(super) use probe::tail_calls_hold;
#[cfg(all(tail_calls, feature = "register"))]
pub(super) use tail::address_of_frame;

use super::exit::Stop;
use super::machine::{Machine, operand_units};
use super::registers::{FuelCounter, Mode, Registers};
use crate::binary::parts::Body;
use crate::opcode::{Opcode, code};
use crate::semantics::{self, Reference, Slot, SlotValue};
use core::cell::Cell;

/// Runs the current function, and those it calls in the same instance, until something stops it.
pub(super) fn run(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    #[cfg(tail_calls)]
    {
        // A window of fixed size needs bytes behind the code.
        machine.tail_calls = machine.tail_calls && machine.is_padded && probe::tail_calls_hold();
        if machine.tail_calls && tail::takes(machine.body) && (!metered || sums::suffice(machine)) {
            let stop = tail::run(machine, metered);
            if stop != Stop::OutOfFuel {
                return stop;
            }
            // There may be enough for some more instructions, which the loop counts one by one.
        }
    }
    match (metered, machine.is_padded) {
        #[cfg(feature = "alloc")]
        (true, true) => run_loop::<Loop<true, true>>(machine),
        #[cfg(feature = "alloc")]
        (false, true) => run_loop::<Loop<false, true>>(machine),
        #[cfg(feature = "alloc")]
        (false, _) => run_loop::<Loop<false, false>>(machine),
        // A build without a heap is to be small: one loop counts also where fuel is not limited, down from 2^64.
        _ => run_loop::<Loop<true, false>>(machine),
    }
}

/// The loop's way of rendering a row.
struct Loop<const METERED: bool, const PADDED: bool>;

impl<const METERED: bool, const PADDED: bool> Mode for Loop<METERED, PADDED> {
    const METERED: bool = METERED;
    const SUMS: bool = false;
    const SHORT: bool = false;
    const WIDE: bool = false;
    const ONLY_NEXT: bool = false;
    const ONLY_ELSEWHERE: bool = false;
    const PADDED: bool = PADDED;
    type Code<'m> = &'m [u8];
    type Frame<'m> = &'m [Cell<u64>];
    type Fuel = u64;

    #[inline(always)]
    fn takes(machine: &Machine<'_, '_>, body: &Body, fuel: u64) -> bool {
        #[cfg(tail_calls)]
        {
            !(machine.tail_calls && tail::takes(body) && (!METERED || sums::suffice_for(fuel, body)))
        }
        #[cfg(not(tail_calls))]
        {
            let _ = (machine, body, fuel);
            true
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/inplace.rs"));
