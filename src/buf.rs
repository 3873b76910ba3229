//! A growable list over memory that it owns or was lent: the one container of the core, so that the same code serves
//! builds with a heap and without.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;
use core::ops::Range;
use core::{fmt, mem};

/// A list of `T`: owned where there is a heap, or a prefix of a lent slice.
#[derive(Debug)]
pub enum Buf<'a, T> {
    /// Memory of its own, which grows.
    #[cfg(feature = "alloc")]
    Owned(Vec<T>),
    /// The first `len` items of memory that the caller lent.
    Lent {
        /// The whole memory.
        slice: &'a mut [T],
        /// How much of it is in use.
        len: usize,
        /// What the list holds.
        list: List,
    },
}

/// A list of the engine, whose capacity is the caller's choice where there is no heap.
///
/// The name of each is that of the field of [`ModuleLists`](crate::heapless::ModuleLists),
/// [`ValidationLists`](crate::heapless::ValidationLists) or [`StoreLists`](crate::heapless::StoreLists) that lends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields of these structs are documented")]
pub enum List {
    /// The heap: not a list, but all of them.
    Heap,
    Types,
    ValueTypes,
    Imports,
    Functions,
    Tables,
    Memories,
    Globals,
    Exports,
    ElementSegments,
    DataSegments,
    Bodies,
    SideTable,
    WideBranches,
    Locals,
    Operands,
    Blocks,
    Instances,
    Indices,
    StoreFunctions,
    Signatures,
    SignatureTypes,
    SignatureOrder,
    StoreTables,
    StoreMemories,
    StoreGlobals,
    GlobalTypes,
    References,
    SegmentStates,
    DataStates,
    Values,
    Frames,
    TableEntries,
    MemoryBytes,
}

impl List {
    /// The name of the field that lends it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Types => "types",
            Self::ValueTypes => "value_types",
            Self::Imports => "imports",
            Self::Functions => "functions",
            Self::Tables => "tables",
            Self::Memories => "memories",
            Self::Globals => "globals",
            Self::Exports => "exports",
            Self::ElementSegments => "element_segments",
            Self::DataSegments => "data_segments",
            Self::Bodies => "bodies",
            Self::SideTable => "side_table",
            Self::WideBranches => "wide_branches",
            Self::Locals => "locals",
            Self::Operands => "operands",
            Self::Blocks => "blocks",
            Self::Instances => "instances",
            Self::Indices => "indices",
            Self::StoreFunctions => "store functions",
            Self::Signatures => "signatures",
            Self::SignatureTypes => "signature_types",
            Self::SignatureOrder => "signature_order",
            Self::StoreTables => "store tables",
            Self::StoreMemories => "store memories",
            Self::StoreGlobals => "store globals",
            Self::GlobalTypes => "global_types",
            Self::References => "references",
            Self::SegmentStates => "segment_states",
            Self::DataStates => "data_states",
            Self::Values => "values",
            Self::Frames => "frames",
            Self::TableEntries => "table_entries",
            Self::MemoryBytes => "memory_bytes",
        }
    }
}

/// A lent list is full, or the heap refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// Which.
    pub list: List,
    /// How many items it would have to hold at least.
    pub needed: usize,
}

impl Full {
    /// No more memory is to be had.
    pub(crate) const HEAP: Self = Self { list: List::Heap, needed: 0 };
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.list == List::Heap {
            return f.write_str("out of memory");
        }
        write!(f, "the list `{}` is too short: it needs {} items at least", self.list.name(), self.needed)
    }
}

impl core::error::Error for Full {}

impl<T> Default for Buf<'_, T> {
    fn default() -> Self {
        #[cfg(feature = "alloc")]
        {
            Self::Owned(Vec::new())
        }
        #[cfg(not(feature = "alloc"))]
        {
            Self::Lent { slice: &mut [], len: 0, list: List::Heap }
        }
    }
}

