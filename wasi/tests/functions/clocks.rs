//! Clocks and random numbers.

use crate::guest::{DATA, Guest, OUT, guest, poor_guest};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tablature_wasi::{Errno, VirtualClock};

const REALTIME: u64 = 0;
const MONOTONIC: u64 = 1;

fn time(guest: &mut Guest, clock: u64) -> u64 {
    guest.ok("clock_time_get", &[clock, 1, OUT]);
    guest.u64(OUT)
}

#[test]
fn clocks_of_the_host() {
    let mut guest = poor_guest();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let realtime = Duration::from_nanos(time(&mut guest, REALTIME));
    assert!(realtime >= now && realtime < now + Duration::from_secs(60));
    for clock in 1..4 {
        let first = time(&mut guest, clock);
        assert!(time(&mut guest, clock) >= first);
    }
}

#[test]
fn clocks_have_a_resolution() {
    let mut guest = poor_guest();
    for clock in 0..4 {
        guest.put(OUT, &[0; 8]);
        guest.ok("clock_res_get", &[clock, OUT]);
        assert!((1..=1_000_000).contains(&guest.u64(OUT)));
    }
}

#[test]
fn unknown_clocks_are_invalid() {
    let mut guest = poor_guest();
    assert_eq!(guest.call("clock_res_get", &[4, OUT]), Errno::Inval);
    assert_eq!(guest.call("clock_time_get", &[4, 0, OUT]), Errno::Inval);
}

#[test]
fn virtual_clocks_tick_when_they_are_read() {
    let clock = VirtualClock { start: Duration::from_secs(1000), tick: Duration::from_nanos(10) };
    let mut guest = guest(|builder| builder.virtual_clock(clock.clone()));
    assert_eq!(time(&mut guest, MONOTONIC), 10);
    assert_eq!(time(&mut guest, MONOTONIC), 20);
    assert_eq!(time(&mut guest, REALTIME), 1_000_000_000_030);
    assert!(guest.ctx.advance_clock(Duration::from_nanos(970)));
    assert_eq!(time(&mut guest, MONOTONIC), 1010);
    guest.ok("clock_res_get", &[MONOTONIC, OUT]);
    assert_eq!(guest.u64(OUT), 10);
    assert!(!poor_guest().ctx.advance_clock(Duration::from_secs(1)));
}

#[test]
fn virtual_clocks_do_not_wrap() {
    let mut guest = guest(|builder| builder.deterministic(0));
    guest.ctx.advance_clock(Duration::MAX);
    guest.ctx.advance_clock(Duration::MAX);
    assert_eq!(time(&mut guest, REALTIME), u64::MAX);
}

#[test]
fn random_bytes_differ() {
    let mut guest = poor_guest();
    guest.ok("random_get", &[DATA, 5000]);
    guest.ok("random_get", &[DATA + 5000, 5000]);
    assert_ne!(guest.bytes(DATA, 5000), guest.bytes(DATA + 5000, 5000));
    guest.ok("random_get", &[DATA, 0]);
}

#[test]
fn random_bytes_fill_the_buffer_and_nothing_else() {
    let mut guest = guest(|builder| builder.random_seed(1));
    guest.ok("random_get", &[DATA, 4097]);
    let zeros = guest.bytes(DATA, 4097).iter().filter(|byte| **byte == 0).count();
    assert!(zeros < 100, "about one in 256");
    assert_eq!(guest.u8(DATA - 1), 0);
    assert_eq!(guest.bytes(DATA + 4097, 8), [0; 8]);
}

#[test]
fn seeds_decide() {
    let bytes = |seed| {
        let mut guest = guest(|builder| builder.deterministic(seed));
        guest.ok("random_get", &[DATA, 100]);
        (guest.bytes(DATA, 100), time(&mut guest, REALTIME))
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn random_bytes_stay_inside() {
    let mut guest = poor_guest();
    let end = guest.memory.len() as u64;
    guest.ok("random_get", &[end - 8, 8]);
    assert_eq!(guest.call("random_get", &[end - 8, 9]), Errno::Fault);
    assert_eq!(guest.call("random_get", &[8, u64::from(u32::MAX)]), Errno::Fault);
}
