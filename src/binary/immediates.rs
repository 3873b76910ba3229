//! Immediates of instructions that are more than a number (specification: binary format, instructions).

use super::error::ErrorKind;
use super::reader::Reader;
use crate::binary::ModuleError;
use crate::proposal::Proposal;
use crate::types::Type;

type Result<T, E = ModuleError> = core::result::Result<T, E>;

/// The bit of a memarg's flags that says that a memory index follows.
const HAS_MEMORY_INDEX: u32 = 0x40;

/// What a memory instruction says beside its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemArg {
    /// The logarithm of the alignment in bytes.
    pub align: u32,
    /// The index of the memory.
    pub memory: u32,
    /// What is added to the address.
    pub offset: u64,
}

/// The type of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockType {
    /// What it takes and leaves.
    pub kind: BlockKind,
    /// The offset of the first instruction in the block.
    pub body: usize,
}

/// What a block takes and leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Nothing.
    Empty,
    /// Leaves one value.
    Value(Type),
    /// As the function type of this index.
    Function(u32),
}

/// A heap type: what a reference refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeapType {
    /// Any function.
    Func,
    /// Anything of the host's.
    Extern,
}

/// The labels of a `br_table` but for the default.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'b> {
    count: u32,
    reader: Reader<'b>,
}

/// A vector of value types.
#[derive(Debug, Clone, Copy)]
pub struct ValTypes<'b> {
    count: u32,
    reader: Reader<'b>,
}

impl Labels<'_> {
    /// The labels in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = Result<u32>> {
        let mut reader = self.reader;
        (0..self.count).map(move |_| reader.var_u32())
    }
}

impl ValTypes<'_> {
    /// The one type, if it is one.
    pub(crate) fn single(mut self) -> Result<Type> {
        if self.count != 1 {
            return Err(self.reader.error(ErrorKind::ResultArity));
        }
        self.reader.val_type()
    }
}

impl<'b> Reader<'b> {
    pub(crate) fn f32(&mut self) -> Result<f32> {
        self.array().map(f32::from_le_bytes)
    }

    pub(crate) fn f64(&mut self) -> Result<f64> {
        self.array().map(f64::from_le_bytes)
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn memarg(&mut self) -> Result<MemArg> {
        let start = self.offset();
        let flags = self.var_u32()?;
        if flags < HAS_MEMORY_INDEX {
            let offset = self.var_offset()?;
            return Ok(MemArg { align: flags, memory: 0, offset });
        }
        if flags >= HAS_MEMORY_INDEX << 1 || !self.features.contains(Proposal::MultiMemory) {
            return Err(ModuleError::new(start, ErrorKind::MalformedMemoryFlags(flags)));
        }
        let memory = self.var_u32()?;
        let offset = self.var_offset()?;
        Ok(MemArg { align: flags & !HAS_MEMORY_INDEX, memory, offset })
    }

    /// An offset: 64 bits wide where 64-bit memories exist, checked against the memory by the validator.
    #[inline(always)]
    fn var_offset(&mut self) -> Result<u64> {
        if self.features.contains(Proposal::Memory64) { self.var_u64() } else { self.var_u32().map(u64::from) }
    }

    /// A memory index; a zero byte where there can be only one memory.
    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn memory_index(&mut self) -> Result<u32> {
        if self.features.contains(Proposal::MultiMemory) {
            self.var_u32()
        } else {
            self.apart(Self::zero_byte).map(|()| 0)
        }
    }

    /// A table index; a zero byte where there can be only one table.
    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn table_index(&mut self) -> Result<u32> {
        if self.features.contains(Proposal::ReferenceTypes) {
            self.var_u32()
        } else {
            self.apart(Self::zero_byte).map(|()| 0)
        }
    }

    pub(crate) fn zero_byte(&mut self) -> Result<()> {
        let start = self.offset();
        if self.byte()? == 0 { Ok(()) } else { Err(ModuleError::new(start, ErrorKind::ZeroByteExpected)) }
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn block_type(&mut self) -> Result<BlockType> {
        let kind = match self.peek() {
            Some(0x40) => self.byte().map(|_| BlockKind::Empty)?,
            _ => self.apart(Self::block_kind)?,
        };
        Ok(BlockType { kind, body: self.offset() })
    }

    /// Anything but nothing.
    fn block_kind(&mut self) -> Result<BlockKind> {
        let start = *self;
        Ok(match self.peek() {
            Some(byte) if Type::from_byte(byte).is_some() => BlockKind::Value(self.val_type()?),
            _ => {
                let code = self.var_i33()?;
                let malformed = |_| start.error(ErrorKind::MalformedBlockType(code as i32));
                let index = u32::try_from(code).map_err(malformed)?;
                self.require(Proposal::MultiValue, start.offset())?;
                BlockKind::Function(index)
            }
        })
    }

    pub(crate) fn heap_type(&mut self) -> Result<HeapType> {
        let start = self.offset();
        match self.byte()? {
            0x70 => Ok(HeapType::Func),
            0x6F => Ok(HeapType::Extern),
            byte => Err(ModuleError::new(start, ErrorKind::MalformedRefType(byte))),
        }
    }

    pub(crate) fn val_type(&mut self) -> Result<Type> {
        let start = self.offset();
        let byte = self.byte()?;
        let Some(ty) = Type::from_byte(byte) else {
            return Err(ModuleError::new(start, ErrorKind::MalformedValType(byte)));
        };
        if ty.is_float() {
            self.require(Proposal::Floats, start)?;
        }
        if ty.is_reference() {
            self.require(Proposal::ReferenceTypes, start)?;
        }
        Ok(ty)
    }

    /// A reference type; `funcref` is known to WebAssembly 1.0, too.
    pub(crate) fn ref_type(&mut self) -> Result<Type> {
        let start = self.offset();
        match self.byte()? {
            0x70 => Ok(Type::FUNCREF),
            0x6F => {
                self.require(Proposal::ReferenceTypes, start)?;
                Ok(Type::EXTERNREF)
            }
            byte => Err(ModuleError::new(start, ErrorKind::MalformedRefType(byte))),
        }
    }

    pub(crate) fn val_types(&mut self) -> Result<ValTypes<'b>> {
        let count = self.count("types of a select", 1_000)?;
        let types = ValTypes { count, reader: *self };
        for _ in 0..count {
            self.val_type()?;
        }
        Ok(types)
    }

    pub(crate) fn labels(&mut self) -> Result<Labels<'b>> {
        let count = self.count("labels", u32::MAX)?;
        let labels = Labels { count, reader: *self };
        for _ in 0..count {
            self.var_u32()?;
        }
        Ok(labels)
    }
}
