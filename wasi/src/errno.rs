//! The error numbers that the functions return, and how the host's errors become them.

use std::error::Error;
use std::fmt;
use std::io::{self, ErrorKind};

/// What a function returns to its guest: success, or why it failed.
///
/// The names and the numbers are the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Errno {
    /// No error.
    Success = 0,
    /// The argument list is too long.
    TooBig,
    /// Permission denied.
    Acces,
    /// The address is in use.
    Addrinuse,
    /// The address is not available.
    Addrnotavail,
    /// The address family is not supported.
    Afnosupport,
    /// The resource is unavailable now, or the operation would block.
    Again,
    /// The connection is already being made.
    Already,
    /// Not an open file descriptor, or not one for this use.
    Badf,
    /// Bad message.
    Badmsg,
    /// The device or resource is busy.
    Busy,
    /// The operation was cancelled.
    Canceled,
    /// There are no child processes.
    Child,
    /// The connection was aborted.
    Connaborted,
    /// The connection was refused.
    Connrefused,
    /// The connection was reset.
    Connreset,
    /// Waiting would be a deadlock.
    Deadlk,
    /// A destination address is required.
    Destaddrreq,
    /// The argument is outside the domain of the function.
    Dom,
    /// The disk quota is used up.
    Dquot,
    /// The file exists already.
    Exist,
    /// Bad address: the guest's pointer leads out of its memory.
    Fault,
    /// The file is too large.
    Fbig,
    /// The host is unreachable.
    Hostunreach,
    /// The identifier was removed.
    Idrm,
    /// Illegal byte sequence: a name is not UTF-8.
    Ilseq,
    /// The operation is in progress.
    Inprogress,
    /// The call was interrupted.
    Intr,
    /// An argument is invalid.
    Inval,
    /// Input or output failed.
    Io,
    /// The socket is connected.
    Isconn,
    /// It is a directory.
    Isdir,
    /// Too many symbolic links, or one where none may be followed.
    Loop,
    /// Too many file descriptors are open.
    Mfile,
    /// Too many links.
    Mlink,
    /// The message is too large.
    Msgsize,
    /// Reserved.
    Multihop,
    /// The name is too long.
    Nametoolong,
    /// The network is down.
    Netdown,
    /// The network aborted the connection.
    Netreset,
    /// The network is unreachable.
    Netunreach,
    /// Too many files are open in the system.
    Nfile,
    /// There is no buffer space.
    Nobufs,
    /// There is no such device.
    Nodev,
    /// There is no such file or directory.
    Noent,
    /// The file cannot be executed.
    Noexec,
    /// There are no locks left.
    Nolck,
    /// Reserved.
    Nolink,
    /// There is not enough memory.
    Nomem,
    /// There is no message of this type.
    Nomsg,
    /// The protocol is not available.
    Noprotoopt,
    /// There is no space left on the device.
    Nospc,
    /// The function does not exist.
    Nosys,
    /// The socket is not connected.
    Notconn,
    /// It is not a directory.
    Notdir,
    /// The directory is not empty.
    Notempty,
    /// The state cannot be recovered.
    Notrecoverable,
    /// It is not a socket.
    Notsock,
    /// The operation is not supported.
    Notsup,
    /// The operation does not suit the device.
    Notty,
    /// There is no such device or address.
    Nxio,
    /// A value is too large for its type.
    Overflow,
    /// The previous owner died.
    Ownerdead,
    /// The operation is not permitted; also every attempt to leave a preopened directory.
    Perm,
    /// The pipe is broken.
    Pipe,
    /// The protocol failed.
    Proto,
    /// The protocol is not supported.
    Protonosupport,
    /// The protocol is of the wrong type for the socket.
    Prototype,
    /// The result is too large.
    Range,
    /// The file system is read-only.
    Rofs,
    /// The descriptor cannot seek.
    Spipe,
    /// There is no such process.
    Srch,
    /// The file handle is stale.
    Stale,
    /// The connection timed out.
    Timedout,
    /// The text file is busy.
    Txtbsy,
    /// A link cannot cross devices.
    Xdev,
    /// The descriptor lacks the right for this.
    Notcapable,
}

