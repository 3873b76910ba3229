//! The table, and rows of it that programs need beside the instruction that they are for.

use crate::table;
use tablature::ValType;
use tablature_codegen::model::{Model, Op, Type};
use tablature_codegen::register::{Accumulator, Instruction, accumulator, instructions, memarg};

/// The table as far as the build has it, and the instructions of register code that follow from it.
pub struct Rows {
    pub model: Model,
    pub instructions: Vec<Instruction>,
}

impl Rows {
    pub fn read() -> Self {
        let model = table::read();
        Self { instructions: instructions(&model), model }
    }

    /// The instruction of this name.
    pub fn instruction(&self, name: &str) -> Option<&Instruction> {
        self.instructions.iter().find(|instruction| instruction.name == name)
    }

    /// What leaves a value in this accumulator that is computed of one of the same type: as many as possible occur. Either
    /// two operands become one, the second being zero, or one does.
    pub fn producer(&self, ty: ValType, wanted: Accumulator) -> Option<String> {
        let is_number = |own: &Type| matches!(own, Type::Number(number) if number.name() == ty.to_string());
        let is_producer = |op: &&Op| {
            let is_plain = !op.modes.is_empty() && op.traps.is_empty() && op.parts.is_empty() && !op.nans;
            let is_closed = op.pops.iter().all(|operand| is_number(&operand.ty)) && op.pushes.iter().all(is_number);
            is_plain && !op.condition && is_closed && op.pushes.first().map(accumulator) == Some(wanted)
        };
        let find = |count: usize, commutes: bool| {
            let mut ops = self.model.ops.iter().filter(is_producer);
            ops.find(|op| op.pops.len() == count && op.commutes == commutes)
        };
        let sum = find(2, true).map(|op| format!("{ty}.const 0\n{}", op.name));
        sum.or_else(|| find(1, false).map(|op| op.name.clone()))
    }

    /// The instruction that stores the whole of a value.
    pub fn store(&self, ty: ValType) -> &str {
        let is_store = |op: &&Op| {
            let value = op.pops.get(1).map(|operand| &operand.ty);
            let is_value = matches!(value, Some(Type::Number(number)) if number.name() == ty.to_string());
            memarg(op).is_some() && op.pushes.is_empty() && op.pops.len() == 2 && is_value
        };
        let widest = self.model.ops.iter().filter(is_store).max_by_key(|op| op.align);
        &widest.unwrap_or_else(|| panic!("no row stores {ty}")).name
    }
}
