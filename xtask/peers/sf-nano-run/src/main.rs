//! Runs a WASI command in the interpreter of Silverfir-nano; [`guest`] tells how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, anyhow};
use guest::{Exit, Function, Snapshot, Type, WasiCtx};
use sf_nano_core::{
    Caller, Config, Engine, FunctionType, Import, Instance, Tier, Value, WasmError, value_type::ValueType,
};
use std::{cell::RefCell, rc::Rc};

/// Bytes for the operands and calls of a program: more than the 2 MiB that the engine takes by itself, so that no
/// program recurses too deeply.
const STACK: usize = 16 << 20;

/// The engine.
struct SfNano;

impl guest::Engine for SfNano {
    fn run(wasm: Vec<u8>, wasi: WasiCtx) -> Result<Exit> {
        let wasi = Rc::new(RefCell::new(wasi));
        let imports: Vec<_> =
            guest::functions().map(|(snapshot, function)| import(snapshot, function, &wasi)).collect();
        // A build without the compiler has no other tier; here it is said once more.
        let config = Config::new().tier(Tier::Interp).wasm_stack_bytes(STACK);
        let engine = Engine::new(config).map_err(|error| anyhow!("{error}")).context("sf-nano makes no engine")?;
        let mut instance = Instance::new(&engine, &wasm, &imports)
            .map_err(failure)
            .context("sf-nano does not instantiate the module")?;
        match instance.invoke("_start", &[]) {
            Ok(_) => Ok(Exit::Code(0)),
            Err(error) => match error.exit_code() {
                Some(code) => Ok(Exit::Code(code as u32)),
                None => Err(failure(error)),
            },
        }
    }
}

/// A function of WASI for the engine.
fn import(snapshot: Snapshot, function: &'static Function, wasi: &Rc<RefCell<WasiCtx>>) -> Import {
    let wasi = Rc::clone(wasi);
    let call = move |caller: &mut Caller<'_>, arguments: &[Value], results: &mut [Value]| {
        let mut memory = caller.memory_mut().ok_or_else(|| WasmError::trap("the program has no memory"))?;
        let mut slots = [0; 16];
        for (slot, argument) in slots.iter_mut().zip(arguments) {
            *slot = bits(argument)?;
        }
        let errno = function
            .call(&mut wasi.borrow_mut(), snapshot, &mut memory, &slots)
            .map_err(|exit| WasmError::exit_with_code(exit.code() as i32))?;
        if let Some(result) = results.first_mut() {
            *result = Value::I32(errno as i32);
        }
        Ok(())
    };
    let types = |types: &[Type]| types.iter().map(value_type).collect();
    let ty = FunctionType::new(types(function.params), types(function.results));
    Import::func_typed(snapshot.module(), function.name, call, ty)
}

/// A type in the engine's words.
fn value_type(ty: &Type) -> ValueType {
    match ty {
        Type::I32 => ValueType::I32,
        Type::I64 => ValueType::I64,
    }
}

/// An argument as WASI takes it.
fn bits(value: &Value) -> Result<u64, WasmError> {
    match *value {
        Value::I32(value) => Ok(u64::from(value as u32)),
        Value::I64(value) => Ok(value as u64),
        _ => Err(WasmError::trap("an argument is no integer")),
    }
}

/// The engine's error as others are; it borrows nothing, but is no `std::error::Error`.
fn failure(error: WasmError) -> anyhow::Error {
    anyhow!("{error}")
}

fn main() {
    guest::main::<SfNano>()
}
