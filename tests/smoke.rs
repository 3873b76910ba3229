//! A first program.
use tablature::*;

#[test]
fn factorial_with_and_without_fuel() {
    let wat = r#"(module
        (import "host" "seen" (func $seen (param i32)))
        (func $fac (export "fac") (param i64) (result i64)
            (if (result i64) (i64.eqz (local.get 0))
                (then (i64.const 1))
                (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
        (func (export "loop") (param i32) (result i32) (local i32)
            (loop $l
                (local.set 1 (i32.add (local.get 1) (local.get 0)))
                (call $seen (local.get 0))
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1)))"#;
    let wasm = wat::parse_str(wat).unwrap();
    for fuel in [false, true] {
        let mut config = Config::new();
        config.consume_fuel(fuel);
        let engine = Engine::new(&config);
        let module = Module::new(&engine, &wasm).unwrap();
        let mut store = Store::new(&engine, Vec::new());
        if fuel {
            store.set_fuel(1000).unwrap();
        }
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "seen", |mut caller: Caller<'_, Vec<i32>>, n: i32| caller.data_mut().push(n)).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let fac = instance.get_typed_func::<i64, i64>(&store, "fac").unwrap();
        assert_eq!(fac.call(&mut store, 10).unwrap(), 3628800);
        let f = instance.get_typed_func::<i32, i32>(&store, "loop").unwrap();
        assert_eq!(f.call(&mut store, 5).unwrap(), 15);
        assert_eq!(store.data(), &[5, 4, 3, 2, 1]);
        if fuel {
            assert_eq!(store.get_fuel().unwrap(), 835);
        }
    }
}
