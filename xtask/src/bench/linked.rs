//! Engines that our own small programs link, to measure what no command of theirs shows.

use super::{contestant::Contestant, measure, places::build_own_peer};
use anyhow::Result;
use std::{ffi::OsString, path::Path, process::Command};

/// A program of the workspace `peers` beside this crate's sources. It compiles the module that it
/// is given, `--runs N` times, with `--instantiate` also instantiates it, and with `--call` calls
/// its first exported function. It prints the medians of the CPU times as `compile_seconds=…`,
/// `instantiate_seconds=…` and `call_seconds=…`. A further one is a row of [`OTHERS`].
struct Linked {
    /// Its name there.
    name: &'static str,
    /// Its ways to compile: what the tables call each, and its arguments.
    modes: &'static [(&'static str, &'static [&'static str])],
}

/// This repository's engine.
const OWN: Linked = Linked {
    name: "tablature-startup",
    modes: &[
        ("tablature", &["--mode", "lazy-translation"]),
        ("tablature, eager", &["--mode", "eager"]),
        ("tablature, lazy", &["--mode", "lazy"]),
    ],
};

/// In how many ways this repository's engine compiles.
pub const OWN_MODES: usize = OWN.modes.len();

/// All the others.
const OTHERS: &[Linked] = &[Linked {
    name: "wasmi-startup",
    modes: &[
        ("wasmi, eager", &["--mode", "eager"]),
        ("wasmi, lazy translation", &["--mode", "lazy-translation"]),
        ("wasmi, lazy", &["--mode", "lazy"]),
    ],
}];

/// The program of this repository's engine; `options` say how far it goes.
pub fn own(options: &[&str]) -> Result<Vec<Contestant>> {
    OWN.contestants(options)
}

/// The programs of all other engines.
pub fn others(options: &[&str]) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for linked in OTHERS {
        contestants.extend(linked.contestants(options)?);
    }
    Ok(contestants)
}

/// The CPU seconds that such a program printed, for all that it did; none if `output` is something
/// else.
pub fn seconds(output: &[u8]) -> Option<f64> {
    let text = str::from_utf8(output).ok()?;
    let value = |name| text.lines().find_map(|line: &str| line.strip_prefix(name));
    let seconds = |name| value(name)?.parse::<f64>().ok();
    Some(seconds("compile_seconds=")? + seconds("instantiate_seconds=")? + seconds("call_seconds=")?)
}

/// What this repository's engine makes of a module, if it translates all of it: names and bytes.
pub fn own_sizes(module: &Path) -> Result<Vec<(String, f64)>> {
    let mut command = Command::new(build_own_peer(OWN.name, "release")?);
    let outcome = measure::run(command.args(["--mode", "eager", "--sizes"]).arg(module))?;
    Ok(sizes(&outcome.output))
}

/// The sizes that such a program printed: names and bytes.
pub fn sizes(output: &[u8]) -> Vec<(String, f64)> {
    let size = |line: &str| {
        let (name, bytes) = line.split_once("_bytes=")?;
        Some((name.replace('_', " "), bytes.parse().ok()?))
    };
    str::from_utf8(output).unwrap_or_default().lines().filter_map(size).collect()
}

impl Linked {
    /// The program in all its modes, with `options`. It is built if need be.
    fn contestants(&self, options: &[&str]) -> Result<Vec<Contestant>> {
        let program = build_own_peer(self.name, "release")?;
        let contestant = |(name, arguments): &(&str, &[&str])| {
            let mut words = vec![program.clone().into_os_string()];
            words.extend(arguments.iter().chain(options).map(OsString::from));
            Contestant::new(*name, words)
        };
        Ok(self.modes.iter().map(contestant).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_programs_print() {
        let output = b"compile_seconds=0.25\ninstantiate_seconds=0.5\ncall_seconds=1.0\nregister_code_bytes=12\n";
        assert_eq!((seconds(output), sizes(output)), (Some(1.75), vec![("register code".to_owned(), 12.0)]));
        assert_eq!(seconds(b"compile_seconds=0.25\n"), None);
        assert_eq!(seconds(b"valid\n"), None);
        assert_eq!(seconds(b"\xFF"), None);
    }
}
