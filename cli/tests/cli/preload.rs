//! Modules that import from each other.

use crate::command::{File, check, shown};

const MATH: &str = r#"(module
  (global $ready (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $ready (i32.const 100)))
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (global.get $ready) (i32.add (local.get 0) (local.get 1))))
  (memory (export "memory") 1))"#;

const TWICE: &str = r#"(module
  (import "math" "add" (func $add (param i32 i32) (result i32)))
  (func (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))"#;

const APP: &str = r#"(module
  (import "twice" "twice" (func $twice (param i32) (result i32)))
  (import "math" "memory" (memory 1))
  (func (export "run") (param i32) (result i32) (call $twice (local.get 0))))"#;

/// What comes of calling `run` in a module that can import from others.
fn run(app: &str, preloads: &[(&str, &File)]) -> String {
    let app = File::new("app.wat", app);
    let mut args = vec!["--call".to_string(), "run".to_string()];
    for (name, file) in preloads {
        args.extend(["--preload".to_string(), format!("{name}={}", file.path())]);
    }
    args.extend([app.path(), "4".to_string()]);
    shown(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_module_imports_from_others_that_import_from_each_other() {
    let (math, twice) = (File::new("math.wat", MATH), File::new("twice.wat", TWICE));
    assert_eq!(run(APP, &[("math", &math), ("twice", &twice)]), "exit code: 0\n----- stdout -----\n108\n");
}

#[test]
fn what_is_imported_must_come_first() {
    let (math, twice) = (File::new("math.wat", MATH), File::new("twice.wat", TWICE));
    check("preload_order", &run(APP, &[("twice", &twice), ("math", &math)]));
}

#[test]
fn what_is_imported_must_fit() {
    let math = File::new("math.wat", MATH);
    let app = r#"(module (import "math" "add" (func (param i64) (result i64))) (import "math" "sub" (func))
        (import "maht" "add" (func)) (import "math" "memory" (table 1 funcref)) (func (export "run") (param i32)))"#;
    check("preload_wrong_import", &run(app, &[("math", &math)]));
    let app = r#"(module (import "math" "memory" (memory 2)) (func (export "run") (param i32)))"#;
    check("preload_small_memory", &run(app, &[("math", &math)]));
}

#[test]
fn a_name_stands_for_one_module() {
    let math = File::new("math.wat", MATH);
    check("preload_twice", &run(APP, &[("math", &math), ("math", &math)]));
    check("preload_wasi", &run(APP, &[("wasi_snapshot_preview1", &math)]));
}

#[test]
fn what_cannot_be_loaded_is_named() {
    check("preload_without_file", &shown(&["--preload", "math", "app.wasm"]));
    let app = File::new("app.wat", "(module)");
    check("preload_missing", &shown(&["--preload", "math=nowhere.wasm", &app.path()]));
    let invalid = File::new("invalid.wat", "(module (func (result i32)))");
    check("preload_invalid", &run(APP, &[("math", &invalid)]));
}

#[test]
fn a_trap_in_another_module_names_it() {
    let math = r#"(module $math (func $add (export "add") (param i32 i32) (result i32) unreachable))"#;
    let (math, twice) = (File::new("math.wat", math), File::new("twice.wat", TWICE));
    let app = APP.replace(r#"(import "math" "memory" (memory 1))"#, "");
    check("preload_trap", &run(&app, &[("math", &math), ("twice", &twice)]));
}
