//! A program that was written for wasmi: `cargo run --example port_from_wasmi`.
//!
//! `docs/port-from-wasmi.md` says what had to change, and where the program comes from.

use tablature::*;

fn main() -> Result<(), tablature::Error> {
    let wasm = r#"
        (module
            (import "host" "hello" (func $host_hello (param i32)))
            (func (export "hello")
                (call $host_hello (i32.const 3))))
    "#;
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(wasm).map_err(Error::new)?)?;
    let mut store = Store::new(&engine, 42);
    let mut linker = <Linker<u32>>::new(&engine);
    linker.func_wrap("host", "hello", |caller: Caller<'_, u32>, param: i32| {
        println!("the guest says {param}, and the host's state is {}", caller.data());
    })?;
    let instance = linker.instantiate_and_start(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&store, "hello")?.call(&mut store, ())?;
    Ok(())
}
