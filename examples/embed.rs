//! Calls a guest's function, which calls a function of the host: `cargo run --example embed`.

use tablature::{Caller, Engine, Linker, Module, Result, Store};

/// A guest that tells its host each step of what it computes.
const GUEST: &str = r#"
    (module
      (import "host" "step" (func $step (param i64)))
      (func $factorial (export "factorial") (param $n i64) (result i64)
        (local $result i64)
        (local.set $result (i64.const 1))
        (loop $again
          (local.set $result (i64.mul (local.get $result) (local.get $n)))
          (call $step (local.get $result))
          (local.set $n (i64.sub (local.get $n) (i64.const 1)))
          (br_if $again (i64.gt_u (local.get $n) (i64.const 1))))
        (local.get $result)))
"#;

fn main() -> Result<()> {
    let engine = Engine::default();
    // Programs are mostly in the binary format; the crate `wat` translates the text format into it.
    let bytes = wat::parse_str(GUEST).expect("the text is right");
    let module = Module::new(&engine, bytes)?;

    // The closure's parameters say the function's type. The store holds data of the host's: here, the steps.
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "step", |mut caller: Caller<'_, Vec<i64>>, value: i64| {
        caller.data_mut().push(value);
    })?;

    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module)?;
    // The type is checked here, once, and not with every call.
    let factorial = instance.get_typed_func::<i64, i64>(&store, "factorial")?;
    let result = factorial.call(&mut store, 5)?;

    println!("5! = {result}, by the steps {:?}", store.data());
    assert_eq!(result, 120);
    assert_eq!(store.data(), &[5, 20, 60, 120]);
    Ok(())
}
