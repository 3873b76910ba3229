//! Modules that mean harm: broken bytes, endless recursion, huge numbers. Nothing panics, and every refusal says why.

use tablature::{
    Caller, CompilationMode, Config, Engine, Extern, Func, Instance, Linker, Memory, MemoryType, Module, Ref, RefType,
    Result, Store, Strategy, Table, TableType, Trap,
};

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn instance(engine: &Engine, store: &mut Store<()>, text: &str) -> Instance {
    let module = Module::new(engine, wasm(text)).expect("the module is valid");
    Instance::new(store, &module, &[]).expect("the module has an instance")
}

/// A module with every section, and something of each kind in the code.
const RICH: &str = r#"(module $rich
    (type $t (func (param i32 i64) (result f32 f64)))
    (import "a" "f" (func $import (param i32) (result i32)))
    (import "a" "m" (memory 1 2))
    (import "a" "g" (global $imported i32))
    (table $t 3 10 funcref)
    (memory $m 1 3)
    (global $g (mut i64) (i64.const -5))
    (export "f" (func $f))
    (export "m" (memory $m))
    (start $start)
    (elem (table $t) (i32.const 0) func $f $start)
    (elem $passive funcref (ref.func $f) (ref.null func))
    (elem declare func $import)
    (data (memory $m) (i32.const 8) "hello")
    (data $d "passive")
    (func $start
        (local i32 i64 f32 f64 funcref externref)
        (local.set 0 (i32.add (global.get $imported) (i32.const 0x7fffffff)))
        (memory.init $m $d (i32.const 0) (i32.const 0) (i32.const 1))
        (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))
        (drop (ref.func $import))
        (local.set 4 (table.get $t (i32.const 0))))
    (func $f (param i32) (result i32)
        (block $b (result i32)
            (loop $l
                (block $x (br_table $x $l $x (local.get 0)))
                (br_if $l (i32.const 0)))
            (if (result i32) (local.get 0) (then (i32.const 1)) (else (call $import (i32.const 4))))
            (br_if 0 (i32.const 9) (i32.wrap_i64 (i64.load offset=300 (i32.const 4))))
            (drop) (drop)
            (call_indirect (type 0) (i32.const 1) (i64.const 2) (i32.const 0))
            (drop) (i32.trunc_sat_f32_s)
            (drop)
            (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))))"#;

#[test]
fn modules_cut_at_every_byte_are_refused() {
    let engine = Engine::default();
    let whole = wasm(RICH);
    Module::new(&engine, &whole).expect("the whole module is valid");
    for len in 0..whole.len() {
        // Between two sections the rest may be a module, too: then it is one that lacks only what is optional.
        if let Err(error) = Module::new(&engine, &whole[..len]) {
            let error = error.module_error().expect("what is wrong is the module");
            assert!(error.offset() <= len, "{error} beyond the {len} bytes");
        } else {
            assert!(len >= 8, "{len} bytes are not a module");
        }
    }
}

#[test]
fn modules_with_a_changed_byte_do_not_panic() {
    let engine = Engine::default();
    let whole = wasm(RICH);
    let mut accepted = 0;
    for place in 0..whole.len() {
        for change in [0x01, 0x40, 0x80, 0xff, 0x7f, 0x10] {
            let mut bytes = whole.clone();
            bytes[place] ^= change;
            if let Ok(module) = Module::new(&engine, &bytes) {
                accepted += 1;
                let mut config = Config::new();
                config.consume_fuel(true);
                run_everything(&config, &module, &bytes);
            }
            // Where functions are validated late, more is accepted, and may be found wrong at any call.
            for strategy in [Strategy::InPlace, Strategy::Register] {
                let mut config = Config::new();
                config.consume_fuel(true).strategy(strategy).compilation_mode(CompilationMode::Lazy);
                if let Ok(module) = Module::new(&Engine::new(&config), &bytes) {
                    run_everything(&config, &module, &bytes);
                }
            }
        }
    }
    assert!(accepted > 0);
}

