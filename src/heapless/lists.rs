//! The lists that a caller lends.

use super::{
    Body, DataSegment, ElementSegment, Export, Frame, FunctionEntry, FunctionRecord, GlobalEntry, GlobalType, Import,
    InstanceEntry, MemoryInstance, MemoryType, Reference, Segment, SideEntry, SignatureEntry, TableEntry,
    TableInstance, TypeEntry, ValType, ValidationBlock, WideBranch,
};
use crate::binary::Parts;
use crate::buf::{Buf, List};
use crate::validate::{Scratch, SideTable};

/// What is known of a module: as long as the module.
///
/// Each item type has a constant `EMPTY` to fill a list with. The default lends nothing.
#[derive(Debug, Default)]
pub struct ModuleLists<'a> {
    /// One for each type.
    pub types: &'a mut [TypeEntry],
    /// One for each parameter and result of each type.
    pub value_types: &'a mut [ValType],
    /// One for each import.
    pub imports: &'a mut [Import],
    /// One for each function, imported ones included.
    pub functions: &'a mut [FunctionEntry],
    /// One for each table, imported ones included.
    pub tables: &'a mut [TableEntry],
    /// One for each memory, imported ones included.
    pub memories: &'a mut [MemoryType],
    /// One for each global, imported ones included.
    pub globals: &'a mut [GlobalEntry],
    /// One for each export.
    pub exports: &'a mut [Export],
    /// One for each element segment.
    pub element_segments: &'a mut [ElementSegment],
    /// One for each data segment.
    pub data_segments: &'a mut [DataSegment],
    /// One for each function that the module defines.
    pub bodies: &'a mut [Body],
    /// One for each `if`, `else`, `br`, `br_if` and target of a `br_table`.
    pub side_table: &'a mut [SideEntry],
    /// One for each of these that goes over more than 32,767 such entries, or takes more than 7 values along or 4,095
    /// away: none in most modules.
    pub wide_branches: &'a mut [WideBranch],
}

/// What validation needs for a while.
#[derive(Debug, Default)]
pub struct ValidationLists<'a> {
    /// One for each local of a function, parameters included.
    pub locals: &'a mut [ValType],
    /// One for each operand that a function has at once.
    pub operands: &'a mut [ValType],
    /// One for each block inside each other, that of the function included.
    pub blocks: &'a mut [ValidationBlock],
}

/// What instances and executions need.
#[derive(Debug, Default)]
pub struct StoreLists<'a> {
    /// One for each instance.
    pub instances: &'a mut [InstanceEntry<'a>],
    /// For each instance one for each type, function, table, memory and global of its module.
    pub indices: &'a mut [u32],
    /// One for each host function, and each that an instance's module defines.
    pub functions: &'a mut [FunctionRecord],
    /// One for each function type that is not the same as another.
    pub signatures: &'a mut [SignatureEntry],
    /// One for each of their parameters and results.
    pub signature_types: &'a mut [ValType],
    /// As many as of `signatures`.
    pub signature_order: &'a mut [u32],
    /// One for each table that an instance's module defines.
    pub tables: &'a mut [TableInstance<'a>],
    /// The entries of each of these tables, in the order of instantiation: as many as it may grow to.
    pub table_entries: &'a mut [&'a mut [Reference]],
    /// One for each memory that an instance's module defines.
    pub memories: &'a mut [MemoryInstance<'a>],
    /// The bytes of each of these memories, in the order of instantiation: as many as it may grow to.
    pub memory_bytes: &'a mut [&'a mut [u8]],
    /// One for each global that an instance's module defines.
    pub globals: &'a mut [u64],
    /// As many as of `globals`.
    pub global_types: &'a mut [GlobalType],
    /// One for each entry of each element segment.
    pub references: &'a mut [Reference],
    /// One for each element segment.
    pub segment_states: &'a mut [Segment],
    /// One for each data segment.
    pub data_states: &'a mut [bool],
    /// The value stack: one for each parameter, local and operand of each function that is active at once, and
    /// [`VALUES_SLACK`](super::VALUES_SLACK) more.
    pub values: &'a mut [u64],
    /// One for each call inside each other.
    pub frames: &'a mut [Frame],
}

impl<'a> ModuleLists<'a> {
    pub(super) fn into_parts(self) -> Parts<'a> {
        Parts {
            types: Buf::lent(List::Types, self.types),
            type_pool: Buf::lent(List::ValueTypes, self.value_types),
            imports: Buf::lent(List::Imports, self.imports),
            functions: Buf::lent(List::Functions, self.functions),
            tables: Buf::lent(List::Tables, self.tables),
            memories: Buf::lent(List::Memories, self.memories),
            globals: Buf::lent(List::Globals, self.globals),
            exports: Buf::lent(List::Exports, self.exports),
            elements: Buf::lent(List::ElementSegments, self.element_segments),
            data: Buf::lent(List::DataSegments, self.data_segments),
            bodies: Buf::lent(List::Bodies, self.bodies),
            side_table: SideTable::lent(self.side_table, self.wide_branches),
            // With a heap, custom sections and the order of exports stand there.
            ..Parts::default()
        }
    }
}

impl<'a> ValidationLists<'a> {
    pub(super) fn into_scratch(self) -> Scratch<'a> {
        Scratch {
            locals: Buf::lent(List::Locals, self.locals),
            operands: Buf::lent(List::Operands, self.operands),
            control: Buf::lent(List::Blocks, self.blocks),
            ..Scratch::default()
        }
    }
}
