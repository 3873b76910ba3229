//! The table as written: every key with its place, nothing resolved.
//!
//! Reads the parsed TOML by hand instead of through serde, so that one run reports every misspelt key and every value
//! of the wrong type, and not only the first.

use crate::diag::{Diagnostics, Span};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};
use toml::Spanned as TomlSpanned;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// The whole table, in the order of the file.
#[derive(Debug, Default)]
pub struct Table {
    /// `[proposal.*]`
    pub proposals: Vec<RawProposal>,
    /// `[trap.*]`
    pub traps: Vec<RawTrap>,
    /// `[fuel]`
    pub fuel: Vec<RawFuel>,
    /// `[shape.*]`
    pub shapes: Vec<RawRow>,
    /// `[op.*.*]`
    pub rows: Vec<RawRow>,
}

/// `[proposal.NAME]`
#[derive(Debug)]
pub struct RawProposal {
    /// NAME.
    pub name: Spanned<String>,
    /// Its title for people.
    pub title: Option<Spanned<String>>,
    /// Whether it is part of every build.
    pub base: bool,
    /// The proposal of the specification that it is a part of, where the table divides one.
    pub part_of: Option<Spanned<String>>,
    /// Proposals that it cannot do without.
    pub needs: Vec<Spanned<String>>,
}

/// `[trap.NAME]`
#[derive(Debug)]
pub struct RawTrap {
    /// NAME.
    pub name: Spanned<String>,
    /// The message, in the words of the specification's tests.
    pub message: Option<Spanned<String>>,
    /// When it happens.
    pub doc: Option<Spanned<String>>,
}

/// An entry of `[fuel]`.
#[derive(Debug)]
pub struct RawFuel {
    /// The class's name.
    pub name: Spanned<String>,
    /// What every instruction of the class costs.
    pub base: u32,
    /// What more is paid for, and how many of it cost one unit.
    pub per: Option<(Spanned<String>, u32)>,
}

/// `[shape.NAME]` or a row.
#[derive(Debug)]
pub struct RawRow {
    /// The shape's name or the row's identifier.
    pub id: Spanned<String>,
    /// The section that a row stands in; for a shape, empty.
    pub proposal: Spanned<String>,
    /// What it says.
    pub keys: Keys,
}

/// The keys of a shape or a row.
#[derive(Debug, Default)]
pub struct Keys {
    /// `code = [0xFC, 8]`
    pub code: Option<Spanned<Vec<u32>>>,
    /// `name = "select"`, where the text format's name is not the row's identifier
    pub name: Option<Spanned<String>>,
    /// `shape = "binary"`
    pub shape: Option<Spanned<String>>,
    /// `imm = ["m: memarg"]`
    pub imm: Option<Spanned<Vec<Spanned<String>>>>,
    /// `stack = "lhs:t rhs:t -> t"`
    pub stack: Option<Spanned<String>>,
    /// `with = ["memory(m)"]`
    pub with: Option<Spanned<Vec<Spanned<String>>>>,
    /// `sem = "num::add"`
    pub sem: Option<Spanned<String>>,
    /// `flow = "branch"`
    pub flow: Option<Spanned<String>>,
    /// `check = "table_init"`
    pub check: Option<Spanned<String>>,
    /// `traps = ["unreachable"]`, or with examples `traps = { divide_by_zero = "7 0" }`
    pub traps: Option<Spanned<Vec<(Spanned<String>, Option<Spanned<String>>)>>>,
    /// `fuel = "div"`
    pub fuel: Option<Spanned<String>>,
    /// `doc = "…"`
    pub doc: Option<Spanned<String>>,
    /// `align = 4`: the natural alignment in bytes
    pub align: Option<Spanned<u32>>,
    /// `const_expr = "mvp"`: the proposal that allows it in constant expressions
    pub const_expr: Option<Spanned<String>>,
    /// `commutes = true`
    pub commutes: Option<Spanned<bool>>,
    /// Other keys with a string: type variables, if the stack or an immediate uses them.
    pub variables: BTreeMap<String, (Span, Spanned<String>)>,
}

/// The keys that a row may have, for advice.
pub const KEYS: [&str; 15] = [
    "code", "name", "shape", "imm", "stack", "with", "sem", "flow", "check", "traps", "fuel", "doc", "align",
    "const_expr", "commutes",
];

type Value<'i> = TomlSpanned<DeValue<'i>>;
type Entry<'t, 'i> = (Spanned<String>, &'t Value<'i>);

