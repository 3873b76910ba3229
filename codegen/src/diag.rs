//! Errors about the table: each names a place in the file, and all of one run are reported together.
//!
//! Knows source text and positions; knows nothing of opcodes.

use std::fmt;
use std::ops::Range;

/// A text with the name that errors call it by.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The path shown in errors, such as `spec/instructions.toml`.
    pub path: String,
    /// The text itself.
    pub text: String,
}

/// A range of bytes in a [`Source`].
pub type Span = Range<usize>;

/// One mistake: where it is, what it is, and what else to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong, in one line.
    pub message: String,
    /// Other places that matter, each with its remark.
    pub notes: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

/// The mistakes found in one run, in order of discovery.
#[derive(Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

/// Lines and columns (both from 1) of a source, with the list of mistakes, ready to print.
#[derive(Debug)]
pub struct Report {
    /// One entry a mistake, sorted by place; each has the form `file:line:column: message` with indented remarks.
    pub entries: Vec<String>,
}

impl Diagnostics {
    /// Notes a mistake at `span`.
    pub fn error(&mut self, span: &Span, message: impl Into<String>) -> &mut Diagnostic {
        self.list.push(Diagnostic { span: span.clone(), message: message.into(), notes: Vec::new(), help: None });
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// Whether nothing was wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The mistakes with their places in `source`, sorted by place.
    #[must_use]
    pub fn report(mut self, source: &Source) -> Report {
        // Also by message: then what several rows say of one place in a shape stands together and is said once.
        self.list.sort_by(|a, b| (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message)));
        self.list.dedup();
        Report { entries: self.list.iter().map(|diagnostic| source.describe(diagnostic)).collect() }
    }
}

impl Diagnostic {
    /// Adds a remark about another place.
    pub fn note(&mut self, span: &Span, message: impl Into<String>) -> &mut Self {
        self.notes.push((span.clone(), message.into()));
        self
    }

    /// Adds advice.
    pub fn help(&mut self, message: impl Into<String>) -> &mut Self {
        self.help = Some(message.into());
        self
    }

    /// Advises the name in `candidates` that is closest to `wrong`, if one is close.
    pub fn suggest<'a>(&mut self, wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> &mut Self {
        if let Some(name) = closest(wrong, candidates) {
            self.help = Some(format!("did you mean `{name}`?"));
        }
        self
    }
}

impl Source {
    /// The line and column, from 1, of the byte at `offset`.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let offset = (0..=offset.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let before = &self.text[..offset.unwrap_or_default()];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        (line, column)
    }

    fn describe(&self, diagnostic: &Diagnostic) -> String {
        let place = |span: &Span| {
            let (line, column) = self.position(span.start);
            format!("{}:{line}:{column}", self.path)
        };
        let mut text = format!("{}: {}", place(&diagnostic.span), diagnostic.message);
        for (span, remark) in &diagnostic.notes {
            text.push_str(&format!("\n    note: {}: {remark}", place(span)));
        }
        if let Some(help) = &diagnostic.help {
            text.push_str(&format!("\n    help: {help}"));
        }
        text
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.entries {
            writeln!(f, "{entry}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// The name in `candidates` that `wrong` is probably a misspelling of.
pub(crate) fn closest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wrong.chars().count();
    let limit = length.div_ceil(3).min(length.saturating_sub(1));
    candidates
        .into_iter()
        .map(|candidate| (edit_distance(wrong, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min()
        .map(|(_, name)| name)
}

/// The number of insertions, deletions, replacements and exchanges of neighbours between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source { path: "t".into(), text: "ä = 1\nb = 2\n".into() };
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position("ä ".len()), (1, 3));
        assert_eq!(source.position("ä = 1\nb".len()), (2, 2));
        assert_eq!(source.position(usize::MAX), (3, 1));
    }

    #[test]
    fn a_report_is_sorted_and_free_of_repetition() {
        let source = Source { path: "t.toml".into(), text: "one\ntwo\n".into() };
        let mut diagnostics = Diagnostics::default();
        diagnostics.error(&(4..7), "second").note(&(0..3), "see here").help("do it");
        diagnostics.error(&(0..3), "first");
        diagnostics.error(&(0..3), "first");
        let report = diagnostics.report(&source).to_string();
        assert_eq!(report, "t.toml:1:1: first\nt.toml:2:1: second\n    note: t.toml:1:1: see here\n    help: do it\n");
    }

    #[test]
    fn a_place_within_a_character_is_the_character() {
        let source = Source { path: "t".into(), text: "a\nä\nb".into() };
        assert_eq!(source.position(3), (2, 1));
    }

    #[test]
    fn distances_count_exchanged_neighbours_once() {
        for (a, b, distance) in
            [("sem", "sme", 1), ("fuel", "fule", 1), ("", "abc", 3), ("stack", "stack", 0), ("ab", "ba", 1)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
        assert_eq!(closest("x", ["t"]), None, "a word of one letter is like every other");
    }

    #[test]
    fn the_closest_name_is_suggested_and_a_distant_one_is_not() {
        let mut diagnostics = Diagnostics::default();
        let names = ["stack", "shape", "sem"];
        assert_eq!(
            diagnostics.error(&(0..1), "x").suggest("stakc", names).help.as_deref(),
            Some("did you mean `stack`?")
        );
        assert_eq!(diagnostics.error(&(0..1), "x").suggest("banana", names).help, None);
    }
}
