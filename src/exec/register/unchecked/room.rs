//! Where on the stack frames of handlers may be.

use super::{Cells, WINDOW};
use core::cell::Cell;

/// The part of a stack in which frames may be.
#[derive(Clone, Copy)]
pub(in super::super::super) struct Room<'m> {
    stack: &'m [Cell<u64>],
    /// The address of the last slot that the window of a frame without slots can begin at.
    last: usize,
}

impl<'m> Room<'m> {
    /// Of no stack, for a machine that no handler has.
    pub(in super::super::super) const NONE: Self = Self { stack: &[], last: 0 };

    /// In the first `usable` slots of `stack`. Behind these there are as many as a window has; if there were not, frames might
    /// use fewer.
    #[inline(always)]
    pub(super) fn of(stack: &'m [Cell<u64>], usable: usize) -> Self {
        let Some(last_window) = stack.len().checked_sub(WINDOW) else { return Self::NONE };
        let last = usable.saturating_sub(1).min(last_window);
        Self { stack, last: stack.get(last..).unwrap_or_default().as_ptr().addr() }
    }

    /// Whether a window can begin there, which is in this stack, and behind its first slot there are `size` bytes for a frame.
    #[inline(always)]
    pub(super) fn has(self, beginning: Beginning, size: u32) -> bool {
        const { assert!(isize::BITS > u32::BITS, "so that a size is not less than nothing") };
        // Addresses of one stack differ by less than half of all; by less than nothing where no window can begin.
        let left = self.last.wrapping_sub(beginning.address) as isize;
        left >= size as isize
    }

    /// The window that begins there.
    ///
    /// # Safety
    ///
    /// A window can: it is behind a frame of this stack, and [`Self::has`] has said so for some size.
    #[inline(always)]
    pub(super) unsafe fn window(self, beginning: Beginning) -> &'m Cells {
        let window = self.stack.as_ptr().with_addr(beginning.address).cast::<Cells>();
        // SAFETY: as the caller promises this is a slot of the stack, and not behind the last one from which on there are as
        // many as a window has; they live as long as the stack.
        unsafe { &*window }
    }
}

/// Where a window may begin: the address of a slot.
#[derive(Clone, Copy)]
pub(super) struct Beginning {
    address: usize,
}

impl Beginning {
    /// The slot that is `first` slots behind the beginning of `frame`.
    #[inline(always)]
    pub(super) fn behind(frame: &Cells, first: u16) -> Self {
        Self { address: frame.as_ptr().wrapping_add(first as usize).addr() }
    }
}
