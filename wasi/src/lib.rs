//! WASI preview 1 for any WebAssembly engine.
//!
//! This crate knows what the 46 functions of `wasi_snapshot_preview1` (and of the older `wasi_unstable`) do, and
//! nothing about engines. A [`WasiCtx`] holds what a guest has of the world: arguments, clocks, streams, directories.
//! [`FUNCTIONS`] is the one table of functions, each with its name, its type and a way to call it, so that an adapter
//! for an engine is a loop:
//!
//! ```
//! use tablature_wasi::{Errno, Function, Snapshot, WasiCtx};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! for snapshot in Snapshot::ALL {
//!     for function in snapshot.functions() {
//!         // Here an engine would define the function under these names, with `function.params`
//!         // and `function.results`.
//!         let _names = (snapshot.module(), function.name);
//!     }
//! }
//!
//! // And this is what it would do when a guest calls one.
//! let mut ctx = WasiCtx::builder().arg("program").build()?;
//! let mut memory = vec![0; 65536];
//! let function = Function::find("args_sizes_get").ok_or("no such function")?;
//! let errno = function.call(&mut ctx, Snapshot::Preview1, &mut memory, &[0, 4])?;
//! assert_eq!(errno, Errno::Success);
//! assert_eq!(memory[..8], [1, 0, 0, 0, 8, 0, 0, 0]);
//! # Ok(())
//! # }
//! ```
//!
//! A call returns an error number for the guest, or an [`Exit`], which ends the guest.
//!
//! # With the engine `tablature`
//!
//! For this engine the loop is written already. With the feature `tablature` there are `add_to_linker`, `run_command`
//! for programs, and `initialize_reactor` for modules whose functions the host calls:
//!
#![cfg_attr(feature = "tablature", doc = "```")]
#![cfg_attr(not(feature = "tablature"), doc = "```ignore")]
//! use tablature::{Engine, Linker, Module, Store};
//! use tablature_wasi::{Exit, MemoryOutput, WasiCtx, add_to_linker, run_command};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A program that prints a line and exits with code 7. Compilers produce the binary format directly.
//! let program = wat::parse_str(
//!     r#"(module
//!         (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
//!         (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
//!         (memory (export "memory") 1)
//!         (data (i32.const 0) "\08\00\00\00\06\00\00\00Hello\n")
//!         (func (export "_start")
//!             (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
//!             (call $proc_exit (i32.const 7))))"#,
//! )?;
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, program)?;
//! let mut linker = Linker::new(&engine);
//! add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
//!
//! // What this guest has of the world: an argument, an output of at most 1 MiB, and time and chance that repeat.
//! let output = MemoryOutput::new(1 << 20);
//! let ctx = WasiCtx::builder().arg("hello").stdout(&output).deterministic(42).build()?;
//! let mut store = Store::new(&engine, ctx);
//! let instance = linker.instantiate(&mut store, &module)?;
//!
//! assert_eq!(run_command(&mut store, instance)?, Exit::Code(7));
//! assert_eq!(output.contents(), b"Hello\n");
//! # Ok(())
//! # }
//! ```
//!
//! # What a guest can reach
//!
//! Only what the [`WasiCtxBuilder`] was told. Directories are capabilities (`cap-std`): no `..`, no absolute path, no
//! symbolic link and no race leads out of one. No address, length or count of a guest is trusted, and what a call
//! allocates has a fixed limit: mostly 64 KiB, for listing a directory a million names.
//!
//! | what | where it comes from |
//! |---|---|
//! | arguments, environment | [`arg`](WasiCtxBuilder::arg), [`env`](WasiCtxBuilder::env), [`inherit_env`](WasiCtxBuilder::inherit_env) |
//! | standard streams | [`Input`] and [`Output`]: nothing, memory, the host's, or any reader or writer |
//! | directories | [`preopened_dir`](WasiCtxBuilder::preopened_dir), [`preopened_dir_read_only`](WasiCtxBuilder::preopened_dir_read_only) |
//! | TCP sockets | [`preopened_listener`](WasiCtxBuilder::preopened_listener), [`preopened_stream`](WasiCtxBuilder::preopened_stream) |
//! | clocks | the host's, or a [`VirtualClock`], on which sleeping takes no time |
//! | random numbers | the system's, or [`random_seed`](WasiCtxBuilder::random_seed) |
//!
//! [`deterministic`](WasiCtxBuilder::deterministic) makes time and random numbers repeatable with one call. An
//! [`Interrupt`] ends a guest that waits.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod args;
mod buffers;
mod builder;
mod clock;
mod context;
mod descriptors;
mod directory;
mod errno;
mod exit;
mod fd;
mod file;
mod filestat;
mod flags;
mod functions;
mod interrupt;
mod io;
mod links;
mod memory;
mod open;
mod paths;
mod poll;
mod process;
mod random;
mod rights;
mod snapshot;
mod socket;
mod streams;
mod subscription;
#[cfg(feature = "tablature")]
mod tablature;
mod table;
mod wait;

#[cfg(feature = "tablature")]
pub use self::tablature::{add_to_linker, initialize_reactor, run_command};
pub use builder::WasiCtxBuilder;
pub use clock::VirtualClock;
pub use context::WasiCtx;
pub use errno::Errno;
pub use exit::Exit;
pub use functions::{Function, Type};
pub use interrupt::Interrupt;
pub use memory::GuestMemory;
pub use snapshot::Snapshot;
pub use streams::{Input, MemoryOutput, Output};
pub use table::FUNCTIONS;
