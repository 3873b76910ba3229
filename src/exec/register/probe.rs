//! Functions of no module, for finding out whether the handlers jump.

use super::super::exit::Stop;
use super::super::machine::Machine;
use super::{Functions, jump, number};
use crate::translate::{ENTRY, PADDING, Settings};
use alloc::vec::Vec;

/// Instructions of different kinds and what stands behind each: calls are those with the longest handlers.
const PATTERN: [(u16, &[u8]); 5] = [
    (number::COPY, &[0; 4]),
    (number::CONSTANT, &[0; 6]),
    (number::BR_UNLESS_A, &[0; 8]),
    (number::BR, &[0; 8]),
    // Of function 1, with no operands.
    (number::CALL, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
];

/// Two functions: the first executes the pattern as often, and the second, which it calls, does nothing.
pub(in super::super) fn functions(times: usize, unchecked: bool) -> Functions {
    let functions = Functions::new(Settings { unchecked, ..Settings::default() }, 0, 2);
    functions.set_code(0, code(times));
    functions.set_code(1, code(0));
    functions
}

/// The pattern as often, and a return.
fn code(times: usize) -> Vec<u8> {
    let mut code = alloc::vec![0; ENTRY];
    let pattern = PATTERN.iter().cycle().take(PATTERN.len().saturating_mul(times));
    for (number, fields) in pattern.chain([&(number::RETURN_NOTHING, &[0; PADDING][..])]) {
        code.extend_from_slice(&u64::from(*number).to_le_bytes());
        code.extend_from_slice(fields);
    }
    code
}

/// Runs code from its beginning by the handlers that check it.
pub(in super::super) fn run_checked(machine: &mut Machine<'_, '_>) -> Stop {
    jump::run(machine, false)
}

/// The same by those that do not, for code that is sealed.
#[cfg(feature = "optimize")]
pub(in super::super) use super::unchecked::run_from_entry as run_unchecked;
