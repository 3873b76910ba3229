//! From the table as written to the model: fills rows from their shapes, looks every name up, parses every notation.
//!
//! What one row can get wrong by itself is found here; rules that compare rows are in `check`.

use crate::diag::{Diagnostics, Source, Span};
use crate::effect::{Effect, Item, SyntaxError, TypeExpr};
use crate::model::{
    Class, Code, Flow, FuelClass, Imm, ImmKind, Model, Number, Op, Operand, Part, PartKind, Per, Proposal, RowTrap,
    Space, Trap, Type, TypeForm, VecOf,
};
use crate::table::{KEYS, Keys, RawFuel, RawProposal, RawRow, RawTrap, Spanned, Table};
use crate::types::TypeResolver;
use std::collections::BTreeSet;

/// Resolves `table`; rows with mistakes are noted and left out.
pub fn resolve(table: &Table, source: &Source, diagnostics: &mut Diagnostics) -> Model {
    let mut resolver = Resolver { table, source, diagnostics, used_shapes: BTreeSet::new(), model: Model::default() };
    resolver.model.proposals = table.proposals.iter().filter_map(|raw| resolver.proposal(raw)).collect();
    resolver.model.traps = table.traps.iter().filter_map(|raw| resolver.trap(raw)).collect();
    resolver.model.fuel = table.fuel.iter().map(fuel_class).collect();
    resolver.model.ops = table.rows.iter().filter_map(|raw| resolver.row(raw)).collect();
    resolver.model.ops.sort_by_key(|op| op.code);
    resolver.unused_shapes();
    resolver.model
}

struct Resolver<'t> {
    table: &'t Table,
    source: &'t Source,
    diagnostics: &'t mut Diagnostics,
    used_shapes: BTreeSet<String>,
    model: Model,
}

fn fuel_class(raw: &RawFuel) -> FuelClass {
    let per = raw.per.as_ref().map(|(per, every)| {
        let per = match per.value.as_str() {
            "locals" => Per::Locals,
            "values" => Per::Values,
            operand => Per::Operand(operand.to_owned()),
        };
        (per, *every)
    });
    FuelClass { name: raw.name.value.clone(), base: raw.base, per }
}

/// A row's key, or its shape's.
fn inherited<'k, T>(row: &'k Keys, shape: Option<&'k Keys>, key: fn(&Keys) -> &Option<T>) -> Option<&'k T> {
    key(row).as_ref().or_else(|| shape.and_then(|shape| key(shape).as_ref()))
}

impl<'t> Resolver<'t> {
    fn missing(&mut self, span: &Span, what: &str, key: &str) {
        self.diagnostics.error(span, format!("{what} has no `{key}`"));
    }

    fn syntax<T>(&mut self, result: Result<T, SyntaxError>) -> Option<T> {
        result.map_err(|error| self.diagnostics.error(&error.span, error.message).help = None).ok()
    }

    fn proposal(&mut self, raw: &RawProposal) -> Option<Proposal> {
        let names: Vec<&str> = self.table.proposals.iter().map(|proposal| proposal.name.value.as_str()).collect();
        for other in raw.needs.iter().chain(&raw.part_of) {
            if !names.contains(&other.value.as_str()) {
                self.diagnostics
                    .error(&other.span, format!("unknown proposal `{}`", other.value))
                    .suggest(&other.value, names.iter().copied());
            }
        }
        let Some(title) = &raw.title else {
            self.missing(&raw.name.span, &format!("proposal `{}`", raw.name.value), "title");
            return None;
        };
        Some(Proposal {
            name: raw.name.value.clone(),
            title: title.value.clone(),
            base: raw.base,
            part_of: raw.part_of.as_ref().map(|name| name.value.clone()),
            needs: raw.needs.iter().map(|name| name.value.clone()).collect(),
        })
    }

    fn trap(&mut self, raw: &RawTrap) -> Option<Trap> {
        let what = format!("trap `{}`", raw.name.value);
        match (&raw.message, &raw.doc) {
            (Some(message), Some(doc)) => Some(Trap {
                name: raw.name.value.clone(),
                message: message.value.clone(),
                doc: doc.value.clone(),
            }),
            (None, _) => {
                self.missing(&raw.name.span, &what, "message");
                None
            }
            (_, None) => {
                self.missing(&raw.name.span, &what, "doc");
                None
            }
        }
    }

