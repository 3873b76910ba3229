//! What may have been meant by a misspelt name.

/// How alike two names must be for one to be suggested for the other; 1 is the same.
const ALIKE: f64 = 0.75;
/// How many names are suggested at most.
const MOST: usize = 3;

/// The names most like `name`, best first.
pub fn similar<'n>(name: &str, names: &[&'n str]) -> Vec<&'n str> {
    let name = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> =
        names.iter().map(|other| (score(&name, &other.to_lowercase()), *other)).collect();
    scored.retain(|(score, _)| *score >= ALIKE);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(MOST).map(|(_, other)| other).collect()
}

/// A half-sentence such as `: did you mean "add" or "and"?`; empty where nothing is alike.
pub fn did_you_mean(name: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = similar(name, names).iter().map(|other| format!("\"{other}\"")).collect();
    if quoted.is_empty() { String::new() } else { format!(": did you mean {}?", quoted.join(" or ")) }
}

/// A part of a name, such as `div_s` of `i32.div_s`, counts as almost the name.
fn score(name: &str, other: &str) -> f64 {
    let is_part = name.len() > 2 && other.contains(name);
    if is_part {
        0.99
    } else {
        strsim::normalized_damerau_levenshtein(name, other).max(strsim::jaro_winkler(name, other) - 0.1)
    }
}
