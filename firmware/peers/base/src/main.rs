//! No engine.

#![no_std]
#![no_main]

base::begin_with!(run);

fn run(argument: i32) -> i32 {
    argument + base::module().len() as i32
}
