//! Runs a program twice with the same result, to the last bit and unit of fuel:
//! `cargo run -p tablature-wasi --features tablature --example deterministic`.

use tablature::{Config, Engine, Linker, Module, Store};
use tablature_wasi::{Exit, MemoryOutput, WasiCtx, add_to_linker, run_command};

/// More than the program needs.
const FUEL: u64 = 1_000_000;

/// All that a run of the program has to show.
#[derive(Debug, PartialEq)]
struct Run {
    output: Vec<u8>,
    exit: Exit,
    fuel: u64,
}

fn run(seed: u64) -> Result<Run, Box<dyn std::error::Error>> {
    // The engine's part: fuel instead of time as the limit, and one NaN instead of the machine's.
    let engine = Engine::new(Config::new().consume_fuel(true).canonical_nans(true));
    let module = Module::new(&engine, wat::parse_str(include_str!("chance.wat"))?)?;
    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;

    // The world's part: a clock that only the program's own calls move, and random numbers from the seed.
    let stdout = MemoryOutput::new(1 << 10);
    let ctx = WasiCtx::builder().stdout(&stdout).deterministic(seed).build()?;
    let mut store = Store::new(&engine, ctx);
    store.set_fuel(FUEL)?;
    let instance = linker.instantiate(&mut store, &module)?;
    let exit = run_command(&mut store, instance)?;
    Ok(Run { output: stdout.contents(), exit, fuel: FUEL - store.get_fuel()? })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let first = run(1)?;
    let (parts, _) = first.output.as_chunks();
    let [time, random, nan] = *parts else { return Err("the program writes three numbers".into()) };
    println!("time: {} ns since 1970", u64::from_le_bytes(time));
    println!("random number: {:#018x}", u64::from_le_bytes(random));
    println!("NaN: {:#018x}", u64::from_le_bytes(nan));
    println!("fuel: {}", first.fuel);

    let second = run(1)?;
    println!("the same seed gives the same run: {}", first == second);
    let third = run(2)?;
    println!("another seed gives another output: {}", first.output != third.output);
    println!("and takes as much fuel: {}", first.fuel == third.fuel);
    assert_eq!(first, second);
    Ok(())
}
