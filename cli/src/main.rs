//! The command `tablature`: runs, checks, explains and takes apart WebAssembly.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod args;
mod disassemble;
mod explain;
mod guest;
mod imports;
mod inspect;
mod invoke;
mod load;
mod manual;
mod names;
mod preload;
#[cfg(feature = "profile")]
mod profile;
mod report;
mod run;
mod stats;
mod suggest;
mod timeout;
mod trace;
mod types;
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
        Some(Verb::Inspect(inspect)) => inspect::inspect(&inspect),
        Some(Verb::Disassemble(disassemble)) => disassemble::disassemble(&disassemble),
        Some(Verb::Explain(explain)) => explain::explain(&explain),
        Some(Verb::Wast(wast)) => wast::wast(&wast),
        Some(Verb::Completion(completion)) => manual::completion(&completion),
        Some(Verb::Man(man)) => manual::man(&man),
        None => run::run(&run),
    };
    exit(outcome.unwrap_or_else(|error| report::report(&error)))
}
