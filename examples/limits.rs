//! Bounds what a guest may take: memory, stack, depth of calls: `cargo run --example limits`.

use tablature::{
    Config, Engine, Error, Instance, Module, ModuleLimits, ResourceLimiter, Result, Store, StoreLimitsBuilder, Trap,
};

/// A guest that takes as much as it gets.
const GUEST: &str = r#"
    (module
      (memory (export "memory") 1)
      ;; Grows by one page again and again, and gives the number of pages that it has in the end.
      (func (export "grow") (result i32)
        (loop $again
          (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (memory.size))
      ;; Calls itself `depth` times.
      (func $recurse (export "recurse") (param $depth i32)
        (if (local.get $depth)
          (then (call $recurse (i32.sub (local.get $depth) (i32.const 1)))))))
"#;

const PAGE: usize = 65_536;

/// A limiter of one's own: a budget that all memories of a store share. Tables take none of it.
struct Budget {
    left: usize,
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let more = desired - current;
        let is_enough = more <= self.left;
        self.left -= if is_enough { more } else { 0 };
        Ok(is_enough)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool> {
        Ok(true)
    }
}

fn main() -> Result<()> {
    // The engine's settings bound the stacks. They hold for each execution.
    let engine = Engine::new(Config::new().max_call_depth(1_000).max_stack_size(1 << 20));
    let module = Module::new(&engine, wat::parse_str(GUEST).expect("the text is right"))?;

    // Fixed limits. A guest that is refused gets -1 from `memory.grow`.
    let limits = StoreLimitsBuilder::new().memory_size(5 * PAGE).instances(1).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[])?;
    let pages = instance.get_typed_func::<(), i32>(&store, "grow")?.call(&mut store, ())?;
    println!("the guest grew to {pages} pages");
    println!("a second instance: {}", Instance::new(&mut store, &module, &[]).unwrap_err());

    // Or it is ended, so that one sees who asked.
    let limits = StoreLimitsBuilder::new().memory_size(5 * PAGE).trap_on_grow_failure(true).build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[])?;
    let error = instance.get_typed_func::<(), i32>(&store, "grow")?.call(&mut store, ()).unwrap_err();
    println!("ended: {error}");

    // Recursion beyond the limit is a trap, and the store stays usable.
    let recurse = instance.get_typed_func::<i32, ()>(&store, "recurse")?;
    let error: Error = recurse.call(&mut store, 2_000).unwrap_err();
    println!("2,000 calls inside each other: {error}");
    assert_eq!(error.trap(), Some(Trap::CallStackExhausted));
    recurse.call(&mut store, 900)?;
    println!("900 calls inside each other: fine");

    // Two instances share a budget of eight pages: each begins with one.
    let mut store = Store::new(&engine, Budget { left: 8 * PAGE });
    store.limiter(|budget| budget);
    let (first, second) = (Instance::new(&mut store, &module, &[])?, Instance::new(&mut store, &module, &[])?);
    for (name, instance) in [("first", first), ("second", second)] {
        let pages = instance.get_typed_func::<(), i32>(&store, "grow")?.call(&mut store, ())?;
        println!("the {name} instance has {pages} pages");
    }

    // What a module may be like is bounded before anything of it runs.
    let mut limits = ModuleLimits::default();
    limits.functions = 1;
    let strict = Engine::new(Config::new().module_limits(limits));
    let error = Module::new(&strict, wat::parse_str(GUEST).expect("the text is right")).unwrap_err();
    println!("under other limits: {error}");
    Ok(())
}
