//! Errors about the table: each names a place in the file, and all of one run are reported together.
//!
//! Knows source text and positions; knows nothing of opcodes.

use std::fmt;
use std::ops::Range;

/// A text with the name that errors call it by.
#[derive(Debug, Clone)]
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
        self.list.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.span.end));
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
        let limit = wrong.chars().count().div_ceil(3).max(1);
        let closest = candidates
            .into_iter()
            .map(|candidate| (edit_distance(wrong, candidate), candidate))
            .filter(|(distance, _)| *distance <= limit)
            .min();
        if let Some((_, name)) = closest {
            self.help = Some(format!("did you mean `{name}`?"));
        }
        self
    }
}

impl Source {
    /// The line and column, from 1, of the byte at `offset`.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or(&self.text);
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

/// The number of insertions, deletions and replacements between two words (Levenshtein).
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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
    fn the_closest_name_is_suggested_and_a_distant_one_is_not() {
        let mut diagnostics = Diagnostics::default();
        let names = ["stack", "shape", "sem"];
        assert_eq!(diagnostics.error(&(0..1), "x").suggest("stakc", names).help.as_deref(), Some("did you mean `stack`?"));
        assert_eq!(diagnostics.error(&(0..1), "x").suggest("banana", names).help, None);
    }
}
