//! The module `spectest`, which the specification's scripts import from.

use tablature::{Engine, Linker, Module, Result, Store};

const TEXT: &str = r#"(module
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (memory (export "memory") 1 2))"#;

const TEXT64: &str = r#"(module (table (export "table64") i64 10 20 funcref))"#;

/// A linker that knows the module `spectest`. What is printed goes nowhere.
pub(crate) fn linker(engine: &Engine, store: &mut Store<()>) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    linker.allow_shadowing(true);
    linker.func_wrap("spectest", "print", || {})?;
    linker.func_wrap("spectest", "print_i32", |_: i32| {})?;
    linker.func_wrap("spectest", "print_i64", |_: i64| {})?;
    linker.func_wrap("spectest", "print_f32", |_: f32| {})?;
    linker.func_wrap("spectest", "print_f64", |_: f64| {})?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| {})?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| {})?;
    let instance = linker.instantiate(&mut *store, &Module::new(engine, encode(TEXT)?)?)?;
    linker.instance(&mut *store, "spectest", instance)?;
    // Where 64-bit tables are switched off, nothing can import this one.
    if let Ok(module) = Module::new(engine, encode(TEXT64)?) {
        let instance = linker.instantiate(&mut *store, &module)?;
        linker.instance(store, "spectest", instance)?;
    }
    Ok(linker)
}

fn encode(text: &str) -> Result<Vec<u8>> {
    let buffer = wast::parser::ParseBuffer::new(text).map_err(tablature::Error::new)?;
    let mut module = wast::parser::parse::<wast::Wat<'_>>(&buffer).map_err(tablature::Error::new)?;
    module.encode().map_err(tablature::Error::new)
}
