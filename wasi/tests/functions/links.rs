//! Hard and symbolic links.

use crate::guest::*;
use tablature_wasi::Errno;

pub fn symlink(guest: &mut Guest, target: &str, path: &str) -> Errno {
    let [target, target_len] = guest.path(0, target);
    let [path, len] = guest.path(1, path);
    guest.call("path_symlink", &[target, target_len, ROOT, path, len])
}

fn link(guest: &mut Guest, flags: u64, from: &str, to: &str) -> Errno {
    let [from, from_len] = guest.path(0, from);
    let [to, to_len] = guest.path(1, to);
    guest.call("path_link", &[ROOT, flags, from, from_len, ROOT, to, to_len])
}

fn readlink(guest: &mut Guest, path: &str, len: u64) -> Result<String, Errno> {
    let [path, path_len] = guest.path(0, path);
    match guest.call("path_readlink", &[ROOT, path, path_len, DATA, len, OUT]) {
        Errno::Success => {
            let target = guest.bytes(DATA, u64::from(guest.u32(OUT)));
            Ok(String::from_utf8(target).expect("UTF-8"))
        }
        errno => Err(errno),
    }
}

/// The kind, the number of links and the size of a path.
fn stat(guest: &mut Guest, lookup: u64, path: &str) -> Result<(u8, u64, u64), Errno> {
    let [path, len] = guest.path(0, path);
    match guest.call("path_filestat_get", &[ROOT, lookup, path, len, OUT]) {
        Errno::Success => Ok((guest.u8(OUT + 16), guest.u64(OUT + 24), guest.u64(OUT + 32))),
        errno => Err(errno),
    }
}

#[test]
fn hard_links_are_further_names() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert_eq!(link(&mut guest, 0, "a", "b"), Errno::Success);
    assert_eq!(stat(&mut guest, 0, "b"), Ok((4, 2, 5)));
    assert_eq!(guest.at("path_unlink_file", "a"), Errno::Success);
    assert_eq!(guest.content("b"), Ok(b"12345".to_vec()));
    assert_eq!(link(&mut guest, 0, "a", "c"), Errno::Noent);
    assert_eq!(link(&mut guest, 0, "b", "b"), Errno::Exist);
    assert_eq!(link(&mut guest, 0, "b", "c/"), Errno::Noent);
    assert_eq!(link(&mut guest, 0, "b/", "c"), Errno::Notdir);
    assert_eq!(link(&mut guest, 2, "b", "c"), Errno::Inval);
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    assert!([Errno::Perm, Errno::Acces].contains(&link(&mut guest, 0, "d", "e")));
}

#[test]
#[cfg(unix)]
fn hard_links_of_links() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert_eq!(symlink(&mut guest, "a", "s"), Errno::Success);
    assert_eq!(link(&mut guest, 0, "s", "t"), Errno::Success);
    assert_eq!(readlink(&mut guest, "t", 10), Ok("a".to_owned()));
    assert_eq!(link(&mut guest, FOLLOW, "s", "u"), Errno::Success);
    assert_eq!(readlink(&mut guest, "u", 10), Err(Errno::Inval));
    assert_eq!(stat(&mut guest, 0, "u"), Ok((4, 2, 5)));
}

#[test]
#[cfg(unix)]
fn symbolic_links_are_followed_when_asked_for() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    assert_eq!(symlink(&mut guest, "../a", "d/s"), Errno::Success);
    assert_eq!(stat(&mut guest, FOLLOW, "d/s"), Ok((4, 1, 5)));
    assert_eq!(stat(&mut guest, 0, "d/s"), Ok((7, 1, 4)));
    assert_eq!(guest.open("d/s", 0, READ_ONLY), Err(Errno::Loop));
    let fd = guest.open_at(ROOT, "d/s", FOLLOW, 0, READ_ONLY, 0).expect("it opens");
    assert_eq!(guest.read(fd, 10), Ok(b"12345".to_vec()));
    // Links on the way are always followed; the flag is for the last.
    assert_eq!(symlink(&mut guest, "d", "e"), Errno::Success);
    assert_eq!(stat(&mut guest, FOLLOW, "e/s"), Ok((4, 1, 5)));
    assert!([Errno::Loop, Errno::Notdir].map(Err).contains(&guest.open("e", DIRECTORY, READ_ONLY)));
    assert!(guest.open_at(ROOT, "e", FOLLOW, DIRECTORY, READ_ONLY, 0).is_ok());
    assert_eq!(stat(&mut guest, 2, "a"), Err(Errno::Inval));
}

#[test]
#[cfg(unix)]
fn symbolic_links_are_made_and_read() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(symlink(&mut guest, "no/such/file", "s"), Errno::Success);
    assert_eq!(readlink(&mut guest, "s", 100), Ok("no/such/file".to_owned()));
    assert_eq!(readlink(&mut guest, "s", 4), Ok("no/s".to_owned()));
    assert_eq!(readlink(&mut guest, "s", 0), Ok(String::new()));
    assert_eq!(symlink(&mut guest, "x", "s"), Errno::Exist);
    assert_eq!(symlink(&mut guest, "", "t"), Errno::Noent);
    assert_eq!(symlink(&mut guest, "x", "t/"), Errno::Noent);
    assert_eq!(readlink(&mut guest, "no", 10), Err(Errno::Noent));
    assert_eq!(readlink(&mut guest, ".", 10), Err(Errno::Inval));
    assert_eq!(stat(&mut guest, FOLLOW, "s"), Err(Errno::Noent));
    assert_eq!(guest.at("path_remove_directory", "s"), Errno::Notdir);
    assert_eq!(guest.at("path_unlink_file", "s"), Errno::Success);
}

#[test]
#[cfg(unix)]
fn links_in_a_circle_end() {
    let (_directory, mut guest) = guest_with_directory();
    assert_eq!(symlink(&mut guest, "b", "a"), Errno::Success);
    assert_eq!(symlink(&mut guest, "a", "b"), Errno::Success);
    assert_eq!(symlink(&mut guest, "self", "self"), Errno::Success);
    for path in ["a", "b", "self", "a/x", "self/self"] {
        assert_eq!(stat(&mut guest, FOLLOW, path), Err(Errno::Loop), "{path}");
        let opened = guest.open_at(ROOT, path, FOLLOW, CREAT, READ_WRITE, 0);
        assert_eq!(opened, Err(Errno::Loop), "{path}");
    }
}
