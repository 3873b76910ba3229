//! That counts are those of validation, that the header says what the library does, and that the example's bytes are
//! those of its text.

use crate::arena::Arena;
use crate::count::Counts;
use crate::error::{self, Error, TrapCode, trap_code, trap_message};
use crate::instance::{Config, HostFunction, InstanceState};
use crate::*;
use arbitrary::Unstructured;
use core::ffi::c_void;
use core::ptr;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use tablature_engine::Trap;
use tablature_engine::heapless::Module;

const HEADER: &str = include_str!("../include/tablature.h");
const GUEST: &str = include_str!("../examples/guest.wat");

/// The counts of a module that validation accepts.
fn check(bytes: &[u8]) -> bool {
    let Ok(needed) = Module::requirements(bytes) else { return false };
    let counts = Counts::of(bytes);
    assert_eq!(counts.stopped_at, None);
    let lists = |counts: &Counts| {
        [
            counts.types,
            counts.value_types,
            counts.imports,
            counts.functions,
            counts.tables,
            counts.memories,
            counts.globals,
            counts.exports,
            counts.element_segments,
            counts.references,
            counts.data_segments,
            counts.bodies,
            counts.side_table,
            counts.own_tables,
            counts.own_memories,
            counts.own_globals,
        ]
    };
    let expected = [
        needed.types,
        needed.value_types,
        needed.imports,
        needed.functions,
        needed.tables,
        needed.memories,
        needed.globals,
        needed.exports,
        needed.element_segments,
        needed.references,
        needed.data_segments,
        needed.bodies,
        needed.side_table,
        needed.store_tables,
        needed.store_memories,
        needed.store_globals,
    ];
    assert_eq!(lists(&counts), expected);
    assert!(counts.blocks >= needed.blocks, "{} blocks instead of {}", counts.blocks, needed.blocks);
    assert!(counts.operands >= needed.operands, "{} operands instead of {}", counts.operands, needed.operands);
    assert!(counts.locals >= needed.locals, "{} locals instead of {}", counts.locals, needed.locals);
    let bytes_of_memories = counts.memory_limits(bytes).fold(0u64, |sum, limits| sum.saturating_add(limits.min));
    assert_eq!(bytes_of_memories, needed.memory_bytes);
    assert_eq!(counts.table_limits(bytes).map(|limits| limits.min).sum::<u64>(), needed.table_entries);
    assert_eq!(counts.imports_of(bytes).count(), needed.imports);
    assert_eq!((0..needed.types).filter_map(|index| counts.type_of(bytes, index)).count(), needed.types);
    true
}

fn random_bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| next()).collect()
}

fn random_module(seed: u64) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        reference_types_enabled: true,
        bulk_memory_enabled: true,
        gc_enabled: false,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        max_memories: 3,
        max_tables: 3,
        ..wasm_smith::Config::default()
    };
    let bytes = random_bytes(seed, 4096);
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    Some(module.to_bytes())
}

#[test]
fn counts_are_those_of_validation() {
    assert!(check(&wat::parse_str(GUEST).unwrap()));
    let valid = (0..400).filter_map(random_module).filter(|module| check(module)).count();
    assert!(valid > 200, "{valid} modules were accepted");
}

#[test]
fn rare_forms_are_counted() {
    let texts = [
        "(module (table 2 funcref (ref.null func)) (table 3 9 externref))",
        "(module (memory i64 1 2) (memory 3 (pagesize 1)) (data (memory 1) (i32.const 0) \"abc\") (data \"x\"))",
        "(module (table 1 funcref) (func $f) (elem (i32.const 0) $f) (elem func $f $f) (elem declare func $f) \
          (elem (table 0) (offset (i32.const 0)) funcref (ref.func $f) (ref.null func)))",
        "(module (func (param i32) (block (block (br_table 0 1 0 1 (local.get 0))) (if (local.get 0) (then (return)) \
          (else unreachable)))))",
        "(module (import \"a\" \"t\" (table 1 2 externref)) (import \"a\" \"m\" (memory 1)) \
          (import \"a\" \"g\" (global (mut f64))) (import \"a\" \"f\" (func (param f32) (result i64))))",
    ];
    for text in texts {
        let bytes = wat::parse_str(text).unwrap();
        assert!(check(&bytes), "{text}: {:?}", Module::requirements(&bytes));
    }
}

