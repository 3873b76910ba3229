//! Why bytes are not a module.

use crate::buf::{Full, List};
use crate::opcode::Opcode;
use crate::proposal::Proposal;
use crate::types::Type;
use core::fmt;

/// A module is malformed, invalid, or beyond a limit: what is wrong and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleError {
    offset: usize,
    kind: ErrorKind,
}

impl ModuleError {
    pub(crate) const fn new(offset: usize, kind: ErrorKind) -> Self {
        Self { offset, kind }
    }

    /// Where it is wrong, in bytes from the module's start.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at offset 0x{:x})", self.kind, self.offset)
    }
}

impl core::error::Error for ModuleError {}

/// What is wrong with a module; the texts begin with the words of the specification's test suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is explained by its text")]
pub enum ErrorKind {
    UnexpectedEnd,
    LengthOutOfBounds,
    BadMagic,
    BadVersion(u32),
    IntegerTooLong,
    IntegerTooLarge,
    BadUtf8,
    BadSectionId(u8),
    SectionOrder(u8),
    SectionSize,
    FunctionCodeMismatch,
    DataCountMismatch,
    DataCountRequired,
    FunctionSize,
    EndExpected,
    IllegalOpcode(u8),
    IllegalPrefixedOpcode(u8, u32),
    ProposalOff(Proposal),
    ZeroByteExpected,
    MalformedImportKind(u8),
    MalformedExportKind(u8),
    MalformedValType(u8),
    MalformedRefType(u8),
    MalformedTypeForm(u8),
    MalformedLimits(u8),
    MalformedMutability(u8),
    MalformedSegment(u32),
    MalformedElementKind(u8),
    MalformedTable(u8),
    MalformedMemoryFlags(u32),
    MalformedBlockType(i32),
    TypeMismatch { expected: Type, found: Type },
    NothingOnStack { expected: Option<Type> },
    ValuesLeft { count: u32 },
    NumericExpected(Type),
    ReferenceExpected(Type),
    IfWithoutElse,
    BranchArity,
    ResultArity,
    TailCallResults,
    UnknownType(u32),
    UnknownFunction(u32),
    UnknownTable(u32),
    UnknownMemory(u32),
    UnknownGlobal(u32),
    UnknownLocal(u32),
    UnknownLabel(u32),
    UnknownElementSegment(u32),
    UnknownDataSegment(u32),
    UndeclaredFunction(u32),
    ImmutableGlobal(u32),
    AlignmentTooLarge { align: u32, natural: u32 },
    OffsetOutOfRange,
    ConstantRequired(Opcode),
    MultipleMemories,
    MultipleTables,
    MutableGlobalImport,
    LimitsOrder,
    MemoryTooLarge,
    PageSize(u32),
    TableTooLarge,
    DuplicateExport,
    StartFunction,
    FunctionTable(Type),
    TooMany { what: &'static str, limit: usize },
    OutOfMemory,
    Capacity(Full),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UnexpectedEnd => f.write_str("unexpected end"),
            Self::LengthOutOfBounds => f.write_str("length out of bounds: it reaches beyond what contains it"),
            Self::BadMagic => f.write_str("magic header not detected: not a WebAssembly binary"),
            Self::BadVersion(0x1_000d) => f.write_str("unknown binary version: this is a component, not a module"),
            Self::BadVersion(version) => write!(f, "unknown binary version {version}: only version 1 is known"),
            Self::IntegerTooLong => f.write_str("integer representation too long"),
            Self::IntegerTooLarge => f.write_str("integer too large"),
            Self::BadUtf8 => f.write_str("malformed UTF-8 encoding"),
            Self::BadSectionId(id) => write!(f, "malformed section id {id}"),
            Self::SectionOrder(id) => {
                write!(f, "unexpected content after last section: section {id} is out of order or there twice")
            }
            Self::SectionSize => f.write_str("section size mismatch: its content ends earlier than its size says"),
            Self::FunctionCodeMismatch => f.write_str("function and code section have inconsistent lengths"),
            Self::DataCountMismatch => f.write_str("data count and data section have inconsistent lengths"),
            Self::DataCountRequired => f.write_str("data count section required"),
            Self::FunctionSize => f.write_str("END opcode expected: the body's size and its instructions disagree"),
            Self::EndExpected => f.write_str("END opcode expected"),
            Self::IllegalOpcode(byte) => write!(f, "illegal opcode {byte:02x}"),
            Self::IllegalPrefixedOpcode(prefix, number) => write!(f, "illegal opcode {prefix:02x} {number}"),
            Self::ProposalOff(proposal) => {
                write!(f, "illegal opcode or form: support for \"{}\" is not enabled", proposal.title())
            }
            Self::ZeroByteExpected => f.write_str("zero byte expected"),
            Self::MalformedImportKind(byte) => write!(f, "malformed import kind {byte:02x}"),
            Self::MalformedExportKind(byte) => write!(f, "malformed export kind {byte:02x}"),
            Self::MalformedValType(byte) => write!(f, "malformed value type {byte:02x}"),
            Self::MalformedRefType(byte) => write!(f, "malformed reference type {byte:02x}"),
            Self::MalformedTypeForm(byte) => write!(f, "malformed definition type {byte:02x}"),
            Self::MalformedLimits(byte) => write!(f, "malformed limits flags {byte:02x}"),
            Self::MalformedMutability(byte) => write!(f, "malformed mutability {byte:02x}"),
            Self::MalformedSegment(flags) => write!(f, "malformed segment flags {flags}"),
            Self::MalformedElementKind(byte) => write!(f, "malformed element kind {byte:02x}"),
            Self::MalformedTable(byte) => write!(f, "malformed table: zero byte expected, found {byte:02x}"),
            Self::MalformedMemoryFlags(flags) => write!(f, "malformed memop flags {flags}"),
            Self::MalformedBlockType(code) => write!(f, "malformed block type {code}"),
            Self::TypeMismatch { expected, found } => write!(f, "type mismatch: expected {expected}, found {found}"),
            Self::NothingOnStack { expected: Some(expected) } => {
                write!(f, "type mismatch: expected {expected}, found nothing on the stack")
            }
            Self::NothingOnStack { expected: None } => {
                f.write_str("type mismatch: expected a value, found nothing on the stack")
            }
            Self::ValuesLeft { count } => write!(f, "type mismatch: {count} values too many at the end of a block"),
            Self::NumericExpected(found) => write!(f, "type mismatch: expected a number, found {found}"),
            Self::ReferenceExpected(found) => write!(f, "type mismatch: expected a reference, found {found}"),
            Self::IfWithoutElse => {
                f.write_str("type mismatch: an `if` without `else` must have results like its parameters")
            }
            Self::BranchArity => f.write_str("type mismatch: the labels of br_table take different numbers of values"),
            Self::ResultArity => f.write_str("invalid result arity"),
            Self::TailCallResults => f.write_str("type mismatch: a tail call's results differ from the function's"),
            Self::UnknownType(index) => write!(f, "unknown type {index}"),
            Self::UnknownFunction(index) => write!(f, "unknown function {index}"),
            Self::UnknownTable(index) => write!(f, "unknown table {index}"),
            Self::UnknownMemory(index) => write!(f, "unknown memory {index}"),
            Self::UnknownGlobal(index) => write!(f, "unknown global {index}"),
            Self::UnknownLocal(index) => write!(f, "unknown local {index}"),
            Self::UnknownLabel(index) => write!(f, "unknown label {index}"),
            Self::UnknownElementSegment(index) => write!(f, "unknown elem segment {index}"),
            Self::UnknownDataSegment(index) => write!(f, "unknown data segment {index}"),
            Self::UndeclaredFunction(index) => write!(f, "undeclared function reference {index}"),
            Self::ImmutableGlobal(index) => {
                write!(f, "immutable global: global is immutable, and global {index} is set")
            }
            Self::AlignmentTooLarge { align, natural } => {
                write!(f, "alignment must not be larger than natural: 2^{align} bytes, naturally {natural}")
            }
            Self::OffsetOutOfRange => f.write_str("offset out of range: it has more than 32 bits"),
            Self::ConstantRequired(opcode) => {
                write!(f, "constant expression required, found {}", opcode.info().name)
            }
            Self::MultipleMemories => f.write_str("multiple memories"),
            Self::MultipleTables => f.write_str("multiple tables"),
            Self::MutableGlobalImport => f.write_str("mutable globals cannot be imported or exported"),
            Self::LimitsOrder => f.write_str("size minimum must not be greater than maximum"),
            Self::MemoryTooLarge => {
                f.write_str("memory size must be at most 65536 pages (4GiB), or 2^48 pages of a 64-bit memory")
            }
            Self::PageSize(log2) => {
                write!(f, "invalid custom page size: pages have 1 byte or 2^16, and not 2^{log2}")
            }
            Self::TableTooLarge => {
                f.write_str("table size must be at most 2^32-1 entries, or 2^64-1 of a 64-bit table")
            }
            Self::DuplicateExport => f.write_str("duplicate export name"),
            Self::StartFunction => f.write_str("start function: it must have neither parameters nor results"),
            Self::FunctionTable(found) => {
                write!(f, "type mismatch: an indirect call needs a table of funcref, found {found}")
            }
            Self::TooMany { what, limit } => write!(f, "too many {what}: the limit is {limit}"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::Capacity(full) => full.fmt(f),
        }
    }
}

impl From<Full> for ErrorKind {
    fn from(full: Full) -> Self {
        if full.list == List::Heap { Self::OutOfMemory } else { Self::Capacity(full) }
    }
}
