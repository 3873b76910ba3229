;; What stays of an instantiation that traps, and the order of its steps.

(module $Host
  (memory (export "m") 1)
  (table (export "t") 10 funcref)
  (func $null (result i32) (i32.const -1))
  (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0))))
(register "h" $Host)

;; Element segments are written one after the other, then data segments; what was written before the trap stays, and
;; its functions can be called: they keep their instance.
(assert_trap
  (module
    (import "h" "m" (memory 1))
    (import "h" "t" (table 10 funcref))
    (global $g i32 (i32.const 123))
    (func $f (result i32) (global.get $g))
    (elem (i32.const 1) $f)
    (data (i32.const 0) "\09")
    (data (i32.const 65536) "\01"))
  "out of bounds memory access")
(assert_return (invoke $Host "call" (i32.const 1)) (i32.const 123))
(assert_return (invoke $Host "byte" (i32.const 0)) (i32.const 9))

(assert_trap
  (module
    (import "h" "m" (memory 1))
    (import "h" "t" (table 10 funcref))
    (func $f (result i32) (i32.const 5))
    (elem (i32.const 2) $f)
    (elem (i32.const 10) $f)
    (data (i32.const 1) "\07"))
  "out of bounds table access")
(assert_return (invoke $Host "call" (i32.const 2)) (i32.const 5))
(assert_return (invoke $Host "byte" (i32.const 1)) (i32.const 0))

;; The start function runs last, and what it did before it trapped stays.
(assert_trap
  (module
    (import "h" "m" (memory 1))
    (import "h" "t" (table 10 funcref))
    (func $f (result i32) (i32.load8_u (i32.const 2)))
    (elem (i32.const 3) $f)
    (data (i32.const 2) "\40")
    (func $start
      (i32.store8 (i32.const 2) (i32.add (i32.load8_u (i32.const 2)) (i32.const 2)))
      (unreachable))
    (start $start))
  "unreachable")
(assert_return (invoke $Host "call" (i32.const 3)) (i32.const 0x42))

;; Nothing is written where an import does not fit.
(assert_unlinkable
  (module
    (import "h" "m" (memory 1))
    (import "h" "absent" (func))
    (data (i32.const 3) "\01"))
  "unknown import")
(assert_unlinkable
  (module
    (import "h" "m" (memory 1))
    (import "h" "t" (table 11 funcref))
    (data (i32.const 3) "\01"))
  "incompatible import type")
(assert_return (invoke $Host "byte" (i32.const 3)) (i32.const 0))

;; A declarative segment is dropped, an active one after it was written, a passive one on demand.
(module
  (table $t 4 funcref)
  (memory 1)
  (func $f)
  (elem $declared declare func $f)
  (elem $active (i32.const 0) func $f)
  (elem $passive func $f)
  (data $written (i32.const 0) "x")
  (func (export "declared") (table.init $declared (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "active") (table.init $active (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "passive") (table.init $passive (i32.const 1) (i32.const 0) (i32.const 1)))
  (func (export "written") (memory.init $written (i32.const 0) (i32.const 0) (i32.const 1)))
  (func (export "nothing") (table.init $declared (i32.const 0) (i32.const 0) (i32.const 0))))
(assert_trap (invoke "declared") "out of bounds table access")
(assert_trap (invoke "active") "out of bounds table access")
(assert_return (invoke "passive"))
(assert_trap (invoke "written") "out of bounds memory access")
(assert_return (invoke "nothing"))

;; Two instances of one module share nothing.
(module definition $Counter
  (global $n (mut i32) (i32.const 0))
  (memory 1)
  (func (export "count") (result i32)
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 10)))
    (i32.add (global.get $n) (i32.load (i32.const 0)))))
(module instance $C1 $Counter)
(module instance $C2 $Counter)
(assert_return (invoke $C1 "count") (i32.const 11))
(assert_return (invoke $C1 "count") (i32.const 22))
(assert_return (invoke $C2 "count") (i32.const 11))
