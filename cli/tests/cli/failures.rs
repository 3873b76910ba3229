//! Programs that fail, or that are stopped.

use crate::command::{File, check, shown};

/// A program that calls itself 4 times, and then divides by zero.
const DIVIDER: &str = r#"(module $divider
  (func $start (export "_start") (drop (call $down (i32.const 3))))
  (func $down (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (call $down (i32.sub (local.get $n) (i32.const 1))))
      (else (i32.div_s (i32.const 1) (local.get $n))))))"#;

/// Functions that fail, each in another way.
const FAILURES: &str = r#"(module $failures
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $unreachable)
  (func $forever (export "forever") (loop $l (br $l)))
  (func $unreachable (export "unreachable") unreachable)
  (func $load (export "load") (param $at i32) (result i32) (i32.load offset=4 (local.get $at)))
  (func $indirect (export "indirect") (param $at i32) (call_indirect (result i64) (local.get $at)) drop)
  (func $truncate (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func $grow (export "grow") (param $pages i32)
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable)))
  (func $sleep (export "sleep")
    ;; A subscription to the monotonic clock, an hour from now.
    (i32.store (i32.const 16) (i32.const 1))
    (i64.store (i32.const 24) (i64.const 3600000000000))
    (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;

/// What comes of calling one of the failures with options.
fn call(options: &[&str], name: &str, args: &[&str]) -> String {
    let file = File::new("failures.wat", FAILURES);
    shown(&[options, &["--call", name, &file.path()], args].concat())
}

#[test]
fn a_trap_shows_where_the_guest_stood() {
    check("trap", &shown(&[&File::new("trap.wat", DIVIDER).path()]));
}

#[test]
fn traps_of_several_kinds() {
    check("trap_unreachable", &call(&[], "unreachable", &[]));
    check("trap_memory", &call(&[], "load", &["65530"]));
    check("trap_undefined_element", &call(&[], "indirect", &["2"]));
    check("trap_uninitialized_element", &call(&[], "indirect", &["1"]));
    check("trap_signature", &call(&[], "indirect", &["0"]));
    check("trap_conversion", &call(&[], "truncate", &["nan"]));
    check("trap_overflow", &call(&[], "truncate", &["1e10"]));
}

#[test]
fn a_trap_while_the_module_is_instantiated() {
    let start = r#"(module $m (start $f) (func $f unreachable) (func (export "_start")))"#;
    check("trap_in_start", &shown(&[&File::new("start.wat", start).path()]));
    let data = r#"(module (memory 1) (data (i32.const 65536) "x") (func (export "_start")))"#;
    check("trap_in_data", &shown(&[&File::new("data.wat", data).path()]));
}

#[test]
fn calls_that_are_too_deep() {
    check("stack_exhausted", &call(&[], "deep", &[]));
    check("stack_exhausted_small", &call(&["--max-stack", "1K"], "deep", &[]));
}

#[test]
fn fuel_stops_a_program_without_end() {
    check("out_of_fuel", &call(&["--fuel", "1000"], "forever", &[]));
    check("out_of_fuel_stats", &call(&["--fuel", "1000", "--stats"], "forever", &[]));
}

#[test]
fn time_stops_a_program_without_end() {
    check("timeout", &call(&["--timeout", "50ms"], "forever", &[]));
}

#[cfg(unix)]
#[test]
fn time_stops_a_program_that_waits() {
    check("timeout_waiting", &call(&["--timeout", "50ms"], "sleep", &[]));
}

#[test]
fn memory_is_bounded() {
    check("memory_at_first", &call(&["--max-memory", "1000"], "unreachable", &[]));
    check("memory_growth", &call(&["--max-memory", "128K"], "grow", &["5"]));
    assert_eq!(call(&["--max-memory", "128K"], "grow", &["1"]), "exit code: 0\n");
}
