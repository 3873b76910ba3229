//! Waiting for several things at once.

use crate::guest::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tablature_wasi::{Errno, Exit, Input, Interrupt, VirtualClock};

/// What to wait for, in the layout of preview 1.
pub enum Sub {
    Clock { id: u32, timeout: u64, flags: u16 },
    Read(u64),
    Write(u64),
}

/// An event: which, its errno, its kind, bytes and flags.
#[derive(Debug, PartialEq)]
pub struct Event(pub u64, pub u16, pub u8, pub u64, pub u16);

const SUBS: u64 = 0x20000;
const EVENTS: u64 = 0x28000;

fn subscription(index: u64, sub: &Sub) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&(100 + index).to_le_bytes());
    match sub {
        Sub::Clock { id, timeout, flags } => {
            bytes[16..20].copy_from_slice(&id.to_le_bytes());
            bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
            bytes[40..42].copy_from_slice(&flags.to_le_bytes());
        }
        Sub::Read(fd) | Sub::Write(fd) => {
            bytes[8] = if matches!(sub, Sub::Read(_)) { 1 } else { 2 };
            bytes[16..20].copy_from_slice(&(*fd as u32).to_le_bytes());
        }
    }
    bytes
}

pub fn poll(guest: &mut Guest, subs: &[Sub]) -> Result<Vec<Event>, Exit> {
    for (index, sub) in (0..).zip(subs) {
        guest.put(SUBS + 48 * index, &subscription(index, sub));
    }
    let errno = guest.try_call("poll_oneoff", &[SUBS, EVENTS, subs.len() as u64, OUT])?;
    assert_eq!(errno, Errno::Success);
    Ok((0..u64::from(guest.u32(OUT)))
        .map(|index| {
            let at = EVENTS + 32 * index;
            let which = guest.u64(at) - 100;
            Event(which, guest.u16(at + 8), guest.u8(at + 10), guest.u64(at + 16), guest.u16(at + 24))
        })
        .collect())
}

fn relative(timeout: u64) -> Sub {
    Sub::Clock { id: 1, timeout, flags: 0 }
}

#[test]
fn clocks_of_the_host_take_their_time() {
    let mut guest = poor_guest();
    let before = Instant::now();
    let subs = [relative(3_600_000_000_000), relative(30_000_000)];
    assert_eq!(poll(&mut guest, &subs), Ok(vec![Event(1, 0, 0, 0, 0)]));
    assert!(before.elapsed() >= Duration::from_millis(30));
    assert!(before.elapsed() < Duration::from_secs(10));
}

#[test]
fn absolute_times_may_have_passed() {
    let mut guest = poor_guest();
    let past = [0, 1].map(|id| Sub::Clock { id, timeout: 1, flags: 1 });
    assert_eq!(poll(&mut guest, &past), Ok(vec![Event(0, 0, 0, 0, 0), Event(1, 0, 0, 0, 0)]));
    guest.ok("clock_time_get", &[0, 0, OUT]);
    let timeout = guest.u64(OUT) + 20_000_000;
    let future = [Sub::Clock { id: 0, timeout, flags: 1 }];
    assert_eq!(poll(&mut guest, &future), Ok(vec![Event(0, 0, 0, 0, 0)]));
    guest.ok("clock_time_get", &[0, 0, OUT]);
    assert!(guest.u64(OUT) >= timeout);
}

#[test]
fn virtual_clocks_take_none() {
    let mut guest = guest(|builder| builder.deterministic(1));
    let year = 31_536_000_000_000_000;
    let before = Instant::now();
    let subs = [relative(3 * year), relative(year), relative(year)];
    let fired = vec![Event(1, 0, 0, 0, 0), Event(2, 0, 0, 0, 0)];
    assert_eq!(poll(&mut guest, &subs), Ok(fired));
    assert!(before.elapsed() < Duration::from_secs(10));
    guest.ok("clock_time_get", &[1, 0, OUT]);
    assert!((year..year + 1_000_000_000).contains(&guest.u64(OUT)));
    assert_eq!(poll(&mut guest, &[relative(u64::MAX)]), Ok(vec![Event(0, 0, 0, 0, 0)]));
}

