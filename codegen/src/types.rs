//! Type expressions of the stack notation, resolved against a row's immediates and type variables.

use crate::diag::{Diagnostics, Span};
use crate::effect::{Item, TypeExpr};
use crate::model::{Imm, ImmKind, Number, Of, Operand, Sequence, Space, Type, TypeForm};
use crate::resolve::class;
use crate::table::Spanned;
use std::collections::BTreeMap;

/// Names of reference types that need no immediate.
pub const ABSTRACT: [&str; 10] = [
    "funcref", "externref", "anyref", "eqref", "i31ref", "structref", "arrayref", "exnref", "contref", "nullref",
];

/// Resolves the type expressions of one row.
pub(crate) struct TypeResolver<'r> {
    diagnostics: &'r mut Diagnostics,
    imms: &'r [Imm],
    variables: &'r BTreeMap<String, (Span, Spanned<String>)>,
    operands: Vec<String>,
}

impl<'r> TypeResolver<'r> {
    pub(crate) fn new(
        diagnostics: &'r mut Diagnostics,
        imms: &'r [Imm],
        variables: &'r BTreeMap<String, (Span, Spanned<String>)>,
    ) -> Self {
        Self { diagnostics, imms, variables, operands: Vec::new() }
    }

    /// An operand: a single type must have a name, a sequence must not.
    pub(crate) fn operand(&mut self, item: &Item) -> Option<Operand> {
        let ty = self.resolve(&item.ty)?;
        let is_sequence = matches!(ty, Type::Sequence(..) | Type::Repeat(..));
        match &item.name {
            None if !is_sequence => {
                self.diagnostics.error(&item.span, format!("an operand needs a name: `name:{}`", item.ty.name));
                None
            }
            Some(name) if self.operands.contains(name) => {
                self.diagnostics.error(&item.span, format!("two operands are called `{name}`"));
                None
            }
            name => {
                self.operands.extend(name.clone());
                Some(Operand { name: name.clone().unwrap_or_default(), ty })
            }
        }
    }

    pub(crate) fn resolve(&mut self, expr: &TypeExpr) -> Option<Type> {
        if expr.args.is_empty() { self.plain(expr) } else { self.applied(expr) }
    }

    fn plain(&mut self, expr: &TypeExpr) -> Option<Type> {
        if let Some(ty) = named_type(&expr.name) {
            return Some(ty);
        }
        let Some((_, value)) = self.variables.get(&expr.name) else {
            self.diagnostics
                .error(&expr.span, format!("`{}` is neither a type nor a type variable of this row", expr.name))
                .help(format!("bind it in the row: `{} = \"i32\"`", expr.name));
            return None;
        };
        let ty = named_type(&value.value)
            .or_else(|| class(&value.value).map(|class| Type::Operand(expr.name.clone(), class)));
        if ty.is_none() {
            self.diagnostics
                .error(&value.span, format!("`{}` is not a type", value.value))
                .help("a number type, a reference type such as `funcref`, or `any`, `numeric` or `reference`");
        }
        ty
    }

