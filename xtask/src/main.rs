//! Maintainers' commands: `cargo run -p xtask -- help`.

mod bench;
mod generated;

use anyhow::Result;
use clap::Parser;

/// Maintainers' commands.
#[derive(Parser)]
#[command(name = "xtask")]
enum Arguments {
    Bench(Box<bench::Bench>),
    Generated(generated::Generated),
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::Bench(bench) => bench.run(),
        Arguments::Generated(generated) => generated.run(),
    }
}
