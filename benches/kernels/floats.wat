;; Arithmetic of floats in nested loops: how many points of an n by n grid belong to the Mandelbrot set.
(module
  (func (export "run") (param $n i32) (result i32)
    (local $row i32) (local $column i32) (local $rounds i32) (local $count i32)
    (local $re f64) (local $im f64) (local $x f64) (local $y f64) (local $xx f64) (local $yy f64)
    (loop $rows
      (local.set $im (f64.sub (f64.div (f64.mul (f64.convert_i32_s (local.get $row)) (f64.const 2))
        (f64.convert_i32_s (local.get $n))) (f64.const 1)))
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $re (f64.sub (f64.div (f64.mul (f64.convert_i32_s (local.get $column)) (f64.const 3))
          (f64.convert_i32_s (local.get $n))) (f64.const 2)))
        (local.set $x (f64.const 0))
        (local.set $y (f64.const 0))
        (local.set $rounds (i32.const 50))
        (block $escaped
          (loop $iterations
            (local.set $xx (f64.mul (local.get $x) (local.get $x)))
            (local.set $yy (f64.mul (local.get $y) (local.get $y)))
            (br_if $escaped (f64.gt (f64.add (local.get $xx) (local.get $yy)) (f64.const 4)))
            (local.set $y (f64.add (f64.mul (f64.mul (local.get $x) (f64.const 2)) (local.get $y)) (local.get $im)))
            (local.set $x (f64.add (f64.sub (local.get $xx) (local.get $yy)) (local.get $re)))
            (br_if $iterations (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
          (local.set $count (i32.add (local.get $count) (i32.const 1))))
        (br_if $columns (i32.lt_s (local.tee $column (i32.add (local.get $column) (i32.const 1))) (local.get $n))))
      (br_if $rows (i32.lt_s (local.tee $row (i32.add (local.get $row) (i32.const 1))) (local.get $n))))
    (local.get $count)))
