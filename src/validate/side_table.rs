//! The side table: where each branch goes, so that the in-place engine need not look for the end of a block.
//!
//! One entry for each way that control can leave its line, in the order of the code: `if` (when false), `else` (from
//! the first part to the end), `br`, `br_if`, and each target of a `br_table`. See Titzer, "A fast in-place interpreter
//! for WebAssembly", OOPSLA 2022.
//!
//! Where fuel is counted by sums (`exec::inplace::sums`), an entry also says by how much the cost of the rest of the function
//! changes; and each instruction that enters or leaves a function has an entry, which says what the rest behind it costs.

use crate::buf::{Buf, Full, List};

/// An entry: 8 bytes. A branch that does not fit refers to a wide entry.
///
/// From the lowest bit on: the offset of the next instruction in the module's bytes (32 bits); the number of values that are
/// dropped below those that are kept (12 bits), and of these (3 bits); 0; the distance to the next entry to use (16 bits,
/// signed). Or, behind the offset: 15 bits of a wide entry's index; 1; the other 16 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SideEntry(u64);

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

/// Units of fuel, as floats, which hold integers up to 2^53 exactly; nothing where fuel is not counted by sums.
#[cfg(tail_calls)]
pub(super) type Cost = f64;
#[cfg(not(tail_calls))]
pub(super) type Cost = core::marker::PhantomData<f64>;

/// An entry where fuel is counted by sums.
#[cfg(tail_calls)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct PricedEntry {
    pub entry: SideEntry,
    /// Of a branch: what the rest of the function costs behind it, less what it costs at the target. Of an instruction that
    /// enters or leaves a function: what the rest costs behind it.
    pub sum: f64,
}

/// What the rest of a function costs from the instruction at an offset on: one in every so many bytes, so that finding it for
/// another instruction does not take longer than [`MARK_DISTANCE`] bytes.
#[cfg(tail_calls)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    pub offset: u32,
    pub rest: f64,
}

/// How many bytes of code there are between two marks, about.
#[cfg(tail_calls)]
pub(super) const MARK_DISTANCE: usize = 1024;

/// The side table of a module: entries of all its functions in one list.
#[derive(Debug, Default)]
pub(crate) struct SideTable<'a> {
    /// Empty in a priced table.
    entries: Buf<'a, SideEntry>,
    wide: Buf<'a, WideBranch>,
    /// The entries of a priced table.
    #[cfg(tail_calls)]
    priced: Buf<'a, PricedEntry>,
    /// In the order of their offsets.
    #[cfg(tail_calls)]
    marks: Buf<'a, Mark>,
    #[cfg(tail_calls)]
    is_priced: bool,
}

/// The end of a chain of entries whose target is not known yet.
pub(super) const NO_ENTRY: u32 = u32::MAX;

const WIDE: u64 = 1 << 47;
const MAX_KEEP: u32 = 7;
const MAX_DROP: u32 = 0xFFF;
const INDEX_BITS: u32 = 15;

/// What stands in place of values and distance in an entry that is no branch.
#[cfg(tail_calls)]
const ANCHOR: u64 = (i16::MIN as u16 as u64) << 16 | (MAX_KEEP as u64) << 12 | MAX_DROP as u64;

impl WideBranch {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { next: 0, keep: 0, drop: 0 };
}

impl SideEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self(0);

    const fn of_narrow(target: u32, keep: u32, drop: u32, distance: i16) -> Self {
        Self((distance as u16 as u64) << 48 | (keep as u64) << 44 | (drop as u64) << 32 | target as u64)
    }

    const fn of_wide(target: u32, index: u32) -> Self {
        let (high, low) = ((index >> INDEX_BITS) as u64, (index & ((1 << INDEX_BITS) - 1)) as u64);
        Self(high << 48 | WIDE | low << 32 | target as u64)
    }

    /// The entry of an instruction that enters or leaves a function; the next one stands at `next`.
    #[cfg(tail_calls)]
    const fn of_anchor(next: u32) -> Self {
        Self(ANCHOR << 32 | next as u64)
    }

    /// Whether it is that of an instruction that enters or leaves a function.
    #[cfg(tail_calls)]
    pub(crate) const fn is_anchor(self) -> bool {
        self.0 >> 32 == ANCHOR
    }

    /// The offset of the next instruction in the module's bytes.
    #[inline(always)]
    pub(crate) const fn target(self) -> u32 {
        self.0 as u32
    }

    /// Whether it is not wide and drops nothing.
    #[inline(always)]
    pub(crate) const fn is_plain(self) -> bool {
        self.0 & (WIDE | (MAX_DROP as u64) << 32) == 0
    }

    /// The distance to the next entry, the values kept, the values dropped; nothing if the entry is wide.
    #[inline(always)]
    pub(crate) const fn narrow(self) -> Option<(isize, usize, usize)> {
        if self.0 & WIDE != 0 {
            return None;
        }
        let (distance, rest) = (self.0 as i64 >> 48, (self.0 >> 32) as u32);
        Some((distance as isize, (rest >> 12 & MAX_KEEP) as usize, (rest & MAX_DROP) as usize))
    }

    /// The index of its wide entry.
    pub(crate) const fn wide_index(self) -> usize {
        let (high, low) = ((self.0 >> 48) as u32, (self.0 >> 32) as u32 & ((1 << INDEX_BITS) - 1));
        (high << INDEX_BITS | low) as usize
    }
}

