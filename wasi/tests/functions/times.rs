//! What is known about files, and setting their times.

use crate::guest::*;
use crate::links::symlink;
use std::time::{SystemTime, UNIX_EPOCH};
use tablature_wasi::Errno;

const ATIM: u64 = 1;
const ATIM_NOW: u64 = 2;
const MTIM: u64 = 4;
const MTIM_NOW: u64 = 8;

/// Times of access and of modification, in nanoseconds.
fn times(guest: &mut Guest, lookup: u64, path: &str) -> (u64, u64) {
    let [path, len] = guest.path(0, path);
    guest.ok("path_filestat_get", &[ROOT, lookup, path, len, OUT]);
    (guest.u64(OUT + 40), guest.u64(OUT + 48))
}

fn set(guest: &mut Guest, lookup: u64, path: &str, accessed: u64, modified: u64, flags: u64) -> Errno {
    let [path, len] = guest.path(0, path);
    guest.call("path_filestat_set_times", &[ROOT, lookup, path, len, accessed, modified, flags])
}

#[test]
fn a_file_and_its_path_are_the_same() {
    let (directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    let [path, len] = guest.path(0, "a");
    guest.ok("path_filestat_get", &[ROOT, 0, path, len, OUT]);
    let by_path = guest.bytes(OUT, 64);
    guest.ok("fd_filestat_get", &[fd, OUT]);
    assert_eq!(guest.bytes(OUT, 64), by_path);
    assert_eq!((guest.u64(OUT + 16), guest.u64(OUT + 24), guest.u64(OUT + 32)), (4, 1, 5));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = std::fs::metadata(directory.path().join("a")).expect("it is there");
        assert_eq!(guest.u64(OUT), metadata.dev());
        assert_eq!(guest.u64(OUT + 8), metadata.ino());
        let changed = metadata.ctime() as u64 * 1_000_000_000 + metadata.ctime_nsec() as u64;
        assert_eq!(guest.u64(OUT + 56), changed);
    }
    drop(directory);
    guest.ok("fd_filestat_get", &[ROOT, OUT]);
    assert_eq!(guest.u8(OUT + 16), 3);
}

#[test]
fn paths_that_are_not_there_have_no_stat() {
    let (_directory, mut guest) = guest_with_directory();
    let [path, len] = guest.path(0, "a");
    for lookup in [0, FOLLOW] {
        let stat = [ROOT, lookup, path, len, OUT];
        assert_eq!(guest.call("path_filestat_get", &stat), Errno::Noent);
        assert_eq!(set(&mut guest, lookup, "a", 1, 1, ATIM), Errno::Noent);
    }
}

#[test]
fn times_are_set_by_descriptor() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    for path in ["a", "d"] {
        let fd = guest.open(path, 0, READ_ONLY).expect("it opens");
        let (a, m) = (1_000_000_000, 2_000_000_003_000);
        guest.ok("fd_filestat_set_times", &[fd, a, m, ATIM | MTIM]);
        assert_eq!(times(&mut guest, 0, path), (a, m));
        guest.ok("fd_filestat_set_times", &[fd, 0, 5_000, MTIM]);
        assert_eq!(times(&mut guest, 0, path), (a, 5_000));
        guest.ok("fd_filestat_set_times", &[fd, 9, 9, 0]);
        assert_eq!(times(&mut guest, 0, path), (a, 5_000));
        guest.ok("fd_filestat_set_times", &[fd, 0, 0, ATIM_NOW]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
        let (accessed, modified) = times(&mut guest, 0, path);
        assert!(now.as_nanos() as u64 - accessed < 60_000_000_000);
        assert_eq!(modified, 5_000);
        for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 16] {
            let arguments = [fd, 1, 1, flags];
            assert_eq!(guest.call("fd_filestat_set_times", &arguments), Errno::Inval);
        }
    }
}

#[test]
#[cfg(unix)]
fn times_are_set_by_path_or_of_the_link() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert_eq!(symlink(&mut guest, "a", "s"), Errno::Success);
    assert_eq!(set(&mut guest, FOLLOW, "s", 1_000, 2_000, ATIM | MTIM), Errno::Success);
    assert_eq!(times(&mut guest, 0, "a"), (1_000, 2_000));
    assert_eq!(times(&mut guest, FOLLOW, "s"), (1_000, 2_000));
    assert_ne!(times(&mut guest, 0, "s").1, 2_000);
    assert_eq!(set(&mut guest, 0, "s", 3_000, 4_000, ATIM | MTIM), Errno::Success);
    assert_eq!(times(&mut guest, 0, "s").1, 4_000);
    assert_eq!(times(&mut guest, 0, "a"), (1_000, 2_000));
    assert_eq!(set(&mut guest, 2, "a", 1, 1, ATIM), Errno::Inval);
}

#[test]
fn now_is_the_time_of_the_guest() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut guest = guest(|builder| builder.preopened_dir(directory.path(), "/").deterministic(1));
    guest.create("a", b"");
    assert_eq!(set(&mut guest, 0, "a", 0, 0, MTIM_NOW), Errno::Success);
    let year_2000 = 946_684_800_000_000_000;
    assert!((year_2000..year_2000 + 1_000_000_000).contains(&times(&mut guest, 0, "a").1));
}
