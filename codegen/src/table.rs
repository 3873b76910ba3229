//! The table as written: every key with its place, nothing resolved.
//!
//! Reads the parsed TOML by hand instead of through serde, so that one run reports every misspelt key and every value
//! of the wrong type, and not only the first.

use crate::diag::{Diagnostic, Diagnostics, Span, closest};
use std::collections::{BTreeMap, BTreeSet};
use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl Spanned<String> {
    /// Where the first byte of this string stands in `text`: behind its quotation marks. If the string has escapes,
    /// places in it are near instead of exact.
    #[must_use]
    pub fn start(&self, text: &str) -> usize {
        let written = text.get(self.span.clone()).unwrap_or_default();
        self.span.start + written.find(&self.value).unwrap_or(1)
    }
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
    /// Whether something was malformed and left out, so that what seems missing may only be misspelt.
    pub is_partial: bool,
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
    /// What it says; absent where it was malformed.
    pub price: Option<RawPrice>,
}

/// The price of a fuel class.
#[derive(Debug)]
pub struct RawPrice {
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
    pub traps: Option<RawTraps>,
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
    /// `nans = true`
    pub nans: Option<Spanned<bool>>,
    /// `modes = ["slot slot", "slot imm"]`
    pub modes: Option<Spanned<Vec<Spanned<String>>>>,
    /// `condition = true`
    pub condition: Option<Spanned<bool>>,
    /// Other keys with a string: type variables, if the stack or an immediate uses them.
    pub variables: Variables,
    /// Known keys whose value is malformed: they are absent above, and yet not missing.
    pub malformed: BTreeSet<String>,
}

/// Type variables: each with the place of its key, and what it stands for.
pub type Variables = BTreeMap<String, (Span, Spanned<String>)>;

/// The traps of a row, each with an example or without.
pub type RawTraps = Spanned<Vec<(Spanned<String>, Option<Spanned<String>>)>>;

/// The keys that a row may have, for advice.
pub const KEYS: [&str; 18] = [
    "code",
    "name",
    "shape",
    "imm",
    "stack",
    "with",
    "sem",
    "flow",
    "check",
    "traps",
    "fuel",
    "doc",
    "align",
    "const_expr",
    "commutes",
    "nans",
    "modes",
    "condition",
];

type Value<'i> = TomlSpanned<DeValue<'i>>;
type Entry<'t, 'i> = (Spanned<String>, &'t Value<'i>);

const SECTIONS: [&str; 5] = ["proposal", "trap", "fuel", "shape", "op"];
/// The keys of a proposal.
pub const PROPOSAL_KEYS: [&str; 4] = ["title", "base", "part_of", "needs"];
/// The keys of a trap.
pub const TRAP_KEYS: [&str; 2] = ["message", "doc"];
/// The keys of a price with a variable part.
pub const PRICE_KEYS: [&str; 3] = ["base", "per", "every"];

impl Table {
    /// Reads the table; whatever is malformed is noted and left out. A text that is not TOML gives nothing: what could
    /// be said about the rest of it would be noise.
    pub fn read(text: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let (document, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            for error in errors {
                let span = error.span().unwrap_or(0..0);
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                match text.get(span.clone()) {
                    Some(key) if message == "duplicate key" => duplicate(text, &document, key, &span, diagnostics),
                    _ => _ = diagnostics.error(&span, message),
                }
            }
            return None;
        }
        let mut reader = Reader { diagnostics, errors: 0 };
        let mut table = Self::default();
        for (name, value) in entries(document.get_ref()) {
            match name.value.as_str() {
                "proposal" => table.proposals = reader.each(value, Reader::proposal),
                "trap" => table.traps = reader.each(value, Reader::trap),
                "fuel" => table.fuel = reader.each(value, Reader::fuel),
                "shape" => table.shapes = reader.each(value, Reader::shape),
                "op" => table.rows = reader.each(value, Reader::section).into_iter().flatten().collect(),
                other => {
                    let message = format!("unknown section `{other}`");
                    reader.error(&name.span, message).suggest(other, SECTIONS);
                }
            }
        }
        table.rows.sort_by_key(|row| row.id.span.start);
        table.is_partial = reader.errors > 0;
        Some(table)
    }
}

