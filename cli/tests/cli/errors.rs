//! Files that are no modules, or modules that cannot be run.

use crate::command::{File, check, shown, tablature, with_input};

#[test]
fn a_missing_file() {
    check("missing_file", &shown(&["nowhere.wasm"]));
    check("misspelt_verb", &shown(&["vaildate", "a.wasm"]));
    let file = File::new("program.wat", "(module)");
    check("misspelt_file", &shown(&[&file.path().replace("program.wat", "porgram.wat")]));
}

#[test]
fn a_directory() {
    check("directory", &shown(&["examples"]));
}

#[test]
fn not_a_module() {
    check("not_wasm", &shown(&[&File::new("plain.txt", "plain text").path()]));
    check("empty_file", &shown(&[&File::new("empty.wasm", "").path()]));
    check("empty_input", &with_input(&["-"], ""));
    check("script_as_module", &shown(&[&File::new("script.wast", "(assert_return)").path()]));
    check("wrong_text", &shown(&[&File::new("wrong.wat", "(module\n  (func i32.ad))").path()]));
    check("wrong_input", &with_input(&["-"], "(module (func $f (param i33)))"));
    check("not_utf8", &shown(&[&File::new("latin.wat", b"(module (; \xe9 ;))").path()]));
}

#[test]
fn an_invalid_module_says_where() {
    check("invalid_module", &shown(&[&File::new("invalid.wat", "(module (func (result i32)))").path()]));
    check("truncated_module", &shown(&[&File::new("truncated.wasm", b"\0asm\x01\0\0\0\x01\x05\x01").path()]));
    check("other_version", &shown(&[&File::new("component.wasm", b"\0asm\x0d\0\x01\0").path()]));
}

#[test]
fn a_missing_import() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_wirte" (func (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_previw1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
        (import "env" "memory" (memory 1))
        (import "env" "counter" (global (mut i64)))
        (func (export "_start")))"#;
    check("missing_import", &shown(&[&File::new("imports.wat", text).path()]));
}

#[test]
fn an_import_of_another_type() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i64) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (table 1 funcref))
        (func (export "_start")))"#;
    check("wrong_import", &shown(&[&File::new("imports.wat", text).path()]));
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
    assert_eq!(shown(&["--wasm", "sign-extension", &path]), "exit code: 0\n");
    check("proposal_off", &shown(&["--wasm", "sign-extension=off", &path]));
}

#[test]
fn a_closed_error_output_is_no_panic() {
    let mut child = tablature(&["nowhere.wasm"]).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
