//! The table of descriptors: numbers, flags, rights, and which are preopened.

use crate::guest::*;
use tablature_wasi::{Errno, WasiCtx};

#[test]
fn preopened_directories_have_names() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut guest = guest(|builder| {
        builder.preopened_dir(directory.path(), "/").preopened_dir_read_only(directory.path(), "names/ü")
    });
    guest.ok("fd_prestat_get", &[3, OUT]);
    assert_eq!((guest.u8(OUT), guest.u32(OUT + 4)), (0, 1));
    guest.ok("fd_prestat_get", &[4, OUT]);
    assert_eq!((guest.u8(OUT), guest.u32(OUT + 4)), (0, 8));
    guest.ok("fd_prestat_dir_name", &[4, DATA, 8]);
    assert_eq!(guest.bytes(DATA, 9), "names/ü\0".as_bytes());
    assert_eq!(guest.call("fd_prestat_dir_name", &[4, DATA, 7]), Errno::Nametoolong);
    for fd in [5, u64::from(u32::MAX)] {
        assert_eq!(guest.call("fd_prestat_get", &[fd, OUT]), Errno::Badf);
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, DATA, 8]), Errno::Badf);
    }
}

#[test]
fn opened_directories_are_not_preopened() {
    let (_directory, mut guest) = guest_with_directory();
    let fd = guest.open(".", DIRECTORY, READ_ONLY).expect("it opens");
    assert_eq!(guest.call("fd_prestat_get", &[fd, OUT]), Errno::Badf);
}

#[test]
fn missing_directories_are_errors_of_the_builder() {
    let error = WasiCtx::builder().preopened_dir("/no/such/directory", "/").build();
    let error = error.map(drop).expect_err("there is none");
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert!(error.to_string().contains("/no/such/directory"));
}

#[test]
fn the_lowest_number_is_taken() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(guest.open("a", CREAT, READ_WRITE), Ok(4));
    assert_eq!(guest.open("a", 0, READ_WRITE), Ok(5));
    guest.ok("fd_close", &[4]);
    guest.ok("fd_close", &[0]);
    assert_eq!(guest.open("a", 0, READ_WRITE), Ok(0));
    assert_eq!(guest.open("a", 0, READ_WRITE), Ok(4));
}

#[test]
fn closed_and_unknown_numbers_are_bad() {
    let mut guest = poor_guest();
    for fd in [3, 1000, u64::from(u32::MAX)] {
        assert_eq!(guest.call("fd_close", &[fd]), Errno::Badf);
        assert_eq!(guest.call("fd_fdstat_get", &[fd, OUT]), Errno::Badf);
        assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 0]), Errno::Badf);
        assert_eq!(guest.call("fd_fdstat_set_rights", &[fd, 0, 0]), Errno::Badf);
        assert_eq!(guest.call("fd_sync", &[fd]), Errno::Badf);
        assert_eq!(guest.call("fd_datasync", &[fd]), Errno::Badf);
        assert_eq!(guest.call("fd_tell", &[fd, OUT]), Errno::Badf);
        assert_eq!(guest.read(fd, 1), Err(Errno::Badf));
        assert_eq!(guest.write(fd, b"x"), Err(Errno::Badf));
        assert_eq!(guest.call("fd_renumber", &[fd, 0]), Errno::Badf);
        assert_eq!(guest.call("fd_renumber", &[0, fd]), Errno::Badf);
        assert_eq!(guest.open_at(fd, "a", 0, 0, READ_ONLY, 0), Err(Errno::Badf));
    }
}

#[test]
fn renumbering_closes_the_target() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"of a");
    guest.create("b", b"of b");
    let a = guest.open("a", 0, READ_ONLY).expect("it opens");
    let b = guest.open("b", 0, READ_ONLY).expect("it opens");
    guest.ok("fd_renumber", &[a, a]);
    guest.ok("fd_renumber", &[a, b]);
    assert_eq!(guest.read(b, 10), Ok(b"of a".to_vec()));
    assert_eq!(guest.read(a, 10), Err(Errno::Badf));
}

