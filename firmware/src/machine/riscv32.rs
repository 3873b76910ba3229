//! The start of a RISC-V core in machine mode, and its semihosting.

use core::arch::{asm, global_asm};

// The start cannot be Rust, which needs the stack and the static memory that it prepares.
global_asm!(
    ".section .text.reset, \"ax\"",
    ".globl reset",
    "reset:",
    "la t0, faulted",
    "csrw mtvec, t0",
    // Below the stack there is the code: no writing there (a locked region that ends where memory for data begins), so
    // that a stack that is too short is a fault.
    "la t0, stack_low",
    "srli t0, t0, 2",
    "csrw pmpaddr0, t0",
    "li t0, 0x8D",
    "csrw pmpcfg0, t0",
    "la sp, stack_top",
    "la t0, stack_low",
    "li t1, {paint}",
    "1: beq t0, sp, 2f",
    "sw t1, 0(t0)",
    "addi t0, t0, 4",
    "j 1b",
    "2: la t0, data_start",
    "la t1, data_end",
    "la t2, data_source",
    "3: beq t0, t1, 4f",
    "lw t3, 0(t2)",
    "sw t3, 0(t0)",
    "addi t0, t0, 4",
    "addi t2, t2, 4",
    "j 3b",
    "4: la t0, bss_start",
    "la t1, bss_end",
    "5: beq t0, t1, 6f",
    "sw zero, 0(t0)",
    "addi t0, t0, 4",
    "j 5b",
    "6: call {begin}",
    // A fault may be one of the stack: the handler begins with all of it.
    ".balign 4",
    "faulted:",
    "la sp, stack_top",
    "call {fault}",
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
    // SAFETY: the three instructions, uncompressed and in one page, are the request; they change a0 only. The rest is
    // the caller's promise.
    unsafe {
        asm!(
            ".balign 16",
            ".option push",
            ".option norvc",
            "slli zero, zero, 0x1f",
            "ebreak",
            "srai zero, zero, 7",
            ".option pop",
            inlateout("a0") operation => result,
            in("a1") argument,
            options(nostack),
        );
    }
    result
}
