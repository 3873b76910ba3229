//! Linking: finding what modules import by name.

use super::func::{add_host_function, dynamic};
use super::host::IntoFunc;
use super::store::HostCall;
use super::{
    AsContextMut, Caller, Engine, Error, Extern, ExternType, Func, FuncType, Global, ImportType, Instance, Memory,
    Module, Ref, Result, Store, Table, Val,
};
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

    /// What the module and name of `import` stand for in `store`.
    pub fn get_by_import(&self, store: impl AsContextMut<Data = T>, import: &ImportType<'_>) -> Option<Extern> {
        self.get(store, import.module(), import.name())
    }

    /// Everything that is defined for `store`: module, name, and what it stands for.
    pub fn iter<'l>(
        &'l self,
        mut store: impl AsContextMut<Data = T> + 'l,
    ) -> impl Iterator<Item = (&'l str, &'l str, Extern)> + 'l {
        let definitions = self.definitions.iter().flat_map(|(module, names)| {
            names.iter().map(move |(name, definition)| (module.as_str(), name.as_str(), definition))
        });
        definitions.map(move |(module, name, definition)| (module, name, resolve(store.as_context_mut(), definition)))
    }

    /// Lets `as_module` `as_name` stand for the same as `module` `name`.
    ///
    /// # Errors
    /// `module` `name` is not defined, or `as_module` `as_name` is.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self> {
        let definition = self.definitions.get(module).and_then(|names| names.get(name)).cloned();
        let definition = definition.ok_or_else(|| Error::msg(format!("\"{module}\" \"{name}\" is not defined")))?;
        self.insert(as_module, as_name, definition)
    }

    /// Lets the module name `as_module` stand for the same definitions as `module`.
    ///
    /// # Errors
    /// Nothing is defined in `module`, or one of its names in `as_module` already.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<&mut Self> {
        let definitions = self.definitions.get(module).cloned();
        let definitions = definitions.ok_or_else(|| Error::msg(format!("nothing is defined in \"{module}\"")))?;
        for (name, definition) in definitions {
            self.insert(as_module, &name, definition)?;
        }
        Ok(self)
    }

    /// Defines what `module` imports and nothing here defines as functions that fail when they are called.
    ///
    /// # Errors
    /// An import that is not defined is no function.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<&mut Self>
    where
        T: 'static,
    {
        for import in module.imports() {
            let (from, name) = (import.module(), import.name());
            if self.definition(from, name).is_some() {
                continue;
            }
            let ExternType::Func(ty) = import.ty() else { return Err(unknown(&import)) };
            let message = format!("unknown import: \"{from}\" \"{name}\" was called, and is not defined");
            let trap = dynamic(ty.clone(), move |_, _, _| Err(Error::msg(message.clone())));
            self.insert(from, name, Definition::Host(ty.clone(), trap))?;
        }
        Ok(self)
    }

    /// Defines what `module` imports and nothing here defines: functions that give zeros and null, and memories, tables and
    /// globals of `store` that are as small as they may be, zeroed.
    ///
    /// # Errors
    /// There is no memory for them, or the store's limiter refuses.
    pub fn define_unknown_imports_as_default_values(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<&mut Self>
    where
        T: 'static,
    {
        let store = store.as_context_mut();
        for import in module.imports() {
            let (from, name) = (import.module(), import.name());
            if self.definition(from, name).is_some() {
                continue;
            }
            let definition = match import.ty() {
                // The results are zeros and null before the function is called.
                ExternType::Func(ty) => Definition::Host(ty.clone(), dynamic(ty.clone(), |_, _, _| Ok(()))),
                ExternType::Memory(ty) => Definition::Extern(Memory::new(&mut *store, *ty)?.into()),
                ExternType::Table(ty) => {
                    Definition::Extern(Table::new(&mut *store, *ty, Ref::null(ty.element()))?.into())
                }
                ExternType::Global(ty) => {
                    let zero = Val::default_for_ty(ty.content());
                    Definition::Extern(Global::new(&mut *store, zero, ty.mutability())?.into())
                }
            };
            self.insert(from, name, definition)?;
        }
        Ok(self)
    }

    /// Instantiates `module` in `store` and defines what it exports in the module `name`.
    ///
    /// A reactor, which exports no `_start`, is initialised with its `_initialize`, if it has one, and lives on. A
    /// command, which exports `_start`, is to run only once; so each call of one of its functions gets an instance of its
    /// own, which stays in the store.
    ///
    /// # Errors
    /// Those of [`instantiate`](Self::instantiate); a name is defined already; a command exports more than functions.
    pub fn module(&mut self, mut store: impl AsContextMut<Data = T>, name: &str, module: &Module) -> Result<&mut Self>
    where
        T: 'static,
    {
        if module.get_export("_start").is_some() {
            return self.command(name, module);
        }
        let instance = self.instantiate(&mut store, module)?;
        if let Some(initialize) = instance.get_func(&store, "_initialize") {
            initialize.call(&mut store, &[], &mut [])?;
        }
        self.instance(store, name, instance)
    }

    fn command(&mut self, name: &str, module: &Module) -> Result<&mut Self>
    where
        T: 'static,
    {
        let ready = Arc::new(self.instantiate_pre(module)?);
        for export in module.exports() {
            let ExternType::Func(ty) = export.ty() else { continue };
            let (ready, export_name) = (ready.clone(), export.name().to_string());
            let call = dynamic(ty.clone(), move |mut caller: Caller<'_, T>, params, results| {
                let instance = ready.instantiate(&mut caller)?;
                let function = instance.get_func(&caller, &export_name).ok_or_else(super::store::internal)?;
                function.call(&mut caller, params, results)
            });
            self.insert(name, export.name(), Definition::Host(ty.clone(), call))?;
        }
        Ok(self)
    }

    /// Finds what `module` imports, so that it can be instantiated many times.
    ///
    /// # Errors
    /// A name is not defined, or is a host function of another type.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        let imports = self.imports(module)?.into_iter().cloned().collect();
        Ok(InstancePre { module: module.clone(), imports })
    }

    /// What the imports of `module` stand for, in its order.
    fn imports(&self, module: &Module) -> Result<Vec<&Definition<T>>> {
        let mut imports = Vec::with_capacity(module.imports().len());
        for import in module.imports() {
            let definition = self.definition(import.module(), import.name()).ok_or_else(|| unknown(&import))?;
            if let (Definition::Host(found, _), ExternType::Func(wanted)) = (definition, import.ty())
                && found != wanted
            {
                let (module, name) = (import.module(), import.name());
                return Err(Error::msg(format!(
                    "incompatible import type for \"{module}\" \"{name}\": the module wants {wanted}, it is {found}"
                )));
            }
            imports.push(definition);
        }
        Ok(imports)
    }

    fn resolve(&self, store: &mut Store<T>, module: &Module) -> Result<Vec<Extern>> {
        Ok(self.imports(module)?.into_iter().map(|definition| resolve(store, definition)).collect())
    }

    /// Makes an instance of `module` with what its imports' names stand for, and runs its start function.
    ///
    /// # Errors
    /// A name is not defined, or those of [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        let store = store.as_context_mut();
        let imports = self.resolve(store, module)?;
        Instance::new(store, module, &imports)
    }

    /// Another name of [`instantiate`](Self::instantiate).
    ///
    /// # Errors
    /// Those of [`instantiate`](Self::instantiate).
    pub fn instantiate_and_start(&self, store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        self.instantiate(store, module)
    }

    /// Makes an instance as [`instantiate`](Self::instantiate) does, but leaves calling its start function to the
    /// embedder: see [`Instance::new_without_start`].
    ///
    /// # Errors
    /// Those of [`instantiate`](Self::instantiate), but for those of the start function.
    pub fn instantiate_without_start(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<(Instance, Option<Func>)> {
        let store = store.as_context_mut();
        let imports = self.resolve(store, module)?;
        Instance::new_without_start(store, module, &imports)
    }

    fn definition(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.definitions.get(module)?.get(name)
    }
}

