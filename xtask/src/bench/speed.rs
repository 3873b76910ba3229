//! How fast programs run.

use super::{
    comparison,
    contestant::Contestant,
    picture, places,
    program::{self, Program},
    report::{self, Table},
    side::Side,
    summary::Summary,
};
use anyhow::{Result, ensure};
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
    /// Runs the large programs of scripts/programs, too (SQLite, CPython, GCC and others), which
    /// fetches them; a command line then has to know --dir HOST::GUEST, --env and --argv0
    #[arg(long)]
    programs: bool,
    /// The command line to measure, as words separated by spaces to which the module is added, or
    /// the name of a peer
    /// [default: this repository's command, which is built first]
    #[arg(long, value_name = "COMMAND")]
    subject: Option<String>,
    /// What to hold it against, and can be repeated: a command line, or a peer, which is built from
    /// crates.io (wasmi; sf-nano, which is Silverfir-nano's interpreter; tinywasm; pulley, which is
    /// Wasmtime's interpreter behind its compiler, whose time counts), or all for every peer
    #[arg(long, value_name = "COMMAND", default_value = "wasmi")]
    against: Vec<String>,
    /// Writes the tables to this file as well
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Draws the ratios as bars into this file, for light and dark grounds
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Options that are added to the measured command line
    #[arg(last = true, value_name = "OPTION")]
    extra: Vec<String>,
}

impl Speed {
    /// Measures, and prints a table for each that the subject is held against, and one of all.
    pub fn run(&self) -> Result<()> {
        let folder = self.workloads.clone().unwrap_or_else(places::workloads);
        let programs = program::find(&folder, self.programs, &self.only)?;
        let mut subject = self.subject()?;
        let mut others = self.others()?;
        for (index, program) in programs.iter().enumerate() {
            eprintln!("{} ({} of {})", program.name(), index + 1, programs.len());
            self.measure(program, &mut subject, &mut others);
        }
        self.publish(&programs, &subject, &others)?;
        let failures: Vec<_> = subject.failures(&programs).map(|(program, _)| program).collect();
        ensure!(failures.is_empty(), "{} does not run {}", subject.contestant.name, failures.join(", "));
        Ok(())
    }

    /// What is measured.
    fn subject(&self) -> Result<Side> {
        let mut subject = self.ready(Contestant::subject(self.subject.as_deref())?)?;
        subject.add(&self.extra);
        Ok(Side::new(subject))
    }

    /// What it is held against.
    fn others(&self) -> Result<Vec<Side>> {
        let mut others = Vec::new();
        for line in &self.against {
            for contestant in Contestant::parse_all(line)? {
                others.push(Side::new(self.ready(contestant)?));
            }
        }
        Ok(others)
    }

    /// The same contestant with what it needs for the programs that there are.
    fn ready(&self, mut contestant: Contestant) -> Result<Contestant> {
        if self.programs {
            contestant.prepare_directories()?;
        }
        Ok(contestant)
    }

    /// Runs one program on all sides in turn.
    fn measure(&self, program: &Program, subject: &mut Side, others: &mut [Side]) {
        let mut sides: Vec<_> = iter::once(subject).chain(others).collect();
        sides.iter_mut().for_each(|side| side.warm_up(program));
        for _ in 0..self.runs.get() {
            sides.iter_mut().for_each(|side| side.measure(program));
        }
    }

    /// Prints, and writes and draws what was asked for.
    fn publish(&self, programs: &[Program], subject: &Side, others: &[Side]) -> Result<()> {
        let table = |other| comparison::table(self.runs, programs, subject, other);
        let mut tables: Vec<Table> = others.iter().map(table).collect();
        let summary = Summary::new(programs, subject, others);
        if others.len() > 1 || summary.groups().len() > 1 {
            tables.push(summary.table());
        }
        report::publish(&tables, self.markdown.as_deref())?;
        self.svg.as_deref().map_or(Ok(()), |path| picture::write(&summary, path))
    }
}
