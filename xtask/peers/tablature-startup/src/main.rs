//! Measures this repository's engine; [`startup`] tells what and how.

#![forbid(unsafe_code)]

use anyhow::{Context, Result, bail};
use tablature::{Engine, Error, Extern, ExternType, Func, Global, Instance, Memory, Module, Ref, Store, Table, Val};

/// The engine, as it is if nothing is said.
struct Tablature;

impl startup::Engine for Tablature {
    type Options = ();
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn compile(wasm: &[u8], (): &()) -> Result<Module> {
        Module::new(&Engine::default(), wasm).context("tablature does not compile the module")
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
