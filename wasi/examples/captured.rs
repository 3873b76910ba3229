//! Runs a WASI program whose streams are the host's variables:
//! `cargo run -p tablature-wasi --features tablature --example captured`.

use tablature::{Engine, Linker, Module, Store};
use tablature_wasi::{Exit, Input, MemoryOutput, WasiCtx, add_to_linker, run_command};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(include_str!("shout.wat"))?)?;
    // The functions of WASI find their context in the store's data, which here is nothing else.
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;

    // What the program writes is kept up to a limit; beyond it writing fails.
    let (stdout, stderr) = (MemoryOutput::new(1 << 20), MemoryOutput::new(1 << 10));
    let ctx = WasiCtx::builder()
        .arg("shout")
        .stdin(Input::bytes("not so loud, please\n"))
        .stdout(&stdout)
        .stderr(&stderr)
        .build()?;

    let mut store = Store::new(&engine, ctx);
    let instance = linker.instantiate(&mut store, &module)?;
    let exit = run_command(&mut store, instance)?;

    print!("standard output: {}", String::from_utf8(stdout.contents())?);
    print!("standard error: {}", String::from_utf8(stderr.contents())?);
    println!("{exit}");
    assert_eq!(exit, Exit::Code(3));
    Ok(())
}
