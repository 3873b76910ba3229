;; Calls, comparisons and few operands: Fibonacci numbers in the slow way.
(module
  (func $calls (export "run") (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (local.get $n))
      (else
        (i32.add
          (call $calls (i32.sub (local.get $n) (i32.const 1)))
          (call $calls (i32.sub (local.get $n) (i32.const 2))))))))
