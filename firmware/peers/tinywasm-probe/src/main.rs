//! Validates a module, gives it a host function, and calls its export `run`.

#![no_std]
#![no_main]

use tinywasm::{Extern, FuncContext, Imports, Module, Store};

base::begin_with!(call);

fn call(argument: i32) -> i32 {
    run(base::module(), argument).unwrap_or(-1)
}

fn run(bytes: &[u8], argument: i32) -> Option<i32> {
    let module = Module::parse_bytes(bytes).ok()?;
    let mut store = Store::default();
    let mut imports = Imports::new();
    let twice = Extern::typed_func(|_: FuncContext<'_>, number: i32| Ok(number.wrapping_mul(2)));
    imports.define("host", "twice", twice).ok()?;
    let instance = module.instantiate(&mut store, Some(imports)).ok()?;
    let run = instance.exported_func::<i32, i32>(&store, "run").ok()?;
    run.call(&mut store, argument).ok()
}
