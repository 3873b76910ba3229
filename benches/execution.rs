//! How long guests take: each kernel in each engine, with fuel and without.
//!
//! `cargo bench -p tablature --bench execution`; with `--features optimize` also the handlers without checks. Whole
//! programs, against other interpreters, are measured by `cargo run --release -p xtask -- bench`.

#![allow(missing_docs, reason = "Criterion's macros make a function without")]

mod kernels;

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use tablature::{Config, Dispatch, Engine, Instance, Module, Store, Strategy};

/// What guests do: the name of a kernel, its argument, and what it gives.
struct Kernel {
    name: &'static str,
    argument: i32,
    result: i32,
}

/// Each takes about a millisecond in register code.
const KERNELS: [Kernel; 3] = [
    Kernel { name: "calls", argument: 20, result: 6_765 },
    Kernel { name: "memory", argument: 100_000, result: 9_592 },
    Kernel { name: "floats", argument: 48, result: 616 },
];

/// What executes them: its name, and the settings.
const ENGINES: &[(&str, Strategy, Dispatch)] = &[
    ("in place", Strategy::InPlace, Dispatch::Checked),
    ("register", Strategy::Register, Dispatch::Checked),
    #[cfg(feature = "optimize")]
    ("register, unchecked", Strategy::Register, Dispatch::Unchecked),
];

fn execution(criterion: &mut Criterion) {
    for kernel in &KERNELS {
        let mut group = criterion.benchmark_group(format!("execution of {}", kernel.name));
        for (name, strategy, dispatch) in ENGINES {
            for counts_fuel in [false, true] {
                let mut config = Config::new();
                config.strategy(*strategy).dispatch(*dispatch).consume_fuel(counts_fuel);
                let name = if counts_fuel { format!("{name}, fuel") } else { (*name).to_owned() };
                group.bench_function(name, |bencher| {
                    let mut run = prepared(kernel, &config);
                    bencher.iter(|| run(black_box(kernel.argument)));
                });
            }
        }
        group.finish();
    }
}

/// A function that runs the kernel, which it has done once, so that nothing is left to be translated.
fn prepared(kernel: &Kernel, config: &Config) -> impl FnMut(i32) -> i32 {
    let engine = Engine::new(config);
    let bytes = wat::parse_str(kernels::text(kernel.name)).expect("the kernel's text is right");
    let module = Module::new(&engine, bytes).expect("the kernel is valid");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("the kernel imports nothing");
    let run = instance.get_typed_func::<i32, i32>(&store, "run").expect("the kernel has such a function");
    let counts_fuel = store.get_fuel().is_ok();
    let mut run = move |argument| {
        if counts_fuel {
            store.set_fuel(u64::MAX).expect("fuel is counted");
        }
        run.call(&mut store, argument).expect("the kernel does not trap")
    };
    assert_eq!(run(kernel.argument), kernel.result, "{}", kernel.name);
    run
}

criterion_group!(benches, execution);
criterion_main!(benches);
