//! Calls, and what the machine's owner does for an instruction: arguments are brought to their slots, where the callee's
//! frame begins.

use super::code::Insn;
use super::operands::Operand;
use super::{Opcode, Outcome, Translator, Untranslatable};
use crate::exec::number;

/// How many operands are kept where they are across a call; more are brought to their slots, so that what a map says of
/// calls stays in proportion to the code.
const MOST_PENDING: usize = 8;

/// How many operands are looked at for that.
const MOST_UNSETTLED: usize = 64;

impl Translator<'_> {
    /// Brings arguments to their slots, and leaves nothing in accumulators. Below, not too much stays unsettled.
    pub(super) fn stage(&mut self, count: usize) -> Outcome {
        self.settle_upper(count)?;
        self.spill_all()?;
        if self.operands.len().saturating_sub(self.operands.settled()) > MOST_UNSETTLED
            || self.operands.pending().nth(MOST_PENDING).is_some()
        {
            self.settle_all()?;
        }
        Ok(())
    }

    fn call_types(&self, function: u32) -> Result<(usize, usize), Untranslatable> {
        let signature = self.source.parts.function_signature(function).ok_or(Untranslatable)?;
        Ok((signature.params.len(), signature.results.len()))
    }

    /// Writes an instruction that takes `params` operands and gives `results` after a function has been executed.
    fn write_call(&mut self, insn: Insn, params: usize, results: usize) -> Outcome {
        let height = self.write_departure(insn, params)?;
        self.crosses();
        self.come_back(height, results)
    }

    /// Writes an instruction that takes `params` operands, and that the machine's owner or another function goes on from. Gives
    /// how many operands are below.
    fn write_departure(&mut self, mut insn: Insn, params: usize) -> Result<usize, Untranslatable> {
        insn.add_slot(self.operands.slots(self.operands.len()));
        let height = self.operands.len().checked_sub(params).ok_or(Untranslatable)?;
        self.write_end(insn, true);
        Ok(height)
    }

    /// Execution goes on here, with `results` above the lowest operands.
    fn come_back(&mut self, height: usize, results: usize) -> Outcome {
        self.operands.truncate(height)?;
        (0..results).for_each(|_| self.operands.push(Operand::Slot));
        self.begin_run();
        Ok(())
    }

    pub(super) fn control_call(&mut self, function: u32) -> Outcome {
        if self.unreachable.is_some() {
            self.crosses();
            return Ok(());
        }
        self.pay(Opcode::Call);
        let (params, results) = self.call_types(function)?;
        self.stage(params)?;
        let own = function.checked_sub(self.source.parts.imported_functions);
        let mut insn = self.insn(if own.is_some() { number::CALL } else { number::CALL_IMPORT });
        insn.add_word(own.unwrap_or(function));
        if own.is_some() {
            self.add_first_argument(&mut insn, params)?;
        }
        self.write_call(insn, params, results)
    }

    /// How many slots there are below the `params` uppermost operands: there the frame of a called function begins.
    fn add_first_argument(&self, insn: &mut Insn, params: usize) -> Outcome {
        let below = self.operands.len().checked_sub(params).ok_or(Untranslatable)?;
        insn.add_slot(self.operands.slots(below));
        Ok(())
    }

    pub(super) fn control_call_indirect(&mut self, ty: u32, table: u32) -> Outcome {
        if self.unreachable.is_some() {
            self.crosses();
            return Ok(());
        }
        self.pay(Opcode::CallIndirect);
        let signature = self.source.parts.signature(ty).ok_or(Untranslatable)?;
        let (params, results) = (signature.params.len().saturating_add(1), signature.results.len());
        self.stage(params)?;
        let mut insn = self.insn(number::CALL_INDIRECT);
        insn.add_word(ty);
        insn.add_word(table);
        self.add_first_argument(&mut insn, params)?;
        self.write_call(insn, params, results)
    }

    #[cfg(feature = "tail-call")]
    pub(super) fn control_return_call(&mut self, function: u32) -> Outcome {
        if self.unreachable.is_some() {
            self.crosses();
            return Ok(());
        }
        self.pay(Opcode::ReturnCall);
        let (params, _) = self.call_types(function)?;
        self.stage(params)?;
        let mut insn = self.insn(number::RETURN_CALL);
        insn.add_word(function);
        self.write_tail_call(insn)
    }

    #[cfg(feature = "tail-call")]
    pub(super) fn control_return_call_indirect(&mut self, ty: u32, table: u32) -> Outcome {
        if self.unreachable.is_some() {
            self.crosses();
            return Ok(());
        }
        self.pay(Opcode::ReturnCallIndirect);
        let params = self.source.parts.signature(ty).ok_or(Untranslatable)?.params.len().saturating_add(1);
        self.stage(params)?;
        let mut insn = self.insn(number::RETURN_CALL_INDIRECT);
        insn.add_word(ty);
        insn.add_word(table);
        self.write_tail_call(insn)
    }

    #[cfg(feature = "tail-call")]
    fn write_tail_call(&mut self, mut insn: Insn) -> Outcome {
        insn.add_slot(self.operands.slots(self.operands.len()));
        self.write_end(insn, false);
        self.crosses();
        self.leave_run()
    }

    pub(super) fn control_memory_grow(&mut self, memory: u32) -> Outcome {
        self.grow(Opcode::MemoryGrow, number::MEMORY_GROW, memory, 1)
    }

    #[cfg(feature = "reference-types")]
    pub(super) fn control_table_grow(&mut self, table: u32) -> Outcome {
        self.grow(Opcode::TableGrow, number::TABLE_GROW, table, 2)
    }

    fn grow(&mut self, opcode: Opcode, number: u16, index: u32, operands: usize) -> Outcome {
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(opcode);
        self.stage(operands)?;
        let mut insn = self.insn(number);
        insn.add_word(index);
        let height = self.write_departure(insn, operands)?;
        self.come_back(height, 1)
    }
}
