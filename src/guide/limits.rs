//! Memory, stack, depth, time, and how large modules may be.
//!
//! | what | how | a guest that wants more |
//! |---|---|---|
//! | a module's size and parts | [`Config::module_limits`] | is refused by [`Module::new`] |
//! | value stack | [`Config::max_stack_size`]: 8 MiB if nothing is said | traps: [`Trap::CallStackExhausted`] |
//! | calls inside each other | [`Config::max_call_depth`]: 100,000 if nothing is said | traps: [`Trap::CallStackExhausted`] |
//! | guests called by host functions, inside each other | [`Config::max_host_depth`]: 64 if nothing is said | traps: [`Trap::CallStackExhausted`] |
//! | instances, memories, tables and their sizes | [`Store::limiter`] | gets -1, or an error |
//! | work | [fuel](super::fuel) | stops |
//! | time | [`Store::interrupt_handle`] | stops |
//!
//! # Memories and tables
//!
//! Without a limiter they grow to what their types allow. [`StoreLimits`] has fixed limits:
//!
//! ```
//! use tablature::{Engine, Instance, Module, Store, StoreLimits, StoreLimitsBuilder};
//!
//! /// What the embedder keeps for a guest.
//! struct Guest {
//!     limits: StoreLimits,
//! }
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, wat::parse_str(r#"(module (memory 1)
//!     (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#)?)?;
//!
//! let limits = StoreLimitsBuilder::new().memory_size(4 << 16).instances(1).build();
//! let mut store = Store::new(&engine, Guest { limits });
//! store.limiter(|guest| &mut guest.limits);
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let grow = instance.get_typed_func::<i32, i32>(&store, "grow")?;
//! // `memory.grow` gives the size before, in pages, or -1.
//! assert_eq!(grow.call(&mut store, 3)?, 1);
//! assert_eq!(grow.call(&mut store, 1)?, -1);
//! assert!(Instance::new(&mut store, &module, &[]).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With [`StoreLimitsBuilder::trap_on_grow_failure`] the guest ends instead of getting -1. Sizes are those of each
//! memory and table; for a budget that they share, or a decision of another kind, implement [`ResourceLimiter`] as the
//! example `limits` does. The limiter is asked, too, when instances are made, and when the embedder makes or grows
//! something.
//! [`Store::stats`] says what a store holds.
//!
//! # Stack and depth
//!
//! A guest's calls take nothing of the host's stack, so recursion can be as deep as these two limits allow, whatever
//! the thread's stack is:
//!
//! ```
//! use tablature::{Config, Engine, Instance, Module, Store, Trap};
//!
//! let engine = Engine::new(Config::new().max_call_depth(500));
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (func $recurse (export "recurse") (call $recurse)))"#)?)?;
//! let mut store = Store::new(&engine, ());
//! let recurse = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "recurse")?;
//! assert_eq!(recurse.call(&mut store, ()).unwrap_err().trap(), Some(Trap::CallStackExhausted));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The stack grows as it is needed and stays with the store. Each stopped [resumable call](super::resuming) has one of
//! its own.
//!
//! # Time
//!
//! With [`Config::interruptible`], a store's executions can be interrupted from outside. One interruption stops one
//! execution: the one that runs, or else the next. A guest stops within 2,000,000 units of fuel (a millisecond or
//! two), or at the next call or round of a loop; one that is in a host function after that has returned. What a host
//! function waits for is not interrupted.
//!
//! ```
//! use std::time::Duration;
//! use tablature::{Config, Engine, Instance, Module, Store};
//!
//! let engine = Engine::new(Config::new().interruptible(true));
//! let module = Module::new(&engine, wat::parse_str(r#"(module (func (export "spin") (loop (br 0))))"#)?)?;
//! let mut store = Store::new(&engine, ());
//! let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "spin")?;
//!
//! let time_out = store.interrupt_handle()?.interrupt_after(Duration::from_millis(10));
//! assert!(spin.call(&mut store, ()).unwrap_err().is_interrupted());
//! // From here on it stops nothing any more.
//! drop(time_out);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`InterruptHandle::interrupt_after`] has a thread that waits. Who has timers already calls
//! [`InterruptHandle::interrupt`] from them. Where executions end by time, where they end differs from run to run; only
//! fuel ends them at the same instruction.
//!
//! # Modules
//!
//! [`ModuleLimits`] bounds what a module is made of: its size, functions, locals, nesting and so on. The defaults are
//! those that engines have agreed on; a configuration can lower them. Nothing of a module runs while it is checked.
//!
//! [`Config::interruptible`]: crate::Config::interruptible
//! [`Config::max_call_depth`]: crate::Config::max_call_depth
//! [`Config::max_host_depth`]: crate::Config::max_host_depth
//! [`Config::max_stack_size`]: crate::Config::max_stack_size
//! [`Config::module_limits`]: crate::Config::module_limits
//! [`InterruptHandle::interrupt`]: crate::InterruptHandle::interrupt
//! [`InterruptHandle::interrupt_after`]: crate::InterruptHandle::interrupt_after
//! [`Module::new`]: crate::Module::new
//! [`ModuleLimits`]: crate::ModuleLimits
//! [`ResourceLimiter`]: crate::ResourceLimiter
//! [`Store::interrupt_handle`]: crate::Store::interrupt_handle
//! [`Store::limiter`]: crate::Store::limiter
//! [`Store::stats`]: crate::Store::stats
//! [`StoreLimits`]: crate::StoreLimits
//! [`StoreLimitsBuilder::trap_on_grow_failure`]: crate::StoreLimitsBuilder::trap_on_grow_failure
//! [`Trap::CallStackExhausted`]: crate::Trap::CallStackExhausted