/// Whatever the bytes are, counting ends, and without a panic.
#[test]
fn damaged_modules_are_counted_up_to_the_damage() {
    for seed in 0..100 {
        let Some(module) = random_module(seed) else { continue };
        for (place, byte) in random_bytes(seed, 50).into_iter().enumerate() {
            let mut damaged = module.clone();
            let at = (place * 7919 + usize::from(byte)) % damaged.len();
            damaged[at] ^= byte | 1;
            Counts::of(&damaged);
            Counts::of(&damaged[..at]);
        }
    }
}

#[test]
fn traps_have_the_words_of_the_engine() {
    for trap in Trap::ALL {
        assert_eq!(trap_message(trap_code(trap)).to_str(), Ok(trap.message()));
    }
}

/// The header without comments.
fn declarations() -> String {
    let mut text = String::new();
    let mut rest = HEADER;
    while let Some((before, comment)) = rest.split_once("/*") {
        text.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    text + rest
}

/// `word(` at the start of which a declaration's name stands.
fn function_names(text: &str, prefix: &str) -> BTreeSet<String> {
    let names = text.split('(').filter_map(|before| before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next());
    names.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect()
}

#[test]
fn header_and_library_have_the_same_functions() {
    let text = declarations();
    let without_inline: String =
        text.lines().filter(|line| !line.starts_with("static inline")).fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        });
    let mut exported = BTreeSet::new();
    for part in include_str!("lib.rs").split("extern \"C\" fn ").skip(1) {
        exported.insert(part.split_once('(').unwrap().0.to_owned());
    }
    let declared = function_names(&without_inline, "tablature_");
    assert_eq!(declared, exported);
}

/// The fields of each struct of the header, by the struct's name.
fn header_structs() -> BTreeMap<String, Vec<String>> {
    let text = declarations();
    let mut structs = BTreeMap::new();
    for part in text.split("typedef struct ").skip(1) {
        let Some((head, body)) = part.split_once('{') else { continue };
        if head.contains(';') {
            continue;
        }
        let body = body.split_once('}').unwrap().0;
        let field = |line: &str| {
            let name = line.trim().trim_end_matches(']').split('[').next().unwrap_or_default();
            name.rsplit([' ', '*']).next().unwrap_or_default().to_owned()
        };
        let fields = body.split(';').filter(|line| !line.trim().is_empty()).map(field).collect();
        structs.insert(head.trim().to_owned(), fields);
    }
    structs
}

/// The fields of each `repr(C)` struct of the library, by the name of the struct that its comment says.
fn library_structs() -> BTreeMap<String, Vec<String>> {
    let sources =
        [include_str!("lib.rs"), include_str!("arena.rs"), include_str!("error.rs"), include_str!("instance.rs")];
    let mut structs = BTreeMap::new();
    for source in sources {
        for part in source.split("#[repr(C)]\n").skip(1) {
            let before = &source[..part.as_ptr().addr() - source.as_ptr().addr()];
            let (_, comment) = before.rsplit_once("/// `").unwrap();
            let body = part.split_once('{').unwrap().1.split_once('}').unwrap().0;
            let field = |line: &str| line.trim().strip_prefix("pub ")?.split_once(':').map(|(name, _)| name.to_owned());
            let fields = body.lines().filter_map(field).collect();
            structs.insert(comment.split_once('`').unwrap().0.to_owned(), fields);
        }
    }
    structs
}

#[test]
fn header_and_library_have_the_same_structs() {
    let structs = header_structs();
    assert!(structs.len() >= 7, "{structs:?}");
    assert_eq!(structs, library_structs());
}

/// The constants `TABLATURE_… = number` of the header's enums.
fn header_constants() -> BTreeMap<String, i64> {
    let text = declarations();
    let constants = text.split([',', '{', '}']).filter_map(|item| item.split_once('='));
    let constants = constants.filter_map(|(name, value)| Some((name.trim(), value.trim().parse().ok()?)));
    constants.filter_map(|(name, value)| Some((name.strip_prefix("TABLATURE_")?.to_owned(), value))).collect()
}

