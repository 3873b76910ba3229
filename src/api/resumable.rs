//! Calls that can be stopped and go on later.

use super::drive::Ended;
use super::func::{from_slots, to_slots, write_slots};
use super::store::{internal, new_stack};
use super::{AsContextMut, Error, Func, FuncType, Result, Store, TypedFunc, Val, WasmParams, WasmResults};
use crate::exec::{Request, Stack};
use alloc::sync::{Arc, Weak};
use alloc::vec;
use alloc::vec::Vec;

/// How a call ended that can go on later.
#[derive(Debug)]
#[non_exhaustive]
pub enum ResumableCall {
    /// It is done, and the results were written.
    Finished,
    /// A host function that the guest called failed. What it should have given can still be handed in: see
    /// [`HostTrap::resume`].
    HostTrap(HostTrap),
    /// The fuel ran out. Add some with [`Store::set_fuel`] and [`resume`](Suspended::resume).
    OutOfFuel(Suspended),
    /// It was interrupted: see [`InterruptHandle`](super::InterruptHandle). It can go on at any time.
    Interrupted(Suspended),
}

/// How a typed call ended that can go on later: as [`ResumableCall`], with the results.
#[derive(Debug)]
#[non_exhaustive]
pub enum TypedResumableCall<R> {
    /// It is done.
    Finished(R),
    /// A host function that the guest called failed.
    HostTrap(HostTrap),
    /// The fuel ran out.
    OutOfFuel(Suspended),
    /// It was interrupted.
    Interrupted(Suspended),
}

/// A call that was stopped. Its state lives in the store; when this is dropped, the store frees it.
#[derive(Debug)]
pub struct Suspended {
    func: Func,
    key: Arc<u32>,
}

/// A call that was stopped because a host function failed.
///
/// So a host function that would have to wait need not block: it fails with an error that says what it waits for, and
/// the embedder resumes the call with the answer.
///
/// ```
/// use tablature::{Engine, Error, Func, FuncType, Instance, Module, ResumableCall, Store, Val, ValType};
///
/// let engine = Engine::default();
/// // (module (import "host" "get" (func $get (result i32)))
/// //   (func (export "run") (result i32) (i32.add (call $get) (i32.const 1))))
/// let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\
///     \x02\x0c\x01\x04host\x03get\0\0\x03\x02\x01\0\x07\x07\x01\x03run\0\x01\
///     \x0a\x09\x01\x07\0\x10\0\x41\x01\x6a\x0b")?;
/// let mut store = Store::new(&engine, ());
/// let get = Func::wrap(&mut store, || -> Result<i32, Error> { Err(Error::msg("not there yet")) });
/// let instance = Instance::new(&mut store, &module, &[get.into()])?;
///
/// let (run, mut results) = (instance.get_func(&store, "run").unwrap(), [Val::I32(0)]);
/// let ResumableCall::HostTrap(call) = run.call_resumable(&mut store, &[], &mut results)? else { panic!() };
/// assert_eq!(call.error().to_string(), "not there yet");
/// call.resume(&mut store, &[Val::I32(41)], &mut results)?;
/// assert_eq!(results[0], Val::I32(42));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct HostTrap {
    error: Error,
    host_func: Func,
    request: Request,
    call: Suspended,
}

/// The stopped calls of a store.
#[derive(Debug, Default)]
pub(crate) struct Suspensions {
    stopped: Vec<(Weak<u32>, Stack<'static>)>,
    next_key: u32,
}

/// A call's end, before its results are taken from the stack.
enum Outcome {
    Finished(Vec<u64>),
    HostTrap(HostTrap),
    OutOfFuel(Suspended),
    Interrupted(Suspended),
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
    /// Calls it so that running out of fuel, an interruption or a failing host function stops the call instead of
    /// ending it.
    ///
    /// The call has a stack of its own, so it can be resumed at any time, also after other calls.
    ///
    /// # Errors
    /// Those of [`call`](Self::call), but for those that stop it. A failing host function that the embedder calls directly,
    /// without a guest in between, is an error.
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<ResumableCall> {
        let store = store.as_context_mut();
        let ty = self.checked_type(store)?;
        check_results(&ty, results)?;
        let mut slots = to_slots(store, &ty, params)?;
        let outcome = begin(store, *self, &mut slots, &ty)?;
        finish(store, &ty, outcome, results)
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// Calls it so that it can be stopped: see [`Func::call_resumable`].
    ///
    /// What is stopped is resumed with the untyped functions of [`Suspended`] and [`HostTrap`].
    ///
    /// # Errors
    /// Those of [`Func::call_resumable`].
    pub fn call_resumable(&self, mut store: impl AsContextMut, params: P) -> Result<TypedResumableCall<R>> {
        let store = store.as_context_mut();
        let ty = self.func().checked_type(store)?;
        let mut slots = vec![0; ty.params().len().max(ty.results().len())];
        params.to_slots(&mut slots, &store.inner)?;
        Ok(match begin(store, self.func(), &mut slots, &ty)? {
            Outcome::Finished(slots) => TypedResumableCall::Finished(R::of_slots(&slots, &store.inner)),
            Outcome::HostTrap(trap) => TypedResumableCall::HostTrap(trap),
            Outcome::OutOfFuel(call) => TypedResumableCall::OutOfFuel(call),
            Outcome::Interrupted(call) => TypedResumableCall::Interrupted(call),
        })
    }
}

impl Suspended {
    /// Goes on where the call was stopped.
    ///
    /// # Errors
    /// Those of [`Func::call_resumable`]; and where the call was stopped in another store.
    pub fn resume(self, mut store: impl AsContextMut, results: &mut [Val]) -> Result<ResumableCall> {
        let store = store.as_context_mut();
        let ty = self.func.checked_type(store)?;
        check_results(&ty, results)?;
        let outer = self.take_up(store)?;
        let outcome = run(store, self.func, outer, false)?;
        finish(store, &ty, outcome, results)
    }

