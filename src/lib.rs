//! A WebAssembly interpreter that is generated from one table.
//!
//! `spec/instructions.toml` says of every opcode how it is encoded, what it takes from and leaves on the stack, what it
//! costs, how it can trap and which Rust function computes it. The build turns that into the decoder, the validator and
//! the engine. The result is safe Rust throughout (`forbid(unsafe_code)`) unless the feature `optimize` is on, counts fuel
//! exactly, never recurses on the host's stack for a guest's call, and can stop a guest at any instruction and go on later.
//!
//! # Embedding
//!
//! The vocabulary is that of wasmtime and wasmi: an [`Engine`] has the settings, a [`Module`] is validated code, a
//! [`Store`] holds [`Instance`]s and the embedder's data, a [`Linker`] finds imports by name.
//!
//! ```
//! use tablature::{Caller, Engine, Linker, Module, Store};
//!
//! let engine = Engine::default();
//! // (module
//! //   (import "host" "seen" (func $seen (param i32)))
//! //   (func (export "double") (param i32) (result i32)
//! //     (call $seen (local.get 0))
//! //     (i32.add (local.get 0) (local.get 0))))
//! let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x0a\x02\x60\x01\x7f\0\x60\x01\x7f\x01\x7f\
//!     \x02\x0d\x01\x04host\x04seen\0\0\x03\x02\x01\x01\x07\x0a\x01\x06double\0\x01\
//!     \x0a\x0d\x01\x0b\0\x20\0\x10\0\x20\0\x20\0\x6a\x0b")?;
//!
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "seen", |mut caller: Caller<'_, Vec<i32>>, n: i32| caller.data_mut().push(n))?;
//!
//! let mut store = Store::new(&engine, Vec::new());
//! let instance = linker.instantiate(&mut store, &module)?;
//! let double = instance.get_typed_func::<i32, i32>(&store, "double")?;
//! assert_eq!(double.call(&mut store, 21)?, 42);
//! assert_eq!(store.data(), &[21]);
//! # Ok::<(), tablature::Error>(())
//! ```
//!
//! # Fuel
//!
//! With [`Config::consume_fuel`], every instruction has a price in units of fuel ([`FuelCosts`], `docs/instructions.md`).
//! A guest with F units stops before the first instruction that costs more than is left, at the same instruction on
//! every machine and in every build. A call made with [`Func::call_resumable`] can then go on: give the store fuel and
//! call [`Suspended::resume`].
//!
//! # Limits
//!
//! [`Config::max_stack_size`] and [`Config::max_call_depth`] bound what a guest's calls take; beyond them the guest
//! traps with [`Trap::CallStackExhausted`]. [`ModuleLimits`] bounds modules. Memories and tables grow to the maximum
//! that their types say.
//!
//! # Without the standard library
//!
//! `default-features = false, features = ["alloc", …]` needs a heap and nothing else; without `alloc`, the engine works in
//! memory that the caller lends, down to microcontrollers: see [`heapless`]. Every proposal is a Cargo feature; a feature
//! that is off removes its opcodes from every generated part.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `std` (default) | the standard library |
//! | `alloc` | a heap; without it there is only [`heapless`] |
//! | `register` (default) | the register engine: faster, for more code and memory |
//! | `optimize` | its handlers without checks of their code, the one module that is not safe Rust ([`Dispatch`]) |
//! | `minimal`, `embedded` | sets of proposals for small machines |
//! | `floats`, `mutable-global`, `sign-extension`, `saturating-float-to-int`, `multi-value`, `bulk-memory`, `reference-types`, `extended-const`, `multi-memory`, `memory64`, `tail-call`, `custom-page-sizes` (all default) | proposals |

#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(not(feature = "optimize"), forbid(unsafe_code))]
#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]
#![deny(missing_docs)]
// What only some proposals use is not worth a condition on each function.
#![cfg_attr(
    not(all(
        feature = "std",
        feature = "floats",
        feature = "mutable-global",
        feature = "saturating-float-to-int",
        feature = "multi-value",
        feature = "bulk-memory",
        feature = "reference-types",
        feature = "multi-memory",
        feature = "memory64",
        feature = "tail-call",
    )),
    allow(dead_code, unused_imports, unused_variables)
)]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(feature = "alloc")]
mod api;
// No panic where guests' modules and guests are looked at: each exception has its reason beside it.
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod binary;
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod buf;
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod decode;
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod exec;
mod features;
mod fuel;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod heapless;
mod limits;
mod opcode;
mod proposal;
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod runtime;
mod semantics;
#[cfg(feature = "alloc")]
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod text;
#[cfg(feature = "register")]
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod translate;
mod trap;
mod types;
#[cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#[cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
mod validate;
mod witness;

#[cfg(feature = "alloc")]
pub use api::*;
pub use binary::{ErrorKind as ModuleErrorKind, ModuleError};
pub use fuel::{FuelClass, FuelCosts};
pub use limits::ModuleLimits;
pub use opcode::{Flow, Opcode, OpcodeInfo, Transitions};
pub use proposal::Proposal;
#[cfg(feature = "alloc")]
pub use text::IndexSpace;
pub use trap::Trap;
