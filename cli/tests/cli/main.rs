//! Runs the command and compares what it says with the snapshots in `snapshots/cli`.

#![forbid(unsafe_code)]

mod command;
mod errors;
mod failures;
mod invoke;
mod listings;
mod options;
mod preload;
mod programs;
mod repeatable;
mod verbs;
mod workloads;
