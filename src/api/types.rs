//! Types of values, functions, memories, tables and globals.

use crate::types::{self as internal, Limits, Signature, Type};
use alloc::boxed::Box;
use core::fmt;

/// The type of a value (specification: syntax, value types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ValType {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A reference.
    Ref(RefType),
}

/// The type of a reference (specification: syntax, reference types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefType {
    /// `funcref`: a function, or null.
    Func,
    /// `externref`: something of the embedder's, or null.
    Extern,
}

impl ValType {
    /// `funcref`
    pub const FUNCREF: Self = Self::Ref(RefType::Func);
    /// `externref`
    pub const EXTERNREF: Self = Self::Ref(RefType::Extern);

    /// Whether it is an integer or a float.
    #[must_use]
    pub fn is_num(&self) -> bool {
        !self.is_ref()
    }

    /// Whether it is a reference.
    #[must_use]
    pub fn is_ref(&self) -> bool {
        matches!(self, Self::Ref(_))
    }

    pub(crate) fn from_internal(ty: Type) -> Self {
        match ty {
            Type::I64 => Self::I64,
            Type::F32 => Self::F32,
            Type::F64 => Self::F64,
            Type::FUNCREF => Self::FUNCREF,
            Type::EXTERNREF => Self::EXTERNREF,
            _ => Self::I32,
        }
    }

    pub(crate) fn to_internal(self) -> Type {
        match self {
            Self::I32 => Type::I32,
            Self::I64 => Type::I64,
            Self::F32 => Type::F32,
            Self::F64 => Type::F64,
            Self::Ref(ty) => ty.to_internal(),
        }
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_internal(), f)
    }
}

impl RefType {
    fn to_internal(self) -> Type {
        match self {
            Self::Func => Type::FUNCREF,
            Self::Extern => Type::EXTERNREF,
        }
    }

    fn from_internal(ty: Type) -> Self {
        if ty == Type::EXTERNREF { Self::Extern } else { Self::Func }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> Self {
        Self::Ref(ty)
    }
}

/// The type of a function: its parameters and results.
///
/// ```
/// use tablature::{FuncType, ValType};
///
/// let ty = FuncType::new([ValType::I32, ValType::I64], [ValType::I32]);
/// assert_eq!(ty.to_string(), "(i32, i64) -> (i32)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FuncType {
    params: Box<[ValType]>,
    results: Box<[ValType]>,
}

impl FuncType {
    /// The type with these parameters and results.
    pub fn new(params: impl IntoIterator<Item = ValType>, results: impl IntoIterator<Item = ValType>) -> Self {
        Self { params: params.into_iter().collect(), results: results.into_iter().collect() }
    }

    /// The types of its parameters.
    #[must_use]
    pub fn params(&self) -> &[ValType] {
        &self.params
    }

    /// The types of its results.
    #[must_use]
    pub fn results(&self) -> &[ValType] {
        &self.results
    }

    pub(crate) fn from_internal(signature: Signature<'_>) -> Self {
        let list = |types: &[Type]| types.iter().copied().map(ValType::from_internal).collect();
        Self { params: list(signature.params), results: list(signature.results) }
    }

    /// Calls `with` with this type in the form of modules.
    pub(crate) fn as_internal<R>(&self, with: impl FnOnce(Signature<'_>) -> R) -> R {
        let list = |types: &[ValType]| types.iter().map(|ty| ty.to_internal()).collect::<Box<[Type]>>();
        let (params, results) = (list(&self.params), list(&self.results));
        with(Signature { params: &params, results: &results })
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, types: &[ValType]| {
            f.write_str("(")?;
            for (place, ty) in types.iter().enumerate() {
                let comma = if place == 0 { "" } else { ", " };
                write!(f, "{comma}{ty}")?;
            }
            f.write_str(")")
        };
        list(f, &self.params)?;
        f.write_str(" -> ")?;
        list(f, &self.results)
    }
}

/// The type of a memory. Sizes are in pages of 65,536 bytes, if nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryType(pub(crate) internal::MemoryType);

impl MemoryType {
    /// A memory with 32-bit addresses of `min` pages, which grows to `max` pages at most.
    #[must_use]
    pub fn new(min: u32, max: Option<u32>) -> Self {
        Self::from_limits(u64::from(min), max.map(u64::from), Type::I32)
    }

