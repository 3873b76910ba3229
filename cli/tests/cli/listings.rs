//! What modules are made of, and their instructions.

use crate::command::{File, check, shown, tablature, with_input};

const MODULE: &str = r#"(module $sample
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1 2)
  (table $slots 3 funcref)
  (global $count (mut i32) (i32.const 0))
  (global (export "limit") i64 (i64.const -1))
  (elem (i32.const 0) $work)
  (data (i32.const 8) "text")
  (start $setup)
  (func $setup (global.set $count (i32.const 7)))
  (func $work (export "work") (param $from i32) (param f64) (result i32 f64)
    (local $sum i64) (local f32 f32 f32) (local i32)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.load32_u offset=8 (local.get $from))))
      (br_if $again (local.tee $from (i32.sub (local.get $from) (i32.const 1)))))
    (if (param) (result i32) (i64.eqz (local.get $sum))
      (then (return (call $yield) (f64.const nan:0x4)) unreachable)
      (else (call_indirect (type $pick) (i32.const 1) (global.get $count))))
    (f64.const 1.5))
  (type $pick (func (param i32) (result i32)))
  (func (param i32) (br_table 0 0 0 0 0 0 0 0 (local.get 0)))
  (func (export "last")))"#;

fn disassemble(args: &[&str]) -> String {
    let file = File::new("sample.wat", MODULE);
    shown(&[&["disassemble"], args, &[&file.path()]].concat())
}

#[test]
fn functions_are_shown_instruction_by_instruction() {
    check("disassemble", &disassemble(&[]));
    check("disassemble_function", &disassemble(&["--function", "setup"]));
    assert_eq!(disassemble(&["--function", "$setup"]), disassemble(&["--function", "1"]));
    assert!(disassemble(&["--function", "last"]).contains("function 4 last () -> ()"));
}

#[test]
fn the_instruction_at_an_offset_is_marked() {
    let all = disassemble(&[]);
    let line = all.lines().find(|line| line.contains("call_indirect")).expect("it is there");
    let offset = line.split_whitespace().next().expect("an offset");
    check("disassemble_at", &disassemble(&["--at", offset]));
    let decimal = u32::from_str_radix(&offset[2..], 16).expect("hexadecimal").to_string();
    assert_eq!(disassemble(&["--at", &decimal]), disassemble(&["--at", offset]));
}

#[test]
fn what_is_in_no_function_is_told() {
    check("disassemble_misspelt", &disassemble(&["--function", "wrok"]));
    check("disassemble_imported", &disassemble(&["--function", "yield"]));
    check("disassemble_unknown", &disassemble(&["--function", "99"]));
    check("disassemble_header", &disassemble(&["--at", "3"]));
    check("disassemble_section", &disassemble(&["--at", "0x12"]));
    check("disassemble_beyond", &disassemble(&["--at", "0xffffff"]));
    check("disassemble_wrong_offset", &disassemble(&["--at", "1x"]));
    check("disassemble_no_functions", &with_input(&["disassemble", "--function", "f", "-"], "(module)"));
    assert_eq!(with_input(&["disassemble", "-"], "(module)"), "exit code: 0\n");
}

#[test]
fn a_module_is_inspected() {
    let file = File::new("sample.wat", MODULE);
    check("inspect", &shown(&["inspect", &file.path()]));
    check("inspect_top", &shown(&["inspect", "--top", "1", &file.path()]));
    check("inspect_json", &shown(&["inspect", "--json", "--top", "2", &file.path()]));
    check("inspect_empty", &with_input(&["inspect", "-"], "(module)"));
}

#[test]
fn an_invalid_module_is_not_inspected() {
    check("inspect_invalid", &with_input(&["inspect", "-"], "(module (func drop))"));
    check("disassemble_missing", &shown(&["disassemble", "nowhere.wasm"]));
}

#[test]
fn a_large_module_is_listed_in_little_time() {
    let body = "i32.const 1 drop ".repeat(100_000);
    let file = File::new("large.wat", format!("(module (func {body}))"));
    let output = tablature(&["disassemble", &file.path()]).output().expect("the command starts");
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 200_003);
}
