//! Register instructions that only move values and control, and so have no row: one function each.
//!
//! Like those of rows, each takes its fields from the code first. One that stops leaves the code behind its fields: that
//! is the position by which the map knows it.

use super::super::exit::Stop;
use super::super::machine::Machine;
use super::super::registers::{FrameWindow, rarely};
use super::super::request::{Callee, RequestKind};
use super::call::{CallOperands, NEXT, request_found, request_function};
use super::{BranchTarget, Cursor, Outcome, Registers, Rendering, half, long, target, word};
use core::cell::Cell;

#[inline(always)]
pub(super) fn copy<'m, R: Rendering>(_: &mut Machine<'m, '_>, r: &mut Registers<'m, R>, fields: &[u8; 4]) -> Outcome {
    r.set_slot(half(fields, 2), r.slot(half(fields, 0))?)
}

#[inline(always)]
pub(super) fn copy_several<'m, R: Rendering>(
    _: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 6],
) -> Outcome {
    move_slots(r.frame.cells(), half(fields, 0), half(fields, 2), half(fields, 4))
}

/// Moves `count` slots downwards.
#[inline(always)]
fn move_slots(cells: &[Cell<u64>], from: u16, to: u16, count: u16) -> Outcome {
    let sources = cells.get(from as usize..).ok_or(Stop::Corrupt)?;
    let targets = cells.get(to as usize..).ok_or(Stop::Corrupt)?;
    for (target, source) in targets.iter().zip(sources).take(count as usize) {
        target.set(source.get());
    }
    Ok(())
}

#[inline(always)]
pub(super) fn constant<'m, R: Rendering>(
    _: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 6],
) -> Outcome {
    r.set_slot(half(fields, 4), u64::from(word(fields, 0)))
}

#[inline(always)]
pub(super) fn constant_long<'m, R: Rendering>(
    _: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    r.set_slot(half(fields, 8), long(fields, 0))
}

#[inline(always)]
pub(super) fn canonical_f32<'m, R: Rendering>(
    _: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 2],
) -> Outcome {
    let slot = half(fields, 0);
    let is_nan = r.slot(slot)? & 0x7FFF_FFFF > INFINITY_F32;
    if is_nan { r.set_slot(slot, CANONICAL_F32) } else { Ok(()) }
}

#[inline(always)]
pub(super) fn canonical_f64<'m, R: Rendering>(
    _: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 2],
) -> Outcome {
    let slot = half(fields, 0);
    let is_nan = r.slot(slot)? & (u64::MAX >> 1) > INFINITY_F64;
    if is_nan { r.set_slot(slot, CANONICAL_F64) } else { Ok(()) }
}

/// The infinities, above which without its sign is every NaN; and the canonical NaNs (specification: floating-point).
const INFINITY_F32: u64 = 0x7F80_0000;
const INFINITY_F64: u64 = 0x7FF0_0000_0000_0000;
const CANONICAL_F32: u64 = 0x7FC0_0000;
const CANONICAL_F64: u64 = 0x7FF8_0000_0000_0000;

/// A loop begins: what is branched to stands behind this, or here where interruptions are looked for.
#[inline(always)]
pub(super) fn loop_head<'m, R: Rendering>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, R>) -> Outcome {
    R::begin_loop(machine, r)
}

/// Counts for a profile.
#[inline(always)]
pub(super) fn count<'m, R: Rendering>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let place = word(fields, 0);
    #[cfg(feature = "profile")]
    machine.register_functions.ok_or(Stop::Corrupt)?.count(place as usize);
    #[cfg(not(feature = "profile"))]
    let _ = (machine, place);
    Ok(())
}

/// Pays for the run that begins behind an instruction whose price was not known before. Translation writes it only where
/// fuel is counted.
#[inline(always)]
pub(super) fn reserve<'m, R: Rendering>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    reserve_run::<true>(machine, word(fields, 0))
}

#[inline(always)]
pub(super) fn reserve_run<const METERED: bool>(machine: &mut Machine<'_, '_>, price: u32) -> Outcome {
    if METERED {
        return settle(machine, i64::from(price));
    }
    Ok(())
}

/// Pays for the run that begins here; where what is left is not enough, the in-place engine goes on.
#[inline(always)]
fn settle(machine: &mut Machine<'_, '_>, price: i64) -> Outcome {
    // Paid before it is known to be there: that is one instruction of the host's. `run` gives back what was not.
    machine.fuel = machine.fuel.wrapping_sub(price);
    if machine.fuel < 0 {
        machine.unpaid = price as u64;
        return Err(Stop::HandOver);
    }
    Ok(())
}

/// Goes to the target of a branch, and settles what that costs.
#[inline(always)]
fn go<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    target: BranchTarget,
) -> Outcome {
    R::branch(machine, r, target.distance)?;
    if METERED {
        return settle(machine, i64::from(target.price));
    }
    Ok(())
}

/// Goes to the target if `taken`.
#[inline(always)]
pub(super) fn branch<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    target: BranchTarget,
    taken: bool,
) -> Outcome {
    if taken {
        return go::<R, METERED>(machine, r, target);
    }
    // So the compiler leaves the branch to the host to predict: with a conditional move instead, all that follows would wait
    // for the condition, and so for the memory that it comes from.
    rarely();
    Ok(())
}

