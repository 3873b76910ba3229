//! With every size of the value stack, and every depth of calls: how deep guests come, and how the call ends that does not, is
//! the same in every way to execute them.

#![cfg(feature = "register")]

mod ways;

use tablature::{Engine, Instance, Module, Store, Trap};
use ways::Way;

/// Functions that call each other without end, directly and through a table. Their frames differ in size and in what lies below
/// the arguments; each counts that it was entered.
const RECURSION: &str = r#"(module
    (type $t (func (param i32 i32) (result i32)))
    (table funcref (elem $few $many))
    (global $entered (export "entered") (mut i32) (i32.const 0))
    (func $count (global.set $entered (i32.add (global.get $entered) (i32.const 1))))
    (func $few (type $t)
        (call $count)
        (i32.add (local.get 0) (call $many (local.get 1) (i32.const 7))))
    (func $many (type $t)
        (local i64 i64 i64 i64 i64)
        (call $count)
        (i32.const 3)
        (i32.mul (local.get 0) (local.get 1))
        (i32.add (local.get 1) (i32.const 5))
        (call $none)
        (call_indirect (type $t) (i32.and (global.get $entered) (i32.const 1)))
        (i32.add))
    (func $none (call $count))
    (func (export "run") (result i32) (call $few (i32.const 1) (i32.const 2))))"#;

/// How often a function was entered until the stack was exhausted.
fn entered(way: &Way, wasm: &[u8], stack_slots: usize, call_depth: usize) -> i32 {
    let mut config = way.config.clone();
    config.consume_fuel(way.counts_fuel).max_stack_size(stack_slots * 8).max_call_depth(call_depth);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).expect("it is valid");
    let mut store = Store::new(&engine, ());
    if way.counts_fuel {
        store.set_fuel(1_000_000).expect("it is counted");
    }
    let instance = Instance::new(&mut store, &module, &[]).expect("it has an instance");
    let run = instance.get_typed_func::<(), i32>(&store, "run").expect("it is exported");
    let error = run.call(&mut store, ()).expect_err("the recursion is endless");
    assert_eq!(error.trap(), Some(Trap::CallStackExhausted), "{way}: {error}");
    let entered = instance.get_global(&store, "entered").expect("it is exported");
    entered.get(&store).i32().expect("it is one")
}

/// The ways that need nobody who lets guests go on.
fn unattended() -> impl Iterator<Item = Way> {
    ways::all().into_iter().filter(|way| way.slice.is_none() && !way.is_interrupted)
}

/// Checks that all ways come as deep, with each of these sizes of the value stack, in slots, and depths of calls. Gives how
/// many different depths there were.
fn check(bounds: &[(usize, usize)]) -> usize {
    let wasm = wat::parse_str(RECURSION).expect("the text is right");
    let expected: Vec<i32> =
        bounds.iter().map(|(slots, depth)| entered(&Way::reference(), &wasm, *slots, *depth)).collect();
    for way in unattended() {
        for ((slots, depth), expected) in bounds.iter().zip(&expected) {
            let found = entered(&way, &wasm, *slots, *depth);
            assert_eq!(found, *expected, "{way}: {slots} slots, {depth} calls");
        }
    }
    let mut different = expected;
    different.dedup();
    different.len()
}

#[test]
fn the_value_stack_ends_at_the_same_slot() {
    let few: Vec<_> = (4..=120).map(|slots| (slots, 1_000)).collect();
    assert!(check(&few) > 10, "the sizes make a difference");
    // Where it has grown before, and frames have left the handlers for want of room for their records.
    let many: Vec<_> = (500..=540).map(|slots| (slots, 1_000)).collect();
    assert!(check(&many) > 4, "the sizes make a difference");
}

#[test]
fn calls_end_at_the_same_depth() {
    let depths: Vec<_> = (0..=70).map(|depth| (10_000, depth)).collect();
    // With neither none nor one there is a call of a function that counts.
    assert_eq!(check(&depths), 70, "each depth but the second makes a difference");
}
