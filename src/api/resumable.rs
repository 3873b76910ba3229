//! Calls that can be stopped and go on later.

use super::func::to_slots;
use super::store::{Ended, internal, new_stack};
use super::{AsContextMut, Error, Func, Result, Store, Val};
use crate::exec::Stack;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;

/// How a call ended that can go on later.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResumableCall {
    /// It is done, and the results were written.
    Finished,
    /// The fuel ran out. Add some with [`Store::set_fuel`] and [`resume`](Suspended::resume).
    OutOfFuel(Suspended),
}

/// A call that was stopped. Its state lives in the store; when this is dropped, the store frees it.
#[derive(Debug)]
pub struct Suspended {
    func: Func,
    key: Arc<u32>,
}

/// The stopped calls of a store.
#[derive(Debug, Default)]
pub(crate) struct Suspensions {
    stopped: Vec<(Weak<u32>, Stack<'static>)>,
    next_key: u32,
}

impl Suspensions {
    fn add(&mut self, stack: Stack<'static>) -> Arc<u32> {
        let key = Arc::new(self.next_key);
        self.next_key = self.next_key.wrapping_add(1);
        self.stopped.push((Arc::downgrade(&key), stack));
        key
    }

    fn take(&mut self, key: &Arc<u32>) -> Option<Stack<'static>> {
        let place = self.stopped.iter().position(|(other, _)| core::ptr::eq(other.as_ptr(), Arc::as_ptr(key)))?;
        Some(self.stopped.swap_remove(place).1)
    }

    /// Frees the calls that nobody can resume any more.
    pub(crate) fn collect(&mut self) {
        if !self.stopped.is_empty() {
            self.stopped.retain(|(key, _)| key.strong_count() > 0);
        }
    }
}

impl Func {
    /// Calls it so that running out of fuel stops the call instead of ending it.
    ///
    /// The call has a stack of its own, so it can be resumed at any time, also after other calls.
    ///
    /// # Errors
    /// Those of [`call`](Self::call), but for running out of fuel.
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<ResumableCall> {
        let store = store.as_context_mut();
        store.inner.suspensions.collect();
        let ty = self.checked_type(store)?;
        let slots = to_slots(store, &ty, params)?;
        let stack = new_stack(store.engine());
        let outer = core::mem::replace(&mut store.inner.core.stack, stack);
        let begun = store.inner.core.begin(self.0.index, slots.get(..params.len()).unwrap_or_default());
        match begun {
            Ok(Some(_)) => run(store, *self, outer, results),
            Ok(None) => {
                store.inner.core.stack = outer;
                self.call(store, params, results).map(|()| ResumableCall::Finished)
            }
            Err(trap) => {
                store.inner.core.stack = outer;
                Err(trap.into())
            }
        }
    }
}

impl Suspended {
    /// Goes on where the call was stopped.
    ///
    /// # Errors
    /// Those of [`Func::call`], but for running out of fuel; and where the call was stopped in another store.
    pub fn resume(self, mut store: impl AsContextMut, results: &mut [Val]) -> Result<ResumableCall> {
        let store = store.as_context_mut();
        store.inner.own_index(self.func.0)?;
        let stack = store.inner.suspensions.take(&self.key).ok_or_else(internal)?;
        let outer = core::mem::replace(&mut store.inner.core.stack, stack);
        run(store, self.func, outer, results)
    }

    /// The function that was called.
    #[must_use]
    pub fn func(&self) -> Func {
        self.func
    }
}

/// Runs the current stack to its next stop, and puts the stack `outer` back in its place.
fn run<T>(store: &mut Store<T>, func: Func, outer: Stack<'static>, results: &mut [Val]) -> Result<ResumableCall> {
    let ty = func.checked_type(store)?;
    let outcome = match store.drive() {
        Ok(Ended::Finished) => {
            let slots = store.inner.core.results().to_vec();
            if results.len() == ty.results().len() {
                for ((place, slot), ty) in results.iter_mut().zip(slots).zip(ty.results()) {
                    *place = Val::from_slot(slot, *ty, &store.inner);
                }
                Ok(ResumableCall::Finished)
            } else {
                Err(Error::msg(alloc::format!("expected {} results, found {}", ty.results().len(), results.len())))
            }
        }
        Ok(Ended::OutOfFuel) => {
            let stack = core::mem::replace(&mut store.inner.core.stack, outer);
            let key = store.inner.suspensions.add(stack);
            return Ok(ResumableCall::OutOfFuel(Suspended { func, key }));
        }
        Err(error) => Err(error.with_backtrace(store.inner.backtrace())),
    };
    store.inner.core.stack = outer;
    outcome
}
