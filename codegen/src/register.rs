//! What register code is made of: the instructions that follow from the rows, one for each way in which operands and
//! result can be placed, and the few that have no row because they move values and control within a function.
//!
//! Names are those of the row with a letter for the place of each operand and of the result: `s` slot, `i` immediate, `a`
//! accumulator. `i32_sub_si_a` takes a slot and an immediate and leaves its result in the accumulator.

use crate::model::{Flow, ImmKind, Mode, Model, Number, Op, PartKind, Type};

/// An instruction of register code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Its name in Rust: `i32_add_ss_a`.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// What stands in the code behind it, in this order.
    pub fields: Vec<Field>,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Computes a row: its index in [`Model::ops`], where the operands are, and where the result goes.
    Value(usize, Vec<Place>, Option<Place>),
    /// Computes a row whose memarg does not fit the ordinary form, with everything in slots.
    Far(usize),
    /// Branches where the row's result is true, or where it is false.
    Branch(usize, Vec<Place>, bool),
    /// Is written by hand.
    Control(Control),
}

/// Where control goes after an instruction that is written by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// To the next instruction.
    Next,
    /// To the next instruction, too; but what it does concerns its place, so it is never part of a pair.
    Apart,
    /// To the next instruction, or elsewhere in the function.
    Branch,
    /// To the next instruction, or further ahead in the function.
    Skip,
    /// Elsewhere in the function.
    Jump,
    /// To the caller.
    Return,
    /// Out of the function: to a callee, or to the machine's owner. It comes back to the next instruction.
    Call,
    /// Out of the function, for good.
    TailCall,
}

/// Where an operand or a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a slot of the frame.
    Slot,
    /// In the code.
    Immediate,
    /// In the accumulator of its type.
    Accumulator,
}

/// What stands in the code of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// A slot that is read: 16 bits.
    Source,
    /// A slot that is written: 16 bits.
    Target,
    /// How many slots of the frame are in use: 16 bits.
    Height,
    /// A number, index or offset of 32 bits.
    Word,
    /// A number of 64 bits.
    Long,
    /// Where a branch goes, and the fuel that it costs: twice 32 bits.
    Branch,
}

/// A register of the host that holds the last result of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accumulator {
    /// Integers, references and whatever has no type of its own.
    Integer,
    /// f32
    Single,
    /// f64
    Double,
}

impl Field {
    /// How many bytes it takes.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::Source | Self::Target | Self::Height => 2,
            Self::Word => 4,
            Self::Long | Self::Branch => 8,
        }
    }
}

impl Instruction {
    /// How many bytes its fields take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.fields.iter().map(|field| field.size()).sum()
    }
}

impl Place {
    fn letter(self) -> char {
        match self {
            Self::Slot => 's',
            Self::Immediate => 'i',
            Self::Accumulator => 'a',
        }
    }
}

/// Every instruction of register code for the rows of `model`.
#[must_use]
pub fn instructions(model: &Model) -> Vec<Instruction> {
    let mut list: Vec<Instruction> = CONTROL
        .iter()
        .map(|(name, control, fields)| Instruction {
            name: (*name).to_owned(),
            kind: Kind::Control(*control),
            fields: fields.to_vec(),
        })
        .collect();
    for (index, op) in model.ops.iter().enumerate().filter(|(_, op)| is_computed(op)) {
        let places = operand_places(op);
        for operands in &places {
            for result in results(op) {
                list.push(value(model, index, operands, result));
            }
        }
        if op.condition {
            for (operands, sense) in places.iter().flat_map(|places| [(places, true), (places, false)]) {
                list.push(branch(op, index, operands, sense));
            }
        }
        if memarg(op).is_some() {
            list.push(far(op, index));
        }
    }
    list
}

/// Whether register code has instructions for a row: it computes something, and not only moves what operands and locals
/// are.
#[must_use]
pub fn is_computed(op: &Op) -> bool {
    op.flow == Flow::Next && folding(op).is_none()
}

/// What the translator does with a row instead of making an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folding {
    /// Its result does not depend on anything at run time.
    Constant,
    /// It forgets its operands.
    Nothing,
    /// It reads a local.
    GetLocal,
    /// It writes a local.
    SetLocal,
    /// It writes a local and leaves the value.
    TeeLocal,
}

