//! wasmi, with an adapter that shows how little it takes to give an engine WASI.

use super::{Instance, Instantiated, Stop};
use tablature_wasi::{Exit, Function, Snapshot, Type, WasiCtx};
use wasmi::{Caller, Engine, FuncType, Linker, Module, Store, Val, ValType};

/// Defines every function of every edition.
fn define(linker: &mut Linker<WasiCtx>) -> Result<(), wasmi::Error> {
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
    mut caller: Caller<'_, WasiCtx>,
    arguments: &[Val],
    results: &mut [Val],
) -> Result<(), wasmi::Error> {
    let memory = caller.get_export("memory").and_then(wasmi::Extern::into_memory);
    let memory = memory.ok_or_else(|| wasmi::Error::new("the program exports no memory"))?;
    let arguments: Vec<u64> = arguments.iter().map(bits).collect();
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

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        other => unreachable!("no function has a parameter like {other:?}"),
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

struct Guest {
    store: Store<WasiCtx>,
    instance: wasmi::Instance,
}

pub fn instantiate(wasm: &[u8], ctx: WasiCtx) -> Instantiated {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
    let mut linker = Linker::new(&engine);
    define(&mut linker).map_err(|error| error.to_string())?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate_and_start(&mut store, &module).map_err(|error| error.to_string())?;
    Ok(Box::new(Guest { store, instance }))
}

impl Instance for Guest {
    fn call(&mut self, export: &str, arguments: &[u64]) -> Result<u64, Stop> {
        let function = self.instance.get_func(&self.store, export);
        let function = function.ok_or_else(|| Stop::Error(format!("there is no function {export}")))?;
        let ty = function.ty(&self.store);
        let arguments: Vec<Val> = (arguments.iter().zip(ty.params()))
            .map(|(bits, ty)| if *ty == ValType::I32 { Val::I32(*bits as i32) } else { Val::I64(*bits as i64) })
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut self.store, &arguments, &mut results) {
            Ok(()) => Ok(results.first().map_or(0, bits)),
            Err(error) => Err(match error.downcast_ref::<Ended>() {
                Some(Ended(exit)) => Stop::Exit(*exit),
                None => Stop::Error(error.to_string()),
            }),
        }
    }

    fn memory(&mut self) -> &mut [u8] {
        let memory = self.instance.get_memory(&self.store, "memory").expect("the guest exports a memory");
        memory.data_mut(&mut self.store)
    }
}
