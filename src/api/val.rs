//! Values.

use super::store::{StoreId, StoreInner};
use super::{AsContext, Func, RefType, Result, ValType};
use crate::Error;
use crate::semantics::{Reference, SlotValue};
use core::any::Any;

/// A value of a guest.
///
/// Floats are held as their bits, so that NaNs keep theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A reference to a function, or null.
    FuncRef(Option<Func>),
    /// A reference to something of the embedder's, or null.
    ExternRef(Option<ExternRef>),
}

/// A reference, the type of a table's entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ref {
    /// A function, or null.
    Func(Option<Func>),
    /// Something of the embedder's, or null.
    Extern(Option<ExternRef>),
}

impl Val {
    /// The type of the value.
    #[must_use]
    pub fn ty(&self) -> ValType {
        match self {
            Self::I32(_) => ValType::I32,
            Self::I64(_) => ValType::I64,
            Self::F32(_) => ValType::F32,
            Self::F64(_) => ValType::F64,
            Self::FuncRef(_) => ValType::FUNCREF,
            Self::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    /// The zero, or null, of a type.
    #[must_use]
    pub fn default_for_ty(ty: ValType) -> Self {
        match ty {
            ValType::I32 => Self::I32(0),
            ValType::I64 => Self::I64(0),
            ValType::F32 => Self::F32(0),
            ValType::F64 => Self::F64(0),
            ValType::FUNCREF => Self::FuncRef(None),
            ValType::EXTERNREF => Self::ExternRef(None),
        }
    }

    /// The integer, if it is an `i32`.
    #[must_use]
    pub fn i32(&self) -> Option<i32> {
        if let Self::I32(value) = self { Some(*value) } else { None }
    }

    /// The integer, if it is an `i64`.
    #[must_use]
    pub fn i64(&self) -> Option<i64> {
        if let Self::I64(value) = self { Some(*value) } else { None }
    }

    /// The float, if it is an `f32`.
    #[must_use]
    pub fn f32(&self) -> Option<f32> {
        if let Self::F32(bits) = self { Some(f32::from_bits(*bits)) } else { None }
    }

    /// The float, if it is an `f64`.
    #[must_use]
    pub fn f64(&self) -> Option<f64> {
        if let Self::F64(bits) = self { Some(f64::from_bits(*bits)) } else { None }
    }

    /// The reference, perhaps null, if it is a `funcref`.
    #[must_use]
    pub fn funcref(&self) -> Option<Option<Func>> {
        if let Self::FuncRef(func) = self { Some(*func) } else { None }
    }

    /// The reference, perhaps null, if it is an `externref`.
    #[must_use]
    pub fn externref(&self) -> Option<Option<ExternRef>> {
        if let Self::ExternRef(reference) = self { Some(*reference) } else { None }
    }

    /// The integer.
    ///
    /// # Panics
    /// If it is no `i32`.
    #[must_use]
    pub fn unwrap_i32(&self) -> i32 {
        self.i32().unwrap_or_else(|| self.is_not(ValType::I32))
    }

    /// The integer.
    ///
    /// # Panics
    /// If it is no `i64`.
    #[must_use]
    pub fn unwrap_i64(&self) -> i64 {
        self.i64().unwrap_or_else(|| self.is_not(ValType::I64))
    }

    /// The float.
    ///
    /// # Panics
    /// If it is no `f32`.
    #[must_use]
    pub fn unwrap_f32(&self) -> f32 {
        self.f32().unwrap_or_else(|| self.is_not(ValType::F32))
    }

    /// The float.
    ///
    /// # Panics
    /// If it is no `f64`.
    #[must_use]
    pub fn unwrap_f64(&self) -> f64 {
        self.f64().unwrap_or_else(|| self.is_not(ValType::F64))
    }

    fn is_not(&self, expected: ValType) -> ! {
        panic!("expected {expected}, found {}", self.ty())
    }

    /// The bits as they stand on the stack; an error for a reference of another store.
    pub(crate) fn into_slot(self, store: &StoreInner) -> Result<u64> {
        Ok(match self {
            Self::I32(value) => value.into_slot(),
            Self::I64(value) => value.into_slot(),
            Self::F32(bits) => u64::from(bits),
            Self::F64(bits) => bits,
            Self::FuncRef(None) | Self::ExternRef(None) => 0,
            Self::FuncRef(Some(func)) => Reference::from_index(store.own_index(func.0)?).0,
            Self::ExternRef(Some(reference)) => Reference::from_index(store.own_index(reference.0)?).0,
        })
    }

    pub(crate) fn from_slot(slot: u64, ty: ValType, store: &StoreInner) -> Self {
        let handle = || Reference(slot).index().map(|index| store.handle(index));
        match ty {
            ValType::I32 => Self::I32(i32::from_slot(slot)),
            ValType::I64 => Self::I64(i64::from_slot(slot)),
            ValType::F32 => Self::F32(slot as u32),
            ValType::F64 => Self::F64(slot),
            ValType::FUNCREF => Self::FuncRef(handle().map(Func)),
            ValType::EXTERNREF => Self::ExternRef(handle().map(ExternRef)),
        }
    }
}

impl Ref {
    /// Null of a type.
    #[must_use]
    pub fn null(ty: RefType) -> Self {
        match ty {
            RefType::Func => Self::Func(None),
            RefType::Extern => Self::Extern(None),
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Func(None) | Self::Extern(None))
    }

    /// Its type.
    #[must_use]
    pub fn ty(&self) -> RefType {
        match self {
            Self::Func(_) => RefType::Func,
            Self::Extern(_) => RefType::Extern,
        }
    }

    /// The function, if it is one and not null.
    #[must_use]
    pub fn as_func(&self) -> Option<Func> {
        if let Self::Func(func) = self { *func } else { None }
    }

    /// Something of the embedder's, if it is that and not null.
    #[must_use]
    pub fn as_extern(&self) -> Option<ExternRef> {
        if let Self::Extern(reference) = self { *reference } else { None }
    }
}

/// From a Rust number to its value.
macro_rules! val_from {
    ($ty:ty, $variant:ident, $convert:expr) => {
        impl From<$ty> for Val {
            fn from(value: $ty) -> Self {
                Self::$variant($convert(value))
            }
        }
    };
}

val_from!(i32, I32, |value| value);
val_from!(u32, I32, |value| value as i32);
val_from!(i64, I64, |value| value);
val_from!(u64, I64, |value| value as i64);
val_from!(f32, F32, f32::to_bits);
val_from!(f64, F64, f64::to_bits);
val_from!(Func, FuncRef, Some);
val_from!(ExternRef, ExternRef, Some);

impl From<Ref> for Val {
    fn from(reference: Ref) -> Self {
        match reference {
            Ref::Func(func) => Self::FuncRef(func),
            Ref::Extern(reference) => Self::ExternRef(reference),
        }
    }
}

impl TryFrom<Val> for Ref {
    type Error = Error;

    fn try_from(value: Val) -> Result<Self> {
        match value {
            Val::FuncRef(func) => Ok(Self::Func(func)),
            Val::ExternRef(reference) => Ok(Self::Extern(reference)),
            other => Err(Error::msg(alloc::format!("expected a reference, found {}", other.ty()))),
        }
    }
}

/// Something of the embedder's that guests can hold and pass on, but not look into. It lives as long as its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExternRef(pub(crate) Handle);

/// A place in a store's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle {
    pub store: StoreId,
    pub index: u32,
}

impl ExternRef {
    /// Puts `value` into the store.
    pub fn new(mut store: impl super::AsContextMut, value: impl Any + Send + Sync) -> Self {
        let inner = &mut store.as_context_mut().inner;
        let index = inner.extern_refs.len() as u32;
        inner.extern_refs.push(alloc::boxed::Box::new(value));
        Self(inner.handle(index))
    }

    /// The value; nothing where it has another type or lives in another store.
    pub fn data<'s, V: Any>(&self, store: &'s impl AsContext) -> Option<&'s V> {
        let inner = &store.as_context().inner;
        let index = inner.own_index(self.0).ok()?;
        inner.extern_refs.get(index as usize)?.downcast_ref()
    }
}