impl<'a> SideTable<'a> {
    /// A table without entries and without room for any.
    pub(crate) const EMPTY: Self = Self {
        entries: Buf::empty(),
        wide: Buf::empty(),
        #[cfg(tail_calls)]
        priced: Buf::empty(),
        #[cfg(tail_calls)]
        marks: Buf::empty(),
        #[cfg(tail_calls)]
        is_priced: false,
    };

    /// A table in lent memory.
    pub(crate) const fn lent(entries: &'a mut [SideEntry], wide: &'a mut [WideBranch]) -> Self {
        Self {
            entries: Buf::lent(List::SideTable, entries),
            wide: Buf::lent(List::WideBranches, wide),
            #[cfg(tail_calls)]
            priced: Buf::empty(),
            #[cfg(tail_calls)]
            marks: Buf::empty(),
            #[cfg(tail_calls)]
            is_priced: false,
        }
    }

    /// A table for counting fuel by sums, without entries so far.
    #[cfg(tail_calls)]
    pub(crate) fn priced() -> Self {
        Self { is_priced: true, ..Self::default() }
    }

    /// Whether fuel is counted by sums.
    pub(crate) const fn is_priced(&self) -> bool {
        #[cfg(tail_calls)]
        {
            self.is_priced
        }
        #[cfg(not(tail_calls))]
        {
            false
        }
    }

    /// The number of entries, which is the index of the next.
    pub(super) fn len(&self) -> u32 {
        #[cfg(tail_calls)]
        if self.is_priced {
            return self.priced.len() as u32;
        }
        self.entries.len() as u32
    }

    /// All entries; none of a priced table.
    pub(crate) fn entries(&self) -> &[SideEntry] {
        self.entries.as_slice()
    }

    /// All entries of a priced table.
    #[cfg(tail_calls)]
    pub(crate) fn priced_entries(&self) -> &[PricedEntry] {
        self.priced.as_slice()
    }

    /// What the rest of functions costs, at some instructions of a priced table's.
    #[cfg(tail_calls)]
    pub(crate) fn marks(&self) -> &[Mark] {
        self.marks.as_slice()
    }

    /// All wide entries.
    pub(crate) fn wide(&self) -> &[WideBranch] {
        self.wide.as_slice()
    }

    /// Bytes that the table takes.
    pub(crate) fn size(&self) -> usize {
        let size = size_of_val(self.entries()).saturating_add(size_of_val(self.wide()));
        #[cfg(tail_calls)]
        let size = size.saturating_add(size_of_val(self.priced_entries())).saturating_add(size_of_val(self.marks()));
        size
    }

    pub(crate) fn shrink(&mut self) {
        self.entries.shrink();
        self.wide.shrink();
        #[cfg(tail_calls)]
        self.priced.shrink();
        #[cfg(tail_calls)]
        self.marks.shrink();
    }

    /// Forgets the entries of a function that turned out invalid, or that were made only to look at types.
    pub(super) fn clear(&mut self) {
        self.entries.truncate(0);
        self.wide.truncate(0);
        #[cfg(tail_calls)]
        self.priced.truncate(0);
        #[cfg(tail_calls)]
        self.marks.truncate(0);
    }

    /// Adds an entry with a target that is still to come; its chain goes on at `chain`. What the function's instructions cost
    /// up to the branch is `cost`.
    pub(super) fn add_pending(&mut self, keep: u32, drop: u32, chain: u32, cost: Cost) -> Result<u32, Full> {
        let index = self.len();
        let entry = if keep <= MAX_KEEP && drop <= MAX_DROP {
            SideEntry::of_narrow(chain, keep, drop, 0)
        } else {
            self.add_wide(chain, WideBranch { next: 0, keep, drop })?
        };
        self.push(entry, cost)?;
        Ok(index)
    }

    fn push(&mut self, entry: SideEntry, cost: Cost) -> Result<(), Full> {
        #[cfg(tail_calls)]
        if self.is_priced {
            return self.priced.push(PricedEntry { entry, sum: -cost });
        }
        let _ = cost;
        self.entries.push(entry)
    }

    /// The entry `index`.
    fn entry_mut(&mut self, index: u32) -> Option<&mut SideEntry> {
        #[cfg(tail_calls)]
        if self.is_priced {
            return self.priced.as_mut_slice().get_mut(index as usize).map(|priced| &mut priced.entry);
        }
        self.entries.as_mut_slice().get_mut(index as usize)
    }

