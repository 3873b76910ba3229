//! What is known about a file: kind, size, identity, times.

use crate::clock::{ClockId, Clocks};
use crate::context::WasiCtx;
use crate::descriptors::{Fd, Resource};
use crate::errno::Errno;
use crate::flags::{FileType, fstflags};
use crate::memory::{Guest, Pointer};
use crate::paths::{At, follows, known_flags, names_directory};
use crate::rights::Rights;
use crate::snapshot::Snapshot;
use cap_fs_ext::{DirExt, FileTypeExt, MetadataExt, SystemTimeSpec};
use cap_std::fs::Metadata;
use std::fs::FileTimes;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the functions `*_filestat_get` tell.
#[derive(Debug)]
struct FileStat {
    device: u64,
    inode: u64,
    file_type: FileType,
    links: u64,
    size: u64,
    accessed: u64,
    modified: u64,
    changed: u64,
}

impl FileStat {
    fn of(metadata: &Metadata) -> FileStat {
        let time = |time: std::io::Result<cap_std::time::SystemTime>| {
            let since_1970 = time.ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
            since_1970.map_or(0, crate::clock::nanoseconds)
        };
        FileStat {
            device: metadata.dev(),
            inode: metadata.ino(),
            file_type: file_type(&metadata.file_type()),
            links: metadata.nlink(),
            size: metadata.len(),
            accessed: time(metadata.accessed()),
            modified: time(metadata.modified()),
            changed: changed(metadata),
        }
    }

    /// A stream or socket has nothing but a kind.
    fn of_stream(file_type: FileType) -> FileStat {
        FileStat { device: 0, inode: 0, file_type, links: 0, size: 0, accessed: 0, modified: 0, changed: 0 }
    }

    fn write(&self, guest: &mut Guest, to: Pointer) -> Result<(), Errno> {
        let kind = self.file_type as u64;
        let FileStat { size, accessed, modified, changed, .. } = *self;
        let words: &[u64] = match guest.snapshot {
            // The number of links stands beside the kind, in 32 bits.
            Snapshot::Unstable => {
                let links = self.links.min(u64::from(u32::MAX));
                &[self.device, self.inode, kind | links << 32, size, accessed, modified, changed]
            }
            Snapshot::Preview1 => &[self.device, self.inode, kind, self.links, size, accessed, modified, changed],
        };
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        guest.write(to, &bytes)
    }
}

/// When the file's entry in the file system was changed last.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> u64 {
    use cap_std::fs::MetadataExt;
    let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
    let nanoseconds = u64::try_from(metadata.ctime_nsec()).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

/// The time of creation is the nearest that there is.
#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> u64 {
    let created = metadata.created().ok();
    let since_1970 = created.and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
    since_1970.map_or(0, crate::clock::nanoseconds)
}

/// The kind of a file of the host.
pub(crate) fn file_type(kind: &cap_std::fs::FileType) -> FileType {
    if kind.is_dir() {
        FileType::Directory
    } else if kind.is_file() {
        FileType::RegularFile
    } else if kind.is_symlink() {
        FileType::SymbolicLink
    } else if kind.is_block_device() {
        FileType::BlockDevice
    } else if kind.is_char_device() {
        FileType::CharacterDevice
    } else if kind.is_socket() {
        FileType::SocketStream
    } else {
        FileType::Unknown
    }
}

/// Writes what is known about an open file.
pub(crate) fn fd_filestat_get(ctx: &mut WasiCtx, guest: &mut Guest, fd: Fd, stat: Pointer) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get(fd)?;
    descriptor.rights.require(Rights::FD_FILESTAT_GET)?;
    let known = match &descriptor.resource {
        Resource::File(file) => FileStat::of(&file.host().metadata()?),
        Resource::Directory(directory) => FileStat::of(&directory.host().dir_metadata()?),
        stream => FileStat::of_stream(stream.file_type()),
    };
    known.write(guest, stat)
}

