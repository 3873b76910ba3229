//! Derives `spec/fusions.toml` from what programs execute, and shows what `spec/successors.toml` is chosen by.

mod corpus;
mod selection;
mod successors;

pub use corpus::PROGRAMS;

use crate::generated::table;
use anyhow::{Context, Result, bail};
use clap::Args;
use selection::{Instructions, Program};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use successors::Followers;

/// Runs the training corpus in register code, finds the pairs of instructions that save most when they are one, writes
/// spec/fusions.toml and says how much that saves. The corpus is the folder `corpus`, compiled in several ways, and
/// programs of registries; `shared/workloads`, by which the engine is judged, is not in it. Takes minutes; needs Linux,
/// Python with pip, and for the programs what scripts/programs needs.
#[derive(Args)]
pub struct Profile {
    /// How many pairs to keep
    #[arg(long, default_value_t = 1000)]
    pairs: usize,
    /// Use the profiles of the run before; `.profile` files of others may be put beside them, in target/profile/profiles
    #[arg(long)]
    again: bool,
    /// Only say what would be saved
    #[arg(long)]
    dry_run: bool,
    /// Only show which rows follow each other in place, and what spec/successors.toml has of them: that list is written by
    /// hand, because it is the machine code of handlers (xtask handlers) that decides how much one can do
    #[arg(long)]
    successors: bool,
}

const FUSIONS: &str = "spec/fusions.toml";

/// Numbers of pairs that the report tells the gain of.
const STEPS: [usize; 7] = [50, 100, 250, 500, 1000, 1500, 2000];

impl Profile {
    /// Does it.
    pub fn run(self) -> Result<()> {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).canonicalize()?;
        let place = root.join("target/profile");
        let profiles = place.join("profiles");
        if !self.again {
            corpus::take_profiles(&root, &place, &profiles)?;
        }
        let model = table()?;
        if self.successors {
            let profiles = profiles_in(&profiles)?;
            let texts = profiles.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            print!("{}", Followers::read(texts)?.report(&model));
            return Ok(());
        }
        let instructions = Instructions::new(&model);
        let programs = read_profiles(&profiles, &instructions)?;
        println!("{}", report(&programs, &instructions));
        let selected = selection::select(&programs.iter().collect::<Vec<_>>(), &instructions, self.pairs);
        if self.dry_run {
            return Ok(());
        }
        fs::write(root.join(FUSIONS), file(&selected, &instructions)).context(FUSIONS)?;
        println!("{FUSIONS}: {} pairs", selected.len());
        Ok(())
    }
}

/// The names and texts of the profiles in a folder.
fn profiles_in(folder: &Path) -> Result<Vec<(String, String)>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "profile"));
    paths.sort();
    if paths.is_empty() {
        bail!("{} has no profiles", folder.display());
    }
    let profiles = paths.iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, fs::read_to_string(path).with_context(|| path.display().to_string())?))
    });
    profiles.collect()
}

fn read_profiles(folder: &Path, instructions: &Instructions<'_>) -> Result<Vec<Program>> {
    let profiles = profiles_in(folder)?;
    let programs = profiles.iter().map(|(name, text)| {
        Program::read(name, text, instructions).with_context(|| format!("{name}.profile in {}", folder.display()))
    });
    programs.collect()
}

/// What pairs save: of the programs that they were chosen from, and of each that is left out of the choice.
fn report(programs: &[Program], instructions: &Instructions<'_>) -> String {
    let all: Vec<&Program> = programs.iter().collect();
    let mut text = format!("{} programs; dispatches saved, in per cent\n\n{:28}", programs.len(), "pairs");
    STEPS.iter().for_each(|step| _ = write!(text, "{step:>7}"));
    let mut line = |name: &str, shares: &[f64]| {
        _ = write!(text, "\n{name:28}");
        shares.iter().for_each(|share| _ = write!(text, "{:>7.1}", share * 100.0));
    };
    let ranked = selection::select(&all, instructions, usize::MAX);
    let mean = |saved: &[Vec<f64>], step: usize| saved.iter().map(|s| s[step]).sum::<f64>() / saved.len() as f64;
    let of = |program: &Program, ranked: &[selection::Chosen]| -> Vec<f64> {
        STEPS.iter().map(|step| selection::saved(program, &ranked[..(*step).min(ranked.len())])).collect()
    };
    let own: Vec<Vec<f64>> = programs.iter().map(|program| of(program, &ranked)).collect();
    line("chosen from all: mean", &(0..STEPS.len()).map(|step| mean(&own, step)).collect::<Vec<_>>());
    let left_out: Vec<Vec<f64>> = programs
        .iter()
        .map(|program| {
            let others: Vec<&Program> = programs.iter().filter(|other| other.name != program.name).collect();
            of(program, &selection::select(&others, instructions, usize::MAX))
        })
        .collect();
    line("chosen without it: mean", &(0..STEPS.len()).map(|step| mean(&left_out, step)).collect::<Vec<_>>());
    for (program, saved) in programs.iter().zip(&left_out) {
        line(&format!("  {}", program.name), saved);
    }
    text.push('\n');
    text
}

/// The text of `spec/fusions.toml`.
fn file(selected: &[selection::Chosen], instructions: &Instructions<'_>) -> String {
    let mut text = String::from(
        "# Pairs of register instructions that are one where they follow each other, and what each saves: the share of\n\
         # instructions that are dispatched, in per cent, on average over the programs it was derived from.\n\
         #\n\
         # Written by `cargo run --release -p xtask -- profile`, never by hand. Where an instruction is renamed or removed,\n\
         # remove the lines that name it.\n\n[pairs]\n",
    );
    for chosen in selected {
        let (first, second) = (instructions.name(chosen.first), instructions.name(chosen.second));
        _ = writeln!(text, "\"{first} {second}\" = {:.4}", chosen.share * 100.0);
    }
    text
}
