//! Properties over generated modules: what is valid is taken, what is damaged is judged as wasmparser judges it, and
//! execution is the same with the loop and with handlers, in one piece and in slices.

use arbitrary::Unstructured;
use proptest::prelude::*;
use std::hash::{DefaultHasher, Hash, Hasher};
use tablature::{
    CompilationMode, Config, Dispatch, Engine, Extern, ExternType, Func, FuncType, Instance, Linker, Module,
    ResumableCall, Store, Strategy, Val, ValType,
};

/// What the engine has, in the words of wasm-smith.
fn shape() -> wasm_smith::Config {
    wasm_smith::Config {
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        memory64_enabled: true,
        tail_call_enabled: true,
        extended_const_enabled: true,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        gc_enabled: false,
        exceptions_enabled: false,
        threads_enabled: false,
        custom_page_sizes_enabled: true,
        wide_arithmetic_enabled: false,
        compact_imports_enabled: false,
        max_memories: 3,
        max_tables: 3,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        max_table_elements: 1_000,
        export_everything: true,
        min_funcs: 1,
        ..wasm_smith::Config::default()
    }
}

/// The same in the words of wasmparser.
fn features() -> wasmparser::WasmFeatures {
    use wasmparser::WasmFeatures as F;
    F::MUTABLE_GLOBAL
        | F::SATURATING_FLOAT_TO_INT
        | F::SIGN_EXTENSION
        | F::REFERENCE_TYPES
        | F::MULTI_VALUE
        | F::BULK_MEMORY
        | F::TAIL_CALL
        | F::FLOATS
        | F::MULTI_MEMORY
        | F::MEMORY64
        | F::CUSTOM_PAGE_SIZES
        | F::EXTENDED_CONST
        | F::GC_TYPES
        | F::BULK_MEMORY_OPT
        | F::CALL_INDIRECT_OVERLONG
}

fn module_of(seed: &[u8]) -> Option<Vec<u8>> {
    wasm_smith::Module::new(shape(), &mut Unstructured::new(seed)).ok().map(|module| module.to_bytes())
}

fn is_valid(bytes: &[u8], features: wasmparser::WasmFeatures) -> Result<(), String> {
    wasmparser::Validator::new_with_features(features).validate_all(bytes).map(|_| ()).map_err(|e| e.to_string())
}

/// What a run left behind.
#[derive(Debug, PartialEq)]
struct Outcome {
    calls: Vec<String>,
    /// What each call left.
    fuel: Vec<u64>,
    globals: Vec<String>,
    /// Hashes of the memories' bytes.
    memories: Vec<u64>,
}

const FUEL: u64 = 20_000;

/// Instantiates the module with host functions that give zeros, calls every export twice, and looks at what is left.
fn execute(bytes: &[u8], config: &mut Config, slice: Option<u64>) -> Option<Outcome> {
    config.consume_fuel(true).warm_up(1, 2).max_call_depth(500);
    let engine = Engine::new(config);
    let module = Module::new(&engine, bytes).expect("wasm-smith makes valid modules");
    let mut store = Store::new(&engine, ());
    store.set_fuel(FUEL).ok()?;
    let mut linker = Linker::new(&engine);
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else { return None };
        linker.func_new(import.module(), import.name(), ty.clone(), |_, _, _| Ok(())).ok()?;
    }
    let instance = linker.instantiate(&mut store, &module).ok()?;
    let functions: Vec<Func> = externs(&store, instance).filter_map(Extern::into_func).collect();
    let (mut calls, mut fuel) = (Vec::new(), Vec::new());
    for (place, function) in functions.iter().flat_map(|function| [*function; 2]).enumerate() {
        store.set_fuel(FUEL).ok()?;
        calls.push(call(&mut store, function, place, slice));
        fuel.push(store.get_fuel().ok()?);
    }
    let globals: Vec<_> = externs(&store, instance).filter_map(Extern::into_global).collect();
    let globals = globals.iter().map(|global| describe(&[global.get(&mut store)])).collect();
    let memories: Vec<_> = externs(&store, instance).filter_map(Extern::into_memory).collect();
    let memories = memories.iter().map(|memory| hash(memory.data(&store))).collect();
    Some(Outcome { calls, fuel, globals, memories })
}

