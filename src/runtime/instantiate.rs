//! Instantiation (specification: execution, modules), but for running the start function, which is the store's.

use super::link::{Extern, ImportMismatch, import_type};
use crate::binary::Reader;
use crate::binary::parts::{ConstExpr, ElementSegment, ExternKind, Items, Parts, SegmentMode};
use crate::buf::{self, Buf, Full, List};
use crate::exec::{
    Core, FunctionRecord, InstanceEntry, MemoryInstance, ModuleRef, PoolRange, Prices, Segment, TableInstance,
};
use crate::semantics::{Reference, range};
use crate::trap::Trap;

/// Why a module has no instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InstantiateError {
    /// An import does not fit.
    Import(ImportMismatch),
    /// There is no memory for it.
    OutOfMemory,
    /// A list in lent memory is too short.
    Capacity(Full),
    /// An active segment does not fit its memory or table.
    Trap(Trap),
}

impl From<Full> for InstantiateError {
    fn from(full: Full) -> Self {
        if full.list == List::Heap { Self::OutOfMemory } else { Self::Capacity(full) }
    }
}

impl From<Trap> for InstantiateError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

/// The next of the slices that were lent for memories or tables, with `size` copies of `item`; or a list on the heap.
fn new_list<'a, T: Copy>(
    lent: &mut core::slice::IterMut<'a, &'a mut [T]>,
    list: List,
    size: usize,
    item: T,
) -> core::result::Result<Buf<'a, T>, Full> {
    let Some(slice) = lent.next() else {
        let names_list = cfg!(not(feature = "alloc"));
        return Buf::filled(size, item).map_err(|full| if names_list { Full { list, needed: size } } else { full });
    };
    let mut items = Buf::lent(list, core::mem::take(slice));
    items.extend_to(size, item)?;
    Ok(items)
}

type Result<T> = core::result::Result<T, InstantiateError>;

impl<'a> Core<'a> {
    /// Makes an instance of `module` and initialises its memories and tables; `imports` are in the module's order.
    pub(crate) fn instantiate(&mut self, module: &ModuleRef<'a>, imports: &[Extern], prices: &Prices) -> Result<u32> {
        let parts = &module.data().parts;
        self.check_imports(parts, imports)?;
        let instance = self.instances.len() as u32;
        let entry = self.allocate(module, imports, instance)?;
        self.instances.push(entry)?;
        self.initialize_globals(parts, instance, prices)?;
        self.initialize_tables(parts, instance, prices)?;
        self.collect_elements(module, instance, prices)?;
        self.run_element_segments(parts, instance, prices)?;
        self.run_data_segments(module, instance, prices)?;
        Ok(instance)
    }

    fn check_imports(&self, parts: &Parts<'_>, imports: &[Extern]) -> Result<()> {
        for (place, import) in parts.imports.as_slice().iter().enumerate() {
            let fits = match (imports.get(place), import_type(parts, import.kind, import.index)) {
                (Some(given), Some(wanted)) => self.fits(*given, &wanted),
                _ => false,
            };
            if !fits {
                return Err(InstantiateError::Import(ImportMismatch { import: place as u32 }));
            }
        }
        Ok(())
    }

    /// Appends the store's indices of one index space to the pool: the imported ones, then `own`.
    fn map(&mut self, imports: &[Extern], kind: ExternKind, own: core::ops::Range<u32>) -> Result<PoolRange> {
        let start = self.pool.len() as u32;
        for import in imports.iter().filter(|import| import.kind == kind) {
            self.pool.push(import.index)?;
        }
        for index in own {
            self.pool.push(index)?;
        }
        let len = (self.pool.len() as u32).saturating_sub(start);
        Ok(PoolRange { start, len })
    }

