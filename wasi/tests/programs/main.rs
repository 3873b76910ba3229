//! Guests in WebAssembly, with every engine that this build has: wasmi, and with the feature `tablature` that one.
//!
//! The conformance programs and the workloads are beside the checkout, in `../shared`; where they are not, these tests
//! say so and pass.

mod conformance;
mod engines;
#[cfg(unix)]
mod escape;
mod forward;
mod lifecycle;
mod workloads;

use std::path::PathBuf;

/// A folder beside the checkout, if it is there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("TABLATURE_SHARED") {
        Some(root) => PathBuf::from(root),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
    };
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: there is no {}", folder.display());
    None
}

/// The programs in a folder, in the order of their names.
fn programs(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("its entries can be read").path());
    let mut programs: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")).collect();
    programs.sort();
    programs
}
