//! How long it takes to pass between the host and a guest: a function of the host that a guest calls a thousand times, and a
//! function of a guest that the host calls. Both do next to nothing.
//!
//! `cargo bench -p tablature --bench host_calls`; with `--features optimize` register code has handlers without checks.

#![allow(missing_docs, reason = "Criterion's macros make a function without")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tablature::{Caller, Config, Engine, Linker, Module, Store, Strategy, TypedFunc};

const GUEST: &str = r#"(module
    (import "host" "next" (func $next (param i32) (result i32)))
    (func (export "a thousand calls") (param $left i32) (result i32)
        (local $number i32)
        (local.set $left (i32.const 1000))
        (loop $again
            (local.set $number (call $next (local.get $number)))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.get $number))
    (func (export "same") (param i32) (result i32) (local.get 0)))"#;

fn host_calls(criterion: &mut Criterion) {
    for strategy in [Strategy::InPlace, Strategy::Register] {
        let mut group = criterion.benchmark_group(format!("host calls, {strategy:?}"));
        for (name, argument, result) in [("a thousand calls", 0, 1_000), ("same", 7, 7)] {
            group.bench_function(name, |bencher| {
                let (mut store, function) = prepared(strategy, name);
                assert_eq!(function.call(&mut store, argument).expect("it does not trap"), result);
                bencher.iter(|| function.call(&mut store, black_box(argument)).expect("it does not trap"));
            });
        }
        group.finish();
    }
}

/// A function of the guest. The store counts how often the host's function was called.
fn prepared(strategy: Strategy, name: &str) -> (Store<u64>, TypedFunc<i32, i32>) {
    let engine = Engine::new(Config::new().strategy(strategy));
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the text is right")).expect("it is valid");
    let mut linker = Linker::new(&engine);
    let next = |mut caller: Caller<'_, u64>, number: i32| {
        *caller.data_mut() += 1;
        number + 1
    };
    linker.func_wrap("host", "next", next).expect("it is new");
    let mut store = Store::new(&engine, 0);
    let instance = linker.instantiate(&mut store, &module).expect("it has what it imports");
    let function = instance.get_typed_func(&store, name).expect("it is exported");
    (store, function)
}

criterion_group!(benches, host_calls);
criterion_main!(benches);
