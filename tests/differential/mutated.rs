//! The property over mutants of real programs: whichever way they are executed, they do the same.

use crate::code::Table;
use crate::mutant::{Maker, Mutant};
use crate::outcome::{Ended, FUEL, Outcome, engine, outcome};
use crate::sources::{self, Group};
use crate::ways::{self, Way};
use crate::{SHARE, cases};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, thread};
use tablature::{Engine, Module};

/// A way, and its engines: as NaNs come, and with canonical ones.
struct Runner {
    way: Way,
    engines: [Engine; 2],
}

/// What has been tried.
#[derive(Debug, Default)]
struct Counts {
    mutants: AtomicU64,
    refused: AtomicU64,
    executions: AtomicU64,
    calls: AtomicU64,
    trapped: AtomicU64,
    ran_out: AtomicU64,
    host_calls: AtomicU64,
    /// Mutants that do something else than the program does that they are made of.
    changed: AtomicU64,
    /// Mutants of which only the bits of NaNs differ.
    nans: AtomicU64,
}

/// From so many mutants on, it is known what most of them are like.
const MANY: u64 = 500;

#[test]
fn mutants_do_the_same_in_every_way() {
    let table = Table::read();
    let groups = sources::groups(&table);
    let first = std::env::var("FIRST_MUTANT").ok().and_then(|first| first.parse().ok()).unwrap_or(0);
    let (next, end) = (AtomicU64::new(first), first + u64::from(cases()));
    let counts = Counts::default();
    let work = || {
        let next = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|next| *next < end);
        run_all(&table, &groups, next, &counts);
    };
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| worker.join().expect("no mutant differs"));
    });
    counts.check(end - first);
}

/// Runs the mutants of the numbers that `next` gives.
fn run_all(table: &Table, groups: &[Group], next: impl Fn() -> Option<u64>, counts: &Counts) {
    let with_engines = |way: Way| {
        let engines = [false, true].map(|canonical_nans| engine(&way, canonical_nans));
        Runner { way, engines }
    };
    let reference = with_engines(Way::reference());
    let runners: Vec<Runner> = ways::all().into_iter().map(with_engines).collect();
    let mut maker = Maker::new(table, groups);
    while let Some(number) = next() {
        let mutant = maker.mutant(number);
        let expected = reference.run(&mutant, false);
        counts.note(&mutant, &expected);
        // What ran out of fuel may never end without.
        let own = runners.iter().skip(number as usize % SHARE).step_by(SHARE);
        let own = own.filter(|runner| runner.way.counts_fuel || !expected.ran_out());
        let mut differs_by_nans = false;
        for runner in own {
            increase(&counts.executions, 1);
            if runner.run(&mutant, false) != expected.as_seen(&runner.way) {
                differs_by_nans = true;
                compare_with_canonical_nans(number, &mutant, &reference, runner);
            }
        }
        increase(&counts.nans, u64::from(differs_by_nans));
    }
}

/// Where a result may be one of several NaNs, each way may choose another. With canonical ones there is no choice.
fn compare_with_canonical_nans(number: u64, mutant: &Mutant, reference: &Runner, runner: &Runner) {
    let expected = reference.run(mutant, true);
    if !runner.way.counts_fuel && expected.ran_out() {
        return;
    }
    let (expected, found) = (expected.as_seen(&runner.way), runner.run(mutant, true));
    assert!(
        found == expected,
        "mutant {number} {}, {}:\n{found:#?}\nin place:\n{expected:#?}\nThe module is {}",
        runner.way,
        mutant.description,
        keep(&mutant.bytes)
    );
}

impl Counts {
    fn note(&self, mutant: &Mutant, outcome: &Outcome) {
        let calls = |condition: fn(&Ended) -> bool| outcome.calls.iter().filter(|call| condition(call)).count() as u64;
        increase(&self.mutants, 1);
        increase(&self.refused, mutant.refused as u64);
        increase(&self.changed, u64::from(*outcome != mutant.part.outcome));
        increase(&self.calls, calls(|_| true));
        increase(&self.trapped, calls(|call| call.trapped));
        increase(&self.ran_out, calls(|call| call.ran_out));
        increase(&self.host_calls, outcome.host_calls);
    }

    /// Prints them, and checks that all of the mutants were tried, and were worth it.
    fn check(self, expected: u64) {
        let [mutants, refused, executions, calls] =
            [self.mutants, self.refused, self.executions, self.calls].map(AtomicU64::into_inner);
        let [trapped, ran_out, host_calls] = [self.trapped, self.ran_out, self.host_calls].map(AtomicU64::into_inner);
        let [changed, nans] = [self.changed, self.nans].map(AtomicU64::into_inner);
        println!("{mutants} valid mutants, beside {refused} that both judges refused; {executions} executions");
        println!("{changed} do something else than the program that they are made of; {nans} differ in bits of NaNs");
        println!(
            "{calls} calls: {trapped} trapped, {ran_out} ran out of {FUEL} units of fuel; {host_calls} host calls"
        );
        assert_eq!(mutants, expected);
        if mutants >= MANY {
            assert!(refused < mutants, "most changed programs are not valid");
            assert!(changed * 2 > mutants, "most mutants do what the program does");
            assert!((trapped + ran_out) * 2 < calls, "most calls do not end");
            assert!(nans * 100 <= mutants, "many mutants differ by NaNs");
        }
    }
}

fn increase(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}

impl Runner {
    fn run(&self, mutant: &Mutant, canonical_nans: bool) -> Outcome {
        let module = Module::new(&self.engines[usize::from(canonical_nans)], &mutant.bytes).expect("it is valid");
        outcome(&module, &mutant.part.calls, &self.way).expect("it is instantiated like the program that it is made of")
    }
}

/// Writes a module to a file for people; gives its path.
pub fn keep(bytes: &[u8]) -> String {
    let name = format!("mutant-{:016x}.wasm", crate::outcome::hash(bytes));
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    match fs::write(&path, bytes) {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("lost: {error}"),
    }
}
