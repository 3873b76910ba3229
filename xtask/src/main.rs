//! Maintainers' commands: `cargo run -p xtask -- help`.

mod bench;
mod generated;
mod handlers;
mod profile;
mod sizes;

use anyhow::Result;
use clap::Parser;

/// Maintainers' commands.
#[derive(Parser)]
#[command(name = "xtask")]
enum Arguments {
    Bench(Box<bench::Bench>),
    Generated(generated::Generated),
    Handlers(handlers::Handlers),
    Profile(profile::Profile),
    Sizes(sizes::Sizes),
}

fn main() -> Result<()> {
    match Arguments::parse() {
        Arguments::Bench(bench) => bench.run(),
        Arguments::Generated(generated) => generated.run(),
        Arguments::Handlers(handlers) => handlers.run(),
        Arguments::Profile(profile) => profile.run(),
        Arguments::Sizes(sizes) => sizes.run(),
    }
}
