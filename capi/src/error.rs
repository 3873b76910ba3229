//! Statuses, traps, and the struct that explains them.

use crate::arena::Short;
#[cfg(feature = "messages")]
use crate::count::FUNCTION;
use core::ffi::{CStr, c_char};
#[cfg(feature = "messages")]
use core::fmt::{self, Write};
use core::ptr;
use tablature_engine::heapless::{Error as EngineError, Full, List};
use tablature_engine::{ModuleError, ModuleErrorKind, Trap};

/// `tablature_status` of the header.
pub type Status = i32;

pub const OK: Status = 0;
pub const TRAP: Status = 1;
pub const OUT_OF_FUEL: Status = 2;
pub const INVALID_MODULE: Status = 3;
pub const OUT_OF_ARENA: Status = 4;
pub const IMPORT: Status = 5;
pub const NOT_FOUND: Status = 6;
pub const ARGUMENTS: Status = 7;
pub const STATE: Status = 8;
pub const INVALID_ARGUMENT: Status = 9;
pub const OUT_OF_BOUNDS: Status = 10;
pub const INTERNAL: Status = 11;

/// `tablature_trap` of the header.
pub type TrapCode = i32;

pub const TRAP_NONE: TrapCode = 0;
pub const TRAP_UNREACHABLE: TrapCode = 1;
pub const TRAP_DIVIDE_BY_ZERO: TrapCode = 2;
pub const TRAP_INTEGER_OVERFLOW: TrapCode = 3;
pub const TRAP_INVALID_CONVERSION: TrapCode = 4;
pub const TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS: TrapCode = 5;
pub const TRAP_OUT_OF_BOUNDS_TABLE_ACCESS: TrapCode = 6;
pub const TRAP_UNDEFINED_ELEMENT: TrapCode = 7;
pub const TRAP_UNINITIALIZED_ELEMENT: TrapCode = 8;
pub const TRAP_INDIRECT_CALL_TYPE_MISMATCH: TrapCode = 9;
pub const TRAP_CALL_STACK_EXHAUSTED: TrapCode = 10;
pub const TRAP_OTHER: TrapCode = 255;
pub const TRAP_HOST: TrapCode = 256;

/// The code of one of the engine's traps.
pub fn trap_code(trap: Trap) -> TrapCode {
    match trap {
        Trap::Unreachable => TRAP_UNREACHABLE,
        Trap::DivideByZero => TRAP_DIVIDE_BY_ZERO,
        Trap::IntegerOverflow => TRAP_INTEGER_OVERFLOW,
        Trap::InvalidConversion => TRAP_INVALID_CONVERSION,
        Trap::OutOfBoundsMemoryAccess => TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS,
        Trap::OutOfBoundsTableAccess => TRAP_OUT_OF_BOUNDS_TABLE_ACCESS,
        Trap::UndefinedElement => TRAP_UNDEFINED_ELEMENT,
        Trap::UninitializedElement => TRAP_UNINITIALIZED_ELEMENT,
        Trap::IndirectCallTypeMismatch => TRAP_INDIRECT_CALL_TYPE_MISMATCH,
        Trap::CallStackExhausted => TRAP_CALL_STACK_EXHAUSTED,
        _ => TRAP_OTHER,
    }
}

/// The words for a trap: those of the engine, with a zero at the end.
pub fn trap_message(trap: TrapCode) -> &'static CStr {
    match trap {
        TRAP_UNREACHABLE => c"unreachable",
        TRAP_DIVIDE_BY_ZERO => c"integer divide by zero",
        TRAP_INTEGER_OVERFLOW => c"integer overflow",
        TRAP_INVALID_CONVERSION => c"invalid conversion to integer",
        TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS => c"out of bounds memory access",
        TRAP_OUT_OF_BOUNDS_TABLE_ACCESS => c"out of bounds table access",
        TRAP_UNDEFINED_ELEMENT => c"undefined element",
        TRAP_UNINITIALIZED_ELEMENT => c"uninitialized element",
        TRAP_INDIRECT_CALL_TYPE_MISMATCH => c"indirect call type mismatch",
        TRAP_CALL_STACK_EXHAUSTED => c"call stack exhausted",
        TRAP_NONE => c"no trap",
        TRAP_HOST.. => c"host trap",
        _ => c"unknown trap",
    }
}

/// The name of a list of the engine, with a zero at the end.
fn list_name(list: List) -> &'static CStr {
    match list {
        List::Types => c"types",
        List::ValueTypes => c"value_types",
        List::Imports => c"imports",
        List::Functions => c"functions",
        List::SideTable => c"side_table",
        List::WideBranches => c"wide_branches",
        List::Locals => c"locals",
        List::Operands => c"operands",
        List::Blocks => c"blocks",
        List::Values => c"values",
        List::Frames => c"frames",
        List::TableEntries => c"table_entries",
        List::MemoryBytes => c"memory_bytes",
        _ => c"other",
    }
}

pub const MESSAGE_SIZE: usize = 128;

/// `tablature_error` of the header.
#[derive(Debug)]
#[repr(C)]
pub struct Error {
    pub status: Status,
    pub trap: TrapCode,
    pub function: u32,
    pub offset: u32,
    pub import: u32,
    pub list: *const c_char,
    pub items: usize,
    pub arena_bytes: usize,
    pub message: [c_char; MESSAGE_SIZE],
}

