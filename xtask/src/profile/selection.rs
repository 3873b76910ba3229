//! Which pairs of instructions save most dispatches.
//!
//! An instruction can be in one pair only, so pairs compete. What a pair is worth is what it saves beside all the others:
//! it is found in rounds, each of which divides every sequence into the pairs that are worth most together, and counts
//! which are used. Here the square root of a count stands for it: what is executed most in these programs would else
//! leave no room for what others need.

use anyhow::{Context, Result, bail};
use std::collections::{HashMap, HashSet};
use tablature_codegen::fusion::obstacle;
use tablature_codegen::model::Model;
use tablature_codegen::register::{Instruction, instructions};

/// The register instructions, by number and name.
pub struct Instructions<'m> {
    model: &'m Model,
    list: Vec<Instruction>,
    numbers: HashMap<String, u16>,
}

/// What a program has executed.
pub struct Program {
    /// Its name.
    pub name: String,
    sequences: Vec<(f64, Vec<u16>)>,
}

/// A pair that is worth to be one instruction.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    pub first: u16,
    pub second: u16,
    /// The part of all dispatches that it saves.
    pub share: f64,
}

type Pair = (u16, u16);

/// Rounds until what pairs are worth hardly changes.
const ROUNDS: usize = 4;

impl<'m> Instructions<'m> {
    /// Those of a table.
    pub fn new(model: &'m Model) -> Self {
        let list = instructions(model);
        let numbers = list.iter().enumerate().map(|(number, one)| (one.name.clone(), number as u16)).collect();
        Self { model, list, numbers }
    }

    /// The name of the one at `number`.
    pub fn name(&self, number: u16) -> &str {
        &self.list[number as usize].name
    }

    fn can_be_one(&self, (first, second): Pair) -> bool {
        obstacle(self.model, &self.list[first as usize], &self.list[second as usize]).is_none()
    }
}

impl Program {
    /// Reads a profile: lines with a count, instructions, and a bar before what they were made of; an empty line ends each
    /// run of a program. Every run has the same weight.
    pub fn read(name: &str, text: &str, instructions: &Instructions<'_>) -> Result<Self> {
        let mut program = Self { name: name.to_owned(), sequences: Vec::new() };
        for run in text.split("\n\n").filter(|run| !run.trim().is_empty()) {
            let sequences: Vec<(f64, Vec<u16>)> =
                run.lines().filter_map(|line| sequence(line, instructions).transpose()).collect::<Result<_>>()?;
            let total: f64 = sequences.iter().map(|(count, list)| count * list.len() as f64).sum();
            program.sequences.extend(sequences.into_iter().map(|(count, list)| (count / total, list)));
        }
        let runs: f64 = program.sequences.iter().map(|(count, list)| count * list.len() as f64).sum();
        if program.sequences.is_empty() {
            bail!("nothing was executed");
        }
        program.sequences.iter_mut().for_each(|(count, _)| *count /= runs);
        Ok(program)
    }
}

fn sequence(line: &str, instructions: &Instructions<'_>) -> Result<Option<(f64, Vec<u16>)>> {
    let mut words = line.split(" | ").next().unwrap_or(line).split(' ');
    let count: f64 = words.next().and_then(|word| word.parse().ok()).context("a line begins with a count")?;
    let number = |name| instructions.numbers.get(name).copied().with_context(|| format!("`{name}` is no instruction"));
    let list: Vec<u16> = words.map(number).collect::<Result<_>>()?;
    Ok((count > 0.0 && !list.is_empty()).then_some((count, list)))
}

