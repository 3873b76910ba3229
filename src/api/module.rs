//! Modules.

use super::{CompilationMode, Engine, ExternType, FuncType, GlobalType, MemoryType, Result, TableType, ValType};
use crate::binary::parse;
use crate::binary::parts::{ExternKind, Parts};
use crate::exec::{Bytes, ModuleData, PADDING};
use crate::features::Features;
use crate::validate::{LazyBodies, Scratch, types_at};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A validated module; with [`CompilationMode::Lazy`] its functions are validated when they are first called. Cheap to
/// clone, and shared by its instances and threads.
///
/// ```
/// use tablature::{Engine, Module};
///
/// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0")?;
/// assert_eq!(module.imports().count(), 0);
/// # Ok::<(), tablature::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Module {
    engine: Engine,
    pub(crate) data: Arc<ModuleData<'static>>,
}

/// What a module wants from its embedder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportType<'m> {
    module: &'m str,
    name: &'m str,
    ty: ExternType,
}

/// What a module offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportType<'m> {
    name: &'m str,
    ty: ExternType,
}

/// A section that the specification gives no meaning to, or only a custom one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomSection<'m> {
    name: &'m str,
    data: &'m [u8],
}

/// The types of a function's frame at one instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameTypes {
    /// Of its parameters and locals.
    pub locals: Vec<ValType>,
    /// Of its operands, deepest first; nothing where code that cannot be reached may have any type.
    pub operands: Vec<Option<ValType>>,
}

/// How large a module and what belongs to it are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleStats {
    /// The module itself.
    pub module_size: usize,
    /// Its code section.
    pub code_size: usize,
    /// The side table of branches, of functions that have been validated.
    pub side_table_size: usize,
    /// The register code of functions that have been translated so far.
    pub register_code_size: usize,
    /// What leads back from register code to the module: made only where execution stopped or failed in it.
    pub register_map_size: usize,
}

