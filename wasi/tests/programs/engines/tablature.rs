//! The engine `tablature`, with the adapter that this crate has for it.

use super::{Instance, Instantiated, Stop};
use tablature::{Engine, Linker, Module, Store, Val, ValType};
use tablature_wasi::{Exit, WasiCtx, add_to_linker};

struct Guest {
    store: Store<WasiCtx>,
    instance: tablature::Instance,
}

pub fn instantiate(wasm: &[u8], ctx: WasiCtx) -> Instantiated {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).map_err(|error| error.to_string())?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).map_err(|error| error.to_string())?;
    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module).map_err(|error| error.to_string())?;
    Ok(Box::new(Guest { store, instance }))
}

impl Instance for Guest {
    fn call(&mut self, export: &str, arguments: &[u64]) -> Result<u64, Stop> {
        let function = self.instance.get_func(&self.store, export);
        let function = function.ok_or_else(|| Stop::Error(format!("there is no function {export}")))?;
        let ty = function.ty(&self.store);
        let arguments: Vec<Val> = (arguments.iter().zip(ty.params()))
            .map(|(bits, ty)| if *ty == ValType::I32 { Val::I32(*bits as i32) } else { Val::I64(*bits as i64) })
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        match function.call(&mut self.store, &arguments, &mut results) {
            Ok(()) => Ok(results.first().map_or(0, bits)),
            Err(error) => Err(match error.downcast_ref::<Exit>() {
                Some(exit) => Stop::Exit(*exit),
                None => Stop::Error(error.to_string()),
            }),
        }
    }

    fn memory(&mut self) -> &mut [u8] {
        let memory = self.instance.get_memory(&self.store, "memory").expect("the guest exports a memory");
        memory.data_mut(&mut self.store)
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        other => unreachable!("no guest here has a result like {other:?}"),
    }
}
