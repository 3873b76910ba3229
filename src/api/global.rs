//! Globals.

use super::val::Handle;
use super::{AsContext, AsContextMut, Error, GlobalType, Mutability, Result, Store, Val, ValType};
use alloc::format;

/// A global of a store.
///
/// # Panics
/// Methods panic if it belongs to another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Global(pub(crate) Handle);

impl Global {
    /// A new global.
    ///
    /// # Errors
    /// `value` is a reference of another store.
    pub fn new(mut store: impl AsContextMut, value: Val, mutability: Mutability) -> Result<Self> {
        let inner = &mut store.as_context_mut().inner;
        let slot = value.into_slot(inner)?;
        let ty = GlobalType::new(value.ty(), mutability);
        let index = inner.core.globals.len() as u32;
        let pushed = inner.core.globals.push(slot).and_then(|()| inner.core.global_types.push(ty.0));
        pushed.map_err(|_| Error::constant("out of memory"))?;
        Ok(Self(inner.handle(index)))
    }

    fn index<T>(&self, store: &Store<T>) -> usize {
        match store.inner.own_index(self.0) {
            Ok(index) => index as usize,
            Err(error) => panic!("{error}"),
        }
    }

    /// Its type.
    pub fn ty(&self, store: impl AsContext) -> GlobalType {
        let store = store.as_context();
        GlobalType(store.inner.core.global_types.as_slice()[self.index(store)])
    }

    /// Its value.
    pub fn get(&self, store: impl AsContext) -> Val {
        let store = store.as_context();
        let slot = store.inner.core.globals.as_slice()[self.index(store)];
        Val::from_slot(slot, self.ty(store).content(), &store.inner)
    }

    /// Sets it.
    ///
    /// # Errors
    /// It cannot be set, or `value` has another type or store.
    pub fn set(&self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let store = store.as_context_mut();
        let ty = self.ty(&*store);
        let expected: ValType = ty.content();
        if ty.mutability() == Mutability::Const {
            return Err(Error::constant("the global is immutable"));
        }
        if value.ty() != expected {
            return Err(Error::msg(format!("expected {expected}, found {}", value.ty())));
        }
        let slot = value.into_slot(&store.inner)?;
        let index = self.index(store);
        store.inner.core.globals.as_mut_slice()[index] = slot;
        Ok(())
    }
}
