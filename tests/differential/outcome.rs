//! Runs a module in one way, and notes everything that can be seen of it.

use crate::random::Random;
use crate::ways::Way;
use std::fmt::Write;
use tablature::{
    Caller, Config, Engine, Extern, ExternType, Func, FuncType, Global, Instance, Linker, Memory, Module, Ref,
    ResumableCall, Store, StoreLimits, StoreLimitsBuilder, Table, Val, ValType,
};

/// What a run left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What came of each call.
    pub calls: Vec<Ended>,
    /// The values of the globals.
    globals: Vec<String>,
    /// Hashes of the tables: their sizes, and which entries are null.
    tables: Vec<u64>,
    /// Hashes of the memories' bytes.
    memories: Vec<u64>,
    /// How often guests called the host.
    pub host_calls: u64,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// The results, or the error.
    pub what: String,
    /// The functions and offsets in the module of the frames that an error was in.
    frames: Vec<(u32, u32)>,
    /// What fuel is left.
    fuel: Option<u64>,
    pub trapped: bool,
    /// Whether its fuel ran out.
    pub ran_out: bool,
}

/// A call of an export: its name, and what the arguments are made of, which are zeros for 0.
#[derive(Debug, Clone)]
pub struct Call {
    pub export: String,
    pub arguments: u64,
}

/// What the store holds for the host.
pub struct Host {
    random: Random,
    limits: StoreLimits,
}

/// Bytes that a memory may have: looking at all of them would take most of the time.
const MEMORY_SIZE: usize = 2 << 20;

/// Entries that a table may have.
const TABLE_SIZE: usize = 10_000;

/// Fuel for each call.
pub const FUEL: u64 = 20_000;

impl Outcome {
    /// Whether a call ran out of fuel: without fuel it would perhaps never end.
    pub fn ran_out(&self) -> bool {
        self.calls.iter().any(|call| call.ran_out)
    }

    /// As it is seen in another way: what cannot be seen there is left out.
    pub fn as_seen(&self, way: &Way) -> Self {
        let mut seen = self.clone();
        for call in &mut seen.calls {
            if (way.slice.is_some() || way.is_interrupted) && call.ran_out {
                // A call that waits for fuel is no error, and has no backtrace.
                call.frames.clear();
            }
            call.fuel = call.fuel.filter(|_| way.counts_fuel);
        }
        seen
    }
}

/// Settings under which every execution ends.
pub fn bounded(config: &Config) -> Config {
    let mut config = config.clone();
    config.max_call_depth(500).wasm_backtrace_max_frames(20);
    config
}

/// The engine of a way.
pub fn engine(way: &Way, canonical_nans: bool) -> Engine {
    let mut config = bounded(&way.config);
    config.consume_fuel(way.counts_fuel).canonical_nans(canonical_nans);
    Engine::new(&config)
}

/// Instantiates the module, makes the calls, and looks at what is left. Nothing if it cannot be instantiated.
pub fn outcome(module: &Module, calls: &[Call], way: &Way) -> Option<Outcome> {
    let (mut store, instance) = instance(module)?;
    let calls = calls.iter().map(|one| {
        let function = instance.get_func(&store, &one.export).expect("it is exported");
        call(&mut store, function, one.arguments, way)
    });
    let calls = calls.collect();
    let externs: Vec<Extern> = instance.exports(&store).map(|export| export.into_extern()).collect();
    let globals = externs.iter().filter_map(|one| one.into_global());
    let globals = globals.map(|global| describe(&[global.get(&mut store)])).collect();
    let tables = externs.iter().filter_map(|one| one.into_table());
    let tables = tables.map(|table| hash(&nulls(&store, table))).collect();
    let memories = externs.iter().filter_map(|one| one.into_memory());
    let memories = memories.map(|memory| hash(memory.data(&store))).collect();
    Some(Outcome { calls, globals, tables, memories, host_calls: store.stats().host_calls })
}

/// An instance of the module in a store of its own. Functions of the host give what looks random.
pub fn instance(module: &Module) -> Option<(Store<Host>, Instance)> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_SIZE).table_elements(TABLE_SIZE).build();
    let mut store = Store::new(module.engine(), Host { random: Random::new(0), limits });
    store.limiter(|host| &mut host.limits);
    let _ = store.set_fuel(FUEL);
    let mut linker = Linker::new(module.engine());
    linker.allow_shadowing(true);
    for import in module.imports() {
        let item: Extern = match import.ty() {
            ExternType::Func(ty) => Func::new(&mut store, ty.clone(), answer).into(),
            ExternType::Memory(ty) => Memory::new(&mut store, *ty).ok()?.into(),
            ExternType::Table(ty) => Table::new(&mut store, *ty, Ref::null(ty.element())).ok()?.into(),
            ExternType::Global(ty) => {
                Global::new(&mut store, Val::default_for_ty(ty.content()), ty.mutability()).ok()?.into()
            }
            _ => return None,
        };
        linker.define(import.module(), import.name(), item).ok()?;
    }
    let instance = linker.instantiate(&mut store, module).ok()?;
    Some((store, instance))
}

/// What any function of the host does: it gives a number, mostly 0, which says that all went well, and writes one where its
/// last argument points. Most functions of WASI look like that from a guest.
fn answer(mut caller: Caller<'_, Host>, arguments: &[Val], results: &mut [Val]) -> tablature::Result<()> {
    let memory = caller.get_export(MEMORY).and_then(Extern::into_memory);
    if let (Some(memory), Some(Val::I32(address))) = (memory, arguments.last()) {
        let number = caller.data_mut().random.integer() as u8;
        // Where that is beyond the memory, nothing is written.
        let _ = memory.write(&mut caller, *address as u32 as usize, &u32::from(number).to_le_bytes());
    }
    for result in results {
        let number = caller.data_mut().random.integer();
        let number = if caller.data_mut().random.once_in(4) { number } else { 0 };
        *result = value(result.ty(), number);
    }
    Ok(())
}

