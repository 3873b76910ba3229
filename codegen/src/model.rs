//! The table resolved: what emitters read. No field is optional that a row must have, every name is looked up.
//!
//! Knows what opcodes are; knows neither TOML nor Rust syntax.

use crate::diag::Span;

/// The whole instruction set of one build.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// The proposals, in the order of the table.
    pub proposals: Vec<Proposal>,
    /// The traps, in the order of the table.
    pub traps: Vec<Trap>,
    /// The fuel classes, in the order of the table.
    pub fuel: Vec<FuelClass>,
    /// The opcodes, sorted by encoding.
    pub ops: Vec<Op>,
}

/// A proposal: a Cargo feature and a switch of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// `multi_memory`
    pub name: String,
    /// `Multiple memories`
    pub title: String,
    /// Whether every build has it, so that it has neither a feature nor a switch.
    pub base: bool,
    /// The proposal of the specification that this is a part of.
    pub part_of: Option<String>,
    /// Names of proposals that this one cannot do without.
    pub needs: Vec<String>,
}

/// A way in which a guest fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// `divide_by_zero`
    pub name: String,
    /// `integer divide by zero`
    pub message: String,
    /// When it happens.
    pub doc: String,
}

/// A price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FuelClass {
    /// `bulk`
    pub name: String,
    /// Units of fuel that each instruction of the class costs.
    pub base: u32,
    /// What more is paid for, and how many of it cost one unit.
    pub per: Option<(Per, u32)>,
}

/// What the variable part of a price depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Per {
    /// The operand of this name.
    Operand(String),
    /// The locals of the function that is entered.
    Locals,
    /// The values that a branch or return carries.
    Values,
}

/// An opcode.
#[derive(Debug, Clone)]
pub struct Op {
    /// The row's identifier, unique: `i32.div_s`, `select_typed`
    pub id: String,
    /// The text format's name: `i32.div_s`, `select`
    pub name: String,
    /// How it is encoded.
    pub code: Code,
    /// Index into [`Model::proposals`].
    pub proposal: usize,
    /// Its immediates, in order of encoding.
    pub imms: Vec<Imm>,
    /// What it pops, deepest first.
    pub pops: Vec<Operand>,
    /// What it pushes, deepest first.
    pub pushes: Vec<Type>,
    /// Whether control never reaches the next instruction.
    pub diverges: bool,
    /// How control goes on.
    pub flow: Flow,
    /// The hand-written rule of validation that it has beside its stack effect.
    pub check: Option<String>,
    /// The path of the function below `semantics` that computes it; rows with a flow of their own have none.
    pub sem: Option<String>,
    /// Parts of the machine that the function works on.
    pub parts: Vec<Part>,
    /// The traps that it can raise.
    pub traps: Vec<RowTrap>,
    /// Index into [`Model::fuel`].
    pub fuel: usize,
    /// Natural alignment in bytes, of rows with a memarg.
    pub align: Option<u32>,
    /// Index of the proposal that allows it in constant expressions.
    pub const_expr: Option<usize>,
    /// Whether its two operands may change places.
    pub commutes: bool,
    /// Whether its result may be a NaN whose bits the specification leaves open.
    pub nans: bool,
    /// Where its operands can be in register code; a row without modes takes slots and gives one.
    pub modes: Vec<Vec<Mode>>,
    /// Whether its result is a truth value, so that a branch on it can be one instruction.
    pub condition: bool,
    /// Sequences of rows that often follow it, as `spec/successors.toml` lists them.
    pub successors: Vec<Vec<String>>,
    /// What it does.
    pub doc: String,
    /// The row's line in the table, from 1.
    pub line: usize,
    /// The row's place in the table.
    pub span: Span,
}

/// Where an operand of a register instruction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// In a slot of the frame, or, where the instruction before has just computed it, in the accumulator.
    Slot,
    /// In the code.
    Immediate,
}

/// An encoding: one byte, or a prefix byte and a LEB128 number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code {
    /// The prefix byte.
    pub prefix: Option<u8>,
    /// The byte, or the number after the prefix.
    pub number: u32,
}

/// A trap of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowTrap {
    /// Index into [`Model::traps`].
    pub trap: usize,
    /// Operands that raise it, in push order; empty for an instruction without operands.
    pub example: Option<Vec<String>>,
}

/// An immediate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imm {
    /// Its name in the row.
    pub name: String,
    /// What it is.
    pub kind: ImmKind,
}

