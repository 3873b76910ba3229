;; Loads, stores and short loops: how many primes are below n, by a sieve of a byte a number.
(module
  (memory 2)
  (func (export "run") (param $n i32) (result i32)
    (local $number i32) (local $multiple i32) (local $count i32)
    (memory.fill (i32.const 0) (i32.const 0) (local.get $n))
    (local.set $number (i32.const 2))
    (block $done
      (loop $numbers
        (br_if $done (i32.ge_u (local.get $number) (local.get $n)))
        (if (i32.eqz (i32.load8_u (local.get $number)))
          (then
            (local.set $count (i32.add (local.get $count) (i32.const 1)))
            (local.set $multiple (i32.shl (local.get $number) (i32.const 1)))
            (block $crossed
              (loop $multiples
                (br_if $crossed (i32.ge_u (local.get $multiple) (local.get $n)))
                (i32.store8 (local.get $multiple) (i32.const 1))
                (local.set $multiple (i32.add (local.get $multiple) (local.get $number)))
                (br $multiples)))))
        (local.set $number (i32.add (local.get $number) (i32.const 1)))
        (br $numbers)))
    (local.get $count)))
