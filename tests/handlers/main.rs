//! Every handler of register code is executed, and does what the in-place engine does: a small function is made for each
//! instruction and for each pair of instructions that the build has, derived from the instruction table.

#![cfg(feature = "register")]

mod by_hand;
mod program;
mod rows;
mod run;
mod step;
#[path = "../table/mod.rs"]
mod table;
mod target;
mod values;

use program::Program;
use rows::Rows;
use run::{Form, Seen, Stops, engine, is_result, module, run};
use std::collections::BTreeSet;
use tablature::{Config, Dispatch, Engine, Module, Proposal, Strategy};
use target::{Group, INTERRUPTIBLE, Target, without_repeats};

/// Programs of one module at most.
const MODULE: usize = 100;

/// A program, and the name of the handler that it is for.
type Entry = (String, Program);

/// A way to run register code.
struct Setting {
    form: Form,
    stops: Stops,
    /// The handlers that it has, and those that have been executed.
    all: BTreeSet<String>,
    executed: BTreeSet<String>,
}

impl Setting {
    fn new(form: Form, stops: Stops) -> Self {
        let all = Group::ALL.into_iter().flat_map(|group| engine(Some(form), stops, group).handlers());
        Self { form, stops, all: all.collect(), executed: BTreeSet::new() }
    }

    /// Only the fastest form can look for interruptions otherwise than by counting fuel.
    fn all() -> Vec<Self> {
        let each = |form| [Self::new(form, Stops::Never), Self::new(form, Stops::ByFuel)];
        let interruptible = Self::new(Form::Fastest, Stops::ByInterruption);
        Form::ALL.into_iter().flat_map(each).chain([interruptible]).collect()
    }

    /// The handler that does the same here as the one of this name.
    fn own<'n>(&'n self, name: &'n str) -> &'n str {
        let interruptible = self.all.get(&format!("{name}{INTERRUPTIBLE}")).map(String::as_str);
        interruptible.or(self.all.get(name).map(String::as_str)).unwrap_or(without_repeats(name))
    }

    /// Why nothing executes a handler here, if there is a reason.
    fn exemption(&self, name: &str) -> Option<&'static str> {
        let plain = |name: &'_ str| name.strip_suffix(INTERRUPTIBLE).unwrap_or(name).to_owned();
        let is_unchecked = self.all.iter().any(|name| without_repeats(&plain(name)) != plain(name));
        let counts_fuel = self.stops == Stops::ByFuel || self.stops == Stops::ByInterruption && !is_unchecked;
        match name {
            "count" if !cfg!(feature = "profile") => Some("only builds with the feature `profile` count instructions"),
            "reserve" if !counts_fuel => Some("only code that counts fuel reserves it"),
            "loop_head" if !is_unchecked => Some("only handlers that trust their code know where a loop begins"),
            _ => None,
        }
    }

    fn describe(&self) -> String {
        let stops = match self.stops {
            Stops::Never => "without fuel",
            Stops::ByFuel => "with fuel",
            Stops::ByInterruption => "interruptible",
        };
        format!("{:?}, {stops}", self.form)
    }

    /// Prints what has been executed; gives what has not, without a reason.
    fn missing(&self) -> Vec<String> {
        let (exempt, missing): (Vec<_>, Vec<_>) =
            self.all.difference(&self.executed).partition(|name| self.exemption(name).is_some());
        let (executed, all) = (self.executed.len(), self.all.len() - exempt.len());
        let share = 100.0 * executed as f64 / all as f64;
        println!("{}: {executed} of {all} handlers that can be executed ({share:.1} %)", self.describe());
        exempt.iter().for_each(|name| println!("    not {name}: {}", self.exemption(name).unwrap_or_default()));
        missing.into_iter().map(|name| format!("{}: nothing executes {name}", self.describe())).collect()
    }
}

