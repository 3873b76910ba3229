//! A heap that only grows: the smallest there is.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

const SIZE: usize = 64 << 10;

struct Heap {
    bytes: UnsafeCell<[u8; SIZE]>,
    taken: AtomicUsize,
}

// SAFETY: the program has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { bytes: UnsafeCell::new([0; SIZE]), taken: AtomicUsize::new(0) };

// SAFETY: a block begins where no other is, is aligned, and lies in the array.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let base = self.bytes.get().cast::<u8>();
        let start = (base.addr() + self.taken.load(Ordering::Relaxed)).next_multiple_of(layout.align()) - base.addr();
        let end = start.saturating_add(layout.size());
        if end > SIZE {
            return ptr::null_mut();
        }
        self.taken.store(end, Ordering::Relaxed);
        base.wrapping_add(start)
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
