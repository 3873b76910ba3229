//! Running script files.

use crate::args::Wast;
use crate::{load, report, validate};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use tablature_wast::{Report, Runner, Settings};

/// Runs the scripts, says what became of each, and gives the exit code.
pub fn wast(options: &Wast) -> Result<i32> {
    let mut settings = Settings::default().retain(|proposal| options.proposals.allow(proposal));
    if let Some(fuel) = options.slice {
        settings = settings.slices(fuel);
    }
    let mut runner = Runner::new(&settings);
    let files = scripts(&options.files)?;
    let progress = validate::progress(files.len());
    let mut total = Counts::default();
    for path in &files {
        let name = load::name_of(path);
        let text = load::read_text(path).with_context(|| format!("cannot load {name}"))?;
        let report = runner.run(&name, &text);
        let counts = Counts::of(&report);
        let lines: String = report.failures.iter().map(|failure| format!("  {failure}\n")).collect();
        progress.suspend(|| report::print(&format!("{}: {}\n{lines}", report.name, counts.text())))?;
        total.add(&counts);
        progress.inc(1);
    }
    progress.finish_and_clear();
    if files.len() > 1 {
        report::print(&format!("{} files: {}\n", files.len(), total.text()))?;
    }
    Ok(if total.failed == 0 { 0 } else { report::FAILURE })
}

/// How many directives became what.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    fn of(report: &Report) -> Self {
        Self { passed: report.passed + report.text, failed: report.failures.len(), skipped: report.skipped_count() }
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn text(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The files, with those of directories in their place, in the order of names.
fn scripts(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut found = in_directory(path).with_context(|| format!("cannot list {}", path.display()))?;
            found.sort();
            files.append(&mut found);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        bail!("there are no .wast files in what was named");
    }
    Ok(files)
}

fn in_directory(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wast") {
            files.push(path);
        }
    }
    Ok(files)
}
