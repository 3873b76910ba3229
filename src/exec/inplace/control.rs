//! Control flow of the in-place engine: one function for each row whose flow is not `next`.
//!
//! Each is called with its opcode read, and either goes on, with `r` at the next instruction, or stops with nothing
//! changed but what it has read: the loop goes back to the opcode, so that the instruction can be executed again.
//!
//! The registers stay in the host's, and the handlers' calls are jumps, only as long as no function that is not inlined
//! gets the address of anything that lives on the host's stack: what is rare finds the registers put aside in the
//! machine.

use super::super::exit::Stop;
use super::super::frame::Frame;
use super::super::machine::Machine;
use super::super::registers::{CodeCursor, FrameWindow, Mode, Registers};
use super::super::request::{Callee, RequestKind};
use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::opcode::{Opcode, code};
use crate::validate::SideEntry;
use core::cell::Cell;

type Outcome = Result<(), Stop>;

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
    if M::ONLY_ELSEWHERE || r.code.address() == machine.end_address { leave(machine, r) } else { Ok(()) }
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

#[inline(always)]
pub(super) fn return_<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    if M::METERED && machine.body.results >= FuelClass::Control.every() {
        if M::SHORT {
            return Err(Stop::Long);
        }
        let price = machine.prices.of_amount(FuelClass::Control, u64::from(machine.body.results));
        machine.pay(r, machine.prices.of(Opcode::Return), price)?;
    }
    leave(machine, r)
}

/// Takes over the registers `after` an instruction that has popped an operand already; where it did not succeed, only the
/// fuel, of which some may have been given back. Where it has gone on before it stopped, it has succeeded.
#[inline(always)]
fn settle<'m, M: Mode>(r: &mut Registers<'m, M>, after: Registers<'m, M>, outcome: Outcome) -> Outcome {
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

/// The entry of the side table at `index`, if this form can go there.
#[inline(always)]
fn find_entry<M: Mode>(machine: &Machine<'_, '_>, index: usize) -> Result<SideEntry, Stop> {
    if M::ONLY_NEXT {
        return Err(Stop::Elsewhere);
    }
    let entry = machine.side_entry(index)?;
    if M::SHORT && !entry.is_plain() {
        return Err(Stop::Long);
    }
    Ok(entry)
}

/// Goes where `entry` says, which is the next of the side table.
#[inline(always)]
fn go<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, M>,
    entry: SideEntry,
    opcode: Opcode,
) -> Outcome {
    let Some((distance, keep, drop)) = entry.narrow() else {
        machine.put_aside(r);
        let stop = wide_branch::<M>(machine, r.frame, M::METERED.then_some(opcode));
        machine.take_back(r)?;
        return stop.map_or(Ok(()), Err);
    };
    let target = machine.code_from(entry.target())?;
    if !M::SHORT && drop != 0 {
        shift(r, keep, drop)?;
    }
    machine.side_index = machine.side_index.wrapping_add_signed(distance);
    r.code = target;
    #[cfg(feature = "register")]
    if distance <= 0 {
        return count_round(machine);
    }
    Ok(())
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
    metered: Option<Opcode>,
) -> Option<Stop> {
    let Some(mut r) = machine.registers_put_aside::<M>(frame) else { return Some(Stop::Corrupt) };
    let outcome = (|| {
        let entry = machine.side_entry(machine.side_index)?;
        let wide = *machine.wide.get(entry.wide_index()).ok_or(Stop::Corrupt)?;
        if let Some(opcode) = metered.filter(|opcode| opcode.fuel_class() == FuelClass::Control) {
            let price = machine.prices.of_amount(FuelClass::Control, u64::from(wide.keep));
            machine.pay(&mut r, machine.prices.of(opcode), price)?;
        }
        shift(&mut r, wide.keep as usize, wide.drop as usize)?;
        machine.side_index = wide.next as usize;
        r.code = machine.code_from(entry.target())?;
        Ok(())
    })();
    machine.put_aside(&r);
    outcome.err()
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
fn move_down(cells: &[Cell<u64>], from: usize, distance: usize, count: usize) -> Outcome {
    let end = from.wrapping_add(count);
    let sources = cells.get(from..end).ok_or(Stop::Corrupt)?;
    let targets = cells.get(from.wrapping_sub(distance)..).ok_or(Stop::Corrupt)?;
    for (target, source) in targets.iter().zip(sources) {
        target.set(source.get());
    }
    Ok(())
}

#[inline(always)]
pub(super) fn call<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let function = r.var_u32()?;
    let next = machine.offset_of(r);
    match function.checked_sub(machine.imported_functions) {
        Some(own) => enter(machine, r, own, next, Opcode::Call),
        None if M::SHORT => Err(Stop::Long),
        None => Err(machine.request_function(function, next, RequestKind::Call, 0)),
    }
}

