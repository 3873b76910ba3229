;; "Hello" for WASI, written by hand. Run it with:
;;
;;     tablature examples/hello.wat
(module
  ;; fd_write(descriptor, address of a list of pieces, number of pieces, address for the number of bytes written)
  ;; writes to a file, and gives 0 or the number of an error.
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  ;; The functions of WASI work on the memory that is exported under this name.
  (memory (export "memory") 1)

  ;; At 0 the list of pieces, each an address and a length: here one piece of 22 bytes at 16.
  (data (i32.const 0) "\10\00\00\00\16\00\00\00")
  ;; At 8 there is room for the number of bytes written, and at 16 stands what is written.
  (data (i32.const 16) "Hello from Tablature!\n")

  ;; A program begins here.
  (func (export "_start")
    (local $error i32)
    (local.set $error
      (call $fd_write
        (i32.const 1)     ;; standard output
        (i32.const 0)     ;; the list of pieces
        (i32.const 1)     ;; of which there is one
        (i32.const 8)))   ;; where to say how much was written
    ;; A program that returns has succeeded; one that failed says so with its exit code.
    (if (local.get $error)
      (then (call $proc_exit (local.get $error))))))
