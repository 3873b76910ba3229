//! Instances: making them from modules and imports.

mod instantiate;
mod link;

pub(crate) use instantiate::InstantiateError;
pub use link::Extern;
