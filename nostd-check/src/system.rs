//! What the standard library and libc would bring, for x86-64 Linux: the start, the end, writing, and the functions
//! on memory that compiled code calls.

use core::arch::{asm, global_asm};
use core::fmt;
use core::panic::PanicInfo;

const WRITE: usize = 1;
const EXIT: usize = 60;
const STANDARD_OUTPUT: usize = 1;

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "and rsp, -16",
    "call {begin}",
    "ud2",
    begin = sym begin,
);

extern "C" fn begin() -> ! {
    exit(crate::main())
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = fmt::Write::write_fmt(&mut Output, format_args!("{info}\n"));
    exit(101)
}

fn exit(code: i32) -> ! {
    // SAFETY: this system call ends the process.
    unsafe {
        asm!("syscall", in("rax") EXIT, in("rdi") code, options(noreturn));
    }
}

/// Standard output.
pub struct Output;

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let written: isize;
            // SAFETY: the system reads the bytes, and changes the registers that are named.
            unsafe {
                asm!(
                    "syscall",
                    inlateout("rax") WRITE => written,
                    in("rdi") STANDARD_OUTPUT,
                    in("rsi") rest.as_ptr(),
                    in("rdx") rest.len(),
                    lateout("rcx") _,
                    lateout("r11") _,
                    options(nostack, readonly),
                );
            }
            let count = usize::try_from(written).map_err(|_| fmt::Error)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        Ok(())
    }
}

/// # Safety
/// That of C's `memcpy`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") count => _,
            inout("rdi") to => _,
            inout("rsi") from => _,
            options(nostack, preserves_flags),
        );
    }
    to
}

/// # Safety
/// That of C's `memmove`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, count: usize) -> *mut u8 {
    if to.addr().wrapping_sub(from.addr()) >= count {
        // SAFETY: the caller's promise; copying upwards overwrites nothing that is still to be read.
        return unsafe { memcpy(to, from, count) };
    }
    let last = count.wrapping_sub(1);
    // SAFETY: the caller's promise; here `count` is not 0, and the direction is set back.
    unsafe {
        asm!(
            "std",
            "rep movsb",
            "cld",
            inout("rcx") count => _,
            inout("rdi") to.wrapping_add(last) => _,
            inout("rsi") from.wrapping_add(last) => _,
            options(nostack),
        );
    }
    to
}

/// # Safety
/// That of C's `memset`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") count => _,
            inout("rdi") to => _,
            in("al") byte as u8,
            options(nostack, preserves_flags),
        );
    }
    to
}

/// # Safety
/// That of C's `memcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    for place in 0..count {
        // SAFETY: the caller's promise. Volatile reads keep this loop from becoming a call of itself.
        let (a, b) = unsafe { (a.add(place).read_volatile(), b.add(place).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// # Safety
/// That of C's `bcmp`.
#[unsafe(no_mangle)]
unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, count: usize) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { memcmp(a, b, count) }
}

// The compiled library `alloc` names these two for unwinding, which does not happen here: panics end the process.

#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    exit(102)
}
