//! The table against a list that nobody here wrote: the operators of wasmparser, and its decoder.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use tablature_codegen::model::{Code, Imm, ImmKind, Number, Op, Space, VecOf};
use wasmparser::{BinaryReader, OperatorsReader};

/// An operator of wasmparser's list.
struct Operator {
    proposal: &'static str,
    variant: &'static str,
    visit: &'static str,
    /// Name and type of each immediate.
    immediates: &'static [(&'static str, &'static str)],
    /// `arity 2 -> 1`, `arity memarg 1 -> 1` or `arity custom`
    arity: &'static str,
}

macro_rules! list_operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        const OPERATORS: &[Operator] = &[$(
            Operator {
                proposal: stringify!($proposal),
                variant: stringify!($op),
                visit: stringify!($visit),
                immediates: &[$($((stringify!($arg), stringify!($ty)),)*)?],
                arity: stringify!($($arity)*),
            },
        )*];
    };
}
wasmparser::for_each_operator!(list_operators);

/// Rows whose identifier is not wasmparser's name.
const RENAMED: [(&str, &str); 1] = [("select_typed", "typed_select")];

/// Operators that are no instruction of their own: wasmparser's name for a form that no module may have.
const NO_INSTRUCTION: [&str; 1] = ["typed_select_multi"];

/// The operators by the name that a row has.
fn operators() -> BTreeMap<String, &'static Operator> {
    let known = OPERATORS.iter().map(|operator| {
        let name = operator.visit.trim_start_matches("visit_");
        let renamed = RENAMED.iter().find(|(_, theirs)| *theirs == name).map_or(name, |(ours, _)| ours);
        (renamed.to_owned(), operator)
    });
    known.filter(|(name, _)| !NO_INSTRUCTION.contains(&name.as_str())).collect()
}

#[test]
fn every_row_is_known_and_every_operator_of_its_proposals_has_a_row() {
    let model = common::model();
    let operators = operators();
    let mut proposals = BTreeSet::new();
    for op in common::standard_ops(&model) {
        let operator = operators.get(&op.snake()).unwrap_or_else(|| panic!("wasmparser does not know `{}`", op.id));
        let own = &model.proposals[op.proposal];
        let proposal = own.part_of.as_ref().unwrap_or(&own.name);
        assert_eq!(operator.proposal, proposal, "the proposal of `{}`", op.id);
        proposals.insert(proposal.clone());
    }
    assert!(proposals.len() >= 6, "{proposals:?}");
    for (name, operator) in operators {
        let has_row = model.ops.iter().any(|op| op.snake() == name);
        assert!(has_row || !proposals.contains(operator.proposal), "`{name}` of {} has no row", operator.proposal);
    }
}

#[test]
fn arities_agree() {
    let operators = operators();
    let mut stated = 0;
    for op in common::standard_ops(&common::model()) {
        let arity = operators[&op.snake()].arity.trim_start_matches("arity").trim_start_matches(" memarg").trim();
        let Some((pops, pushes)) = arity.split_once("->") else {
            assert_eq!(arity, "custom", "{}", op.id);
            continue;
        };
        stated += 1;
        let arity = |text: &str| text.trim().parse::<usize>().unwrap();
        assert_eq!((op.pops.len(), op.pushes.len()), (arity(pops), arity(pushes)), "{}", op.id);
    }
    assert!(stated > 150, "{stated}");
}

/// What wasmparser calls the index spaces.
fn space(name: &str) -> Option<&'static str> {
    Some(match name {
        "relative_depth" => "label",
        "function_index" => "func",
        "type_index" => "type",
        "local_index" => "local",
        "global_index" => "global",
        "data_index" => "data",
        "elem_index" => "elem",
        "table" | "table_index" | "dst_table" | "src_table" => "table",
        "mem" | "dst_mem" | "src_mem" => "memory",
        _ => return None,
    })
}

