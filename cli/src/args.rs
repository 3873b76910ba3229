//! What can be said on the command line.

use crate::suggest;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tablature::{Config, Proposal};

/// Runs, validates and explains WebAssembly.
///
/// `tablature FILE [ARGS]...` runs the WASI program FILE, a binary (.wasm) or a text (.wat). What follows FILE belongs
/// to the program, so tablature's own options stand before it.
#[derive(Debug, Parser)]
#[command(name = "tablature", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(override_usage = "tablature [OPTIONS] FILE [ARGS]...\n       tablature COMMAND ...")]
#[command(after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub run: Run,
}

const EXAMPLES: &str = "\
Examples:
  tablature hello.wasm                    run a program
  tablature program.wasm --flag file      run it with arguments of its own
  tablature --dir . program.wasm          let it use the current directory
  tablature --invoke add adder.wat 1 2    call one exported function
  tablature --fuel 1000000 program.wasm   stop it when it has used this much fuel
  tablature explain i32.div_s             what an instruction does, costs and traps on

Exit codes:
  the program's own, where it calls proc_exit; otherwise
  0    all is well
  1    the file cannot be run, is not valid, or something else failed
  2    the command line is wrong
  124  the fuel ran out
  134  the program trapped
  141  standard output was closed before all was written";

/// What to do other than to run a file.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a program: the same as naming the file alone
    Run(Run),
    /// Check that modules are valid
    Validate(Validate),
    /// Run script files (.wast) such as those of the specification's test suite
    Wast(Wast),
    /// Explain an instruction, or list all of them
    Explain(Explain),
}

/// Running a program.
#[derive(Debug, Args)]
#[command(override_usage = "tablature run [OPTIONS] FILE [ARGS]...")]
pub struct Run {
    /// Call the exported function NAME with ARGS, and print its results, one a line
    ///
    /// Integers are written in decimal or hexadecimal (-7, 0xff); floats as 1.5, 1e-3, inf, nan or nan:0x400001;
    /// references as null.
    #[arg(long, value_name = "NAME")]
    pub invoke: Option<String>,
    /// Set an environment variable for the program; it sees no others
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// Let the program use the directory HOST, under the name GUEST if that is said
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub dir: Vec<String>,
    /// Stop the program when it has used N units of fuel (`explain` says what instructions cost)
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Afterwards, say on standard error what was executed, how long it took, and how large the module is
    #[arg(long)]
    pub stats: bool,
    /// Bytes of value stack that the program may take, such as 500000, 64K or 8M
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub max_stack: Option<usize>,
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

impl Run {
    /// The module's file.
    pub fn file(&self) -> &Path {
        Path::new(self.command.first().map_or("-".as_ref(), OsString::as_os_str))
    }

    /// What follows the file.
    pub fn args(&self) -> &[OsString] {
        self.command.get(1..).unwrap_or_default()
    }
}

/// Checking modules.
#[derive(Debug, Args)]
pub struct Validate {
    #[command(flatten)]
    pub proposals: Proposals,
    /// The modules, binary or text; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Running scripts.
#[derive(Debug, Args)]
pub struct Wast {
    #[command(flatten)]
    pub proposals: Proposals,
    /// Stop and resume every call whenever it has used N units of fuel
    #[arg(long, value_name = "N")]
    pub slice: Option<u64>,
    /// The scripts; of a directory, every .wast file in it
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Explaining instructions.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tablature explain memory.copy")]
pub struct Explain {
    /// An instruction as the text format writes it; all are listed if nothing is said
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Which proposals modules may use.
#[derive(Debug, Args)]
pub struct Proposals {
    /// Switch a proposal such as multi_memory on or off (all are on if nothing is said)
    #[arg(long = "wasm", value_name = "PROPOSAL=on|off", value_parser = switch)]
    pub switches: Vec<(Proposal, bool)>,
}

impl Proposals {
    /// Sets what was said in `config`.
    pub fn apply(&self, config: &mut Config) {
        for (proposal, enable) in &self.switches {
            config.wasm_proposal(*proposal, *enable);
        }
    }

    /// Whether `proposal` may be used.
    pub fn allow(&self, proposal: Proposal) -> bool {
        self.switches.iter().rev().find(|(other, _)| *other == proposal).is_none_or(|(_, enable)| *enable)
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as LANG=C")?;
    Ok((name.to_string(), value.to_string()))
}

fn bytes(text: &str) -> Result<usize, String> {
    let (number, shift) = match text.strip_suffix(['K', 'k']) {
        Some(number) => (number, 10),
        None => text.strip_suffix(['M', 'm']).map_or((text, 0), |number| (number, 20)),
    };
    let number: usize = number.parse().map_err(|_| "expected a number of bytes, such as 500000, 64K or 8M")?;
    number.checked_mul(1 << shift).ok_or_else(|| "too many bytes".to_string())
}

fn switch(text: &str) -> Result<(Proposal, bool), String> {
    let (name, state) = text.split_once('=').ok_or("expected PROPOSAL=on or PROPOSAL=off")?;
    let enable = match state {
        "on" => true,
        "off" => false,
        _ => return Err(format!("expected on or off, found {state}")),
    };
    let name = name.replace('-', "_");
    let proposals = || Proposal::ALL.into_iter().filter(|proposal| *proposal != Proposal::Mvp);
    match proposals().find(|proposal| proposal.id() == name) {
        Some(proposal) if enable && !proposal.is_compiled() => Err(format!("{name} is not part of this build")),
        Some(proposal) => Ok((proposal, enable)),
        None => {
            let ids: Vec<&str> = proposals().map(Proposal::id).collect();
            let hint = suggest::did_you_mean(&name, &ids);
            Err(format!("there is no proposal {name}{hint}\n  There are {}.", ids.join(", ")))
        }
    }
}
