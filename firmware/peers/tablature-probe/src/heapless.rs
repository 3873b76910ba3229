//! In lists of one item each, whose sizes in the program's table of symbols are those of the items.

use core::cell::{Cell, UnsafeCell};
use tablature::heapless::{
    Body, DataSegment, ElementSegment, Export, Frame, FunctionEntry, FunctionRecord, GlobalEntry, GlobalType, Import,
    InstanceEntry, MemoryInstance, MemoryType, Module, ModuleLists, Outcome, Reference, Segment, SideEntry,
    SignatureEntry, Store, StoreLists, TableEntry, TableInstance, TypeEntry, ValType, ValidationBlock, ValidationLists,
    WideBranch,
};

/// Memory that is lent once.
struct Lent<T> {
    value: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: the program has one thread.
unsafe impl<T> Sync for Lent<T> {}

impl<T> Lent<T> {
    const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), taken: Cell::new(false) }
    }

    fn take(&'static self) -> Option<&'static mut T> {
        if self.taken.replace(true) {
            return None;
        }
        // SAFETY: `taken` was false: this is the only reference.
        Some(unsafe { &mut *self.value.get() })
    }
}

/// For each list a static `SIZE_…` whose size is that of its items: only the table of symbols knows them.
macro_rules! sizes {
    ($($name:ident: $ty:ty,)*) => {
        $(
            #[used]
            static $name: [u8; size_of::<$ty>()] = [0; size_of::<$ty>()];
        )*
    };
}

sizes! {
    SIZE_TYPES: TypeEntry,
    SIZE_VALUE_TYPES: ValType,
    SIZE_IMPORTS: Import,
    SIZE_FUNCTIONS: FunctionEntry,
    SIZE_TABLES: TableEntry,
    SIZE_MEMORIES: MemoryType,
    SIZE_GLOBALS: GlobalEntry,
    SIZE_EXPORTS: Export,
    SIZE_ELEMENT_SEGMENTS: ElementSegment,
    SIZE_DATA_SEGMENTS: DataSegment,
    SIZE_BODIES: Body,
    SIZE_SIDE_TABLE: SideEntry,
    SIZE_WIDE_BRANCHES: WideBranch,
    SIZE_BLOCKS: ValidationBlock,
    SIZE_INSTANCES: InstanceEntry<'static>,
    SIZE_STORE_FUNCTIONS: FunctionRecord,
    SIZE_SIGNATURES: SignatureEntry,
    SIZE_STORE_TABLES: TableInstance<'static>,
    SIZE_STORE_MEMORIES: MemoryInstance<'static>,
    SIZE_GLOBAL_TYPES: GlobalType,
    SIZE_REFERENCES: Reference,
    SIZE_SEGMENT_STATES: Segment,
    SIZE_FRAMES: Frame,
    SIZE_MODULE: Module<'static>,
    SIZE_STORE: Store<'static>,
}

