//! Rights: what a descriptor may be used for.
//!
//! Preview 1 gives every descriptor a set of rights, and every directory a second set that what is opened through it
//! can have at most. A guest may give rights up, and never gains any. A directory that is preopened read-only is not
//! expressed in rights: like a file system mounted read-only, it refuses changes with [`Errno::Rofs`].

use crate::errno::Errno;

/// A set of rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rights(pub u64);

impl Rights {
    pub const FD_DATASYNC: Rights = Rights(1);
    pub const FD_READ: Rights = Rights(1 << 1);
    pub const FD_SEEK: Rights = Rights(1 << 2);
    pub const FD_FDSTAT_SET_FLAGS: Rights = Rights(1 << 3);
    pub const FD_SYNC: Rights = Rights(1 << 4);
    pub const FD_TELL: Rights = Rights(1 << 5);
    pub const FD_WRITE: Rights = Rights(1 << 6);
    pub const FD_ADVISE: Rights = Rights(1 << 7);
    pub const FD_ALLOCATE: Rights = Rights(1 << 8);
    pub const PATH_CREATE_DIRECTORY: Rights = Rights(1 << 9);
    pub const PATH_CREATE_FILE: Rights = Rights(1 << 10);
    pub const PATH_LINK_SOURCE: Rights = Rights(1 << 11);
    pub const PATH_LINK_TARGET: Rights = Rights(1 << 12);
    pub const PATH_OPEN: Rights = Rights(1 << 13);
    pub const FD_READDIR: Rights = Rights(1 << 14);
    pub const PATH_READLINK: Rights = Rights(1 << 15);
    pub const PATH_RENAME_SOURCE: Rights = Rights(1 << 16);
    pub const PATH_RENAME_TARGET: Rights = Rights(1 << 17);
    pub const PATH_FILESTAT_GET: Rights = Rights(1 << 18);
    pub const PATH_FILESTAT_SET_SIZE: Rights = Rights(1 << 19);
    pub const PATH_FILESTAT_SET_TIMES: Rights = Rights(1 << 20);
    pub const FD_FILESTAT_GET: Rights = Rights(1 << 21);
    pub const FD_FILESTAT_SET_SIZE: Rights = Rights(1 << 22);
    pub const FD_FILESTAT_SET_TIMES: Rights = Rights(1 << 23);
    pub const PATH_SYMLINK: Rights = Rights(1 << 24);
    pub const PATH_REMOVE_DIRECTORY: Rights = Rights(1 << 25);
    pub const PATH_UNLINK_FILE: Rights = Rights(1 << 26);
    pub const POLL_FD_READWRITE: Rights = Rights(1 << 27);
    pub const SOCK_SHUTDOWN: Rights = Rights(1 << 28);
    pub const SOCK_ACCEPT: Rights = Rights(1 << 29);

    pub const NONE: Rights = Rights(0);

    /// Everything that can be done to something open, wherever it came from.
    const ANY: Rights = Rights::FD_FDSTAT_SET_FLAGS.and(Rights::FD_FILESTAT_GET).and(Rights::POLL_FD_READWRITE);

    /// A standard input. Without the right to seek or tell, C libraries take it for a terminal if it is one.
    pub const INPUT: Rights = Rights::ANY.and(Rights::FD_READ);

    /// A standard output.
    pub const OUTPUT: Rights = Rights::ANY.and(Rights::FD_WRITE).and(Rights::FD_DATASYNC).and(Rights::FD_SYNC);

    /// A connected socket.
    pub const STREAM: Rights = Rights::ANY.and(Rights::FD_READ).and(Rights::FD_WRITE).and(Rights::SOCK_SHUTDOWN);

    /// A listening socket.
    pub const LISTENER: Rights = Rights::ANY.and(Rights::FD_READ).and(Rights::SOCK_ACCEPT);

    /// A file.
    pub const FILE: Rights = Rights::ANY
        .and(Rights::FD_DATASYNC)
        .and(Rights::FD_READ)
        .and(Rights::FD_SEEK)
        .and(Rights::FD_SYNC)
        .and(Rights::FD_TELL)
        .and(Rights::FD_WRITE)
        .and(Rights::FD_ADVISE)
        .and(Rights::FD_ALLOCATE)
        .and(Rights::FD_FILESTAT_SET_SIZE)
        .and(Rights::FD_FILESTAT_SET_TIMES);

    /// A directory.
    pub const DIRECTORY: Rights = Rights::ANY
        .and(Rights::FD_DATASYNC)
        .and(Rights::FD_SYNC)
        .and(Rights::FD_READDIR)
        .and(Rights::FD_FILESTAT_SET_TIMES)
        .and(Rights::PATH_CREATE_DIRECTORY)
        .and(Rights::PATH_CREATE_FILE)
        .and(Rights::PATH_LINK_SOURCE)
        .and(Rights::PATH_LINK_TARGET)
        .and(Rights::PATH_OPEN)
        .and(Rights::PATH_READLINK)
        .and(Rights::PATH_RENAME_SOURCE)
        .and(Rights::PATH_RENAME_TARGET)
        .and(Rights::PATH_FILESTAT_GET)
        .and(Rights::PATH_FILESTAT_SET_SIZE)
        .and(Rights::PATH_FILESTAT_SET_TIMES)
        .and(Rights::PATH_SYMLINK)
        .and(Rights::PATH_REMOVE_DIRECTORY)
        .and(Rights::PATH_UNLINK_FILE);

    /// Whatever is opened through a preopened directory.
    pub const INHERITING: Rights = Rights::DIRECTORY.and(Rights::FILE);

    /// Both sets together.
    pub const fn and(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// What is in both sets.
    pub fn within(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }

    pub fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// Fails unless all of these rights are there.
    pub fn require(self, needed: Rights) -> Result<(), Errno> {
        match self.contains(needed) {
            true => Ok(()),
            false => Err(Errno::Notcapable),
        }
    }
}
