//! The same run on every machine.
//!
//! WebAssembly leaves few things open. What they are, and what there is against each:
//!
//! | what may differ | |
//! |---|---|
//! | the bits of NaNs that arithmetic gives | [`Config::canonical_nans`] |
//! | whether memories and tables can grow | [`Store::limiter`] with limits that every machine can keep |
//! | how deep calls can be | [`Config::max_stack_size`] and [`Config::max_call_depth`]; their defaults are the same everywhere |
//! | where a guest is stopped | [fuel](super::fuel) instead of time |
//! | what host functions give | the embedder's part; with WASI a virtual clock and a seed |
//!
//! # NaNs
//!
//! Where the specification lets the sign and the fraction of a NaN open, processors differ. With
//! [`Config::canonical_nans`] every NaN that arithmetic gives is the canonical one; instructions that only move bits,
//! such as `f64.neg` and loads, keep theirs.
//!
//! ```
//! use tablature::{Config, Engine, Instance, Module, Store, Val};
//!
//! let engine = Engine::new(Config::new().canonical_nans(true));
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (func (export "divide") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1))))"#)?)?;
//! let mut store = Store::new(&engine, ());
//! let instance = Instance::new(&mut store, &module, &[])?;
//! let nan = instance.invoke(&mut store, "divide", &[Val::from(0.0), Val::from(0.0)])?;
//! assert_eq!(nan, [Val::F64(0x7FF8_0000_0000_0000)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Val`] holds the bits of floats, so that comparing values compares NaNs as well.
//!
//! # The outside world
//!
//! `tablature-wasi` gives a guest a clock that only its own calls move, on which sleeping takes no time, and random
//! numbers that follow from a seed: `WasiCtxBuilder::deterministic`. What the guest reads from files and sockets of the
//! host remains the host's. The example `deterministic` of that crate runs a program twice, with the same output and
//! the same use of fuel.
//!
//! [`Config::canonical_nans`]: crate::Config::canonical_nans
//! [`Config::max_call_depth`]: crate::Config::max_call_depth
//! [`Config::max_stack_size`]: crate::Config::max_stack_size
//! [`Store::limiter`]: crate::Store::limiter
//! [`Val`]: crate::Val
