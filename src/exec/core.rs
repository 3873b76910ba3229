//! The state of a store without the embedder's part, and the loop that runs it from exit to exit.

use super::exit::{Exit, Refusal, Stop};
use super::frame::{EXPRESSION, Frame, Position, Stack};
#[cfg(feature = "register")]
use super::hand_over::HandOver;
use super::inplace;
use super::machine::Machine;
use super::prices::Prices;
use super::request::{Request, RequestKind};
use super::signatures::Signatures;
use super::state::{FunctionRecord, InstanceEntry, MemoryInstance, Segment, TableInstance, expression_body};
use crate::binary::Reader;
use crate::binary::parts::{Body, ConstExpr};
use crate::buf::{self, Buf, Full};
use crate::decode::{self, NameOpcode};
use crate::fuel::FuelClass;
use crate::semantics::Reference;
use crate::trap::Trap;
use crate::types::{GlobalType, MemoryType, Type};
use core::cell::Cell;
use core::slice;
#[cfg(all(feature = "optimize", tail_calls))]
use {alloc::sync::Arc, core::sync::atomic::AtomicBool};

/// Instances and all that they refer to, the stack of the current execution, and its fuel.
#[derive(Debug, Default)]
pub(crate) struct Core<'a> {
    pub instances: Buf<'a, InstanceEntry<'a>>,
    /// Maps of the instances: from a module's index to the store's.
    pub pool: Buf<'a, u32>,
    pub functions: Buf<'a, FunctionRecord>,
    pub signatures: Signatures<'a>,
    pub tables: Buf<'a, TableInstance<'a>>,
    pub memories: Buf<'a, MemoryInstance<'a>>,
    pub globals: Buf<'a, u64>,
    pub global_types: Buf<'a, GlobalType>,
    pub element_pool: Buf<'a, Reference>,
    pub elements: Buf<'a, Segment>,
    /// Whether each data segment has been dropped.
    pub data_dropped: Buf<'a, bool>,
    pub stack: Stack<'a>,
    /// Slices for memories and tables to come, where these are not on the heap.
    pub lent_memories: slice::IterMut<'a, &'a mut [u8]>,
    pub lent_tables: slice::IterMut<'a, &'a mut [Reference]>,
    /// Fuel that is left; nothing where it is not counted.
    pub fuel: Option<u64>,
    /// Fuel that executions have used, where it is counted.
    pub fuel_used: u64,
    /// After how much fuel the owner is asked whether to go on; nothing where it never is. Counts also where fuel is
    /// not limited.
    pub slice: Option<u64>,
    /// Whether the execution is to be interrupted, for code that looks for that itself.
    #[cfg(all(feature = "optimize", tail_calls))]
    pub interruption: Option<Arc<AtomicBool>>,
    /// What is left of the current slice.
    slice_left: u64,
    /// Whether NaNs that arithmetic gives are made canonical.
    pub canonical_nans: bool,
    /// How long functions run in place before they are translated; nothing where they always do.
    #[cfg(feature = "register")]
    pub warm_up: Option<super::register::WarmUp>,
    /// How many rounds of loops are left before one goes on in register code.
    #[cfg(feature = "register")]
    pub patience: u32,
    /// What the run costs that register code begins with, where that does not stand before it.
    #[cfg(feature = "register")]
    pub(super) entry_price: Option<u32>,
    /// Whether the probe counts as failed that finds out whether handlers jump to each other: then only loops execute.
    pub probe_fails: bool,
    /// What could not be paid where register code was handed over.
    #[cfg(feature = "register")]
    pub(super) unpaid: u64,
    /// When register code hands over to the in-place engine.
    #[cfg(feature = "register")]
    pub hand_over: HandOver,
    /// What the last exit asked for.
    request: Request,
    /// The constant expression that is being evaluated.
    expression: Option<ConstExpr>,
}

/// The state contradicts itself: a mistake of this crate, contained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Corrupt;

