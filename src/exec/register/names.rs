//! The handlers by their names: for tests, which see to it that each of them is executed.

use super::verify::{Unsound, verify};
use super::{INSTRUCTIONS, PAIRS};
use crate::translate::Settings;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Every handler that code may have which is made with these settings.
pub(super) fn all(settings: &Settings) -> Vec<String> {
    let pairs = if settings.fuses { PAIRS.len() } else { 0 };
    let numbers = 0..INSTRUCTIONS.len().saturating_add(pairs) as u16;
    let repeating = numbers.clone().filter(|number| settings.unchecked && can_repeat(*number));
    numbers.map(|number| name(number, false)).chain(repeating.map(|number| name(number, true))).collect()
}

/// The handlers that the code of a function has, whose frame has slots up to `frame`.
pub(super) fn of(code: &[u8], frame: u32, settings: &Settings) -> Result<Vec<String>, Unsound> {
    let verified = verify(code, frame)?;
    let repeating = if settings.unchecked { repeating(&verified) } else { Vec::new() };
    let handler =
        |(start, number): &(u32, u16)| name(*number, can_repeat(*number) && repeating.binary_search(start).is_ok());
    Ok(verified.starts.iter().map(handler).collect())
}

/// The name of a handler, as the generator gives it.
fn name(number: u16, repeats: bool) -> String {
    let suffix = if repeats { "_repeats" } else { "" };
    let of = |number: u16| INSTRUCTIONS.get(number as usize).map_or("", |info| info.name);
    match PAIRS.get((number as usize).wrapping_sub(INSTRUCTIONS.len())) {
        Some((first, second)) => format!("{}_then_{}{suffix}", of(*first), of(*second)),
        None => format!("{}{suffix}", of(number)),
    }
}

#[cfg(all(feature = "optimize", tail_calls))]
use super::{loops::repeating, unchecked::can_repeat};

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn repeating(_: &super::verify::Verified) -> Vec<u32> {
    Vec::new()
}

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn can_repeat(_: u16) -> bool {
    false
}
