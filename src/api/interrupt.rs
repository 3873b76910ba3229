//! Interrupting executions from outside.

use super::{Error, Result, Store};
use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
#[cfg(feature = "std")]
use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// After how many units of fuel an execution looks whether it is to be interrupted: a millisecond or two. Where a slice ends,
/// register code hands over and is entered again, which takes as long as some thousands of units.
pub(crate) const SLICE: u64 = 2_000_000;

/// Interrupts the executions of a store, also from another thread or from a signal handler.
///
/// Cheap to clone; clones interrupt the same store.
///
/// ```
/// use std::time::Duration;
/// use tablature::{Config, Engine, Instance, Module, Store};
///
/// let engine = Engine::new(Config::new().interruptible(true));
/// // (module (func (export "spin") (loop (br 0))))
/// let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\
///     \x07\x08\x01\x04spin\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b")?;
/// let mut store = Store::new(&engine, ());
/// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
///
/// let time_out = store.interrupt_handle()?.interrupt_after(Duration::from_millis(20));
/// assert!(spin.call(&mut store, ()).unwrap_err().is_interrupted());
/// # drop(time_out);
/// # Ok::<(), tablature::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InterruptHandle {
    flag: Arc<AtomicBool>,
}

impl InterruptHandle {
    pub(crate) fn new() -> Self {
        Self { flag: Arc::new(AtomicBool::new(false)) }
    }

    /// What says whether to interrupt, for code that looks at it itself.
    #[cfg(all(feature = "optimize", tail_calls))]
    pub(crate) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.flag)
    }

    /// Interrupts the execution that runs in the store, or else the next one, as soon as it begins.
    ///
    /// A guest stops within 2,000,000 units of fuel, or at the next call or round of a loop; one that is in a host function,
    /// after that function has returned. One interruption stops one execution.
    pub fn interrupt(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }

    /// Withdraws an interruption that has not stopped anything yet.
    pub fn clear(&self) {
        self.flag.store(false, Ordering::Relaxed);
    }

    /// Whether an interruption has been asked for that has not stopped anything yet.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.flag.load(Ordering::Relaxed)
    }

    /// Takes the interruption, if there is one.
    pub(crate) fn take(&self) -> bool {
        // No compare-and-swap: not every small machine has one.
        let is_interrupted = self.is_interrupted();
        if is_interrupted {
            self.clear();
        }
        is_interrupted
    }

    /// Interrupts once after `time`, unless the [`Timeout`] is dropped before.
    ///
    /// # Panics
    /// If the operating system cannot start a thread.
    #[cfg(feature = "std")]
    #[must_use = "dropping the Timeout withdraws it"]
    pub fn interrupt_after(&self, time: Duration) -> Timeout {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let (handle, waited) = (self.clone(), shared.clone());
        let thread = thread::spawn(move || {
            let (is_cancelled, changed) = &*waited;
            let guard = is_cancelled.lock().unwrap_or_else(PoisonError::into_inner);
            let (guard, _) = changed
                .wait_timeout_while(guard, time, |is_cancelled| !*is_cancelled)
                .unwrap_or_else(PoisonError::into_inner);
            if !*guard {
                handle.interrupt();
            }
        });
        Timeout { handle: self.clone(), shared, thread: Some(thread) }
    }
}

/// An interruption that comes after a time: see [`InterruptHandle::interrupt_after`]. Dropping it withdraws it, also
/// where the time has passed but nothing was stopped yet.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct Timeout {
    handle: InterruptHandle,
    shared: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[cfg(feature = "std")]
impl Drop for Timeout {
    fn drop(&mut self) {
        let (is_cancelled, changed) = &*self.shared;
        *is_cancelled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It does nothing that can panic.
            let _ = thread.join();
        }
        self.handle.clear();
    }
}

impl<T> Store<T> {
    /// A handle that interrupts the executions of this store.
    ///
    /// # Errors
    /// The configuration does not allow it: [`Config::interruptible`](super::Config::interruptible).
    pub fn interrupt_handle(&self) -> Result<InterruptHandle> {
        self.inner
            .interrupt
            .clone()
            .ok_or(Error::constant("executions cannot be interrupted: switch Config::interruptible on"))
    }
}
