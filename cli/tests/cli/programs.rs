//! Programs: what they print, what they are given, and how they end.

use crate::command::{File, check, root, shown, tablature, with_input};
use std::io::Read as _;
use std::process::Stdio;

const HELLO: &str = "examples/hello.wat";

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
fn statistics_count_instructions() {
    check("stats", &shown(&["--stats", "examples/hello.wat"]));
}

#[test]
fn fuel_that_is_given_is_accounted_for() {
    check("fuel", &shown(&["--fuel", "1000", "examples/hello.wat"]));
}

#[test]
fn a_variable_of_this_process_can_be_passed_on() {
    let file = File::new("echo.wat", ECHO);
    let path = file.path();
    let output = tablature(&["--env", "HERE", &path]).env("HERE", "a b").output().expect("the command starts");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{path}\0HERE=a b\0"));
}

#[test]
fn limits_that_are_not_reached_change_nothing() {
    let hello = shown(&["examples/hello.wat"]);
    for options in [&["--timeout", "1h"], &["--max-memory", "1M"], &["--engine", "in-place"]] {
        assert_eq!(shown(&[&options[..], &["examples/hello.wat"]].concat()), hello, "{options:?}");
    }
}

/// Ends with code 141 or, if all was written before the pipe was closed, with 0; says nothing.
fn check_closed_output(args: &[&str]) {
    let mut child = tablature(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    let code = child.wait().expect("it ends").code();
    assert!(matches!(code, Some(141 | 0)), "{args:?}: {code:?}: {errors}");
    assert_eq!(errors, "", "{args:?}");
}

#[test]
fn a_closed_standard_output_is_no_panic() {
    let verbs: [&[&str]; 6] =
        [&["explain"], &["man"], &["completion", "zsh"], &["--help"], &["inspect", HELLO], &["disassemble", HELLO]];
    verbs.into_iter().for_each(check_closed_output);
}

/// Calls itself, a host function, a function through a table, and in place of itself.
const CALLS: &str = r#"(module $calls
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (type $unary (func (param i32) (result i32)))
  (table funcref (elem $double))
  (func $double (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $down (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (call $down (i32.sub (local.get $n) (i32.const 1))))
      (else (i32.add (call $yield) (i32.const 1)))))
  (func $last (param i32 f64) (result i32 f64) (local.get 0) (local.get 1))
  (func (export "run") (param i32) (result i32 f64)
    (call_indirect (type $unary) (call $down (local.get 0)) (i32.const 0))
    (f64.const 0.5)
    (return_call $last)))"#;

#[test]
fn what_is_executed_can_be_traced() {
    let file = File::new("calls.wat", CALLS);
    let run = |options: &[&str]| shown(&[options, &["--call", "run", &file.path(), "1"]].concat());
    check("trace_functions", &run(&["--trace=functions"]));
    check("trace_instructions", &run(&["--trace", "instructions", "--fuel", "1_000"]));
    check("trace_out_of_fuel", &run(&["--trace=functions", "--fuel", "20"]));
}

#[test]
fn a_trace_can_be_stopped() {
    let file = File::new("forever.wat", r#"(module (start $f) (func $f (loop $l (br $l))) (func (export "_start")))"#);
    let output = tablature(&["--trace=functions", "--timeout", "50ms", &file.path()]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(142));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("> f()\nerror: the program ran longer"));
}
