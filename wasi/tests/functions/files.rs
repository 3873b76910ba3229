//! Reading, writing, seeking, sizes.

use crate::guest::*;
use tablature_wasi::Errno;

const SET: u64 = 0;
const CUR: u64 = 1;
const END: u64 = 2;

fn seek(guest: &mut Guest, fd: u64, offset: i64, whence: u64) -> Result<u64, Errno> {
    match guest.call("fd_seek", &[fd, offset as u64, whence, OUT]) {
        Errno::Success => Ok(guest.u64(OUT)),
        errno => Err(errno),
    }
}

fn size(guest: &mut Guest, fd: u64) -> u64 {
    guest.ok("fd_filestat_get", &[fd, OUT]);
    guest.u64(OUT + 32)
}

#[test]
fn what_is_written_can_be_read() {
    let (directory, mut guest) = guest_with_directory();
    let fd = guest.open("a", CREAT, READ_WRITE).expect("it opens");
    assert_eq!(guest.write(fd, b"hello"), Ok(5));
    assert_eq!(guest.read(fd, 10), Ok(Vec::new()));
    assert_eq!(seek(&mut guest, fd, 1, SET), Ok(1));
    assert_eq!(guest.read(fd, 10), Ok(b"ello".to_vec()));
    assert_eq!(std::fs::read(directory.path().join("a")).ok(), Some(b"hello".to_vec()));
}

#[test]
fn seeking_is_relative_to_three_places() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    assert_eq!(seek(&mut guest, fd, 4, SET), Ok(4));
    assert_eq!(seek(&mut guest, fd, -1, CUR), Ok(3));
    guest.ok("fd_tell", &[fd, OUT]);
    assert_eq!(guest.u64(OUT), 3);
    assert_eq!(seek(&mut guest, fd, -2, END), Ok(8));
    assert_eq!(seek(&mut guest, fd, 5, END), Ok(15));
    assert_eq!(guest.read(fd, 1), Ok(Vec::new()));
    for (offset, whence) in [(-1, SET), (-16, CUR), (-11, END), (0, 3), (i64::MIN, END), (0, 256)] {
        assert_eq!(seek(&mut guest, fd, offset, whence), Err(Errno::Inval), "{offset} {whence}");
    }
    assert_eq!(seek(&mut guest, fd, 0, CUR), Ok(15));
    assert_eq!(seek(&mut guest, ROOT, 0, SET), Err(Errno::Badf));
    assert_eq!(guest.call("fd_tell", &[ROOT, OUT]), Errno::Badf);
}

#[test]
fn reading_and_writing_at_a_place_leave_the_position() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    assert_eq!(seek(&mut guest, fd, 2, SET), Ok(2));
    let [list, count] = guest.list(4);
    guest.ok("fd_pread", &[fd, list, count, 7, OUT]);
    assert_eq!(guest.u32(OUT), 3);
    assert_eq!(guest.bytes(DATA, 3), b"789");
    guest.put(DATA, b"abcd");
    guest.ok("fd_pwrite", &[fd, list, count, 8, OUT]);
    assert_eq!(guest.u32(OUT), 4);
    assert_eq!(seek(&mut guest, fd, 0, CUR), Ok(2));
    assert_eq!(guest.content("a"), Ok(b"01234567abcd".to_vec()));
    for place in [u64::MAX, i64::MAX as u64 - 3] {
        assert_eq!(guest.call("fd_pread", &[fd, list, count, place, OUT]), Errno::Inval);
        assert_eq!(guest.call("fd_pwrite", &[fd, list, count, place, OUT]), Errno::Inval);
    }
}

#[test]
fn long_reads_and_writes_are_complete() {
    let (_directory, mut guest) = guest_with_directory();
    let bytes: Vec<u8> = (0..150_000u32).map(|n| (n % 253) as u8).collect();
    let fd = guest.open("a", CREAT, READ_WRITE).expect("it opens");
    assert_eq!(guest.write(fd, &bytes), Ok(150_000));
    assert_eq!(seek(&mut guest, fd, 0, SET), Ok(0));
    assert_eq!(guest.read(fd, 200_000), Ok(bytes.clone()));
    let [list, count] = guest.list(150_000);
    guest.put(DATA, &vec![0; 150_000]);
    guest.ok("fd_pread", &[fd, list, count, 0, OUT]);
    assert_eq!(guest.bytes(DATA, 150_000), bytes);
}

