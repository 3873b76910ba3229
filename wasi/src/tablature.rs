//! The adapter for the engine `tablature`.

use crate::context::WasiCtx;
use crate::exit::Exit;
use crate::functions::{Function, Type};
use crate::snapshot::Snapshot;
use ::tablature::{AsContextMut, Caller, Error, Extern, FuncType, Instance, Linker, Result, ValType};

/// Defines the functions of every [`Snapshot`] in `linker`, for guests whose [`WasiCtx`] is what `ctx` finds in the
/// store's data.
///
/// The functions work on the memory that the calling instance exports as `memory`. A guest that ends itself makes the
/// call into it fail with an [`Exit`], which [`Error::downcast_ref`] finds again; [`run_command`] does so.
///
/// ```
/// use tablature::{Engine, Linker, Store};
/// use tablature_wasi::{WasiCtx, add_to_linker};
///
/// /// What the embedder keeps for a guest besides its context.
/// struct Tenant {
///     name: String,
///     wasi: WasiCtx,
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |tenant: &mut Tenant| &mut tenant.wasi)?;
/// let tenant = Tenant { name: "first".to_owned(), wasi: WasiCtx::builder().build()? };
/// let mut store = Store::new(&engine, tenant);
/// assert!(linker.get(&mut store, "wasi_snapshot_preview1", "fd_write").is_some());
/// # assert_eq!(store.data().name, "first");
/// # Ok(())
/// # }
/// ```
///
/// # Interruption
///
/// The store's own handle ends a guest that computes, but does not reach one that waits in a function of WASI. A hook
/// brings both together, and takes the interruption, so that it does not end a second execution, too:
///
/// ```
/// use std::time::Duration;
/// use tablature::{Config, Engine, Linker, Module, Store};
/// use tablature_wasi::{Exit, WasiCtx, add_to_linker, run_command};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // It sleeps for 292 years.
/// let program = wat::parse_str(
///     r#"(module
///         (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
///         (memory (export "memory") 1)
///         (data (i32.const 16) "\01")
///         (data (i32.const 24) "\FF\FF\FF\FF\FF\FF\FF\7F")
///         (func (export "_start")
///             (drop (call $poll_oneoff (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 96)))))"#,
/// )?;
/// let engine = Engine::new(Config::new().interruptible(true));
/// let module = Module::new(&engine, program)?;
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
/// let mut store = Store::new(&engine, WasiCtx::builder().build()?);
///
/// let handle = store.interrupt_handle()?;
/// let waiting = handle.clone();
/// store.data_mut().interrupt_when(move || {
///     let stop = waiting.is_interrupted();
///     if stop {
///         waiting.clear();
///     }
///     stop
/// });
///
/// let instance = linker.instantiate(&mut store, &module)?;
/// let time_out = handle.interrupt_after(Duration::from_millis(20));
/// match run_command(&mut store, instance) {
///     Ok(exit) => assert_eq!(exit, Exit::Interrupted),
///     // The time was over before the guest began to wait.
///     Err(error) => assert!(error.is_interrupted()),
/// }
/// # drop(time_out);
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

/// The export of a command, which is the whole program.
const START: &str = "_start";

/// The export of a reactor that is called before all others.
const INITIALIZE: &str = "_initialize";

/// Runs a command: calls `_start`, and says how the program ended.
///
/// A program that returns has ended with the code 0.
///
/// # Errors
/// The instance is no command: it exports no function `_start` without parameters and results, or also `_initialize`.
/// Or the guest trapped or ran out of fuel, or another host function failed. An [`Exit`] is not an error here.
pub fn run_command(mut store: impl AsContextMut, instance: Instance) -> Result<Exit> {
    let store = store.as_context_mut();
    if instance.get_func(&*store, INITIALIZE).is_some() {
        return Err(Error::msg(format!("a command cannot export \"{INITIALIZE}\": that is what a reactor does")));
    }
    let start = instance.get_typed_func::<(), ()>(&*store, START)?;
    match start.call(store, ()) {
        Ok(()) => Ok(Exit::Code(0)),
        Err(error) => error.downcast(),
    }
}

/// Prepares a reactor, whose exports can be called from then on: calls `_initialize` if there is one.
///
/// To be called once for an instance, before any of its exports.
///
/// ```
/// use tablature::{Engine, Linker, Module, Store};
/// use tablature_wasi::{WasiCtx, add_to_linker, initialize_reactor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reactor = wat::parse_str(
///     r#"(module
///         (global $ready (mut i32) (i32.const 0))
///         (func (export "_initialize") (global.set $ready (i32.const 1)))
///         (func (export "is_ready") (result i32) (global.get $ready)))"#,
/// )?;
/// let engine = Engine::default();
/// let module = Module::new(&engine, reactor)?;
/// let mut linker = Linker::new(&engine);
/// add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
/// let mut store = Store::new(&engine, WasiCtx::builder().build()?);
/// let instance = linker.instantiate(&mut store, &module)?;
/// initialize_reactor(&mut store, instance)?;
/// let is_ready = instance.get_typed_func::<(), i32>(&store, "is_ready")?;
/// assert_eq!(is_ready.call(&mut store, ())?, 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The instance is a command, because it exports `_start`. Or `_initialize` has parameters or results, the guest trapped
/// in it or ran out of fuel, or a host function failed; [`Error::downcast_ref`] finds an [`Exit`].
pub fn initialize_reactor(mut store: impl AsContextMut, instance: Instance) -> Result<()> {
    let store = store.as_context_mut();
    if instance.get_func(&*store, START).is_some() {
        return Err(Error::msg(format!("a reactor cannot export \"{START}\": that is what a command does")));
    }
    match instance.get_func(&*store, INITIALIZE) {
        Some(initialize) => initialize.typed::<(), ()>(&*store)?.call(store, ()),
        None => Ok(()),
    }
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
