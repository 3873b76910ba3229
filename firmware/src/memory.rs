//! The memory that the engine is lent, and where it goes.

use crate::machine;
use crate::output::{number, text, texts};
use crate::{GUEST, MODULE, MODULE_MEMORY, STORE_MEMORY, TOO_DEEP};
use tablature::heapless::{
    Body, DataSegment, Error, Export, Frame, FunctionEntry, FunctionRecord, GlobalEntry, GlobalType, Import,
    InstanceEntry, MemoryInstance, MemoryType, Module, ModuleLists, SideEntry, SignatureEntry, Store, StoreLists,
    TypeEntry, VALUES_SLACK, ValType, ValidationBlock, ValidationLists,
};

/// How long the lists for the guest must be, as its own validator says.
#[allow(dead_code, reason = "each guest needs others")]
mod lengths {
    include!(concat!(env!("OUT_DIR"), "/lengths.rs"));
}

use lengths::*;

/// How deep the guest's calls may go, and how many values they may have.
const FRAMES: usize = 14;
const VALUES: usize = 127 + VALUES_SLACK;

/// The lists of the guest's module.
pub struct ModuleMemory {
    types: [TypeEntry; TYPES],
    value_types: [ValType; VALUE_TYPES],
    imports: [Import; IMPORTS],
    functions: [FunctionEntry; FUNCTIONS],
    memories: [MemoryType; MEMORIES],
    globals: [GlobalEntry; GLOBALS],
    exports: [Export; EXPORTS],
    data_segments: [DataSegment; DATA_SEGMENTS],
    bodies: [Body; BODIES],
    side_table: [SideEntry; SIDE_TABLE],
}

impl ModuleMemory {
    pub const EMPTY: Self = Self {
        types: [TypeEntry::EMPTY; TYPES],
        value_types: [ValType::I32; VALUE_TYPES],
        imports: [Import::EMPTY; IMPORTS],
        functions: [FunctionEntry::EMPTY; FUNCTIONS],
        memories: [MemoryType::EMPTY; MEMORIES],
        globals: [GlobalEntry::EMPTY; GLOBALS],
        exports: [Export::EMPTY; EXPORTS],
        data_segments: [DataSegment::EMPTY; DATA_SEGMENTS],
        bodies: [Body::EMPTY; BODIES],
        side_table: [SideEntry::EMPTY; SIDE_TABLE],
    };

    fn lists(&mut self) -> ModuleLists<'_> {
        ModuleLists {
            types: &mut self.types,
            value_types: &mut self.value_types,
            imports: &mut self.imports,
            functions: &mut self.functions,
            memories: &mut self.memories,
            globals: &mut self.globals,
            exports: &mut self.exports,
            data_segments: &mut self.data_segments,
            bodies: &mut self.bodies,
            side_table: &mut self.side_table,
            ..ModuleLists::default()
        }
    }
}

/// Validates a module. What only validation needs stands on the host's stack, which executions use afterwards.
#[inline(never)]
pub fn validate<'a>(bytes: &'a [u8], memory: &'a mut ModuleMemory) -> Result<Module<'a>, Error> {
    let scratch = ValidationLists {
        locals: &mut [ValType::I32; LOCALS],
        operands: &mut [ValType::I32; OPERANDS],
        blocks: &mut [ValidationBlock::EMPTY; BLOCKS],
    };
    Module::new(bytes, memory.lists(), scratch)
}

/// The lists of the store.
pub struct StoreMemory {
    instances: [InstanceEntry<'static>; 1],
    indices: [u32; INDICES],
    functions: [FunctionRecord; FUNCTIONS],
    signatures: [SignatureEntry; TYPES],
    signature_types: [ValType; VALUE_TYPES],
    signature_order: [u32; TYPES],
    memories: [MemoryInstance<'static>; MEMORIES],
    memory_bytes: [&'static mut [u8]; MEMORIES],
    globals: [u64; GLOBALS],
    global_types: [GlobalType; GLOBALS],
    data_states: [bool; DATA_SEGMENTS],
    values: [u64; VALUES],
    frames: [Frame; FRAMES],
    memory: [u8; MEMORY],
}

impl StoreMemory {
    pub const EMPTY: Self = Self {
        instances: [InstanceEntry::EMPTY; 1],
        indices: [0; INDICES],
        functions: [FunctionRecord::EMPTY; FUNCTIONS],
        signatures: [SignatureEntry::EMPTY; TYPES],
        signature_types: [ValType::I32; VALUE_TYPES],
        signature_order: [0; TYPES],
        memories: [MemoryInstance::EMPTY; MEMORIES],
        memory_bytes: [&mut []; MEMORIES],
        globals: [0; GLOBALS],
        global_types: [GlobalType::EMPTY; GLOBALS],
        data_states: [false; DATA_SEGMENTS],
        values: [0; VALUES],
        frames: [Frame::EMPTY; FRAMES],
        memory: [0; MEMORY],
    };

    pub fn lists(&'static mut self) -> StoreLists<'static> {
        self.memory_bytes = [&mut self.memory];
        StoreLists {
            instances: &mut self.instances,
            indices: &mut self.indices,
            functions: &mut self.functions,
            signatures: &mut self.signatures,
            signature_types: &mut self.signature_types,
            signature_order: &mut self.signature_order,
            memories: &mut self.memories,
            memory_bytes: &mut self.memory_bytes,
            globals: &mut self.globals,
            global_types: &mut self.global_types,
            data_states: &mut self.data_states,
            values: &mut self.values,
            frames: &mut self.frames,
            ..StoreLists::default()
        }
    }
}

/// Prints what memory is used for. Lines that begin with `=` are what the script looks at.
pub fn account() {
    let stack = machine::stack_used();
    let data = machine::static_size();
    let module_lists = MODULE_MEMORY.size();
    let calls = size_of::<[u64; VALUES]>() + size_of::<[Frame; FRAMES]>();
    let store_lists = STORE_MEMORY.size().saturating_sub(MEMORY).saturating_sub(calls);
    let needed = MEMORY.saturating_add(module_lists).saturating_add(store_lists).saturating_add(calls);
    let total = data.saturating_add(stack);
    text("memory, in bytes\n");
    line("  the guest's memory", MEMORY);
    line("  lists of the module", module_lists);
    line("  lists of the store", store_lists);
    line("  the guest's values and calls", calls);
    line("= needed by the guest", needed);
    line("  the module", MODULE.size());
    line("  other static memory", data.saturating_sub(needed).saturating_sub(MODULE.size()));
    line("= host stack, the store in it", stack);
    line("  of that the store", size_of::<Store<'_>>());
    line("= the engine's and the firmware's own", total.saturating_sub(needed));
    line("= total", total);
    let guests = GUEST.len().saturating_add(TOO_DEEP.len());
    line("= code and constants without the guests", machine::code_size().saturating_sub(guests));
}

fn line(name: &str, bytes: usize) {
    texts(&[name, ": "]);
    number(bytes as u32);
    text("\n");
}
