//! The register engine: runs what `translate` made of a function.
//!
//! An instruction is eight bytes that say which it is, and then its fields: slots, numbers, targets. The functions of
//! instructions that rows compute are generated, those that only move values and control are in `control`. There are two
//! renderings: a loop over a table of functions, which works everywhere, and handlers that jump to each other (`jump`).

mod call;
mod control;
#[cfg(all(feature = "optimize", tail_calls))]
mod entries;
#[cfg(tail_calls)]
#[allow(improper_ctypes_definitions, reason = "Rust calls Rust: the convention is chosen for its registers")]
mod jump;
#[cfg(any(all(feature = "optimize", tail_calls), test))]
mod loops;
mod names;
#[cfg(tail_calls)]
pub(super) mod probe;
#[cfg(all(feature = "optimize", tail_calls))]
mod returns;
mod shape;
mod state;
#[cfg(all(feature = "optimize", tail_calls))]
#[allow(unsafe_code, reason = "the only module that has any: see its invariants")]
#[allow(improper_ctypes_definitions, reason = "Rust calls Rust: the convention is chosen for its registers")]
mod unchecked;
mod verify;

#[cfg(tail_calls)]
pub(super) use jump::Handlers;
pub(crate) use shape::{MOST_FIELDS, Shape, pair_of};
pub(crate) use state::Functions as RegisterFunctions;
pub(super) use state::{Function, Functions};
#[cfg(all(feature = "optimize", tail_calls))]
pub(super) use unchecked::{Returns, Room};

use super::exit::Stop;
use super::machine::{Machine, operand_units};
use super::registers::FrameWindow;
use crate::binary::immediates::MemArg;
use crate::opcode::Opcode;
#[cfg(feature = "reference-types")]
use crate::semantics::Reference;
use crate::semantics::{self, Slot, SlotValue};
use crate::translate::PADDING;
use alloc::boxed::Box;
use call::CallOperands;
use core::cell::Cell;
use once_cell::race::OnceBox;

/// How long functions run in place before they are translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WarmUp {
    /// How often a function is called before.
    pub calls: u32,
    /// How often loops go round before one is gone on with in register code.
    pub rounds: u32,
}

impl WarmUp {
    /// What is chosen if nothing is said.
    pub(crate) const DEFAULT: Self = Self { calls: 20, rounds: 500 };
}

/// How many runs register code pays for before the in-place engine goes on: tests have it hand over more often than fuel
/// does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runs {
    /// As many as fuel lasts for.
    All,
    /// The one that it begins with.
    One,
    /// Not even that one.
    None,
}

/// How many slots there are from the beginning of a frame of register code, or more: as many as 16 bits can name.
pub(crate) const WINDOW: usize = 1 << 16;

type Outcome = Result<(), Stop>;

/// What stands behind an opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// A slot that is read: 16 bits.
    Source,
    /// A slot that is written: 16 bits.
    Target,
    /// A number of slots: 16 bits.
    Height,
    /// A number of 32 bits.
    Word,
    /// A number of 64 bits.
    Long,
    /// Where a branch goes, relative to what follows, and the fuel that it costs: twice 32 bits.
    Branch,
}

impl Field {
    /// How many bytes it takes.
    pub(crate) const fn size(self) -> usize {
        match self {
            Self::Source | Self::Target | Self::Height => 2,
            Self::Word => 4,
            Self::Long | Self::Branch => 8,
        }
    }
}

/// What is known of a register instruction.
pub(crate) struct InstructionInfo {
    /// Its name: that of the row, and letters for where operands and result are.
    #[allow(dead_code, reason = "for people")]
    pub name: &'static str,
    /// What stands behind its opcode.
    pub fields: &'static [Field],
    /// Whether what stands behind it is never executed after it.
    pub ends: bool,
    /// Whether it leaves the function, and execution goes on behind it later.
    pub comes_back: bool,
}

