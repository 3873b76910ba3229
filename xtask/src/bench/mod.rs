//! `xtask bench`: how fast Tablature runs programs and gets ready to run them, held against other
//! engines or against itself with other options.
//!
//! Everything that is measured is a child process, and contestants take turns (A B A B …), so that
//! whatever else happens on the machine hits all of them alike. Times are CPU time, user and
//! system together. Peers come from crates.io into `target/peers/` and stay out of the
//! repository's workspace.

mod comparison;
mod contestant;
mod linked;
mod measure;
mod modules;
mod peers;
mod picture;
mod places;
mod program;
mod registry;
mod report;
mod side;
mod speed;
mod startup;
mod statistics;
mod summary;
mod workloads;

use anyhow::Result;
use clap::{Args, Subcommand};

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  xtask bench                                       against wasmi, with the workloads
  xtask bench --only fib,json --runs 1              a quick look
  xtask bench --against all --svg speed.svg         against every peer, with a picture of the ratios
  xtask bench --programs --only sqlite,quickjs      with two large programs of registries
  xtask bench --against tablature -- --engine register
                                                    against an installed command, with other options

What a contestant does not run is left out of its means, and the reason is below its table. Programs
that pairs of register instructions were derived from (by xtask profile) are marked, and have a mean
of their own: they flatter this repository's engine.";

/// Compares the speed of Tablature with other engines, or with itself under other options
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Bench {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    speed: speed::Speed,
}

#[derive(Subcommand)]
enum Other {
    Startup(startup::Startup),
}

impl Bench {
    /// Measures what the arguments ask for and prints a table.
    pub fn run(&self) -> Result<()> {
        match &self.other {
            Some(Other::Startup(startup)) => startup.run(),
            None => self.speed.run(),
        }
    }
}
