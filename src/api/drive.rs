//! The driver: runs executions of a store, and answers what they ask for.

use super::interrupt::InterruptHandle;
use super::store::{HostCall, internal};
use super::{Caller, Error, Result, Store};
use crate::exec::{Exit, Request, RequestKind};
use crate::trap::Trap;

/// A moment at which execution passes between a guest and the embedder: see [`Store::call_hook`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallHook {
    /// A guest is about to be called.
    CallingWasm,
    /// A guest has returned, failed or stopped.
    ReturningFromWasm,
    /// A guest is about to call a host function.
    CallingHost,
    /// A host function has returned to a guest.
    ReturningFromHost,
}

impl CallHook {
    /// Whether the embedder's code is about to run.
    #[must_use]
    pub fn entering_host(&self) -> bool {
        matches!(self, Self::ReturningFromWasm | Self::CallingHost)
    }

    /// Whether the embedder's code has run until now.
    #[must_use]
    pub fn exiting_host(&self) -> bool {
        matches!(self, Self::ReturningFromHost | Self::CallingWasm)
    }
}

/// How an execution ended that can perhaps go on.
pub(crate) enum Ended {
    Finished,
    OutOfFuel,
    Interrupted,
    /// A host function failed; what it was asked for can still be answered.
    HostError(Error, Request),
}

/// Host functions that an execution has called of late. They are called with all of the store, so they are shared with it;
/// doing that anew for each call would take as long as all the rest of it.
pub(crate) struct RecentCalls<T>([Option<(u32, HostCall<T>)>; RECENT]);

/// How many of them are kept.
const RECENT: usize = 4;

impl<T> Default for RecentCalls<T> {
    fn default() -> Self {
        Self([const { None }; RECENT])
    }
}

impl<T> RecentCalls<T> {
    /// The function at `index` of all the store's.
    fn find(&mut self, index: u32, all: &[HostCall<T>]) -> Option<&HostCall<T>> {
        let place = self.0.get_mut(index as usize % RECENT)?;
        if place.as_ref().is_none_or(|(other, _)| *other != index) {
            *place = Some((index, all.get(index as usize)?.clone()));
        }
        place.as_ref().map(|(_, call)| call)
    }
}

impl<T> Store<T> {
    /// Calls the store's function `function`. The arguments stand in `slots`, the results go there.
    pub(crate) fn invoke(&mut self, function: u32, slots: &mut [u64], params: usize) -> Result<()> {
        self.inner.suspensions.collect();
        let arguments = slots.get(..params).unwrap_or_default();
        let outer = match self.inner.core.begin(function, arguments)? {
            Some(outer) => outer,
            None => return self.call_host(&mut RecentCalls::default(), function, slots, None),
        };
        let ended = self.enter_guest(true);
        let result = match ended {
            Ok(Ended::Finished) => {
                let results = self.inner.core.results();
                for (slot, result) in slots.iter_mut().zip(results) {
                    *slot = *result;
                }
                Ok(())
            }
            Ok(Ended::OutOfFuel) => Err(Error::out_of_fuel()),
            Ok(Ended::Interrupted) => Err(Error::interrupted()),
            Ok(Ended::HostError(error, _)) | Err(error) => Err(error),
        };
        let result = result.map_err(|error| self.locate(error));
        self.inner.core.end(outer);
        result
    }

    /// The error with the place where the current execution stands.
    pub(crate) fn locate(&self, error: Error) -> Error {
        let error = match self.inner.backtrace() {
            Some(backtrace) => error.with_backtrace(backtrace),
            None => error,
        };
        #[cfg(feature = "log")]
        log::debug!("execution failed: {error:?}");
        error
    }

    /// Drives the current execution, between the hooks. One that `begins` does not if there is an interruption; but what a host
    /// function calls does, because an interruption is for the guest that called that function.
    pub(crate) fn enter_guest(&mut self, begins: bool) -> Result<Ended> {
        self.inner.guest_calls = self.inner.guest_calls.wrapping_add(1);
        self.hook(CallHook::CallingWasm)?;
        let ended = if begins && self.inner.host_depth == 0 && self.take_interruption() {
            self.inner.core.stand_at_entry().map(|()| Ended::Interrupted).map_err(|_| internal())
        } else {
            self.drive()
        };
        self.hook(CallHook::ReturningFromWasm)?;
        ended
    }

