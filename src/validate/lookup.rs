//! What the immediates of instructions stand for; an index of nothing is an error.

use super::{HeapType, MemArg, Result, ValTypes, Validator};
use crate::binary::ErrorKind;
use crate::types::{GlobalType, MemoryType, Signature, TableType, Type};

impl<'v> Validator<'v, '_, '_> {
    pub(super) fn function_type(&self, index: u32) -> Result<Signature<'v>> {
        self.parts.signature(index).ok_or_else(|| self.error(ErrorKind::UnknownType(index)))
    }

    pub(super) fn function(&self, index: u32) -> Result<Signature<'v>> {
        self.parts.function_signature(index).ok_or_else(|| self.error(ErrorKind::UnknownFunction(index)))
    }

    pub(super) fn table(&self, index: u32) -> Result<TableType> {
        let table = self.parts.tables.get(index as usize);
        table.map(|table| table.ty).ok_or_else(|| self.error(ErrorKind::UnknownTable(index)))
    }

    pub(super) fn memory(&self, index: u32) -> Result<MemoryType> {
        self.parts.memories.get(index as usize).ok_or_else(|| self.error(ErrorKind::UnknownMemory(index)))
    }

    /// The memory of a memarg, whose alignment and offset must suit an access of `natural` bytes to it.
    #[inline]
    pub(super) fn memarg(&self, memarg: MemArg, natural: u32) -> Result<MemoryType> {
        let memory = self.memory(memarg.memory)?;
        if memarg.align > natural.trailing_zeros() {
            return Err(self.error(ErrorKind::AlignmentTooLarge { align: memarg.align, natural }));
        }
        if memory.address == Type::I32 && memarg.offset > u64::from(u32::MAX) {
            return Err(self.error(ErrorKind::OffsetOutOfRange));
        }
        Ok(memory)
    }

    pub(super) fn global(&self, index: u32) -> Result<GlobalType> {
        let global = self.parts.globals.get(index as usize);
        global.map(|global| global.ty).ok_or_else(|| self.error(ErrorKind::UnknownGlobal(index)))
    }

    #[inline]
    pub(super) fn local(&self, index: u32) -> Result<Type> {
        self.scratch.locals.get(index as usize).ok_or_else(|| self.error(ErrorKind::UnknownLocal(index)))
    }

    pub(super) fn element_segment(&self, index: u32) -> Result<Type> {
        let segment = self.parts.elements.get(index as usize);
        segment.map(|segment| segment.element).ok_or_else(|| self.error(ErrorKind::UnknownElementSegment(index)))
    }

    /// Data segments come after the code, so their number must have been announced.
    pub(super) fn data_segment(&self, index: u32) -> Result<()> {
        match self.parts.data_count {
            None => Err(self.error(ErrorKind::DataCountRequired)),
            Some(count) if index >= count => Err(self.error(ErrorKind::UnknownDataSegment(index))),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn select_type(&self, types: ValTypes<'_>) -> Result<Type> {
        types.single().map_err(|error| self.complain(error))
    }

    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "like its siblings, called by generated code")]
    pub(super) fn heap_type(&self, heap: HeapType) -> Result<Type> {
        Ok(match heap {
            HeapType::Func => Type::FUNCREF,
            HeapType::Extern => Type::EXTERNREF,
        })
    }
}
