//! Interruption from outside, and time-outs.

use super::{instance, module};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tablature::{
    Caller, Config, Dispatch, Engine, Error, Extern, FuelClass, FuelCosts, Func, FuncType, Instance, Linker,
    ResumableCall, Store, Strategy, TypedFunc, Val,
};

const SPIN: &str = r#"(module
    (func (export "spin") (loop (br 0)))
    (func (export "count") (param i32) (result i32)
        (local i32)
        (loop
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
        (local.get 1))
    (memory 100)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 7) (i32.const 6553600))))"#;

fn store(config: &mut Config) -> Store<()> {
    Store::new(&Engine::new(config.interruptible(true)), ())
}

fn spin(store: &mut Store<()>) -> TypedFunc<(), ()> {
    instance(store, SPIN).get_typed_func(&*store, "spin").expect("it is exported")
}

#[test]
fn another_thread_interrupts_an_endless_guest() {
    for fuel in [false, true] {
        for probe_fails in [false, true] {
            let mut store = store(Config::new().consume_fuel(fuel).probe_fails(probe_fails));
            if fuel {
                store.set_fuel(u64::MAX).expect("fuel is counted");
            }
            let spin = spin(&mut store);
            let handle = store.interrupt_handle().expect("it is allowed");
            let other = thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                handle.interrupt();
            });
            let error = spin.call(&mut store, ()).expect_err("it never ends by itself");
            assert!(error.is_interrupted(), "{error}");
            assert_eq!(error.to_string(), "interrupted");
            assert!(error.backtrace().is_some());
            other.join().expect("it does not panic");
        }
    }
}

/// Guests that never end, or not before centuries have passed: each goes round in a way of its own.
const ENDLESS: &[(&str, &str)] = &[
    ("a condition", "(loop (br_if 0 (i32.const 1)))"),
    ("a comparison", "(loop (br_if 0 (i32.ge_u (local.get 0) (i32.const 0))))"),
    ("a table", "(loop (br_table 0 0 (local.get 0)))"),
    ("two branches", "(loop (br_if 0 (local.get 0)) (br 0))"),
    (
        "a loop in it",
        "(loop (local.set 0 (i32.const 3)) (loop (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if 0)) (br 0))",
    ),
    ("from inside", "(loop (loop (br 1)))"),
    ("a call in it", "(loop (call $nothing) (br 0))"),
    ("an indirect call in it", "(loop (call_indirect (i32.const 0)) (br 0))"),
    ("a call of the host in it", "(loop (call $host) (br 0))"),
    ("recursion", "(call $twice (i32.const 200))"),
    ("indirect recursion", "(call $twice_indirectly (i32.const 200))"),
    ("a tail call", "(return_call $endless)"),
    ("an indirect tail call", "(return_call_indirect (i32.const 3))"),
];

/// The module of such a guest.
fn endless(body: &str) -> String {
    format!(
        r#"(module
        (import "host" "nop" (func $host))
        (table funcref (elem $nothing $twice $twice_indirectly $endless))
        (type $nothing (func))
        (type $number (func (param i32)))
        (func $nothing)
        (func $twice (param i32)
            (if (local.get 0) (then
                (call $twice (i32.sub (local.get 0) (i32.const 1)))
                (call $twice (i32.sub (local.get 0) (i32.const 1))))))
        (func $twice_indirectly (param i32)
            (if (local.get 0) (then
                (call_indirect (type $number) (i32.sub (local.get 0) (i32.const 1)) (i32.const 2))
                (call_indirect (type $number) (i32.sub (local.get 0) (i32.const 1)) (i32.const 2)))))
        (func $endless (export "endless") (local i32) {body}))"#
    )
}

/// Settings for each way to look for interruptions, in each engine.
fn interruptible() -> impl Iterator<Item = (String, Config)> {
    let strategies = [Strategy::InPlace, Strategy::Auto, Strategy::Register];
    let forms = [(Dispatch::Auto, false), (Dispatch::Checked, false), (Dispatch::Auto, true)];
    strategies.into_iter().flat_map(move |strategy| {
        forms.into_iter().map(move |(dispatch, probe_fails)| {
            let mut config = Config::new();
            config
                .interruptible(true)
                .interruption_slice(1_000)
                .strategy(strategy)
                .dispatch(dispatch)
                .probe_fails(probe_fails);
            (format!("{strategy:?}, {dispatch:?}, probe fails: {probe_fails}"), config)
        })
    })
}

