//! Which register instructions that follow each other are one: `spec/fusions.toml`, which `xtask profile` derives from
//! what programs execute.
//!
//! A pair does what its two instructions do, one after the other, with one dispatch less.

use crate::diag::{Diagnostics, Report, Source, Span};
use crate::model::Model;
use crate::register::{Control, Instruction, Kind, instructions, traps};
use crate::section;
use std::collections::HashMap;
use toml::de::DeValue;

/// Two instructions that are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name in Rust: `i32_add_ss_a_then_i32_load_a_s`.
    pub name: String,
    /// The place of the first in the list of instructions.
    pub first: usize,
    /// The place of the second.
    pub second: usize,
}

/// Bytes of fields that the two have together at most: a window on an instruction shows them, and the next opcode.
const MOST_BYTES: usize = 40;

/// Why two instructions cannot be one, if they cannot.
#[must_use]
pub fn obstacle(model: &Model, first: &Instruction, second: &Instruction) -> Option<&'static str> {
    if [first, second].iter().any(|instruction| instruction.kind == Kind::Control(Control::Apart)) {
        return Some("what one of them does concerns its place, where a pair would begin or end");
    }
    if !goes_on(model, first) {
        return Some("the first does not always go on to the next instruction");
    }
    if !goes_on(model, second) && !can_be_last(second) {
        return Some("the second is executed again where it stops");
    }
    if traps(model, first) && traps(model, second) && second.size() == 0 {
        return Some("both trap, and the second has no fields, so that nobody would know which of them did");
    }
    (first.size() + second.size() > MOST_BYTES).then_some("they are too long")
}

/// Whether an instruction always goes on to the next one, unless it traps.
fn goes_on(model: &Model, instruction: &Instruction) -> bool {
    match &instruction.kind {
        Kind::Value(op, ..) => {
            let op = &model.ops[*op];
            !op.diverges && crate::emit::pays_by_operand(model, op).is_none()
        }
        Kind::Far(_) => true,
        Kind::Branch(..) => false,
        Kind::Control(control) => *control == Control::Next,
    }
}

/// Whether an instruction that goes elsewhere is nothing that stops on its own account.
fn can_be_last(instruction: &Instruction) -> bool {
    match instruction.kind {
        Kind::Branch(..) => true,
        Kind::Control(control) => matches!(control, Control::Branch | Control::Skip | Control::Jump | Control::Return),
        _ => false,
    }
}

/// The pairs that a file lists, by the names of their instructions.
///
/// # Errors
/// Every mistake in the file.
pub fn read(model: &Model, source: &Source) -> Result<Vec<(String, String)>, Report> {
    let mut diagnostics = Diagnostics::default();
    let list = instructions(model);
    let by_name: HashMap<&str, &Instruction> = list.iter().map(|i| (i.name.as_str(), i)).collect();
    let mut pairs = Vec::new();
    for (names, span) in entries(source, &mut diagnostics) {
        let mut words = names.split(' ');
        let (Some(first), Some(second), None) = (words.next(), words.next(), words.next()) else {
            diagnostics.error(&span, format!("`{names}` are not two instructions, divided by a space"));
            continue;
        };
        let mut find = |name: &str| {
            let found = by_name.get(name).copied();
            if found.is_none() {
                diagnostics
                    .error(&span, format!("there is no register instruction `{name}`"))
                    .help("`cargo run --release -p xtask -- profile` derives this file anew");
            }
            found
        };
        let (Some(one), Some(other)) = (find(first), find(second)) else { continue };
        match obstacle(model, one, other) {
            Some(obstacle) => _ = diagnostics.error(&span, format!("`{names}` cannot be one: {obstacle}")),
            None => pairs.push((first.to_owned(), second.to_owned())),
        }
    }
    if diagnostics.is_empty() { Ok(pairs) } else { Err(diagnostics.report(source)) }
}

/// The keys of `[pairs]` with their places.
fn entries(source: &Source, diagnostics: &mut Diagnostics) -> Vec<(String, Span)> {
    section::entries(source, "pairs", diagnostics, |names, span, (share, place), diagnostics| {
        if !matches!(share, DeValue::Float(_) | DeValue::Integer(_)) {
            diagnostics.error(&place, "the share of what the pair saves is a number, in per cent");
        }
        (names.to_owned(), span)
    })
}

/// The pairs for the instructions of `model`, in the order of these: those with an instruction that it does not have are
/// left out.
#[must_use]
pub fn select(model: &Model, pairs: &[(String, String)]) -> Vec<Pair> {
    let list = instructions(model);
    let places: HashMap<&str, usize> = list.iter().enumerate().map(|(place, i)| (i.name.as_str(), place)).collect();
    let place = |name: &String| places.get(name.as_str()).copied();
    let mut selected: Vec<Pair> = pairs
        .iter()
        .filter_map(|(first, second)| {
            let name = format!("{first}_then_{second}");
            Some(Pair { name, first: place(first)?, second: place(second)? })
        })
        .collect();
    selected.sort_by_key(|pair| (pair.first, pair.second));
    selected
}
