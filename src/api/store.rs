//! The store: instances and the embedder's data; and the driver, which answers what execution asks for.

use super::error::{FrameInfo, WasmBacktrace};
use super::resumable::Suspensions;
use super::val::Handle;
use super::{Caller, Engine, Error, Result};
use crate::exec::{Core, EXPRESSION, Exit, Frame, Stack};
use crate::trap::Trap;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A number that no other store of the process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreId(usize);

static NEXT_STORE: AtomicUsize = AtomicUsize::new(0);

/// What a host function does: arguments stand in the slots, results go there.
pub(crate) type HostCall<T> = Arc<dyn Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync>;

/// Instances, what they refer to, and the embedder's data of type `T`.
///
/// All that lives in a store is freed with it, and never before.
pub struct Store<T> {
    pub(crate) inner: StoreInner,
    pub(crate) host_functions: Vec<HostCall<T>>,
    data: T,
}

/// The part of a store that does not know `T`.
pub(crate) struct StoreInner {
    pub(crate) engine: Engine,
    pub(crate) core: Core<'static>,
    pub(crate) id: StoreId,
    pub(crate) extern_refs: Vec<Box<dyn Any + Send + Sync>>,
    pub(crate) suspensions: Suspensions,
    /// How many host functions are active that called guests.
    host_depth: usize,
}

/// How many frames of a backtrace are kept at each of its ends.
const BACKTRACE_HALF: usize = 25;

impl<T> Store<T> {
    /// A store for modules of `engine`.
    pub fn new(engine: &Engine, data: T) -> Self {
        let config = engine.config();
        let mut core = Core::default();
        core.stack = new_stack(engine);
        core.only_loop = config.only_loop;
        core.fuel = config.consume_fuel.then_some(0);
        let inner = StoreInner {
            engine: engine.clone(),
            core,
            id: StoreId(NEXT_STORE.fetch_add(1, Ordering::Relaxed)),
            extern_refs: Vec::new(),
            suspensions: Suspensions::default(),
            host_depth: 0,
        };
        Self { inner, host_functions: Vec::new(), data }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The embedder's data, to be changed.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.data
    }

    /// The embedder's data; the rest is freed.
    pub fn into_data(self) -> T {
        self.data
    }

    pub(crate) fn memory_and_data(&mut self, memory: super::Memory) -> (&mut [u8], &mut T) {
        match self.inner.own_index(memory.0) {
            Ok(index) => {
                let memory = &mut self.inner.core.memories.as_mut_slice()[index as usize];
                (memory.bytes.as_mut_slice(), &mut self.data)
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Fuel that is left.
    ///
    /// # Errors
    /// The configuration does not count fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.inner.core.fuel.ok_or_else(no_fuel)
    }

    /// Sets the fuel that is left.
    ///
    /// # Errors
    /// The configuration does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        *self.inner.core.fuel.as_mut().ok_or_else(no_fuel)? = fuel;
        Ok(())
    }

    /// Calls the store's function `function`. The arguments stand in `slots`, the results go there.
    pub(crate) fn invoke(&mut self, function: u32, slots: &mut [u64], params: usize) -> Result<()> {
        self.inner.suspensions.collect();
        let arguments = slots.get(..params).unwrap_or_default();
        let outer = match self.inner.core.begin(function, arguments)? {
            Some(outer) => outer,
            None => return self.call_host(function, slots, None),
        };
        let result = match self.drive() {
            Ok(Ended::Finished) => {
                let results = self.inner.core.results();
                for (slot, result) in slots.iter_mut().zip(results) {
                    *slot = *result;
                }
                Ok(())
            }
            Ok(Ended::OutOfFuel) => Err(Error::out_of_fuel().with_backtrace(self.inner.backtrace())),
            Err(error) => Err(error.with_backtrace(self.inner.backtrace())),
        };
        self.inner.core.end(outer);
        result
    }

    /// Runs the current execution until it has finished or cannot go on, and answers everything that it asks for. The
    /// position still stands where it stopped.
    pub(crate) fn drive(&mut self) -> Result<Ended> {
        let engine = self.inner.engine.clone();
        loop {
            match self.inner.core.run(engine.prices()).map_err(|_| internal())? {
                Exit::Finished => return Ok(Ended::Finished),
                Exit::Trap(trap) => return Err(trap.into()),
                Exit::OutOfFuel => return Ok(Ended::OutOfFuel),
                Exit::Host { function } => self.answer_host_call(function)?,
                Exit::GrowMemory { delta, .. } | Exit::GrowTable { delta, .. } => {
                    let request = self.inner.core.request();
                    let previous = self.inner.core.grow(request, delta);
                    self.inner.core.complete_grow(request, previous).map_err(|_| internal())?;
                }
            }
        }
    }

    fn answer_host_call(&mut self, function: u32) -> Result<()> {
        let request = self.inner.core.request();
        let instance = self.inner.core.stack.position.frame.instance;
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
        self.call_host(function, copy, Some(instance))?;
        self.inner.core.host_slots().ok_or_else(internal)?.copy_from_slice(copy);
        self.inner.core.complete_call(request).map_err(|_| internal())
    }

    /// Calls a host function; `instance` is the caller's.
    fn call_host(&mut self, function: u32, slots: &mut [u64], instance: Option<u32>) -> Result<()> {
        let record = self.inner.core.functions.get(function as usize).ok_or_else(internal)?;
        let call = self.host_functions.get(record.index as usize).cloned().ok_or_else(internal)?;
        if self.inner.host_depth >= self.inner.engine.config().max_host_depth {
            return Err(Trap::CallStackExhausted.into());
        }
        self.inner.host_depth += 1;
        let result = call(Caller::new(self, instance), slots);
        self.inner.host_depth -= 1;
        result
    }
}

/// How an execution ended that did not fail.
pub(crate) enum Ended {
    Finished,
    OutOfFuel,
}

impl StoreInner {
    pub(crate) fn handle(&self, index: u32) -> Handle {
        Handle { store: self.id, index }
    }

