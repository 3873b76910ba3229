//! Hooks at the border between guests and the embedder, and statistics.

use super::module;
use tablature::{
    CallHook, Caller, Config, Engine, Error, Extern, ExternRef, FuelCosts, Func, FuncType, Instance, Linker, Store,
    TypedFunc, Val, ValType,
};

const CALLS_OUT: &str = r#"(module (import "host" "f" (func $f)) (func (export "run") call $f call $f))"#;

#[test]
fn hooks_see_each_crossing() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, Vec::new()));
    linker.func_wrap("host", "f", || {}).unwrap();
    let instance = linker.instantiate(&mut store, &module(&engine, CALLS_OUT)).unwrap();
    store.call_hook(|seen, hook| {
        seen.push(hook);
        Ok(())
    });
    instance.invoke(&mut store, "run", &[]).unwrap();
    use CallHook::{CallingHost, CallingWasm, ReturningFromHost, ReturningFromWasm};
    let host = [CallingHost, ReturningFromHost];
    assert_eq!(*store.data(), [&[CallingWasm][..], &host, &host, &[ReturningFromWasm]].concat());
}

#[test]
fn an_error_of_a_hook_ends_the_call() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, 0));
    linker.func_wrap("host", "f", || {}).unwrap();
    let instance = linker.instantiate(&mut store, &module(&engine, CALLS_OUT)).unwrap();
    for moment in
        [CallHook::CallingWasm, CallHook::CallingHost, CallHook::ReturningFromHost, CallHook::ReturningFromWasm]
    {
        store.call_hook(move |_, hook| if hook == moment { Err(Error::msg("enough")) } else { Ok(()) });
        assert_eq!(instance.invoke(&mut store, "run", &[]).unwrap_err().to_string(), "enough", "{moment:?}");
    }
    store.call_hook(|_, _| Ok(()));
    instance.invoke(&mut store, "run", &[]).expect("the store is usable");
}

#[test]
fn statistics_count_instructions_with_the_unit_prices() {
    let engine = Engine::new(Config::new().consume_fuel(true).fuel_costs(FuelCosts::unit()));
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    linker.func_wrap("host", "f", || {}).unwrap();
    let instance = linker.instantiate(&mut store, &module(&engine, CALLS_OUT)).unwrap();
    store.set_fuel(1_000).unwrap();
    instance.invoke(&mut store, "run", &[]).unwrap();
    let stats = store.stats();
    assert_eq!(stats.fuel_used, Some(1_000 - store.get_fuel().unwrap()));
    assert_eq!((stats.fuel_used, stats.guest_calls, stats.host_calls), (Some(2), 1, 2));
    assert!(stats.stack_bytes > 0);
    store.set_fuel(0).unwrap();
    instance.invoke(&mut store, "run", &[]).unwrap_err();
    assert_eq!(store.stats().fuel_used, Some(2), "setting fuel is not using it");
}

#[test]
fn dynamic_host_functions_see_their_caller() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    let peek = Func::new(&mut store, ty, |caller: Caller<'_, ()>, params, results| {
        let memory = caller.get_export("memory").and_then(Extern::into_memory).expect("it is exported");
        let mut byte = [0];
        memory.read(&caller, params[0].i32().unwrap() as usize, &mut byte)?;
        results[0] = Val::I32(byte[0].into());
        Ok(())
    });
    let text = r#"(module (import "host" "peek" (func $peek (param i32) (result i32))) (memory (export "memory") 1)
        (data (i32.const 3) "*") (func (export "run") (result i32) (call $peek (i32.const 3))))"#;
    let instance = Instance::new(&mut store, &module(&engine, text), &[peek.into()]).unwrap();
    assert_eq!(instance.invoke(&mut store, "run", &[]).unwrap(), [Val::I32(42)]);
}

#[test]
fn engines_and_modules_go_to_other_threads() {
    let engine = Engine::default();
    let module = module(&engine, r#"(module (func (export "f") (param i32) (result i32) (local.get 0)))"#);
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (engine, module) = (engine.clone(), module.clone());
            std::thread::spawn(move || {
                let mut store = Store::new(&engine, ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                instance.invoke(&mut store, "f", &[Val::I32(number)]).unwrap()
            })
        })
        .collect();
    for (number, thread) in (0..).zip(threads) {
        assert_eq!(thread.join().unwrap(), [Val::I32(number)]);
    }
}

#[test]
fn typed_functions_take_and_give_references() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let swap = |func: Option<Func>, value: Option<ExternRef>| (value, func);
    linker.func_wrap("host", "swap", swap).unwrap();
    let text = r#"(module
        (import "host" "swap" (func $swap (param funcref externref) (result externref funcref)))
        (func (export "swap") (param funcref externref) (result externref funcref)
            (call $swap (local.get 0) (local.get 1))))"#;
    let instance = linker.instantiate(&mut store, &module(&engine, text)).unwrap();
    type Swap = TypedFunc<(Option<Func>, Option<ExternRef>), (Option<ExternRef>, Option<Func>)>;
    let swap: Swap = instance.get_typed_func(&store, "swap").unwrap();
    let (func, value) = (swap.func(), ExternRef::new(&mut store, 42_u8));
    assert_eq!(swap.call(&mut store, (Some(func), Some(value))).unwrap(), (Some(value), Some(func)));
    assert_eq!(swap.call(&mut store, (None, None)).unwrap(), (None, None));
    let mut other = Store::new(&engine, ());
    let strange = ExternRef::new(&mut other, 1_u8);
    assert!(swap.call(&mut store, (None, Some(strange))).is_err(), "it belongs to another store");
}
