//! Calling exported functions.

use crate::command::{File, check, shown};

const LIBRARY: &str = r#"(module
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (i32.const 1)))
  (func (export "ready") (result i32) (global.get $ready))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "swap") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "same") (param externref) (result externref) (local.get 0)))"#;

fn invoke(args: &[&str]) -> String {
    let file = File::new("library.wat", LIBRARY);
    let path = file.path();
    let (name, rest) = args.split_first().expect("a name");
    shown(&[&["--invoke", name, &path], rest].concat())
}

#[test]
fn results_are_printed_one_a_line() {
    assert_eq!(invoke(&["add", "-1", "0x10"]), "exit code: 0\n----- stdout -----\n15\n");
    assert_eq!(invoke(&["swap", "-7", "-inf"]), "exit code: 0\n----- stdout -----\n-inf\n-7\n");
    assert_eq!(invoke(&["same", "null"]), "exit code: 0\n----- stdout -----\nnull\n");
}

#[test]
fn a_library_is_initialized_first() {
    assert_eq!(invoke(&["ready"]), "exit code: 0\n----- stdout -----\n1\n");
}

#[test]
fn a_misspelt_function_is_told_the_right_name() {
    check("misspelt_function", &invoke(&["ad", "1", "2"]));
}

#[test]
fn what_is_not_a_function_is_not_called() {
    check("not_a_function", &invoke(&["memory"]));
}

#[test]
fn arguments_must_fit() {
    check("too_few_arguments", &invoke(&["add", "1"]));
    check("too_many_arguments", &invoke(&["add", "1", "2", "3"]));
    check("argument_of_another_type", &invoke(&["add", "1", "two"]));
    check("argument_out_of_range", &invoke(&["add", "1", "4294967296"]));
    check("argument_no_float", &invoke(&["swap", "1", "1,5"]));
    check("argument_no_reference", &invoke(&["same", "1"]));
}

#[test]
fn a_library_is_not_a_program() {
    check("not_a_program", &shown(&[&File::new("library.wat", LIBRARY).path()]));
    check("exports_nothing", &shown(&[&File::new("nothing.wat", "(module (func))").path()]));
}
