//! Open directories, and listing them.

use crate::context::WasiCtx;
use crate::descriptors::{Fd, Resource};
use crate::errno::Errno;
use crate::filestat::file_type;
use crate::flags::FileType;
use crate::memory::{Guest, Pointer};
use crate::rights::Rights;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io;
use std::path::Path;

/// At most so many entries of a directory are listed: they are held in memory.
const MAX_ENTRIES: usize = 1 << 20;

/// The size of an entry's fixed part.
const HEADER: usize = 24;

/// An open directory of the host, which no path leads out of.
#[derive(Debug)]
pub(crate) struct Directory {
    dir: Dir,
    /// The guest's name of a preopened directory.
    name: Option<String>,
    pub read_only: bool,
    /// The entries as they were when the guest began to list them.
    listing: Option<Vec<Entry>>,
}

/// What a listing says of a name.
#[derive(Debug)]
struct Entry {
    inode: u64,
    file_type: FileType,
    name: String,
}

impl Directory {
    pub fn new(dir: Dir, read_only: bool) -> Directory {
        Directory { dir, name: None, read_only, listing: None }
    }

    /// Opens a directory by a name of the host: the one place where the host's whole file system is in reach.
    pub fn preopen(host: &Path, name: String, read_only: bool) -> io::Result<Directory> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        Ok(Directory { name: Some(name), ..Directory::new(dir, read_only) })
    }

    pub fn host(&self) -> &Dir {
        &self.dir
    }

    /// The guest's name for it, if it is preopened.
    pub fn preopened_as(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Fails where nothing may be changed.
    pub fn require_mutable(&self) -> Result<(), Errno> {
        match self.read_only {
            true => Err(Errno::Rofs),
            false => Ok(()),
        }
    }

    /// Waits until the directory itself is on the disk.
    pub fn sync(&self) -> Result<(), Errno> {
        // The handle may be one for looking up names only, which cannot be synchronised.
        #[cfg(unix)]
        self.dir.open(".")?.sync_all()?;
        Ok(())
    }

    /// Reads all entries, in the order of their names: what a program does depends on the order all too easily.
    fn list(&self) -> Result<Vec<Entry>, Errno> {
        let mut entries = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            if entries.len() >= MAX_ENTRIES {
                return Err(Errno::Nomem);
            }
            // A name that is not UTF-8 cannot be told to a guest, nor used by it.
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            entries.push(Entry {
                inode: inode(&entry),
                file_type: entry.file_type().map_or(FileType::Unknown, |kind| file_type(&kind)),
                name,
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        let this = self.dir.dir_metadata()?;
        // The parent may be outside of what the guest can see, so that it is not looked at.
        let itself = [".", ".."].map(|name| Entry {
            inode: cap_fs_ext::MetadataExt::ino(&this),
            file_type: FileType::Directory,
            name: name.to_owned(),
        });
        entries.splice(0..0, itself);
        Ok(entries)
    }

    /// The entries from a place in the listing on. The beginning is always a new listing.
    fn entries_from(&mut self, cookie: u64) -> Result<&[Entry], Errno> {
        if cookie == 0 || self.listing.is_none() {
            self.listing = Some(self.list()?);
        }
        let entries = self.listing.as_deref().unwrap_or_default();
        let start = usize::try_from(cookie).unwrap_or(usize::MAX).min(entries.len());
        Ok(&entries[start..])
    }
}

#[cfg(unix)]
fn inode(entry: &cap_std::fs::DirEntry) -> u64 {
    std::os::unix::fs::DirEntryExt::ino(entry)
}

/// Zero makes C libraries ask for the inode when they need it.
#[cfg(not(unix))]
fn inode(entry: &cap_std::fs::DirEntry) -> u64 {
    let metadata = cap_fs_ext::DirEntryExt::full_metadata(entry);
    metadata.map_or(0, |metadata| cap_fs_ext::MetadataExt::ino(&metadata))
}

impl Entry {
    /// The entry as the guest sees it; `next` is where the listing goes on after it.
    fn encode(&self, next: u64) -> Result<Vec<u8>, Errno> {
        let len = u32::try_from(self.name.len()).map_err(|_| Errno::Overflow)?;
        let mut bytes = Vec::with_capacity(HEADER + self.name.len());
        bytes.extend(next.to_le_bytes());
        bytes.extend(self.inode.to_le_bytes());
        bytes.extend(len.to_le_bytes());
        bytes.extend((self.file_type as u32).to_le_bytes());
        bytes.extend(self.name.as_bytes());
        Ok(bytes)
    }
}

/// Writes entries of a directory to a buffer, from a cookie on, and how much of the buffer they fill.
///
/// The last entry is cut off where the buffer ends. A buffer that is not full tells that there are no more entries.
pub(crate) fn fd_readdir(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    (buffer, len): (Pointer, u32),
    cookie: u64,
    used: Pointer,
) -> Result<(), Errno> {
    guest.check(buffer, len)?;
    guest.check(used, 4)?;
    let descriptor = ctx.descriptors.get_mut(fd)?;
    descriptor.directory(Rights::FD_READDIR)?;
    let Resource::Directory(directory) = &mut descriptor.resource else {
        return Err(Errno::Notdir);
    };
    let mut filled: u32 = 0;
    for (entry, next) in directory.entries_from(cookie)?.iter().zip(cookie.saturating_add(1)..) {
        let bytes = entry.encode(next)?;
        let room = (len - filled) as usize;
        let part = &bytes[..bytes.len().min(room)];
        guest.write(buffer.offset(filled)?, part)?;
        // Both are at most `len`.
        filled += part.len() as u32;
        if filled == len {
            break;
        }
    }
    if filled < len {
        // The guest has seen the end: no need to remember so many names.
        directory.listing = None;
    }
    guest.write_u32(used, filled)
}
