//! Whether what is given for an import fits it (specification: execution, external typing).

use crate::binary::parts::{ExternKind, Parts};
use crate::exec::Core;
use crate::types::{GlobalType, MemoryType, Signature, TableType};

/// Something of the store that can be imported: its kind and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extern {
    pub(crate) kind: ExternKind,
    pub(crate) index: u32,
}

/// What is given for an import does not fit: what was wanted and what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ImportMismatch {
    /// The import's place in the module's list.
    pub import: u32,
}

/// What an import wants.
pub(crate) enum ImportType<'m> {
    Function(Signature<'m>),
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
}

/// What the import of `kind` at `index` of its index space wants.
pub(crate) fn import_type<'m>(parts: &'m Parts<'_>, kind: ExternKind, index: u32) -> Option<ImportType<'m>> {
    let place = index as usize;
    Some(match kind {
        ExternKind::Function => ImportType::Function(parts.function_signature(index)?),
        ExternKind::Table => ImportType::Table(parts.tables.get(place)?.ty),
        ExternKind::Memory => ImportType::Memory(parts.memories.get(place)?),
        ExternKind::Global => ImportType::Global(parts.globals.get(place)?.ty),
    })
}

impl Core<'_> {
    /// Whether `given` fits `wanted`.
    pub(crate) fn fits(&self, given: Extern, wanted: &ImportType<'_>) -> bool {
        let place = given.index as usize;
        match (given.kind, wanted) {
            (ExternKind::Function, ImportType::Function(signature)) => {
                let record = self.functions.get(place);
                record.is_some_and(|record| self.signatures.get(record.signature) == *signature)
            }
            (ExternKind::Table, ImportType::Table(wanted)) => self.tables.as_slice().get(place).is_some_and(|table| {
                let size = table.elements.len() as u64;
                table.ty.element == wanted.element && table.ty.limits.fits(size, &wanted.limits)
            }),
            (ExternKind::Memory, ImportType::Memory(wanted)) => {
                self.memories.as_slice().get(place).is_some_and(|memory| {
                    let pages = memory.ty.pages(memory.bytes.len());
                    memory.ty.page_size_log2 == wanted.page_size_log2 && memory.ty.limits.fits(pages, &wanted.limits)
                })
            }
            (ExternKind::Global, ImportType::Global(wanted)) => self.global_types.get(place) == Some(*wanted),
            _ => false,
        }
    }
}
