//! What embedders use, in the vocabulary of wasmtime and wasmi.

mod caller;
mod config;
mod context;
mod engine;
mod error;
mod externs;
mod func;
mod global;
mod host;
mod instance;
mod linker;
mod memory;
mod module;
mod resumable;
mod store;
mod table;
mod typed;
mod types;
mod val;

pub use caller::Caller;
pub use config::Config;
pub use context::{AsContext, AsContextMut};
pub use engine::Engine;
pub use error::{Error, FrameInfo, WasmBacktrace};
pub use externs::{Export, Extern, ExternType};
pub use func::Func;
pub use global::Global;
pub use host::{IntoFunc, WasmResults};
pub use instance::Instance;
pub use linker::Linker;
pub use memory::{Memory, MemoryAccessError};
pub use module::{CustomSection, ExportType, FrameTypes, ImportType, Module, ModuleStats};
pub use resumable::{ResumableCall, Suspended};
pub use store::Store;
pub use table::Table;
pub use typed::{TypedFunc, WasmParams, WasmTy};
pub use types::{FuncType, GlobalType, MemoryType, Mutability, RefType, TableType, ValType};
pub use val::{ExternRef, Ref, Val};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;
