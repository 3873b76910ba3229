//! Nothing leads out of a preopened directory.
//!
//! Each test has a secret beside the guest's directory, tries ways to it, and checks that the world outside is as it
//! was.

use crate::guest::*;
use crate::links::symlink;
use std::fs;
use std::path::PathBuf;
use tablature_wasi::Errno;
use tempfile::TempDir;

/// A guest in `<directory>/inside`, and `<directory>/outside/secret` that it must not reach.
struct Jail {
    directory: TempDir,
    guest: Guest,
}

impl Jail {
    fn new() -> Jail {
        let directory = tempfile::tempdir().expect("a directory can be made");
        for name in ["inside", "inside/sub", "inside/sub/deep", "outside"] {
            fs::create_dir(directory.path().join(name)).expect("it can be made");
        }
        fs::write(directory.path().join("inside/file"), "mine").expect("it writes");
        fs::write(directory.path().join("outside/secret"), "secret").expect("it writes");
        let guest = guest_in(&directory.path().join("inside"));
        Jail { directory, guest }
    }

    fn outside(&self) -> PathBuf {
        self.directory.path().join("outside")
    }

    /// Every function that takes a path, each with this one, must fail.
    fn refuses(&mut self, path: &str) {
        for lookup in [0, FOLLOW] {
            for (oflags, rights) in [
                (0, READ_ONLY),
                (0, READ_WRITE),
                (DIRECTORY, READ_ONLY),
                (CREAT, READ_WRITE),
                (CREAT | EXCL, READ_WRITE),
                (TRUNC, READ_WRITE),
            ] {
                let opened = self.guest.open_at(ROOT, path, lookup, oflags, rights, 0);
                assert!(opened.is_err(), "opened {path} {lookup} {oflags}");
            }
            self.fails_with(path, "path_filestat_get", lookup);
            self.fails_with(path, "path_filestat_set_times", lookup);
            self.fails_with(path, "path_link", lookup);
        }
        for name in [
            "path_create_directory",
            "path_remove_directory",
            "path_unlink_file",
            "path_readlink",
            "path_rename",
            "path_symlink",
        ] {
            self.fails_with(path, name, 0);
        }
        self.nothing_happened(path);
    }

    /// A function that takes one path fails with it, and one that takes two fails with it in either place.
    fn fails_with(&mut self, path: &str, name: &str, lookup: u64) {
        let [at, len] = self.guest.path(0, path);
        let [new, new_len] = self.guest.path(1, "sub/new");
        let [old, old_len] = [new + 0x100, 4];
        self.guest.put(old, b"file");
        let calls: &[&[u64]] = match name {
            "path_filestat_get" => &[&[ROOT, lookup, at, len, OUT]],
            "path_filestat_set_times" => &[&[ROOT, lookup, at, len, 0, 0, 5]],
            "path_readlink" => &[&[ROOT, at, len, DATA, 100, OUT]],
            "path_rename" => &[&[ROOT, at, len, ROOT, new, new_len], &[ROOT, old, old_len, ROOT, at, len]],
            "path_link" => {
                &[&[ROOT, lookup, at, len, ROOT, new, new_len], &[ROOT, lookup, old, old_len, ROOT, at, len]]
            }
            "path_symlink" => &[&[old, old_len, ROOT, at, len]],
            _ => &[&[ROOT, at, len]],
        };
        for call in calls {
            let errno = self.guest.call(name, call);
            assert_ne!(errno, Errno::Success, "{name} with {path}");
        }
    }

    fn nothing_happened(&mut self, path: &str) {
        let outside = self.outside();
        let secret = fs::read(outside.join("secret")).ok();
        assert_eq!(secret, Some(b"secret".to_vec()), "after {path}");
        let names: Vec<_> = fs::read_dir(&outside).expect("it is there").collect();
        assert_eq!(names.len(), 1, "after {path}");
        let metadata = fs::metadata(outside.join("secret")).expect("it is there");
        assert!(metadata.modified().is_ok_and(|time| time > std::time::UNIX_EPOCH), "after {path}");
        let above = fs::read_dir(self.directory.path()).expect("it is there").count();
        assert_eq!(above, 2, "after {path}");
        assert!(self.directory.path().join("inside/file").exists(), "after {path}");
        assert!(!self.directory.path().join("inside/sub/new").exists(), "after {path}");
    }
}

