//! What the build script writes and the program reads: numbers are little-endian, a text is its length in 32 bits and
//! its bytes.
//!
//! ```text
//! scripts = reason* file*            each list begins with its length in 32 bits
//! file    = name  memory:u64*  table:u64*  directives:bytes
//! module  = length:u32[16]  bytes    how long its lists must be, in the order of `LISTS`
//! imports = (module name)*
//! action  = slot:u32  kind:u8  name  argument:u64*
//! ```

/// A directive begins with its tag and its line in 32 bits.
pub mod tag {
    /// slot:u32 module imports
    pub const MODULE: u8 = 1;
    /// slot:u32 module
    pub const DEFINITION: u8 = 2;
    /// slot:u32 definition:u32 imports
    pub const INSTANCE: u8 = 3;
    /// slot:u32 name
    pub const REGISTER: u8 = 4;
    /// action
    pub const INVOKE: u8 = 5;
    /// action expected*
    pub const RETURN: u8 = 6;
    /// message action
    pub const TRAP: u8 = 7;
    /// message module imports
    pub const TRAP_MODULE: u8 = 8;
    /// message module imports
    pub const UNLINKABLE: u8 = 9;
    /// message compare:u8 bytes: a module that is malformed or invalid. Where a proposal that is off has to do with it,
    /// messages are not compared.
    pub const REFUSED: u8 = 10;
    /// reason:u32 proposal* bytes: a module that needs these proposals, of which one must be named.
    pub const LACKING: u8 = 11;
    /// reason:u32
    pub const SKIP: u8 = 12;
    /// Nothing: the text parser has refused it.
    pub const TEXT: u8 = 13;
}

/// What an action does.
pub mod action {
    pub const CALL: u8 = 0;
    pub const GLOBAL: u8 = 1;
}

/// What an assertion expects: the kind, and 64 bits.
pub mod expected {
    pub const I32: u8 = 0;
    pub const I64: u8 = 1;
    pub const F32: u8 = 2;
    pub const F64: u8 = 3;
    pub const F32_CANONICAL: u8 = 4;
    pub const F32_ARITHMETIC: u8 = 5;
    pub const F64_CANONICAL: u8 = 6;
    pub const F64_ARITHMETIC: u8 = 7;
    pub const NULL: u8 = 8;
    pub const ANY_FUNCTION: u8 = 9;
    pub const EXTERN: u8 = 10;
    pub const ANY_EXTERN: u8 = 11;
}

/// The lists whose lengths a module brings.
pub const LISTS: usize = 16;

/// Bytes for all memories of a file together: one file has four without a maximum, and grows one by 803 pages.
pub const MEMORY: usize = 256 << 20;

/// Entries for all tables of a file together.
pub const TABLE: usize = 1 << 20;
