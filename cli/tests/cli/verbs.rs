//! The other verbs, and the help.

use crate::command::{File, check, shown};

#[test]
fn the_help() {
    check("help", &shown(&["--help"]));
    check("help_short", &shown(&["-h"]));
}

#[test]
fn a_row_is_explained() {
    check("explain", &shown(&["explain", "i32.div_s"]));
    check("explain_two_rows", &shown(&["explain", "select"]));
    check("explain_prefixed", &shown(&["explain", "memory.copy"]));
}

#[test]
fn a_misspelt_instruction_is_told_the_right_name() {
    check("explain_misspelt", &shown(&["explain", "i32.divs"]));
    check("explain_part", &shown(&["explain", "popcnt"]));
}

#[test]
fn all_instructions_are_listed() {
    let text = shown(&["explain"]);
    for name in ["\nWebAssembly 1.0 (mvp)\n", " i32.div_s ", " memory.copy ", " select_typed "] {
        assert!(text.contains(name), "{name}:\n{text}");
    }
}

#[test]
fn files_are_validated() {
    let good = File::new("good.wat", "(module)");
    let bad = File::new("bad.wat", "(module (func (drop)))");
    check("validate", &shown(&["validate", &good.path(), &bad.path()]));
    assert!(shown(&["validate", &good.path()]).starts_with("exit code: 0\n"));
}

#[test]
fn scripts_are_run() {
    let script = |result: &str| {
        let text = format!(
            r#"(module (func (export "one") (result i32) (i32.const 1)))
(assert_return (invoke "one") (i32.const {result}))"#
        );
        File::new("script.wast", text)
    };
    check("wast", &shown(&["wast", &script("1").path(), &script("2").path()]));
    assert!(shown(&["wast", "--slice", "1", &script("1").path()]).starts_with("exit code: 0\n"));
}
