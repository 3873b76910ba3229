//! Stopping a program when its time is over.

use crate::report;
use std::process::exit;
use std::thread;
use std::time::Duration;
use tablature::InterruptHandle;
use tablature_wasi::Interrupt;

/// How much longer a program may take to stop: it may be in a call that cannot be interrupted, such as writing.
const GRACE: Duration = Duration::from_secs(1);

/// Interrupts the program after `time`, whether it computes or waits. The thread ends with the process.
pub fn start(time: Duration, computing: InterruptHandle, waiting: Interrupt) {
    thread::spawn(move || {
        thread::sleep(time);
        waiting.raise();
        computing.interrupt();
        thread::sleep(GRACE);
        report::note(&format!(
            "error: {}\n  caused by: it waits for something that cannot be interrupted\n",
            message(time)
        ));
        exit(report::TIME_OVER);
    });
}

/// What to tell the user.
pub fn message(time: Duration) -> String {
    format!("the program ran longer than the {time:?} of --timeout")
}
