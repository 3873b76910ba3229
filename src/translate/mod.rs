//! From WebAssembly to register code, a function at a time, in one linear pass.
//!
//! Register code keeps the frame of the in-place engine: parameters and locals, then the operand stack, in slots. But
//! constants and `local.get` are not executed: they become operands of the instruction that uses them, and a result goes
//! to the accumulator, to a local or to its slot of the operand stack, whatever comes next. `operands` knows where each
//! operand is, `compute` makes the instructions of ordinary rows, `control` those of blocks and branches, `call` those of
//! calls, `code` writes them and settles what branches cost, and `map` leads back from register code to WebAssembly.
//!
//! The result depends on nothing but the module, the function and the settings, so it can be made again at any time.

mod call;
mod code;
mod compute;
mod control;
mod held;
mod map;
mod operands;
#[cfg(feature = "profile")]
pub(crate) mod profile;

pub(crate) use map::{Map, Pending, Site};

use crate::binary::immediates::{BlockType, Labels, MemArg};
#[cfg(feature = "reference-types")]
use crate::binary::immediates::{HeapType, ValTypes};
use crate::binary::parts::{Body, Parts};
use crate::binary::{ModuleError, Reader};
use crate::decode::{self, Visitor};
use crate::features::Features;
use crate::fuel::FuelCosts;
use crate::opcode::Opcode;
use crate::semantics::{self, SlotValue};
use alloc::vec::Vec;
use code::Writer;
use control::Block;
use operands::{Accumulator, Operands};

pub(crate) use code::{ENTRY, PADDING};

/// What the translation depends on beside the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    /// What stops executions from outside.
    pub stops: Stops,
    /// What instructions cost.
    pub costs: FuelCosts,
    /// Whether NaNs that arithmetic gives are made canonical.
    pub canonical_nans: bool,
    /// Whether pairs of instructions become one.
    pub fuses: bool,
    /// Whether handlers without checks run the code: they want an instruction where loops begin.
    pub unchecked: bool,
    /// What counts the executed instructions.
    #[cfg(feature = "profile")]
    pub profile: profile::Profile,
}

impl Settings {
    /// Whether fuel is counted.
    pub(crate) fn counts_fuel(&self) -> bool {
        self.stops == Stops::ByFuel
    }
}

/// How code finds out that it is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stops {
    /// Nobody stops it.
    #[default]
    Never,
    /// It counts fuel, and that runs out.
    ByFuel,
    /// It looks for interruptions wherever loops begin and functions are called: handlers without checks alone do.
    ByInterruption,
}

/// What is translated.
#[derive(Clone, Copy)]
pub(crate) struct Source<'t> {
    /// The module's bytes.
    pub bytes: &'t [u8],
    pub parts: &'t Parts<'t>,
    pub features: Features,
}

/// How many slots a frame in register code can have. Windows on the stack have one more below, and a few above, which are
/// zeroed with the last local.
const MAX_FRAME: usize = crate::exec::WINDOW - 8;

/// How many bytes of register code a function can have.
const MAX_CODE: usize = 1 << 30;

/// Why a function has no register code: something does not fit its encoding. Such a function runs in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Untranslatable;

impl From<ModuleError> for Untranslatable {
    fn from(_: ModuleError) -> Self {
        Self
    }
}

type Outcome = Result<(), Untranslatable>;

/// Translates the function at `own` of those that the module defines once more, to know where register code and
/// WebAssembly correspond.
pub(crate) fn map(source: Source<'_>, settings: &Settings, own: u32) -> Result<Map, Untranslatable> {
    let mut translator = Translator { writer: Writer::new(settings, true), ..Translator::new(source, settings) };
    translator.run(own)?;
    translator.writer.finish_map()
}

