//! A guest without an engine: a context, a memory, and calls by name through the public table.

use std::path::Path;
use tablature_wasi::{Errno, Exit, Function, Snapshot, WasiCtx, WasiCtxBuilder};
use tempfile::TempDir;

/// Where results go.
pub const OUT: u64 = 0;
/// Where a first and a second path stand.
const PATHS: [u64; 2] = [0x400, 0x1800];
/// Where a list of buffers stands.
pub const LIST: u64 = 0x4000;
/// Where data stands.
pub const DATA: u64 = 0x8000;
/// How large the memory is.
pub const SIZE: usize = 0x40000;
/// The first preopened directory.
pub const ROOT: u64 = 3;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_TELL: u64 = 1 << 5;
pub const FD_WRITE: u64 = 1 << 6;
/// Every right, as guests ask for it that do not care.
pub const ALL_RIGHTS: u64 = u64::MAX;
pub const READ_WRITE: u64 = ALL_RIGHTS;
pub const READ_ONLY: u64 = ALL_RIGHTS & !FD_WRITE;

pub const CREAT: u64 = 1;
pub const DIRECTORY: u64 = 2;
pub const EXCL: u64 = 4;
pub const TRUNC: u64 = 8;

pub const APPEND: u64 = 1;
pub const NONBLOCK: u64 = 4;

pub const FOLLOW: u64 = 1;

pub struct Guest {
    pub ctx: WasiCtx,
    pub memory: Vec<u8>,
    pub snapshot: Snapshot,
}

/// A guest with this context.
pub fn guest(describe: impl FnOnce(&mut WasiCtxBuilder) -> &mut WasiCtxBuilder) -> Guest {
    let mut builder = WasiCtx::builder();
    describe(&mut builder);
    Guest {
        ctx: builder.build().expect("the context can be made"),
        memory: vec![0; SIZE],
        snapshot: Snapshot::Preview1,
    }
}

/// A guest with nothing.
pub fn poor_guest() -> Guest {
    guest(|builder| builder)
}

/// A guest with a fresh directory, preopened as `/`.
pub fn guest_with_directory() -> (TempDir, Guest) {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let guest = guest_in(directory.path());
    (directory, guest)
}

/// A guest with this directory, preopened as `/`.
pub fn guest_in(directory: &Path) -> Guest {
    guest(|builder| builder.preopened_dir(directory, "/"))
}

impl Guest {
    /// Calls a function; `Err` is how it ended the guest.
    pub fn try_call(&mut self, name: &str, arguments: &[u64]) -> Result<Errno, Exit> {
        let function = Function::find(name).expect("there is such a function");
        assert_eq!(arguments.len(), function.params.len(), "arguments of {name}");
        function.call(&mut self.ctx, self.snapshot, &mut self.memory, arguments)
    }

    /// Calls a function that does not end the guest.
    pub fn call(&mut self, name: &str, arguments: &[u64]) -> Errno {
        self.try_call(name, arguments).expect("the guest goes on")
    }

    /// Calls a function that must succeed.
    #[track_caller]
    pub fn ok(&mut self, name: &str, arguments: &[u64]) {
        assert_eq!(self.call(name, arguments), Errno::Success, "{name}{arguments:?}");
    }

    pub fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    pub fn put_words(&mut self, at: u64, words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            self.put(at + 4 * index as u64, &word.to_le_bytes());
        }
    }

    pub fn bytes(&self, at: u64, len: u64) -> Vec<u8> {
        self.memory[at as usize..][..len as usize].to_vec()
    }

    pub fn u8(&self, at: u64) -> u8 {
        self.memory[at as usize]
    }

    pub fn u16(&self, at: u64) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().expect("two bytes"))
    }

    pub fn u32(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().expect("four bytes"))
    }

    pub fn u64(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().expect("eight bytes"))
    }

    /// Writes a path to the memory; there is room for two at a time.
    pub fn path(&mut self, which: usize, path: impl AsRef<[u8]>) -> [u64; 2] {
        let path = path.as_ref();
        self.put(PATHS[which], path);
        [PATHS[which], path.len() as u64]
    }

    /// Calls a function whose only other arguments are a directory and a path: `fd, path, len`.
    pub fn at(&mut self, name: &str, path: impl AsRef<[u8]>) -> Errno {
        let [pointer, len] = self.path(0, path);
        self.call(name, &[ROOT, pointer, len])
    }

    /// Opens a path below the first directory without following a link at its end.
    pub fn open(&mut self, path: impl AsRef<[u8]>, oflags: u64, rights: u64) -> Result<u64, Errno> {
        self.open_at(ROOT, path, 0, oflags, rights, 0)
    }

    pub fn open_at(
        &mut self,
        fd: u64,
        path: impl AsRef<[u8]>,
        lookup: u64,
        oflags: u64,
        rights: u64,
        fdflags: u64,
    ) -> Result<u64, Errno> {
        let [path, len] = self.path(0, path);
        let arguments = [fd, lookup, path, len, oflags, rights, ALL_RIGHTS, fdflags, OUT];
        match self.call("path_open", &arguments) {
            Errno::Success => Ok(u64::from(self.u32(OUT))),
            errno => Err(errno),
        }
    }

    /// Makes a file with this content.
    pub fn create(&mut self, path: &str, content: &[u8]) {
        let fd = self.open(path, CREAT | TRUNC, READ_WRITE).expect("the file can be made");
        self.write(fd, content).expect("the file can be written");
        self.ok("fd_close", &[fd]);
    }

    /// Makes a list of one buffer at [`DATA`].
    pub fn list(&mut self, len: usize) -> [u64; 2] {
        self.put_words(LIST, &[DATA as u32, len as u32]);
        [LIST, 1]
    }

    pub fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<u64, Errno> {
        self.put(DATA, bytes);
        let [list, count] = self.list(bytes.len());
        match self.call("fd_write", &[fd, list, count, OUT]) {
            Errno::Success => Ok(u64::from(self.u32(OUT))),
            errno => Err(errno),
        }
    }

    pub fn read(&mut self, fd: u64, len: usize) -> Result<Vec<u8>, Errno> {
        let [list, count] = self.list(len);
        match self.call("fd_read", &[fd, list, count, OUT]) {
            Errno::Success => Ok(self.bytes(DATA, u64::from(self.u32(OUT)))),
            errno => Err(errno),
        }
    }

    /// What the file has in it, for a guest that can read it.
    pub fn content(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let fd = self.open(path, 0, READ_ONLY)?;
        let content = self.read(fd, 0x1000);
        self.ok("fd_close", &[fd]);
        content
    }

    /// The type, flags, rights and inheriting rights of a descriptor.
    pub fn fdstat(&mut self, fd: u64) -> (u8, u16, u64, u64) {
        self.ok("fd_fdstat_get", &[fd, OUT]);
        (self.u8(OUT), self.u16(OUT + 2), self.u64(OUT + 8), self.u64(OUT + 16))
    }
}
