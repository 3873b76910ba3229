//! What running scripts gave.

use crate::system::Output;
use core::fmt::{self, Write};

/// The most reasons to skip something.
pub const REASONS: usize = 128;

/// What running a file gave, or all of them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub passed: u32,
    pub failed: u32,
    /// Refused by the text parser, before this program was built.
    pub text: u32,
    /// Skipped, by reason.
    pub skipped: [u32; REASONS],
    /// How many refusals were in the suite's words, and how many were compared.
    pub words: (u32, u32),
    /// Of the modules that need a proposal that is off: how many refusals name it, and how many there were.
    pub named: (u32, u32),
    /// The same of those that need floats only.
    pub floats: (u32, u32),
    /// Calls of the host, stops because the fuel was used up, and instances.
    pub host_calls: u32,
    pub stops: u32,
    pub instances: u32,
}

impl Report {
    pub const EMPTY: Self = Self {
        passed: 0,
        failed: 0,
        text: 0,
        skipped: [0; REASONS],
        words: (0, 0),
        named: (0, 0),
        floats: (0, 0),
        host_calls: 0,
        stops: 0,
        instances: 0,
    };

    pub fn skipped(&self) -> u32 {
        self.skipped.iter().sum()
    }

    pub fn directives(&self) -> u32 {
        self.passed + self.failed + self.text + self.skipped()
    }

    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.text += other.text;
        for (count, other) in self.skipped.iter_mut().zip(other.skipped) {
            *count += other;
        }
        self.words = (self.words.0 + other.words.0, self.words.1 + other.words.1);
        self.named = (self.named.0 + other.named.0, self.named.1 + other.named.1);
        self.floats = (self.floats.0 + other.floats.0, self.floats.1 + other.floats.1);
        self.host_calls += other.host_calls;
        self.stops += other.stops;
        self.instances += other.instances;
    }

    /// Prints the totals; `reasons` gives the reasons' texts.
    pub fn print(&self, files: usize, reasons: &[&str]) -> fmt::Result {
        writeln!(Output, "{files} files, {} directives", self.directives())?;
        writeln!(
            Output,
            "{} passed, {} refused by the text parser, {} failed, {} skipped",
            self.passed,
            self.text,
            self.failed,
            self.skipped()
        )?;
        writeln!(Output, "refusals in the suite's words: {} of {}", self.words.0, self.words.1)?;
        if self.named.1 > 0 {
            writeln!(Output, "modules that need what is off: {} refused, {} by its name", self.named.1, self.named.0)?;
        }
        if self.floats.1 > 0 {
            writeln!(Output, "modules that need only floats: {} refused, {} by name", self.floats.1, self.floats.0)?;
        }
        writeln!(Output, "{} instances, {} calls of the host", self.instances, self.host_calls)?;
        for (reason, count) in reasons.iter().zip(self.skipped).filter(|(_, count)| *count > 0) {
            writeln!(Output, "{count:>6} skipped: {reason}")?;
        }
        Ok(())
    }
}

/// A text in memory of fixed size: what is longer is cut off.
pub struct Text {
    bytes: [u8; 256],
    len: usize,
}

impl Text {
    /// The text of `value`.
    pub fn of(value: impl fmt::Display) -> Self {
        let mut text = Self { bytes: [0; 256], len: 0 };
        let _ = write!(text, "{value}");
        text
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            *self.bytes.get_mut(self.len).ok_or(fmt::Error)? = byte;
            self.len += 1;
        }
        Ok(())
    }
}

/// Whether the engine's words hold the suite's. Older suites say "invalid" where newer ones say "malformed".
pub fn in_words(suite: &str, engine: &[u8]) -> bool {
    contains(engine, b"", suite.as_bytes())
        || suite.strip_prefix("invalid ").is_some_and(|what| contains(engine, b"malformed ", what.as_bytes()))
}

/// Whether `text` has `start` and right behind it `rest`, in capitals or not.
fn contains(text: &[u8], start: &[u8], rest: &[u8]) -> bool {
    let count = start.len() + rest.len();
    count == 0
        || text.windows(count).any(|window| {
            let (a, b) = window.split_at(start.len());
            a.eq_ignore_ascii_case(start) && b.eq_ignore_ascii_case(rest)
        })
}
