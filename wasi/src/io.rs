//! Reading, writing and seeking, whatever stands behind the descriptor.

use crate::buffers::{Buffers, Fill};
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Fd, Resource};
use crate::errno::Errno;
use crate::exit::Failure;
use crate::file::File;
use crate::flags::fdflags;
use crate::interrupt::Interrupts;
use crate::memory::{Guest, Pointer};
use crate::rights::Rights;
use crate::wait::{Direction, HostHandle, Interest, wait};
use std::io::{Read, SeekFrom, Write};
use std::time::Duration;

/// Fails unless this kind of thing can be read or written, was opened for it, and may be used for it.
pub(crate) fn require_access(descriptor: &Descriptor, direction: Direction) -> Result<(), Errno> {
    let (right, opened) = match (direction, &descriptor.resource) {
        (Direction::Read, Resource::Directory(_)) => return Err(Errno::Isdir),
        (Direction::Read, Resource::File(file)) => (Rights::FD_READ, file.readable),
        (Direction::Read, resource) => (Rights::FD_READ, !matches!(resource, Resource::Output(_))),
        (Direction::Write, Resource::File(file)) => (Rights::FD_WRITE, file.writable),
        (Direction::Write, resource) => {
            (Rights::FD_WRITE, matches!(resource, Resource::Output(_) | Resource::Stream(_)))
        }
    };
    match opened {
        true => descriptor.rights.require(right),
        false => Err(Errno::Badf),
    }
}

/// What to wait for before reading or writing; none when that never waits, or nobody knows.
pub(crate) fn host_handle(resource: &Resource) -> Option<HostHandle<'_>> {
    match resource {
        Resource::Input(input) => input.handle(),
        Resource::Output(_) | Resource::Directory(_) => None,
        Resource::File(file) => file.handle(),
        #[cfg(unix)]
        Resource::Listener(listener) => Some(std::os::fd::AsFd::as_fd(listener)),
        #[cfg(unix)]
        Resource::Stream(stream) => Some(std::os::fd::AsFd::as_fd(stream)),
        #[cfg(not(unix))]
        Resource::Listener(_) | Resource::Stream(_) => None,
    }
}

/// Waits until reading will not wait any more, where something may interrupt it; the call itself does the waiting
/// otherwise. A descriptor that shall not wait answers [`Errno::Again`] instead.
pub(crate) fn wait_to_read(descriptor: &Descriptor, interrupts: &mut Interrupts) -> Result<(), Failure> {
    let patient = descriptor.flags & fdflags::NONBLOCK == 0;
    let Some(handle) = host_handle(&descriptor.resource) else {
        return Ok(());
    };
    if patient && !interrupts.any() {
        return Ok(());
    }
    let interest = Interest { handle, direction: Direction::Read };
    let timeout = (!patient).then_some(Duration::ZERO);
    match wait(&[interest], timeout, interrupts)?.first() {
        Some(state) if !state.ready => Err(Errno::Again.into()),
        _ => Ok(()),
    }
}

/// Reads into buffers.
pub(crate) fn fd_read(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    nread: Pointer,
) -> Result<(), Failure> {
    guest.check(nread, 4)?;
    let descriptor = ctx.descriptors.get_mut(fd)?;
    require_access(descriptor, Direction::Read)?;
    let buffers = Buffers::read(guest, iovs)?;
    if buffers.left() > 0 {
        wait_to_read(descriptor, &mut ctx.interrupts)?;
    }
    let done = match &mut descriptor.resource {
        Resource::Input(input) => buffers.fill(guest, Fill::Once, |into| input.read(into)),
        Resource::Stream(stream) => buffers.fill(guest, Fill::Once, |into| stream.read(into)),
        Resource::File(file) => buffers.fill(guest, file.fill(), |into| file.read(into)),
        Resource::Listener(_) => Err(Errno::Notconn),
        Resource::Output(_) | Resource::Directory(_) => Err(Errno::Badf),
    }?;
    Ok(guest.write_u32(nread, done)?)
}