#[test]
fn the_number_of_descriptors_is_limited() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let mut guest = guest(|builder| builder.preopened_dir(directory.path(), "/").max_descriptors(6));
    assert_eq!(guest.open("a", CREAT, READ_WRITE), Ok(4));
    assert_eq!(guest.open("a", 0, READ_WRITE), Ok(5));
    assert_eq!(guest.open("b", CREAT, READ_WRITE), Err(Errno::Mfile));
    assert!(!directory.path().join("b").exists());
    assert!(WasiCtx::builder().max_descriptors(2).build().is_err());
}

#[test]
fn kinds_are_told() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"");
    let file = guest.open("a", 0, READ_ONLY).expect("it opens");
    assert_eq!(guest.fdstat(ROOT).0, 3);
    assert_eq!(guest.fdstat(file).0, 4);
}

#[test]
fn flags_can_be_changed() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let fd = guest.open_at(ROOT, "a", 0, 0, READ_WRITE, APPEND).expect("it opens");
    assert_eq!(guest.fdstat(fd).1, APPEND as u16);
    guest.write(fd, b"6").expect("it writes");
    guest.ok("fd_fdstat_set_flags", &[fd, 0]);
    guest.ok("fd_seek", &[fd, 0, 0, OUT]);
    guest.write(fd, b"x").expect("it writes");
    guest.ok("fd_fdstat_set_flags", &[fd, APPEND]);
    guest.write(fd, b"7").expect("it writes");
    assert_eq!(guest.content("a"), Ok(b"x234567".to_vec()));
    // DSYNC is fixed when a file is opened; the last is no flag.
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 2]), Errno::Notsup);
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd, 32]), Errno::Inval);
}

#[test]
fn rights_can_only_be_given_up() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let fd = guest.open("a", 0, READ_WRITE).expect("it opens");
    let (_, _, rights, inheriting) = guest.fdstat(fd);
    assert_eq!(rights & FD_WRITE, FD_WRITE);
    guest.ok("fd_fdstat_set_rights", &[fd, rights & !FD_WRITE, inheriting]);
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Notcapable));
    let list = guest.list(1);
    let pwrite = [fd, list[0], list[1], 0, OUT];
    assert_eq!(guest.call("fd_pwrite", &pwrite), Errno::Notcapable);
    let again = [fd, rights, inheriting];
    assert_eq!(guest.call("fd_fdstat_set_rights", &again), Errno::Notcapable);
    // Who may seek may also tell.
    guest.ok("fd_fdstat_set_rights", &[fd, FD_SEEK, 0]);
    guest.ok("fd_tell", &[fd, OUT]);
    guest.ok("fd_fdstat_set_rights", &[fd, 0, 0]);
    assert_eq!(guest.read(fd, 1), Err(Errno::Notcapable));
    for (name, arguments) in [
        ("fd_seek", &[fd, 0, 0, OUT][..]),
        ("fd_tell", &[fd, OUT]),
        ("fd_advise", &[fd, 0, 0, 0]),
        ("fd_allocate", &[fd, 0, 10]),
        ("fd_sync", &[fd]),
        ("fd_datasync", &[fd]),
        ("fd_filestat_get", &[fd, OUT]),
        ("fd_filestat_set_size", &[fd, 0]),
        ("fd_filestat_set_times", &[fd, 0, 0, 0]),
        ("fd_fdstat_set_flags", &[fd, 0]),
    ] {
        assert_eq!(guest.call(name, arguments), Errno::Notcapable, "{name}");
    }
}

#[test]
fn directories_hand_their_rights_on() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let (_, _, rights, inheriting) = guest.fdstat(ROOT);
    guest.ok("fd_fdstat_set_rights", &[ROOT, rights, inheriting & !FD_WRITE]);
    assert_eq!(guest.open("a", 0, READ_WRITE), Err(Errno::Notcapable));
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    assert_eq!(guest.fdstat(fd).2 & FD_WRITE, 0);
    guest.ok("fd_fdstat_set_rights", &[ROOT, 0, 0]);
    for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
        assert_eq!(guest.at(name, "a"), Errno::Notcapable);
    }
    assert_eq!(guest.open("a", 0, READ_ONLY), Err(Errno::Notcapable));
    assert_eq!(guest.call("fd_readdir", &[ROOT, DATA, 100, 0, OUT]), Errno::Notcapable);
}
