//! Opening paths: what is created, what is refused, what read-only directories allow.

use crate::guest::*;
use std::fs;
use tablature_wasi::Errno;

#[test]
fn files_are_created_when_asked_for() {
    let (directory, mut guest) = guest_with_directory();
    assert_eq!(guest.open("a", 0, READ_ONLY), Err(Errno::Noent));
    assert!(guest.open("a", CREAT, READ_ONLY).is_ok());
    assert!(directory.path().join("a").is_file());
    assert!(guest.open("a", CREAT, READ_ONLY).is_ok());
    assert_eq!(guest.open("a", CREAT | EXCL, READ_ONLY), Err(Errno::Exist));
    assert!(guest.open("b", CREAT | EXCL, READ_WRITE).is_ok());
    assert_eq!(guest.open("no/a", CREAT, READ_WRITE), Err(Errno::Noent));
    assert_eq!(guest.open("a/b", CREAT, READ_WRITE), Err(Errno::Notdir));
}

#[test]
fn files_are_truncated_when_asked_for() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert!(guest.open("a", CREAT, READ_WRITE).is_ok());
    assert_eq!(guest.content("a"), Ok(b"12345".to_vec()));
    assert!(guest.open("a", TRUNC, READ_WRITE).is_ok());
    assert_eq!(guest.content("a"), Ok(Vec::new()));
    guest.create("a", b"12345");
    let fd = guest.open("a", TRUNC, READ_ONLY).expect("it opens");
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Badf));
    assert_eq!(guest.content("a"), Ok(Vec::new()));
}

#[test]
fn directories_open_with_and_without_the_flag() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    for oflags in [0, DIRECTORY] {
        let fd = guest.open("d", oflags, READ_ONLY).expect("it opens");
        assert_eq!(guest.fdstat(fd).0, 3);
        let file = guest.open_at(fd, "a", 0, CREAT, READ_WRITE, 0).expect("it opens");
        guest.write(file, b"x").expect("it writes");
        guest.ok("fd_readdir", &[fd, DATA, 1000, 0, OUT]);
        guest.ok("fd_sync", &[fd]);
    }
    assert_eq!(guest.open("d", 0, READ_WRITE), Err(Errno::Isdir));
    assert_eq!(guest.open("d", DIRECTORY, READ_WRITE), Err(Errno::Isdir));
    assert_eq!(guest.open("d", CREAT, READ_WRITE), Err(Errno::Isdir));
    assert_eq!(guest.open("d/a", DIRECTORY, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.open("e", DIRECTORY, READ_ONLY), Err(Errno::Noent));
}

#[test]
fn flags_must_make_sense() {
    let (_directory, mut guest) = guest_with_directory();
    for oflags in [DIRECTORY | CREAT, DIRECTORY | EXCL, DIRECTORY | TRUNC, 16, 1 << 31] {
        assert_eq!(guest.open("d", oflags, READ_ONLY), Err(Errno::Inval));
    }
    assert_eq!(guest.open_at(ROOT, "d", 2, 0, READ_ONLY, 0), Err(Errno::Inval));
    assert_eq!(guest.open_at(ROOT, "d", 0, 0, READ_ONLY, 32), Err(Errno::Inval));
}

#[test]
fn a_file_is_no_directory_to_open_from() {
    let (_directory, mut guest) = guest_with_directory();
    let fd = guest.open("a", CREAT, READ_WRITE).expect("it opens");
    assert_eq!(guest.open_at(fd, "b", 0, CREAT, READ_WRITE, 0), Err(Errno::Notdir));
    assert_eq!(guest.open_at(0, "b", 0, CREAT, READ_WRITE, 0), Err(Errno::Notdir));
}

