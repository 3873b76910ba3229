//! What the machine brings instead of an operating system: the start, the end, writing, and the measured stack. Output
//! and the exit code go to the debugger or emulator, by semihosting.

#[cfg_attr(target_arch = "arm", path = "machine/arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "machine/riscv32.rs")]
mod architecture;

use architecture::semihost;
use core::panic::PanicInfo;

/// Operations of semihosting.
const WRITE_CHARACTER: usize = 0x03;
const EXIT_EXTENDED: usize = 0x20;
/// The reason of an ordinary exit, `ADP_Stopped_ApplicationExit`.
const APPLICATION_EXIT: usize = 0x2_0026;

/// What the stack is filled with before the program begins, so that what it used can be seen.
const PAINT: u32 = 0xA5A5_A5A5;

unsafe extern "C" {
    // Places of the linker script; only their addresses mean something.
    static stack_low: u32;
    static stack_top: u32;
    static data_start: u32;
    static bss_end: u32;
    static code_start: u32;
    static code_end: u32;
}

/// Where the start of the architecture goes on, once memory is as Rust expects it.
extern "C" fn begin() -> ! {
    exit(crate::main())
}

/// Where it goes on after a fault, such as a stack that is too short.
extern "C" fn fault() -> ! {
    exit(102)
}

/// Writes a character.
pub fn write(byte: u8) {
    // SAFETY: the operation reads one byte at the address.
    unsafe {
        semihost(WRITE_CHARACTER, (&raw const byte).addr());
    }
}

fn exit(code: u32) -> ! {
    let block = [APPLICATION_EXIT, code as usize];
    loop {
        // SAFETY: the operation reads two words at the address, and ends the program.
        unsafe {
            semihost(EXIT_EXTENDED, block.as_ptr().addr());
        }
    }
}

/// The most bytes of stack that were in use at a time.
pub fn stack_used() -> usize {
    let (low, top) = (&raw const stack_low, &raw const stack_top);
    let mut place = low;
    // SAFETY: reads words of the memory that the linker script keeps for the stack.
    while place < top && unsafe { place.read_volatile() } == PAINT {
        place = place.wrapping_add(1);
    }
    top.addr().wrapping_sub(place.addr())
}

/// Bytes of all that is static and can be written.
pub fn static_size() -> usize {
    (&raw const bss_end).addr().wrapping_sub((&raw const data_start).addr())
}

/// Bytes of code and of all that is never written, the guests included.
pub fn code_size() -> usize {
    (&raw const code_end).addr().wrapping_sub((&raw const code_start).addr())
}

/// With the feature `panic-free`, a program that contains a way to get here cannot be linked: nothing has this name.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    #[cfg(feature = "panic-free")]
    {
        unsafe extern "C" {
            safe fn a_panic_is_possible() -> !;
        }
        a_panic_is_possible()
    }
    #[cfg(not(feature = "panic-free"))]
    exit(101)
}
