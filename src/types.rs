//! Types as modules and the validator hold them: one word each. The public forms are in `api::types`.

use core::fmt;

/// A value type, as its byte in the binary format.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Type(u8);

impl Type {
    /// The type of an operand in unreachable code: fits every other.
    pub const BOTTOM: Self = Self(0);
    /// `i32`
    pub const I32: Self = Self(0x7F);
    /// `i64`
    pub const I64: Self = Self(0x7E);
    /// `f32`
    pub const F32: Self = Self(0x7D);
    /// `f64`
    pub const F64: Self = Self(0x7C);
    /// `funcref`
    pub const FUNCREF: Self = Self(0x70);
    /// `externref`
    pub const EXTERNREF: Self = Self(0x6F);

    /// The type whose byte in the binary format is `byte`, whatever features are on.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match Self(byte) {
            known @ (Self::I32 | Self::I64 | Self::F32 | Self::F64 | Self::FUNCREF | Self::EXTERNREF) => Some(known),
            _ => None,
        }
    }

    /// Whether it is a number or fits every type.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(self, Self::I32 | Self::I64 | Self::F32 | Self::F64 | Self::BOTTOM)
    }

    /// Whether it is a float.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Whether it is a reference or fits every type.
    #[must_use]
    pub const fn is_reference(self) -> bool {
        matches!(self, Self::FUNCREF | Self::EXTERNREF | Self::BOTTOM)
    }

    /// Of two address types, the one that both can hold.
    #[must_use]
    pub fn smaller(self, other: Self) -> Self {
        if self == Self::I32 { self } else { other }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::FUNCREF => "funcref",
            Self::EXTERNREF => "externref",
            _ => "any type",
        })
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parameters and results of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Signature<'m> {
    /// Its parameters, first to last.
    pub params: &'m [Type],
    /// Its results, first to last.
    pub results: &'m [Type],
}

/// Minimum and maximum of a memory (in pages) or a table (in entries).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size at the start, and the least that an import must have.
    pub min: u64,
    /// The size beyond which it cannot grow.
    pub max: Option<u64>,
    /// `i64` for a 64-bit memory or table, else `i32`.
    pub address: Type,
}

impl Limits {
    /// Whether something of size `current` and with the limits `self` can stand for an import with the limits `import`.
    #[must_use]
    pub fn fits(&self, current: u64, import: &Self) -> bool {
        let max_fits = match (self.max, import.max) {
            (_, None) => true,
            (Some(own), Some(wanted)) => own <= wanted,
            (None, Some(_)) => false,
        };
        self.address == import.address && current >= import.min && max_fits
    }
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableType {
    /// The type of its entries.
    pub element: Type,
    /// Its address type, the same as in `limits`.
    pub address: Type,
    /// Its size in entries.
    pub limits: Limits,
}

/// The type of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryType {
    /// Its address type, the same as in `limits`.
    pub address: Type,
    /// Its size in pages.
    pub limits: Limits,
    /// The logarithm of its pages' size in bytes to the base 2: 0 or 16.
    pub page_size_log2: u8,
}

impl Limits {
    const EMPTY: Self = Self { min: 0, max: None, address: Type::I32 };
}

impl TableType {
    /// The type of an empty table.
    pub const EMPTY: Self = Self { element: Type::FUNCREF, address: Type::I32, limits: Limits::EMPTY };
}

impl GlobalType {
    /// The type of a constant number.
    pub const EMPTY: Self = Self { content: Type::I32, mutable: false };
}

impl MemoryType {
    /// The type of an empty memory.
    pub const EMPTY: Self = Self { address: Type::I32, limits: Limits::EMPTY, page_size_log2: Self::PAGE_SIZE_LOG2 };

    /// The logarithm of the size of ordinary pages, of 65,536 bytes.
    pub const PAGE_SIZE_LOG2: u8 = 16;

    /// The size of a page in bytes.
    #[must_use]
    pub const fn page_size(&self) -> u64 {
        1 << (self.page_size_log2 & 63)
    }

    /// How many whole pages `bytes` are.
    #[must_use]
    pub const fn pages(&self, bytes: usize) -> u64 {
        bytes as u64 >> (self.page_size_log2 & 63)
    }

    /// How many bytes `pages` are; nothing where that is too large a number for the host.
    #[must_use]
    pub fn bytes(&self, pages: u64) -> Option<usize> {
        usize::try_from(pages.checked_mul(self.page_size())?).ok()
    }

    /// The most pages that addresses reach.
    #[must_use]
    pub fn largest(&self) -> u64 {
        match (self.address == Type::I64, self.page_size_log2) {
            (true, 0) => u64::MAX,
            (true, _) => 1 << 48,
            // Not 2^32, which `memory.size` could not tell.
            (false, 0) => u64::from(u32::MAX),
            (false, _) => 1 << 16,
        }
    }

    /// The size beyond which it cannot grow, in pages.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.limits.max.unwrap_or_else(|| self.largest())
    }
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalType {
    /// The type of its value.
    pub content: Type,
    /// Whether it can be set.
    pub mutable: bool,
}
