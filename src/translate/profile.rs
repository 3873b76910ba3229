//! Which instructions follow each other, and how often they are executed: what `spec/fusions.toml` and
//! `spec/successors.toml` are derived from.
//!
//! Where a profile is taken, an instruction that counts stands before each sequence without a label in it.

use crate::opcode::Opcode;
use alloc::vec::Vec;
use std::sync::{Arc, Mutex, PoisonError};

/// What functions that were translated with it have executed. Clones are the same profile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile(Arc<Mutex<Vec<Sequence>>>);

/// Register instructions that are executed one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    /// Their numbers.
    pub instructions: Vec<u16>,
    /// The rows that they were made of.
    pub rows: Vec<Opcode>,
    /// How often they were begun with.
    pub count: u64,
}

impl Profile {
    /// Notes a sequence; gives its place.
    pub(super) fn add(&self, instructions: Vec<u16>, rows: Vec<Opcode>) -> usize {
        self.with(|sequences| {
            sequences.push(Sequence { instructions, rows, count: 0 });
            sequences.len().saturating_sub(1)
        })
    }

    /// The sequence in this place is executed.
    pub(crate) fn count(&self, place: usize) {
        self.with(|sequences| {
            if let Some(sequence) = sequences.get_mut(place) {
                sequence.count = sequence.count.saturating_add(1);
            }
        });
    }

    /// All sequences.
    pub(crate) fn sequences(&self) -> Vec<Sequence> {
        self.with(|sequences| sequences.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Sequence>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
