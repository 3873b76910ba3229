//! What takes part in a comparison: a command line to which a module is added.

use super::{peers::Peer, places};
use anyhow::{Context, Result};
use std::{ffi::OsString, path::Path, process::Command};

/// One side of a comparison.
pub struct Contestant {
    /// What the tables call it.
    pub name: String,
    /// The program and what stands between it and the module.
    words: Vec<OsString>,
}

impl Contestant {
    /// A contestant called `name` whose command line starts with `words`.
    pub fn new(name: impl Into<String>, words: Vec<OsString>) -> Self {
        Self { name: name.into(), words }
    }

    /// A peer by its name, which is built if need be, or else a command line of words that are
    /// separated by spaces.
    pub fn parse(line: &str) -> Result<Self> {
        if let Some(peer) = Peer::named(line) {
            let mut words = vec![peer.build()?.into_os_string()];
            words.extend(peer.arguments.iter().map(OsString::from));
            return Ok(Self::new(peer.name, words));
        }
        let words = line.split_whitespace().map(OsString::from).collect();
        Ok(Self::new(line, words))
    }

    /// The command that this repository builds if `line` is absent; otherwise what `line` says.
    pub fn subject(line: Option<&str>) -> Result<Self> {
        match line {
            Some(line) => Self::parse(line),
            None => Ok(Self::new("tablature", vec![places::build_tablature()?.into_os_string()])),
        }
    }

    /// Adds `words` to the end of the command line, and to the name.
    pub fn add(&mut self, words: &[String]) {
        for word in words {
            self.words.push(word.into());
            self.name = format!("{} {word}", self.name);
        }
    }

    /// The command that runs `module`.
    pub fn command(&self, module: &Path) -> Result<Command> {
        let (program, arguments) = self.words.split_first().context("a command line is empty")?;
        let mut command = Command::new(program);
        command.args(arguments).arg(module);
        Ok(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_then_module() {
        let mut contestant = Contestant::parse("engine --fuel 7").expect("parses");
        contestant.add(&["--stats".to_owned()]);
        let command = contestant.command(Path::new("a b.wasm")).expect("not empty");
        assert_eq!(contestant.name, "engine --fuel 7 --stats");
        assert_eq!(format!("{command:?}"), r#""engine" "--fuel" "7" "--stats" "a b.wasm""#);
    }

    #[test]
    fn empty_line_is_an_error() {
        let contestant = Contestant::parse(" ").expect("parses");
        assert!(contestant.command(Path::new("a.wasm")).is_err());
    }
}
