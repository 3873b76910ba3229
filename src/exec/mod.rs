//! Execution: the state that a stopped guest is, and the engine that moves it from stop to stop.
//!
//! Knows neither the embedder's data nor host functions: calling the host, growing and running out of fuel are
//! [`Exit`]s, which the owner of the [`Core`] answers.

mod core;
mod exit;
mod frame;
mod inplace;
#[cfg(test)]
mod lent_tests;
mod machine;
mod prices;
mod registers;
mod signatures;
mod state;

pub(crate) use self::core::Core;
pub(crate) use exit::Exit;
pub(crate) use frame::{EXPRESSION, Frame, Stack};
pub(crate) use machine::{Request, RequestKind};
pub(crate) use prices::Prices;
pub(crate) use registers::PADDING;
pub(crate) use state::{
    Bytes, FunctionRecord, InstanceEntry, MemoryInstance, ModuleData, ModuleRef, PoolRange, Segment, TableInstance,
};
