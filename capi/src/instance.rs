//! Instances in an arena, and their executions.

use crate::arena::{ALIGNMENT, Arena, Place, Plan};
use crate::count::{Counts, FUNCTION, Import, Limits};
use crate::error::{BadImport, Failure, INVALID_ARGUMENT, Status, TRAP_NONE, TrapCode, trap_code};
use crate::module::ModuleState;
use crate::signature;
use core::ffi::{CStr, c_char, c_void};
use tablature_engine::heapless::{
    Error, Extern, Frame, Func, FunctionRecord, GlobalType, Instance, InstanceEntry, MemoryInstance, Outcome,
    Reference, Segment, SignatureEntry, Store, StoreLists, TableInstance, VALUES_SLACK, ValType,
};

/// `tablature_config` of the header.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Config {
    pub stack_slots: usize,
    pub call_depth: usize,
    pub memory_bytes: usize,
    pub table_entries: usize,
}

impl Config {
    pub const DEFAULT: Self = Self { stack_slots: 1024, call_depth: 64, memory_bytes: 0, table_entries: 0 };
}

/// `tablature_callback` of the header.
pub type Callback = unsafe extern "C" fn(user: *mut c_void, instance: *mut InstanceState, slots: *mut u64) -> TrapCode;

/// `tablature_host_function` of the header.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct HostFunction {
    pub module: *const c_char,
    pub name: *const c_char,
    pub signature: *const c_char,
    pub callback: Option<Callback>,
    pub user: *mut c_void,
}

/// What an imported function is linked with.
#[derive(Debug, Clone, Copy)]
struct Link {
    callback: Option<Callback>,
    user: *mut c_void,
    /// Its results as in the binary format.
    results: &'static [u8],
}

impl Link {
    const EMPTY: Self = Self { callback: None, user: core::ptr::null_mut(), results: &[] };
}

/// Whether an execution is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Idle,
    /// It ran out of fuel.
    Stopped,
    /// The guest or a host function runs.
    Running,
}

/// `tablature_instance` of the header.
#[derive(Debug)]
pub struct InstanceState {
    pub store: Store<'static>,
    pub instance: Instance,
    pub phase: Phase,
    /// How many functions there are, of which so many are imported.
    functions: usize,
    imported_functions: usize,
    links: &'static [Link],
    /// Room for the arguments of a call.
    arguments: &'static mut [u64],
    /// How many results the execution gives.
    results: usize,
    /// Whether the execution is nothing but a host function, as a module's start function may be.
    without_guest: bool,
}

/// Where the lists of an instance go.
#[derive(Debug)]
pub struct InstancePlan {
    state: Place<InstanceState>,
    instances: Place<InstanceEntry<'static>>,
    tables: Place<TableInstance<'static>>,
    table_entries: Place<&'static mut [Reference]>,
    memories: Place<MemoryInstance<'static>>,
    memory_bytes: Place<&'static mut [u8]>,
    links: Place<Link>,
    externs: Place<Extern>,
    globals: Place<u64>,
    references: Place<Reference>,
    values: Place<u64>,
    arguments: Place<u64>,
    indices: Place<u32>,
    functions: Place<FunctionRecord>,
    signatures: Place<SignatureEntry>,
    signature_order: Place<u32>,
    segment_states: Place<Segment>,
    frames: Place<Frame>,
    global_types: Place<GlobalType>,
    signature_types: Place<ValType>,
    import_types: Place<ValType>,
    data_states: Place<bool>,
    /// Where the entries of tables and then the bytes of memories begin.
    contents: Plan,
    /// How many bytes memories take.
    pub memory_size: usize,
}

/// Slots of the value stack that constant expressions need in any case.
const LEAST_SLOTS: usize = 16;

