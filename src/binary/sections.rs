//! A module's sections (specification: binary format, modules), from types to code.

use super::error::{ErrorKind, ModuleError};
use super::parts::{
    Body, ConstExpr, Export, ExternKind, FunctionEntry, GlobalEntry, Import, Parts, Span, TableEntry, TypeEntry,
};
use super::reader::Reader;
#[cfg(feature = "reference-types")]
use crate::decode;
use crate::features::Features;
use crate::limits::ModuleLimits;
#[cfg(feature = "reference-types")]
use crate::opcode::Opcode;
use crate::proposal::Proposal;
use crate::types::{GlobalType, Limits, MemoryType, TableType, Type};
use crate::validate::{Scratch, validate_constant, validate_function};

pub(super) type Result<T, E = ModuleError> = core::result::Result<T, E>;

const CUSTOM: u8 = 0;

/// The known sections in their order: identifier, and what reads it.
type SectionReader = fn(&mut Parser<'_, '_, '_, '_>, Reader<'_>) -> Result<()>;
const SECTIONS: [(u8, SectionReader); 12] = [
    (1, |parser, reader| parser.types(reader)),
    (2, |parser, reader| parser.imports(reader)),
    (3, |parser, reader| parser.functions(reader)),
    (4, |parser, reader| parser.tables(reader)),
    (5, |parser, reader| parser.memories(reader)),
    (6, |parser, reader| parser.globals(reader)),
    (7, |parser, reader| parser.exports(reader)),
    (8, |parser, reader| parser.start(reader)),
    (9, |parser, reader| parser.elements(reader)),
    (12, |parser, reader| parser.data_count(reader)),
    (10, |parser, reader| parser.code(reader)),
    (11, |parser, reader| parser.data(reader)),
];

/// Reads and validates a whole module into `parts`, which is empty, with the stacks of `scratch`. Where `parts` has a list
/// for functions to be validated later, only their bounds are found.
///
/// # Errors
/// The bytes are not a module, an invalid one, or one beyond the limits.
pub(crate) fn parse<'a>(
    bytes: &[u8],
    features: Features,
    limits: &ModuleLimits,
    parts: &mut Parts<'a>,
    scratch: &mut Scratch<'_>,
) -> Result<()> {
    if bytes.len() > limits.module_size || u32::try_from(bytes.len()).is_err() {
        let limit = limits.module_size;
        return Err(ModuleError::new(0, ErrorKind::TooMany { what: "bytes in the module", limit }));
    }
    let reader = Reader::new(bytes, features);
    parts.table_entries = limits.table_entries;
    Parser { bytes, limits, parts, scratch, undefined_functions: 0, code_seen: false, data_seen: false }.module(reader)
}

pub(super) struct Parser<'b, 'p, 'a, 's> {
    pub(super) bytes: &'b [u8],
    pub(super) limits: &'p ModuleLimits,
    pub(super) parts: &'p mut Parts<'a>,
    pub(super) scratch: &'p mut Scratch<'s>,
    undefined_functions: u32,
    code_seen: bool,
    pub(super) data_seen: bool,
}

impl Parser<'_, '_, '_, '_> {
    fn module(&mut self, mut reader: Reader<'_>) -> Result<()> {
        if reader.array::<4>()? != *b"\0asm" {
            return Err(ModuleError::new(0, ErrorKind::BadMagic));
        }
        let version = u32::from_le_bytes(reader.array()?);
        if version != 1 {
            return Err(ModuleError::new(4, ErrorKind::BadVersion(version)));
        }
        let mut next = 0;
        while !reader.is_at_end() {
            let start = reader.offset();
            let id = reader.byte()?;
            let size = reader.var_u32()?;
            let mut section = reader.sub_reader(size as usize)?;
            if id == CUSTOM {
                #[cfg(feature = "alloc")]
                self.custom(&mut section)?;
                // Nobody looks at it without a heap, but it must have a name.
                #[cfg(not(feature = "alloc"))]
                self.name(&mut section)?;
                continue;
            }
            let Some(place) = SECTIONS.iter().position(|(known, _)| *known == id) else {
                return Err(ModuleError::new(start, ErrorKind::BadSectionId(id)));
            };
            if id == 12 {
                section.require(Proposal::BulkMemory, start)?;
            }
            if place < next {
                return Err(ModuleError::new(start, ErrorKind::SectionOrder(id)));
            }
            next = place.wrapping_add(1);
            if let Some((_, read)) = SECTIONS.get(place) {
                read(self, section)?;
            }
        }
        self.finish(&reader)
    }

