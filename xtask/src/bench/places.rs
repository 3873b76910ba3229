//! Where things are: the repository, what Cargo builds, and what is fetched for the benchmarks.

use anyhow::{Context, Result, ensure};
use std::{
    env::{self, consts::EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(1).unwrap_or(Path::new(".")).to_path_buf()
}

/// The workspace of the benchmarks' own little programs.
fn own_peers() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// The workloads beside the checkout.
pub fn workloads() -> PathBuf {
    repository().join("../shared/workloads")
}

/// Cargo's target directory.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// Where peers are built and modules are fetched to: a folder named `name`, which is made if need
/// be.
pub fn peers(name: &str) -> Result<PathBuf> {
    let path = target().join("peers").join(name);
    fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

/// The program `name` in `folder`, with this system's suffix.
pub fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{EXE_SUFFIX}"))
}

/// Builds the command of this repository and tells where it is.
pub fn build_tablature() -> Result<PathBuf> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--bin", "tablature", "--manifest-path"]);
    cargo.arg(repository().join("Cargo.toml"));
    succeed(&mut cargo).context("cannot build the command")?;
    Ok(program(&target().join("release"), "tablature"))
}

/// Builds the program `package` of the workspace of the benchmarks' own little programs, and tells
/// where it is.
pub fn build_own_peer(package: &str, profile: &str) -> Result<PathBuf> {
    let target = peers("linked")?;
    let mut cargo = cargo();
    // Not --locked: a new version of this repository's engine is new to that lock file.
    cargo.args(["build", "--quiet", "--profile", profile, "--package", package, "--manifest-path"]);
    cargo.arg(own_peers().join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target);
    succeed(&mut cargo).with_context(|| format!("cannot build {package}"))?;
    Ok(program(&target.join(profile), package))
}

/// The Cargo that runs this program.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or("cargo".into()))
}

/// Runs a command, which shows its own output, to its end.
pub fn succeed(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {command:?}"))?;
    ensure!(status.success(), "{command:?} failed: {status}");
    Ok(())
}
