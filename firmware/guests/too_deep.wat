;; Valid, but with more blocks inside each other than the firmware has room for.
(module
  (func (export "run")
    (block (block (block (block (block (block (block (block (block (block (block (block
      (br 11)))))))))))))))
