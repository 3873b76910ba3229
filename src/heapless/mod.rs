//! The engine without a heap: modules, instances and executions live in memory that the caller lends.
//!
//! It is there in every build, and all there is without the features `std` and `alloc`. A module's bytes stay where they
//! are, for example in flash. What is known of it, and all that changes, stands in lists that the caller lends: [`ModuleLists`],
//! [`ValidationLists`] (needed while a module is validated, and free again afterwards) and [`StoreLists`]. Each list
//! has a name; a list that is too short is an error that says which one and how many items it needs ([`Full`]).
//!
//! There are no callbacks: when a guest calls a host function, [`Store::call`] returns [`Outcome::Host`], the caller does
//! what was asked for, and [`Store::resume`] goes on. Running out of fuel is the same.
//!
//! ```
//! use tablature::heapless::{
//!     Body, Export, Extern, Frame, FunctionEntry, FunctionRecord, Import, InstanceEntry, Module, ModuleLists, Outcome,
//!     SignatureEntry, Store, StoreLists, TypeEntry, ValType, ValidationBlock, ValidationLists,
//! };
//!
//! // (module (import "host" "twice" (func $twice (param i32) (result i32)))
//! //   (func (export "run") (param i32) (result i32) (call $twice (i32.add (local.get 0) (i32.const 1)))))
//! static BYTES: &[u8] = b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x02\x0e\x01\x04host\x05twice\0\0\
//!     \x03\x02\x01\0\x07\x07\x01\x03run\0\x01\x0a\x0b\x01\x09\0\x20\0\x41\x01\x6a\x10\0\x0b";
//!
//! let lists = ModuleLists {
//!     types: &mut [TypeEntry::EMPTY; 1],
//!     value_types: &mut [ValType::I32; 2],
//!     imports: &mut [Import::EMPTY; 1],
//!     functions: &mut [FunctionEntry::EMPTY; 2],
//!     exports: &mut [Export::EMPTY; 1],
//!     bodies: &mut [Body::EMPTY; 1],
//!     ..ModuleLists::default()
//! };
//! let scratch = ValidationLists {
//!     locals: &mut [ValType::I32; 1],
//!     operands: &mut [ValType::I32; 2],
//!     blocks: &mut [ValidationBlock::EMPTY; 1],
//! };
//! let module = Module::new(BYTES, lists, scratch)?;
//!
//! let lists = StoreLists {
//!     instances: &mut [InstanceEntry::EMPTY; 1],
//!     indices: &mut [0; 3],
//!     functions: &mut [FunctionRecord::EMPTY; 2],
//!     signatures: &mut [SignatureEntry::EMPTY; 1],
//!     signature_types: &mut [ValType::I32; 2],
//!     signature_order: &mut [0; 1],
//!     values: &mut [0; 16 + tablature::heapless::VALUES_SLACK],
//!     frames: &mut [Frame::EMPTY; 4],
//!     ..StoreLists::default()
//! };
//! let mut store = Store::new(lists);
//! let twice = store.host_function(&[ValType::I32], &[ValType::I32], 7)?;
//! let instance = store.instantiate(&module, &[twice])?;
//! let run = store.function(instance, "run").expect("it is exported");
//!
//! let mut outcome = store.call(run, &[20])?;
//! while let Outcome::Host(7) = outcome {
//!     let slots = store.host_slots();
//!     slots[0] *= 2;
//!     outcome = store.resume()?;
//! }
//! assert_eq!((outcome, store.results()), (Outcome::Finished, &[42][..]));
//! # Ok::<(), tablature::heapless::Error>(())
//! ```

mod error;
mod lists;
mod module;
mod store;

#[cfg(test)]
mod tests;

pub use crate::binary::parts::{
    Body, DataSegment, ElementSegment, Export, FunctionEntry, GlobalEntry, Import, TableEntry, TypeEntry,
};
pub use crate::buf::{Full, List};
pub use crate::exec::{
    Frame, FunctionRecord, InstanceEntry, MemoryInstance, SLACK as VALUES_SLACK, Segment, SignatureEntry, TableInstance,
};
pub use crate::runtime::Extern;
pub use crate::semantics::Reference;
pub use crate::types::{GlobalType, MemoryType, Type as ValType};
pub use crate::validate::{ControlFrame as ValidationBlock, SideEntry, WideBranch};
pub use error::Error;
pub use lists::{ModuleLists, StoreLists, ValidationLists};
pub use module::Module;
#[cfg(feature = "alloc")]
pub use module::Requirements;
pub use store::{Func, Instance, Outcome, Store};