/// What the translator knows of a row that register instructions compute.
struct Operation {
    opcode: Opcode,
    operands: &'static [OperandInfo],
    /// Where its result goes first.
    result: Option<Accumulator>,
    /// The instruction for each way to place operands and result: two bits for each operand, and one for the result.
    values: &'static [u16],
    /// The same for branches on the result: the highest bit says whether the branch is taken where it is true.
    branches: &'static [u16],
    /// The instruction for any memory and offset.
    far: u16,
    /// Whether it takes and gives accumulators.
    accumulates: bool,
    commutes: bool,
    traps: bool,
    nans: bool,
    pays_by_operand: bool,
    diverges: bool,
}

/// What an operand can be beside a slot.
struct OperandInfo {
    accumulator: Accumulator,
    immediate: Immediate,
}

/// How an immediate operand stands in the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Immediate {
    /// In 32 bits, zero-extended.
    Unsigned,
    /// In 32 bits, sign-extended.
    Signed,
    /// In 64 bits.
    Long,
}

/// Where there is no instruction.
const NONE: u16 = u16::MAX;

/// The state of translating a function. Its lists are used for one function after the other.
pub(crate) struct Translator<'t> {
    source: Source<'t>,
    settings: &'t Settings,
    body: Body,
    operands: Operands,
    blocks: Vec<Block>,
    writer: Writer,
    /// Where the instruction that is translated begins.
    offset: u32,
    /// The next entry of the side table.
    side: u32,
    /// How many blocks are open in code that cannot be reached; nothing where it can.
    unreachable: Option<u32>,
}

impl<'t> Translator<'t> {
    pub(crate) fn new(source: Source<'t>, settings: &'t Settings) -> Self {
        Self {
            source,
            settings,
            body: Body::default(),
            operands: Operands::default(),
            blocks: Vec::new(),
            writer: Writer::new(settings, false),
            offset: 0,
            side: 0,
            unreachable: None,
        }
    }

    /// The register code of the function at `own` of those that the module defines.
    pub(crate) fn translate(&mut self, own: u32) -> Result<&mut [u8], Untranslatable> {
        self.run(own)?;
        self.writer.finish()
    }

    fn enter(&mut self, own: u32) -> Outcome {
        let body = *self.source.parts.own_body(own).ok_or(Untranslatable)?;
        if body.frame as usize > MAX_FRAME {
            return Err(Untranslatable);
        }
        let function = self.source.parts.imported_functions.wrapping_add(own);
        let results = self.source.parts.function_signature(function).ok_or(Untranslatable)?.results.len();
        self.operands.clear(body.locals as usize);
        self.blocks.clear();
        self.blocks.push(Block::function(results));
        self.writer.clear(body.end.saturating_sub(body.start) as usize);
        (self.body, self.side, self.unreachable) = (body, body.side, None);
        Ok(())
    }

    fn run(&mut self, own: u32) -> Outcome {
        self.enter(own)?;
        let end = (self.body.end as usize).saturating_add(1);
        let bytes = self.source.bytes.get(..end).ok_or(Untranslatable)?;
        let mut reader = Reader::new(bytes, self.source.features).at(self.body.start as usize);
        self.offset = self.body.start;
        self.begin();
        while !self.blocks.is_empty() {
            self.offset = reader.offset() as u32;
            decode::instruction_in_loop(&mut reader, self)??;
            // Behind the last `end` there is nothing: what is branched to there is that `end`.
            self.writer.begin_runs_at(self.body.end.min(reader.offset() as u32));
            if self.writer.is_full() {
                self.spill_all()?;
                self.writer.flush();
            }
            if self.writer.len() > MAX_CODE {
                return Err(Untranslatable);
            }
        }
        Ok(())
    }

    /// The instruction's price becomes part of the run.
    fn pay(&mut self, opcode: Opcode) {
        #[cfg(feature = "profile")]
        self.writer.note_row(opcode);
        if self.settings.counts_fuel() {
            self.writer.pay(self.settings.costs.base(opcode.fuel_class()));
        }
    }
}

include!(concat!(env!("OUT_DIR"), "/translate.rs"));
