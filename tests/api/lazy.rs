//! Functions that are validated when they are first called: what is wrong with one is said then, and only then.

use super::module;
use std::thread;
use tablature::{CompilationMode, Config, Engine, Error, Instance, Linker, Module, Store, Strategy, Trap, Val};

/// Valid but for the function `bad`, which leaves a value on the stack, and is reached in every way that there is.
const HALF_BAD: &str = r#"(module
    (type $t (func (result i32)))
    (import "host" "call" (func $host))
    (global $g (export "g") (mut i32) (i32.const 0))
    (table 1 funcref)
    (elem (i32.const 0) $bad)
    (func $count (global.set $g (i32.add (global.get $g) (i32.const 1))))
    (func $bad (export "bad") (result i32) (i64.const 1))
    (func (export "good") (result i32) (call $count) (i32.const 7))
    (func (export "calls") (result i32) (call $count) (call $bad))
    (func (export "calls_indirect") (result i32) (call $count) (call_indirect (type $t) (i32.const 0)))
    (func (export "tail") (result i32) (call $count) (return_call $bad))
    (func (export "tail_indirect") (result i32) (call $count) (return_call_indirect (type $t) (i32.const 0)))
    (func (export "by_host") (result i32) (call $count) (call $host) (i32.const 1))
    (func (export "loops") (param i32) (result i32)
        (loop $l (call $count) (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l)) (call $bad)))"#;

/// The engines, with functions that are validated when they are called.
fn engines() -> impl Iterator<Item = Engine> {
    [(Strategy::InPlace, false), (Strategy::InPlace, true), (Strategy::Register, false), (Strategy::Auto, false)]
        .into_iter()
        .map(|(strategy, probe_fails)| {
            let mut config = Config::new();
            config.strategy(strategy).probe_fails(probe_fails).warm_up(1, 2).consume_fuel(true);
            Engine::new(config.compilation_mode(CompilationMode::Lazy))
        })
}

fn half_bad() -> Vec<u8> {
    wat::parse_str(HALF_BAD).unwrap()
}

/// What is said of the module where all is validated at once.
fn complaint() -> Error {
    Module::new(&Engine::default(), half_bad()).unwrap_err()
}

fn instantiate(engine: &Engine) -> (Store<()>, Instance) {
    let module = Module::new(engine, half_bad()).unwrap();
    let mut store = Store::new(engine, ());
    store.set_fuel(1_000_000).unwrap();
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "call", |mut caller: tablature::Caller<'_, ()>| {
            let bad = caller.get_export("bad").and_then(|export| export.into_func()).unwrap();
            bad.call(&mut caller, &[], &mut [Val::I32(0)])
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn what_is_wrong_is_said_when_the_function_is_called() {
    let complaint = complaint();
    for engine in engines() {
        let (mut store, instance) = instantiate(&engine);
        assert_eq!(instance.invoke(&mut store, "good", &[]).unwrap(), [Val::I32(7)]);
        let ways = ["bad", "calls", "calls_indirect", "tail", "tail_indirect", "by_host"];
        // Twice: it stays wrong.
        for way in ways.into_iter().chain(ways) {
            let error = instance.invoke(&mut store, way, &[]).unwrap_err();
            assert_eq!(error.module_error(), complaint.module_error(), "{way}");
            assert_eq!(error.to_string(), complaint.to_string(), "{way}");
        }
        let error = instance.invoke(&mut store, "loops", &[Val::I32(100)]).unwrap_err();
        assert_eq!(error.module_error(), complaint.module_error());
        // What came before was done, and the store stays usable.
        assert_eq!(instance.invoke(&mut store, "good", &[]).unwrap(), [Val::I32(7)]);
        assert_eq!(instance.get_global(&store, "g").unwrap().get(&mut store), Val::I32(112));
    }
}

#[test]
fn a_backtrace_ends_at_the_caller() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&engine);
        let error = instance.invoke(&mut store, "calls", &[]).unwrap_err();
        let frames: Vec<_> = error.backtrace().unwrap().frames().iter().map(|frame| frame.func_index()).collect();
        assert_eq!(frames, [4]);
    }
}

#[test]
fn resumable_and_stepping_calls_end_with_the_same_error() {
    let complaint = complaint();
    for engine in engines() {
        let (mut store, instance) = instantiate(&engine);
        for name in ["bad", "calls"] {
            let (func, mut results) = (instance.get_func(&store, name).unwrap(), [Val::I32(0)]);
            let error = func.call_resumable(&mut store, &[], &mut results).unwrap_err();
            assert_eq!(error.module_error(), complaint.module_error());
            let error = func.call_stepping(&mut store, &[], &mut results, |_| Ok(())).unwrap_err();
            assert_eq!(error.module_error(), complaint.module_error());
        }
    }
}

