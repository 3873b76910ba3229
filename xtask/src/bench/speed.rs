//! How fast programs run.

use super::{
    contestant::Contestant,
    measure::{self, Outcome},
    places,
    report::{self, Table, mebibytes},
    statistics::{geometric_mean, median, range, ratios},
    workloads::{self, Workload},
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{iter, num::NonZeroU32, path::PathBuf};

/// The arguments of the comparison.
#[derive(Args)]
pub struct Speed {
    /// How often each program runs on each side, after one run that does not count
    #[arg(long, value_name = "N", default_value = "5")]
    runs: NonZeroU32,
    /// Runs only these programs; simd_mandel, which needs SIMD, runs only if it is named here
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,
    /// The folder of programs NAME.wasm with their expected outputs NAME.out [default: what is in
    /// ../shared/workloads beside the repository]
    #[arg(long, value_name = "DIR")]
    workloads: Option<PathBuf>,
    /// The command line to measure, as words separated by spaces to which the module is added, or
    /// the name of a peer
    /// [default: this repository's command, which is built first]
    #[arg(long, value_name = "COMMAND")]
    subject: Option<String>,
    /// What to hold it against, and can be repeated: a command line, or the name of a peer (wasmi)
    #[arg(long, value_name = "COMMAND", default_value = "wasmi")]
    against: Vec<String>,
    /// Writes the tables to this file as well
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Options that are added to the measured command line
    #[arg(last = true, value_name = "OPTION")]
    extra: Vec<String>,
}

/// One side of the comparison with what was measured of it, program by program.
struct Side {
    contestant: Contestant,
    samples: Vec<Samples>,
}

/// What was measured of one contestant with one program.
#[derive(Default)]
struct Samples {
    /// The CPU times in seconds, in the order in which they were taken.
    cpu_seconds: Vec<f64>,
    /// The greatest of the peaks of resident memory, in bytes.
    peak_bytes: u64,
}

impl Speed {
    /// Measures, and prints a table for each that the subject is held against.
    pub fn run(&self) -> Result<()> {
        let folder = self.workloads.clone().unwrap_or_else(places::workloads);
        let workloads = workloads::find(&folder, &self.only)?;
        let mut subject = side(self.subject()?);
        let mut others = Vec::new();
        for line in &self.against {
            others.push(side(Contestant::parse(line)?));
        }
        for (index, workload) in workloads.iter().enumerate() {
            eprintln!("{} ({} of {})", workload.name, index + 1, workloads.len());
            self.measure(workload, &mut subject, &mut others)?;
        }
        let table = |other| compare(self.runs, &workloads, &subject, other);
        let tables: Vec<_> = others.iter().map(table).collect();
        report::publish(&tables, self.markdown.as_deref())
    }

    /// What is measured.
    fn subject(&self) -> Result<Contestant> {
        let mut subject = Contestant::subject(self.subject.as_deref())?;
        subject.add(&self.extra);
        Ok(subject)
    }

    /// Runs one program on all sides in turn.
    fn measure(&self, workload: &Workload, subject: &mut Side, others: &mut [Side]) -> Result<()> {
        let mut sides: Vec<_> = iter::once(subject).chain(others).collect();
        for side in &mut sides {
            side.samples.push(Samples::default());
            side.sample(workload, |_, _| ())?;
        }
        for _ in 0..self.runs.get() {
            for side in &mut sides {
                side.sample(workload, Samples::add)?;
            }
        }
        Ok(())
    }
}

/// A side of which nothing was measured yet.
fn side(contestant: Contestant) -> Side {
    Side { contestant, samples: Vec::new() }
}

impl Side {
    /// Runs one program once and gives what was measured to `keep`, with the samples of the latest
    /// program.
    fn sample(&mut self, workload: &Workload, keep: fn(&mut Samples, &Outcome)) -> Result<()> {
        let outcome = run(workload, &self.contestant)
            .with_context(|| format!("{} with {}", workload.name, self.contestant.name))?;
        if let Some(samples) = self.samples.last_mut() {
            keep(samples, &outcome);
        }
        Ok(())
    }
}

impl Samples {
    /// Adds one run.
    fn add(&mut self, outcome: &Outcome) {
        self.cpu_seconds.push(outcome.cpu_seconds);
        self.peak_bytes = self.peak_bytes.max(outcome.peak_bytes);
    }
}

/// Runs one program once and checks what it prints.
fn run(workload: &Workload, contestant: &Contestant) -> Result<Outcome> {
    let mut command = contestant.command(&workload.module)?;
    let outcome = measure::run(command.args(&workload.arguments))?;
    ensure!(outcome.output == workload.expected, "wrong output: {}", difference(&outcome.output, &workload.expected));
    Ok(outcome)
}

/// The first line in which `output` is not what was expected.
fn difference(output: &[u8], expected: &[u8]) -> String {
    let (output, expected) = (String::from_utf8_lossy(output), String::from_utf8_lossy(expected));
    let pairs = output.split_inclusive('\n').zip(expected.split_inclusive('\n'));
    let same = pairs.take_while(|(line, wanted)| line == wanted).count();
    let line = |text: &str| text.split_inclusive('\n').nth(same).unwrap_or_default().to_owned();
    format!("line {} is {:?} instead of {:?}", same + 1, line(&output), line(&expected))
}

/// The table of the subject against one other side.
fn compare(runs: NonZeroU32, workloads: &[Workload], subject: &Side, other: &Side) -> Table {
    let (first, second) = (&subject.contestant.name, &other.contestant.name);
    let title = format!("A: `{first}`, B: `{second}`");
    let note = format!(
        "CPU seconds, user and system, are the median of {runs} runs. A/B is the median of the \
         ratios of neighbouring runs, beside their range; below 1, A is faster. MiB is the peak of \
         resident memory."
    );
    let columns = ["program", "A, s", "B, s", "A/B", "range", "A, MiB", "B, MiB"];
    let mut table = Table::new(title, note, &columns);
    let mut medians = Vec::new();
    for ((workload, ours), theirs) in workloads.iter().zip(&subject.samples).zip(&other.samples) {
        let ratios = ratios(&ours.cpu_seconds, &theirs.cpu_seconds);
        medians.push(median(&ratios));
        table.row(row(&workload.name, ours, theirs, &ratios));
    }
    let mean = format!("{:.3}", geometric_mean(&medians));
    table.row(vec!["geometric mean".to_owned(), String::new(), String::new(), mean]);
    table
}

/// One program's row.
fn row(program: &str, ours: &Samples, theirs: &Samples, ratios: &[f64]) -> Vec<String> {
    let (least, greatest) = range(ratios);
    vec![
        program.to_owned(),
        format!("{:.3}", median(&ours.cpu_seconds)),
        format!("{:.3}", median(&theirs.cpu_seconds)),
        format!("{:.3}", median(ratios)),
        format!("{least:.3}–{greatest:.3}"),
        mebibytes(ours.peak_bytes),
        mebibytes(theirs.peak_bytes),
    ]
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