impl Errno {
    /// The number that the guest sees.
    pub fn number(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WASI errno {} ({self:?})", self.number())
    }
}

impl Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        from_system(&error).unwrap_or_else(|| from_kind(&error))
    }
}

/// An error that carries the system's own number is the most exact.
#[cfg(unix)]
fn from_system(error: &io::Error) -> Option<Errno> {
    use rustix::io::Errno as Unix;
    let known = [
        (Unix::ACCESS, Errno::Acces),
        (Unix::ADDRINUSE, Errno::Addrinuse),
        (Unix::ADDRNOTAVAIL, Errno::Addrnotavail),
        (Unix::AFNOSUPPORT, Errno::Afnosupport),
        (Unix::AGAIN, Errno::Again),
        (Unix::WOULDBLOCK, Errno::Again),
        (Unix::ALREADY, Errno::Already),
        (Unix::BADF, Errno::Badf),
        (Unix::BADMSG, Errno::Badmsg),
        (Unix::BUSY, Errno::Busy),
        (Unix::CANCELED, Errno::Canceled),
        (Unix::CHILD, Errno::Child),
        (Unix::CONNABORTED, Errno::Connaborted),
        (Unix::CONNREFUSED, Errno::Connrefused),
        (Unix::CONNRESET, Errno::Connreset),
        (Unix::DEADLK, Errno::Deadlk),
        (Unix::DESTADDRREQ, Errno::Destaddrreq),
        (Unix::DOM, Errno::Dom),
        (Unix::DQUOT, Errno::Dquot),
        (Unix::EXIST, Errno::Exist),
        (Unix::FAULT, Errno::Fault),
        (Unix::FBIG, Errno::Fbig),
        (Unix::HOSTUNREACH, Errno::Hostunreach),
        (Unix::IDRM, Errno::Idrm),
        (Unix::ILSEQ, Errno::Ilseq),
        (Unix::INPROGRESS, Errno::Inprogress),
        (Unix::INTR, Errno::Intr),
        (Unix::INVAL, Errno::Inval),
        (Unix::IO, Errno::Io),
        (Unix::ISCONN, Errno::Isconn),
        (Unix::ISDIR, Errno::Isdir),
        (Unix::LOOP, Errno::Loop),
        (Unix::MFILE, Errno::Mfile),
        (Unix::MLINK, Errno::Mlink),
        (Unix::MSGSIZE, Errno::Msgsize),
        (Unix::NAMETOOLONG, Errno::Nametoolong),
        (Unix::NETDOWN, Errno::Netdown),
        (Unix::NETRESET, Errno::Netreset),
        (Unix::NETUNREACH, Errno::Netunreach),
        (Unix::NFILE, Errno::Nfile),
        (Unix::NOBUFS, Errno::Nobufs),
        (Unix::NODEV, Errno::Nodev),
        (Unix::NOENT, Errno::Noent),
        (Unix::NOLCK, Errno::Nolck),
        (Unix::NOMEM, Errno::Nomem),
        (Unix::NOPROTOOPT, Errno::Noprotoopt),
        (Unix::NOSPC, Errno::Nospc),
        (Unix::NOSYS, Errno::Nosys),
        (Unix::NOTCONN, Errno::Notconn),
        (Unix::NOTDIR, Errno::Notdir),
        (Unix::NOTEMPTY, Errno::Notempty),
        (Unix::NOTSOCK, Errno::Notsock),
        (Unix::NOTSUP, Errno::Notsup),
        (Unix::OPNOTSUPP, Errno::Notsup),
        (Unix::NOTTY, Errno::Notty),
        (Unix::NXIO, Errno::Nxio),
        (Unix::OVERFLOW, Errno::Overflow),
        (Unix::PERM, Errno::Perm),
        (Unix::PIPE, Errno::Pipe),
        (Unix::PROTONOSUPPORT, Errno::Protonosupport),
        (Unix::PROTOTYPE, Errno::Prototype),
        (Unix::RANGE, Errno::Range),
        (Unix::ROFS, Errno::Rofs),
        (Unix::SPIPE, Errno::Spipe),
        (Unix::SRCH, Errno::Srch),
        (Unix::STALE, Errno::Stale),
        (Unix::TIMEDOUT, Errno::Timedout),
        (Unix::TOOBIG, Errno::TooBig),
        (Unix::TXTBSY, Errno::Txtbsy),
        (Unix::XDEV, Errno::Xdev),
    ];
    let number = Unix::from_io_error(error)?;
    known.iter().find(|(unix, _)| *unix == number).map(|(_, errno)| *errno)
}

