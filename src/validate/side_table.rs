//! The side table: where each branch goes, so that the in-place engine need not look for the end of a block.
//!
//! One entry for each way that control can leave its line, in the order of the code: `if` (when false), `else` (from
//! the first part to the end), `br`, `br_if`, and each target of a `br_table`. See Titzer, "A fast in-place interpreter
//! for WebAssembly", OOPSLA 2022.

use crate::buf::{Buf, Full, List};

/// An entry: 8 bytes. A branch that does not fit refers to a wide entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideEntry {
    /// The offset of the next instruction in the module's bytes.
    pub(crate) target: u32,
    /// Bit 31 clear: the distance to the next entry to use (16 bits, signed), the number of values that are kept
    /// (3 bits), the number of values that are dropped below them (12 bits). Bit 31 set: the index of a wide entry.
    packed: u32,
}

/// What an entry says when its numbers are large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WideBranch {
    /// The next entry to use.
    pub(crate) next: u32,
    /// The number of values that are kept.
    pub(crate) keep: u32,
    /// The number of values that are dropped below them.
    pub(crate) drop: u32,
}

/// The side table of a module: entries of all its functions in one list.
#[derive(Debug, Default)]
pub(crate) struct SideTable<'a> {
    entries: Buf<'a, SideEntry>,
    wide: Buf<'a, WideBranch>,
}

/// The end of a chain of entries whose target is not known yet.
pub(super) const NO_ENTRY: u32 = u32::MAX;

const WIDE: u32 = 1 << 31;
const MAX_KEEP: u32 = 7;
const MAX_DROP: u32 = 0xFFF;

impl WideBranch {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { next: 0, keep: 0, drop: 0 };
}

impl SideEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { target: 0, packed: 0 };

    /// Whether it is not wide and drops nothing.
    #[inline(always)]
    pub(crate) const fn is_plain(self) -> bool {
        self.packed & (WIDE | MAX_DROP) == 0
    }

    /// The distance to the next entry, the values kept, the values dropped; nothing if the entry is wide.
    #[inline(always)]
    pub(crate) const fn narrow(self) -> Option<(isize, usize, usize)> {
        if self.packed & WIDE != 0 {
            return None;
        }
        let distance = (self.packed >> 15) as u16 as i16;
        Some((distance as isize, (self.packed >> 12 & MAX_KEEP) as usize, (self.packed & MAX_DROP) as usize))
    }

    /// The index of its wide entry.
    pub(crate) const fn wide_index(self) -> usize {
        (self.packed & !WIDE) as usize
    }
}

impl<'a> SideTable<'a> {
    /// A table without entries and without room for any.
    pub(crate) const EMPTY: Self = Self { entries: Buf::empty(), wide: Buf::empty() };

    /// A table in lent memory.
    pub(crate) const fn lent(entries: &'a mut [SideEntry], wide: &'a mut [WideBranch]) -> Self {
        Self { entries: Buf::lent(List::SideTable, entries), wide: Buf::lent(List::WideBranches, wide) }
    }

    /// The number of entries, which is the index of the next.
    pub(super) fn len(&self) -> u32 {
        self.entries.len() as u32
    }

    /// All entries.
    pub(crate) fn entries(&self) -> &[SideEntry] {
        self.entries.as_slice()
    }

    /// All wide entries.
    pub(crate) fn wide(&self) -> &[WideBranch] {
        self.wide.as_slice()
    }

    /// Bytes that the table takes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self.entries()).saturating_add(size_of_val(self.wide()))
    }

    pub(crate) fn shrink(&mut self) {
        self.entries.shrink();
        self.wide.shrink();
    }

    /// Forgets the entries of a function that turned out invalid, or that were made only to look at types.
    pub(super) fn clear(&mut self) {
        self.entries.truncate(0);
        self.wide.truncate(0);
    }

    /// Adds an entry with a target that is still to come; its chain goes on at `chain`.
    pub(super) fn add_pending(&mut self, keep: u32, drop: u32, chain: u32) -> Result<u32, Full> {
        let index = self.len();
        let packed = if keep <= MAX_KEEP && drop <= MAX_DROP {
            keep << 12 | drop
        } else {
            self.add_wide(WideBranch { next: 0, keep, drop })?
        };
        self.entries.push(SideEntry { target: chain, packed })?;
        Ok(index)
    }

    fn add_wide(&mut self, branch: WideBranch) -> Result<u32, Full> {
        let index = self.wide.len() as u32;
        self.wide.push(branch)?;
        Ok(WIDE | index)
    }

    /// Gives entry `index` its target and the entry to use there; returns what it was chained to.
    pub(super) fn resolve(&mut self, index: u32, target: u32, next: u32) -> Result<u32, Full> {
        let Some(mut entry) = self.entries.get(index as usize) else { return Ok(NO_ENTRY) };
        let chain = core::mem::replace(&mut entry.target, target);
        let distance = i16::try_from(i64::from(next).wrapping_sub(i64::from(index)));
        match (entry.narrow(), distance) {
            (Some(_), Ok(distance)) => entry.packed |= u32::from(distance as u16) << 15,
            (Some((_, keep, drop)), Err(_)) => {
                entry.packed = self.add_wide(WideBranch { next, keep: keep as u32, drop: drop as u32 })?;
            }
            (None, _) => {
                if let Some(wide) = self.wide.as_mut_slice().get_mut(entry.wide_index()) {
                    wide.next = next;
                }
            }
        }
        if let Some(place) = self.entries.as_mut_slice().get_mut(index as usize) {
            *place = entry;
        }
        Ok(chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_branches_are_packed() {
        let mut table = SideTable::default();
        let entry = table.add_pending(3, 17, NO_ENTRY).unwrap();
        assert_eq!(table.resolve(entry, 99, 0).unwrap(), NO_ENTRY);
        let entry = table.entries()[0];
        assert_eq!((entry.target, entry.narrow()), (99, Some((0, 3, 17))));
        assert!(table.wide().is_empty());
    }

    #[test]
    fn distances_have_a_sign() {
        let mut table = SideTable::default();
        for _ in 0..5 {
            table.add_pending(0, 0, NO_ENTRY).unwrap();
        }
        table.resolve(4, 7, 1).unwrap();
        assert_eq!(table.entries()[4].narrow(), Some((-3, 0, 0)));
    }

    #[test]
    fn large_numbers_get_a_wide_entry() {
        let mut table = SideTable::default();
        let many_values = table.add_pending(8, 0, NO_ENTRY).unwrap();
        let far = table.add_pending(1, 2, many_values).unwrap();
        assert_eq!(table.resolve(far, 5, 100_000).unwrap(), many_values);
        table.resolve(many_values, 6, 1).unwrap();
        let wide = |index: usize| table.wide()[table.entries()[index].wide_index()];
        assert_eq!(wide(0), WideBranch { next: 1, keep: 8, drop: 0 });
        assert_eq!(wide(1), WideBranch { next: 100_000, keep: 1, drop: 2 });
    }
}