    fn unused_shapes(&mut self) {
        for shape in &self.table.shapes {
            if !self.used_shapes.contains(&shape.id.value) {
                self.diagnostics.error(&shape.id.span, format!("no row has the shape `{}`", shape.id.value));
            }
        }
    }

    fn shape(&mut self, row: &RawRow) -> Result<Option<&'t RawRow>, ()> {
        let Some(name) = &row.keys.shape else { return Ok(None) };
        let shapes = &self.table.shapes;
        match shapes.iter().find(|shape| shape.id.value == name.value) {
            Some(shape) => {
                self.used_shapes.insert(name.value.clone());
                Ok(Some(shape))
            }
            None => {
                self.diagnostics
                    .error(&name.span, format!("unknown shape `{}`", name.value))
                    .suggest(&name.value, shapes.iter().map(|shape| shape.id.value.as_str()));
                Err(())
            }
        }
    }

    fn row(&mut self, raw: &RawRow) -> Option<Op> {
        let shape = self.shape(raw).ok()?.map(|shape| &shape.keys);
        let keys = &raw.keys;
        let what = format!("`{}`", raw.id.value);
        let span = &raw.id.span;

        let proposal = self.section(raw);
        let code = keys.code.as_ref().map(|code| match code.value.as_slice() {
            [prefix, number] => Code { prefix: u8::try_from(*prefix).ok(), number: *number },
            other => Code { prefix: None, number: other.first().copied().unwrap_or_default() },
        });
        let doc = inherited(keys, shape, |keys| &keys.doc);
        let fuel = inherited(keys, shape, |keys| &keys.fuel);
        let stack = inherited(keys, shape, |keys| &keys.stack);
        for (present, key) in
            [(code.is_some(), "code"), (stack.is_some(), "stack"), (fuel.is_some(), "fuel"), (doc.is_some(), "doc")]
        {
            if !present {
                self.missing(span, &what, key);
            }
        }

        let flow = inherited(keys, shape, |keys| &keys.flow).map_or(Some(Flow::Next), |name| self.flow(name));
        let imms = self.imms(raw, inherited(keys, shape, |keys| &keys.imm));
        let effect = stack.and_then(|stack| self.syntax(Effect::parse(&stack.value, stack.span.start + 1)));
        let fuel = fuel.and_then(|name| self.fuel(name));
        let traps = self.traps(inherited(keys, shape, |keys| &keys.traps));
        let const_expr = match inherited(keys, shape, |keys| &keys.const_expr) {
            Some(name) => Some(self.proposal_named(name)?),
            None => None,
        };
        let (imms, effect) = (imms?, effect?);
        self.unknown_keys(raw, &imms, &effect, stack?);
        let mut types = TypeResolver::new(self.diagnostics, &imms, &keys.variables);
        let pops: Option<Vec<Operand>> = effect.pops.iter().map(|item| types.operand(item)).collect();
        let pushes: Option<Vec<Type>> = effect.pushes.iter().map(|item| types.resolve(&item.ty)).collect();
        let (pops, pushes) = (pops?, pushes?);
        let parts = self.parts(&imms, inherited(keys, shape, |keys| &keys.with))?;
        let sem = self.sem(raw, inherited(keys, shape, |keys| &keys.sem), flow?)?;
        let align = self.align(span, &imms, inherited(keys, shape, |keys| &keys.align))?;
        let traps = traps?;
        self.examples(inherited(keys, shape, |keys| &keys.traps), &pops);

        Some(Op {
            id: raw.id.value.clone(),
            name: keys.name.as_ref().map_or_else(|| raw.id.value.clone(), |name| name.value.clone()),
            code: code?,
            proposal: proposal?,
            imms,
            pops,
            pushes,
            diverges: effect.diverges,
            flow: flow?,
            check: inherited(keys, shape, |keys| &keys.check).map(|check| check.value.clone()),
            sem,
            parts,
            traps,
            fuel: fuel?,
            align,
            const_expr,
            commutes: inherited(keys, shape, |keys| &keys.commutes).is_some_and(|flag| flag.value),
            doc: doc?.value.clone(),
            line: self.source.position(raw.id.span.start).0,
            span: raw.id.span.clone(),
        })
    }

    fn section(&mut self, raw: &RawRow) -> Option<usize> {
        self.proposal_named(&raw.proposal)
    }

    fn proposal_named(&mut self, name: &Spanned<String>) -> Option<usize> {
        // Proposals with mistakes of their own are not in the model; only a name that stands nowhere is unknown.
        let names: Vec<&str> = self.table.proposals.iter().map(|proposal| proposal.name.value.as_str()).collect();
        if !names.contains(&name.value.as_str()) {
            self.diagnostics
                .error(&name.span, format!("unknown proposal `{}`", name.value))
                .suggest(&name.value, names.iter().copied());
        }
        self.model.proposal(&name.value)
    }

    fn flow(&mut self, name: &Spanned<String>) -> Option<Flow> {
        let flow = Flow::from_name(&name.value);
        if flow.is_none() {
            self.diagnostics
                .error(&name.span, format!("unknown flow `{}`", name.value))
                .suggest(&name.value, Flow::ALL.iter().map(|flow| flow.name()));
        }
        flow
    }

    fn fuel(&mut self, name: &Spanned<String>) -> Option<usize> {
        let index = self.table.fuel.iter().position(|class| class.name.value == name.value);
        if index.is_none() {
            self.diagnostics
                .error(&name.span, format!("unknown fuel class `{}`", name.value))
                .suggest(&name.value, self.table.fuel.iter().map(|class| class.name.value.as_str()));
        }
        index
    }

    fn imms(&mut self, raw: &RawRow, imms: Option<&Spanned<Vec<Spanned<String>>>>) -> Option<Vec<Imm>> {
        let mut resolved: Vec<Imm> = Vec::new();
        let mut complete = true;
        for text in imms.map_or(&[][..], |imms| &imms.value) {
            let Some(item) = self.syntax(TypeExpr::parse_named(&text.value, text.span.start + 1)) else {
                complete = false;
                continue;
            };
            let name = item.name.clone().unwrap_or_default();
            if resolved.iter().any(|imm| imm.name == name) {
                self.diagnostics.error(&item.span, format!("two immediates are called `{name}`"));
            }
            match imm_kind(&item.ty, raw) {
                Ok(kind) => resolved.push(Imm { name, kind }),
                Err(message) => {
                    self.diagnostics.error(&item.ty.span, message);
                    complete = false;
                }
            }
        }
        complete.then_some(resolved)
    }

    /// A key that is neither known nor a type variable that the row uses is a misspelling.
    fn unknown_keys(&mut self, raw: &RawRow, imms: &[Imm], effect: &Effect, stack: &Spanned<String>) {
        let is_used = |name: &str| {
            let word = |text: &str| {
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
            };
            word(&stack.value)
                || effect.pops.iter().chain(&effect.pushes).any(|item: &Item| item.ty.name == name)
                || imms.iter().any(|imm| imm.name == name)
                || raw.keys.shape.is_some() && imms.iter().any(|imm| matches!(imm.kind, ImmKind::Const(_)))
        };
        for (name, (span, _)) in &raw.keys.variables {
            if !is_used(name) {
                self.diagnostics
                    .error(span, format!("unknown key `{name}`, and no type variable of this row is called so"))
                    .suggest(name, KEYS);
            }
        }
    }

    fn parts(&mut self, imms: &[Imm], with: Option<&Spanned<Vec<Spanned<String>>>>) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        for text in with.map_or(&[][..], |with| &with.value) {
            let (mutable, rest) = match text.value.strip_prefix("mut ") {
                Some(rest) => (true, rest),
                None => (false, text.value.as_str()),
            };
            let offset = text.span.start + 1 + text.value.len() - rest.len();
            let expr = self.syntax(TypeExpr::parse(rest, offset))?;
            match part(&expr, imms, mutable) {
                Ok(part) => parts.push(part),
                Err(message) => {
                    self.diagnostics.error(&expr.span, message);
                    return None;
                }
            }
        }
        Some(parts)
    }

    #[allow(clippy::option_option, reason = "the outer one says whether the row is sound")]
    fn sem(&mut self, raw: &RawRow, sem: Option<&Spanned<String>>, flow: Flow) -> Option<Option<String>> {
        match (sem, flow) {
            (Some(sem), Flow::Next) => {
                let sound = syn::parse_str::<syn::ExprPath>(&sem.value).is_ok_and(|path| path.path.segments.len() >= 2);
                if !sound {
                    self.diagnostics
                        .error(&sem.span, format!("`{}` is not the path of a function in src/semantics/", sem.value))
                        .help("write it as `module::function`, with type arguments as `module::function::<i8, i32>`");
                    return None;
                }
                Some(Some(sem.value.clone()))
            }
            (Some(sem), _) => {
                let message = format!("a row with the flow `{}` is written by hand and has no `sem`", flow.name());
                self.diagnostics.error(&sem.span, message);
                None
            }
            (None, Flow::Next) => {
                self.missing(&raw.id.span, &format!("`{}`", raw.id.value), "sem");
                None
            }
            (None, _) => Some(None),
        }
    }

    #[allow(clippy::option_option, reason = "the outer one says whether the row is sound")]
    fn align(&mut self, span: &Span, imms: &[Imm], align: Option<&Spanned<u32>>) -> Option<Option<u32>> {
        let has_memarg = imms.iter().any(|imm| imm.kind == ImmKind::MemArg);
        match align {
            Some(align) if !has_memarg => {
                self.diagnostics.error(&align.span, "`align` belongs to rows with a memarg");
                None
            }
            Some(align) if !align.value.is_power_of_two() => {
                self.diagnostics.error(&align.span, format!("an alignment of {} is not a power of two", align.value));
                None
            }
            None if has_memarg => {
                self.diagnostics.error(span, "a row with a memarg needs `align`, its natural alignment in bytes");
                None
            }
            align => Some(align.map(|align| align.value)),
        }
    }

    #[allow(clippy::type_complexity, reason = "a list of traps, each with an example or without")]
    fn traps(
        &mut self,
        traps: Option<&Spanned<Vec<(Spanned<String>, Option<Spanned<String>>)>>>,
    ) -> Option<Vec<RowTrap>> {
        let mut resolved: Vec<RowTrap> = Vec::new();
        let mut complete = true;
        for (name, example) in traps.map_or(&[][..], |traps| &traps.value) {
            let Some(trap) = self.table.traps.iter().position(|trap| trap.name.value == name.value) else {
                self.diagnostics
                    .error(&name.span, format!("unknown trap `{}`", name.value))
                    .suggest(&name.value, self.table.traps.iter().map(|trap| trap.name.value.as_str()));
                complete = false;
                continue;
            };
            if resolved.iter().any(|other| other.trap == trap) {
                self.diagnostics.error(&name.span, format!("trap `{}` stands here twice", name.value));
            }
            let example = example.as_ref().map(|text| text.value.split_whitespace().map(str::to_owned).collect());
            resolved.push(RowTrap { trap, example });
        }
        complete.then_some(resolved)
    }

    #[allow(clippy::type_complexity, reason = "a list of traps, each with an example or without")]
    fn examples(&mut self, traps: Option<&Spanned<Vec<(Spanned<String>, Option<Spanned<String>>)>>>, pops: &[Operand]) {
        for (_, example) in traps.map_or(&[][..], |traps| &traps.value) {
            let Some(example) = example else { continue };
            let given = example.value.split_whitespace().count();
            if given != pops.len() {
                let message = format!("the example has {given} operands and the row takes {}", pops.len());
                self.diagnostics.error(&example.span, message);
            }
        }
    }
}