#[inline(always)]
pub(super) fn call_indirect<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let (callee, next) = find_indirect(machine, r)?;
    let own = match callee {
        Callee::Own(own) => own,
        Callee::Other(_) if M::SHORT => return Err(Stop::Long),
        Callee::Other(address) => return Err(machine.request_call(address, next, RequestKind::Call, 1)),
    };
    let mut after = *r;
    after.drop(1)?;
    let outcome = enter(machine, &mut after, own, next, Opcode::CallIndirect);
    settle(r, after, outcome)
}

#[cfg(feature = "tail-call")]
#[inline(always)]
pub(super) fn return_call<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let function = r.var_u32()?;
    let next = machine.offset_of(r);
    match function.checked_sub(machine.imported_functions) {
        _ if M::SHORT => Err(Stop::Long),
        Some(own) => tail_call(machine, r, own, 0, Opcode::ReturnCall),
        None => Err(machine.request_function(function, next, RequestKind::TailCall, 0)),
    }
}

#[cfg(feature = "tail-call")]
#[inline(always)]
pub(super) fn return_call_indirect<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    let (function, next) = find_indirect(machine, r)?;
    match function {
        _ if M::SHORT => Err(Stop::Long),
        Callee::Own(own) => tail_call(machine, r, own, 1, Opcode::ReturnCallIndirect),
        Callee::Other(address) => Err(machine.request_call(address, next, RequestKind::TailCall, 1)),
    }
}

/// The function that an indirect call finds, and the place after the instruction.
#[inline(always)]
fn find_indirect<M: Mode>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_, M>) -> Result<(Callee, u32), Stop> {
    let ty = r.var_u32()?;
    let table = r.var_u32()?;
    let next = machine.offset_of(r);
    Ok((machine.find_indirect(ty, table, r.tos)?, next))
}

/// Pays for the callee's locals.
#[inline(always)]
fn pay_entry<M: Mode>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_, M>, body: &Body, opcode: Opcode) -> Outcome {
    if M::METERED && body.locals >= FuelClass::Call.every() {
        if M::SHORT {
            return Err(Stop::Long);
        }
        let price = machine.prices.of_amount(FuelClass::Call, u64::from(body.locals));
        machine.pay(r, machine.prices.of(opcode), price)?;
    }
    Ok(())
}

