//! Descriptors as such: closing and renumbering them, their flags and rights, and which are preopened.

use crate::context::WasiCtx;
use crate::descriptors::{Fd, Resource};
use crate::errno::Errno;
use crate::flags::fdflags;
use crate::memory::{Guest, Pointer};
use crate::paths::known_flags;
use crate::rights::Rights;

/// The flags that a guest can change after opening: whether writes are synchronous is fixed then.
const CHANGEABLE: u16 = fdflags::APPEND | fdflags::NONBLOCK;

/// Closes a descriptor.
pub(crate) fn fd_close(ctx: &mut WasiCtx, fd: Fd) -> Result<(), Errno> {
    ctx.descriptors.remove(fd).map(drop)
}

/// Gives a descriptor the number of another one, which is closed.
pub(crate) fn fd_renumber(ctx: &mut WasiCtx, from: Fd, to: Fd) -> Result<(), Errno> {
    ctx.descriptors.renumber(from, to)
}

/// Writes the kind, flags and rights of a descriptor.
pub(crate) fn fd_fdstat_get(ctx: &mut WasiCtx, guest: &mut Guest, fd: Fd, stat: Pointer) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get(fd)?;
    let kind = descriptor.resource.file_type() as u64;
    let flags = u64::from(descriptor.flags);
    let words = [kind | flags << 16, descriptor.rights.0, descriptor.inheriting.0];
    let mut bytes = [0; 24];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    guest.write(stat, &bytes)
}

/// Sets the flags of a descriptor.
pub(crate) fn fd_fdstat_set_flags(ctx: &mut WasiCtx, fd: Fd, flags: u32) -> Result<(), Errno> {
    let flags = known_flags(flags, u32::from(fdflags::ALL))? as u16;
    let descriptor = ctx.descriptors.get_mut(fd)?;
    descriptor.rights.require(Rights::FD_FDSTAT_SET_FLAGS)?;
    if (flags ^ descriptor.flags) & !CHANGEABLE != 0 {
        return Err(Errno::Notsup);
    }
    let nonblocking = flags & fdflags::NONBLOCK != 0;
    match &descriptor.resource {
        Resource::File(file) => file.set_flags(flags)?,
        Resource::Listener(listener) => listener.set_nonblocking(nonblocking)?,
        Resource::Stream(stream) => stream.set_nonblocking(nonblocking)?,
        // Reading looks at the flags itself: other processes may have the same stream.
        Resource::Input(_) | Resource::Output(_) | Resource::Directory(_) => {}
    }
    descriptor.flags = flags;
    Ok(())
}

/// Gives up rights. Nobody gains one.
pub(crate) fn fd_fdstat_set_rights(ctx: &mut WasiCtx, fd: Fd, rights: u64, inheriting: u64) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get_mut(fd)?;
    descriptor.rights.require(Rights(rights))?;
    descriptor.inheriting.require(Rights(inheriting))?;
    descriptor.rights = Rights(rights);
    descriptor.inheriting = Rights(inheriting);
    Ok(())
}

/// The guest's name of a preopened directory. C libraries count up from 3 until they are told that there is none.
fn preopened_name(ctx: &WasiCtx, fd: Fd) -> Result<&str, Errno> {
    match &ctx.descriptors.get(fd)?.resource {
        Resource::Directory(directory) => directory.preopened_as().ok_or(Errno::Badf),
        _ => Err(Errno::Badf),
    }
}

/// Writes what kind of preopened thing a descriptor is, always a directory, and the length of its name.
pub(crate) fn fd_prestat_get(ctx: &mut WasiCtx, guest: &mut Guest, fd: Fd, prestat: Pointer) -> Result<(), Errno> {
    let len = u32::try_from(preopened_name(ctx, fd)?.len()).map_err(|_| Errno::Overflow)?;
    // The kind "directory" is zero.
    guest.write_u64(prestat, u64::from(len) << 32)
}

/// Writes the name of a preopened directory.
pub(crate) fn fd_prestat_dir_name(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    buffer: Pointer,
    len: u32,
) -> Result<(), Errno> {
    let name = preopened_name(ctx, fd)?;
    match name.len() <= len as usize {
        true => guest.write(buffer, name.as_bytes()),
        false => Err(Errno::Nametoolong),
    }
}
