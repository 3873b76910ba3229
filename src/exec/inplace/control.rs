//! Control flow of the in-place engine: one function for each row whose flow is not `next`.
//!
//! Each either goes on, with `r.ip` at the next instruction, or stops with nothing changed, so that the instruction can
//! be executed again. `at` is the offset of the immediates.

use super::super::exit::Stop;
use super::super::frame::Frame;
use super::super::machine::{Machine, Registers, Request, RequestKind};
use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::opcode::Opcode;
use crate::semantics::Reference;
use crate::trap::Trap;

type Outcome = Result<(), Stop>;

#[inline(always)]
pub(super) fn block<const METERED: bool>(_: &mut Machine<'_, '_>, r: &mut Registers<'_>, at: usize) -> Outcome {
    let at = r.skip_block_type(at)?;
    r.next(at)
}

#[inline(always)]
pub(super) fn loop_<const METERED: bool>(_: &mut Machine<'_, '_>, r: &mut Registers<'_>, at: usize) -> Outcome {
    let at = r.skip_block_type(at)?;
    r.next(at)
}

#[inline(always)]
pub(super) fn if_<const METERED: bool>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_>, at: usize) -> Outcome {
    let condition = r.tos as u32;
    if condition != 0 {
        let at = r.skip_block_type(at)?;
        r.side = r.side.wrapping_add(1);
        return r.drop(1, at);
    }
    r.drop(1, at)?;
    branch::<METERED>(machine, r, Opcode::If)
}

#[inline(always)]
pub(super) fn else_<const METERED: bool>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_>, _: usize) -> Outcome {
    branch::<METERED>(machine, r, Opcode::Else)
}

#[inline(always)]
pub(super) fn end<'m, const METERED: bool>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m>, at: usize) -> Outcome {
    if r.ip == machine.body.end as usize { leave(machine, r) } else { r.next(at) }
}

#[inline(always)]
pub(super) fn br<const METERED: bool>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_>, _: usize) -> Outcome {
    branch::<METERED>(machine, r, Opcode::Br)
}

#[inline(always)]
pub(super) fn br_if<const METERED: bool>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_>, at: usize) -> Outcome {
    let condition = r.tos as u32;
    if condition == 0 {
        let (_, at) = r.var_u32(at)?;
        r.side = r.side.wrapping_add(1);
        return r.drop(1, at);
    }
    let mut after = *r;
    after.drop(1, r.ip)?;
    branch::<METERED>(machine, &mut after, Opcode::BrIf)?;
    *r = after;
    Ok(())
}

#[inline(always)]
pub(super) fn br_table<const METERED: bool>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_>, at: usize) -> Outcome {
    let (count, _) = r.var_u32(at)?;
    let target = (r.tos as u32).min(count);
    let mut after = *r;
    after.drop(1, r.ip)?;
    after.side = after.side.wrapping_add(target as usize);
    branch::<METERED>(machine, &mut after, Opcode::BrTable)?;
    *r = after;
    Ok(())
}

#[inline(always)]
pub(super) fn return_<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    _: usize,
) -> Outcome {
    if METERED && machine.body.results >= FuelClass::Control.every() {
        let price = machine.prices.of_amount(FuelClass::Control, u64::from(machine.body.results));
        r.pay(machine.prices.of(Opcode::Return), price)?;
    }
    leave(machine, r)
}

/// Goes where the next entry of the side table says.
#[inline(always)]
fn branch<const METERED: bool>(machine: &Machine<'_, '_>, r: &mut Registers<'_>, opcode: Opcode) -> Outcome {
    let entry = machine.side_entry(r.side)?;
    let Some((distance, keep, drop)) = entry.narrow() else {
        *r = wide_branch(machine, *r, METERED.then_some(opcode))?;
        return Ok(());
    };
    if drop != 0 {
        shift(r, keep, drop)?;
    }
    r.side = r.side.wrapping_add_signed(distance);
    r.next(entry.target as usize)
}

