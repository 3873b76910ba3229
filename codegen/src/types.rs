//! Type expressions of the stack notation, resolved against a row's immediates and type variables.

use crate::diag::Diagnostics;
use crate::effect::{Item, TypeExpr};
use crate::model::{Class, Heap, Imm, ImmKind, Nullability, Number, Of, Operand, Sequence, Space, Type, TypeForm};
use crate::row::Row;

/// Names of reference types that need no immediate.
pub const ABSTRACT: [&str; 12] = [
    "funcref",
    "externref",
    "anyref",
    "eqref",
    "i31ref",
    "structref",
    "arrayref",
    "exnref",
    "contref",
    "nullref",
    "nullfuncref",
    "nullexternref",
];

/// Names of what takes arguments in parentheses, and how many.
pub const CONSTRUCTORS: [(&str, usize); 18] = [
    ("addr", 1),
    ("addr_min", 2),
    ("local", 1),
    ("global", 1),
    ("elem", 1),
    ("array_elem", 1),
    ("type", 1),
    ("field", 2),
    ("fields", 1),
    ("ref", 1),
    ("source", 2),
    ("target", 2),
    ("diff", 3),
    ("params", 1),
    ("results", 1),
    ("label", 1),
    ("prefix", 1),
    ("repeat", 2),
];

/// What a type variable can stand for beside a type: operands bind it.
pub const CLASSES: [&str; 5] = ["any", "numeric", "reference", "heaptype", "nullability"];

/// Resolves the type expressions of one row.
pub(crate) struct TypeResolver<'r, 't> {
    diagnostics: &'r mut Diagnostics,
    row: &'r Row<'t>,
    imms: &'r [Imm],
    operands: Vec<String>,
    /// Variables that what was popped so far binds.
    bound: Vec<String>,
    in_results: bool,
    /// Variables that the row does not bind, each noted once.
    unbound: Vec<String>,
}

impl<'r, 't> TypeResolver<'r, 't> {
    pub(crate) fn new(diagnostics: &'r mut Diagnostics, row: &'r Row<'t>, imms: &'r [Imm]) -> Self {
        Self { diagnostics, row, imms, operands: Vec::new(), bound: Vec::new(), in_results: false, unbound: Vec::new() }
    }

    /// An operand: a single type must have a name, a sequence must not.
    pub(crate) fn operand(&mut self, item: &Item) -> Option<Operand> {
        let ty = self.resolve(&item.ty)?;
        let is_sequence = matches!(ty, Type::Sequence(..) | Type::Repeat(..));
        let message = match &item.name {
            None if is_sequence => return Some(Operand { name: String::new(), ty }),
            None => format!("an operand needs a name: `name:{}`", item.ty.name),
            Some(name) if is_sequence => format!("a sequence of operands has no name, here `{name}`"),
            Some(name) if self.operands.contains(name) => format!("two operands are called `{name}`"),
            Some(name) if self.imms.iter().any(|imm| imm.name == *name) => {
                format!("an operand and an immediate are called `{name}`")
            }
            Some(name) => {
                self.operands.push(name.clone());
                return Some(Operand { name: name.clone(), ty });
            }
        };
        self.diagnostics.error(&item.span, message);
        None
    }

    /// A result.
    pub(crate) fn result(&mut self, item: &Item) -> Option<Type> {
        if let Some(name) = &item.name {
            self.diagnostics.error(&item.span, format!("a result has no name, here `{name}`"));
            return None;
        }
        self.in_results = true;
        self.resolve(&item.ty)
    }

    fn resolve(&mut self, expr: &TypeExpr) -> Option<Type> {
        if expr.args.is_empty() { self.plain(expr) } else { self.applied(expr) }
    }

    fn plain(&mut self, expr: &TypeExpr) -> Option<Type> {
        if let Some(ty) = named_type(&expr.name) {
            return Some(ty);
        }
        if let Some((_, count)) = CONSTRUCTORS.iter().find(|(name, _)| *name == expr.name) {
            self.diagnostics.error(&expr.span, arity(&expr.name, *count));
            return None;
        }
        if self.unbound.contains(&expr.name) {
            return None;
        }
        let Some(value) = self.row.variable(expr, self.diagnostics) else {
            self.unbound.push(expr.name.clone());
            return None;
        };
        if let Some(ty) = named_type(&value.value) {
            return Some(ty);
        }
        let class = match value.value.as_str() {
            "any" => Class::Any,
            "numeric" => Class::Numeric,
            "reference" => Class::Reference,
            _ => {
                self.diagnostics
                    .error(&value.span, format!("`{}` is not a type", value.value))
                    .help("a number type, a reference type such as `funcref`, or `any`, `numeric` or `reference`");
                return None;
            }
        };
        self.bind(expr, &expr.name)?;
        Some(Type::Operand(expr.name.clone(), class))
    }

