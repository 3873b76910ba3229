//! The store: instances and the embedder's data.

use super::interrupt::InterruptHandle;
use super::resumable::Suspensions;
use super::val::Handle;
use super::{CallHook, Caller, Engine, Error, ResourceLimiter, Result};
#[cfg(feature = "register")]
use crate::exec::HandOver;
use crate::exec::{Core, Stack};
#[cfg(all(feature = "optimize", tail_calls))]
use crate::translate::Stops;
use alloc::boxed::Box;
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

/// Finds the limiter in the embedder's data.
type Limiter<T> = Box<dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync>;

/// Is told of calls between the embedder and guests.
type Hook<T> = Box<dyn FnMut(&mut T, CallHook) -> Result<()> + Send + Sync>;

/// Instances, what they refer to, and the embedder's data of type `T`.
///
/// All that lives in a store is freed with it, and never before.
pub struct Store<T> {
    pub(crate) inner: StoreInner,
    pub(crate) host_functions: Vec<HostCall<T>>,
    pub(crate) limiter: Option<Limiter<T>>,
    pub(crate) call_hook: Option<Hook<T>>,
    pub(crate) data: T,
}

/// The part of a store that does not know `T`.
pub struct StoreInner {
    pub(crate) engine: Engine,
    pub(crate) core: Core<'static>,
    pub(crate) id: StoreId,
    pub(crate) extern_refs: Vec<Box<dyn Any + Send + Sync>>,
    pub(crate) suspensions: Suspensions,
    pub(crate) interrupt: Option<InterruptHandle>,
    /// How many host functions are active that called guests.
    pub(crate) host_depth: usize,
    /// How often guests were called, and host functions by guests.
    pub(crate) guest_calls: u64,
    pub(crate) host_calls: u64,
}

/// What a store has done so far, and what it holds.
///
/// ```
/// use tablature::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// Memory::new(&mut store, MemoryType::new(2, None))?;
/// assert_eq!(store.stats().memory_bytes, 2 * 65_536);
/// assert_eq!(store.stats().fuel_used, None);
/// # Ok::<(), tablature::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Units of fuel that guests have used; nothing where fuel is not counted. With [`FuelCosts::unit`] it is the number of
    /// instructions.
    ///
    /// [`FuelCosts::unit`]: crate::FuelCosts::unit
    pub fuel_used: Option<u64>,
    /// How often the embedder, host functions included, called guests' functions.
    pub guest_calls: u64,
    /// How often guests called host functions.
    pub host_calls: u64,
    /// Bytes of all memories together. A memory never shrinks, so this is also the peak.
    pub memory_bytes: u64,
    /// Entries of all tables together. A table never shrinks, so this is also the peak.
    pub table_elements: u64,
    /// Bytes of value stack and return records that executions have needed at most so far, rounded up to what was
    /// reserved.
    pub stack_bytes: u64,
}

impl<T> Store<T> {
    /// A store for modules of `engine`.
    pub fn new(engine: &Engine, data: T) -> Self {
        let config = engine.config();
        let mut core = Core::default();
        core.stack = new_stack(engine);
        core.probe_fails = config.probe_fails;
        #[cfg(feature = "register")]
        {
            core.warm_up = config.warm_up_of_strategy();
            core.hand_over = HandOver::new(config.hand_over);
            core.patience = core.warm_up.map_or(u32::MAX, |warm_up| warm_up.rounds);
        }
        core.canonical_nans = config.canonical_nans;
        core.fuel = config.consume_fuel.then_some(0);
        core.slice = config.interruptible.then_some(config.slice);
        let interrupt = config.interruptible.then(InterruptHandle::new);
        #[cfg(all(feature = "optimize", tail_calls))]
        {
            let looks = engine.stops() == Stops::ByInterruption;
            core.interruption = interrupt.as_ref().filter(|_| looks).map(InterruptHandle::flag);
        }
        let inner = StoreInner {
            engine: engine.clone(),
            core,
            id: StoreId(NEXT_STORE.fetch_add(1, Ordering::Relaxed)),
            extern_refs: Vec::new(),
            suspensions: Suspensions::default(),
            interrupt,
            host_depth: 0,
            guest_calls: 0,
            host_calls: 0,
        };
        Self { inner, host_functions: Vec::new(), limiter: None, call_hook: None, data }
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

    /// Lets the limiter that `limiter` finds in the data decide what instances, memories and tables may take from now on:
    /// see [`StoreLimits`](super::StoreLimits).
    pub fn limiter(&mut self, limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static) {
        self.limiter = Some(Box::new(limiter));
    }

    /// Calls `hook` whenever execution passes between a guest and the embedder. An error of the hook ends the call.
    ///
    /// ```
    /// use tablature::{CallHook, Engine, Store};
    ///
    /// let mut store = Store::new(&Engine::default(), 0);
    /// store.call_hook(|calls, hook| {
    ///     *calls += i32::from(hook == CallHook::CallingHost);
    ///     Ok(())
    /// });
    /// ```
    pub fn call_hook(&mut self, hook: impl FnMut(&mut T, CallHook) -> Result<()> + Send + Sync + 'static) {
        self.call_hook = Some(Box::new(hook));
    }

    /// What the store has done so far, and what it holds.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let inner = &self.inner;
        let core = &inner.core;
        let stack = core.stack.usable_values() * size_of::<u64>() + size_of_val(core.stack.frames.as_slice());
        StoreStats {
            fuel_used: core.fuel.map(|_| core.fuel_used),
            guest_calls: inner.guest_calls,
            host_calls: inner.host_calls,
            memory_bytes: core.memories.as_slice().iter().map(|memory| memory.bytes.len() as u64).sum(),
            table_elements: core.tables.as_slice().iter().map(|table| table.elements.len() as u64).sum(),
            stack_bytes: stack as u64,
        }
    }

    /// How often register code handed over to the in-place engine at the start of a run: for tests.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    #[must_use]
    pub fn hand_overs(&self) -> u64 {
        self.inner.core.hand_over.count
    }
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
}

pub(crate) fn new_stack(engine: &Engine) -> Stack<'static> {
    let config = engine.config();
    let max_values = config.max_stack_size / size_of::<u64>();
    Stack { max_values, max_frames: config.max_call_depth, slack: slack(config), ..Stack::default() }
}

/// Slots behind those that frames may use: as the widest window of the engines needs them.
fn slack(config: &super::Config) -> usize {
    #[cfg(all(feature = "register", tail_calls))]
    if config.warm_up_of_strategy().is_some() {
        return crate::exec::WINDOW;
    }
    let _ = config;
    crate::exec::SLACK
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