/// A branch that goes far, or with many values.
#[cold]
#[inline(never)]
fn wide_branch<'m>(
    machine: &Machine<'_, '_>,
    mut r: Registers<'m>,
    metered: Option<Opcode>,
) -> Result<Registers<'m>, Stop> {
    let entry = machine.side_entry(r.side)?;
    let wide = machine.side_table.wide().get(entry.wide_index()).ok_or(Stop::Corrupt)?;
    if let Some(opcode) = metered.filter(|opcode| opcode.info().fuel == FuelClass::Control) {
        let price = machine.prices.of_amount(FuelClass::Control, u64::from(wide.keep));
        r.pay(machine.prices.of(opcode), price)?;
    }
    shift(&mut r, wide.keep as usize, wide.drop as usize)?;
    r.side = wide.next as usize;
    r.ip = entry.target as usize;
    Ok(r)
}

/// Keeps `keep` operands and drops `drop` below them.
#[inline(always)]
fn shift(r: &mut Registers<'_>, keep: usize, drop: usize) -> Outcome {
    if keep == 0 {
        return r.drop(drop, r.ip);
    }
    if keep > 1 {
        // The uppermost stays in `tos`.
        move_down(r, r.top.wrapping_sub(keep).wrapping_add(1), drop, keep.wrapping_sub(1))?;
    }
    r.top = r.top.wrapping_sub(drop);
    Ok(())
}

/// Moves `count` slots from `from` on by `distance` downwards.
fn move_down(r: &Registers<'_>, from: usize, distance: usize, count: usize) -> Outcome {
    let end = from.wrapping_add(count);
    let sources = r.frame.get(from..end).ok_or(Stop::Corrupt)?;
    let targets = r.frame.get(from.wrapping_sub(distance)..).ok_or(Stop::Corrupt)?;
    for (target, source) in targets.iter().zip(sources) {
        target.set(source.get());
    }
    Ok(())
}

#[inline(always)]
pub(super) fn call<'m, const METERED: bool>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m>, at: usize) -> Outcome {
    let (function, next) = r.var_u32(at)?;
    match function.checked_sub(machine.imported_functions) {
        Some(own) => enter::<METERED>(machine, r, own, next, Opcode::Call),
        None => call_import(machine, function, next, RequestKind::Call),
    }
}

#[inline(always)]
pub(super) fn call_indirect<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    at: usize,
) -> Outcome {
    let (function, next) = find_indirect(machine, r, at)?;
    let Callee::Own(own) = function else { return call_found(machine, function, next, RequestKind::Call) };
    let mut after = *r;
    after.drop(1, r.ip)?;
    match enter::<METERED>(machine, &mut after, own, next, Opcode::CallIndirect) {
        Ok(()) => {
            *r = after;
            Ok(())
        }
        Err(stop) => {
            r.fuel = after.fuel;
            Err(stop)
        }
    }
}

#[cfg(feature = "tail-call")]
pub(super) fn return_call<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    at: usize,
) -> Outcome {
    let (function, next) = r.var_u32(at)?;
    match function.checked_sub(machine.imported_functions) {
        Some(own) => replace_frame::<METERED>(machine, r, own, 0, Opcode::ReturnCall),
        None => call_import(machine, function, next, RequestKind::TailCall),
    }
}

#[cfg(feature = "tail-call")]
pub(super) fn return_call_indirect<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    at: usize,
) -> Outcome {
    let (function, next) = find_indirect(machine, r, at)?;
    match function {
        Callee::Own(own) => replace_frame::<METERED>(machine, r, own, 1, Opcode::ReturnCallIndirect),
        other => call_found(machine, other, next, RequestKind::TailCall),
    }
}

/// Where an indirect call leads.
enum Callee {
    /// To the function that the instance's module defines in this place.
    Own(u32),
    /// To this function of the store.
    Other(u32),
}

