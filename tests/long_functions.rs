//! Functions that are longer than what a handler of the in-place engine sees of the code at once, or that have more locals
//! than it sees of the stack: as handlers, as a loop and in register code they give the same.
#![cfg(all(feature = "std", feature = "floats"))]

use std::fmt::Write as _;
use tablature::{Config, Engine, Instance, Module, Store, Strategy};

/// Each way to run a function.
fn configs() -> impl Iterator<Item = Config> {
    [Strategy::InPlace, Strategy::Register, Strategy::Auto].into_iter().flat_map(|strategy| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(only_loop, metered)| {
            let mut config = Config::new();
            config.strategy(strategy).only_loop(only_loop).consume_fuel(metered);
            config
        })
    })
}

/// What `main` gives, and the fuel that it takes where that is counted.
fn run(config: &Config, wat: &str) -> (i64, Option<u64>) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, wat::parse_str(wat).expect("well-formed")).expect("valid");
    let mut store = Store::new(&engine, ());
    let metered = store.set_fuel(1 << 40).is_ok();
    let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
    let main = instance.get_typed_func::<(), i64>(&mut store, "main").expect("an export");
    let result = main.call(&mut store, ()).expect("no trap");
    (result, metered.then(|| store.get_fuel().expect("counted")))
}

fn gives_everywhere(wat: &str, expected: i64) {
    let mut fuel = None;
    for config in configs() {
        let (result, left) = run(&config, wat);
        assert_eq!(result, expected, "{config:?}");
        if left.is_some() {
            assert_eq!(*fuel.get_or_insert(left), left, "{config:?}");
        }
    }
}

/// Steps that each add something to local 0, with immediates of all sizes, and what they add.
const STEPS: [(&str, i64); 8] = [
    ("(i64.const 7)", 7),
    ("(i64.const 0x7000_0000_0000_0000)", 0x7000_0000_0000_0000),
    ("(i64.trunc_f64_s (f64.const 1048576.5))", 1_048_576),
    ("(i64.extend_i32_u (i32.const 1234567))", 1_234_567),
    ("(i64.load8_u offset=60000 (i32.const 5))", 9),
    ("(i64.load8_u (i32.const 60005))", 9),
    ("(global.get 0)", 11),
    ("(call $eleven)", 11),
];

#[test]
fn instructions_stand_at_every_place_of_what_is_seen_of_the_code() {
    for shift in 0..48 {
        let mut expected = 0i64;
        let mut body = "(nop)".repeat(shift);
        for (step, value) in STEPS.iter().cycle().take(600) {
            write!(body, "(local.set 0 (i64.add (local.get 0) {step}))").expect("a string takes all");
            expected = expected.wrapping_add(*value);
        }
        let wat = format!(
            r#"(module (memory 1) (data (i32.const 60005) "\09") (global (mut i64) (i64.const 11))
                (func $eleven (result i64) (i64.const 11))
                (func (export "main") (result i64) (local i64) {body} (local.get 0)))"#
        );
        gives_everywhere(&wat, expected);
    }
}

#[test]
fn blocks_that_begin_together_may_be_more_than_what_is_seen_of_the_code() {
    for depth in [1usize, 400, 495, 496, 497, 511, 512, 513, 600, 900] {
        let (begin, end) = ("block ".repeat(depth), "end ".repeat(depth));
        let wat = format!(
            r#"(module (func (export "main") (result i64) (local i64)
                {begin} local.get 0 i64.eqz br_if {outermost} i64.const 5 local.set 0 {end}
                local.get 0 i64.const 42 i64.add))"#,
            outermost = depth - 1
        );
        gives_everywhere(&wat, 42);
    }
}

#[test]
fn locals_are_zero_however_many_there_are() {
    for locals in [1, 5, 1010, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 3000] {
        let reads: String = (0..locals).map(|local| format!("(i64.or (local.get {local}))")).collect();
        let wat = format!(
            r#"(module
                (func $dirty (param i64) (result i64) (local {types})
                    {writes} (local.get 0))
                (func $clean (result i64) (local {types}) (i64.const 1) {reads})
                (func (export "main") (result i64) (drop (call $dirty (i64.const -1))) (call $clean)))"#,
            types = "i64 ".repeat(locals),
            writes = (0..locals).map(|local| format!("(local.set {} (i64.const -1))", local + 1)).collect::<String>(),
        );
        gives_everywhere(&wat, 1);
    }
}
