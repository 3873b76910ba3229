//! Implementation limits: how large modules may be.

/// The largest module that is accepted, by part (specification: appendix, implementation limitations).
///
/// The defaults are those of wasmparser, so that modules which other engines take are taken here, too. A configuration
/// can only lower them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleLimits {
    /// Bytes of a module.
    pub module_size: usize,
    /// Types.
    pub types: u32,
    /// Imports.
    pub imports: u32,
    /// Functions, imported ones included.
    pub functions: u32,
    /// Tables, imported ones included.
    pub tables: u32,
    /// Memories, imported ones included.
    pub memories: u32,
    /// Globals, imported ones included.
    pub globals: u32,
    /// Exports.
    pub exports: u32,
    /// Element segments.
    pub element_segments: u32,
    /// Data segments.
    pub data_segments: u32,
    /// Bytes of a name.
    pub name_size: u32,
    /// Parameters of a function.
    pub params: u32,
    /// Results of a function.
    pub results: u32,
    /// Bytes of a function's body.
    pub function_size: u32,
    /// Locals of a function, parameters included.
    pub locals: u32,
    /// Operands on the stack of a function at once.
    pub operands: u32,
    /// Blocks inside each other.
    pub nesting: u32,
    /// Delimiters of blocks (`block`, `loop`, `else`, `end`) in a row. They cost no fuel, so this bounds how long a guest
    /// can take for a unit.
    pub delimiters: u32,
    /// Entries of a table at its start.
    pub table_entries: u64,
}

impl Default for ModuleLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl ModuleLimits {
    /// The default, as a constant.
    pub const DEFAULT: Self = Self {
        module_size: 1 << 30,
        types: 1_000_000,
        imports: 1_000_000,
        functions: 1_000_000,
        tables: 100,
        memories: 100,
        globals: 1_000_000,
        exports: 1_000_000,
        element_segments: 100_000,
        data_segments: 100_000,
        name_size: 100_000,
        params: 1_000,
        results: 1_000,
        function_size: 7_654_321,
        locals: 50_000,
        operands: 1_000_000,
        nesting: 1_000_000,
        // As many as a body can hold.
        delimiters: 7_654_321,
        table_entries: 10_000_000,
    };
}
