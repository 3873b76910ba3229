//! Instructions that compute: where their operands are decides which form of the row is used.

use super::code::Insn;
use super::operands::{Accumulator, Operand};
use super::{Immediate, MemArg, NONE, Opcode, OperandInfo, Operation, Outcome, Translator, Untranslatable};
use crate::exec::number;
use crate::types::Type;

/// Two bits for each operand: where it is.
const SLOT: u8 = 0;
const IMMEDIATE: u8 = 1;
const ACCUMULATOR: u8 = 2;

/// Operands of one instruction at most.
const MOST: usize = 3;

/// An operand as an instruction can take it: its bits, and what stands in the code.
#[derive(Debug, Clone, Copy)]
struct Form {
    value: u64,
    height: u16,
    bits: u8,
    /// The slot that has the operand, too, if it is in an accumulator.
    slot: Option<u16>,
}

impl Translator<'_> {
    /// A row whose memarg may be beyond what the ordinary form takes: memory 0, with addresses of 32 bits.
    pub(super) fn compute_memory(&mut self, operation: &'static Operation, memarg: MemArg) -> Outcome {
        let first = self.source.parts.memories.as_slice().first();
        let is_near = memarg.memory == 0 && first.is_some_and(|memory| memory.address == Type::I32);
        match u32::try_from(memarg.offset) {
            Ok(offset) if is_near => self.compute(operation, &[u64::from(offset)]),
            _ => self.compute_far(operation, memarg),
        }
    }

    /// A row with these immediates.
    pub(super) fn compute(&mut self, operation: &'static Operation, immediates: &[u64]) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(operation.opcode);
        let count = operation.operands.len();
        if operation.pays_by_operand {
            return self.compute_paid(operation, immediates);
        }
        let height = self.operands.len().checked_sub(count).ok_or(Untranslatable)?;
        let accumulates = operation.accumulates && !(operation.nans && self.settings.canonical_nans);
        let high = if accumulates && operation.result.is_some() { operation.upper_bit() } else { 0 };
        let mut forms = [Form { value: 0, height: 0, bits: SLOT, slot: None }; MOST];
        let number = self.choose(operation, height, high, &mut forms)?;
        self.operands.truncate(height)?;
        if let Some(accumulator) = operation.result.filter(|_| operation.accumulates) {
            self.spill(accumulator)?;
        }
        let slot = self.operands.slot_at(height);
        let index = self.writer.push_with(self.insn(number), |insn| {
            insn.operation = Some(operation);
            insn.bits = combine(&forms) as u16;
            insn.traps = operation.traps;
            add_operands(insn, operation, &forms);
            immediates.iter().for_each(|immediate| insn.add_word(*immediate as u32));
            if operation.result.is_some() && !accumulates {
                insn.set_target(slot);
            }
        });
        match operation.result {
            Some(accumulator) if accumulates => self.operands.push(Operand::Accumulator(accumulator, index)),
            Some(accumulator) => {
                self.operands.push(Operand::Slot);
                if operation.nans && self.settings.canonical_nans {
                    self.canonicalize(accumulator, slot);
                }
            }
            None => {}
        }
        if operation.diverges { self.leave_run() } else { Ok(()) }
    }

    /// A row of any memory and offset: everything in slots.
    fn compute_far(&mut self, operation: &'static Operation, memarg: MemArg) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(operation.opcode);
        let count = operation.operands.len();
        self.settle_upper(count)?;
        let height = self.operands.len().checked_sub(count).ok_or(Untranslatable)?;
        let mut insn = self.insn(operation.far);
        insn.traps = operation.traps;
        for at in height..self.operands.len() {
            insn.add_slot(self.operands.slot_at(at));
        }
        insn.add_word(memarg.memory);
        insn.add_long(memarg.offset);
        self.operands.truncate(height)?;
        if operation.result.is_some() {
            insn.add_slot(self.operands.slot_at(height));
            self.operands.push(Operand::Slot);
        }
        self.writer.push(insn);
        Ok(())
    }

    /// The instruction without its operands.
    pub(super) fn insn(&self, number: u16) -> Insn {
        Insn::new(number, self.offset, self.writer.paid())
    }

    fn canonicalize(&mut self, accumulator: Accumulator, slot: u16) {
        let number = match accumulator {
            Accumulator::Single => number::CANONICAL_F32,
            _ => number::CANONICAL_F64,
        };
        let mut insn = self.insn(number);
        insn.add_slot(slot);
        self.writer.push(insn);
    }

    /// Finds a form of the row for where its operands are; where there is none, brings operands to their slots until there
    /// is. `high` is the bit of a result in an accumulator.
    fn choose(
        &mut self,
        operation: &Operation,
        height: usize,
        high: usize,
        forms: &mut [Form; MOST],
    ) -> Result<u16, Untranslatable> {
        for ((form, info), at) in forms.iter_mut().zip(operation.operands).zip(height..) {
            *form = self.form(info, at)?;
        }
        loop {
            if let Ok(number) = number_of(operation.values, combine(forms) | high) {
                return Ok(number);
            }
            if operation.commutes {
                let [first, second, third] = *forms;
                let swapped = [second, first, third];
                if let Ok(number) = number_of(operation.values, combine(&swapped) | high) {
                    *forms = swapped;
                    return Ok(number);
                }
            }
            // An accumulator becomes a slot without an instruction, an immediate takes one.
            let costly = |wanted: u8| move |form: &&mut Form| form.bits == wanted;
            let mut found = forms.iter_mut().find(costly(ACCUMULATOR));
            if found.is_none() {
                found = forms.iter_mut().find(costly(IMMEDIATE));
            }
            let form = found.ok_or(Untranslatable)?;
            let slot = match form.slot {
                Some(slot) => slot,
                None => {
                    self.settle(form.height as usize)?;
                    self.operands.slot_at(form.height as usize)
                }
            };
            *form = Form { bits: SLOT, value: u64::from(slot), ..*form };
        }
    }

    /// How an instruction can take the operand at `height`.
    fn form(&mut self, info: &OperandInfo, height: usize) -> Result<Form, Untranslatable> {
        let own = self.operands.slot_at(height);
        let form = |bits: u8, value: u64| Form { value, height: height as u16, bits, slot: None };
        let in_slot = |slot: u16| match self.writer.held().has(info.accumulator, slot) {
            true => Form { slot: Some(slot), ..form(ACCUMULATOR, 0) },
            false => form(SLOT, u64::from(slot)),
        };
        Ok(match self.operands.get(height)? {
            Operand::Slot => in_slot(own),
            Operand::Local(local, _) => in_slot(local.wrapping_add(1)),
            Operand::Constant(value) => match info.immediate.encode(value) {
                Some(value) => form(IMMEDIATE, value),
                None => {
                    self.settle(height)?;
                    form(SLOT, u64::from(own))
                }
            },
            Operand::Accumulator(accumulator, _) if accumulator == info.accumulator => form(ACCUMULATOR, 0),
            Operand::Accumulator(..) => {
                self.settle(height)?;
                form(SLOT, u64::from(own))
            }
        })
    }

    /// The slot of an operand that is no constant, and the accumulator that has its value, if one does.
    pub(super) fn location(&self, operand: Operand, height: usize) -> (u16, Option<Accumulator>) {
        let own = self.operands.slot_at(height);
        let slot = match operand {
            Operand::Local(local, _) => local.wrapping_add(1),
            Operand::Slot | Operand::Constant(_) | Operand::Accumulator(..) => own,
        };
        let accumulator = match operand {
            Operand::Accumulator(accumulator, _) => Some(accumulator),
            Operand::Slot | Operand::Local(..) => self.writer.held().accumulator(slot),
            Operand::Constant(_) => None,
        };
        (slot, accumulator)
    }

    /// A result that nothing at run time decides.
    pub(super) fn constant(&mut self, opcode: Opcode, value: u64) -> Outcome {
        if self.unreachable.is_none() {
            self.pay(opcode);
            self.operands.push(Operand::Constant(value));
        }
        Ok(())
    }

    /// Operands that nobody wants.
    pub(super) fn forget(&mut self, opcode: Opcode, count: usize) -> Outcome {
        if self.unreachable.is_none() {
            self.pay(opcode);
            for _ in 0..count {
                self.operands.pop()?;
            }
        }
        Ok(())
    }

    pub(super) fn get_local(&mut self, local: u32) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(Opcode::LocalGet);
        self.operands.push_local(local)
    }

    pub(super) fn set_local(&mut self, local: u32) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(Opcode::LocalSet);
        self.write_local(local).map(|_| ())
    }

    pub(super) fn tee_local(&mut self, local: u32) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(Opcode::LocalTee);
        match self.write_local(local)? {
            Operand::Constant(value) => self.operands.push(Operand::Constant(value)),
            Operand::Local(other, _) => return self.operands.push_local(u32::from(other)),
            Operand::Slot | Operand::Accumulator(..) => return self.operands.push_local(local),
        }
        Ok(())
    }

    /// Pops an operand into a local. Operands that are still in the local are saved first.
    fn write_local(&mut self, local: u32) -> Result<Operand, Untranslatable> {
        let height = self.operands.len().checked_sub(1).ok_or(Untranslatable)?;
        if let Operand::Local(own, _) = self.operands.get(height)?
            && u32::from(own) == local
        {
            return self.operands.pop();
        }
        while let Some(height) = self.operands.uppermost_in_local(local) {
            self.settle(height as usize)?;
        }
        self.pop_into((local as u16).wrapping_add(1))
    }

    /// Pops an operand into a slot that is not its own: that of a local which no operand is in, or of the operand stack.
    pub(super) fn pop_into(&mut self, slot: u16) -> Result<Operand, Untranslatable> {
        let height = self.operands.len().checked_sub(1).ok_or(Untranslatable)?;
        // Only the last instruction's result can go elsewhere at once: those after an earlier one may use that slot.
        if let Operand::Accumulator(_, index) = self.operands.get(height)?
            && !self.writer.is_last(index)
        {
            self.settle(height)?;
        }
        let operand = self.operands.pop()?;
        match operand {
            Operand::Accumulator(_, index) => self.writer.redirect(index, slot)?,
            Operand::Slot => {
                let from = self.operands.slot_at(height);
                if !self.writer.redirect_last(from, slot) {
                    self.copy(from, slot);
                }
            }
            Operand::Local(other, _) => self.copy(other.wrapping_add(1), slot),
            Operand::Constant(value) => self.set_constant(value, slot),
        }
        Ok(operand)
    }

    pub(super) fn copy(&mut self, from: u16, to: u16) {
        let mut insn = self.insn(number::COPY);
        insn.add_slot(from);
        insn.add_slot(to);
        self.writer.push(insn);
    }

    pub(super) fn set_constant(&mut self, value: u64, slot: u16) {
        let mut insn = match u32::try_from(value) {
            Ok(value) => {
                let mut insn = self.insn(number::CONSTANT);
                insn.add_word(value);
                insn
            }
            Err(_) => {
                let mut insn = self.insn(number::CONSTANT_LONG);
                insn.add_long(value);
                insn
            }
        };
        insn.add_slot(slot);
        self.writer.push(insn);
    }

    /// Brings the operand at `height` to its slot. Of those in one local, the uppermost comes first.
    pub(super) fn settle(&mut self, height: usize) -> Outcome {
        let slot = self.operands.slot_at(height);
        match self.operands.get(height)? {
            Operand::Slot => return Ok(()),
            Operand::Local(local, _) => self.copy(local.wrapping_add(1), slot),
            Operand::Constant(value) => self.set_constant(value, slot),
            Operand::Accumulator(_, index) => self.writer.redirect(index, slot)?,
        }
        self.operands.put_in_slot(height)
    }

    /// Brings the upper `count` operands to their slots.
    pub(super) fn settle_upper(&mut self, count: usize) -> Outcome {
        let from = self.operands.len().checked_sub(count).ok_or(Untranslatable)?;
        // From above, so that chains of operands in one local stay in order.
        (from.max(self.operands.settled())..self.operands.len()).rev().try_for_each(|height| self.settle(height))
    }

    /// Brings all operands to their slots.
    pub(super) fn settle_all(&mut self) -> Outcome {
        self.settle_upper(self.operands.len())?;
        self.operands.set_settled();
        Ok(())
    }

    /// Frees an accumulator: the operand in it goes to its slot.
    pub(super) fn spill(&mut self, accumulator: Accumulator) -> Outcome {
        match self.operands.height_in(accumulator) {
            Some(height) => self.settle(height as usize),
            None => Ok(()),
        }
    }

    /// Frees all accumulators.
    pub(super) fn spill_all(&mut self) -> Outcome {
        [Accumulator::Integer, Accumulator::Single, Accumulator::Double].into_iter().try_for_each(|a| self.spill(a))
    }
}