#[test]
fn trailing_slashes_are_for_directories() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"1");
    assert_eq!(guest.at("path_create_directory", "d/"), Errno::Success);
    assert!(guest.open("d/", 0, READ_ONLY).is_ok());
    assert!(guest.open("d/", DIRECTORY, READ_ONLY).is_ok());
    assert!(guest.open("d//.///", DIRECTORY, READ_ONLY).is_ok());
    assert_eq!(guest.open("a/", 0, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.open("a/.", 0, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.open("new/", CREAT, READ_WRITE), Err(Errno::Isdir));
    assert_eq!(guest.at("path_unlink_file", "a/"), Errno::Notdir);
    assert_eq!(guest.at("path_remove_directory", "d/"), Errno::Success);
}

#[test]
fn paths_must_be_paths() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(guest.open("", CREAT, READ_WRITE), Err(Errno::Noent));
    assert_eq!(guest.open(b"a\xff", CREAT, READ_WRITE), Err(Errno::Ilseq));
    assert_eq!(guest.open("a\0b", CREAT, READ_WRITE), Err(Errno::Inval));
    assert_eq!(guest.open("a".repeat(300), CREAT, READ_WRITE), Err(Errno::Nametoolong));
    assert_eq!(guest.open("a/".repeat(2100), 0, READ_ONLY), Err(Errno::Nametoolong));
    assert!(guest.open("häß 🦀\n", CREAT, READ_WRITE).is_ok());
}

#[test]
fn read_only_directories_are_like_read_only_file_systems() {
    let directory = tempfile::tempdir().expect("a directory can be made");
    fs::write(directory.path().join("a"), "12345").expect("it writes");
    fs::create_dir(directory.path().join("d")).expect("it can be made");
    let mut guest = guest(|builder| builder.preopened_dir_read_only(directory.path(), "/"));
    assert_eq!(guest.content("a"), Ok(b"12345".to_vec()));
    assert_eq!(guest.open("a", 0, READ_WRITE), Err(Errno::Rofs));
    assert_eq!(guest.open("a", TRUNC, READ_ONLY), Err(Errno::Rofs));
    assert_eq!(guest.open("b", CREAT, READ_ONLY), Err(Errno::Rofs));
    assert_eq!(guest.open("a", CREAT | EXCL, READ_ONLY), Err(Errno::Exist));
    let fd = guest.open("a", CREAT, READ_ONLY).expect("it is there already");
    assert_eq!(guest.call("fd_filestat_set_size", &[fd, 0]), Errno::Badf);
    assert_eq!(guest.call("fd_filestat_set_times", &[fd, 0, 0, 2]), Errno::Rofs);
    assert_eq!(guest.call("fd_filestat_set_times", &[ROOT, 0, 0, 2]), Errno::Rofs);
    let [a, a_len] = guest.path(0, "a");
    let [b, b_len] = guest.path(1, "b");
    for (name, arguments) in [
        ("path_create_directory", &[ROOT, b, b_len][..]),
        ("path_filestat_set_times", &[ROOT, 0, a, a_len, 0, 0, 2]),
        ("path_link", &[ROOT, 0, a, a_len, ROOT, b, b_len]),
        ("path_rename", &[ROOT, a, a_len, ROOT, b, b_len]),
        ("path_remove_directory", &[ROOT, a, a_len]),
        ("path_symlink", &[a, a_len, ROOT, b, b_len]),
        ("path_unlink_file", &[ROOT, a, a_len]),
    ] {
        assert_eq!(guest.call(name, arguments), Errno::Rofs, "{name}");
    }
    // What is opened from it is read-only, too.
    for path in ["d", "d/.", "."] {
        let fd = guest.open(path, DIRECTORY, READ_ONLY).expect("it opens");
        assert_eq!(guest.open_at(fd, "new", 0, CREAT, READ_WRITE, 0), Err(Errno::Rofs));
    }
    let names: Vec<_> = fs::read_dir(directory.path()).expect("it is there").collect();
    assert_eq!(names.len(), 2);
}

#[test]
#[cfg(unix)]
fn a_file_without_write_permission_can_be_opened_with_create() {
    use std::os::unix::fs::PermissionsExt;
    let (directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let read_only = fs::Permissions::from_mode(0o444);
    fs::set_permissions(directory.path().join("a"), read_only).expect("it is ours");
    assert!(guest.open("a", CREAT, READ_ONLY).is_ok());
}