impl<'a> Core<'a> {
    /// Runs from the current position to the next exit.
    pub(crate) fn run(&mut self, prices: &Prices) -> Result<Exit, Corrupt> {
        loop {
            match self.run_instance(prices).ok_or(Corrupt)? {
                Stop::Finished => return Ok(Exit::Finished),
                Stop::Trap(trap) => {
                    #[cfg(feature = "register")]
                    self.settle_trap()?;
                    return Ok(Exit::Trap(trap));
                }
                #[cfg(feature = "register")]
                Stop::OutOfFuel if self.stack.position.frame.is_register() => self.hand_over_instruction(prices)?,
                #[cfg(feature = "register")]
                Stop::HandOver => {
                    self.hand_over_run()?;
                    if self.is_interrupted() {
                        return Ok(self.pause());
                    }
                }
                #[cfg(feature = "register")]
                Stop::Hot => self.enter_loop(),
                Stop::OutOfFuel => return Ok(self.out_of_fuel()),
                Stop::Reenter | Stop::Instance => {}
                Stop::Corrupt | Stop::Long | Stop::Elsewhere => return Err(Corrupt),
                #[cfg(all(feature = "optimize", tail_calls))]
                Stop::Return | Stop::Outside => return Err(Corrupt),
                Stop::StackSpace => {
                    if self.make_room().is_err() {
                        self.pay_base(prices);
                        return Ok(Exit::Trap(Trap::CallStackExhausted));
                    }
                }
                Stop::Call => {
                    if let Some(exit) = self.call_requested(prices)? {
                        return Ok(exit);
                    }
                    if self.is_interrupted() {
                        self.stand_at_entry()?;
                        return Ok(self.pause());
                    }
                }
                Stop::Grow => {
                    if let Some(exit) = self.grow_requested(prices)? {
                        return Ok(exit);
                    }
                }
            }
        }
    }

    /// Runs in the current instance; nothing if the state contradicts itself.
    fn run_instance(&mut self, prices: &Prices) -> Option<Stop> {
        let position = self.stack.position;
        let instance = self.instances.as_slice().get(position.frame.instance_index() as usize)?;
        let module = instance.module.data();
        let parts = &module.parts;
        let pool = self.pool.as_slice();
        let memory_map = instance.memories.of(pool);
        let expression: Body;
        let own = position.frame.function.wrapping_sub(parts.imported_functions);
        let body = if position.frame.function == EXPRESSION {
            let ConstExpr { span, height } = self.expression?;
            expression = expression_body(span.start, span.end, height);
            &expression
        } else {
            parts.own_body(own)?
        };
        let side_table = parts.side_table_of(own);
        let granted = self.granted();
        let (code, is_padded) = module.code();
        let memories = self.memories.as_mut_slice();
        let first = memory_map.first().map(|address| *address as usize);
        // Memory 0 is taken out for as long as the loop runs, so that it can be held beside the others.
        let mut memory = match first {
            Some(address) => core::mem::take(&mut memories.get_mut(address)?.bytes),
            None => Buf::default(),
        };
        let elements = self.elements.as_mut_slice().get_mut(instance.elements as usize..)?;
        let data_dropped = self.data_dropped.as_mut_slice().get_mut(instance.data as usize..)?;
        let usable = self.stack.usable_values();
        // A frame that is in register code goes on there, also where others are shown instruction by instruction.
        #[cfg(feature = "register")]
        let uses_register_code = self.warm_up.is_some() || position.frame.is_register();
        let mut machine = Machine {
            is_padded,
            side: side_table.entries(),
            wide: side_table.wide(),
            #[cfg(tail_calls)]
            priced: side_table.priced_entries(),
            #[cfg(tail_calls)]
            marks: side_table.marks(),
            call_entries: usize::from(side_table.is_priced()),
            bodies: parts.bodies.as_slice(),
            #[cfg(feature = "alloc")]
            lazy: parts.lazy.as_ref(),
            imported_functions: parts.imported_functions,
            stack: Cell::from_mut(self.stack.values.as_mut_slice()).as_slice_of_cells(),
            usable,
            frames: self.stack.frames.as_mut_slice(),
            position,
            types: instance.types.of(pool),
            function_map: instance.functions.of(pool),
            functions: self.functions.as_slice(),
            global_map: instance.globals.of(pool),
            globals: self.globals.as_mut_slice(),
            table_map: instance.tables.of(pool),
            tables: self.tables.as_mut_slice(),
            memory_map,
            first_memory: memory.as_mut_slice(),
            memories,
            element_pool: self.element_pool.as_slice(),
            elements,
            data: parts.data.as_slice(),
            data_dropped,
            canonical_nans: self.canonical_nans,
            fuel_reserve: granted,
            side_index: position.frame.side as usize,
            tail_calls: !self.probe_fails,
            // Not left to `Machine::of`, from where the compiler would copy it.
            #[cfg(all(feature = "optimize", tail_calls))]
            returns: const { super::register::Returns::new() },
            #[cfg(all(feature = "optimize", tail_calls))]
            interruption: self.interruption.as_deref().unwrap_or(&super::machine::NEVER),
            #[cfg(feature = "register")]
            register_code: register_code(module, position.frame),
            #[cfg(feature = "register")]
            register_functions: module.register.as_ref().filter(|_| uses_register_code),
            #[cfg(feature = "register")]
            patience: self.patience,
            #[cfg(feature = "register")]
            runs: self.hand_over.runs(position.frame, self.entry_price),
            #[cfg(feature = "register")]
            entry_price: self.entry_price.take(),
            ..Machine::of(code, body, prices)
        };
        let metered = self.fuel.is_some() || self.slice.is_some();
        let stop = run_engine(&mut machine, metered);
        let (position, left, request) = (machine.position, machine.fuel_reserve, machine.request);
        #[cfg(feature = "register")]
        let (unpaid, patience) = (machine.unpaid, machine.patience);
        self.stack.position = position;
        self.request = request;
        #[cfg(feature = "register")]
        {
            self.unpaid = unpaid;
            self.patience = patience;
        }
        let used = granted.saturating_sub(left);
        self.spend(used);
        self.slice_left = self.slice_left.saturating_sub(used);
        if let Some(address) = first {
            self.memories.as_mut_slice().get_mut(address)?.bytes = memory;
        }
        Some(stop)
    }

