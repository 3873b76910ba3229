//! Register instructions that only move values and control, and so have no row: one function each.
//!
//! Like those of rows, each takes its fields from the code first. One that stops leaves the code behind its fields: that
//! is the position by which the map knows it.

use super::super::exit::Stop;
use super::super::frame::Frame;
use super::super::machine::Machine;
use super::super::registers::FrameWindow;
use super::super::request::{Callee, RequestKind};
use super::{BranchTarget, Cursor, Outcome, Registers, Rendering, half, long, target, word};
use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::translate::ENTRY;
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

/// A loop begins: what is branched to stands behind this.
#[inline(always)]
pub(super) fn loop_head<'m, R: Rendering>(_: &mut Machine<'m, '_>, r: &mut Registers<'m, R>) -> Outcome {
    R::begin_loop(r);
    Ok(())
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
    let left = machine.fuel.wrapping_sub(price);
    if left < 0 {
        machine.unpaid = price as u64;
        return Err(Stop::HandOver);
    }
    machine.fuel = left;
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
    if taken { go::<R, METERED>(machine, r, target) } else { Ok(()) }
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
    leave::<R, METERED>(machine, r, 0)
}

#[inline(always)]
pub(super) fn return_s<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 2],
) -> Outcome {
    let slot = half(fields, 0);
    r.set_slot(1, r.slot(slot)?)?;
    leave::<R, METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_i<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let value = word(fields, 0);
    r.set_slot(1, u64::from(value))?;
    leave::<R, METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_a<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, r.integer)?;
    leave::<R, METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_single<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, u64::from(r.single.to_bits()))?;
    leave::<R, METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_double<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
) -> Outcome {
    r.set_slot(1, r.double.to_bits())?;
    leave::<R, METERED>(machine, r, 1)
}

#[inline(always)]
pub(super) fn return_several<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 4],
) -> Outcome {
    let count = half(fields, 2);
    move_slots(r.frame.cells(), half(fields, 0), 1, count)?;
    leave::<R, METERED>(machine, r, count)
}

/// Returns to the caller; the results stand at the frame's beginning.
#[inline(always)]
fn leave<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    results: u16,
) -> Outcome {
    let position = &mut machine.position;
    if position.depth == position.floor {
        position.height = u32::from(results);
        return Err(Stop::Finished);
    }
    let depth = position.depth.wrapping_sub(1);
    let caller = machine.frames.get(depth as usize).ok_or(Stop::Corrupt)?;
    position.depth = depth;
    if caller.instance != position.frame.instance {
        position.height = position.frame.base.wrapping_sub(caller.base).wrapping_add(u32::from(results));
        position.frame = *caller;
        return Err(Stop::Instance);
    }
    let (own, ip, base) = (caller.function.wrapping_sub(machine.imported_functions), caller.ip as usize, caller.base);
    position.frame.function = caller.function;
    position.frame.base = base;
    r.frame = R::Frame::at(machine.stack, base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
    let function = machine.translated.get(own as usize).ok_or(Stop::Corrupt)?;
    let (code, _) = function.code().ok_or(Stop::Corrupt)?;
    machine.register_code = code;
    r.code = R::return_to(function, code, ip)?;
    forget_accumulators(r);
    if METERED {
        reserve_run::<METERED>(machine, price_before(code, ip)?)?;
    }
    Ok(())
}

/// Accumulators never hold anything across calls: so the compiler has their registers to itself.
#[inline(always)]
fn forget_accumulators<R: Rendering>(r: &mut Registers<'_, R>) {
    (r.integer, r.single, r.double) = (0, 0.0, 0.0);
}

/// The four bytes before a place where control comes from elsewhere: what the run costs that begins there.
#[inline(always)]
pub(super) fn price_before(code: &[u8], position: usize) -> Result<u32, Stop> {
    let field = code.get(position.wrapping_sub(4)..).and_then(<[u8]>::first_chunk).ok_or(Stop::Corrupt)?;
    Ok(u32::from_le_bytes(*field))
}

#[inline(always)]
pub(super) fn call<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 12],
) -> Outcome {
    let operands = CallOperands { first: half(fields, 4), height: half(fields, 6), consumed: 0 };
    enter::<R, METERED>(machine, r, word(fields, 0), operands)
}

#[inline(always)]
pub(super) fn call_import<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_function(machine, r.code, word(fields, 0), half(fields, 4), RequestKind::Call, 0)
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
            enter::<R, METERED>(machine, r, own, CallOperands { first: half(fields, 8), height, consumed: 1 })
        }
        Callee::Other(address) => request_found(machine, r.code, address, height, RequestKind::Call),
    }
}

#[cfg(feature = "tail-call")]
#[inline(always)]
pub(super) fn return_call<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 6],
) -> Outcome {
    let (function, height) = (word(fields, 0), half(fields, 4));
    request_function(machine, r.code, function, height, RequestKind::TailCall, 0)
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
            request_function(machine, r.code, function, height, RequestKind::TailCall, 1)
        }
        Callee::Other(address) => request_found(machine, r.code, address, height, RequestKind::TailCall),
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

