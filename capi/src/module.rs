//! Modules in an arena.

use crate::arena::{ALIGNMENT, Arena, Place, Plan};
use crate::count::Counts;
use crate::error::Failure;
use tablature_engine::ModuleErrorKind;
use tablature_engine::heapless::{
    Body, DataSegment, ElementSegment, Error, Export, Full, FunctionEntry, GlobalEntry, Import, List, MemoryType,
    Module, ModuleLists, SideEntry, TableEntry, TypeEntry, ValType, ValidationBlock, ValidationLists, WideBranch,
};

/// `tablature_module` of the header.
#[derive(Debug)]
pub struct ModuleState {
    pub module: Module<'static>,
    pub bytes: &'static [u8],
    pub counts: Counts,
}

/// Where the lists of a module go.
#[derive(Debug)]
pub struct ModulePlan {
    state: Place<ModuleState>,
    types: Place<TypeEntry>,
    value_types: Place<ValType>,
    imports: Place<Import>,
    functions: Place<FunctionEntry>,
    tables: Place<TableEntry>,
    memories: Place<MemoryType>,
    globals: Place<GlobalEntry>,
    exports: Place<Export>,
    element_segments: Place<ElementSegment>,
    data_segments: Place<DataSegment>,
    bodies: Place<Body>,
    side_table: Place<SideEntry>,
    wide_branches: Place<WideBranch>,
}

/// Where the lists of its validation go, behind.
#[derive(Debug)]
pub struct ValidationPlan {
    locals: Place<ValType>,
    blocks: Place<ValidationBlock>,
    operands: Place<ValType>,
}

impl ModulePlan {
    pub fn new(plan: &mut Plan, counts: &Counts, wide_branches: usize) -> Self {
        plan.align(ALIGNMENT);
        Self {
            state: plan.take(c"module", 1),
            types: plan.take(c"types", counts.types),
            imports: plan.take(c"imports", counts.imports),
            functions: plan.take(c"functions", counts.functions),
            tables: plan.take(c"tables", counts.tables),
            memories: plan.take(c"memories", counts.memories),
            globals: plan.take(c"globals", counts.globals),
            exports: plan.take(c"exports", counts.exports),
            element_segments: plan.take(c"element_segments", counts.element_segments),
            data_segments: plan.take(c"data_segments", counts.data_segments),
            bodies: plan.take(c"bodies", counts.bodies),
            side_table: plan.take(c"side_table", counts.side_table),
            wide_branches: plan.take(c"wide_branches", wide_branches),
            value_types: plan.take(c"value_types", counts.value_types),
        }
    }

    /// # Safety
    /// That of [`Place::fill`], for all of these places.
    unsafe fn lists(&self, base: *mut u8) -> ModuleLists<'static> {
        // SAFETY: the caller's promise.
        unsafe {
            ModuleLists {
                types: self.types.fill(base, || TypeEntry::EMPTY),
                value_types: self.value_types.fill(base, || ValType::I32),
                imports: self.imports.fill(base, || Import::EMPTY),
                functions: self.functions.fill(base, || FunctionEntry::EMPTY),
                tables: self.tables.fill(base, || TableEntry::EMPTY),
                memories: self.memories.fill(base, || MemoryType::EMPTY),
                globals: self.globals.fill(base, || GlobalEntry::EMPTY),
                exports: self.exports.fill(base, || Export::EMPTY),
                element_segments: self.element_segments.fill(base, || ElementSegment::EMPTY),
                data_segments: self.data_segments.fill(base, || DataSegment::EMPTY),
                bodies: self.bodies.fill(base, || Body::EMPTY),
                side_table: self.side_table.fill(base, || SideEntry::EMPTY),
                wide_branches: self.wide_branches.fill(base, || WideBranch::EMPTY),
            }
        }
    }
}

impl ValidationPlan {
    /// Lists in all that is left, if it is less than `counts` says of operands.
    fn in_the_rest(plan: &mut Plan, counts: &Counts) -> Self {
        let locals = plan.take(c"locals", counts.locals);
        plan.align(ALIGNMENT);
        let blocks = plan.take(c"blocks", counts.blocks);
        let operands = plan.left().min(counts.operands);
        Self { locals, blocks, operands: plan.take(c"operands", operands) }
    }

    /// Lists that are long enough in any case.
    pub fn bound(plan: &mut Plan, counts: &Counts) -> Self {
        let locals = plan.take(c"locals", counts.locals);
        plan.align(ALIGNMENT);
        let blocks = plan.take(c"blocks", counts.blocks);
        Self { locals, blocks, operands: plan.take(c"operands", counts.operands) }
    }

    /// # Safety
    /// That of [`Place::fill`], for all of these places.
    unsafe fn lists(&self, base: *mut u8) -> ValidationLists<'static> {
        // SAFETY: the caller's promise.
        unsafe {
            ValidationLists {
                locals: self.locals.fill(base, || ValType::I32),
                operands: self.operands.fill(base, || ValType::I32),
                blocks: self.blocks.fill(base, || ValidationBlock::EMPTY),
            }
        }
    }
}

/// Validates a module in what is free of an arena, and takes what the module needs of it.
///
/// # Safety
/// The arena's free bytes may be written to, and are not used otherwise as long as the module is; `bytes` stay as they
/// are for as long.
pub unsafe fn load(arena: &mut Arena, bytes: &'static [u8]) -> Result<*const ModuleState, Failure<'static>> {
    let counts = Counts::of(bytes);
    let mut wide_branches = 0;
    loop {
        let mut plan = Plan::new(arena);
        let lists = ModulePlan::new(&mut plan, &counts, wide_branches);
        let used = plan.end();
        let validation = ValidationPlan::in_the_rest(&mut plan, &counts);
        plan.check()?;
        // SAFETY: the plan fits. The bytes are the caller's to lend; lists of an attempt before are not used any more.
        let result = unsafe { Module::new(bytes, lists.lists(arena.bytes), validation.lists(arena.bytes)) };
        match result {
            Ok(module) => {
                let state = ModuleState { module, bytes, counts };
                // SAFETY: the plan has an aligned place for it inside the arena, which nothing else refers to.
                let place = unsafe { arena.bytes.add(lists.state.start) }.cast::<ModuleState>();
                // SAFETY: as before.
                unsafe { place.write(state) };
                arena.used = used;
                return Ok(place);
            }
            Err(error) => match full_list(error) {
                // They cannot be counted without types. Most modules have none, so that the second attempt is rare.
                Some(Full { list: List::WideBranches, needed }) => {
                    wide_branches = needed.max(wide_branches.saturating_mul(2));
                }
                // Operands are the last list: what is before is all there.
                _ => return Err(Failure::of_engine(error, validation.operands.start)),
            },
        }
    }
}

fn full_list(error: Error) -> Option<Full> {
    match error {
        Error::Full(full) => Some(full),
        Error::Module(error) => match error.kind() {
            ModuleErrorKind::Capacity(full) => Some(full),
            _ => None,
        },
        _ => None,
    }
}
