//! Linking: finding what modules import by name.

use super::func::{add_host_function, dynamic};
use super::host::IntoFunc;
use super::store::HostCall;
use super::{AsContextMut, Caller, Engine, Error, Extern, FuncType, Instance, Module, Result, Store, Val};
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Names and what they stand for, from which modules are instantiated.
///
/// ```
/// use tablature::{Engine, Linker};
///
/// let mut linker = Linker::<()>::new(&Engine::default());
/// linker.func_wrap("host", "twice", |x: i32| x * 2)?;
/// assert!(linker.func_wrap("host", "twice", |x: i32| x).is_err());
/// # Ok::<(), tablature::Error>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    definitions: BTreeMap<String, BTreeMap<String, Definition<T>>>,
    allow_shadowing: bool,
}

enum Definition<T> {
    /// Something that lives in a store.
    Extern(Extern),
    /// A host function, which each store gets anew.
    Host(FuncType, HostCall<T>),
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Extern(value) => Self::Extern(*value),
            Self::Host(ty, call) => Self::Host(ty.clone(), call.clone()),
        }
    }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            definitions: self.definitions.clone(),
            allow_shadowing: self.allow_shadowing,
        }
    }
}

impl<T> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.definitions.iter().flat_map(|(module, names)| names.keys().map(move |name| (module, name)));
        f.debug_list().entries(names).finish()
    }
}

impl<T> Linker<T> {
    /// A linker without definitions.
    #[must_use]
    pub fn new(engine: &Engine) -> Self {
        Self { engine: engine.clone(), definitions: BTreeMap::new(), allow_shadowing: false }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Lets later definitions replace earlier ones of the same name. Off if nothing is said.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        let names = self.definitions.entry(module.to_string()).or_default();
        if !self.allow_shadowing && names.contains_key(name) {
            return Err(Error::msg(format!("\"{module}\" \"{name}\" is defined twice")));
        }
        names.insert(name.to_string(), definition);
        Ok(self)
    }

    /// Defines `module` `name` as something of a store.
    ///
    /// # Errors
    /// The name is defined already.
    pub fn define(&mut self, module: &str, name: &str, item: impl Into<Extern>) -> Result<&mut Self> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines `module` `name` as a host function: see [`Func::wrap`](crate::Func::wrap).
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_wrap<P, R>(&mut self, module: &str, name: &str, function: impl IntoFunc<T, P, R>) -> Result<&mut Self> {
        let (ty, call) = function.into_func();
        self.insert(module, name, Definition::Host(ty, call))
    }

    /// Defines `module` `name` as a host function of a type known at run time: see [`Func::new`](crate::Func::new).
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self>
    where
        T: 'static,
    {
        let call = dynamic(ty.clone(), function);
        self.insert(module, name, Definition::Host(ty, call))
    }

    /// Defines `module` `name` as a host function that reads its arguments from slots and writes its results there.
    ///
    /// For adapters that bring functions of many types from a list. A slot holds the bits of a number, zero-extended;
    /// there are as many as there are of parameters or of results, whichever is more.
    ///
    /// # Errors
    /// The name is defined already.
    pub fn func_slots(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(ty, Arc::new(function)))
    }

    /// Defines every export of `instance` in the module `module`.
    ///
    /// # Errors
    /// A name is defined already.
    ///
    /// # Panics
    /// If the instance belongs to another store.
    pub fn instance(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        let store = store.as_context_mut();
        let exports: Vec<(String, Extern)> =
            instance.exports(store).map(|export| (export.name().to_string(), export.into_extern())).collect();
        for (name, value) in exports {
            self.insert(module, &name, Definition::Extern(value))?;
        }
        Ok(self)
    }

    /// What `module` `name` stands for in `store`.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        let definition = self.definitions.get(module)?.get(name)?;
        Some(resolve(store.as_context_mut(), definition))
    }

    /// Makes an instance of `module` with what its imports' names stand for, and runs its start function.
    ///
    /// # Errors
    /// A name is not defined, or those of [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let store = store.as_context_mut();
        let imports = self.imports(store, module)?;
        Instance::new(store, module, &imports)
    }

    fn imports(&self, store: &mut Store<T>, module: &Module) -> Result<Vec<Extern>> {
        let mut imports = Vec::with_capacity(module.imports().len());
        for import in module.imports() {
            let Some(item) = self.get(&mut *store, import.module(), import.name()) else {
                let (module, name, kind) = (import.module(), import.name(), import.ty().kind());
                return Err(Error::msg(format!("unknown import: \"{module}\" \"{name}\", a {kind}, is not defined")));
            };
            imports.push(item);
        }
        Ok(imports)
    }
}

fn resolve<T>(store: &mut Store<T>, definition: &Definition<T>) -> Extern {
    match definition {
        Definition::Extern(value) => *value,
        Definition::Host(ty, call) => Extern::Func(add_host_function(store, ty, call.clone())),
    }
}