fn imm_kind(ty: &TypeExpr, raw: &RawRow) -> Result<ImmKind, String> {
    let arg = |index: usize| ty.args.get(index).map(|arg| arg.name.as_str());
    let bound = raw.keys.variables.get(&ty.name).map(|(_, value)| value.value.as_str());
    let name = bound.unwrap_or(&ty.name);
    if let Some(number) = Number::from_name(name) {
        return Ok(ImmKind::Const(number));
    }
    let lanes = |of: fn(u32) -> ImmKind| {
        arg(0).and_then(|n| n.parse().ok()).map(of).ok_or_else(|| format!("`{name}` takes a number of lanes"))
    };
    Ok(match name {
        "typeidx" => ImmKind::TypeIndex(match arg(0) {
            None | Some("any") => TypeForm::Any,
            Some("func") => TypeForm::Func,
            Some("struct") => TypeForm::Struct,
            Some("array") => TypeForm::Array,
            Some("cont") => TypeForm::Cont,
            Some(other) => return Err(format!("unknown form of type `{other}`: func, struct, array, cont or any")),
        }),
        "funcidx" => ImmKind::Index(Space::Func),
        "tableidx" => ImmKind::Index(Space::Table),
        "memidx" => ImmKind::Index(Space::Memory),
        "globalidx" => ImmKind::Index(Space::Global),
        "elemidx" => ImmKind::Index(Space::Elem),
        "dataidx" => ImmKind::Index(Space::Data),
        "tagidx" => ImmKind::Index(Space::Tag),
        "localidx" => ImmKind::Index(Space::Local),
        "labelidx" => ImmKind::Index(Space::Label),
        "fieldidx" => ImmKind::FieldIndex(arg(0).ok_or("`fieldidx` takes the immediate of its type")?.to_owned()),
        "blocktype" => ImmKind::BlockType,
        "memarg" => ImmKind::MemArg,
        "u32" => ImmKind::Count,
        "lane" => lanes(ImmKind::Lane)?,
        "lanes" => lanes(ImmKind::Lanes)?,
        "castflags" => ImmKind::CastFlags,
        "heaptype" => ImmKind::HeapType,
        "reserved" => ImmKind::Reserved,
        "vec" => ImmKind::Vec(match arg(0) {
            Some("labelidx") => VecOf::Label,
            Some("valtype") => VecOf::ValType,
            Some("catch") => VecOf::Catch,
            Some("handler") => VecOf::Handler,
            _ => return Err("a vector holds labelidx, valtype, catch or handler".into()),
        }),
        other => return Err(format!("unknown kind of immediate `{other}`")),
    })
}

