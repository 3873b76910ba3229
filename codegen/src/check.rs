//! Rules of the table that compare rows with each other or with the lists of shapes, traps and prices; and what the
//! emitters cannot turn into code yet.

use crate::diag::{Diagnostics, Span};
use crate::emit::{describe_imm, describe_type};
use crate::model::{
    Flow, Heap, ImmKind, Model, Nullability, Number, Of, Op, PartKind, Per, Sequence, Space, Type, TypeForm, VecOf,
    camel,
};
use crate::resolve::is_identifier;
use crate::table::{Keys, RawRow, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Checks the rows of `table`, those that did not resolve too where that is possible.
pub fn check(table: &Table, model: &Model, diagnostics: &mut Diagnostics) {
    encodings(table, diagnostics);
    prefixes(table, diagnostics);
    names(table.rows.iter().map(|row| (&row.id.value, &row.id.span)), diagnostics);
    names(table.proposals.iter().map(|proposal| (&proposal.name.value, &proposal.name.span)), diagnostics);
    names(table.traps.iter().map(|trap| (&trap.name.value, &trap.name.span)), diagnostics);
    names(table.fuel.iter().map(|class| (&class.name.value, &class.name.span)), diagnostics);
    prices(table, model, diagnostics);
    unused(table, diagnostics);
}

/// Two rows never share an encoding.
fn encodings(table: &Table, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<&[u32], &RawRow> = BTreeMap::new();
    for row in &table.rows {
        let Some(code) = &row.keys.code else { continue };
        match first.get(code.value.as_slice()) {
            Some(other) => {
                let message = format!("`{}` has the encoding of `{}`", row.id.value, other.id.value);
                diagnostics
                    .error(&code.span, message)
                    .note(&other.id.span, format!("`{}` stands here", other.id.value));
            }
            None => _ = first.insert(&code.value, row),
        }
    }
}

/// A prefix byte is no opcode.
fn prefixes(table: &Table, diagnostics: &mut Diagnostics) {
    for row in &table.rows {
        let Some(code) = &row.keys.code else { continue };
        let [byte] = code.value.as_slice() else { continue };
        let is_prefixed = |other: &&RawRow| {
            other.keys.code.as_ref().is_some_and(|code| matches!(code.value.as_slice(), [prefix, _] if prefix == byte))
        };
        if let Some(other) = table.rows.iter().find(is_prefixed) {
            diagnostics
                .error(&code.span, format!("`{}` is encoded as 0x{byte:02X}, which is a prefix", row.id.value))
                .note(&other.id.span, format!("the prefix of `{}`", other.id.value));
        }
    }
}

/// Names are unique and give names in Rust.
fn names<'t>(names: impl Iterator<Item = (&'t String, &'t Span)>, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<String, (&String, &Span)> = BTreeMap::new();
    for (name, span) in names {
        let in_rust = camel(name);
        if !is_identifier(name) || in_rust == "Self" {
            diagnostics
                .error(span, format!("`{name}` cannot be a name"))
                .help("small letters and digits, in words divided by `_` or `.`; and not `self`");
        } else if let Some((other, place)) = first.get(&in_rust) {
            let message = match *other == name {
                true => format!("`{name}` stands here a second time"),
                false => format!("`{name}` and `{other}` have one name in Rust, `{in_rust}`"),
            };
            diagnostics.error(span, message).note(place, format!("`{other}` is first here"));
        } else {
            first.insert(in_rust, (name, span));
        }
    }
}

