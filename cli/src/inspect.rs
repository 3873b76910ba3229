//! Saying what a module is made of.

use crate::args::Inspect;
use crate::names::Names;
use crate::{load, report, types};
use anyhow::Result;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use tablature::{Config, Engine, ExternType, FunctionInfo, Module, Mutability, Proposal, ValType};

/// Says it as the command line asks for.
pub fn inspect(options: &Inspect) -> Result<i32> {
    let config = options.proposals.config();
    let engine = Engine::new(&config);
    let bytes = load::bytes_of_module(&options.file)?;
    let module = load::compile(&engine, &options.file, &bytes)?;
    let names = Names::new(&module);
    let mut functions: Vec<FunctionInfo<'_>> = module.functions().collect();
    functions.sort_by_key(|function| (std::cmp::Reverse(function.body().len()), function.index()));
    functions.truncate(options.top);
    let proposals = needed(&config, &bytes);
    let inspection = Inspection { file: &options.file, module: &module, names: &names, functions, proposals };
    let text = if options.json { format!("{:#}\n", inspection.json()) } else { inspection.text()? };
    report::print(&text)?;
    Ok(0)
}

/// The proposals without which the module would not be valid.
fn needed(config: &Config, bytes: &[u8]) -> Vec<Proposal> {
    let is_needed = |proposal: &Proposal| {
        let mut without = config.clone();
        without.wasm_proposal(*proposal, false);
        Module::validate(&Engine::new(&without), bytes).is_err()
    };
    Proposal::ALL.into_iter().filter(|proposal| *proposal != Proposal::Mvp).filter(is_needed).collect()
}

/// What is known of a module.
struct Inspection<'m> {
    file: &'m Path,
    module: &'m Module,
    names: &'m Names<'m>,
    /// The largest, those first.
    functions: Vec<FunctionInfo<'m>>,
    proposals: Vec<Proposal>,
}

impl Inspection<'_> {
    fn text(&self) -> Result<String> {
        let (module, stats) = (self.module, self.module.stats());
        let mut text = String::new();
        let mut line = |label: &str, value: String| writeln!(text, "{label:<12} {value}");
        line("file", load::name_of(self.file).into_owned())?;
        if let Some(name) = module.name() {
            line("name", name.to_string())?;
        }
        line("size", format!("{} bytes, {} of them code", stats.module_size, stats.code_size))?;
        line("side table", format!("{} bytes", stats.side_table_size))?;
        if let Some(start) = module.start_function() {
            line("start", format!("function {start}{}", self.in_parentheses(start)))?;
        }
        let proposals: Vec<&str> = self.proposals.iter().map(|proposal| proposal.id()).collect();
        line("needs", if proposals.is_empty() { "no proposals".to_string() } else { proposals.join(", ") })?;
        self.sections(&mut text)?;
        let imports = module.imports().map(|import| {
            let ty = types::any(import.ty());
            format!("{:<9}{:?} {:?} {ty}", import.ty().kind(), import.module(), import.name())
        });
        list(&mut text, "imports", imports)?;
        let exports = module.exports().map(|export| {
            let index = module.export_index(export.name()).map_or(0, |(_, index)| index);
            format!("{:<9}{index:<5} {:?} {}", export.ty().kind(), export.name(), types::any(export.ty()))
        });
        list(&mut text, "exports", exports)?;
        let origin = |index: usize, imported: usize| if index < imported { "  imported" } else { "" };
        let counts = Imported::of(module);
        let memories = module.memories().enumerate();
        let memories =
            memories.map(|(at, ty)| format!("{at:<5} {}{}", types::memory(&ty), origin(at, counts.memories)));
        list(&mut text, "memories, in pages", memories)?;
        let tables = module.tables().enumerate();
        let tables = tables.map(|(at, ty)| format!("{at:<5} {}{}", types::table(&ty), origin(at, counts.tables)));
        list(&mut text, "tables", tables)?;
        let globals = module.globals().enumerate();
        let globals = globals.map(|(at, ty)| format!("{at:<5} {}{}", types::global(&ty), origin(at, counts.globals)));
        list(&mut text, "globals", globals)?;
        self.functions(&mut text)?;
        Ok(text)
    }

    fn in_parentheses(&self, function: u32) -> String {
        self.names.function(function).map_or_else(String::new, |name| format!(" ({})", name.escape_debug()))
    }

    fn sections(&self, text: &mut String) -> Result<()> {
        if self.module.sections().next().is_none() {
            return Ok(());
        }
        writeln!(text, "\nsections:\n  {:<10} {:>9}  name", "offset", "bytes")?;
        for section in self.module.sections() {
            let (range, name) = (section.range(), section.custom_name());
            let name = name.map_or_else(String::new, |name| format!(" {name:?}"));
            writeln!(text, "  0x{:<8x} {:>9}  {}{name}", range.start, range.len(), section.name())?;
        }
        Ok(())
    }

    fn functions(&self, text: &mut String) -> Result<()> {
        let count = self.module.functions().len();
        if count == 0 {
            return Ok(());
        }
        let shown = self.functions.len();
        let largest = if shown < count { format!(", the {shown} largest") } else { String::new() };
        writeln!(text, "\nfunctions ({count}{largest}):\n  {:>9}  {:<10} index", "bytes", "offset")?;
        for function in &self.functions {
            let (body, index) = (function.body(), function.index());
            let name = self.names.function(index).map_or_else(String::new, |name| format!("{} ", name.escape_debug()));
            writeln!(text, "  {:>9}  0x{:<8x} {index:<5} {name}{}", body.len(), body.start, function.ty())?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let (module, stats) = (self.module, self.module.stats());
        let counts = Imported::of(module);
        json!({
            "file": load::name_of(self.file),
            "name": module.name(),
            "size": stats.module_size,
            "code_size": stats.code_size,
            "side_table_size": stats.side_table_size,
            "start": module.start_function(),
            "proposals": self.proposals.iter().map(|proposal| proposal.id()).collect::<Vec<_>>(),
            "sections": module.sections().map(|section| json!({
                "name": section.name(),
                "custom_name": section.custom_name(),
                "offset": section.range().start,
                "size": section.range().len(),
            })).collect::<Vec<_>>(),
            "imports": module.imports().map(|import| json!({
                "module": import.module(),
                "name": import.name(),
                "kind": import.ty().kind(),
                "type": extern_type(import.ty()),
            })).collect::<Vec<_>>(),
            "exports": module.exports().map(|export| json!({
                "name": export.name(),
                "kind": export.ty().kind(),
                "index": module.export_index(export.name()).map(|(_, index)| index),
                "type": extern_type(export.ty()),
            })).collect::<Vec<_>>(),
            "memories": with_origin(module.memories().map(ExternType::Memory), counts.memories),
            "tables": with_origin(module.tables().map(ExternType::Table), counts.tables),
            "globals": with_origin(module.globals().map(ExternType::Global), counts.globals),
            "function_count": module.functions().len(),
            "functions": self.functions.iter().map(|function| json!({
                "index": function.index(),
                "name": self.names.function(function.index()),
                "type": extern_type(&ExternType::Func(function.ty())),
                "offset": function.body().start,
                "size": function.body().len(),
                "locals": function.locals(),
            })).collect::<Vec<_>>(),
        })
    }
}

