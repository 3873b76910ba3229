//! Programs that expect an operating system.
//!
//! The crate `tablature-wasi` has the functions of WASI preview 1 (`wasi_snapshot_preview1`, and the older
//! `wasi_unstable`). With its feature `tablature` they are defined in a linker with one call:
//!
//! ```text
//! [dependencies]
//! tablature = "0.1"
//! tablature-wasi = { version = "0.1", features = ["tablature"] }
//! ```
//!
//! ```ignore
//! use tablature::{Engine, Linker, Module, Store};
//! use tablature_wasi::{MemoryOutput, WasiCtx, add_to_linker, run_command};
//!
//! let engine = Engine::default();
//! let module = Module::from_file(&engine, "program.wasm")?;
//! let mut linker = Linker::new(&engine);
//! // The context may also be a part of the store's data: the closure finds it.
//! add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
//!
//! let output = MemoryOutput::new(1 << 20);
//! let ctx = WasiCtx::builder()
//!     .args(["program", "--verbose"])
//!     .env("LANG", "C.UTF-8")
//!     .stdout(&output)
//!     .preopened_dir("data", "/")
//!     .build()?;
//! let mut store = Store::new(&engine, ctx);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let exit = run_command(&mut store, instance)?;
//! std::process::exit(exit.code() as i32);
//! ```
//!
//! A program like this one is a test of `tablature-wasi`, on its first page of documentation; the code here is not
//! compiled, since that crate depends on this one.
//!
//! A guest has what the builder was told to give it, and nothing else: no arguments, no environment, no directory, and
//! streams that are empty and forget. Directories are capabilities, out of which no path, link or race leads.
//!
//! * A **command** exports `_start` and runs once: `run_command` says how it ended. `proc_exit` ends it through an
//!   error, which that function takes for what it is.
//! * A **reactor** exports functions that the embedder calls: `initialize_reactor` prepares it.
//! * **Time-outs** have two parts: [`Config::interruptible`](crate::Config::interruptible) stops a guest that computes,
//!   and `WasiCtxBuilder::interrupt` one that waits in a call of WASI.
//!
//! Examples of that crate: `captured` runs a program whose streams are variables of the host, `deterministic` one whose
//! time and chance repeat.
