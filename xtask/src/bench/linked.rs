//! Engines that our own small programs link, to measure what no command of theirs shows.

use super::{
    contestant::Contestant,
    places::{cargo, own_peers, peers, program, succeed},
};
use anyhow::{Context, Result};
use std::{ffi::OsString, path::PathBuf};

/// A program in a folder beside this crate's sources, a workspace of its own. It compiles the
/// module that it is given, `--runs N` times, and with `--instantiate` also instantiates it. It
/// prints the medians of the CPU times as `compile_seconds=…` and `instantiate_seconds=…`. A further
/// one is a row of [`LINKED`].
struct Linked {
    /// The name of the folder and of the program.
    name: &'static str,
    /// Its ways to compile: what the tables call each, and its arguments.
    modes: &'static [(&'static str, &'static [&'static str])],
}

/// All of them.
const LINKED: &[Linked] = &[Linked {
    name: "wasmi-startup",
    modes: &[
        ("wasmi, eager", &["--mode", "eager"]),
        ("wasmi, lazy translation", &["--mode", "lazy-translation"]),
        ("wasmi, lazy", &["--mode", "lazy"]),
    ],
}];

/// All programs in all their modes, which only compile or also instantiate. They are built if need
/// be.
pub fn contestants(instantiate: bool) -> Result<Vec<Contestant>> {
    let mut contestants = Vec::new();
    for linked in LINKED {
        let program = linked.build()?;
        for (name, arguments) in linked.modes {
            let mut words = vec![program.clone().into_os_string()];
            words.extend(arguments.iter().map(OsString::from));
            words.extend(instantiate.then(|| "--instantiate".into()));
            contestants.push(Contestant::new(*name, words));
        }
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
    /// The path of the program, which is built if need be.
    fn build(&self) -> Result<PathBuf> {
        let target = peers(self.name)?;
        let mut cargo = cargo();
        cargo.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]);
        cargo.arg(own_peers().join(self.name).join("Cargo.toml"));
        cargo.arg("--target-dir").arg(&target);
        succeed(&mut cargo).with_context(|| format!("cannot build {}", self.name))?;
        Ok(program(&target.join("release"), self.name))
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