    /// Makes room for a call that found none.
    fn make_room(&mut self) -> Result<(), Full> {
        if self.stack.position.depth as usize >= self.stack.frames.len() {
            self.stack.reserve_frame()
        } else {
            let more = self.stack.usable_values().saturating_add(1);
            self.stack.reserve_values(more)
        }
    }

    /// The price of the instruction at the current position.
    pub(super) fn base_price(&self, prices: &Prices) -> u64 {
        let frame = self.stack.position.frame;
        let instance = self.instances.as_slice().get(frame.instance_index() as usize);
        let offset = self.offset_of(&frame, true);
        let opcode = instance.and_then(|instance| {
            let module = instance.module.data();
            let mut reader = Reader::new(module.bytes(), module.features).at(offset as usize);
            decode::instruction(&mut reader, &mut NameOpcode).ok()
        });
        opcode.map_or(0, |opcode| u64::from(prices.of(opcode)))
    }

    /// What may be used up before the next exit.
    pub(super) fn granted(&self) -> u64 {
        let slice = self.slice.map_or(u64::MAX, |_| self.slice_left);
        self.fuel.unwrap_or(u64::MAX).min(slice)
    }

    /// Fuel was used; what is not there is forgiven.
    fn spend(&mut self, amount: u64) {
        if let Some(fuel) = &mut self.fuel {
            *fuel = fuel.saturating_sub(amount);
            self.fuel_used = self.fuel_used.saturating_add(amount);
        }
    }

    /// What was granted has run out: all of the fuel, or the slice. A slice that cannot pay for a single instruction
    /// grows with each question.
    fn out_of_fuel(&mut self) -> Exit {
        match self.slice {
            Some(slice) if self.fuel.is_none_or(|fuel| fuel > self.slice_left) => {
                self.slice_left = self.slice_left.saturating_add(slice);
                self.pause()
            }
            _ => Exit::OutOfFuel,
        }
    }

    /// Asks the owner whether to go on.
    fn pause(&mut self) -> Exit {
        // What register code has handed over goes on there at the next loop.
        #[cfg(feature = "register")]
        if self.warm_up.is_some() {
            self.patience = 0;
        }
        Exit::Paused
    }

    /// Fuel was paid for what did not happen.
    pub(super) fn refund(&mut self, amount: u64) {
        if let Some(fuel) = &mut self.fuel {
            *fuel = fuel.saturating_add(amount);
            self.fuel_used = self.fuel_used.saturating_sub(amount);
        }
        self.slice_left = self.slice_left.saturating_add(amount);
    }

    /// Pays again for an instruction that was refunded to be executed once more, and traps instead.
    fn pay_base(&mut self, prices: &Prices) {
        self.spend(self.base_price(prices));
    }

    /// Pays the variable part of a price, or gives the base back and says that the fuel has run out.
    fn pay_variable(&mut self, prices: &Prices, price: u64) -> bool {
        let Some(fuel) = self.fuel else { return true };
        if fuel >= price {
            self.spend(price);
            return true;
        }
        let base = self.base_price(prices);
        self.refund(base);
        false
    }