#[test]
fn every_handler_is_executed_and_does_what_the_in_place_engine_does() {
    if !Proposal::ALL.into_iter().all(Proposal::is_compiled) {
        return;
    }
    let rows = Rows::read();
    let mut settings = Setting::all();
    let mut problems = Vec::new();
    for group in Group::ALL {
        for part in entries(&rows, group).chunks(MODULE) {
            check(group, part, &mut settings, &mut problems);
        }
    }
    problems.extend(settings.iter().flat_map(Setting::missing));
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn if_the_probe_fails_there_are_the_handlers_that_check_their_code() {
    let engine = |dispatch, probe_fails| {
        let mut config = Config::new();
        config.strategy(Strategy::Register).dispatch(dispatch).probe_fails(probe_fails);
        Engine::new(&config)
    };
    let checked = engine(Dispatch::Checked, false);
    for dispatch in [Dispatch::Auto, Dispatch::Checked, Dispatch::Unchecked] {
        let failed = engine(dispatch, true);
        assert_eq!(failed.handlers(), checked.handlers(), "{dispatch:?}");
        assert_ne!(failed.has_handlers(), Some(true), "{dispatch:?}");
    }
    let jumps = checked.has_handlers() == Some(true);
    let unchecked = engine(Dispatch::Unchecked, false);
    assert_eq!(unchecked.handlers() != checked.handlers(), jumps && cfg!(feature = "optimize"));
}

/// Programs for all handlers of a group.
fn entries(rows: &Rows, group: Group) -> Vec<Entry> {
    let names = engine(Some(Form::Fastest), Stops::Never, Group::Pair).handlers();
    let targets = names.iter().filter_map(|name| Target::of(rows, name)).filter(|target| target.group() == group);
    let programs = |target: Target<'_>| {
        let name = target.name.clone();
        target.programs(rows).into_iter().map(move |program| (name.clone(), program))
    };
    targets.flat_map(programs).collect()
}

/// Runs programs in every setting and in place, and compares. Adds what has been executed, and what is wrong.
fn check(group: Group, entries: &[Entry], settings: &mut [Setting], problems: &mut Vec<String>) {
    let programs: Vec<&Program> = entries.iter().map(|(_, program)| program).collect();
    let bytes = module(&programs);
    let run = |engine: Engine| {
        let module = Module::new(&engine, &bytes).expect("programs are valid");
        (run(&engine, &module, &programs), module)
    };
    let in_place = [Stops::Never, Stops::ByFuel].map(|stops| run(engine(None, stops, group)).0);
    for setting in settings {
        let (seen, module) = run(engine(Some(setting.form), setting.stops, group));
        let in_place = &in_place[usize::from(setting.stops == Stops::ByFuel)];
        compare(entries, setting, &module, (in_place, &seen), problems);
    }
}

/// Compares what has been seen in place with what has been seen in a setting.
fn compare(
    entries: &[Entry],
    setting: &mut Setting,
    module: &Module,
    (in_place, seen): (&Seen, &Seen),
    problems: &mut Vec<String>,
) {
    let description = setting.describe();
    let mut differs = |name: &str, what: String| problems.push(format!("{description}, {name}: {what}"));
    for (at, (name, program)) in entries.iter().enumerate() {
        let own = setting.own(name);
        let handlers = module.handlers_of(at as u32).unwrap_or_default();
        let is_there = handlers.iter().any(|handler| handler == own);
        if !is_there && setting.exemption(own).is_none() {
            differs(name, format!("the program has other handlers: {handlers:?}\n{}", program.text));
        }
        let mut calls = in_place.calls[at].iter().zip(&seen.calls[at]);
        if let Some((expected, found)) = calls.find(|(expected, found)| expected != found) {
            differs(name, format!("another outcome\n{expected}\n{found}\n{}", program.text));
        }
        // What only traps may not have come so far.
        if is_there && (own == "unreachable" || seen.calls[at].iter().any(|call| is_result(call))) {
            setting.executed.insert(own.to_owned());
        }
    }
    if in_place.end != seen.end {
        differs("a module", "other bytes in its memories".to_owned());
    }
}
