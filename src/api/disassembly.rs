//! The functions that a module defines, and their instructions as text.

mod contents;
mod names;

pub use contents::SectionInfo;
pub use names::IndexName;

use super::{FuncType, Module};
use crate::binary::Reader;
use crate::binary::parts::{Body, ExternKind, Span};
use crate::decode::{self, NameOpcode};
use crate::exec::ModuleData;
use crate::opcode::Opcode;
use crate::text::{Heights, IndexSpace, Text};
use core::fmt;
use core::ops::Range;

/// A function that a module defines.
#[derive(Debug, Clone)]
pub struct FunctionInfo<'m> {
    module: &'m Module,
    index: u32,
    body: Body,
}

/// An instruction of a function; its text is what [`Display`](fmt::Display) writes.
#[derive(Debug, Clone, Copy)]
pub struct Instruction<'m> {
    pub(super) data: &'m ModuleData<'m>,
    pub(super) opcode: Opcode,
    pub(super) offset: u32,
    pub(super) end: u32,
    pub(super) operands: u32,
    pub(super) depth: u32,
    pub(super) reachable: bool,
}

/// The instructions of a function, from its first to its last `end`: see [`Module::instructions`].
#[derive(Debug)]
pub struct Instructions<'m> {
    data: &'m ModuleData<'m>,
    reader: Reader<'m>,
    heights: Heights<'m>,
}

impl Module {
    /// The functions that it defines, in order. One that turns out invalid, which may be only with
    /// [`CompilationMode::Lazy`](super::CompilationMode::Lazy), has no code.
    ///
    /// ```
    /// use tablature::{Engine, Module};
    ///
    /// // (module (func (export "answer") (result i32) (local i64) i32.const 42))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\
    ///     \x07\x0a\x01\x06answer\x00\x00\x0a\x08\x01\x06\x01\x01\x7e\x41\x2a\x0b")?;
    /// let answer = module.functions().next().unwrap();
    /// assert_eq!((answer.index(), answer.name(), answer.locals()), (0, Some("answer"), 1));
    /// assert_eq!(answer.ty().to_string(), "() -> (i32)");
    /// assert_eq!((answer.body(), answer.code()), (0x23..0x29, 0x26..0x29));
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn functions(&self) -> impl ExactSizeIterator<Item = FunctionInfo<'_>> {
        let parts = &self.data.parts;
        (0..parts.own_functions()).map(|own| {
            let index = parts.imported_functions.saturating_add(own as u32);
            FunctionInfo { module: self, index, body: self.body(index).unwrap_or_default() }
        })
    }

    /// Function `index`, if the module defines it; imported functions have the first indices.
    #[must_use]
    pub fn function(&self, index: u32) -> Option<FunctionInfo<'_>> {
        Some(FunctionInfo { module: self, index, body: self.body(index)? })
    }

    /// The body of function `index`; without code where it is invalid.
    fn body(&self, index: u32) -> Option<Body> {
        let parts = &self.data.parts;
        let without_code = |span: Span| Body {
            declarations: span.start,
            start: span.end,
            end: span.end.saturating_sub(1),
            ..Body::default()
        };
        self.data.validated(index).unwrap_or_else(|_| {
            let own = index.checked_sub(parts.imported_functions)?;
            parts.lazy.as_ref()?.span(own).map(without_code)
        })
    }

    /// The function whose body holds the byte at `offset` (from the module's start), as backtraces give it.
    ///
    /// ```
    /// # use tablature::{Engine, Module};
    /// # let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\
    /// #     \x07\x0a\x01\x06answer\x00\x00\x0a\x08\x01\x06\x01\x01\x7e\x41\x2a\x0b")?;
    /// assert_eq!(module.function_at(0x28).and_then(|function| function.name()), Some("answer"));
    /// assert!(module.function_at(0).is_none());
    /// # Ok::<(), tablature::Error>(())
    /// ```
    #[must_use]
    pub fn function_at(&self, offset: u32) -> Option<FunctionInfo<'_>> {
        let parts = &self.data.parts;
        self.function(parts.imported_functions.checked_add(parts.own_function_at(offset)?)?)
    }

    /// The instructions of function `index`; none where the module does not define it.
    ///
    /// ```
    /// use tablature::{Engine, Module};
    ///
    /// // (module (func (result i32) i32.const 42))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01\x05\x01\x60\x00\x01\x7f\x03\x02\x01\x00\
    ///     \x0a\x06\x01\x04\x00\x41\x2a\x0b")?;
    /// let lines: Vec<String> = module
    ///     .instructions(0)
    ///     .map(|instruction| format!("{:#x}: {instruction}", instruction.offset()))
    ///     .collect();
    /// assert_eq!(lines, ["0x18: i32.const 42", "0x1a: end"]);
    /// # Ok::<(), tablature::Error>(())
    /// ```
    #[must_use]
    pub fn instructions(&self, index: u32) -> Instructions<'_> {
        let data = &*self.data;
        let (parts, bytes) = (&data.parts, data.bytes());
        // A function that is not there ends before it begins.
        let (start, end, results) = self
            .body(index)
            .map_or((0, 0, 0), |body| (body.start as usize, (body.end as usize).saturating_add(1), body.results));
        let reader = Reader::new(bytes.get(..end).unwrap_or_default(), data.features).at(start);
        Instructions { data, reader, heights: Heights::new(parts, results) }
    }
}

