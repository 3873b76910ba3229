//! Stops a guest after a time, and lets it go on: `cargo run --example timeout`.

use std::time::Duration;
use tablature::{Config, Engine, Instance, Module, Result, ResumableCall, Store, Val};

/// A guest that runs until the host says that it is enough.
const GUEST: &str = r#"
    (module
      (global $enough (export "enough") (mut i32) (i32.const 0))
      (func (export "run") (result i64)
        (local $rounds i64)
        (loop $again
          (local.set $rounds (i64.add (local.get $rounds) (i64.const 1)))
          (br_if $again (i32.eqz (global.get $enough))))
        (local.get $rounds)))
"#;

const TIME: Duration = Duration::from_millis(20);

fn main() -> Result<()> {
    // Guests look whether they are to stop only where the engine is told so.
    let engine = Engine::new(Config::new().interruptible(true));
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the text is right"))?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let handle = store.interrupt_handle()?;

    // An ordinary call fails. Dropping the time-out withdraws it.
    let run = instance.get_typed_func::<(), i64>(&store, "run")?;
    let time_out = handle.interrupt_after(TIME);
    let error = run.call(&mut store, ()).unwrap_err();
    drop(time_out);
    println!("{error}");
    assert!(error.is_interrupted());

    // A resumable call stops. The host decides what becomes of it, and may change what the guest sees meanwhile.
    let mut results = [Val::I64(0)];
    let time_out = handle.interrupt_after(TIME);
    let call = run.func().call_resumable(&mut store, &[], &mut results)?;
    drop(time_out);
    let ResumableCall::Interrupted(suspended) = call else { panic!("nothing else can stop it") };
    println!("stopped");

    let enough = instance.get_global(&store, "enough").expect("it is exported");
    enough.set(&mut store, Val::I32(1))?;
    let call = suspended.resume(&mut store, &mut results)?;
    assert!(matches!(call, ResumableCall::Finished));
    let rounds = results[0].i64().expect("it gives an integer");
    println!("finished, with more than one round: {}", rounds > 1);
    Ok(())
}
