//! Runs the specification's test suite without the standard library, without libc and without an allocator: that this
//! program links is the proof that the engine needs none of them.
//!
//! What must be unsafe is the beginning, the end, and the stack: nothing of it is in the engine.

#![no_std]
#![no_main]

#[allow(dead_code, reason = "the build script uses the rest")]
mod format;
mod input;
mod lists;
mod report;
mod script;
mod stack;
// The same beginning and end as of the program with a heap of its own.
#[path = "../../nostd-check/src/system.rs"]
mod system;

use core::array;
use core::fmt::Write as _;
use format::{MEMORY, TABLE};
use input::Input;
use lists::{ModuleArrays, RefusedArrays, ValidationArrays, first, size};
use report::{REASONS, Report};
use script::Script;
use system::Output;
use tablature::heapless::{
    Frame, FunctionRecord, GlobalType, InstanceEntry, MemoryInstance, Reference, Segment, SignatureEntry, Store,
    StoreLists, TableInstance, VALUES_SLACK, ValType,
};

static SCRIPTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/scripts.bin"));

/// Slots of the value stack, and calls inside each other: more than any guest of the suite needs that ends.
const VALUES: usize = 1 << 20;
const FRAMES: usize = 1 << 14;

/// Fuel of a slice, when the suite runs for the second time: guests are stopped often, also before calls and growing.
const SLICE: u64 = 100;

/// The memory that all files use, one after the other.
struct Arrays {
    modules: ModuleArrays,
    refused: RefusedArrays,
    validation: ValidationArrays,
    indices: [u32; size::INDICES],
    functions: [FunctionRecord; size::STORE_FUNCTIONS],
    signatures: [SignatureEntry; SIGNATURES],
    signature_types: [ValType; SIGNATURE_TYPES],
    signature_order: [u32; SIGNATURES],
    globals: [u64; size::STORE_GLOBALS],
    global_types: [GlobalType; size::STORE_GLOBALS],
    references: [Reference; size::REFERENCES],
    segment_states: [Segment; size::ELEMENT_SEGMENTS],
    data_states: [bool; size::DATA_SEGMENTS],
    values: [u64; VALUES + VALUES_SLACK],
    frames: [Frame; FRAMES],
}

/// Function types of all modules and of the host functions.
const SIGNATURES: usize = size::TYPES + 16;
const SIGNATURE_TYPES: usize = size::VALUE_TYPES + 16;

impl Arrays {
    fn new() -> Self {
        Self {
            modules: ModuleArrays::new(),
            refused: RefusedArrays::new(),
            validation: ValidationArrays::new(),
            indices: [0; _],
            functions: [FunctionRecord::EMPTY; _],
            signatures: [SignatureEntry::EMPTY; _],
            signature_types: [ValType::I32; _],
            signature_order: [0; _],
            globals: [0; _],
            global_types: [GlobalType::EMPTY; _],
            references: [Reference::NULL; _],
            segment_states: [Segment::EMPTY; _],
            data_states: [false; _],
            values: [0; _],
            frames: [Frame::EMPTY; _],
        }
    }
}

fn main() -> i32 {
    stack::on_large_stack(suite)
}

/// What the program does; gives its exit code.
extern "C" fn suite() -> i32 {
    let mut arrays = Arrays::new();
    let mut memory = [0; MEMORY];
    let mut table = [Reference::NULL; TABLE];
    let mut input = Input(SCRIPTS);
    let mut reasons = [""; REASONS];
    let reasons = &mut reasons[..input.count()];
    reasons.fill_with(|| input.text());
    let files = input.count();

    let (mut total, mut in_slices) = (Report::EMPTY, Report::EMPTY);
    let _ = writeln!(Output, "passed   text skipped");
    for _ in 0..files {
        let name = input.text();
        let begin = input;
        let report = file(name, &mut input, &mut arrays, &mut memory, &mut table, None);
        let _ = writeln!(Output, "{:>6} {:>6} {:>7} {name}", report.passed, report.text, report.skipped());
        total.add(&report);
        in_slices.add(&file(name, &mut { begin }, &mut arrays, &mut memory, &mut table, Some(SLICE)));
    }
    let _ = writeln!(Output);
    let _ = total.print(files, reasons);
    let Report { passed, failed, stops, .. } = in_slices;
    let _ = writeln!(Output, "in slices of {SLICE} units of fuel: {passed} passed, {failed} failed, {stops} stops");
    let is_same = Report { stops: 0, ..in_slices } == total;
    i32::from(total.failed > 0 || !is_same)
}

/// Runs a file in memory that is its own for so long.
fn file(
    name: &'static str,
    input: &mut Input<'static>,
    arrays: &mut Arrays,
    memory: &mut [u8],
    table: &mut [Reference],
    slice: Option<u64>,
) -> Report {
    let mut memories: [&mut [u8]; size::STORE_MEMORIES] = array::from_fn(|_| Default::default());
    let mut tables: [&mut [Reference]; size::STORE_TABLES] = array::from_fn(|_| Default::default());
    // The sizes come in the order of instantiation.
    share(input, &mut memories, memory);
    share(input, &mut tables, table);
    let mut modules = [const { None }; size::MODULES];
    let mut instances = [const { InstanceEntry::EMPTY }; size::MODULES];
    let mut store_memories = [const { MemoryInstance::EMPTY }; size::STORE_MEMORIES];
    let mut store_tables = [const { TableInstance::EMPTY }; size::STORE_TABLES];
    let store = Store::new(StoreLists {
        instances: &mut instances,
        indices: &mut arrays.indices,
        functions: &mut arrays.functions,
        signatures: &mut arrays.signatures,
        signature_types: &mut arrays.signature_types,
        signature_order: &mut arrays.signature_order,
        tables: &mut store_tables,
        table_entries: &mut tables,
        memories: &mut store_memories,
        memory_bytes: &mut memories,
        globals: &mut arrays.globals,
        global_types: &mut arrays.global_types,
        references: &mut arrays.references,
        segment_states: &mut arrays.segment_states,
        data_states: &mut arrays.data_states,
        values: &mut arrays.values,
        frames: &mut arrays.frames,
    });
    let lists = arrays.modules.all();
    let script = Script::new(name, store, lists, &mut modules, &mut arrays.validation, &mut arrays.refused, slice);
    let mut script = script.expect("the lists have room for the host functions");
    script.run(Input(input.bytes()));
    script.report
}

/// Gives each memory or table as much of `rest` as the input says.
fn share<'a, T>(input: &mut Input<'_>, to: &mut [&'a mut [T]], mut rest: &'a mut [T]) {
    for place in &mut to[..input.count()] {
        *place = first(&mut rest, input.u64() as usize);
    }
}
