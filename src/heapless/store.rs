//! Instances and executions in lent memory.

use super::{Error, Module, StoreLists, VALUES_SLACK, ValType};
use crate::binary::parts::ExternKind;
use crate::buf::{Buf, List};
use crate::exec::{Core, Exit, FunctionRecord, ModuleRef, Position, Prices, Refusal, Request, Signatures, Stack};
use crate::fuel::FuelCosts;
use crate::runtime::{Extern, InstantiateError};
use crate::trap::Trap;
use crate::types::Signature;

/// Instances, what they refer to, and one execution at a time.
#[derive(Debug)]
pub struct Store<'a> {
    core: Core<'a>,
    prices: Prices,
    state: State,
}

/// Whether an execution is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// None is, or its results stand on the stack.
    Idle,
    /// It can be run on. The position is the one below it.
    Stopped(Position),
    /// It waits for a host function.
    Host(Position, Request),
}

/// An instance of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance(u32);

/// A function of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Func(u32);

impl Func {
    /// Its number in its store, for interfaces to other languages.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The function of this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }
}

/// Why an execution returned to its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The function has returned: see [`Store::results`].
    Finished,
    /// The guest trapped, and the execution is over.
    Trap(Trap),
    /// The fuel has run out: add some and resume, or give up.
    OutOfFuel,
    /// The guest calls the host function with this number: look at [`Store::host_slots`], write the results there, and
    /// resume.
    Host(u32),
}

impl<'a> Store<'a> {
    /// A store in these lists, which counts no fuel.
    #[must_use]
    pub fn new(lists: StoreLists<'a>) -> Self {
        let max_values = lists.values.len().saturating_sub(VALUES_SLACK);
        let max_frames = lists.frames.len();
        let mut values = Buf::lent(List::Values, lists.values);
        // All of it can be used at once: lent memory needs no growing.
        let _ = values.extend_to(max_values.saturating_add(VALUES_SLACK), 0);
        let mut frames = Buf::lent(List::Frames, lists.frames);
        let _ = frames.extend_to(max_frames, super::Frame::EMPTY);
        let mut core = Core::default();
        core.instances = Buf::lent(List::Instances, lists.instances);
        core.pool = Buf::lent(List::Indices, lists.indices);
        core.functions = Buf::lent(List::StoreFunctions, lists.functions);
        core.signatures = Signatures {
            entries: Buf::lent(List::Signatures, lists.signatures),
            types: Buf::lent(List::SignatureTypes, lists.signature_types),
            order: Buf::lent(List::SignatureOrder, lists.signature_order),
        };
        core.tables = Buf::lent(List::StoreTables, lists.tables);
        core.memories = Buf::lent(List::StoreMemories, lists.memories);
        core.globals = Buf::lent(List::StoreGlobals, lists.globals);
        core.global_types = Buf::lent(List::GlobalTypes, lists.global_types);
        core.element_pool = Buf::lent(List::References, lists.references);
        core.elements = Buf::lent(List::SegmentStates, lists.segment_states);
        core.data_dropped = Buf::lent(List::DataStates, lists.data_states);
        core.stack =
            Stack { values, frames, max_values, max_frames, position: Position::default(), slack: VALUES_SLACK };
        core.lent_memories = lists.memory_bytes.iter_mut();
        core.lent_tables = lists.table_entries.iter_mut();
        Self { core, prices: Prices::new(&FuelCosts::DEFAULT), state: State::Idle }
    }

    /// Sets the fuel that is left; `None` counts none. At first none is counted.
    pub fn set_fuel(&mut self, fuel: Option<u64>) {
        self.core.fuel = fuel;
    }

    /// The fuel that is left, if it is counted.
    #[must_use]
    pub fn fuel(&self) -> Option<u64> {
        self.core.fuel
    }

    /// A host function of this type. [`Outcome::Host`] names it by `number`, which is the caller's choice.
    ///
    /// # Errors
    /// A list is too short.
    pub fn host_function(&mut self, params: &[ValType], results: &[ValType], number: u32) -> Result<Extern, Error> {
        let signature = self.core.signatures.intern(Signature { params, results })?;
        let index = self.core.functions.len() as u32;
        self.core.functions.push(FunctionRecord { signature, instance: None, index: number })?;
        Ok(Extern { kind: ExternKind::Function, index })
    }

    /// Makes an instance with `imports` in the module's order. Its start function is left to the caller: see
    /// [`start`](Self::start).
    ///
    /// # Errors
    /// An import is missing or does not fit, a list is too short, or an active segment does not fit its memory or table.
    pub fn instantiate(&mut self, module: &'a Module<'a>, imports: &[Extern]) -> Result<Instance, Error> {
        let module = ModuleRef::Lent(&module.data);
        match self.core.instantiate(&module, imports, &self.prices) {
            Ok(instance) => Ok(Instance(instance)),
            Err(InstantiateError::Import(mismatch)) => Err(Error::Import(mismatch.import)),
            Err(InstantiateError::OutOfMemory) => Err(Error::Internal),
            Err(InstantiateError::Capacity(full)) => Err(Error::Full(full)),
            Err(InstantiateError::Trap(trap)) => Err(Error::Trap(trap)),
        }
    }

    /// The start function of an instance's module, if it has one.
    #[must_use]
    pub fn start(&self, instance: Instance) -> Option<Func> {
        let entry = self.core.instances.as_slice().get(instance.0 as usize)?;
        let start = entry.module.data().parts.start?;
        self.core.address(instance.0, ExternKind::Function, start).map(Func)
    }

