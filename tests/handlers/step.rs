//! What a program does for one register instruction: operands that are where the instruction takes them from, the
//! WebAssembly that becomes it, and where its result goes.

use crate::values::{NAN, constant};
use tablature::ValType;
use tablature_codegen::model::{Class, Imm, ImmKind, Number, Of, Op, Part, PartKind, Space, Type};
use tablature_codegen::register::{Accumulator, Instruction, Kind, Place, accumulator};

/// What a program does for one instruction.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it pops, deepest first.
    pub operands: Vec<Operand>,
    /// The instructions that take them, in the text format. Branches go to `$to`.
    pub code: String,
    pub output: Option<Output>,
    pub end: End,
    /// Whether its result may be a NaN whose bits the specification leaves open.
    pub nans: bool,
}

/// An operand.
#[derive(Debug, Clone)]
pub struct Operand {
    pub ty: ValType,
    pub source: Source,
    /// The accumulator of its type.
    pub accumulator: Accumulator,
    pub role: Role,
}

/// Which values of an operand's type are of interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// All.
    Value,
    /// All but NaNs.
    Number,
    /// Small numbers, and those beyond a bound: it is an address or an index.
    Address,
}

/// Where an operand comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A parameter that nothing has written.
    Parameter,
    /// A constant, in the text format.
    Constant(String),
    /// What has been computed last.
    Accumulator,
    /// Its own slot of the operand stack.
    Stack,
}

/// A result.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    pub ty: ValType,
    /// The accumulator that it is in, alone or beside its slot.
    pub accumulator: Option<Accumulator>,
    /// Whether it is in a slot.
    pub in_slot: bool,
}

/// Where control goes afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Next,
    /// On, or to `$to`.
    Branch,
    /// To the caller, with results of these types.
    Return(Vec<ValType>),
}

impl Output {
    pub fn is_float(self) -> bool {
        matches!(self.ty, ValType::F32 | ValType::F64)
    }
}

/// What is left open by an instruction: immediates and types of which there are several.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// Which of the immediates.
    pub immediate: usize,
    /// The type of operands that may have several.
    pub any: ValType,
}

impl Step {
    /// For an instruction that follows from a row; nothing for those that are written by hand, and where an immediate has a
    /// kind that nothing is known of here.
    pub fn of_row(ops: &[Op], instruction: &Instruction, choice: Choice) -> Option<Self> {
        match &instruction.kind {
            Kind::Value(op, places, result) => {
                let op = &ops[*op];
                let output = op.pushes.first().zip(*result).map(|(ty, place)| Output {
                    ty: concrete(ty, choice.any),
                    accumulator: (!op.modes.is_empty()).then(|| accumulator(ty)),
                    in_slot: place == Place::Slot,
                });
                let code = format!("{}{}", op.name, immediates(op, near_memory(choice), choice.any)?);
                Some(Self { operands: operands(op, places, choice), code, output, end: End::Next, nans: op.nans })
            }
            Kind::Far(op) => Self::far(&ops[*op], choice),
            Kind::Branch(op, places, sense) => {
                let op = &ops[*op];
                let branch = if *sense { "br_if $to" } else { IF };
                let code = format!("{}{}\n{branch}", op.name, immediates(op, near_memory(choice), choice.any)?);
                Some(Self { operands: operands(op, places, choice), code, output: None, end: End::Branch, nans: false })
            }
            Kind::Control(_) => None,
        }
    }

    /// Of another memory: with addresses of 32 bits, or of 64.
    fn far(op: &Op, choice: Choice) -> Option<Self> {
        let is_wide = choice.immediate.is_multiple_of(2);
        let operand = |operand: &tablature_codegen::model::Operand| {
            let is_address = matches!(operand.ty, Type::Addr(_));
            let ty = if is_address && is_wide { ValType::I64 } else { concrete(&operand.ty, choice.any) };
            let role = if is_address { Role::Address } else { Role::Value };
            Operand { ty, source: Source::Stack, accumulator: accumulator(&operand.ty), role }
        };
        let memory = match (is_wide, choice.immediate) {
            (true, 0) => "$wide",
            (true, _) => "$wide offset=8589934592",
            (false, _) => "$other offset=8",
        };
        let output = op.pushes.first();
        let output = output.map(|ty| Output { ty: concrete(ty, choice.any), accumulator: None, in_slot: true });
        let code = format!("{}{}", op.name, immediates(op, memory, choice.any)?);
        Some(Self { operands: op.pops.iter().map(operand).collect(), code, output, end: End::Next, nans: op.nans })
    }