    /// What can be said only after the last section.
    fn finish(&mut self, reader: &Reader<'_>) -> Result<()> {
        if self.undefined_functions > 0 && !self.code_seen {
            return Err(reader.error(ErrorKind::FunctionCodeMismatch));
        }
        if self.parts.data_count.is_some_and(|count| count > 0) && !self.data_seen {
            return Err(reader.error(ErrorKind::DataCountMismatch));
        }
        self.parts.type_pool.shrink();
        self.parts.bodies.shrink();
        #[cfg(feature = "alloc")]
        if let Some(lazy) = &mut self.parts.lazy {
            lazy.shrink();
        }
        self.parts.functions.shrink();
        self.parts.side_table.shrink();
        Ok(())
    }

    /// A list section: a count, as many items, and the end.
    pub(super) fn list<'b>(
        &mut self,
        mut reader: Reader<'b>,
        what: &'static str,
        limit: u32,
        mut item: impl FnMut(&mut Self, &mut Reader<'b>) -> Result<()>,
    ) -> Result<()> {
        let count = reader.count(what, limit)?;
        for _ in 0..count {
            item(self, &mut reader)?;
        }
        end_of_section(&reader)
    }

    fn types(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "types", self.limits.types, |parser, reader| {
            let at = reader.offset();
            let form = reader.byte()?;
            if form != 0x60 {
                return Err(ModuleError::new(at, ErrorKind::MalformedTypeForm(form)));
            }
            let start = parser.parts.type_pool.len() as u32;
            let params = parser.result_type(reader, "parameters", parser.limits.params)?;
            let results = parser.result_type(reader, "results", parser.limits.results)?;
            if results > 1 {
                reader.require(Proposal::MultiValue, at)?;
            }
            let entry = TypeEntry { start, params, results };
            parser.parts.types.push(entry).map_err(|full| reader.error(full.into()))
        })
    }

    fn result_type(&mut self, reader: &mut Reader<'_>, what: &'static str, limit: u32) -> Result<u32> {
        let count = reader.count(what, limit)?;
        for _ in 0..count {
            let ty = reader.val_type()?;
            self.parts.type_pool.push(ty).map_err(|full| reader.error(full.into()))?;
        }
        Ok(count)
    }

    fn type_index(&self, reader: &mut Reader<'_>) -> Result<u32> {
        let start = *reader;
        let index = reader.var_u32()?;
        if index as usize >= self.parts.types.len() {
            return Err(start.error(ErrorKind::UnknownType(index)));
        }
        Ok(index)
    }

    fn imports(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "imports", self.limits.imports, |parser, reader| {
            let module = parser.name(reader)?;
            let name = parser.name(reader)?;
            let at = reader.offset();
            let (kind, index) = match reader.byte()? {
                0x00 => {
                    let ty = parser.type_index(reader)?;
                    parser.add_function(reader, ty)?;
                    (ExternKind::Function, counted(&mut parser.parts.imported_functions))
                }
                0x01 => {
                    let ty = parser.table_type(reader)?;
                    parser.add_table(reader, TableEntry { ty, init: None })?;
                    (ExternKind::Table, counted(&mut parser.parts.imported_tables))
                }
                0x02 => {
                    let ty = parser.memory_type(reader)?;
                    parser.add_memory(reader, ty)?;
                    (ExternKind::Memory, counted(&mut parser.parts.imported_memories))
                }
                0x03 => {
                    let start = *reader;
                    let ty = global_type(reader)?;
                    if ty.mutable && !reader.features.contains(Proposal::MutableGlobal) {
                        return Err(start.error(ErrorKind::MutableGlobalImport));
                    }
                    parser.add_global(reader, GlobalEntry { ty, init: None })?;
                    (ExternKind::Global, counted(&mut parser.parts.imported_globals))
                }
                byte => return Err(ModuleError::new(at, ErrorKind::MalformedImportKind(byte))),
            };
            let import = Import { module, name, kind, index };
            parser.parts.imports.push(import).map_err(|full| reader.error(full.into()))
        })
    }

    fn add_function(&mut self, reader: &Reader<'_>, ty: u32) -> Result<()> {
        within(self.parts.functions.len(), "functions", self.limits.functions, reader)?;
        let entry = FunctionEntry { ty, declared: false };
        self.parts.functions.push(entry).map_err(|full| reader.error(full.into()))
    }

    fn add_table(&mut self, reader: &Reader<'_>, table: TableEntry) -> Result<()> {
        if !self.parts.tables.is_empty() && !reader.features.contains(Proposal::ReferenceTypes) {
            return Err(reader.error(ErrorKind::MultipleTables));
        }
        within(self.parts.tables.len(), "tables", self.limits.tables, reader)?;
        self.parts.tables.push(table).map_err(|full| reader.error(full.into()))
    }

    fn add_memory(&mut self, reader: &Reader<'_>, ty: MemoryType) -> Result<()> {
        if !self.parts.memories.is_empty() && !reader.features.contains(Proposal::MultiMemory) {
            return Err(reader.error(ErrorKind::MultipleMemories));
        }
        within(self.parts.memories.len(), "memories", self.limits.memories, reader)?;
        self.parts.memories.push(ty).map_err(|full| reader.error(full.into()))
    }

    fn add_global(&mut self, reader: &Reader<'_>, global: GlobalEntry) -> Result<()> {
        within(self.parts.globals.len(), "globals", self.limits.globals, reader)?;
        self.parts.globals.push(global).map_err(|full| reader.error(full.into()))
    }

    fn functions(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "functions", self.limits.functions, |parser, reader| {
            let ty = parser.type_index(reader)?;
            parser.undefined_functions = parser.undefined_functions.wrapping_add(1);
            parser.add_function(reader, ty)
        })
    }

    fn tables(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "tables", self.limits.tables, |parser, reader| {
            // A table with a first value for its entries begins with 0x40 0x00.
            let with_init = reader.peek() == Some(0x40);
            if with_init {
                let at = reader.offset();
                reader.byte()?;
                reader.require(Proposal::ReferenceTypes, at)?;
                let at = reader.offset();
                let byte = reader.byte()?;
                if byte != 0 {
                    return Err(ModuleError::new(at, ErrorKind::MalformedTable(byte)));
                }
            }
            let ty = parser.table_type(reader)?;
            let init = if with_init { Some(parser.constant(reader, ty.element)?) } else { None };
            parser.add_table(reader, TableEntry { ty, init })
        })
    }

    fn memories(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "memories", self.limits.memories, |parser, reader| {
            let ty = parser.memory_type(reader)?;
            parser.add_memory(reader, ty)
        })
    }

    fn table_type(&mut self, reader: &mut Reader<'_>) -> Result<TableType> {
        let element = reader.ref_type()?;
        let start = *reader;
        let (limits, _) = limits(reader, 0)?;
        let largest = if limits.address == Type::I64 { u64::MAX } else { u64::from(u32::MAX) };
        if limits.min > largest || limits.max.is_some_and(|max| max > largest) {
            return Err(start.error(ErrorKind::TableTooLarge));
        }
        Ok(TableType { element, address: limits.address, limits })
    }

    fn memory_type(&mut self, reader: &mut Reader<'_>) -> Result<MemoryType> {
        let start = *reader;
        let (limits, flags) = limits(reader, CUSTOM_PAGE_SIZE)?;
        let at = *reader;
        let page_size_log2 = if flags & CUSTOM_PAGE_SIZE != 0 {
            reader.require(Proposal::CustomPageSizes, start.offset())?;
            reader.var_u32()?
        } else {
            u32::from(MemoryType::PAGE_SIZE_LOG2)
        };
        if page_size_log2 != 0 && page_size_log2 != u32::from(MemoryType::PAGE_SIZE_LOG2) {
            return Err(at.error(ErrorKind::PageSize(page_size_log2)));
        }
        let ty = MemoryType { address: limits.address, limits, page_size_log2: page_size_log2 as u8 };
        let largest = ty.largest();
        if limits.min > largest || limits.max.is_some_and(|max| max > largest) {
            return Err(start.error(ErrorKind::MemoryTooLarge));
        }
        Ok(ty)
    }

    fn globals(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "globals", self.limits.globals, |parser, reader| {
            let ty = global_type(reader)?;
            let init = parser.constant(reader, ty.content)?;
            parser.add_global(reader, GlobalEntry { ty, init: Some(init) })
        })
    }

    /// A constant expression of type `expected`.
    pub(super) fn constant(&mut self, reader: &mut Reader<'_>, expected: Type) -> Result<ConstExpr> {
        let start = *reader;
        let height = validate_constant(self.parts, self.scratch, self.limits, reader, expected)?;
        let span = Span { start: start.offset() as u32, end: reader.offset() as u32 };
        #[cfg(feature = "reference-types")]
        self.declare_functions(start, reader.offset())?;
        Ok(ConstExpr { span, height })
    }

    /// What a constant expression refers to, `ref.func` may name anywhere.
    #[cfg(feature = "reference-types")]
    fn declare_functions(&mut self, mut expression: Reader<'_>, end: usize) -> Result<()> {
        while expression.offset() < end {
            let mut instruction = expression;
            if decode::instruction(&mut expression, &mut decode::NameOpcode)? == Opcode::RefFunc {
                instruction.byte()?;
                self.declare(instruction.var_u32()?);
            }
        }
        Ok(())
    }

    fn exports(&mut self, reader: Reader<'_>) -> Result<()> {
        let end = reader;
        self.list(reader, "exports", self.limits.exports, |parser, reader| {
            let name = parser.name(reader)?;
            let at = reader.offset();
            let byte = reader.byte()?;
            let start = *reader;
            let index = reader.var_u32()?;
            let place = index as usize;
            let (kind, count, unknown) = match byte {
                0x00 => (ExternKind::Function, parser.parts.functions.len(), ErrorKind::UnknownFunction(index)),
                0x01 => (ExternKind::Table, parser.parts.tables.len(), ErrorKind::UnknownTable(index)),
                0x02 => (ExternKind::Memory, parser.parts.memories.len(), ErrorKind::UnknownMemory(index)),
                0x03 => (ExternKind::Global, parser.parts.globals.len(), ErrorKind::UnknownGlobal(index)),
                byte => return Err(ModuleError::new(at, ErrorKind::MalformedExportKind(byte))),
            };
            if place >= count {
                return Err(start.error(unknown));
            }
            match kind {
                ExternKind::Function => parser.declare(index),
                ExternKind::Global => {
                    let mutable = parser.parts.globals.get(place).is_some_and(|global| global.ty.mutable);
                    if mutable && !reader.features.contains(Proposal::MutableGlobal) {
                        return Err(start.error(ErrorKind::MutableGlobalImport));
                    }
                }
                ExternKind::Table | ExternKind::Memory => {}
            }
            let export = Export { name, kind, index };
            parser.parts.exports.push(export).map_err(|full| reader.error(full.into()))
        })?;
        self.sort_exports(&end)
    }

    /// Looks for two exports of one name. There are few of them in a small build, which does without sorting.
    #[cfg(not(feature = "alloc"))]
    fn sort_exports(&mut self, _: &Reader<'_>) -> Result<()> {
        let exports = self.parts.exports.as_slice();
        for (place, later) in exports.iter().enumerate() {
            let mut earlier = exports.iter().take(place);
            if earlier.any(|export| export.name.of(self.bytes) == later.name.of(self.bytes)) {
                return Err(ModuleError::new(later.name.start as usize, ErrorKind::DuplicateExport));
            }
        }
        Ok(())
    }

    /// Sorts the exports by name, for look-ups; two of one name stand next to each other then.
    #[cfg(feature = "alloc")]
    fn sort_exports(&mut self, section: &Reader<'_>) -> Result<()> {
        for index in 0..self.parts.exports.len() as u32 {
            self.parts.exports_by_name.push(index).map_err(|full| section.error(full.into()))?;
        }
        let (bytes, exports) = (self.bytes, self.parts.exports.as_slice());
        let name = |index: &u32| exports.get(*index as usize).map(|export| export.name.of(bytes));
        let order = self.parts.exports_by_name.as_mut_slice();
        order.sort_unstable_by(|a, b| name(a).cmp(&name(b)));
        for pair in order.windows(2) {
            if let [first, second] = pair
                && name(first) == name(second)
            {
                let later = exports.get(*first.max(second) as usize).map_or(0, |export| export.name.start);
                return Err(ModuleError::new(later as usize, ErrorKind::DuplicateExport));
            }
        }
        Ok(())
    }

    /// Lets `ref.func` name function `index`.
    pub(super) fn declare(&mut self, index: u32) {
        if let Some(function) = self.parts.functions.as_mut_slice().get_mut(index as usize) {
            function.declared = true;
        }
    }

    fn start(&mut self, mut reader: Reader<'_>) -> Result<()> {
        let start = reader;
        let index = reader.var_u32()?;
        let Some(signature) = self.parts.function_signature(index) else {
            return Err(start.error(ErrorKind::UnknownFunction(index)));
        };
        if !signature.params.is_empty() || !signature.results.is_empty() {
            return Err(start.error(ErrorKind::StartFunction));
        }
        self.parts.start = Some(index);
        end_of_section(&reader)
    }

    fn data_count(&mut self, mut reader: Reader<'_>) -> Result<()> {
        let start = reader;
        let count = reader.var_u32()?;
        if count > self.limits.data_segments {
            let limit = self.limits.data_segments as usize;
            return Err(start.error(ErrorKind::TooMany { what: "data segments", limit }));
        }
        self.parts.data_count = Some(count);
        end_of_section(&reader)
    }

    fn code(&mut self, mut reader: Reader<'_>) -> Result<()> {
        self.code_seen = true;
        let start = reader;
        let count = reader.var_u32()?;
        if count != self.undefined_functions {
            return Err(start.error(ErrorKind::FunctionCodeMismatch));
        }
        self.parts.code_start = start.offset() as u32;
        self.parts.code_size = reader.remaining() as u32;
        let mut side_table = core::mem::take(&mut self.parts.side_table);
        for index in 0..count {
            let at = reader;
            let size = reader.var_u32()?;
            if size > self.limits.function_size {
                let limit = self.limits.function_size as usize;
                return Err(at.error(ErrorKind::TooMany { what: "bytes in a function body", limit }));
            }
            let body = reader.sub_reader(size as usize)?;
            #[cfg(feature = "alloc")]
            if let Some(lazy) = &mut self.parts.lazy {
                lazy.push(&body).map_err(|full| reader.error(full.into()))?;
                continue;
            }
            let function = self.parts.imported_functions.wrapping_add(index);
            let body: Body =
                validate_function(self.parts, self.scratch, self.limits, &mut side_table, body, function, None)?;
            self.parts.bodies.push(body).map_err(|full| reader.error(full.into()))?;
        }
        self.parts.side_table = side_table;
        end_of_section(&reader)
    }

    /// A name: its size and its bytes, which are UTF-8.
    pub(super) fn name(&self, reader: &mut Reader<'_>) -> Result<Span> {
        let start = *reader;
        let size = reader.var_u32()?;
        if size > self.limits.name_size {
            let limit = self.limits.name_size as usize;
            return Err(start.error(ErrorKind::TooMany { what: "bytes in a name", limit }));
        }
        let at = reader.offset();
        let text = reader.sub_reader(size as usize)?;
        if core::str::from_utf8(text.rest()).is_err() {
            return Err(ModuleError::new(at, ErrorKind::BadUtf8));
        }
        Ok(Span { start: at as u32, end: reader.offset() as u32 })
    }
}

