//! How errors are shown, and the process's exit code for each.

use std::io::{self, Write as _};

/// The exit code for everything that has none of its own.
pub const FAILURE: i32 = 1;
/// The exit code when the fuel ran out: that of `timeout(1)`.
const OUT_OF_FUEL: i32 = 124;
/// The exit code for a trap: what a shell shows for a process that was aborted.
const TRAP: i32 = 134;
/// The exit code when nobody reads standard output any more: what a shell shows for SIGPIPE.
const CLOSED_PIPE: i32 = 141;

/// Shows an error on standard error, with its causes and where the guest stood, and gives the exit code.
pub fn report(error: &anyhow::Error) -> i32 {
    if is_closed_pipe(error) {
        return CLOSED_PIPE;
    }
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    let guest = error.chain().find_map(|cause| cause.downcast_ref::<tablature::Error>());
    if let Some(backtrace) = guest.and_then(tablature::Error::backtrace) {
        text.push_str(&format!("{backtrace}\n"));
    }
    note(&text);
    match guest {
        Some(guest) if guest.is_out_of_fuel() => OUT_OF_FUEL,
        Some(guest) if guest.trap().is_some() => TRAP,
        _ => FAILURE,
    }
}

/// Writes to standard error; where that is closed there is nobody to tell.
pub fn note(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes to standard output.
pub fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
