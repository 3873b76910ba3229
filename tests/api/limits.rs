//! What a limiter refuses.

use super::{instance, module};
use tablature::{
    Engine, Error, Instance, Memory, MemoryType, Ref, RefType, ResourceLimiter, Result, Store, StoreLimits,
    StoreLimitsBuilder, Table, TableType,
};

const PAGE: usize = 65_536;
const GROWING: &str = r#"(module
    (memory (export "memory") 1 10)
    (table (export "table") 2 100 funcref)
    (func (export "memory.grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "table.grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))"#;

fn limited(limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits| limits);
    store
}

fn call<T>(store: &mut Store<T>, instance: Instance, name: &str, argument: i32) -> Result<i32> {
    instance.get_typed_func::<i32, i32>(&*store, name)?.call(store, argument)
}

#[test]
fn guests_grow_up_to_the_limit() {
    let mut store = limited(StoreLimitsBuilder::new().memory_size(3 * PAGE).table_elements(5).build());
    let instance = instance(&mut store, GROWING);
    assert_eq!(call(&mut store, instance, "memory.grow", 2).unwrap(), 1);
    assert_eq!(call(&mut store, instance, "memory.grow", 1).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "table.grow", 3).unwrap(), 2);
    assert_eq!(call(&mut store, instance, "table.grow", 1).unwrap(), -1);
    let (memory, table) =
        (instance.get_memory(&store, "memory").unwrap(), instance.get_table(&store, "table").unwrap());
    assert_eq!((memory.peak_data_size(&store), table.size(&store)), (3 * PAGE, 5));
    assert_eq!((store.stats().memory_bytes, store.stats().table_elements), (3 * PAGE as u64, 5));
}

#[test]
fn refusal_can_end_the_guest() {
    let limits = StoreLimitsBuilder::new().memory_size(2 * PAGE).table_elements(2).trap_on_grow_failure(true).build();
    let mut store = limited(limits);
    let instance = instance(&mut store, GROWING);
    let error = call(&mut store, instance, "memory.grow", 2).unwrap_err();
    assert_eq!(error.to_string(), "a memory of 196608 bytes is beyond the store's limit of 131072");
    assert!(error.backtrace().is_some());
    let error = call(&mut store, instance, "table.grow", 1).unwrap_err();
    assert_eq!(error.to_string(), "a table of 3 entries is beyond the store's limit of 2");
}

#[test]
fn instantiation_asks_too() {
    let refusals = [
        (StoreLimitsBuilder::new().memory_size(PAGE - 1), "a memory of 65536 bytes is beyond the store's limit"),
        (StoreLimitsBuilder::new().table_elements(1), "a table of 2 entries is beyond the store's limit"),
        (StoreLimitsBuilder::new().instances(0), "1 instances are beyond the store's limit of 0"),
        (StoreLimitsBuilder::new().memories(0), "1 memories are beyond the store's limit of 0"),
        (StoreLimitsBuilder::new().tables(0), "1 tables are beyond the store's limit of 0"),
    ];
    for (limits, message) in refusals {
        let mut store = limited(limits.build());
        let module = module(&store.engine().clone(), GROWING);
        assert_eq!(Instance::new(&mut store, &module, &[]).unwrap_err().to_string(), message);
        assert_eq!(store.stats().memory_bytes, 0, "nothing was taken");
    }
}

#[test]
fn the_embedder_is_limited_like_a_guest() {
    let mut store =
        limited(StoreLimitsBuilder::new().memory_size(PAGE).table_elements(1).memories(1).tables(1).build());
    assert!(Memory::new(&mut store, MemoryType::new(2, None)).is_err());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    assert!(memory.grow(&mut store, 1).is_err());
    assert!(Memory::new(&mut store, MemoryType::new(0, None)).is_err());
    let funcref = |size| TableType::new(RefType::Func, size, None);
    assert!(Table::new(&mut store, funcref(2), Ref::Func(None)).is_err());
    let table = Table::new(&mut store, funcref(1), Ref::Func(None)).unwrap();
    assert!(table.grow(&mut store, 1, Ref::Func(None)).is_err());
    assert!(Table::new(&mut store, funcref(0), Ref::Func(None)).is_err());
}

/// Remembers what it was asked.
#[derive(Default)]
struct Recorder {
    asked: Vec<(usize, usize, Option<usize>)>,
    failed: usize,
}

impl ResourceLimiter for Recorder {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.asked.push((current, desired, maximum));
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: &Error) -> Result<()> {
        self.failed += 1;
        Ok(())
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Err(Error::msg("no tables today"))
    }
}

#[test]
fn a_limiter_of_ones_own_is_told_sizes_and_can_fail() {
    let mut store = Store::new(&Engine::default(), Recorder::default());
    store.limiter(|recorder| recorder);
    let memory = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
    memory.grow(&mut store, 2).unwrap();
    assert_eq!(store.data().asked, [(0, PAGE, Some(4 * PAGE)), (PAGE, 3 * PAGE, Some(4 * PAGE))]);
    assert!(memory.grow(&mut store, 2).is_err());
    assert_eq!(store.data().asked.len(), 2, "what the type forbids is not asked");
    assert_eq!(store.data().failed, 0);
    let error = Table::new(&mut store, TableType::new(RefType::Func, 0, None), Ref::Func(None)).unwrap_err();
    assert_eq!(error.to_string(), "no tables today");
}