/// A module with what it imports, ready to be instantiated in any store: see [`Linker::instantiate_pre`].
///
/// ```
/// use tablature::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, b"\0asm\x01\0\0\0")?;
/// let ready = Linker::<i32>::new(&engine).instantiate_pre(&module)?;
/// for number in 0..3 {
///     let mut store = Store::new(&engine, number);
///     ready.instantiate(&mut store)?;
/// }
/// # Ok::<(), tablature::Error>(())
/// ```
pub struct InstancePre<T> {
    module: Module,
    imports: Vec<Definition<T>>,
}

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        Self { module: self.module.clone(), imports: self.imports.clone() }
    }
}

impl<T> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre").field("module", &self.module.name()).finish_non_exhaustive()
    }
}

impl<T> InstancePre<T> {
    /// The module.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance and runs its start function.
    ///
    /// # Errors
    /// Those of [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let store = store.as_context_mut();
        let imports = self.resolve(store);
        Instance::new(store, &self.module, &imports)
    }

    /// Makes an instance, and leaves calling its start function to the embedder: see [`Instance::new_without_start`].
    ///
    /// # Errors
    /// Those of [`Instance::new_without_start`].
    pub fn instantiate_without_start(
        &self,
        mut store: impl AsContextMut<Data = T>,
    ) -> Result<(Instance, Option<Func>)> {
        let store = store.as_context_mut();
        let imports = self.resolve(store);
        Instance::new_without_start(store, &self.module, &imports)
    }

    fn resolve(&self, store: &mut Store<T>) -> Vec<Extern> {
        self.imports.iter().map(|definition| resolve(store, definition)).collect()
    }
}

fn unknown(import: &ImportType<'_>) -> Error {
    let (module, name, kind) = (import.module(), import.name(), import.ty().kind());
    Error::msg(format!("unknown import: \"{module}\" \"{name}\", a {kind}, is not defined"))
}

fn resolve<T>(store: &mut Store<T>, definition: &Definition<T>) -> Extern {
    match definition {
        Definition::Extern(value) => *value,
        Definition::Host(ty, call) => Extern::Func(add_host_function(store, ty, call.clone())),
    }
}
