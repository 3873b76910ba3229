//! The table says which traps each opcode can raise: each of them is raised here, by the table's own example where it
//! has one.

use std::collections::BTreeSet;
use tablature::{Config, Engine, Instance, Module, Opcode, Proposal, Store, Trap};

/// The trap that the export `f` of a module in the text format raises.
fn trap_of(text: &str) -> Trap {
    let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let mut config = Config::new();
    config.max_stack_size(1 << 16).max_call_depth(100);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let function = instance.get_typed_func::<(), ()>(&store, "f").expect("every module exports f");
    let error = function.call(&mut store, ()).expect_err(text);
    let trap = error.trap().unwrap_or_else(|| panic!("{text}\n{error}"));
    let backtrace = error.backtrace().unwrap_or_else(|| panic!("{text}\nthere is no backtrace"));
    assert!(!backtrace.frames().is_empty(), "{text}\nthe backtrace is empty");
    trap
}

/// A module whose export `f` executes `opcode` with `operands`.
fn module_of(opcode: Opcode, immediates: &str, operands: &[&str]) -> String {
    let info = opcode.info();
    let (inputs, outputs) = info.stack.split_once("->").expect("a stack effect has an arrow");
    let inputs: Vec<&str> = inputs.split_whitespace().collect();
    assert_eq!(inputs.len(), operands.len(), "{}: {} operands for {}", info.id, operands.len(), info.stack);
    let mut code = String::new();
    for (input, operand) in inputs.iter().zip(operands) {
        let (_, ty) = input.split_once(':').unwrap_or(("", input));
        let ty = if ty.starts_with("addr(") { "i32" } else { ty };
        code.push_str(&format!("({ty}.const {operand}) "));
    }
    code.push_str(&format!("{} {immediates} ", info.name));
    for output in outputs.split_whitespace().filter(|output| *output != "!") {
        assert!(!output.is_empty());
        code.push_str("drop ");
    }
    format!("(module (memory 1) (func (export \"f\") {code}))")
}

#[test]
fn the_examples_of_the_table_trap() {
    let mut count = 0;
    for opcode in Opcode::ALL {
        let info = opcode.info();
        for (trap, operands) in info.trap_examples {
            let text = module_of(opcode, "", operands);
            assert_eq!(trap_of(&text), *trap, "{}: {text}", info.id);
            assert!(info.transitions.traps.contains(trap), "{}: an example of a trap that it has not", info.id);
            count += 1;
        }
    }
    assert!(count > 10, "there are only {count} examples");
}

#[test]
fn loads_and_stores_trap_beyond_the_end() {
    let mut count = 0;
    for opcode in Opcode::ALL {
        if opcode.info().immediates != ["m: memarg"] {
            continue;
        }
        for (offset, address) in [("offset=65536", "0"), ("", "65536"), ("offset=4294967295", "-1"), ("", "-1")] {
            let operands = if opcode.info().stack.contains("value:") { &[address, "1"][..] } else { &[address][..] };
            let text = module_of(opcode, offset, operands);
            assert_eq!(trap_of(&text), Trap::OutOfBoundsMemoryAccess, "{text}");
        }
        count += 1;
    }
    assert!(count > 0);
}

