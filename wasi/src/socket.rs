//! Sockets, as far as preview 1 has them: the host gives them, the guest accepts, receives, sends and shuts down.

use crate::buffers::{Buffers, Fill};
use crate::context::WasiCtx;
use crate::descriptors::{Descriptor, Fd, Resource};
use crate::errno::Errno;
use crate::exit::Failure;
use crate::flags::{fdflags, recv, sdflags};
use crate::io::{require_access, wait_to_read};
use crate::memory::{Guest, Pointer};
use crate::paths::known_flags;
use crate::rights::Rights;
use crate::wait::Direction;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

/// The connection behind a descriptor.
fn stream(descriptor: &Descriptor) -> Result<&TcpStream, Errno> {
    match &descriptor.resource {
        Resource::Stream(stream) => Ok(stream),
        Resource::Listener(_) => Err(Errno::Notconn),
        _ => Err(Errno::Notsock),
    }
}

/// Accepts a connection, and writes its descriptor.
pub(crate) fn sock_accept(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    flags: u32,
    accepted: Pointer,
) -> Result<(), Failure> {
    guest.check(accepted, 4)?;
    let flags = known_flags(flags, u32::from(fdflags::NONBLOCK))? as u16;
    ctx.descriptors.next()?;
    let descriptor = ctx.descriptors.get(fd)?;
    let listener = match &descriptor.resource {
        Resource::Listener(listener) => listener,
        Resource::Stream(_) => return Err(Errno::Inval.into()),
        _ => return Err(Errno::Notsock.into()),
    };
    descriptor.rights.require(Rights::SOCK_ACCEPT)?;
    wait_to_read(descriptor, &mut ctx.interrupts)?;
    let (stream, _) = crate::buffers::retry(|| listener.accept())?;
    // Some systems hand the listener's mode on.
    stream.set_nonblocking(flags & fdflags::NONBLOCK != 0)?;
    let mut connection = Descriptor::new(Resource::Stream(stream));
    connection.rights = connection.rights.within(descriptor.inheriting);
    connection.flags = flags;
    let fd = ctx.descriptors.insert(connection)?;
    Ok(guest.write_u32(accepted, fd.0)?)
}

/// Receives into buffers, and writes how many bytes came. Messages are never cut off: these are streams.
pub(crate) fn sock_recv(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    flags: u32,
    received: Pointer,
    flags_out: Pointer,
) -> Result<(), Failure> {
    guest.check(received, 4)?;
    guest.check(flags_out, 2)?;
    let flags = known_flags(flags, u32::from(recv::ALL))? as u16;
    let descriptor = ctx.descriptors.get(fd)?;
    let mut stream = stream(descriptor)?;
    require_access(descriptor, Direction::Read)?;
    let buffers = Buffers::read(guest, iovs)?;
    if buffers.left() > 0 {
        wait_to_read(descriptor, &mut ctx.interrupts)?;
    }
    let done = match (flags & recv::PEEK != 0, flags & recv::WAITALL != 0) {
        (true, _) => buffers.fill(guest, Fill::Once, |into| stream.peek(into)),
        (false, true) => buffers.fill(guest, Fill::Fully, |into| stream.read(into)),
        (false, false) => buffers.fill(guest, Fill::Once, |into| stream.read(into)),
    }?;
    guest.write_u32(received, done)?;
    Ok(guest.write_u16(flags_out, 0)?)
}

/// Sends from buffers, and writes how many bytes went.
pub(crate) fn sock_send(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    fd: Fd,
    iovs: (Pointer, u32),
    flags: u32,
    sent: Pointer,
) -> Result<(), Errno> {
    guest.check(sent, 4)?;
    // Preview 1 has defined none.
    known_flags(flags, 0)?;
    let descriptor = ctx.descriptors.get(fd)?;
    let mut stream = stream(descriptor)?;
    require_access(descriptor, Direction::Write)?;
    let buffers = Buffers::read(guest, iovs)?;
    let done = buffers.drain(guest, |from| stream.write(from))?;
    guest.write_u32(sent, done)
}

/// Ends one or both directions of a connection.
pub(crate) fn sock_shutdown(ctx: &mut WasiCtx, fd: Fd, how: u32) -> Result<(), Errno> {
    let descriptor = ctx.descriptors.get(fd)?;
    let stream = stream(descriptor)?;
    descriptor.rights.require(Rights::SOCK_SHUTDOWN)?;
    const BOTH: u8 = sdflags::RD | sdflags::WR;
    let how = match u8::try_from(how) {
        Ok(sdflags::RD) => Shutdown::Read,
        Ok(sdflags::WR) => Shutdown::Write,
        Ok(BOTH) => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    Ok(stream.shutdown(how)?)
}
