//! Looks at the machine code of the handlers that jump to each other.
//!
//! Stable Rust does not promise that a call in tail position becomes a jump. `build.rs` knows where LLVM makes one and a
//! probe at run time has the last word; this reads the disassembly of a binary and finds the handlers where it did not.

mod kinds;
mod machine_code;

use crate::generated::Generator;
use anyhow::{Context, Result, bail};
use clap::Args;
use kinds::Kind;
use machine_code::{Function, functions_of};
use std::collections::{BTreeMap, BTreeSet};
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
    /// The generated file that they stand in.
    file: &'static str,
    /// Those that are written by hand.
    by_hand: &'static [&'static str],
    /// Which of them may use the host's stack, beside those of every engine.
    may_use_stack: &'static [Kind],
}

const ENGINES: [Engine; 3] = [
    Engine {
        name: "in place",
        path: "tablature::exec::inplace::tail::",
        file: "tail.rs",
        by_hand: &["again", "move_window"],
        may_use_stack: &kinds::IN_PLACE,
    },
    Engine {
        name: "register code",
        path: "tablature::exec::register::jump::",
        file: "jump.rs",
        by_hand: &[],
        may_use_stack: &kinds::CHECKED,
    },
    Engine {
        name: "register code, unchecked",
        path: "tablature::exec::register::unchecked::",
        file: "unchecked.rs",
        by_hand: &["return_slowly"],
        may_use_stack: &kinds::UNCHECKED,
    },
];

/// The handlers of each engine, by their names; what else stands in their modules is called and returns.
struct Names(Vec<BTreeSet<String>>);

impl Names {
    /// Of what the generator makes now.
    fn generated() -> Result<Self> {
        let generator = Generator::run()?;
        let names = ENGINES.iter().map(|engine| {
            let text = generator.text(engine.file).with_context(|| format!("{} is not generated", engine.file))?;
            Ok(handlers_in(text).chain(engine.by_hand.iter().copied()).map(str::to_owned).collect())
        });
        names.collect::<Result<_>>().map(Self)
    }

    /// The engine that a function is a handler of. Behind the name there may be types.
    fn engine(&self, function: &str) -> Option<&'static Engine> {
        let is_handler = |(engine, names): &(&Engine, &BTreeSet<String>)| {
            function.strip_prefix(engine.path).is_some_and(|name| {
                let (name, types) = name.split_once("::").unwrap_or((name, "<>"));
                names.contains(name) && types.starts_with('<') && types.ends_with('>')
            })
        };
        ENGINES.iter().zip(&self.0).find(is_handler).map(|(engine, _)| engine)
    }

    fn is_handler(&self, function: &str) -> bool {
        self.engine(function).is_some()
    }
}

/// The names of the handlers in a generated text.
fn handlers_in(text: &str) -> impl Iterator<Item = &str> {
    let names = text.lines().filter_map(|line| line.trim_start().strip_prefix("extern \"sysv64\" fn "));
    names.map(|line| line.split(['<', '(']).next().unwrap_or(line))
}

impl Handlers {
    /// Looks, prints, and fails where a handler does not jump, or uses the host's stack without a reason.
    pub fn run(self) -> Result<()> {
        let functions = functions_of(&self.binary)?;
        if !functions.iter().any(|function| function.name.contains("tablature::")) {
            bail!("{} has no functions of the engine, or no symbols", self.binary.display());
        }
        let names = Names::generated()?;
        let (mut found, mut wrong, mut unexplained) = (false, Vec::new(), Vec::new());
        for engine in &ENGINES {
            let handlers = engine.handlers(&names, &functions);
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
            let calls = |f: &Function| f.calls(|name| names.is_handler(name));
            wrong.extend(handlers.iter().filter(|f| calls(f) || !f.leaves_by_jump()).map(|f| f.name.as_str()));
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
    fn handlers<'f>(&self, names: &Names, functions: &'f [Function]) -> Vec<&'f Function> {
        let is_mine = |f: &&Function| names.engine(&f.name).is_some_and(|engine| engine.path == self.path);
        functions.iter().filter(is_mine).collect()
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
    fn handlers_are_what_is_generated() {
        let names = Names::generated().unwrap();
        let engine = |name: &str| names.engine(&format!("tablature::exec::{name}")).map(|engine| engine.name);
        assert_eq!(engine("inplace::tail::i32_add"), Some("in place"));
        assert_eq!(engine("inplace::tail::i32_add::<true>"), Some("in place"));
        assert_eq!(engine("register::jump::i32_add_ss_a"), Some("register code"));
        assert_eq!(engine("register::unchecked::br_repeats"), Some("register code, unchecked"));
        assert_eq!(engine("register::unchecked::return_slowly"), Some("register code, unchecked"));
        for other in [
            "register::jump::leave",
            "inplace::tail::start::<true>",
            "register::unchecked::repeating_handlers",
            "register::jump::memory_fill_sss::apart",
            "register::jump::memory_fill_sss::<true>::apart",
            "register::control::call",
        ] {
            assert_eq!(engine(other), None, "{other}");
        }
    }
}