    /// Calls the requested function: enters it, or leaves it to the host.
    fn call_requested(&mut self, prices: &Prices) -> Result<Option<Exit>, Corrupt> {
        let request = self.request;
        let record = self.functions.get(request.index as usize).ok_or(Corrupt)?;
        let signature = self.signatures.get(record.signature);
        let (params, results) = (signature.params.len(), signature.results.len());
        let arguments = self.stack.end().checked_sub(request.consumed as usize).ok_or(Corrupt)?;
        let arguments = arguments.checked_sub(params).ok_or(Corrupt)?;
        let Some(instance) = record.instance else {
            if self.stack.reserve_values(arguments.saturating_add(results.max(params)).saturating_add(1)).is_err() {
                return Ok(Some(Exit::Trap(Trap::CallStackExhausted)));
            }
            return Ok(Some(Exit::Host { function: request.index }));
        };
        let body = match self.validated(instance, record.index) {
            Ok(body) => body.ok_or(Corrupt)?,
            Err(refusal) => return Ok(Some(refusal.into())),
        };
        let is_tail_call = cfg!(feature = "tail-call") && request.kind == RequestKind::TailCall;
        let base = if is_tail_call { self.stack.position.frame.base as usize } else { arguments };
        let has_room = (is_tail_call || self.stack.reserve_frame().is_ok()) && self.reserve(&body, base).is_ok();
        if !has_room {
            return Ok(Some(Exit::Trap(Trap::CallStackExhausted)));
        }
        let price = prices.of_amount(FuelClass::Call, u64::from(body.locals));
        if !self.pay_variable(prices, price) {
            #[cfg(feature = "register")]
            self.stand_at_instruction()?;
            return Ok(Some(Exit::OutOfFuel));
        }
        if is_tail_call {
            let values = self.stack.values.as_mut_slice();
            buf::copy_within(values, arguments..arguments.saturating_add(params), base).ok_or(Corrupt)?;
        } else {
            let position = &mut self.stack.position;
            let record = Frame { ip: request.next, side: request.next_side, ..position.frame };
            *self.stack.frames.as_mut_slice().get_mut(position.depth as usize).ok_or(Corrupt)? = record;
            position.depth = position.depth.saturating_add(1);
        }
        let entered = self.enter(instance, record.index, &body, base);
        Ok(entered.is_err().then_some(Exit::Trap(Trap::CallStackExhausted)))
    }

    /// The body of function `index` of the module of `instance`, which is validated now if it was not.
    fn validated(&self, instance: u32, index: u32) -> Result<Option<Body>, Refusal> {
        #[cfg(feature = "alloc")]
        if let Some(instance) = self.instances.as_slice().get(instance as usize) {
            return instance.module.data().validated(index).map_err(Refusal::Invalid);
        }
        Ok(self.body_of(instance, index))
    }

    /// The same of a function that was validated.
    fn body_of(&self, instance: u32, index: u32) -> Option<Body> {
        self.instances.as_slice().get(instance as usize)?.module.data().parts.body(index)
    }

    /// Makes room for the frame of a function whose arguments are at slot `base`.
    fn reserve(&mut self, body: &Body, base: usize) -> Result<(), Full> {
        self.stack.reserve_values(base.saturating_add(body.frame as usize))
    }

    /// Stands at the first instruction of a function whose arguments are at slot `base`.
    fn enter(&mut self, instance: u32, function: u32, body: &Body, base: usize) -> Result<(), Full> {
        self.reserve(body, base)?;
        let locals = base.saturating_add(body.params as usize)..base.saturating_add(body.locals as usize);
        self.stack.values.as_mut_slice().get_mut(locals).ok_or(Full::HEAP)?.fill(0);
        let frame = Frame { instance, function, ip: body.start, side: body.side, base: base as u32 };
        #[cfg(feature = "register")]
        let frame = self.in_register_code(frame);
        let position = &mut self.stack.position;
        *position = Position { frame, height: body.locals, ..*position };
        Ok(())
    }

