//! Modules that are instantiated before the program, for it to import from.

use crate::guest::Guest;
use crate::{imports, load, suggest};
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use tablature::{Engine, Linker, Module, Store};
use tablature_wasi::Snapshot;

/// A module, and the name under which others can import from it.
pub struct Preload {
    pub name: String,
    pub module: Module,
}

/// Loads the modules that the command line names, and checks that each finds what it imports.
pub fn load(engine: &Engine, wanted: &[(String, PathBuf)]) -> Result<Vec<Preload>> {
    let mut preloads: Vec<Preload> = Vec::with_capacity(wanted.len());
    for (name, path) in wanted {
        if preloads.iter().any(|other| other.name == *name) {
            bail!("--preload {name}={}: there is a module \"{name}\" already; choose another name", path.display());
        }
        if Snapshot::from_module(name).is_some() {
            bail!("--preload {name}={}: the functions of \"{name}\" are given to every program", path.display());
        }
        let module = load::module(engine, path).with_context(|| context(name, path))?;
        imports::check(&module, &preloads).with_context(|| context(name, path))?;
        preloads.push(Preload { name: name.clone(), module });
    }
    Ok(preloads)
}

/// Makes instances of the modules, and defines what they export.
pub fn link(preloads: &[Preload], linker: &mut Linker<Guest>, store: &mut Store<Guest>) -> tablature::Result<()> {
    for preload in preloads {
        linker.module(&mut *store, &preload.name, &preload.module)?;
    }
    Ok(())
}

/// What may have been meant by the module name `name`.
pub fn did_you_mean(name: &str, preloads: &[Preload]) -> String {
    let given = Snapshot::ALL.into_iter().map(|snapshot| -> &str { snapshot.module() });
    let names: Vec<&str> = preloads.iter().map(|preload| preload.name.as_str()).chain(given).collect();
    suggest::did_you_mean(name, &names)
}

fn context(name: &str, path: &Path) -> String {
    format!("--preload {name}={}", path.display())
}
