//! Looks at the machine code of the handlers that jump to each other.
//!
//! Stable Rust does not promise that a call in tail position becomes a jump. `build.rs` knows where LLVM makes one and a
//! probe at run time has the last word; this reads the disassembly of a binary and finds the handlers where it did not.

mod kinds;
mod machine_code;

use anyhow::{Result, bail};
use clap::Args;
use kinds::Kind;
use machine_code::{Function, functions_of};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Checks in a binary's machine code that every handler leaves by a jump, and that only some kinds of handlers use the
/// host's stack. Needs objdump.
#[derive(Args)]
pub struct Handlers {
    /// Print the name of each handler that uses the host's stack, too
    #[arg(long)]
    stack: bool,
    /// The binary may be of any build: engines may have no handlers, and any handler may use the host's stack
    #[arg(long)]
    any: bool,
    /// The binary, with its symbols
    #[arg(default_value = "target/release/tablature")]
    binary: PathBuf,
}

/// An engine that has handlers.
struct Engine {
    name: &'static str,
    /// The path of their module.
    path: &'static str,
    /// Which of them may use the host's stack, beside those of every engine.
    may_use_stack: &'static [Kind],
}

const ENGINES: [Engine; 3] = [
    Engine { name: "in place", path: "tablature::exec::inplace::tail::", may_use_stack: &kinds::IN_PLACE },
    Engine { name: "register code", path: "tablature::exec::register::jump::", may_use_stack: &kinds::CHECKED },
    Engine {
        name: "register code, unchecked",
        path: "tablature::exec::register::unchecked::",
        may_use_stack: &kinds::UNCHECKED,
    },
];

/// Functions beside the handlers in their modules, which are called and return.
const NOT_HANDLERS: [&str; 11] = [
    "run",
    "run_from",
    "run_from_entry",
    "start",
    "leave",
    "leave_moved",
    "give_up",
    "illegal",
    "new",
    "apart",
    "seal",
];

/// Whether a function of the handlers' modules is none of them. Its name may stand behind an address, and before types.
fn is_helper(name: &str) -> bool {
    let name = name.split_once("::<").map_or(name, |(name, _)| name);
    let mut parts = name.split("::").map(|part| part.trim_end_matches('>'));
    parts.any(|part| NOT_HANDLERS.contains(&part) || part.ends_with("_apart"))
}

impl Handlers {
    /// Looks, prints, and fails where a handler does not jump, or uses the host's stack without a reason.
    pub fn run(self) -> Result<()> {
        let functions = functions_of(&self.binary)?;
        if !functions.iter().any(|function| function.name.contains("tablature::")) {
            bail!("{} has no functions of the engine, or no symbols", self.binary.display());
        }
        let (mut found, mut wrong, mut unexplained) = (false, Vec::new(), Vec::new());
        for engine in &ENGINES {
            let handlers = engine.handlers(&functions);
            if handlers.is_empty() {
                if !self.any {
                    bail!("{} has no handlers of the engine {}", self.binary.display(), engine.name);
                }
                println!("{}: no handlers", engine.name);
                continue;
            }
            found = true;
            let others = engine.print(&handlers, self.stack);
            if others > kinds::OTHERS {
                unexplained.push(engine.name);
            }
            wrong
                .extend(handlers.iter().filter(|f| f.calls_handlers() || !f.leaves_by_jump()).map(|f| f.name.as_str()));
        }
        if !wrong.is_empty() {
            bail!("{} handlers call the next one instead of jumping:\n{}", wrong.len(), wrong.join("\n"));
        }
        if !unexplained.is_empty() && !self.any {
            bail!(
                "more than {} handlers use the host's stack without a reason: {}",
                kinds::OTHERS,
                unexplained.join("; ")
            );
        }
        println!("{}", if found { "every handler jumps" } else { "no handlers" });
        Ok(())
    }
}

impl Engine {
    fn handlers<'f>(&self, functions: &'f [Function]) -> Vec<&'f Function> {
        functions.iter().filter(|f| f.name.starts_with(self.path) && !is_helper(&f.name)).collect()
    }

    /// Prints how large the handlers are, and which use the host's stack, by kinds; how many are of no kind.
    fn print(&self, handlers: &[&Function], names: bool) -> usize {
        let with_stack: Vec<&str> = handlers.iter().filter(|f| f.uses_stack()).map(|f| self.short(&f.name)).collect();
        let size: u64 = handlers.iter().map(|f| f.size).sum();
        println!("{}: {} handlers, {size} bytes; {} use the host's stack", self.name, handlers.len(), with_stack.len());
        let mut kinds: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for name in with_stack {
            let kind = Kind::of(name, self.may_use_stack).map_or("others", |kind| kind.name);
            *kinds.entry(kind).or_default().entry(name).or_default() += 1;
        }
        for (kind, handlers) in &kinds {
            println!("  {kind}: {}", handlers.values().sum::<usize>());
            if names || *kind == "others" {
                println!("    {}", handlers.keys().copied().collect::<Vec<_>>().join(" "));
            }
        }
        kinds.get("others").map_or(0, |others| others.values().sum())
    }

    /// The instruction that a handler is for.
    fn short<'n>(&self, name: &'n str) -> &'n str {
        let name = name.strip_prefix(self.path).unwrap_or(name);
        name.split("::").next().unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_and_returns_is_no_handler() {
        assert!(is_helper("tablature::exec::register::jump::leave"));
        assert!(is_helper("tablature::exec::inplace::tail::start::<true>"));
        assert!(!is_helper("tablature::exec::inplace::tail::i32_add"));
    }
}
