//! Programs: what they print, what they are given, and how they end.

use crate::command::{File, check, root, shown, tablature, with_input};
use std::io::Read as _;
use std::process::Stdio;

/// A program that writes its arguments and variables to standard output, each with the NUL byte after it, and ends
/// with exit code 7.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_sizes (i32.const 0) (i32.const 4)))
    (drop (call $args (i32.const 100) (i32.const 1000)))
    (call $print (i32.const 1000) (i32.load (i32.const 4)))
    (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
    (drop (call $environ (i32.const 100) (i32.const 1000)))
    (call $print (i32.const 1000) (i32.load (i32.const 4)))
    (call $exit (i32.const 7)))
  (func $print (param i32 i32)
    (i32.store (i32.const 8) (local.get 0))
    (i32.store (i32.const 12) (local.get 1))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))"#;

/// A program that calls itself 4 times, and then divides by zero.
const TRAP: &str = r#"(module $divider
  (func $start (export "_start") (drop (call $down (i32.const 3))))
  (func $down (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (call $down (i32.sub (local.get $n) (i32.const 1))))
      (else (i32.div_s (i32.const 1) (local.get $n))))))"#;

/// A program without end.
const FOREVER: &str = r#"(module (func $forever (export "_start") (loop $l (br $l))))"#;

fn words(args: &[&str]) -> Vec<String> {
    let output = tablature(args).output().expect("the command starts");
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_terminator('\0').map(str::to_string).collect()
}

#[test]
fn hello_says_hello() {
    check("hello", &shown(&["examples/hello.wat"]));
}

#[test]
fn the_verb_run_is_the_same_and_a_module_can_come_from_standard_input() {
    let hello = shown(&["examples/hello.wat"]);
    assert_eq!(shown(&["run", "examples/hello.wat"]), hello);
    let text = std::fs::read_to_string(root().join("examples/hello.wat")).expect("the example is there");
    assert_eq!(with_input(&["-"], &text), hello);
}

#[test]
fn what_follows_the_file_belongs_to_the_program() {
    let file = File::new("echo.wat", ECHO);
    let path = &file.path();
    assert_eq!(words(&[path, "--help", "-x", "--", "run", ""]), [path, "--help", "-x", "--", "run", ""]);
    assert_eq!(words(&["run", path, "--fuel", "validate"]), [path, "--fuel", "validate"]);
}

#[test]
fn a_program_gets_the_name_and_variables_that_are_said() {
    let file = File::new("echo.wat", ECHO);
    assert_eq!(words(&["--argv0", "prog", "--env", "A=1", "--env", "B=x=y", &file.path()]), ["prog", "A=1", "B=x=y"]);
}

#[test]
fn a_trap_shows_where_the_guest_stood() {
    check("trap", &shown(&[&File::new("trap.wat", TRAP).path()]));
}

#[test]
fn fuel_stops_a_program_without_end() {
    let file = File::new("forever.wat", FOREVER);
    check("out_of_fuel", &shown(&["--fuel", "1000", "--stats", &file.path()]));
}

#[test]
fn statistics_count_instructions() {
    check("stats", &shown(&["--stats", "examples/hello.wat"]));
}

#[test]
fn a_closed_standard_output_is_no_panic() {
    let mut child = tablature(&["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    // It may have written everything before the pipe was closed.
    let code = child.wait().expect("it ends").code();
    assert!(matches!(code, Some(141 | 0)), "{code:?}: {errors}");
    assert_eq!(errors, "");
}
