//! How functions are entered and left, and how the machine's owner is asked for what is done elsewhere.

use super::super::exit::Stop;
use super::super::frame::Frame;
use super::super::machine::Machine;
use super::super::registers::FrameWindow;
use super::super::request::RequestKind;
use super::control::reserve_run;
use super::{Cursor, Outcome, Registers, Rendering};
use crate::binary::parts::Body;
use crate::fuel::FuelClass;
use crate::translate::ENTRY;

/// Where a call's operands are, in slots of the caller's frame.
#[derive(Clone, Copy)]
pub(in super::super) struct CallOperands {
    /// The slots below the first argument.
    pub first: u16,
    /// All slots in use.
    pub height: u16,
    /// The uppermost ones that are no arguments.
    pub consumed: u32,
}

/// Enters a function of this instance, whose frame begins with its arguments. What is rare is left to the owner: a function
/// that has no register code yet, or a stack without room.
#[inline(always)]
pub(super) fn enter<'m, R: Rendering, const METERED: bool>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, R>,
    own: u32,
    operands: CallOperands,
) -> Outcome {
    // No closures here and where locals are zeroed: where the compiler is to make little code it calls them, with addresses
    // on the host's stack.
    let callee = match record_caller(machine, r.code) {
        Some(()) => code_of(machine, own),
        None => None,
    };
    let base = machine.position.frame.base.wrapping_add(u32::from(operands.first));
    let (code, body) = match callee {
        Some((code, body)) if machine.has_room(base, body) => (code, body),
        _ => return request_own(machine, own, operands),
    };
    pay_for_locals::<METERED>(machine, body)?;
    machine.position.depth = machine.position.depth.wrapping_add(1);
    machine.position.frame.base = base;
    machine.position.frame.function = machine.imported_functions.wrapping_add(own);
    r.frame = R::Frame::at(machine.stack, base.wrapping_sub(1) as usize).ok_or(Stop::Corrupt)?;
    r.frame.zero_locals(body);
    machine.register_code = code;
    r.code = R::Code::at(code, ENTRY)?;
    forget_accumulators(r);
    if METERED {
        reserve_run::<METERED>(machine, price_before(code, ENTRY)?)?;
    }
    Ok(())
}

/// The code of function `own` and its body, if it is translated and has some.
#[inline(always)]
fn code_of<'m>(machine: &Machine<'m, '_>, own: u32) -> Option<(&'m [u8], &'m Body)> {
    machine.translated.get(own as usize)?.code()
}

/// Has the owner call function `own` of this instance.
#[inline(always)]
pub(super) fn request_own(machine: &mut Machine<'_, '_>, own: u32, operands: CallOperands) -> Outcome {
    let function = machine.imported_functions.wrapping_add(own);
    request_function(machine, function, operands.height, RequestKind::Call, operands.consumed)
}

/// Pays for the locals of a function that is called, if there are so many that they cost something.
#[inline(always)]
pub(super) fn pay_for_locals<const METERED: bool>(machine: &mut Machine<'_, '_>, body: &Body) -> Outcome {
    if METERED && body.locals >= FuelClass::Call.every() {
        let price = machine.prices.of_amount(FuelClass::Call, u64::from(body.locals));
        let left = machine.fuel.checked_sub_unsigned(price).filter(|left| *left >= 0);
        machine.fuel = left.ok_or(Stop::OutOfFuel)?;
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

/// Returns to the caller; the results stand at the frame's beginning.
#[inline(always)]
pub(super) fn leave<'m, R: Rendering, const METERED: bool>(
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
pub(super) fn forget_accumulators<R: Rendering>(r: &mut Registers<'_, R>) {
    (r.integer, r.single, r.double) = (0, 0.0, 0.0);
}

/// The four bytes before a place where control comes from elsewhere: what the run costs that begins there.
#[inline(always)]
pub(super) fn price_before(code: &[u8], position: usize) -> Result<u32, Stop> {
    let field = code.get(position.wrapping_sub(4)..).and_then(<[u8]>::first_chunk).ok_or(Stop::Corrupt)?;
    Ok(u32::from_le_bytes(*field))
}

/// Has the owner call a function of the module.
#[inline(always)]
pub(super) fn request_function(
    machine: &mut Machine<'_, '_>,
    function: u32,
    height: u16,
    kind: RequestKind,
    consumed: u32,
) -> Outcome {
    machine.position.height = u32::from(height);
    Err(machine.request_function(function, NEXT, kind, consumed))
}

/// Has the owner call the store's function `address`, which an indirect call has found.
#[inline(always)]
pub(super) fn request_found(machine: &mut Machine<'_, '_>, address: u32, height: u16, kind: RequestKind) -> Outcome {
    machine.position.height = u32::from(height);
    Err(machine.request_call(address, NEXT, kind, 1))
}

/// Where the code goes on when a request is done: `save_position` knows.
pub(super) const NEXT: u32 = 0;
