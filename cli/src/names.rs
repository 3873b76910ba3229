//! What the things of a module are called: by its name section, or else by its exports and imports.

use std::collections::HashMap;
use tablature::{ExternType, IndexSpace, Instruction, Module};

/// The names of a module, looked up once.
pub struct Names<'m> {
    /// By space, index, and for locals the function.
    names: HashMap<(IndexSpace, u32, Option<u32>), String>,
    module: &'m Module,
}

impl<'m> Names<'m> {
    /// The names of `module`.
    pub fn new(module: &'m Module) -> Self {
        let mut names = HashMap::new();
        for name in module.names() {
            names.entry((name.space, name.index, name.function)).or_insert_with(|| name.name.to_string());
        }
        for export in module.exports() {
            if let Some((space, index)) = module.export_index(export.name()) {
                names.entry((space, index, None)).or_insert_with(|| export.name().to_string());
            }
        }
        let mut counts = HashMap::new();
        for import in module.imports() {
            let space = match import.ty() {
                ExternType::Func(_) => IndexSpace::Function,
                ExternType::Table(_) => IndexSpace::Table,
                ExternType::Memory(_) => IndexSpace::Memory,
                _ => IndexSpace::Global,
            };
            let index = counts.entry(space).or_insert(0);
            let name = || format!("{}.{}", import.module(), import.name());
            names.entry((space, *index, None)).or_insert_with(name);
            *index += 1;
        }
        Self { names, module }
    }

    /// What the function `index` is called.
    pub fn function(&self, index: u32) -> Option<&str> {
        self.get(IndexSpace::Function, index, None)
    }

    /// What the function `index` is called, or else its index.
    pub fn function_or_index(&self, index: u32) -> String {
        self.function(index).map_or_else(|| format!("<function {index}>"), str::to_string)
    }

    /// What the local `index` of `function` is called.
    pub fn local(&self, function: u32, index: u32) -> Option<&str> {
        self.get(IndexSpace::Local, index, Some(function))
    }

    fn get(&self, space: IndexSpace, index: u32, function: Option<u32>) -> Option<&str> {
        self.names.get(&(space, index, function)).map(String::as_str)
    }

    /// The names of all functions that have one.
    pub fn functions(&self) -> impl Iterator<Item = (u32, &str)> {
        let functions = self.names.iter().filter(|((space, ..), _)| *space == IndexSpace::Function);
        functions.map(|((_, index, _), name)| (*index, name.as_str()))
    }

    /// The indices of the functions called `name`; an export's name counts, too.
    pub fn called(&self, name: &str) -> Vec<u32> {
        let mut found: Vec<u32> =
            self.functions().filter(|(_, other)| *other == name).map(|(index, _)| index).collect();
        if let Some((IndexSpace::Function, index)) = self.module.export_index(name) {
            found.push(index);
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The names of what `instruction` of function `function` refers to, as a comment; empty where there are none.
    pub fn comment(&self, function: u32, instruction: &Instruction<'_>) -> String {
        let named = instruction.indices().filter_map(|(space, index)| {
            let of = (space == IndexSpace::Local).then_some(function);
            // The first memory and table are what is meant if nothing is said.
            let is_usual = matches!(space, IndexSpace::Memory | IndexSpace::Table) && index == 0;
            let name = self.get(space, index, of).filter(|_| !is_usual)?;
            Some(format!("${}", name.escape_debug()))
        });
        named.collect::<Vec<_>>().join(" ")
    }
}