#[test]
fn files_and_memory_are_always_ready() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut guest = guest(|builder| builder.stdin(Input::bytes("12345")).preopened_dir(directory.path(), "/"));
    guest.create("a", b"123");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    guest.read(fd, 1).expect("it reads");
    let subs = [relative(3_600_000_000_000), Sub::Read(0), Sub::Write(1), Sub::Read(fd), Sub::Write(fd)];
    let ready = vec![Event(1, 0, 1, 5, 0), Event(2, 0, 2, 1, 0), Event(3, 0, 1, 2, 0), Event(4, 0, 2, 1, 0)];
    assert_eq!(poll(&mut guest, &subs), Ok(ready));
}

#[test]
fn errors_are_events() {
    let (_directory, mut guest) = guest_with_directory();
    let badf = Errno::Badf.number();
    let inval = Errno::Inval.number();
    let subs = [
        Sub::Read(77),
        Sub::Write(0),
        Sub::Read(1),
        Sub::Read(ROOT),
        Sub::Clock { id: 9, timeout: 0, flags: 0 },
        relative(3_600_000_000_000),
    ];
    let events = vec![
        Event(0, badf, 1, 0, 0),
        Event(1, badf, 2, 0, 0),
        Event(2, badf, 1, 0, 0),
        Event(3, badf, 1, 0, 0),
        Event(4, inval, 0, 0, 0),
    ];
    assert_eq!(poll(&mut guest, &subs), Ok(events));
}

#[test]
fn counts_and_kinds_are_checked() {
    let mut guest = poor_guest();
    assert_eq!(guest.call("poll_oneoff", &[SUBS, EVENTS, 0, OUT]), Errno::Inval);
    assert_eq!(guest.call("poll_oneoff", &[SUBS, EVENTS, u64::from(u32::MAX), OUT]), Errno::Inval);
    guest.put(SUBS, &[0; 48]);
    guest.put(SUBS + 8, &[3]);
    assert_eq!(guest.call("poll_oneoff", &[SUBS, EVENTS, 1, OUT]), Errno::Inval);
}

#[test]
fn waiting_can_be_interrupted() {
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let mut guest = guest(|builder| builder.interrupt_when(move || count.fetch_add(1, Relaxed) >= 5));
    let before = Instant::now();
    let long = [relative(3_600_000_000_000)];
    assert_eq!(poll(&mut guest, &long), Err(Exit::Interrupted));
    assert!(before.elapsed() < Duration::from_secs(10));
    assert_eq!(asked.load(Relaxed), 6);
    guest.ctx.interrupt_when(|| false);
    assert_eq!(poll(&mut guest, &[relative(1)]), Ok(vec![Event(0, 0, 0, 0, 0)]));
    assert_eq!(asked.load(Relaxed), 6, "it has another hook now");
}

#[test]
fn flags_interrupt_until_they_are_cleared() {
    let flag = Interrupt::new();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let mut guest = guest(|builder| {
        builder.interrupt(&flag).interrupt_when(move || {
            count.fetch_add(1, Relaxed);
            false
        })
    });
    assert!(!flag.is_raised());
    assert_eq!(poll(&mut guest, &[relative(1)]), Ok(vec![Event(0, 0, 0, 0, 0)]));
    assert!(asked.load(Relaxed) > 0, "the hook is asked beside the flag");
    let handle = flag.clone();
    handle.raise();
    assert!(flag.is_raised());
    for _ in 0..2 {
        assert_eq!(poll(&mut guest, &[relative(3_600_000_000_000)]), Err(Exit::Interrupted));
    }
    flag.clear();
    assert_eq!(poll(&mut guest, &[relative(1)]), Ok(vec![Event(0, 0, 0, 0, 0)]));
}

#[test]
fn virtual_sleep_is_interrupted_and_takes_no_time_then() {
    let flag = Interrupt::new();
    let clock = VirtualClock { tick: Duration::ZERO, ..VirtualClock::default() };
    let mut guest = guest(|builder| builder.virtual_clock(clock).interrupt(&flag));
    flag.raise();
    assert_eq!(poll(&mut guest, &[relative(5)]), Err(Exit::Interrupted));
    guest.ok("clock_time_get", &[1, 0, OUT]);
    assert_eq!(guest.u64(OUT), 0, "the call has had no effect");
    flag.clear();
    assert_eq!(poll(&mut guest, &[relative(5)]), Ok(vec![Event(0, 0, 0, 0, 0)]));
    guest.ok("clock_time_get", &[1, 0, OUT]);
    assert_eq!(guest.u64(OUT), 5);
}
