//! Limits what a guest may execute, and lets it go on later: `cargo run --example fuel`.

use tablature::{Config, Engine, Instance, Module, Result, ResumableCall, Store, Val};

/// A guest that counts down.
const GUEST: &str = r#"
    (module
      (func (export "count") (param $from i32) (result i32)
        (local $steps i32)
        (loop $again
          (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
          (br_if $again (local.tee $from (i32.sub (local.get $from) (i32.const 1)))))
        (local.get $steps)))
"#;

/// Fuel for each slice of the guest's time.
const SLICE: u64 = 2_500;

fn main() -> Result<()> {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the text is right"))?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;

    // An ordinary call fails when the fuel runs out, always at the same instruction.
    let count = instance.get_typed_func::<i32, i32>(&store, "count")?;
    store.set_fuel(SLICE)?;
    let error = count.call(&mut store, 1_000).unwrap_err();
    println!("{error}");
    assert!(error.is_out_of_fuel());
    assert_eq!(error.to_string(), "all fuel consumed");

    // A resumable call stops instead, and goes on as if nothing had happened.
    let mut results = [Val::I32(0)];
    let mut slices = 1;
    store.set_fuel(SLICE)?;
    let mut call = count.func().call_resumable(&mut store, &[Val::I32(1_000)], &mut results)?;
    while let ResumableCall::OutOfFuel(suspended) = call {
        println!("slice {slices} is used up");
        // Here the host could do something else, or let other guests have their turn.
        slices += 1;
        let left = store.get_fuel()?;
        store.set_fuel(left + SLICE)?;
        call = suspended.resume(&mut store, &mut results)?;
    }

    let used = slices * SLICE - store.get_fuel()?;
    assert!(matches!(call, ResumableCall::Finished));
    assert_eq!(results, [Val::I32(1_000)]);
    println!("counted to the end in {slices} slices, with {used} units of fuel");

    // Without stops it is the same amount.
    store.set_fuel(slices * SLICE)?;
    assert_eq!(count.call(&mut store, 1_000)?, 1_000);
    assert_eq!(store.get_fuel()?, slices * SLICE - used);
    Ok(())
}
