//! Runs a guest for long on a small stack: `profiles ENGINE MODULE`.
//!
//! Prints first what executes (`handlers` that jump to each other, or a `loop` and why), then a line for each export of the
//! guest, with how much of the stack has ever been touched. Fails where a result is wrong or the stack grows.

mod stack;

use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{env, error::Error, fs};
use tablature::{Caller, Config, Dispatch, Engine, Instance, Linker, Module, Store, Strategy};

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Bytes of the stack that everything runs on. If each instruction of a guest left eight bytes there, it would be full
/// after 32,768.
const STACK: usize = 256 << 10;

/// What the stack may grow by between few rounds and many, in bytes: one page may be touched by chance.
const TOLERANCE: usize = 8 << 10;

/// Rounds after which everything is translated, and the stack is as deep as it ought to become.
const FEW: i32 = 2_000;

/// An export of the guest, and how many rounds it is given: in the engines themselves, and in their variants, where fuel is
/// counted, guests can be interrupted or functions begin in another one.
struct Work {
    export: &'static str,
    all: Rounds,
    fewer: Rounds,
}

/// A number of rounds, and what the export gives then.
struct Rounds {
    number: i32,
    result: i32,
}

const fn rounds(number: i32, result: i32) -> Rounds {
    Rounds { number, result }
}

const WORK: [Work; 4] = [
    Work { export: "calls", all: rounds(10_000_000, 10_000_000), fewer: rounds(1_000_000, 1_000_000) },
    Work { export: "rounds", all: rounds(10_000_000, 1_816_006_144), fewer: rounds(1_000_000, -358_795_136) },
    Work { export: "tail_calls", all: rounds(1_000_000, 500_000), fewer: rounds(100_000, 50_000) },
    Work { export: "mixed", all: rounds(100_000, 300_739_658), fewer: rounds(10_000, -1_360_554_197) },
];

/// The addresses of a variable of the host function, each time that the guest called it.
type Marks = Vec<usize>;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(name), Some(path)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: profiles ENGINE MODULE");
        return ExitCode::from(2);
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || run(&name, &path));
    match thread.map(JoinHandle::join) {
        Ok(Ok(Ok(()))) => return ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => eprintln!("error: {error}"),
        // A panic has said what is wrong.
        Ok(Err(_)) => {}
        Err(error) => eprintln!("error: {error}"),
    }
    ExitCode::FAILURE
}

/// Runs every export in the engine of this name.
fn run(name: &str, path: &str) -> Result {
    let (name, variant) = name.split_once('+').unwrap_or((name, ""));
    let mut config = Config::new();
    match variant {
        "" => &mut config,
        "fuel" => config.consume_fuel(true),
        "interruptible" => config.interruptible(true),
        _ => return Err(format!("there is no variant `{variant}`").into()),
    };
    match name {
        "in-place" => config.strategy(Strategy::InPlace),
        "checked" => config.strategy(Strategy::Register).dispatch(Dispatch::Checked),
        "unchecked" => config.strategy(Strategy::Register).dispatch(Dispatch::Unchecked),
        "auto" => &mut config,
        _ => return Err(format!("there is no engine `{name}`").into()),
    };
    let engine = Engine::new(&config);
    println!("{}", executes_by(&engine));
    let module = Module::new(&engine, fs::read(path)?)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "mark", |mut caller: Caller<'_, Marks>| caller.data_mut().push(stack::place()))?;
    let mut store = Store::new(&engine, Marks::new());
    if variant == "fuel" {
        store.set_fuel(u64::MAX)?;
    }
    let instance = linker.instantiate(&mut store, &module)?;
    let is_variant = !variant.is_empty() || name == "auto";
    WORK.iter().try_for_each(|work| work.run(&mut store, instance, if is_variant { &work.fewer } else { &work.all }))
}

/// What executes guests: the first word is `handlers` or `loop`.
fn executes_by(engine: &Engine) -> &'static str {
    match engine.has_handlers() {
        Some(true) => "handlers",
        Some(false) => "loop, for the handlers of this build do not jump",
        None => "loop, for this build has no handlers",
    }
}

impl Work {
    fn run(&self, store: &mut Store<Marks>, instance: Instance, rounds: &Rounds) -> Result {
        let function = instance.get_typed_func::<i32, i32>(&*store, self.export)?;
        function.call(&mut *store, FEW / 2)?;
        let before = stack::touched_below(STACK);
        let start = Instant::now();
        let result = function.call(&mut *store, rounds.number / 2)?;
        let after = stack::touched_below(STACK);
        let (name, seconds) = (self.export, start.elapsed().as_secs_f64());
        let bytes = after.map_or_else(|| "?".to_owned(), |bytes| bytes.to_string());
        println!("{name}: {} rounds, {seconds:.2} s, {bytes} bytes of the stack touched", rounds.number);
        if result != rounds.result {
            return Err(format!("{name} gives {result} and not {}", rounds.result).into());
        }
        let marks = store.data_mut().split_off(0);
        let places = marks.iter().max().zip(marks.iter().min()).map(|(most, least)| most - least);
        match places {
            // Twice at the beginning, half through, and at the end.
            Some(distance) if marks.len() == 6 && distance <= TOLERANCE => {}
            _ => return Err(format!("{name} calls the host at different places of the stack: {marks:x?}").into()),
        }
        match after.zip(before) {
            Some((after, before)) if after > before + TOLERANCE => {
                Err(format!("{name} makes the stack grow from {before} bytes to {after}").into())
            }
            _ => Ok(()),
        }
    }
}
