//! A WebAssembly interpreter generated from one table.

#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod api;
mod binary;
mod buf;
mod decode;
mod exec;
mod features;
mod fuel;
mod limits;
mod opcode;
mod proposal;
mod runtime;
mod semantics;
mod trap;
mod types;
mod validate;
mod witness;

pub use api::*;
pub use binary::{ErrorKind as ModuleErrorKind, ModuleError};
pub use fuel::{FuelClass, FuelCosts};
pub use limits::ModuleLimits;
pub use opcode::{Flow, Opcode, OpcodeInfo, Transitions};
pub use proposal::Proposal;
pub use trap::Trap;