/// Makes an instance of what was accepted, with imports of the types it asks for, and calls its functions for a while.
fn run_everything(config: &Config, module: &Module, bytes: &[u8]) {
    let engine = Engine::new(config);
    let again = Module::new(&engine, bytes).expect("it was valid before");
    assert_eq!(again.exports().count(), module.exports().count());
    let mut store = Store::new(&engine, ());
    store.set_fuel(10_000).expect("fuel is counted");
    let mut linker = Linker::new(&engine);
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(2))).expect("a page");
    let global = tablature::Global::new(&mut store, 7_i32.into(), tablature::Mutability::Const).expect("a global");
    linker.func_wrap("a", "f", |x: i32| x).expect("the name is new");
    linker.define("a", "m", memory).expect("the name is new");
    linker.define("a", "g", global).expect("the name is new");
    let Ok(instance) = linker.instantiate(&mut store, &again) else { return };
    let exports: Vec<Extern> = instance.exports(&store).map(tablature::Export::into_extern).collect();
    for func in exports.into_iter().filter_map(Extern::into_func) {
        let ty = func.ty(&store);
        let params: Vec<_> = ty.params().iter().map(|ty| tablature::Val::default_for_ty(*ty)).collect();
        let mut results: Vec<_> = ty.results().iter().map(|ty| tablature::Val::default_for_ty(*ty)).collect();
        store.set_fuel(10_000).expect("fuel is counted");
        // Whatever it gives, it ends.
        drop(func.call(&mut store, &params, &mut results));
    }
}

/// Calls the export `f`, which must exhaust the stack, and then `ok`, which must still work.
fn exhausts(config: &Config, text: &str) {
    let engine = Engine::new(config);
    let mut store = Store::new(&engine, ());
    let instance = instance(&engine, &mut store, text);
    let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("f is exported");
    for _ in 0..2 {
        let error = f.call(&mut store, 1).expect_err("the recursion is endless");
        assert_eq!(error.trap(), Some(Trap::CallStackExhausted), "{error}");
        assert_eq!(error.to_string(), "call stack exhausted");
        let frames = error.backtrace().expect("a trap has a backtrace").frames();
        assert!((1..100).contains(&frames.len()), "{} frames", frames.len());
        let ok = instance.get_typed_func::<(), i32>(&store, "ok").expect("ok is exported");
        assert_eq!(ok.call(&mut store, ()).expect("the store is usable"), 42);
    }
}

const OK: &str = "(func (export \"ok\") (result i32) (i32.const 42))";

