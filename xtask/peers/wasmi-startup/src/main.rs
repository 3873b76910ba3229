//! Prints the CPU time that wasmi needs to compile and to instantiate a module, as
//! `compile_seconds=…` and `instantiate_seconds=…`, each the median of a number of runs in this
//! process. Dropping what was made does not count.

#![forbid(unsafe_code)]

mod engine;

use anyhow::{Context, Result};
use clap::Parser;
use rustix::time::{ClockId, clock_gettime};
use std::{fs, hint::black_box, num::NonZeroU32, path::PathBuf};

#[derive(Parser)]
#[command(about)]
struct Arguments {
    /// When wasmi validates and translates functions
    #[arg(long, value_enum, default_value = "eager")]
    mode: engine::Mode,
    /// Instantiates the module, too; otherwise that takes 0 seconds
    #[arg(long)]
    instantiate: bool,
    /// How many times to do so
    #[arg(long, default_value = "1")]
    runs: NonZeroU32,
    /// The module, in the binary format
    module: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wasm = fs::read(&arguments.module)
        .with_context(|| format!("cannot read {}", arguments.module.display()))?;
    let mut compile = Vec::new();
    let mut instantiate = Vec::new();
    for _ in 0..arguments.runs.get() {
        let start = cpu_seconds();
        let module = engine::compile(&wasm, arguments.mode)?;
        let compiled = cpu_seconds();
        let instance = arguments
            .instantiate
            .then(|| engine::instantiate(&module))
            .transpose()?;
        let instantiated = cpu_seconds();
        black_box(instance);
        compile.push(compiled - start);
        instantiate.push(instantiated - compiled);
    }
    println!("compile_seconds={:.9}", median(compile));
    println!("instantiate_seconds={:.9}", median(instantiate));
    Ok(())
}

/// The user and system CPU time of this process so far, in seconds.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The median of `values`, of which there is at least one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = (values.len() - 1) / 2;
    (values[lower] + values[upper]) / 2.0
}
