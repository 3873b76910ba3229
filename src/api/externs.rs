//! What modules import and export.

use super::{AsContext, Func, FuncType, Global, GlobalType, Memory, MemoryType, Result, Store, Table, TableType};
use crate::binary::parts::ExternKind;
use crate::runtime;

/// Something that can be imported and exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

/// The type of an import or export.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExternType {
    /// A function's.
    Func(FuncType),
    /// A table's.
    Table(TableType),
    /// A memory's.
    Memory(MemoryType),
    /// A global's.
    Global(GlobalType),
}

/// An export of an instance: its name and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export<'i> {
    pub(crate) name: &'i str,
    pub(crate) value: Extern,
}

impl<'i> Export<'i> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'i str {
        self.name
    }

    /// What it is.
    #[must_use]
    pub fn into_extern(self) -> Extern {
        self.value
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.value.ty(store)
    }

    /// The function, if it is one.
    #[must_use]
    pub fn into_func(self) -> Option<Func> {
        self.value.into_func()
    }

    /// The table, if it is one.
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        self.value.into_table()
    }

    /// The memory, if it is one.
    #[must_use]
    pub fn into_memory(self) -> Option<Memory> {
        self.value.into_memory()
    }

    /// The global, if it is one.
    #[must_use]
    pub fn into_global(self) -> Option<Global> {
        self.value.into_global()
    }
}

impl Extern {
    /// The function, if it is one.
    #[must_use]
    pub fn into_func(self) -> Option<Func> {
        if let Self::Func(func) = self { Some(func) } else { None }
    }

    /// The table, if it is one.
    #[must_use]
    pub fn into_table(self) -> Option<Table> {
        if let Self::Table(table) = self { Some(table) } else { None }
    }

    /// The memory, if it is one.
    #[must_use]
    pub fn into_memory(self) -> Option<Memory> {
        if let Self::Memory(memory) = self { Some(memory) } else { None }
    }

    /// The global, if it is one.
    #[must_use]
    pub fn into_global(self) -> Option<Global> {
        if let Self::Global(global) = self { Some(global) } else { None }
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Self::Func(func) => ExternType::Func(func.ty(store)),
            Self::Table(table) => ExternType::Table(table.ty(store)),
            Self::Memory(memory) => ExternType::Memory(memory.ty(store)),
            Self::Global(global) => ExternType::Global(global.ty(store)),
        }
    }

    /// The kind and index in a store; an error for another store's.
    pub(crate) fn to_internal<T>(self, store: &Store<T>) -> Result<runtime::Extern> {
        let (kind, handle) = match self {
            Self::Func(func) => (ExternKind::Function, func.0),
            Self::Table(table) => (ExternKind::Table, table.0),
            Self::Memory(memory) => (ExternKind::Memory, memory.0),
            Self::Global(global) => (ExternKind::Global, global.0),
        };
        Ok(runtime::Extern { kind, index: store.inner.own_index(handle)? })
    }
}

impl ExternType {
    /// "function", "table", "memory" or "global".
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Func(_) => "function",
            Self::Table(_) => "table",
            Self::Memory(_) => "memory",
            Self::Global(_) => "global",
        }
    }
}

impl ExternType {
    /// The function's type, if it is one's.
    #[must_use]
    pub fn func(&self) -> Option<&FuncType> {
        if let Self::Func(ty) = self { Some(ty) } else { None }
    }

    /// The table's type, if it is one's.
    #[must_use]
    pub fn table(&self) -> Option<&TableType> {
        if let Self::Table(ty) = self { Some(ty) } else { None }
    }

    /// The memory's type, if it is one's.
    #[must_use]
    pub fn memory(&self) -> Option<&MemoryType> {
        if let Self::Memory(ty) = self { Some(ty) } else { None }
    }

    /// The global's type, if it is one's.
    #[must_use]
    pub fn global(&self) -> Option<&GlobalType> {
        if let Self::Global(ty) = self { Some(ty) } else { None }
    }
}

impl From<Func> for Extern {
    fn from(func: Func) -> Self {
        Self::Func(func)
    }
}

impl From<Table> for Extern {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Memory> for Extern {
    fn from(memory: Memory) -> Self {
        Self::Memory(memory)
    }
}

impl From<Global> for Extern {
    fn from(global: Global) -> Self {
        Self::Global(global)
    }
}