/// The name under which functions of the host find memory 0.
pub const MEMORY: &str = "memory";

/// A value of a type that is made of a number.
fn value(ty: ValType, number: i64) -> Val {
    match ty {
        ValType::I32 => Val::I32(number as i32),
        ValType::I64 => Val::I64(number),
        ValType::F32 => Val::F32((number as i32 as f32).to_bits()),
        ValType::F64 => Val::F64((number as f64).to_bits()),
        other => Val::default_for_ty(other),
    }
}

/// The arguments that a call has.
pub fn arguments(ty: &FuncType, seed: u64) -> Vec<Val> {
    let mut random = Random::new(seed);
    let mut argument = |ty: &ValType| value(*ty, if seed == 0 { 0 } else { random.integer() });
    ty.params().iter().map(&mut argument).collect()
}

/// Calls a function with `FUEL`, where that is counted: perhaps in slices that together are as much.
fn call(store: &mut Store<Host>, function: Func, seed: u64, way: &Way) -> Ended {
    let ty = function.ty(&*store);
    let arguments = arguments(&ty, seed);
    let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default_for_ty(*ty)).collect();
    let _ = store.set_fuel(FUEL);
    let outcome = match way.slice {
        None if way.is_interrupted => call_interrupted(store, function, &arguments, &mut results),
        None => function.call(&mut *store, &arguments, &mut results).map(|()| true),
        Some(slice) => call_in_slices(store, function, &arguments, &mut results, slice),
    };
    let ran_out = match &outcome {
        Ok(is_done) => !is_done,
        Err(error) => error.is_out_of_fuel(),
    };
    let mut what = match &outcome {
        _ if ran_out => "out of fuel".to_owned(),
        Ok(_) => String::new(),
        Err(error) => format!("error: {error}"),
    };
    let _ = write!(what, "({})", describe(&results));
    let error = outcome.as_ref().err();
    let backtrace = error.and_then(|error| error.backtrace());
    let frames = backtrace.map_or(&[][..], |backtrace| backtrace.frames());
    let frames = frames.iter().map(|frame| (frame.func_index(), frame.module_offset())).collect();
    let trapped = error.is_some_and(|error| error.trap().is_some());
    Ended { what, frames, fuel: store.get_fuel().ok(), trapped, ran_out }
}

/// Calls a function, and interrupts it wherever it can be. Says whether it has returned; otherwise its fuel ran out.
fn call_interrupted(
    store: &mut Store<Host>,
    function: Func,
    arguments: &[Val],
    results: &mut [Val],
) -> tablature::Result<bool> {
    let handle = store.interrupt_handle()?;
    handle.interrupt();
    let mut state = function.call_resumable(&mut *store, arguments, results);
    while let Ok(ResumableCall::Interrupted(suspended)) = state {
        handle.interrupt();
        state = suspended.resume(&mut *store, results);
    }
    handle.clear();
    Ok(!matches!(state?, ResumableCall::OutOfFuel(_)))
}

/// Calls a function with as much fuel at a time. Says whether it has returned; otherwise its fuel ran out.
fn call_in_slices(
    store: &mut Store<Host>,
    function: Func,
    arguments: &[Val],
    results: &mut [Val],
    slice: u64,
) -> tablature::Result<bool> {
    let mut reserve = FUEL - slice;
    store.set_fuel(slice)?;
    let mut state = function.call_resumable(&mut *store, arguments, results);
    while let Ok(ResumableCall::OutOfFuel(suspended)) = state {
        if reserve == 0 {
            return Ok(false);
        }
        let more = slice.min(reserve);
        reserve -= more;
        let left = store.get_fuel()?;
        store.set_fuel(left + more)?;
        state = suspended.resume(&mut *store, results);
    }
    let left = store.get_fuel()?;
    store.set_fuel(left + reserve)?;
    state.map(|_| true)
}

/// For each entry of a table whether it is null.
fn nulls(store: &Store<Host>, table: Table) -> Vec<u8> {
    let entries = (0..table.size(store)).map_while(|index| table.get(store, index));
    entries.map(|entry| u8::from(entry.is_null())).collect()
}

/// Values as a text in which references of different stores are alike.
fn describe(values: &[Val]) -> String {
    let one = |value: &Val| match value {
        Val::FuncRef(Some(_)) => "a function".to_owned(),
        Val::ExternRef(Some(_)) => "something of the host's".to_owned(),
        other => format!("{other:?}"),
    };
    values.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A hash that is quick for many bytes: four sums beside each other, of eight bytes at a time (the step is FNV-1a's, and a
/// turn).
pub fn hash(bytes: &[u8]) -> u64 {
    let add = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
    let (chunks, rest) = bytes.as_chunks::<32>();
    let mut sums = [bytes.len() as u64, 1, 2, 3];
    for chunk in chunks {
        for (sum, word) in sums.iter_mut().zip(chunk.as_chunks::<8>().0) {
            *sum = add(*sum, u64::from_le_bytes(*word));
        }
    }
    let hash = sums.into_iter().fold(0, add);
    rest.iter().fold(hash, |hash, byte| add(hash, u64::from(*byte)))
}
