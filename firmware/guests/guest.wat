;; What a small device may be asked to compute: a digest, a sort, a sieve, text. One memory of 2 KiB in pages of one byte.
;;
;;   0..64      the block that SHA-256 works on       64..320    its message schedule
;;   320..352   its state                             352..608   its constants
;;   608..672   texts                                 704..768   a digest in hexadecimal digits
;;   768..2048  samples, numbers, the sieve
(module
  (import "board" "sample" (func $sample (param i32) (result i32)))
  (import "board" "print" (func $print (param i32 i32)))
  (memory (export "memory") 2048 2048 (pagesize 1))
  (global $state (mut i32) (i32.const 1))

  ;; The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
  (data (i32.const 352)
    "\98\2f\8a\42\91\44\37\71\cf\fb\c0\b5\a5\db\b5\e9\5b\c2\56\39\f1\11\f1\59\a4\82\3f\92\d5\5e\1c\ab"
    "\98\aa\07\d8\01\5b\83\12\be\85\31\24\c3\7d\0c\55\74\5d\be\72\fe\b1\de\80\a7\06\dc\9b\74\f1\9b\c1"
    "\c1\69\9b\e4\86\47\be\ef\c6\9d\c1\0f\cc\a1\0c\24\6f\2c\e9\2d\aa\84\74\4a\dc\a9\b0\5c\da\88\f9\76"
    "\52\51\3e\98\6d\c6\31\a8\c8\27\03\b0\c7\7f\59\bf\f3\0b\e0\c6\47\91\a7\d5\51\63\ca\06\67\29\29\14"
    "\85\0a\b7\27\38\21\1b\2e\fc\6d\2c\4d\13\0d\38\53\54\73\0a\65\bb\0a\6a\76\2e\c9\c2\81\85\2c\72\92"
    "\a1\e8\bf\a2\4b\66\1a\a8\70\8b\4b\c2\a3\51\6c\c7\19\e8\92\d1\24\06\99\d6\85\35\0e\f4\70\a0\6a\10"
    "\16\c1\a4\19\08\6c\37\1e\4c\77\48\27\b5\bc\b0\34\b3\0c\1c\39\4a\aa\d8\4e\4f\ca\9c\5b\f3\6f\2e\68"
    "\ee\82\8f\74\6f\63\a5\78\14\78\c8\84\08\02\c7\8c\fa\ff\be\90\eb\6c\50\a4\f7\a3\f9\be\f2\78\71\c6")
  (data (i32.const 608) "sorted: ")

  ;; Numbers that look random.
  (func $next (result i32)
    (global.set $state
      (i32.add (i32.mul (global.get $state) (i32.const 1103515245)) (i32.const 12345)))
    (i32.shr_u (global.get $state) (i32.const 16)))

  (func $swapped (param $x i32) (result i32)
    (i32.or
      (i32.or
        (i32.shl (local.get $x) (i32.const 24))
        (i32.shl (i32.and (local.get $x) (i32.const 0xff00)) (i32.const 8)))
      (i32.or
        (i32.and (i32.shr_u (local.get $x) (i32.const 8)) (i32.const 0xff00))
        (i32.shr_u (local.get $x) (i32.const 24)))))

  ;; One block of SHA-256, from 0, into the state.
  (func $block
    (local $i i32) (local $w i32) (local $v i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local $e i32) (local $f i32) (local $g i32) (local $h i32)
    (loop $first
      (i32.store offset=64 (local.get $i) (call $swapped (i32.load (local.get $i))))
      (br_if $first (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 64))))
    (loop $more
      (local.set $w (i32.load offset=4 (local.get $i)))
      (local.set $v (i32.load offset=56 (local.get $i)))
      (i32.store offset=64 (local.get $i)
        (i32.add
          (i32.add (i32.load (local.get $i)) (i32.load offset=36 (local.get $i)))
          (i32.add
            (i32.xor
              (i32.xor (i32.rotr (local.get $w) (i32.const 7)) (i32.rotr (local.get $w) (i32.const 18)))
              (i32.shr_u (local.get $w) (i32.const 3)))
            (i32.xor
              (i32.xor (i32.rotr (local.get $v) (i32.const 17)) (i32.rotr (local.get $v) (i32.const 19)))
              (i32.shr_u (local.get $v) (i32.const 10))))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256))))
    (local.set $a (i32.load offset=320 (i32.const 0)))
    (local.set $b (i32.load offset=324 (i32.const 0)))
    (local.set $c (i32.load offset=328 (i32.const 0)))
    (local.set $d (i32.load offset=332 (i32.const 0)))
    (local.set $e (i32.load offset=336 (i32.const 0)))
    (local.set $f (i32.load offset=340 (i32.const 0)))
    (local.set $g (i32.load offset=344 (i32.const 0)))
    (local.set $h (i32.load offset=348 (i32.const 0)))
    (local.set $i (i32.const 0))
    (loop $round
      (local.set $v
        (i32.add
          (i32.add
            (i32.add (local.get $h) (i32.load offset=352 (local.get $i)))
            (i32.add (i32.load offset=64 (local.get $i))
              (i32.xor (i32.and (local.get $e) (local.get $f))
                (i32.and (i32.xor (local.get $e) (i32.const -1)) (local.get $g)))))
          (i32.xor
            (i32.xor (i32.rotr (local.get $e) (i32.const 6)) (i32.rotr (local.get $e) (i32.const 11)))
            (i32.rotr (local.get $e) (i32.const 25)))))
      (local.set $w
        (i32.add
          (i32.xor
            (i32.xor (i32.rotr (local.get $a) (i32.const 2)) (i32.rotr (local.get $a) (i32.const 13)))
            (i32.rotr (local.get $a) (i32.const 22)))
          (i32.xor
            (i32.and (local.get $a) (i32.xor (local.get $b) (local.get $c)))
            (i32.and (local.get $b) (local.get $c)))))
      (local.set $h (local.get $g))
      (local.set $g (local.get $f))
      (local.set $f (local.get $e))
      (local.set $e (i32.add (local.get $d) (local.get $v)))
      (local.set $d (local.get $c))
      (local.set $c (local.get $b))
      (local.set $b (local.get $a))
      (local.set $a (i32.add (local.get $v) (local.get $w)))
      (br_if $round (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 256))))
    (call $add (i32.const 320) (local.get $a))
    (call $add (i32.const 324) (local.get $b))
    (call $add (i32.const 328) (local.get $c))
    (call $add (i32.const 332) (local.get $d))
    (call $add (i32.const 336) (local.get $e))
    (call $add (i32.const 340) (local.get $f))
    (call $add (i32.const 344) (local.get $g))
    (call $add (i32.const 348) (local.get $h)))

  (func $add (param $at i32) (param $x i32)
    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (local.get $x))))

  ;; Writes a number in hexadecimal digits.
  (func $hex (param $at i32) (param $x i32)
    (local $digit i32) (local $shift i32)
    (local.set $shift (i32.const 28))
    (loop $more
      (local.set $digit (i32.and (i32.shr_u (local.get $x) (local.get $shift)) (i32.const 15)))
      (i32.store8 (local.get $at)
        (i32.add (local.get $digit)
          (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $more (i32.ge_s (local.tee $shift (i32.sub (local.get $shift) (i32.const 4))) (i32.const 0)))))

  ;; Writes a number in decimal digits and a blank; gives the place after it.
  (func $decimal (param $at i32) (param $x i32) (result i32)
    (if (i32.ge_u (local.get $x) (i32.const 10))
      (then
        (local.set $at (i32.sub (call $decimal (local.get $at) (i32.div_u (local.get $x) (i32.const 10)))
          (i32.const 1)))))
    (i32.store8 (local.get $at) (i32.add (i32.rem_u (local.get $x) (i32.const 10)) (i32.const 48)))
    (i32.store8 offset=1 (local.get $at) (i32.const 32))
    (i32.add (local.get $at) (i32.const 2)))

  ;; Prints the SHA-256 digest of `count` samples, at most 51 bytes, and gives its first word.
  (func (export "digest") (param $count i32) (result i32)
    (local $i i32)
    (i64.store offset=320 (i32.const 0) (i64.const 0xbb67ae856a09e667))
    (i64.store offset=328 (i32.const 0) (i64.const 0xa54ff53a3c6ef372))
    (i64.store offset=336 (i32.const 0) (i64.const 0x9b05688c510e527f))
    (i64.store offset=344 (i32.const 0) (i64.const 0x5be0cd191f83d9ab))
    (loop $clear
      (i64.store (local.get $i) (i64.const 0))
      (br_if $clear (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 64))))
    (local.set $i (i32.const 0))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (i32.store8 (local.get $i) (call $sample (local.get $i)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $more)))
    (i32.store8 (local.get $count) (i32.const 0x80))
    (i32.store (i32.const 60) (call $swapped (i32.shl (local.get $count) (i32.const 3))))
    (call $block)
    (local.set $i (i32.const 0))
    (loop $digits
      (call $hex (i32.add (i32.shl (local.get $i) (i32.const 1)) (i32.const 704))
        (i32.load offset=320 (local.get $i)))
      (br_if $digits (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 32))))
    (call $print (i32.const 704) (i32.const 64))
    (i32.load (i32.const 320)))

  ;; Sorts the numbers of 16 bits from $low up to $high, by Hoare.
  (func $quicksort (param $low i32) (param $high i32)
    (local $i i32) (local $j i32) (local $pivot i32) (local $x i32)
    (if (i32.ge_u (local.get $low) (local.get $high)) (then (return)))
    (local.set $i (i32.sub (local.get $low) (i32.const 2)))
    (local.set $j (i32.add (local.get $high) (i32.const 2)))
    (local.set $pivot
      (i32.load16_u
        (i32.and (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)) (i32.const -2))))
    (block $done
      (loop $more
        (loop $up
          (local.set $i (i32.add (local.get $i) (i32.const 2)))
          (br_if $up (i32.lt_u (i32.load16_u (local.get $i)) (local.get $pivot))))
        (loop $down
          (local.set $j (i32.sub (local.get $j) (i32.const 2)))
          (br_if $down (i32.gt_u (i32.load16_u (local.get $j)) (local.get $pivot))))
        (br_if $done (i32.ge_u (local.get $i) (local.get $j)))
        (local.set $x (i32.load16_u (local.get $i)))
        (i32.store16 (local.get $i) (i32.load16_u (local.get $j)))
        (i32.store16 (local.get $j) (local.get $x))
        (br $more)))
    (call $quicksort (local.get $low) (local.get $j))
    (call $quicksort (i32.add (local.get $j) (i32.const 2)) (local.get $high)))

  ;; Sorts `count` numbers; gives how many stand before a smaller one afterwards.
  (func (export "sort") (param $count i32) (result i32)
    (local $i i32) (local $wrong i32) (local $end i32)
    (local.set $end (i32.add (i32.shl (local.get $count) (i32.const 1)) (i32.const 768)))
    (local.set $i (i32.const 768))
    (loop $fill
      (i32.store16 (local.get $i) (i32.rem_u (call $next) (i32.const 1000)))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $end))))
    (call $quicksort (i32.const 768) (i32.sub (local.get $end) (i32.const 2)))
    (local.set $i (i32.const 770))
    (loop $check
      (local.set $wrong (i32.add (local.get $wrong)
        (i32.lt_u (i32.load16_u (local.get $i)) (i32.load16_u (i32.sub (local.get $i) (i32.const 2))))))
      (br_if $check (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $end))))
    ;; The least, the middle and the greatest.
    (local.set $i (call $decimal (i32.const 616) (i32.load16_u (i32.const 768))))
    (local.set $i (call $decimal (local.get $i)
      (i32.load16_u offset=768 (i32.and (local.get $count) (i32.const -2)))))
    (local.set $i (call $decimal (local.get $i) (i32.load16_u (i32.sub (local.get $end) (i32.const 2)))))
    (call $print (i32.const 608) (i32.sub (local.get $i) (i32.const 609)))
    (local.get $wrong))

  ;; How many primes there are below `end`, which is at most 1280.
  (func (export "primes") (param $end i32) (result i32)
    (local $i i32) (local $j i32) (local $count i32)
    (loop $clear
      (i32.store8 offset=768 (local.get $i) (i32.const 0))
      (br_if $clear (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u offset=768 (local.get $i)))
        (then
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $j (i32.mul (local.get $i) (local.get $i)))
          (block $done
            (loop $mark
              (br_if $done (i32.ge_u (local.get $j) (local.get $end)))
              (i32.store8 offset=768 (local.get $j) (i32.const 1))
              (local.set $j (i32.add (local.get $j) (local.get $i)))
              (br $mark)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.get $count))

  (func (export "divide") (param $a i32) (param $b i32) (result i32)
    (i32.div_s (local.get $a) (local.get $b)))

  (func (export "load") (param $at i32) (result i32)
    (i32.load (local.get $at)))

  (func $deep (export "deep") (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (call $deep (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0)))))
