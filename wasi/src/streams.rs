//! The standard streams: what a host can connect a guest's input and output to.

use crate::wait::HostHandle;
use std::fmt;
use std::io::{self, Cursor, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a guest reads its standard input from.
pub struct Input(Source);

enum Source {
    Null,
    Host(HostInput),
    Bytes(Cursor<Vec<u8>>),
    Reader(Box<dyn Read + Send>),
}

impl Input {
    /// Nothing: the guest is at the end at once.
    pub fn null() -> Input {
        Input(Source::Null)
    }

    /// The standard input of the host's process.
    pub fn inherit() -> Input {
        Input(Source::Host(HostInput::open()))
    }

    /// These bytes, and then the end.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Input {
        Input(Source::Bytes(Cursor::new(bytes.into())))
    }

    /// Whatever the reader gives. For `poll_oneoff` it is always ready.
    pub fn reader(reader: impl Read + Send + 'static) -> Input {
        Input(Source::Reader(Box::new(reader)))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(&self.0, Source::Host(_)) && io::stdin().is_terminal()
    }

    /// What to wait for before reading; none when reading never waits, or nobody knows.
    pub(crate) fn handle(&self) -> Option<HostHandle<'_>> {
        match &self.0 {
            Source::Host(host) => host.handle(),
            _ => None,
        }
    }

    /// How many bytes are known to be there.
    pub(crate) fn available(&self) -> u64 {
        match &self.0 {
            Source::Bytes(cursor) => (cursor.get_ref().len() as u64).saturating_sub(cursor.position()),
            _ => 0,
        }
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Source::Null => Ok(0),
            Source::Host(host) => host.read(into),
            Source::Bytes(cursor) => cursor.read(into),
            Source::Reader(reader) => reader.read(into),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Source::Null => "Input::null",
            Source::Host(_) => "Input::inherit",
            Source::Bytes(_) => "Input::bytes",
            Source::Reader(_) => "Input::reader",
        })
    }
}

/// The host's standard input without the buffer of the standard library: bytes in a buffer would be invisible to
/// `poll(2)`, and lost to whoever reads the input after the guest.
#[cfg(unix)]
struct HostInput(Option<std::fs::File>);

#[cfg(unix)]
impl HostInput {
    fn open() -> HostInput {
        use std::os::fd::AsFd;
        let duplicate = io::stdin().as_fd().try_clone_to_owned();
        HostInput(duplicate.ok().map(std::fs::File::from))
    }

    fn handle(&self) -> Option<HostHandle<'_>> {
        self.0.as_ref().map(std::os::fd::AsFd::as_fd)
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Some(file) => file.read(into),
            // A process without a standard input: nothing to read.
            None => Ok(0),
        }
    }
}

/// Elsewhere the standard library knows best how to read from a console.
#[cfg(not(unix))]
struct HostInput;

#[cfg(not(unix))]
impl HostInput {
    fn open() -> HostInput {
        HostInput
    }

    fn handle(&self) -> Option<HostHandle<'_>> {
        None
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        io::stdin().read(into)
    }
}

/// What a guest writes its standard output or standard error to.
pub struct Output(Sink);

enum Sink {
    Null,
    Stdout,
    Stderr,
    Memory(MemoryOutput),
    Writer(Box<dyn Write + Send>),
}

impl Output {
    /// Nowhere: everything is accepted and forgotten.
    pub fn null() -> Output {
        Output(Sink::Null)
    }

    /// The standard output of the host's process.
    pub fn inherit_stdout() -> Output {
        Output(Sink::Stdout)
    }

    /// The standard error of the host's process.
    pub fn inherit_stderr() -> Output {
        Output(Sink::Stderr)
    }

    /// A buffer that the host keeps a handle of.
    pub fn memory(buffer: &MemoryOutput) -> Output {
        Output(Sink::Memory(buffer.clone()))
    }

    /// Whatever the writer makes of it; it is flushed after each of the guest's writes.
    pub fn writer(writer: impl Write + Send + 'static) -> Output {
        Output(Sink::Writer(Box::new(writer)))
    }

    pub(crate) fn is_terminal(&self) -> bool {
        match &self.0 {
            Sink::Stdout => io::stdout().is_terminal(),
            Sink::Stderr => io::stderr().is_terminal(),
            _ => false,
        }
    }
}

impl Write for Output {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Sink::Null => Ok(from.len()),
            Sink::Stdout => io::stdout().write(from),
            Sink::Stderr => io::stderr().write(from),
            Sink::Memory(buffer) => buffer.append(from),
            Sink::Writer(writer) => writer.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Sink::Null | Sink::Memory(_) => Ok(()),
            Sink::Stdout => io::stdout().flush(),
            Sink::Stderr => io::stderr().flush(),
            Sink::Writer(writer) => writer.flush(),
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Sink::Null => "Output::null",
            Sink::Stdout => "Output::inherit_stdout",
            Sink::Stderr => "Output::inherit_stderr",
            Sink::Memory(_) => "Output::memory",
            Sink::Writer(_) => "Output::writer",
        })
    }
}

impl From<&MemoryOutput> for Output {
    fn from(buffer: &MemoryOutput) -> Output {
        Output::memory(buffer)
    }
}

/// Output that is collected in memory, up to a limit. Clones are handles of the same buffer.
#[derive(Clone, Debug)]
pub struct MemoryOutput {
    bytes: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl MemoryOutput {
    /// A buffer for at most so many bytes; beyond them the guest's writes fail with "no space".
    pub fn new(limit: usize) -> MemoryOutput {
        MemoryOutput { bytes: Arc::default(), limit }
    }

    /// What has been written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.lock().clone()
    }

    /// Takes what has been written so far, and makes room for as much again.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.lock())
    }

    fn append(&self, from: &[u8]) -> io::Result<usize> {
        let mut bytes = self.lock();
        let room = self.limit - bytes.len();
        if room == 0 && !from.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let part = room.min(from.len());
        bytes.extend_from_slice(&from[..part]);
        Ok(part)
    }

    /// A panic elsewhere cannot leave the bytes half changed.
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