impl Table {
    /// Reads the table; whatever is malformed is noted and left out.
    pub fn read(text: &str, diagnostics: &mut Diagnostics) -> Self {
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            diagnostics.error(&error.span().unwrap_or(0..0), error.message().to_owned());
        }
        let mut reader = Reader { diagnostics };
        let mut table = Self::default();
        for (name, value) in entries(document.get_ref()) {
            match name.value.as_str() {
                "proposal" => table.proposals = reader.each(value, Reader::proposal),
                "trap" => table.traps = reader.each(value, Reader::trap),
                "fuel" => table.fuel = reader.each(value, Reader::fuel),
                "shape" => table.shapes = reader.each(value, Reader::shape),
                "op" => table.rows = reader.each(value, Reader::section).into_iter().flatten().collect(),
                other => {
                    reader
                        .diagnostics
                        .error(&name.span, format!("unknown section `{other}`"))
                        .suggest(other, ["proposal", "trap", "fuel", "shape", "op"]);
                }
            }
        }
        table
    }
}

/// The entries of a TOML table in the order of the file.
fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let mut list: Vec<Entry<'t, 'i>> = table
        .iter()
        .map(|(key, value)| (Spanned { value: key.get_ref().to_string(), span: key.span() }, value))
        .collect();
    list.sort_by_key(|(key, _)| key.span.start);
    list
}

struct Reader<'d> {
    diagnostics: &'d mut Diagnostics,
}

