//! Validates and runs guests on a microcontroller: no operating system, no heap, no formatting, 8 KiB of memory.
//!
//! What must be unsafe to start, to write and to lend memory that is not on the stack is in `machine` and `lent`:
//! nothing of it is in the engine.

#![no_std]
#![no_main]

mod lent;
mod machine;
mod memory;
mod output;

use lent::Lent;
use memory::{ModuleMemory, StoreMemory};
use output::{number, text, texts};
use tablature::ModuleErrorKind;
use tablature::heapless::{Error, Full, Func, Instance, Module, Outcome, Store, ValType};

/// Guests stay where the program is: in flash.
static GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guest.wasm"));
static TOO_DEEP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/too_deep.wasm"));

static MODULE_MEMORY: Lent<ModuleMemory> = Lent::new(ModuleMemory::EMPTY);
static STORE_MEMORY: Lent<StoreMemory> = Lent::new(StoreMemory::EMPTY);
static MODULE: Lent<Option<Module<'static>>> = Lent::new(None);

/// The numbers of the host's functions.
const SAMPLE: u32 = 0;
const PRINT: u32 = 1;

/// What the program does; gives its exit code.
fn main() -> u32 {
    match demonstrate() {
        Some(()) => {
            memory::account();
            0
        }
        None => 1,
    }
}

/// Nothing if something is not as it should be, which was printed.
fn demonstrate() -> Option<()> {
    let module = prepare()?;
    run(module).map_err(explain).ok()
}

/// Validates the guest. Neither this nor `run` is inlined, so that what one of them needs on the stack the other can use.
#[inline(never)]
fn prepare() -> Option<&'static Module<'static>> {
    let module_memory = MODULE_MEMORY.take()?;
    // What is refused leaves the lists free for another module.
    refuse(module_memory);
    match memory::validate(GUEST, module_memory) {
        Ok(module) => {
            text("guest.wasm: valid, ");
            number(module.code_size() as u32);
            text(" bytes of code\n");
            Some(MODULE.take()?.insert(module))
        }
        Err(error) => {
            explain(error);
            None
        }
    }
}

#[inline(never)]
fn refuse(module_memory: &mut ModuleMemory) {
    text("too_deep.wasm: ");
    match memory::validate(TOO_DEEP, module_memory) {
        Ok(_) => text("valid\n"),
        Err(error) => explain(error),
    }
}

/// Runs the guest's exports.
#[inline(never)]
fn run(module: &'static Module<'static>) -> Result<(), Error> {
    let mut store = Store::new(STORE_MEMORY.take().ok_or(Error::State)?.lists());
    let sample = store.host_function(&[ValType::I32], &[ValType::I32], SAMPLE)?;
    let print = store.host_function(&[ValType::I32, ValType::I32], &[], PRINT)?;
    let instance = store.instantiate(module, &[sample, print])?;

    call(&mut store, instance, "digest", &[40])?;
    call(&mut store, instance, "sort", &[100])?;
    call(&mut store, instance, "primes", &[1000])?;

    text("traps end a call, and the next one is possible\n");
    call(&mut store, instance, "divide", &[1, 0])?;
    call(&mut store, instance, "load", &[2045])?;
    call(&mut store, instance, "deep", &[1000])?;
    call(&mut store, instance, "divide", &[84, 2])?;

    text("fuel runs out, and more of it goes on\n");
    store.set_fuel(Some(10_000));
    call(&mut store, instance, "primes", &[1000])
}

/// Calls an export with the host functions that it asks for, and prints what becomes of it.
fn call(store: &mut Store<'static>, instance: Instance, name: &str, arguments: &[u64]) -> Result<(), Error> {
    let function = store.function(instance, name).ok_or(Error::Handle)?;
    let mut outcome = store.call(function, arguments)?;
    let mut stops = 0u32;
    loop {
        match outcome {
            Outcome::Host(SAMPLE) => {
                if let Some(slot) = store.host_slots().first_mut() {
                    *slot = sampled(*slot as u32);
                }
            }
            Outcome::Host(_) => print(store, instance),
            Outcome::OutOfFuel => {
                stops = stops.wrapping_add(1);
                store.set_fuel(Some(10_000));
            }
            Outcome::Finished | Outcome::Trap(_) => break,
        }
        outcome = store.resume()?;
    }
    tell(store, name, function, outcome, stops);
    Ok(())
}

/// What a sensor would say.
fn sampled(place: u32) -> u64 {
    u64::from(place.wrapping_mul(37) & 0xFF)
}

/// Prints what the guest's arguments say: an address and a length. What is outside of its memory is not printed.
fn print(store: &mut Store<'static>, instance: Instance) {
    let (start, length) = match store.host_slots() {
        [start, length, ..] => (*start as usize, *length as usize),
        _ => return,
    };
    let end = start.saturating_add(length);
    let bytes = store.memory(instance).and_then(|memory| memory.get(start..end));
    if let Some(printed) = bytes.and_then(|bytes| core::str::from_utf8(bytes).ok()) {
        texts(&["guest: ", printed, "\n"]);
    }
}

fn tell(store: &mut Store<'static>, name: &str, function: Func, outcome: Outcome, stops: u32) {
    texts(&[name, ": "]);
    if let Outcome::Trap(trap) = outcome {
        let (function, offset) = store.position();
        texts(&["trap: ", trap.message(), " in function "]);
        number(function);
        text(" at offset ");
        number(offset);
    } else {
        let returns = !store.types(function).1.is_empty();
        match store.results().first() {
            Some(result) if returns => number(*result as u32),
            _ => text("done"),
        }
    }
    if stops > 0 {
        text(" after ");
        number(stops);
        text(" stops without fuel; left: ");
        number(store.fuel().unwrap_or(0) as u32);
    }
    text("\n");
}

/// Says what is wrong, as far as a device has use for it.
fn explain(error: Error) {
    let mut offset = None;
    let full = match error {
        Error::Module(error) => {
            offset = Some(error.offset());
            if let ModuleErrorKind::Capacity(full) = error.kind() { Some(full) } else { None }
        }
        Error::Full(full) => Some(full),
        _ => None,
    };
    match full {
        Some(Full { list, needed }) => {
            texts(&["the list `", list.name(), "` is too short: it needs "]);
            number(needed as u32);
            text(" items at least");
        }
        None => text("refused"),
    }
    if let Some(offset) = offset {
        text(" (at offset ");
        number(offset as u32);
        text(")");
    }
    text("\n");
}