    /// The same without NaNs as operands; nothing where one is a constant. If a result depends on two NaNs, it may have the
    /// bits of either.
    pub fn without_nans(&self) -> Option<Self> {
        let is_nan = |operand: &Operand| matches!(&operand.source, Source::Constant(text) if text.ends_with(NAN));
        let mut step = self.clone();
        let values = step.operands.iter_mut().filter(|operand| operand.role == Role::Value);
        values.for_each(|operand| operand.role = Role::Number);
        (!self.operands.iter().any(is_nan)).then_some(step)
    }

    /// Whether another choice of immediates is another step.
    pub fn has_immediates(&self) -> bool {
        let is_constant = |operand: &Operand| matches!(operand.source, Source::Constant(_));
        self.code.contains("offset=") || self.operands.iter().any(is_constant)
    }
}

/// A branch where a condition is false is that of an `if`.
pub const IF: &str = "if\ni32.const 1\nlocal.set $then\nend";

/// The memarg of ordinary forms.
fn near_memory(choice: Choice) -> &'static str {
    ["offset=0", "offset=8", "offset=65530"][choice.immediate % 3]
}

fn operands(op: &Op, places: &[Place], choice: Choice) -> Vec<Operand> {
    op.pops
        .iter()
        .zip(places)
        .enumerate()
        .map(|(at, (operand, place))| {
            let ty = concrete(&operand.ty, choice.any);
            let source = match place {
                Place::Slot => Source::Parameter,
                Place::Immediate => {
                    let is_signed = matches!(operand.ty, Type::Number(_));
                    Source::Constant(constant(ty, is_signed, choice.immediate + at))
                }
                Place::Accumulator => Source::Accumulator,
            };
            let is_address = matches!(operand.ty, Type::Addr(_) | Type::AddrMin(..)) || !op.parts.is_empty() && at > 0;
            let role = if is_address { Role::Address } else { Role::Value };
            Operand { ty, source, accumulator: accumulator(&operand.ty), role }
        })
        .collect()
}

/// The type that an operand or a result has in these programs.
fn concrete(ty: &Type, any: ValType) -> ValType {
    match ty {
        Type::Number(Number::I64) => ValType::I64,
        Type::Number(Number::F32) => ValType::F32,
        Type::Number(Number::F64) => ValType::F64,
        Type::Operand(_, Class::Any | Class::Numeric) | Type::Of(Of::Global | Of::Type, _) => any,
        Type::Operand(_, Class::Reference) | Type::Of(..) | Type::Abstract(_) | Type::Ref(..) => ValType::FUNCREF,
        _ => ValType::I32,
    }
}

/// The immediates of a row as they stand behind its name. Memories and tables are the first ones, which need not be named.
fn immediates(op: &Op, memory: &str, any: ValType) -> Option<String> {
    let text = |imm: &Imm| {
        Some(match &imm.kind {
            ImmKind::MemArg => format!(" {memory}"),
            ImmKind::Index(Space::Memory | Space::Table) => String::new(),
            ImmKind::Index(Space::Global) => format!(" $global_{any}"),
            ImmKind::Index(Space::Func) => " $identity".to_owned(),
            ImmKind::Index(Space::Data) => segment(op, PartKind::Data, "data"),
            ImmKind::Index(Space::Elem) => segment(op, PartKind::Elem, "elem"),
            ImmKind::Vec(_) => format!(" (result {any})"),
            _ => return None,
        })
    };
    op.imms.iter().map(text).collect()
}

/// A segment: one that may be dropped, if the row does that.
fn segment(op: &Op, kind: PartKind, name: &str) -> String {
    let is_changed = op.parts.iter().any(|part: &Part| part.kind == kind && part.mutable);
    if is_changed { format!(" ${name}_dropped") } else { format!(" ${name}") }
}
