//! One side of a comparison, with what was measured of it.

use super::{contestant::Contestant, measure::Outcome, program::Program};
use anyhow::{Context, Result};

/// A contestant with what was measured of it, program by program.
pub struct Side {
    /// The contestant.
    pub contestant: Contestant,
    /// For each program what was measured, or why it does not run.
    pub results: Vec<Result<Samples, String>>,
}

/// What was measured of one contestant with one program.
#[derive(Default)]
pub struct Samples {
    /// The CPU times in seconds, in the order in which they were taken.
    pub cpu_seconds: Vec<f64>,
    /// The greatest of the peaks of resident memory, in bytes.
    pub peak_bytes: u64,
}

impl Side {
    /// A side of which nothing was measured yet.
    pub fn new(contestant: Contestant) -> Self {
        Self { contestant, results: Vec::new() }
    }

    /// Runs a program for the first time, which does not count.
    pub fn warm_up(&mut self, program: &Program) {
        self.results.push(Ok(Samples::default()));
        self.sample(program, |_, _| ());
    }

    /// Runs the latest program once more and keeps what was measured, unless it has failed before.
    pub fn measure(&mut self, program: &Program) {
        self.sample(program, Samples::add);
    }

    /// Runs the latest program once, unless it has failed before, and gives what was measured to
    /// `keep`. Failing is said at once, and kept.
    fn sample(&mut self, program: &Program, keep: fn(&mut Samples, &Outcome)) {
        let Some(Ok(samples)) = self.results.last_mut() else {
            return;
        };
        let outcome = program.run(&self.contestant);
        match outcome.with_context(|| format!("{} with {}", program.name(), self.contestant.name)) {
            Ok(outcome) => keep(samples, &outcome),
            Err(error) => {
                eprintln!("{error:#}");
                self.results.pop();
                self.results.push(Err(error.root_cause().to_string()));
            }
        }
    }

    /// The programs that do not run, with the reasons.
    pub fn failures<'a>(&'a self, programs: &'a [Program]) -> impl Iterator<Item = (&'a str, &'a str)> {
        let pairs = programs.iter().zip(&self.results);
        pairs.filter_map(|(program, result)| Some((program.name(), result.as_ref().err()?.as_str())))
    }
}

impl Samples {
    /// Adds one run.
    fn add(&mut self, outcome: &Outcome) {
        self.cpu_seconds.push(outcome.cpu_seconds);
        self.peak_bytes = self.peak_bytes.max(outcome.peak_bytes);
    }
}