#[test]
fn endless_recursion_exhausts_the_stack() {
    let simple = format!("(module {OK} (func $f (export \"f\") (param i32) (result i32) (call $f (local.get 0))))");
    let large = format!(
        "(module {OK} (func $f (export \"f\") (param i32) (result i32) (local{}) (call $f (local.get 0))))",
        " i64".repeat(40_000)
    );
    let mutual = format!(
        "(module {OK} (type $t (func (param i32) (result i32))) (table funcref (elem $f $g))
            (func $f (export \"f\") (param i32) (result i32) (i32.add (call $g (local.get 0)) (i32.const 1)))
            (func $g (param i32) (result i32) (local f64 f64 f64)
                (call_indirect (type $t) (local.get 0) (i32.const 0))))"
    );
    for text in [&simple, &large, &mutual] {
        exhausts(&Config::new(), text);
        exhausts(Config::new().max_call_depth(10), text);
        exhausts(Config::new().max_stack_size(1_000_000), text);
    }
    // Without room for a single call, there is no frame that a backtrace could show.
    for bytes in [0, 8, 16, 100_000] {
        let engine = Engine::new(Config::new().max_stack_size(bytes));
        let mut store = Store::new(&engine, ());
        let instance = instance(&engine, &mut store, &large);
        let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("f is exported");
        let error = f.call(&mut store, 1).expect_err("there is no room");
        assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
    }
}

#[test]
fn a_tail_call_needs_no_return_record() {
    // The deepest call that there may be is followed by a tail call whose frame is larger than all before.
    let text = format!(
        "(module
            (func $large (result i32) (local{}) (i32.const 42))
            (func $tail (result i32) (return_call $large))
            (func $f (export \"f\") (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (call $tail)))))",
        " i64".repeat(10_000)
    );
    for strategy in [Strategy::InPlace, Strategy::Register] {
        for probe_fails in [false, true] {
            let engine = Engine::new(Config::new().max_call_depth(10).strategy(strategy).probe_fails(probe_fails));
            let mut store = Store::new(&engine, ());
            let instance = instance(&engine, &mut store, &text);
            let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("f is exported");
            assert_eq!(f.call(&mut store, 9).expect("there is room for ten calls"), 42);
            let error = f.call(&mut store, 10).expect_err("there is none for eleven");
            assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
        }
    }
}

#[test]
fn recursion_through_instances_exhausts_the_stack() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let table = Table::new(&mut store, TableType::new(RefType::Func, 2, None), Ref::Func(None)).expect("a small table");
    let text = |callee: u32| {
        format!(
            "(module (import \"t\" \"t\" (table 2 funcref)) (type $t (func (result i32)))
                (func (export \"f\") (result i32) (i32.add (i32.const 1) (call_indirect (type $t) (i32.const {callee})))))"
        )
    };
    let mut functions = Vec::new();
    for callee in [1, 0] {
        let module = Module::new(&engine, wasm(&text(callee))).expect("it is valid");
        let instance = Instance::new(&mut store, &module, &[table.into()]).expect("the table fits");
        functions.push(instance.get_func(&store, "f").expect("f is exported"));
    }
    for (place, function) in functions.iter().enumerate() {
        table.set(&mut store, place as u64, Ref::Func(Some(*function))).expect("the table has two entries");
    }
    let error =
        functions[0].typed::<(), i32>(&store).expect("its type").call(&mut store, ()).expect_err("it is endless");
    assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
}

#[test]
fn recursion_through_the_host_exhausts_the_stack() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, 0_u32);
    let mut linker = Linker::new(&engine);
    let again = |mut caller: Caller<'_, u32>| -> Result<i32> {
        *caller.data_mut() += 1;
        let f = caller.get_export("f").and_then(Extern::into_func).expect("f is exported");
        f.typed::<(), i32>(&caller)?.call(&mut caller, ())
    };
    linker.func_wrap("host", "again", again).expect("the name is new");
    let text = "(module (import \"host\" \"again\" (func $again (result i32)))
        (func (export \"f\") (result i32) (i32.add (i32.const 1) (call $again))))";
    let module = Module::new(&engine, wasm(text)).expect("it is valid");
    let instance = linker.instantiate(&mut store, &module).expect("the host has it");
    let f = instance.get_typed_func::<(), i32>(&store, "f").expect("f is exported");
    for round in 1..=2 {
        let error = f.call(&mut store, ()).expect_err("the recursion is endless");
        assert_eq!(error.trap(), Some(Trap::CallStackExhausted), "{error}");
        assert_eq!(*store.data(), 64 * round, "the default is 64 host functions inside each other");
    }
}

/// A module of these sections, in hexadecimal after the header.
fn refused(sections: &[u8]) -> String {
    let bytes = [b"\0asm\x01\0\0\0", sections].concat();
    Module::new(&Engine::default(), bytes).expect_err("it is refused").to_string()
}

#[test]
fn huge_counts_are_refused_before_memory_is_taken() {
    let max = [0xff, 0xff, 0xff, 0xff, 0x0f];
    // A list section that promises 4,294,967,295 items.
    for section in [1, 2, 3, 4, 5, 6, 7, 9, 11] {
        let error = refused(&[&[section, 5][..], &max].concat());
        assert!(error.starts_with("too many ") || error.starts_with("unexpected end"), "section {section}: {error}");
    }
    // A section larger than the module.
    assert!(refused(&[&[1][..], &max].concat()).contains("length out of bounds"));
    let function = |code: &[u8]| {
        let body = [&[code.len() as u8][..], code].concat();
        let code = [&[10, body.len() as u8 + 1, 1][..], &body].concat();
        [&[1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0][..], &code].concat()
    };
    // Locals: 4,294,967,295 of them, twice as many, and one more than the limit.
    let many = refused(&function(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b]));
    assert!(many.starts_with("too many locals: the limit is 50000"), "{many}");
    let twice = refused(&function(&[2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7e, 0x0b]));
    assert!(twice.starts_with("too many locals"), "{twice}");
    let above = refused(&function(&[1, 0xd1, 0x86, 0x03, 0x7f, 0x0b]));
    assert!(above.starts_with("too many locals"), "{above}");
    Module::new(&Engine::default(), [&b"\0asm\x01\0\0\0"[..], &function(&[1, 0xd0, 0x86, 0x03, 0x7f, 0x0b])].concat())
        .expect("50,000 locals are allowed");
    // A branch table with 4,294,967,295 targets.
    let table = refused(&function(&[0, 0x41, 0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b]));
    assert!(table.starts_with("unexpected end") || table.starts_with("too many"), "{table}");
}

#[test]
fn deep_nesting_is_validated_and_run_without_the_hosts_stack() {
    let depth = 50_000;
    let text_of = |block: &str| {
        format!(
            "(module (func (export \"f\") (result i32) {} {} i32.const 42))",
            format!("{block} ").repeat(depth),
            "end ".repeat(depth)
        )
    };
    for block in ["block", "loop", "i32.const 1 if"] {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let instance = instance(&engine, &mut store, &text_of(block));
        let f = instance.get_typed_func::<(), i32>(&store, "f").expect("f is exported");
        assert_eq!(f.call(&mut store, ()).expect("it returns"), 42);
    }
}

#[test]
fn far_branches_and_high_stacks() {
    // A branch over more code than fits in 16 bits, with more operands below than fit in 16 bits.
    let text = format!(
        "(module (func (export \"f\") (param i32) (result i32)
            (block $b (result i32)
                {}
                (i32.const 42)
                (br_if $b (local.get 0))
                {}
                {})))",
        "i32.const 1 ".repeat(70_000),
        "i32.const 3 i32.add ".repeat(50_000),
        "drop ".repeat(70_000),
    );
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let instance = instance(&engine, &mut store, &text);
    let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("f is exported");
    assert_eq!(f.call(&mut store, 1).expect("it branches"), 42);
    assert_eq!(f.call(&mut store, 0).expect("it does not branch"), 1);
    // A table of many branches.
    let count = 60_000;
    let text = format!(
        "(module (func (export \"f\") (param i32) (result i32)
            (block $a (block $b (br_table {} $b (local.get 0))) (return (i32.const 1))) (i32.const 2)))",
        "$a $b ".repeat(count / 2)
    );
    let instance = self::instance(&engine, &mut store, &text);
    let f = instance.get_typed_func::<i32, i32>(&store, "f").expect("f is exported");
    for (index, expected) in [(0, 2), (1, 1), (59_998, 2), (59_999, 1), (60_000, 1), (-1, 1)] {
        assert_eq!(f.call(&mut store, index).expect("it returns"), expected, "target {index}");
    }
}

