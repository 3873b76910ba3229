//! What embedders use, in the vocabulary of wasmtime and wasmi.

mod backtrace;
mod caller;
mod config;
mod context;
mod disassembly;
mod drive;
#[cfg(feature = "addr2line")]
mod dwarf;
mod engine;
mod error;
mod externs;
mod func;
mod global;
mod host;
mod instance;
mod interrupt;
mod limits;
mod linker;
mod memory;
mod module;
mod resumable;
mod stepping;
mod store;
mod table;
mod typed;
mod types;
mod val;

pub use backtrace::{FrameInfo, FrameSymbol, WasmBacktrace};
pub use caller::Caller;
#[cfg(feature = "register")]
pub use config::Dispatch;
pub use config::{CompilationMode, Config, Strategy};
pub use context::{AsContext, AsContextMut};
pub use disassembly::{FunctionInfo, IndexName, Instruction, Instructions, SectionInfo};
pub use drive::CallHook;
pub use engine::Engine;
pub use error::Error;
pub use externs::{Export, Extern, ExternType};
pub use func::Func;
pub use global::Global;
pub use host::{IntoFunc, WasmResults};
pub use instance::Instance;
pub use interrupt::InterruptHandle;
#[cfg(feature = "std")]
pub use interrupt::Timeout;
pub use limits::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use linker::{InstancePre, Linker};
pub use memory::{Memory, MemoryAccessError};
pub use module::{CustomSection, ExportType, FrameTypes, ImportType, Module, ModuleStats};
pub use resumable::{HostTrap, ResumableCall, Suspended, TypedResumableCall};
pub use stepping::Step;
pub use store::{Store, StoreStats};
pub use table::Table;
pub use typed::{TypedFunc, WasmParams, WasmTy};
pub use types::{FuncType, GlobalType, MemoryType, Mutability, RefType, TableType, ValType};
pub use val::{ExternRef, Ref, Val};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;
