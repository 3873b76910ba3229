//! The start, the end and the heap of a program that is only built to be measured.

#![no_std]

extern crate alloc;

pub mod heap;

use core::panic::PanicInfo;

/// A module that the compiler knows nothing of.
pub fn module() -> &'static [u8] {
    core::hint::black_box(&[])
}

/// Nothing is said of a panic: texts of what went wrong are not part of what is measured.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    halt()
}

pub fn halt() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Begins with the function of this name.
#[macro_export]
macro_rules! begin_with {
    ($function:path) => {
        // The linker begins with what has this name.
        #[unsafe(no_mangle)]
        extern "C" fn _start() -> ! {
            core::hint::black_box($function(core::hint::black_box(20)));
            $crate::halt()
        }
    };
}
