//! Blocks and branches: the control stack of the type checker, and the side table's entries.

use super::side_table::{Cost, NO_ENTRY};
use super::{BlockType, Invalid, Labels, Result, Validator};
use crate::binary::ErrorKind;
use crate::binary::immediates::BlockKind;
use crate::buf::Full;
use crate::opcode::code;
use crate::types::{Signature, Type};

/// A block that is open.
#[derive(Debug, Clone, Copy)]
pub struct ControlFrame {
    form: Form,
    block: BlockKind,
    /// Height of the operand stack below the block's parameters.
    height: u32,
    pub(super) unreachable: bool,
    /// The last side entry that leads to the block's end; the others are chained to it.
    pending: u32,
    /// Of an `if`: the entry that leads to its `else`. Of a loop: the first entry of its body.
    entry: u32,
    /// Of a loop: the offset of its first instruction.
    body: u32,
    /// What the function's instructions up to the block's first cost.
    cost: Cost,
}

impl ControlFrame {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self {
        form: Form::Block,
        block: BlockKind::Empty,
        height: 0,
        unreachable: false,
        pending: 0,
        entry: 0,
        body: 0,
        #[cfg(tail_calls)]
        cost: 0.0,
        #[cfg(not(tail_calls))]
        cost: core::marker::PhantomData,
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Function,
    Block,
    Loop,
    If,
    Else,
}

/// The types of a block: one value's type needs a place to stand.
#[derive(Clone, Copy)]
struct BlockTypes<'v> {
    signature: Signature<'v>,
    value: Option<Type>,
}

impl BlockTypes<'_> {
    fn results(&self) -> &[Type] {
        self.value.as_ref().map_or(self.signature.results, core::slice::from_ref)
    }
}

impl<'v> Validator<'v, '_, '_> {
    fn full(&self) -> impl Fn(Full) -> Invalid {
        |full| self.error(full.into())
    }

    pub(super) fn enter_function(&mut self) -> Result<()> {
        self.enter(Form::Function, BlockKind::Empty, 0)
    }

    fn enter(&mut self, form: Form, block: BlockKind, body: usize) -> Result<()> {
        if self.scratch.control.len() >= self.limits.nesting as usize {
            let limit = self.limits.nesting as usize;
            return Err(self.error(ErrorKind::TooMany { what: "blocks inside each other", limit }));
        }
        let height = self.scratch.operands.len() as u32;
        let entry = if form == Form::Loop { self.side.len() } else { NO_ENTRY };
        let (body, pending, cost) = (body as u32, NO_ENTRY, self.cost);
        let frame = ControlFrame { form, block, height, unreachable: false, pending, entry, body, cost };
        self.scratch.control.push(frame).map_err(self.full())?;
        self.scratch.most.control = self.scratch.most.control.max(self.scratch.control.len());
        self.floor = height as usize;
        self.unreachable = false;
        let types = self.block_types(block)?;
        self.push_all(types.signature.params)
    }

