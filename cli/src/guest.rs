//! What a program is given: its arguments, variables, directories, and a bound on its memory.

use crate::args::Run;
use anyhow::{Context as _, Result, anyhow};
use std::env;
use std::path::Path;
use tablature::ResourceLimiter;
use tablature_wasi::{Interrupt, WasiCtx};

/// What a store holds for the program.
pub struct Guest {
    pub wasi: WasiCtx,
    pub memory: MemoryLimit,
}

impl Guest {
    /// What the command line gives. The flag ends calls that wait.
    pub fn new(options: &Run, interrupt: Option<&Interrupt>) -> Result<Self> {
        let memory = MemoryLimit { limit: options.max_memory, ..MemoryLimit::default() };
        Ok(Self { wasi: context(options, interrupt)?, memory })
    }
}

fn context(options: &Run, interrupt: Option<&Interrupt>) -> Result<WasiCtx> {
    let mut builder = WasiCtx::builder();
    builder.inherit_stdio().arg(options.program_name().as_encoded_bytes());
    if options.invoke.is_none() {
        builder.args(options.args().iter().map(|arg| arg.as_encoded_bytes()));
    }
    for (name, value) in &options.env {
        match value {
            Some(value) => builder.env(name, value),
            None => {
                let unset = || anyhow!("--env {name}: it is not set here, so say its value: --env {name}=VALUE");
                builder.env(name, env::var_os(name).ok_or_else(unset)?.as_encoded_bytes())
            }
        };
    }
    for (host, guest) in &options.dir {
        if !Path::new(host).is_dir() {
            let what = if Path::new(host).exists() { "it is a file, not a directory" } else { "it does not exist" };
            return Err(anyhow!("{what}").context(format!("--dir {host}: the program cannot be given this directory")));
        }
        builder.preopened_dir(host, guest);
    }
    if let Some(seed) = options.deterministic {
        builder.deterministic(seed);
    }
    if let Some(interrupt) = interrupt {
        builder.interrupt(interrupt);
    }
    builder.build().context("cannot give the program what was asked for")
}

/// Bounds the bytes of all memories together.
#[derive(Debug, Default)]
pub struct MemoryLimit {
    limit: Option<usize>,
    taken: usize,
    /// What the last growth took.
    last: usize,
    /// How large a memory would have become that was refused.
    refused: Option<usize>,
}

impl MemoryLimit {
    /// What to tell the user of growth that was refused.
    pub fn note(&self) -> Option<String> {
        let (limit, refused) = (self.limit?, self.refused?);
        Some(format!(
            "note: the program was refused a memory of {refused} bytes: with what it has, that is more than \
             --max-memory {limit}\n"
        ))
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> tablature::Result<bool> {
        self.last = desired.saturating_sub(current);
        let total = self.taken.saturating_add(self.last);
        if self.limit.is_some_and(|limit| total > limit) {
            self.refused = Some(desired);
            return Ok(false);
        }
        self.taken = total;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: &tablature::Error) -> tablature::Result<()> {
        self.taken = self.taken.saturating_sub(self.last);
        Ok(())
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> tablature::Result<bool> {
        Ok(true)
    }
}
