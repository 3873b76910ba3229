//! Generates the interpreter's parts from the instruction table, for the proposals that the Cargo features select.

use std::{env, fs, path::Path, process::exit};
use tablature_codegen::{diag::Source, generate};

const TABLE: &str = "spec/instructions.toml";

fn main() {
    println!("cargo::rerun-if-changed={TABLE}");
    println!("cargo::rustc-check-cfg=cfg(tail_calls)");
    if tail_calls_hold() {
        println!("cargo::rustc-cfg=tail_calls");
    }
    let text = fs::read_to_string(TABLE).unwrap_or_else(|error| fail(&format!("{TABLE}: {error}")));
    let enabled = |proposal: &str| env::var_os(format!("CARGO_FEATURE_{}", proposal.to_uppercase())).is_some();
    let source = Source { path: TABLE.into(), text };
    let files = generate(&source, enabled).unwrap_or_else(|report| fail(&report.to_string()));
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

fn fail(message: &str) -> ! {
    message.lines().for_each(|line| println!("cargo::error={line}"));
    exit(1)
}
