//! The start of a Cortex-M, and its semihosting.

use core::arch::{asm, global_asm};

// The table of vectors: the stack's top, the start, and where faults go. No interrupt is switched on. The start cannot
// be Rust, which needs the stack and the static memory that it prepares.
global_asm!(
    ".section .vectors, \"a\"",
    ".word stack_top",
    ".word reset",
    ".rept 14",
    ".word faulted",
    ".endr",
    ".section .text.reset, \"ax\"",
    ".thumb_func",
    ".globl reset",
    "reset:",
    "ldr r0, =stack_low",
    "ldr r1, =stack_top",
    "ldr r2, ={paint}",
    "1: cmp r0, r1",
    "beq 2f",
    "stm r0!, {{r2}}",
    "b 1b",
    "2: ldr r0, =data_start",
    "ldr r1, =data_end",
    "ldr r2, =data_source",
    "3: cmp r0, r1",
    "beq 4f",
    "ldm r2!, {{r3}}",
    "stm r0!, {{r3}}",
    "b 3b",
    "4: ldr r0, =bss_start",
    "ldr r1, =bss_end",
    "movs r2, #0",
    "5: cmp r0, r1",
    "beq 6f",
    "stm r0!, {{r2}}",
    "b 5b",
    "6: bl {begin}",
    // A fault may be one of the stack: the handler begins with all of it.
    ".thumb_func",
    "faulted:",
    "ldr r0, =stack_top",
    "mov sp, r0",
    "bl {fault}",
    ".pool",
    paint = const super::PAINT,
    begin = sym super::begin,
    fault = sym super::fault,
);

/// Asks the debugger or emulator for an operation.
///
/// # Safety
/// What the operation does with `argument` must be sound.
pub unsafe fn semihost(operation: usize, argument: usize) -> usize {
    let result;
    // SAFETY: the breakpoint changes r0 only; the rest is the caller's promise.
    unsafe {
        asm!("bkpt 0xab", inlateout("r0") operation => result, in("r1") argument, options(nostack, preserves_flags));
    }
    result
}