#[test]
fn header_and_library_have_the_same_constants() {
    let mut constants = header_constants();
    for kind in ["KIND_FUNCTION", "KIND_TABLE", "KIND_MEMORY", "KIND_GLOBAL"] {
        // Kinds are those of the binary format.
        assert!(constants.remove(kind).is_some());
    }
    let mut own = BTreeMap::new();
    for line in include_str!("error.rs").lines() {
        let Some((name, rest)) = line.strip_prefix("pub const ").and_then(|line| line.split_once(": ")) else {
            continue;
        };
        let Some((ty, value)) = rest.split_once(" = ") else { continue };
        if matches!(ty, "Status" | "TrapCode") {
            own.insert(name.to_owned(), value.trim_end_matches(';').parse::<i64>().unwrap());
        }
    }
    assert_eq!(constants, own);
    assert!(HEADER.contains(&format!("#define TABLATURE_MESSAGE_SIZE {}\n", error::MESSAGE_SIZE)));
    assert!(HEADER.contains(&format!("#define TABLATURE_ALIGNMENT {}\n", crate::arena::ALIGNMENT)));
    let [major, minor, patch] = crate::VERSION;
    assert_eq!(env!("CARGO_PKG_VERSION"), format!("{major}.{minor}.{patch}"));
    for (name, number) in [("MAJOR", major), ("MINOR", minor), ("PATCH", patch)] {
        assert!(HEADER.contains(&format!("#define TABLATURE_VERSION_{name} {number}\n")));
    }
    let config = crate::instance::Config::DEFAULT;
    let numbers = [config.stack_slots, config.call_depth, config.memory_bytes, config.table_entries];
    assert!(HEADER.contains(&format!("{{ {} }}", numbers.map(|number| number.to_string()).join(", "))));
}

/// `examples/guest.h` as it must be. With `UPDATE=1` the test writes it.
#[test]
fn the_guest_in_c_is_that_in_text() {
    let bytes = wat::parse_str(GUEST).unwrap();
    let mut header = String::from("/* guest.wat in the binary format; `UPDATE=1 cargo test` writes it. */\n");
    header += "#ifndef GUEST_H\n#define GUEST_H\n\n#include <stdint.h>\n\nstatic const uint8_t guest[] = {\n";
    for line in bytes.chunks(16) {
        let numbers: Vec<_> = line.iter().map(|byte| format!("0x{byte:02x},")).collect();
        let _ = writeln!(header, "    {}", numbers.join(" "));
    }
    header += "};\n\n#endif\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/guest.h");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &header).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), header);
}

/// Loads a module in an arena of `size` bytes; gives what the arena would need, or what was used.
fn load_in(bytes: &'static [u8], size: usize) -> Result<usize, Box<Error>> {
    let mut memory = vec![0u64; size.div_ceil(8)];
    let mut arena = Arena { bytes: memory.as_mut_ptr().cast(), size, used: 0 };
    let (mut module, mut error) = (ptr::null(), Error::NONE);
    // SAFETY: the arena is as large as it says, and the module is forgotten before it.
    let status = unsafe { tablature_load(&mut arena, bytes.as_ptr(), bytes.len(), &mut module, &mut error) };
    if status == error::OK { Ok(arena.used) } else { Err(Box::new(error)) }
}

fn measure(bytes: &[u8]) -> Requirements {
    measured(&Counts::of(bytes), bytes, &Config::DEFAULT)
}

#[test]
fn modules_load_in_what_was_measured() {
    let mut loaded = 0;
    for module in (0..200).filter_map(random_module).filter(|module| Module::requirements(module).is_ok()) {
        let bytes: &'static [u8] = module.leak();
        let needed = measure(bytes);
        let used = load_in(bytes, needed.module_bytes + needed.validation_bytes).unwrap();
        assert!(used <= needed.module_bytes && used + 8 > needed.module_bytes, "{used}: {needed:?}");
        loaded += 1;
    }
    assert!(loaded > 100, "{loaded}");
}