/// How an engine renders the instructions: what it keeps in the host's registers.
pub(super) trait Rendering: Sized {
    /// The code from the current position on.
    type Code<'m>: Cursor<'m>;
    /// The window on the value stack.
    type Frame<'m>: FrameWindow<'m>;
    /// Memory 0, if it is kept there, too.
    type Memory<'m>;
    /// Where the innermost loop begins, if that is kept there.
    type Head<'m>;

    /// The bytes of memory 0.
    #[inline(always)]
    fn memory<'x, 'm>(machine: &'x mut Machine<'m, '_>, _: &'x mut Self::Memory<'m>) -> &'x mut [u8] {
        machine.first_memory
    }

    /// The code of a function, `code`, where a call in it returns to.
    #[inline(always)]
    fn return_to<'m>(_: &Function, code: &'m [u8], position: usize) -> Result<Self::Code<'m>, Stop> {
        Self::Code::at(code, position)
    }

    /// A loop begins here.
    #[inline(always)]
    fn begin_loop<'m>(_: &Machine<'m, '_>, _: &mut Registers<'m, Self>) -> Outcome {
        Ok(())
    }

    /// Enters function `own` of this instance, whose frame begins with its arguments.
    #[inline(always)]
    fn enter<'m, const METERED: bool>(
        machine: &mut Machine<'m, '_>,
        r: &mut Registers<'m, Self>,
        own: u32,
        operands: CallOperands,
    ) -> Outcome {
        call::enter::<Self, METERED>(machine, r, own, operands)
    }

    /// Returns to the caller; as many `results` stand at the frame's beginning.
    #[inline(always)]
    fn leave<'m, const METERED: bool>(
        machine: &mut Machine<'m, '_>,
        r: &mut Registers<'m, Self>,
        results: u16,
    ) -> Outcome {
        call::leave::<Self, METERED>(machine, r, results)
    }

    /// Goes to what is `distance` bytes from here.
    #[inline(always)]
    fn branch<'m>(machine: &Machine<'m, '_>, r: &mut Registers<'m, Self>, distance: i32) -> Outcome {
        r.code = r.code.moved(machine.register_code, distance as isize)?;
        Ok(())
    }
}

/// What the host's registers hold.
pub(super) struct Registers<'m, R: Rendering> {
    pub code: R::Code<'m>,
    pub frame: R::Frame<'m>,
    pub memory: R::Memory<'m>,
    #[cfg_attr(not(all(feature = "optimize", tail_calls)), allow(dead_code, reason = "only one rendering has it"))]
    pub head: R::Head<'m>,
    /// The accumulators.
    pub integer: u64,
    pub single: f32,
    pub double: f64,
}

/// The code from the current position on.
pub(super) trait Cursor<'m>: Copy {
    /// The code of a function from `position` on.
    fn at(code: &'m [u8], position: usize) -> Result<Self, Stop>;

    /// The next `N` bytes, read.
    fn take<const N: usize>(&mut self) -> Result<&'m [u8; N], Stop>;

    /// Checks that as many bytes follow as an instruction, or a pair, has with the next opcode: after this the compiler
    /// needs no check for any of them.
    #[cfg_attr(not(tail_calls), allow(dead_code, reason = "the handlers' alone"))]
    fn window(self) -> Outcome;

    /// Where it stands in the function's code.
    fn position(self, code: &'m [u8]) -> usize;

    /// `distance` bytes from here in the function's code.
    fn moved(self, code: &'m [u8], distance: isize) -> Result<Self, Stop>;
}

/// Code of which every byte is checked to be there.
#[derive(Clone, Copy)]
pub(super) struct Code<'m>(&'m [u8]);

impl<'m> Code<'m> {
    /// The number of the current instruction, read.
    #[inline(always)]
    fn opcode(&mut self) -> Result<u16, Stop> {
        self.take::<8>().map(|opcode| half(opcode, 0))
    }
}

impl<'m> Cursor<'m> for Code<'m> {
    #[inline(always)]
    fn at(code: &'m [u8], position: usize) -> Result<Self, Stop> {
        code.get(position..).map(Self).ok_or(Stop::Corrupt)
    }

    #[inline(always)]
    fn take<const N: usize>(&mut self) -> Result<&'m [u8; N], Stop> {
        let (fields, rest) = self.0.split_first_chunk().ok_or(Stop::Corrupt)?;
        self.0 = rest;
        Ok(fields)
    }

    #[inline(always)]
    fn window(self) -> Outcome {
        if self.0.len() < PADDING { Err(Stop::Corrupt) } else { Ok(()) }
    }

    #[inline(always)]
    fn position(self, code: &'m [u8]) -> usize {
        code.len().wrapping_sub(self.0.len())
    }

    #[inline(always)]
    fn moved(self, code: &'m [u8], distance: isize) -> Result<Self, Stop> {
        Self::at(code, self.position(code).wrapping_add_signed(distance))
    }
}

