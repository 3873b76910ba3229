//! Calls that show every instruction before it is executed: for debuggers and traces.

use super::Instruction;
use super::drive::RecentCalls;
use super::func::{from_slots, to_slots};
use super::store::internal;
use super::{AsContextMut, CallHook, Error, Func, FuncType, Result, Store, Val, ValType};
use crate::binary::Reader;
use crate::binary::parts::{Body, ExternKind};
use crate::decode::{self, NameOpcode};
use crate::exec::{EXPRESSION, Exit, Frame, ModuleData};
use crate::opcode::{Flow, Opcode};
use crate::text::IndexSpace;
use crate::types::Type;
use crate::validate::types_at;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

/// An instruction that is about to be executed: see [`Func::call_stepping`]. Its text is what
/// [`Display`](fmt::Display) writes.
pub struct Step<'s, T> {
    store: &'s Store<T>,
    data: &'s ModuleData<'s>,
    instruction: Instruction<'s>,
    frame: Frame,
    body: Body,
    /// Parameters, locals and operands.
    slots: &'s [u64],
    depth: u32,
    types: &'s Types,
}

/// The types of the operands at instructions that were looked at, by instance and offset.
type Types = RefCell<BTreeMap<(u32, u32), Vec<Type>>>;

impl Func {
    /// Calls it, and shows `observer` every instruction that costs fuel before it is executed: all but those that only
    /// delimit blocks, unless [`FuelCosts`](crate::FuelCosts) say otherwise. The fuel that is left is the same as after
    /// [`call`](Self::call). What a host function calls is not shown.
    ///
    /// ```
    /// use tablature::{Engine, Instance, Module, Store, Val};
    ///
    /// let engine = Engine::default();
    /// // (module (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    /// let module = Module::new(&engine, b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x02\x01\0\
    ///     \x07\x07\x01\x03add\0\0\x0a\x09\x01\x07\0\x20\0\x41\x01\x6a\x0b")?;
    /// let mut store = Store::new(&engine, ());
    /// let add = Instance::new(&mut store, &module, &[])?.get_func(&store, "add").unwrap();
    ///
    /// let (mut lines, mut results) = (Vec::new(), [Val::I32(0)]);
    /// add.call_stepping(&mut store, &[Val::I32(41)], &mut results, |step| {
    ///     lines.push(format!("{step}, operands {:?}", step.operands()));
    ///     Ok(())
    /// })?;
    /// assert_eq!(results[0], Val::I32(42));
    /// assert_eq!(lines, [
    ///     "local.get 0, operands []",
    ///     "i32.const 1, operands [I32(41)]",
    ///     "i32.add, operands [I32(41), I32(1)]",
    /// ]);
    /// # Ok::<(), tablature::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`call`](Self::call); an error of `observer` ends the call.
    pub fn call_stepping<T>(
        &self,
        mut store: impl AsContextMut<Data = T>,
        params: &[Val],
        results: &mut [Val],
        mut observer: impl FnMut(&Step<'_, T>) -> Result<()>,
    ) -> Result<()> {
        let store = store.as_context_mut();
        let ty = self.checked_type(store)?;
        if results.len() != ty.results().len() {
            return Err(Error::msg(format!("expected {} results, found {}", ty.results().len(), results.len())));
        }
        let slots = to_slots(store, &ty, params)?;
        let function = store.inner.own_index(self.0)?;
        store.inner.suspensions.collect();
        let arguments = slots.get(..params.len()).unwrap_or_default();
        // Only the in-place engine knows every instruction.
        #[cfg(feature = "register")]
        let warm_up = store.inner.core.warm_up.take();
        let begun = store.inner.core.begin(function, arguments);
        let Ok(Some(outer)) = begun else {
            #[cfg(feature = "register")]
            {
                store.inner.core.warm_up = warm_up;
            }
            begun?;
            return self.call(store, params, results);
        };
        let fuel = store.inner.core.fuel;
        let mut stepper = Stepper { budget: fuel, types: Types::default() };
        store.inner.guest_calls = store.inner.guest_calls.wrapping_add(1);
        let ended = store.hook(CallHook::CallingWasm).and_then(|()| stepper.run(store, &mut observer));
        store.inner.core.fuel = fuel.and(stepper.budget);
        #[cfg(feature = "register")]
        {
            store.inner.core.warm_up = warm_up;
        }
        let ended = store.hook(CallHook::ReturningFromWasm).and(ended);
        let ended = match ended {
            Ok(()) => {
                let slots = store.inner.core.results().to_vec();
                from_slots(store, ty.results(), &slots, results);
                Ok(())
            }
            Err(error) => Err(store.locate(error)),
        };
        store.inner.core.end(outer);
        ended
    }
}

/// Runs a call from one instruction to the next, by giving it as much fuel as each costs.
struct Stepper {
    /// Fuel that is left, beside what the guest was given for the current instruction; nothing where it is not counted.
    budget: Option<u64>,
    types: Types,
}

/// How far an execution has come.
#[derive(PartialEq)]
enum Progress {
    Finished,
    /// It stands before an instruction that costs something.
    Stopped,
    /// It did nothing, because it was given too little.
    Short,
}

impl Stepper {
    /// Runs the current execution to its end.
    fn run<T>(&mut self, store: &mut Store<T>, observer: &mut impl FnMut(&Step<'_, T>) -> Result<()>) -> Result<()> {
        if store.take_interruption() {
            return Err(Error::interrupted());
        }
        // Without fuel it comes as far as instructions are free.
        let mut progress = self.advance(store, 0)?;
        while progress != Progress::Finished {
            let step = Step::new(store, &self.types).ok_or_else(internal)?;
            observer(&step)?;
            let mut grant = step.likely_price();
            progress = loop {
                if self.budget.is_some_and(|budget| budget < grant) {
                    return Err(Error::out_of_fuel());
                }
                match self.advance(store, grant)? {
                    Progress::Short => grant = grant.saturating_add(1),
                    other => break other,
                }
            };
        }
        Ok(())
    }

    /// Runs with `grant` units of fuel until they are used up.
    fn advance<T>(&mut self, store: &mut Store<T>, grant: u64) -> Result<Progress> {
        store.inner.core.fuel = Some(grant);
        let mut left = grant;
        loop {
            let exit = resume(store);
            let now = store.inner.core.fuel.unwrap_or_default();
            self.budget = self.budget.map(|budget| budget.saturating_sub(left.saturating_sub(now)));
            left = now;
            match exit? {
                Exit::Finished => return Ok(Progress::Finished),
                Exit::Trap(trap) => return Err(trap.into()),
                Exit::Invalid(error) => return Err(error.into()),
                _ if store.take_interruption() => {
                    return Err(Error::interrupted());
                }
                Exit::OutOfFuel if grant > 0 && left == grant => return Ok(Progress::Short),
                Exit::OutOfFuel => return Ok(Progress::Stopped),
                Exit::Paused => {}
                Exit::Host { function } => {
                    // The function, and guests that it calls, have the fuel that is really there.
                    store.inner.core.fuel = self.budget;
                    let request = store.inner.core.request();
                    let outcome = store.answer_host_call(&mut RecentCalls::default(), function, request);
                    self.budget = store.inner.core.fuel;
                    store.inner.core.fuel = Some(left);
                    outcome?;
                }
                Exit::GrowMemory { delta, .. } | Exit::GrowTable { delta, .. } => store.answer_grow(delta)?,
            }
        }
    }
}

fn resume<T>(store: &mut Store<T>) -> Result<Exit> {
    store.inner.core.run(store.inner.engine.prices()).map_err(|_| internal())
}

impl<'s, T> Step<'s, T> {
    fn new(store: &'s Store<T>, types: &'s Types) -> Option<Self> {
        let core = &store.inner.core;
        let position = core.stack.position;
        let frame = position.frame;
        if frame.function == EXPRESSION {
            return None;
        }
        let data = core.instances.as_slice().get(frame.instance as usize)?.module.data();
        let body = data.parts.body(frame.function)?;
        let slots = core.stack.values.as_slice().get(frame.base as usize..core.stack.end())?;
        let mut reader = Reader::new(data.bytes(), data.features).at(frame.ip as usize);
        let opcode = decode::instruction(&mut reader, &mut NameOpcode).ok()?;
        let (offset, end) = (frame.ip, reader.offset() as u32);
        let operands = position.height.saturating_sub(body.locals);
        let instruction = Instruction { data, opcode, offset, end, operands, depth: 0, reachable: true };
        let depth = position.depth.saturating_sub(position.floor);
        Some(Self { store, data, instruction, frame, body, slots, depth, types })
    }

