//! What a guest tries: calls of WASI, written down so that they can stand in a table.

use crate::forward::Guest;
use tablature_wasi::Errno;

/// Where a call's results go.
const OUT: usize = 0;
/// Where a list of one buffer stands, and the buffer.
const LIST: usize = 0x100;
const BUFFER: usize = 0x1_0000;
const BUFFER_LEN: usize = 0x1000;
/// Where paths stand, each with this much room.
const PATHS: usize = 0x4000;
const PATH_ROOM: usize = 0x2000;

/// Every right there is.
pub const ALL: u64 = (1 << 30) - 1;
pub const FD_READ: u64 = 1 << 1;
pub const FD_WRITE: u64 = 1 << 6;

/// A descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fd {
    /// The directory that the guest may do everything in.
    Root,
    /// The directory that it may only read.
    ReadOnly,
    /// What the guest has opened last.
    Last,
    Number(u32),
}

/// What a path is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Read,
    Write,
    /// To write, and to create it when it is not there.
    Create,
    /// To create it, or fail.
    CreateNew,
    Truncate,
    Directory,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Argument {
    Fd(Fd),
    Number(u64),
    /// A pointer and a length.
    Path(Vec<u8>),
}

/// A call of a function of WASI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    pub function: &'static str,
    arguments: Vec<Argument>,
}

fn operation<const N: usize>(function: &'static str, arguments: [Argument; N]) -> Operation {
    Operation { function, arguments: arguments.into() }
}

fn number(number: u64) -> Argument {
    Argument::Number(number)
}

fn text(path: impl AsRef<[u8]>) -> Argument {
    Argument::Path(path.as_ref().to_vec())
}

const FOLLOW: u64 = 1;
const NO_FOLLOW: u64 = 0;

fn path_open(fd: Fd, lookup: u64, path: impl AsRef<[u8]>, want: Want, inheriting: u64) -> Operation {
    const READ_ONLY: u64 = ALL & !FD_WRITE;
    let (oflags, rights) = match want {
        Want::Read => (0, READ_ONLY),
        Want::Write => (0, ALL),
        Want::Create => (1, ALL),
        Want::CreateNew => (1 | 4, ALL),
        Want::Truncate => (8, ALL),
        Want::Directory => (2, READ_ONLY),
    };
    let [flags, out] = [number(0), number(OUT as u64)];
    operation(
        "path_open",
        [Argument::Fd(fd), number(lookup), text(path), number(oflags), number(rights), number(inheriting), flags, out],
    )
}

/// Opens a path, following a link at its end.
pub fn open(path: impl AsRef<[u8]>, want: Want) -> Operation {
    path_open(Fd::Root, FOLLOW, path, want, ALL)
}

/// Opens a path, not following a link at its end.
pub fn open_link(path: impl AsRef<[u8]>, want: Want) -> Operation {
    path_open(Fd::Root, NO_FOLLOW, path, want, ALL)
}

/// Opens a path that begins at another descriptor.
pub fn open_from(fd: Fd, path: impl AsRef<[u8]>, want: Want) -> Operation {
    path_open(fd, FOLLOW, path, want, ALL)
}

/// Opens a directory from which nothing can be opened for writing.
pub fn open_inheriting_no_write(path: impl AsRef<[u8]>) -> Operation {
    path_open(Fd::Root, FOLLOW, path, Want::Directory, ALL & !FD_WRITE)
}

pub fn stat(path: impl AsRef<[u8]>) -> Operation {
    let [follow, out] = [number(FOLLOW), number(OUT as u64)];
    operation("path_filestat_get", [Argument::Fd(Fd::Root), follow, text(path), out])
}

/// Looks at a path, not following a link at its end.
pub fn stat_link(path: impl AsRef<[u8]>) -> Operation {
    let [follow, out] = [number(NO_FOLLOW), number(OUT as u64)];
    operation("path_filestat_get", [Argument::Fd(Fd::Root), follow, text(path), out])
}

/// Sets both times of a path to the first second of 1970.
pub fn set_times(path: impl AsRef<[u8]>) -> Operation {
    set_times_from(Fd::Root, path)
}

pub fn set_times_from(fd: Fd, path: impl AsRef<[u8]>) -> Operation {
    let [follow, accessed, modified, both] = [FOLLOW, 0, 0, 1 | 4].map(number);
    operation("path_filestat_set_times", [Argument::Fd(fd), follow, text(path), accessed, modified, both])
}

pub fn read_link(path: impl AsRef<[u8]>) -> Operation {
    let [buffer, len, out] = [BUFFER, BUFFER_LEN, OUT].map(|value| number(value as u64));
    operation("path_readlink", [Argument::Fd(Fd::Root), text(path), buffer, len, out])
}

pub fn make_directory(path: impl AsRef<[u8]>) -> Operation {
    operation("path_create_directory", [Argument::Fd(Fd::Root), text(path)])
}

pub fn remove_directory(path: impl AsRef<[u8]>) -> Operation {
    operation("path_remove_directory", [Argument::Fd(Fd::Root), text(path)])
}

pub fn unlink(path: impl AsRef<[u8]>) -> Operation {
    operation("path_unlink_file", [Argument::Fd(Fd::Root), text(path)])
}