/// The function that an indirect call finds, and the place after the instruction.
#[inline(always)]
fn find_indirect(machine: &mut Machine<'_, '_>, r: &Registers<'_>, at: usize) -> Result<(Callee, usize), Stop> {
    let (ty, at) = r.var_u32(at)?;
    let (table, next) = r.var_u32(at)?;
    let index = usize::try_from(r.tos).map_err(|_| Trap::UndefinedElement)?;
    let entries: &[Reference] = machine.table(table)?;
    let reference = *entries.get(index).ok_or(Trap::UndefinedElement)?;
    let address = reference.index().ok_or(Trap::UninitializedElement)?;
    let record = machine.functions.get(address as usize).ok_or(Stop::Corrupt)?;
    if machine.types.get(ty as usize) != Some(&record.signature) {
        return Err(Stop::Trap(Trap::IndirectCallTypeMismatch));
    }
    let is_own = record.instance == Some(machine.position.frame.instance);
    Ok((
        match record.index.checked_sub(machine.imported_functions) {
            Some(own) if is_own => Callee::Own(own),
            _ => Callee::Other(address),
        },
        next,
    ))
}

#[cold]
#[inline(never)]
fn call_import(machine: &mut Machine<'_, '_>, function: u32, next: usize, kind: RequestKind) -> Outcome {
    let address = *machine.function_map.get(function as usize).ok_or(Stop::Corrupt)?;
    machine.request = Request { index: address, next: next as u32, consumed: 0, kind };
    Err(Stop::Call)
}

#[cold]
#[inline(never)]
fn call_found(machine: &mut Machine<'_, '_>, callee: Callee, next: usize, kind: RequestKind) -> Outcome {
    let Callee::Other(address) = callee else { return Err(Stop::Corrupt) };
    machine.request = Request { index: address, next: next as u32, consumed: 1, kind };
    Err(Stop::Call)
}

/// Pays for the callee's locals.
#[inline(always)]
fn pay_entry<const METERED: bool>(
    machine: &Machine<'_, '_>,
    r: &mut Registers<'_>,
    body: &Body,
    opcode: Opcode,
) -> Outcome {
    if METERED && body.locals >= FuelClass::Call.every() {
        let price = machine.prices.of_amount(FuelClass::Call, u64::from(body.locals));
        r.pay(machine.prices.of(opcode), price)?;
    }
    Ok(())
}

/// Enters a function of this instance; its arguments are the uppermost operands.
#[inline(always)]
fn enter<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    own: u32,
    next: usize,
    opcode: Opcode,
) -> Outcome {
    let body = machine.bodies.get(own as usize).ok_or(Stop::Corrupt)?;
    r.spill()?;
    let below_arguments = r.top.wrapping_sub(body.params as usize);
    let window = r.frame.get(below_arguments..).ok_or(Stop::Corrupt)?;
    let depth = machine.position.depth as usize;
    let has_room = window.len() > body.frame as usize;
    let record = machine.frames.get_mut(depth);
    let (true, Some(record)) = (has_room, record) else {
        return no_room::<METERED>(machine, r, opcode);
    };
    let caller = &mut machine.position.frame;
    *record = Frame { ip: next as u32, side: r.side as u32, ..*caller };
    caller.base = caller.base.wrapping_add(below_arguments as u32);
    caller.function = machine.imported_functions.wrapping_add(own);
    if let Err(stop) = pay_entry::<METERED>(machine, r, body, opcode) {
        machine.position.frame = *machine.frames.get(depth).ok_or(Stop::Corrupt)?;
        return Err(stop);
    }
    machine.position.depth = depth.wrapping_add(1) as u32;
    begin(machine, r, window, body)
}

/// Zeroes the locals and stands at a function's first instruction.
#[inline(always)]
fn begin<'m>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    window: &'m [core::cell::Cell<u64>],
    body: &'m Body,
) -> Outcome {
    let (params, locals) = (body.params as usize, body.locals as usize);
    for local in window.get(params.wrapping_add(1)..locals.wrapping_add(1)).ok_or(Stop::Corrupt)? {
        local.set(0);
    }
    machine.body = body;
    r.frame = window;
    r.side = body.side as usize;
    r.top = locals;
    r.tos = window.get(locals).ok_or(Stop::Corrupt)?.get();
    r.next(body.start as usize)
}

