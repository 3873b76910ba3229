//! Calls that are stopped when the fuel runs out, and go on later: in any order, inside each other, or never.

use tablature::{
    Caller, Config, Engine, Extern, Func, Instance, Linker, Module, Result, ResumableCall, Store, Suspended, Trap, Val,
};

const SUM: &str = r#"(module
    (global $calls (mut i32) (i32.const 0))
    (memory (export "m") 1)
    (func $sum (export "sum") (param i32) (result i32)
        (local i32)
        (block $done
            (loop $next
                (br_if $done (i32.eqz (local.get 0)))
                (local.set 1 (i32.add (local.get 1) (local.get 0)))
                (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
                (br $next)))
        (local.get 1))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 0))
            (else (i32.add (local.get 0) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
    (func (export "count") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls))
    (func (export "trap") (param i32) (result i32)
        (drop (call $sum (local.get 0)))
        (unreachable))
    (func (export "endless") (loop $l (br $l))))"#;

fn engine() -> Engine {
    Engine::new(Config::new().consume_fuel(true))
}

fn sum_instance(store: &mut Store<()>) -> Instance {
    let engine = store.engine().clone();
    let module = Module::new(&engine, wat::parse_str(SUM).expect("the text is right")).expect("it is valid");
    Instance::new(store, &module, &[]).expect("it imports nothing")
}

fn func(store: &Store<()>, instance: Instance, name: &str) -> Func {
    instance.get_func(store, name).expect("it is exported")
}

/// Begins a call with `fuel`, which must not be enough.
fn begin(store: &mut Store<()>, function: Func, argument: i32, fuel: u64) -> Suspended {
    store.set_fuel(fuel).expect("fuel is counted");
    let mut results = [Val::I32(-1)];
    let call = function.call_resumable(&mut *store, &[Val::I32(argument)], &mut results).expect("it is only stopped");
    assert_eq!(results, [Val::I32(-1)], "results are written at the end only");
    let ResumableCall::OutOfFuel(suspended) = call else { panic!("{fuel} units of fuel were enough") };
    suspended
}

