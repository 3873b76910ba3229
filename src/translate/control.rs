//! Blocks and branches. At a label every operand is in its slot, so that it does not matter where control comes
//! from.

use super::code::{Insn, Label};
use super::compute::number_of;
use super::operands::{Accumulator, Operand};
use super::{BlockType, Labels, Opcode, Operation, Outcome, Stops, Translator, Untranslatable};
use crate::binary::immediates::BlockKind;
use crate::exec::number;
use crate::fuel::FuelClass;
use alloc::vec::Vec;

/// A block that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    form: Form,
    /// How many operands stand below its parameters.
    height: usize,
    params: usize,
    results: usize,
    /// Where a branch to it goes. A function's and a block's have none before there is a branch.
    label: Option<Label>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Function,
    Block,
    Loop,
    /// Its `else` part, or what follows it, begins at the label.
    If(Label),
}

impl Block {
    pub(super) fn function(results: usize) -> Self {
        Self { form: Form::Function, height: 0, params: 0, results, label: None }
    }

    /// How many values a branch to it carries.
    fn arity(&self) -> usize {
        if self.form == Form::Loop { self.params } else { self.results }
    }
}

impl Translator<'_> {
    /// The function's first run begins.
    pub(super) fn begin(&mut self) {
        self.begin_run();
        self.writer.begin_runs_at(self.body.start);
    }

    /// Control can enter here from elsewhere.
    pub(super) fn begin_run(&mut self) {
        let (operands, side) = (&self.operands, self.side);
        self.writer.begin_run(false, || operands.state(side));
    }

    /// A label stands here.
    fn place(&mut self, label: Label, is_loop: bool) {
        let (operands, side) = (&self.operands, self.side);
        self.writer.place(label, is_loop, || operands.state(side));
    }

    /// Writes an instruction that ends its run: with `reserves`, its last field is the price of the next one.
    pub(super) fn write_end(&mut self, insn: Insn, reserves: bool) {
        let (operands, side) = (&self.operands, self.side);
        self.writer.write_end(insn, reserves, || operands.state(side));
    }

    /// Counts an entry of the side table. Says whether control can get here.
    fn branches(&mut self, entries: u32) -> bool {
        self.side = self.side.saturating_add(entries);
        self.unreachable.is_none()
    }

    /// Counts the entry of the side table that an instruction has which enters or leaves a function, if it has one.
    pub(super) fn crosses(&mut self) {
        self.side = self.side.saturating_add(u32::from(self.source.parts.is_priced()));
    }

    fn types(&self, block: BlockType) -> Result<(usize, usize), Untranslatable> {
        Ok(match block.kind {
            BlockKind::Empty => (0, 0),
            BlockKind::Value(_) => (0, 1),
            BlockKind::Function(index) => {
                let signature = self.source.parts.signature(index).ok_or(Untranslatable)?;
                (signature.params.len(), signature.results.len())
            }
        })
    }

    fn open(&mut self, form: Form, block: BlockType, label: Option<Label>) -> Outcome {
        let (params, results) = self.types(block)?;
        let height = self.operands.len().checked_sub(params).ok_or(Untranslatable)?;
        self.blocks.push(Block { form, height, params, results, label });
        Ok(())
    }

    /// Whether control cannot get here: then only the nesting of blocks counts.
    fn opens_unreachable(&mut self) -> bool {
        if let Some(depth) = &mut self.unreachable {
            *depth = depth.saturating_add(1);
        }
        self.unreachable.is_some()
    }

    pub(super) fn control_block(&mut self, block: BlockType) -> Outcome {
        if self.opens_unreachable() {
            return Ok(());
        }
        self.settle_all()?;
        self.open(Form::Block, block, None)
    }

    pub(super) fn control_loop(&mut self, block: BlockType) -> Outcome {
        if self.opens_unreachable() {
            return Ok(());
        }
        self.settle_all()?;
        // Where interruptions are looked for, `loop_head` belongs to every round; else a loop is only entered by it.
        let is_in_round = self.settings.stops == Stops::ByInterruption;
        if self.settings.unchecked && !is_in_round {
            self.writer.push(self.insn(number::LOOP_HEAD));
        }
        let label = self.writer.new_label();
        self.place(label, true);
        if is_in_round {
            self.writer.write_loop_head(self.offset);
        }
        self.open(Form::Loop, block, Some(label))
    }

    pub(super) fn control_if(&mut self, block: BlockType) -> Outcome {
        self.side = self.side.saturating_add(1);
        if self.opens_unreachable() {
            return Ok(());
        }
        self.pay(Opcode::If);
        let label = self.writer.new_label();
        self.branch_on_condition(false, label, true)?;
        self.open(Form::If(label), block, None)
    }

    pub(super) fn control_else(&mut self) -> Outcome {
        self.side = self.side.saturating_add(1);
        if self.unreachable.is_some_and(|depth| depth > 0) {
            return Ok(());
        }
        let mut block = self.blocks.pop().ok_or(Untranslatable)?;
        let Form::If(other) = block.form else { return Err(Untranslatable) };
        if self.unreachable.is_none() {
            self.settle_upper(block.results)?;
            let label = self.label_of(&mut block);
            self.emit_branch(number::BR, label);
            self.writer.end_segment();
        }
        self.operands.truncate(block.height)?;
        (0..block.params).for_each(|_| self.operands.push(Operand::Slot));
        self.unreachable = None;
        self.place(other, false);
        self.blocks.push(Block { form: Form::Block, ..block });
        Ok(())
    }

    pub(super) fn control_end(&mut self) -> Outcome {
        if let Some(depth) = self.unreachable.as_mut().filter(|depth| **depth > 0) {
            *depth = depth.saturating_sub(1);
            return Ok(());
        }
        let block = self.blocks.pop().ok_or(Untranslatable)?;
        let labels = match (block.form, block.label) {
            (Form::Loop, _) => [None, None],
            (Form::If(other), label) => [Some(other), label],
            (_, label) => [label, None],
        };
        let is_target = labels.iter().any(Option::is_some);
        if is_target {
            if self.unreachable.is_none() {
                self.settle_upper(block.results)?;
                self.spill_all()?;
                self.writer.flush();
            }
            self.operands.truncate(block.height)?;
            (0..block.results).for_each(|_| self.operands.push(Operand::Slot));
            self.unreachable = None;
            for label in labels.into_iter().flatten() {
                self.place(label, false);
            }
        }
        if block.form == Form::Function && self.unreachable.is_none() {
            self.leave_function(block.results)?;
        }
        if self.unreachable.is_some() {
            self.operands.truncate(block.height)?;
        }
        Ok(())
    }

    /// Returns the upper `results` operands.
    fn leave_function(&mut self, results: usize) -> Outcome {
        if results == 1 {
            return self.return_one();
        }
        self.settle_upper(results)?;
        let mut insn = self.insn(if results == 0 { number::RETURN_NOTHING } else { number::RETURN_SEVERAL });
        if results > 0 {
            let first = self.operands.len().checked_sub(results).ok_or(Untranslatable)?;
            insn.add_slot(self.operands.slot_at(first));
            insn.add_slot(results as u16);
        }
        self.writer.push(insn);
        self.leave_run()
    }

    fn return_one(&mut self) -> Outcome {
        let height = self.operands.len().checked_sub(1).ok_or(Untranslatable)?;
        if let Operand::Constant(value) = self.operands.get(height)?
            && u32::try_from(value).is_err()
        {
            self.settle(height)?;
        }
        let operand = self.operands.pop()?;
        let (slot, accumulator) = self.location(operand, height);
        let insn = match (operand, accumulator) {
            (Operand::Constant(value), _) => {
                let mut insn = self.insn(number::RETURN_I);
                insn.add_word(value as u32);
                insn
            }
            (_, Some(Accumulator::Integer)) => self.insn(number::RETURN_A),
            (_, Some(Accumulator::Single)) => self.insn(number::RETURN_SINGLE),
            (_, Some(Accumulator::Double)) => self.insn(number::RETURN_DOUBLE),
            (_, None) => {
                let mut insn = self.insn(number::RETURN_S);
                insn.add_slot(slot);
                insn
            }
        };
        self.writer.push(insn);
        self.leave_run()
    }

    /// Control does not go on from here. What is left of the operands nobody will see.
    pub(super) fn leave_run(&mut self) -> Outcome {
        self.writer.end_segment();
        let height = self.blocks.last().map_or(0, |block| block.height);
        self.operands.truncate(height)?;
        self.unreachable = Some(0);
        Ok(())
    }

    /// The label that branches to a block go to.
    fn label_of(&mut self, block: &mut Block) -> Label {
        *block.label.get_or_insert_with(|| self.writer.new_label())
    }

    /// The block that a branch goes to, with a label.
    fn target(&mut self, index: u32) -> Result<Block, Untranslatable> {
        let place = self.blocks.len().checked_sub(index as usize).and_then(|n| n.checked_sub(1));
        let place = place.ok_or(Untranslatable)?;
        let mut block = *self.blocks.get(place).ok_or(Untranslatable)?;
        self.label_of(&mut block);
        *self.blocks.get_mut(place).ok_or(Untranslatable)? = block;
        // A branch that carries many values has a price that depends on their number: it is executed in place.
        let carries_many = self.writer.is_metered() && block.arity() as u64 >= u64::from(FuelClass::Control.every());
        if carries_many { Err(Untranslatable) } else { Ok(block) }
    }

    fn emit_branch(&mut self, number: u16, label: Label) {
        let mut insn = self.insn(number);
        insn.label = label;
        self.writer.push(insn);
    }

    pub(super) fn control_br(&mut self, index: u32) -> Outcome {
        if !self.branches(1) {
            return Ok(());
        }
        self.pay(Opcode::Br);
        let block = self.target(index)?;
        if block.form == Form::Function {
            return self.leave_function(block.results);
        }
        self.carry(&block)?;
        self.emit_branch(number::BR, block.label.ok_or(Untranslatable)?);
        self.leave_run()
    }

    /// Brings the values that a branch carries to where its target expects them.
    fn carry(&mut self, block: &Block) -> Outcome {
        let arity = block.arity();
        let from = self.operands.len().checked_sub(arity).ok_or(Untranslatable)?;
        if arity == 1 && from != block.height {
            let slot = self.operands.slot_at(block.height);
            return self.pop_into(slot).map(|_| ());
        }
        self.settle_upper(arity)?;
        self.shift(from, block.height, arity);
        Ok(())
    }

    /// Moves values downwards that are in their slots.
    fn shift(&mut self, from: usize, to: usize, count: usize) {
        if from != to && count > 0 {
            let mut insn = self.insn(number::COPY_SEVERAL);
            insn.add_slot(self.operands.slot_at(from));
            insn.add_slot(self.operands.slot_at(to));
            insn.add_slot(count as u16);
            self.writer.push(insn);
        }
    }

    pub(super) fn control_br_if(&mut self, index: u32) -> Outcome {
        if !self.branches(1) {
            return Ok(());
        }
        self.pay(Opcode::BrIf);
        let block = self.target(index)?;
        let label = block.label.ok_or(Untranslatable)?;
        let arity = block.arity();
        let above = self.operands.len().checked_sub(block.height.saturating_add(1)).ok_or(Untranslatable)?;
        if arity == 0 {
            return self.branch_on_condition(true, label, false);
        }
        if above == arity {
            return self.branch_on_condition(true, label, true);
        }
        // The values move only where the branch is taken.
        let skip = self.writer.new_label();
        self.branch_on_condition(false, skip, true)?;
        let from = self.operands.len().checked_sub(arity).ok_or(Untranslatable)?;
        self.shift(from, block.height, arity);
        self.emit_branch(number::BR, label);
        self.writer.end_segment();
        self.place(skip, false);
        Ok(())
    }

    /// Pops a condition and branches where it is `sense`. With `settles`, operands are in their slots afterwards;
    /// otherwise none is in an accumulator.
    fn branch_on_condition(&mut self, sense: bool, label: Label, settles: bool) -> Outcome {
        let height = self.operands.len().checked_sub(1).ok_or(Untranslatable)?;
        // A comparison that has just been made becomes part of the branch.
        let condition = self.operands.pop()?;
        let fused = match condition {
            Operand::Accumulator(_, index) => self
                .writer
                .take_last(index, |insn| insn.operation.is_some_and(|operation| !operation.branches.is_empty())),
            _ => None,
        };
        if settles {
            self.settle_all()?;
        } else {
            self.spill_all()?;
        }
        let paid = self.writer.paid();
        let mut insn = match (condition, fused) {
            (_, Some(mut insn)) => {
                let operation = insn.operation.take().ok_or(Untranslatable)?;
                let upper = operation.upper_bit();
                let high = if sense { upper } else { 0 };
                let low = insn.bits as usize & !upper;
                insn.number = number_of(operation.branches, low | high)?;
                insn.set_paid(paid);
                insn
            }
            (Operand::Constant(value), None) => {
                if (value as u32 != 0) == sense {
                    // The code behind is not reached, but the validator sees it, and so does the side table.
                    self.always(height, value)?
                } else {
                    self.writer.flush();
                    return Ok(());
                }
            }
            (Operand::Accumulator(..) | Operand::Slot | Operand::Local(..), None) => {
                match self.location(condition, height) {
                    (_, Some(_)) => self.insn(if sense { number::BR_IF_A } else { number::BR_UNLESS_A }),
                    (slot, None) => self.branch_on_slot(sense, slot),
                }
            }
        };
        insn.label = label;
        self.writer.push(insn);
        self.writer.flush();
        Ok(())
    }

    /// A condition that is always met is tested nevertheless: what follows is translated as if it could be reached.
    fn always(&mut self, height: usize, value: u64) -> Result<Insn, Untranslatable> {
        let slot = self.operands.slot_at(height);
        self.set_constant(value, slot);
        Ok(self.branch_on_slot(value as u32 != 0, slot))
    }

    fn branch_on_slot(&self, sense: bool, slot: u16) -> Insn {
        let mut insn = self.insn(if sense { number::BR_IF_S } else { number::BR_UNLESS_S });
        insn.add_slot(slot);
        insn
    }

    pub(super) fn control_br_table(&mut self, targets: Labels<'_>, default: u32) -> Outcome {
        let mut indices = Vec::new();
        for index in targets.iter() {
            indices.push(index?);
        }
        indices.push(default);
        if !self.branches(indices.len() as u32) {
            return Ok(());
        }
        self.pay(Opcode::BrTable);
        let arity = self.target(default)?.arity();
        let height = self.operands.len().checked_sub(1).ok_or(Untranslatable)?;
        if arity > 0 || matches!(self.operands.get(height)?, Operand::Constant(_)) {
            self.settle(height)?;
        }
        let index = self.operands.pop()?;
        self.settle_upper(arity)?;
        let from = self.operands.len().checked_sub(arity).ok_or(Untranslatable)?;
        // Where values must move, a branch of its own does that.
        let mut stubs: Vec<(Block, Label)> = Vec::new();
        let mut labels = Vec::with_capacity(indices.len());
        for index in indices {
            let block = self.target(index)?;
            let label = block.label.ok_or(Untranslatable)?;
            if arity == 0 || block.height == from {
                labels.push(label);
                continue;
            }
            let known = stubs.iter().find(|(other, _)| other.label == block.label).map(|(_, stub)| *stub);
            labels.push(match known {
                Some(stub) => stub,
                None => {
                    let stub = self.writer.new_label();
                    stubs.push((block, stub));
                    stub
                }
            });
        }
        let (slot, accumulator) = self.location(index, height);
        let mut insn = self.insn(if accumulator.is_some() { number::BR_TABLE_A } else { number::BR_TABLE_S });
        if accumulator.is_none() {
            insn.add_slot(slot);
        }
        insn.add_word(labels.len() as u32);
        self.writer.push(insn);
        self.writer.flush();
        self.writer.write_table(labels.into_iter());
        self.writer.end_segment();
        for (block, stub) in stubs {
            let target = block.label.ok_or(Untranslatable)?;
            let (source, destination) = (self.operands.slot_at(from), self.operands.slot_at(block.height));
            self.writer.place_detour(stub, (source, destination, arity as u16), target);
            self.shift(from, block.height, arity);
            self.emit_branch(number::BR, target);
            self.writer.end_segment();
        }
        self.leave_run()
    }

    pub(super) fn control_return(&mut self) -> Outcome {
        self.crosses();
        if self.unreachable.is_some() {
            return Ok(());
        }
        self.pay(Opcode::Return);
        let results = self.blocks.first().ok_or(Untranslatable)?.results;
        if self.writer.is_metered() && results as u64 >= u64::from(FuelClass::Control.every()) {
            return Err(Untranslatable);
        }
        self.leave_function(results)
    }

    /// A row whose price depends on an operand: it ends its run, and what follows is paid for on its own.
    pub(super) fn compute_paid(&mut self, operation: &'static Operation, immediates: &[u64]) -> Outcome {
        let count = operation.operands.len();
        self.stage(count)?;
        let height = self.operands.len().checked_sub(count).ok_or(Untranslatable)?;
        let mut insn = self.insn(number_of(operation.values, 0)?);
        (height..self.operands.len()).for_each(|at| insn.add_slot(self.operands.slot_at(at)));
        immediates.iter().for_each(|immediate| insn.add_word(*immediate as u32));
        if operation.result.is_some() {
            insn.add_slot(self.operands.slot_at(height));
        }
        self.write_end(insn, false);
        self.operands.truncate(height)?;
        if operation.result.is_some() {
            self.operands.push(Operand::Slot);
        }
        if self.writer.is_metered() {
            self.writer.write_reserve(self.offset);
        }
        self.begin_run();
        Ok(())
    }
}