#[test]
fn memories_and_tables_beyond_the_machine_are_errors() {
    let engine = Engine::default();
    for text in [
        "(module (memory i64 0x100000000))",
        "(module (memory i64 0xffffffffffff))",
        "(module (table 0xffffffff funcref))",
        "(module (table i64 0xffffffffffffffff externref))",
    ] {
        let module = Module::new(&engine, wasm(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
        let mut store = Store::new(&engine, ());
        let error = Instance::new(&mut store, &module, &[]).expect_err(text);
        assert!(error.trap().is_none() && error.to_string().starts_with("out of memory"), "{text}: {error}");
    }
    // The largest 32-bit memory is not touched before the guest does so: it exists or is refused.
    let mut store = Store::new(&engine, ());
    let module = Module::new(&engine, wasm("(module (memory (export \"m\") 65536))")).expect("it is valid");
    match Instance::new(&mut store, &module, &[]) {
        Ok(instance) => {
            let memory = instance.get_memory(&store, "m").expect("it is exported");
            assert_eq!(memory.size(&store), 65536);
            assert!(memory.grow(&mut store, 1).is_err());
            memory.write(&mut store, (1 << 32) - 1, &[7]).expect("the last byte");
            assert!(memory.write(&mut store, 1 << 32, &[7]).is_err());
        }
        Err(error) => assert!(error.to_string().starts_with("out of memory"), "{error}"),
    }
    // Growing beyond what there is gives -1.
    let text = "(module (memory i64 0) (table 0 funcref)
        (func (export \"memory\") (result i64) (memory.grow (i64.const 0xffff00000000)))
        (func (export \"table\") (result i32) (table.grow (ref.null func) (i32.const -1))))";
    let mut store = Store::new(&engine, ());
    let instance = instance(&engine, &mut store, text);
    let memory = instance.get_typed_func::<(), i64>(&store, "memory").expect("it is exported");
    assert_eq!(memory.call(&mut store, ()).expect("it returns"), -1);
}

#[test]
fn handles_of_another_store_are_errors() {
    let engine = Engine::default();
    let (mut one, mut other) = (Store::new(&engine, ()), Store::new(&engine, ()));
    let function = Func::wrap(&mut one, || 1_i32);
    assert!(function.call(&mut other, &[], &mut [tablature::Val::I32(0)]).is_err());
    assert!(function.typed::<(), i32>(&other).is_err());
    let module = Module::new(&engine, wasm("(module (import \"a\" \"f\" (func (result i32))))")).expect("it is valid");
    assert!(Instance::new(&mut other, &module, &[function.into()]).is_err());
    assert!(Instance::new(&mut one, &module, &[function.into()]).is_ok());
    let foreign = Module::new(&Engine::default(), wasm("(module)")).expect("it is valid");
    assert!(Instance::new(&mut one, &foreign, &[]).is_err());
}
