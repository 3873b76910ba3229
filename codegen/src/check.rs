//! Rules of the table that compare rows with each other or with the lists of traps, prices and proposals.

use crate::diag::Diagnostics;
use crate::model::{Flow, ImmKind, Model, Number, Of, Per, Sequence, Space, Type, TypeForm, VecOf};
use crate::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Checks the resolved rows of `table`.
pub fn check(table: &Table, model: &Model, diagnostics: &mut Diagnostics) {
    encodings(model, diagnostics);
    names(table, diagnostics);
    prices(table, model, diagnostics);
    unused(table, diagnostics);
    commuting(model, diagnostics);
}

/// Two rows never share an encoding, and a prefix byte is no opcode.
fn encodings(model: &Model, diagnostics: &mut Diagnostics) {
    let mut first = BTreeMap::new();
    for op in &model.ops {
        if let Some(other) = first.insert(op.code, op) {
            diagnostics
                .error(&op.span, format!("`{}` has the encoding {} of `{}`", op.id, op.code, other.id))
                .note(&other.span, format!("`{}` stands here", other.id));
        }
    }
    for op in &model.ops {
        let used_as_prefix = |other: &&crate::model::Op| other.code.prefix.map(u32::from) == Some(op.code.number);
        if let (None, Some(other)) = (op.code.prefix, model.ops.iter().find(used_as_prefix)) {
            diagnostics
                .error(&op.span, format!("`{}` is encoded as {}, which is a prefix", op.id, op.code))
                .note(&other.span, format!("the prefix of `{}`", other.id));
        }
    }
}

/// Identifiers are unique, also as Rust names.
fn names(table: &Table, diagnostics: &mut Diagnostics) {
    let mut first: BTreeMap<String, &crate::table::RawRow> = BTreeMap::new();
    for row in &table.rows {
        let snake = row.id.value.replace('.', "_");
        if let Some(other) = first.get(&snake) {
            diagnostics
                .error(&row.id.span, format!("`{}` stands here a second time", row.id.value))
                .note(&other.id.span, format!("`{}` is first here", other.id.value));
        } else {
            first.insert(snake, row);
        }
    }
}

/// No endless loop is free, and what a price depends on exists.
fn prices(table: &Table, model: &Model, diagnostics: &mut Diagnostics) {
    for op in &model.ops {
        let class = &model.fuel[op.fuel];
        let is_free = class.base == 0;
        if is_free && !matches!(op.flow, Flow::Next | Flow::Block) {
            diagnostics
                .error(&op.span, format!("`{}` changes the flow and must cost at least 1", op.id))
                .note(&table.fuel[op.fuel].name.span, format!("fuel class `{}` costs nothing", class.name));
        }
        let Some((per, _)) = &class.per else { continue };
        let fits = match per {
            Per::Operand(name) => op.pops.iter().any(|operand| operand.name == *name),
            Per::Locals => op.flow == Flow::Call,
            Per::Values => matches!(op.flow, Flow::Branch | Flow::Return | Flow::Throw | Flow::Switch),
        };
        if !fits {
            let wanted = match per {
                Per::Operand(name) => format!("an operand called `{name}`"),
                Per::Locals => "a flow of `call`".to_owned(),
                Per::Values => "a flow that carries values".to_owned(),
            };
            diagnostics
                .error(&op.span, format!("`{}` has the fuel class `{}`, which needs {wanted}", op.id, class.name))
                .note(&table.fuel[op.fuel].name.span, "the class is defined here");
        }
    }
}

/// What is defined is used: a leftover is usually a misspelling elsewhere.
fn unused(table: &Table, diagnostics: &mut Diagnostics) {
    let keys = || table.rows.iter().chain(&table.shapes).map(|row| &row.keys);
    let traps: BTreeSet<&str> =
        keys().filter_map(|keys| keys.traps.as_ref()).flat_map(|traps| &traps.value).map(|(n, _)| n.value.as_str()).collect();
    for trap in &table.traps {
        if !traps.contains(trap.name.value.as_str()) {
            diagnostics.error(&trap.name.span, format!("no row has the trap `{}`", trap.name.value));
        }
    }
    let fuel: BTreeSet<&str> = keys().filter_map(|keys| keys.fuel.as_ref()).map(|fuel| fuel.value.as_str()).collect();
    for class in &table.fuel {
        if !fuel.contains(class.name.value.as_str()) {
            diagnostics.error(&class.name.span, format!("no row has the fuel class `{}`", class.name.value));
        }
    }
}

/// Only two operands of one type can change places.
fn commuting(model: &Model, diagnostics: &mut Diagnostics) {
    for op in model.ops.iter().filter(|op| op.commutes) {
        let fits = matches!(op.pops.as_slice(), [lhs, rhs] if lhs.ty == rhs.ty);
        if !fits {
            diagnostics.error(&op.span, format!("`{}` cannot commute: it does not take two operands of one type", op.id));
        }
    }
}

/// Notes the rows that are sound but that the emitters cannot turn into code yet.
pub fn emittable(model: &Model, diagnostics: &mut Diagnostics) {
    for op in &model.ops {
        let by_hand = matches!(op.flow, Flow::Block | Flow::Branch | Flow::Return);
        let types = op.pops.iter().map(|operand| &operand.ty).chain(&op.pushes);
        let unknown_type = !by_hand && types.clone().any(|ty| !is_emittable(ty));
        let several_results = op.flow == Flow::Next && op.pushes.len() > 1;
        let unknown_immediate = op.imms.iter().any(|imm| !is_emittable_imm(&imm.kind));
        let unknown_flow = matches!(op.flow, Flow::Throw | Flow::Switch);
        if unknown_type || several_results || unknown_immediate || unknown_flow {
            diagnostics.error(&op.span, format!("the generator cannot make code for `{}` yet", op.id));
        }
    }
}

fn is_emittable(ty: &Type) -> bool {
    match ty {
        Type::Number(Number::V128) => false,
        Type::Number(_) | Type::Operand(..) | Type::Addr(_) | Type::AddrMin(..) | Type::Ref(true, _) => true,
        Type::Abstract(name) => matches!(name.as_str(), "funcref" | "externref"),
        Type::Of(of, _) => *of != Of::ArrayElem,
        Type::Sequence(sequence, _) => matches!(sequence, Sequence::Params | Sequence::Results),
        Type::Ref(false, _) | Type::Field(..) | Type::Diff(..) | Type::Repeat(..) => false,
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
