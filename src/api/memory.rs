//! Memories.

use super::val::Handle;
use super::{AsContext, AsContextMut, Error, MemoryType, Result, Store};
use crate::buf::Buf;
use crate::exec::MemoryInstance;
use crate::semantics::range;
use core::fmt;

/// A linear memory of a store.
///
/// # Panics
/// Methods panic if it belongs to another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(pub(crate) Handle);

/// A range of bytes lies outside of a memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryAccessError;

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of bounds memory access")
    }
}

impl core::error::Error for MemoryAccessError {}

impl From<MemoryAccessError> for Error {
    fn from(error: MemoryAccessError) -> Self {
        Self::new(error)
    }
}

impl Memory {
    /// A new memory, zeroed.
    ///
    /// # Errors
    /// There is not as much memory, the store's limiter refuses, or the type's minimum is above its maximum.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Self> {
        let store = store.as_context_mut();
        if ty.maximum().is_some_and(|max| max < ty.minimum()) {
            return Err(Error::constant("size minimum must not be greater than maximum"));
        }
        store.may_add(0, 1, 0)?;
        let size = ty.minimum().saturating_mul(ty.page_size());
        let maximum = ty.maximum().map(|pages| pages.saturating_mul(ty.page_size()));
        if !store.may_have_memory(0, size, maximum)? {
            return Err(beyond_limit());
        }
        let size = ty.0.bytes(ty.minimum());
        let inner = &mut store.inner;
        let bytes = size.and_then(|size| Buf::filled(size, 0).ok()).ok_or_else(out_of_memory)?;
        let index = inner.core.memories.len() as u32;
        inner.core.memories.push(MemoryInstance { bytes, ty: ty.0 }).map_err(|_| out_of_memory())?;
        Ok(Self(inner.handle(index)))
    }

    fn get<'s, T>(&self, store: &'s Store<T>) -> &'s MemoryInstance<'static> {
        match store.inner.own_index(self.0) {
            Ok(index) => &store.inner.core.memories.as_slice()[index as usize],
            Err(error) => panic!("{error}"),
        }
    }

    fn get_mut<'s, T>(&self, store: &'s mut Store<T>) -> &'s mut MemoryInstance<'static> {
        match store.inner.own_index(self.0) {
            Ok(index) => &mut store.inner.core.memories.as_mut_slice()[index as usize],
            Err(error) => panic!("{error}"),
        }
    }

    /// Its type. The minimum is its size when it was made.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        MemoryType(self.get(store.as_context()).ty)
    }

    /// Its size in pages: see [`page_size`](Self::page_size).
    pub fn size(&self, store: impl AsContext) -> u64 {
        let memory = self.get(store.as_context());
        memory.ty.pages(memory.bytes.len())
    }

    /// The size of its pages in bytes: 65,536, or 1 where its type says so (proposal "custom page sizes").
    pub fn page_size(&self, store: impl AsContext) -> u64 {
        self.get(store.as_context()).ty.page_size()
    }

    /// Its size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.get(store.as_context()).bytes.len()
    }

    /// The largest size that it has had, in bytes. Memories never shrink, so it is the present one.
    pub fn peak_data_size(&self, store: impl AsContext) -> usize {
        self.data_size(store)
    }

    /// Its bytes.
    pub fn data<'s, C: AsContext>(&self, store: &'s C) -> &'s [u8]
    where
        C::Data: 's,
    {
        self.get(store.as_context()).bytes.as_slice()
    }

    /// Its bytes, to be changed.
    pub fn data_mut<'s, C: AsContextMut>(&self, store: &'s mut C) -> &'s mut [u8]
    where
        C::Data: 's,
    {
        self.get_mut(store.as_context_mut()).bytes.as_mut_slice()
    }

    /// Its bytes and the embedder's data, both to be changed.
    pub fn data_and_store_mut<'s, C: AsContextMut>(&self, store: &'s mut C) -> (&'s mut [u8], &'s mut C::Data)
    where
        C::Data: 's,
    {
        store.as_context_mut().memory_and_data(*self)
    }

    /// Reads bytes from `offset` on.
    ///
    /// # Errors
    /// They lie outside of the memory.
    pub fn read(&self, store: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let bytes = self.get(store.as_context()).bytes.as_slice();
        let place = range(offset as u64, buffer.len() as u64, bytes.len()).and_then(|range| bytes.get(range));
        buffer.copy_from_slice(place.ok_or(MemoryAccessError)?);
        Ok(())
    }

    /// Writes bytes from `offset` on.
    ///
    /// # Errors
    /// They would lie outside of the memory; then none is written.
    pub fn write(&self, mut store: impl AsContextMut, offset: usize, buffer: &[u8]) -> Result<(), MemoryAccessError> {
        let bytes = self.get_mut(store.as_context_mut()).bytes.as_mut_slice();
        let place = range(offset as u64, buffer.len() as u64, bytes.len()).and_then(|range| bytes.get_mut(range));
        place.ok_or(MemoryAccessError)?.copy_from_slice(buffer);
        Ok(())
    }

    /// Grows by `delta` pages; gives its size before, in pages.
    ///
    /// # Errors
    /// Its maximum, the store's limiter or the memory at hand forbids it.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut();
        let memory = self.get(store);
        let pages = memory.ty.pages(memory.bytes.len());
        if pages.checked_add(delta).is_none_or(|size| size > memory.ty.most()) {
            return Err(Error::constant("the memory cannot grow beyond its maximum"));
        }
        if !store.may_grow_memory(self.0.index, delta)? {
            return Err(beyond_limit());
        }
        let previous = self.get_mut(store).grow(delta);
        let previous = store.report_failure(Some(previous), |limiter, error| limiter.memory_grow_failed(error))?;
        previous.ok_or_else(out_of_memory)
    }
}

fn beyond_limit() -> Error {
    Error::constant("the memory is beyond the store's limit")
}

fn out_of_memory() -> Error {
    Error::constant("out of memory")
}
