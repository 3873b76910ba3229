//! Functions that are longer than what a handler of the in-place engine sees of the code at once, or that have more locals
//! than it sees of the stack: as handlers, as a loop and in register code they give the same.
#![cfg(all(feature = "std", feature = "floats"))]

use std::fmt::Write as _;
use tablature::{Config, Engine, FuelClass, FuelCosts, Instance, Module, Store, Strategy};

/// Each way to run a function.
fn configs() -> impl Iterator<Item = Config> {
    [Strategy::InPlace, Strategy::Register, Strategy::Auto].into_iter().flat_map(|strategy| {
        [(false, false), (false, true), (true, false), (true, true)].map(|(probe_fails, metered)| {
            let mut config = Config::new();
            config.strategy(strategy).probe_fails(probe_fails).consume_fuel(metered);
            config
        })
    })
}

/// Enough for everything.
const FUEL: u64 = u64::MAX / 2;

/// What `main` gives, and the fuel that it takes where that is counted.
fn run(config: &Config, wat: &str) -> (i64, Option<u64>) {
    let engine = Engine::new(config);
    let module = Module::new(&engine, wat::parse_str(wat).expect("well-formed")).expect("valid");
    let mut store = Store::new(&engine, ());
    let metered = store.set_fuel(FUEL).is_ok();
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

#[test]
fn a_function_may_cost_more_than_a_float_holds_exactly() {
    let (nops, price) = (1_100_000, u32::MAX);
    let wat = format!(r#"(module (func (export "main") (result i64) {} (i64.const 3)))"#, "(nop)".repeat(nops));
    let mut costs = FuelCosts::unit();
    costs.set_base(FuelClass::Simple, price);
    for mut config in configs() {
        let (result, left) = run(config.fuel_costs(costs.clone()), &wat);
        assert_eq!(result, 3, "{config:?}");
        // Beside the nops there is a constant.
        let used = (nops as u64 + 1) * u64::from(price);
        assert!(left.is_none_or(|left| FUEL - left == used), "{config:?}");
    }
}

#[test]
fn functions_of_few_locals_return_to_those_of_many() {
    for locals in [1015, 1024, 3000] {
        let wat = format!(
            r#"(module
                (func $seven (result i64) (i64.const 7))
                (func $nothing)
                (func $wide (result i64) (local {types}) (call $nothing) (i64.add (i64.const 1) (call $seven)))
                (func (export "main") (result i64) (call $nothing) (i64.add (i64.const 1) (call $wide))))"#,
            types = "i64 ".repeat(locals),
        );
        gives_everywhere(&wat, 9);
    }
}

#[test]
fn what_costs_more_than_a_float_holds_exactly_is_returned_to() {
    let (divisions, price) = (2_200_000, u32::MAX);
    let wat = format!(
        r#"(module (func $nothing)
            (func (export "main") (result i64) (local i64)
                (block (br 0) (i32.const 1) {} drop)
                (call $nothing)
                (loop (br_if 0 (i64.lt_u (local.tee 0 (i64.add (local.get 0) (i64.const 1))) (i64.const 1000))))
                (local.get 0)))"#,
        "i32.const 1 i32.div_u ".repeat(divisions)
    );
    let mut costs = FuelCosts::unit();
    costs.set_base(FuelClass::Div, price);
    let mut found = None;
    for mut config in configs() {
        let (result, left) = run(config.fuel_costs(costs.clone()), &wat);
        assert_eq!(result, 1000, "{config:?}");
        if left.is_some() {
            assert_eq!(*found.get_or_insert(left), left, "{config:?}");
        }
    }
}

#[test]
fn fuel_is_exact_where_execution_stops_in_the_middle_of_a_long_line() {
    let labels = "0 ".repeat(3000);
    let step = |nops: usize| {
        format!(
            "(block (br_table {labels} (i32.const 1))) {} (local.set 0 (i64.add (local.get 0)
                (i64.extend_i32_s (memory.grow (i32.const 9)))))",
            "(nop)".repeat(nops)
        )
    };
    let steps: String = [0, 1, 900, 1015, 1024, 1033, 3000].map(step).concat();
    let dead = "(nop)".repeat(200_000);
    // Each round stops at the refused growths; behind the loop stands what nobody executes.
    let wat = format!(
        r#"(module (memory 1 1)
            (func (export "main") (result i64) (local i64 i64)
                (loop {steps}
                    (br_if 0 (i64.lt_u (local.tee 1 (i64.add (local.get 1) (i64.const 1))) (i64.const 200))))
                (block (br 0) {dead})
                (local.get 0)))"#
    );
    gives_everywhere(&wat, -7 * 200);
}
