//! Runs programs in an engine, and notes everything that can be seen of it.

use crate::program::Program;
use crate::target::Group;
use crate::values::{arguments, combinations};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};
use tablature::{Config, Dispatch, Engine, Extern, Func, Instance, Linker, Module, Store, Strategy, Val};

/// How register code is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As the build and the machine have it: with the feature `optimize` by handlers that do not check their code.
    Fastest,
    /// By handlers that jump to each other and check their code.
    Checked,
    /// By the plain loop.
    Loop,
}

impl Form {
    pub const ALL: [Self; 3] = [Self::Fastest, Self::Checked, Self::Loop];
}

/// What an engine can be stopped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stops {
    Never,
    ByFuel,
    ByInterruption,
}

/// The engine of register code in this form; without one, the engine that runs in place.
pub fn engine(form: Option<Form>, stops: Stops, group: Group) -> Engine {
    let mut config = Config::new();
    config.strategy(if form.is_some() { Strategy::Register } else { Strategy::InPlace });
    config.consume_fuel(stops == Stops::ByFuel).interruptible(stops == Stops::ByInterruption);
    config.canonical_nans(group == Group::Canonical).fusion(group == Group::Pair);
    config.probe_fails(form == Some(Form::Loop));
    config.dispatch(if form == Some(Form::Checked) { Dispatch::Checked } else { Dispatch::Auto });
    Engine::new(&config)
}

/// A module of programs, which are its functions in this order.
pub fn module(programs: &[&Program]) -> Vec<u8> {
    let mut text = String::from("(module\n");
    text.push_str(SURROUNDINGS);
    for (at, program) in programs.iter().enumerate() {
        let _ = writeln!(text, "(func (export \"{at}\") {})", program.text);
    }
    for name in passes(programs) {
        let types: Vec<&str> = name.split('_').collect();
        let list = types.join(" ");
        let gets: String = (0..types.len()).map(|at| format!(" local.get {at}")).collect();
        let _ = writeln!(text, "(func $pass_{name} (param {list}) (result {list}){gets})");
    }
    text.push_str("(func $identity (type $identity) local.get 0)\n(func $nothing))");
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// What programs work on: the first memory and table, and others of each that are there for one purpose.
const SURROUNDINGS: &str = r#"
    (type $identity (func (param i64) (result i64)))
    (import "host" "identity" (func $host (type $identity)))
    (memory (export "memory") 1)
    (memory $other (export "other") 1)
    (memory $wide (export "wide") i64 1)
    (memory $grown (export "grown") 1 2)
    (table (export "table") 6 funcref)
    (table $grown_table (export "grown table") 1 10 funcref)
    (global $global_i32 (export "i32") (mut i32) (i32.const 5))
    (global $global_i64 (export "i64") (mut i64) (i64.const -5))
    (global $global_f32 (export "f32") (mut f32) (f32.const 5.5))
    (global $global_f64 (export "f64") (mut f64) (f64.const -5.5))
    (data (memory $other) (i32.const 0) "\11\12\13\94\15\16\17\98\19\1a\1b\9c\1d\1e\1f\a0")
    (data (memory $wide) (i64.const 0) "\21\22\23\a4\25\26\27\a8\29\2a\2b\ac\2d\2e\2f\b0")
    (data $data "\31\32\33\34\35\36\37\38")
    (data $data_dropped "\41\42")
    (elem (i32.const 0) func $identity $nothing)
    (elem (i32.const 3) func $nothing)
    (elem $elem func $nothing $identity)
    (elem $elem_dropped func $identity)
"#;

/// The types of all values that are brought to the operand stack by calls.
fn passes<'p>(programs: &[&'p Program]) -> BTreeSet<&'p str> {
    let names = |program: &&'p Program| program.text.lines().filter_map(|line| line.strip_prefix("call $pass_"));
    programs.iter().flat_map(names).collect()
}

const FUEL: u64 = 1_000_000;

/// How large the first memory is.
const BYTES: usize = 1 << 16;

/// How much programs reach of it, at its beginning and at its end.
const END: usize = 1024;

/// What is there before each call: an address, and behind it bytes of which some have the highest bit.
fn bytes() -> [u8; END] {
    core::array::from_fn(|at| match at {
        0 => 4,
        1..8 => 0,
        _ => (at * 37 + (at >> 8) * 11 + 1) as u8,
    })
}

/// Everything that can be seen of running programs: a line for each call, and at last what is in the memories.
pub struct Seen {
    /// The calls of each program.
    pub calls: Vec<Vec<String>>,
    pub end: Vec<u64>,
}

/// Calls each function of a module with all its combinations of arguments.
pub fn run(engine: &Engine, module: &Module, programs: &[&Program]) -> Seen {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    linker.func_wrap("host", "identity", |value: i64| value).expect("it is new");
    let instance = linker.instantiate(&mut store, module).expect("it has what it needs");
    let mut calls = Vec::new();
    for (at, program) in programs.iter().enumerate() {
        let function = instance.get_func(&store, &at.to_string()).expect("it is exported");
        let choices: Vec<Vec<Val>> = program.params.iter().map(|(ty, role)| arguments(*ty, *role, function)).collect();
        let combinations = combinations(&choices);
        calls.push(combinations.iter().map(|arguments| call(&mut store, instance, function, arguments)).collect());
    }
    let exports: Vec<Extern> = instance.exports(&store).map(|export| export.into_extern()).collect();
    let memories = exports.into_iter().filter_map(Extern::into_memory);
    Seen { calls, end: memories.map(|memory| hash(memory.data(&store))).collect() }
}

/// Calls a function, and says what came of it.
fn call(store: &mut Store<()>, instance: Instance, function: Func, arguments: &[Val]) -> String {
    let mut results = vec![Val::I32(0); function.ty(&*store).results().len()];
    let memory = instance.get_memory(&*store, "memory").expect("it is exported");
    [0, BYTES - END].iter().for_each(|at| memory.write(&mut *store, *at, &bytes()).expect("it is as large"));
    let is_metered = store.set_fuel(FUEL).is_ok();
    let outcome = function.call(&mut *store, arguments, &mut results);
    let mut text = String::new();
    arguments.iter().for_each(|value| describe(value, &mut text));
    text.push_str(" gives");
    match outcome {
        Ok(()) => results.iter().for_each(|value| describe(value, &mut text)),
        Err(error) => {
            let frames = error.backtrace().map_or(&[][..], |backtrace| backtrace.frames());
            let places: Vec<u32> = frames.iter().map(|frame| frame.module_offset()).collect();
            let _ = write!(text, " {TRAP}{error} at {places:?}");
        }
    }
    if is_metered {
        let _ = write!(text, "; fuel {}", FUEL - store.get_fuel().unwrap_or_default());
    }
    for name in ["i32", "i64", "f32", "f64"] {
        let global = instance.get_global(&*store, name).expect("it is exported");
        describe(&global.get(&mut *store), &mut text);
    }
    let memory = memory.data(&*store);
    let _ = write!(text, "; memory {:x} {:x}", hash(&memory[..END]), hash(&memory[BYTES - END..]));
    text
}

/// What stands before the message of a trap.
const TRAP: &str = "trap ";

/// Whether a call ended with results.
pub fn is_result(call: &str) -> bool {
    !call.contains(TRAP)
}

/// Adds a value in such a way that references of different stores are alike.
fn describe(value: &Val, text: &mut String) {
    let _ = match value {
        Val::FuncRef(Some(_)) => write!(text, " a function"),
        other => write!(text, " {other:?}"),
    };
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