/// Enters a function of this instance; its arguments are the uppermost operands.
#[inline(always)]
fn enter<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, M>,
    own: u32,
    next: u32,
    opcode: Opcode,
) -> Outcome {
    let body = match find_body::<M>(machine, own)? {
        Some(body) => body,
        // The owner has it validated.
        None => return Err(request_own(machine, own, next, opcode)),
    };
    #[cfg(feature = "register")]
    if machine.register_functions.is_some_and(|functions| functions.is_wanted(own)) {
        if M::SHORT {
            return Err(Stop::Long);
        }
        // The owner enters it in register code.
        return Err(request_own(machine, own, next, opcode));
    }
    r.spill()?;
    let position = machine.position;
    let depth = position.depth as usize;
    let base = position.frame.base.wrapping_add(r.top as u32).wrapping_sub(body.params);
    if !machine.has_room(base, body) || depth >= machine.frames.len() {
        return if M::SHORT { Err(Stop::Long) } else { no_room(machine, r, opcode) };
    }
    if M::SHORT && !M::takes(machine, body) {
        return Err(Stop::Long);
    }
    pay_entry(machine, r, body, opcode)?;
    let record = machine.frames.get_mut(depth).ok_or(Stop::Corrupt)?;
    *record = Frame { ip: next, side: machine.side_index as u32, ..position.frame };
    machine.position.frame.base = base;
    machine.position.frame.function = machine.imported_functions.wrapping_add(own);
    machine.position.depth = depth.wrapping_add(1) as u32;
    begin(machine, r, own, body)
}

/// The body of function `own`; nothing if it is not validated yet. Where functions are validated when they are first
/// called, only the long forms find it, so that the short ones have nothing more to do than otherwise.
#[inline(always)]
fn find_body<'m, M: Mode>(machine: &Machine<'m, '_>, own: u32) -> Result<Option<&'m Body>, Stop> {
    match machine.bodies.get(own as usize) {
        Some(body) => Ok(Some(body)),
        None if M::SHORT => Err(Stop::Long),
        None => Ok(machine.body_of(own)),
    }
}

/// Has the owner call a function of this instance.
#[inline(always)]
fn request_own(machine: &mut Machine<'_, '_>, own: u32, next: u32, opcode: Opcode) -> Stop {
    let function = machine.imported_functions.wrapping_add(own);
    let consumed = u32::from(opcode == Opcode::CallIndirect);
    machine.request_function(function, next, RequestKind::Call, consumed)
}

/// Zeroes the locals and stands at a function's first instruction, in the frame of the position.
#[inline(always)]
fn begin<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>, own: u32, body: &'m Body) -> Outcome {
    let (base, locals) = (machine.position.frame.base, body.locals as usize);
    if M::SHORT {
        r.frame = M::Frame::at(machine.stack, base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
        r.frame.zero_locals(body);
        r.tos = r.slot(locals)?.get();
    } else {
        // There may be more locals than a window shows.
        let cells = machine.cells_from(base);
        let zeroed = cells.get((body.params as usize).wrapping_add(1)..locals.wrapping_add(1)).ok_or(Stop::Corrupt)?;
        zeroed.iter().for_each(|local| local.set(0));
        r.frame = M::Frame::on(cells).ok_or(Stop::Corrupt)?;
        r.tos = cells.get(locals).ok_or(Stop::Corrupt)?.get();
    }
    stand_in::<M>(machine, own, body);
    machine.side_index = body.side as usize;
    r.code = machine.code_from(body.start)?;
    r.top = locals;
    if M::takes(machine, body) { Ok(()) } else { Err(Stop::Reenter) }
}

/// Makes function `own` the current one.
#[inline(always)]
fn stand_in<'m, M: Mode>(machine: &mut Machine<'m, '_>, own: u32, body: &'m Body) {
    machine.set_body(body);
    // Short forms have only functions with the common side table.
    if !M::SHORT {
        machine.take_side_table(own);
    }
}

/// A call that must wait for stack space is executed, and so paid for, again.
#[inline(always)]
fn no_room<M: Mode>(machine: &mut Machine<'_, '_>, r: &mut Registers<'_, M>, opcode: Opcode) -> Outcome {
    if M::METERED {
        machine.refund(r, machine.prices.of(opcode));
    }
    Err(Stop::StackSpace)
}

/// Enters a function of this instance in place of the current one; `consumed` operands above the arguments are done.
#[cfg(feature = "tail-call")]
#[inline(always)]
fn tail_call<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, M>,
    own: u32,
    consumed: usize,
    opcode: Opcode,
) -> Outcome {
    machine.put_aside(r);
    let stop = replace_frame::<M>(machine, r.frame, own, consumed, opcode);
    machine.take_back(r)?;
    stop.map_or(Ok(()), Err)
}

