//! The command `tablature`: runs, validates and explains WebAssembly.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod args;
mod explain;
mod imports;
mod invoke;
mod load;
mod report;
mod run;
mod suggest;
mod validate;
mod wast;

use args::{Cli, Verb};
use clap::Parser as _;
use std::process::exit;

fn main() {
    let Cli { verb, run } = Cli::parse();
    let outcome = match verb {
        Some(Verb::Run(run)) => run::run(&run),
        Some(Verb::Validate(validate)) => validate::validate(&validate),
        Some(Verb::Wast(wast)) => wast::wast(&wast),
        Some(Verb::Explain(explain)) => explain::explain(&explain),
        None => run::run(&run),
    };
    exit(outcome.unwrap_or_else(|error| report::report(&error)))
}
