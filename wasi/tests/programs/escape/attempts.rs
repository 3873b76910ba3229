//! The ways out that a guest tries. None may work.

use super::operations::*;
use super::world::World;
use tablature_wasi::Errno;

/// A way out: what the guest does first, which succeeds, and then the step that must fail.
pub struct Attempt {
    pub name: &'static str,
    pub before: Vec<Operation>,
    pub step: Operation,
    pub errno: Errno,
}

fn attempt<const N: usize>(name: &'static str, before: [Operation; N], step: Operation, errno: Errno) -> Attempt {
    Attempt { name, before: before.into(), step, errno }
}

/// All of them, for a guest in this world.
pub fn attempts(world: &World) -> Vec<Attempt> {
    [
        by_parent(),
        by_absolute_path(world),
        by_strange_path(),
        by_link_of_the_host(),
        by_link_of_the_guest(world),
        by_changing_names(),
        by_linking(),
        by_moving_links(),
        by_descriptor(),
        by_rights(),
        by_read_only_directory(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn by_parent() -> Vec<Attempt> {
    use Errno::{Noent, Notdir, Perm};
    vec![
        attempt("the parent", [], open("..", Want::Directory), Perm),
        attempt("the parent without asking for a directory", [], open("..", Want::Read), Perm),
        attempt("the parent with a slash", [], open("../", Want::Directory), Perm),
        attempt("the parent with a dot", [], open("../.", Want::Directory), Perm),
        attempt("a dot and the parent", [], open("./..", Want::Directory), Perm),
        attempt("slashes, dots and the parent", [], open(".//././/..", Want::Directory), Perm),
        attempt("the grandparent", [], open("../..", Want::Directory), Perm),
        attempt("a sibling through the parent", [], open("../outside", Want::Directory), Perm),
        attempt("a file through the parent", [], open("../outside/secret", Want::Read), Perm),
        attempt("a file through the parent, to write", [], open("../outside/secret", Want::Write), Perm),
        attempt("a file through the parent, to cut", [], open("../outside/secret", Want::Truncate), Perm),
        attempt("a new file through the parent", [], open("../outside/new", Want::Create), Perm),
        attempt("a new file only, through the parent", [], open("../outside/new", Want::CreateNew), Perm),
        attempt("out and in again", [], open("../inside/file", Want::Read), Perm),
        attempt("down once and up twice", [], open("sub/../../outside/secret", Want::Read), Perm),
        attempt("down twice and up thrice", [], open("sub/deep/../../../outside/secret", Want::Read), Perm),
        attempt("up in the middle of dots", [], open("sub/./.././/../outside/./secret", Want::Read), Perm),
        attempt("up from a file", [], open("file/../../outside/secret", Want::Read), Notdir),
        attempt("up from what is not there", [], open("none/../../outside/secret", Want::Read), Noent),
        attempt("further up than there is", [], open("../".repeat(100) + "etc/passwd", Want::Read), Perm),
        attempt("looking at the parent", [], stat(".."), Perm),
        attempt("looking at a file through the parent", [], stat("../outside/secret"), Perm),
        attempt("the times of the parent", [], set_times(".."), Perm),
        attempt("the times of a file through the parent", [], set_times("../outside/secret"), Perm),
        attempt("reading a link through the parent", [], read_link("../outside/link"), Perm),
        attempt(
            "the parent of an opened directory",
            [open("sub", Want::Directory)],
            open_from(Fd::Last, "..", Want::Directory),
            Perm,
        ),
        attempt(
            "up from an opened directory",
            [open("sub/deep", Want::Directory)],
            open_from(Fd::Last, "../../../outside/secret", Want::Read),
            Perm,
        ),
    ]
}

fn by_absolute_path(world: &World) -> Vec<Attempt> {
    use Errno::Perm;
    let secret = world.name("outside/secret");
    vec![
        attempt("the root", [], open("/", Want::Directory), Perm),
        attempt("the root with slashes", [], open("///", Want::Directory), Perm),
        attempt("the root and the parent", [], open("/..", Want::Directory), Perm),
        attempt("an absolute path", [], open(&secret, Want::Read), Perm),
        attempt("an absolute path with two slashes", [], open(format!("/{secret}"), Want::Read), Perm),
        attempt("an absolute path that leads inside", [], open(world.name("inside/file"), Want::Read), Perm),
        attempt("an absolute path to a new file", [], open(world.name("outside/new"), Want::Create), Perm),
        attempt("a name of the guest's own root", [], open("/file", Want::Read), Perm),
        attempt("the system's directory of processes", [], open("/proc/self/root", Want::Directory), Perm),
        attempt("looking at an absolute path", [], stat(&secret), Perm),
        attempt("the times of an absolute path", [], set_times(&secret), Perm),
        attempt("unlinking an absolute path", [], unlink(&secret), Perm),
        attempt("making a directory by an absolute path", [], make_directory(world.name("outside/new")), Perm),
        attempt("removing a directory by an absolute path", [], remove_directory(world.name("outside/empty")), Perm),
        attempt("renaming from an absolute path", [], rename(&secret, "stolen"), Perm),
        attempt("renaming to an absolute path", [], rename("file", world.name("outside/new")), Perm),
        attempt("linking an absolute path", [], link(&secret, "stolen"), Perm),
    ]
}

fn by_strange_path() -> Vec<Attempt> {
    use Errno::{Ilseq, Inval, Nametoolong, Noent, Perm};
    let long = "a".repeat(256);
    vec![
        attempt("no path", [], open("", Want::Directory), Noent),
        attempt("no path, to create", [], open("", Want::Create), Noent),
        attempt("a NUL before the way out", [], open("\0/../../outside/secret", Want::Read), Inval),
        attempt("a NUL after the parent", [], open("..\0", Want::Directory), Inval),
        attempt("a NUL after a way out", [], open("../outside/secret\0file", Want::Read), Inval),
        attempt("a NUL after a file", [], open("file\0", Want::Read), Inval),
        attempt("a byte that is not UTF-8", [], open(b"\xff/../../outside/secret", Want::Read), Ilseq),
        attempt("dots in too many bytes", [], open(b"\xc0\xae\xc0\xae/outside/secret", Want::Read), Ilseq),
        attempt("a slash in too many bytes", [], open(b"..\xc0\xafoutside", Want::Read), Ilseq),
        attempt("half of a surrogate pair", [], open(b"..\xed\xa0\x80/outside", Want::Read), Ilseq),
        attempt("wide dots", [], open("．．/outside/secret", Want::Read), Noent),
        attempt("one character for two dots", [], open("‥/outside/secret", Want::Read), Noent),
        attempt("dots as in addresses of the web", [], open("%2e%2e/outside/secret", Want::Read), Noent),
        attempt("three dots", [], open(".../outside/secret", Want::Read), Noent),
        attempt("dots and a space", [], open(".. /outside/secret", Want::Read), Noent),
        attempt("backslashes", [], open("..\\outside\\secret", Want::Read), Noent),
        attempt("a drive", [], open("C:\\Windows", Want::Directory), Noent),
        attempt("the home directory", [], open("~/.ssh", Want::Directory), Noent),
        attempt("a name longer than names are", [], open(&long, Want::Create), Nametoolong),
        attempt(
            "a way out after a long name",
            [],
            open(format!("{long}/../../outside/secret"), Want::Read),
            Nametoolong,
        ),
        attempt("a long path of dots and a way out", [], open("./".repeat(2000) + "../outside", Want::Read), Perm),
        attempt("a path longer than paths are", [], open("../".repeat(1400), Want::Directory), Nametoolong),
    ]
}

fn by_link_of_the_host() -> Vec<Attempt> {
    use Errno::{Exist, Loop, Notdir, Perm};
    vec![
        attempt("an absolute link", [], open("host-absolute", Want::Read), Perm),
        attempt("an absolute link, to write", [], open("host-absolute", Want::Write), Perm),
        attempt("an absolute link, to cut", [], open("host-absolute", Want::Truncate), Perm),
        attempt("an absolute link to a directory", [], open("host-absolute-directory", Want::Directory), Perm),
        attempt("an absolute link that leads inside", [], open("host-absolute-inside", Want::Read), Perm),
        attempt("a relative link", [], open("host-relative", Want::Read), Perm),
        attempt("a relative link, to create", [], open("host-relative", Want::Create), Perm),
        attempt("a relative link, to cut", [], open("host-relative", Want::Truncate), Perm),
        attempt("a relative link that is not followed", [], open_link("host-relative", Want::Read), Loop),
        attempt("a link to a directory", [], open("host-directory", Want::Directory), Perm),
        attempt("a link to a directory with a slash", [], open("host-directory/", Want::Directory), Perm),
        attempt(
            "a link to a directory with a slash, not followed",
            [],
            open_link("host-directory/", Want::Directory),
            Perm,
        ),
        attempt(
            "a link to a directory with a dot, not followed",
            [],
            open_link("host-directory/.", Want::Directory),
            Perm,
        ),
        attempt("a file through a link", [], open("host-directory/secret", Want::Read), Perm),
        attempt(
            "a file through a link, the end not followed",
            [],
            open_link("host-directory/secret", Want::Read),
            Perm,
        ),
        attempt("a new file through a link", [], open("host-directory/new", Want::Create), Perm),
        attempt("the parent of a link's target", [], open("host-directory/..", Want::Directory), Perm),
        attempt("a link to what is not there", [], open("host-dangling", Want::Read), Perm),
        attempt("creating what a link leads to", [], open("host-dangling", Want::Create), Perm),
        attempt("creating only what a link leads to", [], open("host-dangling", Want::CreateNew), Exist),
        attempt("a directory at the end of a link", [], make_directory("host-dangling"), Exist),
        attempt("a link to a link", [], open("host-chain", Want::Read), Perm),
        attempt("a link to the parent", [], open("host-parent", Want::Directory), Perm),
        attempt("through a link to the parent", [], open("host-parent/outside/secret", Want::Read), Perm),
        attempt("out and in through a link", [], open("host-parent/inside/file", Want::Read), Perm),
        attempt("a link of the system", [], open("host-process", Want::Directory), Perm),
        attempt("looking through an absolute link", [], stat("host-absolute"), Perm),
        attempt("looking through a relative link", [], stat("host-relative"), Perm),
        attempt("looking at a link with a slash", [], stat_link("host-directory/"), Perm),
        attempt("the times of an absolute link's target", [], set_times("host-absolute"), Perm),
        attempt("the times of a relative link's target", [], set_times("host-relative"), Perm),
        attempt("reading where an absolute link leads", [], read_link("host-absolute"), Perm),
        attempt("reading a link through a link", [], read_link("host-directory/link"), Perm),
        attempt("making a directory through a link", [], make_directory("host-directory/new"), Perm),
        attempt("removing a directory through a link", [], remove_directory("host-directory/empty"), Perm),
        attempt("removing a link's directory", [], remove_directory("host-directory"), Notdir),
        attempt("removing a link's directory with a slash", [], remove_directory("host-directory/"), Notdir),
        attempt("unlinking through a link", [], unlink("host-directory/secret"), Perm),
        attempt("unlinking a link's directory", [], unlink("host-directory/"), Perm),
        attempt("linking what a link leads to", [], link_followed("host-relative", "stolen"), Perm),
        attempt("linking what a link to a link leads to", [], link_followed("host-chain", "stolen"), Perm),
    ]
}

fn by_link_of_the_guest(world: &World) -> Vec<Attempt> {
    use Errno::{Loop, Perm};
    let to_secret = || symlink("../outside/secret", "own");
    let to_directory = || symlink("../outside", "own");
    vec![
        attempt("making an absolute link", [], symlink(world.name("outside/secret"), "own"), Perm),
        attempt("making a link to the root", [], symlink("/", "own"), Perm),
        attempt("making a link in the parent", [], symlink("secret", "../outside/new"), Perm),
        attempt("making a link through a link", [], symlink("secret", "host-directory/new"), Perm),
        attempt("following an own link", [to_secret()], open("own", Want::Read), Perm),
        attempt("following an own link, to write", [to_secret()], open("own", Want::Write), Perm),
        attempt("following an own link, to cut", [to_secret()], open("own", Want::Truncate), Perm),
        attempt("looking through an own link", [to_secret()], stat("own"), Perm),
        attempt("the times of an own link's target", [to_secret()], set_times("own"), Perm),
        attempt("linking an own link's target", [to_secret()], link_followed("own", "stolen"), Perm),
        attempt("an own link to a directory", [to_directory()], open("own", Want::Directory), Perm),
        attempt("through an own link", [to_directory()], open("own/secret", Want::Read), Perm),
        attempt("creating through an own link", [to_directory()], open("own/new", Want::Create), Perm),
        attempt(
            "creating what an own link leads to",
            [symlink("../outside/new", "own")],
            open("own", Want::Create),
            Perm,
        ),
        attempt("an own link to the parent", [symlink("..", "own")], open("own/outside/secret", Want::Read), Perm),
        attempt(
            "an own link to the parent, with a slash",
            [symlink("../", "own")],
            open_link("own/", Want::Directory),
            Perm,
        ),
        attempt(
            "an own link in a directory",
            [symlink("../../outside/secret", "sub/own")],
            open("sub/own", Want::Read),
            Perm,
        ),
        attempt(
            "a chain of innocent links",
            [symlink("sub/deep", "one"), symlink("one/../..", "two"), symlink("two/..", "three")],
            open("three/outside/secret", Want::Read),
            Perm,
        ),
        attempt(
            "up from where a link leads",
            [symlink("sub/deep", "own")],
            open("own/../../../outside/secret", Want::Read),
            Perm,
        ),
        attempt(
            "links in a circle",
            [symlink("b", "a"), symlink("a", "b")],
            open("a/../outside/secret", Want::Read),
            Loop,
        ),
        attempt(
            "a link to a link of the host",
            [symlink("host-directory", "own")],
            open("own/secret", Want::Read),
            Perm,
        ),
        attempt("a hard link to a link", [link("host-relative", "own")], open("own", Want::Read), Perm),
        attempt("a renamed link", [rename("host-directory", "own")], open("own/secret", Want::Read), Perm),
    ]
}

fn by_changing_names() -> Vec<Attempt> {
    use Errno::{Notdir, Perm};
    vec![
        attempt("a directory in the parent", [], make_directory("../new"), Perm),
        attempt("a directory outside", [], make_directory("../outside/new"), Perm),
        attempt("a directory outside with a slash", [], make_directory("../outside/new/"), Perm),
        attempt("removing the parent", [], remove_directory(".."), Perm),
        attempt("removing a directory outside", [], remove_directory("../outside/empty"), Perm),
        attempt("removing a directory outside with a slash", [], remove_directory("../outside/empty/"), Perm),
        attempt("removing the own directory by its name", [], remove_directory("../inside"), Perm),
        attempt("unlinking outside", [], unlink("../outside/secret"), Perm),
        attempt("unlinking down and up", [], unlink("sub/../../outside/secret"), Perm),
        attempt("renaming into the parent", [], rename("file", "../file"), Perm),
        attempt("renaming to outside", [], rename("file", "../outside/new"), Perm),
        attempt("renaming onto a file outside", [], rename("file", "../outside/secret"), Perm),
        attempt("renaming from outside", [], rename("../outside/secret", "stolen"), Perm),
        attempt("renaming a directory to outside", [], rename("sub", "../outside/sub"), Perm),
        attempt("renaming a directory from outside", [], rename("../outside/directory", "stolen"), Perm),
        attempt("renaming the parent", [], rename("..", "stolen"), Perm),
        attempt("renaming the own directory by its name", [], rename("../inside", "../elsewhere"), Perm),
        attempt("renaming through a link", [], rename("file", "host-directory/new"), Perm),
        attempt("renaming a directory through a link", [], rename("sub", "host-directory/sub"), Perm),
        attempt("renaming from behind a link", [], rename("host-directory/secret", "stolen"), Perm),
        attempt("renaming into what a link leads to", [], rename("file", "host-directory/"), Notdir),
        attempt("renaming a directory onto what a link leads to", [], rename("sub", "host-directory/"), Notdir),
    ]
}

fn by_linking() -> Vec<Attempt> {
    use Errno::{Notdir, Perm};
    vec![
        attempt("linking a file outside", [], link("../outside/secret", "stolen"), Perm),
        attempt("linking a file outside, followed", [], link_followed("../outside/secret", "stolen"), Perm),
        attempt("linking to outside", [], link("file", "../outside/new"), Perm),
        attempt("linking to outside through a link", [], link("file", "host-directory/new"), Perm),
        attempt("linking from behind a link", [], link("host-directory/secret", "stolen"), Perm),
        attempt("linking the parent", [], link("..", "stolen"), Perm),
        attempt("linking a directory", [], link("sub", "other"), Perm),
        attempt("linking a file as if a directory", [], link("file/", "other"), Notdir),
    ]
}

/// Links that lead inside where they are made, and outside from where they are moved to.
fn by_moving_links() -> Vec<Attempt> {
    use Errno::Perm;
    vec![
        attempt(
            "moving a directory with a link up",
            [symlink("../../outside/secret", "sub/deep/own"), rename("sub/deep", "deep")],
            open("deep/own", Want::Read),
            Perm,
        ),
        attempt(
            "moving a link up",
            [symlink("../outside/secret", "sub/own"), rename("sub/own", "own")],
            open("own", Want::Read),
            Perm,
        ),
        attempt(
            "a directory that was moved up while it was open",
            [open("sub/deep", Want::Directory), rename("sub/deep", "deep")],
            open_from(Fd::Last, "../../outside/secret", Want::Read),
            Perm,
        ),
        attempt(
            "a directory that was removed while it was open",
            [open("sub/deep", Want::Directory), remove_directory("sub/deep")],
            open_from(Fd::Last, "../../../outside/secret", Want::Read),
            Perm,
        ),
        attempt(
            "a directory that became a link",
            [rename("sub", "other"), symlink("../outside", "sub")],
            open("sub/secret", Want::Read),
            Perm,
        ),
        attempt(
            "a file that became a link",
            [unlink("file"), symlink("../outside/secret", "file")],
            open("file", Want::Truncate),
            Perm,
        ),
    ]
}

fn by_descriptor() -> Vec<Attempt> {
    use Errno::{Badf, Isdir, Notdir, Perm};
    let file = || open("file", Want::Read);
    let directory = || open("sub", Want::Directory);
    vec![
        attempt("a file as a directory", [file()], open_from(Fd::Last, "../outside/secret", Want::Read), Notdir),
        attempt("listing a file", [file()], list(Fd::Last), Notdir),
        attempt("the standard input as a directory", [], open_from(Fd::Number(0), "..", Want::Directory), Notdir),
        attempt("a descriptor of the host", [], open_from(Fd::Number(5), "..", Want::Directory), Badf),
        attempt("a negative descriptor", [], open_from(Fd::Number(u32::MAX), "..", Want::Directory), Badf),
        attempt(
            "the current directory of POSIX",
            [],
            open_from(Fd::Number(-100i32 as u32), "../outside/secret", Want::Read),
            Badf,
        ),
        attempt("reading a directory like a file", [], read(Fd::Root), Isdir),
        attempt(
            "up from a directory put in the place of a preopened one",
            [directory(), renumber(Fd::Last, Fd::Root)],
            open("../file", Want::Read),
            Perm,
        ),
        attempt(
            "out from a directory put in the place of a preopened one",
            [directory(), renumber(Fd::Last, Fd::Root)],
            open("../../outside/secret", Want::Read),
            Perm,
        ),
        attempt(
            "a file put in the place of a preopened directory",
            [file(), renumber(Fd::Last, Fd::Root)],
            open("../outside/secret", Want::Read),
            Notdir,
        ),
        attempt(
            "the standard input put in the place of a preopened directory",
            [renumber(Fd::Number(0), Fd::Root)],
            open("../outside/secret", Want::Read),
            Notdir,
        ),
        attempt("nothing put in the place of a preopened directory", [], renumber(Fd::Number(77), Fd::Root), Badf),
        attempt("a preopened directory put where nothing is", [], renumber(Fd::Root, Fd::Number(77)), Badf),
        attempt(
            "the number of a directory that was closed",
            [directory(), close(Fd::Last)],
            open_from(Fd::Last, "../../outside/secret", Want::Read),
            Badf,
        ),
        attempt(
            "another directory with the number of a preopened one",
            [directory(), close(Fd::Root), open_from(Fd::Last, "deep", Want::Directory)],
            open("../../../outside/secret", Want::Read),
            Perm,
        ),
    ]
}

fn by_rights() -> Vec<Attempt> {
    use Errno::{Badf, Notcapable};
    vec![
        attempt(
            "all rights for a file to read",
            [open("file", Want::Read)],
            set_rights(Fd::Last, ALL, ALL),
            Notcapable,
        ),
        attempt(
            "rights that do not exist",
            [open("file", Want::Write)],
            set_rights(Fd::Last, u64::MAX, u64::MAX),
            Notcapable,
        ),
        attempt("all rights for the root", [], set_rights(Fd::Root, u64::MAX, u64::MAX), Notcapable),
        attempt("writing a file to read", [open("file", Want::Read)], write(Fd::Last), Badf),
        attempt("cutting a file to read", [open("file", Want::Read)], set_size(Fd::Last), Badf),
        attempt(
            "writing from a directory that hands no such right on",
            [open_inheriting_no_write("sub")],
            open_from(Fd::Last, "file", Want::Write),
            Notcapable,
        ),
        attempt(
            "rights that were given up",
            [open("file", Want::Write), set_rights(Fd::Last, FD_READ, 0)],
            set_rights(Fd::Last, FD_READ | FD_WRITE, 0),
            Notcapable,
        ),
        attempt(
            "writing after that right was given up",
            [open("file", Want::Write), set_rights(Fd::Last, FD_READ, 0)],
            write(Fd::Last),
            Notcapable,
        ),
    ]
}

fn by_read_only_directory() -> Vec<Attempt> {
    use Errno::{Badf, Perm, Rofs};
    let note = || open_from(Fd::ReadOnly, "note", Want::Read);
    let sub = || open_from(Fd::ReadOnly, "sub", Want::Directory);
    vec![
        attempt("out of a read-only directory", [], open_from(Fd::ReadOnly, "../outside/secret", Want::Read), Perm),
        attempt("a link in a read-only directory", [], open_from(Fd::ReadOnly, "host-relative", Want::Read), Perm),
        attempt("from one directory to the other", [], open("../read-only/note", Want::Read), Perm),
        attempt("writing what is read-only", [], open_from(Fd::ReadOnly, "note", Want::Write), Rofs),
        attempt("cutting what is read-only", [], open_from(Fd::ReadOnly, "note", Want::Truncate), Rofs),
        attempt("creating where all is read-only", [], open_from(Fd::ReadOnly, "new", Want::Create), Rofs),
        attempt("creating deeper where all is read-only", [sub()], open_from(Fd::Last, "new", Want::Create), Rofs),
        attempt("renaming out of what is read-only", [], rename_between(Fd::ReadOnly, "note", Fd::Root, "note"), Rofs),
        attempt("renaming into what is read-only", [], rename_between(Fd::Root, "file", Fd::ReadOnly, "note"), Rofs),
        attempt("linking what is read-only", [], link_between(Fd::ReadOnly, "note", Fd::Root, "note"), Rofs),
        attempt("linking into what is read-only", [], link_between(Fd::Root, "file", Fd::ReadOnly, "new"), Rofs),
        attempt("a link in what is read-only", [], symlink_in(Fd::ReadOnly, "note", "new"), Rofs),
        attempt("the times of what is read-only", [], set_times_from(Fd::ReadOnly, "note"), Rofs),
        attempt("the times of an open file that is read-only", [note()], set_times_of(Fd::Last), Rofs),
        attempt("the size of an open file that is read-only", [note()], set_size(Fd::Last), Badf),
        attempt(
            "a read-only directory put in the place of the other",
            [renumber(Fd::ReadOnly, Fd::Root)],
            open("note", Want::Write),
            Rofs,
        ),
    ]
}
