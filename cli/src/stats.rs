//! What a program's run took, for people.

use crate::args::Run;
use std::fmt::Write as _;
use std::time::Duration;
use tablature::{Module, StoreStats};

/// How much of the fuel was used; empty where no fuel was given.
pub fn fuel(options: &Run, stats: &StoreStats) -> String {
    match (options.fuel, stats.fuel_used) {
        (Some(given), Some(used)) => format!("fuel          {used} of {given}\n"),
        _ => String::new(),
    }
}

/// All that is known of the run.
pub fn all(options: &Run, module: &Module, stats: &StoreStats, time: Duration) -> String {
    let mut text = fuel(options, stats);
    let mut line = |label: &str, value: String| {
        let _ = writeln!(text, "{label:<13} {value}");
    };
    if options.fuel.is_none() {
        line("instructions", stats.fuel_used.unwrap_or_default().to_string());
    }
    line("time", format!("{:.3} s", time.as_secs_f64()));
    line(
        "calls",
        format!("{} of the program, {} by it of functions it was given", stats.guest_calls, stats.host_calls),
    );
    line("memory", format!("{} bytes", stats.memory_bytes));
    line("stack", format!("{} bytes", stats.stack_bytes));
    let sizes = module.stats();
    line("module", format!("{} bytes, {} of them code", sizes.module_size, sizes.code_size));
    line("side table", format!("{} bytes", sizes.side_table_size));
    if sizes.register_code_size > 0 {
        line("register code", format!("{} bytes", sizes.register_code_size));
    }
    if sizes.register_map_size > 0 {
        line("maps of it", format!("{} bytes", sizes.register_map_size));
    }
    text
}
