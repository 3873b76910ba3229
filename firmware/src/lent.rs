//! Memory that is there as long as the program, and is lent once.

use core::cell::{Cell, UnsafeCell};

/// A value that one user gets.
pub struct Lent<T> {
    value: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: the program has one thread, and no handler of an interrupt takes anything.
unsafe impl<T> Sync for Lent<T> {}

impl<T> Lent<T> {
    pub const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), taken: Cell::new(false) }
    }

    /// The value, the first time.
    #[allow(clippy::mut_from_ref, reason = "it is given out once")]
    pub fn take(&'static self) -> Option<&'static mut T> {
        if self.taken.replace(true) {
            return None;
        }
        // SAFETY: `taken` was false: this is the only reference.
        Some(unsafe { &mut *self.value.get() })
    }

    pub const fn size(&self) -> usize {
        size_of::<T>()
    }
}
