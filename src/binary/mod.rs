//! The binary format: from bytes to the parts of a module, validated in the same pass.

#[cfg(feature = "alloc")]
mod customs;
mod error;
pub(crate) mod immediates;
pub(crate) mod parts;
mod reader;
mod sections;
mod segments;

pub use error::{ErrorKind, ModuleError};
pub(crate) use parts::Parts;
pub(crate) use reader::Reader;
pub(crate) use sections::parse;
