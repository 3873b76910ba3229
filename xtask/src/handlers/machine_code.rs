//! Functions as a disassembly shows them, and what can be seen of each.

use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// A function's instructions.
pub struct Function {
    pub name: String,
    /// Bytes.
    pub size: u64,
    lines: Vec<String>,
}

impl Function {
    fn has(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.lines.iter().any(|line| wanted(line))
    }

    /// Whether it calls through a table, or one of these handlers: then stacks grow with each instruction of a guest.
    pub fn calls(&self, is_handler: impl Fn(&str) -> bool) -> bool {
        self.has(|line| {
            let Some(target) = line.strip_prefix("call").map(str::trim_start) else { return false };
            let through_register = target.starts_with('r') || (target.contains("PTR [") && !target.contains("[rip"));
            through_register || symbol(target).is_some_and(&is_handler)
        })
    }

    /// Whether a jump goes through a register or a table, or to the beginning of another function.
    pub fn leaves_by_jump(&self) -> bool {
        self.has(|line| {
            let Some((jump, target)) = line.split_once(' ') else { return false };
            let target = target.trim_start();
            match symbol(target) {
                Some(name) => jump.starts_with('j') && !name.contains("+0x") && name != self.name,
                None => jump == "jmp" && (target.starts_with('r') || target.contains("PTR [")),
            }
        })
    }

    /// Whether it saves registers there, calls, or reads and writes there.
    pub fn uses_stack(&self) -> bool {
        self.has(|line| line.starts_with("push") || line.starts_with("call") || line.contains("rsp"))
    }
}

/// The name of what stands at the address that an instruction names.
fn symbol(target: &str) -> Option<&str> {
    target.split_once('<').map(|(_, name)| name.strip_suffix('>').unwrap_or(name))
}

/// The functions of a binary.
pub fn functions_of(binary: &Path) -> Result<Vec<Function>> {
    let output = Command::new("objdump")
        .args(["--disassemble", "--demangle", "--no-show-raw-insn", "-M", "intel"])
        .arg(binary)
        .output()
        .context("objdump cannot be run; it is part of binutils")?;
    if !output.status.success() {
        bail!("objdump: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(functions(&String::from_utf8_lossy(&output.stdout)))
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
        let wrong: Vec<&str> = functions.iter().filter(|f| f.calls(|_| false)).map(|f| f.name.as_str()).collect();
        assert_eq!(wrong, ["tablature::exec::register::jump::constant"]);
        assert_eq!(functions.iter().map(Function::uses_stack).collect::<Vec<_>>(), [false, true, true]);
        assert_eq!(functions[0].size, 3);
    }

    fn function(line: &str) -> Function {
        Function { name: "a::b".into(), size: 0, lines: vec![line.into()] }
    }

    #[test]
    fn handlers_are_known_by_their_names() {
        let calls = |name: &str| function(&format!("call   1234 <{name}>")).calls(|name| name == "a::c");
        assert!(calls("a::c"));
        assert!(!calls("a::d") && !calls("b::c::<a::c>"));
    }

    #[test]
    fn jumps_that_stay_inside_are_not_enough() {
        let leaves = |line: &str| function(line).leaves_by_jump();
        assert!(leaves("jmp    rax") && leaves("jmp    QWORD PTR [r9+rax*8]"));
        assert!(leaves("jmp    1234 <a::c>") && leaves("jne    1234 <a::c>"));
        assert!(!leaves("jmp    1234 <a::b>") && !leaves("jne    1234 <a::b+0x12>") && !leaves("ret"));
    }
}
