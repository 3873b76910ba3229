//! Execution: the state that a stopped guest is, and the engine that moves it from stop to stop.
//!
//! Knows neither the embedder's data nor host functions: calling the host, growing and running out of fuel are
//! [`Exit`]s, which the owner of the [`Core`] answers.

mod core;
mod exit;
mod frame;
mod hand_over;
mod inplace;
mod machine;
mod prices;
#[cfg(feature = "register")]
mod register;
mod registers;
mod request;
mod signatures;
mod state;

pub(crate) use self::core::Core;
pub(crate) use exit::{Exit, Refusal};
pub(crate) use frame::{EXPRESSION, Position, Stack};
pub use frame::{Frame, SLACK};
#[cfg(feature = "register")]
pub(crate) use hand_over::HandOver;
pub(crate) use prices::Prices;
#[cfg(feature = "profile")]
pub(crate) use register::INSTRUCTIONS;
#[cfg(feature = "register")]
pub(crate) use register::{MOST_FIELDS, RegisterFunctions, Shape, WINDOW, WarmUp, number, pair_of};
#[cfg(feature = "alloc")]
pub(crate) use registers::PADDING;
pub(crate) use request::{Request, RequestKind};
pub use signatures::SignatureEntry;
pub(crate) use signatures::Signatures;
pub(crate) use state::{Bytes, ModuleData, ModuleRef, PoolRange};
pub use state::{FunctionRecord, InstanceEntry, MemoryInstance, Segment, TableInstance};

/// Whether the handlers of this build jump to each other, unless the probe that finds out counts as failed; nothing where
/// it has none, and loops execute.
#[cfg(feature = "alloc")]
pub(crate) fn handlers_jump(probe_fails: bool) -> Option<bool> {
    #[cfg(tail_calls)]
    return Some(!probe_fails && inplace::tail_calls_hold());
    #[cfg(not(tail_calls))]
    {
        let _ = probe_fails;
        None
    }
}
