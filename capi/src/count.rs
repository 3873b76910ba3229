//! What a module has, counted before it is validated: sections, and instructions that need a place in a list.
//!
//! Reads what validation reads, in the same order, and checks nothing. Where the bytes cannot be read any further it
//! stops; validation stops there, too, or before, and says why.

#![forbid(unsafe_code)]

use core::ops::Range;
use tablature_engine::Opcode;
use tablature_engine::heapless::Module;

/// Lengths of a module's lists. Validation needs no more of any, and no fewer of those that are not bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub types: usize,
    pub value_types: usize,
    /// The most parameters that a type has.
    pub most_params: usize,
    /// The most parameters and results that a type has.
    pub most_values: usize,
    pub imports: usize,
    pub imported_functions: usize,
    pub functions: usize,
    pub tables: usize,
    pub own_tables: usize,
    pub memories: usize,
    pub own_memories: usize,
    pub globals: usize,
    pub own_globals: usize,
    pub exports: usize,
    pub element_segments: usize,
    pub references: usize,
    pub data_segments: usize,
    pub bodies: usize,
    pub side_table: usize,
    /// A bound: as if each function had the most parameters.
    pub locals: usize,
    /// A bound: as if instructions only pushed.
    pub operands: usize,
    pub blocks: usize,
    /// Where the contents of these sections are.
    pub type_section: Range<usize>,
    pub import_section: Range<usize>,
    pub table_section: Range<usize>,
    pub memory_section: Range<usize>,
    /// Where reading had to stop, if before the end.
    pub stopped_at: Option<usize>,
}

/// Reads bytes one after the other, up to the end of a part of the module.
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    /// The module's bytes up to that end.
    bytes: &'b [u8],
    offset: usize,
}

/// An import: its names, its kind as in the binary format, and the index of its type if it is a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import<'b> {
    pub module: &'b [u8],
    pub name: &'b [u8],
    pub kind: u8,
    pub ty: usize,
}

pub const FUNCTION: u8 = 0;
const TABLE: u8 = 1;
const MEMORY: u8 = 2;

/// Minimum, and maximum if there is one, in bytes or entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub min: u64,
    pub max: Option<u64>,
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], part: Range<usize>) -> Self {
        Self { bytes: bytes.get(..part.end).unwrap_or_default(), offset: part.start }
    }

    fn is_at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.offset)?;
        self.offset = self.offset.saturating_add(1);
        Some(byte)
    }

    fn bytes(&mut self, size: usize) -> Option<&'b [u8]> {
        let end = self.offset.checked_add(size)?;
        let bytes = self.bytes.get(self.offset..end)?;
        self.offset = end;
        Some(bytes)
    }

    /// An unsigned LEB128 number of at most 64 bits.
    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10u32 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7F) << place.saturating_mul(7);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    /// A count of items that take a byte each at least.
    fn count(&mut self) -> Option<usize> {
        let count = self.size()?;
        (count <= self.bytes.len().saturating_sub(self.offset)).then_some(count)
    }

    fn sized(&mut self) -> Option<&'b [u8]> {
        let size = self.size()?;
        self.bytes(size)
    }

    fn opcode(&mut self) -> Option<Opcode> {
        let (opcode, next) = Module::instruction(self.bytes, self.offset).ok()?;
        self.offset = next;
        Some(opcode)
    }

    /// Passes over a constant expression; gives how many instructions it has.
    fn expression(&mut self) -> Option<usize> {
        let mut count = 0usize;
        while self.opcode()? != Opcode::End {
            count = count.saturating_add(1);
        }
        Some(count)
    }

    /// A function type: its parameters and its results as in the binary format.
    fn function_type(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        self.byte()?;
        Some((self.sized()?, self.sized()?))
    }

    /// Limits, in pages or entries, and the logarithm of the size of a page.
    fn limits(&mut self) -> Option<(Limits, u32)> {
        let flags = self.byte()?;
        let min = self.number()?;
        let max = if flags & 0x01 != 0 { Some(self.number()?) } else { None };
        // Only memories have this flag.
        let log2 = if flags & 0x08 != 0 { u32::try_from(self.number()?).ok()? } else { 16 };
        Some((Limits { min, max }, log2))
    }

    /// A memory's limits in bytes.
    fn memory(&mut self) -> Option<Limits> {
        let (limits, log2) = self.limits()?;
        let page_size = 1u64.checked_shl(log2)?;
        let bytes = |pages: u64| pages.saturating_mul(page_size);
        Some(Limits { min: bytes(limits.min), max: limits.max.map(bytes) })
    }

    /// A table's limits in entries, of the section of tables, and how many instructions give its entries' first value.
    fn table(&mut self) -> Option<(Limits, Option<usize>)> {
        let with_init = self.bytes.get(self.offset) == Some(&0x40);
        if with_init {
            self.bytes(2)?;
        }
        self.byte()?;
        let (limits, _) = self.limits()?;
        let init = if with_init { Some(self.expression()?) } else { None };
        Some((limits, init))
    }

    fn import(&mut self) -> Option<Import<'b>> {
        let (module, name) = (self.sized()?, self.sized()?);
        let (kind, mut ty) = (self.byte()?, 0);
        match kind {
            FUNCTION => ty = self.size()?,
            TABLE => {
                self.byte()?;
                self.limits()?;
            }
            MEMORY => {
                self.limits()?;
            }
            _ => {
                self.bytes(2)?;
            }
        }
        Some(Import { module, name, kind, ty })
    }
}