    /// Notes that an operand binds `variable`, or that a result uses it.
    fn bind(&mut self, expr: &TypeExpr, variable: &str) -> Option<()> {
        if !self.in_results {
            self.bound.push(variable.to_owned());
        } else if !self.bound.iter().any(|bound| bound == variable) {
            self.diagnostics.error(&expr.span, format!("no operand determines `{variable}`"));
            return None;
        }
        Some(())
    }

    fn applied(&mut self, expr: &TypeExpr) -> Option<Type> {
        let Some((_, count)) = CONSTRUCTORS.iter().find(|(name, _)| *name == expr.name) else {
            self.diagnostics
                .error(&expr.span, format!("there is no type `{}(…)`", expr.name))
                .suggest(&expr.name, CONSTRUCTORS.map(|(name, _)| name));
            return None;
        };
        if expr.args.len() != *count {
            self.diagnostics.error(&expr.span, arity(&expr.name, *count));
            return None;
        }
        if expr.name == "ref" {
            return self.reference(&expr.args[0]);
        }
        let misplaced = expr.args.iter().find_map(|arg| Some((arg, arg.nullability.as_ref()?)));
        if let Some((arg, nullability)) = misplaced {
            self.diagnostics
                .error(&arg.span, format!("only `ref` takes a nullability before its type, here `{nullability}`"))
                .help("arguments are separated by commas");
            return None;
        }
        let arg = |index: usize| expr.args[index].name.clone();
        Some(match expr.name.as_str() {
            "addr" => Type::Addr(self.imm(expr, 0, is_addressed)?),
            "addr_min" => Type::AddrMin(self.imm(expr, 0, is_addressed)?, self.imm(expr, 1, is_addressed)?),
            "local" => Type::Of(Of::Local, self.imm(expr, 0, is(Space::Local))?),
            "global" => Type::Of(Of::Global, self.imm(expr, 0, is(Space::Global))?),
            "elem" => Type::Of(Of::Elem, self.imm(expr, 0, is(Space::Table))?),
            "array_elem" => Type::Of(Of::ArrayElem, self.imm(expr, 0, is_form(TypeForm::Array))?),
            "type" => Type::Of(Of::Type, self.imm(expr, 0, |imm| matches!(imm.kind, ImmKind::Vec(_)))?),
            "field" => {
                let ty = self.imm(expr, 0, is_form(TypeForm::Struct))?;
                let field = self.imm(expr, 1, |imm| imm.kind == ImmKind::FieldIndex(ty.clone()))?;
                Type::Field(ty, field)
            }
            "fields" => Type::Sequence(Sequence::Fields, self.imm(expr, 0, is_form(TypeForm::Struct))?),
            "source" => Type::Source(self.imm(expr, 0, is_flags)?, self.imm(expr, 1, names_a_heap_type)?),
            "target" => Type::Target(self.imm(expr, 0, is_flags)?, self.imm(expr, 1, names_a_heap_type)?),
            "diff" => {
                let flags = self.imm(expr, 0, is_flags)?;
                Type::Diff(flags, self.imm(expr, 1, names_a_heap_type)?, self.imm(expr, 2, names_a_heap_type)?)
            }
            "params" => Type::Sequence(Sequence::Params, self.imm(expr, 0, has_signature)?),
            "results" if arg(0) == "self" => Type::Sequence(Sequence::Results, "self".into()),
            "results" => Type::Sequence(Sequence::Results, self.imm(expr, 0, has_signature)?),
            "label" => Type::Sequence(Sequence::Label, self.imm(expr, 0, is(Space::Label))?),
            "prefix" => Type::Sequence(Sequence::Prefix, self.imm(expr, 0, is(Space::Label))?),
            "repeat" => {
                let count = self.imm(expr, 0, |imm| imm.kind == ImmKind::Count)?;
                Type::Repeat(count, Box::new(self.resolve(&expr.args[1])?))
            }
            other => unreachable!("`{other}` is a constructor without a meaning"),
        })
    }