#[inline(always)]
pub(super) fn br<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 8],
) -> Outcome {
    go::<R, METERED>(machine, r, target(fields, 0))
}

#[inline(always)]
pub(super) fn br_if_s<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    let condition = r.slot(half(fields, 0))? as u32;
    branch::<R, METERED>(machine, r, target(fields, 2), condition != 0)
}

#[inline(always)]
pub(super) fn br_if_a<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 8],
) -> Outcome {
    let condition = r.integer as u32;
    branch::<R, METERED>(machine, r, target(fields, 0), condition != 0)
}

#[inline(always)]
pub(super) fn br_unless_s<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    let condition = r.slot(half(fields, 0))? as u32;
    branch::<R, METERED>(machine, r, target(fields, 2), condition == 0)
}

#[inline(always)]
pub(super) fn br_unless_a<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 8],
) -> Outcome {
    let condition = r.integer as u32;
    branch::<R, METERED>(machine, r, target(fields, 0), condition == 0)
}

#[inline(always)]
pub(super) fn br_table_s<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 6],
) -> Outcome {
    let index = r.slot(half(fields, 0))? as u32;
    choose::<R, METERED>(machine, r, index, word(fields, 2))
}

#[inline(always)]
pub(super) fn br_table_a<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let index = r.integer as u32;
    choose::<R, METERED>(machine, r, index, word(fields, 0))
}

/// Goes to entry `index` of the table of `count` targets that begins here, the last of which is the default.
#[inline(always)]
fn choose<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    index: u32,
    count: u32,
) -> Outcome {
    let entry = index.min(count.wrapping_sub(1)) as usize;
    let mut table = r.code.moved(machine.register_code, entry.wrapping_mul(8) as isize)?;
    let fields = table.take::<8>()?;
    go::<R, METERED>(machine, r, target(fields, 0))
}

#[inline(always)]
pub(super) fn return_nothing<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    R::leave::<METERED>(machine, r, 0)
}

#[inline(always)]
pub(super) fn return_s<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 2],
) -> Outcome {
    let slot = half(fields, 0);
    r.set_slot(1, r.slot(slot)?)?;
    R::leave::<METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_i<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let value = word(fields, 0);
    r.set_slot(1, u64::from(value))?;
    R::leave::<METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_a<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, r.integer)?;
    R::leave::<METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_single<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, u64::from(r.single.to_bits()))?;
    R::leave::<METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_double<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, r.double.to_bits())?;
    R::leave::<METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_several<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let count = half(fields, 2);
    move_slots(r.frame.cells(), half(fields, 0), 1, count)?;
    R::leave::<METERED>(machine, r, count)
}

#[inline(always)]
pub(super) fn call<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 12],
) -> Outcome {
    let operands = CallOperands { first: half(fields, 4), height: half(fields, 6), consumed: 0 };
    R::enter::<METERED>(machine, r, word(fields, 0), operands)
}

#[inline(always)]
pub(super) fn call_import<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_function(machine, word(fields, 0), half(fields, 4), RequestKind::Call, 0)
}

#[inline(always)]
pub(super) fn call_indirect<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 16],
) -> Outcome {
    let (ty, table, height) = (word(fields, 0), word(fields, 4), half(fields, 10));
    match machine.find_indirect(ty, table, r.slot(height)?)? {
        Callee::Own(own) => {
            R::enter::<METERED>(machine, r, own, CallOperands { first: half(fields, 8), height, consumed: 1 })
        }
        Callee::Other(address) => request_found(machine, address, height, RequestKind::Call),
    }
}

#[cfg(feature = "tail-call")]
#[inline(always)]
pub(super) fn return_call<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 6],
) -> Outcome {
    let (function, height) = (word(fields, 0), half(fields, 4));
    request_function(machine, function, height, RequestKind::TailCall, 0)
}

#[cfg(not(feature = "tail-call"))]
pub(super) fn return_call<'m, R: Rendering, const METERED: bool>(
    _: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    _: &[u8; 6],
) -> Outcome {
    Err(Stop::Corrupt)
}

#[cfg(feature = "tail-call")]
#[inline(always)]
pub(super) fn return_call_indirect<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    let (ty, table, height) = (word(fields, 0), word(fields, 4), half(fields, 8));
    match machine.find_indirect(ty, table, r.slot(height)?)? {
        Callee::Own(own) => {
            let function = machine.imported_functions.wrapping_add(own);
            request_function(machine, function, height, RequestKind::TailCall, 1)
        }
        Callee::Other(address) => request_found(machine, address, height, RequestKind::TailCall),
    }
}

#[cfg(not(feature = "tail-call"))]
pub(super) fn return_call_indirect<'m, R: Rendering, const METERED: bool>(
    _: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    _: &[u8; 10],
) -> Outcome {
    Err(Stop::Corrupt)
}

#[inline(always)]
pub(super) fn memory_grow<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_growth(machine, word(fields, 0), half(fields, 4), RequestKind::GrowMemory)
}

#[inline(always)]
pub(super) fn table_grow<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    _: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_growth(machine, word(fields, 0), half(fields, 4), RequestKind::GrowTable)
}

#[inline(always)]
fn request_growth(machine: &mut Machine<'_, '_>, index: u32, height: u16, kind: RequestKind) -> Outcome {
    machine.position.height = u32::from(height);
    Err(machine.request_growth(index, NEXT, kind))
}
