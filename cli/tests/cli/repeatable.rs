//! Runs that are the same each time, and programs that import what nobody gives.

use crate::command::{File, check, shown};

/// A function that gives the clock, a random number, and the bits of a NaN that arithmetic gave.
const CHANCE: &str = r#"(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "chance") (result i64 i64 i64)
    (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 0)))
    (drop (call $random (i32.const 8) (i32.const 8)))
    (i64.load (i32.const 0))
    (i64.load (i32.const 8))
    (i64.reinterpret_f64 (f64.sub (f64.const -nan:0x8000000000123) (f64.const 1)))))"#;

#[test]
fn a_deterministic_run_is_the_same_each_time() {
    let file = File::new("chance.wat", CHANCE);
    let path = &file.path();
    let first = shown(&["--deterministic", "--invoke", "chance", path]);
    assert_eq!(shown(&["--deterministic=0", "--invoke", "chance", path]), first);
    assert_ne!(shown(&["--deterministic=1", "--invoke", "chance", path]), first);
    assert_ne!(shown(&["--invoke", "chance", path]), first);
    // The canonical NaN, as a number.
    assert!(first.contains("\n9221120237041090560\n"), "{first}");
    check("wrong_seed", &shown(&["--deterministic=x", path]));
}

#[test]
fn functions_that_nobody_gives_fail_only_when_they_are_called() {
    let text = r#"(module (import "env" "nothing" (func $nothing))
      (func (export "harmless") (result i32) (i32.const 1)) (func (export "call") (call $nothing)))"#;
    let file = File::new("imports.wat", text);
    let path = &file.path();
    assert!(shown(&["--unknown-imports-trap", "--invoke", "harmless", path]).contains("exit code: 0"));
    check("unknown_import_called", &shown(&["--unknown-imports-trap", "--invoke", "call", path]));
    let memory = File::new("memory.wat", r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#);
    check("unknown_memory", &shown(&["--unknown-imports-trap", &memory.path()]));
}
