//! What is known of a module beside its bytes: flat lists, so that they can stand in lent memory as well as on a heap.

use super::{ModuleError, Reader};
use crate::buf::Buf;
use crate::decode::{self, NameOpcode};
use crate::opcode::Opcode;
use crate::types::{GlobalType, MemoryType, Signature, TableType, Type};
use crate::validate::SideTable;

/// A range of the module's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The bytes of `module` in the range.
    #[must_use]
    pub fn of<'b>(&self, module: &'b [u8]) -> &'b [u8] {
        module.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The text of `module` in the range, which was found to be UTF-8.
    #[must_use]
    pub fn text<'b>(&self, module: &'b [u8]) -> &'b str {
        core::str::from_utf8(self.of(module)).unwrap_or_default()
    }
}

/// A function type: its parameters, then its results, in the pool of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeEntry {
    pub start: u32,
    pub params: u32,
    pub results: u32,
}

/// What kind of thing is imported or exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExternKind {
    Function,
    Table,
    Memory,
    Global,
}

/// An import; `index` is its place in the index space of its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Import {
    pub module: Span,
    pub name: Span,
    pub kind: ExternKind,
    pub index: u32,
}

/// An export.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Export {
    pub name: Span,
    pub kind: ExternKind,
    pub index: u32,
}

/// A function of the index space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionEntry {
    /// The index of its type.
    pub ty: u32,
    /// Whether `ref.func` may name it.
    pub declared: bool,
}

/// A constant expression: its bytes, `end` included, and how many operands it has at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConstExpr {
    pub span: Span,
    pub height: u32,
}

impl ConstExpr {
    /// The expression at `reader`, which was validated before, and of at most `height` operands.
    pub(crate) fn read(reader: &mut Reader<'_>, height: u32) -> Result<Self, ModuleError> {
        let start = reader.offset() as u32;
        while decode::instruction(reader, &mut NameOpcode)? != Opcode::End {}
        Ok(Self { span: Span { start, end: reader.offset() as u32 }, height })
    }
}

/// What the engine needs of a function that the module defines.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Body {
    /// The offset of the declarations of its locals.
    pub declarations: u32,
    /// The offset of the first instruction.
    pub start: u32,
    /// The offset of the `end` that ends the function.
    pub end: u32,
    /// Its first entry of the side table.
    pub side: u32,
    /// Slots of its parameters.
    pub params: u32,
    /// Slots of its parameters and locals.
    pub locals: u32,
    /// Slots of its results.
    pub results: u32,
    /// Slots of its parameters, locals and operands at most.
    pub frame: u32,
}

/// Where a segment goes when the module is instantiated.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SegmentMode {
    /// Into a memory or table at an offset.
    Active { index: u32, offset: ConstExpr },
    /// Nowhere.
    Passive,
    /// Nowhere, and it is dropped at once.
    Declarative,
}

/// How the items of an element segment are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Items {
    /// As function indices.
    Functions,
    /// As constant expressions, of which none has more operands at once than this.
    Expressions { height: u32 },
}

/// An element segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementSegment {
    pub mode: SegmentMode,
    pub element: Type,
    pub items: Items,
    pub count: u32,
    pub span: Span,
}

/// A data segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DataSegment {
    pub mode: SegmentMode,
    pub bytes: Span,
}

/// A global that the module defines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GlobalEntry {
    pub ty: GlobalType,
    /// Its first value; nothing for an import.
    pub init: Option<ConstExpr>,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TableEntry {
    pub ty: TableType,
    /// What its entries are at first; null if nothing is said.
    pub init: Option<ConstExpr>,
}

/// A custom section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CustomSection {
    pub name: Span,
    pub content: Span,
}

/// A name from the name section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FunctionName {
    pub function: u32,
    pub name: Span,
}

/// The lists of a module. Imports come first in each index space.
#[derive(Debug, Default)]
pub(crate) struct Parts<'a> {
    pub types: Buf<'a, TypeEntry>,
    pub type_pool: Buf<'a, Type>,
    pub imports: Buf<'a, Import>,
    pub functions: Buf<'a, FunctionEntry>,
    pub imported_functions: u32,
    pub tables: Buf<'a, TableEntry>,
    pub imported_tables: u32,
    /// How many entries a table may have when an instance is made.
    pub table_entries: u64,
    pub memories: Buf<'a, MemoryType>,
    pub imported_memories: u32,
    pub globals: Buf<'a, GlobalEntry>,
    pub imported_globals: u32,
    pub exports: Buf<'a, Export>,
    /// Indices of `exports`, sorted by name.
    pub exports_by_name: Buf<'a, u32>,
    pub start: Option<u32>,
    pub elements: Buf<'a, ElementSegment>,
    pub data: Buf<'a, DataSegment>,
    pub data_count: Option<u32>,
    pub bodies: Buf<'a, Body>,
    pub side_table: SideTable<'a>,
    pub customs: Buf<'a, CustomSection>,
    pub module_name: Option<Span>,
    /// Sorted by function, as far as the name section keeps its order.
    pub function_names: Buf<'a, FunctionName>,
    /// Where the code section's content begins, and how many bytes it has.
    pub code_start: u32,
    pub code_size: u32,
}

impl Parts<'_> {
    /// The signature of type `index`.
    pub(crate) fn signature(&self, index: u32) -> Option<Signature<'_>> {
        let entry = self.types.get(index as usize)?;
        let start = entry.start as usize;
        let middle = start.checked_add(entry.params as usize)?;
        let end = middle.checked_add(entry.results as usize)?;
        let pool = self.type_pool.as_slice();
        Some(Signature { params: pool.get(start..middle)?, results: pool.get(middle..end)? })
    }

    /// The signature of function `index`.
    pub(crate) fn function_signature(&self, index: u32) -> Option<Signature<'_>> {
        self.signature(self.functions.get(index as usize)?.ty)
    }

    /// The body of function `index`, if the module defines it.
    pub(crate) fn body(&self, index: u32) -> Option<Body> {
        self.bodies.get(index.checked_sub(self.imported_functions)? as usize)
    }

    /// The name of function `index`, if the module gives one.
    pub(crate) fn function_name(&self, index: u32) -> Option<Span> {
        let names = self.function_names.as_slice();
        let place = names.binary_search_by_key(&index, |name| name.function).ok()?;
        names.get(place).map(|name| name.name)
    }

    /// The export called `name`.
    pub(crate) fn export(&self, module: &[u8], name: &str) -> Option<Export> {
        let order = self.exports_by_name.as_slice();
        let exports = self.exports.as_slice();
        let bytes_of = |index: &u32| exports.get(*index as usize).map(|export| export.name.of(module));
        let place = order.binary_search_by(|index| bytes_of(index).cmp(&Some(name.as_bytes()))).ok()?;
        exports.get(*order.get(place)? as usize).copied()
    }
}