    /// A memory with 64-bit addresses of `min` pages, which grows to `max` pages at most.
    #[must_use]
    pub fn new64(min: u64, max: Option<u64>) -> Self {
        Self::from_limits(min, max, Type::I64)
    }

    fn from_limits(min: u64, max: Option<u64>, address: Type) -> Self {
        let page_size_log2 = internal::MemoryType::PAGE_SIZE_LOG2;
        Self(internal::MemoryType { address, limits: Limits { min, max, address }, page_size_log2 })
    }

    /// The same with pages of one byte, in which its sizes are then (proposal "custom page sizes").
    #[cfg(feature = "custom-page-sizes")]
    #[must_use]
    pub fn with_pages_of_one_byte(self) -> Self {
        Self(internal::MemoryType { page_size_log2: 0, ..self.0 })
    }

    /// The size of its pages in bytes.
    #[must_use]
    pub fn page_size(&self) -> u64 {
        self.0.page_size()
    }

    /// Its size at the start, in pages.
    #[must_use]
    pub fn minimum(&self) -> u64 {
        self.0.limits.min
    }

    /// The size beyond which it cannot grow, in pages.
    #[must_use]
    pub fn maximum(&self) -> Option<u64> {
        self.0.limits.max
    }

    /// Whether its addresses have 64 bits.
    #[must_use]
    pub fn is_64(&self) -> bool {
        self.0.address == Type::I64
    }
}

/// The type of a table. Sizes are in entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableType(pub(crate) internal::TableType);

impl TableType {
    /// A table with 32-bit indices of `min` references, which grows to `max` at most.
    #[must_use]
    pub fn new(element: RefType, min: u32, max: Option<u32>) -> Self {
        let limits = Limits { min: u64::from(min), max: max.map(u64::from), address: Type::I32 };
        Self(internal::TableType { element: element.to_internal(), address: Type::I32, limits })
    }

    /// A table with 64-bit indices of `min` references, which grows to `max` at most.
    #[must_use]
    pub fn new64(element: RefType, min: u64, max: Option<u64>) -> Self {
        let limits = Limits { min, max, address: Type::I64 };
        Self(internal::TableType { element: element.to_internal(), address: Type::I64, limits })
    }

    /// The type of its entries.
    #[must_use]
    pub fn element(&self) -> RefType {
        RefType::from_internal(self.0.element)
    }

    /// Its size at the start, in entries.
    #[must_use]
    pub fn minimum(&self) -> u64 {
        self.0.limits.min
    }

    /// The size beyond which it cannot grow, in entries.
    #[must_use]
    pub fn maximum(&self) -> Option<u64> {
        self.0.limits.max
    }

    /// Whether its indices have 64 bits.
    #[must_use]
    pub fn is_64(&self) -> bool {
        self.0.address == Type::I64
    }
}

/// Whether a global can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// It keeps its first value.
    Const,
    /// It can be set.
    Var,
}

impl Mutability {
    /// Whether it can never be set.
    #[must_use]
    pub fn is_const(&self) -> bool {
        matches!(self, Self::Const)
    }

    /// Whether it can be set.
    #[must_use]
    pub fn is_var(&self) -> bool {
        matches!(self, Self::Var)
    }
}

/// The type of a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalType(pub(crate) internal::GlobalType);

impl GlobalType {
    /// A global that holds a value of type `content`.
    #[must_use]
    pub fn new(content: ValType, mutability: Mutability) -> Self {
        Self(internal::GlobalType { content: content.to_internal(), mutable: mutability == Mutability::Var })
    }

    /// The type of its value.
    #[must_use]
    pub fn content(&self) -> ValType {
        ValType::from_internal(self.0.content)
    }

    /// Whether it can be set.
    #[must_use]
    pub fn mutability(&self) -> Mutability {
        if self.0.mutable { Mutability::Var } else { Mutability::Const }
    }
}
