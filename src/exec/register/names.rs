//! The handlers by their names: for tests, which see to it that each of them is executed.

use super::verify::{Unsound, Verified};
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
pub(super) fn of(code: &mut [u8], frame: u32, settings: &Settings) -> Result<Vec<String>, Unsound> {
    let (mut verified, mut starts) = (Verified::default(), Vec::new());
    verified.verify(code, frame, |start, number, _| {
        starts.push((start, number));
        Ok(())
    })?;
    let repeating = if settings.unchecked { repeating(&verified) } else { Vec::new() };
    let repeats = |start: u32| repeating.binary_search_by_key(&start, |branch| branch.source).is_ok();
    let handler = |(start, number): &(u32, u16)| name(*number, can_repeat(*number) && repeats(*start));
    Ok(starts.iter().map(handler).collect())
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
fn repeating(_: &Verified) -> Vec<super::verify::Branch> {
    Vec::new()
}

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn can_repeat(_: u16) -> bool {
    false
}
