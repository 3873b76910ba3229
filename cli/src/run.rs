//! Running a program, or one of its functions.

use crate::args::{DispatchChoice, EngineChoice, Run, Trace};
use crate::guest::Guest;
use crate::preload::{self, Preload};
use crate::{imports, invoke, load, report, stats, timeout, trace};
use anyhow::{Context as _, Result, bail};
use std::time::Instant;
use tablature::{Config, Dispatch, Engine, FuelCosts, Func, FuncType, Linker, Module, Store, Strategy, Val};
use tablature_wasi::{Exit, Interrupt};

/// The function that is a program.
const START: &str = "_start";
/// The function that prepares a module whose other functions are called.
const INITIALIZE: &str = "_initialize";

/// For so many bytes of stack a program may have one call inside another.
const BYTES_PER_CALL: usize = 80;

/// Runs what the command line says, and gives the exit code.
pub fn run(options: &Run) -> Result<i32> {
    let engine = Engine::new(&configuration(options));
    let module = load::module(&engine, options.file())?;
    let preloads = preload::load(&engine, &options.preload)?;
    if !options.unknown_imports_trap {
        imports::check(&module, &preloads)?;
    }
    let call = Call::new(options, &module)?;
    let waiting = options.timeout.map(|_| Interrupt::new());
    let mut store = Store::new(&engine, Guest::new(options, waiting.as_ref())?);
    store.limiter(|guest| &mut guest.memory);
    if counts_fuel(options) {
        store.set_fuel(options.fuel.unwrap_or(u64::MAX))?;
    }
    if let (Some(time), Some(waiting)) = (options.timeout, waiting) {
        timeout::start(time, store.interrupt_handle()?, waiting);
    }
    let began = Instant::now();
    let outcome = execute(options, &module, &preloads, &mut store, &call);
    let time = began.elapsed();
    #[cfg(feature = "profile")]
    crate::profile::write(&engine)?;
    let stats = store.stats();
    if options.stats {
        report::note(&stats::all(options, &module, &stats, time));
    } else {
        report::note(&stats::fuel(options, &stats));
    }
    match outcome {
        Ok(results) => Ok(report::print(&results).map(|()| 0)?),
        Err(error) => ended(options, &store, error),
    }
}

/// How a program ended that did not return: its exit code, or an error.
fn ended(options: &Run, store: &Store<Guest>, error: tablature::Error) -> Result<i32> {
    let exit = error.downcast_ref::<Exit>().copied();
    let is_over = error.is_interrupted() || exit == Some(Exit::Interrupted);
    match (exit, options.timeout) {
        (_, Some(time)) if is_over => Err(error).context(timeout::message(time)),
        (Some(exit), _) => Ok(exit.code() as i32),
        (None, _) => {
            let code = report::report(&error.into());
            report::note(&store.data().memory.note().unwrap_or_default());
            Ok(code)
        }
    }
}

/// Which function is called, and with what.
struct Call {
    function: String,
    ty: FuncType,
    arguments: Vec<Val>,
    prepare: bool,
}

impl Call {
    fn new(options: &Run, module: &Module) -> Result<Self> {
        let Some(name) = &options.invoke else {
            if !invoke::functions(module).iter().any(|(name, _)| name == START) {
                bail!(not_a_program(options, module));
            }
            return Self::of(module, START, Vec::new(), false);
        };
        let arguments = invoke::arguments(name, &invoke::find(module, name)?, options.args())?;
        Self::of(module, name, arguments, module.get_export(INITIALIZE).is_some())
    }

    fn of(module: &Module, function: &str, arguments: Vec<Val>, prepare: bool) -> Result<Self> {
        Ok(Self { function: function.to_string(), ty: invoke::find(module, function)?, arguments, prepare })
    }
}

fn not_a_program(options: &Run, module: &Module) -> String {
    let path = options.file();
    let functions = invoke::functions(module);
    let mut text = format!("{} is not a program: it exports no function \"{START}\"", load::name_of(path));
    text.push_str(&invoke::list(&functions));
    if let Some((name, ty)) = functions.iter().find(|(name, _)| name != INITIALIZE) {
        let params: String = ty.params().iter().map(|ty| format!(" <{ty}>")).collect();
        text.push_str(&format!("\n  Call one so: tablature --invoke {name} {}{params}", path.display()));
    }
    text
}

/// Whether fuel is counted: statistics count instructions with it.
fn counts_fuel(options: &Run) -> bool {
    options.fuel.is_some() || options.stats
}

fn configuration(options: &Run) -> Config {
    let mut config = options.proposals.config();
    if let Some(bytes) = options.max_stack {
        config.max_stack_size(bytes).max_call_depth(bytes / BYTES_PER_CALL);
    }
    if options.fuel.is_none() {
        config.fuel_costs(FuelCosts::unit());
    }
    config.consume_fuel(counts_fuel(options)).interruptible(options.timeout.is_some()).wasm_backtrace_details(true);
    config.canonical_nans(options.deterministic.is_some());
    config.strategy(match options.engine {
        EngineChoice::Auto => Strategy::Auto,
        EngineChoice::InPlace => Strategy::InPlace,
        EngineChoice::Register => Strategy::Register,
    });
    config.dispatch(match options.dispatch {
        DispatchChoice::Auto => Dispatch::Auto,
        DispatchChoice::Checked => Dispatch::Checked,
        DispatchChoice::Unchecked => Dispatch::Unchecked,
    });
    config
}

/// Calls what is to be called; gives the results as text.
fn execute(
    options: &Run,
    module: &Module,
    preloads: &[Preload],
    store: &mut Store<Guest>,
    call: &Call,
) -> tablature::Result<String> {
    let trace = options.trace;
    let mut linker = Linker::new(module.engine());
    tablature_wasi::add_to_linker(&mut linker, |guest: &mut Guest| &mut guest.wasi)?;
    preload::link(preloads, &mut linker, store)?;
    if options.unknown_imports_trap {
        linker.define_unknown_imports_as_traps(module)?;
    }
    let (instance, start) = linker.instantiate_without_start(&mut *store, module)?;
    if let Some(start) = start {
        values(store, start, &[], 0, trace)?;
    }
    let function = |store: &Store<Guest>, name: &str| {
        let missing = || tablature::Error::msg(format!("there is no exported function \"{name}\""));
        instance.get_func(store, name).ok_or_else(missing)
    };
    if call.prepare {
        values(store, function(store, INITIALIZE)?, &[], 0, trace)?;
    }
    let function = function(store, &call.function)?;
    let results = values(store, function, &call.arguments, call.ty.results().len(), trace)?;
    Ok(results.iter().map(|value| invoke::show(value) + "\n").collect())
}

fn values(
    store: &mut Store<Guest>,
    function: Func,
    arguments: &[Val],
    results: usize,
    trace: Option<Trace>,
) -> tablature::Result<Vec<Val>> {
    let mut results = vec![Val::I32(0); results];
    match trace {
        Some(what) => trace::call(what, function, store, arguments, &mut results)?,
        None => function.call(store, arguments, &mut results)?,
    }
    Ok(results)
}
