//! Calls that a host function stopped: given up, or resumed with what it should have given.

use super::module;
use tablature::{
    Caller, Config, Engine, Error, Extern, Func, Linker, ResumableCall, Store, Strategy, TypedResumableCall, Val,
    ValType,
};

const ADDS_TWO: &str = r#"(module (import "host" "get" (func $get (param i32) (result i32)))
    (func (export "run") (result i32) (i32.add (call $get (i32.const 1)) (call $get (i32.const 2)))))"#;

/// What the host function waits for.
#[derive(Debug, PartialEq)]
struct Pending(i32);

impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "number {} is not there yet", self.0)
    }
}

impl std::error::Error for Pending {}

fn run(text: &str) -> (Store<()>, Func) {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let get = |number: i32| -> Result<i32, Error> { Err(Error::new(Pending(number))) };
    linker.func_wrap("host", "get", get).unwrap();
    let instance = linker.instantiate(&mut store, &module(&engine, text)).unwrap();
    let run = instance.get_func(&store, "run").unwrap();
    (store, run)
}

#[test]
fn answers_come_when_they_are_there() {
    let (mut store, run) = run(ADDS_TWO);
    let mut results = [Val::I32(0)];
    let mut call = run.call_resumable(&mut store, &[], &mut results).unwrap();
    let mut asked = Vec::new();
    while let ResumableCall::HostTrap(trap) = call {
        let number = trap.error().downcast_ref::<Pending>().unwrap().0;
        assert_eq!(trap.host_func().ty(&store).results(), [ValType::I32]);
        assert!(trap.error().backtrace().is_some());
        asked.push(number);
        call = trap.resume(&mut store, &[Val::I32(number * 100)], &mut results).unwrap();
    }
    assert_eq!((asked, results[0]), (vec![1, 2], Val::I32(300)));
}

#[test]
fn what_was_asked_may_be_answered_in_any_order() {
    let (mut store, run) = run(ADDS_TWO);
    let mut results = [Val::I32(0)];
    let mut begin = || match run.call_resumable(&mut store, &[], &mut [Val::I32(0)]).unwrap() {
        ResumableCall::HostTrap(trap) => trap,
        other => panic!("{other:?}"),
    };
    let (first, second) = (begin(), begin());
    for (trap, answer) in [(first, 10), (second, 20)] {
        let next = trap.resume(&mut store, &[Val::I32(answer)], &mut results).unwrap();
        let ResumableCall::HostTrap(next) = next else { panic!("it asks twice") };
        let ResumableCall::Finished = next.resume(&mut store, &[Val::I32(1)], &mut results).unwrap() else { panic!() };
        assert_eq!(results[0], Val::I32(answer + 1));
    }
}

#[test]
fn the_answer_must_fit() {
    let (mut store, run) = run(ADDS_TWO);
    let mut results = [Val::I32(0)];
    let ResumableCall::HostTrap(trap) = run.call_resumable(&mut store, &[], &mut results).unwrap() else { panic!() };
    let message = trap.resume(&mut store, &[Val::I64(1)], &mut results).unwrap_err().to_string();
    assert_eq!(message, "result 0: expected i32, found i64");
}

#[test]
fn an_error_given_up_is_the_host_functions() {
    let (mut store, run) = run(ADDS_TWO);
    let typed = run.typed::<(), i32>(&store).unwrap();
    let TypedResumableCall::HostTrap(trap) = typed.call_resumable(&mut store, ()).unwrap() else { panic!() };
    assert_eq!(trap.into_error().downcast::<Pending>().unwrap(), Pending(1));
    let error = typed.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<Pending>(), Some(&Pending(1)));
}

#[test]
fn tail_calls_of_host_functions_are_answered() {
    let text = r#"(module (import "host" "get" (func $get (param i32) (result i32)))
        (func $f (param i32 i32 i32) (result i32) (return_call $get (i32.const 3)))
        (func (export "run") (result i32) (call $f (i32.const 0) (i32.const 0) (i32.const 0))))"#;
    let (mut store, run) = run(text);
    let mut results = [Val::I32(0)];
    let ResumableCall::HostTrap(trap) = run.call_resumable(&mut store, &[], &mut results).unwrap() else { panic!() };
    trap.resume(&mut store, &[Val::I32(33)], &mut results).unwrap();
    assert_eq!(results[0], Val::I32(33));
}

#[test]
fn a_host_function_that_calls_guests_that_call_host_functions_gets_its_own_slots() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    linker.func_wrap("host", "leaf", |a: i64, b: i64, c: i64| a + b + c).unwrap();
    linker
        .func_wrap("host", "outer", |mut caller: Caller<'_, ()>, a: i32| -> Result<i32, Error> {
            let inner = caller.get_export("inner").and_then(tablature::Extern::into_func).unwrap();
            let sum = inner.typed::<i64, i64>(&caller)?.call(&mut caller, i64::from(a))?;
            Ok(sum as i32)
        })
        .unwrap();
    let text = r#"(module (import "host" "leaf" (func $leaf (param i64 i64 i64) (result i64)))
        (import "host" "outer" (func $outer (param i32) (result i32)))
        (func (export "inner") (param i64) (result i64) (call $leaf (local.get 0) (local.get 0) (local.get 0)))
        (func (export "run") (result i32) (i32.add (call $outer (i32.const 5)) (call $outer (i32.const 7)))))"#;
    let instance = linker.instantiate(&mut store, &module(&engine, text)).unwrap();
    assert_eq!(instance.get_typed_func::<(), i32>(&store, "run").unwrap().call(&mut store, ()).unwrap(), 36);
}

#[test]
fn a_panic_that_is_caught_by_a_host_function_ends_the_call() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    for strategy in [Strategy::InPlace, Strategy::Register] {
        let engine = Engine::new(Config::new().strategy(strategy));
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "panic", || -> i32 { panic!("on purpose") }).unwrap();
        linker
            .func_wrap("host", "call", |mut caller: Caller<'_, ()>| {
                let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
                let outcome = catch_unwind(AssertUnwindSafe(|| inner.call(&mut caller, &[], &mut [])));
                assert!(outcome.is_err(), "the panic comes through");
            })
            .unwrap();
        let mut store = Store::new(&engine, ());
        let text = r#"(module (import "host" "panic" (func $panic (result i32))) (import "host" "call" (func $call))
            (func (export "inner") (drop (i64.const 0x1234567812345678)) (drop (call $panic)))
            (func (export "run") (result i32) (call $call) (i32.const 42))
            (func (export "ok") (result i32) (i32.const 43)))"#;
        let instance = linker.instantiate(&mut store, &module(&engine, text)).unwrap();
        let error = instance.invoke(&mut store, "run", &[]).unwrap_err().to_string();
        assert!(error.contains("has panicked in a call of its own"), "{error}");
        assert_eq!(instance.invoke(&mut store, "ok", &[]).unwrap(), [Val::I32(43)], "the store is usable");
    }
}
