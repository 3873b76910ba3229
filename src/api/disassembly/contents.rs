//! What a module is made of beside its functions: sections, memories, tables, globals.

use super::names::text;
use crate::api::{GlobalType, MemoryType, Module, TableType};
use crate::binary::Reader;
use crate::binary::parts::ExternKind;
use crate::text::IndexSpace;
use core::ops::Range;

/// A section of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionInfo<'m> {
    id: u8,
    custom_name: Option<&'m str>,
    range: Range<u32>,
    content: Range<u32>,
}

impl Module {
    /// Its sections, in order.
    ///
    /// ```
    /// use tablature::{Engine, Module};
    ///
    /// // (module (memory 1))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01")?;
    /// let memories = module.sections().next().unwrap();
    /// assert_eq!((memories.name(), memories.range(), memories.content()), ("memory", 8..13, 10..13));
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn sections(&self) -> impl Iterator<Item = SectionInfo<'_>> {
        let bytes = self.data.bytes();
        let mut reader = Reader::new(bytes, self.data.features).at(HEADER);
        core::iter::from_fn(move || section(bytes, &mut reader))
    }

    /// The types of its memories, imported ones first.
    ///
    /// ```
    /// use tablature::{Engine, Module};
    ///
    /// // (module (memory 1))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x05\x03\x01\x00\x01")?;
    /// assert_eq!(module.memories().map(|memory| memory.minimum()).collect::<Vec<_>>(), [1]);
    /// assert_eq!((module.tables().len(), module.globals().len(), module.start_function()), (0, 0, None));
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn memories(&self) -> impl ExactSizeIterator<Item = MemoryType> {
        self.data.parts.memories.as_slice().iter().map(|ty| MemoryType(*ty))
    }

    /// The types of its tables, imported ones first.
    pub fn tables(&self) -> impl ExactSizeIterator<Item = TableType> {
        self.data.parts.tables.as_slice().iter().map(|table| TableType(table.ty))
    }

    /// The types of its globals, imported ones first.
    pub fn globals(&self) -> impl ExactSizeIterator<Item = GlobalType> {
        self.data.parts.globals.as_slice().iter().map(|global| GlobalType(global.ty))
    }

    /// The function that runs when it is instantiated.
    #[must_use]
    pub fn start_function(&self) -> Option<u32> {
        self.data.parts.start
    }

    /// What the export called `name` is: its index space, and its index there.
    ///
    /// ```
    /// use tablature::{Engine, IndexSpace, Module};
    ///
    /// // (module (memory (export "memory") 1))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x05\x03\x01\0\x01\
    ///     \x07\x0a\x01\x06memory\x02\0")?;
    /// assert_eq!(module.export_index("memory"), Some((IndexSpace::Memory, 0)));
    /// assert_eq!(module.export_index("memories"), None);
    /// # Ok::<(), tablature::Error>(())
    /// ```
    #[must_use]
    pub fn export_index(&self, name: &str) -> Option<(IndexSpace, u32)> {
        let export = self.data.parts.export(self.data.bytes(), name)?;
        let space = match export.kind {
            ExternKind::Function => IndexSpace::Function,
            ExternKind::Table => IndexSpace::Table,
            ExternKind::Memory => IndexSpace::Memory,
            ExternKind::Global => IndexSpace::Global,
        };
        Some((space, export.index))
    }
}

/// Bytes of the magic number and the version.
const HEADER: usize = 8;

/// The section at `reader`, which is passed over.
fn section<'m>(bytes: &'m [u8], reader: &mut Reader<'m>) -> Option<SectionInfo<'m>> {
    let start = reader.offset() as u32;
    let id = reader.byte().ok()?;
    let size = reader.var_u32().ok()?;
    let mut content = reader.sub_reader(size as usize).ok()?;
    let custom_name = if id == 0 { Some(text(bytes, &mut content)?) } else { None };
    let end = reader.offset() as u32;
    Some(SectionInfo { id, custom_name, range: start..end, content: content.offset() as u32..end })
}

impl<'m> SectionInfo<'m> {
    /// What it holds: "type", "import", "function", "table", "memory", "global", "export", "start", "element",
    /// "data count", "code", "data" or "custom".
    #[must_use]
    pub fn name(&self) -> &'static str {
        const NAMES: [&str; 13] = [
            "custom",
            "type",
            "import",
            "function",
            "table",
            "memory",
            "global",
            "export",
            "start",
            "element",
            "code",
            "data",
            "data count",
        ];
        NAMES.get(usize::from(self.id)).copied().unwrap_or("unknown")
    }

    /// Its number in the binary format.
    #[must_use]
    pub fn id(&self) -> u8 {
        self.id
    }

    /// The name of a custom section.
    #[must_use]
    pub fn custom_name(&self) -> Option<&'m str> {
        self.custom_name
    }

    /// Its bytes, with its number and size, from the module's start.
    #[must_use]
    pub fn range(&self) -> Range<u32> {
        self.range.clone()
    }

    /// What it holds, from the module's start: without number, size, and a custom section's name.
    #[must_use]
    pub fn content(&self) -> Range<u32> {
        self.content.clone()
    }
}
