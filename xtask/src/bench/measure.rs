//! Runs one child process and tells what it used.

use anyhow::{Context, Result, anyhow};
use std::{
    io::{self, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
};
use wait4::{ResUse, Wait4};

/// What a child process printed and used.
pub struct Outcome {
    /// Its standard output.
    pub output: Vec<u8>,
    /// The CPU time it took, user and system together, in seconds.
    pub cpu_seconds: f64,
    /// The most memory that it had resident at once, in bytes. It includes the few MiB of the
    /// process that started it.
    pub peak_bytes: u64,
}

/// A child process that has ended, and all that it printed.
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed to its standard output, and what it used.
    pub outcome: Outcome,
    /// What it printed to its standard error.
    pub errors: Vec<u8>,
}

/// The most characters of a message that are kept.
const MESSAGE: usize = 240;

/// Runs `command` to its end. It gets no input. Ending with any other status than success is an
/// error, whose root says the status and what the command says itself; otherwise what it printed to
/// its standard error goes to ours.
pub fn run(command: &mut Command) -> Result<Outcome> {
    let ended = end(command)?;
    if !ended.status.success() {
        let message = message(&String::from_utf8_lossy(&ended.errors));
        let separator = if message.is_empty() { "" } else { ": " };
        let reason = anyhow!("{}{separator}{message}", ended.status);
        return Err(reason.context(format!("{command:?} failed")));
    }
    io::stderr().write_all(&ended.errors).context("cannot write to the standard error")?;
    Ok(ended.outcome)
}

/// Runs `command` to its end, whichever that is. It gets no input.
pub fn end(command: &mut Command) -> Result<Ended> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let (output, errors) = printed(&mut child).with_context(|| format!("cannot read what {command:?} prints"))?;
    let ResUse { status, rusage } = child.wait4().with_context(|| format!("cannot wait for {command:?}"))?;
    let cpu_seconds = (rusage.utime + rusage.stime).as_secs_f64();
    Ok(Ended { status, outcome: Outcome { output, cpu_seconds, peak_bytes: rusage.maxrss }, errors })
}

/// What a process prints to its standard output and to its standard error. Both are read at once:
/// it would wait for us if one of them were full.
fn printed(child: &mut Child) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let errors = child.stderr.take().map(|pipe| thread::spawn(|| drain(pipe)));
    let output = child.stdout.take().map_or(Ok(Vec::new()), drain)?;
    let errors = errors.and_then(|reader| reader.join().ok()).unwrap_or(Ok(Vec::new()))?;
    Ok((output, errors))
}

/// All that comes out of `pipe`.
fn drain(mut pipe: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What `text` says, as one line that is not too long and without backtraces.
pub fn message(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| *line != "Stack backtrace:");
    let words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_short_lines() {
        let text = "Error: it failed\n\nCaused by:\n    no memory\n\nStack backtrace:\n   0: main\n";
        assert_eq!(message(text), "Error: it failed Caused by: no memory");
        let long = message(&"ä ".repeat(300));
        assert_eq!(long.chars().count(), MESSAGE + 1);
        assert!(long.ends_with('…'));
    }

    #[cfg(unix)]
    #[test]
    fn tells_output_and_use() {
        let outcome = run(Command::new("echo").arg("42")).expect("echo runs");
        assert_eq!(outcome.output, b"42\n");
        assert!(outcome.cpu_seconds < 10.0);
        assert!(outcome.peak_bytes > 0);
    }

    #[cfg(unix)]
    #[test]
    fn failing_is_an_error() {
        let error = run(&mut Command::new("false")).err().expect("false fails");
        assert_eq!(format!("{error:#}"), "\"false\" failed: exit status: 1");
        let error = run(Command::new("sh").args(["-c", "echo no >&2; exit 3"])).err().expect("it fails");
        assert_eq!(error.root_cause().to_string(), "exit status: 3: no");
    }
}
