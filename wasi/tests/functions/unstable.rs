//! Where the older edition differs.

use crate::guest::*;
use tablature_wasi::Snapshot;

fn unstable_guest() -> (tempfile::TempDir, Guest) {
    let (directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    guest.snapshot = Snapshot::Unstable;
    (directory, guest)
}

#[test]
fn whence_has_other_numbers() {
    let (_directory, mut guest) = unstable_guest();
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    // To a place, from here, from the end.
    for (offset, whence, place) in [(4, 2, 4), (2, 0, 6), (-1i64 as u64, 1, 9)] {
        guest.ok("fd_seek", &[fd, offset, whence, OUT]);
        assert_eq!(guest.u64(OUT), place);
    }
}

#[test]
fn what_is_known_about_a_file_is_shorter() {
    let (_directory, mut guest) = unstable_guest();
    let [path, len] = guest.path(0, "a");
    guest.put(OUT, &[0xAA; 72]);
    guest.ok("path_filestat_get", &[ROOT, 0, path, len, OUT]);
    let old = guest.bytes(OUT, 56);
    assert_eq!(guest.bytes(OUT + 56, 16), [0xAA; 16]);
    assert_eq!((guest.u8(OUT + 16), guest.u32(OUT + 20), guest.u64(OUT + 24)), (4, 1, 10));
    guest.snapshot = Snapshot::Preview1;
    guest.ok("path_filestat_get", &[ROOT, 0, path, len, OUT]);
    assert_eq!(guest.bytes(OUT, 16), old[..16]);
    assert_eq!(guest.bytes(OUT + 32, 32), old[24..]);
}

#[test]
fn subscriptions_to_clocks_are_longer() {
    let mut guest = guest(|builder| builder.deterministic(1));
    guest.snapshot = Snapshot::Unstable;
    let mut subs = [[0; 56]; 2];
    for (sub, userdata, timeout) in [(0, 7u64, 9_000u64), (1, 8, 5_000)] {
        subs[sub][..8].copy_from_slice(&userdata.to_le_bytes());
        // The number of the clock's own, the clock, and the timeout.
        subs[sub][16..24].copy_from_slice(&u64::MAX.to_le_bytes());
        subs[sub][24] = 1;
        subs[sub][32..40].copy_from_slice(&timeout.to_le_bytes());
    }
    guest.put(DATA, &subs.concat());
    guest.ok("poll_oneoff", &[DATA, DATA + 0x1000, 2, OUT]);
    assert_eq!(guest.u32(OUT), 1);
    assert_eq!(guest.u64(DATA + 0x1000), 8);
    // Now with an absolute time that has passed.
    subs[0][32..40].copy_from_slice(&1u64.to_le_bytes());
    subs[0][48] = 1;
    guest.put(DATA, &subs.concat());
    guest.ok("poll_oneoff", &[DATA, DATA + 0x1000, 2, OUT]);
    assert_eq!((guest.u32(OUT), guest.u64(DATA + 0x1000)), (1, 7));
}
