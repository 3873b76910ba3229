//! The adapter for wasmi: how little it takes to give an engine WASI.

use tablature_wasi::{Errno, Exit, Function, Snapshot, Type, WasiCtx};
use wasmi::{Caller, Engine, FuncType, Linker, Module, Store, Val, ValType};

/// Defines every function of every edition.
pub fn define(linker: &mut Linker<WasiCtx>) -> Result<(), wasmi::Error> {
    for snapshot in Snapshot::ALL {
        for function in snapshot.functions() {
            linker.func_new(
                snapshot.module(),
                function.name,
                func_type(function),
                move |caller, arguments, results| call(function, snapshot, caller, arguments, results),
            )?;
        }
    }
    Ok(())
}

fn func_type(function: &Function) -> FuncType {
    let types = |types: &'static [Type]| {
        types.iter().map(|ty| match ty {
            Type::I32 => ValType::I32,
            Type::I64 => ValType::I64,
        })
    };
    FuncType::new(types(function.params), types(function.results))
}

fn call(
    function: &Function,
    snapshot: Snapshot,
    mut caller: Caller<WasiCtx>,
    arguments: &[Val],
    results: &mut [Val],
) -> Result<(), wasmi::Error> {
    let memory = caller.get_export("memory").and_then(wasmi::Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmi::Error::new("the program exports no memory"))?;
    let arguments: Vec<u64> = arguments
        .iter()
        .map(|value| match value {
            Val::I32(value) => u64::from(*value as u32),
            Val::I64(value) => *value as u64,
            other => unreachable!("no function has a parameter like {other:?}"),
        })
        .collect();
    let (mut bytes, ctx) = memory.data_and_store_mut(&mut caller);
    match function.call(ctx, snapshot, &mut bytes, &arguments) {
        Ok(errno) => {
            if let Some(result) = results.first_mut() {
                *result = Val::I32(i32::from(errno.number()));
            }
            Ok(())
        }
        Err(exit) => Err(wasmi::Error::host(Ended(exit))),
    }
}

/// How a program ended, as an error that wasmi carries.
#[derive(Debug)]
struct Ended(Exit);

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl wasmi::errors::HostError for Ended {}

/// Runs a command, and returns its exit code, or what went wrong.
pub fn run(wasm: &[u8], ctx: WasiCtx) -> Result<u32, String> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
    let mut linker = Linker::new(&engine);
    define(&mut linker).map_err(|error| error.to_string())?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(|error| error.to_string())?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start").map_err(|error| error.to_string())?;
    match start.call(&mut store, ()) {
        Ok(()) => Ok(0),
        Err(error) => match error.downcast_ref::<Ended>() {
            Some(Ended(exit)) => Ok(exit.code()),
            None => Err(error.to_string()),
        },
    }
}

/// The adapter's types agree with those that the crate promises.
#[test]
fn every_function_can_be_defined() {
    let mut linker = Linker::new(&Engine::default());
    define(&mut linker).expect("each name is defined once");
    assert_eq!(Errno::Success.number(), 0);
}
