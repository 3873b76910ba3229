//! The adapter for the engine `tablature`.

use crate::context::WasiCtx;
use crate::functions::{Function, Type};
use crate::snapshot::Snapshot;
use ::tablature::{AsContextMut, Caller, Error, Extern, FuncType, Linker, Result, ValType};

/// Defines the functions of every [`Snapshot`] in `linker`, for guests whose [`WasiCtx`] is what `ctx` finds in the
/// store's data.
///
/// The functions work on the memory that the calling instance exports as `memory`. A guest that ends itself makes the
/// call into it fail with an [`Exit`](crate::Exit), which [`Error::downcast_ref`] finds again.
///
/// ```
/// use tablature::{Engine, Linker, Module, Store};
/// use tablature_wasi::{Exit, WasiCtx, add_to_linker};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
///
/// // A program whose whole work is `proc_exit(3)`.
/// let bytes = b"\0asm\x01\0\0\0\x01\x08\x02\x60\x01\x7f\0\x60\0\0\
///     \x02\x24\x01\x16wasi_snapshot_preview1\x09proc_exit\0\0\
///     \x03\x02\x01\x01\x05\x03\x01\0\x01\
///     \x07\x13\x02\x06memory\x02\0\x06_start\0\x01\
///     \x0a\x08\x01\x06\0\x41\x03\x10\0\x0b";
/// let module = Module::new(&engine, bytes)?;
/// let mut store = Store::new(&engine, WasiCtx::builder().arg("program").build()?);
/// let instance = linker.instantiate(&mut store, &module)?;
/// let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
/// let error = start.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&Exit::Code(3)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The linker has definitions of these names already.
pub fn add_to_linker<T>(
    linker: &mut Linker<T>,
    ctx: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<()> {
    for snapshot in Snapshot::ALL {
        for function in snapshot.functions() {
            let call = move |caller: Caller<'_, T>, slots: &mut [u64]| call(function, snapshot, ctx, caller, slots);
            linker.func_slots(snapshot.module(), function.name, type_of(function), call)?;
        }
    }
    Ok(())
}

fn call<T>(
    function: &Function,
    snapshot: Snapshot,
    ctx: impl Fn(&mut T) -> &mut WasiCtx,
    mut caller: Caller<'_, T>,
    slots: &mut [u64],
) -> Result<()> {
    let Some(memory) = caller.get_export("memory").and_then(Extern::into_memory) else {
        let (module, name) = (snapshot.module(), function.name);
        return Err(Error::msg(format!(
            "\"{module}\" \"{name}\" was called by a module that does not export its memory as \"memory\""
        )));
    };
    let (mut bytes, data) = memory.data_and_store_mut(caller.as_context_mut());
    // There is a slot for each parameter, and for the result.
    let errno = function.call(ctx(data), snapshot, &mut bytes, slots).map_err(Error::new)?;
    if let Some(slot) = slots.first_mut() {
        *slot = errno as u64;
    }
    Ok(())
}

fn type_of(function: &Function) -> FuncType {
    let list = |types: &'static [Type]| {
        types.iter().map(|ty| match ty {
            Type::I32 => ValType::I32,
            Type::I64 => ValType::I64,
        })
    };
    FuncType::new(list(function.params), list(function.results))
}
