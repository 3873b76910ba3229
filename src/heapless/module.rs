//! Modules that stay where they are.

use super::{Error, ModuleLists, ValidationLists};
use crate::binary::{Reader, parse};
use crate::decode::{self, NameOpcode};
use crate::exec::{Bytes, ModuleData};
use crate::features::Features;
use crate::limits::ModuleLimits;
use crate::opcode::Opcode;

/// A validated module, whose bytes and lists are lent.
#[derive(Debug)]
pub struct Module<'a> {
    pub(super) data: ModuleData<'a>,
}

/// The limits on modules: a small machine is to stop soon.
const LIMITS: ModuleLimits = ModuleLimits { delimiters: 4_096, ..ModuleLimits::DEFAULT };

impl<'a> Module<'a> {
    /// Decodes and validates a module with all proposals that are compiled in. Nothing is copied.
    ///
    /// The limits are those of [`ModuleLimits`] but for delimiters of blocks, of which 4,096 may follow each other: they
    /// cost no fuel, and so take no more than a few microseconds between two units of it.
    ///
    /// # Errors
    /// The bytes are no valid module, or a list is too short; the error says where and which.
    pub fn new(bytes: &'a [u8], lists: ModuleLists<'a>, scratch: ValidationLists<'_>) -> Result<Self, Error> {
        let features = Features::default();
        let mut parts = lists.into_parts();
        // The lists of validation live shorter than the module's.
        parse(bytes, features, &LIMITS, &mut parts, &mut scratch.into_scratch())?;
        Ok(Self {
            data: ModuleData {
                bytes: Bytes::Lent(bytes),
                parts,
                features,
                #[cfg(feature = "register")]
                register: None,
            },
        })
    }

    /// Bytes that the side table of branches takes.
    #[must_use]
    pub fn side_table_size(&self) -> usize {
        self.data.parts.side_table.size()
    }

    /// Bytes of the code section.
    #[must_use]
    pub fn code_size(&self) -> usize {
        self.data.parts.code_size as usize
    }

    /// The instruction at `offset` of a module's bytes, and the offset of the next one: for those who count before
    /// they validate.
    ///
    /// # Errors
    /// No instruction of this build stands there.
    pub fn instruction(bytes: &[u8], offset: usize) -> Result<(Opcode, usize), Error> {
        let mut reader = Reader::new(bytes, Features::default()).at(offset);
        let opcode = decode::instruction(&mut reader, &mut NameOpcode)?;
        Ok((opcode, reader.offset()))
    }

    /// How long the lists of a module must be.
    ///
    /// # Errors
    /// The bytes are no valid module.
    #[cfg(feature = "alloc")]
    pub fn requirements(bytes: &[u8]) -> Result<Requirements, Error> {
        use crate::binary::Parts;
        use crate::validate::Scratch;
        let (mut parts, mut scratch) = (Parts::default(), Scratch::default());
        parse(bytes, Features::default(), &LIMITS, &mut parts, &mut scratch)?;
        Ok(Requirements::of(&parts, &scratch))
    }
}

/// How long the lists of a module must be: see the fields of [`ModuleLists`], [`ValidationLists`] and
/// [`StoreLists`](super::StoreLists) of the same names. The value stack and the frames depend on what the module does.
///
/// ```
/// use tablature::heapless::Module;
///
/// let requirements = Module::requirements(b"\0asm\x01\0\0\0\x05\x03\x01\0\x01")?;
/// assert_eq!((requirements.memories, requirements.memory_bytes), (1, 65_536));
/// # Ok::<(), tablature::heapless::Error>(())
/// ```
#[cfg(feature = "alloc")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of the lists")]
pub struct Requirements {
    pub types: usize,
    pub value_types: usize,
    pub imports: usize,
    pub functions: usize,
    pub tables: usize,
    pub memories: usize,
    pub globals: usize,
    pub exports: usize,
    pub element_segments: usize,
    pub data_segments: usize,
    pub bodies: usize,
    pub side_table: usize,
    pub wide_branches: usize,
    pub locals: usize,
    pub operands: usize,
    pub blocks: usize,
    /// For one instance.
    pub indices: usize,
    /// For one instance, and a host function for each imported one.
    pub store_functions: usize,
    /// At most.
    pub signatures: usize,
    /// At most.
    pub signature_types: usize,
    /// For one instance: the module's own.
    pub store_tables: usize,
    /// Of all these tables together, as they are at first.
    pub table_entries: u64,
    /// For one instance: the module's own.
    pub store_memories: usize,
    /// Bytes of all these memories together, as they are at first.
    pub memory_bytes: u64,
    /// For one instance: the module's own.
    pub store_globals: usize,
    /// For one instance.
    pub references: usize,
    /// Slots of the value stack that the function with the largest frame takes.
    pub largest_frame: usize,
}

#[cfg(feature = "alloc")]
impl Requirements {
    fn of(parts: &crate::binary::Parts<'_>, scratch: &crate::validate::Scratch<'_>) -> Self {
        let own_memories = || parts.memories.as_slice().iter().skip(parts.imported_memories as usize);
        let own_tables = || parts.tables.as_slice().iter().skip(parts.imported_tables as usize);
        let spaces =
            [parts.types.len(), parts.functions.len(), parts.tables.len(), parts.memories.len(), parts.globals.len()];
        Self {
            types: parts.types.len(),
            value_types: parts.type_pool.len(),
            imports: parts.imports.len(),
            functions: parts.functions.len(),
            tables: parts.tables.len(),
            memories: parts.memories.len(),
            globals: parts.globals.len(),
            exports: parts.exports.len(),
            element_segments: parts.elements.len(),
            data_segments: parts.data.len(),
            bodies: parts.bodies.len(),
            side_table: parts.side_table.entries().len(),
            wide_branches: parts.side_table.wide().len(),
            locals: scratch.most.locals,
            operands: scratch.most.operands,
            blocks: scratch.most.control,
            indices: spaces.iter().sum(),
            store_functions: parts.functions.len(),
            signatures: parts.types.len(),
            signature_types: parts.type_pool.len(),
            store_tables: own_tables().count(),
            table_entries: own_tables().map(|table| table.ty.limits.min).sum(),
            store_memories: own_memories().count(),
            memory_bytes: own_memories().map(|ty| ty.limits.min.saturating_mul(ty.page_size())).sum(),
            store_globals: parts.globals.len().saturating_sub(parts.imported_globals as usize),
            references: parts.elements.as_slice().iter().map(|segment| segment.count as usize).sum(),
            largest_frame: parts.bodies.as_slice().iter().map(|body| body.frame as usize).max().unwrap_or(0),
        }
    }
}