pub fn rename(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Operation {
    rename_between(Fd::Root, old, Fd::Root, new)
}

pub fn rename_between(from: Fd, old: impl AsRef<[u8]>, to: Fd, new: impl AsRef<[u8]>) -> Operation {
    operation("path_rename", [Argument::Fd(from), text(old), Argument::Fd(to), text(new)])
}

fn path_link(from: Fd, lookup: u64, old: impl AsRef<[u8]>, to: Fd, new: impl AsRef<[u8]>) -> Operation {
    operation("path_link", [Argument::Fd(from), number(lookup), text(old), Argument::Fd(to), text(new)])
}

/// Makes a hard link, to a link itself where that is what `old` is.
pub fn link(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Operation {
    path_link(Fd::Root, NO_FOLLOW, old, Fd::Root, new)
}

/// Makes a hard link to what is behind a link.
pub fn link_followed(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Operation {
    path_link(Fd::Root, FOLLOW, old, Fd::Root, new)
}

pub fn link_between(from: Fd, old: impl AsRef<[u8]>, to: Fd, new: impl AsRef<[u8]>) -> Operation {
    path_link(from, NO_FOLLOW, old, to, new)
}

pub fn symlink(target: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Operation {
    symlink_in(Fd::Root, target, path)
}

pub fn symlink_in(fd: Fd, target: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Operation {
    operation("path_symlink", [text(target), Argument::Fd(fd), text(path)])
}

pub fn list(fd: Fd) -> Operation {
    let [buffer, len, cookie, out] = [BUFFER, BUFFER_LEN, 0, OUT].map(|value| number(value as u64));
    operation("fd_readdir", [Argument::Fd(fd), buffer, len, cookie, out])
}

pub fn read(fd: Fd) -> Operation {
    let [list, count, out] = [LIST, 1, OUT].map(|value| number(value as u64));
    operation("fd_read", [Argument::Fd(fd), list, count, out])
}

/// Writes a buffer of zeros.
pub fn write(fd: Fd) -> Operation {
    let [list, count, out] = [LIST, 1, OUT].map(|value| number(value as u64));
    operation("fd_write", [Argument::Fd(fd), list, count, out])
}

pub fn set_size(fd: Fd) -> Operation {
    operation("fd_filestat_set_size", [Argument::Fd(fd), number(0)])
}

/// Sets both times of something open to the first second of 1970.
pub fn set_times_of(fd: Fd) -> Operation {
    let [accessed, modified, both] = [0, 0, 1 | 4].map(number);
    operation("fd_filestat_set_times", [Argument::Fd(fd), accessed, modified, both])
}

pub fn set_rights(fd: Fd, rights: u64, inheriting: u64) -> Operation {
    operation("fd_fdstat_set_rights", [Argument::Fd(fd), number(rights), number(inheriting)])
}

/// Gives `from` the number of `to`, which is closed.
pub fn renumber(from: Fd, to: Fd) -> Operation {
    operation("fd_renumber", [Argument::Fd(from), Argument::Fd(to)])
}

pub fn close(fd: Fd) -> Operation {
    operation("fd_close", [Argument::Fd(fd)])
}

/// A guest that makes operations one after the other.
pub struct Actor {
    guest: Guest,
    last: u32,
}

impl Actor {
    pub fn new(guest: Guest) -> Actor {
        // No descriptor has this number before something was opened.
        Actor { guest, last: u32::MAX }
    }

    /// Makes the guest do it; fails with the error number.
    pub fn perform(&mut self, operation: &Operation) -> Result<(), u16> {
        let buffer = [BUFFER as u32, BUFFER_LEN as u32].map(u32::to_le_bytes).concat();
        self.guest.put(LIST, &buffer);
        self.guest.memory()[BUFFER..][..BUFFER_LEN].fill(0);
        let arguments = self.lay_out(&operation.arguments);
        let errno = self.guest.call(operation.function, &arguments).expect("no operation ends the guest");
        if errno != Errno::Success.number() {
            return Err(errno);
        }
        if operation.function == "path_open" {
            self.last = self.guest.u32(OUT);
        }
        Ok(())
    }

    fn lay_out(&mut self, arguments: &[Argument]) -> Vec<u64> {
        let mut numbers = Vec::new();
        let mut place = PATHS;
        for argument in arguments {
            match argument {
                Argument::Fd(fd) => numbers.push(u64::from(self.number(*fd))),
                Argument::Number(number) => numbers.push(*number),
                Argument::Path(path) => {
                    assert!(path.len() <= PATH_ROOM, "there is room for a path");
                    self.guest.put(place, path);
                    numbers.extend([place as u64, path.len() as u64]);
                    place += PATH_ROOM;
                }
            }
        }
        numbers
    }

    fn number(&self, fd: Fd) -> u32 {
        match fd {
            Fd::Root => 3,
            Fd::ReadOnly => 4,
            Fd::Last => self.last,
            Fd::Number(number) => number,
        }
    }

    /// What the last operation has read.
    pub fn buffer(&mut self) -> &[u8] {
        &self.guest.memory()[BUFFER..][..BUFFER_LEN]
    }

    /// Whether this stands anywhere in the guest's memory.
    pub fn knows(&mut self, text: &[u8]) -> bool {
        self.guest.memory().windows(text.len()).any(|window| window == text)
    }
}
