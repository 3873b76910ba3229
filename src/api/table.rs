//! Tables.

use super::val::Handle;
use super::{AsContext, AsContextMut, Error, Ref, Result, Store, TableType, Val, ValType};
use crate::buf::Buf;
use crate::exec::TableInstance;
use crate::semantics::{Reference, range};
use crate::trap::Trap;
use alloc::format;

/// A table of a store.
///
/// # Panics
/// Methods panic if it belongs to another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table(pub(crate) Handle);

impl Table {
    /// A new table whose entries are all `init`.
    ///
    /// # Errors
    /// `init` has another type or store, there is not as much memory, the store's limiter refuses, or the type's
    /// minimum is above its maximum.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Self> {
        let store = store.as_context_mut();
        let value = to_reference(store, &ty, init)?;
        if ty.maximum().is_some_and(|max| max < ty.minimum()) {
            return Err(Error::constant("size minimum must not be greater than maximum"));
        }
        store.may_add(0, 0, 1)?;
        if !store.may_have_table(0, ty.minimum(), ty.maximum())? {
            return Err(beyond_limit());
        }
        let size = usize::try_from(ty.minimum()).ok();
        let elements = size.and_then(|size| Buf::filled(size, value).ok()).ok_or_else(out_of_memory)?;
        let inner = &mut store.inner;
        let index = inner.core.tables.len() as u32;
        inner.core.tables.push(TableInstance { elements, ty: ty.0 }).map_err(|_| out_of_memory())?;
        Ok(Self(inner.handle(index)))
    }

    fn get_ref<'s, T>(&self, store: &'s Store<T>) -> &'s TableInstance<'static> {
        match store.inner.own_index(self.0) {
            Ok(index) => &store.inner.core.tables.as_slice()[index as usize],
            Err(error) => panic!("{error}"),
        }
    }

    fn get_mut<'s, T>(&self, store: &'s mut Store<T>) -> &'s mut TableInstance<'static> {
        match store.inner.own_index(self.0) {
            Ok(index) => &mut store.inner.core.tables.as_mut_slice()[index as usize],
            Err(error) => panic!("{error}"),
        }
    }

    /// Its type. The minimum is its size when it was made.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        TableType(self.get_ref(store.as_context()).ty)
    }

    /// Its size in entries.
    pub fn size(&self, store: impl AsContext) -> u64 {
        self.get_ref(store.as_context()).elements.len() as u64
    }

    /// The entry at `index`; nothing beyond the end.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Ref> {
        let store = store.as_context();
        let table = self.get_ref(store);
        let reference = table.elements.get(usize::try_from(index).ok()?)?;
        let ty = ValType::Ref(TableType(table.ty).element());
        Ref::try_from(Val::from_slot(reference.0, ty, &store.inner)).ok()
    }

    /// Sets the entry at `index`.
    ///
    /// # Errors
    /// It lies beyond the end, or `value` has another type or store.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        let store = store.as_context_mut();
        let value = to_reference(store, &TableType(self.get_ref(store).ty), value)?;
        let entries = self.get_mut(store).elements.as_mut_slice();
        let place = usize::try_from(index).ok().and_then(|index| entries.get_mut(index));
        *place.ok_or(Trap::OutOfBoundsTableAccess)? = value;
        Ok(())
    }

    /// Grows by `delta` entries of `value`; gives its size before.
    ///
    /// # Errors
    /// Its maximum, the store's limiter or the memory at hand forbids it, or `value` has another type or store.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, value: Ref) -> Result<u64> {
        let store = store.as_context_mut();
        let value = to_reference(store, &TableType(self.get_ref(store).ty), value)?;
        let table = self.get_ref(store);
        let max = table.ty.limits.max.unwrap_or(u64::from(u32::MAX));
        if (table.elements.len() as u64).checked_add(delta).is_none_or(|size| size > max) {
            return Err(Error::constant("the table cannot grow beyond its maximum"));
        }
        if !store.may_grow_table(self.0.index, delta)? {
            return Err(beyond_limit());
        }
        let previous = self.get_mut(store).grow(delta, value);
        let previous = store.report_failure(Some(previous), |limiter, error| limiter.table_grow_failed(error))?;
        previous.ok_or_else(out_of_memory)
    }

    /// Sets `len` entries from `index` on to `value`.
    ///
    /// # Errors
    /// They lie beyond the end, or `value` has another type or store; then nothing is set.
    pub fn fill(&self, mut store: impl AsContextMut, index: u64, value: Ref, len: u64) -> Result<()> {
        let store = store.as_context_mut();
        let value = to_reference(store, &TableType(self.get_ref(store).ty), value)?;
        let entries = self.get_mut(store).elements.as_mut_slice();
        let place = range(index, len, entries.len()).and_then(|range| entries.get_mut(range));
        place.ok_or(Trap::OutOfBoundsTableAccess)?.fill(value);
        Ok(())
    }

    /// Copies `len` entries of `source` from `source_index` on to `destination` from `destination_index` on. The tables may
    /// be the same, and the ranges may overlap.
    ///
    /// # Errors
    /// The ranges reach beyond the ends, or the tables have entries of other types; then nothing is copied.
    pub fn copy(
        mut store: impl AsContextMut,
        destination: &Self,
        destination_index: u64,
        source: &Self,
        source_index: u64,
        len: u64,
    ) -> Result<()> {
        let store = store.as_context_mut();
        let (from, to) = (source.get_ref(store), destination.get_ref(store));
        if from.ty.element != to.ty.element {
            return Err(Error::constant("the tables have entries of different types"));
        }
        let target = range(destination_index, len, to.elements.len()).ok_or(Trap::OutOfBoundsTableAccess)?;
        let entries = from.elements.as_slice();
        let entries = range(source_index, len, entries.len()).and_then(|range| entries.get(range));
        let entries = entries.ok_or(Trap::OutOfBoundsTableAccess)?.to_vec();
        let place = destination.get_mut(store).elements.as_mut_slice().get_mut(target);
        place.ok_or(Trap::OutOfBoundsTableAccess)?.copy_from_slice(&entries);
        Ok(())
    }
}

fn to_reference<T>(store: &Store<T>, ty: &TableType, value: Ref) -> Result<Reference> {
    let value = Val::from(value);
    let expected = ValType::Ref(ty.element());
    if value.ty() != expected {
        return Err(Error::msg(format!("expected {expected}, found {}", value.ty())));
    }
    value.into_slot(&store.inner).map(Reference)
}

fn beyond_limit() -> Error {
    Error::constant("the table is beyond the store's limit")
}

fn out_of_memory() -> Error {
    Error::constant("out of memory")
}
