;; Copies the standard input to the standard output with ASCII letters made large, says so on the standard error, and
;; exits with code 3:
;;
;;     echo hello | tablature wasi/examples/shout.wat
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; At 0 an address and a length, at 8 how much was read or written, at 16 a message, from 64 on the text.
  (data (i32.const 16) "all letters are large\n")

  (func $check (param $error i32)
    (if (local.get $error)
      (then (call $proc_exit (i32.const 1)))))

  (func $write (param $stream i32) (param $address i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $address))
    (i32.store (i32.const 4) (local.get $length))
    (call $check (call $fd_write (local.get $stream) (i32.const 0) (i32.const 1) (i32.const 8))))

  ;; Reads some text and gives its length, which is 0 at the end.
  (func $read (result i32)
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const 1024))
    (call $check (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8)))

  (func $make_large (param $address i32) (param $length i32)
    (local $end i32) (local $letter i32)
    (local.set $end (i32.add (local.get $address) (local.get $length)))
    (loop $again
      (local.set $letter (i32.load8_u (local.get $address)))
      (if (i32.lt_u (i32.sub (local.get $letter) (i32.const 97)) (i32.const 26))
        (then (i32.store8 (local.get $address) (i32.sub (local.get $letter) (i32.const 32)))))
      (local.set $address (i32.add (local.get $address) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $address) (local.get $end)))))

  (func (export "_start")
    (local $length i32)
    (block $end
      (loop $again
        (br_if $end (i32.eqz (local.tee $length (call $read))))
        (call $make_large (i32.const 64) (local.get $length))
        (call $write (i32.const 1) (i32.const 64) (local.get $length))
        (br $again)))
    (call $write (i32.const 2) (i32.const 16) (i32.const 22))
    (call $proc_exit (i32.const 3))))
