//! Checking modules.

use crate::args::Validate;
use crate::{load, report};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal as _, stderr};
use std::path::Path;
use tablature::{Engine, Module};

/// From how many files on progress is shown.
const MANY: usize = 20;

/// Checks the files, says of each whether it is valid, and gives the exit code.
pub fn validate(options: &Validate) -> Result<i32> {
    let engine = Engine::new(&options.proposals.config());
    let progress = progress(options.files.len());
    let mut code = 0;
    for path in &options.files {
        let verdict = check(&engine, path).map_or_else(|error| format!("{error:#}"), |()| "ok".to_string());
        if verdict != "ok" {
            code = report::FAILURE;
        }
        progress.suspend(|| report::print(&format!("{}: {verdict}\n", load::name_of(path))))?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(code)
}

fn check(engine: &Engine, path: &Path) -> Result<()> {
    Ok(Module::validate(engine, load::load(path)?)?)
}

/// A bar on a terminal, for many files.
pub fn progress(files: usize) -> ProgressBar {
    if files < MANY || !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style =
        ProgressStyle::with_template("{wide_bar} {pos}/{len} files").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(files as u64).with_style(style)
}
