//! What can be said of a program that is to be run.

use super::{Proposals, values};
use clap::{Args, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Running a program.
#[derive(Debug, Args)]
#[command(override_usage = "tablature run [OPTIONS] FILE [ARGS]...", after_help = super::EXAMPLES)]
pub struct Run {
    /// Call the exported function NAME with ARGS, and print its results, one a line
    ///
    /// Integers are written in decimal or hexadecimal (-7, 0xff); floats as 1.5, 1e-3, inf, nan or nan:0x400001;
    /// references as null.
    #[arg(long, value_name = "NAME", visible_alias = "call")]
    pub invoke: Option<String>,
    /// Set an environment variable for the program, or pass on this process's; it sees no others
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = values::variable)]
    pub env: Vec<(String, Option<String>)>,
    /// Let the program use the directory HOST, under the name GUEST if that is said
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = values::directory)]
    pub dir: Vec<(String, String)>,
    /// Make an instance of the module in FILE first, from whose exports the program can import as module NAME
    ///
    /// Later ones can import from earlier ones.
    #[arg(long, value_name = "NAME=FILE", value_parser = values::preload)]
    pub preload: Vec<(String, PathBuf)>,
    /// Stop the program when it has used N units of fuel (`explain` says what instructions cost)
    ///
    /// Afterwards, how much it used is said on standard error.
    #[arg(long, value_name = "N", value_parser = values::units)]
    pub fuel: Option<u64>,
    /// Stop the program when it has run for this long, such as 500ms, 2s or 1m
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub timeout: Option<Duration>,
    /// Bytes that the program's memories may take together, such as 500000, 64K, 16M or 1G
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    pub max_memory: Option<usize>,
    /// Bytes of stack that the program's calls may take, such as 500000, 64K or 8M (8M if nothing is said)
    ///
    /// Calls that are inside each other take 80 bytes each at least.
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    pub max_stack: Option<usize>,
    /// Make the run repeatable: a clock that starts at 1970 and moves only when the program sleeps, random numbers from
    /// SEED (0 if nothing is said), and NaNs whose bits are the same on every machine
    ///
    /// What the program reads from files and standard input must be the same, too.
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub deterministic: Option<u64>,
    /// Run the program although nothing gives the functions that it imports; calling one of them fails
    #[arg(long)]
    pub unknown_imports_trap: bool,
    /// Afterwards, say on standard error what was executed, how long it took, and how large everything was
    #[arg(long)]
    pub stats: bool,
    /// Show on standard error what the program executes; this makes it slow
    #[arg(long, value_name = "WHAT")]
    pub trace: Option<Trace>,
    /// What executes the program
    #[arg(long, value_name = "ENGINE", default_value = "auto", hide_default_value = true)]
    pub engine: EngineChoice,
    /// Whether the register engine checks its own code all the time; the results are the same
    #[arg(long, value_name = "DISPATCH", default_value = "auto", hide_default_value = true)]
    pub dispatch: DispatchChoice,
    /// What the program sees as its own name (FILE if nothing is said)
    #[arg(long, value_name = "NAME")]
    pub argv0: Option<OsString>,
    #[command(flatten)]
    pub proposals: Proposals,
    /// The module, binary or text (`-` is standard input); what follows are arguments of the program, or of the function
    /// that --invoke names
    #[arg(value_name = "FILE", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

/// What is shown while a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trace {
    /// Every function that is entered and left (but for empty ones), and calls of host functions
    Functions,
    /// Every instruction, with the function, the offset and the operands on top of the stack
    Instructions,
}

/// What can execute a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// Functions begin in place, and are translated once they turn out to be called often or to loop (the default)
    Auto,
    /// The module's own bytes are interpreted where they lie: nothing to get ready, little memory
    InPlace,
    /// Functions are translated when they are first called: faster, for more memory
    Register,
}

/// How the register engine can run its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DispatchChoice {
    /// The fastest that this build and machine have (the default)
    Auto,
    /// By safe Rust only
    Checked,
    /// By handlers that trust code which was verified once, where this build and machine have them
    Unchecked,
}

impl Run {
    /// The module's file.
    pub fn file(&self) -> &Path {
        Path::new(self.command.first().map_or("-".as_ref(), OsString::as_os_str))
    }

    /// What follows the file.
    pub fn args(&self) -> &[OsString] {
        self.command.get(1..).unwrap_or_default()
    }

    /// What the program sees as its own name.
    pub fn program_name(&self) -> &OsStr {
        self.argv0.as_deref().unwrap_or(self.file().as_os_str())
    }
}