/// The kinds of immediates: a closed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImmKind {
    /// A type index that must name a type of this form: `func`, `struct`, `array`, `cont` or `any`.
    TypeIndex(TypeForm),
    /// An index into one of the module's index spaces, the locals or the labels.
    Index(Space),
    /// A field of the struct type that the named immediate gives.
    FieldIndex(String),
    /// The type of a block.
    BlockType,
    /// Alignment, offset and memory of a memory instruction.
    MemArg,
    /// The same, where the alignment must be the natural one, as atomic instructions want it.
    ExactMemArg,
    /// A constant.
    Const(Number),
    /// A count.
    Count,
    /// A lane index below this bound.
    Lane(u32),
    /// Sixteen lane indices below this bound.
    Lanes(u32),
    /// A vector.
    Vec(VecOf),
    /// The nullability bits of a cast.
    CastFlags,
    /// A heap type.
    HeapType,
    /// A byte that must be zero.
    Reserved,
}

/// The form of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeForm {
    /// Any form.
    Any,
    /// A function type.
    Func,
    /// A struct type.
    Struct,
    /// An array type.
    Array,
    /// A continuation type.
    Cont,
}

/// An index space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Functions.
    Func,
    /// Tables.
    Table,
    /// Memories.
    Memory,
    /// Globals.
    Global,
    /// Element segments.
    Elem,
    /// Data segments.
    Data,
    /// Tags.
    Tag,
    /// Locals of the function.
    Local,
    /// Labels, innermost first.
    Label,
}

/// What a vector immediate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VecOf {
    /// Label indices.
    Label,
    /// Value types.
    ValType,
    /// Catch clauses.
    Catch,
    /// Handlers of a `resume`.
    Handler,
}

/// A number type or vector type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the specification's names")]
pub enum Number {
    I32,
    I64,
    F32,
    F64,
    V128,
}

/// An operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// Its name in the row; empty for a sequence such as `params(ty)`.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// A type of an operand or result, or of a sequence of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A number or vector.
    Number(Number),
    /// An abstract reference type, such as `funcref`, always nullable.
    Abstract(String),
    /// Whatever the operand has, within a class; the same letter is the same type.
    Operand(String, Class),
    /// `i32` or `i64`, as the memory or table that the immediate names.
    Addr(String),
    /// The smaller of two address types.
    AddrMin(String, String),
    /// The type of the local, global, table's elements, field or array's elements that the immediate names.
    Of(Of, String),
    /// The type of a field: struct type, field index.
    Field(String, String),
    /// A reference.
    Ref(Nullability, Heap),
    /// The reference type that a cast begins with: flags, heap type.
    Source(String, String),
    /// The reference type that a cast wants: flags, heap type.
    Target(String, String),
    /// What is left of a reference type after a cast that failed: flags, heap type from, heap type to.
    Diff(String, String, String),
    /// A sequence that an immediate determines.
    Sequence(Sequence, String),
    /// A type repeated as often as the immediate says.
    Repeat(String, Box<Type>),
}

/// Whether a reference can be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nullability {
    /// It cannot.
    NonNull,
    /// It can.
    Null,
    /// As the operand that binds this variable.
    Variable(String),
}

/// What a reference points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heap {
    /// An abstract heap type, such as `func`.
    Abstract(String),
    /// The heap type, type or function that the immediate names.
    Imm(String),
    /// The greatest supertype of what the immediate names.
    Top(String),
    /// As the operand that binds this variable.
    Variable(String),
}

/// Whose type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A local's.
    Local,
    /// A global's.
    Global,
    /// A table's elements'.
    Elem,
    /// An array type's elements'.
    ArrayElem,
    /// The one type of a vector of types.
    Type,
}

/// Which sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sequence {
    /// Parameters of a type, a function or a block type.
    Params,
    /// Results of a type, a function, a block type, or (`self`) the current function.
    Results,
    /// What a label takes.
    Label,
    /// What a label takes but for the last.
    Prefix,
    /// The fields of a struct type, unpacked.
    Fields,
}

/// Types that an operand can bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Every type.
    Any,
    /// Numbers and vectors.
    Numeric,
    /// References.
    Reference,
}

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
    /// To a handler of an exception.
    Throw,
    /// To another stack.
    Switch,
    /// To the owner of the machine, who grows, allocates or waits.
    Need,
}

/// A part of the machine that a row's function works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub kind: PartKind,
    /// Whether the function changes it.
    pub mutable: bool,
    /// The immediates that select it.
    pub imms: Vec<String>,
}

/// Kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the specification's names")]
pub enum PartKind {
    Memory,
    Pages,
    Memories,
    Table,
    Tables,
    Data,
    Elem,
    Local,
    Global,
    Function,
    Heap,
}

impl Model {
    /// The index of the proposal `name`.
    #[must_use]
    pub fn proposal(&self, name: &str) -> Option<usize> {
        self.proposals.iter().position(|proposal| proposal.name == name)
    }

    /// The opcode with the identifier `id`.
    #[must_use]
    pub fn op(&self, id: &str) -> Option<&Op> {
        self.ops.iter().find(|op| op.id == id)
    }

    /// The model without the proposals that `enabled` refuses, and without their opcodes; traps and prices stay.
    #[must_use]
    pub fn restrict(&self, enabled: impl Fn(&str) -> bool) -> Self {
        let mut model = self.clone();
        let on = |index: usize| {
            let proposal = &self.proposals[index];
            proposal.base || enabled(&proposal.name)
        };
        model.ops.retain(|op| on(op.proposal));
        for op in &mut model.ops {
            op.const_expr = op.const_expr.filter(|proposal| on(*proposal));
        }
        model
    }
}

impl Op {
    /// The immediate called `name`.
    #[must_use]
    pub fn imm(&self, name: &str) -> Option<&Imm> {
        self.imms.iter().find(|imm| imm.name == name)
    }

    /// Whether people must write code for this row: a check, or control flow.
    #[must_use]
    pub fn is_hand_written(&self) -> bool {
        self.check.is_some() || !matches!(self.flow, Flow::Next)
    }

    /// The name in camel case: `I32DivS`.
    #[must_use]
    pub fn camel(&self) -> String {
        camel(&self.id)
    }

    /// The name in snake case: `i32_div_s`.
    #[must_use]
    pub fn snake(&self) -> String {
        self.id.replace('.', "_")
    }
}

/// `multi_memory` or `i32.add` in camel case: `MultiMemory`, `I32Add`.
#[must_use]
pub fn camel(name: &str) -> String {
    name.split(['.', '_'])
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}

impl Number {
    /// The specification's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::V128 => "v128",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::I32, Self::I64, Self::F32, Self::F64, Self::V128].into_iter().find(|number| number.name() == name)
    }
}

impl Mode {
    /// The names of the places in the table.
    pub const NAMES: [&str; 2] = ["slot", "imm"];

    /// The place of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "slot" => Some(Self::Slot),
            "imm" => Some(Self::Immediate),
            _ => None,
        }
    }
}

impl Flow {
    /// The flow of this name in the table.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|flow| flow.name() == name)
    }

    /// Every flow.
    pub const ALL: [Self; 8] =
        [Self::Next, Self::Block, Self::Branch, Self::Call, Self::Return, Self::Throw, Self::Switch, Self::Need];

    /// Whether it leads elsewhere within the guest, or delimits where that can be.
    #[must_use]
    pub fn is_control(self) -> bool {
        !matches!(self, Self::Next | Self::Need)
    }

    /// Its name in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Block => "block",
            Self::Branch => "branch",
            Self::Call => "call",
            Self::Return => "return",
            Self::Throw => "throw",
            Self::Switch => "switch",
            Self::Need => "need",
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.prefix {
            Some(prefix) => write!(f, "0x{prefix:02X} {}", self.number),
            None => write!(f, "0x{:02X}", self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_rust() {
        assert_eq!(camel("i32.trunc_sat_f64_u"), "I32TruncSatF64U");
        assert_eq!(camel("multi_memory"), "MultiMemory");
    }

    #[test]
    fn a_restricted_model_lacks_the_rows_of_what_is_off() {
        let text = r#"
            proposal.mvp = { title = "WebAssembly 1.0", base = true }
            proposal.more = { title = "More" }
            fuel.simple = 1
            shape.nop = { stack = "->", sem = "control::nop", fuel = "simple", doc = "Does nothing." }
            op.mvp.a = { code = [1], shape = "nop", const_expr = "more" }
            op.more.b = { code = [2], shape = "nop" }
        "#;
        let model = crate::load(&crate::diag::Source { path: "t".into(), text: text.into() }).unwrap();
        let restricted = model.restrict(|_| false);
        assert!(restricted.op("b").is_none());
        assert_eq!(restricted.op("a").map(|op| op.const_expr), Some(None));
        assert_eq!(model.restrict(|name| name == "more").ops.len(), 2);
        assert_eq!((restricted.proposals, restricted.fuel), (model.proposals, model.fuel));
    }
}