    /// What the instruction will probably cost: work that varies is paid for by the operand on top of the stack.
    fn likely_price(&self) -> u64 {
        let (prices, opcode) = (self.store.inner.engine.prices(), self.opcode());
        let base = u64::from(prices.of(opcode));
        let varies = matches!(opcode.info().transitions.flow, Flow::Next | Flow::Need);
        let top = self.slots.last().copied().unwrap_or_default();
        base.saturating_add(if varies { prices.variable(opcode, top) } else { 0 }).max(1)
    }

    /// Which instruction it is.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        self.instruction.opcode()
    }

    /// Where it stands, in bytes from the module's start.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.frame.ip
    }

    /// What of the module or function it names by index.
    pub fn indices(&self) -> impl Iterator<Item = (IndexSpace, u32)> + use<T> {
        self.instruction.indices()
    }

    /// The module's name, if its name section gives one.
    #[must_use]
    pub fn module_name(&self) -> Option<&str> {
        self.data.parts.module_name.map(|name| name.text(self.data.bytes()))
    }

    /// The index of its function in the module.
    #[must_use]
    pub fn func_index(&self) -> u32 {
        self.frame.function
    }

    /// Whether it is the first instruction of its function, so that [`locals`](Self::locals) begin with the arguments.
    #[must_use]
    pub fn is_first(&self) -> bool {
        let mut reader = Reader::new(self.data.bytes(), self.data.features).at(self.body.start as usize);
        // What begins blocks is free, and was passed already.
        while (reader.offset() as u32) < self.frame.ip {
            let opcode = decode::instruction(&mut reader, &mut NameOpcode);
            if opcode.map_or(true, |opcode| opcode.info().transitions.flow != Flow::Block) {
                return false;
            }
        }
        true
    }

