//! Wrong command lines.

use crate::command::{File, check, shown};

/// A program that does nothing.
fn program() -> File {
    File::new("program.wat", r#"(module (func (export "_start")))"#)
}

/// What the command says of options before a program.
fn with(options: &[&str]) -> String {
    let program = program();
    shown(&[options, &[&program.path()]].concat())
}

#[test]
fn no_file() {
    check("no_file", &shown(&[]));
    check("nothing_to_validate", &shown(&["validate"]));
}

#[test]
fn a_misspelt_flag() {
    check("misspelt_flag", &with(&["--feul", "100"]));
}

#[test]
fn a_misspelt_proposal() {
    check("misspelt_proposal", &with(&["--wasm", "sign_extesnion=off"]));
    check("wrong_switch", &with(&["--wasm", "memory64=yes"]));
}

#[test]
fn a_misspelt_choice() {
    check("misspelt_shell", &shown(&["completion", "bahs"]));
    check("misspelt_engine", &with(&["--engine", "inplace"]));
    check("misspelt_trace", &with(&["--trace", "function"]));
}

#[test]
fn a_wrong_variable() {
    check("wrong_variable", &with(&["--env", "=value"]));
    check("unset_variable", &with(&["--env", "NOT_SET"]));
}

#[test]
fn a_wrong_directory() {
    check("wrong_directory", &with(&["--dir", "::/data"]));
    check("missing_directory", &with(&["--dir", "nowhere"]));
    check("directory_that_is_a_file", &with(&["--dir", "Cargo.toml::/data"]));
}

#[test]
fn a_wrong_amount() {
    check("wrong_fuel", &with(&["--fuel", "much"]));
    check("wrong_time", &with(&["--timeout", "10"]));
    check("wrong_bytes", &with(&["--max-memory", "1T"]));
    check("too_many_bytes", &with(&["--max-stack", "99999999999999G"]));
}

#[test]
fn options_that_exclude_each_other() {
    let program = program();
    check("function_and_offset", &shown(&["disassemble", "--function", "f", "--at", "7", &program.path()]));
}
