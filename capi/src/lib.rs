//! The C interface of Tablature: see `include/tablature.h`, where every function is documented.
//!
//! The engine is safe Rust. What C needs beyond that is here: raw pointers come in, become references and slices, and
//! lists are made in the caller's arena. These invariants make it sound; the first three are the caller's duty and stand
//! in the header's rules:
//!
//! 1. *Pointers.* A pointer that is not NULL points to what its type says, for as long as the call (texts, arrays,
//!    places for results), or as the header's "Lifetime" says (a module's bytes, `user`).
//! 2. *Ownership.* The arena's bytes from `used` on belong to nobody else, and those below `used` to the modules and
//!    instances in them, which are not used any more once their bytes were given back. That is why references into the
//!    arena may be called `'static`.
//! 3. *One at a time.* No two functions run with the same instance or arena at the same time, but for those that a host
//!    function calls with the instance that called it.
//! 4. *Inside.* Every list is planned with checked numbers ([`arena::Plan`]); nothing is written before all of them were
//!    found to fit between `used` and `size`, aligned, without overlapping.
//! 5. *Initialised.* Every item of a list is written before a slice of the list exists. Items have no destructors that
//!    do anything: there is no heap, so that forgetting them leaks nothing.
//! 6. *No reference across a callback.* While a host function runs, nobody holds a reference to the instance; the slots
//!    that it writes lie in the value stack, which none of the functions that it may call touches.
//! 7. *No execution inside an execution.* `phase` is `Running` while the guest or a host function runs; calling, resuming
//!    and giving up are refused then.
//! 8. *No unwinding.* A panic stops the processor. The lints below keep code that could panic out.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::arithmetic_side_effects))]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![allow(clippy::missing_safety_doc, reason = "what callers must keep is said once, in the header and above")]
#![allow(missing_docs, reason = "nothing is used from Rust; the header documents it")]

mod arena;
mod count;
mod error;
mod instance;
mod module;
#[cfg(not(test))]
mod panic;
mod signature;
#[cfg(test)]
mod tests;

use arena::{Arena, Plan};
use core::ffi::{CStr, c_char, c_void};
use core::{ptr, slice};
use count::Counts;
use error::{Error, Failure, INVALID_ARGUMENT, NOT_FOUND, OK, OUT_OF_BOUNDS, Status, TrapCode, trap_message};
use instance::{Config, HostFunction, InstancePlan, InstanceState, Phase, drive, status};
use module::{ModulePlan, ModuleState, ValidationPlan, load};
use tablature_engine::heapless::Func;

const VERSION: [u32; 3] = [0, 1, 0];

/// `tablature_requirements` of the header.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Requirements {
    pub module_bytes: usize,
    pub validation_bytes: usize,
    pub instance_bytes: usize,
    pub memory_bytes: usize,
    pub arena_bytes: usize,
}

/// `tablature_import` of the header.
#[derive(Debug)]
#[repr(C)]
pub struct Import {
    pub module: *const c_char,
    pub module_size: usize,
    pub name: *const c_char,
    pub name_size: usize,
    pub kind: i32,
}

/// `tablature_function` of the header.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Function {
    pub index: u32,
}

const FUEL_UNLIMITED: u64 = u64::MAX;

// The other half of these is in tests/layout.c.
const WORD: usize = size_of::<usize>();
const _: () = assert!(size_of::<Arena>() == 3 * WORD);
const _: () = assert!(size_of::<Config>() == 4 * WORD);
const _: () = assert!(size_of::<Requirements>() == 5 * WORD);
const _: () = assert!(size_of::<Import>() == 5 * WORD);
const _: () = assert!(size_of::<HostFunction>() == 5 * WORD);
const _: () = assert!(size_of::<Function>() == 4);
const _: () = assert!(size_of::<Error>() == 20_usize.next_multiple_of(WORD) + 3 * WORD + error::MESSAGE_SIZE);
const _: () = assert!(align_of::<ModuleState>() <= arena::ALIGNMENT && align_of::<InstanceState>() <= arena::ALIGNMENT);

