//! The guest as a process: ending, signals, giving up the processor.

use crate::errno::Errno;
use crate::exit::{Exit, Failure};

/// Ends the program with a code.
pub(crate) fn proc_exit(code: u32) -> Exit {
    Exit::Code(code)
}

/// Sends the program a signal. Preview 1 has no handlers, so that a signal does what it does by default: it ends the
/// program, or nothing.
pub(crate) fn proc_raise(signal: u32) -> Result<(), Failure> {
    match signal {
        // None; pipe, child, urgent, window change, continue. Unlike in POSIX, a broken pipe is ignored.
        0 | 13 | 16 | 22 | 27 | 17 => Ok(()),
        // Stopping a program is nothing that a guest can do: stop, and the three of the terminal.
        18..=21 => Err(Errno::Notsup.into()),
        1..=30 => Err(Exit::Signal(signal as u8).into()),
        _ => Err(Errno::Inval.into()),
    }
}

/// Lets other threads of the host run.
pub(crate) fn sched_yield() -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}
