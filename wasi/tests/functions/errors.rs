//! What becomes of the host's errors.

use std::io::{self, ErrorKind};
use tablature_wasi::Errno;

#[test]
fn numbers_are_those_of_the_specification() {
    let known = [
        (Errno::Success, 0),
        (Errno::Acces, 2),
        (Errno::Badf, 8),
        (Errno::Exist, 20),
        (Errno::Inval, 28),
        (Errno::Noent, 44),
        (Errno::Nosys, 52),
        (Errno::Notsock, 57),
        (Errno::Perm, 63),
        (Errno::Spipe, 70),
        (Errno::Notcapable, 76),
    ];
    for (errno, number) in known {
        assert_eq!(errno.number(), number, "{errno}");
    }
}

#[test]
fn kinds_become_errors() {
    let known = [
        (ErrorKind::NotFound, Errno::Noent),
        (ErrorKind::PermissionDenied, Errno::Perm),
        (ErrorKind::AlreadyExists, Errno::Exist),
        (ErrorKind::WouldBlock, Errno::Again),
        (ErrorKind::InvalidInput, Errno::Inval),
        (ErrorKind::BrokenPipe, Errno::Pipe),
        (ErrorKind::StorageFull, Errno::Nospc),
        (ErrorKind::Unsupported, Errno::Notsup),
        (ErrorKind::TimedOut, Errno::Timedout),
        (ErrorKind::NotADirectory, Errno::Notdir),
        (ErrorKind::ReadOnlyFilesystem, Errno::Rofs),
        (ErrorKind::Other, Errno::Io),
        (ErrorKind::InvalidData, Errno::Io),
    ];
    for (kind, errno) in known {
        assert_eq!(Errno::from(io::Error::from(kind)), errno, "{kind:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn numbers_of_the_system_become_errors() {
    let known = [
        (1, Errno::Perm),
        (2, Errno::Noent),
        (5, Errno::Io),
        (13, Errno::Acces),
        (20, Errno::Notdir),
        (24, Errno::Mfile),
        (28, Errno::Nospc),
        (36, Errno::Nametoolong),
        (39, Errno::Notempty),
        (40, Errno::Loop),
        (75, Errno::Overflow),
        (107, Errno::Notconn),
        (9999, Errno::Io),
    ];
    for (number, errno) in known {
        assert_eq!(Errno::from(io::Error::from_raw_os_error(number)), errno, "{number}");
    }
}
