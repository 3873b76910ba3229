//! The other engines' commands, built from crates.io.

use super::places::{cargo, peers, program, succeed};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// An engine whose command runs WASI programs, as crates.io has it. A further one is a row of
/// [`PEERS`].
pub struct Peer {
    /// What `--against` and the tables call it.
    pub name: &'static str,
    /// Its crate and the exact version.
    package: &'static str,
    version: &'static str,
    /// The program that the crate installs.
    program: &'static str,
    /// What `cargo install` needs beside the crate and its version.
    install: &'static [&'static str],
    /// What stands between the program and the module.
    pub arguments: &'static [&'static str],
}

/// All of them, the default first.
pub const PEERS: &[Peer] = &[
    // The crate brings its own release profile (fat LTO, one codegen unit). Its default features
    // select tail-call dispatch and, through the WAST runner, SIMD; a build without SIMD is no
    // faster.
    Peer {
        name: "wasmi",
        package: "wasmi_cli",
        version: "2.0.0",
        program: "wasmi",
        install: &["--locked"],
        arguments: &["run"],
    },
];

impl Peer {
    /// The peer called `name`, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        PEERS.iter().find(|peer| peer.name == name)
    }

    /// The path of the peer's program, which is built if it is not there yet.
    pub fn build(&self) -> Result<PathBuf> {
        let root = peers(&format!("{}-{}", self.name, self.version))?;
        let program = program(&root.join("bin"), self.program);
        if !program.is_file() {
            let mut cargo = cargo();
            cargo.arg("install").arg(self.package).args(self.install);
            cargo.arg("--version").arg(format!("={}", self.version));
            cargo.arg("--root").arg(&root);
            cargo.arg("--target-dir").arg(peers("build")?);
            succeed(&mut cargo).with_context(|| format!("cannot build {} {}", self.package, self.version))?;
        }
        Ok(program)
    }
}
