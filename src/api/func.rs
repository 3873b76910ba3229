//! Functions, of guests and of the host.

use super::host::IntoFunc;
use super::store::HostCall;
use super::val::Handle;
use super::{
    AsContext, AsContextMut, Caller, Error, FuncType, Result, Store, TypedFunc, Val, ValType, WasmParams, WasmResults,
};
use crate::exec::FunctionRecord;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

/// A function of a store: a guest's or the host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Func(pub(crate) Handle);

impl Func {
    /// A host function from a closure, whose parameters and results say its type. A first parameter of type
    /// [`Caller`] is given the caller; a result of `Result<R, Error>` can fail.
    ///
    /// ```
    /// use tablature::{Engine, Func, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), ());
    /// let add = Func::wrap(&mut store, |a: i32, b: i32| a + b);
    /// assert_eq!(add.typed::<(i32, i32), i32>(&store)?.call(&mut store, (1, 2))?, 3);
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn wrap<T, P, R>(mut store: impl AsContextMut<Data = T>, function: impl IntoFunc<T, P, R>) -> Self {
        let (ty, call) = function.into_func();
        add_host_function(store.as_context_mut(), &ty, call)
    }

    /// A host function of a type that is known only at run time.
    ///
    /// The closure gets the arguments and a slice of results to fill, which hold zeros at first; a result of the wrong
    /// type is an error of the call.
    pub fn new<T>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        let call = dynamic(ty.clone(), function);
        add_host_function(store.as_context_mut(), &ty, call)
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        match self.checked_type(store.as_context()) {
            Ok(ty) => ty,
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) fn checked_type<T>(&self, store: &Store<T>) -> Result<FuncType> {
        let index = store.inner.own_index(self.0)?;
        let record = store.inner.core.functions.get(index as usize).ok_or_else(super::store::internal)?;
        Ok(FuncType::from_internal(store.inner.core.signatures.get(record.signature)))
    }

    /// Calls it; `results` must have as many places as it has results.
    ///
    /// # Errors
    /// The arguments do not fit, the guest traps or runs out of fuel, or a host function fails.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let store = store.as_context_mut();
        let ty = self.checked_type(store)?;
        let mut slots = to_slots(store, &ty, params)?;
        if results.len() != ty.results().len() {
            return Err(Error::msg(format!("expected {} results, found {}", ty.results().len(), results.len())));
        }
        store.invoke(self.0.index, &mut slots, params.len())?;
        from_slots(store, ty.results(), &slots, results);
        Ok(())
    }

    /// The function with its type checked once, to be called with Rust values.
    ///
    /// # Errors
    /// It has another type.
    pub fn typed<P: WasmParams, R: WasmResults>(&self, store: impl AsContext) -> Result<TypedFunc<P, R>> {
        let ty = self.checked_type(store.as_context())?;
        TypedFunc::new(*self, &ty)
    }
}

/// The arguments in slots, with room for the results.
pub(crate) fn to_slots<T>(store: &Store<T>, ty: &FuncType, params: &[Val]) -> Result<Vec<u64>> {
    let mut slots = vec![0; params.len().max(ty.results().len())];
    write_slots(store, "argument", ty.params(), params, &mut slots)?;
    Ok(slots)
}

/// Writes `values` into `slots` if they are of the types `types`; `what` says what they are.
pub(crate) fn write_slots<T>(
    store: &Store<T>,
    what: &str,
    types: &[ValType],
    values: &[Val],
    slots: &mut [u64],
) -> Result<()> {
    if values.len() != types.len() {
        return Err(Error::msg(format!("expected {} {what}s, found {}", types.len(), values.len())));
    }
    for (place, ((value, expected), slot)) in values.iter().zip(types).zip(slots).enumerate() {
        if value.ty() != *expected {
            return Err(Error::msg(format!("{what} {place}: expected {expected}, found {}", value.ty())));
        }
        *slot = value.into_slot(&store.inner)?;
    }
    Ok(())
}

/// Reads values of the types `types` from `slots`.
pub(crate) fn from_slots<T>(store: &Store<T>, types: &[ValType], slots: &[u64], values: &mut [Val]) {
    for ((place, slot), ty) in values.iter_mut().zip(slots).zip(types) {
        *place = Val::from_slot(*slot, *ty, &store.inner);
    }
}

pub(crate) fn add_host_function<T>(store: &mut Store<T>, ty: &FuncType, call: HostCall<T>) -> Func {
    let number = store.host_functions.len() as u32;
    store.host_functions.push(call);
    let core = &mut store.inner.core;
    let index = core.functions.len() as u32;
    let signature = ty.as_internal(|signature| core.signatures.intern(signature));
    let record = signature.map(|signature| FunctionRecord { signature, instance: None, index: number });
    // The heap's refusal ends the process in Rust's own collections, too.
    if record.and_then(|record| core.functions.push(record)).is_err() {
        panic!("out of memory");
    }
    Func(store.inner.handle(index))
}

/// A host function that takes and gives values.
pub(crate) fn dynamic<T>(
    ty: FuncType,
    function: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
) -> HostCall<T> {
    Arc::new(move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
        let inner = &caller.as_context().inner;
        let params: Vec<Val> =
            slots.iter().zip(ty.params()).map(|(slot, ty)| Val::from_slot(*slot, *ty, inner)).collect();
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
        function(caller.reborrow(), &params, &mut results)?;
        write_slots(caller.as_context(), "result", ty.results(), &results, slots)
            .map_err(|error| Error::msg(format!("a host function failed to give what it should: {error}")))
    })
}
