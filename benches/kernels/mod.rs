//! Small programs in the text format: each exports a function `run` from a number to another.

use std::path::Path;

/// The text of the kernel of this name.
pub fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/kernels").join(name).with_extension("wat");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
