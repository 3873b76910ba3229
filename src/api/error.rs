//! What can go wrong, as one type.

use super::WasmBacktrace;
use crate::binary::ModuleError;
use crate::exec::Refusal;
use crate::trap::Trap;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
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
    Interrupted,
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

    pub(crate) fn interrupted() -> Self {
        Self::from_kind(Kind::Interrupted)
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

    /// Whether a guest was interrupted: see [`InterruptHandle`](super::InterruptHandle).
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        matches!(self.inner.kind, Kind::Interrupted)
    }

    /// The cause of type `E`, if that is what the error is: the embedder's own, a [`Trap`] or a [`ModuleError`].
    ///
    /// ```
    /// use tablature::{Error, Trap};
    ///
    /// let error = Error::from(Trap::Unreachable);
    /// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Unreachable));
    /// assert!(error.downcast_ref::<std::io::Error>().is_none());
    /// ```
    #[must_use]
    pub fn downcast_ref<E: core::error::Error + 'static>(&self) -> Option<&E> {
        let cause: &(dyn core::error::Error + 'static) = match &self.inner.kind {
            Kind::Host(error) => &**error,
            Kind::Trap(trap) => trap,
            Kind::Module(error) => error,
            Kind::OutOfFuel | Kind::Interrupted | Kind::Message(_) => return None,
        };
        cause.downcast_ref()
    }

    /// The embedder's error of type `E`, if it is one, to be changed.
    #[must_use]
    pub fn downcast_mut<E: core::error::Error + 'static>(&mut self) -> Option<&mut E> {
        if let Kind::Host(error) = &mut self.inner.kind { error.downcast_mut() } else { None }
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
            Kind::Interrupted => f.write_str("interrupted"),
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

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Trap(trap) => trap.into(),
            Refusal::Invalid(error) => error.into(),
        }
    }
}

impl From<Trap> for Error {
    fn from(trap: Trap) -> Self {
        Self::from_kind(Kind::Trap(trap))
    }
}