impl<'m, R: for<'x> Rendering<Memory<'x> = (), Head<'x> = ()>> Registers<'m, R> {
    /// For the machine's position, if its frame fits the window.
    fn at_position(machine: &Machine<'m, '_>) -> Option<Self> {
        let position = machine.position.frame;
        let frame = R::Frame::on(machine.cells_from(position.base))?;
        let code = R::Code::at(machine.register_code, position.ip as usize).ok()?;
        Some(Self { code, frame, memory: (), head: (), integer: 0, single: 0.0, double: 0.0 })
    }
}

impl<'m, R: Rendering> Registers<'m, R> {
    /// Makes where the code stands the machine's position, and where a request goes on, unless `stop` says that the position
    /// is another instance's by now.
    fn save_position(&self, machine: &mut Machine<'m, '_>, stop: Stop) {
        if stop != Stop::Instance {
            let next = self.code.position(machine.register_code) as u32;
            (machine.position.frame.ip, machine.request.next) = (next, next);
        }
    }

    #[inline(always)]
    fn slot(&self, slot: u16) -> Result<u64, Stop> {
        self.frame.slot(slot as usize).map(Cell::get).ok_or(Stop::Corrupt)
    }

    #[inline(always)]
    fn set_slot(&self, slot: u16, value: u64) -> Outcome {
        self.frame.slot(slot as usize).ok_or(Stop::Corrupt)?.set(value);
        Ok(())
    }
}

