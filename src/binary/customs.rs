//! Custom sections: all are kept, and the name section is read as far as it makes sense.

use super::parts::{CustomSection, FunctionName, Span};
use super::reader::Reader;
use super::sections::{Parser, Result};

/// Subsections of the name section (specification: appendix, custom sections).
const MODULE_NAME: u8 = 0;
const FUNCTION_NAMES: u8 = 1;

impl Parser<'_, '_, '_, '_> {
    pub(super) fn custom(&mut self, section: &mut Reader<'_>) -> Result<()> {
        let name = self.name(section)?;
        let content =
            Span { start: section.offset() as u32, end: (section.offset().saturating_add(section.remaining())) as u32 };
        if name.of(self.bytes) == b"name" {
            self.names(*section);
        }
        let custom = CustomSection { name, content };
        self.parts.customs.push(custom).map_err(|full| section.error(full.into()))
    }

    /// Reads names up to the first mistake: a bad name section never makes a module invalid.
    fn names(&mut self, mut section: Reader<'_>) {
        while !section.is_at_end() {
            if self.subsection(&mut section).is_err() {
                return;
            }
        }
    }

    fn subsection(&mut self, section: &mut Reader<'_>) -> Result<()> {
        let id = section.byte()?;
        let size = section.var_u32()?;
        let mut content = section.sub_reader(size as usize)?;
        match id {
            MODULE_NAME => self.parts.module_name = Some(self.name(&mut content)?),
            FUNCTION_NAMES => {
                let count = content.count("function names", self.limits.functions)?;
                for _ in 0..count {
                    let function = content.var_u32()?;
                    let name = self.name(&mut content)?;
                    let entry = FunctionName { function, name };
                    let is_sorted = self.parts.function_names.last().is_none_or(|last| last.function < function);
                    if is_sorted {
                        self.parts.function_names.push(entry).map_err(|full| content.error(full.into()))?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}