    /// How many calls inside each other there are, from 0 for the function that was called.
    #[must_use]
    pub fn call_depth(&self) -> u32 {
        self.depth
    }

    /// The values of the function's parameters and locals.
    #[must_use]
    pub fn locals(&self) -> Vec<Val> {
        let types =
            types_at(self.data.bytes(), &self.data.parts, self.data.features, self.frame.function, self.body.start);
        let types = types.ok().flatten().map(|types| types.locals).unwrap_or_default();
        self.values(&types, self.slots)
    }

    /// The values of the operands, deepest first.
    #[must_use]
    pub fn operands(&self) -> Vec<Val> {
        let operands = self.slots.get(self.body.locals as usize..).unwrap_or_default();
        let mut known = self.types.borrow_mut();
        let types = known.entry((self.frame.instance, self.frame.ip)).or_insert_with(|| {
            let types =
                types_at(self.data.bytes(), &self.data.parts, self.data.features, self.frame.function, self.frame.ip);
            types.ok().flatten().map(|types| types.operands).unwrap_or_default()
        });
        self.values(types, operands)
    }

    fn values(&self, types: &[Type], slots: &[u64]) -> Vec<Val> {
        let typed = types.iter().zip(slots);
        typed.map(|(ty, slot)| Val::from_slot(*slot, ValType::from_internal(*ty), &self.store.inner)).collect()
    }

    /// The name of function `index` of the module: the name section's, or else its import's (`module.name`) or export's.
    #[must_use]
    pub fn function_name(&self, index: u32) -> Option<String> {
        let (parts, bytes) = (&self.data.parts, self.data.bytes());
        if let Some(name) = parts.function_name(index) {
            return Some(name.text(bytes).to_string());
        }
        let is_it = |kind: ExternKind, other: u32| kind == ExternKind::Function && other == index;
        if let Some(import) = parts.imports.as_slice().iter().find(|import| is_it(import.kind, import.index)) {
            return Some(format!("{}.{}", import.module.text(bytes), import.name.text(bytes)));
        }
        let export = parts.exports.as_slice().iter().find(|export| is_it(export.kind, export.index))?;
        Some(export.name.text(bytes).to_string())
    }

    /// The type of function `index` of the module.
    #[must_use]
    pub fn function_type(&self, index: u32) -> Option<FuncType> {
        self.data.parts.function_signature(index).map(FuncType::from_internal)
    }

    /// The host function that it calls by its index in the module.
    #[must_use]
    pub fn host_callee(&self) -> Option<u32> {
        if self.opcode().info().transitions.flow != Flow::Call {
            return None;
        }
        let (_, index) = self.indices().find(|(space, _)| *space == IndexSpace::Function)?;
        let core = &self.store.inner.core;
        let function = core.address(self.frame.instance, ExternKind::Function, index)?;
        core.functions.get(function as usize)?.instance.is_none().then_some(index)
    }

    /// The store, as it is before the instruction.
    #[must_use]
    pub fn store(&self) -> &'s Store<T> {
        self.store
    }
}

impl<T> fmt::Display for Step<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instruction.fmt(f)
    }
}

impl<T> fmt::Debug for Step<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function {} at 0x{:x}: {self}", self.frame.function, self.frame.ip)
    }
}
