//! Which rows follow each other where programs execute: what `spec/successors.toml` is chosen by.

use anyhow::{Context, Result, bail};
use std::collections::HashMap;
use std::fmt::Write as _;
use tablature_codegen::model::Model;

/// How often one row follows another: parts of all that follows in a program, on average over the programs.
#[derive(Default)]
pub struct Followers {
    shares: HashMap<(String, String), f64>,
}

/// A row is worth looking for behind another if it follows there in this part of all cases,
const OF_ROW: f64 = 0.25;

/// or if the two are this part of all pairs,
const OF_ALL: f64 = 0.01;

/// and if there are not as many better ones: each look takes time from what is not found.
const MOST: usize = 3;

/// Below this part of all pairs a row is not worth a line.
const LEAST: f64 = 0.001;

/// A row behind another.
struct Follower<'f> {
    row: &'f str,
    /// The part of all that follows the first row.
    of_row: f64,
    /// The part of all pairs.
    of_all: f64,
}

impl Followers {
    /// Of profiles, each of which has the same weight.
    pub fn read<'p>(profiles: impl Iterator<Item = (&'p str, &'p str)>) -> Result<Self> {
        let (mut followers, mut programs) = (Self::default(), 0);
        for (name, text) in profiles {
            let counts = pairs(text).with_context(|| name.to_owned())?;
            let total: f64 = counts.values().sum();
            if total == 0.0 {
                bail!("{name}: nothing was executed, or it does not say which rows were; leave out --again");
            }
            counts.into_iter().for_each(|(pair, count)| *followers.shares.entry(pair).or_default() += count / total);
            programs += 1;
        }
        followers.shares.values_mut().for_each(|share| *share /= f64::from(programs.max(1)));
        Ok(followers)
    }

    /// What follows each row, most first, beside what `model` looks for there. What the rule would have and the list has
    /// not is marked by `+`, the contrary by `-`.
    pub fn report(&self, model: &Model) -> String {
        let mut text = String::from(
            "What follows a row in place: in how many per cent of all cases, and of all pairs. `*` stands in the list,\n\
             `+` should by the rule and does not, `-` does and should not. Profiles do not say what follows branches.\n\n",
        );
        for (first, share, followers) in self.rows() {
            let listed = listed(model, first);
            _ = write!(text, "{first:20}{:>6.2} ", share * 100.0);
            for (place, follower) in followers.iter().enumerate() {
                let is_listed = listed.contains(&follower.row);
                let is_wanted = place < MOST && (follower.of_row >= OF_ROW || follower.of_all >= OF_ALL);
                if is_listed || is_wanted {
                    let mark = if !is_wanted {
                        '-'
                    } else if is_listed {
                        '*'
                    } else {
                        '+'
                    };
                    let (of_row, of_all) = (follower.of_row * 100.0, follower.of_all * 100.0);
                    _ = write!(text, "  {mark} {} {of_row:.0} ({of_all:.2})", follower.row);
                }
            }
            text.push('\n');
        }
        text
    }

    /// The rows, their parts of all pairs, and what follows them, most first.
    fn rows(&self) -> Vec<(&str, f64, Vec<Follower<'_>>)> {
        let mut rows: HashMap<&str, Vec<Follower<'_>>> = HashMap::new();
        for ((first, second), share) in &self.shares {
            let follower = Follower { row: second, of_row: 0.0, of_all: *share };
            rows.entry(first).or_default().push(follower);
        }
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|(first, mut followers)| {
                let share: f64 = followers.iter().map(|follower| follower.of_all).sum();
                followers.iter_mut().for_each(|follower| follower.of_row = follower.of_all / share);
                followers.sort_by(|a, b| b.of_all.total_cmp(&a.of_all).then(a.row.cmp(b.row)));
                (first, share, followers)
            })
            .filter(|(_, share, _)| *share >= LEAST)
            .collect();
        rows.sort_by(|(a, of_a, _), (b, of_b, _)| of_b.total_cmp(of_a).then(a.cmp(b)));
        rows
    }
}

/// The rows that a handler looks for first.
fn listed<'m>(model: &'m Model, first: &str) -> Vec<&'m str> {
    let sequences = model.op(first).map_or(&[][..], |op| &op.successors);
    sequences.iter().filter_map(|sequence| sequence.first()).map(String::as_str).collect()
}

/// How often one row followed another: lines with a count, register instructions, and behind a bar the rows.
fn pairs(text: &str) -> Result<HashMap<(String, String), f64>> {
    let mut pairs = HashMap::new();
    for (count, rows) in text.lines().filter_map(|line| line.split_once(" | ")) {
        let count = count.split(' ').next().and_then(|count| count.parse::<f64>().ok());
        let count = count.context("a line begins with a count")?;
        let rows: Vec<&str> = rows.split_whitespace().collect();
        for two in rows.windows(2) {
            *pairs.entry((two[0].to_owned(), two[1].to_owned())).or_default() += count;
        }
    }
    pairs.retain(|_, count: &mut f64| *count > 0.0);
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "3 a b | local.get local.get i32.add\n1 c | local.get i32.const\n0 d | nop nop\n\n";

    #[test]
    fn what_follows_is_counted_by_program() {
        let half = "1 a | i32.add local.set";
        let followers = Followers::read([("one", PROFILE), ("two", half)].into_iter()).unwrap();
        let rows = followers.rows();
        assert_eq!(
            rows.iter().map(|(row, share, _)| (*row, *share)).collect::<Vec<_>>(),
            [("i32.add", 0.5), ("local.get", 0.5)]
        );
        let shares: Vec<(&str, f64)> = rows[1].2.iter().map(|follower| (follower.row, follower.of_row)).collect();
        assert_eq!(shares, [("i32.add", 3.0 / 7.0), ("local.get", 3.0 / 7.0), ("i32.const", 1.0 / 7.0)]);
    }

    #[test]
    fn profiles_without_rows_are_refused() {
        let error = Followers::read([("old", "1 copy copy\n\n")].into_iter()).err().unwrap();
        assert_eq!(
            error.to_string(),
            "old: nothing was executed, or it does not say which rows were; leave out --again"
        );
    }
}