impl InstancePlan {
    pub fn new(plan: &mut Plan, counts: &Counts, bytes: &[u8], config: &Config) -> Self {
        plan.align(ALIGNMENT);
        let stack_slots = config.stack_slots.max(LEAST_SLOTS).saturating_add(VALUES_SLACK);
        let indices = [counts.types, counts.functions, counts.tables, counts.memories, counts.globals];
        let indices = indices.into_iter().fold(0, usize::saturating_add);
        let mut places = Self {
            state: plan.take(c"instance", 1),
            instances: plan.take(c"instances", 1),
            tables: plan.take(c"tables", counts.own_tables),
            table_entries: plan.take(c"tables", counts.own_tables),
            memories: plan.take(c"memories", counts.own_memories),
            memory_bytes: plan.take(c"memories", counts.own_memories),
            links: plan.take(c"host_functions", counts.imported_functions),
            externs: plan.take(c"imports", counts.imports),
            globals: plan.take(c"globals", counts.own_globals),
            references: plan.take(c"references", counts.references),
            values: plan.take(c"values", stack_slots),
            arguments: plan.take(c"arguments", counts.most_params),
            indices: plan.take(c"indices", indices),
            functions: plan.take(c"functions", counts.functions),
            signatures: plan.take(c"signatures", counts.types),
            signature_order: plan.take(c"signatures", counts.types),
            segment_states: plan.take(c"element_segments", counts.element_segments),
            frames: plan.take(c"frames", config.call_depth),
            global_types: plan.take(c"globals", counts.own_globals),
            signature_types: plan.take(c"signature_types", counts.value_types),
            import_types: plan.take(c"signature_types", counts.most_values),
            data_states: plan.take(c"data_segments", counts.data_segments),
            contents: plan.clone(),
            memory_size: 0,
        };
        for limits in counts.table_limits(bytes) {
            table_place(plan, limits, config);
        }
        for limits in counts.memory_limits(bytes) {
            let place = memory_place(plan, limits, config);
            places.memory_size = places.memory_size.saturating_add(place.count);
        }
        places
    }

    /// # Safety
    /// That of [`Place::fill`], for all of these places.
    unsafe fn store(&self, base: *mut u8, counts: &Counts, bytes: &[u8], config: &Config) -> Store<'static> {
        // SAFETY: the caller's promise. The contents are planned a second time as the first time, to the same places.
        unsafe {
            let (tables, memories) =
                (self.table_entries.fill(base, || &mut []), self.memory_bytes.fill(base, || &mut []));
            let mut contents = self.contents.clone();
            for (table, limits) in tables.iter_mut().zip(counts.table_limits(bytes)) {
                *table = table_place(&mut contents, limits, config).fill(base, || Reference::NULL);
            }
            for (memory, limits) in memories.iter_mut().zip(counts.memory_limits(bytes)) {
                *memory = memory_place(&mut contents, limits, config).fill(base, || 0);
            }
            Store::new(StoreLists {
                instances: self.instances.fill(base, || InstanceEntry::EMPTY),
                indices: self.indices.fill(base, || 0),
                functions: self.functions.fill(base, || FunctionRecord::EMPTY),
                signatures: self.signatures.fill(base, || SignatureEntry::EMPTY),
                signature_types: self.signature_types.fill(base, || ValType::I32),
                signature_order: self.signature_order.fill(base, || 0),
                tables: self.tables.fill(base, || TableInstance::EMPTY),
                table_entries: tables,
                memories: self.memories.fill(base, || MemoryInstance::EMPTY),
                memory_bytes: memories,
                globals: self.globals.fill(base, || 0),
                global_types: self.global_types.fill(base, || GlobalType::EMPTY),
                references: self.references.fill(base, || Reference::NULL),
                segment_states: self.segment_states.fill(base, || Segment::EMPTY),
                data_states: self.data_states.fill(base, || false),
                values: self.values.fill(base, || 0),
                frames: self.frames.fill(base, || Frame::EMPTY),
            })
        }
    }
}

/// The place of a table's entries: its minimum, or as many as it may grow to.
fn table_place(plan: &mut Plan, limits: Limits, config: &Config) -> Place<Reference> {
    plan.align(ALIGNMENT);
    plan.take(c"table_entries", room(limits, config.table_entries))
}

/// The place of a memory's bytes: its minimum, or as many as it may grow to.
fn memory_place(plan: &mut Plan, limits: Limits, config: &Config) -> Place<u8> {
    plan.align(ALIGNMENT);
    plan.take(c"memory_bytes", room(limits, config.memory_bytes))
}

fn room(limits: Limits, wanted: usize) -> usize {
    let most = limits.max.map_or(usize::MAX, to_size);
    wanted.min(most).max(to_size(limits.min))
}

