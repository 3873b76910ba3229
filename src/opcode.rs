//! The opcodes of this build, and what the table says of each.

use crate::fuel::FuelClass;
use crate::proposal::Proposal;
use crate::trap::Trap;

/// How control goes on after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// The instruction delimits blocks.
    Block,
    /// To a label.
    Branch,
    /// Into a function.
    Call,
    /// Out of the function.
    Return,
    /// To the owner of the machine, who grows, allocates or waits.
    Need,
}

/// What an instruction can do next: go on in its way, or trap.
#[derive(Debug, Clone, Copy)]
pub struct Transitions {
    /// How control goes on if it does not trap.
    pub flow: Flow,
    /// Every trap that it can raise.
    pub traps: &'static [Trap],
}

/// What the table says of an opcode.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OpcodeInfo {
    /// The row's identifier: `i32.div_s`, `select_typed`.
    pub id: &'static str,
    /// The name in the text format: `i32.div_s`, `select`.
    pub name: &'static str,
    /// The prefix byte, of opcodes that have one.
    pub prefix: Option<u8>,
    /// The opcode's byte, or the number after the prefix.
    pub number: u32,
    /// Its immediates as `name: kind`.
    pub immediates: &'static [&'static str],
    /// Its stack effect: `lhs:i32 rhs:i32 -> i32`.
    pub stack: &'static str,
    /// The proposal that brought it.
    pub proposal: Proposal,
    /// Its price class.
    pub fuel: FuelClass,
    /// What it can do next.
    pub transitions: Transitions,
    /// Operands, in push order, that raise a trap.
    pub trap_examples: &'static [(Trap, &'static [&'static str])],
    /// The path of the function that computes it, below `semantics`; nothing where control flow is written by hand.
    pub semantics: Option<&'static str>,
    /// The rule of validation that is written by hand.
    pub check: Option<&'static str>,
    /// The proposal that allows it in constant expressions.
    pub constant: Option<Proposal>,
    /// Whether its two operands may change places.
    pub commutes: bool,
    /// Whether its result may be a NaN whose bits the specification leaves open.
    pub nans: bool,
    /// What it does.
    pub doc: &'static str,
    /// The line of its row in `spec/instructions.toml`.
    pub line: u32,
}

impl Opcode {
    /// The opcodes whose name in the text format is `name`.
    pub fn named(name: &str) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |opcode| opcode.info().name == name || opcode.info().id == name)
    }

    /// Whether control flow or a rule of validation is written by hand for it.
    #[must_use]
    pub fn is_hand_written(self) -> bool {
        let info = self.info();
        info.check.is_some() || info.transitions.flow != Flow::Next
    }
}

include!(concat!(env!("OUT_DIR"), "/opcode.rs"));
