//! A guide to embedding, by topic. It is part of the documentation only: no program contains it.
//!
//! | | |
//! |---|---|
//! | [`embedding`] | engine, module, store, linker; host functions; memory; handles and what they refer to |
//! | [`fuel`] | how much a guest may execute, at what price, and what is promised about it |
//! | [`resuming`] | calls that stop and go on: without fuel, interrupted, or because the host has to wait |
//! | [`limits`] | memory, stack, depth, time, and how large modules may be |
//! | [`wasi`] | programs that expect an operating system |
//! | [`determinism`] | the same run on every machine |
//! | [`no_std`] | builds without the standard library, and cut to size |
//!
//! Each section's programs are short; longer ones are in the repository's folder `examples`. The guests are in the text
//! format, which the crate `wat` translates. With the Cargo feature `wat` of this crate,
//! [`Module::new`](crate::Module::new) takes the text itself.

pub mod determinism;
pub mod embedding;
pub mod fuel;
pub mod limits;
pub mod no_std;
pub mod resuming;
pub mod wasi;
