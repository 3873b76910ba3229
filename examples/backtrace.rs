//! Shows where a guest failed: `cargo run --example backtrace`.
//!
//! With `--features addr2line` also the files and lines of modules that carry DWARF sections, as this one does.

use tablature::{Config, Engine, Error, Linker, Module, Result, Store};

/// A guest that divides by zero, some calls deep, with a function of the host's in between.
const GUEST: &str = r#"
    (module $accounts
      (import "host" "audit" (func $audit (param i32)))
      (func $average (param $sum i32) (param $count i32) (result i32)
        (i32.div_s (local.get $sum) (local.get $count)))
      (func $report (export "report") (param $count i32) (result i32)
        (call $audit (local.get $count))
        (call $average (i32.const 100) (local.get $count))))
"#;

fn main() -> Result<()> {
    let engine = Engine::new(Config::new().wasm_backtrace_details(true).wasm_backtrace_max_frames(20));
    let bytes = wat::Parser::new()
        .generate_dwarf(wat::GenerateDwarf::Full)
        .parse_str(Some("accounts.wat".as_ref()), GUEST)
        .expect("the text is right");
    let module = Module::new(&engine, bytes)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "audit", |count: i32| -> Result<()> {
        if count < 0 { Err(Error::msg("a count is never negative")) } else { Ok(()) }
    })?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let report = instance.get_typed_func::<i32, i32>(&store, "report")?;

    // `{error}` is the cause alone, `{error:?}` has the backtrace, too.
    let error = report.call(&mut store, 0).unwrap_err();
    println!("{error}");
    println!("{error:?}");

    // The same, for programs: innermost frame first. The offset is what disassemblers show.
    let backtrace = error.backtrace().expect("a guest was running");
    for frame in backtrace.frames() {
        let (name, offset) = (frame.func_name().unwrap_or("?"), frame.module_offset());
        let instruction = module.instructions(frame.func_index()).find(|instruction| instruction.offset() == offset);
        println!("{name}: {}", instruction.expect("it stands at an instruction"));
    }

    // An error of a host function has the place of its call.
    println!("{:?}", report.call(&mut store, -1).unwrap_err());
    Ok(())
}
