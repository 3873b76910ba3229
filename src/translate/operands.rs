//! Where each operand is while a function is translated: in its slot, still in a local, a constant, or in an accumulator.

use super::Untranslatable;
use super::map::{Pending, State};
use alloc::vec::Vec;

/// Where an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    /// In its own slot of the operand stack.
    Slot,
    /// In this local, which has not been written since. The second number leads to the operand below that is in the
    /// same local: its height, or `NOBODY`.
    Local(u16, u16),
    /// Nowhere: it is this.
    Constant(u64),
    /// In this accumulator, as the result of this instruction of the current run.
    Accumulator(Accumulator, u32),
}

/// A register of the host that holds the last result of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accumulator {
    /// Integers, references, and whatever has no type of its own.
    Integer,
    /// f32
    #[cfg_attr(not(feature = "floats"), allow(dead_code, reason = "no row gives one"))]
    Single,
    /// f64
    #[cfg_attr(not(feature = "floats"), allow(dead_code, reason = "no row gives one"))]
    Double,
}

const NOBODY: u16 = u16::MAX;

/// The operand stack of the translator.
///
/// Heights fit 16 bits, because a frame does.
#[derive(Debug, Default)]
pub(super) struct Operands {
    stack: Vec<Operand>,
    /// For each local the height of the uppermost operand that is in it, or `NOBODY`.
    in_local: Vec<u16>,
    /// For each accumulator the height of the operand in it.
    in_accumulator: [Option<u16>; 3],
    /// Below this height every operand is in its slot.
    settled: usize,
}

impl Operands {
    /// None, for a function with as many locals.
    pub(super) fn clear(&mut self, locals: usize) {
        self.stack.clear();
        self.in_local.clear();
        self.in_local.resize(locals, NOBODY);
        (self.in_accumulator, self.settled) = ([None; 3], 0);
    }

    pub(super) fn len(&self) -> usize {
        self.stack.len()
    }

    /// How many slots parameters and locals take, which come before those of operands.
    fn locals(&self) -> usize {
        self.in_local.len()
    }

    /// The slot of the operand at `height`. Slot 0 is that below the frame.
    pub(super) fn slot_at(&self, height: usize) -> u16 {
        self.locals().saturating_add(height).saturating_add(1) as u16
    }

    /// How many slots of the frame are in use where there are `height` operands.
    pub(super) fn slots(&self, height: usize) -> u16 {
        self.locals().saturating_add(height) as u16
    }

    pub(super) fn get(&self, height: usize) -> Result<Operand, Untranslatable> {
        self.stack.get(height).copied().ok_or(Untranslatable)
    }

    /// The height below which all operands are in their slots.
    pub(super) fn settled(&self) -> usize {
        self.settled
    }

    pub(super) fn set_settled(&mut self) {
        self.settled = self.stack.len();
    }

    // Part of its callers, so that what they push is made where it stays.
    #[inline(always)]
    pub(super) fn push(&mut self, operand: Operand) {
        let height = self.stack.len() as u16;
        if let Operand::Accumulator(accumulator, _) = operand
            && let Some(place) = self.in_accumulator.get_mut(accumulator as usize)
        {
            *place = Some(height);
        }
        self.stack.push(operand);
    }

    /// Pushes the value of a local, which is not read yet.
    pub(super) fn push_local(&mut self, local: u32) -> Result<(), Untranslatable> {
        let height = self.stack.len() as u16;
        let head = self.in_local.get_mut(local as usize).ok_or(Untranslatable)?;
        let below = core::mem::replace(head, height);
        self.stack.push(Operand::Local(local as u16, below));
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Operand, Untranslatable> {
        let operand = self.stack.pop().ok_or(Untranslatable)?;
        self.settled = self.settled.min(self.stack.len());
        match operand {
            // The uppermost operand is the head of its chain.
            Operand::Local(local, below) => {
                *self.in_local.get_mut(local as usize).ok_or(Untranslatable)? = below;
            }
            Operand::Accumulator(accumulator, _) => self.free(accumulator),
            Operand::Slot | Operand::Constant(_) => {}
        }
        Ok(operand)
    }

    /// Forgets the operands from `height` on.
    pub(super) fn truncate(&mut self, height: usize) -> Result<(), Untranslatable> {
        while self.stack.len() > height {
            self.pop()?;
        }
        Ok(())
    }

    fn free(&mut self, accumulator: Accumulator) {
        if let Some(place) = self.in_accumulator.get_mut(accumulator as usize) {
            *place = None;
        }
    }

    /// The height of the operand in an accumulator.
    pub(super) fn height_in(&self, accumulator: Accumulator) -> Option<u16> {
        self.in_accumulator.get(accumulator as usize).copied().flatten()
    }

    /// The height of the uppermost operand that is in a local.
    pub(super) fn uppermost_in_local(&self, local: u32) -> Option<u16> {
        self.in_local.get(local as usize).copied().filter(|height| *height != NOBODY)
    }

    /// Operands that are not in their slots, nor in an accumulator.
    pub(super) fn pending(&self) -> impl Iterator<Item = Pending> {
        let unsettled = self.stack.iter().enumerate().skip(self.settled);
        unsettled.filter_map(|(height, operand)| match *operand {
            Operand::Local(local, _) => Some(Pending::Local(self.slot_at(height), local.wrapping_add(1))),
            Operand::Constant(value) => Some(Pending::Constant(self.slot_at(height), value)),
            Operand::Slot | Operand::Accumulator(..) => None,
        })
    }

    /// What must be known of the frame for the in-place engine to go on here.
    pub(super) fn state(&self, side: u32) -> State {
        State { side, height: self.slots(self.len()), pending: self.pending().collect() }
    }

    /// Says that the operand at `height` is in its slot from now on. Of those in one local, the uppermost comes first, or
    /// all of them come.
    pub(super) fn put_in_slot(&mut self, height: usize) -> Result<(), Untranslatable> {
        let operand = self.stack.get_mut(height).ok_or(Untranslatable)?;
        match core::mem::replace(operand, Operand::Slot) {
            Operand::Local(local, below) => {
                *self.in_local.get_mut(local as usize).ok_or(Untranslatable)? = below;
            }
            Operand::Accumulator(accumulator, _) => self.free(accumulator),
            Operand::Slot | Operand::Constant(_) => {}
        }
        Ok(())
    }
}
