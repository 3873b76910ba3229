//! Immediates and parts of the machine: what `imm` and `with` of a row say.

use crate::effect::TypeExpr;
use crate::model::{Imm, ImmKind, Number, Part, PartKind, Space, TypeForm, VecOf};
use crate::table::Variables;

/// Names of the kinds of immediates.
pub const KINDS: [&str; 20] = [
    "typeidx",
    "funcidx",
    "tableidx",
    "memidx",
    "globalidx",
    "elemidx",
    "dataidx",
    "tagidx",
    "localidx",
    "labelidx",
    "fieldidx",
    "blocktype",
    "memarg",
    "u32",
    "lane",
    "lanes",
    "vec",
    "castflags",
    "heaptype",
    "reserved",
];

/// Names of the parts of the machine, with the number of immediates that each takes and the index space of these.
pub const PARTS: [(&str, PartKind, usize, Option<Space>); 11] = [
    ("memory", PartKind::Memory, 1, Some(Space::Memory)),
    ("pages", PartKind::Pages, 1, Some(Space::Memory)),
    ("memories", PartKind::Memories, 2, Some(Space::Memory)),
    ("table", PartKind::Table, 1, Some(Space::Table)),
    ("tables", PartKind::Tables, 2, Some(Space::Table)),
    ("data", PartKind::Data, 1, Some(Space::Data)),
    ("elem", PartKind::Elem, 1, Some(Space::Elem)),
    ("local", PartKind::Local, 1, Some(Space::Local)),
    ("global", PartKind::Global, 1, Some(Space::Global)),
    ("function", PartKind::Function, 1, Some(Space::Func)),
    ("heap", PartKind::Heap, 0, None),
];

/// Why a notation names no immediate or part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The name is not one that exists.
    Name(String),
    /// What stands in the parentheses is wrong.
    Argument(String),
}

/// The kind of an immediate. `before` are the immediates that stand before it.
pub(crate) fn kind(ty: &TypeExpr, variables: &Variables, before: &[Imm]) -> Result<ImmKind, Wrong> {
    let name = variables.get(&ty.name).map_or(ty.name.as_str(), |(_, value)| value.value.as_str());
    let arguments: Vec<&str> = ty.args.iter().map(|arg| arg.name.as_str()).collect();
    let wrong = |message: String| Err(Wrong::Argument(message));
    if ty.args.iter().any(|arg| arg.nullability.is_some() || !arg.args.is_empty()) {
        return wrong(format!("`{name}` takes a single name in its parentheses"));
    }
    let plain = match name {
        "funcidx" => Some(ImmKind::Index(Space::Func)),
        "tableidx" => Some(ImmKind::Index(Space::Table)),
        "memidx" => Some(ImmKind::Index(Space::Memory)),
        "globalidx" => Some(ImmKind::Index(Space::Global)),
        "elemidx" => Some(ImmKind::Index(Space::Elem)),
        "dataidx" => Some(ImmKind::Index(Space::Data)),
        "tagidx" => Some(ImmKind::Index(Space::Tag)),
        "localidx" => Some(ImmKind::Index(Space::Local)),
        "labelidx" => Some(ImmKind::Index(Space::Label)),
        "blocktype" => Some(ImmKind::BlockType),
        "u32" => Some(ImmKind::Count),
        "castflags" => Some(ImmKind::CastFlags),
        "heaptype" => Some(ImmKind::HeapType),
        "reserved" => Some(ImmKind::Reserved),
        number => Number::from_name(number).map(ImmKind::Const),
    };
    match (plain, arguments.as_slice()) {
        (Some(kind), []) => return Ok(kind),
        (Some(_), _) => return wrong(format!("`{name}` takes nothing in parentheses")),
        (None, _) => {}
    }
    let lanes = |of: fn(u32) -> ImmKind| match arguments.as_slice() {
        [number] => match number.parse::<u32>() {
            Ok(lanes) if lanes.is_power_of_two() && (2..=32).contains(&lanes) => Ok(of(lanes)),
            _ => wrong(format!("`{name}` takes a number of lanes: 2, 4, 8, 16 or 32")),
        },
        _ => wrong(format!("`{name}` takes a number of lanes: 2, 4, 8, 16 or 32")),
    };
    match (name, arguments.as_slice()) {
        ("typeidx", [] | ["any"]) => Ok(ImmKind::TypeIndex(TypeForm::Any)),
        ("typeidx", ["func"]) => Ok(ImmKind::TypeIndex(TypeForm::Func)),
        ("typeidx", ["struct"]) => Ok(ImmKind::TypeIndex(TypeForm::Struct)),
        ("typeidx", ["array"]) => Ok(ImmKind::TypeIndex(TypeForm::Array)),
        ("typeidx", ["cont"]) => Ok(ImmKind::TypeIndex(TypeForm::Cont)),
        ("typeidx", _) => wrong("`typeidx` takes a form of type: func, struct, array, cont or any".into()),
        ("fieldidx", [ty]) => {
            let is_struct = |imm: &&Imm| imm.name == *ty && imm.kind == ImmKind::TypeIndex(TypeForm::Struct);
            match before.iter().find(is_struct) {
                Some(_) => Ok(ImmKind::FieldIndex((*ty).to_owned())),
                None => wrong(format!("`{ty}` is not a `typeidx(struct)` that stands before the field")),
            }
        }
        ("fieldidx", _) => wrong("`fieldidx` takes the immediate of its struct type".into()),
        ("memarg", []) => Ok(ImmKind::MemArg),
        ("memarg", ["exact"]) => Ok(ImmKind::ExactMemArg),
        ("memarg", _) => wrong("`memarg` takes nothing in parentheses, or `exact`".into()),
        ("lane", _) => lanes(ImmKind::Lane),
        ("lanes", _) => lanes(ImmKind::Lanes),
        ("vec", ["labelidx"]) => Ok(ImmKind::Vec(VecOf::Label)),
        ("vec", ["valtype"]) => Ok(ImmKind::Vec(VecOf::ValType)),
        ("vec", ["catch"]) => Ok(ImmKind::Vec(VecOf::Catch)),
        ("vec", ["handler"]) => Ok(ImmKind::Vec(VecOf::Handler)),
        ("vec", _) => wrong("a vector holds labelidx, valtype, catch or handler".into()),
        _ => Err(Wrong::Name(name.to_owned())),
    }
}

