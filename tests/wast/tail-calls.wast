;; Tail calls take no stack: also between functions of different sizes, through tables, and to other instances.

(module $Far
  (table (export "t") 2 funcref)
  (type $f (func (param i32 i64) (result i64)))
  (elem (i32.const 0) $far)
  (func $far (type $f)
    (if (result i64) (i32.eqz (local.get 0))
      (then (local.get 1))
      (else
        (return_call_indirect (type $f)
          (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.const 1))
          (i32.const 1))))))
(register "far" $Far)

(module
  (import "far" "t" (table $t 2 funcref))
  (type $f (func (param i32 i64) (result i64)))
  (elem (i32.const 1) $near)
  (func $near (type $f)
    (local i64 i64 i64 i64 i64 i64 i64 i64)
    (if (i64.ne (local.get 9) (i64.const 0)) (then (unreachable)))
    (local.set 9 (i64.const 1))
    (if (result i64) (i32.eqz (local.get 0))
      (then (i64.sub (i64.const 0) (local.get 1)))
      (else
        (return_call_indirect $t (type $f)
          (i32.sub (local.get 0) (i32.const 1))
          (i64.add (local.get 1) (i64.const 1))
          (i32.const 0)))))
  (func (export "far") (param i32) (result i64)
    (return_call_indirect (type $f) (local.get 0) (i64.const 0) (i32.const 0)))

  ;; From few parameters to many and back, with operands left below.
  (func $few (param i32) (result i32)
    (i32.const 1) (i32.const 2) (i32.const 3)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 77))))
    (return_call $many (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)))
  (func $many (param i32 i32 i32 i32 i32 i32) (result i32)
    (if (i32.ne (i32.const 15)
          (i32.add (local.get 1) (i32.add (local.get 2) (i32.add (local.get 3) (i32.add (local.get 4) (local.get 5))))))
      (then (unreachable)))
    (return_call $few (i32.sub (local.get 0) (i32.const 1))))
  (func (export "sizes") (param i32) (result i32) (call $few (local.get 0)))

  ;; A caller's frame below stays as it is.
  (func (export "below") (param i32) (result i32)
    (local i32)
    (local.set 1 (i32.const 1000))
    (i32.add (i32.const 500) (i32.add (call $few (local.get 0)) (local.get 1)))))

(assert_return (invoke "far" (i32.const 0)) (i64.const 0))
(assert_return (invoke "far" (i32.const 1)) (i64.const -1))
(assert_return (invoke "far" (i32.const 300000)) (i64.const 300000))
(assert_return (invoke "far" (i32.const 300001)) (i64.const -300001))
(assert_return (invoke "sizes" (i32.const 300000)) (i32.const 77))
(assert_return (invoke "below" (i32.const 300000)) (i32.const 1577))
