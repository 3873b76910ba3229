//! The current instance as the in-place engine sees it.

use super::exit::Stop;
use super::frame::{Frame, Position};
use super::prices::Prices;
use super::registers::{CodeCursor, FrameWindow, FuelCounter, Mode, Registers};
use super::request::Request;
use super::state::{FunctionRecord, MemoryInstance, PoolRange, Segment, TableInstance};
use crate::binary::parts::{Body, DataSegment};
use crate::semantics::{Dropped, Pair, Reference};
#[cfg(feature = "alloc")]
use crate::validate::LazyBodies;
#[cfg(tail_calls)]
use crate::validate::{Mark, PricedEntry};
use crate::validate::{SideEntry, WideBranch};
use core::cell::Cell;
#[cfg(all(feature = "optimize", tail_calls))]
use core::sync::atomic::{AtomicBool, Ordering};

/// What instructions work on beside the registers.
pub(crate) struct Machine<'m, 'a> {
    /// The module's bytes, and perhaps `PADDING` bytes behind them.
    pub code: &'m [u8],
    /// Whether there are.
    pub is_padded: bool,
    /// The side table of the module, or of the current function, and its wide entries.
    pub side: &'m [SideEntry],
    pub wide: &'m [WideBranch],
    /// The side table, where fuel is counted by sums.
    #[cfg(tail_calls)]
    pub priced: &'m [PricedEntry],
    #[cfg(tail_calls)]
    pub marks: &'m [Mark],
    /// How many entries of the side table belong to an instruction that enters or leaves a function: one where fuel is counted
    /// by sums.
    pub call_entries: usize,
    /// Empty where functions are validated when they are first called.
    pub bodies: &'m [Body],
    /// The module's functions where they are validated when they are first called: each has a side table of its own.
    #[cfg(feature = "alloc")]
    pub lazy: Option<&'m LazyBodies>,
    pub imported_functions: u32,
    /// The current function.
    pub body: &'m Body,
    /// Where the host has what follows the current function's last `end`.
    pub end_address: usize,
    /// The whole value stack.
    pub stack: &'m [Cell<u64>],
    /// How many of its slots frames may use.
    pub usable: usize,
    pub frames: &'m mut [Frame],
    /// Where execution stands; the registers' part of it is up to date only outside of the loop.
    pub position: Position,
    pub types: &'m [u32],
    pub function_map: &'m [u32],
    pub functions: &'m [FunctionRecord],
    pub global_map: &'m [u32],
    pub globals: &'m mut [u64],
    pub table_map: &'m [u32],
    pub tables: &'m mut [TableInstance<'a>],
    pub memory_map: &'m [u32],
    /// The bytes of memory 0, which is not among the memories while the engine runs.
    pub first_memory: &'m mut [u8],
    pub memories: &'m mut [MemoryInstance<'a>],
    pub element_pool: &'m [Reference],
    pub elements: &'m mut [Segment],
    pub data: &'m [DataSegment],
    pub data_dropped: &'m mut [bool],
    pub prices: &'m Prices,
    /// Whether NaNs that arithmetic gives are made canonical.
    pub canonical_nans: bool,
    /// Fuel that the registers do not hold.
    pub fuel_reserve: u64,
    /// The next entry of the side table.
    pub side_index: usize,
    /// Why the engine stopped.
    #[cfg_attr(not(tail_calls), allow(dead_code, reason = "the handlers' alone"))]
    pub stop: Stop,
    /// Where the host's stack stood when the handlers stopped.
    #[cfg_attr(not(tail_calls), allow(dead_code, reason = "the handlers' alone"))]
    pub host_stack: usize,
    /// Whether functions of small frames are run by handlers that jump to each other.
    #[cfg_attr(not(tail_calls), allow(dead_code, reason = "the handlers' alone"))]
    pub tail_calls: bool,
    /// What the instruction that stopped the loop asks for.
    pub request: Request,
    /// Registers for a function that must not get their address.
    pub aside: Aside,
    /// The register code of the current function, or, while handlers without checks run, of the one that they began in; and
    /// that of the instance's functions.
    #[cfg(feature = "register")]
    pub register_code: &'m [u8],
    #[cfg(feature = "register")]
    pub register_functions: Option<&'m super::register::Functions>,
    /// The same one by one, while register code runs.
    #[cfg(feature = "register")]
    pub translated: &'m [super::register::Function],
    /// Where calls return to, while handlers without checks run.
    #[cfg(all(feature = "optimize", tail_calls))]
    pub returns: super::register::Returns<'m>,
    /// Where frames may be, while handlers without checks run.
    #[cfg(all(feature = "optimize", tail_calls))]
    pub room: super::register::Room<'m>,
    /// Whether the execution is to be interrupted: another thread may say so.
    #[cfg(all(feature = "optimize", tail_calls))]
    pub interruption: &'m AtomicBool,
    /// The handlers that jump to each other.
    #[cfg(all(feature = "register", tail_calls))]
    pub handlers: &'static super::register::Handlers,
    /// How many rounds of loops are left before one goes on in register code.
    #[cfg(feature = "register")]
    pub patience: u32,
    /// What the run costs that register code begins with, where that does not stand before it.
    #[cfg(feature = "register")]
    pub entry_price: Option<u32>,
    /// Fuel while register code runs; the rest is in the reserve.
    #[cfg(feature = "register")]
    pub fuel: i64,
    /// What could not be paid where register code is handed over.
    #[cfg(feature = "register")]
    pub unpaid: u64,
    /// How many runs register code pays for.
    #[cfg(feature = "register")]
    pub runs: super::register::Runs,
}

