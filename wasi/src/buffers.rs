//! Lists of buffers in the guest's memory, and moving bytes between them and the host in pieces of bounded size.

use crate::errno::Errno;
use crate::memory::{Guest, Pointer};
use std::io::{self, ErrorKind};

/// At most so many buffers in one call, like most systems.
const MAX_BUFFERS: u32 = 1024;

/// At most so many bytes are moved at a time, however many the guest names.
const CHUNK: u32 = 64 * 1024;

/// A piece of the guest's memory.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: Pointer,
    len: u32,
}

/// What is left to fill or to empty of a list of buffers, all of them inside the guest's memory.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// The next one is the last of the vector.
    spans: Vec<Span>,
    left: u32,
}

/// When to stop filling buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// When the source has given something: what else is there might be long in coming.
    Once,
    /// When the source is at its end.
    Fully,
}

impl Buffers {
    /// Reads the list: each entry is an address and a length.
    pub fn read(guest: &Guest, (list, count): (Pointer, u32)) -> Result<Buffers, Errno> {
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        let mut spans = Vec::with_capacity(count as usize);
        let mut left: u32 = 0;
        for index in 0..count {
            let entry = list.element(index, 8)?;
            let start = Pointer(guest.read_u32(entry)?);
            let len = guest.read_u32(entry.offset(4)?)?;
            guest.check(start, len)?;
            left = left.checked_add(len).ok_or(Errno::Inval)?;
            spans.push(Span { start, len });
        }
        spans.reverse();
        Ok(Buffers { spans, left })
    }

    /// How many bytes are left.
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Writes the bytes in the buffers to a sink until it takes no more, and returns how many it took.
    pub fn drain(mut self, guest: &Guest, mut sink: impl FnMut(&[u8]) -> io::Result<usize>) -> Result<u32, Errno> {
        let total = self.left;
        let mut chunk = vec![0; self.left.min(CHUNK) as usize];
        while self.left > 0 {
            let done = total - self.left;
            let part = self.left.min(CHUNK) as usize;
            let part = &mut chunk[..part];
            self.gather(guest, part)?;
            let (taken, error) = write_all(part, &mut sink);
            if taken < part.len() {
                // Bytes that were written count, and the error comes again with the next call.
                let done = done + taken as u32;
                return match error {
                    Some(error) if done == 0 => Err(error.into()),
                    _ => Ok(done),
                };
            }
        }
        Ok(total)
    }

    /// Fills the buffers from a source, and returns how many bytes it gave.
    pub fn fill(
        mut self,
        guest: &mut Guest,
        until: Fill,
        mut source: impl FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> Result<u32, Errno> {
        let total = self.left;
        let mut chunk = vec![0; self.left.min(CHUNK) as usize];
        while self.left > 0 {
            let part = self.left.min(CHUNK) as usize;
            let part = &mut chunk[..part];
            let given = match retry(|| source(part)) {
                Ok(given) => given.min(part.len()),
                Err(error) if self.left == total => return Err(error.into()),
                Err(_) => break,
            };
            self.scatter(guest, &part[..given])?;
            if given == 0 || until == Fill::Once {
                break;
            }
        }
        Ok(total - self.left)
    }

    /// Copies the next bytes out of the buffers.
    fn gather(&mut self, guest: &Guest, into: &mut [u8]) -> Result<(), Errno> {
        let mut done = 0;
        while done < into.len() {
            let span = self.next(into.len() - done)?;
            let end = done + span.len as usize;
            guest.read(span.start, &mut into[done..end])?;
            done = end;
        }
        Ok(())
    }

    /// Copies bytes into the buffers.
    fn scatter(&mut self, guest: &mut Guest, from: &[u8]) -> Result<(), Errno> {
        let mut done = 0;
        while done < from.len() {
            let span = self.next(from.len() - done)?;
            let end = done + span.len as usize;
            guest.write(span.start, &from[done..end])?;
            done = end;
        }
        Ok(())
    }

    /// Takes a piece of the buffers that is not longer than this.
    fn next(&mut self, most: usize) -> Result<Span, Errno> {
        let span = self.spans.pop().ok_or(Errno::Fault)?;
        let len = span.len.min(u32::try_from(most).unwrap_or(u32::MAX));
        if len < span.len {
            self.spans.push(Span { start: span.start.offset(len)?, len: span.len - len });
        }
        self.left -= len;
        Ok(Span { len, ..span })
    }
}

/// Offers bytes until they are taken or an error comes, and returns how many were taken.
fn write_all(bytes: &[u8], sink: &mut impl FnMut(&[u8]) -> io::Result<usize>) -> (usize, Option<io::Error>) {
    let mut done = 0;
    while done < bytes.len() {
        match retry(|| sink(&bytes[done..])) {
            Ok(0) => break,
            Ok(taken) => done = bytes.len().min(done + taken),
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}

/// Repeats what a signal for the host has interrupted.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
