//! Exchanges strings with a guest through its memory: `cargo run --example plugin`.

use tablature::{AsContextMut as _, Caller, Engine, Error, Extern, Instance, Linker, Memory, Module, Result, Store};

/// A plugin that makes ASCII letters large, and writes a line to the host's log.
const PLUGIN: &str = r#"
    (module
      (import "host" "log" (func $log (param $address i32) (param $length i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "shouting")
      ;; Where the next string of the host's can go: the first free byte.
      (global $free (mut i32) (i32.const 64))

      ;; Gives room for `length` bytes.
      (func (export "allocate") (param $length i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get $length))))

      ;; Changes the string in its place.
      (func (export "transform") (param $address i32) (param $length i32)
        (local $end i32) (local $letter i32)
        (call $log (i32.const 0) (i32.const 8))
        (local.set $end (i32.add (local.get $address) (local.get $length)))
        (block $done
          (loop $again
            (br_if $done (i32.ge_u (local.get $address) (local.get $end)))
            (local.set $letter (i32.load8_u (local.get $address)))
            (if (i32.lt_u (i32.sub (local.get $letter) (i32.const 97)) (i32.const 26))
              (then (i32.store8 (local.get $address) (i32.sub (local.get $letter) (i32.const 32)))))
            (local.set $address (i32.add (local.get $address) (i32.const 1)))
            (br $again)))))
"#;

/// What the host keeps for its plugin.
#[derive(Default)]
struct Host {
    log: Vec<String>,
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(PLUGIN).expect("the text is right"))?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", log)?;
    let mut store = Store::new(&engine, Host::default());
    let instance = linker.instantiate(&mut store, &module)?;

    let answer = transform(&mut store, instance, "strings go in, strings come out: ä")?;
    println!("{answer}");
    println!("log: {:?}", store.data().log);
    assert_eq!(answer, "STRINGS GO IN, STRINGS COME OUT: ä");
    assert_eq!(store.data().log, ["shouting"]);

    // An address that leads out of the memory is an error of the guest's call, never of the host's memory.
    let memory = memory_of(&store, instance)?;
    assert!(read_string(memory.data(&store), u32::MAX, 1).is_err());
    Ok(())
}

/// What the guest imports: reads a string from the memory of whoever calls.
fn log(mut caller: Caller<'_, Host>, address: u32, length: u32) -> Result<()> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::msg("the plugin exports no memory"))?;
    // Both at once: the guest's bytes, and the host's data.
    let (bytes, host) = memory.data_and_store_mut(caller.as_context_mut());
    host.log.push(read_string(bytes, address, length)?.to_string());
    Ok(())
}

/// Puts a string into the guest's memory, lets the guest change it, and reads it back.
fn transform(store: &mut Store<Host>, instance: Instance, text: &str) -> Result<String> {
    let allocate = instance.get_typed_func::<u32, u32>(&*store, "allocate")?;
    let transform = instance.get_typed_func::<(u32, u32), ()>(&*store, "transform")?;
    let memory = memory_of(store, instance)?;
    let length = u32::try_from(text.len()).map_err(Error::new)?;

    let address = allocate.call(&mut *store, length)?;
    memory.write(&mut *store, address as usize, text.as_bytes())?;
    transform.call(&mut *store, (address, length))?;
    Ok(read_string(memory.data(store), address, length)?.to_string())
}

fn memory_of(store: &Store<Host>, instance: Instance) -> Result<Memory> {
    instance.get_memory(store, "memory").ok_or_else(|| Error::msg("the plugin exports no memory"))
}

/// The string at an address that a guest gave, which is not to be trusted.
fn read_string(memory: &[u8], address: u32, length: u32) -> Result<&str> {
    let tail = memory.get(address as usize..);
    let bytes = tail.and_then(|tail| tail.get(..length as usize));
    let bytes = bytes.ok_or_else(|| Error::msg("a string of the plugin lies outside of its memory"))?;
    std::str::from_utf8(bytes).map_err(Error::new)
}
