//! Types of what modules import and export, as the text format writes them.

use tablature::{ExternType, GlobalType, MemoryType, Mutability, TableType, ValType};

/// Any of them; a function's as `(i32) -> (i32)`.
pub fn any(ty: &ExternType) -> String {
    match ty {
        ExternType::Func(ty) => ty.to_string(),
        ExternType::Table(ty) => table(ty),
        ExternType::Memory(ty) => memory(ty),
        ExternType::Global(ty) => global(ty),
        other => format!("{other:?}"),
    }
}

/// The size of pages that is not mentioned.
const PAGE_SIZE: u64 = 65_536;

/// `i64 1 2 (pagesize 1)`: minimum and maximum in pages, and their size where it is not the usual one.
pub fn memory(ty: &MemoryType) -> String {
    let limits = limits(ty.is_64(), ty.minimum(), ty.maximum());
    if ty.page_size() == PAGE_SIZE { limits } else { format!("{limits} (pagesize {})", ty.page_size()) }
}

/// `10 20 funcref`: minimum and maximum in entries, and their type.
pub fn table(ty: &TableType) -> String {
    format!("{} {}", limits(ty.is_64(), ty.minimum(), ty.maximum()), ValType::from(ty.element()))
}

/// `i32` or `(mut i32)`.
pub fn global(ty: &GlobalType) -> String {
    match ty.mutability() {
        Mutability::Const => ty.content().to_string(),
        Mutability::Var => format!("(mut {})", ty.content()),
    }
}

fn limits(is_64: bool, minimum: u64, maximum: Option<u64>) -> String {
    let address = if is_64 { "i64 " } else { "" };
    let maximum = maximum.map_or_else(String::new, |maximum| format!(" {maximum}"));
    format!("{address}{minimum}{maximum}")
}
