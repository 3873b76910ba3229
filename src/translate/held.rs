//! Which slots the accumulators have the values of.
//!
//! A result that goes to a slot stays in its accumulator until the next one of its kind. An instruction that wants it
//! meanwhile takes it from there, and does not wait for the slot.

use super::code::Insn;
use super::operands::Accumulator;
use crate::exec::number;

/// For each accumulator, the slot that has the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held([u16; 3]);

/// No frame has so many slots.
const NO_SLOT: u16 = u16::MAX;

impl Default for Held {
    fn default() -> Self {
        Self([NO_SLOT; 3])
    }
}

impl Held {
    /// An accumulator and `slot` have the same value from now on.
    pub(super) fn set(&mut self, accumulator: Accumulator, slot: u16) {
        self.forget_slot(slot);
        if let Some(place) = self.0.get_mut(accumulator as usize) {
            *place = slot;
        }
    }

    /// Whether an accumulator has the value of `slot`.
    pub(super) fn has(&self, accumulator: Accumulator, slot: u16) -> bool {
        self.0.get(accumulator as usize) == Some(&slot)
    }

    /// The accumulator that has the value of `slot`.
    pub(super) fn accumulator(&self, slot: u16) -> Option<Accumulator> {
        [Accumulator::Integer, Accumulator::Single, Accumulator::Double].into_iter().find(|one| self.has(*one, slot))
    }

    /// `slot` gets another value.
    pub(super) fn forget_slot(&mut self, slot: u16) {
        self.0 = self.0.map(|held| if held == slot { NO_SLOT } else { held });
    }

    /// An instruction comes: slots and accumulators that it writes are not what they were.
    pub(super) fn pass(&mut self, insn: &Insn) {
        if insn.number == number::COPY_SEVERAL {
            *self = Self::default();
            return;
        }
        if let Some(slot) = insn.target() {
            self.forget_slot(slot);
        }
        if let Some(accumulator) = insn.operation.filter(|row| row.accumulates).and_then(|row| row.result)
            && let Some(place) = self.0.get_mut(accumulator as usize)
        {
            *place = NO_SLOT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accumulator_has_one_slots_value_and_a_slot_is_in_one_accumulator() {
        let mut held = Held::default();
        held.set(Accumulator::Integer, 3);
        assert!(held.has(Accumulator::Integer, 3) && !held.has(Accumulator::Integer, 4));
        held.set(Accumulator::Integer, 4);
        assert_eq!((held.accumulator(3), held.accumulator(4)), (None, Some(Accumulator::Integer)));
        held.forget_slot(4);
        assert_eq!(held, Held::default());
    }

    #[test]
    fn what_is_written_is_not_what_it_was() {
        let copy = |to: u16| {
            let mut insn = Insn::new(number::COPY, 0, 0);
            insn.add_slot(7);
            insn.add_slot(to);
            insn
        };
        let mut held = Held::default();
        held.set(Accumulator::Integer, 3);
        held.pass(&copy(4));
        assert!(held.has(Accumulator::Integer, 3), "another slot is written, and slot 7 only read");
        held.pass(&copy(3));
        assert_eq!(held, Held::default());
        held.set(Accumulator::Integer, 3);
        held.pass(&Insn::new(number::COPY_SEVERAL, 0, 0));
        assert_eq!(held, Held::default(), "of several slots");
    }
}