#[test]
fn however_a_guest_goes_round_it_is_interrupted() {
    for (name, config) in interruptible() {
        for (way, body) in ENDLESS {
            let mut store = Store::new(&Engine::new(&config), ());
            let mut linker = Linker::new(store.engine());
            linker.func_wrap("host", "nop", || {}).expect("it is new");
            let module = module(store.engine(), &endless(body));
            let instance = linker.instantiate(&mut store, &module).expect("it fits");
            let endless = instance.get_typed_func::<(), ()>(&store, "endless").expect("it is exported");
            let handle = store.interrupt_handle().expect("it is allowed");
            handle.interrupt();
            let mut call = endless.func().call_resumable(&mut store, &[], &mut []);
            for stops in 0..10 {
                let Ok(ResumableCall::Interrupted(suspended)) = call else {
                    panic!("{name}, {way}: not interrupted after {stops} times: {call:?}")
                };
                handle.interrupt();
                call = suspended.resume(&mut store, &mut []);
            }
            let (began, time_out) = (Instant::now(), handle.interrupt_after(Duration::from_millis(2)));
            let error = endless.call(&mut store, ()).expect_err("it never ends by itself");
            assert!(error.is_interrupted(), "{name}, {way}: {error}");
            assert!(error.backtrace().is_some_and(|backtrace| !backtrace.frames().is_empty()), "{name}, {way}");
            assert!(began.elapsed() < Duration::from_secs(5), "{name}, {way}");
            drop(time_out);
        }
    }
}

#[test]
fn what_a_host_function_calls_is_not_interrupted_in_its_place() {
    let text = r#"(module (import "host" "f" (func $f))
        (global $g (export "g") (mut i32) (i32.const 0))
        (func (export "inner") (global.set $g (i32.const 7)))
        (func (export "outer") (call $f) (loop (br 0))))"#;
    for (name, config) in interruptible() {
        let mut store = Store::new(&Engine::new(&config), ());
        let handle = store.interrupt_handle().expect("it is allowed");
        let mut linker = Linker::new(store.engine());
        let host = handle.clone();
        let call_inner = move |mut caller: Caller<'_, ()>| {
            host.interrupt();
            let inner = caller.get_export("inner").and_then(Extern::into_func).expect("it is exported");
            inner.call(&mut caller, &[], &mut [])
        };
        linker.func_wrap("host", "f", call_inner).expect("it is new");
        let module = module(store.engine(), text);
        let instance = linker.instantiate(&mut store, &module).expect("it fits");
        let outer = instance.get_func(&store, "outer").expect("it is exported");
        let call = outer.call_resumable(&mut store, &[], &mut []);
        assert!(matches!(call, Ok(ResumableCall::Interrupted(_))), "{name}: {call:?}");
        let global = instance.get_global(&store, "g").expect("it is exported");
        assert_eq!(global.get(&store), Val::I32(7), "{name}");
    }
}

#[test]
fn an_interrupted_loop_is_where_the_backtrace_points() {
    let text = r#"(module (func (export "f") (param i32)
        (block (br_if 0 (local.get 0)) (nop)) (loop (loop (br_if 1 (local.get 0)) (br 0)))))"#;
    let bytes = wat::parse_str(text).expect("the text is right");
    let loops = bytes.windows(4).position(|four| four == [0x03, 0x40, 0x03, 0x40]).expect("they follow each other");
    for (name, config) in interruptible() {
        let mut store = Store::new(&Engine::new(&config), ());
        let f = instance(&mut store, text).get_typed_func::<i32, ()>(&store, "f").expect("it is exported");
        let time_out = store.interrupt_handle().expect("it is allowed").interrupt_after(Duration::from_millis(20));
        let error = f.call(&mut store, 1).expect_err("it never ends by itself");
        let offset = error.backtrace().map(|backtrace| backtrace.frames()[0].module_offset());
        assert!(offset.is_some_and(|offset| offset as usize > loops), "{name}: {offset:?}, not behind {loops}");
        drop(time_out);
    }
}

/// Calls, loops and loops inside them: as many rounds as asked for, mixed to one number.
const WORK: &str = r#"(module
    (table funcref (elem $mix))
    (type $mix (func (param i32 i32) (result i32)))
    (func $mix (type $mix) (i32.xor (i32.mul (local.get 0) (i32.const 31)) (local.get 1)))
    (func $fib (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "work") (param i32) (result i32)
        (local $i i32) (local $j i32) (local $sum i32)
        (loop $outer
            (local.set $j (i32.const 0))
            (loop $inner
                (local.set $sum (call_indirect (type $mix) (local.get $sum) (local.get $j) (i32.const 0)))
                (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 20))))
            (local.set $j (i32.const 0))
            (loop $inner
                (local.set $sum (i32.add (local.get $sum) (local.get $j)))
                (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 3))) (i32.const 200))))
            (local.set $sum (call $mix (local.get $sum) (call $fib (i32.and (local.get $i) (i32.const 15)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $outer (i32.lt_u (local.get $i) (local.get 0))))
        (local.get $sum)))"#;