/// Fills in `error`, and gives the status.
///
/// # Safety
/// Invariant 1.
unsafe fn report(result: Result<(), Failure<'_>>, error: *mut Error) -> Status {
    if !error.is_null() {
        let explained = result.as_ref().map_or_else(Failure::explain, |()| Error::NONE);
        // SAFETY: invariant 1.
        unsafe { error.write(explained) };
    }
    status(&result)
}

/// # Safety
/// Invariant 1, for as long as `'a`.
unsafe fn slice_of<'a, T>(items: *const T, count: usize) -> Result<&'a [T], Failure<'static>> {
    match (items.is_null(), count) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Failure::NULL),
        // SAFETY: invariant 1; C's arrays are not larger than the address space's half.
        (false, _) => Ok(unsafe { slice::from_raw_parts(items, count) }),
    }
}

/// # Safety
/// Invariant 1, for as long as `'a`.
unsafe fn text_of<'a>(text: *const c_char) -> Result<&'a str, Status> {
    if text.is_null() {
        return Err(INVALID_ARGUMENT);
    }
    // SAFETY: invariant 1: a zero ends it.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| NOT_FOUND)
}

#[unsafe(no_mangle)]
pub extern "C" fn tablature_version() -> u32 {
    let [major, minor, patch] = VERSION;
    major.wrapping_mul(10_000).wrapping_add(minor.wrapping_mul(100)).wrapping_add(patch)
}

