//! The editions of WASI preview 1, and in what they differ.
//!
//! Everything that depends on the edition is decided here or by a method of [`Snapshot`].

use crate::errno::Errno;
use crate::functions::Function;
use crate::table::FUNCTIONS;
use std::io::SeekFrom;

/// An edition of the interface, known to guests by the name of the module that they import from.
///
/// The two have the same functions, types and numbers but for four things, which a call decides by the edition that it
/// is made for:
///
/// | | `wasi_unstable` | `wasi_snapshot_preview1` |
/// |---|---|---|
/// | `whence` of `fd_seek` | 0 from here, 1 from the end, 2 from the start | 0 from the start, 1 from here, 2 from the end |
/// | `filestat` | 56 bytes; 32 bits for the number of links (at most `u32::MAX`) at 20 | 64 bytes; 64 bits at 24 |
/// | `subscription` | 56 bytes; a clock's begins with a number of the guest's own | 48 bytes |
/// | `sock_accept` | not there | there |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Snapshot {
    /// `wasi_unstable`, which some say preview 0 to.
    Unstable,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

impl Snapshot {
    /// Every edition.
    pub const ALL: [Snapshot; 2] = [Snapshot::Unstable, Snapshot::Preview1];

    /// The name of the module that a guest imports from.
    pub fn module(self) -> &'static str {
        match self {
            Snapshot::Unstable => "wasi_unstable",
            Snapshot::Preview1 => "wasi_snapshot_preview1",
        }
    }

    /// The edition with this module name.
    pub fn from_module(name: &str) -> Option<Snapshot> {
        Snapshot::ALL.into_iter().find(|snapshot| snapshot.module() == name)
    }

    /// The functions of this edition.
    pub fn functions(self) -> impl Iterator<Item = &'static Function> {
        // `sock_accept` came later than the rest.
        let missing = match self {
            Snapshot::Unstable => "sock_accept",
            Snapshot::Preview1 => "",
        };
        FUNCTIONS.iter().filter(move |function| function.name != missing)
    }

    /// Where to seek to: `whence` numbers differ.
    pub(crate) fn seek_from(self, whence: u8, offset: i64) -> Result<SeekFrom, Errno> {
        let start = || u64::try_from(offset).map(SeekFrom::Start).map_err(|_| Errno::Inval);
        match (self, whence) {
            (Snapshot::Preview1, 0) | (Snapshot::Unstable, 2) => start(),
            (Snapshot::Preview1, 1) | (Snapshot::Unstable, 0) => Ok(SeekFrom::Current(offset)),
            (Snapshot::Preview1, 2) | (Snapshot::Unstable, 1) => Ok(SeekFrom::End(offset)),
            _ => Err(Errno::Inval),
        }
    }
}