    fn applied(&mut self, expr: &TypeExpr) -> Option<Type> {
        let arg = |index: usize| expr.args[index].name.clone();
        let single = |of: fn(String) -> Type| move |name: String| of(name);
        match (expr.name.as_str(), expr.args.len()) {
            ("addr", 1) => self.with(expr, 0, is_addressed, single(Type::Addr)),
            ("addr_min", 2) => {
                self.with(expr, 0, is_addressed, single(Type::Addr))?;
                self.with(expr, 1, is_addressed, |second| Type::AddrMin(arg(0), second))
            }
            ("local", 1) => self.with(expr, 0, is(Space::Local), |x| Type::Of(Of::Local, x)),
            ("global", 1) => self.with(expr, 0, is(Space::Global), |x| Type::Of(Of::Global, x)),
            ("elem", 1) => self.with(expr, 0, is(Space::Table), |x| Type::Of(Of::Elem, x)),
            ("array_elem", 1) => self.with(expr, 0, is_form(TypeForm::Array), |x| Type::Of(Of::ArrayElem, x)),
            ("type", 1) => self.with(expr, 0, |imm| matches!(imm.kind, ImmKind::Vec(_)), |x| Type::Of(Of::Type, x)),
            ("field", 2) => {
                self.with(expr, 0, is_form(TypeForm::Struct), single(Type::Addr))?;
                self.with(expr, 1, |imm| matches!(imm.kind, ImmKind::FieldIndex(_)), |x| Type::Field(arg(0), x))
            }
            ("ref", 1) => {
                let nullable = expr.args[0].nullable;
                if abstract_heap(&arg(0)) {
                    return Some(Type::Ref(nullable, arg(0)));
                }
                self.with(expr, 0, names_a_heap_type, |x| Type::Ref(nullable, x))
            }
            ("diff", 3) => {
                self.with(expr, 0, |imm| imm.kind == ImmKind::CastFlags, single(Type::Addr))?;
                self.with(expr, 1, names_a_heap_type, single(Type::Addr))?;
                self.with(expr, 2, names_a_heap_type, |to| Type::Diff(arg(0), arg(1), to))
            }
            ("params", 1) => self.with(expr, 0, has_signature, |x| Type::Sequence(Sequence::Params, x)),
            ("results", 1) if expr.args[0].name == "self" => Some(Type::Sequence(Sequence::Results, "self".into())),
            ("results", 1) => self.with(expr, 0, has_signature, |x| Type::Sequence(Sequence::Results, x)),
            ("label", 1) => self.with(expr, 0, is(Space::Label), |x| Type::Sequence(Sequence::Label, x)),
            ("prefix", 1) => self.with(expr, 0, is(Space::Label), |x| Type::Sequence(Sequence::Prefix, x)),
            ("fields", 1) => {
                self.with(expr, 0, is_form(TypeForm::Struct), |x| Type::Sequence(Sequence::Fields, x))
            }
            ("repeat", 2) => {
                self.with(expr, 0, |imm| imm.kind == ImmKind::Count, single(Type::Addr))?;
                let repeated = self.resolve(&expr.args[1])?;
                Some(Type::Repeat(arg(0), Box::new(repeated)))
            }
            (name, count) => {
                let plural = if count == 1 { "" } else { "s" };
                self.diagnostics
                    .error(&expr.span, format!("there is no type `{name}` with {count} argument{plural}"))
                    .suggest(
                        name,
                        [
                            "addr", "addr_min", "local", "global", "elem", "array_elem", "type", "field", "ref",
                            "diff", "params", "results", "label", "prefix", "fields", "repeat",
                        ],
                    );
                None
            }
        }
    }

    /// The type made from argument `index`, which must name an immediate that `fits`.
    fn with(
        &mut self,
        expr: &TypeExpr,
        index: usize,
        fits: impl Fn(&Imm) -> bool,
        make: impl FnOnce(String) -> Type,
    ) -> Option<Type> {
        let arg = &expr.args[index];
        match self.imms.iter().find(|imm| imm.name == arg.name) {
            Some(imm) if fits(imm) => Some(make(arg.name.clone())),
            Some(_) => {
                let message = format!("immediate `{}` is not of a kind that `{}` takes", arg.name, expr.name);
                self.diagnostics.error(&arg.span, message);
                None
            }
            None => {
                self.diagnostics
                    .error(&arg.span, format!("the row has no immediate `{}`", arg.name))
                    .suggest(&arg.name, self.imms.iter().map(|imm| imm.name.as_str()));
                None
            }
        }
    }
}

fn named_type(name: &str) -> Option<Type> {
    Number::from_name(name)
        .map(Type::Number)
        .or_else(|| ABSTRACT.contains(&name).then(|| Type::Abstract(name.to_owned())))
}

fn abstract_heap(name: &str) -> bool {
    ABSTRACT.iter().any(|reference| reference.strip_suffix("ref") == Some(name))
}

fn is(space: Space) -> impl Fn(&Imm) -> bool {
    move |imm| imm.kind == ImmKind::Index(space)
}

fn is_form(form: TypeForm) -> impl Fn(&Imm) -> bool {
    move |imm| imm.kind == ImmKind::TypeIndex(form)
}

fn is_addressed(imm: &Imm) -> bool {
    matches!(imm.kind, ImmKind::MemArg | ImmKind::Index(Space::Memory | Space::Table))
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