/// Why something was not done: a status and what is to be said of it.
#[derive(Debug)]
pub enum Failure<'m> {
    /// At this position: the function's index, and the offset of the instruction.
    Trap(TrapCode, (u32, u32)),
    OutOfFuel((u32, u32)),
    Module(ModuleError),
    /// The bytes end, or make no sense, at this offset.
    Unreadable(usize),
    Short(Short),
    Import(BadImport<'m>),
    Other(Status, &'static str),
}

/// An import that is not linked.
#[derive(Debug)]
#[cfg_attr(not(feature = "messages"), allow(dead_code, reason = "only messages show the names"))]
pub struct BadImport<'m> {
    pub index: usize,
    pub module: &'m [u8],
    pub name: &'m [u8],
    pub kind: u8,
    /// Whether there is a host function of these names.
    pub found: bool,
}

impl From<Short> for Failure<'_> {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

impl Failure<'_> {
    pub const NULL: Self = Self::Other(INVALID_ARGUMENT, "a pointer is NULL that must not be");
    pub const INTERNAL: Self = Self::Other(INTERNAL, "internal error: please report it");

    /// What the engine says, where the arena's lists ended at `end`.
    pub fn of_engine(error: EngineError, end: usize) -> Self {
        match error {
            EngineError::Full(full) => Self::full(full, 1, end),
            EngineError::Module(error) => match error.kind() {
                ModuleErrorKind::Capacity(full) => Self::full(full, 1, end),
                _ => Self::Module(error),
            },
            EngineError::Trap(trap) => Self::Trap(trap_code(trap), (0, 0)),
            EngineError::Arguments { .. } => Self::Other(ARGUMENTS, "the function has another number of parameters"),
            EngineError::HostFunction(_) | EngineError::Handle => Self::Other(INVALID_ARGUMENT, "a host function cannot be called directly"),
            EngineError::State => Self::Other(STATE, "an execution is stopped or going on, or none is"),
            _ => Self::INTERNAL,
        }
    }

    /// A list of the engine is too short, of which an item takes `item_size` bytes at least.
    fn full(full: Full, item_size: usize, end: usize) -> Self {
        let arena_bytes = end.saturating_add(full.needed.saturating_mul(item_size));
        Self::Short(Short { list: list_name(full.list), items: full.needed, arena_bytes })
    }

    pub fn status(&self) -> Status {
        match self {
            Self::Trap(..) => TRAP,
            Self::OutOfFuel(_) => OUT_OF_FUEL,
            Self::Module(_) | Self::Unreadable(_) => INVALID_MODULE,
            Self::Short(_) => OUT_OF_ARENA,
            Self::Import(_) => IMPORT,
            Self::Other(status, _) => *status,
        }
    }

    /// The whole of it.
    pub fn explain(&self) -> Error {
        let mut error = Error { status: self.status(), ..Error::NONE };
        match self {
            Self::Trap(trap, (function, offset)) => {
                (error.trap, error.function, error.offset) = (*trap, *function, *offset);
            }
            Self::OutOfFuel((function, offset)) => (error.function, error.offset) = (*function, *offset),
            Self::Module(module) => error.offset = module.offset() as u32,
            Self::Unreadable(offset) => error.offset = *offset as u32,
            Self::Short(short) => {
                error.list = short.list.as_ptr();
                (error.items, error.arena_bytes) = (short.items, short.arena_bytes);
            }
            Self::Import(import) => error.import = import.index as u32,
            Self::Other(..) => {}
        }
        #[cfg(feature = "messages")]
        {
            let mut message = Message { text: &mut error.message, size: 0 };
            // What does not fit is cut.
            let _ = write!(message, "{self}");
        }
        error
    }
}

impl Error {
    pub const NONE: Self = Self {
        status: OK,
        trap: TRAP_NONE,
        function: 0,
        offset: 0,
        import: 0,
        list: ptr::null(),
        items: 0,
        arena_bytes: 0,
        message: [0; MESSAGE_SIZE],
    };
}

#[cfg(feature = "messages")]
impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap, (function, offset)) => {
                let words = trap_message(*trap).to_str().unwrap_or_default();
                f.write_str(words)?;
                if *trap >= TRAP_HOST {
                    write!(f, " {trap}")?;
                }
                write!(f, " in function {function} (at offset 0x{offset:x})")
            }
            Self::OutOfFuel((function, offset)) => {
                write!(f, "out of fuel in function {function} (at offset 0x{offset:x})")
            }
            Self::Module(error) => write!(f, "{error}"),
            Self::Unreadable(offset) => write!(f, "the module cannot be read on (at offset 0x{offset:x})"),
            Self::Short(short) => {
                let (list, items, bytes) = (short.list.to_str().unwrap_or_default(), short.items, short.arena_bytes);
                write!(f, "the arena is too small for `{list}` of {items} items: it needs {bytes} bytes at least")
            }
            Self::Import(import) => {
                let text = |bytes| core::str::from_utf8(bytes).unwrap_or_default();
                let (module, name) = (text(import.module), text(import.name));
                let problem = match (import.kind, import.found) {
                    (FUNCTION, true) => "the host function has another signature",
                    (FUNCTION, false) => "there is no such host function",
                    _ => "only functions can be given",
                };
                write!(f, "import {} ({module}.{name}): {problem}", import.index)
            }
            Self::Other(_, words) => f.write_str(words),
        }
    }
}

/// A text that ends with a zero in a place of fixed size.
#[cfg(feature = "messages")]
struct Message<'e> {
    text: &'e mut [c_char],
    size: usize,
}

#[cfg(feature = "messages")]
impl Write for Message<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // The last place keeps its zero.
            if self.size.saturating_add(1) >= self.text.len() {
                return Err(fmt::Error);
            }
            if let Some(place) = self.text.get_mut(self.size) {
                *place = byte as c_char;
            }
            self.size = self.size.saturating_add(1);
        }
        Ok(())
    }
}
