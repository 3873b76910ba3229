//! Engines that our own small programs link, to measure what no command of theirs shows.

use super::{contestant::Contestant, places::build_own_peer};
use anyhow::Result;
use std::ffi::OsString;

/// A program of the workspace `peers` beside this crate's sources. It compiles the module that it
/// is given, `--runs N` times, and with `--instantiate` also instantiates it. It prints the medians
/// of the CPU times as `compile_seconds=…` and `instantiate_seconds=…`. A further one is a row of
/// [`OTHERS`].
struct Linked {
    /// Its name there.
    name: &'static str,
    /// Its ways to compile: what the tables call each, and its arguments.
    modes: &'static [(&'static str, &'static [&'static str])],
}

/// This repository's engine.
const OWN: Linked = Linked { name: "tablature-startup", modes: &[("tablature", &[])] };

/// All the others.
const OTHERS: &[Linked] = &[Linked {
    name: "wasmi-startup",
    modes: &[
        ("wasmi, eager", &["--mode", "eager"]),
        ("wasmi, lazy translation", &["--mode", "lazy-translation"]),
        ("wasmi, lazy", &["--mode", "lazy"]),
    ],
}];

/// The program of this repository's engine.
pub fn own(instantiate: bool) -> Result<Vec<Contestant>> {
    OWN.contestants(instantiate)
}

/// The programs of all other engines.
pub fn others(instantiate: bool) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for linked in OTHERS {
        contestants.extend(linked.contestants(instantiate)?);
    }
    Ok(contestants)
}

/// The CPU seconds, for compiling and perhaps instantiating together, that such a program printed; none if
/// `output` is something else.
pub fn seconds(output: &[u8]) -> Option<f64> {
    let text = str::from_utf8(output).ok()?;
    let value = |name| text.lines().find_map(|line: &str| line.strip_prefix(name));
    let compile: f64 = value("compile_seconds=")?.parse().ok()?;
    let instantiate: f64 = value("instantiate_seconds=")?.parse().ok()?;
    Some(compile + instantiate)
}

impl Linked {
    /// The program in all its modes, which only compiles or also instantiates. It is built if need
    /// be.
    fn contestants(&self, instantiate: bool) -> Result<Vec<Contestant>> {
        let program = build_own_peer(self.name, "release")?;
        let contestant = |(name, arguments): &(&str, &[&str])| {
            let mut words = vec![program.clone().into_os_string()];
            words.extend(arguments.iter().map(OsString::from));
            words.extend(instantiate.then(|| "--instantiate".into()));
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
        let output = b"compile_seconds=0.25\ninstantiate_seconds=0.5\n";
        assert_eq!(seconds(output), Some(0.75));
        assert_eq!(seconds(b"compile_seconds=0.25\n"), None);
        assert_eq!(seconds(b"valid\n"), None);
        assert_eq!(seconds(b"\xFF"), None);
    }
}
