//! Calls and returns of the in-place engine: one function for each row that enters or leaves a function.
//!
//! What holds for the functions of `control` holds for these.

use super::super::exit::Stop;
use super::super::frame::Frame;
use super::super::machine::Machine;
use super::super::registers::{FrameWindow, Mode, Registers};
use super::super::request::{Callee, RequestKind};
use super::control::{Outcome, fuel_after, move_down, pay, settle};
use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::opcode::Opcode;

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

/// Pays for the callee's locals; gives the fuel with which it is entered.
#[inline(always)]
fn pay_entry<M: Mode>(
    machine: &mut Machine<'_, '_>,
    r: &mut Registers<'_, M>,
    body: &Body,
    opcode: Opcode,
) -> Result<M::Fuel, Stop> {
    let sum = if M::SUMS { machine.cost_behind(machine.side_index)? - cost_of(body) } else { 0.0 };
    if M::METERED && body.locals >= FuelClass::Call.every() {
        if M::SHORT {
            return Err(Stop::Long);
        }
        return pay(machine, r, opcode, body.locals, sum);
    }
    fuel_after(r, sum)
}

/// What all instructions of a function cost, where fuel is counted by sums.
#[inline(always)]
fn cost_of(body: &Body) -> f64 {
    #[cfg(tail_calls)]
    {
        body.cost.units()
    }
    #[cfg(not(tail_calls))]
    {
        let _ = body;
        0.0
    }
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
    if M::SHORT && !M::takes(machine, body, r.fuel) {
        return Err(Stop::Long);
    }
    let fuel = pay_entry(machine, r, body, opcode)?;
    let side = if M::METERED { machine.side_after_call() } else { machine.side_index } as u32;
    let record = machine.frames.get_mut(depth).ok_or(Stop::Corrupt)?;
    *record = Frame { ip: next, side, ..position.frame };
    machine.position.frame.base = base;
    machine.position.frame.function = machine.imported_functions.wrapping_add(own);
    machine.position.depth = depth.wrapping_add(1) as u32;
    r.fuel = fuel;
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
    if M::takes(machine, body, r.fuel) { Ok(()) } else { Err(Stop::Reenter) }
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
    if M::METERED && !M::SUMS {
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
        let fuel = pay_entry(machine, &mut r, body, opcode)?;
        r.spill()?;
        let params = body.params as usize;
        let first = r.top.wrapping_sub(consumed).wrapping_sub(params).wrapping_add(1);
        move_down(r.frame.cells(), first, first.wrapping_sub(1), params)?;
        machine.position.frame.function = machine.imported_functions.wrapping_add(own);
        r.fuel = fuel;
        begin(machine, &mut r, own, body)
    })();
    machine.put_aside(&r);
    outcome.err()
}

#[inline(always)]
pub(super) fn return_<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>) -> Outcome {
    if M::ONLY_NEXT {
        return Err(Stop::Elsewhere);
    }
    let behind = if M::SUMS { machine.cost_behind(machine.side_index)? } else { 0.0 };
    let results = machine.body.results;
    let fuel = if M::METERED && results >= FuelClass::Control.every() {
        if M::SHORT {
            return Err(Stop::Long);
        }
        pay(machine, r, Opcode::Return, results, behind)?
    } else {
        fuel_after(r, behind)?
    };
    leave(machine, r, fuel)
}

/// Leaves the current function with the uppermost operands as its results. Where fuel is counted by sums, `fuel` is all that
/// is left.
#[inline(always)]
pub(super) fn leave<'m, M: Mode>(machine: &mut Machine<'m, '_>, r: &mut Registers<'m, M>, fuel: M::Fuel) -> Outcome {
    if M::ONLY_NEXT {
        return Err(Stop::Elsewhere);
    }
    let results = machine.body.results as usize;
    if M::SHORT && results > 1 {
        return Err(Stop::Long);
    }
    let position = machine.position;
    if position.depth == position.floor {
        if M::SHORT {
            return Err(Stop::Long);
        }
        lower_results(r, results)?;
        (r.top, r.fuel) = (results, fuel);
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
        let caller = *caller;
        return leave_far(machine, r, caller, top, results, fuel);
    }
    let own = caller.function.wrapping_sub(machine.imported_functions);
    // Looked for while nothing has changed yet.
    let body = find_body::<M>(machine, own)?.ok_or(Stop::Corrupt)?;
    if !M::takes(machine, body, fuel) {
        // Its operands may be beyond what is seen of the stack here.
        let caller = *caller;
        return leave_far(machine, r, caller, top, results, fuel);
    }
    let side = caller.side as usize;
    let behind = if M::SUMS { machine.cost_behind_in::<M>(own, side.wrapping_sub(1))? } else { 0.0 };
    let fuel = fuel_after(&Registers { fuel, ..*r }, -behind)?;
    lower_results(r, results)?;
    // The rest of the position is in the registers, or has not changed.
    machine.position.depth = depth;
    machine.position.frame.function = caller.function;
    machine.position.frame.base = caller.base;
    machine.side_index = side;
    (r.code, r.fuel) = (machine.code_from(caller.ip)?, fuel);
    r.top = top;
    r.frame = M::Frame::at(machine.stack, caller.base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
    if results == 0 {
        r.tos = r.slot(r.top)?.get();
    }
    stand_in::<M>(machine, own, body);
    Ok(())
}

/// Moves the uppermost `results` operands to where the caller has them, but for the last, which stays in `tos`.
#[inline(always)]
fn lower_results<M: Mode>(r: &Registers<'_, M>, results: usize) -> Outcome {
    if M::SHORT || results < 2 {
        return Ok(());
    }
    let first = r.top.wrapping_sub(results).wrapping_add(1);
    move_down(r.frame.cells(), first, first.wrapping_sub(1), results.wrapping_sub(1))
}

/// Returns to a function of another instance, or one that is executed in another way, whose uppermost operand then
/// belongs to slot `top`.
#[inline(always)]
fn leave_far<'m, M: Mode>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, M>,
    caller: Frame,
    top: usize,
    results: usize,
    fuel: M::Fuel,
) -> Outcome {
    if M::SHORT {
        return Err(Stop::Long);
    }
    lower_results(r, results)?;
    r.fuel = fuel;
    leave_instance(machine, caller, top, (results > 0).then_some(r.tos))
}

/// Makes the position that of the `caller`, which says it all.
#[cold]
fn leave_instance(machine: &mut Machine<'_, '_>, caller: Frame, top: usize, result: Option<u64>) -> Outcome {
    if let Some(result) = result {
        machine.cells_from(caller.base).get(top).ok_or(Stop::Corrupt)?.set(result);
    }
    machine.position.depth = machine.position.depth.wrapping_sub(1);
    machine.position.frame = caller;
    machine.position.height = top as u32;
    Err(Stop::Instance)
}
