//! Builds without the standard library, and cut to size.
//!
//! # Tiers
//!
//! | features | needs | without it there are no |
//! |---|---|---|
//! | `std` (default) | the standard library | |
//! | `alloc` | `core` and a heap (`alloc`) | [`Module::from_file`], [`InterruptHandle::interrupt_after`], the features `addr2line` and `wat` |
//! | neither | `core` | the embedding API: there is only [`heapless`](crate::heapless), which works in memory that the caller lends |
//!
//! Everything else is there in the first two tiers, with the same results: floats are rounded by `libm` instead of the
//! standard library. There are neither threads nor locks in the engine; what is shared is counted with atomic numbers, so the
//! target must have those of pointer size.
//!
//! ```text
//! [dependencies]
//! tablature = { version = "0.1", default-features = false, features = ["alloc", "sign-extension", "bulk-memory"] }
//! ```
//!
//! The program around it brings the heap (`#[global_allocator]`) and says what a panic does (`#[panic_handler]`), as
//! for every program without the standard library. The folder `nostd-check` of the repository has a complete one for
//! x86-64 Linux without libc, which `scripts/nostd-check` builds, runs and inspects.
//!
//! # Proposals
//!
//! Each proposal is a feature (the [crate's page](crate#features) lists them). One that is off is not there: its rows
//! of the instruction table make no code in the decoder, the validator and the engine, and modules that use it are
//! refused: with an error that names the proposal, or as an illegal opcode where only its opcodes are gone. `floats` is one of them, for targets without such numbers.
//!
//! A proposal that is compiled in can still be switched off for an engine:
//!
//! ```
//! use tablature::{Config, Engine, Module, Proposal};
//!
//! let engine = Engine::new(Config::new().wasm_proposal(Proposal::Floats, false));
//! let module = wat::parse_str("(module (func (param f64)))")?;
//! let error = Module::new(&engine, module).unwrap_err();
//! assert!(error.to_string().contains("Floating-point numbers"), "{error}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Memory
//!
//! A module takes its bytes, 8 more for each way that a branch can go, and lists of its functions, exports and so on. A
//! store takes its instances' memories and tables, and stack as deep as guests have needed it;
//! [`Config::max_stack_size`] and [`Store::limiter`] bound them. [`Module::stats`] and [`Store::stats`] say what is
//! taken. Where the heap is used up, growth fails as the guest can see it; but Rust's own collections, which hold host
//! functions and the like, end the program.
//!
//! [`Config::max_stack_size`]: crate::Config::max_stack_size
//! [`InterruptHandle::interrupt_after`]: crate::InterruptHandle::interrupt_after
//! [`Module::from_file`]: crate::Module::from_file
//! [`Module::stats`]: crate::Module::stats
//! [`Store::limiter`]: crate::Store::limiter
//! [`Store::stats`]: crate::Store::stats