fn to_size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Makes an instance in what is free of an arena.
///
/// # Safety
/// The arena's free bytes may be written to, and are not used otherwise as long as the instance is. The module outlives
/// the instance. The texts of `hosts` are such.
pub unsafe fn instantiate(
    arena: &mut Arena,
    module: &'static ModuleState,
    config: &Config,
    hosts: &[HostFunction],
) -> Result<*mut InstanceState, Failure<'static>> {
    let (counts, bytes) = (&module.counts, module.bytes);
    let mut plan = Plan::new(arena);
    let places = InstancePlan::new(&mut plan, counts, bytes, config);
    plan.check()?;
    let base = arena.bytes;
    // SAFETY: the plan fits, and the bytes are the caller's to lend.
    let mut store = unsafe { places.store(base, counts, bytes, config) };
    // SAFETY: the same.
    let (links, types, arguments) = unsafe {
        (
            places.links.fill(base, || Link::EMPTY),
            places.import_types.fill(base, || ValType::I32),
            places.arguments.fill(base, || 0),
        )
    };
    let mut imports = counts.imports_of(bytes).enumerate();
    let mut next = || {
        let (index, import) = imports.next().ok_or(Failure::INTERNAL)?;
        // SAFETY: the caller's promise.
        let (host, results) = unsafe { find_host(hosts, module, index, import)? };
        let (params, _) = counts.type_of(bytes, import.ty).ok_or(Failure::INTERNAL)?;
        for (ty, byte) in types.iter_mut().zip(params.iter().chain(results)) {
            *ty = ValType::from_byte(*byte).ok_or(Failure::INTERNAL)?;
        }
        let (own, rest) = types.split_at_checked(params.len()).ok_or(Failure::INTERNAL)?;
        let own_results = rest.get(..results.len()).ok_or(Failure::INTERNAL)?;
        // All imports are functions: they have the same places among both.
        *links.get_mut(index).ok_or(Failure::INTERNAL)? = Link { callback: host.callback, user: host.user, results };
        store.host_function(own, own_results, index as u32).map_err(|error| Failure::of_engine(error, plan.end()))
    };
    // SAFETY: the plan fits, and the bytes are the caller's to lend.
    let externs = unsafe { places.externs.try_fill(base, &mut next)? };
    let instance = store.instantiate(&module.module, externs).map_err(|error| match error {
        // What is left is a constant expression that needs more of the value stack.
        Error::Internal => {
            let items = config.stack_slots.max(LEAST_SLOTS).saturating_add(1);
            let arena_bytes = plan.end().saturating_add(size_of::<u64>());
            Failure::Short(crate::arena::Short { list: c"values", items, arena_bytes })
        }
        error => Failure::of_engine(error, plan.end()),
    })?;
    let state = InstanceState {
        store,
        instance,
        phase: Phase::Idle,
        functions: counts.functions,
        imported_functions: counts.imported_functions,
        links,
        arguments,
        results: 0,
        without_guest: false,
    };
    // SAFETY: the plan has an aligned place for it inside the arena, which nothing else refers to.
    let place = unsafe { base.add(places.state.start) }.cast::<InstanceState>();
    // SAFETY: as before.
    unsafe { place.write(state) };
    arena.used = plan.end();
    Ok(place)
}

/// The host function for an import, and its results as in the binary format.
///
/// # Safety
/// The texts of `hosts` are such, or NULL.
unsafe fn find_host<'h>(
    hosts: &'h [HostFunction],
    module: &'static ModuleState,
    index: usize,
    import: Import<'static>,
) -> Result<(&'h HostFunction, &'static [u8]), Failure<'static>> {
    let bad = |found| {
        let (module, name, kind) = (import.module, import.name, import.kind);
        Failure::Import(BadImport { index, module, name, kind, found })
    };
    if import.kind != FUNCTION {
        return Err(bad(false));
    }
    let (params, results) = module.counts.type_of(module.bytes, import.ty).ok_or(Failure::INTERNAL)?;
    for host in hosts {
        if host.module.is_null() || host.name.is_null() || host.signature.is_null() || host.callback.is_none() {
            return Err(Failure::NULL);
        }
        // SAFETY: the caller's promise, and they are not NULL.
        let (own_module, own_name, own_type) =
            unsafe { (CStr::from_ptr(host.module), CStr::from_ptr(host.name), CStr::from_ptr(host.signature)) };
        if own_module.to_bytes() == import.module && own_name.to_bytes() == import.name {
            return match signature::matches(own_type.to_bytes(), params, results) {
                Some(true) => Ok((host, results)),
                Some(false) => Err(bad(true)),
                None => Err(Failure::Other(INVALID_ARGUMENT, "a host function's signature is malformed")),
            };
        }
    }
    Err(bad(false))
}

impl InstanceState {
    /// Whether this is a host function.
    pub fn is_imported(&self, index: u32) -> bool {
        (index as usize) < self.imported_functions
    }