#[test]
fn an_arena_that_is_too_small_says_what_it_needs() {
    let bytes: &'static [u8] = wat::parse_str(GUEST).unwrap().leak();
    let needed = measure(bytes);
    let mut size = 0;
    // Each time it is given what it asks for.
    let steps = (0..100).take_while(|_| match load_in(bytes, size) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.status, error::OUT_OF_ARENA);
            assert!(error.arena_bytes > size, "{error:?}");
            size = error.arena_bytes;
            true
        }
    });
    assert!(steps.count() < 100);
    assert!(size <= needed.module_bytes + needed.validation_bytes);
    for smaller in 0..size {
        assert_eq!(load_in(bytes, smaller).unwrap_err().status, error::OUT_OF_ARENA);
    }
}

/// Branches that take 8 values along have entries of their own, which are not counted.
#[test]
fn wide_branches_are_found_while_loading() {
    let results = "i32 ".repeat(8);
    let values = "(i32.const 1) ".repeat(8);
    let branches = format!("(block (result {results}) {values} (br 0))").repeat(5);
    let drops = "drop ".repeat(8 * 5);
    let bytes: &'static [u8] = wat::parse_str(format!("(module (func {branches} {drops}))")).unwrap().leak();
    let counts = Module::requirements(bytes).unwrap();
    assert_eq!(counts.wide_branches, 5);
    let needed = measure(bytes);
    let used = load_in(bytes, needed.arena_bytes + 1_000).unwrap();
    assert!(used >= needed.module_bytes + 5 * 12 - 8);
}

unsafe extern "C" fn double(_: *mut c_void, _: *mut InstanceState, slots: *mut u64) -> TrapCode {
    // SAFETY: it has a parameter, so that there is a slot. The upper half of the result is garbage, which is allowed.
    unsafe { *slots = (*slots).wrapping_mul(2) | 0xABCD_0000_0000_0000 };
    error::TRAP_NONE
}

unsafe extern "C" fn again(_: *mut c_void, instance: *mut InstanceState, slots: *mut u64) -> TrapCode {
    // SAFETY: the handle is that of the caller. Nothing of this is allowed, and all of it must be refused.
    unsafe {
        assert_eq!(tablature_give_up(instance), error::STATE);
        assert_eq!(tablature_resume(instance, ptr::null_mut(), 0, ptr::null_mut()), error::STATE);
        assert_eq!(tablature_start(instance, ptr::null_mut()), error::STATE);
        let function = Function { index: 1 };
        let status = tablature_call(instance, function, slots, 1, slots, 1, ptr::null_mut());
        assert_eq!(status, error::STATE);
        assert_eq!(tablature_memory_range(instance, 65_535, 2), ptr::null_mut());
        assert_eq!(tablature_memory_range(instance, u64::MAX, 2), ptr::null_mut());
        assert_ne!(tablature_memory_range(instance, 65_535, 1), ptr::null_mut());
        double(ptr::null_mut(), instance, slots)
    }
}

#[test]
fn nothing_is_called_inside_a_host_function() {
    let text = "(module (import \"a\" \"f\" (func $f (param i32) (result i32))) (memory 1) \
        (func (export \"f\") (param i32) (result i64) (i64.extend_i32_u (call $f (local.get 0)))))";
    let bytes: &'static [u8] = wat::parse_str(text).unwrap().leak();
    let size = measure(bytes).arena_bytes;
    for callback in [double as crate::instance::Callback, again] {
        let mut memory = vec![0u64; size.div_ceil(8)];
        let mut arena = Arena { bytes: memory.as_mut_ptr().cast(), size, used: 0 };
        let (mut module, mut instance, error) = (ptr::null(), ptr::null_mut(), ptr::null_mut());
        let (module_name, name, signature) = (c"a".as_ptr(), c"f".as_ptr(), c"(i)i".as_ptr());
        let callback = Some(callback);
        let host = HostFunction { module: module_name, name, signature, callback, user: ptr::null_mut() };
        let mut function = Function { index: u32::MAX };
        let mut slot = 21;
        // SAFETY: all pointers are those of living places, and the arena outlives what is in it.
        unsafe {
            assert_eq!(tablature_load(&mut arena, bytes.as_ptr(), bytes.len(), &mut module, error), error::OK);
            let made = tablature_instantiate(&mut arena, module, ptr::null(), &host, 1, &mut instance, error);
            assert_eq!(made, error::OK);
            let status = tablature_call(instance, function, &slot, 1, &mut slot, 1, error);
            assert_eq!(status, error::INVALID_ARGUMENT);
            assert_eq!(tablature_find_function(instance, c"g".as_ptr(), &mut function), error::NOT_FOUND);
            assert_eq!(tablature_find_function(instance, name, &mut function), error::OK);
            assert_eq!(tablature_call(instance, function, &slot, 0, &mut slot, 1, error), error::ARGUMENTS);
            assert_eq!(tablature_call(instance, function, &slot, 1, &mut slot, 0, error), error::ARGUMENTS);
            assert_eq!(tablature_call(instance, function, &slot, 1, &mut slot, 1, error), error::OK);
        }
        assert_eq!(slot, 42);
    }
}