/// The registers that a rare branch or call changes. The frame is not here, so that the compiler sees that it stays.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Aside {
    ip: u32,
    top: usize,
    tos: u64,
    fuel: u64,
}

/// Of what nobody interrupts.
#[cfg(all(feature = "optimize", tail_calls))]
pub(super) static NEVER: AtomicBool = AtomicBool::new(false);

impl<'m> Machine<'m, '_> {
    /// A machine in which there is nothing but code, for others to begin with.
    #[inline(always)]
    pub(super) fn of(code: &'m [u8], body: &'m Body, prices: &'m Prices) -> Self {
        Self {
            code,
            is_padded: false,
            side: &[],
            wide: &[],
            #[cfg(tail_calls)]
            priced: &[],
            #[cfg(tail_calls)]
            marks: &[],
            call_entries: 0,
            bodies: &[],
            #[cfg(feature = "alloc")]
            lazy: None,
            imported_functions: 0,
            body,
            end_address: end_address(code, body),
            stack: &[],
            usable: 0,
            frames: &mut [],
            position: Position::default(),
            types: &[],
            function_map: &[],
            functions: &[],
            global_map: &[],
            globals: &mut [],
            table_map: &[],
            tables: &mut [],
            memory_map: &[],
            first_memory: &mut [],
            memories: &mut [],
            element_pool: &[],
            elements: &mut [],
            data: &[],
            data_dropped: &mut [],
            prices,
            canonical_nans: false,
            fuel_reserve: 0,
            side_index: 0,
            stop: Stop::Corrupt,
            host_stack: 0,
            tail_calls: false,
            request: Request::default(),
            aside: Aside::default(),
            #[cfg(feature = "register")]
            register_code: &[],
            #[cfg(feature = "register")]
            register_functions: None,
            #[cfg(feature = "register")]
            translated: &[],
            #[cfg(all(feature = "optimize", tail_calls))]
            returns: const { super::register::Returns::new() },
            #[cfg(all(feature = "optimize", tail_calls))]
            room: super::register::Room::NONE,
            #[cfg(all(feature = "optimize", tail_calls))]
            interruption: &NEVER,
            #[cfg(all(feature = "register", tail_calls))]
            handlers: super::register::Handlers::new(false),
            #[cfg(feature = "register")]
            patience: u32::MAX,
            #[cfg(feature = "register")]
            entry_price: None,
            #[cfg(feature = "register")]
            fuel: 0,
            #[cfg(feature = "register")]
            unpaid: 0,
            #[cfg(feature = "register")]
            runs: super::register::Runs::All,
        }
    }

    /// Whether the execution is to be interrupted.
    #[cfg(all(feature = "optimize", tail_calls))]
    #[inline(always)]
    pub(super) fn is_interrupted(&self) -> bool {
        self.interruption.load(Ordering::Relaxed)
    }

    /// The body of the instance's own function `own`, if it is validated.
    #[inline(always)]
    pub(super) fn body_of(&self, own: u32) -> Option<&'m Body> {
        #[cfg(feature = "alloc")]
        if let Some(lazy) = self.lazy {
            return Some(&lazy.known(own)?.body);
        }
        self.bodies.get(own as usize)
    }

    /// Makes the side table that of function `own`, if it has one of its own.
    #[inline(always)]
    pub(super) fn take_side_table(&mut self, own: u32) {
        #[cfg(feature = "alloc")]
        if let Some(one) = self.lazy.and_then(|lazy| lazy.known(own)) {
            (self.side, self.wide) = (one.side_table.entries(), one.side_table.wide());
            #[cfg(tail_calls)]
            {
                (self.priced, self.marks) = (one.side_table.priced_entries(), one.side_table.marks());
            }
        }
        let _ = own;
    }

    /// Makes `body` the current function's.
    #[inline(always)]
    pub(super) fn set_body(&mut self, body: &'m Body) {
        self.body = body;
        self.end_address = end_address(self.code, body);
    }

    /// The registers for the current position, if its frame fits the window.
    pub(super) fn registers<M: Mode>(&mut self) -> Option<Registers<'m, M>> {
        let frame = self.position.frame;
        let cells = self.cells_from(frame.base);
        let top = self.position.height as usize;
        let code = M::Code::on(self.code, frame.ip)?;
        let frame = M::Frame::on(cells)?;
        let units = self.fuel_reserve.min(M::Fuel::MOST);
        self.fuel_reserve = self.fuel_reserve.wrapping_sub(units);
        Some(Registers { code, frame, top, tos: cells.get(top)?.get(), fuel: M::Fuel::new(units) })
    }

    /// Writes the registers back to the position.
    pub(super) fn save<M: Mode>(&mut self, r: &Registers<'_, M>) {
        if let Some(slot) = r.frame.slot(r.top) {
            slot.set(r.tos);
        }
        self.position.frame.ip = self.offset_of(r);
        self.position.frame.side = self.side_index as u32;
        self.position.height = r.top as u32;
        self.save_fuel(r.fuel);
    }

    /// Puts the registers aside, for a function that is called ordinarily.
    #[inline(always)]
    pub(super) fn put_aside<M: Mode>(&mut self, r: &Registers<'m, M>) {
        self.aside = Aside { ip: self.offset_of(r), top: r.top, tos: r.tos, fuel: r.fuel.bits() };
    }

    /// The registers that were put aside, for the window `frame`.
    #[inline(always)]
    pub(super) fn registers_put_aside<M: Mode>(&self, frame: M::Frame<'m>) -> Option<Registers<'m, M>> {
        let Aside { ip, top, tos, fuel } = self.aside;
        Some(Registers { code: M::Code::on(self.code, ip)?, frame, top, tos, fuel: M::Fuel::from_bits(fuel) })
    }

    /// Takes the registers back, as they were left.
    #[inline(always)]
    pub(super) fn take_back<M: Mode>(&self, r: &mut Registers<'m, M>) -> Result<(), Stop> {
        *r = self.registers_put_aside(r.frame).ok_or(Stop::Corrupt)?;
        Ok(())
    }

    /// Gives the fuel of the registers back.
    pub(super) fn save_fuel(&mut self, fuel: impl FuelCounter) {
        self.fuel_reserve = self.fuel_reserve.wrapping_add(fuel.units());
    }

    /// Pays `price` if there is as much.
    #[cfg_attr(tail_calls, inline(always))]
    pub(super) fn charge<M: Mode>(&mut self, r: &mut Registers<'_, M>, price: u64) -> bool {
        let total = self.fuel_reserve.saturating_add(r.fuel.units());
        let Some(left) = total.checked_sub(price) else { return false };
        self.set_fuel(r, left);
        true
    }

    /// Splits `units` of fuel between the registers and the reserve.
    #[cfg_attr(tail_calls, inline(always))]
    fn set_fuel<M: Mode>(&mut self, r: &mut Registers<'_, M>, units: u64) {
        let held = units.min(M::Fuel::MOST);
        r.fuel = M::Fuel::new(held);
        self.fuel_reserve = units.wrapping_sub(held);
    }

    /// Pays for variable work; where there is not as much, gives the `base` back that was paid already. By sums nothing is paid
    /// before an instruction is done.
    #[cfg_attr(tail_calls, inline(always))]
    pub(super) fn pay<M: Mode>(&mut self, r: &mut Registers<'_, M>, base: u32, price: u64) -> Result<(), Stop> {
        if self.charge(r, price) {
            return Ok(());
        }
        if !M::SUMS {
            self.refund(r, base);
        }
        Err(Stop::OutOfFuel)
    }

    /// Gives back what an instruction has paid that is to be executed again.
    #[cfg_attr(tail_calls, inline(always))]
    pub(super) fn refund<M: Mode>(&mut self, r: &mut Registers<'_, M>, base: u32) {
        let total = self.fuel_reserve.saturating_add(r.fuel.units());
        self.set_fuel(r, total.saturating_add(u64::from(base)));
    }

    /// The offset in the module of the code that `r` stands at.
    #[inline(always)]
    pub(super) fn offset_of<M: Mode>(&self, r: &Registers<'_, M>) -> u32 {
        r.code.address().wrapping_sub(self.code.as_ptr().addr()) as u32
    }

    /// The code from `offset` on.
    #[inline(always)]
    pub(super) fn code_from<C: CodeCursor<'m>>(&self, offset: u32) -> Result<C, Stop> {
        C::on(self.code, offset).ok_or(Stop::Corrupt)
    }

    /// Whether the stack has room for a frame of `body` at `base`.
    #[inline(always)]
    pub(super) fn has_room(&self, base: u32, body: &Body) -> bool {
        (base as usize).wrapping_add(body.frame as usize) <= self.usable
    }

    /// The stack from one slot below `base` on.
    #[inline(always)]
    pub(super) fn cells_from(&self, base: u32) -> &'m [Cell<u64>] {
        self.stack.get((base as usize).wrapping_sub(1)..).unwrap_or_default()
    }

    /// The bytes of memory `index`.
    #[inline(always)]
    pub(super) fn memory(&mut self, index: u32) -> Result<&mut [u8], Stop> {
        if index == 0 { Ok(self.first_memory) } else { self.further_memory(index) }
    }

    /// The size of memory `index` in its pages.
    pub(super) fn pages(&mut self, index: u32) -> Result<u64, Stop> {
        let address = *self.memory_map.get(index as usize).ok_or(Stop::Corrupt)?;
        let ty = self.memories.get(address as usize).ok_or(Stop::Corrupt)?.ty;
        self.memory(index).map(|bytes| ty.pages(bytes.len()))
    }

    /// A memory other than 0, which may be the same one under another index.
    #[cold]
    #[inline(never)]
    fn further_memory(&mut self, index: u32) -> Result<&mut [u8], Stop> {
        let address = self.memory_map.get(index as usize).ok_or(Stop::Corrupt)?;
        if Some(address) == self.memory_map.first() {
            return Ok(self.first_memory);
        }
        let memory = self.memories.get_mut(*address as usize).ok_or(Stop::Corrupt)?;
        Ok(memory.bytes.as_mut_slice())
    }

    /// The memories of a copy.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn memories(&mut self, destination: u32, source: u32) -> Result<Pair<'_, u8>, Stop> {
        let address = |index: u32| self.memory_map.get(index as usize).copied().ok_or(Stop::Corrupt);
        let (to, from, zero) = (address(destination)?, address(source)?, address(0)?);
        if to == from {
            return self.memory(destination).map(Pair::Same);
        }
        if to == zero {
            let source = self.memories.get(from as usize).ok_or(Stop::Corrupt)?.bytes.as_slice();
            return Ok(Pair::Distinct { destination: self.first_memory, source });
        }
        if from == zero {
            let destination = self.memories.get_mut(to as usize).ok_or(Stop::Corrupt)?.bytes.as_mut_slice();
            return Ok(Pair::Distinct { destination, source: self.first_memory });
        }
        let [to, from] = self.memories.get_disjoint_mut([to as usize, from as usize]).map_err(|_| Stop::Corrupt)?;
        Ok(Pair::Distinct { destination: to.bytes.as_mut_slice(), source: from.bytes.as_slice() })
    }

    fn table_address(&self, index: u32) -> Result<usize, Stop> {
        self.table_map.get(index as usize).map(|address| *address as usize).ok_or(Stop::Corrupt)
    }

    /// The entries of table `index`.
    #[inline]
    pub(super) fn table(&mut self, index: u32) -> Result<&mut [Reference], Stop> {
        let address = self.table_address(index)?;
        Ok(self.tables.get_mut(address).ok_or(Stop::Corrupt)?.elements.as_mut_slice())
    }

    /// The tables of a copy.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn tables(&mut self, destination: u32, source: u32) -> Result<Pair<'_, Reference>, Stop> {
        let (to, from) = (self.table_address(destination)?, self.table_address(source)?);
        if to == from {
            return self.table(destination).map(Pair::Same);
        }
        let [to, from] = self.tables.get_disjoint_mut([to, from]).map_err(|_| Stop::Corrupt)?;
        Ok(Pair::Distinct { destination: to.elements.as_mut_slice(), source: from.elements.as_slice() })
    }

    /// The value of global `index`.
    #[inline(always)]
    pub(super) fn global(&self, index: u32) -> Result<u64, Stop> {
        let address = *self.global_map.get(index as usize).ok_or(Stop::Corrupt)?;
        self.globals.get(address as usize).copied().ok_or(Stop::Corrupt)
    }

    /// Sets global `index`.
    #[inline(always)]
    pub(super) fn set_global(&mut self, index: u32, value: u64) -> Result<(), Stop> {
        let address = *self.global_map.get(index as usize).ok_or(Stop::Corrupt)?;
        *self.globals.get_mut(address as usize).ok_or(Stop::Corrupt)? = value;
        Ok(())
    }

    /// A reference to function `index`.
    #[cfg(feature = "reference-types")]
    pub(super) fn function(&self, index: u32) -> Result<Reference, Stop> {
        let address = *self.function_map.get(index as usize).ok_or(Stop::Corrupt)?;
        Ok(Reference::from_index(address))
    }

    /// The bytes of data segment `index`, none once it is dropped.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn data(&self, index: u32) -> Result<&'m [u8], Stop> {
        let dropped = *self.data_dropped.get(index as usize).ok_or(Stop::Corrupt)?;
        let segment = self.data.get(index as usize).ok_or(Stop::Corrupt)?;
        Ok(if dropped { &[] } else { segment.bytes.of(self.code) })
    }

    /// Whether data segment `index` is dropped.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn data_state(&mut self, index: u32) -> Result<&mut Dropped, Stop> {
        self.data_dropped.get_mut(index as usize).ok_or(Stop::Corrupt)
    }

    /// The references of element segment `index`, none once it is dropped.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn elements(&self, index: u32) -> Result<&'m [Reference], Stop> {
        let segment = self.elements.get(index as usize).ok_or(Stop::Corrupt)?;
        let items = if segment.dropped { PoolRange::default() } else { segment.items };
        Ok(items.of(self.element_pool))
    }

    /// Whether element segment `index` is dropped.
    #[cfg(feature = "bulk-memory")]
    pub(super) fn elements_state(&mut self, index: u32) -> Result<&mut Dropped, Stop> {
        self.elements.get_mut(index as usize).map(|segment| &mut segment.dropped).ok_or(Stop::Corrupt)
    }

    /// The next entry of the side table behind an instruction that enters a function.
    #[inline(always)]
    pub(super) const fn side_after_call(&self) -> usize {
        self.side_index.wrapping_add(self.call_entries)
    }

    /// The branch of the side table at `index`, and by how much it changes what the rest of the function costs, if fuel is
    /// counted by sums.
    #[inline(always)]
    pub(super) fn branch_at<M: Mode>(&self, index: usize) -> Result<(SideEntry, f64), Stop> {
        #[cfg(tail_calls)]
        if M::SUMS || M::METERED && M::PADDED {
            match self.priced.get(index) {
                Some(PricedEntry { entry, sum }) => return Ok((*entry, *sum)),
                None if M::SUMS => return Err(Stop::Corrupt),
                // The loop counts fuel itself, also where there are no sums.
                None => {}
            }
        }
        self.side.get(index).map(|entry| (*entry, 0.0)).ok_or(Stop::Corrupt)
    }

    /// What the rest of the function costs behind the instruction of entry `index`, which enters or leaves a function; fuel is
    /// counted by sums.
    #[inline(always)]
    pub(super) fn cost_behind(&self, index: usize) -> Result<f64, Stop> {
        #[cfg(tail_calls)]
        if let Some(priced) = self.priced.get(index) {
            return Ok(priced.sum);
        }
        let _ = index;
        Err(Stop::Corrupt)
    }

    /// The same of the instance's own function `own`, which may not be the current one.
    #[inline(always)]
    pub(super) fn cost_behind_in<M: Mode>(&self, own: u32, index: usize) -> Result<f64, Stop> {
        // Short forms have only functions with the common side table.
        #[cfg(tail_calls)]
        if !M::SHORT
            && let Some(one) = self.lazy.and_then(|lazy| lazy.known(own))
        {
            return one.side_table.priced_entries().get(index).map(|priced| priced.sum).ok_or(Stop::Corrupt);
        }
        let _ = own;
        self.cost_behind(index)
    }
}

/// Where the host has what follows the last `end` of `body`.
#[inline(always)]
fn end_address(code: &[u8], body: &Body) -> usize {
    code.as_ptr().addr().wrapping_add(body.end as usize).wrapping_add(1)
}

/// The amount of work that an operand says, for its price.
pub(super) trait OperandUnits {
    fn units(self) -> u64;
}

impl OperandUnits for u64 {
    fn units(self) -> u64 {
        self
    }
}

impl OperandUnits for i32 {
    fn units(self) -> u64 {
        u64::from(self as u32)
    }
}

pub(super) fn operand_units(operand: impl OperandUnits) -> u64 {
    operand.units()
}