/// No endless loop is free, and what a price depends on exists.
fn prices(table: &Table, model: &Model, diagnostics: &mut Diagnostics) {
    for op in &model.ops {
        let class = &model.fuel[op.fuel];
        let defined = &table.fuel[op.fuel].name.span;
        if class.base == 0 && !matches!(op.flow, Flow::Next | Flow::Block) {
            diagnostics
                .error(&op.span, format!("`{}` changes the flow and must cost at least 1", op.id))
                .note(defined, format!("fuel class `{}` costs nothing", class.name));
        }
        let Some((per, _)) = &class.per else { continue };
        let wanted = match per {
            Per::Operand(name) => match op.pops.iter().find(|operand| operand.name == *name) {
                Some(operand) if is_amount(&operand.ty) => continue,
                Some(_) => format!("`{name}` to be an i32 or an address"),
                None => format!("an operand called `{name}`"),
            },
            Per::Locals if op.flow == Flow::Call => continue,
            Per::Locals => "a flow of `call`".to_owned(),
            Per::Values if matches!(op.flow, Flow::Branch | Flow::Return | Flow::Throw | Flow::Switch) => continue,
            Per::Values => "a flow that carries values".to_owned(),
        };
        diagnostics
            .error(&op.span, format!("`{}` has the fuel class `{}`, which needs {wanted}", op.id, class.name))
            .note(defined, format!("fuel class `{}` is defined here", class.name));
    }
}

fn is_amount(ty: &Type) -> bool {
    matches!(ty, Type::Number(Number::I32) | Type::Addr(_) | Type::AddrMin(..))
}

/// What is defined is used: a leftover is usually a misspelling elsewhere. Where that misspelling was found, or
/// something could not be read, nothing is said of leftovers.
fn unused(table: &Table, diagnostics: &mut Diagnostics) {
    if table.is_partial {
        return;
    }
    let keys = || table.rows.iter().chain(&table.shapes).map(|row| &row.keys);
    let is_misspelt =
        |keys: &Keys, key: &str| keys.variables.keys().any(|name| crate::diag::closest(name, [key]).is_some());
    let mut leftovers = |what: &str, key: &str, defined: Vec<(&str, &Span)>, used: BTreeSet<&str>| {
        let is_defined = |name: &&str| defined.iter().any(|(other, _)| other == name);
        if !used.iter().all(is_defined) || table.rows.iter().any(|row| is_misspelt(&row.keys, key)) {
            return;
        }
        for (name, span) in defined.into_iter().filter(|(name, _)| !used.contains(name)) {
            diagnostics.error(span, format!("no row has the {what} `{name}`"));
        }
    };
    let shapes = table.shapes.iter().map(|shape| (shape.id.value.as_str(), &shape.id.span)).collect();
    leftovers(
        "shape",
        "shape",
        shapes,
        keys().filter_map(|keys| keys.shape.as_ref()).map(|name| name.value.as_str()).collect(),
    );
    let traps = table.traps.iter().map(|trap| (trap.name.value.as_str(), &trap.name.span)).collect();
    let used = keys().filter_map(|keys| keys.traps.as_ref()).flat_map(|traps| &traps.value);
    leftovers("trap", "traps", traps, used.map(|(name, _)| name.value.as_str()).collect());
    let fuel = table.fuel.iter().map(|class| (class.name.value.as_str(), &class.name.span)).collect();
    leftovers(
        "fuel class",
        "fuel",
        fuel,
        keys().filter_map(|keys| keys.fuel.as_ref()).map(|name| name.value.as_str()).collect(),
    );
}

/// Notes the rows that are sound but that the emitters cannot turn into code yet.
pub fn emittable(model: &Model, diagnostics: &mut Diagnostics) {
    for op in &model.ops {
        if let Some(obstacle) = obstacle(model, op) {
            diagnostics
                .error(&op.span, format!("the generator cannot make code for `{}` yet: it has {obstacle}", op.id));
        }
    }
}