/// The pairs that save most for these programs, those first that are worth most.
pub fn select(programs: &[&Program], instructions: &Instructions<'_>, most: usize) -> Vec<Chosen> {
    let mut worth: HashMap<Pair, f64> = HashMap::new();
    for (count, list) in programs.iter().flat_map(|program| &program.sequences) {
        let weight = count.sqrt();
        list.windows(2).for_each(|two| *worth.entry((two[0], two[1])).or_default() += weight);
    }
    worth.retain(|pair, _| instructions.can_be_one(*pair));
    for _ in 0..ROUNDS {
        let mut used: HashMap<Pair, f64> = HashMap::new();
        for (count, list) in programs.iter().flat_map(|program| &program.sequences) {
            divide(list, &worth).into_iter().for_each(|pair| *used.entry(pair).or_default() += count.sqrt());
        }
        worth = used;
    }
    let mut pairs: Vec<(Pair, f64)> = worth.into_iter().collect();
    pairs.sort_by(|(a, of_a), (b, of_b)| of_b.total_cmp(of_a).then(a.cmp(b)));
    pairs.truncate(most);
    shares(programs, pairs.into_iter().map(|(pair, _)| pair).collect())
}

/// What each pair saves where all of them are there.
fn shares(programs: &[&Program], pairs: Vec<Pair>) -> Vec<Chosen> {
    let set: HashSet<Pair> = pairs.iter().copied().collect();
    let mut saved: HashMap<Pair, f64> = HashMap::new();
    for (count, list) in programs.iter().flat_map(|program| &program.sequences) {
        taken(list, &set).for_each(|pair| *saved.entry(pair).or_default() += count);
    }
    let share = |pair: Pair| saved.get(&pair).copied().unwrap_or_default() / programs.len() as f64;
    pairs.into_iter().map(|(first, second)| Chosen { first, second, share: share((first, second)) }).collect()
}

/// The pairs that translation makes of a sequence: each as soon as it comes.
fn taken<'l>(list: &'l [u16], pairs: &'l HashSet<Pair>) -> impl Iterator<Item = Pair> + 'l {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at + 1 < list.len() {
            let pair = (list[at], list[at + 1]);
            let is_taken = pairs.contains(&pair);
            at += if is_taken { 2 } else { 1 };
            if is_taken {
                return Some(pair);
            }
        }
        None
    })
}

/// The pairs of a sequence that are worth most together.
fn divide(list: &[u16], worth: &HashMap<Pair, f64>) -> Vec<Pair> {
    // For each place the most that what stands before it is worth, and whether a pair ends there.
    let mut best = vec![(0.0, false); list.len() + 1];
    for at in 2..=list.len() {
        best[at] = (best[at - 1].0, false);
        if let Some(own) = worth.get(&(list[at - 2], list[at - 1])) {
            let with = best[at - 2].0 + own;
            if with > best[at].0 {
                best[at] = (with, true);
            }
        }
    }
    let mut pairs = Vec::new();
    let mut at = list.len();
    while at >= 2 {
        if best[at].1 {
            pairs.push((list[at - 2], list[at - 1]));
            at -= 1;
        }
        at -= 1;
    }
    pairs
}

/// The part of a program's dispatches that these pairs save if translation takes each as soon as it comes.
pub fn saved(program: &Program, pairs: &[Chosen]) -> f64 {
    let pairs: HashSet<Pair> = pairs.iter().map(|chosen| (chosen.first, chosen.second)).collect();
    program.sequences.iter().map(|(count, list)| count * taken(list, &pairs).count() as f64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_divided_into_what_is_worth_most_together() {
        let worth = HashMap::from([((1, 2), 3.0), ((2, 3), 5.0), ((3, 4), 3.0)]);
        assert_eq!(divide(&[1, 2, 3, 4], &worth), [(3, 4), (1, 2)]);
        assert_eq!(divide(&[1, 2, 3], &worth), [(2, 3)]);
        assert_eq!(divide(&[7], &worth), []);
    }

    #[test]
    fn what_is_saved_is_a_part_of_the_dispatches() {
        let program = Program { name: "p".into(), sequences: vec![(0.25, vec![1, 2, 1, 2])] };
        let pair = Chosen { first: 1, second: 2, share: 0.0 };
        assert_eq!(saved(&program, &[pair]), 0.5);
        assert_eq!(saved(&program, &[]), 0.0);
    }
}
