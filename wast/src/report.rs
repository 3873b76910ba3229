//! What running a file gave.

use std::collections::BTreeMap;
use std::fmt;

/// What running a file gave. Every directive of the file is counted exactly once.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The file's name.
    pub name: String,
    /// Directives that the engine passed.
    pub passed: usize,
    /// Assertions that a text is malformed or invalid, which the text parser refused before the engine saw anything.
    pub text: usize,
    /// Directives that failed.
    pub failures: Vec<Failure>,
    /// How many directives were skipped, by reason.
    pub skipped: BTreeMap<String, usize>,
    /// The traps, in order.
    pub traps: Vec<TrapRecord>,
    /// How many refusals were in the suite's words, and how many were compared.
    pub words: (usize, usize),
    /// The refusals that were not in the suite's words, and how often each occurred.
    pub wordings: BTreeMap<Wording, usize>,
    /// Fuel that guests used; always 0 without slices.
    pub fuel: u64,
    /// How often calls were stopped and resumed.
    pub resumed: u64,
    /// How often register code handed over to the in-place engine.
    pub handed_over: u64,
}

/// A directive that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where the directive stands: `file:line:column`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// A trap that an assertion expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapRecord {
    /// The assertion's line.
    pub line: usize,
    /// The trap's message.
    pub message: String,
    /// The function that trapped, and the instruction's offset in its module; nothing where no function ran.
    pub place: Option<(String, u32)>,
}

/// A refusal in other words than the suite's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wording {
    /// What the suite says.
    pub suite: String,
    /// What the engine says.
    pub engine: String,
}

impl Report {
    /// How many directives were skipped.
    #[must_use]
    pub fn skipped_count(&self) -> usize {
        self.skipped.values().sum()
    }

    /// How many directives the file has.
    #[must_use]
    pub fn directives(&self) -> usize {
        self.passed + self.text + self.failures.len() + self.skipped_count()
    }

    /// Counts whether a refusal is in the suite's words.
    pub(crate) fn compare_words(&mut self, suite: &str, engine: &str) {
        self.words.1 += 1;
        if in_words(suite, engine) {
            self.words.0 += 1;
        } else {
            let wording = Wording { suite: suite.to_string(), engine: engine.to_string() };
            *self.wordings.entry(wording).or_default() += 1;
        }
    }

    /// The traps as text: equal ones that follow each other take one line.
    #[must_use]
    pub fn traps_text(&self) -> String {
        let mut text = String::new();
        let runs = self.traps.chunk_by(|a, b| (&a.message, &a.place) == (&b.message, &b.place));
        for run in runs {
            if let [first, rest @ ..] = run {
                let lines = match rest.last() {
                    Some(last) => format!("{}..{} ({})", first.line, last.line, run.len()),
                    None => first.line.to_string(),
                };
                let place = match &first.place {
                    Some((function, offset)) => format!("{function} @ 0x{offset:x}"),
                    None => "instantiation".to_string(),
                };
                text.push_str(&format!("{:>5}:{lines}: {}: {place}\n", "", first.message));
            }
        }
        text
    }
}

/// Whether the engine's words hold the suite's. Older suites say "invalid" where newer ones say "malformed".
pub(crate) fn in_words(suite: &str, engine: &str) -> bool {
    let (suite, engine) = (suite.to_lowercase(), engine.to_lowercase());
    engine.contains(&suite)
        || suite.strip_prefix("invalid ").is_some_and(|what| engine.contains(&format!("malformed {what}")))
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "suite \"{}\", engine \"{}\"", self.suite, self.engine)
    }
}