/// What the translator does with the row of an ordinary instruction that need not be executed.
#[must_use]
pub fn folding(op: &Op) -> Option<Folding> {
    if op.flow != Flow::Next || op.diverges || !op.traps.is_empty() {
        return None;
    }
    if op.parts.iter().any(|part| part.kind == PartKind::Local) {
        return match (op.pops.len(), op.pushes.len()) {
            (0, 1) => Some(Folding::GetLocal),
            (1, 0) => Some(Folding::SetLocal),
            (1, 1) => Some(Folding::TeeLocal),
            _ => None,
        };
    }
    match (op.parts.is_empty(), op.pops.len(), op.pushes.len()) {
        (true, 0, 1) => Some(Folding::Constant),
        (true, _, 0) => Some(Folding::Nothing),
        _ => None,
    }
}

/// The ways in which the operands of a row can be placed: those of its modes, and these with one operand of each
/// accumulator there. Operands that may change places stand in one order: accumulator, slot, immediate.
#[must_use]
pub fn operand_places(op: &Op) -> Vec<Vec<Place>> {
    let mut list = Vec::new();
    let all_slots = vec![vec![Mode::Slot; op.pops.len()]];
    let modes = if op.modes.is_empty() { &all_slots } else { &op.modes };
    for modes in modes {
        let slots: Vec<usize> = (0..modes.len()).filter(|at| modes[*at] == Mode::Slot).collect();
        let choices = if op.modes.is_empty() { 1 } else { 1_usize << slots.len() };
        for choice in 0..choices {
            let mut places: Vec<Place> = modes.iter().map(|mode| Place::from(*mode)).collect();
            let chosen: Vec<usize> =
                slots.iter().enumerate().filter(|(bit, _)| choice >> bit & 1 == 1).map(|(_, at)| *at).collect();
            chosen.iter().for_each(|at| places[*at] = Place::Accumulator);
            if distinct_accumulators(op, &chosen) && !(op.commutes && is_reversed(&places)) {
                list.push(places);
            }
        }
    }
    list
}

fn distinct_accumulators(op: &Op, operands: &[usize]) -> bool {
    let mut used: Vec<Accumulator> = operands.iter().map(|at| accumulator(&op.pops[*at].ty)).collect();
    used.dedup();
    used.len() == operands.len()
}

fn is_reversed(places: &[Place]) -> bool {
    matches!(places, [Place::Immediate, _] | [Place::Slot, Place::Accumulator])
}

impl From<Mode> for Place {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Slot => Self::Slot,
            Mode::Immediate => Self::Immediate,
        }
    }
}

/// Where the result of a row can go.
#[must_use]
pub fn results(op: &Op) -> Vec<Option<Place>> {
    match (op.pushes.is_empty(), op.modes.is_empty()) {
        (true, _) => vec![None],
        (false, true) => vec![Some(Place::Slot)],
        (false, false) => vec![Some(Place::Slot), Some(Place::Accumulator)],
    }
}

/// The register that holds values of a type.
#[must_use]
pub fn accumulator(ty: &Type) -> Accumulator {
    match ty {
        Type::Number(Number::F32) => Accumulator::Single,
        Type::Number(Number::F64) => Accumulator::Double,
        _ => Accumulator::Integer,
    }
}

/// The field of an immediate operand: 64 bits only for an f64, because an i64 must fit 32 with its sign.
#[must_use]
pub fn immediate_field(ty: &Type) -> Field {
    if *ty == Type::Number(Number::F64) { Field::Long } else { Field::Word }
}

/// The row's memarg.
#[must_use]
pub fn memarg(op: &Op) -> Option<&str> {
    op.imms.iter().find(|imm| imm.kind == ImmKind::MemArg).map(|imm| imm.name.as_str())
}

fn operand_fields(op: &Op, operands: &[Place]) -> Vec<Field> {
    let field = |(place, operand): (&Place, &crate::model::Operand)| match place {
        Place::Slot => Some(Field::Source),
        Place::Immediate => Some(immediate_field(&operand.ty)),
        Place::Accumulator => None,
    };
    operands.iter().zip(&op.pops).filter_map(field).collect()
}

/// Immediates of the row that have a meaning at run time.
#[must_use]
pub fn passed_immediates(op: &Op) -> Vec<&crate::model::Imm> {
    op.imms.iter().filter(|imm| matches!(imm.kind, ImmKind::MemArg | ImmKind::Index(_) | ImmKind::Lane(_))).collect()
}

fn name(op: &Op, operands: &[Place], result: Option<Place>) -> String {
    let mut name = op.snake();
    let letters: String = operands.iter().map(|place| place.letter()).collect();
    for part in [letters, result.map_or_else(String::new, |place| place.letter().to_string())] {
        if !part.is_empty() {
            name = format!("{name}_{part}");
        }
    }
    name
}