/// Notes that `key` stands at `span` although it was there before.
fn duplicate(text: &str, document: &TomlSpanned<DeTable<'_>>, key: &str, span: &Span, diagnostics: &mut Diagnostics) {
    let name = key.trim_matches(['"', '\'']);
    let first = first_header(text, span).or_else(|| {
        let mut places = Vec::new();
        places_of(document.get_ref(), name, &mut places);
        places.into_iter().filter(|place| place.start < span.start).max_by_key(|place| place.start)
    });
    let error = diagnostics.error(span, format!("`{name}` stands here a second time"));
    if let Some(first) = first {
        error.note(&first, format!("`{name}` is first here"));
    }
}

/// Where the section whose header has `span` in it stands first.
fn first_header(text: &str, span: &Span) -> Option<Span> {
    let line_start = text.get(..span.start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let header = text.get(line_start..)?.lines().next()?.split_inclusive(']').next()?;
    if !header.starts_with('[') {
        return None;
    }
    let line = text.get(..line_start)?.lines().find(|line| line.starts_with(header))?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize + span.start - line_start;
    Some(start..start + span.len())
}

fn places_of(table: &DeTable<'_>, name: &str, places: &mut Vec<Span>) {
    for (key, value) in table {
        if key.get_ref() == name {
            places.push(key.span());
        }
        if let Some(table) = value.get_ref().as_table() {
            places_of(table, name, places);
        }
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
    errors: usize,
}

impl Reader<'_> {
    fn error(&mut self, span: &Span, message: impl Into<String>) -> &mut Diagnostic {
        self.errors += 1;
        self.diagnostics.error(span, message)
    }

    fn wrong_type<T>(&mut self, value: &Value<'_>, expected: &str) -> Option<T> {
        let found = value.get_ref().type_str();
        let article = if found.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
        self.error(&value.span(), format!("expected {expected}, found {article} {found}"));
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

    /// A text for people, which says something.
    fn prose(&mut self, value: &Value<'_>) -> Option<Spanned<String>> {
        let text = self.string(value)?;
        if text.value.trim().is_empty() {
            self.error(&text.span, "this text is empty");
            return None;
        }
        Some(text)
    }

    fn boolean(&mut self, value: &Value<'_>) -> Option<Spanned<bool>> {
        match value.get_ref().as_bool() {
            Some(flag) => Some(Spanned { value: flag, span: value.span() }),
            None => self.wrong_type(value, "true or false"),
        }
    }

    fn number(&mut self, value: &Value<'_>) -> Option<Spanned<u32>> {
        let Some(integer) = value.get_ref().as_integer() else {
            return self.wrong_type(value, "a whole number");
        };
        match u32::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Some(Spanned { value: number, span: value.span() }),
            Err(_) => {
                self.error(&value.span(), "the number is not between 0 and 4,294,967,295");
                None
            }
        }
    }

    /// A list; if one of its items is malformed, so is the list.
    fn list<T>(&mut self, value: &Value<'_>, read: fn(&mut Self, &Value<'_>) -> Option<T>) -> Option<Spanned<Vec<T>>> {
        let Some(array) = value.get_ref().as_array() else {
            return self.wrong_type(value, "an array");
        };
        let items: Vec<T> = array.iter().filter_map(|item| read(self, item)).collect();
        (items.len() == array.len()).then(|| Spanned { value: items, span: value.span() })
    }

    fn unknown_key(&mut self, key: &Spanned<String>, known: &[&'static str]) {
        self.error(&key.span, format!("unknown key `{}`", key.value)).suggest(&key.value, known.iter().copied());
    }

    fn proposal(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawProposal> {
        let mut proposal = RawProposal { name, title: None, base: false, part_of: None, needs: Vec::new() };
        for (key, value) in self.fields(value)? {
            match key.value.as_str() {
                "title" => proposal.title = Some(self.text_or_blank(value)),
                "base" => proposal.base = self.boolean(value).is_some_and(|flag| flag.value),
                "part_of" => proposal.part_of = self.string(value),
                "needs" => proposal.needs = self.list(value, Self::string).map_or_else(Vec::new, |list| list.value),
                _ => {
                    self.unknown_key(&key, &PROPOSAL_KEYS);
                    if closest(&key.value, PROPOSAL_KEYS) == Some("title") {
                        proposal.title = Some(blank(&key.span));
                    }
                }
            }
        }
        Some(proposal)
    }

    fn trap(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawTrap> {
        let mut trap = RawTrap { name, message: None, doc: None };
        for (key, value) in self.fields(value)? {
            match key.value.as_str() {
                "message" => trap.message = Some(self.text_or_blank(value)),
                "doc" => trap.doc = Some(self.text_or_blank(value)),
                _ => {
                    self.unknown_key(&key, &TRAP_KEYS);
                    match closest(&key.value, TRAP_KEYS) {
                        Some("message") => trap.message = Some(blank(&key.span)),
                        Some("doc") => trap.doc = Some(blank(&key.span)),
                        _ => {}
                    }
                }
            }
        }
        Some(trap)
    }

    /// The entries of a table, or nothing and a report where it is none.
    fn fields<'t, 'i>(&mut self, value: &'t Value<'i>) -> Option<Vec<Entry<'t, 'i>>> {
        match value.get_ref().as_table() {
            Some(table) => Some(entries(table)),
            None => self.wrong_type(value, "a table"),
        }
    }

    /// A text; one that is malformed is blank, so that it is not missing as well.
    fn text_or_blank(&mut self, value: &Value<'_>) -> Spanned<String> {
        self.prose(value).unwrap_or_else(|| blank(&value.span()))
    }

    fn fuel(&mut self, name: Spanned<String>, value: &Value<'_>) -> Option<RawFuel> {
        let price = self.price(&name, value);
        Some(RawFuel { name, price })
    }

    fn price(&mut self, name: &Spanned<String>, value: &Value<'_>) -> Option<RawPrice> {
        if value.get_ref().as_table().is_none() {
            if value.get_ref().as_integer().is_none() {
                return self.wrong_type(value, "a number, or a table with `base`, `per` and `every`");
            }
            return Some(RawPrice { base: self.number(value)?.value, per: None });
        }
        let (mut base, mut per, mut every) = (None, None, None);
        let errors = self.errors;
        for (key, value) in self.table(value) {
            match key.value.as_str() {
                "base" => base = self.number(value),
                "per" => per = self.string(value),
                "every" => every = self.number(value),
                _ => self.unknown_key(&key, &PRICE_KEYS),
            }
        }
        if self.errors > errors {
            return None;
        }
        match (base, per, every) {
            (_, _, Some(every)) if every.value == 0 => {
                self.error(&every.span, "`every` must be at least 1");
                None
            }
            (Some(base), Some(per), Some(every)) => Some(RawPrice { base: base.value, per: Some((per, every.value)) }),
            _ => {
                let message = format!("fuel class `{}` needs a number, or `base`, `per` and `every`", name.value);
                self.error(&name.span, message);
                None
            }
        }
    }

    fn shape(&mut self, id: Spanned<String>, value: &Value<'_>) -> Option<RawRow> {
        self.fields(value)?;
        let mut keys = self.keys(value);
        if let Some(code) = &keys.code {
            self.error(&code.span, "a shape has no `code`: it belongs to the row");
        }
        if let Some(name) = &keys.name {
            self.error(&name.span, "a shape has no `name`: it belongs to the row");
        }
        if let Some(shape) = &keys.shape {
            self.error(&shape.span, "a shape cannot have a shape: there is one level");
        }
        for (name, (span, _)) in std::mem::take(&mut keys.variables) {
            self.error(&span, format!("unknown key `{name}`, and type variables are bound in rows"))
                .suggest(&name, KEYS);
        }
        let proposal = Spanned { value: String::new(), span: id.span.clone() };
        Some(RawRow { id, proposal, keys })
    }

    /// `[op.PROPOSAL]`: rows, and groups of rows.
    fn section(&mut self, proposal: Spanned<String>, value: &Value<'_>) -> Option<Vec<RawRow>> {
        let mut rows = Vec::new();
        for (id, value) in self.table(value) {
            let Some(table) = value.get_ref().as_table() else {
                self.wrong_type::<()>(value, "a row or a group of rows");
                continue;
            };
            if !is_group(table) {
                rows.push(RawRow { id, proposal: proposal.clone(), keys: self.keys(value) });
                continue;
            }
            for (inner, value) in entries(table) {
                if value.get_ref().is_table() {
                    rows.push(RawRow { id: inner, proposal: proposal.clone(), keys: self.keys(value) });
                } else {
                    let message =
                        format!("`{}` stands in the group `{}`, which holds only rows", inner.value, id.value);
                    self.error(&inner.span, message);
                }
            }
        }
        Some(rows)
    }

    fn keys(&mut self, value: &Value<'_>) -> Keys {
        let mut keys = Keys::default();
        for (key, value) in self.table(value) {
            let errors = self.errors;
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
                "doc" => keys.doc = self.prose(value),
                "align" => keys.align = self.number(value),
                "const_expr" => keys.const_expr = self.string(value),
                "commutes" => keys.commutes = self.boolean(value),
                "nans" => keys.nans = self.boolean(value),
                "modes" => keys.modes = self.list(value, Self::string),
                "condition" => keys.condition = self.boolean(value),
                _ if value.get_ref().is_str() => {
                    if let Some(text) = self.string(value) {
                        keys.variables.insert(key.value, (key.span, text));
                    }
                    continue;
                }
                _ => self.unknown_key(&key, &KEYS),
            }
            if self.errors > errors {
                keys.malformed.insert(closest(&key.value, KEYS).unwrap_or(&key.value).to_owned());
            }
        }
        keys
    }

    fn code(&mut self, value: &Value<'_>) -> Option<Spanned<Vec<u32>>> {
        let list = self.list(value, Self::number)?;
        let numbers: Vec<u32> = list.value.iter().map(|number| number.value).collect();
        let fits = matches!(numbers.as_slice(), [0..=0xFF] | [0..=0xFF, _]);
        if !fits {
            self.error(&list.span, "`code` is one byte, or a prefix byte and a number");
            return None;
        }
        Some(Spanned { value: numbers, span: list.span })
    }

    fn traps(&mut self, value: &Value<'_>) -> Option<RawTraps> {
        if value.get_ref().is_array() {
            let names = self.list(value, Self::string)?;
            let traps = names.value.into_iter().map(|name| (name, None)).collect();
            return Some(Spanned { value: traps, span: names.span });
        }
        let Some(table) = value.get_ref().as_table() else {
            return self.wrong_type(value, "an array of traps, or a table of traps with examples");
        };
        let mut traps = Vec::new();
        for (name, value) in entries(table) {
            let example = self.string(value);
            traps.push((name, example));
        }
        Some(Spanned { value: traps, span: value.span() })
    }
}

fn blank(span: &Span) -> Spanned<String> {
    Spanned { value: String::new(), span: span.clone() }
}

/// Whether a table of `[op.*]` holds rows instead of being one: it has tables that are no key of a row, and not what
/// makes a row.
fn is_group(table: &DeTable<'_>) -> bool {
    let is_row = ["code", "shape", "stack"].into_iter().any(|key| table.contains_key(key));
    !is_row && table.iter().any(|(key, value)| value.get_ref().is_table() && !KEYS.contains(&key.get_ref().as_ref()))
}