/// How many of each kind are imported; these have the first indices.
#[derive(Default)]
struct Imported {
    memories: usize,
    tables: usize,
    globals: usize,
}

impl Imported {
    fn of(module: &Module) -> Self {
        let mut counts = Self::default();
        for import in module.imports() {
            match import.ty() {
                ExternType::Memory(_) => counts.memories += 1,
                ExternType::Table(_) => counts.tables += 1,
                ExternType::Global(_) => counts.globals += 1,
                _ => {}
            }
        }
        counts
    }
}

/// A heading with the number of lines, and the lines; nothing where there are none.
fn list(text: &mut String, heading: &str, lines: impl ExactSizeIterator<Item = String>) -> Result<()> {
    if lines.len() > 0 {
        writeln!(text, "\n{heading} ({}):", lines.len())?;
        for line in lines {
            writeln!(text, "  {line}")?;
        }
    }
    Ok(())
}

fn with_origin(all: impl Iterator<Item = ExternType>, imported: usize) -> Vec<Value> {
    let described = all.enumerate().map(|(index, ty)| {
        let mut value = extern_type(&ty);
        if let Some(object) = value.as_object_mut() {
            object.insert("index".to_string(), json!(index));
            object.insert("imported".to_string(), json!(index < imported));
        }
        value
    });
    described.collect()
}

fn extern_type(ty: &ExternType) -> Value {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>();
    match ty {
        ExternType::Func(ty) => json!({ "params": list(ty.params()), "results": list(ty.results()) }),
        ExternType::Memory(ty) => json!({
            "minimum": ty.minimum(),
            "maximum": ty.maximum(),
            "page_size": ty.page_size(),
            "address_bits": if ty.is_64() { 64 } else { 32 },
        }),
        ExternType::Table(ty) => json!({
            "element": ValType::from(ty.element()).to_string(),
            "minimum": ty.minimum(),
            "maximum": ty.maximum(),
            "address_bits": if ty.is_64() { 64 } else { 32 },
        }),
        ExternType::Global(ty) => {
            json!({ "content": ty.content().to_string(), "mutable": ty.mutability() == Mutability::Var })
        }
        _ => Value::Null,
    }
}
