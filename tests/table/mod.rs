//! The table of opcodes, as far as the build has it.

use std::fs;
use std::path::Path;
use tablature::Proposal;
use tablature_codegen::diag::Source;
use tablature_codegen::model::Model;

/// Reads it from the file.
pub fn read() -> Model {
    let path = "spec/instructions.toml";
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("the table is there");
    let model = tablature_codegen::load(&Source { path: path.into(), text }).expect("the table is right");
    let has = |name: &str| Proposal::ALL.iter().any(|proposal| proposal.id() == name && proposal.is_compiled());
    model.restrict(has)
}