impl Reader<'_> {
    fn wrong_type<T>(&mut self, value: &Value<'_>, expected: &str) -> Option<T> {
        let found = value.get_ref().type_str();
        self.diagnostics.error(&value.span(), format!("expected {expected}, found {found}"));
        None
    }

    fn table<'t, 'i>(&mut self, value: &'t Value<'i>) -> Vec<Entry<'t, 'i>> {
        match value.get_ref().as_table() {
            Some(table) => entries(table),
            None => self.wrong_type(value, "a table").unwrap_or_default(),
        }
    }

    fn each<T>(&mut self, value: &Value<'_>, read: fn(&mut Self, Spanned<String>, &Value<'_>) -> Option<T>) -> Vec<T> {
        self.table(value).into_iter().filter_map(|(name, value)| read(self, name, value)).collect()
    }

    fn string(&mut self, value: &Value<'_>) -> Option<Spanned<String>> {
        match value.get_ref().as_str() {
            Some(text) => Some(Spanned { value: text.to_owned(), span: value.span() }),
            None => self.wrong_type(value, "a string"),
        }
    }

    fn boolean(&mut self, value: &Value<'_>) -> Option<Spanned<bool>> {
        match value.get_ref().as_bool() {
            Some(flag) => Some(Spanned { value: flag, span: value.span() }),
            None => self.wrong_type(value, "true or false"),
        }
    }

    fn number(&mut self, value: &Value<'_>) -> Option<Spanned<u32>> {
        let number = value.get_ref().as_integer().and_then(|i| u32::from_str_radix(i.as_str(), i.radix()).ok());
        match number {
            Some(number) => Some(Spanned { value: number, span: value.span() }),
            None => self.wrong_type(value, "a whole number below 4,294,967,296"),
        }
    }

    fn list<T>(&mut self, value: &Value<'_>, read: fn(&mut Self, &Value<'_>) -> Option<T>) -> Option<Spanned<Vec<T>>> {
        match value.get_ref().as_array() {
            Some(array) => {
                let items = array.iter().filter_map(|item| read(self, item)).collect();
                Some(Spanned { value: items, span: value.span() })
            }
            None => self.wrong_type(value, "an array"),
        }
    }

    fn unknown_key(&mut self, key: &Spanned<String>, known: &[&'static str]) {
        self.diagnostics
            .error(&key.span, format!("unknown key `{}`", key.value))
            .suggest(&key.value, known.iter().copied());
    }

    fn proposal(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawProposal> {
        let mut proposal = RawProposal { name, title: None, base: false, part_of: None, needs: Vec::new() };
        for (key, value) in self.table(value) {
            match key.value.as_str() {
                "title" => proposal.title = self.string(value),
                "base" => proposal.base = self.boolean(value).is_some_and(|flag| flag.value),
                "part_of" => proposal.part_of = self.string(value),
                "needs" => proposal.needs = self.list(value, Self::string).map_or_else(Vec::new, |list| list.value),
                _ => self.unknown_key(&key, &["title", "base", "part_of", "needs"]),
            }
        }
        Some(proposal)
    }

    fn trap(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawTrap> {
        let mut trap = RawTrap { name, message: None, doc: None };
        for (key, value) in self.table(value) {
            match key.value.as_str() {
                "message" => trap.message = self.string(value),
                "doc" => trap.doc = self.string(value),
                _ => self.unknown_key(&key, &["message", "doc"]),
            }
        }
        Some(trap)
    }

    fn fuel(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawFuel> {
        if value.get_ref().as_table().is_none() {
            let base = self.number(value)?.value;
            return Some(RawFuel { name, base, per: None });
        }
        let (mut base, mut per, mut every) = (None, None, None);
        for (key, value) in self.table(value) {
            match key.value.as_str() {
                "base" => base = self.number(value),
                "per" => per = self.string(value),
                "every" => every = self.number(value),
                _ => self.unknown_key(&key, &["base", "per", "every"]),
            }
        }
        match (base, per, every) {
            (Some(base), Some(per), Some(every)) if every.value > 0 => {
                Some(RawFuel { name, base: base.value, per: Some((per, every.value)) })
            }
            (_, _, Some(every)) if every.value == 0 => {
                self.diagnostics.error(&every.span, "`every` must be at least 1");
                None
            }
            _ => {
                self.diagnostics.error(
                    &name.span,
                    format!("fuel class `{}` needs a number, or `base`, `per` and `every`", name.value),
                );
                None
            }
        }
    }

    fn shape(&mut self, id: Spanned<String>, value: &Value<'_>) -> Option<RawRow> {
        let keys = self.keys(value);
        if let Some(code) = &keys.code {
            self.diagnostics.error(&code.span, "a shape has no `code`: it belongs to the row");
        }
        if let Some(shape) = &keys.shape {
            self.diagnostics.error(&shape.span, "a shape cannot have a shape: there is one level");
        }
        let proposal = Spanned { value: String::new(), span: id.span.clone() };
        Some(RawRow { id, proposal, keys })
    }

    /// `[op.PROPOSAL]`: rows, and groups of rows.
    fn section(&mut self, proposal: Spanned<String>, value: &Value<'_>) -> Option<Vec<RawRow>> {
        let mut rows = Vec::new();
        for (id, value) in self.table(value) {
            if is_group(value) {
                for (id, value) in self.table(value) {
                    rows.push(RawRow { id, proposal: proposal.clone(), keys: self.keys(value) });
                }
            } else {
                rows.push(RawRow { id, proposal: proposal.clone(), keys: self.keys(value) });
            }
        }
        Some(rows)
    }

    fn keys(&mut self, value: &Value<'_>) -> Keys {
        let mut keys = Keys::default();
        for (key, value) in self.table(value) {
            match key.value.as_str() {
                "code" => keys.code = self.code(value),
                "name" => keys.name = self.string(value),
                "shape" => keys.shape = self.string(value),
                "imm" => keys.imm = self.list(value, Self::string),
                "stack" => keys.stack = self.string(value),
                "with" => keys.with = self.list(value, Self::string),
                "sem" => keys.sem = self.string(value),
                "flow" => keys.flow = self.string(value),
                "check" => keys.check = self.string(value),
                "traps" => keys.traps = self.traps(value),
                "fuel" => keys.fuel = self.string(value),
                "doc" => keys.doc = self.string(value),
                "align" => keys.align = self.number(value),
                "const_expr" => keys.const_expr = self.string(value),
                "commutes" => keys.commutes = self.boolean(value),
                _ if value.get_ref().is_str() => {
                    if let Some(text) = self.string(value) {
                        keys.variables.insert(key.value, (key.span, text));
                    }
                }
                _ => self.unknown_key(&key, &KEYS),
            }
        }
        keys
    }

    fn code(&mut self, value: &Value<'_>) -> Option<Spanned<Vec<u32>>> {
        let list = self.list(value, Self::number)?;
        let numbers: Vec<u32> = list.value.iter().map(|number| number.value).collect();
        let fits = matches!(numbers.as_slice(), [0..=0xFF] | [0..=0xFF, _]);
        if !fits {
            self.diagnostics.error(&list.span, "`code` is one byte, or a prefix byte and a number");
            return None;
        }
        Some(Spanned { value: numbers, span: list.span })
    }

    #[allow(clippy::type_complexity, reason = "a list of traps, each with an example or without")]
    fn traps(&mut self, value: &Value<'_>) -> Option<Spanned<Vec<(Spanned<String>, Option<Spanned<String>>)>>> {
        if value.get_ref().is_array() {
            let names = self.list(value, Self::string)?;
            let traps = names.value.into_iter().map(|name| (name, None)).collect();
            return Some(Spanned { value: traps, span: names.span });
        }
        let mut traps = Vec::new();
        for (name, value) in self.table(value) {
            let example = self.string(value);
            traps.push((name, example));
        }
        Some(Spanned { value: traps, span: value.span() })
    }
}

/// Whether a table of `[op.*]` holds rows instead of being one: all its entries are tables, and none is a row's key.
fn is_group(value: &Value<'_>) -> bool {
    value.get_ref().as_table().is_some_and(|table| {
        table.iter().all(|(key, value)| value.get_ref().is_table() && !KEYS.contains(&key.get_ref().as_ref()))
    })
}
