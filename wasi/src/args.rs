//! The program's arguments and environment: two lists of strings that the guest copies into its memory.

use crate::context::WasiCtx;
use crate::errno::Errno;
use crate::memory::{Guest, Pointer};
use std::io;

/// Strings as the guest sees them: each ends in a NUL byte, and all of them stand one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    /// Adds a string, which may contain no NUL byte.
    pub fn push(&mut self, string: &[u8]) -> io::Result<()> {
        let refuse = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        if string.contains(&0) {
            return refuse("an argument or environment variable contains a NUL byte");
        }
        let Ok(start) = u32::try_from(self.bytes.len()) else {
            return refuse("arguments and environment are larger than a guest's memory");
        };
        self.starts.push(start);
        self.bytes.extend_from_slice(string);
        self.bytes.push(0);
        Ok(())
    }

    /// Writes how many strings there are, and how many bytes all of them take.
    fn write_sizes(&self, guest: &mut Guest, count: Pointer, size: Pointer) -> Result<(), Errno> {
        let number = |n: usize| u32::try_from(n).map_err(|_| Errno::Overflow);
        guest.write_u32(count, number(self.starts.len())?)?;
        guest.write_u32(size, number(self.bytes.len())?)
    }

    /// Writes the strings to `buffer`, and where each of them stands to the array at `pointers`.
    fn write(&self, guest: &mut Guest, pointers: Pointer, buffer: Pointer) -> Result<(), Errno> {
        guest.write(buffer, &self.bytes)?;
        for (index, start) in (0..).zip(&self.starts) {
            let string = buffer.offset(*start)?;
            guest.write_u32(pointers.element(index, 4)?, string.0)?;
        }
        Ok(())
    }
}

/// Writes the arguments.
pub(crate) fn args_get(ctx: &mut WasiCtx, guest: &mut Guest, argv: Pointer, buffer: Pointer) -> Result<(), Errno> {
    ctx.args.write(guest, argv, buffer)
}

/// Writes the number of arguments and the size of the buffer that they need.
pub(crate) fn args_sizes_get(ctx: &mut WasiCtx, guest: &mut Guest, count: Pointer, size: Pointer) -> Result<(), Errno> {
    ctx.args.write_sizes(guest, count, size)
}

/// Writes the environment, each variable as `NAME=value`.
pub(crate) fn environ_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    environ: Pointer,
    buffer: Pointer,
) -> Result<(), Errno> {
    ctx.env.write(guest, environ, buffer)
}

/// Writes the number of environment variables and the size of the buffer that they need.
pub(crate) fn environ_sizes_get(
    ctx: &mut WasiCtx,
    guest: &mut Guest,
    count: Pointer,
    size: Pointer,
) -> Result<(), Errno> {
    ctx.env.write_sizes(guest, count, size)
}
