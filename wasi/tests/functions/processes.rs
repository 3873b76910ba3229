//! Ending, signals, yielding.

use crate::guest::poor_guest;
use tablature_wasi::{Errno, Exit};

#[test]
fn exit_has_a_code() {
    let mut guest = poor_guest();
    for code in [0, 1, 33, 255, u32::MAX] {
        let exit = guest.try_call("proc_exit", &[u64::from(code)]);
        assert_eq!(exit, Err(Exit::Code(code)));
        assert_eq!(exit.map_err(Exit::code), Err(code));
    }
}

#[test]
fn signals_do_what_they_do_by_default() {
    let mut guest = poor_guest();
    // None, pipe, child, continue, urgent, window change.
    for signal in [0, 13, 16, 17, 22, 27] {
        guest.ok("proc_raise", &[signal]);
    }
    // Abort, kill, terminate.
    for signal in [6, 9, 15] {
        let exit = guest.try_call("proc_raise", &[signal]);
        assert_eq!(exit, Err(Exit::Signal(signal as u8)));
        assert_eq!(exit.map_err(Exit::code), Err(128 + signal as u32));
    }
    assert_eq!(guest.call("proc_raise", &[18]), Errno::Notsup);
    assert_eq!(guest.call("proc_raise", &[31]), Errno::Inval);
    assert_eq!(guest.call("proc_raise", &[u64::from(u32::MAX)]), Errno::Inval);
}

#[test]
fn yielding_returns() {
    poor_guest().ok("sched_yield", &[]);
}
