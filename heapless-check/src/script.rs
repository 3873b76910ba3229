//! Following the directives of a file.

use crate::format::{action, expected, tag};
use crate::input::Input;
use crate::lists::{RefusedArrays, ValidationArrays, first, next_module, size};
use crate::report::{Report, Text, in_words};
use crate::system::Output;
use core::fmt::{self, Write as _};
use tablature::heapless::{Error, Extern, Func, Instance, Module, ModuleLists, Outcome, Store, ValType};
use tablature::{ModuleErrorKind, Trap};

/// The functions of the module `spectest`: they print nothing, and have no results.
const PRINTS: [(&str, &[ValType]); 7] = [
    ("print", &[]),
    ("print_i32", &[ValType::I32]),
    ("print_i64", &[ValType::I64]),
    ("print_f32", &[ValType::F32]),
    ("print_f64", &[ValType::F64]),
    ("print_i32_f32", &[ValType::I32, ValType::F32]),
    ("print_f64_f64", &[ValType::F64, ValType::F64]),
];

/// What a file needs while it runs.
pub struct Script<'a, 's> {
    pub name: &'a str,
    pub store: Store<'a>,
    /// What is left of the lists for modules.
    pub lists: ModuleLists<'a>,
    /// Places for the modules that are still to come.
    pub modules: &'a mut [Option<Module<'a>>],
    pub validation: &'s mut ValidationArrays,
    pub refused: &'s mut RefusedArrays,
    /// How much fuel guests get at a time; nothing where it is not counted.
    pub slice: Option<u64>,
    pub report: Report,
    line: u32,
    prints: [Extern; PRINTS.len()],
    instances: [Option<Instance>; size::SLOTS],
    definitions: [Option<&'a Module<'a>>; size::SLOTS],
    registered: [Option<(&'a str, Instance)>; size::REGISTERED],
}

/// Why a directive failed.
enum Failure<'a> {
    Engine(Error),
    /// An import that nobody has.
    UnknownImport(&'a str, &'a str),
    Trapped(Trap),
    /// A slot has no instance, because making it failed.
    NoInstance,
    NoExport(&'a str),
    Found(&'static str),
    Result {
        kind: u8,
        expected: u64,
        found: u64,
    },
    Types,
}

impl From<Error> for Failure<'_> {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => write!(f, "{error}"),
            Self::UnknownImport(module, name) => write!(f, "unknown import {module:?} {name:?}"),
            Self::Trapped(trap) => write!(f, "unexpected trap: {trap}"),
            Self::NoInstance => f.write_str("there is no such instance"),
            Self::NoExport(name) => write!(f, "there is no such export: {name:?}"),
            Self::Found(what) => f.write_str(what),
            Self::Result { kind, expected, found } => {
                write!(f, "kind {kind}: expected {expected:#x}, found {found:#x}")
            }
            Self::Types => f.write_str("results of other types"),
        }
    }
}

type Outcomes<'a, T> = Result<T, Failure<'a>>;

/// How a call or an instantiation ended.
enum Ended<T> {
    With(T),
    Trap(Trap),
}

/// The results of an action.
struct Results {
    values: [u64; 32],
    types: [Option<ValType>; 32],
    count: usize,
}

