//! Names and what they stand for.

use super::{instance, module};
use tablature::{Engine, Extern, Global, Linker, Module, Mutability, Result, Store, Val};

const IMPORTS_F: &str = r#"(module (import "a" "f" (func $f (result i32)))
    (func (export "run") (result i32) call $f))"#;

fn run<T>(linker: &Linker<T>, store: &mut Store<T>, module: &Module) -> Result<i32> {
    linker.instantiate(&mut *store, module)?.get_typed_func::<(), i32>(&*store, "run")?.call(store, ())
}

#[test]
fn aliases_stand_for_the_same() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    linker.func_wrap("b", "g", || 7).unwrap();
    linker.alias("b", "g", "a", "f").unwrap();
    assert_eq!(run(&linker, &mut store, &module(&engine, IMPORTS_F)).unwrap(), 7);
    assert_eq!(linker.alias("b", "nothing", "a", "x").unwrap_err().to_string(), r#""b" "nothing" is not defined"#);
    assert_eq!(linker.alias("b", "g", "a", "f").unwrap_err().to_string(), r#""a" "f" is defined twice"#);
    linker.alias_module("a", "c").unwrap();
    assert!(linker.get(&mut store, "c", "f").is_some());
    assert!(linker.alias_module("nothing", "d").is_err());
    let names: Vec<_> = linker.iter(&mut store).map(|(module, name, _)| format!("{module}.{name}")).collect();
    assert_eq!(names, ["a.f", "b.g", "c.f"]);
}

#[test]
fn shadowing_must_be_allowed() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    linker.func_wrap("a", "f", || 1).unwrap();
    assert!(linker.func_wrap("a", "f", || 2).is_err());
    linker.allow_shadowing(true).func_wrap("a", "f", || 3).unwrap();
    assert_eq!(run(&linker, &mut store, &module(&engine, IMPORTS_F)).unwrap(), 3);
}

#[test]
fn unknown_imports_fail_when_they_are_called() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let imports = module(&engine, IMPORTS_F);
    let message = linker.instantiate(&mut store, &imports).unwrap_err().to_string();
    assert_eq!(message, r#"unknown import: "a" "f", a function, is not defined"#);
    linker.define_unknown_imports_as_traps(&imports).unwrap();
    let message = run(&linker, &mut store, &imports).unwrap_err().to_string();
    assert_eq!(message, r#"unknown import: "a" "f" was called, and is not defined"#);
    let memory = module(&engine, r#"(module (import "a" "m" (memory 1)))"#);
    assert!(linker.define_unknown_imports_as_traps(&memory).is_err());
}

#[test]
fn unknown_imports_can_be_zeros() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let text = r#"(module (import "a" "f" (func $f (result i32))) (import "a" "m" (memory 1))
        (import "a" "t" (table 2 funcref)) (import "a" "g" (global $g (mut i32)))
        (func (export "run") (result i32) (i32.add (call $f) (i32.add (global.get $g) (i32.load (i32.const 8))))))"#;
    let module = module(&engine, text);
    linker.func_wrap("a", "f", || 5).unwrap();
    linker.define_unknown_imports_as_default_values(&mut store, &module).unwrap();
    let found = module.imports().map(|import| linker.get_by_import(&mut store, &import).is_some());
    assert!(found.collect::<Vec<_>>().iter().all(|found| *found));
    assert_eq!(run(&linker, &mut store, &module).unwrap(), 5, "what is defined stays");
}

#[test]
fn what_is_ready_can_be_instantiated_in_many_stores() {
    let engine = Engine::default();
    let mut linker = Linker::<i32>::new(&engine);
    linker.func_wrap("a", "f", |caller: tablature::Caller<'_, i32>| *caller.data()).unwrap();
    let ready = linker.instantiate_pre(&module(&engine, IMPORTS_F)).unwrap();
    for number in 0..3 {
        let mut store = Store::new(&engine, number);
        let instance = ready.clone().instantiate(&mut store).unwrap();
        assert_eq!(instance.invoke(&mut store, "run", &[]).unwrap(), [Val::I32(number)]);
    }
    let mut other = Linker::<i32>::new(&engine);
    other.func_wrap("a", "f", || 1_i64).unwrap();
    let message = other.instantiate_pre(ready.module()).unwrap_err().to_string();
    assert!(message.starts_with(r#"incompatible import type for "a" "f""#), "{message}");
}

#[test]
fn a_reactor_is_initialised_and_lives_on() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let reactor = r#"(module (global $g (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $g (i32.const 10)))
        (func (export "f") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#;
    linker.module(&mut store, "a", &module(&engine, reactor)).unwrap();
    let imports = module(&engine, IMPORTS_F);
    assert_eq!(run(&linker, &mut store, &imports).unwrap(), 11);
    assert_eq!(run(&linker, &mut store, &imports).unwrap(), 12);
}

#[test]
fn a_command_is_new_for_each_call() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let command = r#"(module (global $g (mut i32) (i32.const 0))
        (func (export "_start"))
        (func (export "f") (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#;
    linker.module(&mut store, "a", &module(&engine, command)).unwrap();
    let imports = module(&engine, IMPORTS_F);
    assert_eq!(run(&linker, &mut store, &imports).unwrap(), 1);
    assert_eq!(run(&linker, &mut store, &imports).unwrap(), 1);
}

#[test]
fn items_and_instances_of_a_store_are_defined() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let global = Global::new(&mut store, Val::I32(5), Mutability::Const).unwrap();
    linker.define("a", "g", global).unwrap();
    let exporting = instance(&mut store, r#"(module (func (export "f") (result i32) (i32.const 9)))"#);
    linker.instance(&mut store, "a", exporting).unwrap();
    assert!(matches!(linker.get(&mut store, "a", "g"), Some(Extern::Global(_))));
    assert_eq!(run(&linker, &mut store, &module(&engine, IMPORTS_F)).unwrap(), 9);
}

#[test]
fn handles_of_another_store_are_errors() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    let mut other = Store::new(&engine, ());
    let exporting = instance(&mut other, r#"(module (func (export "f") (result i32) (i32.const 9)))"#);
    linker.instance(&mut other, "a", exporting).unwrap();
    let message = run(&linker, &mut store, &module(&engine, IMPORTS_F)).unwrap_err().to_string();
    assert_eq!(message, "a handle of another store was used with this store");
}
