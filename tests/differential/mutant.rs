//! Mutants: a part of a program, in which some instructions are changed that it executes.

use crate::code::Table;
use crate::mutation::Mutator;
use crate::outcome::{Call, Outcome, arguments, engine, instance, outcome};
use crate::program::{Body, Program};
use crate::random::Random;
use crate::sources::Group;
use crate::ways::Way;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use tablature::{Engine, Error, Module, Val};

/// What makes mutants. It keeps what it has found out about programs.
pub struct Maker<'g> {
    table: &'g Table,
    groups: &'g [Group],
    known: HashMap<(usize, usize, usize), Option<Rc<Part>>>,
    engine: Engine,
    reference: Way,
}

/// A function of a program, and all that it can call.
pub struct Part {
    bodies: BTreeMap<usize, Body>,
    /// The instructions that it executes: their bodies and places.
    executed: Vec<(usize, usize)>,
    pub calls: Vec<Call>,
    /// What comes of it as it is.
    pub outcome: Outcome,
}

/// A valid module that is not quite what somebody wrote.
pub struct Mutant {
    pub part: Rc<Part>,
    pub bytes: Vec<u8>,
    /// Where it is from, and what is changed.
    pub description: String,
    /// How many changed programs were not valid before this one was.
    pub refused: usize,
}

/// As many instructions of a call are looked at.
const STEPS: usize = 3_000;

/// What the arguments of the calls are made of.
const ARGUMENTS: [u64; 3] = [0, 1, 2];

impl<'g> Maker<'g> {
    pub fn new(table: &'g Table, groups: &'g [Group]) -> Self {
        let reference = Way::reference();
        let engine = engine(&reference, false);
        Self { table, groups, known: HashMap::new(), engine, reference }
    }

    /// The mutant of this number.
    pub fn mutant(&mut self, number: u64) -> Mutant {
        let mut random = Random::new(number);
        let mut refused = 0;
        loop {
            let group = self.group(&mut random);
            let program = random.below(self.groups[group].programs.len());
            let source = &self.groups[group].programs[program];
            let root = root(source, &mut random);
            let Some(part) = self.part((group, program, root)) else { continue };
            for _ in 0..4 {
                let Some((bytes, changes)) = self.changed(source, &part, &mut random) else { continue };
                if is_valid(&bytes) {
                    let function = source.function_of(root);
                    let description = format!("{}, function {function}:{changes}", source.name);
                    return Mutant { part, bytes, description, refused };
                }
                refused += 1;
            }
        }
    }

    fn group(&self, random: &mut Random) -> usize {
        let mut left = random.below(self.groups.iter().map(|group| group.weight).sum());
        let is_it = |group: &Group| {
            let is_here = left < group.weight;
            left = left.wrapping_sub(group.weight);
            is_here
        };
        self.groups.iter().position(is_it).unwrap_or(0)
    }

    /// What is known of a function; nothing if the program cannot be instantiated.
    fn part(&mut self, place: (usize, usize, usize)) -> Option<Rc<Part>> {
        if let Some(known) = self.known.get(&place) {
            return known.clone();
        }
        let (group, program, root) = place;
        let part = self.look_at(&self.groups[group].programs[program], root).map(Rc::new);
        self.known.insert(place, part.clone());
        part
    }

    fn look_at(&self, program: &Program, root: usize) -> Option<Part> {
        let reachable = program.reachable(self.table, root);
        let bodies: BTreeMap<usize, Body> =
            reachable.iter().map(|body| (*body, program.bodies[*body].clone())).collect();
        let encoded = program.encode(self.table, &bodies);
        let module = Module::new(&self.engine, &encoded.bytes).expect("put together again it is valid, too");
        let export = program.export_of(root);
        let calls: Vec<Call> = ARGUMENTS.map(|arguments| Call { export: export.clone(), arguments }).into();
        let outcome = outcome(&module, &calls, &self.reference)?;
        let mut executed = BTreeSet::new();
        for call in &calls {
            executed.extend(steps(&module, call)?.iter().filter_map(|offset| encoded.places.get(offset)));
        }
        let executed: Vec<_> = executed.into_iter().collect();
        (!executed.is_empty()).then_some(Part { bodies, executed, calls, outcome })
    }

    /// The part with some changes, and what they are.
    fn changed(&self, program: &Program, part: &Part, random: &mut Random) -> Option<(Vec<u8>, String)> {
        let callable: Vec<u32> = part.bodies.keys().map(|body| program.function_of(*body)).collect();
        let mutator = Mutator { table: self.table, program, callable: &callable };
        let count = 1 + random.below(4);
        let mut places: Vec<_> = (0..count).filter_map(|_| random.one_of(&part.executed).copied()).collect();
        // From the last one on, so that places before a change stay what they are.
        places.sort_by(|a, b| b.cmp(a));
        places.dedup();
        let (mut bodies, mut text) = (part.bodies.clone(), String::new());
        for (body, at) in places {
            if let Some(change) = mutator.mutate(bodies.get_mut(&body)?, at, random) {
                text += &format!("\n    function {}, {change}", program.function_of(body));
            }
        }
        (!text.is_empty()).then(|| (program.encode(self.table, &bodies).bytes, text))
    }
}

/// A function to begin with: often one that somebody wanted to be called.
fn root(program: &Program, random: &mut Random) -> usize {
    let exported = program.exported();
    let exported = random.one_of(&exported).filter(|_| random.once_in(3));
    exported.copied().unwrap_or_else(|| random.below(program.bodies.len()))
}

/// The offsets of the first instructions that a call executes.
fn steps(module: &Module, call: &Call) -> Option<BTreeSet<u32>> {
    let (mut store, instance) = instance(module)?;
    let function = instance.get_func(&store, &call.export)?;
    let ty = function.ty(&store);
    let mut results = vec![Val::I32(0); ty.results().len()];
    let (mut offsets, mut count) = (BTreeSet::new(), 0);
    // That it traps, or is ended here, does not matter.
    let _ = function.call_stepping(&mut store, &arguments(&ty, call.arguments), &mut results, |step| {
        offsets.insert(step.offset());
        count += 1;
        if count < STEPS { Ok(()) } else { Err(Error::msg("enough")) }
    });
    Some(offsets)
}

/// Whether both judges call a module valid. They must agree.
fn is_valid(bytes: &[u8]) -> bool {
    let ours = Module::validate(&Engine::default(), bytes).map_err(|error| error.to_string());
    let theirs = crate::generated::is_valid(bytes, crate::generated::features());
    assert_eq!(ours.is_ok(), theirs.is_ok(), "ours {ours:?}, wasmparser's {theirs:?}: {}", crate::mutated::keep(bytes));
    ours.is_ok()
}