/// Resumes a call with `fuel`: its result, or the call as it was stopped again.
fn resume(store: &mut Store<()>, suspended: Suspended, fuel: u64) -> Result<i32, Suspended> {
    store.set_fuel(fuel).expect("fuel is counted");
    let mut results = [Val::I32(-1)];
    match suspended.resume(store, &mut results).expect("it does not trap") {
        ResumableCall::Finished => Ok(results[0].i32().expect("an integer")),
        ResumableCall::OutOfFuel(suspended) => Err(suspended),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_goes_on_after_other_calls() {
    let mut store = Store::new(&engine(), ());
    let instance = sum_instance(&mut store);
    let (sum, deep, count) =
        (func(&store, instance, "sum"), func(&store, instance, "deep"), func(&store, instance, "count"));
    let first = begin(&mut store, sum, 1_000, 500);
    let second = begin(&mut store, deep, 1_000, 500);
    assert_eq!(first.func(), sum);
    store.set_fuel(100_000).expect("fuel is counted");
    let count = count.typed::<(), i32>(&store).expect("its type");
    assert_eq!(count.call(&mut store, ()).expect("it returns"), 1);
    let third = begin(&mut store, sum, 10, 3);
    // Not in the order in which they began.
    assert_eq!(resume(&mut store, second, 1 << 30).expect("it is done"), 500_500);
    let first = resume(&mut store, first, 700).expect_err("it needs more");
    assert_eq!(count.call(&mut store, ()).map_err(|error| error.is_out_of_fuel()), Err(true));
    assert_eq!(resume(&mut store, third, 1 << 30).expect("it is done"), 55);
    assert_eq!(resume(&mut store, first, 1 << 30).expect("it is done"), 500_500);
}

#[test]
fn a_stopped_call_uses_the_fuel_of_one_that_is_not() {
    let mut store = Store::new(&engine(), ());
    let instance = sum_instance(&mut store);
    for name in ["sum", "deep"] {
        let function = func(&store, instance, name);
        store.set_fuel(1 << 30).expect("fuel is counted");
        let whole = function.typed::<i32, i32>(&store).expect("its type").call(&mut store, 200).expect("it returns");
        let used = (1 << 30) - store.get_fuel().expect("fuel is counted");
        for slice in [1, 2, 3, 10, 77] {
            let mut given = slice;
            let mut suspended = begin(&mut store, function, 200, slice);
            let result = loop {
                let left = store.get_fuel().expect("fuel is counted");
                given += slice;
                match resume(&mut store, suspended, left + slice) {
                    Ok(result) => break result,
                    Err(again) => suspended = again,
                }
            };
            assert_eq!(result, whole);
            assert_eq!(given - store.get_fuel().expect("fuel is counted"), used, "{name} in slices of {slice}");
        }
    }
}

#[test]
fn a_call_can_trap_after_it_was_stopped() {
    let mut store = Store::new(&engine(), ());
    let instance = sum_instance(&mut store);
    let trap = func(&store, instance, "trap");
    let suspended = begin(&mut store, trap, 100, 50);
    store.set_fuel(1 << 30).expect("fuel is counted");
    let error = suspended.resume(&mut store, &mut [Val::I32(0)]).expect_err("it traps");
    assert_eq!(error.trap(), Some(Trap::Unreachable));
    assert_eq!(error.backtrace().expect("a trap has a backtrace").frames().len(), 1);
}

#[test]
fn what_does_not_fit_is_an_error() {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let mut other = Store::new(&engine, ());
    let instance = sum_instance(&mut store);
    let sum = func(&store, instance, "sum");
    assert!(sum.call_resumable(&mut other, &[Val::I32(1)], &mut [Val::I32(0)]).is_err());
    assert!(sum.call_resumable(&mut store, &[], &mut [Val::I32(0)]).is_err());
    let suspended = begin(&mut store, sum, 100, 50);
    assert!(suspended.resume(&mut other, &mut [Val::I32(0)]).is_err());
    let suspended = begin(&mut store, sum, 100, 50);
    store.set_fuel(1 << 30).expect("fuel is counted");
    assert!(suspended.resume(&mut store, &mut []).is_err());
    // The store is as usable as before.
    let suspended = begin(&mut store, sum, 100, 50);
    assert_eq!(resume(&mut store, suspended, 1 << 30).expect("it is done"), 5_050);
}

/// Memory of this process that is in use, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages: u64 = text.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    pages * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn calls_that_are_dropped_are_freed() {
    let mut store = Store::new(&engine(), ());
    let instance = sum_instance(&mut store);
    let deep = func(&store, instance, "deep");
    let before = resident();
    for _ in 0..300 {
        // Each has some megabytes of stack.
        let suspended = begin(&mut store, deep, 50_000, 500_000);
        drop(suspended);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 << 20, "{} MiB were not freed", grown >> 20);
}

/// Runs the guest's `sum` in slices inside a host function, while the caller is a guest, too.
fn nested(mut caller: Caller<'_, Vec<String>>, argument: i32) -> Result<i32> {
    let outer_fuel = caller.get_fuel()?;
    let sum = caller.get_export("sum").and_then(Extern::into_func).expect("it is exported");
    let mut results = [Val::I32(0)];
    caller.set_fuel(10)?;
    let mut call = sum.call_resumable(&mut caller, &[Val::I32(argument)], &mut results)?;
    let mut stops = 0;
    while let ResumableCall::OutOfFuel(suspended) = call {
        stops += 1;
        let left = caller.get_fuel()?;
        caller.set_fuel(left + 10)?;
        call = suspended.resume(&mut caller, &mut results)?;
    }
    caller.set_fuel(outer_fuel)?;
    caller.data_mut().push(format!("{argument}: {}", if stops > 0 { "stopped" } else { "never stopped" }));
    Ok(results[0].i32().expect("an integer"))
}

fn nested_module(engine: &Engine, store: &mut Store<Vec<String>>) -> Instance {
    let text = SUM.replacen(
        "(global",
        r#"(import "host" "nested" (func $nested (param i32) (result i32)))
        (func (export "outer") (param i32) (result i32)
            (local i32)
            (loop $l
                (local.set 1 (i32.add (local.get 1) (call $nested (local.get 0))))
                (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
            (local.get 1))
        (global"#,
        1,
    );
    let module = Module::new(engine, wat::parse_str(text).expect("the text is right")).expect("it is valid");
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "nested", nested).expect("the name is new");
    linker.instantiate(store, &module).expect("the host has it")
}

#[test]
fn calls_are_stopped_inside_host_functions_of_stopped_calls() {
    let engine = engine();
    let mut store = Store::new(&engine, Vec::new());
    let instance = nested_module(&engine, &mut store);
    let outer = instance.get_func(&store, "outer").expect("it is exported");
    let mut results = [Val::I32(0)];
    store.set_fuel(20).expect("fuel is counted");
    let mut call = outer.call_resumable(&mut store, &[Val::I32(9)], &mut results).expect("it does not trap");
    let mut stops = 0;
    while let ResumableCall::OutOfFuel(suspended) = call {
        stops += 1;
        let left = store.get_fuel().expect("fuel is counted");
        store.set_fuel(left + 5).expect("fuel is counted");
        call = suspended.resume(&mut store, &mut results).expect("it does not trap");
    }
    assert!(stops > 3, "stopped {stops} times");
    assert_eq!(results, [Val::I32((1..=9).map(|n| n * (n + 1) / 2).sum())]);
    assert_eq!(store.data().len(), 9, "each host function is called once: {:?}", store.data());
    assert_eq!(store.data().first().map(String::as_str), Some("9: stopped"));
}

#[test]
fn fuel_that_runs_out_inside_a_host_function_is_its_error() {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let call_endless = |mut caller: Caller<'_, ()>| -> Result<()> {
        let endless = caller.get_export("endless").and_then(Extern::into_func).expect("it is exported");
        endless.typed::<(), ()>(&caller)?.call(&mut caller, ())
    };
    linker.func_wrap("host", "call", call_endless).expect("the name is new");
    let text = r#"(module (import "host" "call" (func $call))
        (func (export "endless") (loop $l (br $l)))
        (func (export "outer") (call $call)))"#;
    let module = Module::new(&engine, wat::parse_str(text).expect("the text is right")).expect("it is valid");
    let instance = linker.instantiate(&mut store, &module).expect("the host has it");
    let outer = instance.get_func(&store, "outer").expect("it is exported");
    for _ in 0..2 {
        store.set_fuel(1_000).expect("fuel is counted");
        let call = outer.call_resumable(&mut store, &[], &mut []).expect("the host function only stops it");
        let ResumableCall::HostTrap(trap) = call else { panic!("a host function cannot go on: {call:?}") };
        assert!(trap.error().is_out_of_fuel(), "{:?}", trap.error());
    }
    // The same guest function alone can be stopped, and dropped.
    let endless = instance.get_func(&store, "endless").expect("it is exported");
    store.set_fuel(1_000).expect("fuel is counted");
    let call = endless.call_resumable(&mut store, &[], &mut []).expect("it is only stopped");
    assert!(matches!(call, ResumableCall::OutOfFuel(_)));
}

#[test]
fn host_functions_can_be_called_so_too() {
    let mut store = Store::new(&engine(), ());
    let twice = Func::wrap(&mut store, |x: i32| x * 2);
    let mut results = [Val::I32(0)];
    let call = twice.call_resumable(&mut store, &[Val::I32(21)], &mut results).expect("it returns");
    assert!(matches!(call, ResumableCall::Finished));
    assert_eq!(results, [Val::I32(42)]);
}
