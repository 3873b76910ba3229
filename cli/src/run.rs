//! Running a program, or one of its functions.

use crate::args::Run;
use crate::{imports, invoke, load, report, suggest};
use anyhow::{Context as _, Result, bail};
use std::path::Path;
use std::time::{Duration, Instant};
use tablature::{Config, Engine, FuelCosts, FuncType, Instance, Linker, Module, Store, Val};
use tablature_wasi::{Exit, WasiCtx};

/// The function that is a program.
const START: &str = "_start";
/// What may have been meant by a file that is not there.
const VERBS: &[&str] = &["run", "validate", "wast", "explain", "help"];
/// The function that prepares a module whose other functions are called.
const INITIALIZE: &str = "_initialize";

/// Runs what the command line says, and gives the exit code.
pub fn run(options: &Run) -> Result<i32> {
    let engine = Engine::new(&configuration(options));
    let module = module(&engine, options.file())?;
    imports::check(&module)?;
    let call = Call::new(options, &module)?;
    let mut store = Store::new(&engine, context(options)?);
    let budget = options.fuel.unwrap_or(u64::MAX);
    if counts_fuel(options) {
        store.set_fuel(budget)?;
    }
    let began = Instant::now();
    let outcome = execute(&module, &mut store, &call);
    let time = began.elapsed();
    let code = match outcome {
        Ok(results) => report::print(&results).map(|()| 0).map_err(Into::into),
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(exit) => Ok(exit.code() as i32),
            None => Err(error.into()),
        },
    };
    if options.stats {
        let used = budget.saturating_sub(store.get_fuel()?);
        report::note(&statistics(options, &module, used, time));
    }
    code
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
    let mut config = Config::new();
    options.proposals.apply(&mut config);
    if let Some(bytes) = options.max_stack {
        config.max_stack_size(bytes);
    }
    if options.stats && options.fuel.is_none() {
        config.fuel_costs(FuelCosts::unit());
    }
    config.consume_fuel(counts_fuel(options));
    config
}

/// The valid module in the file `path`.
fn module(engine: &Engine, path: &Path) -> Result<Module> {
    let bytes = load::load(path).with_context(|| {
        let hint = if path.exists() { String::new() } else { suggest::did_you_mean(&path.to_string_lossy(), VERBS) };
        format!("cannot load {}{hint}", load::name_of(path))
    })?;
    Module::new(engine, bytes).with_context(|| format!("{} is not a valid module", load::name_of(path)))
}

fn context(options: &Run) -> Result<WasiCtx> {
    let mut builder = WasiCtx::builder();
    builder.inherit_stdio().arg(options.argv0.as_deref().unwrap_or(options.file().as_os_str()).as_encoded_bytes());
    if options.invoke.is_none() {
        builder.args(options.args().iter().map(|arg| arg.as_encoded_bytes()));
    }
    for (name, value) in &options.env {
        builder.env(name, value);
    }
    for directory in &options.dir {
        let (host, guest) = directory.split_once("::").unwrap_or((directory, directory));
        builder.preopened_dir(host, guest);
    }
    builder.build().context("cannot give the program what was asked for")
}

/// Calls what is to be called; gives the results as text.
fn execute(module: &Module, store: &mut Store<WasiCtx>, call: &Call) -> tablature::Result<String> {
    let mut linker = Linker::new(module.engine());
    tablature_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    let instance = linker.instantiate(&mut *store, module)?;
    if call.prepare {
        values(store, instance, INITIALIZE, &[], 0)?;
    }
    let results = values(store, instance, &call.function, &call.arguments, call.ty.results().len())?;
    Ok(results.iter().map(|value| invoke::show(value) + "\n").collect())
}

fn values(
    store: &mut Store<WasiCtx>,
    instance: Instance,
    name: &str,
    arguments: &[Val],
    results: usize,
) -> tablature::Result<Vec<Val>> {
    let Some(function) = instance.get_func(&*store, name) else {
        return Err(tablature::Error::msg(format!("there is no exported function \"{name}\"")));
    };
    let mut results = vec![Val::I32(0); results];
    function.call(store, arguments, &mut results)?;
    Ok(results)
}

fn statistics(options: &Run, module: &Module, used: u64, time: Duration) -> String {
    let what = if options.fuel.is_some() { "fuel" } else { "instructions" };
    let stats = module.stats();
    format!(
        "{what:<14}{used}\ntime          {:.3} s\nmodule        {} bytes, {} of them code\nside table    {} bytes\n",
        time.as_secs_f64(),
        stats.module_size,
        stats.code_size,
        stats.side_table_size,
    )
}