/// Writes what is known about a path.
pub(crate) fn path_filestat_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    at: At,
    flags: u32,
    stat: Pointer,
) -> Result<(), Errno> {
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_FILESTAT_GET)?;
    let metadata = match follows(&path, flags)? {
        true => directory.host().metadata(&path)?,
        false => directory.host().symlink_metadata(&path)?,
    };
    require_kind(&path, metadata.is_dir())?;
    FileStat::of(&metadata).write(guest, stat)
}

/// Fails when a path that names a directory has turned out to be something else.
fn require_kind(path: &Path, is_directory: bool) -> Result<(), Errno> {
    match names_directory(path) && !is_directory {
        true => Err(Errno::Notdir),
        false => Ok(()),
    }
}

/// The times that a guest wants to set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub accessed: u64,
    pub modified: u64,
    pub flags: u32,
}

impl Times {
    /// The time of access and the time of modification to set, where they are to be set.
    fn choose(self, clocks: &mut Clocks) -> Result<[Option<SystemTime>; 2], Errno> {
        let flags = known_flags(self.flags, u32::from(fstflags::ALL))? as u16;
        let now = clocks.read(ClockId::Realtime)?;
        let choose = |given: u64, set: u16, set_now: u16| {
            let time = match (flags & set != 0, flags & set_now != 0) {
                (true, true) => return Err(Errno::Inval),
                (true, false) => given,
                (false, true) => now,
                (false, false) => return Ok(None),
            };
            let time = UNIX_EPOCH.checked_add(Duration::from_nanos(time));
            time.map(Some).ok_or(Errno::Overflow)
        };
        Ok([
            choose(self.accessed, fstflags::ATIM, fstflags::ATIM_NOW)?,
            choose(self.modified, fstflags::MTIM, fstflags::MTIM_NOW)?,
        ])
    }
}

/// A time as cap-std takes it.
fn spec(time: Option<SystemTime>) -> Option<SystemTimeSpec> {
    time.map(|time| SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time)))
}

/// Sets the times of an open file.
pub(crate) fn fd_filestat_set_times(ctx: &mut WasiCtx, fd: Fd, times: Times) -> Result<(), Errno> {
    let [accessed, modified] = times.choose(&mut ctx.clocks)?;
    let descriptor = ctx.descriptors.get(fd)?;
    match &descriptor.resource {
        Resource::File(file) => {
            descriptor.rights.require(Rights::FD_FILESTAT_SET_TIMES)?;
            if file.read_only {
                return Err(Errno::Rofs);
            }
            let mut times = FileTimes::new();
            times = accessed.into_iter().fold(times, FileTimes::set_accessed);
            times = modified.into_iter().fold(times, FileTimes::set_modified);
            Ok(file.host().try_clone()?.into_std().set_times(times)?)
        }
        Resource::Directory(directory) => {
            descriptor.rights.require(Rights::FD_FILESTAT_SET_TIMES)?;
            directory.require_mutable()?;
            Ok(directory.host().set_times(".", spec(accessed), spec(modified))?)
        }
        _ => Err(Errno::Badf),
    }
}

/// Sets the times of a path.
pub(crate) fn path_filestat_set_times(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    at: At,
    flags: u32,
    times: Times,
) -> Result<(), Errno> {
    let [accessed, modified] = times.choose(&mut ctx.clocks)?;
    let (directory, path) = at.resolve(ctx, guest, Rights::PATH_FILESTAT_SET_TIMES)?;
    directory.require_mutable()?;
    let dir = directory.host();
    if names_directory(&path) {
        require_kind(&path, dir.metadata(&path)?.is_dir())?;
    }
    match follows(&path, flags)? {
        true => dir.set_times(&path, spec(accessed), spec(modified))?,
        false => dir.set_symlink_times(&path, spec(accessed), spec(modified))?,
    }
    Ok(())
}