impl<'a, T> Buf<'a, T> {
    /// An empty list that may use all of `slice`.
    #[must_use]
    pub const fn lent(list: List, slice: &'a mut [T]) -> Self {
        Self::Lent { slice, len: 0, list }
    }

    /// A list without items and without room for any.
    pub(crate) const fn empty() -> Self {
        Self::Lent { slice: &mut [], len: 0, list: List::Heap }
    }

    /// The items.
    #[must_use]
    #[inline(always)]
    pub fn as_slice(&self) -> &[T] {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items,
            Self::Lent { slice, len, .. } => slice.get(..*len).unwrap_or_default(),
        }
    }

    /// The items, to be changed.
    #[inline(always)]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items,
            Self::Lent { slice, len, .. } => slice.get_mut(..*len).unwrap_or_default(),
        }
    }

    /// The number of items.
    #[must_use]
    #[inline(always)]
    pub fn len(&self) -> usize {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items.len(),
            Self::Lent { len, .. } => *len,
        }
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is room for one more item.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items.len() < items.capacity(),
            Self::Lent { slice, len, .. } => *len < slice.len(),
        }
    }

    /// Appends an item.
    ///
    /// # Errors
    /// There is no room for it.
    #[inline(always)]
    pub fn push(&mut self, item: T) -> Result<(), Full> {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => {
                if items.len() == items.capacity() {
                    grow(items, 1)?;
                }
                items.push(item);
                Ok(())
            }
            Self::Lent { slice, len, list } => {
                let needed = len.wrapping_add(1);
                *slice.get_mut(*len).ok_or(Full { list: *list, needed })? = item;
                *len = needed;
                Ok(())
            }
        }
    }

    /// Keeps the first `new_len` items.
    pub fn truncate(&mut self, new_len: usize) {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items.truncate(new_len),
            Self::Lent { len, .. } => *len = new_len.min(*len),
        }
    }

    /// Inserts an item at `place`, which is at most the length.
    ///
    /// # Errors
    /// There is no room for it.
    pub fn insert(&mut self, place: usize, item: T) -> Result<(), Full> {
        self.push(item)?;
        if let Some([moved @ .., last]) = self.as_mut_slice().get_mut(place..) {
            // Not `rotate_right`, which is much code, and panics on an empty slice.
            moved.iter_mut().for_each(|slot| mem::swap(slot, last));
        }
        Ok(())
    }

    /// Gives back what a heap holds beyond the items.
    pub fn shrink(&mut self) {
        #[cfg(feature = "alloc")]
        if let Self::Owned(items) = self {
            items.shrink_to_fit();
        }
    }
}

/// Bytes that are worth asking the system for.
#[cfg(feature = "alloc")]
const LARGE: usize = 128 << 10;

/// Bytes that no allocator keeps for itself.
#[cfg(feature = "alloc")]
const MUCH: usize = 64 << 20;

