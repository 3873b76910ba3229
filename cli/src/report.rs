//! How errors are shown, and the process's exit code for each.

use std::io::{self, Write as _};
use tablature::Trap;
use tablature_wasi::Exit;

/// The exit code for everything that has none of its own.
pub const FAILURE: i32 = 1;
/// The exit code when the fuel ran out: that of `timeout(1)`.
const OUT_OF_FUEL: i32 = 124;
/// The exit code when the time was over: what a shell shows for SIGALRM.
pub const TIME_OVER: i32 = 142;
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
    text.push_str(advice(guest));
    note(&text);
    match guest {
        Some(guest) if guest.is_out_of_fuel() => OUT_OF_FUEL,
        Some(guest) if is_time_over(guest) => TIME_OVER,
        Some(guest) if guest.trap().is_some() => TRAP,
        _ => FAILURE,
    }
}

/// What a user can do about an error; empty where there is nothing to say.
fn advice(guest: Option<&tablature::Error>) -> &'static str {
    match guest.and_then(tablature::Error::trap) {
        Some(Trap::CallStackExhausted) => "note: --max-stack lets calls go deeper (8M if nothing is said)\n",
        _ => "",
    }
}

fn is_time_over(guest: &tablature::Error) -> bool {
    guest.is_interrupted() || guest.downcast_ref::<Exit>() == Some(&Exit::Interrupted)
}

/// Writes to standard error; where that is closed there is nobody to tell.
pub fn note(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes to standard output.
pub fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes to standard output what may not be text.
pub fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