impl<'a, 's> Script<'a, 's> {
    /// A file's script, before its first directive.
    ///
    /// # Errors
    /// The store has no room for the host functions.
    pub fn new(
        name: &'a str,
        mut store: Store<'a>,
        lists: ModuleLists<'a>,
        modules: &'a mut [Option<Module<'a>>],
        validation: &'s mut ValidationArrays,
        refused: &'s mut RefusedArrays,
        slice: Option<u64>,
    ) -> Result<Self, Error> {
        let mut prints = [store.host_function(&[], &[], 0)?; PRINTS.len()];
        for (number, (print, (_, params))) in (0..).zip(prints.iter_mut().zip(PRINTS)).skip(1) {
            *print = store.host_function(params, &[], number)?;
        }
        store.set_fuel(slice);
        Ok(Self {
            name,
            store,
            lists,
            modules,
            validation,
            refused,
            slice,
            report: Report::EMPTY,
            line: 0,
            prints,
            instances: [None; _],
            definitions: [None; _],
            registered: [None; _],
        })
    }

    /// Follows all directives.
    pub fn run(&mut self, mut input: Input<'a>) {
        while !input.is_empty() {
            let tag = input.u8();
            self.line = input.u32();
            if let Err(failure) = self.directive(tag, &mut input) {
                self.report.failed += 1;
                let how = if self.slice.is_some() { " in slices" } else { "" };
                let _ = writeln!(Output, "FAILED{how} {}:{}: {failure}", self.name, self.line);
            }
        }
    }

    fn pass(&mut self) {
        // What comes before the first line is not the suite's.
        self.report.passed += u32::from(self.line > 0);
    }

    /// One directive. All that belongs to it is read before anything can fail.
    fn directive(&mut self, tag: u8, input: &mut Input<'a>) -> Outcomes<'a, ()> {
        match tag {
            tag::MODULE => {
                let slot = input.count();
                let module = self.module(input);
                let imports = *input;
                skip_imports(input);
                self.make_instance(slot, module?, imports)?;
            }
            tag::DEFINITION => {
                let slot = input.count();
                self.definitions[slot] = Some(self.module(input)?);
            }
            tag::INSTANCE => {
                let (slot, definition) = (input.count(), input.count());
                let imports = *input;
                skip_imports(input);
                let module = self.definitions[definition].ok_or(Failure::NoInstance)?;
                self.make_instance(slot, module, imports)?;
            }
            tag::REGISTER => {
                let (slot, name) = (input.count(), input.text());
                let instance = self.instances[slot].ok_or(Failure::NoInstance)?;
                let place = self.registered.iter().position(|known| known.is_none_or(|(known, _)| known == name));
                self.registered[place.expect("the list is long enough")] = Some((name, instance));
            }
            tag::INVOKE => {
                if let Ended::Trap(trap) = self.action(input)? {
                    return Err(Failure::Trapped(trap));
                }
            }
            tag::RETURN => self.assert_return(input)?,
            tag::TRAP => {
                let message = input.text();
                let ended = self.action(input)?;
                expect_trap(ended, message)?;
            }
            tag::TRAP_MODULE => {
                let message = input.text();
                let module = self.module(input);
                let imports = *input;
                skip_imports(input);
                let ended = self.instantiate(module?, imports)?;
                expect_trap(ended, message)?;
            }
            tag::UNLINKABLE => {
                let message = input.text();
                let module = self.module(input);
                let imports = *input;
                skip_imports(input);
                self.assert_unlinkable(message, module?, imports)?;
            }
            tag::REFUSED => {
                let (message, compare) = (input.text(), input.u8() != 0);
                let kind = self.refused(input.bytes())?;
                if compare {
                    self.compare_words(message, &Text::of(kind));
                }
            }
            tag::LACKING => {
                self.lacking(input)?;
                return Ok(());
            }
            tag::SKIP => {
                self.report.skipped[input.count()] += 1;
                return Ok(());
            }
            tag::TEXT => {
                self.report.text += 1;
                return Ok(());
            }
            _ => panic!("unknown tag {tag}"),
        }
        self.pass();
        Ok(())
    }

    /// The next module, in lists that are exactly as long as they must be.
    fn module(&mut self, input: &mut Input<'a>) -> Outcomes<'a, &'a Module<'a>> {
        let lists = next_module(&mut self.lists, input);
        let validation = self.validation.split(input);
        let place = &mut first(&mut self.modules, 1)[0];
        let module: &Module<'_> = place.insert(Module::new(input.bytes(), lists, validation)?);
        Ok(module)
    }

    fn make_instance(&mut self, slot: usize, module: &'a Module<'a>, imports: Input<'a>) -> Outcomes<'a, ()> {
        match self.instantiate(module, imports)? {
            Ended::With(instance) => {
                self.instances[slot] = Some(instance);
                Ok(())
            }
            Ended::Trap(trap) => Err(Failure::Trapped(trap)),
        }
    }

    /// An instance whose imports are those that the input names, after its start function has run.
    fn instantiate(&mut self, module: &'a Module<'a>, mut imports: Input<'a>) -> Outcomes<'a, Ended<Instance>> {
        let mut externs = [self.prints[0]; size::IMPORTS_OF_ONE];
        let count = imports.count();
        for place in &mut externs[..count] {
            let (module, name) = (imports.text(), imports.text());
            *place = self.resolve(module, name).ok_or(Failure::UnknownImport(module, name))?;
        }
        let instance = match self.store.instantiate(module, &externs[..count]) {
            Ok(instance) => instance,
            Err(Error::Trap(trap)) => return Ok(Ended::Trap(trap)),
            Err(error) => return Err(Failure::Engine(error)),
        };
        self.report.instances += 1;
        if let Some(start) = self.store.start(instance)
            && let Ended::Trap(trap) = self.call(start, &[])?
        {
            return Ok(Ended::Trap(trap));
        }
        Ok(Ended::With(instance))
    }

    fn resolve(&self, module: &str, name: &str) -> Option<Extern> {
        if module == "host" {
            let place = PRINTS.iter().position(|(known, _)| *known == name)?;
            return Some(self.prints[place]);
        }
        let instance = self.registered.iter().flatten().find(|(known, _)| *known == module)?.1;
        self.store.export(instance, name)
    }

    /// Does what the input says.
    fn action(&mut self, input: &mut Input<'a>) -> Outcomes<'a, Ended<Results>> {
        let (slot, kind, name) = (input.count(), input.u8(), input.text());
        let mut arguments = [0; 64];
        let arguments = &mut arguments[..input.count()];
        arguments.fill_with(|| input.u64());
        let Some(instance) = self.instances[slot] else { return Err(Failure::NoInstance) };
        if kind == action::GLOBAL {
            let value = self.store.global(instance, name).ok_or(Failure::NoExport(name))?;
            let mut results = Results { values: [0; _], types: [None; _], count: 1 };
            results.values[0] = value;
            return Ok(Ended::With(results));
        }
        let function = self.store.function(instance, name).ok_or(Failure::NoExport(name))?;
        self.call(function, arguments)
    }

    fn call(&mut self, function: Func, arguments: &[u64]) -> Outcomes<'a, Ended<Results>> {
        let mut results = Results { values: [0; _], types: [None; _], count: 0 };
        for (place, ty) in results.types.iter_mut().zip(self.store.types(function).1) {
            *place = Some(*ty);
            results.count += 1;
        }
        self.store.set_fuel(self.slice);
        let mut outcome = match self.store.call(function, arguments) {
            // The store does not call its host functions itself; those of this program have nothing to do.
            Err(Error::HostFunction(_)) => {
                self.report.host_calls += 1;
                return Ok(Ended::With(results));
            }
            outcome => outcome?,
        };
        let mut more = self.slice.unwrap_or(0);
        loop {
            outcome = match outcome {
                Outcome::Finished => {
                    let found = self.store.results();
                    if found.len() != results.count {
                        return Err(Failure::Types);
                    }
                    results.values[..found.len()].copy_from_slice(found);
                    return Ok(Ended::With(results));
                }
                Outcome::Trap(trap) => return Ok(Ended::Trap(trap)),
                Outcome::Host(number) => {
                    self.report.host_calls += 1;
                    if self.store.host_slots().len() != PRINTS[number as usize].1.len() {
                        return Err(Failure::Types);
                    }
                    self.store.resume()?
                }
                Outcome::OutOfFuel => {
                    self.report.stops += 1;
                    let left = self.store.fuel().unwrap_or(0);
                    // An instruction that costs more than a slice gets ever larger ones, until it can be paid.
                    more = if left >= more { left * 2 } else { self.slice.unwrap_or(0) };
                    self.store.set_fuel(Some(left + more));
                    self.store.resume()?
                }
            };
        }
    }

    fn assert_return(&mut self, input: &mut Input<'a>) -> Outcomes<'a, ()> {
        let ended = self.action(input);
        let count = input.count();
        let mut wanted = [(0, 0); 32];
        for place in &mut wanted[..count] {
            *place = (input.u8(), input.u64());
        }
        let results = match ended? {
            Ended::With(results) => results,
            Ended::Trap(trap) => return Err(Failure::Trapped(trap)),
        };
        if results.count != count {
            return Err(Failure::Types);
        }
        for (place, (kind, expected)) in wanted[..count].iter().enumerate() {
            let (found, ty) = (results.values[place], results.types[place]);
            if ty.is_some_and(|ty| !has_type(*kind, ty)) {
                return Err(Failure::Types);
            }
            if !fits(*kind, *expected, found) {
                return Err(Failure::Result { kind: *kind, expected: *expected, found });
            }
        }
        Ok(())
    }

    fn assert_unlinkable(&mut self, message: &str, module: &'a Module<'a>, imports: Input<'a>) -> Outcomes<'a, ()> {
        match self.instantiate(module, imports) {
            Ok(Ended::With(_)) => Err(Failure::Found("linked")),
            Ok(Ended::Trap(trap)) => Err(Failure::Trapped(trap)),
            Err(failure @ (Failure::UnknownImport(..) | Failure::Engine(Error::Import(_)))) => {
                self.compare_words(message, &Text::of(failure));
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Why a module is refused. That a list is too short is no reason.
    fn refused(&mut self, bytes: &[u8]) -> Outcomes<'a, ModuleErrorKind> {
        match Module::new(bytes, self.refused.all(), self.validation.all()) {
            Ok(_) => Err(Failure::Found("accepted")),
            Err(Error::Module(error)) => match error.kind() {
                ModuleErrorKind::Capacity(_) | ModuleErrorKind::OutOfMemory => Err(Error::Module(error).into()),
                kind => Ok(kind),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// A module that needs what is off: it must be refused, and is skipped.
    fn lacking(&mut self, input: &mut Input<'a>) -> Outcomes<'a, ()> {
        let reason = input.count();
        let count = input.count();
        let mut ids = [""; 24];
        ids[..count].fill_with(|| input.text());
        let ids = &ids[..count];
        let kind = self.refused(input.bytes())?;
        let is_named = matches!(kind, ModuleErrorKind::ProposalOff(proposal) if ids.contains(&proposal.id()));
        self.report.named = (self.report.named.0 + u32::from(is_named), self.report.named.1 + 1);
        if ids == ["floats"] {
            self.report.floats = (self.report.floats.0 + u32::from(is_named), self.report.floats.1 + 1);
        }
        self.report.skipped[reason] += 1;
        Ok(())
    }

    fn compare_words(&mut self, suite: &str, engine: &Text) {
        self.report.words.1 += 1;
        self.report.words.0 += u32::from(in_words(suite, engine.as_bytes()));
    }
}

fn skip_imports(input: &mut Input<'_>) {
    for _ in 0..input.count() {
        input.text();
        input.text();
    }
}

fn expect_trap<'a, T>(ended: Ended<T>, message: &str) -> Outcomes<'a, ()> {
    let Ended::Trap(trap) = ended else { return Err(Failure::Found("returned instead of trapping")) };
    // The suite sometimes adds an index that not every engine gives.
    let words = message.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    if in_words(words, trap.message().as_bytes()) { Ok(()) } else { Err(Failure::Trapped(trap)) }
}

fn has_type(kind: u8, ty: ValType) -> bool {
    match kind {
        expected::I32 => ty == ValType::I32,
        expected::I64 => ty == ValType::I64,
        expected::F32 | expected::F32_CANONICAL | expected::F32_ARITHMETIC => ty == ValType::F32,
        expected::F64 | expected::F64_CANONICAL | expected::F64_ARITHMETIC => ty == ValType::F64,
        expected::ANY_FUNCTION => ty == ValType::FUNCREF,
        expected::EXTERN | expected::ANY_EXTERN => ty == ValType::EXTERNREF,
        _ => ty.is_reference(),
    }
}

fn fits(kind: u8, expected: u64, found: u64) -> bool {
    const F32_QUIET: u64 = 0x7FC0_0000;
    const F64_QUIET: u64 = 0x7FF8_0000_0000_0000;
    match kind {
        expected::F32_CANONICAL => found & !(1 << 31) == F32_QUIET,
        expected::F32_ARITHMETIC => found >> 32 == 0 && found & F32_QUIET == F32_QUIET,
        expected::F64_CANONICAL => found & !(1 << 63) == F64_QUIET,
        expected::F64_ARITHMETIC => found & F64_QUIET == F64_QUIET,
        expected::NULL => found == 0,
        expected::ANY_FUNCTION | expected::ANY_EXTERN => found != 0,
        _ => found == expected,
    }
}