#[test]
fn parents_lead_nowhere() {
    let mut jail = Jail::new();
    for path in [
        "..",
        "../",
        "../outside/secret",
        "../inside/file",
        "./../outside/secret",
        "sub/../../outside/secret",
        "sub/deep/../../../outside/secret",
        "sub//deep/./..//.././../outside/secret",
        "../../../../../../../../../etc/passwd",
        "sub/../..",
        "../outside/new",
        "..//outside/./secret",
    ] {
        jail.refuses(path);
    }
}

#[test]
fn going_up_and_down_inside_is_allowed() {
    let mut jail = Jail::new();
    assert_eq!(jail.guest.content("sub/../file"), Ok(b"mine".to_vec()));
    assert_eq!(jail.guest.content("sub/deep/../../file"), Ok(b"mine".to_vec()));
    assert_eq!(jail.guest.content("./././file"), Ok(b"mine".to_vec()));
}

#[test]
fn absolute_paths_lead_nowhere() {
    let mut jail = Jail::new();
    let secret = jail.outside().join("secret");
    let inside = jail.directory.path().join("inside/file");
    for path in [
        secret.to_str().expect("UTF-8"),
        inside.to_str().expect("UTF-8"),
        "/",
        "//",
        "/file",
        "//file",
        "/etc/passwd",
        "/proc/self/root",
        "/..",
    ] {
        jail.refuses(path);
    }
}

#[test]
fn strange_names_lead_nowhere() {
    let mut jail = Jail::new();
    let long = "../".repeat(1300) + "etc/passwd";
    for path in ["", "..\0", "\0/../outside/secret", "file\0", &long] {
        jail.refuses(path);
    }
    for path in [&b"\xff/../../outside/secret"[..], b"..\xff", b"../outside/\xc0\xae"] {
        assert!(jail.guest.open(path, CREAT, READ_WRITE).is_err());
    }
    jail.nothing_happened("names that are not UTF-8");
}

#[test]
fn the_error_is_that_it_is_not_permitted() {
    let mut jail = Jail::new();
    for path in ["..", "../outside/secret", "/etc/passwd", "sub/../../outside/secret"] {
        assert_eq!(jail.guest.open(path, 0, READ_ONLY), Err(Errno::Perm), "{path}");
        assert_eq!(jail.guest.open(path, DIRECTORY, READ_ONLY), Err(Errno::Perm), "{path}");
    }
}

#[test]
fn directories_opened_later_are_jails_of_their_own() {
    let mut jail = Jail::new();
    let sub = jail.guest.open("sub", DIRECTORY, READ_ONLY).expect("it opens");
    for path in ["..", "../file", "deep/../../file", "/file"] {
        let opened = jail.guest.open_at(sub, path, FOLLOW, 0, READ_ONLY, 0);
        assert_eq!(opened, Err(Errno::Perm), "{path}");
    }
}

#[test]
#[cfg(unix)]
fn links_made_by_the_guest_lead_nowhere() {
    let mut jail = Jail::new();
    let guest = &mut jail.guest;
    assert_eq!(symlink(guest, "/etc/passwd", "absolute"), Errno::Perm);
    assert_eq!(symlink(guest, "//", "absolute"), Errno::Perm);
    assert_eq!(symlink(guest, "../outside", "out"), Errno::Success);
    assert_eq!(symlink(guest, "../../outside/secret", "sub/secret"), Errno::Success);
    assert_eq!(symlink(guest, "..", "up"), Errno::Success);
    assert_eq!(symlink(guest, "sub/deep/../../..", "around"), Errno::Success);
    // A chain whose members are innocent one by one.
    assert_eq!(symlink(guest, "sub/deep", "one"), Errno::Success);
    assert_eq!(symlink(guest, "one/../..", "two"), Errno::Success);
    assert_eq!(symlink(guest, "two/..", "three"), Errno::Success);
    for path in [
        "out/secret",
        "out/new",
        "up/outside/secret",
        "around/outside/secret",
        "three/outside/secret",
        "two/../outside/secret",
        "one/../../../outside/secret",
        "sub/../up/outside/secret",
        "out/",
        "up/",
        "three/",
    ] {
        jail.refuses(path);
    }
    for path in ["out", "up", "around", "three", "sub/secret"] {
        for oflags in [0, CREAT, TRUNC, DIRECTORY] {
            let opened = jail.guest.open_at(ROOT, path, FOLLOW, oflags, READ_ONLY, 0);
            assert!(opened.is_err(), "{path}");
        }
        let [at, len] = jail.guest.path(0, path);
        assert_ne!(jail.guest.call("path_filestat_get", &[ROOT, FOLLOW, at, len, OUT]), Errno::Success);
        let times = [ROOT, FOLLOW, at, len, 0, 0, 5];
        assert_ne!(jail.guest.call("path_filestat_set_times", &times), Errno::Success);
        let [new, new_len] = jail.guest.path(1, "new");
        let link = [ROOT, FOLLOW, at, len, ROOT, new, new_len];
        assert_ne!(jail.guest.call("path_link", &link), Errno::Success);
        jail.nothing_happened(path);
    }
}

