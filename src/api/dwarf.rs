//! Source lines of instructions, from the DWARF sections that compilers leave in modules.
//!
//! Addresses in them are offsets from the start of the code section's content (WebAssembly tool conventions, "DWARF for
//! WebAssembly").

use super::FrameSymbol;
use crate::exec::ModuleData;
use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, LittleEndian};
use alloc::string::ToString;
use alloc::vec::Vec;

type Bytes<'m> = EndianSlice<'m, LittleEndian>;

/// Where the instruction at `offset` (in bytes from the module's start) stands in the source. Empty where the module
/// does not tell, or where what it tells is damaged.
pub(super) fn symbols(module: &ModuleData<'_>, offset: u32) -> Vec<FrameSymbol> {
    let Some(address) = offset.checked_sub(module.parts.code_start) else { return Vec::new() };
    context(module).and_then(|context| find(&context, u64::from(address))).unwrap_or_default()
}

fn context<'m>(module: &'m ModuleData<'_>) -> Option<Context<Bytes<'m>>> {
    let bytes = module.bytes();
    let section = |name: &str| {
        let mut sections = module.parts.customs.as_slice().iter();
        let found = sections.find(|section| section.name.text(bytes) == name);
        found.map_or(&[][..], |section| section.content.of(bytes))
    };
    let dwarf = Dwarf::load(|id| Ok::<_, ()>(EndianSlice::new(section(id.name()), LittleEndian))).ok()?;
    Context::from_dwarf(dwarf).ok()
}

fn find(context: &Context<Bytes<'_>>, address: u64) -> Option<Vec<FrameSymbol>> {
    let mut frames = context.find_frames(address).skip_all_loads().ok()?;
    let mut symbols = Vec::new();
    while let Ok(Some(frame)) = frames.next() {
        let name = frame.function.as_ref().and_then(|name| name.demangle().ok().map(|name| name.into_owned()));
        let location = frame.location.as_ref();
        symbols.push(FrameSymbol {
            name,
            file: location.and_then(|location| location.file).map(str::to_string),
            line: location.and_then(|location| location.line),
            column: location.and_then(|location| location.column).filter(|column| *column > 0),
        });
    }
    let is_known = |symbol: &FrameSymbol| symbol.file.is_some() || symbol.name.is_some();
    symbols.iter().any(is_known).then_some(symbols)
}
