//! What instructions compute: small pure functions, one for each `sem` of the table.
//!
//! Used by every engine and by constant expressions. They know values, bytes and traps, and nothing of stacks, frames,
//! modules or encodings. Arguments come in the order of the table: parts of the machine, immediates, operands.

pub mod control;
pub mod convert;
#[cfg(feature = "floats")]
pub mod float;
pub mod mem;
pub mod num;
pub mod parametric;
pub mod reference;
mod slot;
pub mod table;
pub mod variable;

pub use slot::{Reference, Slot, SlotValue};

/// The destination and the source of a copy, which may be one and the same.
#[derive(Debug)]
pub enum Pair<'a, T> {
    /// Both are this one.
    Same(&'a mut [T]),
    /// They are two.
    Distinct {
        /// Where to copy to.
        destination: &'a mut [T],
        /// Where to copy from.
        source: &'a [T],
    },
}

/// Whether a segment has been dropped.
pub type Dropped = bool;

/// The range `start..start + len` of something with `available` places, if it lies inside.
pub(crate) fn range(start: u64, len: u64, available: usize) -> Option<core::ops::Range<usize>> {
    let end = start.checked_add(len)?;
    if end > available as u64 {
        return None;
    }
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}
