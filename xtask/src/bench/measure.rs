//! Runs one child process and tells what it used.

use anyhow::{Context, Result, ensure};
use std::{
    io::Read,
    process::{Command, Stdio},
};
use wait4::Wait4;

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

/// Runs `command` to its end. It gets no input, and its standard error is ours. Ending with any
/// other status than success is an error.
pub fn run(command: &mut Command) -> Result<Outcome> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
    let mut output = Vec::new();
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut output).with_context(|| format!("cannot read what {command:?} prints"))?;
    }
    let end = child.wait4().with_context(|| format!("cannot wait for {command:?}"))?;
    ensure!(end.status.success(), "{command:?} failed: {}", end.status);
    Ok(Outcome {
        output,
        cpu_seconds: (end.rusage.utime + end.rusage.stime).as_secs_f64(),
        peak_bytes: end.rusage.maxrss,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn tells_output_and_use() {
        let outcome = run(Command::new("echo").arg("42")).expect("echo runs");
        assert_eq!(outcome.output, b"42\n");
        assert!(outcome.cpu_seconds < 10.0);
        assert!(outcome.peak_bytes > 0);
    }

    #[test]
    fn failing_is_an_error() {
        let error = run(&mut Command::new("false")).err().expect("false fails");
        assert_eq!(error.to_string(), "\"false\" failed: exit status: 1");
    }
}