/// What is lent.
struct Memory {
    types: [TypeEntry; 8],
    value_types: [ValType; 16],
    imports: [Import; 1],
    functions: [FunctionEntry; 16],
    tables: [TableEntry; 1],
    memories: [MemoryType; 1],
    globals: [GlobalEntry; 4],
    exports: [Export; 4],
    element_segments: [ElementSegment; 1],
    data_segments: [DataSegment; 4],
    bodies: [Body; 16],
    side_table: [SideEntry; 64],
    wide_branches: [WideBranch; 1],
    locals: [ValType; 16],
    operands: [ValType; 16],
    blocks: [ValidationBlock; 8],
    instances: [InstanceEntry<'static>; 1],
    indices: [u32; 32],
    store_functions: [FunctionRecord; 16],
    signatures: [SignatureEntry; 8],
    signature_types: [ValType; 16],
    signature_order: [u32; 8],
    store_tables: [TableInstance<'static>; 1],
    table_entries: [&'static mut [Reference]; 1],
    store_memories: [MemoryInstance<'static>; 1],
    memory_bytes: [&'static mut [u8]; 1],
    store_globals: [u64; 4],
    global_types: [GlobalType; 4],
    references: [Reference; 8],
    segment_states: [Segment; 1],
    data_states: [bool; 4],
    values: [u64; 128],
    frames: [Frame; 16],
    table: [Reference; 8],
    memory: [u8; 2048],
    module: Option<Module<'static>>,
}

static MEMORY: Lent<Memory> = Lent::new(Memory {
    types: [TypeEntry::EMPTY; 8],
    value_types: [ValType::I32; 16],
    imports: [Import::EMPTY; 1],
    functions: [FunctionEntry::EMPTY; 16],
    tables: [TableEntry::EMPTY; 1],
    memories: [MemoryType::EMPTY; 1],
    globals: [GlobalEntry::EMPTY; 4],
    exports: [Export::EMPTY; 4],
    element_segments: [ElementSegment::EMPTY; 1],
    data_segments: [DataSegment::EMPTY; 4],
    bodies: [Body::EMPTY; 16],
    side_table: [SideEntry::EMPTY; 64],
    wide_branches: [WideBranch::EMPTY; 1],
    locals: [ValType::I32; 16],
    operands: [ValType::I32; 16],
    blocks: [ValidationBlock::EMPTY; 8],
    instances: [InstanceEntry::EMPTY; 1],
    indices: [0; 32],
    store_functions: [FunctionRecord::EMPTY; 16],
    signatures: [SignatureEntry::EMPTY; 8],
    signature_types: [ValType::I32; 16],
    signature_order: [0; 8],
    store_tables: [TableInstance::EMPTY; 1],
    table_entries: [&mut []; 1],
    store_memories: [MemoryInstance::EMPTY; 1],
    memory_bytes: [&mut []; 1],
    store_globals: [0; 4],
    global_types: [GlobalType::EMPTY; 4],
    references: [Reference::NULL; 8],
    segment_states: [Segment::EMPTY; 1],
    data_states: [false; 4],
    values: [0; 128],
    frames: [Frame::EMPTY; 16],
    table: [Reference::NULL; 8],
    memory: [0; 2048],
    module: None,
});

pub fn run(bytes: &'static [u8], argument: i32) -> Option<i32> {
    let memory = MEMORY.take()?;
    let lists = ModuleLists {
        types: &mut memory.types,
        value_types: &mut memory.value_types,
        imports: &mut memory.imports,
        functions: &mut memory.functions,
        tables: &mut memory.tables,
        memories: &mut memory.memories,
        globals: &mut memory.globals,
        exports: &mut memory.exports,
        element_segments: &mut memory.element_segments,
        data_segments: &mut memory.data_segments,
        bodies: &mut memory.bodies,
        side_table: &mut memory.side_table,
        wide_branches: &mut memory.wide_branches,
    };
    let scratch =
        ValidationLists { locals: &mut memory.locals, operands: &mut memory.operands, blocks: &mut memory.blocks };
    let module = memory.module.insert(Module::new(bytes, lists, scratch).ok()?);

    memory.table_entries = [&mut memory.table];
    memory.memory_bytes = [&mut memory.memory];
    let mut store = Store::new(StoreLists {
        instances: &mut memory.instances,
        indices: &mut memory.indices,
        functions: &mut memory.store_functions,
        signatures: &mut memory.signatures,
        signature_types: &mut memory.signature_types,
        signature_order: &mut memory.signature_order,
        tables: &mut memory.store_tables,
        table_entries: &mut memory.table_entries,
        memories: &mut memory.store_memories,
        memory_bytes: &mut memory.memory_bytes,
        globals: &mut memory.store_globals,
        global_types: &mut memory.global_types,
        references: &mut memory.references,
        segment_states: &mut memory.segment_states,
        data_states: &mut memory.data_states,
        values: &mut memory.values,
        frames: &mut memory.frames,
    });
    let twice = store.host_function(&[ValType::I32], &[ValType::I32], 0).ok()?;
    let instance = store.instantiate(module, &[twice]).ok()?;
    let run = store.function(instance, "run")?;
    let mut outcome = store.call(run, &[u64::from(argument as u32)]).ok()?;
    while let Outcome::Host(_) = outcome {
        if let Some(slot) = store.host_slots().first_mut() {
            *slot = u64::from((*slot as u32).wrapping_mul(2));
        }
        outcome = store.resume().ok()?;
    }
    store.results().first().map(|result| *result as i32)
}