    /// Begins an execution on top of what stands on the stack: calls the store's function `function`.
    ///
    /// Returns the position to give to [`end`](Self::end) afterwards; or nothing if it is a host function, which the
    /// owner calls itself.
    pub(crate) fn begin(&mut self, function: u32, arguments: &[u64]) -> Result<Option<Position>, Refusal> {
        let none = Refusal::Trap(Trap::CallStackExhausted);
        let exhausted = |_| none;
        let record = self.functions.get(function as usize).ok_or(none)?;
        let Some(instance) = record.instance else { return Ok(None) };
        let Some(body) = self.validated(instance, record.index)? else { return Ok(None) };
        let outer = self.stack.position;
        let base = self.stack.end().max(1);
        self.stack.reserve_values(base.saturating_add(arguments.len()).saturating_add(1)).map_err(exhausted)?;
        let slots = self.stack.values.as_mut_slice().get_mut(base..base.saturating_add(arguments.len()));
        slots.and_then(|slots| buf::copy(slots, arguments)).ok_or(none)?;
        self.stack.position.floor = outer.depth;
        if let Err(error) = self.enter(instance, record.index, &body, base) {
            self.stack.position = outer;
            return Err(exhausted(error));
        }
        Ok(Some(outer))
    }

    /// The results of the execution that has finished.
    pub(crate) fn results(&mut self) -> &mut [u64] {
        let height = self.stack.position.height as usize;
        self.stack.top(height).unwrap_or_default()
    }

    /// Forgets the current execution and stands where the one below does.
    pub(crate) fn end(&mut self, outer: Position) {
        self.stack.position = outer;
    }

    /// The slots of the arguments of the requested host call, which are those of its results, too: as many as there
    /// are of either.
    pub(crate) fn host_slots(&mut self) -> Option<&mut [u64]> {
        let record = self.functions.get(self.request.index as usize)?;
        let signature = self.signatures.get(record.signature);
        let (params, results) = (signature.params.len(), signature.results.len());
        let start = self.stack.end().checked_sub(self.request.consumed as usize)?.checked_sub(params)?;
        self.stack.values.as_mut_slice().get_mut(start..start.checked_add(params.max(results))?)
    }

    /// Goes on after the requested host call, whose results stand in its slots.
    pub(crate) fn complete_call(&mut self, request: Request) -> Result<(), Corrupt> {
        let record = self.functions.get(request.index as usize).ok_or(Corrupt)?;
        let signature = self.signatures.get(record.signature);
        let gone = (signature.params.len() as u32).checked_add(request.consumed).ok_or(Corrupt)?;
        let results = signature.results.len() as u32;
        let height = self.stack.position.height.checked_sub(gone).ok_or(Corrupt)?;
        let ip = if cfg!(feature = "tail-call") && request.kind == RequestKind::TailCall {
            let frame = &mut self.stack.position.frame;
            frame.instance = frame.instance_index();
            let frame = *frame;
            self.body_of(frame.instance, frame.function).ok_or(Corrupt)?.end
        } else {
            request.next
        };
        self.stack.position.height = height.checked_add(results).ok_or(Corrupt)?;
        let frame = &mut self.stack.position.frame;
        (frame.ip, frame.side) = (ip, request.next_side);
        Ok(())
    }

    /// What the last exit asked for, to be handed back when it is done: host functions may run this core meanwhile.
    pub(crate) fn request(&self) -> Request {
        self.request
    }

    /// Takes up what an exit asked for, and what was put off since.
    pub(crate) fn set_request(&mut self, request: Request) {
        self.request = request;
    }

    /// Checks a `grow` against the maximum and pays for it.
    fn grow_requested(&mut self, prices: &Prices) -> Result<Option<Exit>, Corrupt> {
        let index = self.request.index;
        let delta = *self.stack.top(1).and_then(|top| top.first()).ok_or(Corrupt)?;
        let place = index as usize;
        let (current, max, class, amount, exit) = if self.request.kind == RequestKind::GrowMemory {
            let memory = self.memories.as_slice().get(place).ok_or(Corrupt)?;
            let (size, most) = (memory.ty.pages(memory.bytes.len()), memory.ty.most());
            // Priced by what ordinary pages would be.
            let ordinary = delta >> MemoryType::PAGE_SIZE_LOG2.saturating_sub(memory.ty.page_size_log2);
            (size, most, FuelClass::Grow, ordinary, Exit::GrowMemory { memory: index, delta })
        } else {
            let table = self.tables.as_slice().get(place).ok_or(Corrupt)?;
            let max = table.ty.limits.max.unwrap_or(u64::from(u32::MAX));
            (table.elements.len() as u64, max, FuelClass::GrowTable, delta, Exit::GrowTable { table: index, delta })
        };
        if current.checked_add(delta).is_none_or(|size| size > max) {
            self.complete_grow(self.request, None)?;
            return Ok(None);
        }
        if !self.pay_variable(prices, prices.of_amount(class, amount)) {
            #[cfg(feature = "register")]
            self.stand_at_instruction()?;
            return Ok(Some(Exit::OutOfFuel));
        }
        Ok(Some(exit))
    }

