//! What takes part in a comparison: a command line to which a module is added.

use super::{peers::Peer, places};
use anyhow::{Context, Result, ensure};
use std::{
    ffi::OsString,
    path::{self, Path},
    process::Command,
};

/// One side of a comparison.
pub struct Contestant {
    /// What the tables call it.
    pub name: String,
    /// The program and what stands between it and the module.
    words: Vec<OsString>,
    /// The same where `--dir HOST::GUEST`, `--env` and `--argv0` may follow, if that is something
    /// else.
    with_directories: Option<Vec<OsString>>,
}

impl Contestant {
    /// A contestant called `name` whose command line starts with `words`.
    pub fn new(name: impl Into<String>, words: Vec<OsString>) -> Self {
        Self { name: name.into(), words, with_directories: None }
    }

    /// A peer by its name, which is built if need be, or else a command line of words that are
    /// separated by spaces.
    pub fn parse(line: &str) -> Result<Self> {
        if let Some(peer) = Peer::named(line) {
            return Ok(Self::new(peer.name, peer.words()?));
        }
        let words = line.split_whitespace().map(OsString::from).collect();
        Ok(Self::new(line, words))
    }

    /// All peers if `line` is `all`; otherwise the one contestant that it says.
    pub fn parse_all(line: &str) -> Result<Vec<Self>> {
        match line {
            "all" => Peer::names().map(Self::parse).collect(),
            line => Ok(vec![Self::parse(line)?]),
        }
    }

    /// The command that this repository builds if `line` is absent; otherwise what `line` says.
    pub fn subject(line: Option<&str>) -> Result<Self> {
        match line {
            Some(line) => Self::parse(line),
            None => Ok(Self::new("tablature", vec![places::build_tablature()?.into_os_string()])),
        }
    }

    /// Gets ready to run modules that need directories under other names: builds what the peer needs
    /// for them. To be called before anything is added.
    pub fn prepare_directories(&mut self) -> Result<()> {
        if let Some(peer) = Peer::named(&self.name) {
            self.with_directories = Some(peer.words_with_directories()?);
        }
        Ok(())
    }

    /// Adds `words` to the end of the command line, and to the name.
    pub fn add(&mut self, words: &[String]) {
        for word in words {
            self.words.push(word.into());
            self.with_directories.iter_mut().for_each(|words| words.push(word.into()));
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

    /// The command line for modules that need directories under other names, as words separated by
    /// spaces, which work in any directory.
    pub fn line_with_directories(&self) -> Result<String> {
        let words = self.with_directories.as_ref().unwrap_or(&self.words);
        let (program, arguments) = words.split_first().context("a command line is empty")?;
        let is_path = Path::new(program).components().count() > 1;
        let program = if is_path { path::absolute(program)?.into_os_string() } else { program.clone() };
        let mut line = Vec::new();
        for word in [&program].into_iter().chain(arguments) {
            let text = word.to_str().with_context(|| format!("{word:?} is no text"))?;
            ensure!(!text.contains(char::is_whitespace), "`{text}` cannot have a space in it here");
            line.push(text);
        }
        Ok(line.join(" "))
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
    fn line_for_scripts_works_anywhere() {
        let contestant = Contestant::parse("engine run --fuel 7").expect("parses");
        assert_eq!(contestant.line_with_directories().expect("has no spaces"), "engine run --fuel 7");
        let contestant = Contestant::parse("/a/engine run").expect("parses");
        assert_eq!(contestant.line_with_directories().expect("has no spaces"), "/a/engine run");
        let contestant = Contestant::new("engine", vec!["/a b/engine".into()]);
        assert!(contestant.line_with_directories().is_err());
    }

    #[test]
    fn empty_line_is_an_error() {
        let contestant = Contestant::parse(" ").expect("parses");
        assert!(contestant.command(Path::new("a.wasm")).is_err());
    }
}
