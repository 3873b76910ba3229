//! From the table as written to the model: fills rows from their shapes, looks every name up, parses every notation.
//!
//! What one row can get wrong by itself is found here; rules that compare rows are in `check`.

use crate::diag::{Diagnostics, Source};
use crate::effect::{Effect, SyntaxError, TypeExpr};
use crate::immediate::{self, KINDS, PARTS, Wrong};
use crate::model::{
    Code, Flow, FuelClass, Imm, ImmKind, Mode, Model, Number, Op, Operand, Part, Per, Proposal, RowTrap, Trap, Type,
};
use crate::row::Row;
use crate::table::{KEYS, RawFuel, RawProposal, RawRow, RawTrap, RawTraps, Spanned, Table};
use crate::types::{TypeResolver, named_type};

/// Resolves `table`; rows with mistakes are noted and left out. Proposals, traps and prices are all in the model, in
/// the order of the table, so that an index is the same in both.
pub fn resolve(table: &Table, source: &Source, diagnostics: &mut Diagnostics) -> Model {
    let mut resolver = Resolver { table, source, diagnostics };
    let mut model = Model {
        proposals: table.proposals.iter().map(|raw| resolver.proposal(raw)).collect(),
        traps: table.traps.iter().map(|raw| resolver.trap(raw)).collect(),
        fuel: table.fuel.iter().map(fuel_class).collect(),
        ops: table.rows.iter().filter_map(|raw| resolver.row(raw)).collect(),
    };
    model.ops.sort_by_key(|op| op.code);
    model
}

struct Resolver<'t, 'd> {
    table: &'t Table,
    source: &'t Source,
    diagnostics: &'d mut Diagnostics,
}

fn fuel_class(raw: &RawFuel) -> FuelClass {
    let price = raw.price.as_ref();
    let per = price.and_then(|price| price.per.as_ref()).map(|(per, every)| {
        let per = match per.value.as_str() {
            "locals" => Per::Locals,
            "values" => Per::Values,
            operand => Per::Operand(operand.to_owned()),
        };
        (per, *every)
    });
    FuelClass { name: raw.name.value.clone(), base: price.map_or(1, |price| price.base), per }
}