#[test]
#[cfg(unix)]
fn links_made_by_the_host_lead_nowhere() {
    use std::os::unix::fs::symlink;
    let mut jail = Jail::new();
    let inside = jail.directory.path().join("inside");
    let host_link = |target: PathBuf, name: &str| {
        symlink(target, inside.join(name)).expect("a link can be made");
    };
    host_link(jail.outside(), "dir");
    host_link(jail.outside().join("secret"), "secret");
    host_link(jail.outside().join("new"), "new");
    host_link("/proc/self/cwd".into(), "proc");
    // Even an absolute link that leads back inside is one that leaves first.
    host_link(inside.join("file"), "back");
    for path in ["dir/secret", "dir/new", "dir/", "proc/x", "proc/"] {
        jail.refuses(path);
    }
    for path in ["dir", "secret", "new", "proc", "back"] {
        for oflags in [0, CREAT, TRUNC, DIRECTORY] {
            let opened = jail.guest.open_at(ROOT, path, FOLLOW, oflags, READ_ONLY, 0);
            assert!(opened.is_err(), "{path}");
        }
        jail.nothing_happened(path);
    }
    let [at, len] = jail.guest.path(0, "secret");
    let read = [ROOT, at, len, DATA, 100, OUT];
    assert_eq!(jail.guest.call("path_readlink", &read), Errno::Perm, "host paths stay unknown");
}

#[test]
#[cfg(unix)]
fn renaming_a_directory_does_not_widen_it() {
    let mut jail = Jail::new();
    assert_eq!(symlink(&mut jail.guest, "../../file", "sub/deep/link"), Errno::Success);
    let open = |guest: &mut Guest, path: &str| guest.open_at(ROOT, path, FOLLOW, 0, READ_ONLY, 0);
    assert!(open(&mut jail.guest, "sub/deep/link").is_ok());
    // One level higher the same link leads out, to where the host has a file of that name.
    fs::write(jail.directory.path().join("file"), "of the host").expect("it writes");
    let [from, from_len] = jail.guest.path(0, "sub/deep");
    let [to, to_len] = jail.guest.path(1, "deep");
    jail.guest.ok("path_rename", &[ROOT, from, from_len, ROOT, to, to_len]);
    assert_eq!(open(&mut jail.guest, "deep/link"), Err(Errno::Perm));
    // A directory that the guest holds stays a jail wherever it is moved to.
    let deep = jail.guest.open("deep", DIRECTORY, READ_ONLY).expect("it opens");
    let inside = jail.directory.path().join("inside");
    fs::rename(inside.join("deep"), jail.outside().join("deep")).expect("the host may");
    assert_eq!(jail.guest.open_at(deep, "../secret", 0, 0, READ_ONLY, 0), Err(Errno::Perm));
    assert_eq!(jail.guest.open_at(deep, "..", 0, DIRECTORY, READ_ONLY, 0), Err(Errno::Perm));
}

#[test]
#[cfg(unix)]
fn a_race_of_links_is_never_won() {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    let mut jail = Jail::new();
    let inside = jail.directory.path().join("inside");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // `swap` is a directory of the guest at one moment and a link to the secret's at the next.
        scope.spawn(|| {
            fs::create_dir(inside.join("swap")).expect("it can be made");
            std::os::unix::fs::symlink("../outside", inside.join("link")).expect("it can be made");
            while !stop.load(Relaxed) {
                for (from, to) in [("swap", "spare"), ("link", "swap"), ("swap", "link"), ("spare", "swap")] {
                    fs::rename(inside.join(from), inside.join(to)).expect("it can be renamed");
                }
            }
        });
        for _ in 0..3000 {
            let opened = jail.guest.open_at(ROOT, "swap/secret", FOLLOW, 0, READ_ONLY, 0);
            assert!(opened.is_err());
        }
        stop.store(true, Relaxed);
    });
}