impl Counts {
    /// The counts of a module.
    pub fn of(bytes: &[u8]) -> Self {
        let mut counts = Self::default();
        let mut reader = Reader::new(bytes, 8..bytes.len());
        while !reader.is_at_end() {
            let header = reader.offset;
            let part = reader.byte().and_then(|id| Some((id, reader.sized()?.len())));
            let Some((id, size)) = part else {
                counts.stopped_at = Some(header);
                break;
            };
            let start = reader.offset.saturating_sub(size);
            let mut section = Reader::new(bytes, start..reader.offset);
            if counts.section(id, &mut section).is_none() {
                counts.stopped_at = Some(section.offset);
                break;
            }
        }
        counts
    }

    /// The module's own memories, in the order of their section, in bytes.
    pub fn memory_limits<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = Limits> + use<'b> {
        let mut reader = Reader::new(bytes, self.memory_section.clone());
        (0..self.own_memories).map_while(move |_| reader.memory())
    }

    /// The module's own tables, in the order of their section, in entries.
    pub fn table_limits<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = Limits> + use<'b> {
        let mut reader = Reader::new(bytes, self.table_section.clone());
        (0..self.own_tables).map_while(move |_| reader.table().map(|(limits, _)| limits))
    }

    /// The imports in order.
    pub fn imports_of<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = Import<'b>> + use<'b> {
        let mut reader = Reader::new(bytes, self.import_section.clone());
        (0..self.imports).map_while(move |_| reader.import())
    }

    /// Parameters and results of type `index`, as in the binary format.
    pub fn type_of<'b>(&self, bytes: &'b [u8], index: usize) -> Option<(&'b [u8], &'b [u8])> {
        let mut reader = Reader::new(bytes, self.type_section.clone());
        for _ in 0..index {
            reader.function_type()?;
        }
        reader.function_type()
    }

    fn section(&mut self, id: u8, reader: &mut Reader<'_>) -> Option<()> {
        const CUSTOM: u8 = 0;
        const START: u8 = 8;
        const DATA_COUNT: u8 = 12;
        if matches!(id, CUSTOM | START | DATA_COUNT) {
            return Some(());
        }
        let count = reader.count()?;
        // Items begin here.
        let part = reader.offset..reader.bytes.len();
        match id {
            1 => {
                self.type_section = part;
                for _ in 0..count {
                    self.types = self.types.saturating_add(1);
                    let (params, results) = reader.function_type()?;
                    let values = params.len().saturating_add(results.len());
                    self.value_types = self.value_types.saturating_add(values);
                    self.most_params = self.most_params.max(params.len());
                    self.most_values = self.most_values.max(values);
                }
            }
            2 => {
                self.import_section = part;
                for _ in 0..count {
                    let import = reader.import()?;
                    self.imports = self.imports.saturating_add(1);
                    let list = match import.kind {
                        FUNCTION => {
                            self.imported_functions = self.imported_functions.saturating_add(1);
                            &mut self.functions
                        }
                        TABLE => &mut self.tables,
                        MEMORY => &mut self.memories,
                        _ => &mut self.globals,
                    };
                    *list = list.saturating_add(1);
                }
            }
            3 => self.functions = self.functions.saturating_add(count),
            4 => {
                self.table_section = part;
                self.own_tables = count;
                self.tables = self.tables.saturating_add(count);
                for _ in 0..count {
                    if let (_, Some(instructions)) = reader.table()? {
                        self.note_constant(instructions);
                    }
                }
            }
            5 => {
                self.memory_section = part;
                self.own_memories = count;
                self.memories = self.memories.saturating_add(count);
                for _ in 0..count {
                    reader.memory()?;
                }
            }
            6 => {
                self.own_globals = count;
                self.globals = self.globals.saturating_add(count);
                for _ in 0..count {
                    reader.bytes(2)?;
                    self.constant(reader)?;
                }
            }
            7 => self.exports = self.exports.saturating_add(count),
            9 => {
                for _ in 0..count {
                    self.element_segments = self.element_segments.saturating_add(1);
                    self.element_segment(reader)?;
                }
            }
            10 => {
                for _ in 0..count {
                    self.bodies = self.bodies.saturating_add(1);
                    self.body(reader)?;
                }
            }
            11 => {
                for _ in 0..count {
                    self.data_segments = self.data_segments.saturating_add(1);
                    self.data_segment(reader)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn element_segment(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let flags = reader.byte()?;
        let (is_active, has_index, has_expressions) = (flags & 1 == 0, flags & 2 != 0, flags & 4 != 0);
        if is_active {
            if has_index {
                reader.number()?;
            }
            self.constant(reader)?;
        }
        // The type of the entries.
        if !is_active || has_index {
            reader.byte()?;
        }
        let count = reader.count()?;
        for _ in 0..count {
            if has_expressions {
                self.constant(reader)?;
            } else {
                reader.number()?;
            }
        }
        self.references = self.references.saturating_add(count);
        Some(())
    }

    fn data_segment(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let flags = reader.byte()?;
        if flags == 2 {
            reader.number()?;
        }
        if flags != 1 {
            self.constant(reader)?;
        }
        reader.sized()?;
        Some(())
    }

    /// A constant expression, which is validated as a function is.
    fn constant(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let instructions = reader.expression()?;
        self.note_constant(instructions);
        Some(())
    }

    fn note_constant(&mut self, instructions: usize) {
        self.operands = self.operands.max(instructions);
        self.blocks = self.blocks.max(1);
    }

    fn body(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        let size = reader.size()?;
        let start = reader.offset;
        reader.bytes(size)?;
        let mut body = Reader::new(reader.bytes, start..reader.offset);
        let mut locals = self.most_params;
        for _ in 0..body.number()? {
            locals = locals.saturating_add(body.size()?);
            body.byte()?;
        }
        self.locals = self.locals.max(locals);
        let (mut depth, mut instructions) = (1usize, 0usize);
        while depth > 0 {
            self.blocks = self.blocks.max(depth);
            let mut immediates = body.clone();
            let entries = match body.opcode()? {
                Opcode::Block | Opcode::Loop => {
                    depth = depth.saturating_add(1);
                    0
                }
                Opcode::If => {
                    depth = depth.saturating_add(1);
                    1
                }
                Opcode::End => {
                    depth = depth.saturating_sub(1);
                    0
                }
                Opcode::Else | Opcode::Br | Opcode::BrIf => 1,
                Opcode::BrTable => {
                    immediates.byte()?;
                    immediates.count()?.saturating_add(1)
                }
                _ => 0,
            };
            self.side_table = self.side_table.saturating_add(entries);
            instructions = instructions.saturating_add(1);
        }
        // No instruction pushes more than one value, or than a type has.
        let operands = instructions.saturating_mul(self.most_values.max(1));
        self.operands = self.operands.max(operands);
        Some(())
    }
}
