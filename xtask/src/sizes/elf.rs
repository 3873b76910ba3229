//! Sections and symbols of a program for a 32-bit machine (ELF32, little-endian).

use anyhow::{Context, Result, ensure};

/// What is in a program.
pub struct Image {
    /// Bytes that are executed.
    pub code: u64,
    /// Bytes that are loaded and only read.
    pub constants: u64,
    /// Functions and objects.
    pub symbols: Vec<Symbol>,
}

/// A function or an object.
pub struct Symbol {
    /// Its mangled name.
    pub name: String,
    /// Where it stands. Two names may stand for one function.
    pub address: u64,
    /// How many bytes it has.
    pub size: u64,
    /// Whether it is a function.
    pub is_code: bool,
}

const SYMBOLS: u32 = 2;
const NO_BITS: u32 = 8;
const WRITE: u32 = 1;
const ALLOCATE: u32 = 2;
const EXECUTE: u32 = 4;

struct Section {
    kind: u32,
    flags: u32,
    offset: usize,
    size: usize,
    link: usize,
}

impl Image {
    /// Reads a program.
    ///
    /// # Errors
    /// The bytes are no such program.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        ensure!(bytes.starts_with(b"\x7fELF\x01\x01"), "not a program for a little-endian machine of 32 bits");
        let (start, size) = (word(bytes, 32)? as usize, half(bytes, 46)?);
        let sections: Vec<_> = (0..half(bytes, 48)?)
            .map(|index| {
                let at = |field: usize| word(bytes, start + index * size + 4 * field);
                let (offset, size) = (at(4)? as usize, at(5)? as usize);
                Ok(Section { kind: at(1)?, flags: at(2)?, offset, size, link: at(6)? as usize })
            })
            .collect::<Result<_>>()?;
        let of = |wanted: u32| {
            let loaded = sections.iter().filter(|section| section.kind != NO_BITS);
            let sizes = loaded.filter(move |section| section.flags & (ALLOCATE | WRITE | EXECUTE) == wanted);
            sizes.map(|section| section.size as u64).sum()
        };
        let mut symbols = Vec::new();
        for table in sections.iter().filter(|section| section.kind == SYMBOLS) {
            let names = sections.get(table.link).context("symbols without names")?;
            for at in (table.offset..table.offset + table.size).step_by(16) {
                let size = u64::from(word(bytes, at + 8)?);
                if size == 0 {
                    continue;
                }
                // The lowest bit of a function's address says that it is in Thumb code.
                let (address, kind) = (u64::from(word(bytes, at + 4)? & !1), bytes[at + 12] & 15);
                let name = name(bytes, names.offset + word(bytes, at)? as usize)?;
                symbols.push(Symbol { name, address, size, is_code: kind == 2 });
            }
        }
        Ok(Self { code: of(ALLOCATE | EXECUTE), constants: of(ALLOCATE), symbols })
    }
}

fn name(bytes: &[u8], at: usize) -> Result<String> {
    let text = bytes.get(at..).context("a name is outside of the file")?;
    let name = text.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

fn word(bytes: &[u8], at: usize) -> Result<u32> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).context("the file is too short")?;
    Ok(u32::from_le_bytes(*chunk))
}

fn half(bytes: &[u8], at: usize) -> Result<usize> {
    let chunk = bytes.get(at..).and_then(|rest| rest.first_chunk()).context("the file is too short")?;
    Ok(u16::from_le_bytes(*chunk).into())
}