    /// Adds the entry of an instruction that enters or leaves a function, if the table is priced; the next instruction stands at
    /// `next`, and what those up to it cost is `cost`.
    #[cfg(tail_calls)]
    pub(super) fn add_anchor(&mut self, next: u32, cost: Cost) -> Result<(), Full> {
        self.push(SideEntry::of_anchor(next), cost)
    }

    /// Notes the instruction at `offset`; what those before it cost is `cost`.
    #[cfg(tail_calls)]
    pub(super) fn add_mark(&mut self, offset: u32, cost: Cost) -> Result<(), Full> {
        self.marks.push(Mark { offset, rest: -cost })
    }

    /// All instructions of the function whose entries begin at `first`, and whose code begins at `start`, cost `total`. Where
    /// that is infinite, the rest behind each is: handlers that count by sums neither enter it nor return to it.
    #[cfg(tail_calls)]
    pub(super) fn settle_sums(&mut self, first: u32, start: u32, total: Cost) {
        let own = self.priced.as_mut_slice().get_mut(first as usize..).unwrap_or_default();
        own.iter_mut().filter(|priced| priced.entry.is_anchor()).for_each(|priced| priced.sum += total);
        let own = self.marks.as_mut_slice().iter_mut().rev().take_while(|mark| mark.offset >= start);
        own.for_each(|mark| mark.rest += total);
    }

    fn add_wide(&mut self, target: u32, branch: WideBranch) -> Result<SideEntry, Full> {
        let index = self.wide.len() as u32;
        self.wide.push(branch)?;
        Ok(SideEntry::of_wide(target, index))
    }

    /// Gives entry `index` its target and the entry to use there; returns what it was chained to. What the function's
    /// instructions cost up to the target is `cost`.
    pub(super) fn resolve(&mut self, index: u32, target: u32, next: u32, cost: Cost) -> Result<u32, Full> {
        let Some(entry) = self.entry_mut(index).copied() else { return Ok(NO_ENTRY) };
        let chain = entry.target();
        let distance = i16::try_from(i64::from(next).wrapping_sub(i64::from(index)));
        let entry = match (entry.narrow(), distance) {
            // The least distance is that of entries which are no branches.
            (Some((_, keep, drop)), Ok(distance)) if distance > i16::MIN => {
                SideEntry::of_narrow(target, keep as u32, drop as u32, distance)
            }
            (Some((_, keep, drop)), _) => {
                self.add_wide(target, WideBranch { next, keep: keep as u32, drop: drop as u32 })?
            }
            (None, _) => {
                if let Some(wide) = self.wide.as_mut_slice().get_mut(entry.wide_index()) {
                    wide.next = next;
                }
                SideEntry::of_wide(target, entry.wide_index() as u32)
            }
        };
        if let Some(place) = self.entry_mut(index) {
            *place = entry;
        }
        #[cfg(tail_calls)]
        if let Some(priced) = self.priced.as_mut_slice().get_mut(index as usize) {
            priced.sum += cost;
        }
        let _ = cost;
        Ok(chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_branches_are_packed() {
        let mut table = SideTable::default();
        let entry = table.add_pending(3, 17, NO_ENTRY, Cost::default()).unwrap();
        assert_eq!(table.resolve(entry, 99, 0, Cost::default()).unwrap(), NO_ENTRY);
        let entry = table.entries()[0];
        assert_eq!((entry.target(), entry.narrow()), (99, Some((0, 3, 17))));
        assert!(table.wide().is_empty());
    }

    #[test]
    fn the_index_of_a_wide_entry_is_kept_beside_the_target() {
        for index in [0, 1, 0x7FFF, 0x8000, 0x1234_5678, 0x7FFF_FFFF] {
            let entry = SideEntry::of_wide(u32::MAX, index);
            assert_eq!((entry.target(), entry.narrow(), entry.wide_index()), (u32::MAX, None, index as usize));
            assert!(!entry.is_plain());
        }
    }

    #[test]
    fn distances_have_a_sign() {
        let mut table = SideTable::default();
        for _ in 0..5 {
            table.add_pending(0, 0, NO_ENTRY, Cost::default()).unwrap();
        }
        table.resolve(4, 7, 1, Cost::default()).unwrap();
        assert_eq!(table.entries()[4].narrow(), Some((-3, 0, 0)));
    }

    #[test]
    fn large_numbers_get_a_wide_entry() {
        let mut table = SideTable::default();
        let many_values = table.add_pending(8, 0, NO_ENTRY, Cost::default()).unwrap();
        let far = table.add_pending(1, 2, many_values, Cost::default()).unwrap();
        assert_eq!(table.resolve(far, 5, 100_000, Cost::default()).unwrap(), many_values);
        table.resolve(many_values, 6, 1, Cost::default()).unwrap();
        let wide = |index: usize| table.wide()[table.entries()[index].wide_index()];
        assert_eq!(wide(0), WideBranch { next: 1, keep: 8, drop: 0 });
        assert_eq!(wide(1), WideBranch { next: 100_000, keep: 1, drop: 2 });
    }
}