unsafe extern "C" fn count_calls(user: *mut c_void, _: *mut InstanceState, _: *mut u64) -> TrapCode {
    let calls = user.cast::<i32>();
    // SAFETY: it is linked with a number, which nobody else refers to while it runs.
    unsafe {
        *calls += 1;
        if *calls > 1 { error::TRAP_HOST } else { error::TRAP_NONE }
    }
}

#[test]
fn a_host_function_may_be_the_start_function() {
    let text = "(module (import \"a\" \"f\" (func $f)) (start $f))";
    let bytes: &'static [u8] = wat::parse_str(text).unwrap().leak();
    let size = measure(bytes).arena_bytes;
    let mut memory = vec![0u64; size.div_ceil(8)];
    let mut arena = Arena { bytes: memory.as_mut_ptr().cast(), size, used: 0 };
    let (mut module, mut instance, mut error, mut calls) = (ptr::null(), ptr::null_mut(), Error::NONE, 0i32);
    let (module_name, name, signature) = (c"a".as_ptr(), c"f".as_ptr(), c"()".as_ptr());
    let (callback, user) = (Some(count_calls as crate::instance::Callback), (&raw mut calls).cast());
    let host = HostFunction { module: module_name, name, signature, callback, user };
    // SAFETY: all pointers are those of living places, and the arena outlives what is in it.
    unsafe {
        assert_eq!(tablature_load(&mut arena, bytes.as_ptr(), bytes.len(), &mut module, &mut error), error::OK);
        let made = tablature_instantiate(&mut arena, module, ptr::null(), &host, 1, &mut instance, &mut error);
        assert_eq!(made, error::OK);
        assert_eq!(tablature_start(instance, &mut error), error::OK);
        assert_eq!(tablature_start(instance, &mut error), error::TRAP);
    }
    assert_eq!((error.trap, calls), (error::TRAP_HOST, 2));
}

/// Messages that are too long are cut.
#[test]
fn messages_end_with_a_zero() {
    let name = "n".repeat(200);
    let text = format!("(module (import \"{name}\" \"f\" (func)))");
    let bytes: &'static [u8] = wat::parse_str(text).unwrap().leak();
    let size = measure(bytes).arena_bytes;
    let mut memory = vec![0u64; size.div_ceil(8)];
    let mut arena = Arena { bytes: memory.as_mut_ptr().cast(), size, used: 0 };
    let (mut module, mut instance, mut error) = (ptr::null(), ptr::null_mut(), Error::NONE);
    // SAFETY: all pointers are those of living places, and the arena outlives what is in it.
    let status = unsafe {
        assert_eq!(tablature_load(&mut arena, bytes.as_ptr(), bytes.len(), &mut module, &mut error), error::OK);
        tablature_instantiate(&mut arena, module, ptr::null(), ptr::null(), 0, &mut instance, &mut error)
    };
    assert_eq!((status, error.import, error.message[error::MESSAGE_SIZE - 1]), (error::IMPORT, 0, 0));
    assert_eq!(error.message.iter().filter(|byte| **byte == b'n' as c_char).count() > 100, cfg!(feature = "messages"));
}
