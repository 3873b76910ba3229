//! Completions for shells and the manual, from the definition of the command line.

use crate::args::{Cli, Completion, Man};
use crate::report;
use anyhow::{Context as _, Result};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};

/// What the command is called.
const NAME: &str = "tablature";

/// Prints the script that a shell wants.
pub fn completion(options: &Completion) -> Result<i32> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), NAME, &mut script);
    report::print_bytes(&script)?;
    Ok(0)
}

/// Prints the page of the command, or writes the pages of all verbs.
pub fn man(options: &Man) -> Result<i32> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(directory) = &options.out else {
        report::print_bytes(&page(&command)?)?;
        return Ok(0);
    };
    let failed = || format!("cannot write the manual into {}", directory.display());
    std::fs::create_dir_all(directory).with_context(failed)?;
    for page_of in std::iter::once(&command).chain(command.get_subcommands()) {
        let file = directory.join(format!("{}.1", page_of.get_display_name().unwrap_or(NAME)));
        std::fs::write(&file, page(page_of)?).with_context(failed)?;
        report::print(&format!("{}\n", file.display()))?;
    }
    Ok(0)
}

/// A page, with the examples and exit codes of the help as sections.
fn page(command: &Command) -> Result<Vec<u8>> {
    let man = Page::new(command.clone()).source(concat!("tablature ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for paragraph in help.split("\n\n") {
        section(paragraph).to_writer(&mut text)?;
    }
    Ok(text)
}

/// A paragraph of the help: under a heading of its own where it has one, with its lines as they are.
fn section(paragraph: &str) -> Roff {
    let mut roff = Roff::default();
    let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    match first.strip_suffix(':') {
        Some(heading) => {
            roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
            for line in rest.lines() {
                roff.text([roman(line)]);
            }
            roff.control("fi", []);
        }
        None => {
            roff.control("SH", ["NOTES"]).text([roman(paragraph.replace('\n', " "))]);
        }
    }
    roff
}
