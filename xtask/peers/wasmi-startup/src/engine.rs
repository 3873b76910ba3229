//! The only part that knows wasmi: compiling a module and instantiating it.

use anyhow::{Context, Result};
use clap::ValueEnum;
use wasmi::{
    CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Global, Instance, Memory,
    Module, Ref, Store, Table, Val,
};

/// When wasmi validates and translates the functions of a module.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Mode {
    /// Validates and translates everything up front.
    Eager,
    /// Validates and translates each function on its first call.
    Lazy,
    /// Validates everything up front, translates each function on its first call.
    LazyTranslation,
}

impl From<Mode> for CompilationMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Eager => Self::Eager,
            Mode::Lazy => Self::Lazy,
            Mode::LazyTranslation => Self::LazyTranslation,
        }
    }
}

/// Compiles `wasm` with a new engine.
pub fn compile(wasm: &[u8], mode: Mode) -> Result<Module> {
    let mut config = Config::default();
    config.compilation_mode(mode.into());
    Module::new(&Engine::new(&config), wasm).context("wasmi does not compile the module")
}

/// Instantiates `module` in a new store, with a stand-in for each of its imports. A start function
/// runs, and is expected not to call an import.
pub fn instantiate(module: &Module) -> Result<(Store<()>, Instance)> {
    let mut store = Store::new(module.engine(), ());
    let mut imports = Vec::new();
    for import in module.imports() {
        let stand_in = stand_in(&mut store, import.ty()).with_context(|| {
            format!("cannot stand in for {}.{}", import.module(), import.name())
        })?;
        imports.push(stand_in);
    }
    let instance = Instance::new(&mut store, module, &imports)
        .context("wasmi does not instantiate the module")?;
    Ok((store, instance))
}

/// Something of type `ty` to import: functions that trap, and everything else as empty as it may be.
fn stand_in(store: &mut Store<()>, ty: &ExternType) -> Result<Extern> {
    Ok(match ty {
        ExternType::Func(ty) => Func::new(store, ty.clone(), |_, _, _| {
            Err(Error::new("an imported function was called"))
        })
        .into(),
        ExternType::Memory(ty) => Memory::new(store, *ty)?.into(),
        ExternType::Table(ty) => Table::new(store, *ty, Ref::default_for_ty(ty.element()))?.into(),
        ExternType::Global(ty) => {
            Global::new(store, Val::default_for_ty(ty.content()), ty.mutability()).into()
        }
    })
}