/// A field of 16 bits.
#[inline(always)]
fn half<const N: usize>(fields: &[u8; N], at: usize) -> u16 {
    fields.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// A field of 32 bits.
#[inline(always)]
fn word<const N: usize>(fields: &[u8; N], at: usize) -> u32 {
    fields.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// A field of 64 bits.
#[inline(always)]
fn long<const N: usize>(fields: &[u8; N], at: usize) -> u64 {
    fields.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Where a branch goes.
#[derive(Clone, Copy)]
struct BranchTarget {
    /// Relative to what follows.
    distance: i32,
    /// What it costs, or gives back where it is negative.
    price: i32,
}

#[inline(always)]
fn target<const N: usize>(fields: &[u8; N], at: usize) -> BranchTarget {
    BranchTarget { distance: word(fields, at) as i32, price: word(fields, at.wrapping_add(4)) as i32 }
}

/// Runs from the current position, which is in register code.
pub(super) fn run(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    // What does not fit a signed number would last for centuries.
    let held = machine.fuel_reserve.min(i64::MAX as u64);
    machine.fuel_reserve = machine.fuel_reserve.wrapping_sub(held);
    machine.fuel = held as i64;
    machine.translated = machine.register_functions.map_or(&[], Functions::list);
    let stop = start(machine, metered);
    if stop == Stop::HandOver {
        machine.fuel = machine.fuel.wrapping_add(machine.unpaid as i64);
    }
    machine.fuel_reserve = machine.fuel_reserve.wrapping_add(machine.fuel as u64);
    stop
}

fn start(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    if metered && let Err(stop) = pay_for_first_run(machine) {
        return stop;
    }
    #[cfg(all(feature = "optimize", tail_calls))]
    if machine.register_functions.is_some_and(Functions::is_unchecked) {
        return unchecked::run(machine);
    }
    #[cfg(tail_calls)]
    if machine.tail_calls && super::inplace::tail_calls_hold() {
        return jump::run(machine, metered);
    }
    run_loop(machine, functions(metered))
}

/// Pays for the run that begins at the current position: control comes from elsewhere, so nothing has yet.
fn pay_for_first_run(machine: &mut Machine<'_, '_>) -> Outcome {
    let before = || call::price_before(machine.register_code, machine.position.frame.ip as usize);
    let price = machine.entry_price.map_or_else(before, Ok)?;
    if machine.runs == Runs::None {
        withhold_fuel(machine);
    }
    control::reserve_run::<true>(machine, price)?;
    if machine.runs == Runs::One {
        withhold_fuel(machine);
    }
    Ok(())
}

/// So little fuel that nothing can be paid for: not even a branch that gives back more than its target costs.
const NOTHING: i64 = i64::MIN / 2;

/// Leaves nothing to pay for runs with. All that there is, with the reserve, stays the same.
fn withhold_fuel(machine: &mut Machine<'_, '_>) {
    let withheld = machine.fuel.wrapping_sub(NOTHING) as u64;
    machine.fuel_reserve = machine.fuel_reserve.wrapping_add(withheld);
    machine.fuel = NOTHING;
}

/// The function of an instruction, as the loop calls it.
type Execute = for<'m, 'a, 'x, 'r> fn(&'x mut Machine<'m, 'a>, &'r mut Registers<'m, Loop>) -> Outcome;

/// The functions that count fuel, or not.
fn functions(metered: bool) -> &'static [Execute] {
    static TABLE: OnceBox<[Execute; COUNT]> = OnceBox::new();
    if !metered {
        return &FREE;
    }
    TABLE.get_or_init(|| {
        let mut table = Box::new(FREE);
        replace(&mut *table, &METERED);
        table
    })
}

/// Puts others into some places of a table. Such tables are made when they are first wanted, because every program that
/// links this crate pays for the addresses in static tables when it starts.
fn replace<T: Copy>(table: &mut [T], others: &[(u16, T)]) {
    for (number, other) in others {
        table.iter_mut().skip(*number as usize).take(1).for_each(|place| *place = *other);
    }
}

/// Runs from the current position until something stops it.
///
/// A table and not a `match`: the compiler's time for a `match` of so many arms grows with the square of their number.
fn run_loop(machine: &mut Machine<'_, '_>, functions: &[Execute]) -> Stop {
    let Some(mut r) = Registers::<Loop>::at_position(machine) else { return Stop::Corrupt };
    loop {
        let outcome = r.code.opcode().and_then(|number| match functions.get(number as usize) {
            Some(function) => function(machine, &mut r),
            None => run_pair(machine, &mut r, functions, number),
        });
        if let Err(stop) = outcome {
            r.save_position(machine, stop);
            return stop;
        }
    }
}

/// Runs the two instructions of a pair.
fn run_pair<'m>(
    machine: &mut Machine<'m, '_>,
    r: &mut Registers<'m, Loop>,
    functions: &[Execute],
    number: u16,
) -> Outcome {
    let (first, second) = *PAIRS.get((number as usize).wrapping_sub(functions.len())).ok_or(Stop::Corrupt)?;
    let function = |number: u16| functions.get(number as usize).ok_or(Stop::Corrupt);
    function(first)?(machine, r)?;
    function(second)?(machine, r)
}

/// The loop's way of rendering.
struct Loop;

impl Rendering for Loop {
    type Code<'m> = Code<'m>;
    type Frame<'m> = &'m [Cell<u64>];
    type Memory<'m> = ();
    type Head<'m> = ();
}

include!(concat!(env!("OUT_DIR"), "/register.rs"));
