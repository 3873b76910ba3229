//! What is known of a module beside its bytes: flat lists, so that they can stand in lent memory as well as on a heap.

use super::{ModuleError, Reader};
use crate::buf::Buf;
use crate::decode::{self, NameOpcode};
#[cfg(tail_calls)]
use crate::exec::Prices;
use crate::opcode::Opcode;
use crate::types::{GlobalType, MemoryType, Signature, TableType, Type};
#[cfg(feature = "alloc")]
use crate::validate::LazyBodies;
use crate::validate::SideTable;
#[cfg(tail_calls)]
use alloc::sync::Arc;

/// A range of the module's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

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
pub struct TypeEntry {
    pub(crate) start: u32,
    pub(crate) params: u32,
    pub(crate) results: u32,
}

impl TypeEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { start: 0, params: 0, results: 0 };
}

impl Import {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { module: Span::EMPTY, name: Span::EMPTY, kind: ExternKind::Function, index: 0 };
}

impl Export {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { name: Span::EMPTY, kind: ExternKind::Function, index: 0 };
}

impl FunctionEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { ty: 0, declared: false };
}

impl Body {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self {
        declarations: 0,
        start: 0,
        end: 0,
        side: 0,
        params: 0,
        locals: 0,
        results: 0,
        frame: 0,
        #[cfg(tail_calls)]
        cost: TotalCost::UNKNOWN,
    };
}

impl ElementSegment {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self {
        mode: SegmentMode::Passive,
        element: Type::FUNCREF,
        items: Items::Functions,
        count: 0,
        span: Span::EMPTY,
    };
}

impl DataSegment {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { mode: SegmentMode::Passive, bytes: Span::EMPTY };
}

impl GlobalEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { ty: GlobalType::EMPTY, init: None };
}

impl TableEntry {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { ty: TableType::EMPTY, init: None };
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
pub struct Import {
    pub(crate) module: Span,
    pub(crate) name: Span,
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// An export.
#[derive(Debug, Clone, Copy)]
pub struct Export {
    pub(crate) name: Span,
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// A function of the index space.
#[derive(Debug, Clone, Copy)]
pub struct FunctionEntry {
    /// The index of its type.
    pub(crate) ty: u32,
    /// Whether `ref.func` may name it.
    pub(crate) declared: bool,
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
pub struct Body {
    /// The offset of the declarations of its locals.
    pub(crate) declarations: u32,
    /// The offset of the first instruction.
    pub(crate) start: u32,
    /// The offset of the `end` that ends the function.
    pub(crate) end: u32,
    /// Its first entry of the side table.
    pub(crate) side: u32,
    /// Slots of its parameters.
    pub(crate) params: u32,
    /// Slots of its parameters and locals.
    pub(crate) locals: u32,
    /// Slots of its results.
    pub(crate) results: u32,
    /// Slots of its parameters, locals and operands at most.
    pub(crate) frame: u32,
    /// What its instructions cost, each counted once.
    #[cfg(tail_calls)]
    pub(crate) cost: TotalCost,
}

/// Units of fuel that a function's instructions cost, each counted once. Infinite, as by default, where fuel is not counted by
/// sums: then no fuel is enough for that.
#[cfg(tail_calls)]
#[derive(Debug, Clone, Copy)]
pub struct TotalCost(f64);

#[cfg(tail_calls)]
impl TotalCost {
    /// What is not known.
    const UNKNOWN: Self = Self(f64::INFINITY);

    /// The most that is known: sums and differences of two such costs are exact as floats.
    const MOST: f64 = (1u64 << 52) as f64;

    pub(crate) const fn new(units: f64) -> Self {
        if units <= Self::MOST { Self(units) } else { Self::UNKNOWN }
    }

