//! Generates the interpreter's parts from the instruction table, for the proposals that the Cargo features select.

use std::{env, fs, path::Path, process::exit};
use tablature_codegen::{diag::Source, generate};

const TABLE: &str = "spec/instructions.toml";
const FUSIONS: &str = "spec/fusions.toml";
const SUCCESSORS: &str = "spec/successors.toml";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(tail_calls)");
    if tail_calls_hold() {
        println!("cargo::rustc-cfg=tail_calls");
    }
    let enabled = |proposal: &str| env::var_os(format!("CARGO_FEATURE_{}", proposal.to_uppercase())).is_some();
    let files = generate(&read(TABLE), &read(FUSIONS), most_pairs(), &read(SUCCESSORS), enabled)
        .unwrap_or_else(|report| fail(&report.to_string()));
    let out = env::var_os("OUT_DIR").unwrap_or_else(|| fail("Cargo sets OUT_DIR"));
    for file in files {
        let path = Path::new(&out).join(file.name);
        fs::write(&path, file.text).unwrap_or_else(|error| fail(&format!("{}: {error}", path.display())));
    }
}

/// Whether LLVM is known to make jumps of the handlers' calls: at opt-level 1 it misses some.
fn tail_calls_hold() -> bool {
    let of = |name: &str| env::var(name).unwrap_or_default();
    // A build without a heap is to be small.
    let is_large = env::var_os("CARGO_FEATURE_ALLOC").is_some();
    is_large && of("CARGO_CFG_TARGET_ARCH") == "x86_64" && matches!(of("OPT_LEVEL").as_str(), "2" | "3" | "s" | "z")
}

/// How many pairs of register instructions become one. A build for development has fewer, so that it is quick.
fn most_pairs() -> usize {
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") { 50 } else { usize::MAX }
}

fn read(path: &str) -> Source {
    println!("cargo::rerun-if-changed={path}");
    let text = fs::read_to_string(path).unwrap_or_else(|error| fail(&format!("{path}: {error}")));
    Source { path: path.into(), text }
}

fn fail(message: &str) -> ! {
    message.lines().for_each(|line| println!("cargo::error={line}"));
    exit(1)
}