#[test]
fn calls_that_are_interrupted_anywhere_give_the_same_results() {
    let rounds = [Val::I32(20_000)];
    let mut expected = [Val::I32(0)];
    let mut plain = Store::new(&Engine::default(), ());
    let work = instance(&mut plain, WORK).get_func(&plain, "work").expect("it is exported");
    work.call(&mut plain, &rounds, &mut expected).expect("it does not trap");
    for (name, config) in interruptible() {
        let mut store = Store::new(&Engine::new(&config), ());
        let work = instance(&mut store, WORK).get_func(&store, "work").expect("it is exported");
        let handle = store.interrupt_handle().expect("it is allowed");
        let is_done = AtomicBool::new(false);
        let (mut stops, mut results) = (0, [Val::I32(0)]);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_micros(100));
                    handle.interrupt();
                }
            });
            let mut call = work.call_resumable(&mut store, &rounds, &mut results);
            while let Ok(ResumableCall::Interrupted(suspended)) = call {
                stops += 1;
                call = suspended.resume(&mut store, &mut results);
            }
            is_done.store(true, Ordering::Relaxed);
            assert!(call.is_ok(), "{name}");
        });
        assert_eq!(results, expected, "{name}");
        assert!(stops > 0, "{name}: nothing was interrupted");
    }
}

#[test]
fn an_interruption_stops_the_next_call_and_no_further_one() {
    let mut store = store(&mut Config::new());
    let count = instance(&mut store, SPIN).get_typed_func::<i32, i32>(&store, "count").expect("it is exported");
    let handle = store.interrupt_handle().expect("it is allowed");
    handle.interrupt();
    assert!(handle.is_interrupted());
    assert!(count.call(&mut store, 10).expect_err("it was interrupted before").is_interrupted());
    assert!(!handle.is_interrupted());
    assert_eq!(count.call(&mut store, 10).expect("one interruption stops one call"), 10);
    handle.interrupt();
    handle.clear();
    assert_eq!(count.call(&mut store, 10).expect("it was withdrawn"), 10);
}

#[test]
fn a_call_that_is_interrupted_before_executes_nothing() {
    let text = r#"(module (global $g (export "g") (mut i32) (i32.const 0))
        (func (export "leaf") (global.set $g (i32.const 1))))"#;
    for (name, config) in interruptible() {
        let mut store = Store::new(&Engine::new(&config), ());
        let instance = instance(&mut store, text);
        let leaf = instance.get_func(&store, "leaf").expect("it is exported");
        let global = instance.get_global(&store, "g").expect("it is exported");
        let handle = store.interrupt_handle().expect("it is allowed");
        handle.interrupt();
        let error = leaf.call(&mut store, &[], &mut []).expect_err("it was interrupted before");
        assert_eq!(error.backtrace().map(|backtrace| backtrace.frames().len()), Some(1), "{name}");
        assert_eq!(global.get(&store), Val::I32(0), "{name}");
        handle.interrupt();
        let call = leaf.call_resumable(&mut store, &[], &mut []).expect("it is only stopped");
        let ResumableCall::Interrupted(suspended) = call else { panic!("{name}: it was interrupted before") };
        suspended.resume(&mut store, &mut []).expect("it goes on");
        assert_eq!(global.get(&store), Val::I32(1), "{name}");
    }
}

#[test]
fn a_time_out_that_is_dropped_stops_nothing() {
    let mut store = store(&mut Config::new());
    let count = instance(&mut store, SPIN).get_typed_func::<i32, i32>(&store, "count").expect("it is exported");
    let handle = store.interrupt_handle().expect("it is allowed");
    drop(handle.interrupt_after(Duration::from_secs(3600)));
    let time_out = handle.interrupt_after(Duration::ZERO);
    while !handle.is_interrupted() {
        thread::yield_now();
    }
    drop(time_out);
    assert_eq!(count.call(&mut store, 1).expect("it came too late"), 1);
}

