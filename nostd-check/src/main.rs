//! Validates and runs a guest without the standard library and without libc, with a heap of fixed size.
//!
//! What must be unsafe to begin, to end, and to give memory is here: nothing of it is in the engine.

#![no_std]
#![no_main]

extern crate alloc;

mod heap;
mod system;

use core::fmt::Write as _;
use system::Output;
use tablature::{Config, Engine, Linker, Module, Result, Store, Trap};

const GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.wasm"));

/// What the program does; gives its exit code.
fn main() -> i32 {
    match check() {
        Ok(sum) => {
            let heap = heap::most_used();
            let _ = writeln!(Output, "ok {sum}\nheap: {heap} bytes at most");
            0
        }
        Err(error) => {
            let _ = writeln!(Output, "error: {error:?}");
            1
        }
    }
}

fn check() -> Result<i32> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, GUEST)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "give", |number: i32| number * 2)?;
    let mut store = Store::new(&engine, ());
    store.set_fuel(10_000)?;
    let instance = linker.instantiate(&mut store, &module)?;

    let divide = instance.get_typed_func::<(i32, i32), i32>(&store, "divide")?;
    let trap = divide.call(&mut store, (1, 0)).err().and_then(|error| error.trap());
    assert_eq!(trap, Some(Trap::DivideByZero));

    let invalid = GUEST.get(..GUEST.len() - 1).unwrap_or_default();
    assert!(Module::new(&engine, invalid).is_err());

    instance.get_typed_func::<i32, i32>(&store, "sum")?.call(&mut store, 6)
}
