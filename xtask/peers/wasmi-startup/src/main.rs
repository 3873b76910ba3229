//! Measures wasmi, in each of its ways to compile; [`startup`] tells what and how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use wasmi::{
    CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Global, Instance, Memory, Module, Ref, Store,
    Table, Val,
};

/// The engine.
struct Wasmi;

/// How it compiles.
#[derive(Args)]
struct Options {
    /// When wasmi validates and translates functions
    #[arg(long, value_enum, default_value = "eager")]
    mode: Mode,
}

/// When wasmi validates and translates the functions of a module.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
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

impl startup::Engine for Wasmi {
    type Options = Options;
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn compile(wasm: &[u8], options: &Options) -> Result<Module> {
        let mut config = Config::default();
        config.compilation_mode(options.mode.into());
        Module::new(&Engine::new(&config), wasm).context("wasmi does not compile the module")
    }

    fn instantiate(module: &Module) -> Result<Self::Instance> {
        let mut store = Store::new(module.engine(), ());
        let mut imports = Vec::new();
        for import in module.imports() {
            let stand_in = stand_in(&mut store, import.ty())
                .with_context(|| format!("cannot stand in for {}.{}", import.module(), import.name()))?;
            imports.push(stand_in);
        }
        let instance = Instance::new(&mut store, module, &imports).context("wasmi does not instantiate the module")?;
        Ok((store, instance))
    }

    fn call_first((store, instance): &mut Self::Instance) {
        let function = instance.exports(&*store).find_map(|export| export.into_func());
        let Some(function) = function else { return };
        let ty = function.ty(&*store);
        let zeros = |types: &[wasmi::ValType]| types.iter().map(|ty| Val::default_for_ty(*ty)).collect::<Vec<_>>();
        let (params, mut results) = (zeros(ty.params()), zeros(ty.results()));
        // A trap is as good as results.
        drop(function.call(store, &params, &mut results));
    }
}

/// Something of type `ty` to import.
fn stand_in(store: &mut Store<()>, ty: &ExternType) -> Result<Extern> {
    Ok(match ty {
        ExternType::Func(ty) => {
            Func::new(store, ty.clone(), |_, _, _| Err(Error::new("an imported function was called"))).into()
        }
        ExternType::Memory(ty) => Memory::new(store, *ty)?.into(),
        ExternType::Table(ty) => Table::new(store, *ty, Ref::default_for_ty(ty.element()))?.into(),
        ExternType::Global(ty) => Global::new(store, Val::default_for_ty(ty.content()), ty.mutability()).into(),
    })
}

fn main() -> Result<()> {
    startup::measure::<Wasmi>()
}
