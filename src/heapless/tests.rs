//! That guests run in lent memory as they do on a heap, and that a list that is too short is an error with its name.

use super::*;
use crate::trap::Trap;

const GUEST: &str = r#"(module
    (import "host" "double" (func $double (param i32) (result i32)))
    (memory (export "memory") 16 48 (pagesize 1))
    (table 2 4 funcref)
    (global $calls (export "calls") (mut i32) (i32.const 0))
    (elem (i32.const 1) func $fac)
    (data (i32.const 3) "abc")
    (func $fac (export "fac") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 1))
            (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1)))))))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "calls_out") (param i32) (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.add (call $double (local.get 0)) (call $double (i32.const 1))))
    (func (export "indirect") (param i32) (result i64)
        (call_indirect (param i64) (result i64) (i64.const 5) (local.get 0)))
    (func (export "endless") (loop (br 0))))"#;

/// Lists of these lengths for a module.
struct Lists {
    types: Vec<TypeEntry>,
    value_types: Vec<ValType>,
    imports: Vec<Import>,
    functions: Vec<FunctionEntry>,
    tables: Vec<TableEntry>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalEntry>,
    exports: Vec<Export>,
    element_segments: Vec<ElementSegment>,
    data_segments: Vec<DataSegment>,
    bodies: Vec<Body>,
    side_table: Vec<SideEntry>,
    wide_branches: Vec<WideBranch>,
    locals: Vec<ValType>,
    operands: Vec<ValType>,
    blocks: Vec<ValidationBlock>,
}

impl Lists {
    fn of(needed: &Requirements) -> Self {
        Self {
            types: vec![TypeEntry::EMPTY; needed.types],
            value_types: vec![ValType::I32; needed.value_types],
            imports: vec![Import::EMPTY; needed.imports],
            functions: vec![FunctionEntry::EMPTY; needed.functions],
            tables: vec![TableEntry::EMPTY; needed.tables],
            memories: vec![MemoryType::EMPTY; needed.memories],
            globals: vec![GlobalEntry::EMPTY; needed.globals],
            exports: vec![Export::EMPTY; needed.exports],
            element_segments: vec![ElementSegment::EMPTY; needed.element_segments],
            data_segments: vec![DataSegment::EMPTY; needed.data_segments],
            bodies: vec![Body::EMPTY; needed.bodies],
            side_table: vec![SideEntry::EMPTY; needed.side_table],
            wide_branches: vec![WideBranch::EMPTY; needed.wide_branches],
            locals: vec![ValType::I32; needed.locals],
            operands: vec![ValType::I32; needed.operands],
            blocks: vec![ValidationBlock::EMPTY; needed.blocks],
        }
    }

    fn module<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Module<'a>, Error> {
        let lists = ModuleLists {
            types: &mut self.types,
            value_types: &mut self.value_types,
            imports: &mut self.imports,
            functions: &mut self.functions,
            tables: &mut self.tables,
            memories: &mut self.memories,
            globals: &mut self.globals,
            exports: &mut self.exports,
            element_segments: &mut self.element_segments,
            data_segments: &mut self.data_segments,
            bodies: &mut self.bodies,
            side_table: &mut self.side_table,
            wide_branches: &mut self.wide_branches,
        };
        let scratch =
            ValidationLists { locals: &mut self.locals, operands: &mut self.operands, blocks: &mut self.blocks };
        Module::new(bytes, lists, scratch)
    }
}

