//! Modules and calls: compiling, instantiating, calling whole or in slices of fuel.

use crate::oracle::describe;
use crate::report::TrapRecord;
use crate::runner::{Item, Script, Stop};
use crate::values;
use tablature::{Error, Func, Instance, Module, ResumableCall, Trap, Val};
use wast::token::Id;
use wast::{QuoteWat, WastInvoke};

/// Fuel for instantiation, which cannot be resumed.
const PLENTY: u64 = 1 << 50;

impl Script<'_> {
    /// The instance that a directive means.
    pub(crate) fn instance(&self, name: Option<Id<'_>>) -> Result<Instance, Stop> {
        let item = match name {
            Some(id) => self.instances.get(id.name()),
            None => self.current.as_ref(),
        };
        match item {
            Some(Item::Ready(instance)) => Ok(*instance),
            Some(Item::Skipped(reason)) => Err(Stop::Skip(reason.clone())),
            None => Err(Stop::Fail("there is no such instance".to_string())),
        }
    }

    /// The module that must be valid.
    pub(crate) fn define(&mut self, module: &mut QuoteWat<'_>) -> Result<Module, Stop> {
        let bytes = module.encode().map_err(|error| Stop::Fail(format!("text: {}", error.message())))?;
        self.compile(&bytes)
    }

    /// The module, which the engine must take if wasmparser does; skipped where it waits for a proposal. The engine may
    /// take what the suite calls valid without a proposal that wasmparser counts it to.
    pub(crate) fn compile(&mut self, bytes: &[u8]) -> Result<Module, Stop> {
        // Where functions are validated when they are called, what the engine lacks is to be found all the same.
        let module = Module::validate(self.engine, bytes).and_then(|()| Module::new(self.engine, bytes));
        match (module, self.oracle.refuses(bytes)) {
            (Ok(module), None) => Ok(module),
            (Ok(module), Some(why)) => match self.oracle.waits_for(bytes) {
                Some(_) => Ok(module),
                None => Err(Stop::Fail(format!("accepted, though wasmparser says: {why}"))),
            },
            (Err(error), None) => Err(Stop::Fail(format!("refused, though it is valid: {error}"))),
            (Err(error), Some(why)) => Err(match self.oracle.waits_for(bytes) {
                Some(reason) => Stop::Skip(reason),
                // A form that even wasmparser does not know, of a proposal that it knows.
                None if self.oracle.concerns_lacking(bytes) => Stop::Skip("waits for an unknown proposal".to_string()),
                None => Stop::Fail(format!("refused: {error}; wasmparser: {why}")),
            }),
        }
    }

    /// An instance of the module; the inner error is the engine's.
    pub(crate) fn instantiate(&mut self, module: &Module) -> Result<Result<Instance, Error>, Stop> {
        for import in module.imports() {
            if let Some(reason) = self.skipped_names.get(import.module()) {
                return Err(Stop::Skip(reason.clone()));
            }
        }
        self.set_fuel(PLENTY)?;
        let result = self.linker.instantiate(&mut self.store, module);
        self.count_fuel(PLENTY)?;
        Ok(result)
    }

    /// Calls an export; the inner result is the guest's.
    pub(crate) fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Result<Result<Vec<Val>, Error>, Stop> {
        let instance = self.instance(invoke.module)?;
        let Some(function) = instance.get_func(&self.store, invoke.name) else {
            return Err(Stop::Fail(format!("there is no exported function \"{}\"", invoke.name)));
        };
        let mut arguments = Vec::with_capacity(invoke.args.len());
        for arg in &invoke.args {
            arguments.push(values::argument(&mut self.store, arg).map_err(|id| Stop::Skip(describe(&[id])))?);
        }
        let count = function.ty(&self.store).results().len();
        let mut results = vec![Val::I32(0); count];
        let called = match self.slice {
            None => function.call(&mut self.store, &arguments, &mut results),
            Some(fuel) => self.call_in_slices(function, &arguments, &mut results, fuel)?,
        };
        Ok(called.map(|()| results))
    }

    /// Calls a function, and resumes it with `slice` more fuel as often as it runs out.
    fn call_in_slices(
        &mut self,
        function: Func,
        arguments: &[Val],
        results: &mut [Val],
        slice: u64,
    ) -> Result<Result<(), Error>, Stop> {
        let (mut given, mut granted, mut before) = (slice, slice, slice);
        self.set_fuel(slice)?;
        let mut call = function.call_resumable(&mut self.store, arguments, results);
        let result = loop {
            match call {
                Ok(ResumableCall::Finished) => break Ok(()),
                Ok(ResumableCall::OutOfFuel(suspended)) => {
                    self.report.resumed += 1;
                    let left = self.store.get_fuel().map_err(|error| Stop::Fail(error.to_string()))?;
                    // An instruction that costs much more than a slice gets ever larger ones, until it can be paid.
                    granted = if left == before { granted * 2 } else { slice };
                    given += granted;
                    before = left + granted;
                    self.set_fuel(before)?;
                    call = suspended.resume(&mut self.store, results);
                }
                Ok(other) => return Err(Stop::Fail(format!("a call ended in an unknown way: {other:?}"))),
                Err(error) => break Err(error),
            }
        };
        self.count_fuel(given)?;
        Ok(result)
    }

    fn set_fuel(&mut self, fuel: u64) -> Result<(), Stop> {
        if self.slice.is_none() {
            return Ok(());
        }
        self.store.set_fuel(fuel).map_err(|error| Stop::Fail(error.to_string()))
    }

    /// Counts what is missing of the fuel that was given.
    fn count_fuel(&mut self, given: u64) -> Result<(), Stop> {
        if self.slice.is_some() {
            let left = self.store.get_fuel().map_err(|error| Stop::Fail(error.to_string()))?;
            let Some(used) = given.checked_sub(left) else {
                return Err(Stop::Fail(format!("{left} units of fuel are left of {given}")));
            };
            self.report.fuel += used;
        }
        Ok(())
    }

    pub(crate) fn record_trap(&mut self, trap: Trap, error: &Error) {
        let frame = error.backtrace().and_then(|backtrace| backtrace.frames().first());
        let place = frame.map(|frame| {
            let function = match frame.func_name() {
                Some(name) => format!("{name} ({})", frame.func_index()),
                None => frame.func_index().to_string(),
            };
            (function, frame.module_offset())
        });
        self.report.traps.push(TrapRecord { line: self.line, message: trap.message().to_string(), place });
    }
}
