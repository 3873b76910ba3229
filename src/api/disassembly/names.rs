//! The names that a module's name section gives.

use crate::api::Module;
use crate::binary::Reader;
use crate::text::IndexSpace;

/// A name that a module's name section gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexName<'m> {
    /// What is named.
    pub space: IndexSpace,
    /// The function, where a local is named.
    pub function: Option<u32>,
    /// The index of what is named.
    pub index: u32,
    /// Its name.
    pub name: &'m str,
}

impl Module {
    /// What its name section names, as far as the section makes sense. The module's own name is
    /// [`Module::name`](Self::name).
    ///
    /// ```
    /// use tablature::{Engine, IndexSpace, Module};
    ///
    /// // (module (func $count))
    /// let module = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\
    ///     \x0a\x04\x01\x02\0\x0b\0\x0f\x04name\x01\x08\x01\0\x05count")?;
    /// let name = module.names().next().unwrap();
    /// assert_eq!((name.space, name.index, name.name), (IndexSpace::Function, 0, "count"));
    /// # Ok::<(), tablature::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = IndexName<'_>> {
        let bytes = self.data.bytes();
        let features = self.data.features;
        let sections = self.data.parts.customs.as_slice().iter().filter(|custom| custom.name.of(bytes) == b"name");
        sections.flat_map(move |custom| {
            let content = bytes.get(..custom.content.end as usize).unwrap_or_default();
            let reader = Reader::new(content, features).at(custom.content.start as usize);
            Names { bytes, section: reader, list: None }
        })
    }
}

/// The name section's subsections (specification: appendix, custom sections, and the proposal of more names).
const SUBSECTIONS: [(u8, IndexSpace); 8] = [
    (1, IndexSpace::Function),
    (LOCALS, IndexSpace::Local),
    (4, IndexSpace::Type),
    (5, IndexSpace::Table),
    (6, IndexSpace::Memory),
    (7, IndexSpace::Global),
    (8, IndexSpace::Element),
    (9, IndexSpace::Data),
];
const LOCALS: u8 = 2;

/// Reads names up to the first mistake.
struct Names<'m> {
    bytes: &'m [u8],
    section: Reader<'m>,
    list: Option<NameList<'m>>,
}

/// A subsection that is being read.
struct NameList<'m> {
    reader: Reader<'m>,
    space: IndexSpace,
    /// Names, or of locals functions, that are still to come.
    left: u32,
    /// The function whose locals are being read, and how many are still to come.
    function: Option<(u32, u32)>,
}

impl<'m> Iterator for Names<'m> {
    type Item = IndexName<'m>;

    fn next(&mut self) -> Option<IndexName<'m>> {
        loop {
            if let Some(list) = &mut self.list {
                if let Some(name) = list.next(self.bytes) {
                    return Some(name);
                }
                self.list = None;
            }
            let id = self.section.byte().ok()?;
            let size = self.section.var_u32().ok()?;
            let mut reader = self.section.sub_reader(size as usize).ok()?;
            if let Some((_, space)) = SUBSECTIONS.iter().find(|(known, _)| *known == id) {
                let left = reader.var_u32().ok()?;
                self.list = Some(NameList { reader, space: *space, left, function: None });
            }
        }
    }
}

impl<'m> NameList<'m> {
    fn next(&mut self, bytes: &'m [u8]) -> Option<IndexName<'m>> {
        if self.space == IndexSpace::Local {
            while self.function.is_none_or(|(_, left)| left == 0) {
                self.left = self.left.checked_sub(1)?;
                self.function = Some((self.reader.var_u32().ok()?, self.reader.var_u32().ok()?));
            }
        }
        let left = self.function.as_mut().map_or(&mut self.left, |(_, left)| left);
        *left = left.checked_sub(1)?;
        let index = self.reader.var_u32().ok()?;
        let name = text(bytes, &mut self.reader)?;
        Some(IndexName { space: self.space, function: self.function.map(|(function, _)| function), index, name })
    }
}

/// A size and as many bytes of UTF-8.
pub(super) fn text<'m>(bytes: &'m [u8], reader: &mut Reader<'m>) -> Option<&'m str> {
    let size = reader.var_u32().ok()?;
    let start = reader.offset();
    reader.sub_reader(size as usize).ok()?;
    core::str::from_utf8(bytes.get(start..reader.offset())?).ok()
}
