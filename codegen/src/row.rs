//! A row together with its shape, as written: finds a key in either, and says so where neither has it.

use crate::diag::{Diagnostics, Span, closest};
use crate::effect::TypeExpr;
use crate::table::{KEYS, Keys, RawRow, Spanned, Table};
use crate::types::ABSTRACT;

/// A row with its shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'t> {
    table: &'t Table,
    raw: &'t RawRow,
    shape: Option<&'t RawRow>,
}

impl<'t> Row<'t> {
    /// The row with the shape that it names; an unknown one is noted.
    pub(crate) fn new(table: &'t Table, raw: &'t RawRow, diagnostics: &mut Diagnostics) -> Option<Self> {
        let Some(name) = &raw.keys.shape else {
            let is_sound = !raw.keys.malformed.contains("shape");
            return is_sound.then_some(Self { table, raw, shape: None });
        };
        let shape = table.shapes.iter().find(|shape| shape.id.value == name.value);
        if shape.is_none() {
            diagnostics
                .error(&name.span, format!("unknown shape `{}`", name.value))
                .suggest(&name.value, table.shapes.iter().map(|shape| shape.id.value.as_str()));
        }
        shape.map(|shape| Self { table, raw, shape: Some(shape) })
    }

    /// The row's own keys.
    pub(crate) fn keys(&self) -> &'t Keys {
        &self.raw.keys
    }

    /// Where the row's identifier stands.
    pub(crate) fn span(&self) -> &'t Span {
        &self.raw.id.span
    }

    /// A key of the row, or of its shape.
    pub(crate) fn get<T>(&self, key: fn(&'t Keys) -> &'t Option<T>) -> Option<&'t T> {
        key(&self.raw.keys).as_ref().or_else(|| self.shape.and_then(|shape| key(&shape.keys).as_ref()))
    }

    /// Whether the row or its shape has `key` with a malformed value.
    pub(crate) fn is_malformed(&self, key: &str) -> bool {
        let has = |keys: &Keys| keys.malformed.contains(key);
        has(&self.raw.keys) || self.shape.is_some_and(|shape| has(&shape.keys))
    }

    /// Notes that the row lacks `key`, unless it stands there malformed or misspelt.
    pub(crate) fn missing(&self, key: &str, diagnostics: &mut Diagnostics) {
        let is_misspelt = self.raw.keys.variables.keys().any(|name| closest(name, KEYS) == Some(key));
        if !self.is_malformed(key) && !is_misspelt {
            diagnostics.error(self.span(), format!("`{}` has no `{key}`", self.raw.id.value));
        }
    }

    /// What the type variable `expr` stands for; one that is not bound is noted: in the row if it is the only one of
    /// its shape that does not bind it, and else where it is written.
    pub(crate) fn variable(&self, expr: &TypeExpr, diagnostics: &mut Diagnostics) -> Option<&'t Spanned<String>> {
        let name = &expr.name;
        if let Some((_, value)) = self.raw.keys.variables.get(name) {
            return Some(value);
        }
        if self.misses_variable(expr) {
            diagnostics
                .error(self.span(), format!("`{}` does not say what `{name}` is", self.raw.id.value))
                .note(&expr.span, format!("its shape uses `{name}` here"))
                .help(format!("bind it in the row: `{name} = \"i32\"`"));
        } else {
            let types = ["i32", "i64", "f32", "f64", "v128"].into_iter().chain(ABSTRACT);
            diagnostics
                .error(&expr.span, format!("`{name}` is neither a type nor a type variable of the row"))
                .help(format!("bind it in the row: `{name} = \"i32\"`"))
                .suggest(name, types.chain(self.raw.keys.variables.keys().map(String::as_str)));
        }
        None
    }

    /// Whether the name that the shape uses at `expr` is a type variable which other rows of that shape bind.
    pub(crate) fn misses_variable(&self, expr: &TypeExpr) -> bool {
        let Some(shape) = self.shape else { return false };
        let is_of_shape = |row: &&RawRow| row.keys.shape.as_ref().is_some_and(|name| name.value == shape.id.value);
        let binds = |row: &RawRow| row.keys.variables.contains_key(&expr.name);
        let is_in = |span: &Span| span.contains(&expr.span.start);
        let keys = &shape.keys;
        let is_in_shape = keys.stack.as_ref().is_some_and(|stack| is_in(&stack.span))
            || keys.imm.as_ref().is_some_and(|imm| is_in(&imm.span));
        is_in_shape && !binds(self.raw) && self.table.rows.iter().filter(is_of_shape).any(binds)
    }
}
