//! Control flow of the in-place engine: one function for each row whose flow is not `next`; those that enter or leave
//! functions are in `call`.
//!
//! Each is called with its opcode read, and either goes on, with `r` at the next instruction, or stops with nothing
//! changed but what it has read: the loop goes back to the opcode, so that the instruction can be executed again.
//!
//! The registers stay in the host's, and the handlers' calls are jumps, only as long as no function that is not inlined
//! gets the address of anything that lives on the host's stack: what is rare finds the registers put aside in the
//! machine.

use super::super::exit::Stop;
use super::super::machine::Machine;
use super::super::registers::{CodeCursor, FrameWindow, FuelCounter, Mode, Registers};
use super::super::request::RequestKind;
use super::call;
use crate::fuel::FuelClass;
use crate::opcode::{Opcode, code};
use crate::validate::SideEntry;
use core::cell::Cell;

pub(super) type Outcome = Result<(), Stop>;

/// Four blocks that neither take nor give anything.
const FOUR_BLOCKS: u64 =
    u64::from_le_bytes([code::BLOCK, 0x40, code::BLOCK, 0x40, code::BLOCK, 0x40, code::BLOCK, 0x40]);

#[inline(always)]
pub(super) fn block<M: Mode>(_: &mut Machine<'_, '_>, r: &mut Registers<'_, M>) -> Outcome {
    r.skip_type()?;
    // Where many blocks begin together, as before a `br_table`, they are one step: none costs anything. The opcode after
    // them is still to be seen.
    while let Some(word) = r.code.word() {
        let size = match word {
            FOUR_BLOCKS if r.code.byte(8).is_some() => 8,
            _ if word as u16 == FOUR_BLOCKS as u16 => 2,
            _ => break,
        };
        r.code = r.code.advance(size).ok_or(Stop::Corrupt)?;
    }
    Ok(())
}

#[inline(always)]
pub(super) fn loop_<M: Mode>(_: &mut Machine<'_, '_>, r: &mut Registers<'_, M>) -> Outcome {
    r.skip_type()
}

#[inline(always)]
pub(super) fn if_<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let condition = r.tos as u32;
    if condition != 0 && !M::ONLY_ELSEWHERE {
        r.skip_type()?;
        machine.side_index = machine.side_index.wrapping_add(1);
        return r.drop(1);
    }
    let entry = find_entry::<M>(machine, machine.side_index)?;
    r.drop(1)?;
    go(machine, r, entry, Opcode::If)
}

#[inline(always)]
pub(super) fn else_<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    branch(machine, r, Opcode::Else)
}

#[inline(always)]
pub(super) fn end<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    if M::ONLY_ELSEWHERE || r.code.address() == machine.end_address { call::leave(machine, r, r.fuel) } else { Ok(()) }
}

#[inline(always)]
pub(super) fn br<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    branch(machine, r, Opcode::Br)
}

#[inline(always)]
pub(super) fn br_if<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let condition = r.tos as u32;
    if condition == 0 && !M::ONLY_ELSEWHERE {
        r.var_u32()?;
        machine.side_index = machine.side_index.wrapping_add(1);
        return r.drop(1);
    }
    let entry = find_entry::<M>(machine, machine.side_index)?;
    let mut after = *r;
    after.drop(1)?;
    let outcome = go(machine, &mut after, entry, Opcode::BrIf);
    settle(r, after, outcome)
}

#[inline(always)]
pub(super) fn br_table<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let count = r.var_u32()?;
    let target = (r.tos as u32).min(count);
    let side = machine.side_index;
    let index = side.wrapping_add(target as usize);
    let entry = find_entry::<M>(machine, index)?;
    let mut after = *r;
    after.drop(1)?;
    machine.side_index = index;
    let outcome = go(machine, &mut after, entry, Opcode::BrTable);
    if outcome.is_err_and(|stop| !stop.moves_registers()) {
        machine.side_index = side;
    }
    settle(r, after, outcome)
}

/// Takes over the registers `after` an instruction that has popped an operand already; where it did not succeed, only the
/// fuel, of which some may have been given back. Where it has gone on before it stopped, it has succeeded.
#[inline(always)]
pub(super) fn settle<'m, M: Mode>(r: &mut Registers<'m, M>, after: Registers<'m, M>, outcome: Outcome) -> Outcome {
    match outcome {
        Err(stop) if !stop.moves_registers() => r.fuel = after.fuel,
        _ => *r = after,
    }
    outcome
}

/// Goes where the next entry of the side table says.
#[inline(always)]
fn branch<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>, opcode: Opcode) -> Outcome {
    let entry = find_entry::<M>(machine, machine.side_index)?;
    go(machine, r, entry, opcode)
}

/// A branch of the side table: its entry, and by how much it changes what the rest of the function costs.
type Branch = (SideEntry, f64);

/// The branch of the side table at `index`, if this form can go there.
#[inline(always)]
fn find_entry<M: Mode>(machine: &Machine<'_, '_>, index: usize) -> Result<Branch, Stop> {
    if M::ONLY_NEXT {
        return Err(Stop::Elsewhere);
    }
    let (entry, sum) = machine.branch_at::<M>(index)?;
    if M::SHORT && !entry.is_plain() {
        return Err(Stop::Long);
    }
    Ok((entry, sum))
}

