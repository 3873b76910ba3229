//! A slash at the end of a path: what is there must be a directory.

use crate::guest::*;
use crate::links::symlink;
use tablature_wasi::Errno;

fn stat(guest: &mut Guest, lookup: u64, path: &str) -> Result<u8, Errno> {
    let [path, len] = guest.path(0, path);
    match guest.call("path_filestat_get", &[ROOT, lookup, path, len, OUT]) {
        Errno::Success => Ok(guest.u8(OUT + 16)),
        errno => Err(errno),
    }
}

#[test]
fn files_have_none() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"1");
    for path in ["a/", "a/.", "a//", "a/./", "a/.."] {
        for oflags in [0, CREAT, TRUNC] {
            let opened = guest.open(path, oflags, READ_ONLY);
            assert_eq!(opened, Err(Errno::Notdir), "{path} {oflags}");
        }
        for lookup in [0, FOLLOW] {
            assert_eq!(stat(&mut guest, lookup, path), Err(Errno::Notdir), "{path}");
            let [at, len] = guest.path(0, path);
            let times = [ROOT, lookup, at, len, 0, 0, 5];
            assert_eq!(guest.call("path_filestat_set_times", &times), Errno::Notdir, "{path}");
        }
        assert_eq!(guest.at("path_unlink_file", path), Errno::Notdir, "{path}");
        assert_eq!(guest.at("path_remove_directory", path), Errno::Notdir, "{path}");
    }
    assert_eq!(guest.content("a"), Ok(b"1".to_vec()));
}

#[test]
fn directories_may_have_some() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(guest.at("path_create_directory", "d//"), Errno::Success);
    for path in ["d/", "d//", "d/.", "./d/./"] {
        for oflags in [0, DIRECTORY] {
            assert!(guest.open(path, oflags, READ_ONLY).is_ok(), "{path}");
        }
        assert_eq!(stat(&mut guest, 0, path), Ok(3));
        assert_eq!(stat(&mut guest, FOLLOW, path), Ok(3));
        assert_eq!(guest.open(path, CREAT, READ_WRITE), Err(Errno::Isdir), "{path}");
    }
    assert_eq!(guest.at("path_unlink_file", "d/"), Errno::Isdir);
    assert_eq!(guest.at("path_remove_directory", "d/"), Errno::Success);
}

#[test]
fn nothing_is_created_with_one() {
    let (directory, mut guest) = guest_with_directory();
    for oflags in [CREAT, CREAT | EXCL, CREAT | TRUNC] {
        assert_eq!(guest.open("new/", oflags, READ_WRITE), Err(Errno::Isdir));
        assert_eq!(guest.open("new/", oflags, READ_ONLY), Err(Errno::Isdir));
    }
    assert_eq!(guest.open("new/", 0, READ_WRITE), Err(Errno::Noent));
    let names = std::fs::read_dir(directory.path()).expect("it is there").count();
    assert_eq!(names, 0);
}

#[test]
#[cfg(unix)]
fn links_with_one_are_followed() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"1");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    assert_eq!(symlink(&mut guest, "d", "to-d"), Errno::Success);
    assert_eq!(symlink(&mut guest, "a", "to-a"), Errno::Success);
    assert_eq!(stat(&mut guest, 0, "to-d"), Ok(7));
    assert_eq!(stat(&mut guest, 0, "to-d/"), Ok(3));
    assert_eq!(stat(&mut guest, 0, "to-a/"), Err(Errno::Notdir));
    assert_eq!(guest.at("path_unlink_file", "to-a/"), Errno::Notdir);
    assert_ne!(guest.at("path_unlink_file", "to-d/"), Errno::Success);
    assert_eq!(guest.at("path_remove_directory", "to-d/"), Errno::Notdir);
    let [at, len] = guest.path(0, "to-d/");
    assert_eq!(guest.call("path_readlink", &[ROOT, at, len, DATA, 10, OUT]), Errno::Inval);
}

#[test]
#[cfg(unix)]
fn links_are_not_made_with_one() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"1");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    for (path, errno) in [
        ("new/", Errno::Noent),
        ("a/", Errno::Notdir),
        ("d/", Errno::Exist),
        ("d/.", Errno::Exist),
        ("../x/", Errno::Perm),
    ] {
        assert_eq!(symlink(&mut guest, "a", path), errno, "{path}");
        let [from, from_len] = guest.path(0, "a");
        let [to, to_len] = guest.path(1, path);
        let link = [ROOT, 0, from, from_len, ROOT, to, to_len];
        assert_eq!(guest.call("path_link", &link), errno, "{path}");
    }
}