    /// As a float.
    #[inline(always)]
    pub(crate) const fn units(self) -> f64 {
        self.0
    }
}

#[cfg(tail_calls)]
impl Default for TotalCost {
    fn default() -> Self {
        Self::UNKNOWN
    }
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
pub struct ElementSegment {
    pub(crate) mode: SegmentMode,
    pub(crate) element: Type,
    pub(crate) items: Items,
    pub(crate) count: u32,
    pub(crate) span: Span,
}

/// A data segment.
#[derive(Debug, Clone, Copy)]
pub struct DataSegment {
    pub(crate) mode: SegmentMode,
    pub(crate) bytes: Span,
}

/// A global that the module defines.
#[derive(Debug, Clone, Copy)]
pub struct GlobalEntry {
    pub(crate) ty: GlobalType,
    /// Its first value; nothing for an import.
    pub(crate) init: Option<ConstExpr>,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct TableEntry {
    pub(crate) ty: TableType,
    /// What its entries are at first; null if nothing is said.
    pub(crate) init: Option<ConstExpr>,
}

/// A custom section.
#[cfg(feature = "alloc")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct CustomSection {
    pub name: Span,
    pub content: Span,
}

/// A name from the name section.
#[cfg(feature = "alloc")]
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
    #[cfg(feature = "alloc")]
    pub exports_by_name: Buf<'a, u32>,
    pub start: Option<u32>,
    pub elements: Buf<'a, ElementSegment>,
    pub data: Buf<'a, DataSegment>,
    pub data_count: Option<u32>,
    /// Empty where functions are validated when they are first needed.
    pub bodies: Buf<'a, Body>,
    /// The functions that the module defines, where they are validated when they are first needed.
    #[cfg(feature = "alloc")]
    pub lazy: Option<LazyBodies>,
    pub side_table: SideTable<'a>,
    /// What instructions cost, where fuel is counted by sums.
    #[cfg(tail_calls)]
    pub prices: Option<Arc<Prices>>,
    #[cfg(feature = "alloc")]
    pub customs: Buf<'a, CustomSection>,
    #[cfg(feature = "alloc")]
    pub module_name: Option<Span>,
    /// Sorted by function, as far as the name section keeps its order.
    #[cfg(feature = "alloc")]
    pub function_names: Buf<'a, FunctionName>,
    /// Where the code section's content begins, and how many bytes it has.
    pub code_start: u32,
    pub code_size: u32,
}

impl Parts<'_> {
    /// The lists of no module, without room for any.
    pub(crate) const EMPTY: Self = Self {
        types: Buf::empty(),
        type_pool: Buf::empty(),
        imports: Buf::empty(),
        functions: Buf::empty(),
        imported_functions: 0,
        tables: Buf::empty(),
        imported_tables: 0,
        table_entries: 0,
        memories: Buf::empty(),
        imported_memories: 0,
        globals: Buf::empty(),
        imported_globals: 0,
        exports: Buf::empty(),
        #[cfg(feature = "alloc")]
        exports_by_name: Buf::empty(),
        start: None,
        elements: Buf::empty(),
        data: Buf::empty(),
        data_count: None,
        bodies: Buf::empty(),
        #[cfg(feature = "alloc")]
        lazy: None,
        side_table: SideTable::EMPTY,
        #[cfg(tail_calls)]
        prices: None,
        #[cfg(feature = "alloc")]
        customs: Buf::empty(),
        #[cfg(feature = "alloc")]
        module_name: None,
        #[cfg(feature = "alloc")]
        function_names: Buf::empty(),
        code_start: 0,
        code_size: 0,
    };

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

    /// The body of function `index`, if the module defines it and it is validated.
    pub(crate) fn body(&self, index: u32) -> Option<Body> {
        self.own_body(index.checked_sub(self.imported_functions)?).copied()
    }

    /// The body of the function at `own` of those that the module defines, if it is validated.
    pub(crate) fn own_body(&self, own: u32) -> Option<&Body> {
        #[cfg(feature = "alloc")]
        if let Some(lazy) = &self.lazy {
            return Some(&lazy.known(own)?.body);
        }
        self.bodies.as_slice().get(own as usize)
    }

    /// How many functions the module defines.
    #[cfg(feature = "alloc")]
    pub(crate) fn own_functions(&self) -> usize {
        self.lazy.as_ref().map_or(self.bodies.len(), LazyBodies::len)
    }

    /// The function that the module defines whose body holds the byte at `offset`.
    #[cfg(feature = "alloc")]
    pub(crate) fn own_function_at(&self, offset: u32) -> Option<u32> {
        if let Some(lazy) = &self.lazy {
            return lazy.at(offset);
        }
        let bodies = self.bodies.as_slice();
        let place = bodies.partition_point(|body| body.declarations <= offset).checked_sub(1)?;
        bodies.get(place).filter(|body| offset <= body.end).map(|_| place as u32)
    }

    /// Has fuel counted by sums, of these prices.
    #[cfg(tail_calls)]
    pub(crate) fn count_by_sums(&mut self, prices: Arc<Prices>) {
        self.prices = Some(prices);
        self.side_table = SideTable::priced();
    }

    /// Whether fuel is counted by sums.
    pub(crate) const fn is_priced(&self) -> bool {
        self.side_table.is_priced()
    }

    /// Bytes that the side tables take.
    #[cfg(feature = "alloc")]
    pub(crate) fn side_tables_size(&self) -> usize {
        self.lazy.as_ref().map_or(self.side_table.size(), LazyBodies::side_table_size)
    }

    /// The side table with the entries of the function at `own`.
    pub(crate) fn side_table_of(&self, own: u32) -> &SideTable<'_> {
        #[cfg(feature = "alloc")]
        if let Some(one) = self.lazy.as_ref().and_then(|lazy| lazy.known(own)) {
            return &one.side_table;
        }
        let _ = own;
        &self.side_table
    }

    /// The name of function `index`, if the module gives one.
    #[cfg(feature = "alloc")]
    pub(crate) fn function_name(&self, index: u32) -> Option<Span> {
        let names = self.function_names.as_slice();
        let place = names.binary_search_by_key(&index, |name| name.function).ok()?;
        names.get(place).map(|name| name.name)
    }

    /// The export called `name`.
    #[cfg(not(feature = "alloc"))]
    pub(crate) fn export(&self, module: &[u8], name: &str) -> Option<Export> {
        self.exports.as_slice().iter().find(|export| export.name.of(module) == name.as_bytes()).copied()
    }

    /// The export called `name`.
    #[cfg(feature = "alloc")]
    pub(crate) fn export(&self, module: &[u8], name: &str) -> Option<Export> {
        let order = self.exports_by_name.as_slice();
        let exports = self.exports.as_slice();
        let bytes_of = |index: &u32| exports.get(*index as usize).map(|export| export.name.of(module));
        let place = order.binary_search_by(|index| bytes_of(index).cmp(&Some(name.as_bytes()))).ok()?;
        exports.get(*order.get(place)? as usize).copied()
    }
}