/// `tail_call`, with the registers put aside.
#[cfg(feature = "tail-call")]
#[inline(never)]
fn replace_frame<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    frame: M::Frame<'m>,
    own: u32,
    consumed: usize,
    opcode: Opcode,
) -> Option<Stop> {
    let Some(mut r) = machine.registers_put_aside::<M>(frame) else { return Some(Stop::Corrupt) };
    let outcome = (|| {
        let body = machine.body_of(own).filter(|body| machine.has_room(machine.position.frame.base, body));
        let Some(body) = body else {
            // The owner validates it, or makes room; unlike a call this takes no return record, of which there may be no
            // more.
            let function = machine.imported_functions.wrapping_add(own);
            let next = machine.offset_of(&r);
            return Err(machine.request_function(function, next, RequestKind::TailCall, consumed as u32));
        };
        pay_entry(machine, &mut r, body, opcode)?;
        r.spill()?;
        let params = body.params as usize;
        let first = r.top.wrapping_sub(consumed).wrapping_sub(params).wrapping_add(1);
        move_down(r.frame.cells(), first, first.wrapping_sub(1), params)?;
        machine.position.frame.function = machine.imported_functions.wrapping_add(own);
        begin(machine, &mut r, own, body)
    })();
    machine.put_aside(&r);
    outcome.err()
}

/// Leaves the current function with the uppermost operands as its results.
#[inline(always)]
fn leave<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    if M::ONLY_NEXT {
        return Err(Stop::Elsewhere);
    }
    let results = machine.body.results as usize;
    if results > 1 {
        if M::SHORT {
            return Err(Stop::Long);
        }
        let first = r.top.wrapping_sub(results).wrapping_add(1);
        move_down(r.frame.cells(), first, first.wrapping_sub(1), results.wrapping_sub(1))?;
    }
    let position = machine.position;
    if position.depth == position.floor {
        if M::SHORT {
            return Err(Stop::Long);
        }
        r.top = results;
        if results == 0 {
            r.tos = r.slot(0)?.get();
        }
        return Err(Stop::Finished);
    }
    let depth = position.depth.wrapping_sub(1);
    let caller = machine.frames.get(depth as usize).ok_or(Stop::Corrupt)?;
    let below_results = position.frame.base.wrapping_sub(caller.base);
    let top = (below_results as usize).wrapping_add(results);
    if caller.instance != position.frame.instance {
        if M::SHORT {
            return Err(Stop::Long);
        }
        let caller = *caller;
        machine.position.depth = depth;
        return leave_instance(machine, caller, top, (results > 0).then_some(r.tos));
    }
    let own = caller.function.wrapping_sub(machine.imported_functions);
    // Looked for while nothing has changed yet.
    let body = find_body::<M>(machine, own)?.ok_or(Stop::Corrupt)?;
    // The rest of the position is in the registers, or has not changed.
    machine.position.depth = depth;
    machine.position.frame.function = caller.function;
    machine.position.frame.base = caller.base;
    machine.side_index = caller.side as usize;
    r.code = machine.code_from(caller.ip)?;
    r.top = top;
    r.frame = M::Frame::at(machine.stack, caller.base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
    if results == 0 {
        r.tos = r.slot(r.top)?.get();
    }
    stand_in::<M>(machine, own, body);
    if M::takes(machine, body) { Ok(()) } else { Err(Stop::Reenter) }
}

/// Returns to a function of another instance, whose code this engine does not have at hand: the position says it all.
#[cold]
fn leave_instance(machine: &mut Machine<'_, '_>, caller: Frame, top: usize, result: Option<u64>) -> Outcome {
    if let Some(result) = result {
        machine.cells_from(caller.base).get(top).ok_or(Stop::Corrupt)?.set(result);
    }
    machine.position.frame = caller;
    machine.position.height = top as u32;
    Err(Stop::Instance)
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
