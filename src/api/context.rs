//! Everything through which a store can be reached: the store itself, references to it, and a host function's caller.

use super::Store;

/// Through which a store can be read.
pub trait AsContext {
    /// The embedder's data in the store.
    type Data;

    /// The store.
    fn as_context(&self) -> &Store<Self::Data>;
}

/// Through which a store can be changed.
pub trait AsContextMut: AsContext {
    /// The store.
    fn as_context_mut(&mut self) -> &mut Store<Self::Data>;
}

impl<T> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> &Store<T> {
        self
    }
}

impl<T> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> &mut Store<T> {
        self
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    fn as_context(&self) -> &Store<C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    fn as_context(&self) -> &Store<C::Data> {
        C::as_context(self)
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    fn as_context_mut(&mut self) -> &mut Store<C::Data> {
        C::as_context_mut(self)
    }
}