    pub(crate) fn hook(&mut self, moment: CallHook) -> Result<()> {
        match &mut self.call_hook {
            Some(hook) => hook(&mut self.data, moment),
            None => Ok(()),
        }
    }

    /// Runs the current execution until it has finished or cannot go on, and answers everything that it asks for. The
    /// position still stands where it stopped.
    fn drive(&mut self) -> Result<Ended> {
        let mut recent = RecentCalls::default();
        loop {
            match self.inner.core.run(self.inner.engine.prices()).map_err(|_| internal())? {
                Exit::Finished => return Ok(Ended::Finished),
                Exit::Trap(trap) => return Err(trap.into()),
                Exit::Invalid(error) => return Err(error.into()),
                Exit::OutOfFuel => return Ok(Ended::OutOfFuel),
                Exit::Paused => {}
                Exit::Host { function } => {
                    let (request, position) = (self.inner.core.request(), self.inner.core.stack.position);
                    if let Err(error) = self.answer_host_call(&mut recent, function, request) {
                        let can_go_on = self.inner.core.stack.position == position;
                        return if can_go_on { Ok(Ended::HostError(error, request)) } else { Err(error) };
                    }
                }
                Exit::GrowMemory { delta, .. } | Exit::GrowTable { delta, .. } => self.answer_grow(delta)?,
            }
            if self.take_interruption() {
                return Ok(Ended::Interrupted);
            }
        }
    }

    /// Takes the interruption, if there is one.
    pub(crate) fn take_interruption(&self) -> bool {
        self.inner.interrupt.as_ref().is_some_and(InterruptHandle::take)
    }

    /// Calls the host function `function` for the guest, and goes on after the call.
    pub(crate) fn answer_host_call(
        &mut self,
        recent: &mut RecentCalls<T>,
        function: u32,
        request: Request,
    ) -> Result<()> {
        let (id, position) = (self.inner.id, self.inner.core.stack.position);
        let instance = position.frame.instance_index();
        // Most host functions take and give few values: those need no heap.
        let mut few = [0u64; 16];
        let mut many;
        let slots = self.inner.core.host_slots().ok_or_else(internal)?;
        let copy = match few.get_mut(..slots.len()) {
            Some(copy) => {
                copy.copy_from_slice(slots);
                copy
            }
            None => {
                many = slots.to_vec();
                many.as_mut_slice()
            }
        };
        self.inner.host_calls = self.inner.host_calls.wrapping_add(1);
        self.hook(CallHook::CallingHost)?;
        let result = self.call_host(recent, function, copy, Some(instance));
        // The function may have run this core meanwhile.
        self.inner.core.set_request(request);
        self.hook(CallHook::ReturningFromHost)?;
        result?;
        if (self.inner.id, self.inner.core.stack.position) != (id, position) {
            return Err(Error::constant(
                "a host function has panicked in a call of its own, or put another store in place of its caller's",
            ));
        }
        self.complete_host_call(copy, request)
    }

    /// Goes on after a host call with what stands in `slots` as its results.
    pub(crate) fn complete_host_call(&mut self, slots: &[u64], request: Request) -> Result<()> {
        let core = &mut self.inner.core;
        core.set_request(request);
        core.host_slots().ok_or_else(internal)?.copy_from_slice(slots);
        core.complete_call(request).map_err(|_| internal())
    }

    /// Calls a host function; `instance` is the caller's.
    fn call_host(
        &mut self,
        recent: &mut RecentCalls<T>,
        function: u32,
        slots: &mut [u64],
        instance: Option<u32>,
    ) -> Result<()> {
        let record = self.inner.core.functions.get(function as usize).ok_or_else(internal)?;
        let call = recent.find(record.index, &self.host_functions).ok_or_else(internal)?;
        if self.inner.host_depth >= self.inner.engine.config().max_host_depth {
            return Err(Trap::CallStackExhausted.into());
        }
        self.inner.host_depth += 1;
        let result = call(Caller::new(self, instance), slots);
        self.inner.host_depth = self.inner.host_depth.saturating_sub(1);
        result
    }

