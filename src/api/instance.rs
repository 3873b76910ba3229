//! Instances.

use super::error::Error;
use super::store::StoreInner;
use super::val::Handle;
use super::{
    AsContext, AsContextMut, Export, Extern, Func, Global, Memory, Module, Result, Store, Table, TypedFunc, Val,
    WasmParams, WasmResults,
};
use crate::binary::parts::ExternKind;
use crate::exec::ModuleRef;
use crate::runtime::{self, InstantiateError};
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

/// An instance of a module in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance(pub(crate) Handle);

impl Instance {
    /// Makes an instance of `module` with `imports` in the order of [`Module::imports`], and runs its start function.
    ///
    /// # Errors
    /// An import is missing or does not fit, an active segment does not fit, memory is short, or the start function
    /// fails. The store stays usable.
    pub fn new<T>(mut store: impl AsContextMut<Data = T>, module: &Module, imports: &[Extern]) -> Result<Self> {
        let store = store.as_context_mut();
        let (instance, start) = Self::new_without_start(&mut *store, module, imports)?;
        if let Some(start) = start {
            start.call(store, &[], &mut [])?;
        }
        Ok(instance)
    }

    /// Makes an instance as [`new`](Self::new) does, but leaves calling its start function to the embedder, who can do so
    /// with [`Func::call_resumable`].
    ///
    /// # Errors
    /// Those of [`new`](Self::new), but for those of the start function.
    pub fn new_without_start<T>(
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<(Self, Option<Func>)> {
        let store = store.as_context_mut();
        let wanted = module.imports().len();
        if imports.len() != wanted {
            return Err(Error::msg(format!("expected {wanted} imports, found {}", imports.len())));
        }
        let given = imports.iter().map(|import| import.to_internal(store)).collect::<Result<Vec<_>>>()?;
        let instance = instantiate(store, module, &given)?;
        let core = &store.inner.core;
        let start = module.data.parts.start.map(|start| core.address(instance, ExternKind::Function, start));
        let start = start.map(|function| function.ok_or_else(super::store::internal)).transpose()?;
        let inner = &store.inner;
        Ok((Self(inner.handle(instance)), start.map(|function| Func(inner.handle(function)))))
    }

    /// The export called `name`.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let inner = &store.as_context().inner;
        let instance = self.index(inner);
        let data = inner.core.instances.as_slice().get(instance as usize)?.module.data();
        let export = data.parts.export(data.bytes(), name)?;
        to_extern(inner, instance, export.kind, export.index)
    }

    /// The exported function called `name`.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The exported function called `name`, with its type checked once.
    ///
    /// # Errors
    /// There is no such function, or it has another type.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_typed_func<P: WasmParams, R: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<P, R>> {
        let store = store.as_context();
        let Some(func) = self.get_func(store, name) else {
            return Err(Error::msg(format!("there is no exported function \"{name}\"")));
        };
        func.typed(store)
    }

    /// Calls the exported function called `name` and gives its results: short for tests and scripts.
    ///
    /// # Errors
    /// There is no such function, or those of [`Func::call`].
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn invoke(&self, mut store: impl AsContextMut, name: &str, params: &[Val]) -> Result<Vec<Val>> {
        let store = store.as_context_mut();
        let Some(func) = self.get_func(&*store, name) else {
            return Err(Error::msg(format!("there is no exported function \"{name}\"")));
        };
        let mut results: Vec<Val> = func.ty(&*store).results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
        func.call(store, params, &mut results)?;
        Ok(results)
    }

    /// The exported memory called `name`.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The exported table called `name`.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The exported global called `name`.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// All exports, in the module's order.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn exports<'s, C: AsContext>(&self, store: &'s C) -> impl Iterator<Item = Export<'s>> + use<'s, C>
    where
        C::Data: 's,
    {
        let inner = &store.as_context().inner;
        let instance = self.index(inner);
        let data = inner.core.instances.as_slice().get(instance as usize).map(|entry| entry.module.data());
        data.into_iter().flat_map(move |data| {
            data.parts.exports.as_slice().iter().filter_map(move |export| {
                let value = to_extern(inner, instance, export.kind, export.index)?;
                Some(Export { name: export.name.text(data.bytes()), value })
            })
        })
    }

    fn index(&self, inner: &StoreInner) -> u32 {
        match inner.own_index(self.0) {
            Ok(index) => index,
            Err(error) => panic!("{error}"),
        }
    }
}

fn to_extern(inner: &StoreInner, instance: u32, kind: ExternKind, index: u32) -> Option<Extern> {
    let handle = inner.handle(inner.core.address(instance, kind, index)?);
    Some(match kind {
        ExternKind::Function => Extern::Func(Func(handle)),
        ExternKind::Table => Extern::Table(Table(handle)),
        ExternKind::Memory => Extern::Memory(Memory(handle)),
        ExternKind::Global => Extern::Global(Global(handle)),
    })
}

/// Asks the limiter for the instance itself and for its own memories and tables.
fn ask_limiter<T>(store: &mut Store<T>, module: &Module) -> Result<()> {
    let parts = &module.data.parts;
    let memories = parts.memories.as_slice().iter().skip(parts.imported_memories as usize);
    let tables = parts.tables.as_slice().iter().skip(parts.imported_tables as usize);
    store.may_add(1, memories.len(), tables.len())?;
    for ty in memories {
        let size = ty.limits.min.saturating_mul(ty.page_size());
        let maximum = ty.limits.max.map(|pages| pages.saturating_mul(ty.page_size()));
        if !store.may_have_memory(0, size, maximum)? {
            return Err(Error::msg(format!("a memory of {size} bytes is beyond the store's limit")));
        }
    }
    for table in tables {
        let size = table.ty.limits.min;
        if !store.may_have_table(0, size, table.ty.limits.max)? {
            return Err(Error::msg(format!("a table of {size} entries is beyond the store's limit")));
        }
    }
    Ok(())
}

fn instantiate<T>(store: &mut Store<T>, module: &Module, imports: &[runtime::Extern]) -> Result<u32> {
    if !super::Engine::same(store.engine(), module.engine()) {
        return Err(Error::constant("the module was made for another engine than the store"));
    }
    ask_limiter(store, module)?;
    let engine = store.engine().clone();
    let reference = ModuleRef::Shared(module.data.clone());
    store.inner.core.instantiate(&reference, imports, engine.prices()).map_err(|error| match error {
        InstantiateError::Trap(trap) => trap.into(),
        InstantiateError::OutOfMemory | InstantiateError::Capacity(_) => {
            Error::constant("out of memory: the instance's memories or tables are too large")
        }
        InstantiateError::Import(mismatch) => {
            let import = module.imports().nth(mismatch.import as usize);
            let described = import.map_or_else(
                || "an import".to_string(),
                |import| {
                    format!("\"{}\" \"{}\": the module wants a {}", import.module(), import.name(), import.ty().kind())
                },
            );
            Error::msg(format!("incompatible import type for {described} of another type"))
        }
    })
}
