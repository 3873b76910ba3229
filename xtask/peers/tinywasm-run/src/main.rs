//! Runs a WASI command in tinywasm; [`guest`] tells how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use guest::{Errno, Exit, Function, GuestMemory, Snapshot, Type, WasiCtx};
use std::{cell::RefCell, rc::Rc};
use tinywasm::{
    Engine, Error, FuncContext, HostFunction, Imports, Memory, ModuleInstance, StackConfig, Store, Trap,
    engine::Config,
    types::{FuncType, WasmType, WasmValue},
};

/// Places for operands, and for calls: more than the engine has by itself, so that no program recurses too deeply.
const OPERANDS: usize = 1 << 20;
const CALLS: usize = 1 << 16;

/// The engine.
struct TinyWasm;

impl guest::Engine for TinyWasm {
    fn run(wasm: Vec<u8>, wasi: WasiCtx) -> Result<Exit> {
        let module = tinywasm::parse_bytes(&wasm).context("tinywasm does not read the module")?;
        let config = Config::new()
            .with_value_stack_32(StackConfig::fixed(OPERANDS))
            .with_value_stack_64(StackConfig::fixed(OPERANDS))
            .with_call_stack(StackConfig::fixed(CALLS));
        let mut store = Store::new(Engine::new(config));
        let wasi = Rc::new(RefCell::new(wasi));
        let mut imports = Imports::new();
        for (snapshot, function) in guest::functions() {
            let defined = define(&mut store, snapshot, function, &wasi);
            imports.define(snapshot.module(), function.name, defined);
        }
        let instance = ModuleInstance::instantiate(&mut store, &module, Some(imports))
            .context("tinywasm does not instantiate the module")?;
        let start = instance.func::<(), ()>(&store, "_start")?;
        match start.call(&mut store, ()) {
            Ok(()) => Ok(Exit::Code(0)),
            Err(error) => exit(&error).ok_or_else(|| error.into()),
        }
    }
}

/// How the program ended itself, if it was that. The engine wraps what a function of the host returns more than once.
fn exit(error: &Error) -> Option<Exit> {
    let Error::Trap(Trap::HostFunction(reason)) = error else {
        return None;
    };
    reason.downcast_ref().copied().or_else(|| exit(reason.downcast_ref()?))
}

/// Makes a function of WASI.
fn define(
    store: &mut Store,
    snapshot: Snapshot,
    function: &'static Function,
    wasi: &Rc<RefCell<WasiCtx>>,
) -> tinywasm::Function {
    let wasi = Rc::clone(wasi);
    let types = |types: &[Type]| types.iter().map(value_type).collect::<Vec<_>>();
    let ty = FuncType::new(&types(function.params), &types(function.results));
    let returns = !function.results.is_empty();
    HostFunction::from_untyped(store, &ty, move |mut context: FuncContext<'_>, arguments| {
        let memory = context.memory("memory")?;
        let slots = arguments.iter().map(bits).collect::<Result<Vec<_>, _>>()?;
        let mut memory = Bytes { memory, store: context.store_mut() };
        let errno = function
            .call(&mut wasi.borrow_mut(), snapshot, &mut memory, &slots)
            .map_err(|exit| Error::Trap(Trap::HostFunction(Box::new(exit))))?;
        Ok(returns.then_some(WasmValue::I32(errno as i32)).into_iter().collect())
    })
}

/// The memory of a program, which the engine shows nobody as a slice.
struct Bytes<'s> {
    memory: Memory,
    store: &'s mut Store,
}

impl GuestMemory for Bytes<'_> {
    fn size(&self) -> u64 {
        self.memory.len(self.store).unwrap_or_default() as u64
    }

    fn read(&self, address: u32, into: &mut [u8]) -> Result<(), Errno> {
        self.memory.read_exact(self.store, address as usize, into).map_err(|_| Errno::Fault)
    }

    fn write(&mut self, address: u32, from: &[u8]) -> Result<(), Errno> {
        self.memory.copy_from_slice(self.store, address as usize, from).map_err(|_| Errno::Fault)
    }
}

/// A type in the engine's words.
fn value_type(ty: &Type) -> WasmType {
    match ty {
        Type::I32 => WasmType::I32,
        Type::I64 => WasmType::I64,
    }
}

/// An argument as WASI takes it.
fn bits(value: &WasmValue) -> Result<u64, Error> {
    match *value {
        WasmValue::I32(value) => Ok(u64::from(value as u32)),
        WasmValue::I64(value) => Ok(value as u64),
        _ => Err(Error::Other("an argument is no integer".to_owned())),
    }
}

fn main() {
    guest::main::<TinyWasm>()
}
