//! What embedders use, item by item: each test reads like the documentation of one.

mod backtrace;
mod calls;
mod host_trap;
mod interrupt;
mod lazy;
mod limits;
mod linker;
mod modules;
mod nans;
mod nesting;
mod values;

use tablature::{Engine, Instance, Module, Store};

/// The valid module of this text.
fn module(engine: &Engine, text: &str) -> Module {
    Module::new(engine, wat::parse_str(text).expect("the text is right")).expect("it is valid")
}

/// An instance of a module that imports nothing.
fn instance<T>(store: &mut Store<T>, text: &str) -> Instance {
    let module = module(&store.engine().clone(), text);
    Instance::new(store, &module, &[]).expect("it imports nothing")
}