/// Instantiates what is perhaps a module, and calls every export: whatever comes of it, it ends.
fn run_for_a_while(module: &Module) {
    let mut store = Store::new(module.engine(), ());
    store.set_fuel(FUEL).expect("fuel is counted");
    let mut linker = Linker::new(module.engine());
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else { return };
        linker.func_new(import.module(), import.name(), ty.clone(), |_, _, _| Ok(())).expect("it may be defined");
    }
    let Ok(instance) = linker.instantiate(&mut store, module) else { return };
    let functions: Vec<Func> = externs(&store, instance).filter_map(Extern::into_func).collect();
    for (place, function) in functions.iter().enumerate() {
        store.set_fuel(FUEL).expect("fuel is counted");
        call(&mut store, *function, place, None);
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// The results as a text in which references of different stores are alike.
fn describe(results: &[Val]) -> String {
    let one = |value: &Val| match value {
        Val::FuncRef(Some(_)) => "a function".to_owned(),
        Val::ExternRef(Some(_)) => "something of the host's".to_owned(),
        other => format!("{other:?}"),
    };
    results.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn externs(store: &Store<()>, instance: Instance) -> impl Iterator<Item = Extern> {
    instance.exports(store).map(|export| export.into_extern()).collect::<Vec<_>>().into_iter()
}

/// An argument: zero for the even ones of the calls, for the others something between the least and the greatest.
fn argument(ty: ValType, call: usize, place: usize) -> Val {
    if call.is_multiple_of(2) {
        return Val::default_for_ty(ty);
    }
    let mut hasher = DefaultHasher::new();
    (call, place).hash(&mut hasher);
    let number = hasher.finish() >> (hasher.finish() % 61);
    match ty {
        ValType::I32 => Val::I32(number as i32),
        ValType::I64 => Val::I64(number as i64),
        ValType::F32 => Val::F32((number as i32 as f32).to_bits()),
        ValType::F64 => Val::F64((number as i64 as f64).to_bits()),
        other => Val::default_for_ty(other),
    }
}

/// Calls a function, in slices of fuel that together are as much as without; gives what came of it, as a text.
fn call(store: &mut Store<()>, function: Func, place: usize, slice: Option<u64>) -> String {
    let ty: FuncType = function.ty(&*store);
    let params: Vec<Val> = ty.params().iter().enumerate().map(|(at, ty)| argument(*ty, place, at)).collect();
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    let Some(slice) = slice else {
        let outcome = function.call(&mut *store, &params, &mut results);
        return format!("{:?} {}", outcome.map_err(|error| error.to_string()), describe(&results));
    };
    let mut reserve = FUEL - slice;
    store.set_fuel(slice).expect("fuel is counted");
    let mut state = function.call_resumable(&mut *store, &params, &mut results);
    loop {
        match state {
            Ok(ResumableCall::OutOfFuel(suspended)) if reserve > 0 => {
                let more = slice.min(reserve);
                reserve -= more;
                let left = store.get_fuel().expect("fuel is counted");
                store.set_fuel(left + more).expect("fuel is counted");
                state = suspended.resume(&mut *store, &mut results);
            }
            Ok(ResumableCall::OutOfFuel(_)) => return format!("Err(\"all fuel consumed\") {}", describe(&results)),
            Ok(_) => break,
            Err(error) => {
                let left = store.get_fuel().expect("fuel is counted");
                store.set_fuel(left + reserve).expect("fuel is counted");
                return format!("Err({:?}) {}", error.to_string(), describe(&results));
            }
        }
    }
    let left = store.get_fuel().expect("fuel is counted");
    store.set_fuel(left + reserve).expect("fuel is counted");
    format!("Ok(()) {}", describe(&results))
}

/// A module made of `seed`, in which bytes at some places are others.
fn damaged(seed: &[u8], damage: &[(prop::sample::Index, u8)]) -> Option<Vec<u8>> {
    let mut bytes = module_of(seed)?;
    for (place, byte) in damage {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    Some(bytes)
}

/// How many modules each property is tried with: `PROPTEST_CASES`, or so many that a run takes seconds.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_modules_are_taken(seed in proptest::collection::vec(any::<u8>(), 500..3000)) {
        let Some(bytes) = module_of(&seed) else { return Ok(()) };
        let taken = Module::validate(&Engine::default(), &bytes);
        prop_assert!(taken.is_ok(), "{}", taken.unwrap_err());
    }

    #[test]
    fn damaged_modules_are_judged_as_wasmparser_judges_them(
        seed in proptest::collection::vec(any::<u8>(), 500..2000),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let Some(bytes) = damaged(&seed, &damage) else { return Ok(()) };
        let ours = Module::validate(&Engine::default(), &bytes).map_err(|error| error.to_string());
        let theirs = is_valid(&bytes, features());
        if ours.is_ok() != theirs.is_ok() {
            // With GC, constant expressions may read globals of the module itself, as here with extended-const.
            let with_gc = is_valid(&bytes, features() | wasmparser::WasmFeatures::GC | wasmparser::WasmFeatures::FUNCTION_REFERENCES);
            prop_assert!(ours.is_ok() && with_gc.is_ok(), "ours {ours:?}, wasmparser's {theirs:?}");
        }
    }

    #[test]
    fn damaged_functions_that_are_validated_late_are_found_all_the_same(
        seed in proptest::collection::vec(any::<u8>(), 500..2000),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let Some(bytes) = damaged(&seed, &damage) else { return Ok(()) };
        let at_once = Module::validate(&Engine::default(), &bytes).map_err(|error| *error.module_error().unwrap());
        for strategy in [Strategy::InPlace, Strategy::Register, Strategy::Auto] {
            let mut config = Config::new();
            config.strategy(strategy).compilation_mode(CompilationMode::Lazy).max_stack_size(1 << 20);
            let engine = Engine::new(config.consume_fuel(true).warm_up(1, 2));
            match Module::new(&engine, &bytes) {
                Ok(module) => {
                    run_for_a_while(&module);
                    let late = module.validate_functions().map_err(|error| *error.module_error().unwrap());
                    prop_assert_eq!(late, at_once);
                }
                Err(error) => {
                    // What stands behind a function was not reached where the function was found to be wrong; and
                    // one that ends too early is first of all a section that does.
                    let (late, at_once) = (*error.module_error().unwrap(), at_once.expect_err("it is refused late"));
                    prop_assert!(late.offset() >= at_once.offset(), "{late}, at once {at_once}");
                }
            }
        }
    }

    #[test]
    fn every_way_of_execution_gives_the_same(seed in proptest::collection::vec(any::<u8>(), 500..3000)) {
        let Some(bytes) = module_of(&seed) else { return Ok(()) };
        let of = |strategy| {
            let mut config = Config::new();
            config.strategy(strategy);
            config
        };
        let whole = execute(&bytes, &mut of(Strategy::InPlace), None);
        prop_assert_eq!(&whole, &execute(&bytes, of(Strategy::InPlace).only_loop(true), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut of(Strategy::InPlace), Some(97)));
        prop_assert_eq!(&whole, &execute(&bytes, &mut of(Strategy::Register), None));
        prop_assert_eq!(&whole, &execute(&bytes, of(Strategy::Register).fusion(false), None));
        prop_assert_eq!(&whole, &execute(&bytes, of(Strategy::Register).dispatch(Dispatch::Checked), None));
        prop_assert_eq!(&whole, &execute(&bytes, of(Strategy::Register).only_loop(true), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut of(Strategy::Register), Some(97)));
        prop_assert_eq!(&whole, &execute(&bytes, &mut of(Strategy::Auto), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut of(Strategy::Auto), Some(97)));
        let late = |strategy| {
            let mut config = of(strategy);
            config.compilation_mode(CompilationMode::Lazy);
            config
        };
        prop_assert_eq!(&whole, &execute(&bytes, &mut late(Strategy::InPlace), None));
        prop_assert_eq!(&whole, &execute(&bytes, late(Strategy::InPlace).only_loop(true), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut late(Strategy::InPlace), Some(97)));
        prop_assert_eq!(&whole, &execute(&bytes, &mut late(Strategy::Register), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut late(Strategy::Auto), None));
        prop_assert_eq!(&whole, &execute(&bytes, &mut late(Strategy::Auto), Some(97)));
    }
}