fn value(model: &Model, index: usize, operands: &[Place], result: Option<Place>) -> Instruction {
    let op = &model.ops[index];
    let mut fields = operand_fields(op, operands);
    fields.extend(passed_immediates(op).iter().map(|_| Field::Word));
    fields.extend(result.filter(|place| *place == Place::Slot).map(|_| Field::Target));
    Instruction { name: name(op, operands, result), kind: Kind::Value(index, operands.to_vec(), result), fields }
}

fn far(op: &Op, index: usize) -> Instruction {
    let mut fields = vec![Field::Source; op.pops.len()];
    fields.extend([Field::Word, Field::Long]);
    fields.extend(op.pushes.iter().map(|_| Field::Target));
    Instruction { name: format!("{}_far", op.snake()), kind: Kind::Far(index), fields }
}

fn branch(op: &Op, index: usize, operands: &[Place], sense: bool) -> Instruction {
    let mut fields = operand_fields(op, operands);
    fields.push(Field::Branch);
    let prefix = if sense { "br_if" } else { "br_unless" };
    let name = format!("{prefix}_{}", name(op, operands, None));
    Instruction { name, kind: Kind::Branch(index, operands.to_vec(), sense), fields }
}

/// Whether an instruction can trap.
#[must_use]
pub fn traps(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) | Kind::Far(op) => !model.ops[*op].traps.is_empty(),
        Kind::Branch(..) | Kind::Control(_) => false,
    }
}

/// Whether an instruction never goes on to what stands behind it.
#[must_use]
pub fn ends(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) => model.ops[*op].diverges,
        Kind::Far(_) | Kind::Branch(..) => false,
        Kind::Control(control) => matches!(control, Control::Jump | Control::Return | Control::TailCall),
    }
}

/// Whether an instruction may branch back, to where stands in its last field. Where a condition is false, translation only
/// goes ahead: to what follows the first part of an `if`, or over values that a branch carries.
#[must_use]
pub fn goes_back(instruction: &Instruction) -> bool {
    let only_ahead = matches!(instruction.kind, Kind::Branch(_, _, false) | Kind::Control(Control::Skip));
    instruction.fields.last() == Some(&Field::Branch) && !only_ahead
}

/// Whether execution goes on behind an instruction after it has left the function.
#[must_use]
pub fn comes_back(instruction: &Instruction) -> bool {
    instruction.kind == Kind::Control(Control::Call)
}

/// The name of what stands where loops begin.
pub const LOOP_HEAD: &str = "loop_head";

/// What has no row: each is a function in `src/exec/register/control.rs`.
pub const CONTROL: &[(&str, Control, &[Field])] = &[
    ("copy", Control::Next, &[Field::Source, Field::Target]),
    ("copy_several", Control::Next, &[Field::Source, Field::Target, Field::Height]),
    ("constant", Control::Next, &[Field::Word, Field::Target]),
    ("constant_long", Control::Next, &[Field::Long, Field::Target]),
    ("canonical_f32", Control::Next, &[Field::Target]),
    ("canonical_f64", Control::Next, &[Field::Target]),
    (LOOP_HEAD, Control::Apart, &[]),
    ("count", Control::Apart, &[Field::Word]),
    ("reserve", Control::Apart, &[Field::Word]),
    ("br", Control::Jump, &[Field::Branch]),
    ("br_if_s", Control::Branch, &[Field::Source, Field::Branch]),
    ("br_if_a", Control::Branch, &[Field::Branch]),
    ("br_unless_s", Control::Skip, &[Field::Source, Field::Branch]),
    ("br_unless_a", Control::Skip, &[Field::Branch]),
    ("br_table_s", Control::Jump, &[Field::Source, Field::Word]),
    ("br_table_a", Control::Jump, &[Field::Word]),
    ("return_nothing", Control::Return, &[]),
    ("return_s", Control::Return, &[Field::Source]),
    ("return_i", Control::Return, &[Field::Word]),
    ("return_a", Control::Return, &[]),
    ("return_single", Control::Return, &[]),
    ("return_double", Control::Return, &[]),
    ("return_several", Control::Return, &[Field::Source, Field::Height]),
    ("call", Control::Call, &[Field::Word, Field::Height, Field::Height, Field::Word]),
    ("call_import", Control::Call, &[Field::Word, Field::Height, Field::Word]),
    ("call_indirect", Control::Call, &[Field::Word, Field::Word, Field::Height, Field::Height, Field::Word]),
    ("return_call", Control::TailCall, &[Field::Word, Field::Height]),
    ("return_call_indirect", Control::TailCall, &[Field::Word, Field::Word, Field::Height]),
    ("memory_grow", Control::Call, &[Field::Word, Field::Height, Field::Word]),
    ("table_grow", Control::Call, &[Field::Word, Field::Height, Field::Word]),
];
