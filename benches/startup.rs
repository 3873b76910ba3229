//! How long a module takes until it runs: to be decoded and validated, which makes its side table; and to be instantiated.
//!
//! `cargo bench -p tablature --bench startup`. Against other interpreters, and with modules from registries, the same is
//! measured by `cargo run --release -p xtask -- bench startup`.

#![allow(missing_docs, reason = "Criterion's macros make a function without")]

mod kernels;
mod modules;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use tablature::{Engine, Linker, Module, Store};

fn startup(criterion: &mut Criterion) {
    let engine = Engine::default();
    for measured in modules::modules() {
        // What needs a proposal that is not here yet is no module.
        let Ok(module) = Module::new(&engine, &measured.bytes) else { continue };
        let mut group = criterion.benchmark_group(format!("startup of {}", measured.name));
        group.throughput(Throughput::Bytes(measured.bytes.len() as u64));
        group.bench_function("decode, validate", |bencher| {
            bencher.iter(|| Module::new(&engine, black_box(&measured.bytes)).expect("it is valid"));
        });
        group.bench_function("instantiate", |bencher| {
            let mut linker = Linker::new(&engine);
            linker.define_unknown_imports_as_traps(&module).expect("every import can be one that traps");
            let linked = linker.instantiate_pre(&module).expect("nothing is missing");
            // A store goes with its instance, and that is not measured.
            let instantiate = |mut store: Store<()>| {
                linked.instantiate_without_start(&mut store).expect("there is memory enough");
                store
            };
            bencher.iter_batched(|| Store::new(&engine, ()), instantiate, BatchSize::SmallInput);
        });
        group.finish();
    }
}

criterion_group!(benches, startup);
criterion_main!(benches);
