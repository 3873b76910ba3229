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
//! For the engine `tablature` the loop is written already: the feature `tablature` brings `add_to_linker`.
//!
//! # What a guest can reach
//!
//! Only what the [`WasiCtxBuilder`] was told. Directories are capabilities (`cap-std`): no `..`, no absolute path, no
//! symbolic link and no race leads out of one. No address, length or count of a guest is trusted, and what a call
//! allocates has a fixed limit: mostly 64 KiB, for listing a directory a million names.

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
pub use self::tablature::add_to_linker;
pub use builder::WasiCtxBuilder;
pub use clock::VirtualClock;
pub use context::WasiCtx;
pub use errno::Errno;
pub use exit::Exit;
pub use functions::{Function, Type};
pub use memory::GuestMemory;
pub use snapshot::Snapshot;
pub use streams::{Input, MemoryOutput, Output};
pub use table::FUNCTIONS;
