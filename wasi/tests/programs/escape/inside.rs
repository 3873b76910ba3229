//! What a guest may do: the same functions as in the attempts to get out, with paths that stay inside.

use super::operations::*;
use super::world::World;
use crate::engines::ENGINES;
use std::fs;

/// All of it, one after the other.
pub fn operations() -> Vec<Operation> {
    vec![
        // Paths that go up and down, but not out.
        open("file", Want::Read),
        open("./sub/../file", Want::Read),
        open("sub/deep/../../file", Want::Read),
        open(".", Want::Directory),
        open("sub/..", Want::Directory),
        open("sub/deep/..", Want::Directory),
        open_link("sub/", Want::Directory),
        // A file from its creation to its end.
        make_directory("new"),
        open("new/file", Want::CreateNew),
        write(Fd::Last),
        set_size(Fd::Last),
        set_times_of(Fd::Last),
        set_rights(Fd::Last, FD_READ, 0),
        close(Fd::Last),
        open("new/file", Want::Write),
        open("new/file", Want::Create),
        open("new/file", Want::Truncate),
        open("new/file", Want::Read),
        read(Fd::Last),
        stat("new/file"),
        set_times("new/file"),
        rename("new/file", "sub/file"),
        rename_between(Fd::Root, "sub/file", Fd::Root, "new/file"),
        link("new/file", "hard"),
        link_between(Fd::Root, "new/file", Fd::Root, "sub/hard"),
        unlink("sub/hard"),
        // Links that lead somewhere inside, up and down and through each other.
        symlink("new/file", "own"),
        symlink("../own", "new/own"),
        symlink("sub/deep/../../new", "directory"),
        read_link("own"),
        stat("own"),
        stat_link("own"),
        set_times("own"),
        open("own", Want::Read),
        open("directory/own", Want::Write),
        open("directory/../sub/../directory/file", Want::Read),
        open("directory", Want::Directory),
        open_link("directory/", Want::Directory),
        link_followed("new/own", "followed"),
        symlink("new/created", "dangling"),
        open("dangling", Want::Create),
        make_directory("directory/made"),
        rename("new/made", "directory/renamed"),
        remove_directory("directory/renamed"),
        unlink("directory/created"),
        // Descriptors.
        open_inheriting_no_write("sub"),
        open_from(Fd::Last, "deep/../deep", Want::Directory),
        list(Fd::Last),
        list(Fd::Root),
        open_from(Fd::ReadOnly, "note", Want::Read),
        open_from(Fd::ReadOnly, "sub", Want::Directory),
        open("sub", Want::Directory),
        renumber(Fd::Last, Fd::ReadOnly),
        open_from(Fd::ReadOnly, "deep", Want::Directory),
        remove_directory("sub/deep"),
    ]
}

#[test]
fn inside_all_of_it_works() {
    for engine in ENGINES {
        let world = World::new();
        let outside = world.outside();
        let mut guest = world.guest(engine);
        for operation in operations() {
            assert_eq!(guest.perform(&operation), Ok(()), "{operation:?} with {}", engine.name);
        }
        assert_eq!(world.outside(), outside);
        let names = |name| -> Vec<_> {
            let entries = fs::read_dir(world.path(name)).expect("it is there");
            let names = entries.map(|entry| entry.expect("it can be read").file_name());
            let mut names: Vec<String> = names.map(|name| name.into_string().expect("UTF-8")).collect();
            names.retain(|name| !name.starts_with("host-"));
            names.sort();
            names
        };
        assert_eq!(names("inside"), ["dangling", "directory", "file", "followed", "hard", "new", "own", "sub"]);
        assert_eq!(names("inside/new"), ["file", "own"]);
        assert_eq!(names("inside/sub"), Vec::<String>::new());
    }
}

#[test]
fn what_is_read_is_what_is_there() {
    for engine in ENGINES {
        let world = World::new();
        let mut guest = world.guest(engine);
        for (fd, path, content) in
            [(Fd::Root, "sub/../file", &b"of the guest"[..]), (Fd::ReadOnly, "sub/../note", b"to be read")]
        {
            assert_eq!(guest.perform(&open_from(fd, path, Want::Read)), Ok(()));
            assert_eq!(guest.perform(&read(Fd::Last)), Ok(()));
            assert!(guest.buffer().starts_with(content), "{path}");
            assert!(guest.knows(content));
        }
    }
}

/// The entry `..` of a directory tells nothing about the parent.
#[test]
fn lists_say_nothing_about_the_parent() {
    for engine in ENGINES {
        let world = World::new();
        let mut guest = world.guest(engine);
        assert_eq!(guest.perform(&list(Fd::Root)), Ok(()));
        let entries = guest.buffer();
        // An entry has the number of its file at 8, and its name, whose length stands at 16, at 24.
        let number = |at: usize| u64::from_le_bytes(entries[at + 8..][..8].try_into().expect("eight bytes"));
        let (itself, parent) = (0, 24 + 1);
        assert_eq!((entries[16], &entries[24..25]), (1, &b"."[..]));
        assert_eq!((entries[parent + 16], &entries[parent + 24..][..2]), (2, &b".."[..]));
        assert_eq!(number(parent), number(itself));
        let metadata = fs::metadata(world.path("inside")).expect("it is there");
        assert_eq!(number(itself), std::os::unix::fs::MetadataExt::ino(&metadata));
        for name in ["outside", "secret", "read-only"] {
            assert!(!guest.knows(name.as_bytes()), "{name}");
        }
    }
}