impl<'t> Resolver<'t, '_> {
    fn syntax<T>(&mut self, result: Result<T, SyntaxError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.diagnostics.error(&error.span, error.message);
                None
            }
        }
    }

    /// The text of `field`; where it is absent, nothing and a note.
    fn text(&mut self, owner: &str, name: &Spanned<String>, key: &str, field: Option<&Spanned<String>>) -> String {
        if field.is_none() {
            self.diagnostics.error(&name.span, format!("{owner} `{}` has no `{key}`", name.value));
        }
        field.map(|text| text.value.clone()).unwrap_or_default()
    }

    fn proposal(&mut self, raw: &RawProposal) -> Proposal {
        for other in raw.needs.iter().chain(&raw.part_of) {
            if other.value == raw.name.value {
                let message = format!("proposal `{}` cannot depend on itself", other.value);
                self.diagnostics.error(&other.span, message);
            }
            self.proposal_named(other);
        }
        Proposal {
            name: raw.name.value.clone(),
            title: self.text("proposal", &raw.name, "title", raw.title.as_ref()),
            base: raw.base,
            part_of: raw.part_of.as_ref().map(|name| name.value.clone()),
            needs: raw.needs.iter().map(|name| name.value.clone()).collect(),
        }
    }

    fn trap(&mut self, raw: &RawTrap) -> Trap {
        Trap {
            name: raw.name.value.clone(),
            message: self.text("trap", &raw.name, "message", raw.message.as_ref()),
            doc: self.text("trap", &raw.name, "doc", raw.doc.as_ref()),
        }
    }

    fn row(&mut self, raw: &'t RawRow) -> Option<Op> {
        let proposal = self.proposal_named(&raw.proposal);
        let row = Row::new(self.table, raw, self.diagnostics)?;
        let keys = &raw.keys;
        let doc = row.get(|keys| &keys.doc);
        let fuel = row.get(|keys| &keys.fuel);
        let stack = row.get(|keys| &keys.stack);
        let present = [
            (keys.code.is_some(), "code"),
            (stack.is_some(), "stack"),
            (fuel.is_some(), "fuel"),
            (doc.is_some(), "doc"),
        ];
        for (_, key) in present.into_iter().filter(|(is_present, _)| !is_present) {
            row.missing(key, self.diagnostics);
        }

        // Whatever does not depend on something that failed is looked at, so that one run finds it.
        let code = keys.code.as_ref().and_then(|code| code_of(&code.value));
        let fuel = fuel.and_then(|name| self.fuel(name));
        let flow = self.flow(&row);
        let traps = self.traps(row.get(|keys| &keys.traps));
        let const_expr = row.get(|keys| &keys.const_expr).map(|name| self.proposal_named(name));
        let check = row.get(|keys| &keys.check);
        self.identifier(check, "the name of a check");
        self.identifier(keys.name.as_ref(), "an instruction's name");
        let sem = flow.and_then(|flow| self.sem(&row, flow));
        let imms = self.imms(&row);
        let effect = stack.and_then(|stack| self.syntax(Effect::parse(&stack.value, stack.start(&self.source.text))));
        let imms = imms?;
        let parts = self.parts(&imms, row.get(|keys| &keys.with));
        let align = self.align(&row, &imms);
        let effect = effect?;
        self.unknown_keys(&row, &imms, &effect);
        let mut types = TypeResolver::new(self.diagnostics, &row, &imms);
        let pops: Vec<Option<Operand>> = effect.pops.iter().map(|item| types.operand(item)).collect();
        let pops: Vec<Operand> = pops.into_iter().collect::<Option<_>>()?;
        let pushes: Vec<Option<Type>> = effect.pushes.iter().map(|item| types.result(item)).collect();
        self.examples(row.get(|keys| &keys.traps), &pops);
        let commutes = self.commutes(&row, &pops);
        let nans = self.nans(&row, &pushes);
        let modes = flow.and_then(|flow| self.modes(&row, flow, &pops));
        let condition = self.condition(&row, &pushes);

        Some(Op {
            id: raw.id.value.clone(),
            name: keys.name.as_ref().map_or_else(|| raw.id.value.clone(), |name| name.value.clone()),
            code: code?,
            proposal: proposal?,
            imms,
            pops,
            pushes: pushes.into_iter().collect::<Option<_>>()?,
            diverges: effect.diverges,
            flow: flow?,
            check: check.map(|check| check.value.clone()),
            sem: sem?,
            parts: parts?,
            traps: traps?,
            fuel: fuel?,
            align: align?,
            const_expr: const_expr.map_or(Some(None), |proposal| proposal.map(Some))?,
            commutes,
            nans,
            modes: modes?,
            condition,
            successors: Vec::new(),
            doc: doc?.value.clone(),
            line: self.source.position(raw.id.span.start).0,
            span: raw.id.span.clone(),
        })
    }

    fn identifier(&mut self, name: Option<&Spanned<String>>, what: &str) {
        if let Some(name) = name.filter(|name| !is_identifier(&name.value)) {
            self.diagnostics
                .error(&name.span, format!("`{}` cannot be {what}", name.value))
                .help("small letters and digits, in words divided by `_` or `.`");
        }
    }

    fn proposal_named(&mut self, name: &Spanned<String>) -> Option<usize> {
        let names = || self.table.proposals.iter().map(|proposal| proposal.name.value.as_str());
        let index = names().position(|other| other == name.value);
        if index.is_none() {
            self.diagnostics
                .error(&name.span, format!("unknown proposal `{}`", name.value))
                .suggest(&name.value, names());
        }
        index
    }

    fn flow(&mut self, row: &Row<'t>) -> Option<Flow> {
        let Some(name) = row.get(|keys| &keys.flow) else {
            return (!row.is_malformed("flow")).then_some(Flow::Next);
        };
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

    fn imms(&mut self, row: &Row<'t>) -> Option<Vec<Imm>> {
        let mut resolved: Vec<Imm> = Vec::new();
        let mut complete = !row.is_malformed("imm");
        for text in row.get(|keys| &keys.imm).map_or(&[][..], |imms| &imms.value) {
            let Some(item) = self.syntax(TypeExpr::parse_named(&text.value, text.start(&self.source.text))) else {
                complete = false;
                continue;
            };
            let name = item.name.clone().unwrap_or_default();
            if resolved.iter().any(|imm| imm.name == name) {
                self.diagnostics.error(&item.span, format!("two immediates are called `{name}`"));
            }
            match immediate::kind(&item.ty, &row.keys().variables, &resolved) {
                Ok(kind) => {
                    resolved.push(Imm { name, kind });
                    continue;
                }
                Err(_) if row.misses_variable(&item.ty) => _ = row.variable(&item.ty, self.diagnostics),
                Err(Wrong::Name(kind)) => {
                    let known = KINDS.into_iter().chain(["i32", "i64", "f32", "f64", "v128"]);
                    self.diagnostics
                        .error(&item.ty.span, format!("unknown kind of immediate `{kind}`"))
                        .suggest(&kind, known);
                }
                Err(Wrong::Argument(message)) => _ = self.diagnostics.error(&item.ty.span, message),
            }
            complete = false;
        }
        complete.then_some(resolved)
    }

    /// A key that is neither known nor a type variable that the row uses is a misspelling.
    fn unknown_keys(&mut self, row: &Row<'t>, imms: &[Imm], effect: &Effect) {
        let mut used = Vec::new();
        for item in effect.pops.iter().chain(&effect.pushes) {
            names_in(&item.ty, &mut used);
        }
        for text in row.get(|keys| &keys.imm).map_or(&[][..], |imms| &imms.value) {
            if let Ok(item) = TypeExpr::parse_named(&text.value, 0) {
                names_in(&item.ty, &mut used);
            }
        }
        for (name, (span, _)) in &row.keys().variables {
            if !used.contains(name) {
                self.diagnostics
                    .error(span, format!("unknown key `{name}`, and no type variable of this row is called so"))
                    .suggest(name, KEYS);
            } else if named_type(name).is_some() {
                self.diagnostics.error(span, format!("`{name}` is a type, so it cannot be a type variable"));
            } else if imms.iter().any(|imm| imm.name == *name) {
                self.diagnostics.error(span, format!("a type variable and an immediate are called `{name}`"));
            } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
                self.diagnostics.error(span, format!("a name begins with a small letter, and `{name}` does not"));
            }
        }
    }

    fn parts(&mut self, imms: &[Imm], with: Option<&Spanned<Vec<Spanned<String>>>>) -> Option<Vec<Part>> {
        let mut parts: Vec<Part> = Vec::new();
        let mut complete = true;
        for text in with.map_or(&[][..], |with| &with.value) {
            let (mutable, rest) = match text.value.strip_prefix("mut ") {
                Some(rest) => (true, rest),
                None => (false, text.value.as_str()),
            };
            let offset = text.start(&self.source.text) + text.value.len() - rest.len();
            let Some(expr) = self.syntax(TypeExpr::parse(rest, offset)) else {
                complete = false;
                continue;
            };
            match immediate::part(&expr, imms, mutable) {
                Ok(part) => {
                    if parts.iter().any(|other| other.kind == part.kind) {
                        let message = format!("two parts of the kind `{}`: a function takes one of each", expr.name);
                        self.diagnostics.error(&expr.span, message);
                    }
                    parts.push(part);
                    continue;
                }
                Err(Wrong::Name(name)) => {
                    let names = PARTS.map(|(name, ..)| name);
                    self.diagnostics
                        .error(&expr.span, format!("unknown part `{name}`: {}", names.join(", ")))
                        .suggest(&name, names);
                }
                Err(Wrong::Argument(message)) => _ = self.diagnostics.error(&expr.span, message),
            }
            complete = false;
        }
        complete.then_some(parts)
    }

    #[allow(clippy::option_option, reason = "the outer one says whether the row is sound")]
    fn sem(&mut self, row: &Row<'t>, flow: Flow) -> Option<Option<String>> {
        let sem = row.get(|keys| &keys.sem);
        if flow != Flow::Next {
            let with = row.get(|keys| &keys.with);
            for (span, key) in [(sem.map(|sem| &sem.span), "sem"), (with.map(|with| &with.span), "with")] {
                let Some(span) = span else { continue };
                let message = format!("a row with the flow `{}` is written by hand and has no `{key}`", flow.name());
                self.diagnostics.error(span, message);
            }
            return Some(None);
        }
        let Some(sem) = sem else {
            row.missing("sem", self.diagnostics);
            return None;
        };
        if !is_function_path(&sem.value) {
            self.diagnostics
                .error(&sem.span, format!("`{}` is not the path of a function in src/semantics/", sem.value))
                .help("write it as `module::function`, with type arguments as `module::function::<i8, i32>`");
            return None;
        }
        Some(Some(sem.value.clone()))
    }

    #[allow(clippy::option_option, reason = "the outer one says whether the row is sound")]
    fn align(&mut self, row: &Row<'t>, imms: &[Imm]) -> Option<Option<u32>> {
        let has_memarg = imms.iter().any(|imm| matches!(imm.kind, ImmKind::MemArg | ImmKind::ExactMemArg));
        match row.get(|keys| &keys.align) {
            Some(align) if !has_memarg => {
                self.diagnostics.error(&align.span, "`align` belongs to rows with a memarg");
                None
            }
            Some(align) if !align.value.is_power_of_two() => {
                self.diagnostics.error(&align.span, format!("an alignment of {} is not a power of two", align.value));
                None
            }
            Some(align) if align.value > 16 => {
                self.diagnostics.error(&align.span, format!("an alignment of {} is above 16", align.value));
                None
            }
            None if has_memarg => {
                if !row.is_malformed("align") {
                    let message = "a row with a memarg needs `align`, its natural alignment in bytes";
                    self.diagnostics.error(row.span(), message);
                }
                None
            }
            align => Some(align.map(|align| align.value)),
        }
    }

    fn traps(&mut self, traps: Option<&RawTraps>) -> Option<Vec<RowTrap>> {
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

    /// Examples are one number for each operand.
    fn examples(&mut self, traps: Option<&RawTraps>, pops: &[Operand]) {
        for (_, example) in traps.map_or(&[][..], |traps| &traps.value) {
            let Some(example) = example else { continue };
            let given: Vec<&str> = example.value.split_whitespace().collect();
            if given.len() != pops.len() {
                let plural = |count: usize| if count == 1 { "" } else { "s" };
                let (some, wanted) = (given.len(), pops.len());
                let message = format!("the example has {some} operand{}, and the row takes {wanted}", plural(some));
                self.diagnostics.error(&example.span, message);
                continue;
            }
            for (text, operand) in given.iter().zip(pops).filter(|(text, operand)| !is_example(text, &operand.ty)) {
                let message = format!("`{text}` is not a value of the operand `{}`", operand.name);
                self.diagnostics.error(&example.span, message);
            }
        }
    }

    /// Only two operands of one type can change places.
    fn commutes(&mut self, row: &Row<'t>, pops: &[Operand]) -> bool {
        let Some(flag) = row.get(|keys| &keys.commutes) else { return false };
        let fits = matches!(pops, [lhs, rhs] if lhs.ty == rhs.ty);
        if flag.value && !fits {
            let message = "only a row that takes two operands of one type can commute";
            self.diagnostics.error(&flag.span, message);
        }
        flag.value
    }

    /// Only a float can be a NaN.
    fn nans(&mut self, row: &Row<'t>, pushes: &[Option<Type>]) -> bool {
        let Some(flag) = row.get(|keys| &keys.nans) else { return false };
        let is_float = |ty: &Option<Type>| matches!(ty, Some(Type::Number(Number::F32 | Number::F64)));
        if flag.value && !matches!(pushes, [ty] if is_float(ty)) {
            self.diagnostics.error(&flag.span, "only a row that gives one float can give NaNs");
        }
        flag.value
    }
}