/// Windows has few numbers that the standard library does not sort into a kind.
#[cfg(windows)]
fn from_system(error: &io::Error) -> Option<Errno> {
    match error.raw_os_error()? {
        4 => Some(Errno::Mfile),         // too many open files
        6 => Some(Errno::Badf),          // invalid handle
        123 | 161 => Some(Errno::Noent), // a name that no file can have
        131 => Some(Errno::Inval),       // seeking before the start
        206 => Some(Errno::Nametoolong), // file name or extension too long
        681 | 1921 => Some(Errno::Loop), // a link where none may be followed, or too many
        1314 => Some(Errno::Perm),       // privilege not held (making symbolic links)
        4390 => Some(Errno::Inval),      // not a reparse point
        _ => None,
    }
}

#[cfg(not(any(unix, windows)))]
fn from_system(_: &io::Error) -> Option<Errno> {
    None
}

fn from_kind(error: &io::Error) -> Errno {
    match error.kind() {
        ErrorKind::NotFound => Errno::Noent,
        // cap-std reports an escape as a denial that no system call made, hence without a number.
        ErrorKind::PermissionDenied if error.raw_os_error().is_none() => Errno::Perm,
        ErrorKind::PermissionDenied => Errno::Acces,
        ErrorKind::AddrInUse => Errno::Addrinuse,
        ErrorKind::AddrNotAvailable => Errno::Addrnotavail,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::ArgumentListTooLong => Errno::TooBig,
        ErrorKind::BrokenPipe => Errno::Pipe,
        ErrorKind::ConnectionAborted => Errno::Connaborted,
        ErrorKind::ConnectionRefused => Errno::Connrefused,
        ErrorKind::ConnectionReset => Errno::Connreset,
        ErrorKind::CrossesDevices => Errno::Xdev,
        ErrorKind::Deadlock => Errno::Deadlk,
        ErrorKind::DirectoryNotEmpty => Errno::Notempty,
        ErrorKind::ExecutableFileBusy => Errno::Txtbsy,
        ErrorKind::FileTooLarge => Errno::Fbig,
        ErrorKind::HostUnreachable => Errno::Hostunreach,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::InvalidFilename => Errno::Noent,
        ErrorKind::InvalidInput => Errno::Inval,
        ErrorKind::IsADirectory => Errno::Isdir,
        ErrorKind::NetworkDown => Errno::Netdown,
        ErrorKind::NetworkUnreachable => Errno::Netunreach,
        ErrorKind::NotADirectory => Errno::Notdir,
        ErrorKind::NotConnected => Errno::Notconn,
        ErrorKind::NotSeekable => Errno::Spipe,
        ErrorKind::OutOfMemory => Errno::Nomem,
        ErrorKind::QuotaExceeded => Errno::Dquot,
        ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        ErrorKind::ResourceBusy => Errno::Busy,
        ErrorKind::StaleNetworkFileHandle => Errno::Stale,
        ErrorKind::StorageFull => Errno::Nospc,
        ErrorKind::TimedOut => Errno::Timedout,
        ErrorKind::TooManyLinks => Errno::Mlink,
        ErrorKind::Unsupported => Errno::Notsup,
        ErrorKind::WouldBlock => Errno::Again,
        _ => Errno::Io,
    }
}
