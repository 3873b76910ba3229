//! What modules import that a command cannot give them.

use crate::suggest;
use anyhow::{Result, bail};
use tablature::{ExternType, ImportType, Module};
use tablature_wasi::Snapshot;

/// Checks that there is something for every import of `module`.
pub fn check(module: &Module) -> Result<()> {
    let missing: Vec<String> =
        module.imports().filter(|import| !is_given(import)).map(|import| line(&import)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let given: Vec<&str> = Snapshot::ALL.into_iter().map(Snapshot::module).collect();
    bail!(
        "the module imports what does not exist here:\n{}\n  Given are the functions of {}; embed the crate `tablature` to define others.",
        missing.join("\n"),
        given.join(" and ")
    )
}

fn is_given(import: &ImportType<'_>) -> bool {
    matches!(import.ty(), ExternType::Func(_)) && functions(import).any(|name| name == import.name())
}

fn functions(import: &ImportType<'_>) -> impl Iterator<Item = &'static str> {
    Snapshot::from_module(import.module()).into_iter().flat_map(Snapshot::functions).map(|function| function.name)
}

fn line(import: &ImportType<'_>) -> String {
    let names: Vec<&str> = functions(import).collect();
    let ty = match import.ty() {
        ExternType::Func(ty) => format!(" {ty}"),
        _ => String::new(),
    };
    let hint = suggest::did_you_mean(import.name(), &names);
    format!("  \"{}\" \"{}\", a {}{ty}{hint}", import.module(), import.name(), import.ty().kind())
}
