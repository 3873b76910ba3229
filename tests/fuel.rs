//! With every amount of fuel: where guests stop, and what is left, is the same in every way to execute them.

#![cfg(feature = "register")]

mod ways;

use tablature::{Config, Engine, Instance, Module, Store, Val};
use ways::Way;

/// Calls that return to long runs, of functions whose locals cost fuel, through a table, and deeper than any engine keeps
/// records of calls in a form of its own.
const CALLS: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (table funcref (elem $leaf $wide $middle))
    (func $leaf (type $t) (i32.add (local.get 0) (i32.const 1)))
    (func $wide (type $t)
        (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (local.set 20 (i64.mul (i64.extend_i32_u (local.get 0)) (i64.const 3)))
        (i32.wrap_i64 (i64.add (local.get 20) (local.get 7))))
    (func $middle (type $t)
        (local.set 0 (call $leaf (local.get 0)))
        (local.set 0 (i32.mul (i32.add (local.get 0) (i32.const 5)) (i32.xor (local.get 0) (i32.const 9))))
        (local.set 0 (call $wide (local.get 0)))
        (local.set 0 (i32.rotl (i32.sub (local.get 0) (i32.const 7)) (i32.and (local.get 0) (i32.const 15))))
        (call $leaf (local.get 0)))
    (func $deep (param i32 i32) (result i32)
        (if (result i32) (local.get 0)
            (then
                (call $deep (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (i32.const 2)))
                (i32.mul (i32.const 3))
                (i32.add (local.get 1))
                (i32.xor (local.get 0)))
            (else (call_indirect (type $t) (local.get 1) (i32.rem_u (local.get 1) (i32.const 3))))))
    (func (export "run") (result i32)
        (local i32 i32)
        (loop $again
            (local.set 0 (call_indirect (type $t) (local.get 0) (i32.const 2)))
            (local.set 0 (i32.add (call $middle (local.get 0)) (call $deep (local.get 1) (local.get 0))))
            (br_if $again (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 17))) (i32.const 50))))
        (local.get 0)))"#;

/// Branches that move what they carry on the way, to a loop with parameters: what stands before it, behind the end of a block,
/// costs fuel and is no code.
const BRANCHES: &str = r#"(module
    (func (export "run") (result i32)
        (local i32 i32)
        (block (result i32) (br_if 0 (i32.const 3) (local.get 0)))
        (drop (i32.const 1))
        (loop $again (param i32) (result i32)
            (local.set 1 (i32.add (i32.mul (i32.const 5)) (local.get 0)))
            (i32.const 77)
            (i32.xor (local.get 1) (i32.const 9))
            (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20)))
            (i32.add))
        (block (param i32) (result i32) (br_if 0 (local.get 0)))
        (drop (i32.const 1))
        (loop $again (param i32) (result i32)
            (local.set 1)
            (i32.const 77)
            (i32.rotl (local.get 1) (i32.const 3))
            (br_table 1 $again 1 (i32.shr_u (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 2))))))"#;

/// Tables of branches that move what they carry on the way to ends of blocks between which there is no code, but something that
/// costs fuel.
const TABLES: &str = r#"(module
    (func (export "run") (result i32)
        (local i32 i32)
        (loop $again
            (block $outer (result i32)
                (block $inner (result i32)
                    (i32.const 77)
                    (i32.xor (local.get 1) (i32.const 9))
                    (br_table $outer $inner $outer (i32.rem_u (local.get 0) (i32.const 4))))
                (drop (i32.const 1))
                (drop (i32.const 2)))
            (local.set 1 (i32.add (i32.mul (i32.const 5)) (local.get 0)))
            (br_if $again (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20))))
        (local.get 1)))"#;

/// The results, or the error and where each frame stood; and the fuel that is left.
type Outcome = (Result<String, (String, Vec<(u32, u32)>)>, u64);

fn outcome(engine: &Engine, module: &Module, fuel: u64) -> Outcome {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    store.set_fuel(fuel).unwrap();
    let ended = instance.invoke(&mut store, "run", &[]).map(|results: Vec<Val>| format!("{results:?}"));
    let ended = ended.map_err(|error| {
        let frames = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
        (error.to_string(), frames.iter().map(|frame| (frame.func_index(), frame.module_offset())).collect())
    });
    (ended, store.get_fuel().unwrap())
}

fn engine_of(way: &Way) -> Engine {
    let mut config: Config = way.config.clone();
    config.consume_fuel(true).wasm_backtrace_max_frames(200);
    Engine::new(&config)
}

#[test]
fn every_amount_of_fuel_ends_in_the_same_place() {
    [CALLS, BRANCHES, TABLES].into_iter().for_each(check);
}

fn check(text: &str) {
    let wasm = wat::parse_str(text).unwrap();
    let engine = engine_of(&Way::reference());
    let module = Module::new(&engine, &wasm).unwrap();
    let enough = 1_000_000;
    let (results, left) = outcome(&engine, &module, enough);
    results.expect("there is enough");
    let needed = enough - left;
    let expected: Vec<Outcome> = (0..=needed).map(|fuel| outcome(&engine, &module, fuel)).collect();
    assert!(expected[needed as usize - 1].0.is_err() && expected[needed as usize].0.is_ok());
    let ways = ways::all().into_iter().filter(|way| way.counts_fuel && way.slice.is_none());
    for way in ways {
        let engine = engine_of(&way);
        let module = Module::new(&engine, &wasm).unwrap();
        for (fuel, expected) in expected.iter().enumerate() {
            assert_eq!(outcome(&engine, &module, fuel as u64), *expected, "{way}, with {fuel} units");
        }
    }
}
