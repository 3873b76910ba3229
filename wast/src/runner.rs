//! The runner, and what a script's execution holds.

use crate::oracle::Oracle;
use crate::report::{Failure, Report};
use crate::settings::Settings;
use crate::spectest;
use std::collections::HashMap;
use tablature::{Engine, Instance, Linker, Module, Store};
use wast::lexer::Lexer;
use wast::parser::{self, ParseBuffer};
use wast::{Wast, WastDirective};

/// Runs scripts. Each script has a store of its own.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    oracle: Oracle,
    slice: Option<u64>,
    older: Vec<(String, usize)>,
}

impl Runner {
    /// A runner with these settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            engine: Engine::new(&settings.engine_config()),
            oracle: Oracle::new(&settings.proposals),
            slice: settings.slice,
            older: settings.older.clone(),
        }
    }

    /// Runs the script `text`; `name` stands in the report's places.
    pub fn run(&mut self, name: &str, text: &str) -> Report {
        let mut report = Report { name: name.to_string(), ..Report::default() };
        let mut fail = |line: usize, column: usize, message: String| {
            report.failures.push(Failure { place: format!("{name}:{line}:{column}"), message });
        };
        let mut lexer = Lexer::new(text);
        lexer.allow_confusing_unicode(true);
        let buffer = match ParseBuffer::new_with_lexer(lexer) {
            Ok(buffer) => buffer,
            Err(error) => {
                let (line, column) = error.span().linecol_in(text);
                fail(line + 1, column + 1, error.message());
                return report;
            }
        };
        let script = match parser::parse::<Wast<'_>>(&buffer) {
            Ok(script) => script,
            Err(error) => {
                let (line, column) = error.span().linecol_in(text);
                fail(line + 1, column + 1, error.message());
                return report;
            }
        };
        let mut store = Store::new(&self.engine, ());
        if self.slice.is_some() {
            // The module `spectest` has nothing to execute but constants.
            store.set_fuel(1_000_000).expect("slices are fuel");
        }
        match spectest::linker(&self.engine, &mut store) {
            Ok(linker) => {
                let mut script_state = Script::new(self, linker, store, report);
                let lines = Lines::new(text);
                for directive in script.directives {
                    script_state.step(&lines, directive);
                }
                script_state.report.handed_over = script_state.store.hand_overs();
                script_state.report
            }
            Err(error) => {
                fail(1, 1, format!("the module spectest: {error}"));
                report
            }
        }
    }
}

/// Something that a script made, or why it could not.
#[derive(Debug, Clone)]
pub(crate) enum Item<T> {
    /// There it is.
    Ready(T),
    /// It was skipped, for this reason.
    Skipped(String),
}

/// Why a directive did not pass.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It, or what it uses, was skipped for this reason.
    Skip(String),
    /// It failed.
    Fail(String),
}

/// How a directive passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// By the engine.
    Engine,
    /// By the text parser, before the engine saw anything.
    Text,
}

pub(crate) type Outcome = Result<Pass, Stop>;

/// The state of a script.
pub(crate) struct Script<'r> {
    pub(crate) engine: &'r Engine,
    pub(crate) oracle: &'r Oracle,
    pub(crate) slice: Option<u64>,
    older: &'r [(String, usize)],
    pub(crate) linker: Linker<()>,
    pub(crate) store: Store<()>,
    pub(crate) report: Report,
    /// The line of the directive that is being executed.
    pub(crate) line: usize,
    /// Modules by name, and the last one without looking at names.
    pub(crate) definitions: HashMap<String, Item<Module>>,
    pub(crate) last_definition: Option<Item<Module>>,
    /// Instances by name, and the last one without looking at names.
    pub(crate) instances: HashMap<String, Item<Instance>>,
    pub(crate) current: Option<Item<Instance>>,
    /// Names under which an instance should be registered that was skipped, and why.
    pub(crate) skipped_names: HashMap<String, String>,
}

impl<'r> Script<'r> {
    fn new(runner: &'r Runner, linker: Linker<()>, store: Store<()>, report: Report) -> Self {
        Self {
            engine: &runner.engine,
            oracle: &runner.oracle,
            slice: runner.slice,
            older: &runner.older,
            linker,
            store,
            report,
            line: 0,
            definitions: HashMap::new(),
            last_definition: None,
            instances: HashMap::new(),
            current: None,
            skipped_names: HashMap::new(),
        }
    }

    fn step(&mut self, lines: &Lines, directive: WastDirective<'_>) {
        let (line, column) = lines.place(directive.span().offset());
        self.line = line;
        let is_older = self.older.iter().any(|(name, older)| *name == self.report.name && *older == line);
        let outcome = if is_older {
            Err(Stop::Skip("a later specification changed it".to_string()))
        } else {
            self.directive(directive)
        };
        match outcome {
            Ok(Pass::Engine) => self.report.passed += 1,
            Ok(Pass::Text) => self.report.text += 1,
            Err(Stop::Skip(reason)) => *self.report.skipped.entry(reason).or_default() += 1,
            Err(Stop::Fail(message)) => {
                let place = format!("{}:{line}:{column}", self.report.name);
                self.report.failures.push(Failure { place, message });
            }
        }
    }
}

/// Where the lines of a text begin.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(place, _)| place + 1);
        Self { starts: core::iter::once(0).chain(ends).collect() }
    }

    /// Line and column, from 1 on.
    fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|line| self.starts.get(line)).copied().unwrap_or_default();
        (line, offset.saturating_sub(start) + 1)
    }
}