/// A call that must wait for stack space is executed, and so paid for, again.
#[cold]
#[inline(never)]
fn refund(machine: &Machine<'_, '_>, fuel: u64, opcode: Opcode) -> u64 {
    fuel.saturating_add(u64::from(machine.prices.of(opcode)))
}

#[inline(always)]
fn no_room<const METERED: bool>(machine: &Machine<'_, '_>, r: &mut Registers<'_>, opcode: Opcode) -> Outcome {
    if METERED {
        r.fuel = refund(machine, r.fuel, opcode);
    }
    Err(Stop::StackSpace)
}

/// Enters a function of this instance in place of the current one; `consumed` operands above the arguments are done.
#[cfg(feature = "tail-call")]
fn replace_frame<'m, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m>,
    own: u32,
    consumed: usize,
    opcode: Opcode,
) -> Outcome {
    let body = machine.bodies.get(own as usize).ok_or(Stop::Corrupt)?;
    if r.frame.len() <= body.frame as usize {
        return no_room::<METERED>(machine, r, opcode);
    }
    pay_entry::<METERED>(machine, r, body, opcode)?;
    r.spill()?;
    let params = body.params as usize;
    let first = r.top.wrapping_sub(consumed).wrapping_sub(params).wrapping_add(1);
    move_down(r, first, first.wrapping_sub(1), params)?;
    machine.position.frame.function = machine.imported_functions.wrapping_add(own);
    begin(machine, r, r.frame, body)
}

/// Leaves the current function with the uppermost operands as its results.
#[inline(always)]
fn leave<'m>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m>) -> Outcome {
    let results = machine.body.results as usize;
    if results > 1 {
        let first = r.top.wrapping_sub(results).wrapping_add(1);
        move_down(r, first, first.wrapping_sub(1), results.wrapping_sub(1))?;
    }
    let position = &mut machine.position;
    if position.depth == position.floor {
        r.top = results;
        if results == 0 {
            r.tos = r.frame.first().ok_or(Stop::Corrupt)?.get();
        }
        return Err(Stop::Finished);
    }
    let depth = position.depth.wrapping_sub(1);
    let caller = *machine.frames.get(depth as usize).ok_or(Stop::Corrupt)?;
    let below_results = position.frame.base.wrapping_sub(caller.base);
    let same_instance = caller.instance == position.frame.instance;
    position.depth = depth;
    position.frame = caller;
    r.frame = machine.window(caller.base);
    r.top = (below_results as usize).wrapping_add(results);
    if results == 0 {
        r.tos = r.frame.get(r.top).ok_or(Stop::Corrupt)?.get();
    }
    r.side = caller.side as usize;
    r.ip = caller.ip as usize;
    if !same_instance {
        return Err(Stop::Instance);
    }
    let own = caller.function.wrapping_sub(machine.imported_functions);
    machine.body = machine.bodies.get(own as usize).ok_or(Stop::Corrupt)?;
    Ok(())
}

#[cold]
pub(super) fn memory_grow<const METERED: bool>(
    machine: &mut Machine<'_, '_>,
    r: &mut Registers<'_>,
    at: usize,
) -> Outcome {
    let (memory, next) = r.var_u32(at)?;
    let index = *machine.memory_map.get(memory as usize).ok_or(Stop::Corrupt)?;
    machine.request = Request { index, next: next as u32, consumed: 0, kind: RequestKind::GrowMemory };
    Err(Stop::Grow)
}

#[cfg(feature = "reference-types")]
#[cold]
pub(super) fn table_grow<const METERED: bool>(
    machine: &mut Machine<'_, '_>,
    r: &mut Registers<'_>,
    at: usize,
) -> Outcome {
    let (table, next) = r.var_u32(at)?;
    let index = *machine.table_map.get(table as usize).ok_or(Stop::Corrupt)?;
    machine.request = Request { index, next: next as u32, consumed: 0, kind: RequestKind::GrowTable };
    Err(Stop::Grow)
}