    /// Begins with a host function that takes and gives nothing, as a module's start function.
    pub fn begin_host(&mut self, index: u32) -> Result<Outcome, Failure<'static>> {
        (self.results, self.without_guest) = (0, true);
        self.phase = Phase::Running;
        Ok(Outcome::Host(index))
    }

    /// A function that can be called, if `index` is one.
    pub fn callable(&self, index: u32) -> Result<Func, Failure<'static>> {
        match index as usize {
            index if index < self.imported_functions => {
                Err(Failure::Other(INVALID_ARGUMENT, "a host function cannot be called directly"))
            }
            index if index >= self.functions => {
                Err(Failure::Other(INVALID_ARGUMENT, "the function is not of this instance"))
            }
            _ => Ok(Func::from_number(index)),
        }
    }

    /// Whether nothing is going on, as calls require.
    pub fn require(&self, phase: Phase) -> Result<(), Failure<'static>> {
        if self.phase == phase { Ok(()) } else { Err(Failure::of_engine(Error::State, 0)) }
    }

    /// How many results the current execution gives.
    pub fn require_results(&self, count: usize) -> Result<(), Failure<'static>> {
        if self.results == count {
            Ok(())
        } else {
            Err(Failure::Other(crate::error::ARGUMENTS, "the function has another number of results"))
        }
    }

    /// Checks a call, and begins it.
    pub fn begin(&mut self, function: Func, arguments: &[u64], results: usize) -> Result<Outcome, Failure<'static>> {
        self.require(Phase::Idle)?;
        let (params, result_types) = self.store.types(function);
        self.results = result_types.len();
        if params.len() != arguments.len() {
            return Err(Failure::of_engine(Error::Arguments { expected: 0 }, 0));
        }
        for ((place, argument), ty) in self.arguments.iter_mut().zip(arguments).zip(params) {
            *place = if *ty == ValType::I32 || *ty == ValType::F32 { narrow(*argument) } else { *argument };
        }
        self.require_results(results)?;
        let arguments = self.arguments.get(..arguments.len()).ok_or(Failure::INTERNAL)?;
        self.without_guest = false;
        self.phase = Phase::Running;
        self.store.call(function, arguments).map_err(|error| self.end(error))
    }

    /// Goes on.
    pub fn go_on(&mut self) -> Result<Outcome, Failure<'static>> {
        self.phase = Phase::Running;
        self.store.resume().map_err(|error| self.end(error))
    }

    /// Ends an execution that cannot go on.
    fn end(&mut self, error: Error) -> Failure<'static> {
        self.give_up();
        Failure::of_engine(error, 0)
    }

    pub fn give_up(&mut self) {
        self.store.give_up();
        self.phase = Phase::Idle;
    }

    /// Makes the results of host functions what slots must be: 32-bit values have zeros above them.
    fn narrow_results(&mut self, results: &[u8]) {
        for (slot, ty) in self.store.host_slots().iter_mut().zip(results) {
            if signature::is_narrow(*ty) {
                *slot = narrow(*slot);
            }
        }
    }
}

fn narrow(slot: u64) -> u64 {
    slot & u64::from(u32::MAX)
}

/// Follows an execution to its end or its next stop, calling host functions.
///
/// # Safety
/// The instance is one that [`instantiate`] made, and nobody holds a reference to it; its callbacks keep what the header
/// asks of them.
pub unsafe fn drive(
    instance: *mut InstanceState,
    mut outcome: Result<Outcome, Failure<'static>>,
) -> Result<(), Failure<'static>> {
    loop {
        match outcome? {
            Outcome::Finished => {
                // SAFETY: the caller's promise; the reference ends here.
                unsafe { (*instance).phase = Phase::Idle };
                return Ok(());
            }
            Outcome::Trap(trap) => {
                // SAFETY: the same.
                let state = unsafe { &mut *instance };
                state.phase = Phase::Idle;
                return Err(Failure::Trap(trap_code(trap), state.store.position()));
            }
            Outcome::OutOfFuel => {
                // SAFETY: the same.
                let state = unsafe { &mut *instance };
                state.phase = Phase::Stopped;
                return Err(Failure::OutOfFuel(state.store.position()));
            }
            Outcome::Host(number) => {
                // SAFETY: the same.
                let (link, slots) = unsafe {
                    let state = &mut *instance;
                    (state.links.get(number as usize).copied(), state.store.host_slots().as_mut_ptr())
                };
                let Some(Link { callback: Some(callback), user, results }) = link else {
                    // SAFETY: the same.
                    unsafe { (*instance).give_up() };
                    return Err(Failure::INTERNAL);
                };
                // SAFETY: the host has promised that this is such a function. No reference to the instance is alive
                // while it runs, so that it may use the handle.
                let trap = unsafe { callback(user, instance, slots) };
                // SAFETY: the caller's promise; what the callback made of the handle has ended.
                let state = unsafe { &mut *instance };
                if trap != TRAP_NONE {
                    let position = if state.without_guest { (number, 0) } else { state.store.position() };
                    state.give_up();
                    return Err(Failure::Trap(trap, position));
                }
                state.narrow_results(results);
                outcome = if state.without_guest { Ok(Outcome::Finished) } else { state.go_on() };
            }
        }
    }
}

/// The status of something that was or was not done.
pub fn status(result: &Result<(), Failure<'_>>) -> Status {
    result.as_ref().map_or_else(Failure::status, |()| crate::error::OK)
}
