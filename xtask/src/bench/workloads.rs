//! Small programs to run: WASI commands in a folder, with the output that each must print.

use super::{
    contestant::Contestant,
    measure::{self, Outcome},
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

/// The sizes that the expected outputs were made with, by program. A program that is not listed
/// runs without an argument, and a file `NAME.args` says otherwise.
const ARGUMENTS: &[(&str, &str)] = &[
    ("binarytrees", "15"),
    ("fib", "37"),
    ("hashmap", "2000000"),
    ("json", "4"),
    ("mandelbrot", "1200"),
    ("nbody", "1000000"),
    ("sha256", "8"),
    ("simd_mandel", "2000"),
    ("statemachine", "60"),
    ("vcall", "10000000"),
];

/// Programs that need a proposal which not every build or peer has: they run only if they are
/// asked for by name.
const ON_DEMAND: &[&str] = &["simd_mandel"];

/// A program to run.
pub struct Workload {
    /// Its name, without an ending.
    pub name: String,
    /// The module.
    pub module: PathBuf,
    /// What it is called with.
    pub arguments: Vec<String>,
    /// What it must print.
    pub expected: Vec<u8>,
}

impl Workload {
    /// Runs it once and checks what it prints.
    pub fn run(&self, contestant: &Contestant) -> Result<Outcome> {
        let mut command = contestant.command(&self.module)?;
        let outcome = measure::run(command.args(&self.arguments))?;
        let right = outcome.output == self.expected;
        ensure!(right, "wrong output: {}", difference(&outcome.output, &self.expected));
        Ok(outcome)
    }
}

/// The programs in `folder`, by name: those of `only`, or if that is empty all but the few that
/// run only on demand.
pub fn find(folder: &Path, only: &[String]) -> Result<Vec<Workload>> {
    let present = names(folder)?;
    for name in only {
        ensure!(
            present.contains(name),
            "{} has no program {name}; it has {present:?} (--programs adds those of registries)",
            folder.display()
        );
    }
    let wanted = |name: &String| match only {
        [] => !ON_DEMAND.contains(&name.as_str()),
        only => only.contains(name),
    };
    let found = present.iter().filter(|name| wanted(name));
    let found = found.map(|name| load(folder, name)).collect::<Result<Vec<_>>>()?;
    ensure!(!found.is_empty(), "no programs in {}", folder.display());
    Ok(found)
}

/// The names of the modules in `folder`.
fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let context = || format!("cannot list {} (--workloads gives another folder)", folder.display());
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        if path.extension() == Some(OsStr::new("wasm"))
            && let Some(name) = path.file_stem().and_then(OsStr::to_str)
        {
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}

/// The program `name` with its arguments and expected output.
fn load(folder: &Path, name: &str) -> Result<Workload> {
    let output = folder.join(name).with_extension("out");
    Ok(Workload {
        name: name.to_owned(),
        module: folder.join(name).with_extension("wasm"),
        arguments: arguments(folder, name)?,
        expected: fs::read(&output).with_context(|| format!("cannot read {}", output.display()))?,
    })
}

/// What the program `name` is called with.
fn arguments(folder: &Path, name: &str) -> Result<Vec<String>> {
    let path = folder.join(name).with_extension("args");
    let line = if path.is_file() {
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?
    } else {
        let listed = ARGUMENTS.iter().find(|(program, _)| *program == name);
        listed.map_or("", |(_, argument)| argument).to_owned()
    };
    Ok(line.split_whitespace().map(str::to_owned).collect())
}

/// The first line in which `output` is not what was expected.
fn difference(output: &[u8], expected: &[u8]) -> String {
    let (output, expected) = (String::from_utf8_lossy(output), String::from_utf8_lossy(expected));
    let pairs = output.split_inclusive('\n').zip(expected.split_inclusive('\n'));
    let same = pairs.take_while(|(line, wanted)| line == wanted).count();
    let line = |text: &str| text.split_inclusive('\n').nth(same).unwrap_or_default().to_owned();
    format!("line {} is {:?} instead of {:?}", same + 1, line(&output), line(&expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_the_first_line() {
        assert_eq!(difference(b"a\nb\nc", b"a\nB\nC"), r#"line 2 is "b\n" instead of "B\n""#);
        assert_eq!(difference(b"a\nfuel: 7\n", b"a\n"), r#"line 2 is "fuel: 7\n" instead of """#);
        assert_eq!(difference(b"a", b"a\n"), r#"line 1 is "a" instead of "a\n""#);
    }
}
