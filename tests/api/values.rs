//! Values, references, tables, memories and what they are told from outside.

use super::instance;
use tablature::{
    Caller, Engine, Extern, ExternType, Func, Linker, Memory, MemoryType, Mutability, Ref, RefType, Store, Table,
    TableType, Val, ValType,
};

#[test]
fn values_tell_their_type_and_content() {
    let mut store = Store::new(&Engine::default(), ());
    let func = Func::wrap(&mut store, || {});
    assert_eq!((Val::I32(-1).unwrap_i32(), Val::I64(7).unwrap_i64()), (-1, 7));
    assert_eq!((Val::from(1.5_f32).unwrap_f32(), Val::from(-2.5_f64).unwrap_f64()), (1.5, -2.5));
    assert_eq!((Val::from(func).funcref(), Val::I32(0).funcref()), (Some(Some(func)), None));
    assert_eq!(Val::default_for_ty(ValType::EXTERNREF).externref(), Some(None));
    assert!(ValType::FUNCREF.is_ref() && ValType::F32.is_num() && !ValType::FUNCREF.is_num());
    let null = Ref::null(RefType::Extern);
    assert_eq!((null.is_null(), null.ty(), null.as_extern(), null.as_func()), (true, RefType::Extern, None, None));
    assert_eq!((Ref::Func(Some(func)).is_null(), Ref::Func(Some(func)).as_func()), (false, Some(func)));
    assert!(Mutability::Var.is_var() && Mutability::Const.is_const());
}

#[test]
#[should_panic(expected = "expected i32, found i64")]
fn unwrapping_another_type_panics() {
    let _ = Val::I64(1).unwrap_i32();
}

#[test]
fn tables_are_filled_and_copied() {
    let mut store = Store::new(&Engine::default(), ());
    let (one, two) = (Func::wrap(&mut store, || {}), Func::wrap(&mut store, || {}));
    let funcrefs = TableType::new64(RefType::Func, 6, None);
    assert!(funcrefs.is_64());
    let table = Table::new(&mut store, funcrefs, Ref::null(RefType::Func)).unwrap();
    table.fill(&mut store, 0, Ref::Func(Some(one)), 2).unwrap();
    table.set(&mut store, 2, Ref::Func(Some(two))).unwrap();
    assert!(table.fill(&mut store, 5, Ref::Func(Some(two)), 2).is_err());
    // The ranges overlap.
    Table::copy(&mut store, &table, 1, &table, 0, 3).unwrap();
    let entries: Vec<_> = (0..6).map(|index| table.get(&store, index).unwrap().as_func()).collect();
    assert_eq!(entries, [Some(one), Some(one), Some(one), Some(two), None, None]);
    assert!(Table::copy(&mut store, &table, 5, &table, 0, 2).is_err());
    let externs = Table::new(&mut store, TableType::new(RefType::Extern, 3, None), Ref::null(RefType::Extern)).unwrap();
    let message = Table::copy(&mut store, &externs, 0, &table, 0, 1).unwrap_err().to_string();
    assert_eq!(message, "the tables have entries of different types");
}

#[test]
fn memories_are_read_through_any_context() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, Vec::new()));
    let copy = |mut caller: Caller<'_, Vec<u8>>, start: i32| {
        let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
        let byte = memory.data(&caller)[start as usize];
        memory.data_mut(&mut caller)[0] = byte + 1;
        let (bytes, seen) = memory.data_and_store_mut(&mut caller);
        seen.extend_from_slice(&bytes[..2]);
    };
    linker.func_wrap("host", "copy", copy).unwrap();
    let text = r#"(module (import "host" "copy" (func $copy (param i32))) (memory (export "memory") 1)
        (data (i32.const 1) "ab") (func (export "run") (call $copy (i32.const 2))))"#;
    let instance = linker.instantiate_and_start(&mut store, &super::module(&engine, text)).unwrap();
    instance.invoke(&mut store, "run", &[]).unwrap();
    assert_eq!(store.data(), b"ca");
}

#[test]
fn exports_tell_their_types() {
    let mut store = Store::new(&Engine::default(), ());
    let text = r#"(module (memory (export "m") 1 (pagesize 1)) (global (export "g") (mut i64) (i64.const 1))
        (table (export "t") 2 funcref) (func (export "f") (param i32)))"#;
    let instance = instance(&mut store, text);
    let types: Vec<ExternType> = instance.exports(&store).map(|export| export.ty(&store)).collect();
    assert_eq!(types[0].memory().unwrap().page_size(), 1);
    assert_eq!(types[1].global().unwrap().content(), ValType::I64);
    assert_eq!(types[2].table().unwrap().minimum(), 2);
    assert_eq!(types[3].func().unwrap().params(), [ValType::I32]);
    assert!(types[3].memory().is_none());
    let found = instance.exports(&store).find(|export| export.name() == "f").and_then(tablature::Export::into_func);
    assert_eq!(found, instance.get_func(&store, "f"));
}

#[test]
fn memories_of_bytes_grow_by_bytes() {
    let mut store = Store::new(&Engine::default(), ());
    let memory = Memory::new(&mut store, MemoryType::new(100, Some(150)).with_pages_of_one_byte()).unwrap();
    assert_eq!((memory.grow(&mut store, 50).unwrap(), memory.size(&store), memory.data_size(&store)), (100, 150, 150));
    assert!(memory.grow(&mut store, 1).is_err());
}
