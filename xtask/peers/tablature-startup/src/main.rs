//! Measures this repository's engine; [`startup`] tells what and how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use tablature::{
    CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Global, Instance, Memory, Module, Ref, Store,
    Table, Val, ValType,
};

/// The engine.
struct Tablature;

/// How it compiles.
#[derive(Args)]
struct Options {
    /// When functions are validated and translated
    #[arg(long, value_enum, default_value = "lazy-translation")]
    mode: Mode,
}

/// When the functions of a module are validated and translated.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Validates and translates everything up front.
    Eager,
    /// Validates each function on its first call, and translates it once it is hot.
    Lazy,
    /// Validates everything up front, translates each function once it is hot: as if nothing is said.
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

impl startup::Engine for Tablature {
    type Options = Options;
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn compile(wasm: &[u8], options: &Options) -> Result<Module> {
        let mut config = Config::new();
        config.compilation_mode(options.mode.into());
        Module::new(&Engine::new(&config), wasm).context("tablature does not compile the module")
    }

    fn instantiate(module: &Module) -> Result<Self::Instance> {
        let mut store = Store::new(module.engine(), ());
        let mut imports = Vec::new();
        for import in module.imports() {
            let stand_in = stand_in(&mut store, import.ty())
                .with_context(|| format!("cannot stand in for {}.{}", import.module(), import.name()))?;
            imports.push(stand_in);
        }
        let instance =
            Instance::new(&mut store, module, &imports).context("tablature does not instantiate the module")?;
        Ok((store, instance))
    }

    fn call_first((store, instance): &mut Self::Instance) {
        let function = instance.exports(&*store).find_map(|export| export.into_extern().into_func());
        let Some(function) = function else { return };
        let ty = function.ty(&*store);
        let zeros = |types: &[ValType]| types.iter().map(|ty| Val::default_for_ty(*ty)).collect::<Vec<_>>();
        let (params, mut results) = (zeros(ty.params()), zeros(ty.results()));
        // A trap is as good as results.
        drop(function.call(store, &params, &mut results));
    }

    fn sizes(module: &Module) -> Vec<(&'static str, usize)> {
        module.derive_maps();
        let stats = module.stats();
        vec![
            ("side_table", stats.side_table_size),
            ("register_code", stats.register_code_size),
            ("register_map", stats.register_map_size),
        ]
    }
}

/// Something of type `ty` to import.
fn stand_in(store: &mut Store<()>, ty: &ExternType) -> Result<Extern> {
    Ok(match ty {
        ExternType::Func(ty) => {
            Func::new(store, ty.clone(), |_, _, _| Err(Error::msg("an imported function was called"))).into()
        }
        ExternType::Memory(ty) => Memory::new(store, *ty)?.into(),
        ExternType::Table(ty) => {
            let null = Ref::try_from(Val::default_for_ty(ty.element().into()))?;
            Table::new(store, *ty, null)?.into()
        }
        ExternType::Global(ty) => Global::new(store, Val::default_for_ty(ty.content()), ty.mutability())?.into(),
        _ => bail!("no stand-in for a {}", ty.kind()),
    })
}

fn main() -> Result<()> {
    startup::measure::<Tablature>()
}