#[test]
fn all_can_be_validated_at_any_time() {
    let complaint = complaint();
    for engine in engines() {
        let module = Module::new(&engine, half_bad()).unwrap();
        assert_eq!(module.validate_functions().unwrap_err().to_string(), complaint.to_string());
        assert_eq!(Module::validate(&engine, half_bad()).unwrap_err().to_string(), complaint.to_string());
        let valid = Module::new(&engine, wat::parse_str("(module (func (drop (i32.const 1))))").unwrap()).unwrap();
        valid.validate_functions().unwrap();
    }
}

#[test]
fn what_is_not_a_body_is_checked_at_once() {
    let engine = engines().next().unwrap();
    // The body would reach beyond its section.
    let whole = wat::parse_str("(module (func nop nop nop))").unwrap();
    let cut = &whole[..whole.len() - 2];
    let lazy = Module::new(&engine, cut).unwrap_err().to_string();
    assert_eq!(lazy, Module::new(&Engine::default(), cut).unwrap_err().to_string());
    for text in [
        "(module (export \"f\" (func 0)))",
        "(module (func (param i32)) (start 0))",
        "(module (global i32 (i64.const 1)))",
        "(module (func) (elem (i32.const 0) 0))",
    ] {
        let bytes = wat::parse_str(text).unwrap();
        let lazy = Module::new(&engine, &bytes).unwrap_err().to_string();
        assert_eq!(lazy, Module::new(&Engine::default(), &bytes).unwrap_err().to_string(), "{text}");
    }
}

#[test]
fn only_what_is_called_is_validated() {
    let text = r#"(module
        (func (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
        (func (export "g") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 4)))))"#;
    for engine in engines() {
        let module = module(&engine, text);
        assert_eq!(module.stats().side_table_size, 0);
        let mut sizes = Vec::new();
        for (name, result) in [("f", 1), ("f", 1), ("g", 3)] {
            let mut store = Store::new(&engine, ());
            store.set_fuel(100).unwrap();
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            assert_eq!(instance.invoke(&mut store, name, &[Val::I32(5)]).unwrap(), [Val::I32(result)]);
            sizes.push(module.stats().side_table_size);
        }
        let [first, again, both] = sizes[..] else { unreachable!() };
        assert!(first > 0 && again == first && both == 2 * first, "{sizes:?}");
    }
}

#[test]
fn a_start_function_may_be_the_one() {
    let bytes = wat::parse_str("(module (func $f (i32.add)) (start $f))").unwrap();
    for engine in engines() {
        let module = Module::new(&engine, &bytes).unwrap();
        let error = Instance::new(&mut Store::new(&engine, ()), &module, &[]).unwrap_err();
        assert_eq!(error.to_string(), Module::validate(&engine, &bytes).unwrap_err().to_string());
    }
}

#[test]
fn functions_that_are_looked_at_are_validated() {
    let engine = engines().next().unwrap();
    let eager = "(module (func (param i64) (local i32) (local.set 1 (i32.const 3))) (func))";
    let (lazy, eager) = (module(&engine, eager), module(&Engine::default(), eager));
    for (lazy, eager) in lazy.functions().zip(eager.functions()) {
        assert_eq!((lazy.index(), lazy.body(), lazy.code()), (eager.index(), eager.body(), eager.code()));
        assert_eq!((lazy.locals(), lazy.frame_size()), (eager.locals(), eager.frame_size()));
        assert_eq!(lazy.instructions().count(), eager.instructions().count());
    }
    let at = |module: &Module| {
        let found = |offset| module.function_at(offset).map(|function| function.index());
        (0..module.stats().module_size as u32).map(found).collect::<Vec<_>>()
    };
    assert_eq!(at(&lazy), at(&eager));
    let bad = Module::new(&engine, half_bad()).unwrap();
    let function = bad.function(2).unwrap();
    assert_eq!((function.instructions().count(), function.code().len(), function.frame_size()), (0, 0, 0));
    assert_eq!(bad.function_at(function.body().start).unwrap().index(), 2);
    let complaint = complaint();
    assert_eq!(bad.types_at(2, function.body().start + 1).unwrap_err().to_string(), complaint.to_string());
}

#[test]
fn threads_share_what_was_validated() {
    let text = r#"(module (func $f (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))"#;
    for engine in engines() {
        let module = module(&engine, text);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut store = Store::new(&engine, ());
                    store.set_fuel(100_000).unwrap();
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    assert_eq!(instance.invoke(&mut store, "f", &[Val::I32(100)]).unwrap(), [Val::I32(100)]);
                });
            }
        });
        let mut config = engine.config().clone();
        let at_once = super::module(&Engine::new(config.compilation_mode(CompilationMode::Eager)), text);
        assert_eq!(module.stats().side_table_size, at_once.stats().side_table_size);
    }
}

#[test]
fn a_stack_that_is_full_is_the_same_trap() {
    let text =
        r#"(module (func $f (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))"#;
    for engine in engines() {
        let module = module(&engine, text);
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX >> 1).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let error = instance.invoke(&mut store, "f", &[Val::I32(0)]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
    }
}
