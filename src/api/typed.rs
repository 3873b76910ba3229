//! Functions whose type was checked, called with Rust values.

use super::store::StoreInner;
use super::{AsContextMut, Error, ExternRef, Func, FuncType, Result, Val, ValType, WasmResults};
use crate::semantics::SlotValue;
use alloc::format;
use core::marker::PhantomData;

/// A Rust type that stands for a value type of WebAssembly: integers and floats of either size, `Option<Func>` and
/// `Option<ExternRef>`.
pub trait WasmTy: Copy + Send + Sync + 'static {
    /// The type that it stands for.
    const TYPE: ValType;

    #[doc(hidden)]
    fn to_slot(self, store: &StoreInner) -> Result<u64>;

    #[doc(hidden)]
    fn of_slot(slot: u64, store: &StoreInner) -> Self;
}

macro_rules! wasm_ty {
    ($ty:ty, $variant:ident, $stored:ty, $to:expr, $from:expr) => {
        impl WasmTy for $ty {
            const TYPE: ValType = ValType::$variant;

            #[inline]
            fn to_slot(self, _: &StoreInner) -> Result<u64> {
                Ok(<$stored>::into_slot($to(self)))
            }

            #[inline]
            fn of_slot(slot: u64, _: &StoreInner) -> Self {
                $from(<$stored>::from_slot(slot))
            }
        }
    };
}

wasm_ty!(i32, I32, i32, |value| value, |value| value);
wasm_ty!(u32, I32, i32, |value| value as i32, |value| value as u32);
wasm_ty!(i64, I64, i64, |value| value, |value| value);
wasm_ty!(u64, I64, i64, |value| value as i64, |value| value as u64);
wasm_ty!(f32, F32, i32, |value: f32| value.to_bits() as i32, |bits| f32::from_bits(bits as u32));
wasm_ty!(f64, F64, i64, |value: f64| value.to_bits() as i64, |bits| f64::from_bits(bits as u64));

impl WasmTy for Option<Func> {
    const TYPE: ValType = ValType::FUNCREF;

    fn to_slot(self, store: &StoreInner) -> Result<u64> {
        Val::FuncRef(self).into_slot(store)
    }

    fn of_slot(slot: u64, store: &StoreInner) -> Self {
        if let Val::FuncRef(func) = Val::from_slot(slot, Self::TYPE, store) { func } else { None }
    }
}

impl WasmTy for Option<ExternRef> {
    const TYPE: ValType = ValType::EXTERNREF;

    fn to_slot(self, store: &StoreInner) -> Result<u64> {
        Val::ExternRef(self).into_slot(store)
    }

    fn of_slot(slot: u64, store: &StoreInner) -> Self {
        if let Val::ExternRef(reference) = Val::from_slot(slot, Self::TYPE, store) { reference } else { None }
    }
}

/// Rust values that can be a call's arguments: one, or a tuple of up to 16.
pub trait WasmParams: Send + Sync + 'static {
    #[doc(hidden)]
    const TYPES: &'static [ValType];

    #[doc(hidden)]
    fn to_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()>;
}

impl<P: WasmTy> WasmParams for P {
    const TYPES: &'static [ValType] = &[P::TYPE];

    #[inline]
    fn to_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()> {
        if let Some(slot) = slots.first_mut() {
            *slot = self.to_slot(store)?;
        }
        Ok(())
    }
}

/// A function whose type was checked, so that calls need not check again.
#[derive(Debug)]
pub struct TypedFunc<P, R> {
    func: Func,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

/// Slots of arguments or results that need no heap.
const FEW: usize = 16;

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    pub(crate) fn new(func: Func, ty: &FuncType) -> Result<Self> {
        if ty.params() != P::TYPES || ty.results() != R::TYPES {
            let wanted = FuncType::new(P::TYPES.iter().copied(), R::TYPES.iter().copied());
            return Err(Error::msg(format!("type mismatch: the function has type {ty}, not {wanted}")));
        }
        Ok(Self { func, types: PhantomData })
    }

    /// Calls it.
    ///
    /// # Errors
    /// The guest traps or runs out of fuel, a host function fails, or the function belongs to another store.
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R> {
        let store = store.as_context_mut();
        let function = store.inner.own_index(self.func.0)?;
        let mut slots = [0; FEW];
        params.to_slots(&mut slots, &store.inner)?;
        store.invoke(function, &mut slots, P::TYPES.len())?;
        Ok(R::of_slots(&slots, &store.inner))
    }

    /// The function.
    #[must_use]
    pub fn func(&self) -> Func {
        self.func
    }
}

macro_rules! tuple {
    ($($name:ident),*) => {
        impl<$($name: WasmTy),*> WasmParams for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];

            #[allow(non_snake_case, unused, reason = "the names of the type parameters serve for the values")]
            #[inline]
            fn to_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()> {
                let ($($name,)*) = self;
                let mut slots = slots.iter_mut();
                $(if let Some(slot) = slots.next() { *slot = $name.to_slot(store)?; })*
                Ok(())
            }
        }
    };
}

tuple!();
tuple!(A);
tuple!(A, B);
tuple!(A, B, C);
tuple!(A, B, C, D);
tuple!(A, B, C, D, E);
tuple!(A, B, C, D, E, F);
tuple!(A, B, C, D, E, F, G);
tuple!(A, B, C, D, E, F, G, H);
tuple!(A, B, C, D, E, F, G, H, I);
tuple!(A, B, C, D, E, F, G, H, I, J);
tuple!(A, B, C, D, E, F, G, H, I, J, K);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L, M);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L, M, N);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O);
tuple!(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P);
