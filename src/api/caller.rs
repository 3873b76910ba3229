//! What a host function sees of its caller.

use super::{AsContext, AsContextMut, Engine, Extern, Instance, Result, Store};

/// The store that a host function was called in, and the instance that called it.
#[derive(Debug)]
pub struct Caller<'a, T> {
    store: &'a mut Store<T>,
    instance: Option<u32>,
}

impl<'a, T> Caller<'a, T> {
    pub(crate) fn new(store: &'a mut Store<T>, instance: Option<u32>) -> Self {
        Self { store, instance }
    }

    /// The same caller, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: self.store, instance: self.instance }
    }

    /// The export `name` of the calling instance; nothing if it has none, or if the embedder called.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        let instance = Instance(self.store.inner.handle(self.instance?));
        instance.get_export(&*self.store, name)
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The embedder's data, to be changed.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// Fuel that is left: exactly what the guest has not used.
    ///
    /// # Errors
    /// The configuration does not count fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.store.get_fuel()
    }

    /// Sets the fuel that is left.
    ///
    /// # Errors
    /// The configuration does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.store.set_fuel(fuel)
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> &Store<T> {
        self.store
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> &mut Store<T> {
        self.store
    }
}
