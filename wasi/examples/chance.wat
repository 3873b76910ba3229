;; Writes 24 bytes that differ from run to run on most hosts: the time of day after sleeping for an hour, a random
;; number, and the bits of a NaN.
(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; At 0 the 24 bytes, at 32 their address and length, at 64 what to wait for, at 128 what happened.
  (data (i32.const 32) "\00\00\00\00\18\00\00\00")

  (func $check (param $error i32)
    (if (local.get $error) (then unreachable)))

  (func $divide (param $dividend f64) (param $divisor f64) (result f64)
    (f64.div (local.get $dividend) (local.get $divisor)))

  (func (export "_start")
    ;; All else of the subscription is zero: an event of the clock 0, in so many nanoseconds from now.
    (i64.store (i32.const 88) (i64.const 3_600_000_000_000))
    (call $check (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 192)))
    (call $check (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 0)))
    (call $check (call $random_get (i32.const 8) (i32.const 8)))
    (f64.store (i32.const 16) (call $divide (f64.const 0) (f64.const 0)))
    (call $check (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 40)))))
