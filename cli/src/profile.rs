//! What register code has executed, for the maintainers' `profile` command: only with the feature of that name.

use anyhow::{Context as _, Result};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use tablature::Engine;

/// The environment variable with the file that profiles are added to.
const VARIABLE: &str = "TABLATURE_PROFILE";

/// Adds what `engine` has executed to a file, if the environment names one: a line for each sequence, how often it was
/// executed, its instructions, and behind a bar the rows that they were made of; and an empty line.
pub fn write(engine: &Engine) -> Result<()> {
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let mut text = String::new();
    for (count, instructions, rows) in engine.profile() {
        writeln!(text, "{count} {} | {}", instructions.join(" "), rows.join(" "))?;
    }
    text.push('\n');
    let mut file = OpenOptions::new().create(true).append(true).open(&path).context(VARIABLE)?;
    file.write_all(text.as_bytes()).with_context(|| path.display().to_string())
}
