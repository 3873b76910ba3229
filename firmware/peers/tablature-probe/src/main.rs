//! Validates a module, gives it a host function, and calls its export `run`.

#![no_std]
#![no_main]

#[cfg(feature = "alloc")]
mod heap;
#[cfg(not(feature = "alloc"))]
mod heapless;

#[cfg(feature = "alloc")]
use heap::run;
#[cfg(not(feature = "alloc"))]
use heapless::run;

base::begin_with!(call);

fn call(argument: i32) -> i32 {
    run(base::module(), argument).unwrap_or(-1)
}
