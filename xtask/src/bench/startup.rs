//! How long it takes until a module is ready to run.

use super::{
    contestant::Contestant,
    linked, measure,
    modules::{MODULES, Published, code_bytes},
    places,
    report::{self, NOTHING, Table, mebibytes},
    statistics::{median, ratios},
};
use anyhow::{Context, Result};
use clap::Args;
use std::{
    fs,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

/// Compares how long it takes until modules are compiled, instantiated, or called
///
/// Each contestant runs as a child process with the module and with an empty one, and the
/// difference counts. Nothing of the module is called, except for a start function, and with --call
/// the first exported function.
#[derive(Args)]
pub struct Startup {
    /// Modules: files, or names of published modules, which are fetched with npm: sqlite, quickjs,
    /// resvg [default: all published ones]
    #[arg(value_name = "MODULE")]
    modules: Vec<String>,
    /// How often each contestant runs with each module, after one run that does not count
    #[arg(long, value_name = "N", default_value = "15")]
    runs: NonZeroU32,
    /// The command line to measure, as words separated by spaces to which the module is added
    /// [default: a small program that links this repository's engine, which is built first]
    #[arg(long, value_name = "COMMAND")]
    subject: Option<String>,
    /// Instantiates the module, too; a --subject has to be a command that does the same
    #[arg(long)]
    instantiate: bool,
    /// Instantiates the module and calls the first function that it exports, with zeros; a --subject
    /// has to be a command that does the same
    #[arg(long, conflicts_with = "instantiate")]
    call: bool,
    /// Also shows how many bytes of register code and of other tables there are for each byte of
    /// code, if all functions are translated
    #[arg(long, conflicts_with = "subject")]
    sizes: bool,
    /// Writes the tables to this file as well
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Options that are added to the measured command line
    #[arg(last = true, value_name = "OPTION")]
    extra: Vec<String>,
}

/// One side of the comparison with what was measured of it with one module.
struct Side<'a> {
    contestant: &'a Contestant,
    /// CPU seconds with the module and with the empty module, in the order of the runs.
    module: Vec<f64>,
    empty: Vec<f64>,
    /// The greatest of the peaks of resident memory, in bytes.
    peak_bytes: u64,
    /// The CPU seconds that the contestant itself measured over many runs, if it does that.
    named: Option<f64>,
}

impl Startup {
    /// Measures, and prints a table for each module.
    pub fn run(&self) -> Result<()> {
        let contestants = self.contestants()?;
        let mut tables = Vec::new();
        for module in self.modules()? {
            eprintln!("{}", module.display());
            tables.push(self.table(&module, &contestants)?);
            if self.sizes {
                tables.push(sizes(&module)?);
            }
        }
        report::publish(&tables, self.markdown.as_deref())
    }

    /// The modules to start, which are fetched if need be.
    fn modules(&self) -> Result<Vec<PathBuf>> {
        if self.modules.is_empty() {
            return MODULES.iter().map(Published::fetch).collect();
        }
        let path = |name: &String| match MODULES.iter().find(|module| module.name == *name) {
            Some(module) => module.fetch(),
            None => Ok(PathBuf::from(name)),
        };
        self.modules.iter().map(path).collect()
    }

    /// The subject, then the programs that link other engines.
    fn contestants(&self) -> Result<Vec<Contestant>> {
        let mut contestants = match &self.subject {
            Some(line) => vec![Contestant::parse(line)?],
            None => linked::own(self.depth())?,
        };
        for subject in &mut contestants {
            subject.add(&self.extra);
        }
        contestants.extend(linked::others(self.depth())?);
        Ok(contestants)
    }

    /// How many of the contestants are this repository's engine.
    fn own_count(&self) -> usize {
        if self.subject.is_some() { 1 } else { linked::OWN_MODES }
    }