#[test]
fn a_time_out_ends_an_endless_guest_soon() {
    let mut store = store(&mut Config::new());
    let spin = spin(&mut store);
    let began = Instant::now();
    let time_out = store.interrupt_handle().expect("it is allowed").interrupt_after(Duration::from_millis(10));
    assert!(spin.call(&mut store, ()).expect_err("it never ends by itself").is_interrupted());
    drop(time_out);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_interrupted_call_goes_on() {
    let mut store = store(&mut Config::new());
    let count = instance(&mut store, SPIN).get_func(&store, "count").expect("it is exported");
    let handle = store.interrupt_handle().expect("it is allowed");
    let mut results = [Val::I32(0)];
    handle.interrupt();
    let mut call = count.call_resumable(&mut store, &[Val::I32(3_000_000)], &mut results).expect("it is only stopped");
    let mut stops = 0;
    while let ResumableCall::Interrupted(suspended) = call {
        stops += 1;
        if stops < 5 {
            handle.interrupt();
        }
        call = suspended.resume(&mut store, &mut results).expect("it does not trap");
    }
    assert_eq!((stops, results[0]), (5, Val::I32(3_000_000)));
}

#[test]
fn slices_change_neither_fuel_nor_results() {
    let (mut used, mut costs) = (Vec::new(), FuelCosts::default());
    // Filling the memory costs more than a slice holds.
    costs.set_rate(FuelClass::Bulk, 50);
    for interruptible in [false, true] {
        let engine =
            Engine::new(Config::new().consume_fuel(true).interruptible(interruptible).fuel_costs(costs.clone()));
        let mut store = Store::new(&engine, ());
        let instance = instance(&mut store, SPIN);
        let count = instance.get_typed_func::<i32, i32>(&store, "count").expect("it is exported");
        store.set_fuel(100_000_000).expect("fuel is counted");
        assert_eq!(count.call(&mut store, 4_000_000).expect("there is enough"), 4_000_000);
        instance.get_typed_func::<(), ()>(&store, "fill").and_then(|fill| fill.call(&mut store, ())).expect("enough");
        used.push((store.get_fuel().expect("fuel is counted"), store.stats().fuel_used));
        store.set_fuel(1234).expect("fuel is counted");
        assert!(count.call(&mut store, 4_000_000).expect_err("there is too little").is_out_of_fuel());
    }
    assert_eq!(used[0], used[1]);
    assert_eq!(used[0].0 + used[0].1.expect("fuel is counted"), 100_000_000);
}

#[test]
fn calls_between_instances_and_of_the_host_can_be_interrupted() {
    let mut store = store(&mut Config::new());
    let engine = store.engine().clone();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "nop", || {}).expect("it is new");
    let callee = module(&engine, r#"(module (import "host" "nop" (func $nop)) (func (export "f") call $nop))"#);
    let callee = linker.instantiate(&mut store, &callee).expect("it fits");
    linker.instance(&mut store, "callee", callee).expect("it is new");
    let caller = r#"(module (import "callee" "f" (func $f)) (func (export "spin") (loop (call $f) (br 0))))"#;
    let caller = linker.instantiate(&mut store, &module(&engine, caller)).expect("it fits");
    let spin = caller.get_typed_func::<(), ()>(&store, "spin").expect("it is exported");
    let time_out = store.interrupt_handle().expect("it is allowed").interrupt_after(Duration::from_millis(10));
    assert!(spin.call(&mut store, ()).expect_err("it never ends by itself").is_interrupted());
    drop(time_out);
}

#[test]
fn a_start_function_is_interrupted_and_the_store_stays_usable() {
    let mut store = store(&mut Config::new());
    let engine = store.engine().clone();
    let endless = module(&engine, "(module (func $f (loop (br 0))) (start $f))");
    let time_out = store.interrupt_handle().expect("it is allowed").interrupt_after(Duration::from_millis(10));
    assert!(Instance::new(&mut store, &endless, &[]).expect_err("it never ends by itself").is_interrupted());
    drop(time_out);
    let trapping = module(&engine, "(module (func $f unreachable) (start $f))");
    assert!(Instance::new(&mut store, &trapping, &[]).expect_err("it traps").trap().is_some());
    let count = instance(&mut store, SPIN).get_typed_func::<i32, i32>(&store, "count").expect("it is exported");
    assert_eq!(count.call(&mut store, 3).expect("the store is usable"), 3);
}

#[test]
fn a_start_function_can_be_stopped_and_resumed() {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let mut store = Store::new(&engine, ());
    let text = r#"(module (global $g (export "g") (mut i32) (i32.const 0))
        (func $f (global.set $g (i32.const 7))) (start $f))"#;
    let linker = Linker::new(&engine);
    let (instance, start) = linker.instantiate_without_start(&mut store, &module(&engine, text)).expect("it fits");
    let start: Func = start.expect("it has one");
    assert_eq!(start.ty(&store), FuncType::new([], []));
    let call = start.call_resumable(&mut store, &[], &mut []).expect("it is only stopped");
    let ResumableCall::OutOfFuel(suspended) = call else { panic!("no fuel was enough") };
    let global = instance.get_global(&store, "g").expect("it is exported");
    assert_eq!(global.get(&store), Val::I32(0));
    store.set_fuel(100).expect("fuel is counted");
    suspended.resume(&mut store, &mut []).expect("it goes on");
    assert_eq!(global.get(&store), Val::I32(7));
}

#[test]
fn without_the_setting_there_is_no_handle() {
    let store = Store::new(&Engine::default(), ());
    let error: Error = store.interrupt_handle().expect_err("it is off");
    assert!(error.to_string().contains("Config::interruptible"), "{error}");
}
