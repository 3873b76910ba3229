//! What the generator's tests share: the table, and files that a test keeps fresh.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use tablature_codegen::model::{Model, Op};
use tablature_codegen::{diag::Source, load};

/// Opcodes of ours that no standard has.
pub const PRIVATE: &[&str] = &[];

/// The path of a file, from the root of the workspace.
pub fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

/// The text of a file.
pub fn read(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The files with this extension in a folder, sorted.
pub fn files_in(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

/// Whether files that tests keep fresh are to be written anew.
pub fn bless() -> bool {
    std::env::var_os("TABLATURE_BLESS").is_some_and(|value| value == "1")
}

/// The instruction table.
pub fn source() -> Source {
    source_of("spec/instructions.toml")
}

/// A file that the generator reads.
pub fn source_of(file: &str) -> Source {
    Source { path: file.into(), text: read(file) }
}

/// The instruction table, resolved.
pub fn model() -> Model {
    load(&source()).unwrap_or_else(|report| panic!("{report}"))
}

/// The opcodes that standards have.
pub fn standard_ops(model: &Model) -> impl Iterator<Item = &Op> {
    model.ops.iter().filter(|op| !PRIVATE.contains(&op.id.as_str()))
}
