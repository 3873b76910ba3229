//! Listing, making, removing and renaming.

use crate::guest::*;
use std::fs;
use tablature_wasi::Errno;

/// An entry: where the listing goes on after it, its inode, its kind and its name.
type Entry = (u64, u64, u8, String);

/// Lists a directory through a buffer of this size, like a C library does.
fn list(guest: &mut Guest, fd: u64, buffer: u64) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    loop {
        let cookie = entries.last().map_or(0, |entry| entry.0);
        guest.ok("fd_readdir", &[fd, DATA, buffer, cookie, OUT]);
        let used = u64::from(guest.u32(OUT));
        let mut at = 0;
        while at + 24 <= used {
            let len = u64::from(guest.u32(DATA + at + 16));
            if at + 24 + len > used {
                break;
            }
            let name = String::from_utf8(guest.bytes(DATA + at + 24, len)).expect("UTF-8");
            let [next, inode] = [0, 8].map(|offset| guest.u64(DATA + at + offset));
            entries.push((next, inode, guest.u8(DATA + at + 20), name));
            at += 24 + len;
        }
        if used < buffer {
            return entries;
        }
    }
}

fn names(guest: &mut Guest, fd: u64, buffer: u64) -> Vec<String> {
    list(guest, fd, buffer).into_iter().map(|entry| entry.3).collect()
}

fn two_paths(guest: &mut Guest, name: &str, from: &str, to: &str) -> Errno {
    let [from, from_len] = guest.path(0, from);
    let [to, to_len] = guest.path(1, to);
    guest.call(name, &[ROOT, from, from_len, ROOT, to, to_len])
}

