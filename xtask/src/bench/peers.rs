//! The other engines' commands, built from crates.io.

use super::places::{build_own_peer, cargo, peers, program, succeed};
use anyhow::{Context, Result};
use std::{ffi::OsString, path::PathBuf};

/// An engine that runs WASI programs, as crates.io has it. A further one is a row of [`PEERS`].
pub struct Peer {
    /// What `--against` and the tables call it.
    pub name: &'static str,
    /// What runs modules.
    runner: Runner,
    /// What runs those that need directories under other names, if that is something else.
    with_directories: Option<Runner>,
}

/// A program that runs modules in an engine.
enum Runner {
    /// The engine's own command.
    Installed(Installed),
    /// A package of the workspace `peers` beside this crate's sources, which links the engine. Its
    /// manifest says the engine's version and features.
    Linked(&'static str),
}

/// A command that a crate installs.
struct Installed {
    /// The crate and its exact version.
    package: &'static str,
    version: &'static str,
    /// The program that it installs.
    program: &'static str,
    /// What `cargo install` needs beside the crate and its version.
    install: &'static [&'static str],
    /// What stands between the program and the module.
    arguments: &'static [&'static str],
}

/// The profile of Cargo that linked programs are built with.
const PROFILE: &str = "runner";

/// All of them, the default first.
const PEERS: &[Peer] = &[
    // The crate brings its own release profile (fat LTO, one codegen unit). Its default features
    // select tail-call dispatch and, through the WAST runner, SIMD; a build without SIMD is no
    // faster.
    Peer {
        name: "wasmi",
        runner: Runner::Installed(Installed {
            package: "wasmi_cli",
            version: "2.0.0",
            program: "wasmi",
            install: &["--locked"],
            arguments: &["run"],
        }),
        with_directories: Some(Runner::Linked("wasmi-run")),
    },
    // Silverfir-nano's interpreter; its compiler to machine code is not even built.
    Peer { name: "sf-nano", runner: Runner::Linked("sf-nano-run"), with_directories: None },
    Peer { name: "tinywasm", runner: Runner::Linked("tinywasm-run"), with_directories: None },
    // Wasmtime's interpreter of what Cranelift makes of a module, with Cranelift's default, which is
    // to optimize for speed: compiling is part of the time, and nothing of it is kept. The newest
    // version for the Rust that builds this. The profile is Wasmtime's own for the fastest command
    // (fat LTO, one codegen unit). With an unstable compiler it could jump from handler to handler.
    Peer {
        name: "pulley",
        runner: Runner::Installed(Installed {
            package: "wasmtime-cli",
            version: "48.0.8",
            program: "wasmtime",
            install: &[
                "--locked",
                "--no-default-features",
                "--features=run,cranelift,pulley",
                "--profile=fastest-runtime",
            ],
            arguments: &["run", "--target=pulley64"],
        }),
        with_directories: None,
    },
];

impl Peer {
    /// The peer called `name`, if there is one.
    pub fn named(name: &str) -> Option<&'static Self> {
        PEERS.iter().find(|peer| peer.name == name)
    }

    /// The names of all of them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PEERS.iter().map(|peer| peer.name)
    }

    /// The command line that a module is added to. What it needs is built if it is not there yet.
    pub fn words(&self) -> Result<Vec<OsString>> {
        self.runner.words(self.name)
    }

    /// The same for modules that need directories under other names: it knows `--dir HOST::GUEST`,
    /// `--env` and `--argv0`.
    pub fn words_with_directories(&self) -> Result<Vec<OsString>> {
        self.with_directories.as_ref().unwrap_or(&self.runner).words(self.name)
    }
}

impl Runner {
    /// The command line of the peer `name`.
    fn words(&self, name: &str) -> Result<Vec<OsString>> {
        match self {
            Self::Installed(installed) => installed.words(name),
            Self::Linked(package) => Ok(vec![build_own_peer(package, PROFILE)?.into_os_string()]),
        }
    }
}

impl Installed {
    /// The program and its arguments.
    fn words(&self, name: &str) -> Result<Vec<OsString>> {
        let mut words = vec![self.build(name)?.into_os_string()];
        words.extend(self.arguments.iter().map(OsString::from));
        Ok(words)
    }

    /// The path of the program, which is built if it is not there yet.
    fn build(&self, name: &str) -> Result<PathBuf> {
        let root = peers(&format!("{name}-{}", self.version))?;
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