    /// Grows the requested memory or table; nothing if there is no memory for it. Returns the size before.
    pub(crate) fn grow(&mut self, request: Request, delta: u64) -> Option<u64> {
        if request.kind == RequestKind::GrowMemory {
            let memory = self.memories.as_mut_slice().get_mut(request.index as usize)?;
            memory.grow(delta)
        } else {
            let value = *self.stack.top(2)?.first()?;
            let table = self.tables.as_mut_slice().get_mut(request.index as usize)?;
            table.grow(delta, Reference(value))
        }
    }

    /// Goes on after a `grow`: `previous` is the size before, or nothing where it was refused.
    pub(crate) fn complete_grow(&mut self, request: Request, previous: Option<u64>) -> Result<(), Corrupt> {
        let place = request.index as usize;
        let (address, operands) = if request.kind == RequestKind::GrowMemory {
            (self.memories.as_slice().get(place).ok_or(Corrupt)?.ty.address, 1)
        } else {
            (self.tables.as_slice().get(place).ok_or(Corrupt)?.ty.address, 2)
        };
        let refused = if address == Type::I64 { u64::MAX } else { u64::from(u32::MAX) };
        *self.stack.top(operands).and_then(<[u64]>::first_mut).ok_or(Corrupt)? = previous.unwrap_or(refused);
        let position = &mut self.stack.position;
        position.height = position.height.saturating_sub(operands as u32).saturating_add(1);
        position.frame.ip = request.next;
        Ok(())
    }

    /// The value of a constant expression in `instance`. One that was validated can fail only where there is no room for
    /// its operands.
    pub(crate) fn evaluate(&mut self, instance: u32, expr: ConstExpr, prices: &Prices) -> Result<u64, Full> {
        let outer = self.stack.position;
        let base = self.stack.end().max(1);
        let room = base.saturating_add(expr.height as usize).saturating_add(2);
        self.stack.reserve_values(room)?;
        let frame = Frame { instance, function: EXPRESSION, ip: expr.span.start, side: 0, base: base as u32 };
        self.stack.position = Position { frame, height: 0, floor: outer.depth, depth: outer.depth };
        self.expression = Some(expr);
        let (fuel, slice) = (self.fuel.take(), self.slice.take());
        let exit = self.run(prices);
        (self.fuel, self.slice) = (fuel, slice);
        self.expression = None;
        let value = self.results().first().copied();
        self.stack.position = outer;
        match (exit, value) {
            (Ok(Exit::Finished), Some(value)) => Ok(value),
            _ => Err(Full::HEAP),
        }
    }
}

/// Runs the engine of the current frame.
fn run_engine(machine: &mut Machine<'_, '_>, metered: bool) -> Stop {
    #[cfg(feature = "register")]
    if machine.position.frame.is_register() {
        return super::register::run(machine, metered);
    }
    inplace::run(machine, metered)
}

/// The register code of a frame's function; nothing where the frame runs in place.
#[cfg(feature = "register")]
fn register_code<'m>(module: &'m super::state::ModuleData<'_>, frame: Frame) -> &'m [u8] {
    let own = frame.function.wrapping_sub(module.parts.imported_functions);
    let functions = module.register.as_ref().filter(|_| frame.is_register());
    functions.and_then(|functions| functions.code(own)).unwrap_or_default()
}

impl MemoryInstance<'_> {
    /// Grows by `delta` pages; nothing if there is no memory for it. Returns the size before, in pages.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u64> {
        let size = self.bytes.len();
        self.bytes.extend_to(size.checked_add(self.ty.bytes(delta)?)?, 0).ok()?;
        Some(self.ty.pages(size))
    }
}

impl TableInstance<'_> {
    /// Grows by `delta` entries of `value`; nothing if there is no memory for it. Returns the size before.
    pub(crate) fn grow(&mut self, delta: u64, value: Reference) -> Option<u64> {
        let size = self.elements.len();
        self.elements.extend_to(size.checked_add(usize::try_from(delta).ok()?)?, value).ok()?;
        Some(size as u64)
    }
}
