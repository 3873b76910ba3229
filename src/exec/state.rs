//! What a core holds: modules, instances, functions, memories, tables, segments.

#[cfg(feature = "alloc")]
use super::registers::PADDING;
#[cfg(feature = "alloc")]
use crate::binary::ModuleError;
use crate::binary::parts::Body;
use crate::binary::{Parts, Reader};
use crate::buf::Buf;
use crate::decode::{self, NameOpcode};
use crate::features::Features;
use crate::semantics::Reference;
use crate::types::{MemoryType, TableType};
#[cfg(feature = "alloc")]
use alloc::{sync::Arc, vec::Vec};

/// A validated module: its bytes and what is known of them.
#[derive(Debug)]
pub(crate) struct ModuleData<'a> {
    pub bytes: Bytes<'a>,
    pub parts: Parts<'a>,
    pub features: Features,
    /// The register code of its functions, where the configuration has that engine.
    #[cfg(feature = "register")]
    pub register: Option<super::register::Functions>,
}

/// A module's bytes: owned, with `PADDING` bytes behind them, or where they lie.
#[derive(Debug)]
pub(crate) enum Bytes<'a> {
    #[cfg(feature = "alloc")]
    Owned(Vec<u8>),
    Lent(&'a [u8]),
}

/// No module, for places that are not in use.
static NO_MODULE: ModuleData<'static> = ModuleData {
    bytes: Bytes::Lent(&[]),
    parts: Parts::EMPTY,
    features: Features::NONE,
    #[cfg(feature = "register")]
    register: None,
};

impl ModuleData<'_> {
    /// The module's bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            #[cfg(feature = "alloc")]
            Bytes::Owned(bytes) => bytes.get(..bytes.len().saturating_sub(PADDING)).unwrap_or_default(),
            Bytes::Lent(bytes) => bytes,
        }
    }

    /// The module's bytes as an engine reads them, and whether `PADDING` bytes follow them.
    pub(crate) fn code(&self) -> (&[u8], bool) {
        match &self.bytes {
            #[cfg(feature = "alloc")]
            Bytes::Owned(bytes) => (bytes, true),
            Bytes::Lent(bytes) => (bytes, false),
        }
    }
}

impl InstanceEntry<'_> {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self {
        module: ModuleRef::Lent(&NO_MODULE),
        types: PoolRange::EMPTY,
        functions: PoolRange::EMPTY,
        tables: PoolRange::EMPTY,
        memories: PoolRange::EMPTY,
        globals: PoolRange::EMPTY,
        elements: 0,
        data: 0,
    };
}

impl FunctionRecord {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { signature: 0, instance: None, index: 0 };
}

impl MemoryInstance<'_> {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { bytes: Buf::empty(), ty: MemoryType::EMPTY };
}

impl TableInstance<'_> {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { elements: Buf::empty(), ty: TableType::EMPTY };
}

impl Segment {
    /// What stands in places that are not in use.
    pub const EMPTY: Self = Self { items: PoolRange::EMPTY, dropped: false };
}

impl PoolRange {
    const EMPTY: Self = Self { start: 0, len: 0 };
}

impl ModuleData<'_> {
    /// The body of function `function`, if the module defines it. It is validated now if it was not.
    #[cfg(feature = "alloc")]
    pub(crate) fn validated(&self, function: u32) -> Result<Option<Body>, ModuleError> {
        let Some(lazy) = &self.parts.lazy else { return Ok(self.parts.body(function)) };
        let Some(own) = function.checked_sub(self.parts.imported_functions) else { return Ok(None) };
        let validated = lazy.validated(&self.parts, self.bytes(), self.features, own).transpose()?;
        Ok(validated.map(|one| one.body))
    }

    /// The offset of the instruction of function `function` that ends right before `offset`; `offset` itself if there
    /// is none.
    pub(crate) fn instruction_before(&self, function: u32, offset: u32) -> u32 {
        let Some(body) = self.parts.body(function) else { return offset };
        let mut reader = Reader::new(self.bytes(), self.features).at(body.start as usize);
        loop {
            let start = reader.offset();
            let is_inside = start < offset as usize;
            if !is_inside || decode::instruction(&mut reader, &mut NameOpcode).is_err() {
                return offset;
            }
            if reader.offset() >= offset as usize {
                return start as u32;
            }
        }
    }
}

/// A module, shared by instances on the heap or lent.
#[derive(Debug, Clone)]
pub(crate) enum ModuleRef<'a> {
    #[cfg(feature = "alloc")]
    Shared(Arc<ModuleData<'static>>),
    Lent(&'a ModuleData<'a>),
}

impl ModuleRef<'_> {
    pub(crate) fn data(&self) -> &ModuleData<'_> {
        match self {
            #[cfg(feature = "alloc")]
            Self::Shared(module) => module,
            Self::Lent(module) => module,
        }
    }
}

/// A range of a core's pool of indices.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PoolRange {
    pub start: u32,
    pub len: u32,
}

impl PoolRange {
    pub(crate) fn of<'p, T>(&self, pool: &'p [T]) -> &'p [T] {
        let start = self.start as usize;
        pool.get(start..start.saturating_add(self.len as usize)).unwrap_or_default()
    }
}

/// A module's instance: where in the store each of its index spaces leads. The maps stand in the core's pool.
#[derive(Debug)]
pub struct InstanceEntry<'a> {
    pub(crate) module: ModuleRef<'a>,
    /// Numbers of the module's types in the store's list of signatures.
    pub(crate) types: PoolRange,
    pub(crate) functions: PoolRange,
    pub(crate) tables: PoolRange,
    pub(crate) memories: PoolRange,
    pub(crate) globals: PoolRange,
    /// The first of its element segments in the core's list.
    pub(crate) elements: u32,
    /// The first of its data segments in the core's list.
    pub(crate) data: u32,
}

/// A function of the store.
#[derive(Debug, Clone, Copy)]
pub struct FunctionRecord {
    /// Its number in the store's list of signatures.
    pub(crate) signature: u32,
    /// Its instance, or nothing for a host function.
    pub(crate) instance: Option<u32>,
    /// Its index in its module, or its number among the host functions.
    pub(crate) index: u32,
}

/// A memory of the store.
#[derive(Debug)]
pub struct MemoryInstance<'a> {
    pub(crate) bytes: Buf<'a, u8>,
    pub(crate) ty: MemoryType,
}

/// A table of the store.
#[derive(Debug)]
pub struct TableInstance<'a> {
    pub(crate) elements: Buf<'a, Reference>,
    pub(crate) ty: TableType,
}

/// An element segment of an instance.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Its references in the core's pool.
    pub(crate) items: PoolRange,
    /// Whether it has been dropped.
    pub(crate) dropped: bool,
}

/// What the engine needs of the current function: its body, or that of a constant expression.
pub(crate) fn expression_body(start: u32, end: u32, height: u32) -> Body {
    Body { start, end: end.saturating_sub(1), results: 1, frame: height, ..Body::default() }
}
