//! Files beside the table, of one section each: `spec/fusions.toml` and `spec/successors.toml`.

use crate::diag::{Diagnostics, Source, Span};
use toml::de::{DeTable, DeValue};

/// What `entry` makes of each key of the only section, which is called `section`: of the key, its place, and the value with its
/// place. In the order of the file.
pub(crate) fn entries<T>(
    source: &Source,
    section: &str,
    diagnostics: &mut Diagnostics,
    mut entry: impl FnMut(&str, Span, (&DeValue<'_>, Span), &mut Diagnostics) -> T,
) -> Vec<T> {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        diagnostics.error(&error.span().unwrap_or(0..0), message);
    }
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut keys = Vec::new();
    for (name, value) in document.get_ref() {
        let (name_text, table) = (name.get_ref(), value.get_ref().as_table());
        match table.filter(|_| name_text == section) {
            Some(table) => keys.extend(table.iter()),
            None => {
                let message = format!("unknown section `{name_text}`: there is only `[{section}]`");
                diagnostics.error(&name.span(), message);
            }
        }
    }
    keys.sort_by_key(|(key, _)| key.span().start);
    let values = keys.into_iter();
    values.map(|(key, value)| entry(key.get_ref(), key.span(), (value.get_ref(), value.span()), diagnostics)).collect()
}
