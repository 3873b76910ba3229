//! Calls that stop and go on: without fuel, interrupted, or because the host has to wait.
//!
//! A guest's calls never stand on the host's stack: an execution is a value stack, return records and a position. So it
//! can stop at any instruction, be kept, and go on later. [`Func::call_resumable`] and [`TypedFunc::call_resumable`]
//! make a call of this kind. It has a stack of its own inside of the store, and while it is stopped the store can be
//! used for anything, other resumable calls included.
//!
//! How it ended says a [`ResumableCall`]:
//!
//! | | the call goes on with |
//! |---|---|
//! | [`Finished`](crate::ResumableCall::Finished) | it is done, and the results are written |
//! | [`OutOfFuel`](crate::ResumableCall::OutOfFuel) | [`Suspended::resume`], once the store has fuel |
//! | [`Interrupted`](crate::ResumableCall::Interrupted) | [`Suspended::resume`], at any time |
//! | [`HostTrap`](crate::ResumableCall::HostTrap) | [`HostTrap::resume`], with what the host function should have given |
//!
//! Traps are errors, as they are for other calls: there is nothing to go on with. Dropping a stopped call gives it up,
//! and the store frees its stack.
//!
//! # Out of fuel
//!
//! Fuel in slices gives several guests their turns, on one thread:
//!
//! ```
//! use std::collections::VecDeque;
//! use tablature::{Config, Engine, Instance, Module, ResumableCall, Store, Val};
//!
//! let engine = Engine::new(Config::new().consume_fuel(true));
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (func (export "count") (param $from i32) (result i32)
//!         (loop $again
//!             (br_if $again (local.tee $from (i32.sub (local.get $from) (i32.const 1)))))
//!         (local.get $from)))"#)?)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let count = instance.get_func(&store, "count").ok_or("no such function")?;
//!
//! const SLICE: u64 = 100;
//! let (mut turns, mut order, mut results) = (VecDeque::new(), Vec::new(), [Val::I32(0)]);
//! for (name, from) in [("long", 90), ("short", 30)] {
//!     store.set_fuel(SLICE)?;
//!     match count.call_resumable(&mut store, &[Val::I32(from)], &mut results)? {
//!         ResumableCall::OutOfFuel(call) => turns.push_back((name, call)),
//!         other => panic!("{name} is not that short: {other:?}"),
//!     }
//! }
//! while let Some((name, call)) = turns.pop_front() {
//!     store.set_fuel(SLICE)?;
//!     match call.resume(&mut store, &mut results)? {
//!         ResumableCall::OutOfFuel(call) => turns.push_back((name, call)),
//!         _ => order.push(name),
//!     }
//! }
//! assert_eq!(order, ["short", "long"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Interruption
//!
//! An [`InterruptHandle`] stops what runs in its store, from another thread, from a signal handler, or after a time. An
//! ordinary call then fails; a resumable one waits to go on. See [limits](super::limits#time) and the example
//! `timeout`.
//!
//! # Host functions that wait
//!
//! A host function that cannot answer at once need not block: it fails with an error that says what it waits for. A
//! resumable call then stops as [`ResumableCall::HostTrap`], and goes on with the answer whenever that is there. The
//! host function is not called again.
//!
//! ```
//! use tablature::{Engine, Error, Linker, Module, ResumableCall, Result, Store, Val};
//!
//! /// What a host function waits for.
//! #[derive(Debug)]
//! struct Fetch(i32);
//!
//! impl std::fmt::Display for Fetch {
//!     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
//!         write!(f, "waiting for number {}", self.0)
//!     }
//! }
//!
//! impl std::error::Error for Fetch {}
//!
//! /// Stands for something slow.
//! async fn fetch(number: i32) -> i32 {
//!     number * 100
//! }
//!
//! let engine = Engine::default();
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "fetch", |number: i32| -> Result<i32> { Err(Error::new(Fetch(number))) })?;
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "host" "fetch" (func $fetch (param i32) (result i32)))
//!     (func (export "run") (result i32)
//!         (i32.add (call $fetch (i32.const 1)) (call $fetch (i32.const 2)))))"#)?)?;
//!
//! let guest = async {
//!     let mut store = Store::new(&engine, ());
//!     let instance = linker.instantiate(&mut store, &module)?;
//!     let run = instance.get_func(&store, "run").expect("it is exported");
//!     let mut results = [Val::I32(0)];
//!     let mut call = run.call_resumable(&mut store, &[], &mut results)?;
//!     while let ResumableCall::HostTrap(trap) = call {
//!         // Another error is a failure like any other.
//!         let Some(Fetch(number)) = trap.error().downcast_ref() else { return Err(trap.into_error()) };
//!         let answer = fetch(*number).await;
//!         call = trap.resume(&mut store, &[Val::I32(answer)], &mut results)?;
//!     }
//!     Ok(results[0])
//! };
//! # // What an executor does with a future that never waits.
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # let std::task::Poll::Ready(result) = std::pin::pin!(guest).poll(&mut context) else { panic!() };
//! # assert_eq!(result?, Val::I32(300));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! This works with any executor, and with none: the example `host_async` has a queue. There are no `async` variants of
//! the functions of this crate.
//!
//! The stop is at the guest that called the host function. If that guest was called by another host function, then that
//! one's call fails as any call does: what stands on the host's stack cannot be kept. Host functions that may have to
//! wait are called by guests whom the embedder called resumably.
//!
//! [`Func::call_resumable`]: crate::Func::call_resumable
//! [`HostTrap::resume`]: crate::HostTrap::resume
//! [`InterruptHandle`]: crate::InterruptHandle
//! [`ResumableCall`]: crate::ResumableCall
//! [`ResumableCall::HostTrap`]: crate::ResumableCall::HostTrap
//! [`Suspended::resume`]: crate::Suspended::resume
//! [`TypedFunc::call_resumable`]: crate::TypedFunc::call_resumable
