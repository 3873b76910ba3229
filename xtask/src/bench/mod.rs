//! `xtask bench`: how fast Tablature runs programs and gets ready to run them, held against other
//! engines or against itself with other options.
//!
//! Everything that is measured is a child process, and contestants take turns (A B A B …), so that
//! whatever else happens on the machine hits all of them alike. Times are CPU time, user and
//! system together. Peers come from crates.io into `target/peers/` and stay out of the
//! repository's workspace.

mod contestant;
mod linked;
mod measure;
mod modules;
mod peers;
mod places;
mod report;
mod speed;
mod startup;
mod statistics;
mod workloads;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Compares the speed of Tablature with other engines, or with itself under other options
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
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