impl<'t> Resolver<'t, '_> {
    /// Modes name a place for each operand; the first has them all in slots.
    fn modes(&mut self, row: &Row<'t>, flow: Flow, pops: &[Operand]) -> Option<Vec<Vec<Mode>>> {
        let Some(list) = row.get(|keys| &keys.modes) else {
            return (!row.is_malformed("modes")).then(Vec::new);
        };
        if flow != Flow::Next {
            let message = format!("a row with the flow `{}` is written by hand and has no `modes`", flow.name());
            self.diagnostics.error(&list.span, message);
            return None;
        }
        let mut modes: Vec<Vec<Mode>> = Vec::new();
        for text in &list.value {
            let words: Vec<&str> = text.value.split_whitespace().collect();
            let places: Option<Vec<Mode>> = words.iter().map(|word| Mode::from_name(word)).collect();
            let Some(places) = places else {
                let word = words.iter().find(|word| Mode::from_name(word).is_none()).copied().unwrap_or_default();
                self.diagnostics
                    .error(&text.span, format!("unknown place of an operand `{word}`: slot, imm"))
                    .suggest(word, Mode::NAMES);
                return None;
            };
            if places.len() != pops.len() {
                let message =
                    format!("the row takes {} operands, and here are places for {}", pops.len(), places.len());
                self.diagnostics.error(&text.span, message);
                return None;
            }
            if modes.contains(&places) {
                self.diagnostics.error(&text.span, format!("`{}` stands here twice", text.value));
                return None;
            }
            modes.push(places);
        }
        let all_slots = modes.first().is_some_and(|places| places.iter().all(|place| *place == Mode::Slot));
        if !all_slots {
            self.diagnostics.error(&list.span, "the first of `modes` has every operand in a slot");
            return None;
        }
        Some(modes)
    }

    /// Only an i32 can be a truth value, and a branch on it cannot trap.
    fn condition(&mut self, row: &Row<'t>, pushes: &[Option<Type>]) -> bool {
        let Some(flag) = row.get(|keys| &keys.condition) else { return false };
        let is_truth = matches!(pushes, [Some(Type::Number(Number::I32))]);
        if flag.value && !is_truth {
            self.diagnostics.error(&flag.span, "only a row that gives one i32 can be a condition");
        }
        if flag.value && row.get(|keys| &keys.traps).is_some() {
            self.diagnostics.error(&flag.span, "a row that traps cannot be a condition");
        }
        flag.value
    }
}