/// What the emitters do not know.
fn obstacle(model: &Model, op: &Op) -> Option<String> {
    if matches!(op.flow, Flow::Throw | Flow::Switch) {
        return Some(format!("the flow `{}`", op.flow.name()));
    }
    if let Some(imm) = op.imms.iter().find(|imm| !is_emittable_imm(&imm.kind)) {
        return Some(format!("the immediate `{}: {}`", imm.name, describe_imm(&imm.kind)));
    }
    if let Some(name) = taken_name(op) {
        return Some(format!("the name `{name}`, which generated code uses itself"));
    }
    let types = op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes);
    // Blocks, branches and returns are validated by hand, so what their types are does not matter.
    if !matches!(op.flow, Flow::Block | Flow::Branch | Flow::Return)
        && let Some(ty) = types.into_iter().find(|ty| !is_emittable(op, ty))
    {
        return Some(format!("`{}` on the stack", describe_type(ty)));
    }
    if op.flow != Flow::Next {
        return None;
    }
    if op.pushes.len() > 1 {
        return Some("several results".into());
    }
    let has = |kind: PartKind| op.parts.iter().any(|part| part.kind == kind);
    if has(PartKind::Heap) {
        return Some("the part `heap`".into());
    }
    if has(PartKind::Local) && has(PartKind::Global) {
        return Some("both a local and a global to work on".into());
    }
    let pays_by_operand = matches!(model.fuel[op.fuel].per, Some((Per::Operand(_), _)));
    let is_plain_effect = op.pushes.is_empty() && !op.diverges && !op.traps.is_empty();
    if pays_by_operand && !is_plain_effect {
        return Some("a price that depends on an operand, but results or no trap".into());
    }
    None
}

/// A name in the row that generated functions use for something else.
fn taken_name(op: &Op) -> Option<&str> {
    const TAKEN: [&str; 22] = [
        "r",
        "at",
        "machine",
        "memory",
        "base",
        "price",
        "effect",
        "bytes",
        "pages",
        "pair",
        "table",
        "data",
        "segment",
        "variable",
        "function",
        "reader",
        "visitor",
        "start",
        "semantics",
        "control",
        "code",
        "heap",
    ];
    let names = op.imms.iter().map(|imm| imm.name.as_str()).chain(op.pops.iter().map(|operand| operand.name.as_str()));
    let variables = op.pops.iter().filter_map(|operand| match &operand.ty {
        Type::Operand(variable, _) => Some(variable.as_str()),
        _ => None,
    });
    names.chain(variables).find(|name| TAKEN.contains(name))
}

fn is_emittable(op: &Op, ty: &Type) -> bool {
    let kind_of = |imm: &str| op.imm(imm).map(|imm| &imm.kind);
    match ty {
        Type::Number(Number::V128) => false,
        Type::Number(_) | Type::Addr(_) | Type::AddrMin(..) | Type::Operand(..) => true,
        Type::Ref(Nullability::Null, Heap::Imm(imm)) => kind_of(imm) == Some(&ImmKind::HeapType),
        Type::Abstract(name) => matches!(name.as_str(), "funcref" | "externref"),
        Type::Of(Of::Type, imm) => kind_of(imm) == Some(&ImmKind::Vec(VecOf::ValType)),
        Type::Of(of, _) => *of != Of::ArrayElem,
        Type::Sequence(Sequence::Params | Sequence::Results, imm) => {
            let has_signature = matches!(kind_of(imm), Some(ImmKind::TypeIndex(_) | ImmKind::Index(Space::Func)));
            has_signature && op.flow != Flow::Next
        }
        _ => false,
    }
}

fn is_emittable_imm(kind: &ImmKind) -> bool {
    match kind {
        ImmKind::TypeIndex(form) => matches!(form, TypeForm::Func),
        ImmKind::Index(space) => *space != Space::Tag,
        ImmKind::Const(number) => *number != Number::V128,
        ImmKind::Vec(of) => matches!(of, VecOf::Label | VecOf::ValType),
        ImmKind::BlockType | ImmKind::MemArg | ImmKind::HeapType => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_rust_has_them() {
        let entries = [("a_b", 0), ("a.b", 1), ("ab", 2), ("a_b", 3), ("self", 4)];
        let entries = entries.map(|(name, at)| (name.to_owned(), at..at + 1));
        let mut diagnostics = Diagnostics::default();
        names(entries.iter().map(|(name, span)| (name, span)), &mut diagnostics);
        let text = ".".repeat(9);
        let report = diagnostics.report(&crate::diag::Source { path: "t".into(), text }).entries;
        let first_lines: Vec<&str> = report.iter().filter_map(|entry| entry.lines().next()).collect();
        assert_eq!(
            first_lines,
            [
                "t:1:2: `a.b` and `a_b` have one name in Rust, `AB`",
                "t:1:4: `a_b` stands here a second time",
                "t:1:5: `self` cannot be a name",
            ]
        );
    }
}