    fn block_types(&self, block: BlockKind) -> Result<BlockTypes<'v>> {
        Ok(match block {
            BlockKind::Empty => BlockTypes { signature: Signature::default(), value: None },
            BlockKind::Value(ty) => BlockTypes { signature: Signature::default(), value: Some(ty) },
            BlockKind::Function(index) => BlockTypes { signature: self.function_type(index)?, value: None },
        })
    }

    fn types_of(&self, frame: &ControlFrame) -> Result<BlockTypes<'v>> {
        if frame.form == Form::Function {
            return Ok(BlockTypes { signature: Signature { params: &[], ..self.signature }, value: None });
        }
        self.block_types(frame.block)
    }

    /// Leaves the innermost block, whose results must be all that is on the stack.
    fn leave(&mut self) -> Result<ControlFrame> {
        let Some(frame) = self.scratch.control.last() else { return Err(self.error(ErrorKind::EndExpected)) };
        let types = self.types_of(&frame)?;
        self.pop_all(types.results())?;
        let left = self.scratch.operands.len().saturating_sub(self.floor);
        if left > 0 {
            return Err(self.error(ErrorKind::ValuesLeft { count: left as u32 }));
        }
        self.scratch.control.pop();
        match self.scratch.control.last() {
            Some(outer) => {
                self.floor = outer.height as usize;
                self.unreachable = outer.unreachable;
            }
            None => self.is_open = false,
        }
        Ok(frame)
    }

    /// Counts the delimiter that stands here and ends at `end`.
    fn delimiter(&mut self, end: usize) -> Result<()> {
        let (count, last_end) = self.in_a_row;
        let count = if self.offset == last_end { count.wrapping_add(1) } else { 1 };
        self.in_a_row = (count, end);
        if count > self.limits.delimiters {
            let limit = self.limits.delimiters as usize;
            return Err(self.error(ErrorKind::TooMany { what: "delimiters of blocks in a row", limit }));
        }
        Ok(())
    }

    pub(super) fn control_block(&mut self, bt: BlockType) -> Result<()> {
        self.delimiter(bt.body)?;
        self.open(Form::Block, bt)
    }

    pub(super) fn control_loop(&mut self, bt: BlockType) -> Result<()> {
        self.delimiter(bt.body)?;
        self.open(Form::Loop, bt)
    }

    pub(super) fn control_if(&mut self, bt: BlockType) -> Result<()> {
        self.pop(Type::I32)?;
        self.open(Form::If, bt)?;
        let entry = self.side.add_pending(0, 0, NO_ENTRY, self.cost).map_err(self.full())?;
        if let Some(frame) = self.scratch.control.as_mut_slice().last_mut() {
            frame.entry = entry;
        }
        Ok(())
    }

    fn open(&mut self, form: Form, bt: BlockType) -> Result<()> {
        let types = self.block_types(bt.kind)?;
        self.pop_all(types.signature.params)?;
        let body = if form == Form::Loop { self.pass_delimiters(bt.body) } else { bt.body };
        self.enter(form, bt.kind, body)
    }

    pub(super) fn control_else(&mut self) -> Result<()> {
        let frame = match self.scratch.control.last() {
            Some(frame) if frame.form == Form::If => self.leave()?,
            _ => return Err(self.error(ErrorKind::IllegalOpcode(crate::opcode::code::ELSE))),
        };
        self.delimiter(self.offset.wrapping_add(1))?;
        // The first part goes on behind the second.
        let pending = self.side.add_pending(0, 0, frame.pending, self.cost).map_err(self.full())?;
        let after = self.pass_delimiters(self.offset.wrapping_add(1)) as u32;
        let next = self.side.len();
        self.side.resolve(frame.entry, after, next, self.cost).map_err(self.full())?;
        self.enter(Form::Else, frame.block, 0)?;
        if let Some(frame) = self.scratch.control.as_mut_slice().last_mut() {
            frame.pending = pending;
        }
        Ok(())
    }

    pub(super) fn control_end(&mut self) -> Result<()> {
        self.delimiter(self.offset.wrapping_add(1))?;
        let frame = self.leave()?;
        let types = self.types_of(&frame)?;
        // The function's own `end` is executed by a branch to it, every other is skipped.
        let is_function = frame.form == Form::Function;
        let is_target = frame.pending != NO_ENTRY || frame.form == Form::If;
        let after = match (is_function, is_target) {
            (true, _) => self.offset,
            (false, true) => self.pass_delimiters(self.offset.wrapping_add(1)),
            (false, false) => self.offset.wrapping_add(1),
        } as u32;
        let next = self.side.len();
        if frame.form == Form::If {
            if types.signature.params != types.results() {
                return Err(self.error(ErrorKind::IfWithoutElse));
            }
            self.side.resolve(frame.entry, after, next, self.cost).map_err(self.full())?;
        }
        let mut pending = frame.pending;
        while pending != NO_ENTRY {
            pending = self.side.resolve(pending, after, next, self.cost).map_err(self.full())?;
        }
        if is_function { Ok(()) } else { self.push_all(types.results()) }
    }

    /// Where a branch to `target` goes on: behind the delimiters of blocks that stand there, because they cost nothing and
    /// do nothing. Before a `br_table`, compilers put one for each of its targets. Each is looked at once, because
    /// targets come in the order of the code.
    fn pass_delimiters(&mut self, target: usize) -> usize {
        let (start, end) = self.delimiters;
        if (start..end).contains(&target) {
            return end;
        }
        let mut end = target;
        loop {
            let size = match self.code.get(end..) {
                // The last is the function's own, which is executed.
                Some([code::END, _, ..]) => 1,
                // Types of more than one byte are rare.
                Some([code::BLOCK | code::LOOP, ..0x80, ..]) => 2,
                _ => break,
            };
            end = end.wrapping_add(size);
        }
        self.delimiters = (target, end);
        end
    }

    /// The block that label `index` belongs to, and its place on the control stack.
    fn label(&self, index: u32) -> Result<(usize, ControlFrame)> {
        let unknown = || self.error(ErrorKind::UnknownLabel(index));
        let place = self.scratch.control.len().checked_sub(index as usize).and_then(|n| n.checked_sub(1));
        let place = place.ok_or_else(unknown)?;
        Ok((place, self.scratch.control.get(place).ok_or_else(unknown)?))
    }

    /// Whether a branch to `frame` takes its parameters, and what it takes.
    fn label_types(&self, frame: &ControlFrame) -> Result<BlockTypes<'v>> {
        let types = self.types_of(frame)?;
        if frame.form == Form::Loop {
            let signature = Signature { params: &[], results: types.signature.params };
            return Ok(BlockTypes { signature, value: None });
        }
        Ok(types)
    }

    /// Adds the side entry of a branch that carries the `keep` values on top of the stack.
    fn add_branch(&mut self, place: usize, frame: &ControlFrame, keep: usize) -> Result<()> {
        let below = (frame.height as usize).saturating_add(keep);
        let drop = self.scratch.operands.len().saturating_sub(below);
        let entry = self.side.add_pending(keep as u32, drop as u32, frame.pending, self.cost).map_err(self.full())?;
        if frame.form == Form::Loop {
            self.side.resolve(entry, frame.body, frame.entry, frame.cost).map_err(self.full())?;
        } else if let Some(frame) = self.scratch.control.as_mut_slice().get_mut(place) {
            frame.pending = entry;
        }
        Ok(())
    }

    pub(super) fn control_br(&mut self, label: u32) -> Result<()> {
        let (place, frame) = self.label(label)?;
        let types = self.label_types(&frame)?;
        self.add_branch(place, &frame, types.results().len())?;
        self.pop_all(types.results())?;
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn control_br_if(&mut self, label: u32) -> Result<()> {
        self.pop(Type::I32)?;
        let (place, frame) = self.label(label)?;
        let types = self.label_types(&frame)?;
        self.add_branch(place, &frame, types.results().len())?;
        self.pop_all(types.results())?;
        self.push_all(types.results())
    }

    pub(super) fn control_br_table(&mut self, targets: Labels<'_>, default: u32) -> Result<()> {
        self.pop(Type::I32)?;
        let (_, default_frame) = self.label(default)?;
        let arity = self.label_types(&default_frame)?.results().len();
        for label in targets.iter().chain([Ok(default)]) {
            let (place, frame) = self.label(label.map_err(|error| self.complain(error))?)?;
            let types = self.label_types(&frame)?;
            if types.results().len() != arity {
                return Err(self.error(ErrorKind::BranchArity));
            }
            self.operands_fit(types.results())?;
            self.add_branch(place, &frame, arity)?;
        }
        self.set_unreachable();
        Ok(())
    }

    /// The operands on top of the stack have these types; they stay as they are.
    fn operands_fit(&mut self, types: &[Type]) -> Result<()> {
        let height = self.scratch.operands.len();
        let start = height.saturating_sub(types.len()).max(self.floor);
        let kept = height.saturating_sub(start);
        if kept < types.len() && !self.unreachable {
            return Err(self.error(ErrorKind::NothingOnStack { expected: types.first().copied() }));
        }
        // In unreachable code the missing operands below fit everything.
        let wanted = types.get(types.len().saturating_sub(kept)..).unwrap_or_default();
        let operands = self.scratch.operands.as_slice().get(start..).unwrap_or_default();
        for (found, expected) in operands.iter().zip(wanted) {
            if found != expected && *found != Type::BOTTOM {
                return Err(self.error(ErrorKind::TypeMismatch { expected: *expected, found: *found }));
            }
        }
        Ok(())
    }

    pub(super) fn control_return(&mut self) -> Result<()> {
        self.pop_all(self.signature.results)?;
        self.set_unreachable();
        Ok(())
    }
}
