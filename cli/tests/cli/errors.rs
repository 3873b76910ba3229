//! Files that cannot be run, and wrong command lines.

use crate::command::{File, check, shown};

#[test]
fn a_missing_file() {
    check("missing_file", &shown(&["nowhere.wasm"]));
    check("misspelt_verb", &shown(&["vaildate", "a.wasm"]));
}

#[test]
fn not_a_module() {
    check("not_wasm", &shown(&[&File::new("plain.txt", "plain text").path()]));
    check("empty_file", &shown(&[&File::new("empty.wasm", "").path()]));
    check("script_as_module", &shown(&[&File::new("script.wast", "(assert_return)").path()]));
    check("wrong_text", &shown(&[&File::new("wrong.wat", "(module\n  (func i32.ad))").path()]));
}

#[test]
fn an_invalid_module_says_where() {
    check("invalid_module", &shown(&[&File::new("invalid.wat", "(module (func (result i32)))").path()]));
}

#[test]
fn a_missing_import() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_wirte" (func (param i32 i32 i32 i32) (result i32)))
        (import "env" "memory" (memory 1))
        (func (export "_start")))"#;
    check("missing_import", &shown(&[&File::new("imports.wat", text).path()]));
}

#[test]
fn a_program_without_memory_cannot_call_wasi() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (func (export "_start") (drop (call $yield))))"#;
    check("no_memory", &shown(&[&File::new("no_memory.wat", text).path()]));
}

#[test]
fn a_proposal_can_be_switched_off() {
    let file = File::new("sign.wat", r#"(module (func (export "_start") (drop (i32.extend8_s (i32.const 1)))))"#);
    let path = file.path();
    assert_eq!(shown(&[&path]), "exit code: 0\n");
    check("proposal_off", &shown(&["--wasm", "sign-extension=off", &path]));
    check("misspelt_proposal", &shown(&["--wasm", "sign_extesnion=off", &path]));
}

#[test]
fn a_wrong_command_line() {
    check("no_file", &shown(&[]));
    check("wrong_variable", &shown(&["--env", "A", "x.wasm"]));
}
