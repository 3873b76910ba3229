//! What contestants run.

use super::{
    contestant::Contestant,
    measure::Outcome,
    registry::{self, Listed},
    workloads::{self, Workload},
};
use anyhow::Result;
use std::path::Path;

/// A program to run.
pub enum Program {
    /// One of the folder of workloads.
    Workload(Workload),
    /// One of a registry.
    Listed(Listed),
}

/// What a program's result says of other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// A workload; none is in the training corpus.
    Workload,
    /// A program of a registry that is not in the training corpus, either.
    LeftOut,
    /// A program that pairs of register instructions were derived from.
    InCorpus,
}

impl Group {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 3] = [Self::Workload, Self::LeftOut, Self::InCorpus];

    /// What several of them are called.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Workload => "workloads",
            Self::LeftOut => "programs left out",
            Self::InCorpus => "programs in the corpus",
        }
    }

    /// Whether it is in the training corpus, in words.
    pub fn corpus(self) -> &'static str {
        match self {
            Self::Workload | Self::LeftOut => "left out",
            Self::InCorpus => "in it",
        }
    }
}

/// The programs to run: those in `folder`, and with `listed` also those of registries. Only those of
/// `only` if that is not empty.
pub fn find(folder: &Path, listed: bool, only: &[String]) -> Result<Vec<Program>> {
    let mut listed = if listed { registry::list()? } else { Vec::new() };
    let is_listed = |name: &String| listed.iter().any(|program| program.name == *name);
    let (_, workloads): (Vec<_>, Vec<_>) = only.iter().cloned().partition(is_listed);
    let mut programs = Vec::new();
    if only.is_empty() || !workloads.is_empty() {
        programs.extend(workloads::find(folder, &workloads)?.into_iter().map(Program::Workload));
    }
    listed.retain(|program| only.is_empty() || only.contains(&program.name));
    // Those that say more about other programs come first.
    listed.sort_by_key(Listed::is_in_corpus);
    programs.extend(listed.into_iter().map(Program::Listed));
    Ok(programs)
}

impl Program {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Workload(workload) => &workload.name,
            Self::Listed(listed) => &listed.name,
        }
    }

    /// What its result says of other programs.
    pub fn group(&self) -> Group {
        match self {
            Self::Workload(_) => Group::Workload,
            Self::Listed(listed) if listed.is_in_corpus() => Group::InCorpus,
            Self::Listed(_) => Group::LeftOut,
        }
    }

    /// Runs it once. Anything but what it should print is an error.
    pub fn run(&self, contestant: &Contestant) -> Result<Outcome> {
        match self {
            Self::Workload(workload) => workload.run(contestant),
            Self::Listed(listed) => listed.run(contestant),
        }
    }
}