/// Runs `test` with an instance of the guest in lists that are exactly long enough, and ten frames.
fn with_instance(test: impl FnOnce(&mut Store<'_>, Instance)) {
    let bytes = wat::parse_str(GUEST).unwrap();
    let needed = Module::requirements(&bytes).unwrap();
    let mut lists = Lists::of(&needed);
    let module = lists.module(&bytes).unwrap();
    let (mut memory, mut table) = ([0xFF; 40], [Reference::NULL; 3]);
    let (mut memories, mut tables): ([&mut [u8]; 1], [&mut [Reference]; 1]) = ([&mut memory], [&mut table]);
    let (mut indices, mut functions) = (vec![0; needed.indices], vec![FunctionRecord::EMPTY; needed.store_functions]);
    let mut signatures = vec![SignatureEntry::EMPTY; needed.signatures];
    let (mut types, mut order) = (vec![ValType::I32; needed.signature_types], vec![0; needed.signatures]);
    let (mut references, mut values) = (vec![Reference::NULL; needed.references], [0; 64 + VALUES_SLACK]);
    let lists = StoreLists {
        instances: &mut [InstanceEntry::EMPTY; 1],
        indices: &mut indices,
        functions: &mut functions,
        signatures: &mut signatures,
        signature_types: &mut types,
        signature_order: &mut order,
        tables: &mut [TableInstance::EMPTY; 1],
        table_entries: &mut tables,
        memories: &mut [MemoryInstance::EMPTY; 1],
        memory_bytes: &mut memories,
        globals: &mut [0; 1],
        global_types: &mut [GlobalType::EMPTY; 1],
        references: &mut references,
        segment_states: &mut [Segment::EMPTY; 1],
        data_states: &mut [false; 1],
        values: &mut values,
        frames: &mut [Frame::EMPTY; 10],
    };
    let mut store = Store::new(lists);
    let double = store.host_function(&[ValType::I32], &[ValType::I32], 9).unwrap();
    let instance = store.instantiate(&module, &[double]).unwrap();
    test(&mut store, instance);
}

/// Calls an export that takes and gives one value.
fn call(store: &mut Store<'_>, instance: Instance, name: &str, argument: u64) -> Result<u64, Outcome> {
    let function = store.function(instance, name).unwrap();
    let mut outcome = store.call(function, &[argument]).unwrap();
    while outcome == Outcome::Host(9) {
        store.host_slots()[0] *= 2;
        outcome = store.resume().unwrap();
    }
    if outcome == Outcome::Finished { Ok(store.results()[0]) } else { Err(outcome) }
}

#[test]
fn guests_compute_in_lent_memory() {
    with_instance(|store, instance| {
        assert_eq!(call(store, instance, "fac", 9), Ok(362_880));
        assert_eq!(call(store, instance, "load", 4), Ok(u64::from(b'b')));
        assert_eq!(call(store, instance, "load", 15), Ok(0), "memory is zeroed");
        assert_eq!(call(store, instance, "indirect", 1), Ok(120));
        assert_eq!(call(store, instance, "calls_out", 20), Ok(42));
        assert_eq!(store.global(instance, "calls"), Some(1));
        assert_eq!(store.memory(instance).unwrap()[3..6], *b"abc");
    });
}

#[test]
fn traps_name_their_place() {
    with_instance(|store, instance| {
        let trapped = |trap| Err(Outcome::Trap(trap));
        assert_eq!(call(store, instance, "load", 16), trapped(Trap::OutOfBoundsMemoryAccess));
        assert_eq!(store.position().0, 2);
        assert_eq!(call(store, instance, "indirect", 0), trapped(Trap::UninitializedElement));
        assert_eq!(call(store, instance, "fac", 20), trapped(Trap::CallStackExhausted), "ten frames are too few");
        assert_eq!(call(store, instance, "fac", 3), Ok(6), "the store is usable");
    });
}

#[test]
fn memories_grow_within_what_was_lent() {
    with_instance(|store, instance| {
        assert_eq!(call(store, instance, "grow", 24), Ok(16));
        assert_eq!(call(store, instance, "grow", 1), Ok(u64::from(u32::MAX)), "40 bytes were lent");
        assert_eq!(store.memory(instance).unwrap().len(), 40);
    });
}

#[test]
fn fuel_stops_and_goes_on() {
    with_instance(|store, instance| {
        store.set_fuel(Some(20));
        let fac = store.function(instance, "fac").unwrap();
        let (mut outcome, mut stops) = (store.call(fac, &[9]).unwrap(), 0);
        while outcome == Outcome::OutOfFuel {
            assert_eq!(store.call(fac, &[1]), Err(Error::State), "one execution at a time");
            stops += 1;
            store.set_fuel(Some(20));
            outcome = store.resume().unwrap();
        }
        assert!(stops > 2);
        assert_eq!((outcome, store.results()), (Outcome::Finished, &[362_880][..]));
        let endless = store.function(instance, "endless").unwrap();
        assert_eq!(store.call(endless, &[]), Ok(Outcome::OutOfFuel));
        store.give_up();
        assert_eq!(store.resume(), Err(Error::State));
        store.set_fuel(None);
        assert_eq!(call(store, instance, "fac", 3), Ok(6));
    });
}

#[test]
fn what_does_not_fit_is_refused() {
    with_instance(|store, instance| {
        let fac = store.function(instance, "fac").unwrap();
        assert_eq!(store.call(fac, &[]), Err(Error::Arguments { expected: 1 }));
        assert_eq!(store.function(instance, "memory"), None);
        assert_eq!(store.types(fac), (&[ValType::I64][..], &[ValType::I64][..]));
        let full = Full { list: List::StoreFunctions, needed: 8 };
        assert_eq!(store.host_function(&[], &[], 0), Err(Error::Full(full)));
    });
}

#[test]
fn a_list_that_is_too_short_is_named() {
    let bytes = wat::parse_str(GUEST).unwrap();
    let needed = Module::requirements(&bytes).unwrap();
    type Shorten = fn(&mut Requirements);
    let shortened: [(List, Shorten); 14] = [
        (List::Types, |needed| needed.types -= 1),
        (List::ValueTypes, |needed| needed.value_types -= 1),
        (List::Imports, |needed| needed.imports -= 1),
        (List::Functions, |needed| needed.functions -= 1),
        (List::Tables, |needed| needed.tables -= 1),
        (List::Memories, |needed| needed.memories -= 1),
        (List::Globals, |needed| needed.globals -= 1),
        (List::Exports, |needed| needed.exports -= 1),
        (List::ElementSegments, |needed| needed.element_segments -= 1),
        (List::DataSegments, |needed| needed.data_segments -= 1),
        (List::Bodies, |needed| needed.bodies -= 1),
        (List::SideTable, |needed| needed.side_table -= 1),
        (List::Operands, |needed| needed.operands -= 1),
        (List::Blocks, |needed| needed.blocks -= 1),
    ];
    for (list, shorten) in shortened {
        let mut short = needed;
        shorten(&mut short);
        let error = Lists::of(&short).module(&bytes).map(|_| ()).unwrap_err();
        let Error::Module(error) = error else { panic!("{list:?}: {error:?}") };
        assert!(error.to_string().contains(&format!("the list `{}` is too short", list.name())), "{error}");
    }
}

#[test]
fn delimiters_cost_nothing_and_so_may_not_be_too_many() {
    let module = |count: usize| {
        let text = format!("(module (func nop {} nop {}))", "block end ".repeat(count), "block end ".repeat(count));
        Module::requirements(&wat::parse_str(text).unwrap()).map(|_| ())
    };
    // The last run has the function's own `end`, too.
    assert_eq!(module(2_047), Ok(()));
    let Err(Error::Module(error)) = module(2_048) else { panic!("4,097 in a row are too many") };
    assert_eq!(error.kind(), crate::binary::ErrorKind::TooMany { what: "delimiters of blocks in a row", limit: 4_096 });
}

#[test]
fn constant_expressions_need_room_on_the_stack() {
    let bytes = wat::parse_str("(module (global i32 (i32.const 1)))").unwrap();
    let needed = Module::requirements(&bytes).unwrap();
    let mut lists = Lists::of(&needed);
    let module = lists.module(&bytes).unwrap();
    let lists = StoreLists {
        instances: &mut [InstanceEntry::EMPTY; 1],
        indices: &mut [0; 1],
        globals: &mut [0; 1],
        global_types: &mut [GlobalType::EMPTY; 1],
        values: &mut [0; 1 + VALUES_SLACK],
        ..StoreLists::default()
    };
    let error = Store::new(lists).instantiate(&module, &[]).unwrap_err();
    let Error::Full(full) = error else { panic!("{error:?}") };
    assert_eq!(full.list, List::Values);
}