impl<'m> FunctionInfo<'m> {
    /// Its index in the module; imported functions have the first.
    #[must_use]
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Its name: the name section's, or else that of its first export.
    #[must_use]
    pub fn name(&self) -> Option<&'m str> {
        let data = &self.module.data;
        let exported = || {
            let mut exports = data.parts.exports.as_slice().iter();
            exports.find(|export| export.kind == ExternKind::Function && export.index == self.index)
        };
        let name: Span = data.parts.function_name(self.index).or_else(|| exported().map(|export| export.name))?;
        Some(name.text(data.bytes()))
    }

    /// Its type.
    #[must_use]
    pub fn ty(&self) -> FuncType {
        FuncType::from_internal(self.module.data.parts.function_signature(self.index).unwrap_or_default())
    }

    /// Its body in bytes from the module's start: the declarations of its locals, and its code.
    #[must_use]
    pub fn body(&self) -> Range<u32> {
        self.body.declarations..self.body.end.saturating_add(1)
    }

    /// Its instructions in bytes from the module's start.
    #[must_use]
    pub fn code(&self) -> Range<u32> {
        self.body.start..self.body.end.saturating_add(1)
    }

    /// How many locals it has beside its parameters.
    #[must_use]
    pub fn locals(&self) -> u32 {
        self.body.locals.saturating_sub(self.body.params)
    }

    /// How many slots of 8 bytes a call of it takes on the value stack at most: parameters, locals and operands.
    #[must_use]
    pub fn frame_size(&self) -> u32 {
        self.body.frame
    }

    /// Its instructions.
    #[must_use]
    pub fn instructions(&self) -> Instructions<'m> {
        self.module.instructions(self.index)
    }
}

impl<'m> Iterator for Instructions<'m> {
    type Item = Instruction<'m>;

    fn next(&mut self) -> Option<Instruction<'m>> {
        let depth = self.heights.depth()?;
        let start = self.reader;
        let opcode = decode::instruction(&mut self.reader, &mut NameOpcode).ok()?;
        let instruction = Instruction {
            data: self.data,
            opcode,
            offset: start.offset() as u32,
            end: self.reader.offset() as u32,
            operands: self.heights.height(),
            depth,
            reachable: self.heights.is_reachable(),
        };
        decode::instruction(&mut { start }, &mut self.heights).ok()?;
        Some(instruction)
    }
}

impl<'m> Instruction<'m> {
    /// Which instruction it is, with what the table says of it.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        self.opcode
    }

    /// Where it begins, in bytes from the module's start: what backtraces give.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &'m [u8] {
        Span { start: self.offset, end: self.end }.of(self.data.bytes())
    }

    /// How many operands its function has on the stack before it. Where control cannot reach it, those since control
    /// was lost.
    #[must_use]
    pub fn operands(&self) -> u32 {
        self.operands
    }

    /// How many blocks it stands in. What begins, divides or ends a block stands outside of it.
    #[must_use]
    pub fn depth(&self) -> u32 {
        if matches!(self.opcode, Opcode::Else | Opcode::End) { self.depth.saturating_sub(1) } else { self.depth }
    }

    /// Whether control can reach it, as far as validation sees.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// What of the module or function it names by index.
    ///
    /// ```
    /// use tablature::{Engine, IndexSpace, Module};
    ///
    /// // (module (func call 0))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\
    ///     \x0a\x06\x01\x04\0\x10\0\x0b")?;
    /// let call = module.instructions(0).next().unwrap();
    /// assert_eq!(call.indices().collect::<Vec<_>>(), [(IndexSpace::Function, 0)]);
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn indices(&self) -> impl Iterator<Item = (IndexSpace, u32)> + use<> {
        let mut nowhere = Nowhere;
        let mut text = Text::new(&mut nowhere, &self.data.parts);
        // The text goes nowhere, so writing it cannot fail.
        let _ = self.visit(&mut text);
        text.indices().into_iter().flatten()
    }

    fn visit(&self, text: &mut Text<'_, '_>) -> fmt::Result {
        let mut reader = Reader::new(self.data.bytes(), self.data.features).at(self.offset as usize);
        // An instruction of a valid module is decoded as it was before.
        decode::instruction(&mut reader, text).unwrap_or(Ok(()))
    }
}

impl fmt::Display for Instruction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visit(&mut Text::new(f, &self.data.parts))
    }
}

/// Where text goes that nobody reads.
struct Nowhere;

impl fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