    /// The index of a handle of this store.
    pub(crate) fn own_index(&self, handle: Handle) -> Result<u32> {
        if handle.store == self.id {
            Ok(handle.index)
        } else {
            Err(Error::constant("a handle of another store was used with this store"))
        }
    }

    /// Where the current execution stands.
    pub(crate) fn backtrace(&self) -> WasmBacktrace {
        let position = self.core.stack.position;
        let records = self.core.stack.records().get(position.floor as usize..).unwrap_or_default();
        let total = records.len() + 1;
        let omitted = total.saturating_sub(2 * BACKTRACE_HALF);
        let mut frames = Vec::with_capacity(total - omitted);
        frames.extend(self.frame_info(&position.frame, true));
        for (place, record) in records.iter().rev().enumerate() {
            let is_inner = place + 1 < BACKTRACE_HALF;
            if is_inner || place + 1 >= BACKTRACE_HALF + omitted {
                frames.extend(self.frame_info(record, false));
            }
        }
        WasmBacktrace { frames, omitted }
    }

    /// What is known of a frame. A return record stands behind its call, and is shown at the call.
    fn frame_info(&self, frame: &Frame, is_current: bool) -> Option<FrameInfo> {
        if frame.function == EXPRESSION {
            return None;
        }
        let module = self.core.instances.as_slice().get(frame.instance as usize)?.module.data();
        let (bytes, parts) = (module.bytes(), &module.parts);
        let offset = if is_current { frame.ip } else { module.instruction_before(frame.function, frame.ip) };
        Some(FrameInfo {
            module: parts.module_name.map(|name| name.text(bytes).to_string()),
            function: frame.function,
            name: parts.function_name(frame.function).map(|name| name.text(bytes).to_string()),
            offset,
        })
    }
}

pub(crate) fn new_stack(engine: &Engine) -> Stack<'static> {
    let config = engine.config();
    let max_values = config.max_stack_size / size_of::<u64>();
    Stack { max_values, max_frames: config.max_call_depth, ..Stack::default() }
}

fn no_fuel() -> Error {
    Error::constant("fuel is not counted: switch Config::consume_fuel on")
}

/// What can only come from a mistake in this crate.
pub(crate) fn internal() -> Error {
    Error::constant("internal error: the execution state contradicts itself; please report it")
}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.inner.id)
            .field("instances", &self.inner.core.instances.len())
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}