    fn allocate(&mut self, module: &ModuleRef<'a>, imports: &[Extern], instance: u32) -> Result<InstanceEntry<'a>> {
        let parts = &module.data().parts;
        let types = self.map_types(parts)?;
        let functions = self.functions.len() as u32;
        for index in parts.imported_functions..parts.functions.len() as u32 {
            let signature = parts.function_signature(index).unwrap_or_default();
            let signature = self.signatures.intern(signature)?;
            self.functions.push(FunctionRecord { signature, instance: Some(instance), index })?;
        }
        let memories = self.memories.len() as u32;
        for ty in parts.memories.as_slice().iter().skip(parts.imported_memories as usize) {
            let size = ty.bytes(ty.limits.min).ok_or(Full::HEAP)?;
            let bytes = new_list(&mut self.lent_memories, List::MemoryBytes, size, 0)?;
            self.memories.push(MemoryInstance { bytes, ty: *ty })?;
        }
        let tables = self.tables.len() as u32;
        for table in parts.tables.as_slice().iter().skip(parts.imported_tables as usize) {
            if table.ty.limits.min > parts.table_entries {
                return Err(InstantiateError::OutOfMemory);
            }
            let size = usize::try_from(table.ty.limits.min).map_err(|_| Full::HEAP)?;
            let elements = new_list(&mut self.lent_tables, List::TableEntries, size, Reference::NULL)?;
            self.tables.push(TableInstance { elements, ty: table.ty })?;
        }
        let globals = self.globals.len() as u32;
        for global in parts.globals.as_slice().iter().skip(parts.imported_globals as usize) {
            self.globals.push(0)?;
            self.global_types.push(global.ty)?;
        }
        let elements = self.elements.len() as u32;
        for _ in parts.elements.as_slice() {
            self.elements.push(Segment { items: PoolRange::default(), dropped: false })?;
        }
        let data = self.data_dropped.len() as u32;
        for _ in parts.data.as_slice() {
            self.data_dropped.push(false)?;
        }
        Ok(InstanceEntry {
            module: module.clone(),
            types,
            functions: self.map(imports, ExternKind::Function, functions..self.functions.len() as u32)?,
            tables: self.map(imports, ExternKind::Table, tables..self.tables.len() as u32)?,
            memories: self.map(imports, ExternKind::Memory, memories..self.memories.len() as u32)?,
            globals: self.map(imports, ExternKind::Global, globals..self.globals.len() as u32)?,
            elements,
            data,
        })
    }

    fn map_types(&mut self, parts: &Parts<'_>) -> Result<PoolRange> {
        let start = self.pool.len() as u32;
        let len = parts.types.len() as u32;
        for index in 0..len {
            let number = self.signatures.intern(parts.signature(index).unwrap_or_default())?;
            self.pool.push(number)?;
        }
        Ok(PoolRange { start, len })
    }

    /// The store's index of something of `instance`.
    pub(crate) fn address(&self, instance: u32, kind: ExternKind, index: u32) -> Option<u32> {
        let entry = self.instances.as_slice().get(instance as usize)?;
        let map = match kind {
            ExternKind::Function => entry.functions,
            ExternKind::Table => entry.tables,
            ExternKind::Memory => entry.memories,
            ExternKind::Global => entry.globals,
        };
        map.of(self.pool.as_slice()).get(index as usize).copied()
    }

    /// The value of a constant expression that was validated.
    fn constant(&mut self, instance: u32, expr: ConstExpr, prices: &Prices) -> Result<u64> {
        Ok(self.evaluate(instance, expr, prices)?)
    }

    fn initialize_globals(&mut self, parts: &Parts<'_>, instance: u32, prices: &Prices) -> Result<()> {
        for (index, global) in parts.globals.as_slice().iter().enumerate() {
            let Some(init) = global.init else { continue };
            let value = self.constant(instance, init, prices)?;
            let address = self.address(instance, ExternKind::Global, index as u32).ok_or(Full::HEAP)?;
            *self.globals.as_mut_slice().get_mut(address as usize).ok_or(Full::HEAP)? = value;
        }
        Ok(())
    }

    fn initialize_tables(&mut self, parts: &Parts<'_>, instance: u32, prices: &Prices) -> Result<()> {
        for (index, table) in parts.tables.as_slice().iter().enumerate() {
            let Some(init) = table.init else { continue };
            let value = self.constant(instance, init, prices)?;
            let address = self.address(instance, ExternKind::Table, index as u32).ok_or(Full::HEAP)?;
            let table = self.tables.as_mut_slice().get_mut(address as usize).ok_or(Full::HEAP)?;
            table.elements.as_mut_slice().fill(Reference(value));
        }
        Ok(())
    }

    /// Evaluates the references of all element segments into the pool.
    fn collect_elements(&mut self, module: &ModuleRef<'a>, instance: u32, prices: &Prices) -> Result<()> {
        let data = module.data();
        let first = self.instances.as_slice().get(instance as usize).map_or(0, |entry| entry.elements);
        for (place, segment) in data.parts.elements.as_slice().iter().enumerate() {
            let start = self.element_pool.len() as u32;
            // A declarative segment is dropped at once: nobody can see its entries.
            if !matches!(segment.mode, SegmentMode::Declarative) {
                self.collect_segment(module, instance, segment, prices)?;
            }
            let items = PoolRange { start, len: (self.element_pool.len() as u32).saturating_sub(start) };
            let index = (first as usize).saturating_add(place);
            *self.elements.as_mut_slice().get_mut(index).ok_or(Full::HEAP)? = Segment { items, dropped: false };
        }
        Ok(())
    }

    fn collect_segment(
        &mut self,
        module: &ModuleRef<'a>,
        instance: u32,
        segment: &ElementSegment,
        prices: &Prices,
    ) -> Result<()> {
        let data = module.data();
        let bytes = data.bytes().get(..segment.span.end as usize).unwrap_or_default();
        let mut reader = Reader::new(bytes, data.features).at(segment.span.start as usize);
        for _ in 0..segment.count {
            let reference = match segment.items {
                Items::Functions => {
                    let index = reader.var_u32().map_err(|_| Full::HEAP)?;
                    Reference::from_index(self.address(instance, ExternKind::Function, index).ok_or(Full::HEAP)?)
                }
                Items::Expressions { height } => {
                    let expr = ConstExpr::read(&mut reader, height).map_err(|_| Full::HEAP)?;
                    Reference(self.constant(instance, expr, prices)?)
                }
            };
            self.element_pool.push(reference)?;
        }
        Ok(())
    }

    fn run_element_segments(&mut self, parts: &Parts<'_>, instance: u32, prices: &Prices) -> Result<()> {
        let first = self.instances.as_slice().get(instance as usize).map_or(0, |entry| entry.elements);
        for (place, segment) in parts.elements.as_slice().iter().enumerate() {
            let index = (first as usize).saturating_add(place);
            if let SegmentMode::Active { index: table, offset } = segment.mode {
                let start = self.constant(instance, offset, prices)?;
                let address = self.address(instance, ExternKind::Table, table).ok_or(Full::HEAP)?;
                let items = self.elements.get(index).ok_or(Full::HEAP)?.items;
                let source = items.of(self.element_pool.as_slice());
                let table = self.tables.as_mut_slice().get_mut(address as usize).ok_or(Full::HEAP)?;
                let elements = table.elements.as_mut_slice();
                let target =
                    range(start, source.len() as u64, elements.len()).and_then(|range| elements.get_mut(range));
                target.and_then(|target| buf::copy(target, source)).ok_or(Trap::OutOfBoundsTableAccess)?;
            }
            if !matches!(segment.mode, SegmentMode::Passive) {
                self.elements.as_mut_slice().get_mut(index).ok_or(Full::HEAP)?.dropped = true;
            }
        }
        Ok(())
    }

    fn run_data_segments(&mut self, module: &ModuleRef<'a>, instance: u32, prices: &Prices) -> Result<()> {
        let data = module.data();
        let first = self.instances.as_slice().get(instance as usize).map_or(0, |entry| entry.data);
        for (place, segment) in data.parts.data.as_slice().iter().enumerate() {
            let SegmentMode::Active { index, offset } = segment.mode else { continue };
            let start = self.constant(instance, offset, prices)?;
            let address = self.address(instance, ExternKind::Memory, index).ok_or(Full::HEAP)?;
            let source = segment.bytes.of(data.bytes());
            let memory = self.memories.as_mut_slice().get_mut(address as usize).ok_or(Full::HEAP)?;
            let bytes = memory.bytes.as_mut_slice();
            let target = range(start, source.len() as u64, bytes.len()).and_then(|range| bytes.get_mut(range));
            target.and_then(|target| buf::copy(target, source)).ok_or(Trap::OutOfBoundsMemoryAccess)?;
            let index = (first as usize).saturating_add(place);
            *self.data_dropped.as_mut_slice().get_mut(index).ok_or(Full::HEAP)? = true;
        }
        Ok(())
    }
}
