//! Memory from one array: what was taken last can be given back and grow, all else stays taken.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

const SIZE: usize = 4 << 20;

struct Heap {
    bytes: UnsafeCell<[u8; SIZE]>,
    /// Bytes that are taken, from the start on.
    taken: AtomicUsize,
    most: AtomicUsize,
}

// SAFETY: the program has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { bytes: UnsafeCell::new([0; SIZE]), taken: AtomicUsize::new(0), most: AtomicUsize::new(0) };

/// The most bytes that were taken at a time.
pub fn most_used() -> usize {
    HEAP.most.load(Ordering::Relaxed)
}

impl Heap {
    fn base(&self) -> *mut u8 {
        self.bytes.get().cast()
    }

    fn set_taken(&self, taken: usize) {
        self.taken.store(taken, Ordering::Relaxed);
        self.most.fetch_max(taken, Ordering::Relaxed);
    }

    /// Where in the array the block lies, if it was taken last.
    fn last(&self, block: *mut u8, size: usize) -> Option<usize> {
        let start = block.addr() - self.base().addr();
        (start + size == self.taken.load(Ordering::Relaxed)).then_some(start)
    }
}

// SAFETY: a block begins where no other is, is aligned, and lies in the array.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let address = self.base().addr() + self.taken.load(Ordering::Relaxed);
        let start = address.next_multiple_of(layout.align()) - self.base().addr();
        match start.checked_add(layout.size()) {
            Some(end) if end <= SIZE => {
                self.set_taken(end);
                self.base().wrapping_add(start)
            }
            _ => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Some(start) = self.last(block, layout.size()) {
            self.set_taken(start);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if let Some(start) = self.last(block, layout.size()) {
            return match start.checked_add(size) {
                Some(end) if end <= SIZE => {
                    self.set_taken(end);
                    block
                }
                _ => ptr::null_mut(),
            };
        }
        // SAFETY: the caller's promises are those that `alloc` and the copy need.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, layout.size().min(size));
            }
            new
        }
    }
}