/// Notes how many operands there are; gives the place where the code goes on.
#[inline(always)]
fn leave_at<'m>(machine: &mut Machine<'m, '_>, code: impl Cursor<'m>, height: u16) -> u32 {
    machine.position.height = u32::from(height);
    code.position(machine.register_code) as u32
}

/// Has the owner call a function of the module.
#[inline(always)]
fn request_function<'m>(
    machine: &mut Machine<'m, '_>,
    code: impl Cursor<'m>,
    function: u32,
    height: u16,
    kind: RequestKind,
    consumed: u32,
) -> Outcome {
    let next = leave_at(machine, code, height);
    Err(machine.request_function(function, next, kind, consumed))
}

/// Has the owner call the store's function `address`, which an indirect call has found.
#[inline(always)]
fn request_found<'m>(
    machine: &mut Machine<'m, '_>,
    code: impl Cursor<'m>,
    address: u32,
    height: u16,
    kind: RequestKind,
) -> Outcome {
    let next = leave_at(machine, code, height);
    Err(machine.request_call(address, next, kind, 1))
}

/// Where a call's operands are, in slots of the caller's frame.
#[derive(Clone, Copy)]
struct CallOperands {
    /// The slots below the first argument.
    first: u16,
    /// All slots in use.
    height: u16,
    /// The uppermost ones that are no arguments.
    consumed: u32,
}

/// Enters a function of this instance, whose frame begins with its arguments. What is rare is left to the owner: a function
/// that has no register code yet, or a stack without room.
#[inline(always)]
fn enter<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    own: u32,
    operands: CallOperands,
) -> Outcome {
    let recorded = record_caller(machine, r.code);
    let callee = recorded.and_then(|()| machine.translated.get(own as usize)?.code());
    let base = machine.position.frame.base.wrapping_add(u32::from(operands.first));
    let Some((code, body)) = callee.filter(|(_, body)| machine.has_room(base, body)) else {
        let function = machine.imported_functions.wrapping_add(own);
        let CallOperands { height, consumed, .. } = operands;
        return request_function(machine, r.code, function, height, RequestKind::Call, consumed);
    };
    if METERED && body.locals >= FuelClass::Call.every() {
        let price = machine.prices.of_amount(FuelClass::Call, u64::from(body.locals));
        let left = machine.fuel.checked_sub_unsigned(price).filter(|left| *left >= 0);
        machine.fuel = left.ok_or(Stop::OutOfFuel)?;
    }
    machine.position.depth = machine.position.depth.wrapping_add(1);
    machine.position.frame.base = base;
    machine.position.frame.function = machine.imported_functions.wrapping_add(own);
    r.frame = R::Frame::at(machine.stack, base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
    zero_locals(r.frame, body);
    machine.register_code = code;
    r.code = R::Code::at(code, ENTRY)?;
    forget_accumulators(r);
    if METERED {
        reserve_run::<METERED>(machine, price_before(code, ENTRY)?)?;
    }
    Ok(())
}

/// Writes the caller's return record, if there is room for it. Nobody looks at it unless the function is entered; written
/// first, so that little need be kept in registers at a time.
#[inline(always)]
fn record_caller<'m>(machine: &mut Machine<'m, '_>, code: impl Cursor<'m>) -> Option<()> {
    let record = machine.frames.get_mut(machine.position.depth as usize)?;
    *record = Frame { ip: code.position(machine.register_code) as u32, side: 0, ..machine.position.frame };
    Some(())
}

/// How many locals are zeroed at a time.
const LOCALS_AT_ONCE: usize = 4;

/// Zeroes the locals that are not parameters. A few slots of operands are zeroed with them, because they mean nothing yet: so
/// it takes a round for most functions, and the compiler calls nothing for it.
#[inline(always)]
fn zero_locals<'m>(frame: impl FrameWindow<'m>, body: &Body) {
    let (mut place, last) = ((body.params as usize).wrapping_add(1), body.locals as usize);
    while place <= last {
        let next = place.wrapping_add(LOCALS_AT_ONCE);
        match frame.cells().get(place..next) {
            Some(locals) => locals.iter().for_each(|local| local.set(0)),
            // Fewer than that are left of the stack, or of the window.
            None => (place..next).filter_map(|local| frame.slot(local)).for_each(|local| local.set(0)),
        }
        place = next;
    }
}

#[inline(always)]
pub(super) fn memory_grow<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_growth(machine, r.code, word(fields, 0), half(fields, 4), RequestKind::GrowMemory)
}

#[inline(always)]
pub(super) fn table_grow<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    fields: &[u8; 10],
) -> Outcome {
    request_growth(machine, r.code, word(fields, 0), half(fields, 4), RequestKind::GrowTable)
}

#[inline(always)]
fn request_growth<'m>(
    machine: &mut Machine<'m, '_>,
    code: impl Cursor<'m>,
    index: u32,
    height: u16,
    kind: RequestKind,
) -> Outcome {
    let next = leave_at(machine, code, height);
    Err(machine.request_growth(index, next, kind))
}
