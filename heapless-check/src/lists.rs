//! The memory of everything: arrays, of which each module gets as much as it needs.

use crate::input::Input;
use core::mem::take;
use tablature::heapless::{
    Body, DataSegment, ElementSegment, Export, FunctionEntry, GlobalEntry, Import, MemoryType, ModuleLists, SideEntry,
    TableEntry, TypeEntry, ValType, ValidationBlock, ValidationLists, WideBranch,
};

/// How long the lists are that the suite needs.
pub mod size {
    include!(concat!(env!("OUT_DIR"), "/sizes.rs"));
}

/// Lists of modules, from arrays of these lengths.
macro_rules! arrays {
    ($name:ident, $doc:literal, $($field:ident: $item:ty = $empty:expr, $length:expr;)*) => {
        #[doc = $doc]
        pub struct $name {
            $($field: [$item; $length],)*
        }

        impl $name {
            /// Empty places: filled here, not copied from the program's file.
            pub fn new() -> Self {
                Self { $($field: [$empty; $length],)* }
            }

            /// All of it.
            pub fn all(&mut self) -> ModuleLists<'_> {
                ModuleLists { $($field: &mut self.$field,)* }
            }
        }
    };
}

/// Takes as many items of each list of `$rest` as the input says.
macro_rules! split {
    ($rest:expr, $input:expr, $($field:ident)*) => {
        ModuleLists { $($field: first(&mut $rest.$field, $input.count()),)* }
    };
}

arrays! {
    ModuleArrays, "For all modules of a file.",
    types: TypeEntry = TypeEntry::EMPTY, size::TYPES;
    value_types: ValType = ValType::I32, size::VALUE_TYPES;
    imports: Import = Import::EMPTY, size::IMPORTS;
    functions: FunctionEntry = FunctionEntry::EMPTY, size::FUNCTIONS;
    tables: TableEntry = TableEntry::EMPTY, size::TABLES;
    memories: MemoryType = MemoryType::EMPTY, size::MEMORIES;
    globals: GlobalEntry = GlobalEntry::EMPTY, size::GLOBALS;
    exports: Export = Export::EMPTY, size::EXPORTS;
    element_segments: ElementSegment = ElementSegment::EMPTY, size::ELEMENT_SEGMENTS;
    data_segments: DataSegment = DataSegment::EMPTY, size::DATA_SEGMENTS;
    bodies: Body = Body::EMPTY, size::BODIES;
    side_table: SideEntry = SideEntry::EMPTY, size::SIDE_TABLE;
    wide_branches: WideBranch = WideBranch::EMPTY, size::WIDE_BRANCHES;
}

/// How many items a module has of each list that is refused: more than any of the suite.
const REFUSED: usize = 256;

arrays! {
    RefusedArrays, "For a module that is refused.",
    types: TypeEntry = TypeEntry::EMPTY, REFUSED;
    value_types: ValType = ValType::I32, REFUSED;
    imports: Import = Import::EMPTY, REFUSED;
    functions: FunctionEntry = FunctionEntry::EMPTY, REFUSED;
    tables: TableEntry = TableEntry::EMPTY, REFUSED;
    memories: MemoryType = MemoryType::EMPTY, REFUSED;
    globals: GlobalEntry = GlobalEntry::EMPTY, REFUSED;
    exports: Export = Export::EMPTY, REFUSED;
    element_segments: ElementSegment = ElementSegment::EMPTY, REFUSED;
    data_segments: DataSegment = DataSegment::EMPTY, REFUSED;
    bodies: Body = Body::EMPTY, REFUSED;
    side_table: SideEntry = SideEntry::EMPTY, REFUSED;
    wide_branches: WideBranch = WideBranch::EMPTY, REFUSED;
}

/// For validation, one module after the other.
pub struct ValidationArrays {
    locals: [ValType; if size::LOCALS > REFUSED { size::LOCALS } else { REFUSED }],
    operands: [ValType; if size::OPERANDS > REFUSED { size::OPERANDS } else { REFUSED }],
    blocks: [ValidationBlock; if size::BLOCKS > REFUSED { size::BLOCKS } else { REFUSED }],
}

impl ValidationArrays {
    pub fn new() -> Self {
        Self { locals: [ValType::I32; _], operands: [ValType::I32; _], blocks: [ValidationBlock::EMPTY; _] }
    }

    /// All of it.
    pub fn all(&mut self) -> ValidationLists<'_> {
        ValidationLists { locals: &mut self.locals, operands: &mut self.operands, blocks: &mut self.blocks }
    }

    /// As much as the input says.
    pub fn split(&mut self, input: &mut Input<'_>) -> ValidationLists<'_> {
        ValidationLists {
            locals: &mut self.locals[..input.count()],
            operands: &mut self.operands[..input.count()],
            blocks: &mut self.blocks[..input.count()],
        }
    }
}

/// The first `count` items; the rest stays in `rest`.
pub fn first<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (taken, left) = take(rest).split_at_mut(count);
    *rest = left;
    taken
}

/// The lists of the next module, as long as the input says.
pub fn next_module<'a>(rest: &mut ModuleLists<'a>, input: &mut Input<'_>) -> ModuleLists<'a> {
    split! {
        rest, input,
        types value_types imports functions tables memories globals exports element_segments data_segments bodies
        side_table wide_branches
    }
}
