//! Open files, and what can be done only with them.

use crate::buffers::Fill;
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Fd, Resource};
use crate::errno::Errno;
use crate::flags::FileType;
use crate::rights::Rights;
use crate::wait::HostHandle;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// An open file of the host.
#[derive(Debug)]
pub(crate) struct File {
    file: cap_std::fs::File,
    pub file_type: FileType,
    /// Whether the guest asked to read. The host's file may allow more, because creating and truncating need writing.
    pub readable: bool,
    /// Whether the guest asked to write.
    pub writable: bool,
    /// Whether the directory that it came from is read-only.
    pub read_only: bool,
}

impl File {
    pub fn new(file: cap_std::fs::File, file_type: FileType) -> File {
        File { file, file_type, readable: false, writable: false, read_only: false }
    }

    pub fn host(&self) -> &cap_std::fs::File {
        &self.file
    }

    /// Devices and pipes can wait; ordinary files never do.
    pub fn handle(&self) -> Option<HostHandle<'_>> {
        #[cfg(unix)]
        if self.file_type != FileType::RegularFile {
            return Some(std::os::fd::AsFd::as_fd(&self.file));
        }
        None
    }

    /// Whether to read on after a read has given less than asked for.
    pub fn fill(&self) -> Fill {
        match self.file_type {
            FileType::RegularFile => Fill::Fully,
            _ => Fill::Once,
        }
    }

    pub fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        (&self.file).read(into)
    }

    pub fn write(&self, from: &[u8], append: bool) -> io::Result<usize> {
        // On Unix the system itself appends, see `set_flags`.
        if append && cfg!(not(unix)) {
            (&self.file).seek(SeekFrom::End(0))?;
        }
        (&self.file).write(from)
    }

    pub fn seek(&self, target: SeekFrom) -> io::Result<u64> {
        (&self.file).seek(target)
    }

    #[cfg(unix)]
    pub fn read_at(&self, into: &mut [u8], place: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::read_at(&self.file, into, place)
    }

    #[cfg(unix)]
    pub fn write_at(&self, from: &[u8], place: u64) -> io::Result<usize> {
        cap_std::fs::FileExt::write_at(&self.file, from, place)
    }

    /// The position moves with every access here, and must be put back.
    #[cfg(not(unix))]
    pub fn read_at(&self, into: &mut [u8], place: u64) -> io::Result<usize> {
        let position = self.seek(SeekFrom::Current(0))?;
        self.seek(SeekFrom::Start(place))?;
        let given = self.read(into);
        self.seek(SeekFrom::Start(position))?;
        given
    }

    #[cfg(not(unix))]
    pub fn write_at(&self, from: &[u8], place: u64) -> io::Result<usize> {
        let position = self.seek(SeekFrom::Current(0))?;
        self.seek(SeekFrom::Start(place))?;
        let taken = self.write(from, false);
        self.seek(SeekFrom::Start(position))?;
        taken
    }

    /// Hands those flags to the system that it looks at itself with every access.
    #[cfg(unix)]
    pub fn set_flags(&self, flags: u16) -> io::Result<()> {
        use crate::flags::fdflags;
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        let mut host = fcntl_getfl(&self.file)?;
        host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
        host.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
        Ok(fcntl_setfl(&self.file, host)?)
    }

    #[cfg(not(unix))]
    pub fn set_flags(&self, _: u16) -> io::Result<()> {
        Ok(())
    }

    /// The length of a file can be changed only where it can be written.
    fn require_writable(&self) -> Result<(), Errno> {
        match self.writable {
            true => Ok(()),
            false => Err(Errno::Badf),
        }
    }
}

/// Takes note of how the guest will use a part of a file, which changes nothing here.
pub(crate) fn fd_advise(ctx: &mut WasiCtx, fd: Fd, offset: u64, len: u64, advice: u32) -> Result<(), Errno> {
    ctx.descriptors.get(fd)?.file(Rights::FD_ADVISE)?;
    end(offset, len)?;
    match advice {
        0..=5 => Ok(()),
        _ => Err(Errno::Inval),
    }
}

/// Makes a file at least so long. Space for it is not set aside.
pub(crate) fn fd_allocate(ctx: &mut WasiCtx, fd: Fd, offset: u64, len: u64) -> Result<(), Errno> {
    let file = ctx.descriptors.get(fd)?.file(Rights::FD_ALLOCATE)?;
    file.require_writable()?;
    let end = end(offset, len)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    if file.host().metadata()?.len() < end {
        file.host().set_len(end)?;
    }
    Ok(())
}

/// Cuts a file to a length, or lengthens it with zeros.
pub(crate) fn fd_filestat_set_size(ctx: &mut WasiCtx, fd: Fd, size: u64) -> Result<(), Errno> {
    let file = ctx.descriptors.get(fd)?.file(Rights::FD_FILESTAT_SET_SIZE)?;
    file.require_writable()?;
    end(size, 0)?;
    Ok(file.host().set_len(size)?)
}

/// Where a part of a file ends: no file is longer than `i64::MAX`.
fn end(offset: u64, len: u64) -> Result<u64, Errno> {
    match offset.checked_add(len) {
        Some(end) if i64::try_from(end).is_ok() => Ok(end),
        _ => Err(Errno::Inval),
    }
}

/// Waits until what was written is on the disk.
pub(crate) fn fd_sync(ctx: &mut WasiCtx, fd: Fd) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get_mut(fd)?;
    descriptor.rights.require(Rights::FD_SYNC)?;
    sync(descriptor, cap_std::fs::File::sync_all)
}

/// Waits until what was written is on the disk; time stamps may be missing.
pub(crate) fn fd_datasync(ctx: &mut WasiCtx, fd: Fd) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get_mut(fd)?;
    descriptor.rights.require(Rights::FD_DATASYNC)?;
    sync(descriptor, cap_std::fs::File::sync_data)
}

fn sync(descriptor: &mut Descriptor, call: impl FnOnce(&cap_std::fs::File) -> io::Result<()>) -> Result<(), Errno> {
    match &mut descriptor.resource {
        Resource::File(file) => Ok(call(file.host())?),
        Resource::Output(output) => Ok(output.flush()?),
        Resource::Directory(directory) => directory.sync(),
        Resource::Input(_) | Resource::Listener(_) | Resource::Stream(_) => Err(Errno::Inval),
    }
}
