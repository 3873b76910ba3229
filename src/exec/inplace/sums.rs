//! Fuel by sums, for the handlers that jump to each other: a straight line of instructions costs nothing to count.
//!
//! Instead of fuel, a register holds fuel less what the rest of the function costs, if it is executed line by line to its end.
//! On a line this does not change. A branch changes it by the difference between the rest behind it and the rest at its
//! target, which its entry of the side table says. A call adds what the rest behind it costs, which its entry says, and
//! takes off what all of the callee costs; a return adds what the rest behind it costs, which is nothing at the function's
//! last `end`, and takes off the rest behind the caller's call.
//!
//! Where execution begins or stops in the middle of a line, prices are added up to the next instruction of which the side table
//! says what the rest costs: so many are marked that this takes no longer than reading a kilobyte of code.
//!
//! As long as the number is not negative, there is fuel for all that may be executed before it changes. An instruction that would
//! make it negative is left to the loop, which counts one by one: so execution stops at the same instruction, with the same
//! fuel.

use super::super::exit::Stop;
use super::super::machine::Machine;
use crate::binary::Reader;
use crate::binary::parts::Body;
use crate::decode::{self, NameOpcode};
use crate::features::Features;

/// Whether the machine's fuel suffices for any line of the current function.
pub(super) fn suffice(machine: &Machine<'_, '_>) -> bool {
    suffice_for(machine.fuel_reserve, machine.body)
}

/// Whether so much fuel suffices for any line of a function.
#[inline(always)]
pub(super) fn suffice_for(fuel: u64, body: &Body) -> bool {
    fuel as f64 >= body.cost.units()
}

/// What the rest of the current function costs from the instruction at `offset` on, at which `side` is the next entry of the side
/// table.
#[cold]
#[inline(never)]
pub(super) fn rest(machine: &Machine<'_, '_>, offset: u32, side: usize) -> f64 {
    let body = machine.body;
    if offset == body.start {
        return body.cost.units();
    }
    // Behind a call its entry says it.
    let before = machine.priced.get(side.wrapping_sub(1)).filter(|_| side > body.side as usize);
    match before.filter(|before| before.entry.is_anchor() && before.entry.target() == offset) {
        Some(call) => call.sum,
        None => rest_of_line(machine, offset),
    }
}

/// The same, by the prices of the instructions up to one for which the table of marks says it, which is never far, or up to
/// the function's end.
fn rest_of_line(machine: &Machine<'_, '_>, offset: u32) -> f64 {
    let next = machine.marks.partition_point(|mark| mark.offset < offset);
    let mark = machine.marks.get(next).filter(|mark| mark.offset <= machine.body.end);
    let (end, rest) = mark.map_or((machine.body.end.saturating_add(1), 0.0), |mark| (mark.offset, mark.rest));
    let mut reader = Reader::new(machine.code, Features::default()).at(offset as usize);
    let mut cost = 0.0;
    while reader.offset() < end as usize {
        let Ok(opcode) = decode::instruction(&mut reader, &mut NameOpcode) else { break };
        cost += f64::from(machine.prices.of(opcode));
    }
    cost + rest
}

/// The fuel that is left where the handlers stopped with `count`, at `offset`.
#[cold]
#[inline(never)]
pub(super) fn fuel_at_stop(machine: &Machine<'_, '_>, count: f64, offset: u32) -> f64 {
    let side = machine.side_index;
    let price = || {
        let reader = Reader::new(machine.code, Features::default()).at(offset as usize);
        f64::from(machine.prices.of_instruction(reader))
    };
    match machine.stop {
        // The results are all that is left of the function.
        Stop::Finished => count,
        // The instruction is paid for, and its entry says what the rest behind it costs.
        Stop::Call => count + machine.cost_behind(side).unwrap_or_default(),
        Stop::Trap(_) | Stop::Grow => count + rest(machine, offset, side) - price(),
        // It is not paid for yet.
        _ => count + rest(machine, offset, side),
    }
}