impl Module {
    /// Decodes and validates a module in the binary format; with the feature `wat` also one in the text format.
    ///
    /// # Errors
    /// The bytes are not a module, an invalid one, one that uses what `engine`'s configuration forbids, or one beyond its
    /// limits; the error says where.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Self> {
        let bytes = bytes.as_ref();
        #[cfg(feature = "wat")]
        let binary = to_binary(bytes)?;
        #[cfg(feature = "wat")]
        let bytes: &[u8] = &binary;
        let config = engine.config();
        let features: Features = config.features;
        let (mut parts, mut scratch) = (Parts::default(), Scratch::default());
        if config.compilation_mode == CompilationMode::Lazy {
            parts.lazy = Some(LazyBodies::new(config.limits));
        }
        #[cfg(tail_calls)]
        if config.counts_in_place() {
            parts.count_by_sums(engine.shared_prices());
        }
        parse(bytes, features, &config.limits, &mut parts, &mut scratch)?;
        let mut padded = Vec::with_capacity(bytes.len() + PADDING);
        padded.extend_from_slice(bytes);
        padded.extend_from_slice(&[0; PADDING]);
        #[cfg(feature = "log")]
        log::debug!("compiled a module of {} bytes", bytes.len());
        #[cfg(feature = "register")]
        let register = engine.register_functions(parts.own_functions());
        let data = Arc::new(ModuleData {
            bytes: Bytes::Owned(padded),
            parts,
            features,
            #[cfg(feature = "register")]
            register,
        });
        #[cfg(feature = "register")]
        if config.compilation_mode == CompilationMode::Eager {
            data.translate_all();
        }
        Ok(Self { engine: engine.clone(), data })
    }

    /// Translates all functions that are not yet, if they are to run in register code: for measurements.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    pub fn translate_all(&self) {
        self.data.translate_all();
    }

    /// Another name of [`new`](Self::new).
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_bytes(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Self> {
        Self::new(engine, bytes)
    }

    /// Decodes and validates the module in the file `path`.
    ///
    /// # Errors
    /// The file cannot be read, or those of [`new`](Self::new).
    #[cfg(feature = "std")]
    pub fn from_file(engine: &Engine, path: impl AsRef<std::path::Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path)
            .map_err(|error| super::Error::msg(alloc::format!("cannot read {}: {error}", path.display())))?;
        Self::new(engine, bytes)
    }

    /// Decodes and validates a module with all its functions, and forgets it.
    ///
    /// # Errors
    /// Those of [`new`](Self::new), and of [`validate_functions`](Self::validate_functions).
    pub fn validate(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<()> {
        let config = engine.config();
        let (mut parts, mut scratch) = (Parts::default(), Scratch::default());
        Ok(parse(bytes.as_ref(), config.features, &config.limits, &mut parts, &mut scratch)?)
    }

    /// Validates the functions that are not validated yet, which there are only with [`CompilationMode::Lazy`].
    ///
    /// # Errors
    /// A function is invalid; the error says where, and is that of the first such function.
    pub fn validate_functions(&self) -> Result<()> {
        let parts = &self.data.parts;
        for function in (parts.imported_functions..).take(parts.own_functions()) {
            self.data.validated(function)?;
        }
        Ok(())
    }

    /// Whether both are the same module, or clones of it.
    #[must_use]
    pub fn same(a: &Self, b: &Self) -> bool {
        Arc::ptr_eq(&a.data, &b.data)
    }

    /// The engine that it was made for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Its name, if it has a name section that gives one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.data.parts.module_name.map(|name| name.text(self.data.bytes()))
    }

    /// The name of function `index`, if it has a name section that gives one.
    #[must_use]
    pub fn function_name(&self, index: u32) -> Option<&str> {
        self.data.parts.function_name(index).map(|name| name.text(self.data.bytes()))
    }

    /// What it wants, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let bytes = self.data.bytes();
        self.data.parts.imports.as_slice().iter().map(move |import| ImportType {
            module: import.module.text(bytes),
            name: import.name.text(bytes),
            ty: self.extern_type(import.kind, import.index),
        })
    }

    /// What it offers, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let bytes = self.data.bytes();
        self.data.parts.exports.as_slice().iter().map(move |export| ExportType {
            name: export.name.text(bytes),
            ty: self.extern_type(export.kind, export.index),
        })
    }

    /// The type of the export called `name`.
    #[must_use]
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let export = self.data.parts.export(self.data.bytes(), name)?;
        Some(self.extern_type(export.kind, export.index))
    }

    fn extern_type(&self, kind: ExternKind, index: u32) -> ExternType {
        let (parts, place) = (&self.data.parts, index as usize);
        match kind {
            ExternKind::Function => {
                ExternType::Func(FuncType::from_internal(parts.function_signature(index).unwrap_or_default()))
            }
            ExternKind::Table => match parts.tables.get(place) {
                Some(table) => ExternType::Table(TableType(table.ty)),
                None => ExternType::Table(TableType::new(super::RefType::Func, 0, None)),
            },
            ExternKind::Memory => match parts.memories.get(place) {
                Some(ty) => ExternType::Memory(MemoryType(ty)),
                None => ExternType::Memory(MemoryType::new(0, None)),
            },
            ExternKind::Global => match parts.globals.get(place) {
                Some(global) => ExternType::Global(GlobalType(global.ty)),
                None => ExternType::Global(GlobalType::new(ValType::I32, super::Mutability::Const)),
            },
        }
    }

    /// Its custom sections, in order.
    pub fn custom_sections(&self) -> impl ExactSizeIterator<Item = CustomSection<'_>> {
        let bytes = self.data.bytes();
        let sections = self.data.parts.customs.as_slice();
        sections
            .iter()
            .map(move |section| CustomSection { name: section.name.text(bytes), data: section.content.of(bytes) })
    }

    /// The types of locals and operands of function `function` before the instruction at `offset` (in bytes from the
    /// module's start), found by validating the function up to there. Nothing where the function does not hold it.
    ///
    /// # Errors
    /// The function is invalid, which may be only with [`CompilationMode::Lazy`].
    pub fn types_at(&self, function: u32, offset: u32) -> Result<Option<FrameTypes>> {
        self.data.validated(function)?;
        let types = types_at(self.data.bytes(), &self.data.parts, self.data.features, function, offset)?;
        Ok(types.map(|types| FrameTypes {
            locals: types.locals.iter().map(|ty| ValType::from_internal(*ty)).collect(),
            operands: types
                .operands
                .iter()
                .map(|ty| (*ty != crate::types::Type::BOTTOM).then(|| ValType::from_internal(*ty)))
                .collect(),
        }))
    }

    /// The names of the handlers that the register code has of the function at `own` of those that it defines, in the
    /// order of the code; nothing if that runs in place: for tests.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    #[must_use]
    pub fn handlers_of(&self, own: u32) -> Option<Vec<alloc::string::String>> {
        self.data.handlers_of(own)
    }

    /// Makes the maps from register code back to the module of all functions that are translated: for measurements.
    #[cfg(feature = "register")]
    #[doc(hidden)]
    pub fn derive_maps(&self) {
        self.data.map_all();
    }

    /// How large it is.
    #[must_use]
    pub fn stats(&self) -> ModuleStats {
        let (register_code_size, register_map_size) = self.data.register_sizes();
        ModuleStats {
            module_size: self.data.bytes().len(),
            code_size: self.data.parts.code_size as usize,
            side_table_size: self.data.parts.side_tables_size(),
            register_code_size,
            register_map_size,
        }
    }
}

/// A module in the binary format, if what begins like a text is translated: with a parenthesis or a comment.
#[cfg(feature = "wat")]
fn to_binary(bytes: &[u8]) -> Result<alloc::borrow::Cow<'_, [u8]>> {
    match bytes.trim_ascii_start() {
        [b'(' | b';', ..] => wat::parse_bytes(bytes).map_err(super::Error::new),
        _ => Ok(bytes.into()),
    }
}

impl<'m> ImportType<'m> {
    /// The name of the module that it is wanted from.
    #[must_use]
    pub fn module(&self) -> &'m str {
        self.module
    }

    /// Its name there.
    #[must_use]
    pub fn name(&self) -> &'m str {
        self.name
    }

    /// What it must be.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

impl<'m> ExportType<'m> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'m str {
        self.name
    }

    /// What it is.
    #[must_use]
    pub fn ty(&self) -> &ExternType {
        &self.ty
    }
}

impl<'m> CustomSection<'m> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'m str {
        self.name
    }

    /// Its content.
    #[must_use]
    pub fn data(&self) -> &'m [u8] {
        self.data
    }
}
