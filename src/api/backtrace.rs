//! Where a guest stood when its execution failed.

use super::store::StoreInner;
use crate::exec::{EXPRESSION, Frame};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

/// Where a guest stood: its frames, innermost first.
///
/// ```
/// use tablature::{Engine, Instance, Module, Store};
///
/// let engine = Engine::default();
/// // (module (func (export "fail") unreachable))
/// let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\
///     \x07\x08\x01\x04fail\0\0\x0a\x05\x01\x03\0\0\x0b")?;
/// let mut store = Store::new(&engine, ());
/// let fail = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&store, "fail")?;
///
/// let error = fail.call(&mut store, ()).unwrap_err();
/// let frame = &error.backtrace().unwrap().frames()[0];
/// assert_eq!((frame.func_index(), frame.module_offset()), (0, 0x21));
/// # Ok::<(), tablature::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
    omitted: usize,
}

/// A function of a guest that was being executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameInfo {
    module: Option<String>,
    function: u32,
    name: Option<String>,
    offset: u32,
    symbols: Vec<FrameSymbol>,
}

/// A place in the source that a frame stands at: several where functions were inlined into each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameSymbol {
    pub(crate) name: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) column: Option<u32>,
}

impl WasmBacktrace {
    /// The frames, innermost first. Of a deep stack the middle is left out.
    #[must_use]
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }

    /// How many frames were left out in the middle.
    #[must_use]
    pub fn omitted(&self) -> usize {
        self.omitted
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

    /// Where it stands in the source, the innermost inlined function first. Empty unless the feature `addr2line` is on,
    /// [`Config::wasm_backtrace_details`](super::Config::wasm_backtrace_details) asks for it, and the module carries
    /// DWARF line tables.
    #[must_use]
    pub fn symbols(&self) -> &[FrameSymbol] {
        &self.symbols
    }
}

impl FrameSymbol {
    /// The function's name in the source.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The source file.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<u32> {
        self.line
    }

    /// The column, counted from 1.
    #[must_use]
    pub fn column(&self) -> Option<u32> {
        self.column
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
        write!(f, " (at offset 0x{:x})", self.offset)?;
        self.symbols.iter().try_for_each(|symbol| write!(f, "\n       {symbol}"))
    }
}

impl fmt::Display for FrameSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.file.as_deref().unwrap_or("<unknown file>"))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(name) = &self.name {
            write!(f, " in {name}")?;
        }
        Ok(())
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

impl StoreInner {
    /// Where the current execution stands; nothing where the configuration wants no backtraces.
    pub(crate) fn backtrace(&self) -> Option<WasmBacktrace> {
        let half = self.engine.config().backtrace_frames / 2;
        if half == 0 {
            return None;
        }
        let position = self.core.stack.position;
        let records = self.core.stack.records().get(position.floor as usize..).unwrap_or_default();
        let total = records.len() + 1;
        let omitted = total.saturating_sub(2 * half);
        let mut frames = Vec::with_capacity(total - omitted);
        frames.extend(self.frame_info(&position.frame, true));
        for (place, record) in records.iter().rev().enumerate() {
            let is_inner = place + 1 < half;
            if is_inner || place + 1 >= half + omitted {
                frames.extend(self.frame_info(record, false));
            }
        }
        Some(WasmBacktrace { frames, omitted })
    }

    /// What is known of a frame. A return record stands behind its call, and is shown at the call.
    fn frame_info(&self, frame: &Frame, is_current: bool) -> Option<FrameInfo> {
        if frame.function == EXPRESSION {
            return None;
        }
        let module = self.core.instances.as_slice().get(frame.instance_index() as usize)?.module.data();
        let (bytes, parts) = (module.bytes(), &module.parts);
        let offset = self.core.offset_of(frame, is_current);
        Some(FrameInfo {
            module: parts.module_name.map(|name| name.text(bytes).to_string()),
            function: frame.function,
            name: parts.function_name(frame.function).map(|name| name.text(bytes).to_string()),
            offset,
            symbols: self.symbols(module, offset),
        })
    }

    #[cfg(feature = "addr2line")]
    fn symbols(&self, module: &crate::exec::ModuleData<'_>, offset: u32) -> Vec<FrameSymbol> {
        if self.engine.config().backtrace_details { super::dwarf::symbols(module, offset) } else { Vec::new() }
    }

    #[cfg(not(feature = "addr2line"))]
    #[allow(clippy::unused_self, reason = "the same as with the feature")]
    fn symbols(&self, _: &crate::exec::ModuleData<'_>, _: u32) -> Vec<FrameSymbol> {
        Vec::new()
    }
}