    /// `ref(null ht)`: `null`, a nullability variable or nothing, and a heap type.
    fn reference(&mut self, arg: &TypeExpr) -> Option<Type> {
        let nullability = match arg.nullability.as_deref() {
            None => Nullability::NonNull,
            Some("null") => Nullability::Null,
            Some(variable) => {
                self.class_of(arg, variable, "nullability")?;
                Nullability::Variable(variable.to_owned())
            }
        };
        if arg.name == "top" && arg.args.len() == 1 {
            return Some(Type::Ref(nullability, Heap::Top(self.imm(arg, 0, names_a_heap_type)?)));
        }
        if !arg.args.is_empty() {
            self.diagnostics.error(&arg.span, "`ref` takes a heap type or `top` of one");
            return None;
        }
        let heap = if is_abstract_heap(&arg.name) {
            Heap::Abstract(arg.name.clone())
        } else if self.row.keys().variables.contains_key(&arg.name) {
            self.class_of(arg, &arg.name, "heaptype")?;
            Heap::Variable(arg.name.clone())
        } else {
            Heap::Imm(self.imm_named(arg, "ref", names_a_heap_type)?)
        };
        Some(Type::Ref(nullability, heap))
    }

    /// Holds that the row binds `variable` to `class`.
    fn class_of(&mut self, arg: &TypeExpr, variable: &str, class: &str) -> Option<()> {
        let Some((_, value)) = self.row.keys().variables.get(variable) else {
            self.diagnostics
                .error(&arg.span, format!("`{variable}` is neither `null` nor a variable of this row"))
                .help(format!("bind it in the row: `{variable} = \"{class}\"`"));
            return None;
        };
        if value.value != class {
            let message = format!("a variable that stands here is a `{class}`, and not `{}`", value.value);
            self.diagnostics.error(&value.span, message);
            return None;
        }
        self.bind(arg, variable)
    }

    /// Argument `index` of `expr`, which must name an immediate that `fits`.
    fn imm(&mut self, expr: &TypeExpr, index: usize, fits: impl Fn(&Imm) -> bool) -> Option<String> {
        self.imm_named(&expr.args[index], &expr.name, fits)
    }

    fn imm_named(&mut self, arg: &TypeExpr, of: &str, fits: impl Fn(&Imm) -> bool) -> Option<String> {
        let message = match self.imms.iter().find(|imm| imm.name == arg.name) {
            _ if !arg.args.is_empty() => format!("`{of}` takes the name of an immediate"),
            Some(imm) if fits(imm) => return Some(arg.name.clone()),
            Some(_) => format!("immediate `{}` is not of a kind that `{of}` takes", arg.name),
            None => {
                let imms = self.imms.iter().map(|imm| imm.name.as_str());
                self.diagnostics
                    .error(&arg.span, format!("the row has no immediate `{}`", arg.name))
                    .suggest(&arg.name, imms);
                return None;
            }
        };
        self.diagnostics.error(&arg.span, message);
        None
    }
}

fn arity(name: &str, count: usize) -> String {
    format!("`{name}` takes {count} argument{} in parentheses", if count == 1 { "" } else { "s" })
}

/// The type of this name.
pub(crate) fn named_type(name: &str) -> Option<Type> {
    Number::from_name(name)
        .map(Type::Number)
        .or_else(|| ABSTRACT.contains(&name).then(|| Type::Abstract(name.to_owned())))
}

fn is_abstract_heap(name: &str) -> bool {
    let none_of_a_kind = ["none", "nofunc", "noextern", "noexn", "nocont"].contains(&name);
    none_of_a_kind || ABSTRACT.iter().any(|reference| reference.strip_suffix("ref") == Some(name))
}

fn is(space: Space) -> impl Fn(&Imm) -> bool {
    move |imm| imm.kind == ImmKind::Index(space)
}

fn is_form(form: TypeForm) -> impl Fn(&Imm) -> bool {
    move |imm| imm.kind == ImmKind::TypeIndex(form)
}

fn is_flags(imm: &Imm) -> bool {
    imm.kind == ImmKind::CastFlags
}

fn is_addressed(imm: &Imm) -> bool {
    matches!(imm.kind, ImmKind::MemArg | ImmKind::ExactMemArg | ImmKind::Index(Space::Memory | Space::Table))
}