impl<T: Copy> Buf<'_, T> {
    /// A list of `len` copies of `item` on the heap.
    ///
    /// # Errors
    /// There is no memory for them, or no heap.
    pub fn filled(len: usize, item: T) -> Result<Self, Full> {
        #[cfg(feature = "alloc")]
        {
            // Only this form of allocation takes zeroed pages from the system without touching them; that there is as
            // much memory is found out first, because it would abort. Allocators give out again what has just been given
            // back, and then zero it themselves; but not where it was so much that it went back to the system.
            let mut probe = Vec::<T>::new();
            let is_large = len.saturating_mul(size_of::<T>()) >= LARGE;
            let much = MUCH.checked_div(size_of::<T>()).unwrap_or_default();
            if !is_large || probe.try_reserve_exact(len.max(much)).is_err() {
                grow(&mut probe, len)?;
            }
            core::mem::drop(probe);
            Ok(Self::Owned(alloc::vec![item; len]))
        }
        #[cfg(not(feature = "alloc"))]
        {
            let _ = item;
            if len == 0 { Ok(Self::default()) } else { Err(Full::HEAP) }
        }
    }

    /// Item `index`.
    #[must_use]
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<T> {
        self.as_slice().get(index).copied()
    }

    /// The last item.
    #[must_use]
    #[inline(always)]
    pub fn last(&self) -> Option<T> {
        self.as_slice().last().copied()
    }

    /// Takes the last item away.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<T> {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => items.pop(),
            Self::Lent { slice, len, .. } => {
                *len = len.checked_sub(1)?;
                slice.get(*len).copied()
            }
        }
    }

    /// Appends copies of `item` up to a length of `new_len`.
    ///
    /// # Errors
    /// There is no room for them; then nothing changes.
    pub fn extend_to(&mut self, new_len: usize, item: T) -> Result<(), Full> {
        match self {
            #[cfg(feature = "alloc")]
            Self::Owned(items) => {
                if let Some(more) = new_len.checked_sub(items.len()) {
                    grow(items, more)?;
                    items.resize(new_len, item);
                }
                Ok(())
            }
            Self::Lent { slice, len, list } => {
                if new_len > *len {
                    slice.get_mut(*len..new_len).ok_or(Full { list: *list, needed: new_len })?.fill(item);
                    *len = new_len;
                }
                Ok(())
            }
        }
    }

    /// Appends all of `items`.
    ///
    /// # Errors
    /// There is no room for them; then some may have been appended.
    pub fn extend_from_slice(&mut self, items: &[T]) -> Result<(), Full> {
        items.iter().try_for_each(|item| self.push(*item))
    }
}

/// Copies all of `source` to `target`, if it is as long: `copy_from_slice`, where the compiler sees that it cannot panic.
#[inline]
pub(crate) fn copy<T: Copy>(target: &mut [T], source: &[T]) -> Option<()> {
    if target.len() != source.len() {
        return None;
    }
    target.copy_from_slice(source);
    Some(())
}

/// Copies the items of a range to a place in the same slice, if both are inside: `copy_within`, where the compiler sees
/// that it cannot panic.
#[inline]
pub(crate) fn copy_within<T: Copy>(items: &mut [T], from: Range<usize>, to: usize) -> Option<()> {
    let count = from.end.checked_sub(from.start)?;
    if from.end > items.len() || to > items.len().checked_sub(count)? {
        return None;
    }
    items.copy_within(from, to);
    Some(())
}

/// Makes room without ever aborting the process.
#[cfg(feature = "alloc")]
#[cold]
fn grow<T>(items: &mut Vec<T>, more: usize) -> Result<(), Full> {
    items.try_reserve(more).map_err(|_| Full::HEAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same steps on owned and on lent memory.
    fn each(test: impl Fn(&mut Buf<'_, u32>)) {
        test(&mut Buf::default());
        let mut memory = [0; 8];
        test(&mut Buf::lent(List::Types, &mut memory));
    }

    #[test]
    fn items_come_back_in_reverse() {
        each(|buf| {
            buf.push(1).unwrap();
            buf.extend_from_slice(&[2, 3]).unwrap();
            assert_eq!((buf.len(), buf.last(), buf.get(1), buf.get(3)), (3, Some(3), Some(2), None));
            buf.truncate(2);
            assert_eq!((buf.pop(), buf.pop(), buf.pop()), (Some(2), Some(1), None));
        });
    }

    #[test]
    fn extending_fills_with_the_item() {
        each(|buf| {
            buf.extend_to(3, 7).unwrap();
            buf.extend_to(2, 9).unwrap();
            assert_eq!(buf.as_slice(), [7, 7, 7]);
        });
    }

    #[test]
    fn lent_memory_ends() {
        let mut memory = [0; 2];
        let mut buf = Buf::lent(List::Types, &mut memory);
        assert_eq!(buf.extend_to(3, 1), Err(Full { list: List::Types, needed: 3 }));
        assert!(buf.is_empty());
        buf.extend_to(2, 1).unwrap();
        assert_eq!(buf.push(1), Err(Full { list: List::Types, needed: 3 }));
    }
}
