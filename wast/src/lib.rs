//! Runs WebAssembly script files (`.wast`), the form of the specification's test suite, with `tablature`.
//!
//! ```
//! use tablature_wast::{Runner, Settings};
//!
//! let mut runner = Runner::new(&Settings::default());
//! let report = runner.run(
//!     "add.wast",
//!     r#"(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
//!        (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))"#,
//! );
//! assert!(report.failures.is_empty());
//! assert_eq!(report.passed, 2);
//! ```
//!
//! Nothing is left out silently. A module that needs a proposal which the engine does not have is found by asking
//! `wasmparser` which proposals would make it valid; it and every assertion on it are counted as skipped with that
//! reason. A module that `wasmparser` takes with the engine's own proposals must be taken.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod directives;
mod execute;
mod oracle;
mod report;
mod runner;
mod settings;
mod show;
mod spectest;
mod values;

pub use report::{Failure, Report, TrapRecord, Wording};
pub use runner::Runner;
pub use settings::Settings;
