//! Runs a WASI command in an engine that has no command of its own, or one that lacks directories
//! under other names.
//!
//! A program says how its engine runs a module ([`Engine`]) and calls [`main`]. The command line,
//! what the guest has of the world, and how it ends are here, once for all engines.

#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use clap::Parser;
use std::{fs, path::PathBuf, process::exit};
pub use tablature_wasi::{Errno, Exit, Function, GuestMemory, Snapshot, Type, WasiCtx};

/// An engine that can run programs.
pub trait Engine {
    /// Instantiates the module `wasm` with the functions of WASI ([`functions`]), which work on
    /// `wasi`, and calls `_start`. A program that returns from it has ended with the code 0.
    fn run(wasm: Vec<u8>, wasi: WasiCtx) -> Result<Exit>;
}

/// The command line of such a program; the options are those of this repository's command.
#[derive(Parser)]
#[command(about = "Runs a WebAssembly program with WASI preview 1")]
struct Arguments {
    /// Lets the program use a directory, under another name if one is given
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = directory)]
    dir: Vec<(String, String)>,
    /// Sets an environment variable of the program
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// What the program takes for its own name [default: the module's path]
    #[arg(long, value_name = "NAME")]
    argv0: Option<String>,
    /// The module, in the binary format
    module: PathBuf,
    /// The program's arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// Runs what the command line says in the engine `E`. The program's exit code is the process's; an
/// error is one line, which the benchmark shows.
pub fn main<E: Engine>() -> ! {
    match run::<E>(&Arguments::parse()) {
        Ok(ended) => exit(ended.code() as i32),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit(1)
        }
    }
}

/// Runs a program to its end.
fn run<E: Engine>(arguments: &Arguments) -> Result<Exit> {
    let wasm = fs::read(&arguments.module).with_context(|| format!("cannot read {}", arguments.module.display()))?;
    let wasi = arguments.wasi().context("cannot give the program what was asked for")?;
    E::run(wasm, wasi)
}

/// Every function that a program can import, with the edition of WASI it belongs to.
pub fn functions() -> impl Iterator<Item = (Snapshot, &'static Function)> {
    Snapshot::ALL.into_iter().flat_map(|snapshot| snapshot.functions().map(move |function| (snapshot, function)))
}

impl Arguments {
    /// What the program has of the world.
    fn wasi(&self) -> Result<WasiCtx> {
        let name = self.argv0.clone().unwrap_or_else(|| self.module.display().to_string());
        let mut builder = WasiCtx::builder();
        builder.inherit_stdio().arg(name).args(&self.arguments);
        for (name, value) in &self.env {
            builder.env(name, value);
        }
        for (host, guest) in &self.dir {
            builder.preopened_dir(host, guest);
        }
        Ok(builder.build()?)
    }
}

/// A directory of the host, and what the program calls it.
fn directory(text: &str) -> Result<(String, String)> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    Ok((host.to_owned(), guest.to_owned()))
}

/// A name and a value.
fn variable(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').context("there is no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}
