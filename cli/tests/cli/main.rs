//! Runs the command and compares what it says with the snapshots in `snapshots/cli`.

#![forbid(unsafe_code)]

mod command;
mod errors;
mod invoke;
mod programs;
mod verbs;
mod workloads;