/// Goes where `entry` says, which is the next of the side table.
#[inline(always)]
fn go<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, M>,
    (entry, sum): Branch,
    opcode: Opcode,
) -> Outcome {
    let Some((distance, keep, drop)) = entry.narrow() else {
        machine.put_aside(r);
        let stop = wide_branch::<M>(machine, r.frame, sum, M::METERED.then_some(opcode));
        machine.take_back(r)?;
        return stop.map_or(Ok(()), Err);
    };
    let fuel = fuel_after(r, sum)?;
    let target = machine.code_from(entry.target())?;
    if !M::SHORT && drop != 0 {
        shift(r, keep, drop)?;
    }
    machine.side_index = machine.side_index.wrapping_add_signed(distance);
    (r.code, r.fuel) = (target, fuel);
    #[cfg(feature = "register")]
    if distance <= 0 {
        return count_round(machine);
    }
    Ok(())
}

/// The fuel after an instruction that goes elsewhere than to the next, where the rest costs less by `sum`, if fuel is counted by
/// sums. Where what is left may not pay for the rest, the loop executes the instruction, which counts one by one.
#[inline(always)]
pub(super) fn fuel_after<M: Mode>(r: &Registers<'_, M>, sum: f64) -> Result<M::Fuel, Stop> {
    let fuel = if M::SUMS { r.fuel.plus(sum) } else { r.fuel };
    if M::SUMS && fuel.is_short() { Err(Stop::OutOfFuel) } else { Ok(fuel) }
}

/// A loop begins again.
#[cfg(feature = "register")]
#[inline(always)]
fn count_round(machine: &mut Machine<'_, '_>) -> Outcome {
    let (left, is_over) = machine.patience.overflowing_sub(1);
    if is_over {
        return lose_patience(machine);
    }
    machine.patience = left;
    Ok(())
}

/// A loop has gone round so often that its function had better be translated, if it can be.
#[cfg(feature = "register")]
#[cold]
#[inline(always)]
fn lose_patience(machine: &Machine<'_, '_>) -> Outcome {
    if machine.register_functions.is_some() { Err(Stop::Hot) } else { Ok(()) }
}

/// A branch that goes far, or with many values.
#[cold]
#[inline(never)]
fn wide_branch<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    frame: M::Frame<'m>,
    sum: f64,
    metered: Option<Opcode>,
) -> Option<Stop> {
    let Some(mut r) = machine.registers_put_aside::<M>(frame) else { return Some(Stop::Corrupt) };
    let outcome = (|| {
        let (entry, _) = machine.branch_at::<M>(machine.side_index)?;
        let wide = *machine.wide.get(entry.wide_index()).ok_or(Stop::Corrupt)?;
        r.fuel = match metered.filter(|opcode| opcode.fuel_class() == FuelClass::Control) {
            Some(opcode) => pay(machine, &mut r, opcode, wide.keep, sum)?,
            None => fuel_after(&r, sum)?,
        };
        shift(&mut r, wide.keep as usize, wide.drop as usize)?;
        machine.side_index = wide.next as usize;
        r.code = machine.code_from(entry.target())?;
        Ok(())
    })();
    machine.put_aside(&r);
    outcome.err()
}

/// Pays for what an instruction costs beside its base, by an `amount` of variable work; gives the fuel after it, where the rest
/// costs less by `sum`.
#[inline(always)]
pub(super) fn pay<M: Mode>(
    machine: &mut Machine<'_, '_>,
    r: &mut Registers<'_, M>,
    opcode: Opcode,
    amount: u32,
    sum: f64,
) -> Result<M::Fuel, Stop> {
    let price = machine.prices.variable(opcode, u64::from(amount));
    if M::SUMS {
        return fuel_after(r, sum - price as f64);
    }
    machine.pay(r, machine.prices.of(opcode), price)?;
    Ok(r.fuel)
}

/// Keeps `keep` operands and drops `drop` below them.
#[inline(always)]
fn shift<M: Mode>(r: &mut Registers<'_, M>, keep: usize, drop: usize) -> Outcome {
    if keep == 0 {
        return r.drop(drop);
    }
    if keep > 1 {
        // The uppermost stays in `tos`.
        move_down(r.frame.cells(), r.top.wrapping_sub(keep).wrapping_add(1), drop, keep.wrapping_sub(1))?;
    }
    r.top = r.top.wrapping_sub(drop);
    Ok(())
}

/// Moves `count` slots from `from` on by `distance` downwards.
pub(super) fn move_down(cells: &[Cell<u64>], from: usize, distance: usize, count: usize) -> Outcome {
    let end = from.wrapping_add(count);
    let sources = cells.get(from..end).ok_or(Stop::Corrupt)?;
    let targets = cells.get(from.wrapping_sub(distance)..).ok_or(Stop::Corrupt)?;
    for (target, source) in targets.iter().zip(sources) {
        target.set(source.get());
    }
    Ok(())
}

#[inline(always)]
pub(super) fn memory_grow<M: Mode>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_, M>) -> Outcome {
    let memory = r.var_u32()?;
    if M::SHORT {
        return Err(Stop::Long);
    }
    Err(machine.request_growth(memory, machine.offset_of(r), RequestKind::GrowMemory))
}

#[cfg(feature = "reference-types")]
#[inline(always)]
pub(super) fn table_grow<M: Mode>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_, M>) -> Outcome {
    let table = r.var_u32()?;
    if M::SHORT {
        return Err(Stop::Long);
    }
    Err(machine.request_growth(table, machine.offset_of(r), RequestKind::GrowTable))
}