/// `$crate::BrTable<'a>` without path and lifetime.
fn plain_name(ty: &'static str) -> &'static str {
    let path = ty.split('<').next().unwrap_or(ty);
    path.rsplit("::").next().unwrap_or(path).trim()
}

/// An immediate in wasmparser's terms: the index space, or the type.
fn theirs(imm: &Imm) -> &'static str {
    match &imm.kind {
        ImmKind::TypeIndex(_) => "type",
        ImmKind::Index(space) => match space {
            Space::Func => "func",
            Space::Table => "table",
            Space::Memory => "memory",
            Space::Global => "global",
            Space::Elem => "elem",
            Space::Data => "data",
            Space::Tag => "tag",
            Space::Local => "local",
            Space::Label => "label",
        },
        ImmKind::BlockType => "BlockType",
        ImmKind::MemArg | ImmKind::ExactMemArg => "MemArg",
        ImmKind::Const(Number::I32) => "i32",
        ImmKind::Const(Number::I64) => "i64",
        ImmKind::Const(Number::F32) => "Ieee32",
        ImmKind::Const(Number::F64) => "Ieee64",
        ImmKind::Vec(VecOf::ValType) => "ValType",
        ImmKind::HeapType => "HeapType",
        other => panic!("no row has {other:?} yet"),
    }
}

#[test]
fn immediates_agree() {
    let operators = operators();
    for op in common::standard_ops(&common::model()) {
        let found: Vec<&str> = operators[&op.snake()]
            .immediates
            .iter()
            .map(|(name, ty)| space(name).unwrap_or_else(|| plain_name(ty)))
            .collect();
        // wasmparser has the targets and the default of `br_table` in one.
        if op.id == "br_table" {
            assert_eq!(found, ["BrTable"]);
            continue;
        }
        let expected: Vec<&str> = op.imms.iter().map(theirs).collect();
        assert_eq!(found, expected, "{}", op.id);
    }
}

fn unsigned(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The bytes of a row, with immediates that are longer where `long`.
fn encode(op: &Op, long: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let Code { prefix, number } = op.code;
    match prefix {
        Some(prefix) => {
            bytes.push(prefix);
            unsigned(number.into(), &mut bytes);
            if long {
                // The number may have more bytes than it needs.
                *bytes.last_mut().unwrap() |= 0x80;
                bytes.push(0);
            }
        }
        None => bytes.push(number as u8),
    }
    for imm in &op.imms {
        match &imm.kind {
            ImmKind::TypeIndex(_) | ImmKind::Index(_) => unsigned(if long { 300 } else { 0 }, &mut bytes),
            ImmKind::BlockType if long => unsigned(300, &mut bytes),
            ImmKind::BlockType => bytes.push(0x40),
            ImmKind::MemArg if long => {
                let align = op.align.unwrap().trailing_zeros() as u8;
                // A memory index follows, and an offset of more than 32 bits.
                bytes.extend([align | 0x40, 3]);
                unsigned(1 << 40, &mut bytes);
            }
            ImmKind::MemArg => bytes.extend([0, 0]),
            ImmKind::Const(Number::I32) if long => bytes.extend([0x80, 0x80, 0x80, 0x80, 0x78]),
            ImmKind::Const(Number::I64) if long => {
                bytes.extend([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F])
            }
            ImmKind::Const(Number::I32 | Number::I64) => bytes.push(0),
            ImmKind::Const(Number::F32) => bytes.extend([0; 4]),
            ImmKind::Const(Number::F64) => bytes.extend([0; 8]),
            ImmKind::Vec(VecOf::Label) => bytes.extend([2, 0, 1]),
            ImmKind::Vec(VecOf::ValType) => bytes.extend([1, 0x7F]),
            ImmKind::HeapType if long => unsigned(300, &mut bytes),
            ImmKind::HeapType => bytes.push(0x70),
            other => panic!("no row has {other:?} yet"),
        }
    }
    bytes
}

#[test]
fn every_encoding_is_decoded_as_the_operator_of_the_same_name() {
    let operators = operators();
    for op in common::standard_ops(&common::model()) {
        for long in [false, true] {
            // Within an `if`, because `else` and `end` belong to one.
            let mut bytes = vec![0x04, 0x40];
            bytes.extend(encode(op, long));
            let mut reader = OperatorsReader::new(BinaryReader::new(&bytes, 0));
            reader.read().unwrap();
            let found = reader.read().unwrap_or_else(|error| panic!("`{}` as {:02X?}: {error}", op.id, &bytes[2..]));
            let text = format!("{found:?}");
            let variant = text.split([' ', '{', '(']).next().unwrap();
            assert_eq!(variant, operators[&op.snake()].variant, "{} as {:02X?}", op.id, &bytes[2..]);
            assert!(reader.eof(), "`{}` has fewer bytes than {:02X?}", op.id, &bytes[2..]);
        }
    }
}