fn code_of(numbers: &[u32]) -> Option<Code> {
    match numbers {
        [prefix, number] => Some(Code { prefix: u8::try_from(*prefix).ok(), number: *number }),
        [number] => Some(Code { prefix: None, number: *number }),
        _ => None,
    }
}

fn names_in(ty: &TypeExpr, names: &mut Vec<String>) {
    names.push(ty.name.clone());
    names.extend(ty.nullability.clone());
    ty.args.iter().for_each(|arg| names_in(arg, names));
}

/// Whether `name` is made of small letters and digits, in words divided by `_` or `.`: then it gives names in Rust.
pub(crate) fn is_identifier(name: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split(['.', '_']).all(is_word)
}

/// Whether `text` is `module::function`, perhaps with type arguments.
fn is_function_path(text: &str) -> bool {
    let Ok(path) = syn::parse_str::<syn::ExprPath>(text) else { return false };
    let is_plain = path.attrs.is_empty() && path.qself.is_none() && path.path.leading_colon.is_none();
    let is_name = |segment: &syn::PathSegment| syn::parse_str::<syn::Ident>(&segment.ident.to_string()).is_ok();
    is_plain && path.path.segments.len() >= 2 && path.path.segments.iter().all(is_name)
}

/// Whether `text` is a number that an operand of the type can hold.
fn is_example(text: &str, ty: &Type) -> bool {
    let integer = || {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let magnitude = match digits.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        let magnitude = magnitude.ok().filter(|_| digits.starts_with(|c: char| c.is_ascii_digit()));
        magnitude.map(|magnitude| sign * i128::from(magnitude))
    };
    let within = |low: i128, high: i128| integer().is_some_and(|value| (low..=high).contains(&value));
    match ty {
        Type::Number(Number::I32) => within(i32::MIN.into(), u32::MAX.into()),
        Type::Number(Number::I64) => within(i64::MIN.into(), u64::MAX.into()),
        Type::Addr(_) | Type::AddrMin(..) => within(0, u64::MAX.into()),
        Type::Number(Number::F32 | Number::F64) => text.parse::<f64>().is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_words_of_small_letters_and_digits() {
        for name in ["i32.add", "br_if", "i8x16.shuffle", "memory.atomic.wait32"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in ["", "I32", "8x", "a-b", "a__b", "a.", "_a", "ä", "a b"] {
            assert!(!is_identifier(name), "{name}");
        }
    }

    #[test]
    fn semantics_are_paths_of_functions() {
        for path in ["num::add", "mem::load::<i8, i32>", "a::b::c"] {
            assert!(is_function_path(path), "{path}");
        }
        for path in ["add", "::num::add", "<i32 as Num>::add", "num::add()", "num:add", "", "crate::add", "#[a] b::c"] {
            assert!(!is_function_path(path), "{path}");
        }
    }

    #[test]
    fn examples_are_within_their_type() {
        let (i32, f32) = (Type::Number(Number::I32), Type::Number(Number::F32));
        for (text, ty) in [("-0x80000000", &i32), ("4294967295", &i32), ("nan", &f32), ("-1e9", &f32)] {
            assert!(is_example(text, ty), "{text}");
        }
        for (text, ty) in [("4294967296", &i32), ("--1", &i32), ("-+1", &i32), ("0x", &i32), ("seven", &f32)] {
            assert!(!is_example(text, ty), "{text}");
        }
        assert!(!is_example("0", &Type::Abstract("funcref".into())));
    }
}
