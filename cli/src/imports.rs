//! What modules import that a command cannot give them.

use crate::preload::{self, Preload};
use crate::{suggest, types};
use anyhow::{Result, bail};
use tablature::{ExternType, FuncType, ImportType, Module, ValType};
use tablature_wasi::{Function, Snapshot, Type};

/// Checks that there is something for every import of `module`.
pub fn check(module: &Module, preloads: &[Preload]) -> Result<()> {
    let wrong: Vec<String> = module.imports().filter_map(|import| problem(&import, preloads)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let given: Vec<&str> = Snapshot::ALL.into_iter().map(Snapshot::module).collect();
    let preloaded: String = preloads.iter().map(|preload| format!(", and what \"{}\" exports", preload.name)).collect();
    bail!(
        "the module imports what it cannot be given:\n{}\n  Given are the functions of {}{preloaded}; --preload NAME=FILE \
         gives what another module exports.",
        wrong.join("\n"),
        given.join(" and ")
    )
}

/// What is wrong with an import, as a line; nothing if it is given.
fn problem(import: &ImportType<'_>, preloads: &[Preload]) -> Option<String> {
    let (module, name, wanted) = (import.module(), import.name(), import.ty());
    let line = |reason: &str| {
        let article = if wanted.kind() == "import" { "an" } else { "a" };
        Some(format!("  \"{module}\" \"{name}\", {article} {} {}{reason}", wanted.kind(), types::any(wanted)))
    };
    let (found, names) = match preloads.iter().find(|preload| preload.name == module) {
        Some(preload) => {
            let names: Vec<String> = preload.module.exports().map(|export| export.name().to_string()).collect();
            (preload.module.get_export(name), names)
        }
        None => match Snapshot::from_module(module) {
            Some(snapshot) => {
                let functions = snapshot.functions().collect::<Vec<_>>();
                let found = functions.iter().find(|function| function.name == name);
                let names = functions.iter().map(|function| function.name.to_string()).collect();
                (found.map(|function| ExternType::Func(type_of(function))), names)
            }
            None => return line(&preload::did_you_mean(module, preloads)),
        },
    };
    match found {
        Some(found) if fits(&found, wanted) => None,
        Some(found) => line(&format!(": there it is a {} {}", found.kind(), types::any(&found))),
        None => line(&suggest::did_you_mean(name, &names.iter().map(String::as_str).collect::<Vec<_>>())),
    }
}

/// Whether they are alike as far as can be said before there are instances.
fn fits(found: &ExternType, wanted: &ExternType) -> bool {
    match (found, wanted) {
        (ExternType::Func(found), ExternType::Func(wanted)) => found == wanted,
        (ExternType::Global(found), ExternType::Global(wanted)) => found == wanted,
        (ExternType::Table(found), ExternType::Table(wanted)) => {
            found.element() == wanted.element() && found.is_64() == wanted.is_64()
        }
        (ExternType::Memory(found), ExternType::Memory(wanted)) => {
            found.is_64() == wanted.is_64() && found.page_size() == wanted.page_size()
        }
        _ => false,
    }
}

fn type_of(function: &Function) -> FuncType {
    let list = |types: &'static [Type]| {
        types.iter().map(|ty| match ty {
            Type::I32 => ValType::I32,
            Type::I64 => ValType::I64,
        })
    };
    FuncType::new(list(function.params), list(function.results))
}
