//! Two plug-ins that work on one memory, without copies: `cargo run --example shared_memory`.
//!
//! The memory belongs to neither: the host makes it, and both import it. Everything else each instance has for itself.

use tablature::{Engine, Instance, Linker, Memory, MemoryType, Module, Result, Store};

/// Writes the numbers 1, 2, 3 … as 32-bit integers.
const WRITER: &str = r#"
    (module
      (import "host" "memory" (memory 1))
      (func (export "write") (param $address i32) (param $count i32)
        (local $number i32)
        (loop $again
          (local.set $number (i32.add (local.get $number) (i32.const 1)))
          (i32.store (local.get $address) (local.get $number))
          (local.set $address (i32.add (local.get $address) (i32.const 4)))
          (br_if $again (i32.lt_u (local.get $number) (local.get $count))))))
"#;

/// Adds 32-bit integers up, and remembers the sum of all that it has seen.
const READER: &str = r#"
    (module
      (import "host" "memory" (memory 1))
      (global $total (mut i32) (i32.const 0))
      (func (export "sum") (param $address i32) (param $count i32) (result i32)
        (loop $again
          (global.set $total (i32.add (global.get $total) (i32.load (local.get $address))))
          (local.set $address (i32.add (local.get $address) (i32.const 4)))
          (br_if $again (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))
        (global.get $total)))
"#;

/// Where the numbers are, which the host decides.
const ADDRESS: u32 = 1_024;

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());

    let memory = Memory::new(&mut store, MemoryType::new(1, Some(1)))?;
    let mut linker = Linker::new(&engine);
    linker.define("host", "memory", memory)?;
    let mut plug_in = |text| -> Result<Instance> {
        let module = Module::new(&engine, wat::parse_str(text).expect("the text is right"))?;
        linker.instantiate(&mut store, &module)
    };
    let (writer, reader) = (plug_in(WRITER)?, plug_in(READER)?);

    let write = writer.get_typed_func::<(u32, u32), ()>(&store, "write")?;
    let sum = reader.get_typed_func::<(u32, u32), i32>(&store, "sum")?;
    write.call(&mut store, (ADDRESS, 10))?;
    println!("the reader's sum: {}", sum.call(&mut store, (ADDRESS, 10))?);

    // The host sees the same bytes, and can change them between calls.
    let place = ADDRESS as usize..ADDRESS as usize + 12;
    println!("the first three as bytes: {:?}", &memory.data(&store)[place]);
    memory.write(&mut store, ADDRESS as usize, &100_i32.to_le_bytes())?;
    println!("with the first as 100: {}", sum.call(&mut store, (ADDRESS, 1))?);
    Ok(())
}
