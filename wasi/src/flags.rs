//! The flags and small enumerations of preview 1, with the specification's names and numbers.

/// `fdflags`: how a descriptor behaves.
pub(crate) mod fdflags {
    pub const APPEND: u16 = 1;
    pub const DSYNC: u16 = 1 << 1;
    pub const NONBLOCK: u16 = 1 << 2;
    pub const RSYNC: u16 = 1 << 3;
    pub const SYNC: u16 = 1 << 4;
    pub const ALL: u16 = (1 << 5) - 1;
}

/// `oflags`: how a file is opened.
pub(crate) mod oflags {
    pub const CREAT: u16 = 1;
    pub const DIRECTORY: u16 = 1 << 1;
    pub const EXCL: u16 = 1 << 2;
    pub const TRUNC: u16 = 1 << 3;
    pub const ALL: u16 = (1 << 4) - 1;
}

/// `lookupflags`: how a path is resolved.
pub(crate) mod lookup {
    pub const SYMLINK_FOLLOW: u32 = 1;
}

/// `fstflags`: which time stamps are set, and to what.
pub(crate) mod fstflags {
    pub const ATIM: u16 = 1;
    pub const ATIM_NOW: u16 = 1 << 1;
    pub const MTIM: u16 = 1 << 2;
    pub const MTIM_NOW: u16 = 1 << 3;
    pub const ALL: u16 = (1 << 4) - 1;
}

/// `subclockflags`: what the timeout of a clock means.
pub(crate) mod subclock {
    pub const ABSTIME: u16 = 1;
}

/// `eventrwflags`: what has become of a descriptor.
pub(crate) mod eventrw {
    pub const HANGUP: u16 = 1;
}

/// `riflags` and `roflags`: how a message is received.
pub(crate) mod recv {
    pub const PEEK: u16 = 1;
    pub const WAITALL: u16 = 1 << 1;
    pub const ALL: u16 = (1 << 2) - 1;
}

/// `sdflags`: which directions of a socket are shut down.
pub(crate) mod sdflags {
    pub const RD: u8 = 1;
    pub const WR: u8 = 1 << 1;
}

/// What kind of thing a descriptor or a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FileType {
    Unknown,
    BlockDevice,
    CharacterDevice,
    Directory,
    RegularFile,
    SocketStream = 6,
    SymbolicLink,
}
