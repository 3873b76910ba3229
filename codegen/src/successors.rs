//! Which rows often follow a row: `spec/successors.toml`. A handler of the in-place engine looks for them behind its own
//! instruction, and does them, too.

use crate::diag::{Diagnostics, Report, Source, Span};
use crate::emit::pays_by_operand;
use crate::model::{Flow, Model, Op};
use crate::section;
use toml::de::DeValue;

/// How many rows there are behind a row at most: registers of the host are few.
const MOST_ROWS: usize = 2;

/// Tells the rows of `model` what a file lists.
///
/// # Errors
/// Every mistake in the file.
pub fn read(model: &mut Model, source: &Source) -> Result<(), Report> {
    let mut diagnostics = Diagnostics::default();
    for (row, span, sequences) in entries(source, &mut diagnostics) {
        let Some(first) = find(model, &row, &span, &mut diagnostics) else { continue };
        if let Some(obstacle) = obstacle(model, &model.ops[first]) {
            diagnostics.error(&span, format!("nothing can be done behind `{row}`: {obstacle}"));
        }
        let mut successors = Vec::new();
        for (sequence, span) in sequences {
            let rows: Vec<String> = sequence.split(' ').map(str::to_owned).collect();
            if rows.len() > MOST_ROWS {
                diagnostics.error(&span, format!("a handler does at most {MOST_ROWS} rows more"));
            }
            for (index, name) in rows.iter().enumerate() {
                let Some(place) = find(model, name, &span, &mut diagnostics) else { continue };
                if let Some(obstacle) = obstacle(model, &model.ops[place]) {
                    diagnostics.error(&span, format!("`{name}` cannot be done behind another: {obstacle}"));
                } else if model.ops[place].flow != Flow::Next && index + 1 < rows.len() {
                    diagnostics.error(&span, format!("`{name}` may branch, so that nothing stands behind it"));
                }
            }
            successors.push(rows);
        }
        model.ops[first].successors = successors;
    }
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics.report(source)) }
}

/// Why a row cannot be one of several in a handler, if it cannot.
fn obstacle(model: &Model, op: &Op) -> Option<&'static str> {
    let may_go_on = op.flow == Flow::Next || matches!(op.flow, Flow::Branch | Flow::Block);
    if op.code.prefix.is_some() {
        Some("it has a prefix")
    } else if op.diverges || !may_go_on {
        Some("it does not go on to the next instruction")
    } else if pays_by_operand(model, op).is_some() {
        Some("its price depends on an operand")
    } else {
        None
    }
}

/// The place of a row.
fn find(model: &Model, id: &str, span: &Span, diagnostics: &mut Diagnostics) -> Option<usize> {
    let place = model.ops.iter().position(|op| op.id == id);
    if place.is_none() {
        let rows = model.ops.iter().map(|op| op.id.as_str());
        diagnostics.error(span, format!("there is no row `{id}`")).suggest(id, rows);
    }
    place
}

/// A row, where it stands, and its sequences of successors with their places.
type Entry = (String, Span, Vec<(String, Span)>);

/// The entries of `[successors]`.
fn entries(source: &Source, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    section::entries(source, "successors", diagnostics, |row, span, (list, place), diagnostics| {
        let values = list.as_array();
        if values.is_none() {
            diagnostics.error(&place, "successors are a list of names of rows");
        }
        let mut sequences = Vec::new();
        for value in values.into_iter().flat_map(|values| values.iter()) {
            if let DeValue::String(names) = value.get_ref() {
                sequences.push((names.to_string(), value.span()));
            } else {
                let message = "a successor is the name of a row, or of several, divided by spaces";
                diagnostics.error(&value.span(), message);
            }
        }
        (row.to_owned(), span, sequences)
    })
}
