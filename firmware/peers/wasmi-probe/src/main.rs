//! Validates a module, gives it a host function, and calls its export `run`.

#![no_std]
#![no_main]

use wasmi::{Engine, Linker, Module, Store};

base::begin_with!(call);

fn call(argument: i32) -> i32 {
    run(base::module(), argument).unwrap_or(-1)
}

fn run(bytes: &[u8], argument: i32) -> Option<i32> {
    let engine = Engine::default();
    let module = Module::new(&engine, bytes).ok()?;
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("host", "twice", |number: i32| number.wrapping_mul(2)).ok()?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate_and_start(&mut store, &module).ok()?;
    let run = instance.get_typed_func::<i32, i32>(&store, "run").ok()?;
    run.call(&mut store, argument).ok()
}
