//! How long the engine takes in lent memory, at most: to validate and start a module, and from one stop for fuel to the next
//! with guests that do as much as they can for a unit of fuel.
//!
//! The tables are printed (`cargo test --release --test heapless_bounds -- --nocapture`); the limits that are asserted are
//! generous, for machines that do other things meanwhile. `heapless-check/bounds` runs the same file with the build that
//! has no heap.

use std::fmt::Write as _;
use std::time::{Duration, Instant};
use tablature::heapless::{
    Body, DataSegment, ElementSegment, Export, Frame, FunctionEntry, FunctionRecord, GlobalEntry, GlobalType, Import,
    InstanceEntry, MemoryInstance, MemoryType, Module, ModuleLists, Outcome, Reference, Segment, SideEntry,
    SignatureEntry, Store, StoreLists, TableEntry, TableInstance, TypeEntry, VALUES_SLACK, ValType, ValidationBlock,
    ValidationLists, WideBranch,
};

/// Bytes of the guest's memory, and entries of its table.
const MEMORY: usize = 64 << 20;
const TABLE: usize = 1 << 16;

/// Slots of the value stack.
const VALUES: usize = 1 << 14;

/// More than any of these guests needs.
const MANY: usize = 20_000;

/// The memory of one guest.
struct Memory {
    types: Vec<TypeEntry>,
    value_types: Vec<ValType>,
    functions: Vec<FunctionEntry>,
    exports: Vec<Export>,
    bodies: Vec<Body>,
    side_table: Vec<SideEntry>,
    wide_branches: Vec<WideBranch>,
    locals: Vec<ValType>,
    operands: Vec<ValType>,
    blocks: Vec<ValidationBlock>,
    bytes: Vec<u8>,
    entries: Vec<Reference>,
    values: Vec<u64>,
    frames: Vec<Frame>,
}

impl Memory {
    fn new() -> Self {
        Self {
            types: vec![TypeEntry::EMPTY; 64],
            value_types: vec![ValType::I32; MANY],
            functions: vec![FunctionEntry::EMPTY; 1_000],
            exports: vec![Export::EMPTY; 16],
            bodies: vec![Body::EMPTY; 1_000],
            side_table: vec![SideEntry::EMPTY; MANY],
            wide_branches: vec![WideBranch::EMPTY; MANY],
            locals: vec![ValType::I32; MANY],
            operands: vec![ValType::I32; MANY],
            blocks: vec![ValidationBlock::EMPTY; MANY],
            bytes: vec![0; MEMORY],
            entries: vec![Reference::NULL; TABLE],
            values: vec![0; VALUES + VALUES_SLACK],
            frames: vec![Frame::EMPTY; 1_000],
        }
    }