/// Opcodes whose traps depend on more than operands: a trap, the opcode, the function's code.
const BY_HAND: [(&str, Trap, &str); 26] = [
    ("call", Trap::CallStackExhausted, "(call $f)"),
    ("call_indirect", Trap::UndefinedElement, "(call_indirect (type $v) (i32.const 9))"),
    ("call_indirect", Trap::UninitializedElement, "(call_indirect (type $v) (i32.const 3))"),
    ("call_indirect", Trap::IndirectCallTypeMismatch, "(call_indirect (type $v) (i32.const 1))"),
    ("call_indirect", Trap::CallStackExhausted, "(call_indirect (type $v) (i32.const 0))"),
    ("return_call", Trap::CallStackExhausted, "(return_call $large)"),
    ("return_call_indirect", Trap::UndefinedElement, "(return_call_indirect (type $v) (i32.const 9))"),
    ("return_call_indirect", Trap::UninitializedElement, "(return_call_indirect (type $v) (i32.const 3))"),
    ("return_call_indirect", Trap::IndirectCallTypeMismatch, "(return_call_indirect (type $v) (i32.const 1))"),
    ("return_call_indirect", Trap::CallStackExhausted, "(return_call_indirect (type $v) (i32.const 2))"),
    ("table.get", Trap::OutOfBoundsTableAccess, "(drop (table.get $t (i32.const 4)))"),
    ("table.set", Trap::OutOfBoundsTableAccess, "(table.set $t (i32.const 4) (ref.null func))"),
    ("table.fill", Trap::OutOfBoundsTableAccess, "(table.fill $t (i32.const 4) (ref.null func) (i32.const 1))"),
    ("table.copy", Trap::OutOfBoundsTableAccess, "(table.copy (i32.const 4) (i32.const 0) (i32.const 1))"),
    ("table.copy", Trap::OutOfBoundsTableAccess, "(table.copy (i32.const 0) (i32.const 3) (i32.const 2))"),
    ("table.copy", Trap::OutOfBoundsTableAccess, "(table.copy (i32.const 5) (i32.const 0) (i32.const 0))"),
    ("table.init", Trap::OutOfBoundsTableAccess, "(table.init $e (i32.const 4) (i32.const 0) (i32.const 1))"),
    ("table.init", Trap::OutOfBoundsTableAccess, "(table.init $e (i32.const 0) (i32.const 1) (i32.const 1))"),
    (
        "table.init",
        Trap::OutOfBoundsTableAccess,
        "(elem.drop $e) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))",
    ),
    ("memory.fill", Trap::OutOfBoundsMemoryAccess, "(memory.fill (i32.const 65536) (i32.const 0) (i32.const 1))"),
    ("memory.copy", Trap::OutOfBoundsMemoryAccess, "(memory.copy (i32.const 65536) (i32.const 0) (i32.const 1))"),
    ("memory.copy", Trap::OutOfBoundsMemoryAccess, "(memory.copy (i32.const 0) (i32.const -1) (i32.const 2))"),
    ("memory.copy", Trap::OutOfBoundsMemoryAccess, "(memory.copy (i32.const 65537) (i32.const 0) (i32.const 0))"),
    ("memory.init", Trap::OutOfBoundsMemoryAccess, "(memory.init $d (i32.const 65536) (i32.const 0) (i32.const 1))"),
    ("memory.init", Trap::OutOfBoundsMemoryAccess, "(memory.init $d (i32.const 0) (i32.const 1) (i32.const 1))"),
    (
        "memory.init",
        Trap::OutOfBoundsMemoryAccess,
        "(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
    ),
];

fn is_complete_build() -> bool {
    Proposal::ALL.into_iter().all(Proposal::is_compiled)
}

#[test]
fn traps_that_depend_on_more_than_operands() {
    if !is_complete_build() {
        return;
    }
    for (_, trap, code) in BY_HAND {
        let text = format!(
            "(module
                (type $v (func))
                (memory 1)
                (table $t 4 funcref)
                (elem (i32.const 0) $f $other $large)
                (elem $e func $f)
                (data $d \"1\")
                (func $f (export \"f\") {code})
                (func $other (result i32) (i32.const 0))
                (func $large (local{})))",
            " i64".repeat(10_000)
        );
        assert_eq!(trap_of(&text), trap, "{code}");
    }
}

#[test]
fn every_trap_of_every_opcode_is_tested_here() {
    if !is_complete_build() {
        return;
    }
    let by_hand: BTreeSet<(&str, &str)> = BY_HAND.iter().map(|(opcode, trap, _)| (*opcode, trap.id())).collect();
    for opcode in Opcode::ALL {
        let info = opcode.info();
        for trap in info.transitions.traps {
            let has_example = info.trap_examples.iter().any(|(example, _)| example == trap);
            let is_access = info.immediates == ["m: memarg"] && *trap == Trap::OutOfBoundsMemoryAccess;
            let is_by_hand = by_hand.contains(&(info.id, trap.id()));
            assert!(has_example || is_access || is_by_hand, "{}: nothing here raises \"{trap}\"", info.id);
        }
    }
}
