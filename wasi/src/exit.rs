//! How a call can leave its guest for good, and what a function can fail with.

use crate::errno::Errno;
use std::error::Error;
use std::fmt;

/// Why a guest does not go on after a call.
///
/// An engine treats it like a trap that unwinds the whole program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// The guest ended itself with `proc_exit`.
    Code(u32),
    /// The guest sent itself a signal that ends a process.
    Signal(u8),
    /// An [`Interrupt`](crate::Interrupt) or the hook of [`WasiCtxBuilder::interrupt_when`] ended a call that waited.
    /// The call has had no effect, so that the engine may make it again.
    ///
    /// [`WasiCtxBuilder::interrupt_when`]: crate::WasiCtxBuilder::interrupt_when
    Interrupted,
}

impl Exit {
    /// The code for the host's process to exit with: the guest's own, or 128 plus the signal as shells count, which is
    /// 130 after an interruption.
    pub fn code(self) -> u32 {
        match self {
            Exit::Code(code) => code,
            Exit::Signal(signal) => 128 + u32::from(signal),
            // What a shell shows for the signal of an interrupt key.
            Exit::Interrupted => 130,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "the program exited with code {code}"),
            Exit::Signal(signal) => write!(f, "the program ended itself with signal {signal}"),
            Exit::Interrupted => write!(f, "a call that waited was interrupted"),
        }
    }
}

impl Error for Exit {}

/// What functions that may end the guest return instead of an [`Errno`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Errno(Errno),
    Exit(Exit),
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure::Errno(errno)
    }
}

impl From<Exit> for Failure {
    fn from(exit: Exit) -> Failure {
        Failure::Exit(exit)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Errno(error.into())
    }
}
