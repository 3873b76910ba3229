//! How long a module's bytes take to become register code, and how much of it there is.
//!
//! `cargo bench -p tablature --bench translation`: the throughput is that of the module's code section.

#![allow(missing_docs, reason = "Criterion's macros make a function without")]

mod kernels;
mod modules;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tablature::{Config, Dispatch, Engine, Module, Strategy};

/// What is measured: its name, and whether the code is also verified and sealed, for handlers without checks.
const DISPATCHES: &[(&str, Dispatch)] = &[
    ("translate", Dispatch::Checked),
    #[cfg(feature = "optimize")]
    ("translate, verify, seal", Dispatch::Unchecked),
];

fn translation(criterion: &mut Criterion) {
    for measured in modules::modules() {
        let mut group = criterion.benchmark_group(format!("translation of {}", measured.name));
        for (name, dispatch) in DISPATCHES {
            let engine = Engine::new(Config::new().strategy(Strategy::Register).dispatch(*dispatch));
            // What needs a proposal that is not here yet is no module.
            let Ok(module) = Module::new(&engine, &measured.bytes) else { continue };
            module.translate_all();
            let (wasm, register) = (module.stats().code_size, module.stats().register_code_size);
            println!("{}: {wasm} bytes of code become {register} bytes of register code", measured.name);
            group.throughput(Throughput::Bytes(wasm as u64));
            group.bench_function(*name, |bencher| {
                let decoded = || Module::new(&engine, &measured.bytes).expect("it is valid");
                // A module goes with its code, and that is not measured.
                let translate = |module: Module| {
                    module.translate_all();
                    module
                };
                bencher.iter_batched(decoded, translate, BatchSize::SmallInput);
            });
        }
        group.finish();
    }
}

criterion_group!(benches, translation);
criterion_main!(benches);
