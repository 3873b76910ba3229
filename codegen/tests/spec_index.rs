//! The table against the specification's index of instructions, where that lies beside the repository.

mod common;

use std::collections::BTreeMap;
use tablature_codegen::model::{Class, Heap, Of, Op, Sequence, Type};

const INDEX: &str = "../shared/reference/spec-instruction-index.tsv";

/// Rows whose operand is an address in the specification's rules, and still an `i32` in its index.
const OLDER_IN_INDEX: [&str; 2] = ["call_indirect", "return_call_indirect"];

/// An instruction of the index.
struct Entry {
    version: String,
    name: String,
    /// The type in the specification's notation; empty for `else` and `end`.
    ty: String,
}

/// The index by encoding; nothing where it is absent.
fn index() -> Option<BTreeMap<String, Entry>> {
    let Ok(text) = std::fs::read_to_string(common::path(INDEX)) else {
        println!("skipped: there is no {INDEX}");
        return None;
    };
    let entries = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let columns: Vec<&str> = line.split('\t').collect();
        let name = columns[1].split(' ').next().unwrap_or_default().to_owned();
        (columns[2].to_owned(), Entry { version: columns[0].into(), name, ty: columns[3].into() })
    });
    Some(entries.collect())
}

fn encoding(op: &Op) -> String {
    match op.code.prefix {
        Some(prefix) => format!("{prefix:02X} {:02X}", op.code.number),
        None => format!("{:02X}", op.code.number),
    }
}

/// The stack effect in the specification's notation.
fn spec_type(op: &Op) -> String {
    let several_memories = op.pops.iter().any(|operand| matches!(operand.ty, Type::AddrMin(..)));
    let mut addresses = 0;
    let mut single = |ty: &Type| match ty {
        Type::Number(number) => number.name().to_owned(),
        Type::Addr(_) if several_memories => {
            addresses += 1;
            format!("at_{addresses}")
        }
        Type::Addr(_) | Type::AddrMin(..) => "at".into(),
        Type::Ref(_, Heap::Imm(name)) => format!("(ref null {name})"),
        Type::Operand(_, Class::Reference) => "(ref null ht)".into(),
        Type::Operand(..) | Type::Of(Of::Local | Of::Global | Of::Elem | Of::Type, _) => "t".into(),
        Type::Abstract(_) => "ref ht".into(),
        Type::Sequence(Sequence::Params, _) => "t_1*".into(),
        Type::Sequence(Sequence::Results, name) if name != "self" => "t_2*".into(),
        Type::Sequence(..) => "t*".into(),
        other => panic!("no row has {other:?} yet"),
    };
    let mut pops: Vec<String> = op.pops.iter().map(|operand| single(&operand.ty)).collect();
    let mut pushes: Vec<String> = op.pushes.iter().map(single).collect();
    if op.diverges {
        // What lies below is any stack.
        if !pops.iter().any(|ty| ty == "t_1*") {
            pops.insert(0, "t_1*".into());
        }
        pushes.push("t_2*".into());
    }
    format!("[{}] -> [{}]", pops.join(" "), pushes.join(" "))
}

#[test]
fn names_encodings_and_types_are_the_specifications() {
    let Some(index) = index() else { return };
    for op in common::standard_ops(&common::model()) {
        let entry = index.get(&encoding(op)).unwrap_or_else(|| panic!("the index has no {} ({})", op.code, op.id));
        assert_eq!(entry.name, op.name, "the name of {}", op.code);
        let mut ty = spec_type(op);
        if OLDER_IN_INDEX.contains(&op.id.as_str()) {
            ty = ty.replace(" at]", " i32]");
        }
        assert!(entry.ty.is_empty() || entry.ty == ty, "the type of `{}`: {} or {ty}", op.id, entry.ty);
    }
}

#[test]
fn nothing_of_the_specifications_first_versions_is_missing_but_vectors() {
    let Some(index) = index() else { return };
    let model = common::model();
    for (code, entry) in index.iter().filter(|(code, entry)| entry.version != "3.0" && !code.starts_with("FD")) {
        assert!(model.ops.iter().any(|op| encoding(op) == *code), "no row for {code} `{}`", entry.name);
    }
}