#[unsafe(no_mangle)]
pub extern "C" fn tablature_trap_message(trap: TrapCode) -> *const c_char {
    trap_message(trap).as_ptr()
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_arena_init(arena: *mut Arena, bytes: *mut c_void, size: usize) {
    if !arena.is_null() {
        let size = if bytes.is_null() { 0 } else { size };
        // SAFETY: invariant 1.
        unsafe { arena.write(Arena { bytes: bytes.cast(), size, used: 0 }) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_measure(
    bytes: *const u8,
    size: usize,
    config: *const Config,
    requirements: *mut Requirements,
    error: *mut Error,
) -> Status {
    let measure = || {
        // SAFETY: invariant 1.
        let (bytes, config) = unsafe { (slice_of(bytes, size)?, config.as_ref().unwrap_or(&Config::DEFAULT)) };
        if requirements.is_null() {
            return Err(Failure::NULL);
        }
        let counts = Counts::of(bytes);
        // SAFETY: invariant 1, and it is not NULL.
        unsafe { requirements.write(measured(&counts, bytes, config)) };
        counts.stopped_at.map_or(Ok(()), |offset| Err(Failure::Unreadable(offset)))
    };
    // SAFETY: invariant 1.
    unsafe { report(measure(), error) }
}

fn measured(counts: &Counts, bytes: &[u8], config: &Config) -> Requirements {
    let size_of_plan = |lay_out: &dyn Fn(&mut Plan) -> usize| {
        let mut plan = Plan::without_end();
        let more = lay_out(&mut plan);
        plan.align(arena::ALIGNMENT);
        (plan.end(), more)
    };
    let (module_bytes, _) = size_of_plan(&|plan| {
        ModulePlan::new(plan, counts, 0);
        0
    });
    let (validation_bytes, _) = size_of_plan(&|plan| {
        ValidationPlan::bound(plan, counts);
        0
    });
    let (instance_bytes, memory_bytes) =
        size_of_plan(&|plan| InstancePlan::new(plan, counts, bytes, config).memory_size);
    let arena_bytes = module_bytes.saturating_add(validation_bytes.max(instance_bytes));
    Requirements { module_bytes, validation_bytes, instance_bytes, memory_bytes, arena_bytes }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_load(
    arena: *mut Arena,
    bytes: *const u8,
    size: usize,
    module: *mut *const ModuleState,
    error: *mut Error,
) -> Status {
    let make = || {
        // SAFETY: invariants 1 and 3.
        let (arena, bytes) = unsafe { (arena.as_mut().ok_or(Failure::NULL)?, slice_of(bytes, size)?) };
        if module.is_null() || arena.bytes.is_null() {
            return Err(Failure::NULL);
        }
        // SAFETY: invariants 1 and 2.
        let made = unsafe { load(arena, bytes)? };
        // SAFETY: invariant 1, and it is not NULL.
        unsafe { module.write(made) };
        Ok(())
    };
    // SAFETY: invariant 1.
    unsafe { report(make(), error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_module_import(
    module: *const ModuleState,
    index: u32,
    import: *mut Import,
) -> Status {
    // SAFETY: invariants 1 and 2.
    let Some(module) = (unsafe { module.as_ref() }) else { return INVALID_ARGUMENT };
    if import.is_null() {
        return INVALID_ARGUMENT;
    }
    let Some(found) = module.counts.imports_of(module.bytes).nth(index as usize) else { return NOT_FOUND };
    let found = Import {
        module: found.module.as_ptr().cast(),
        module_size: found.module.len(),
        name: found.name.as_ptr().cast(),
        name_size: found.name.len(),
        kind: i32::from(found.kind),
    };
    // SAFETY: invariant 1, and it is not NULL.
    unsafe { import.write(found) };
    OK
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_instantiate(
    arena: *mut Arena,
    module: *const ModuleState,
    config: *const Config,
    functions: *const HostFunction,
    function_count: usize,
    instance: *mut *mut InstanceState,
    error: *mut Error,
) -> Status {
    let make = || {
        // SAFETY: invariants 1, 2 and 3.
        let (arena, module, config, hosts) = unsafe {
            (
                arena.as_mut().ok_or(Failure::NULL)?,
                module.as_ref().ok_or(Failure::NULL)?,
                config.as_ref().unwrap_or(&Config::DEFAULT),
                slice_of(functions, function_count)?,
            )
        };
        if instance.is_null() || arena.bytes.is_null() {
            return Err(Failure::NULL);
        }
        // SAFETY: invariants 1 and 2.
        let made = unsafe { instance::instantiate(arena, module, config, hosts)? };
        // SAFETY: invariant 1, and it is not NULL.
        unsafe { instance.write(made) };
        Ok(())
    };
    // SAFETY: invariant 1.
    unsafe { report(make(), error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_find_function(
    instance: *const InstanceState,
    name: *const c_char,
    function: *mut Function,
) -> Status {
    // SAFETY: invariants 1 and 3.
    let (Some(state), false) = (unsafe { instance.as_ref() }, function.is_null()) else { return INVALID_ARGUMENT };
    // SAFETY: invariant 1.
    let name = match unsafe { text_of(name) } {
        Ok(name) => name,
        Err(status) => return status,
    };
    let Some(found) = state.store.function(state.instance, name) else { return NOT_FOUND };
    // SAFETY: invariant 1, and it is not NULL.
    unsafe { function.write(Function { index: found.number() }) };
    OK
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_function_signature(
    instance: *const InstanceState,
    function: Function,
    text: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: invariants 1 and 3.
    let types = unsafe { instance.as_ref() }.map(|state| state.store.types(Func::from_number(function.index)));
    let (params, results) = types.unwrap_or_default();
    let params = params.iter().map(|ty| signature::letter_of(*ty));
    let results = results.iter().map(|ty| signature::letter_of(*ty));
    let mut whole = 0usize;
    for letter in [b'('].into_iter().chain(params).chain([b')']).chain(results) {
        // The last place is for the zero.
        if !text.is_null() && whole < size.saturating_sub(1) {
            // SAFETY: invariant 1: the caller's place has `size` bytes.
            unsafe { text.add(whole).write(letter as c_char) };
        }
        whole = whole.saturating_add(1);
    }
    if !text.is_null() && size > 0 {
        // SAFETY: the same.
        unsafe { text.add(whole.min(size.saturating_sub(1))).write(0) };
    }
    whole
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_start(instance: *mut InstanceState, error: *mut Error) -> Status {
    let start = || {
        let outcome = {
            // SAFETY: invariants 1, 3 and 6; the reference ends before the execution is followed.
            let state = unsafe { instance.as_mut() }.ok_or(Failure::NULL)?;
            state.require(Phase::Idle)?;
            let Some(function) = state.store.start(state.instance) else { return Ok(()) };
            if state.is_imported(function.number()) {
                state.begin_host(function.number())
            } else {
                state.begin(state.callable(function.number())?, &[], 0)
            }
        };
        // SAFETY: the instance is one that was made here; invariants 1, 3 and 6.
        unsafe { drive(instance, outcome) }
    };
    // SAFETY: invariant 1.
    unsafe { report(start(), error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_call(
    instance: *mut InstanceState,
    function: Function,
    arguments: *const u64,
    argument_count: usize,
    results: *mut u64,
    result_count: usize,
    error: *mut Error,
) -> Status {
    let call = || {
        if results.is_null() && result_count > 0 {
            return Err(Failure::NULL);
        }
        // SAFETY: invariants 1, 3 and 6; the references end before the execution is followed.
        let outcome = unsafe {
            let state = instance.as_mut().ok_or(Failure::NULL)?;
            state.require(Phase::Idle)?;
            let function = state.callable(function.index)?;
            state.begin(function, slice_of(arguments, argument_count)?, result_count)
        };
        // SAFETY: the instance is one that was made here; invariants 1, 3 and 6.
        unsafe {
            drive(instance, outcome)?;
            give_results(instance, results, result_count);
        }
        Ok(())
    };
    // SAFETY: invariant 1.
    unsafe { report(call(), error) }
}

/// # Safety
/// Invariants 1 and 3. Neither pointer is NULL, unless `count` is 0.
unsafe fn give_results(instance: *mut InstanceState, results: *mut u64, count: usize) {
    // SAFETY: the caller's promise.
    let state = unsafe { &mut *instance };
    for (place, result) in state.store.results().iter().take(count).enumerate() {
        // SAFETY: the caller's promise: there are `count` places.
        unsafe { results.add(place).write(*result) };
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_resume(
    instance: *mut InstanceState,
    results: *mut u64,
    result_count: usize,
    error: *mut Error,
) -> Status {
    let resume = || {
        if results.is_null() && result_count > 0 {
            return Err(Failure::NULL);
        }
        let outcome = {
            // SAFETY: invariants 1, 3 and 6; the reference ends before the execution is followed.
            let state = unsafe { instance.as_mut() }.ok_or(Failure::NULL)?;
            state.require(Phase::Stopped)?;
            state.require_results(result_count)?;
            state.go_on()
        };
        // SAFETY: the instance is one that was made here; invariants 1, 3 and 6.
        unsafe {
            drive(instance, outcome)?;
            give_results(instance, results, result_count);
        }
        Ok(())
    };
    // SAFETY: invariant 1.
    unsafe { report(resume(), error) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_give_up(instance: *mut InstanceState) -> Status {
    // SAFETY: invariants 1, 3 and 6.
    let Some(state) = (unsafe { instance.as_mut() }) else { return INVALID_ARGUMENT };
    let result = state.require(Phase::Stopped);
    if result.is_ok() {
        state.give_up();
    }
    status(&result)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_set_fuel(instance: *mut InstanceState, fuel: u64) {
    // SAFETY: invariants 1, 3 and 6.
    if let Some(state) = unsafe { instance.as_mut() } {
        state.store.set_fuel((fuel != FUEL_UNLIMITED).then_some(fuel));
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_fuel(instance: *const InstanceState) -> u64 {
    // SAFETY: invariants 1, 3 and 6.
    unsafe { instance.as_ref() }.and_then(|state| state.store.fuel()).unwrap_or(FUEL_UNLIMITED)
}

/// The bytes of memory 0.
///
/// # Safety
/// Invariants 1, 3 and 6, for as long as `'a`.
unsafe fn memory<'a>(instance: *mut InstanceState) -> Option<&'a mut [u8]> {
    // SAFETY: the caller's promise.
    let state = unsafe { instance.as_mut() }?;
    state.store.memory(state.instance)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_memory(instance: *mut InstanceState, size: *mut usize) -> *mut u8 {
    // SAFETY: invariants 1, 3 and 6; the guest's bytes are used only until it runs again.
    let bytes = unsafe { memory(instance) };
    let (first, count) = bytes.map_or((ptr::null_mut(), 0), |bytes| (bytes.as_mut_ptr(), bytes.len()));
    if !size.is_null() {
        // SAFETY: invariant 1.
        unsafe { size.write(count) };
    }
    first
}

/// `size` bytes of memory 0 from `address` on.
///
/// # Safety
/// That of [`memory`].
unsafe fn range<'a>(instance: *mut InstanceState, address: u64, size: usize) -> Option<&'a mut [u8]> {
    let start = usize::try_from(address).ok()?;
    // SAFETY: the caller's promise.
    unsafe { memory(instance) }?.get_mut(start..start.checked_add(size)?)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_memory_range(instance: *mut InstanceState, address: u64, size: usize) -> *mut u8 {
    // SAFETY: invariants 1, 3 and 6; the guest's bytes are used only until it runs again.
    unsafe { range(instance, address, size) }.map_or(ptr::null_mut(), <[u8]>::as_mut_ptr)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_memory_read(
    instance: *mut InstanceState,
    address: u64,
    to: *mut c_void,
    size: usize,
) -> Status {
    if instance.is_null() || (to.is_null() && size > 0) {
        return INVALID_ARGUMENT;
    }
    // SAFETY: invariants 1, 3 and 6; the reference ends here.
    let Some(bytes) = (unsafe { range(instance, address, size) }) else { return OUT_OF_BOUNDS };
    if size > 0 {
        // SAFETY: invariant 1: `to` has `size` bytes. They may lie in the guest's memory, too: `copy` allows that.
        unsafe { ptr::copy(bytes.as_ptr(), to.cast(), size) };
    }
    OK
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_memory_write(
    instance: *mut InstanceState,
    address: u64,
    from: *const c_void,
    size: usize,
) -> Status {
    if instance.is_null() || (from.is_null() && size > 0) {
        return INVALID_ARGUMENT;
    }
    // SAFETY: invariants 1, 3 and 6; the reference ends here.
    let Some(bytes) = (unsafe { range(instance, address, size) }) else { return OUT_OF_BOUNDS };
    if size > 0 {
        // SAFETY: invariant 1: `from` has `size` bytes. They may lie in the guest's memory, too: `copy` allows that.
        unsafe { ptr::copy(from.cast(), bytes.as_mut_ptr(), size) };
    }
    OK
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tablature_global(
    instance: *const InstanceState,
    name: *const c_char,
    value: *mut u64,
) -> Status {
    // SAFETY: invariants 1 and 3.
    let (Some(state), false) = (unsafe { instance.as_ref() }, value.is_null()) else { return INVALID_ARGUMENT };
    // SAFETY: invariant 1.
    let name = match unsafe { text_of(name) } {
        Ok(name) => name,
        Err(status) => return status,
    };
    let Some(found) = state.store.global(state.instance, name) else { return NOT_FOUND };
    // SAFETY: invariant 1, and it is not NULL.
    unsafe { value.write(found) };
    OK
}