#[test]
fn files_are_opened_for_something() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let reader = guest.open("a", 0, READ_ONLY).expect("it opens");
    assert_eq!(guest.write(reader, b"x"), Err(Errno::Badf));
    assert_eq!(guest.call("fd_filestat_set_size", &[reader, 0]), Errno::Badf);
    assert_eq!(guest.call("fd_allocate", &[reader, 0, 100]), Errno::Badf);
    let writer = guest.open("a", 0, ALL_RIGHTS & !FD_READ).expect("it opens");
    assert_eq!(guest.read(writer, 1), Err(Errno::Badf));
    let [list, count] = guest.list(1);
    assert_eq!(guest.call("fd_pread", &[writer, list, count, 0, OUT]), Errno::Badf);
    assert_eq!(guest.call("fd_pwrite", &[reader, list, count, 0, OUT]), Errno::Badf);
    let nothing = guest.open("a", 0, 0).expect("it opens");
    assert_eq!(guest.read(nothing, 1), Err(Errno::Badf));
    assert_eq!(guest.write(nothing, b"x"), Err(Errno::Badf));
    assert_eq!(guest.content("a"), Ok(b"12345".to_vec()));
}

#[test]
fn directories_are_not_read_like_files() {
    let (_directory, mut guest) = guest_with_directory();
    let [list, count] = guest.list(1);
    assert_eq!(guest.read(ROOT, 1), Err(Errno::Isdir));
    assert_eq!(guest.call("fd_pread", &[ROOT, list, count, 0, OUT]), Errno::Isdir);
    assert_eq!(guest.write(ROOT, b"x"), Err(Errno::Badf));
    assert_eq!(guest.call("fd_pwrite", &[ROOT, list, count, 0, OUT]), Errno::Badf);
    assert_eq!(guest.call("fd_advise", &[ROOT, 0, 0, 0]), Errno::Badf);
    assert_eq!(guest.call("fd_allocate", &[ROOT, 0, 1]), Errno::Badf);
    assert_eq!(guest.call("fd_filestat_set_size", &[ROOT, 1]), Errno::Badf);
}

#[test]
fn sizes_can_be_set() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    guest.ok("fd_filestat_set_size", &[fd, 3]);
    assert_eq!(guest.content("a"), Ok(b"012".to_vec()));
    guest.ok("fd_filestat_set_size", &[fd, 5]);
    assert_eq!(guest.content("a"), Ok(b"012\0\0".to_vec()));
    for size in [u64::MAX, 1 << 63] {
        assert_eq!(guest.call("fd_filestat_set_size", &[fd, size]), Errno::Inval);
    }
}

#[test]
fn allocating_never_shortens() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    guest.ok("fd_allocate", &[fd, 2, 3]);
    assert_eq!(size(&mut guest, fd), 10);
    guest.ok("fd_allocate", &[fd, 10, 90]);
    assert_eq!(size(&mut guest, fd), 100);
    for (offset, len) in [(0, 0), (u64::MAX, 1), (1, u64::MAX), (i64::MAX as u64, 1)] {
        assert_eq!(guest.call("fd_allocate", &[fd, offset, len]), Errno::Inval);
    }
}

#[test]
fn advice_is_taken() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    for advice in 0..6 {
        guest.ok("fd_advise", &[fd, 0, 10, advice]);
    }
    assert_eq!(guest.call("fd_advise", &[fd, 0, 10, 6]), Errno::Inval);
    assert_eq!(guest.call("fd_advise", &[fd, u64::MAX, 10, 0]), Errno::Inval);
}

#[test]
fn files_and_directories_are_synchronised() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"0123456789");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    let file = guest.open("a", 0, READ_WRITE).expect("it opens");
    let directory = guest.open("d", DIRECTORY, READ_ONLY).expect("it opens");
    for fd in [file, directory, ROOT] {
        guest.ok("fd_sync", &[fd]);
        guest.ok("fd_datasync", &[fd]);
    }
    let synchronous = guest.open_at(ROOT, "a", 0, 0, READ_WRITE, 2 | 8 | 16).expect("it opens");
    assert_eq!(guest.fdstat(synchronous).1, 2 | 8 | 16);
    assert_eq!(guest.write(synchronous, b"x"), Ok(1));
}

#[test]
fn appending_goes_to_the_end() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"123");
    let fd = guest.open_at(ROOT, "a", 0, 0, READ_WRITE, APPEND).expect("it opens");
    assert_eq!(seek(&mut guest, fd, 0, SET), Ok(0));
    assert_eq!(guest.write(fd, b"45"), Ok(2));
    assert_eq!(seek(&mut guest, fd, 0, CUR), Ok(5));
    assert_eq!(guest.content("a"), Ok(b"12345".to_vec()));
    // Beginning anew and appending go together.
    let fd = guest.open_at(ROOT, "a", 0, TRUNC, READ_WRITE, APPEND).expect("it opens");
    assert_eq!(guest.write(fd, b"x"), Ok(1));
    assert_eq!(guest.content("a"), Ok(b"x".to_vec()));
}
