//! The one table of functions, and how an engine calls them.
//!
//! An adapter for an engine is a loop over [`Snapshot::functions`]. Each row names a function, its type, and the
//! conversion from the engine's arguments to those of the ordinary Rust function that does the work.

use crate::context::WasiCtx;
use crate::descriptors::Fd;
use crate::errno::Errno;
use crate::exit::{Exit, Failure};
use crate::filestat::Times;
use crate::memory::{Guest, GuestMemory, Pointer};
use crate::open::Request;
use crate::paths::At;
use crate::snapshot::Snapshot;
use crate::table::FUNCTIONS;

/// A type of WebAssembly, as far as the functions use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// A 32-bit integer.
    I32,
    /// A 64-bit integer.
    I64,
}

/// A function that a guest can import.
#[derive(Debug)]
pub struct Function {
    /// Its name in the module [`Snapshot::module`].
    pub name: &'static str,
    /// The types of its parameters.
    pub params: &'static [Type],
    /// The types of its results: an error number, or nothing for `proc_exit`.
    pub results: &'static [Type],
    /// What it does, in a sentence.
    pub doc: &'static str,
    pub(crate) handler: fn(&mut Call) -> Result<Errno, Exit>,
}

impl Function {
    /// The function with this name.
    pub fn find(name: &str) -> Option<&'static Function> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }

    /// Calls the function for a guest.
    ///
    /// There is an argument for each parameter, an i32 in the low half of its u64 (the high half is not looked at).
    /// What is returned is the error number for the guest.
    ///
    /// # Errors
    ///
    /// The guest is to end, and how: nothing of it may be executed any more.
    ///
    /// # Panics
    ///
    /// When there are fewer arguments than parameters.
    pub fn call(
        &self,
        ctx: &mut WasiCtx,
        snapshot: Snapshot,
        memory: &mut dyn GuestMemory,
        arguments: &[u64],
    ) -> Result<Errno, Exit> {
        (self.handler)(&mut Call { ctx, guest: &mut Guest::new(snapshot, memory), arguments })
    }
}

/// A call on its way from the engine to the function.
pub(crate) struct Call<'a, 'm> {
    pub ctx: &'a mut WasiCtx,
    pub guest: &'a mut Guest<'m>,
    arguments: &'a [u64],
}

impl Call<'_, '_> {
    pub fn u64(&self, index: usize) -> u64 {
        self.arguments[index]
    }

    pub fn u32(&self, index: usize) -> u32 {
        self.arguments[index] as u32
    }

    pub fn i64(&self, index: usize) -> i64 {
        self.u64(index) as i64
    }

    pub fn fd(&self, index: usize) -> Fd {
        Fd(self.u32(index))
    }

    pub fn pointer(&self, index: usize) -> Pointer {
        Pointer(self.u32(index))
    }

    /// A pointer and a count or length.
    pub fn list(&self, index: usize) -> (Pointer, u32) {
        (self.pointer(index), self.u32(index + 1))
    }

    /// A path whose directory stands somewhere before it.
    pub fn path(&self, fd: usize, path: usize) -> At {
        At { fd: self.fd(fd), path: self.pointer(path), len: self.u32(path + 1) }
    }

    /// Two times and the flags that say which of them count.
    pub fn times(&self, index: usize) -> Times {
        Times { accessed: self.u64(index), modified: self.u64(index + 1), flags: self.u32(index + 2) }
    }

    /// How to open a file: everything of `path_open` but where and the result.
    pub fn request(&self) -> Request {
        Request {
            lookup: self.u32(1),
            oflags: self.u32(4),
            rights: self.u64(5),
            inheriting: self.u64(6),
            fdflags: self.u32(7),
        }
    }
}

/// The answer to the engine.
pub(crate) fn answer(result: Result<(), impl Into<Failure>>) -> Result<Errno, Exit> {
    match result.map_err(Into::into) {
        Ok(()) => Ok(Errno::Success),
        Err(Failure::Errno(errno)) => Ok(errno),
        Err(Failure::Exit(exit)) => Err(exit),
    }
}

/// A row that returns an error number.
pub(crate) const fn row(
    name: &'static str,
    params: &'static [Type],
    doc: &'static str,
    handler: fn(&mut Call) -> Result<Errno, Exit>,
) -> Function {
    Function { name, params, results: &[Type::I32], doc, handler }
}
