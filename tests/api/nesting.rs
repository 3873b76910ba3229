//! Blocks inside each other cost neither fuel nor time that grows with their number.

use super::instance;
use std::time::Instant;
use tablature::{Config, Engine, Store, Val};

/// A loop around `count` blocks whose innermost begins with a `br_table`, as compilers write a `switch`.
fn switch(count: usize) -> String {
    let targets: String = (0..count).map(|target| format!(" {target}")).collect();
    format!(
        "(module (func (export \"run\") (param i32) (result i32) (local i32)
            (loop {} (br_table {targets} (i32.const {})) {}
                (local.set 1 (i32.add (local.get 1) (i32.const 3)))
                (br_if 0 (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
            (local.get 1)))",
        "(block ".repeat(count),
        count - 1,
        ")".repeat(count),
    )
}

/// The result and the fuel used.
fn run(count: usize, times: i32) -> (Val, Option<u64>) {
    let engine = Engine::new(Config::new().consume_fuel(true));
    let mut store = Store::new(&engine, ());
    store.set_fuel(u64::MAX).unwrap();
    let instance = instance(&mut store, &switch(count));
    let result = instance.invoke(&mut store, "run", &[Val::I32(times)]).unwrap()[0];
    (result, store.stats().fuel_used)
}

#[test]
fn their_number_changes_neither_result_nor_fuel() {
    let few = run(1, 1_000);
    assert_eq!(few.0, Val::I32(3_000));
    assert_eq!(few, run(200, 1_000));
    assert_eq!(few, run(5_000, 1_000));
}

#[test]
fn branches_pass_over_them() {
    let time = |count| {
        let began = Instant::now();
        run(count, 200_000);
        began.elapsed()
    };
    time(2);
    let (few, many) = (time(2), time(400));
    assert!(many < few * 20, "{few:?} with 2 blocks, {many:?} with 400");
}
