//! The other verbs, and the help.

use crate::command::{File, check, shown, with_input};

#[test]
fn the_help() {
    check("help", &shown(&["--help"]));
    check("help_short", &shown(&["-h"]));
    for verb in ["run", "validate", "inspect", "disassemble", "explain", "wast", "completion", "man"] {
        check(&format!("help_{verb}"), &shown(&[verb, "--help"]));
    }
}

#[test]
fn shells_get_their_completions() {
    for (shell, begin) in [("bash", "_tablature()"), ("zsh", "#compdef tablature"), ("fish", "#"), ("powershell", "")] {
        let text = shown(&["completion", shell]);
        assert!(text.starts_with(&format!("exit code: 0\n----- stdout -----\n{begin}")), "{text}");
        assert!(text.contains("disassemble"), "{shell}");
    }
}

#[test]
fn there_is_a_manual_page_for_every_verb() {
    let page = shown(&["man"]);
    for part in
        [".TH tablature 1 ", ".SH EXAMPLES\n.nf\n  tablature hello.wasm", ".SH \"EXIT CODES\"\n.nf", "\\-\\-fuel"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("man1");
    let listed = shown(&["man", "--out", &out.to_string_lossy()]);
    let verbs = ["", "-run", "-validate", "-inspect", "-disassemble", "-explain", "-wast", "-completion", "-man"];
    for verb in verbs {
        let file = out.join(format!("tablature{verb}.1"));
        assert!(listed.contains(&*file.to_string_lossy()), "{listed}");
        assert!(std::fs::read_to_string(&file).expect("it is there").contains(".SH SYNOPSIS"));
    }
    check("man_into_a_file", &shown(&["man", "--out", "Cargo.toml"]));
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
    check("validate_missing", &shown(&["validate", "nowhere.wasm", &good.path()]));
    check("validate_input", &with_input(&["validate", "-"], "(module)"));
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
    assert!(with_input(&["wast", "-"], "(module)").starts_with("exit code: 0\n"));
}

#[test]
fn scripts_that_fail_say_why() {
    let text = r#"(module (func (export "f") (param f32) (result f32 i64) (local.get 0) (i64.const -1))
  (func (export "t") unreachable) (func (export "n") (result externref) (ref.null extern)))
(assert_return (invoke "f" (f32.const 0.5)) (f32.const nan:canonical) (i64.const 1))
(assert_return (invoke "n") (ref.extern 1))
(assert_return (invoke "f" (f32.const nan:0x200000)))
(assert_return (invoke "t"))
(assert_trap (invoke "n") "unreachable")
(assert_trap (invoke "t") "integer overflow")
(assert_invalid (module) "type mismatch")
(assert_return (invoke "g"))"#;
    check("wast_failures", &shown(&["wast", &File::new("script.wast", text).path()]));
    check("wast_syntax", &with_input(&["wast", "-"], "(module\n  (assert_return))"));
    check("wast_missing", &shown(&["wast", "nowhere.wast"]));
    let directory = tempfile::tempdir().expect("a directory");
    check("wast_no_scripts", &shown(&["wast", &directory.path().to_string_lossy()]));
}
