//! Rust closures as host functions.

use super::store::{HostCall, StoreInner};
use super::{AsContext, Caller, Error, FuncType, Result, ValType, WasmTy};
use alloc::sync::Arc;

/// Rust values that a function can give: nothing, one, or a tuple of up to 8.
pub trait WasmResults: Send + Sync + Sized + 'static {
    #[doc(hidden)]
    const TYPES: &'static [ValType];

    #[doc(hidden)]
    fn write_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()>;

    #[doc(hidden)]
    fn of_slots(slots: &[u64], store: &StoreInner) -> Self;
}

impl<R: WasmTy> WasmResults for R {
    const TYPES: &'static [ValType] = &[R::TYPE];

    #[inline]
    fn write_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()> {
        if let Some(slot) = slots.first_mut() {
            *slot = self.to_slot(store)?;
        }
        Ok(())
    }

    #[inline]
    fn of_slots(slots: &[u64], store: &StoreInner) -> Self {
        Self::of_slot(slots.first().copied().unwrap_or_default(), store)
    }
}

/// What a closure returns: results, or a `Result` of them.
pub trait HostResult {
    #[doc(hidden)]
    type Results: WasmResults;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Results>;
}

impl<R: WasmResults> HostResult for R {
    type Results = R;

    fn into_result(self) -> Result<R> {
        Ok(self)
    }
}

impl<R: WasmResults> HostResult for Result<R, Error> {
    type Results = R;

    fn into_result(self) -> Self {
        self
    }
}

/// A closure that can be a host function: its parameters are numbers, perhaps after a [`Caller`].
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_func(self) -> (FuncType, HostCall<T>);
}

macro_rules! results {
    ($($name:ident),*) => {
        impl<$($name: WasmTy),*> WasmResults for ($($name,)*) {
            const TYPES: &'static [ValType] = &[$($name::TYPE),*];

            #[allow(non_snake_case, unused, reason = "the names of the type parameters serve for the values")]
            #[inline]
            fn write_slots(self, slots: &mut [u64], store: &StoreInner) -> Result<()> {
                let ($($name,)*) = self;
                let mut slots = slots.iter_mut();
                $(if let Some(slot) = slots.next() { *slot = $name.to_slot(store)?; })*
                Ok(())
            }

            #[allow(unused, clippy::unused_unit, reason = "the empty tuple has no slot")]
            #[inline]
            fn of_slots(slots: &[u64], store: &StoreInner) -> Self {
                let mut slots = slots.iter().copied();
                ($($name::of_slot(slots.next().unwrap_or_default(), store),)*)
            }
        }
    };
}

results!();
results!(A);
results!(A, B);
results!(A, B, C);
results!(A, B, C, D);
results!(A, B, C, D, E);
results!(A, B, C, D, E, F);
results!(A, B, C, D, E, F, G);
results!(A, B, C, D, E, F, G, H);

macro_rules! into_func {
    ($($name:ident),*) => {
        impl<T, Func, $($name: WasmTy,)* R: HostResult> IntoFunc<T, ($($name,)*), R> for Func
        where
            Func: Fn($($name),*) -> R + Send + Sync + 'static,
        {
            fn into_func(self) -> (FuncType, HostCall<T>) {
                IntoFunc::<T, (Caller<'_, T>, $($name,)*), R>::into_func(
                    #[allow(non_snake_case, reason = "the names of the type parameters serve for the values")]
                    move |_: Caller<'_, T>, $($name: $name),*| self($($name),*),
                )
            }
        }

        impl<T, Func, $($name: WasmTy,)* R: HostResult> IntoFunc<T, (Caller<'_, T>, $($name,)*), R> for Func
        where
            Func: Fn(Caller<'_, T>, $($name),*) -> R + Send + Sync + 'static,
        {
            fn into_func(self) -> (FuncType, HostCall<T>) {
                let params: &[ValType] = &[$($name::TYPE),*];
                let ty = FuncType::new(params.iter().copied(), R::Results::TYPES.iter().copied());
                #[allow(unused, non_snake_case, reason = "the names of the type parameters serve for the values")]
                let call = move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
                    let store = &caller.as_context().inner;
                    let mut arguments = slots.iter().copied();
                    $(let $name = $name::of_slot(arguments.next().unwrap_or_default(), store);)*
                    let results = self(caller.reborrow(), $($name),*).into_result()?;
                    results.write_slots(slots, &caller.as_context().inner)
                };
                (ty, Arc::new(call))
            }
        }
    };
}

into_func!();
into_func!(A);
into_func!(A, B);
into_func!(A, B, C);
into_func!(A, B, C, D);
into_func!(A, B, C, D, E);
into_func!(A, B, C, D, E, F);
into_func!(A, B, C, D, E, F, G);
into_func!(A, B, C, D, E, F, G, H);
into_func!(A, B, C, D, E, F, G, H, I);
into_func!(A, B, C, D, E, F, G, H, I, J);
into_func!(A, B, C, D, E, F, G, H, I, J, K);
into_func!(A, B, C, D, E, F, G, H, I, J, K, L);