    /// Grows what an instruction asks to grow, or refuses.
    pub(crate) fn answer_grow(&mut self, delta: u64) -> Result<()> {
        let request = self.inner.core.request();
        let previous = if request.kind == RequestKind::GrowMemory {
            let is_allowed = self.may_grow_memory(request.index, delta)?;
            let previous = is_allowed.then(|| self.inner.core.grow(request, delta));
            self.report_failure(previous, |limiter, error| limiter.memory_grow_failed(error))?
        } else {
            let is_allowed = self.may_grow_table(request.index, delta)?;
            let previous = is_allowed.then(|| self.inner.core.grow(request, delta));
            self.report_failure(previous, |limiter, error| limiter.table_grow_failed(error))?
        };
        self.inner.core.complete_grow(request, previous).map_err(|_| internal())
    }

    /// Tells the limiter of growth that was allowed and failed.
    pub(crate) fn report_failure(
        &mut self,
        previous: Option<Option<u64>>,
        tell: impl FnOnce(&mut dyn super::ResourceLimiter, &Error) -> Result<()>,
    ) -> Result<Option<u64>> {
        if let (Some(None), Some(find)) = (previous, &mut self.limiter) {
            tell(find(&mut self.data), &Error::constant("out of memory"))?;
        }
        Ok(previous.flatten())
    }

    /// Asks the limiter whether a memory may grow by `delta` pages.
    pub(crate) fn may_grow_memory(&mut self, memory: u32, delta: u64) -> Result<bool> {
        let memory = self.inner.core.memories.as_slice().get(memory as usize).ok_or_else(internal)?;
        let (current, maximum) = (memory.bytes.len(), memory.ty.limits.max);
        let maximum = maximum.map(|pages| pages.saturating_mul(memory.ty.page_size()));
        let desired = (current as u64).saturating_add(delta.saturating_mul(memory.ty.page_size()));
        self.may_have_memory(current, desired, maximum)
    }

    /// Asks the limiter whether a memory may grow to `desired` bytes.
    pub(crate) fn may_have_memory(&mut self, current: usize, desired: u64, maximum: Option<u64>) -> Result<bool> {
        let Some(find) = &mut self.limiter else { return Ok(true) };
        find(&mut self.data).memory_growing(current, to_usize(desired), maximum.map(to_usize))
    }

    /// Asks the limiter whether a table may grow by `delta` entries.
    pub(crate) fn may_grow_table(&mut self, table: u32, delta: u64) -> Result<bool> {
        let table = self.inner.core.tables.as_slice().get(table as usize).ok_or_else(internal)?;
        let (current, maximum) = (table.elements.len(), table.ty.limits.max);
        self.may_have_table(current, (current as u64).saturating_add(delta), maximum)
    }

    /// Asks the limiter whether a table may grow to `desired` entries.
    pub(crate) fn may_have_table(&mut self, current: usize, desired: u64, maximum: Option<u64>) -> Result<bool> {
        let Some(find) = &mut self.limiter else { return Ok(true) };
        find(&mut self.data).table_growing(current, to_usize(desired), maximum.map(to_usize))
    }

    /// Asks the limiter whether there may be so many more instances, memories and tables.
    pub(crate) fn may_add(&mut self, instances: usize, memories: usize, tables: usize) -> Result<()> {
        let Some(find) = &mut self.limiter else { return Ok(()) };
        let (core, limiter) = (&self.inner.core, find(&mut self.data));
        let counts = [
            ("instances", core.instances.len() + instances, limiter.instances()),
            ("memories", core.memories.len() + memories, limiter.memories()),
            ("tables", core.tables.len() + tables, limiter.tables()),
        ];
        match counts.iter().find(|(_, wanted, limit)| wanted > limit) {
            Some((what, wanted, limit)) => {
                Err(Error::msg(alloc::format!("{wanted} {what} are beyond the store's limit of {limit}")))
            }
            None => Ok(()),
        }
    }
}

/// The amount, or the most that the host can have.
fn to_usize(amount: u64) -> usize {
    usize::try_from(amount).unwrap_or(usize::MAX)
}
