//! Large programs of registries, which `scripts/programs` fetches, runs on small work and checks.

use super::{
    contestant::Contestant,
    measure::{self, Outcome},
    places,
};
use crate::profile;
use anyhow::{Context, Result, bail};
use std::{fs, io::ErrorKind, path::PathBuf, process::Command};

/// A program that the script knows.
pub struct Listed {
    /// What the script calls it.
    pub name: String,
}

/// All of them, in the script's order.
pub fn list() -> Result<Vec<Listed>> {
    let output = measure::run(script().arg("--list")).context("cannot list programs of registries")?.output;
    Ok(names(&String::from_utf8_lossy(&output)).map(|name| Listed { name: name.to_owned() }).collect())
}

/// The first word of each line.
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter_map(|line| line.split_whitespace().next())
}

/// The script, which works in the repository.
fn script() -> Command {
    Command::new(places::repository().join("scripts/programs"))
}

impl Listed {
    /// Whether pairs of register instructions were derived from it, so that it flatters this
    /// repository's engine.
    pub fn is_in_corpus(&self) -> bool {
        profile::PROGRAMS.contains(&self.name.as_str())
    }

    /// Runs it once; the script checks what it prints. The time is that of the contestant alone, the
    /// memory the greatest of all that the script starts.
    pub fn run(&self, contestant: &Contestant) -> Result<Outcome> {
        let times = times()?;
        let mut script = script();
        script.arg(&self.name).env("TABLATURE", contestant.line_with_directories()?);
        let ended = measure::end(script.env("TABLATURE_SECONDS", &times))?;
        if !ended.status.success() {
            let text = [ended.outcome.output, ended.errors].concat();
            bail!("{}", failure(&String::from_utf8_lossy(&text)));
        }
        let text = fs::read_to_string(&times).with_context(|| format!("cannot read {}", times.display()))?;
        let cpu_seconds = sum(&text).with_context(|| format!("{} has not the form it should have", times.display()))?;
        Ok(Outcome { cpu_seconds, ..ended.outcome })
    }
}

/// The file that the script writes times to, which is not there yet.
fn times() -> Result<PathBuf> {
    let path = places::peers("programs")?.join("seconds");
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(path),
    }
}

/// The sum of all numbers in `text`; none if there are none, or if something else is there.
fn sum(text: &str) -> Option<f64> {
    let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    (!numbers.is_empty()).then(|| numbers.iter().sum())
}

/// Why the script failed, by what it printed: what stands between the line of the program and the
/// difference between what it printed and what it should have.
fn failure(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains(" FAILED "));
    let lines: Vec<_> = lines.take_while(|line| !line.starts_with("--- ") && !line.ends_with(" failed")).collect();
    match lines.as_slice() {
        [] => "wrong output".to_owned(),
        lines => measure::message(&lines.join("\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_first_words() {
        let list = "python   CPython 3.12.0 (C)  pypi\nsqlite   SQLite 3.42.0 (C)   pypi\n";
        assert_eq!(names(list).collect::<Vec<_>>(), ["python", "sqlite"]);
    }

    #[test]
    fn times_are_added() {
        assert_eq!(sum("0.250 0.500\n1.000 0.250\n"), Some(2.0));
        assert_eq!(sum(""), None);
        assert_eq!(sum("0.250 s\n"), None);
    }

    #[test]
    fn failures_are_what_the_engine_says() {
        let text = "gcc  FAILED  1.27 s  GCC\nexit code 1\nerror: no\n--- expected\n+++ printed\n0 passed, 1 failed\n";
        assert_eq!(failure(text), "exit code 1 error: no");
        let text = "gcc  FAILED  1.27 s  GCC\n--- expected\n+++ printed\n0 passed, 1 failed\n";
        assert_eq!(failure(text), "wrong output");
        let text = "error: fetching gcc needs npm\n";
        assert_eq!(failure(text), "error: fetching gcc needs npm");
    }
}