/// The place that the next of a kind has.
fn counted(count: &mut u32) -> u32 {
    let index = *count;
    *count = index.wrapping_add(1);
    index
}

fn within(count: usize, what: &'static str, limit: u32, reader: &Reader<'_>) -> Result<()> {
    if count >= limit as usize {
        return Err(reader.error(ErrorKind::TooMany { what, limit: limit as usize }));
    }
    Ok(())
}

pub(super) fn end_of_section(reader: &Reader<'_>) -> Result<()> {
    if reader.is_at_end() { Ok(()) } else { Err(reader.error(ErrorKind::SectionSize)) }
}

/// The flag of a memory type that a size of its pages follows.
const CUSTOM_PAGE_SIZE: u8 = 0x08;

/// Limits and the flags before them, of which those in `more` may be set beside their own.
fn limits(reader: &mut Reader<'_>, more: u8) -> Result<(Limits, u8)> {
    let at = reader.offset();
    let flags = reader.byte()?;
    // 1: a maximum follows; 4: addresses are 64 bits wide.
    if flags & !(0x05 | more) != 0 {
        return Err(ModuleError::new(at, ErrorKind::MalformedLimits(flags)));
    }
    let wide = flags & 0x04 != 0;
    if wide {
        reader.require(Proposal::Memory64, at)?;
    }
    let start = *reader;
    // Since there are 64-bit memories, the numbers are of 64 bits for all, and compared with the bounds of each kind.
    let is_u64 = reader.features.contains(Proposal::Memory64);
    let number = |reader: &mut Reader<'_>| if is_u64 { reader.var_u64() } else { reader.var_u32().map(u64::from) };
    let min = number(reader)?;
    let max = if flags & 0x01 != 0 { Some(number(reader)?) } else { None };
    if max.is_some_and(|max| max < min) {
        return Err(start.error(ErrorKind::LimitsOrder));
    }
    Ok((Limits { min, max, address: if wide { Type::I64 } else { Type::I32 } }, flags))
}

fn global_type(reader: &mut Reader<'_>) -> Result<GlobalType> {
    let content = reader.val_type()?;
    let at = reader.offset();
    match reader.byte()? {
        0x00 => Ok(GlobalType { content, mutable: false }),
        0x01 => Ok(GlobalType { content, mutable: true }),
        byte => Err(ModuleError::new(at, ErrorKind::MalformedMutability(byte))),
    }
}
