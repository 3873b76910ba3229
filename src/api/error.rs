//! What can go wrong, as one type.

use crate::binary::ModuleError;
use crate::trap::Trap;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// An error of this crate, or of a host function.
///
/// ```
/// use tablature::{Engine, Module};
///
/// let error = Module::new(&Engine::default(), b"\0asm").unwrap_err();
/// assert_eq!(error.to_string(), "unexpected end (at offset 0x4)");
/// assert!(error.trap().is_none());
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: Kind,
    backtrace: Option<WasmBacktrace>,
}

enum Kind {
    Module(ModuleError),
    Trap(Trap),
    OutOfFuel,
    Message(Cow<'static, str>),
    Host(Box<dyn core::error::Error + Send + Sync>),
}

impl Error {
    /// An error of the embedder's, for example to be returned by a host function.
    pub fn new(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self::from_kind(Kind::Host(error.into()))
    }

    /// An error that is only a message.
    pub fn msg(message: impl Into<String>) -> Self {
        Self::from_kind(Kind::Message(Cow::Owned(message.into())))
    }

    pub(crate) fn constant(message: &'static str) -> Self {
        Self::from_kind(Kind::Message(Cow::Borrowed(message)))
    }

    pub(crate) fn out_of_fuel() -> Self {
        Self::from_kind(Kind::OutOfFuel)
    }

    fn from_kind(kind: Kind) -> Self {
        Self { inner: Box::new(Inner { kind, backtrace: None }) }
    }

    pub(crate) fn with_backtrace(mut self, backtrace: WasmBacktrace) -> Self {
        self.inner.backtrace.get_or_insert(backtrace);
        self
    }

    /// The trap, if a guest trapped.
    #[must_use]
    pub fn trap(&self) -> Option<Trap> {
        if let Kind::Trap(trap) = self.inner.kind { Some(trap) } else { None }
    }

    /// What is wrong with a module, if that is the error.
    #[must_use]
    pub fn module_error(&self) -> Option<&ModuleError> {
        if let Kind::Module(error) = &self.inner.kind { Some(error) } else { None }
    }

    /// Whether a guest ran out of fuel.
    #[must_use]
    pub fn is_out_of_fuel(&self) -> bool {
        matches!(self.inner.kind, Kind::OutOfFuel)
    }

    /// The embedder's error of type `E`, if it is one.
    #[must_use]
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        if let Kind::Host(error) = &self.inner.kind { error.downcast_ref() } else { None }
    }

    /// The embedder's error of type `E`, if it is one.
    ///
    /// # Errors
    /// The same error, if it is another.
    pub fn downcast<E: core::error::Error + 'static>(self) -> Result<E, Self> {
        let Inner { kind, backtrace } = *self.inner;
        match kind {
            Kind::Host(error) => match error.downcast() {
                Ok(error) => Ok(*error),
                Err(error) => Err(Self { inner: Box::new(Inner { kind: Kind::Host(error), backtrace }) }),
            },
            kind => Err(Self { inner: Box::new(Inner { kind, backtrace }) }),
        }
    }

    /// Where the guest stood, innermost function first.
    #[must_use]
    pub fn backtrace(&self) -> Option<&WasmBacktrace> {
        self.inner.backtrace.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner.kind {
            Kind::Module(error) => error.fmt(f),
            Kind::Trap(trap) => trap.fmt(f),
            Kind::OutOfFuel => f.write_str("all fuel consumed"),
            Kind::Message(message) => f.write_str(message),
            Kind::Host(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        match &self.inner.backtrace {
            Some(backtrace) => write!(f, "\n{backtrace}"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        if let Kind::Host(error) = &self.inner.kind { error.source() } else { None }
    }
}

impl From<ModuleError> for Error {
    fn from(error: ModuleError) -> Self {
        Self::from_kind(Kind::Module(error))
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::from_kind(Kind::Trap(trap))
    }
}

/// Where a guest stood: its frames, innermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmBacktrace {
    pub(crate) frames: Vec<FrameInfo>,
    pub(crate) omitted: usize,
}

/// A function of a guest that was being executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameInfo {
    pub(crate) module: Option<String>,
    pub(crate) function: u32,
    pub(crate) name: Option<String>,
    pub(crate) offset: u32,
}

impl WasmBacktrace {
    /// The frames, innermost first. Of a deep stack the middle is left out.
    #[must_use]
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }
}

impl FrameInfo {
    /// The module's name, if its name section gives one.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.module.as_deref()
    }

    /// The function's index in its module.
    #[must_use]
    pub fn func_index(&self) -> u32 {
        self.function
    }

    /// The function's name, if the module's name section gives one.
    #[must_use]
    pub fn func_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The instruction, in bytes from the module's start.
    #[must_use]
    pub fn module_offset(&self) -> u32 {
        self.offset
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}!")?;
        }
        match &self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "<function {}>", self.function)?,
        }
        write!(f, " (at offset 0x{:x})", self.offset)
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        let half = self.frames.len() / 2;
        for (place, frame) in self.frames.iter().enumerate() {
            if self.omitted > 0 && place == half {
                write!(f, "\n     ... {} frames ...", self.omitted)?;
            }
            let number = if self.omitted > 0 && place >= half { place + self.omitted } else { place };
            write!(f, "\n  {number:>3}: {frame}")?;
        }
        Ok(())
    }
}
