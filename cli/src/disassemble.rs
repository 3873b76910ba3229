//! Showing functions instruction by instruction.

use crate::args::Disassemble;
use crate::names::Names;
use crate::{load, report, suggest};
use anyhow::{Result, bail};
use std::fmt::Write as _;
use tablature::{Engine, FuelClass, FunctionInfo, Instruction, Module, ValType};

/// How many bytes of an instruction are shown.
const SHOWN_BYTES: usize = 8;
/// How deep text is indented at most.
const DEEPEST: u32 = 40;

/// Shows what the command line asks for.
pub fn disassemble(options: &Disassemble) -> Result<i32> {
    let engine = Engine::new(&options.proposals.config());
    let module = load::module(&engine, &options.file)?;
    let names = Names::new(&module);
    let listing = Listing { module: &module, names: &names, mark: options.at };
    if let Some(wanted) = &options.function {
        for (place, index) in find(&module, &names, wanted)?.into_iter().enumerate() {
            listing.print(place, index)?;
        }
    } else if let Some(offset) = options.at {
        listing.print(0, function_at(&module, offset)?.index())?;
    } else {
        for (place, function) in module.functions().enumerate() {
            listing.print(place, function.index())?;
        }
    }
    Ok(0)
}

/// The functions that `wanted` means: an index, or a name of one or several.
fn find(module: &Module, names: &Names<'_>, wanted: &str) -> Result<Vec<u32>> {
    let mut found = names.called(wanted.strip_prefix('$').unwrap_or(wanted));
    if found.is_empty() {
        found.extend(wanted.parse::<u32>());
    }
    let defined: Vec<u32> = found.iter().copied().filter(|index| module.function(*index).is_some()).collect();
    if !defined.is_empty() {
        return Ok(defined);
    }
    let first = module.functions().next().map(|function| function.index());
    let (Some(first), count) = (first, module.functions().len() as u32) else {
        bail!("the module defines no functions");
    };
    let range = format!("the module defines the functions {first} to {}", first + count - 1);
    if let Some(imported) = found.iter().find(|index| **index < first) {
        bail!(
            "function {imported} ({}) is imported, so it has no instructions: {range}",
            names.function_or_index(*imported)
        );
    }
    if let Some(index) = found.first() {
        bail!("there is no function {index}: {range}");
    }
    let known: Vec<&str> = names.functions().filter(|(index, _)| *index >= first).map(|(_, name)| name).collect();
    let hint = suggest::did_you_mean(wanted, &known);
    bail!(
        "there is no function \"{wanted}\"{hint}\n  {range}; `tablature inspect` lists them.",
        range = capital(&range)
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The function whose body holds `offset`.
fn function_at(module: &Module, offset: u32) -> Result<FunctionInfo<'_>> {
    if let Some(function) = module.function_at(offset) {
        return Ok(function);
    }
    let bodies = module.functions().next().zip(module.functions().last());
    let Some((first, last)) = bodies else { bail!("the module defines no functions") };
    let section = module.sections().find(|section| section.range().contains(&offset));
    let place = match section {
        Some(section) => format!("it lies in the {} section", section.name()),
        None if offset as usize >= module.stats().module_size => {
            format!("the module has {} bytes", module.stats().module_size)
        }
        None => "it lies before the first section".to_string(),
    };
    bail!(
        "offset 0x{offset:x} is in no function: {place}\n  Bodies of functions are from 0x{:x} to 0x{:x}.",
        first.body().start,
        last.body().end - 1
    )
}

/// Prints functions of a module.
struct Listing<'m> {
    module: &'m Module,
    names: &'m Names<'m>,
    mark: Option<u32>,
}

impl Listing<'_> {
    /// Prints function `index`; the `place`th of those that are printed.
    fn print(&self, place: usize, index: u32) -> Result<()> {
        let Some(function) = self.module.function(index) else { return Ok(()) };
        let mut text = if place == 0 { String::new() } else { "\n".to_string() };
        self.head(&mut text, &function)?;
        for instruction in function.instructions() {
            self.line(&mut text, &function, &instruction)?;
            // Functions can be large: what is there is written.
            if text.len() > 1 << 16 {
                report::print(&text)?;
                text.clear();
            }
        }
        Ok(report::print(&text)?)
    }

    fn head(&self, text: &mut String, function: &FunctionInfo<'_>) -> Result<()> {
        let (index, body) = (function.index(), function.body());
        let name = self.names.function(index).map_or_else(String::new, |name| format!(" {}", name.escape_debug()));
        writeln!(text, "function {index}{name} {}: {} bytes at 0x{:x}", function.ty(), body.len(), body.start)?;
        let types = self.module.types_at(index, function.code().start)?;
        let types = types.map(|types| types.locals).unwrap_or_default();
        let params = function.ty().params().len();
        for (label, range) in [("parameters", 0..params), ("locals", params..types.len())] {
            let described = self.variables(index, &types, range);
            if !described.is_empty() {
                writeln!(text, "  {label}: {}", described.join(", "))?;
            }
        }
        writeln!(text, "    {:<10} {:<24} {:>5} {:>4}  instruction", "offset", "bytes", "stack", "fuel")?;
        Ok(())
    }

    /// Parameters or locals; those without names in runs of one type.
    fn variables(&self, function: u32, types: &[ValType], range: std::ops::Range<usize>) -> Vec<String> {
        let mut described = Vec::new();
        let mut at = range.start;
        while let Some(ty) = types.get(at).filter(|_| at < range.end) {
            if let Some(name) = self.names.local(function, at as u32) {
                described.push(format!("{at} ${} {ty}", name.escape_debug()));
                at += 1;
                continue;
            }
            let is_same = |place: &usize| types[*place] == *ty && self.names.local(function, *place as u32).is_none();
            let end = (at..range.end).take_while(is_same).last().unwrap_or(at);
            described.push(if end > at { format!("{at}-{end} {ty}") } else { format!("{at} {ty}") });
            at = end + 1;
        }
        described
    }

    fn line(&self, text: &mut String, function: &FunctionInfo<'_>, instruction: &Instruction<'_>) -> Result<()> {
        let start = instruction.offset();
        let bytes = instruction.bytes();
        let is_marked = self.mark.is_some_and(|mark| (start..start + bytes.len() as u32).contains(&mark));
        let mark = if is_marked { '>' } else { ' ' };
        let stack = if instruction.is_reachable() { instruction.operands().to_string() } else { "-".to_string() };
        let indent = "  ".repeat(instruction.depth().min(DEEPEST) as usize);
        let comment = self.names.comment(function.index(), instruction);
        let written = format!("{indent}{instruction}");
        let line = format!(
            "  {mark} 0x{start:<8x} {:<24} {stack:>5} {:<5}  {written:<31} {}",
            hexadecimal(bytes),
            price(instruction.opcode().info().fuel),
            if comment.is_empty() { String::new() } else { format!(";; {comment}") },
        );
        writeln!(text, "{}", line.trim_end())?;
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let shown = if bytes.len() > SHOWN_BYTES { SHOWN_BYTES - 1 } else { bytes.len() };
    let mut text: Vec<String> = bytes.iter().take(shown).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > shown {
        text.push("..".to_string());
    }
    text.join(" ")
}

/// The price, with the sign of more aligned behind it.
fn price(class: FuelClass) -> String {
    let more = if class.default_rate() > 0 { '+' } else { ' ' };
    format!("{:>4}{more}", class.default_base())
}