    /// Validates `bytes`, makes an instance, and runs `test`, which gets the instant at which all that began.
    fn with_instance<T>(&mut self, bytes: &[u8], test: impl FnOnce(&mut Store<'_>, Started) -> T) -> T {
        let before = Instant::now();
        let (mut imports, mut tables) = ([Import::EMPTY; 1], [TableEntry::EMPTY; 1]);
        let (mut memories, mut globals) = ([MemoryType::EMPTY; 1], [GlobalEntry::EMPTY; 4]);
        let (mut elements, mut data) = ([ElementSegment::EMPTY; 2], [DataSegment::EMPTY; 2]);
        let lists = ModuleLists {
            types: &mut self.types,
            value_types: &mut self.value_types,
            imports: &mut imports,
            functions: &mut self.functions,
            tables: &mut tables,
            memories: &mut memories,
            globals: &mut globals,
            exports: &mut self.exports,
            element_segments: &mut elements,
            data_segments: &mut data,
            bodies: &mut self.bodies,
            side_table: &mut self.side_table,
            wide_branches: &mut self.wide_branches,
        };
        let scratch =
            ValidationLists { locals: &mut self.locals, operands: &mut self.operands, blocks: &mut self.blocks };
        let module = Module::new(bytes, lists, scratch).expect("the guest is valid");
        let validated = Instant::now();
        let (mut memory_bytes, mut table_entries) = ([&mut self.bytes[..]], [&mut self.entries[..]]);
        let mut store_memories = [MemoryInstance::EMPTY];
        let mut store_tables = [TableInstance::EMPTY];
        let mut instances = [InstanceEntry::EMPTY];
        let mut indices = [0; 2_000];
        let mut functions = [FunctionRecord::EMPTY; 1_000];
        let mut signatures = [SignatureEntry::EMPTY; 64];
        let (mut signature_types, mut order) = ([ValType::I32; 4_000], [0; 64]);
        let (mut store_globals, mut global_types) = ([0; 4], [GlobalType::EMPTY; 4]);
        let (mut segment_states, mut data_states) = ([Segment::EMPTY; 2], [false; 2]);
        let mut references = [Reference::NULL; 10_000];
        let mut store = Store::new(StoreLists {
            instances: &mut instances,
            indices: &mut indices,
            functions: &mut functions,
            signatures: &mut signatures,
            signature_types: &mut signature_types,
            signature_order: &mut order,
            tables: &mut store_tables,
            table_entries: &mut table_entries,
            memories: &mut store_memories,
            memory_bytes: &mut memory_bytes,
            globals: &mut store_globals,
            global_types: &mut global_types,
            references: &mut references,
            segment_states: &mut segment_states,
            data_states: &mut data_states,
            values: &mut self.values[..VALUES + VALUES_SLACK],
            frames: &mut self.frames,
        });
        let instance = store.instantiate(&module, &[]).expect("the guest imports nothing");
        if let Some(start) = store.start(instance) {
            assert_eq!(store.call(start, &[]), Ok(Outcome::Finished));
        }
        let started = Instant::now();
        let run = store.function(instance, "run").expect("the guest exports it");
        let started =
            Started { run, validated: validated - before, started: started - validated, code: module.code_size() };
        test(&mut store, started)
    }
}

/// A guest that has been started, and what it took.
struct Started {
    run: tablature::heapless::Func,
    validated: Duration,
    started: Duration,
    code: usize,
}

/// A module of about 10 KiB of code as compilers make it: functions with blocks, loops, branches, memory, calls, a table.
fn ordinary_module() -> Vec<u8> {
    let mut text = String::from(
        "(module (memory 1) (table 64 funcref) (global $g (mut i32) (i32.const 7))
        (data (i32.const 16) \"constants of the program\")
        (elem (i32.const 0) $f0 $f1 $f2)
        (func $start (i32.store (i32.const 0) (call $f0 (i32.const 5) (i64.const 9))))
        (start $start)
        (func (export \"run\"))\n",
    );
    for number in 0..90 {
        let _ = write!(
            text,
            "(func $f{number} (param $a i32) (param $b i64) (result i32) (local $i i32) (local $s i64)
                (block $out
                    (loop $next
                        (br_if $out (i32.ge_u (local.get $i) (i32.const 16)))
                        (local.set $s (i64.add (local.get $s) (i64.mul (local.get $b) (i64.extend_i32_u (local.get $i)))))
                        (i64.store offset=1024 (i32.shl (local.get $i) (i32.const 3)) (local.get $s))
                        (if (i32.and (local.get $i) (i32.const 1))
                            (then (global.set $g (i32.xor (global.get $g) (i32.load8_u offset=16 (local.get $i)))))
                            (else (global.set $g (i32.rotl (global.get $g) (i32.const 5)))))
                        (local.set $i (i32.add (local.get $i) (i32.const 1)))
                        (br $next)))
                (block $c (block $b (block $a
                    (br_table $a $b $c (i32.rem_u (local.get $a) (i32.const 3))))
                    (return (i32.wrap_i64 (local.get $s))))
                    (return (i32.add (global.get $g) (i32.const {number}))))
                (i32.load offset=1024 (i32.and (local.get $a) (i32.const 63))))\n"
        );
    }
    text.push(')');
    wat::parse_str(text).expect("the text is a module")
}

#[test]
fn a_module_is_started_within_a_millisecond() {
    let module = ordinary_module();
    let mut memory = Memory::new();
    let mut times: Vec<(Duration, Duration)> = Vec::new();
    let mut code = 0;
    for _ in 0..300 {
        memory.with_instance(&module, |_, started| {
            times.push((started.validated, started.started));
            code = started.code;
        });
    }
    times.sort_by_key(|(validated, started)| *validated + *started);
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    println!("a module of {code} bytes of code, {} bytes in all, 300 times:", module.len());
    println!("{:>12} {:>12}", "validation", "start");
    println!("{:>12?} {:>12?} shortest", times[0].0, times[0].1);
    println!("{:>12?} {:>12?} median", median.0, median.1);
    println!("{:>12?} {:>12?} longest", longest.0, longest.1);
    assert!((9_500..11_500).contains(&code), "it should be of about 10 KiB");
    assert!(median.0 + median.1 < Duration::from_millis(1));
}

/// Fuel from one stop to the next.
const SLICE: u64 = 1_000;

/// Stops that are looked at in a row, and how often: what disturbs one row does not disturb all.
const STOPS: usize = 300;
const ROWS: usize = 7;

/// After how long a row ends that is not finished.
const ROW: Duration = Duration::from_millis(100);

/// What the guests have around their body, which is repeated for ever. The memory has all its pages but in guests that grow.
fn guest(fields: &str, pages: usize, body: &str) -> Vec<u8> {
    let text = format!(
        "(module (memory {pages} {most}) (table 32768 65536 funcref) {fields}
            (func $run (export \"run\") (local $i i32) (local $x f64) (local $n i64) (loop $again {body} (br $again))))",
        most = MEMORY >> 16,
    );
    wat::parse_str(text).expect("the text is a module")
}

/// Guests that do as much as they can for a unit of fuel, each in its way.
fn guests() -> Vec<(&'static str, Vec<u8>)> {
    // What a slice of fuel pays for in one go: 64 bytes or 8 entries or locals a unit.
    let (bytes, entries, locals) = (62_000, 7_600, 7_600);
    let all = MEMORY >> 16;
    let many = |text: &str, count: usize| text.repeat(count);
    let bulk =
        |instruction: &str| format!("(memory.{instruction}) (local.set $i (i32.add (local.get $i) (i32.const 3)))");
    let table = format!("(table.copy (i32.const 0) (i32.const 8000) (i32.const {entries}))");
    let segment = many("a", bytes);
    let elements = many("$run ", entries);
    let thousand = many("i64 ", 1_000);
    vec![
        ("add in a loop", guest("", all, "(local.set $i (i32.add (local.get $i) (i32.const 1)))")),
        ("nothing but a branch", guest("", all, "")),
        (
            "br_table, 1,000 targets",
            guest(
                "",
                all,
                &format!(
                    "(local.set $i (i32.add (local.get $i) (i32.const 7)))
                    (block $b (block $a (br_table {} (i32.and (local.get $i) (i32.const 1023)))))",
                    many("$a $b ", 500)
                ),
            ),
        ),
        (
            "memory.fill, 62,000 bytes",
            guest("", all, &bulk(&format!("fill (local.get $i) (i32.const 1) (i32.const {bytes})"))),
        ),
        (
            "memory.copy, upwards",
            guest("", all, &bulk(&format!("copy (i32.const 1) (local.get $i) (i32.const {bytes})"))),
        ),
        (
            "memory.copy, overlapping",
            guest("", all, &bulk(&format!("copy (i32.const 9) (i32.const 2) (i32.const {bytes})"))),
        ),
        (
            "memory.copy, far apart",
            guest(
                "",
                all,
                &format!(
                    "(local.set $i (i32.and (i32.add (local.get $i) (i32.const 4194303)) (i32.const 0x1ffffff)))
                    (memory.copy (local.get $i) (i32.add (local.get $i) (i32.const 0x1ff0001)) (i32.const {bytes}))"
                ),
            ),
        ),
        (
            "memory.init, 62,000 bytes",
            guest(
                &format!("(data $d \"{segment}\")"),
                all,
                &format!("(memory.init $d (i32.const 5) (i32.const 0) (i32.const {bytes}))"),
            ),
        ),
        ("table.copy, 7,600 entries", guest("", all, &table)),
        (
            "table.init, 7,600 entries",
            guest(
                &format!("(elem $e func {elements})"),
                all,
                &format!("(table.init $e (i32.const 9) (i32.const 0) (i32.const {entries}))"),
            ),
        ),
        (
            "table.fill, 7,600 entries",
            guest("", all, &format!("(table.fill (i32.const 9) (ref.null func) (i32.const {entries}))")),
        ),
        ("call, 7,600 locals", guest(&format!("(func $f (local {}))", many("i64 ", locals)), all, "(call $f)")),
        ("call, no locals", guest("(func $f)", all, "(call $f)")),
        (
            "call_indirect",
            guest("(type $t (func)) (func $f) (elem (i32.const 3) $f)", all, "(call_indirect (type $t) (i32.const 3))"),
        ),
        (
            "return_call, 7,600 locals",
            guest(&format!("(func $f (local {}) (return_call $f))", many("i64 ", locals)), all, "(call $f)"),
        ),
        ("loads 1 MiB apart", guest("", all, &loads())),
        (
            "i64.rem_s",
            guest("", all, &many("(local.set $n (i64.rem_s (i64.const -9223372036854775807) (i64.const 3)))", 100)),
        ),
        ("f64.sqrt", guest("", all, &many("(local.set $x (f64.sqrt (f64.const 1e-310)))", 100))),
        ("f64.nearest", guest("", all, &many("(local.set $x (f64.nearest (f64.const 1234567.5)))", 100))),
        ("f64.div, subnormal", guest("", all, &many("(local.set $x (f64.div (f64.const 1e-310) (f64.const 3)))", 100))),
        (
            "branch with 1,000 values",
            guest(
                &format!(
                    "(func $f (export \"f\") (param {thousand}) {} (loop $l (param {thousand}) (br $l)))",
                    (0..1_000).fold(String::new(), |mut text, local| {
                        let _ = write!(text, "(local.get {local})");
                        text
                    })
                ),
                all,
                &format!("(call $f {})", many("(i64.const 1)", 1_000)),
            ),
        ),
        ("memory.size", guest("", all, &many("(drop (memory.size))", 100))),
        ("memory.grow by nothing", guest("", all, "(drop (memory.grow (i32.const 0)))")),
        ("memory.grow, refused", guest("", all, "(drop (memory.grow (i32.const 1)))")),
        ("memory.grow by 1 page", guest("", 0, "(drop (memory.grow (i32.const 1)))")),
        ("memory.grow by 16 pages", guest("", 0, "(drop (memory.grow (i32.const 16)))")),
        ("memory.grow by 900 pages", guest("", 0, "(drop (memory.grow (i32.const 900)))")),
        ("table.grow by 7,600", guest("", all, "(drop (table.grow (ref.null func) (i32.const 7600)))")),
        ("256 bytes of delimiters", guest("", all, &many("block end ", 85))),
        ("4,000 delimiters", guest("", all, &many("block end ", 2_000))),
        // No branch passes over these.
        ("4,000 delimiters behind nop", guest("", all, &format!("nop {}", many("block end ", 2_000)))),
        ("2,000 blocks in blocks", guest("", all, &format!("nop {} {}", many("block ", 2_000), many("end ", 2_000)))),
    ]
}

/// Loads that no cache has.
fn loads() -> String {
    (0..60).fold(String::new(), |mut text, place| {
        let _ = write!(text, "(drop (i64.load offset={} (local.get $i)))", place << 20);
        text
    }) + "(local.set $i (i32.and (i32.add (local.get $i) (i32.const 8256)) (i32.const 0xfffff)))"
}

/// The longest times between two stops, of each row.
fn longest(memory: &mut Memory, module: &[u8]) -> Vec<Duration> {
    (0..ROWS)
        .map(|_| {
            memory.with_instance(module, |store, started| {
                store.set_fuel(Some(SLICE));
                let mut before = Instant::now();
                let mut outcome = store.call(started.run, &[]).expect("it can be called");
                let mut longest = before.elapsed();
                let first = before;
                for _ in 0..STOPS {
                    if first.elapsed() > ROW {
                        break;
                    }
                    assert_eq!(outcome, Outcome::OutOfFuel);
                    // An instruction that no slice pays for would never be executed.
                    assert!(store.fuel() < Some(SLICE), "no fuel was used");
                    store.set_fuel(Some(SLICE));
                    before = Instant::now();
                    outcome = store.resume().expect("it is stopped");
                    longest = longest.max(before.elapsed());
                }
                longest
            })
        })
        .collect()
}

#[test]
fn fuel_bounds_the_time_between_two_stops() {
    let mut memory = Memory::new();
    println!("longest time between two stops with {SLICE} units of fuel, {ROWS} rows of {STOPS} stops:");
    println!("{:>12} {:>12}", "best row", "worst row");
    let mut too_long = Vec::new();
    for (name, module) in guests() {
        let rows = longest(&mut memory, &module);
        let (best, worst) = (*rows.iter().min().expect("there are rows"), *rows.iter().max().expect("there are rows"));
        println!("{best:>12?} {worst:>12?} {name}");
        // New pages are zeroed, and cost a unit each: 900 of them are 59 MB. Delimiters are free, so as many as may stand in a
        // row count where guests walk over them.
        let limit = if name.contains("pages") {
            200
        } else if name.contains("4,000") || name.contains("blocks in blocks") {
            100
        } else {
            10
        };
        if best > Duration::from_millis(limit) {
            too_long.push(name);
        }
    }
    assert!(too_long.is_empty(), "these took too long: {too_long:?}");
}
