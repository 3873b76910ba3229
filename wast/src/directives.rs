//! What each directive of a script does.

use crate::oracle::describe;
use crate::report::in_words;
use crate::runner::{Item, Outcome, Pass, Script, Stop};
use crate::{show, values};
use tablature::{Error, Instance, Module, Val};
use wast::token::Id;
use wast::{QuoteWat, WastDirective, WastExecute, WastRet, Wat};

impl Script<'_> {
    pub(crate) fn directive(&mut self, directive: WastDirective<'_>) -> Outcome {
        match directive {
            WastDirective::Module(module) => self.module(module),
            WastDirective::ModuleDefinition(module) => self.definition(module),
            WastDirective::ModuleInstance { instance, module, .. } => self.instance_of(instance, module),
            WastDirective::Register { name, module, .. } => self.register(name, module),
            WastDirective::Invoke(invoke) => match self.invoke(&invoke)? {
                Ok(_) => Ok(Pass::Engine),
                Err(error) => Err(Stop::Fail(format!("unexpected error: {error}"))),
            },
            WastDirective::AssertReturn { exec, results, .. } => self.assert_return(exec, &results),
            WastDirective::AssertTrap { exec, message, .. } => {
                let result = self.execute(exec)?;
                self.expect_trap(result, message)
            }
            WastDirective::AssertExhaustion { call, message, .. } => {
                let result = self.invoke(&call)?;
                self.expect_trap(result, message)
            }
            WastDirective::AssertInvalid { module, message, .. }
            | WastDirective::AssertMalformed { module, message, .. } => self.assert_refused(module, message),
            WastDirective::AssertUnlinkable { module, message, .. } => self.assert_unlinkable(module, message),
            WastDirective::AssertException { exec, .. } => match self.execute(exec)? {
                Ok(_) => Err(Stop::Fail("returned instead of throwing".to_string())),
                Err(_) => Err(Stop::Skip(describe(&["exceptions"]))),
            },
            WastDirective::AssertSuspension { exec, .. } => match self.execute(exec)? {
                Ok(_) => Err(Stop::Fail("returned instead of suspending".to_string())),
                Err(_) => Err(Stop::Skip(describe(&["stack_switching"]))),
            },
            WastDirective::Thread(_) | WastDirective::Wait { .. } => Err(Stop::Skip(describe(&["threads"]))),
            WastDirective::AssertMalformedCustom { mut module, .. }
            | WastDirective::AssertInvalidCustom { mut module, .. } => match module.encode() {
                Ok(_) => Err(Stop::Skip("the engine does not look into custom sections".to_string())),
                Err(_) => Ok(Pass::Text),
            },
        }
    }

    fn module(&mut self, mut module: QuoteWat<'_>) -> Outcome {
        let name = module.name().map(|id| id.name().to_string());
        let (item, outcome) = match self.define(&mut module).and_then(|module| self.ready_instance(&module)) {
            Ok(instance) => (Item::Ready(instance), Ok(Pass::Engine)),
            Err(stop) => (not_there(&stop), Err(stop)),
        };
        self.remember(name, item);
        outcome
    }

    fn remember(&mut self, name: Option<String>, item: Item<Instance>) {
        if let Some(name) = name {
            self.instances.insert(name, item.clone());
        }
        self.current = Some(item);
    }

    /// An instance, where failing to make one is the directive's failure.
    fn ready_instance(&mut self, module: &Module) -> Result<Instance, Stop> {
        self.instantiate(module)?.map_err(|error| Stop::Fail(format!("instantiation failed: {error}")))
    }

    fn definition(&mut self, mut module: QuoteWat<'_>) -> Outcome {
        let name = module.name().map(|id| id.name().to_string());
        let (item, outcome) = match self.define(&mut module) {
            Ok(module) => (Item::Ready(module), Ok(Pass::Engine)),
            Err(stop) => (not_there(&stop), Err(stop)),
        };
        if let Some(name) = name {
            self.definitions.insert(name, item.clone());
        }
        self.last_definition = Some(item);
        outcome
    }

    fn instance_of(&mut self, instance: Option<Id<'_>>, module: Option<Id<'_>>) -> Outcome {
        let definition = match module {
            Some(id) => self.definitions.get(id.name()),
            None => self.last_definition.as_ref(),
        };
        let name = instance.map(|id| id.name().to_string());
        let result = match definition.cloned() {
            Some(Item::Ready(module)) => self.ready_instance(&module),
            Some(Item::Skipped(reason)) => Err(Stop::Skip(reason)),
            None => Err(Stop::Fail("there is no such module definition".to_string())),
        };
        let (item, outcome) = match result {
            Ok(instance) => (Item::Ready(instance), Ok(Pass::Engine)),
            Err(stop) => (not_there(&stop), Err(stop)),
        };
        self.remember(name, item);
        outcome
    }

    fn register(&mut self, name: &str, module: Option<Id<'_>>) -> Outcome {
        match self.instance(module) {
            Ok(instance) => {
                self.skipped_names.remove(name);
                match self.linker.instance(&mut self.store, name, instance) {
                    Ok(_) => Ok(Pass::Engine),
                    Err(error) => Err(Stop::Fail(error.to_string())),
                }
            }
            Err(Stop::Skip(reason)) => {
                self.skipped_names.insert(name.to_string(), reason.clone());
                Err(Stop::Skip(reason))
            }
            Err(stop) => Err(stop),
        }
    }

    /// Does what an assertion looks at; the inner result is the guest's.
    fn execute(&mut self, exec: WastExecute<'_>) -> Result<Result<Vec<Val>, Error>, Stop> {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(mut module) => {
                let bytes = module.encode().map_err(|error| Stop::Fail(format!("text: {}", error.message())))?;
                let module = self.compile(&bytes)?;
                Ok(self.instantiate(&module)?.map(|_| Vec::new()))
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.instance(module)?;
                match instance.get_global(&self.store, global) {
                    Some(found) => Ok(Ok(vec![found.get(&self.store)])),
                    None => Err(Stop::Fail(format!("there is no exported global \"{global}\""))),
                }
            }
        }
    }

    fn assert_return(&mut self, exec: WastExecute<'_>, expected: &[WastRet<'_>]) -> Outcome {
        let found = match self.execute(exec)? {
            Ok(found) => found,
            Err(error) => return Err(Stop::Fail(format!("unexpected error: {error}"))),
        };
        let fits = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| values::matches(&self.store, found, expected));
        if fits {
            return Ok(Pass::Engine);
        }
        let (expected, found) = (show::expected(expected), show::found(&self.store, &found));
        Err(Stop::Fail(format!("expected {expected}, found {found}")))
    }

    fn expect_trap<V>(&mut self, result: Result<V, Error>, message: &str) -> Outcome {
        let Err(error) = result else {
            return Err(Stop::Fail(format!("returned instead of trapping with \"{message}\"")));
        };
        let Some(trap) = error.trap() else {
            return Err(Stop::Fail(format!("expected the trap \"{message}\", found the error \"{error}\"")));
        };
        self.record_trap(trap, &error);
        // The suite sometimes adds an index that not every engine gives.
        let words = message.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        if in_words(words, trap.message()) {
            Ok(Pass::Engine)
        } else {
            Err(Stop::Fail(format!("expected the trap \"{message}\", found \"{trap}\"")))
        }
    }

    fn assert_refused(&mut self, mut module: QuoteWat<'_>, message: &str) -> Outcome {
        let Ok(bytes) = module.encode() else { return Ok(Pass::Text) };
        let Err(error) = Module::new(self.engine, &bytes).and_then(|module| module.validate_functions()) else {
            return Err(Stop::Fail(match self.oracle.refuses(&bytes) {
                Some(why) => format!("accepted, expected \"{message}\"; wasmparser: {why}"),
                None => format!("accepted, also by wasmparser, expected \"{message}\""),
            }));
        };
        let Some(error) = error.module_error() else {
            return Err(Stop::Fail(format!("expected \"{message}\", found \"{error}\"")));
        };
        if !self.oracle.concerns_lacking(&bytes) {
            self.report.compare_words(message, &error.kind().to_string());
        }
        Ok(Pass::Engine)
    }

    fn assert_unlinkable(&mut self, mut module: Wat<'_>, message: &str) -> Outcome {
        let bytes = module.encode().map_err(|error| Stop::Fail(format!("text: {}", error.message())))?;
        let module = self.compile(&bytes)?;
        match self.instantiate(&module)? {
            Ok(_) => Err(Stop::Fail(format!("linked, expected \"{message}\""))),
            Err(error) if error.trap().is_some() => {
                Err(Stop::Fail(format!("expected \"{message}\", found the trap \"{error}\"")))
            }
            Err(error) => {
                // What follows the first colon tells of this module only.
                let text = error.to_string();
                self.report.compare_words(message, text.split(':').next().unwrap_or(&text));
                Ok(Pass::Engine)
            }
        }
    }
}

fn not_there<T>(stop: &Stop) -> Item<T> {
    Item::Skipped(match stop {
        Stop::Skip(reason) => reason.clone(),
        Stop::Fail(_) => "its module failed".to_string(),
    })
}
