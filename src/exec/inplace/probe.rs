//! Finds out, once in a process, whether the handlers' calls really are jumps, in both engines: `build.rs` knows where
//! they should be, but it cannot see every setting of the compiler.

use super::super::exit::Stop;
use super::super::frame::{Frame, Position, SLACK};
use super::super::machine::Machine;
use super::super::prices::Prices;
#[cfg(feature = "register")]
use super::super::register::{Functions, probe as register};
use super::super::registers::CODE_WINDOW;
use super::super::state::MemoryInstance;
use super::tail;
use crate::binary::parts::Body;
use crate::fuel::FuelCosts;
use crate::opcode::code;
use crate::trap::Trap;
use core::cell::Cell;
use core::hint::black_box;
use core::sync::atomic::{AtomicU8, Ordering};

const UNKNOWN: u8 = 0;
const HOLD: u8 = 1;
const FAIL: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

/// Instructions whose handlers are of different kinds: with immediates of one byte and longer, a memory, and a call.
const PATTERN: [u8; 18] = [
    code::I32_CONST,
    0x80,
    0x00, // 0, in two bytes
    code::I32_LOAD,
    0x00,
    0x80,
    0x00, // offset 0, in two bytes
    code::DROP,
    code::MEMORY_SIZE,
    0x00,
    code::DROP,
    code::BLOCK,
    0x40,
    code::END,
    code::NOP,
    code::NOP,
    code::CALL,
    1,
];

/// How often the pattern is executed: once, and then a few times. Not often, because where handlers call each other they
/// are not optimized, and take much of a stack that may be small.
const TIMES: [usize; 2] = [1, 5];

/// Bytes of the longer program, but for the `unreachable` that ends it and the function behind it, which is an `end`.
const SIZE: usize = PATTERN.len() * TIMES[1];

/// What it takes at least if one of the pattern's handlers calls the next, in bytes.
const LEAST: usize = 16 * (TIMES[1] - TIMES[0]);

/// Engines that have handlers.
const ENGINES: usize = 1 + cfg!(feature = "register") as usize + cfg!(feature = "optimize") as usize;

/// Slots of the stack that it runs on: a window for the handlers of either engine.
#[cfg(feature = "register")]
const VALUES: usize = 2 * super::super::register::WINDOW;
#[cfg(not(feature = "register"))]
const VALUES: usize = 2 * SLACK;

/// Whether the handlers may be used.
#[inline]
pub(in super::super) fn tail_calls_hold() -> bool {
    match STATE.load(Ordering::Relaxed) {
        UNKNOWN => measure(),
        state => state == HOLD,
    }
}

#[cold]
fn measure() -> bool {
    let holds = stack_grows_by() < LEAST;
    STATE.store(if holds { HOLD } else { FAIL }, Ordering::Relaxed);
    holds
}

/// How much deeper the longer program ends on the host's stack than the shorter one, in bytes.
fn stack_grows_by() -> usize {
    // The compiler must not make two functions of one, which begin at different places of the stack.
    let mut values = alloc::vec![0; VALUES];
    match TIMES.map(|times| ends_of(black_box(times), &mut values)) {
        [Some(short), Some(long)] => short.iter().zip(&long).map(|(short, long)| short.abs_diff(*long)).sum(),
        // A program that does not come to its end has proved nothing.
        _ => usize::MAX,
    }
}

/// Where the host's stack stands, in each engine, when the pattern has been executed as often.
#[inline(never)]
fn ends_of(times: usize, values: &mut [u64]) -> Option<[usize; ENGINES]> {
    let mut program = [code::UNREACHABLE; SIZE + 1 + CODE_WINDOW];
    for (place, byte) in program.iter_mut().zip(PATTERN.iter().cycle().take(PATTERN.len().saturating_mul(times))) {
        *place = *byte;
    }
    program[SIZE + 1] = code::END;
    let bodies = [SIZE, SIZE + 1].map(|end| Body { start: end as u32, end: end as u32, ..Body::default() });
    let mut frames = [Frame::EMPTY];
    let mut memory = [0; 4];
    let mut memories = [MemoryInstance::EMPTY];
    #[cfg(feature = "register")]
    let checked = register::functions(times, false);
    #[cfg(feature = "optimize")]
    let unchecked = register::functions(times, true);
    let prices = Prices::new(&FuelCosts::default());
    let mut position = Position::default();
    position.frame.base = 1;
    let mut machine = Machine {
        stack: Cell::from_mut(values).as_slice_of_cells(),
        usable: VALUES - SLACK,
        position,
        memory_map: &[0],
        first_memory: &mut memory,
        memories: &mut memories,
        frames: &mut frames,
        bodies: &bodies,
        ..Machine::of(&program, &bodies[0], &prices)
    };
    if tail::run(&mut machine, false) != Stop::Trap(Trap::Unreachable) {
        return None;
    }
    Some([
        machine.host_stack,
        #[cfg(feature = "register")]
        end_of_register_code(&mut machine, &checked, register::run_checked)?,
        #[cfg(feature = "optimize")]
        end_of_register_code(&mut machine, &unchecked, register::run_unchecked)?,
    ])
}

/// The same for register code.
#[cfg(feature = "register")]
fn end_of_register_code<'m, 'a>(
    machine: &mut Machine<'m, 'a>,
    functions: &'m Functions,
    run: fn(&mut Machine<'m, 'a>) -> Stop,
) -> Option<usize> {
    machine.register_code = functions.code(0)?;
    machine.translated = functions.list();
    machine.position = Position::default();
    machine.position.frame.base = 1;
    machine.position.frame.ip = crate::translate::ENTRY as u32;
    (run(machine) == Stop::Finished).then_some(machine.host_stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handlers_jump_in_this_build() {
        assert!(tail_calls_hold(), "the stack grows by {} bytes", stack_grows_by());
    }
}
