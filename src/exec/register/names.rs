//! The handlers by their names: for tests, which see to it that each of them is executed.

use super::verify::{Unsound, Verified};
use super::{INSTRUCTIONS, PAIRS};
use crate::translate::{Settings, Stops};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Every handler that code may have which is made with these settings.
pub(super) fn all(settings: &Settings) -> Vec<String> {
    let pairs = if settings.fuses { PAIRS.len() } else { 0 };
    let numbers = 0..INSTRUCTIONS.len().saturating_add(pairs) as u16;
    let repeating = numbers.clone().filter(|number| settings.unchecked && can_repeat(*number));
    let all = numbers.map(|number| (number, false)).chain(repeating.map(|number| (number, true)));
    all.map(|(number, repeats)| name(number, repeats, settings)).collect()
}

/// The handlers that the code of a function has, whose frame has slots up to `frame`.
pub(super) fn of(code: &mut [u8], frame: u32, settings: &Settings) -> Result<Vec<String>, Unsound> {
    let (mut verified, mut starts) = (Verified::default(), Vec::new());
    verified.verify(code, frame, |start, number, _| {
        starts.push((start, number));
        Ok(())
    })?;
    let repeating = if settings.unchecked { repeating(&verified, settings.stops) } else { Vec::new() };
    let repeats = |start: u32| repeating.binary_search_by_key(&start, |branch| branch.source).is_ok();
    let handler = |(start, number): &(u32, u16)| name(*number, can_repeat(*number) && repeats(*start), settings);
    Ok(starts.iter().map(handler).collect())
}

/// The name of a handler, as the generator gives it.
fn name(number: u16, repeats: bool, settings: &Settings) -> String {
    let looks = settings.stops == Stops::ByInterruption;
    let suffix = match repeats {
        true if looks => "_repeats_interruptible",
        true => "_repeats",
        false if looks && is_interruptible(number) => "_interruptible",
        false => "",
    };
    let of = |number: u16| INSTRUCTIONS.get(number as usize).map_or("", |info| info.name);
    match PAIRS.get((number as usize).wrapping_sub(INSTRUCTIONS.len())) {
        Some((first, second)) => format!("{}_then_{}{suffix}", of(*first), of(*second)),
        None => format!("{}{suffix}", of(number)),
    }
}

#[cfg(all(feature = "optimize", tail_calls))]
use super::loops::repeating;
#[cfg(all(feature = "optimize", tail_calls))]
use super::unchecked::{can_repeat, is_interruptible};

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn repeating(_: &Verified, _: Stops) -> Vec<super::verify::Branch> {
    Vec::new()
}

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn can_repeat(_: u16) -> bool {
    false
}

#[cfg(not(all(feature = "optimize", tail_calls)))]
fn is_interruptible(_: u16) -> bool {
    false
}