impl Operation {
    /// The bit above those of the operands' places.
    pub(super) fn upper_bit(&self) -> usize {
        self.operands.iter().fold(1, |bit, _| bit << 2)
    }
}

impl Immediate {
    /// The constant as it stands in the code, if it fits.
    fn encode(self, value: u64) -> Option<u64> {
        match self {
            Self::Long => Some(value),
            Self::Unsigned => u32::try_from(value).ok().map(u64::from),
            Self::Signed => i32::try_from(value as i64).ok().map(|value| u64::from(value as u32)),
        }
    }
}

/// Adds the operands that stand in the code.
#[inline(always)]
fn add_operands(insn: &mut Insn, operation: &Operation, forms: &[Form; MOST]) {
    for (form, info) in forms.iter().zip(operation.operands) {
        match (form.bits, info.immediate) {
            (SLOT, _) => insn.add_slot(form.value as u16),
            (IMMEDIATE, Immediate::Long) => insn.add_long(form.value),
            (IMMEDIATE, Immediate::Unsigned | Immediate::Signed) => insn.add_word(form.value as u32),
            _ => {}
        }
    }
}

fn combine(forms: &[Form; MOST]) -> usize {
    let [first, second, third] = forms;
    (first.bits | second.bits << 2 | third.bits << 4) as usize
}

pub(super) fn number_of(numbers: &[u16], bits: usize) -> Result<u16, Untranslatable> {
    numbers.get(bits).copied().filter(|number| *number != NONE).ok_or(Untranslatable)
}