    /// What an instance exports under `name`.
    #[must_use]
    pub fn export(&self, instance: Instance, name: &str) -> Option<Extern> {
        let entry = self.core.instances.as_slice().get(instance.0 as usize)?;
        let data = entry.module.data();
        let export = data.parts.export(data.bytes(), name)?;
        let index = self.core.address(instance.0, export.kind, export.index)?;
        Some(Extern { kind: export.kind, index })
    }

    /// The function that an instance exports under `name`.
    #[must_use]
    pub fn function(&self, instance: Instance, name: &str) -> Option<Func> {
        let found = self.export(instance, name)?;
        (found.kind == ExternKind::Function).then_some(Func(found.index))
    }

    /// The value of the global that an instance exports under `name`, as a slot.
    #[must_use]
    pub fn global(&self, instance: Instance, name: &str) -> Option<u64> {
        let found = self.export(instance, name)?;
        if found.kind == ExternKind::Global { self.core.globals.get(found.index as usize) } else { None }
    }

    /// The bytes of an instance's memory 0, imported or its own.
    pub fn memory(&mut self, instance: Instance) -> Option<&mut [u8]> {
        let address = self.core.address(instance.0, ExternKind::Memory, 0)?;
        let memory = self.core.memories.as_mut_slice().get_mut(address as usize)?;
        Some(memory.bytes.as_mut_slice())
    }

    /// The instance that runs, or that called the host function.
    #[must_use]
    pub fn caller(&self) -> Instance {
        Instance(self.core.stack.position.frame.instance)
    }

    /// Types of the parameters and results of a function; empty for a handle of another store.
    #[must_use]
    pub fn types(&self, function: Func) -> (&[ValType], &[ValType]) {
        let record = self.core.functions.get(function.0 as usize);
        let signature = record.map(|record| self.core.signatures.get(record.signature)).unwrap_or_default();
        (signature.params, signature.results)
    }

    /// Calls a function. Arguments are slots: numbers of 32 bits zero-extended, floats as their bits.
    ///
    /// # Errors
    /// The number of arguments is wrong, it is a host function, or of another store, or an execution is
    /// stopped.
    pub fn call(&mut self, function: Func, arguments: &[u64]) -> Result<Outcome, Error> {
        if self.state != State::Idle {
            return Err(Error::State);
        }
        let (params, _) = self.types(function);
        if params.len() != arguments.len() {
            return Err(Error::Arguments { expected: params.len() as u32 });
        }
        self.core.stack.position = Position::default();
        match self.core.begin(function.0, arguments) {
            Ok(Some(outer)) => {
                self.state = State::Stopped(outer);
                self.run(outer)
            }
            Ok(None) => {
                Err(Error::HostFunction(self.core.functions.get(function.0 as usize).map_or(0, |record| record.index)))
            }
            Err(Refusal::Trap(trap)) => Ok(Outcome::Trap(trap)),
            // All functions of these modules are validated.
            #[cfg(feature = "alloc")]
            Err(Refusal::Invalid(_)) => Err(Error::Internal),
        }
    }

    /// Goes on with an execution that ran out of fuel, or with what a host function has written to its slots.
    ///
    /// # Errors
    /// No execution is stopped.
    pub fn resume(&mut self) -> Result<Outcome, Error> {
        match self.state {
            State::Idle => Err(Error::State),
            State::Stopped(outer) => self.run(outer),
            State::Host(outer, request) => {
                self.core.complete_call(request).map_err(|_| Error::Internal)?;
                self.run(outer)
            }
        }
    }

    /// Gives up an execution that is stopped.
    pub fn give_up(&mut self) {
        if let State::Stopped(outer) | State::Host(outer, _) = self.state {
            self.core.end(outer);
            self.state = State::Idle;
        }
    }

    /// The arguments of the host function that is called; its results go to the same places, from the first on. Empty if
    /// none is.
    pub fn host_slots(&mut self) -> &mut [u64] {
        match self.state {
            State::Host(..) => self.core.host_slots().unwrap_or_default(),
            _ => &mut [],
        }
    }

    /// The results of the function that has returned, until the next call.
    #[must_use]
    pub fn results(&mut self) -> &[u64] {
        match self.state {
            State::Idle => self.core.results(),
            _ => &[],
        }
    }

    /// Where the execution stands that trapped or is stopped: the function's index in its module, and the offset of the
    /// instruction in the module's bytes.
    #[must_use]
    pub fn position(&self) -> (u32, u32) {
        let frame = self.core.stack.position.frame;
        (frame.function, frame.ip)
    }

    fn run(&mut self, outer: Position) -> Result<Outcome, Error> {
        loop {
            let exit = self.core.run(&self.prices).map_err(|_| Error::Internal)?;
            let outcome = match exit {
                Exit::Finished => Outcome::Finished,
                Exit::Trap(trap) => Outcome::Trap(trap),
                #[cfg(feature = "alloc")]
                Exit::Invalid(_) => return Err(Error::Internal),
                Exit::OutOfFuel => {
                    self.state = State::Stopped(outer);
                    return Ok(Outcome::OutOfFuel);
                }
                Exit::Host { function } => {
                    let request = self.core.request();
                    self.state = State::Host(outer, request);
                    let record = self.core.functions.get(function as usize).ok_or(Error::Internal)?;
                    return Ok(Outcome::Host(record.index));
                }
                Exit::Paused => continue,
                Exit::GrowMemory { delta, .. } | Exit::GrowTable { delta, .. } => {
                    let request = self.core.request();
                    let previous = self.core.grow(request, delta);
                    self.core.complete_grow(request, previous).map_err(|_| Error::Internal)?;
                    continue;
                }
            };
            // The position stays for `results` and `position`: the next call begins anew.
            self.state = State::Idle;
            return Ok(outcome);
        }
    }
}
