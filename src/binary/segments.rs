//! Element and data segments.

use super::error::{ErrorKind, ModuleError};
use super::parts::{DataSegment, ElementSegment, Items, SegmentMode, Span};
use super::reader::Reader;
use super::sections::{Parser, Result};
use crate::proposal::Proposal;
use crate::types::Type;

/// Bits of an element segment's flags (specification: binary format, element section).
const PASSIVE_OR_DECLARATIVE: u32 = 1;
const EXPLICIT_INDEX: u32 = 2;
const EXPRESSIONS: u32 = 4;

impl Parser<'_, '_, '_, '_> {
    pub(super) fn elements(&mut self, reader: Reader<'_>) -> Result<()> {
        self.list(reader, "element segments", self.limits.element_segments, |parser, reader| {
            let segment = parser.element_segment(reader)?;
            parser.parts.elements.push(segment).map_err(|full| reader.error(full.into()))
        })
    }

    fn element_segment(&mut self, reader: &mut Reader<'_>) -> Result<ElementSegment> {
        let start = *reader;
        let flags = reader.var_u32()?;
        if flags > 7 {
            return Err(start.error(ErrorKind::MalformedSegment(flags)));
        }
        if flags != 0 && !reader.features.contains(Proposal::ReferenceTypes) {
            reader.require(Proposal::BulkMemory, start.offset())?;
        }
        let has_expressions = flags & EXPRESSIONS != 0;
        let mut table_type = None;
        let mode = match (flags & PASSIVE_OR_DECLARATIVE != 0, flags & EXPLICIT_INDEX != 0) {
            (true, false) => SegmentMode::Passive,
            (true, true) => SegmentMode::Declarative,
            (false, explicit) => {
                let at = *reader;
                let index = if explicit { reader.var_u32()? } else { 0 };
                let Some(table) = self.parts.tables.get(index as usize) else {
                    return Err(at.error(ErrorKind::UnknownTable(index)));
                };
                table_type = Some(table.ty.element);
                SegmentMode::Active { index, offset: self.constant(reader, table.ty.address)? }
            }
        };
        // Only the flags 0 and 4 say nothing of the type.
        let at = *reader;
        let element = if flags & (PASSIVE_OR_DECLARATIVE | EXPLICIT_INDEX) == 0 {
            Type::FUNCREF
        } else if has_expressions {
            reader.ref_type()?
        } else {
            element_kind(reader)?
        };
        if let Some(expected) = table_type
            && expected != element
        {
            return Err(at.error(ErrorKind::TypeMismatch { expected, found: element }));
        }
        let count = reader.count("entries of an element segment", self.limits.table_entries as u32)?;
        let first = reader.offset() as u32;
        let items = if has_expressions {
            let mut height = 0;
            for _ in 0..count {
                height = self.constant(reader, element)?.height.max(height);
            }
            Items::Expressions { height }
        } else {
            for _ in 0..count {
                self.function_item(reader)?;
            }
            Items::Functions
        };
        let span = Span { start: first, end: reader.offset() as u32 };
        Ok(ElementSegment { mode, element, items, count, span })
    }

    fn function_item(&mut self, reader: &mut Reader<'_>) -> Result<()> {
        let start = *reader;
        let index = reader.var_u32()?;
        if index as usize >= self.parts.functions.len() {
            return Err(start.error(ErrorKind::UnknownFunction(index)));
        }
        self.declare(index);
        Ok(())
    }

    pub(super) fn data(&mut self, reader: Reader<'_>) -> Result<()> {
        self.data_seen = true;
        let start = reader;
        self.list(reader, "data segments", self.limits.data_segments, |parser, reader| {
            let segment = parser.data_segment(reader)?;
            parser.parts.data.push(segment).map_err(|full| reader.error(full.into()))
        })?;
        let count = self.parts.data.len();
        if self.parts.data_count.is_some_and(|promised| promised as usize != count) {
            return Err(start.error(ErrorKind::DataCountMismatch));
        }
        Ok(())
    }

    fn data_segment(&mut self, reader: &mut Reader<'_>) -> Result<DataSegment> {
        let start = *reader;
        let flags = reader.var_u32()?;
        let mode = match flags {
            0 => self.active_data(reader, 0)?,
            1 => SegmentMode::Passive,
            2 => {
                let index = reader.var_u32()?;
                self.active_data(reader, index)?
            }
            _ => return Err(start.error(ErrorKind::MalformedSegment(flags))),
        };
        // WebAssembly 1.0 had a memory index where later versions have flags.
        if flags != 0 && !reader.features.contains(Proposal::BulkMemory) {
            return Err(start.error(ErrorKind::UnknownMemory(flags)));
        }
        let size = reader.var_u32()?;
        let at = reader.offset() as u32;
        reader.sub_reader(size as usize).map_err(|error| ModuleError::new(error.offset(), ErrorKind::UnexpectedEnd))?;
        Ok(DataSegment { mode, bytes: Span { start: at, end: reader.offset() as u32 } })
    }

    fn active_data(&mut self, reader: &mut Reader<'_>, index: u32) -> Result<SegmentMode> {
        let Some(memory) = self.parts.memories.get(index as usize) else {
            return Err(reader.error(ErrorKind::UnknownMemory(index)));
        };
        Ok(SegmentMode::Active { index, offset: self.constant(reader, memory.address)? })
    }
}

fn element_kind(reader: &mut Reader<'_>) -> Result<Type> {
    let start = reader.offset();
    match reader.byte()? {
        0x00 => Ok(Type::FUNCREF),
        byte => Err(ModuleError::new(start, ErrorKind::MalformedElementKind(byte))),
    }
}
