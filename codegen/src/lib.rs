//! Turns Tablature's instruction table into Rust.
//!
//! A compiler in miniature: [`table`] reads the TOML, `resolve` fills rows from shapes and looks names up,
//! `check` holds rows against each other, [`model`] is the result, and [`emit`] prints one file for each part of the
//! interpreter. Mistakes in the table are [reported](diag::Report) together, each with its line and column.
//!
//! ```
//! let table = tablature_codegen::diag::Source { path: "table.toml".into(), text: "[shap.unary]".into() };
//! let report = tablature_codegen::load(&table).unwrap_err();
//! assert!(report.entries[0].starts_with("table.toml:1:2: unknown section `shap`"));
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod check;
pub mod diag;
pub mod effect;
pub mod emit;
pub mod fusion;
pub mod immediate;
pub mod model;
pub mod register;
mod resolve;
mod row;
mod section;
pub mod successors;
pub mod table;
pub mod types;

use diag::{Diagnostics, Report, Source};
use model::Model;

/// Reads, resolves and checks a table.
///
/// # Errors
/// Every mistake in the table.
pub fn load(source: &Source) -> Result<Model, Report> {
    let mut diagnostics = Diagnostics::default();
    let Some(table) = table::Table::read(&source.text, &mut diagnostics) else {
        return Err(diagnostics.report(source));
    };
    let model = resolve::resolve(&table, source, &mut diagnostics);
    check::check(&table, &model, &mut diagnostics);
    if diagnostics.is_empty() { Ok(model) } else { Err(diagnostics.report(source)) }
}

/// Generates the interpreter's parts for the proposals, and other features, that `enabled` accepts. `fusions` lists the pairs of
/// register instructions that are one, of which the first `most_pairs` are taken; `successors` which rows often follow a row.
///
/// # Errors
/// Every mistake in the table, also in parts that are not enabled; or, where there is none, in a list.
pub fn generate(
    source: &Source,
    fusions: &Source,
    most_pairs: usize,
    successors: &Source,
    enabled: impl Fn(&str) -> bool,
) -> Result<Vec<emit::File>, Report> {
    let mut model = load(source)?;
    let mut diagnostics = Diagnostics::default();
    check::emittable(&model, &mut diagnostics);
    if !diagnostics.is_empty() {
        return Err(diagnostics.report(source));
    }
    let mut pairs = fusion::read(&model, fusions)?;
    pairs.truncate(most_pairs);
    successors::read(&mut model, successors)?;
    Ok(emit::files(&model.restrict(&enabled), &model, &pairs, enabled))
}
