//! A stack that all lists have room on: so they are ordinary local arrays, and what lends them is ordinary safe code.

use core::arch::asm;
use core::cell::UnsafeCell;

const SIZE: usize = 512 << 20;

#[repr(align(16))]
struct Stack(UnsafeCell<[u8; SIZE]>);

// SAFETY: the program has one thread.
unsafe impl Sync for Stack {}

/// Takes no room in the program's file, and memory only where it is touched.
static STACK: Stack = Stack(UnsafeCell::new([0; SIZE]));

/// Calls `function` on the large stack.
pub fn on_large_stack(function: extern "C" fn() -> i32) -> i32 {
    let result: i32;
    // SAFETY: the stack is aligned, and nobody else uses it; the register that keeps the old one is kept by calls.
    unsafe {
        asm!(
            "mov r12, rsp",
            "mov rsp, {top}",
            "call {function}",
            "mov rsp, r12",
            top = in(reg) STACK.0.get().cast::<u8>().wrapping_add(SIZE),
            function = in(reg) function,
            out("r12") _,
            lateout("eax") result,
            clobber_abi("C"),
        );
    }
    result
}
