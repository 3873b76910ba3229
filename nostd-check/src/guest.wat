;; Adds up what the host gives for 1, 2, ... up to its argument, by way of its memory; and divides, to trap.
(module
  (import "host" "give" (func $give (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "sum") (param $count i32) (result i32)
    (loop $again
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (call $give (local.get $count))))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $again (local.get $count)))
    (i32.load (i32.const 8)))
  (func $divide (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1))))
