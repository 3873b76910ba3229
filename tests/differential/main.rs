//! The engines against each other: on generated modules, and on mutants of real programs.
//!
//! `PROPTEST_CASES` says how many modules each property is tried with; `scripts/differential` tries many.

#![cfg(feature = "register")]

mod code;
mod generated;
mod mutant;
mod mutated;
mod mutation;
mod outcome;
mod program;
mod random;
mod relocation;
mod sources;
#[path = "../table/mod.rs"]
mod table;
#[path = "../ways/mod.rs"]
mod ways;

/// Each module is executed in one way of so many: which ones these are changes from module to module.
const SHARE: usize = 3;

/// How many modules each property is tried with: `PROPTEST_CASES`, or so many that a run takes seconds.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}