fn has_signature(imm: &Imm) -> bool {
    matches!(
        imm.kind,
        ImmKind::BlockType
            | ImmKind::TypeIndex(TypeForm::Func | TypeForm::Cont)
            | ImmKind::Index(Space::Func | Space::Tag)
    )
}

fn names_a_heap_type(imm: &Imm) -> bool {
    matches!(imm.kind, ImmKind::HeapType | ImmKind::TypeIndex(_) | ImmKind::Index(Space::Func))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::describe_type;
    use crate::model::VecOf;
    use crate::table::Table;

    /// A row with an immediate of each kind that types take, and a variable of each class.
    const ROW: &str = r#"op.mvp.row = { t = "any", h = "heaptype", n = "nullability" }"#;

    fn imms() -> Vec<Imm> {
        let form = ImmKind::TypeIndex;
        [
            ("mem", ImmKind::MemArg),
            ("tab", ImmKind::Index(Space::Table)),
            ("loc", ImmKind::Index(Space::Local)),
            ("glo", ImmKind::Index(Space::Global)),
            ("lab", ImmKind::Index(Space::Label)),
            ("tag", ImmKind::Index(Space::Tag)),
            ("fun", form(TypeForm::Func)),
            ("str", form(TypeForm::Struct)),
            ("arr", form(TypeForm::Array)),
            ("fld", ImmKind::FieldIndex("str".into())),
            ("vec", ImmKind::Vec(VecOf::ValType)),
            ("num", ImmKind::Count),
            ("flags", ImmKind::CastFlags),
            ("ht", ImmKind::HeapType),
        ]
        .into_iter()
        .map(|(name, kind)| Imm { name: name.into(), kind })
        .collect()
    }

    /// Resolves a type as an operand's.
    fn resolve(text: &str) -> Result<Type, usize> {
        let mut diagnostics = Diagnostics::default();
        let table = Table::read(ROW, &mut diagnostics).expect("the row is TOML");
        let row = Row::new(&table, &table.rows[0], &mut diagnostics).expect("the row has no shape");
        let imms = imms();
        let ty =
            TypeResolver::new(&mut diagnostics, &row, &imms).resolve(&TypeExpr::parse(text, 0).expect("it parses"));
        let source = crate::diag::Source { path: "t".into(), text: ROW.into() };
        ty.ok_or_else(|| diagnostics.report(&source).entries.len())
    }

    #[test]
    fn every_constructor_resolves_and_is_written_as_it_is_read() {
        let mut written = Vec::new();
        for text in [
            "addr(mem)",
            "addr(tab)",
            "addr_min(mem, tab)",
            "local(loc)",
            "global(glo)",
            "elem(tab)",
            "array_elem(arr)",
            "type(vec)",
            "field(str, fld)",
            "fields(str)",
            "ref(ht)",
            "ref(null fun)",
            "ref(n any)",
            "ref(null h)",
            "ref(null top(ht))",
            "source(flags, ht)",
            "target(flags, ht)",
            "diff(flags, ht, ht)",
            "params(fun)",
            "results(self)",
            "results(tag)",
            "label(lab)",
            "prefix(lab)",
            "repeat(num, array_elem(arr))",
        ] {
            let ty = resolve(text).unwrap_or_else(|errors| panic!("{text}: {errors} errors"));
            assert_eq!(describe_type(&ty), text);
            written.push(text.split('(').next().unwrap_or_default());
        }
        for (name, _) in CONSTRUCTORS {
            assert!(written.contains(&name), "{name} is not tried here");
        }
    }

    #[test]
    fn no_mistake_is_silent_or_said_twice() {
        for text in [
            "addr",
            "addr(mem, mem)",
            "addr(loc)",
            "addr(nothing)",
            "addr(null mem)",
            "addr(addr(mem))",
            "ref(loc)",
            "ref(x any)",
            "ref(t any)",
            "ref(null t)",
            "ref(top)",
            "field(str, ht)",
            "field(arr, fld)",
            "type(tab)",
            "repeat(ht, i32)",
            "diff(ht, ht, ht)",
            "results(loc)",
            "nothing",
            "nothing(mem)",
            "h",
        ] {
            assert_eq!(resolve(text), Err(1), "{text}");
        }
    }
}