/// Writes from buffers.
pub(crate) fn fd_write(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    nwritten: Pointer,
) -> Result<(), Errno> {
    guest.check(nwritten, 4)?;
    let descriptor = ctx.descriptors.get_mut(fd)?;
    require_access(descriptor, Direction::Write)?;
    let buffers = Buffers::read(guest, iovs)?;
    let append = descriptor.flags & fdflags::APPEND != 0;
    let done = match &mut descriptor.resource {
        Resource::Output(output) => {
            let done = buffers.drain(guest, |from| output.write(from))?;
            // The guest has its own buffers: what it writes shall be seen.
            output.flush()?;
            done
        }
        Resource::Stream(stream) => buffers.drain(guest, |from| stream.write(from))?,
        Resource::File(file) => buffers.drain(guest, |from| file.write(from, append))?,
        _ => return Err(Errno::Badf),
    };
    guest.write_u32(nwritten, done)
}

/// Reads from a place in a file, whose position stays where it is.
pub(crate) fn fd_pread(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    offset: u64,
    nread: Pointer,
) -> Result<(), Errno> {
    guest.check(nread, 4)?;
    let file = positioned(ctx, fd, Direction::Read)?;
    let buffers = Buffers::read(guest, iovs)?;
    let mut place = place(offset, buffers.left())?;
    let done = buffers.fill(guest, file.fill(), |into| {
        let given = file.read_at(into, place)?;
        place += given as u64;
        Ok(given)
    })?;
    guest.write_u32(nread, done)
}

/// Writes to a place in a file, whose position stays where it is.
pub(crate) fn fd_pwrite(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    offset: u64,
    nwritten: Pointer,
) -> Result<(), Errno> {
    guest.check(nwritten, 4)?;
    let file = positioned(ctx, fd, Direction::Write)?;
    let buffers = Buffers::read(guest, iovs)?;
    let mut place = place(offset, buffers.left())?;
    let done = buffers.drain(guest, |from| {
        let taken = file.write_at(from, place)?;
        place += taken as u64;
        Ok(taken)
    })?;
    guest.write_u32(nwritten, done)
}

/// The file behind a descriptor that shall be read or written at a place.
fn positioned(ctx: &WasiCtx, fd: Fd, direction: Direction) -> Result<&File, Errno> {
    let descriptor = ctx.descriptors.get(fd)?;
    require_access(descriptor, direction)?;
    match &descriptor.resource {
        Resource::File(file) => descriptor.rights.require(Rights::FD_SEEK).map(|()| file),
        _ => Err(Errno::Spipe),
    }
}

/// Checks that a place and what follows it are such as a file can have: no file is longer than `i64::MAX`.
fn place(offset: u64, len: u32) -> Result<u64, Errno> {
    match offset.checked_add(u64::from(len)) {
        Some(end) if i64::try_from(end).is_ok() => Ok(offset),
        _ => Err(Errno::Inval),
    }
}

/// Moves the position of a file, and writes the new one.
pub(crate) fn fd_seek(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    offset: i64,
    whence: u32,
    position: Pointer,
) -> Result<(), Errno> {
    guest.check(position, 8)?;
    let whence = u8::try_from(whence).map_err(|_| Errno::Inval)?;
    let target = guest.snapshot.seek_from(whence, offset)?;
    let new = match target {
        // Asking for the position is telling it.
        SeekFrom::Current(0) => seek(ctx, fd, target, Rights::FD_TELL),
        _ => seek(ctx, fd, target, Rights::FD_SEEK),
    }?;
    guest.write_u64(position, new)
}

/// Writes the position of a file.
pub(crate) fn fd_tell(ctx: &mut WasiCtx, guest: &mut Guest, fd: Fd, position: Pointer) -> Result<(), Errno> {
    let place = seek(ctx, fd, SeekFrom::Current(0), Rights::FD_TELL)?;
    guest.write_u64(position, place)
}

fn seek(ctx: &WasiCtx, fd: Fd, target: SeekFrom, needed: Rights) -> Result<u64, Errno> {
    let descriptor = ctx.descriptors.get(fd)?;
    match &descriptor.resource {
        Resource::File(file) => {
            // Who may seek may also tell.
            if !descriptor.rights.contains(Rights::FD_SEEK) {
                descriptor.rights.require(needed)?;
            }
            Ok(file.seek(target)?)
        }
        Resource::Directory(_) => Err(Errno::Badf),
        _ => Err(Errno::Spipe),
    }
}
