//! Properties over generated modules: what is valid is taken, what is damaged is judged as wasmparser judges it, and
//! whichever way a module is executed, it does the same.

use crate::outcome::{Call, Outcome, bounded, engine, outcome};
use crate::ways::{self, Way};
use crate::{SHARE, cases};
use arbitrary::Unstructured;
use proptest::prelude::*;
use tablature::{CompilationMode, Config, Engine, Module, Strategy};

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
pub fn features() -> wasmparser::WasmFeatures {
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

/// A module made of `seed`, in which bytes at some places are others.
fn damaged(seed: &[u8], damage: &[(prop::sample::Index, u8)]) -> Option<Vec<u8>> {
    let mut bytes = module_of(seed)?;
    for (place, byte) in damage {
        let place = place.index(bytes.len());
        bytes[place] = *byte;
    }
    Some(bytes)
}

/// What wasmparser says of a module.
pub fn is_valid(bytes: &[u8], features: wasmparser::WasmFeatures) -> Result<(), String> {
    wasmparser::Validator::new_with_features(features).validate_all(bytes).map(|_| ()).map_err(|e| e.to_string())
}

/// Calls of all exported functions, twice each.
fn calls(module: &Module) -> Vec<Call> {
    let functions = module.exports().filter(|export| export.ty().func().is_some());
    let twice = functions.flat_map(|export| [export.name().to_owned(), export.name().to_owned()]);
    // First with zeros, then with what is made of the call's place among all of them.
    let call = |(place, export)| Call { export, arguments: if place % 2 == 0 { 0 } else { place as u64 } };
    twice.enumerate().map(call).collect()
}

/// What comes of it if all exported functions are called.
fn execute(bytes: &[u8], way: &Way, canonical_nans: bool) -> Option<Outcome> {
    let module = Module::new(&engine(way, canonical_nans), bytes).expect("wasm-smith makes valid modules");
    outcome(&module, &calls(&module), way)
}

/// What is expected of a way, where `in_place` is what comes of it in place, and what comes of it; nothing if they are the
/// same, or it may never end.
fn difference(
    bytes: &[u8],
    way: &Way,
    canonical_nans: bool,
    in_place: Option<&Outcome>,
) -> Option<[Option<Outcome>; 2]> {
    // What cannot be instantiated perhaps ran out of fuel in the start function.
    if !way.counts_fuel && in_place.is_none_or(Outcome::ran_out) {
        return None;
    }
    let [expected, found] = [in_place.map(|outcome| outcome.as_seen(way)), execute(bytes, way, canonical_nans)];
    (expected != found).then_some([expected, found])
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
        // What begins otherwise may be taken for the text format, with the feature for that.
        if !bytes.starts_with(b"\0asm") {
            return Ok(());
        }
        let at_once = Module::validate(&Engine::default(), &bytes).map_err(|error| *error.module_error().unwrap());
        for strategy in [Strategy::InPlace, Strategy::Register, Strategy::Auto] {
            let mut config = Config::new();
            config.strategy(strategy).compilation_mode(CompilationMode::Lazy).max_stack_size(1 << 20);
            let engine = Engine::new(bounded(&config).consume_fuel(true).warm_up(1, 2));
            match Module::new(&engine, &bytes) {
                Ok(module) => {
                    // Whatever comes of it, it ends.
                    outcome(&module, &calls(&module), &Way::reference());
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
    fn every_way_of_execution_gives_the_same(
        seed in proptest::collection::vec(any::<u8>(), 500..3000),
        first_way in 0..SHARE,
    ) {
        let Some(bytes) = module_of(&seed) else { return Ok(()) };
        let in_place = execute(&bytes, &Way::reference(), false);
        for way in ways::all().iter().skip(first_way).step_by(SHARE) {
            if difference(&bytes, way, false, in_place.as_ref()).is_some() {
                // Where a result may be one of several NaNs, each way may choose another. With canonical ones there is no choice.
                let in_place = execute(&bytes, &Way::reference(), true);
                let difference = difference(&bytes, way, true, in_place.as_ref());
                prop_assert!(difference.is_none(), "{way}: {difference:#?}");
            }
        }
    }
}
