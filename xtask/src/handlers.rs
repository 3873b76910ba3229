//! Looks at the machine code of the handlers that jump to each other.
//!
//! Stable Rust does not promise that a call in tail position becomes a jump. `build.rs` knows where LLVM makes one and a
//! probe at run time has the last word; this reads the disassembly of a binary and finds the handlers where it did not.

use anyhow::{Context, Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// Checks in a binary's machine code that every handler leaves by a jump; says how large the handlers are and how many
/// of them use the host's stack. Needs objdump.
#[derive(Args)]
pub struct Handlers {
    /// Print the name of each handler that uses the host's stack, too
    #[arg(long)]
    stack: bool,
    /// The binary, with its symbols
    #[arg(default_value = "target/release/tablature")]
    binary: PathBuf,
}

/// Where handlers are: the module's path, and what people call it.
const ENGINES: [(&str, &str); 3] = [
    ("tablature::exec::inplace::tail::", "in place"),
    ("tablature::exec::register::jump::", "register code"),
    ("tablature::exec::register::unchecked::", "register code, unchecked"),
];

/// Functions beside the handlers in their modules, which are called and return.
const NOT_HANDLERS: [&str; 10] =
    ["run", "run_from", "run_from_entry", "start", "leave", "leave_moved", "illegal", "new", "apart", "seal"];

/// A function's instructions.
struct Function {
    name: String,
    /// Bytes.
    size: u64,
    lines: Vec<String>,
}

impl Function {
    fn has(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.lines.iter().any(|line| wanted(line))
    }

    /// Whether it calls through a table, or another handler: then stacks grow with each instruction of a guest.
    fn calls_handlers(&self) -> bool {
        self.has(|line| {
            let Some(target) = line.strip_prefix("call").map(str::trim_start) else { return false };
            let through_register = target.starts_with('r') || (target.contains("PTR [") && !target.contains("[rip"));
            let handler = ENGINES.iter().any(|(path, _)| target.contains(path)) && !is_helper(target);
            through_register || handler
        })
    }

    /// Whether a jump goes through a register or a table, or to the beginning of another function.
    fn leaves_by_jump(&self) -> bool {
        self.has(|line| {
            let Some((jump, target)) = line.split_once(' ') else { return false };
            let target = target.trim_start();
            let name = target.split_once('<').map(|(_, name)| name.strip_suffix('>').unwrap_or(name));
            match name {
                Some(name) => jump.starts_with('j') && !name.contains("+0x") && name != self.name,
                None => jump == "jmp" && (target.starts_with('r') || target.contains("PTR [")),
            }
        })
    }

    fn uses_stack(&self) -> bool {
        self.has(|line| line.starts_with("push"))
    }
}

/// Whether a function of the handlers' modules is none of them. Its name may stand behind an address, and before types.
fn is_helper(name: &str) -> bool {
    let name = name.split_once("::<").map_or(name, |(name, _)| name);
    let mut parts = name.split("::").map(|part| part.trim_end_matches('>'));
    parts.any(|part| NOT_HANDLERS.contains(&part) || part.ends_with("_apart"))
}

impl Handlers {
    /// Looks, prints, and fails where a handler does not jump.
    pub fn run(self) -> Result<()> {
        let output = Command::new("objdump")
            .args(["--disassemble", "--demangle", "--no-show-raw-insn", "-M", "intel"])
            .arg(&self.binary)
            .output()
            .context("objdump cannot be run; it is part of binutils")?;
        if !output.status.success() {
            bail!("objdump: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let functions = functions(&String::from_utf8_lossy(&output.stdout));
        let mut wrong = Vec::new();
        for (path, engine) in ENGINES {
            let handlers: Vec<&Function> =
                functions.iter().filter(|f| f.name.starts_with(path) && !is_helper(&f.name)).collect();
            if handlers.is_empty() {
                bail!("{} has no handlers of the engine {engine}, or no symbols", self.binary.display());
            }
            let with_stack: Vec<_> = handlers.iter().filter(|f| f.uses_stack()).collect();
            println!(
                "{engine}: {} handlers, {} bytes; {} use the host's stack",
                handlers.len(),
                handlers.iter().map(|f| f.size).sum::<u64>(),
                with_stack.len()
            );
            if self.stack {
                let mut names: BTreeMap<&str, u32> = BTreeMap::new();
                with_stack.iter().for_each(|f| *names.entry(short(&f.name, path)).or_default() += 1);
                names.iter().for_each(|(name, count)| println!("  {name}{}", if *count > 1 { " (twice)" } else { "" }));
            }
            wrong.extend(handlers.iter().filter(|f| f.calls_handlers() || !f.leaves_by_jump()).map(|f| f.name.clone()));
        }
        if !wrong.is_empty() {
            bail!("{} handlers call the next one instead of jumping:\n{}", wrong.len(), wrong.join("\n"));
        }
        println!("every handler jumps");
        Ok(())
    }
}

fn short<'n>(name: &'n str, path: &str) -> &'n str {
    let name = name.strip_prefix(path).unwrap_or(name);
    name.split("::").next().unwrap_or(name)
}

/// The functions of a disassembly. Where one ends is where the next one begins, or the padding before it.
fn functions(text: &str) -> Vec<Function> {
    let mut functions: Vec<Function> = Vec::new();
    let mut start = 0;
    for line in text.lines() {
        if let Some((address, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            start = u64::from_str_radix(address, 16).unwrap_or_default();
            functions.push(Function { name: name.to_owned(), size: 0, lines: Vec::new() });
        } else if let (Some(function), Some((address, instruction))) = (functions.last_mut(), line.split_once(":\t")) {
            let instruction = instruction.trim();
            if instruction != "int3" {
                let address = u64::from_str_radix(address.trim(), 16).unwrap_or_default();
                function.size = address.saturating_sub(start);
                function.lines.push(instruction.to_owned());
            }
        }
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
0000000000001000 <tablature::exec::register::jump::copy>:
    1000:\tmovzx  eax,WORD PTR [rdi]
    1003:\tjmp    rax
    1005:\tint3

0000000000001010 <tablature::exec::register::jump::constant>:
    1010:\tpush   rbx
    1011:\tcall   QWORD PTR [r9+rax*8]
    1015:\tret

0000000000001020 <tablature::exec::register::jump::memory_fill_sss>:
    1020:\tcall   1234 <tablature::exec::register::jump::memory_fill_sss::apart>
    1025:\tcall   QWORD PTR [rip+0x1234]        # 5678 <memset>
    1030:\tjmp    QWORD PTR [r9+rax*8]
";

    #[test]
    fn handlers_that_call_the_next_one_are_found() {
        let functions = functions(TEXT);
        let wrong: Vec<&str> = functions.iter().filter(|f| f.calls_handlers()).map(|f| f.name.as_str()).collect();
        assert_eq!(wrong, ["tablature::exec::register::jump::constant"]);
        assert_eq!(functions.iter().map(Function::uses_stack).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(functions[0].size, 3);
    }

    #[test]
    fn jumps_that_stay_inside_are_not_enough() {
        let function = |line: &str| Function { name: "a::b".into(), size: 0, lines: vec![line.into()] };
        let leaves = |line: &str| function(line).leaves_by_jump();
        assert!(leaves("jmp    rax") && leaves("jmp    QWORD PTR [r9+rax*8]"));
        assert!(leaves("jmp    1234 <a::c>") && leaves("jne    1234 <a::c>"));
        assert!(!leaves("jmp    1234 <a::b>") && !leaves("jne    1234 <a::b+0x12>") && !leaves("ret"));
    }

    #[test]
    fn what_is_called_and_returns_is_no_handler() {
        assert!(is_helper("tablature::exec::register::jump::leave"));
        assert!(is_helper("tablature::exec::inplace::tail::start::<true>"));
        assert!(!is_helper("tablature::exec::inplace::tail::i32_add"));
    }
}