fn part(expr: &TypeExpr, imms: &[Imm], mutable: bool) -> Result<Part, String> {
    let (kind, count, space) = match expr.name.as_str() {
        "memory" => (PartKind::Memory, 1, Space::Memory),
        "memories" => (PartKind::Memories, 2, Space::Memory),
        "table" => (PartKind::Table, 1, Space::Table),
        "tables" => (PartKind::Tables, 2, Space::Table),
        "data" => (PartKind::Data, 1, Space::Data),
        "elem" => (PartKind::Elem, 1, Space::Elem),
        "local" => (PartKind::Local, 1, Space::Local),
        "global" => (PartKind::Global, 1, Space::Global),
        "function" => (PartKind::Function, 1, Space::Func),
        other => {
            return Err(format!(
                "unknown part `{other}`: memory, memories, table, tables, data, elem, local, global or function"
            ));
        }
    };
    if expr.args.len() != count {
        return Err(format!("`{}` takes {count} immediate{}", expr.name, if count == 1 { "" } else { "s" }));
    }
    for arg in &expr.args {
        let imm = imms.iter().find(|imm| imm.name == arg.name);
        let fits = imm.is_some_and(|imm| {
            imm.kind == ImmKind::Index(space) || (space == Space::Memory && imm.kind == ImmKind::MemArg)
        });
        if !fits {
            return Err(format!("`{}` is not an immediate of this row that selects a {}", arg.name, expr.name));
        }
    }
    Ok(Part { kind, mutable, imms: expr.args.iter().map(|arg| arg.name.clone()).collect() })
}

/// The class or type that a variable's value names.
pub(crate) fn class(name: &str) -> Option<Class> {
    match name {
        "any" => Some(Class::Any),
        "numeric" => Some(Class::Numeric),
        "reference" => Some(Class::Reference),
        _ => None,
    }
}
