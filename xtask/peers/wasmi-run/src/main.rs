//! Runs a WASI command in wasmi as its own command does, but with directories under other names; [`guest`] tells how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use guest::{Exit, Function, Snapshot, Type, WasiCtx};
use wasmi::{Caller, CompilationMode, Config, Engine, Error, Extern, FuncType, Linker, Module, Store, Val, ValType};

/// The engine.
struct Wasmi;

impl guest::Engine for Wasmi {
    fn run(wasm: Vec<u8>, wasi: WasiCtx) -> Result<Exit> {
        let mut config = Config::default();
        // What its command does unless it is told otherwise.
        config.compilation_mode(CompilationMode::LazyTranslation);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, wasm).context("wasmi does not compile the module")?;
        let mut linker = Linker::new(&engine);
        for (snapshot, function) in guest::functions() {
            define(&mut linker, snapshot, function)?;
        }
        let mut store = Store::new(&engine, wasi);
        let instance =
            linker.instantiate_and_start(&mut store, &module).context("wasmi does not instantiate the module")?;
        let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
        match start.call(&mut store, ()) {
            Ok(()) => Ok(Exit::Code(0)),
            Err(error) => match error.i32_exit_status() {
                Some(code) => Ok(Exit::Code(code as u32)),
                None => Err(error.into()),
            },
        }
    }
}

/// Defines a function of WASI.
fn define(linker: &mut Linker<WasiCtx>, snapshot: Snapshot, function: &'static Function) -> Result<()> {
    let types = |types: &'static [Type]| types.iter().map(value_type);
    let ty = FuncType::new(types(function.params), types(function.results));
    linker.func_new(
        snapshot.module(),
        function.name,
        ty,
        move |mut caller: Caller<'_, WasiCtx>, arguments, results| {
            let memory = caller.get_export("memory").and_then(Extern::into_memory);
            let memory = memory.ok_or_else(|| Error::new("the program does not export its memory"))?;
            let (mut bytes, wasi) = memory.data_and_store_mut(&mut caller);
            let mut slots = [0; 16];
            for (slot, argument) in slots.iter_mut().zip(arguments) {
                *slot = bits(argument)?;
            }
            let errno = function
                .call(wasi, snapshot, &mut bytes, &slots)
                .map_err(|exit| Error::i32_exit(exit.code() as i32))?;
            if let Some(result) = results.first_mut() {
                *result = Val::I32(errno as i32);
            }
            Ok(())
        },
    )?;
    Ok(())
}

/// A type in the engine's words.
fn value_type(ty: &Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
    }
}

/// An argument as WASI takes it.
fn bits(value: &Val) -> Result<u64, Error> {
    match *value {
        Val::I32(value) => Ok(u64::from(value as u32)),
        Val::I64(value) => Ok(value as u64),
        _ => Err(Error::new("an argument is no integer")),
    }
}

fn main() {
    guest::main::<Wasmi>()
}