    /// The function that was called.
    #[must_use]
    pub fn func(&self) -> Func {
        self.func
    }

    /// Makes the call's stack the current one; gives that which was.
    fn take_up<T>(&self, store: &mut Store<T>) -> Result<Stack<'static>> {
        let stack = store.inner.suspensions.take(&self.key).ok_or_else(internal)?;
        Ok(core::mem::replace(&mut store.inner.core.stack, stack))
    }
}

impl HostTrap {
    /// The error of the host function.
    #[must_use]
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// The error of the host function; the call is given up.
    #[must_use]
    pub fn into_error(self) -> Error {
        self.error
    }

    /// The host function that failed.
    #[must_use]
    pub fn host_func(&self) -> Func {
        self.host_func
    }

    /// Goes on as if the host function had given `values`.
    ///
    /// # Errors
    /// `values` are not of the types that the host function gives; or those of [`Suspended::resume`].
    pub fn resume(self, mut store: impl AsContextMut, values: &[Val], results: &mut [Val]) -> Result<ResumableCall> {
        let store = store.as_context_mut();
        let ty = self.call.func.checked_type(store)?;
        check_results(&ty, results)?;
        let host_type = self.host_func.checked_type(store)?;
        let mut slots = vec![0; host_type.params().len().max(host_type.results().len())];
        write_slots(store, "result", host_type.results(), values, &mut slots)?;
        let outer = self.call.take_up(store)?;
        let completed = store.complete_host_call(&slots, self.request);
        let outcome = match completed {
            Ok(()) => run(store, self.call.func, outer, false)?,
            Err(error) => {
                store.inner.core.stack = outer;
                return Err(error);
            }
        };
        finish(store, &ty, outcome, results)
    }
}

fn check_results(ty: &FuncType, results: &[Val]) -> Result<()> {
    if results.len() == ty.results().len() {
        Ok(())
    } else {
        Err(Error::msg(alloc::format!("expected {} results, found {}", ty.results().len(), results.len())))
    }
}

fn finish<T>(store: &Store<T>, ty: &FuncType, outcome: Outcome, results: &mut [Val]) -> Result<ResumableCall> {
    Ok(match outcome {
        Outcome::Finished(slots) => {
            from_slots(store, ty.results(), &slots, results);
            ResumableCall::Finished
        }
        Outcome::HostTrap(trap) => ResumableCall::HostTrap(trap),
        Outcome::OutOfFuel(call) => ResumableCall::OutOfFuel(call),
        Outcome::Interrupted(call) => ResumableCall::Interrupted(call),
    })
}

/// Calls `func` on a stack of its own. The arguments stand in `slots`, which have room for the results.
fn begin<T>(store: &mut Store<T>, func: Func, slots: &mut [u64], ty: &FuncType) -> Result<Outcome> {
    let function = store.inner.own_index(func.0)?;
    store.inner.suspensions.collect();
    let stack = new_stack(store.engine());
    let outer = core::mem::replace(&mut store.inner.core.stack, stack);
    let params = ty.params().len();
    match store.inner.core.begin(function, slots.get(..params).unwrap_or_default()) {
        Ok(Some(_)) => run(store, func, outer, true),
        Ok(None) => {
            store.inner.core.stack = outer;
            store.invoke(function, slots, params)?;
            Ok(Outcome::Finished(slots.to_vec()))
        }
        Err(trap) => {
            store.inner.core.stack = outer;
            Err(trap.into())
        }
    }
}

/// Runs the current stack, on which execution goes on or `begins`, to its next stop, and puts the stack `outer` back in its
/// place.
fn run<T>(store: &mut Store<T>, func: Func, outer: Stack<'static>, begins: bool) -> Result<Outcome> {
    let ended = store.enter_guest(begins);
    let ended = match ended {
        Ok(Ended::HostError(error, request)) => Ok(Ended::HostError(store.locate(error), request)),
        Err(error) => Err(store.locate(error)),
        other => other,
    };
    let core = &mut store.inner.core;
    let slots = match ended {
        Ok(Ended::Finished) => core.results().to_vec(),
        _ => Vec::new(),
    };
    let stack = core::mem::replace(&mut core.stack, outer);
    let suspend = || Suspended { func, key: store.inner.suspensions.add(stack) };
    Ok(match ended? {
        Ended::Finished => Outcome::Finished(slots),
        Ended::OutOfFuel => Outcome::OutOfFuel(suspend()),
        Ended::Interrupted => Outcome::Interrupted(suspend()),
        Ended::HostError(error, request) => {
            let call = suspend();
            let host_func = Func(store.inner.handle(request.index));
            Outcome::HostTrap(HostTrap { error, host_func, request, call })
        }
    })
}
