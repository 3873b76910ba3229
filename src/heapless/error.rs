//! What can go wrong, without a heap.

use super::Full;
use crate::binary::ModuleError;
use crate::trap::Trap;
use core::fmt;

/// Why a module, an instance or a call could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no valid module, or a list that describes it is too short.
    Module(ModuleError),
    /// A list is too short.
    Full(Full),
    /// What is given for this import, counted from 0, has another type, or nothing is given.
    Import(u32),
    /// An active segment does not fit its memory or table.
    Trap(Trap),
    /// The number of arguments is not that of the function's parameters.
    Arguments {
        /// How many it has.
        expected: u32,
    },
    /// What was to be called is the host function of this number: it is the caller's own.
    HostFunction(u32),
    /// A handle does not belong to this store.
    Handle,
    /// An execution is stopped: it must be resumed or given up first. Or none is, and nothing can be resumed.
    State,
    /// The state contradicts itself: a mistake of this crate, contained.
    Internal,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(error) => error.fmt(f),
            Self::Full(full) => full.fmt(f),
            Self::Import(place) => write!(f, "incompatible import type: import {place}"),
            Self::Trap(trap) => trap.fmt(f),
            Self::Arguments { expected } => write!(f, "the function has {expected} parameters"),
            Self::HostFunction(number) => write!(f, "host function {number} is the caller's own"),
            Self::Handle => f.write_str("a handle of another store was used with this store"),
            Self::State => f.write_str("no execution may be stopped here, or one must be"),
            Self::Internal => f.write_str("internal error: the execution state contradicts itself; please report it"),
        }
    }
}

impl core::error::Error for Error {}

impl From<ModuleError> for Error {
    fn from(error: ModuleError) -> Self {
        Self::Module(error)
    }
}

impl From<Full> for Error {
    fn from(full: Full) -> Self {
        Self::Full(full)
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}