#[test]
fn listing_tells_names_and_kinds() {
    let (directory, mut guest) = guest_with_directory();
    guest.create("file", b"");
    assert_eq!(guest.at("path_create_directory", "dir"), Errno::Success);
    let entries = list(&mut guest, ROOT, 1000);
    let found: Vec<(u8, &str)> = entries.iter().map(|entry| (entry.2, entry.3.as_str())).collect();
    assert_eq!(found, [(3, "."), (3, ".."), (3, "dir"), (4, "file")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let inode = |path| fs::metadata(directory.path().join(path)).expect("it is there").ino();
        assert_eq!(entries[0].1, inode("."));
        assert_eq!(entries[1].1, inode("."), "the parent is not looked at");
        assert_eq!(entries[3].1, inode("file"));
    }
    drop(directory);
}

#[test]
fn listing_goes_on_from_any_cookie() {
    let (_directory, mut guest) = guest_with_directory();
    let mut expected = vec![".".to_owned(), "..".to_owned()];
    for index in 0..200 {
        let name = format!("file-{index:03}-{}", "x".repeat(index % 50));
        guest.create(&name, b"");
        expected.push(name);
    }
    for buffer in [100, 128, 1000, 4096, 0x10000] {
        assert_eq!(names(&mut guest, ROOT, buffer), expected);
    }
    guest.ok("fd_readdir", &[ROOT, DATA, 1000, 201, OUT]);
    assert_eq!(guest.u64(DATA), 202);
    for cookie in [202, 203, u64::MAX] {
        guest.ok("fd_readdir", &[ROOT, DATA, 1000, cookie, OUT]);
        assert_eq!(guest.u32(OUT), 0);
    }
}

#[test]
fn listing_cuts_off_where_the_buffer_ends() {
    let (_directory, mut guest) = guest_with_directory();
    for len in [0, 1, 23, 24, 25, 30] {
        guest.put(DATA, &[0xAA; 64]);
        guest.ok("fd_readdir", &[ROOT, DATA, len, 0, OUT]);
        assert_eq!(u64::from(guest.u32(OUT)), len);
        assert_eq!(guest.bytes(DATA + len, 64 - len), vec![0xAA; 64 - len as usize]);
    }
}

#[test]
fn files_can_be_removed_while_listing() {
    let (_directory, mut guest) = guest_with_directory();
    for index in 0..50 {
        guest.create(&format!("{index:02}"), b"");
    }
    let mut seen = 0;
    let mut cookie = 0;
    loop {
        guest.ok("fd_readdir", &[ROOT, DATA, 26, cookie, OUT]);
        if guest.u32(OUT) < 26 {
            break;
        }
        cookie = guest.u64(DATA);
        let name = guest.bytes(DATA + 24, u64::from(guest.u32(DATA + 16)).min(2));
        if name != b".\0" && name != b"." && name != b".." {
            assert_eq!(guest.at("path_unlink_file", name), Errno::Success);
            seen += 1;
        }
    }
    assert_eq!(seen, 50);
    assert_eq!(names(&mut guest, ROOT, 1000), [".", ".."]);
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8_are_left_out() {
    use std::os::unix::ffi::OsStrExt;
    let (directory, mut guest) = guest_with_directory();
    let name = std::ffi::OsStr::from_bytes(b"bad\xff");
    fs::write(directory.path().join(name), "").expect("it writes");
    guest.create("good", b"");
    assert_eq!(names(&mut guest, ROOT, 1000), [".", "..", "good"]);
}

#[test]
fn files_are_not_listed() {
    let (_directory, mut guest) = guest_with_directory();
    let fd = guest.open("a", CREAT, READ_WRITE).expect("it opens");
    assert_eq!(guest.call("fd_readdir", &[fd, DATA, 100, 0, OUT]), Errno::Notdir);
}

#[test]
fn directories_are_made_and_removed() {
    let (directory, mut guest) = guest_with_directory();
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    assert_eq!(guest.at("path_create_directory", "d/e"), Errno::Success);
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Exist);
    assert_eq!(guest.at("path_create_directory", "x/y"), Errno::Noent);
    assert_eq!(guest.at("path_remove_directory", "d"), Errno::Notempty);
    assert_eq!(guest.at("path_unlink_file", "d/e"), Errno::Isdir);
    assert_eq!(guest.at("path_remove_directory", "d/e"), Errno::Success);
    assert_eq!(guest.at("path_remove_directory", "d/e"), Errno::Noent);
    assert_eq!(guest.at("path_remove_directory", "d"), Errno::Success);
    assert!(!directory.path().join("d").exists());
}

#[test]
fn files_are_unlinked() {
    let (directory, mut guest) = guest_with_directory();
    guest.create("a", b"12345");
    let fd = guest.open("a", 0, READ_ONLY).expect("it opens");
    assert_eq!(guest.at("path_remove_directory", "a"), Errno::Notdir);
    assert_eq!(guest.at("path_unlink_file", "a"), Errno::Success);
    assert_eq!(guest.at("path_unlink_file", "a"), Errno::Noent);
    assert!(!directory.path().join("a").exists());
    #[cfg(unix)]
    assert_eq!(guest.read(fd, 10), Ok(b"12345".to_vec()));
}

#[test]
fn files_and_directories_are_renamed() {
    let (_directory, mut guest) = guest_with_directory();
    guest.create("a", b"of a");
    guest.create("b", b"of b");
    assert_eq!(guest.at("path_create_directory", "d"), Errno::Success);
    assert_eq!(two_paths(&mut guest, "path_rename", "a", "b"), Errno::Success);
    assert_eq!(guest.content("a"), Err(Errno::Noent));
    assert_eq!(guest.content("b"), Ok(b"of a".to_vec()));
    assert_eq!(two_paths(&mut guest, "path_rename", "b", "d/c"), Errno::Success);
    assert_eq!(two_paths(&mut guest, "path_rename", "d", "e/"), Errno::Success);
    assert_eq!(guest.content("e/c"), Ok(b"of a".to_vec()));
    assert_eq!(two_paths(&mut guest, "path_rename", "no", "x"), Errno::Noent);
    assert_eq!(two_paths(&mut guest, "path_rename", "e", "e/f"), Errno::Inval);
    guest.create("a", b"");
    assert_eq!(two_paths(&mut guest, "path_rename", "a", "e"), Errno::Isdir);
    assert_eq!(two_paths(&mut guest, "path_rename", "e", "a"), Errno::Notdir);
    assert_eq!(two_paths(&mut guest, "path_rename", "a", "x/"), Errno::Notdir);
}
