//! Prints the CPU time that an engine needs to compile and to instantiate a module and to call a
//! function of it, as `compile_seconds=…`, `instantiate_seconds=…` and `call_seconds=…`, each the
//! median of a number of runs in this process. Dropping what was made does not count.
//!
//! A program says how its engine does both ([`Engine`]) and calls [`measure`]; everything that
//! decides about a fair comparison is here, once for all engines.

#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use clap::{Args, Parser};
use rustix::time::{ClockId, clock_gettime};
use std::{fs, hint::black_box, num::NonZeroU32, path::PathBuf};

/// An engine whose start-up can be measured.
pub trait Engine {
    /// Options of the command line that say how to compile; `()` where there is only one way.
    type Options: Args;
    /// A compiled module.
    type Module;
    /// An instance, with the store that keeps it alive.
    type Instance;

    /// Compiles `wasm` with a new engine.
    fn compile(wasm: &[u8], options: &Self::Options) -> Result<Self::Module>;

    /// Instantiates `module` in a new store, with a stand-in for each of its imports: functions
    /// that trap, and everything else as empty as it may be. A start function runs, and is expected
    /// not to call an import.
    fn instantiate(module: &Self::Module) -> Result<Self::Instance>;

    /// Calls the first function that is exported, if there is one, with zeros. Whether it returns or
    /// traps is all the same.
    fn call_first(instance: &mut Self::Instance);

    /// What `module` takes, in bytes, as far as the engine tells: names and sizes.
    fn sizes(_module: &Self::Module) -> Vec<(&'static str, usize)> {
        Vec::new()
    }
}

/// The command line of such a program.
#[derive(Parser)]
#[command(about = "Prints the CPU time that an engine needs to compile, to instantiate and to call a module")]
struct Arguments<O: Args> {
    #[command(flatten)]
    options: O,
    /// Instantiates the module, too; otherwise that takes 0 seconds
    #[arg(long)]
    instantiate: bool,
    /// Instantiates it and calls the first function that it exports; otherwise that takes 0 seconds
    #[arg(long)]
    call: bool,
    /// Prints how many bytes the module takes, as `NAME_bytes=…`
    #[arg(long)]
    sizes: bool,
    /// How many times to do so
    #[arg(long, default_value = "1")]
    runs: NonZeroU32,
    /// The module, in the binary format
    module: PathBuf,
}

/// Does what the command line says with the engine `E`, and prints the times.
pub fn measure<E: Engine>() -> Result<()> {
    let arguments = Arguments::<E::Options>::parse();
    let wasm = fs::read(&arguments.module).with_context(|| format!("cannot read {}", arguments.module.display()))?;
    let mut compile = Vec::new();
    let mut instantiate = Vec::new();
    let mut call = Vec::new();
    for _ in 0..arguments.runs.get() {
        let start = cpu_seconds();
        let module = E::compile(&wasm, &arguments.options)?;
        let compiled = cpu_seconds();
        let wants_instance = arguments.instantiate || arguments.call;
        let mut instance = wants_instance.then(|| E::instantiate(&module)).transpose()?;
        let instantiated = cpu_seconds();
        if let Some(instance) = instance.as_mut().filter(|_| arguments.call) {
            E::call_first(instance);
        }
        let called = cpu_seconds();
        black_box(instance);
        compile.push(compiled - start);
        instantiate.push(instantiated - compiled);
        call.push(called - instantiated);
    }
    println!("compile_seconds={:.9}", median(compile));
    println!("instantiate_seconds={:.9}", median(instantiate));
    println!("call_seconds={:.9}", median(call));
    if arguments.sizes {
        let module = E::compile(&wasm, &arguments.options)?;
        E::sizes(&module).iter().for_each(|(name, bytes)| println!("{name}_bytes={bytes}"));
    }
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