    /// The options that say how far the linked programs go.
    fn depth(&self) -> &'static [&'static str] {
        match (self.instantiate, self.call) {
            (_, true) => &["--call"],
            (true, false) => &["--instantiate"],
            (false, false) => &[],
        }
    }

    /// Measures all contestants with one module.
    fn table(&self, module: &Path, contestants: &[Contestant]) -> Result<Table> {
        let wasm = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
        let empty = empty_module()?;
        let mut sides: Vec<_> = contestants.iter().map(Side::new).collect();
        for side in &mut sides {
            side.warm_up(module, &empty, self.runs)?;
        }
        for _ in 0..self.runs.get() {
            for side in &mut sides {
                side.sample(module, &empty)?;
            }
        }
        Ok(self.compare(module, &wasm, &sides))
    }

    /// The table of what was measured.
    fn compare(&self, module: &Path, wasm: &[u8], sides: &[Side<'_>]) -> Table {
        let code = code_bytes(wasm);
        let title = module.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let note = format!(
            "{} bytes, of which {code} are code; MB is 10⁶ bytes of code. CPU time, user and \
             system, is the median of {} runs less that with an empty module. A column that is named \
             like a row has that row's time by this one's, the median over neighbouring runs; below 1, \
             the row that it is named like is faster. In process is what a contestant measures itself \
             over as many runs in one process. MiB is the peak of resident memory.",
            wasm.len(),
            self.runs
        );
        let own = sides.get(..self.own_count()).unwrap_or_default();
        let mut columns = vec!["contestant", "ms", "ms/MB"];
        columns.extend(own.iter().map(|side| side.contestant.name.as_str()));
        columns.extend(["in process, ms/MB", "MiB"]);
        let mut table = Table::new(title, note, &columns);
        let own: Vec<_> = own.iter().map(Side::costs).collect();
        let megabytes = code as f64 / 1e6;
        for side in sides {
            table.row(side.row(&own, megabytes));
        }
        table
    }
}

impl<'a> Side<'a> {
    /// A side of which nothing was measured yet.
    fn new(contestant: &'a Contestant) -> Self {
        Self { contestant, module: Vec::new(), empty: Vec::new(), peak_bytes: 0, named: None }
    }

    /// Starts one module once; `options` are added to the command line.
    fn run(&self, module: &Path, options: &[String]) -> Result<measure::Outcome> {
        let mut command = self.contestant.command(module)?;
        measure::run(command.args(options))
            .with_context(|| format!("{} with {}", module.display(), self.contestant.name))
    }

    /// Starts the module and the empty one. A contestant that names what it measured does so again
    /// with more runs in one process, and that is kept.
    fn warm_up(&mut self, module: &Path, empty: &Path, runs: NonZeroU32) -> Result<()> {
        self.run(empty, &[])?;
        if linked::seconds(&self.run(module, &[])?.output).is_some() {
            let options = ["--runs".to_owned(), runs.to_string()];
            self.named = linked::seconds(&self.run(module, &options)?.output);
        }
        Ok(())
    }

    /// Starts the module and the empty one, and keeps what was measured.
    fn sample(&mut self, module: &Path, empty: &Path) -> Result<()> {
        let outcome = self.run(module, &[])?;
        self.module.push(outcome.cpu_seconds);
        self.peak_bytes = self.peak_bytes.max(outcome.peak_bytes);
        self.empty.push(self.run(empty, &[])?.cpu_seconds);
        Ok(())
    }

    /// What the module cost in each run, in CPU seconds.
    fn costs(&self) -> Vec<f64> {
        let empty = median(&self.empty);
        self.module.iter().map(|seconds| seconds - empty).collect()
    }

    /// The row of this side, where `own` are the costs of each of ours.
    fn row(&self, own: &[Vec<f64>], megabytes: f64) -> Vec<String> {
        let costs = self.costs();
        let milliseconds = median(&costs) * 1e3;
        let named = |seconds| format!("{:.2}", seconds * 1e3 / megabytes);
        let mut row = vec![
            self.contestant.name.clone(),
            format!("{milliseconds:.2}"),
            format!("{:.2}", milliseconds / megabytes),
        ];
        row.extend(own.iter().map(|own| format!("{:.2}", median(&ratios(own, &costs)))));
        row.extend([self.named.map_or(NOTHING.to_owned(), named), mebibytes(self.peak_bytes)]);
        row
    }
}

/// The table of what this repository's engine makes of a module.
fn sizes(module: &Path) -> Result<Table> {
    let wasm = fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let code = code_bytes(&wasm);
    let title = format!("{}: sizes", module.file_name().unwrap_or_default().to_string_lossy());
    let note = format!("In bytes, if all functions are translated, and by each of the {code} bytes of code.");
    let mut table = Table::new(title, note, &["what", "bytes", "by a byte of code"]);
    for (name, bytes) in linked::own_sizes(module)? {
        table.row(vec![name, bytes.to_string(), format!("{:.2}", bytes / code as f64)]);
    }
    Ok(table)
}

/// A file with the module that has no sections.
fn empty_module() -> Result<PathBuf> {
    let path = places::peers("modules")?.join("empty.wasm");
    fs::write(&path, b"\0asm\x01\0\0\0").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}
