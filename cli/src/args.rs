//! What can be said on the command line.

mod run;
mod values;

pub use run::{DispatchChoice, EngineChoice, Run, Trace};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use tablature::{Config, Proposal};

/// Runs, checks, explains and takes apart WebAssembly.
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
  tablature --preload math=math.wasm app.wasm
                                          let it import from another module
  tablature --fuel 1000000 program.wasm   stop it when it has used this much fuel
  tablature --timeout 2s program.wasm     stop it after two seconds
  tablature --trace=functions app.wasm    show each function that it enters
  tablature disassemble --function add adder.wat
                                          show a function's instructions
  tablature inspect --json program.wasm   say what a module is made of
  tablature explain i32.div_s             what an instruction does, costs and traps on
  tablature completion bash               a script that completes command lines

Exit codes:
  the program's own, where it calls proc_exit; otherwise
  0    all is well
  1    the file cannot be run, is not valid, or something else failed
  2    the command line is wrong
  124  the fuel of --fuel ran out
  134  the program trapped
  141  standard output was closed before all was written
  142  the time of --timeout was over";

/// What to do other than to run a file.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run a program: the same as naming the file alone
    Run(Box<Run>),
    /// Check that modules are valid
    Validate(Validate),
    /// Say what a module is made of: imports, exports, sections, functions
    Inspect(Inspect),
    /// Show a module's functions instruction by instruction
    Disassemble(Disassemble),
    /// Explain an instruction, or list all of them
    Explain(Explain),
    /// Run script files (.wast) such as those of the specification's test suite
    Wast(Wast),
    /// Print a script with which a shell completes command lines
    Completion(Completion),
    /// Print the manual page, or write the pages of all verbs into a directory
    Man(Man),
}

/// Checking modules.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature validate a.wasm b.wat
  tablature validate --wasm memory64=off a.wasm

Says of each file on standard output whether it is valid. The exit code is 0 if all are, and 1 if one is not.")]
pub struct Validate {
    #[command(flatten)]
    pub proposals: Proposals,
    /// The modules, binary or text; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Saying what a module is made of.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature inspect program.wasm
  tablature inspect --top 5 program.wasm
  tablature inspect --json program.wasm | jq '.imports[].name'

The keys of the JSON object are file, name, size, code_size, side_table_size, start, proposals (those that the module
cannot do without), sections, imports, exports, memories, tables, globals, functions (by size, --top of them) and
function_count. Offsets and sizes are in bytes, offsets from the module's start; minimum and maximum of a memory are in
pages of page_size bytes. Keys may be added, and are not renamed or removed.")]
pub struct Inspect {
    #[command(flatten)]
    pub proposals: Proposals,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// How many functions are listed, the largest first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// The module, binary or text; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Showing functions.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature disassemble program.wasm
  tablature disassemble --function main program.wasm
  tablature disassemble --function 12 program.wasm
  tablature disassemble --at 0x1a3f program.wasm      the place that a backtrace names

Each line has the instruction's offset in the module, its bytes, how many operands are on the stack before it (- where
control cannot come), its price in units of fuel (+ where more is paid for each unit of its work), and its text.")]
pub struct Disassemble {
    #[command(flatten)]
    pub proposals: Proposals,
    /// Show only this function, by its name, by an export's name, or by its index
    #[arg(long, value_name = "NAME|INDEX", conflicts_with = "at")]
    pub function: Option<String>,
    /// Show the function that holds this offset (decimal, or hexadecimal with 0x), and mark the instruction there
    #[arg(long, value_name = "OFFSET", value_parser = values::offset)]
    pub at: Option<u32>,
    /// The module, binary or text; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Explaining instructions.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tablature explain memory.copy\n  tablature explain          list all instructions"
)]
pub struct Explain {
    /// An instruction as the text format writes it; all are listed if nothing is said
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// Running scripts.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature wast i32.wast
  tablature wast --slice 100 tests/

The exit code is 0 if no directive failed, and 1 if one did.")]
pub struct Wast {
    #[command(flatten)]
    pub proposals: Proposals,
    /// Stop and resume every call whenever it has used N units of fuel
    #[arg(long, value_name = "N", value_parser = values::units)]
    pub slice: Option<u64>,
    /// The scripts; of a directory, every .wast file in it; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// Completing command lines.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature completion bash > ~/.local/share/bash-completion/completions/tablature
  tablature completion zsh > ~/.zfunc/_tablature
  tablature completion fish > ~/.config/fish/completions/tablature.fish")]
pub struct Completion {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// The manual.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tablature man | man -l -
  tablature man --out ~/.local/share/man/man1")]
pub struct Man {
    /// Write a page for each verb into the directory DIR, which is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Which proposals modules may use.
#[derive(Debug, Args)]
pub struct Proposals {
    /// Switch a proposal such as multi_memory on or off (on if only its name is said; all are on if nothing is said)
    #[arg(long = "wasm", value_name = "PROPOSAL[=on|off]", value_parser = values::switch)]
    pub switches: Vec<(Proposal, bool)>,
}

impl Proposals {
    /// Sets what was said in `config`.
    pub fn apply(&self, config: &mut Config) {
        for (proposal, enable) in &self.switches {
            config.wasm_proposal(*proposal, *enable);
        }
    }

    /// The default configuration with what was said.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        self.apply(&mut config);
        config
    }

    /// Whether `proposal` may be used.
    pub fn allow(&self, proposal: Proposal) -> bool {
        self.switches.iter().rev().find(|(other, _)| *other == proposal).is_none_or(|(_, enable)| *enable)
    }
}