/// A part of the machine, selected by immediates of the row.
pub(crate) fn part(expr: &TypeExpr, imms: &[Imm], mutable: bool) -> Result<Part, Wrong> {
    let Some((name, kind, count, space)) = PARTS.iter().find(|(name, ..)| *name == expr.name) else {
        return Err(Wrong::Name(expr.name.clone()));
    };
    if expr.args.len() != *count {
        let plural = if *count == 1 { "" } else { "s" };
        return Err(Wrong::Argument(format!("`{name}` takes {count} immediate{plural}")));
    }
    for arg in &expr.args {
        let imm = imms.iter().find(|imm| imm.name == arg.name);
        let is_plain = arg.nullability.is_none() && arg.args.is_empty();
        let fits = is_plain && imm.is_some_and(|imm| selects(&imm.kind, *space));
        if !fits {
            let message = format!("`{}` is not an immediate of this row that selects a {name}", arg.name);
            return Err(Wrong::Argument(message));
        }
    }
    if mutable && *kind == PartKind::Function {
        return Err(Wrong::Argument("a function cannot be changed".into()));
    }
    Ok(Part { kind: *kind, mutable, imms: expr.args.iter().map(|arg| arg.name.clone()).collect() })
}

fn selects(kind: &ImmKind, space: Option<Space>) -> bool {
    match kind {
        ImmKind::Index(of) => Some(*of) == space,
        ImmKind::MemArg | ImmKind::ExactMemArg => space == Some(Space::Memory),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Result<ImmKind, Wrong> {
        let ty = TypeExpr::parse(text, 0).unwrap();
        let before = [Imm { name: "ty".into(), kind: ImmKind::TypeIndex(TypeForm::Struct) }];
        kind(&ty, &Variables::new(), &before)
    }

    #[test]
    fn every_kind_has_a_form() {
        for name in KINDS {
            let forms = [name.to_owned(), format!("{name}(16)"), format!("{name}(labelidx)"), format!("{name}(ty)")];
            assert!(forms.iter().any(|form| kind_of(form).is_ok()), "{name}");
        }
    }

    #[test]
    fn every_kind_is_written_as_it_is_read() {
        for text in [
            "typeidx",
            "typeidx(cont)",
            "fieldidx(ty)",
            "vec(handler)",
            "lane(16)",
            "lanes(32)",
            "memarg(exact)",
            "v128",
        ] {
            let kind = kind_of(text).unwrap();
            assert_eq!(crate::emit::describe_imm(&kind), text);
        }
    }

    #[test]
    fn what_stands_in_parentheses_must_fit() {
        for text in
            ["memidx(m)", "lane", "lane(3)", "lanes(64)", "vec", "fieldidx(x)", "typeidx(i32)", "memarg(null ty)"]
        {
            assert!(matches!(kind_of(text), Err(Wrong::Argument(_))), "{text}");
        }
        assert_eq!(kind_of("int"), Err(Wrong::Name("int".into())));
    }
}
