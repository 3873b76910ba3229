//! The current instance as the in-place engine sees it, and the registers that it keeps in the host's.

use super::exit::Stop;
use super::frame::{Frame, Position};
use super::prices::Prices;
use super::state::{FunctionRecord, MemoryInstance, PoolRange, Segment, TableInstance};
use crate::binary::immediates::MemArg;
use crate::binary::parts::{Body, DataSegment};
use crate::semantics::{Dropped, Pair, Reference};
use crate::validate::{SideEntry, WideBranch};
use core::cell::Cell;

/// What instructions work on beside the registers.
pub(crate) struct Machine<'m, 'a> {
    /// The module's bytes, and [`PADDING`] bytes behind them.
    pub code: &'m [u8],
    /// The side table of the module, and its wide entries.
    pub side: &'m [SideEntry],
    pub wide: &'m [WideBranch],
    pub bodies: &'m [Body],
    pub imported_functions: u32,
    /// The current function.
    pub body: &'m Body,
    /// How much code there is behind the current function's last `end`.
    pub rest_after_end: usize,
    /// The whole value stack.
    pub stack: &'m [Cell<u64>],
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
    /// Fuel that the registers do not hold.
    pub fuel_reserve: u64,
    /// The next entry of the side table.
    pub side_index: usize,
    /// Why the engine stopped.
    pub stop: Stop,
    /// Where the host's stack stood when the handlers stopped.
    pub host_stack: usize,
    /// Whether functions of small frames are run by handlers that jump to each other.
    pub tail_calls: bool,
    /// What the instruction that stopped the loop asks for.
    pub request: Request,
}

/// What an instruction that leaves the loop wants done.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Request {
    /// The store's index of the function to call, or of the memory or table to grow.
    pub index: u32,
    /// The offset of the instruction after it.
    pub next: u32,
    /// How many operands on top of the stack it has used up already: the index of an indirect call.
    pub consumed: u32,
    /// What is to be done.
    pub kind: RequestKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum RequestKind {
    #[default]
    Call,
    TailCall,
    GrowMemory,
    GrowTable,
}

/// How an engine renders the rows: what it holds a frame in, and what it leaves out.
pub(super) trait Mode {
    /// Whether fuel is counted.
    const METERED: bool;
    /// Whether a number of more than one byte stops the instruction with [`Stop::Long`], to be executed in a longer way.
    const SHORT: bool;
    /// The window on the value stack.
    type Frame<'m>: FrameWindow<'m>;
    /// What fuel is counted in.
    type Fuel: FuelCounter;

    /// Whether it runs the function of `body`, rather than leave it to another way.
    fn takes(machine: &Machine<'_, '_>, body: &Body) -> bool;
}

/// A window on the value stack.
pub(super) trait FrameWindow<'m>: Copy {
    /// The window at the beginning of `cells`, if there are enough.
    fn on(cells: &'m [Cell<u64>]) -> Option<Self>;

    /// The slot at `index`.
    fn slot(self, index: usize) -> Option<&'m Cell<u64>>;

    /// The slots.
    fn cells(self) -> &'m [Cell<u64>];
}

impl<'m> FrameWindow<'m> for &'m [Cell<u64>] {
    #[inline(always)]
    fn on(cells: &'m [Cell<u64>]) -> Option<Self> {
        Some(cells)
    }

    #[inline(always)]
    fn slot(self, index: usize) -> Option<&'m Cell<u64>> {
        self.get(index)
    }

    #[inline(always)]
    fn cells(self) -> &'m [Cell<u64>] {
        self
    }
}

/// Fuel in a register of the host. What does not fit is the machine's reserve.
pub(super) trait FuelCounter: Copy {
    /// The most that it holds.
    const MOST: u64;

    /// As much as `units`, at most `MOST`.
    fn new(units: u64) -> Self;

    /// How much it is.
    fn units(self) -> u64;

    /// Pays for the opcode without a prefix whose byte is `byte`; gives nothing where it cannot.
    fn charge(self, prices: &Prices, byte: u8) -> Option<Self>;
}

impl FuelCounter for u64 {
    const MOST: u64 = Self::MAX;

    #[inline(always)]
    fn new(units: u64) -> Self {
        units
    }

    #[inline(always)]
    fn units(self) -> u64 {
        self
    }

    #[inline(always)]
    fn charge(self, prices: &Prices, byte: u8) -> Option<Self> {
        self.checked_sub(u64::from(prices.of_byte(byte)))
    }
}

/// What an engine keeps in the host's registers.
///
/// The frame is a window on the value stack that begins one slot below the function's first parameter: local `x` is at
/// `x + 1`, and `top` is where the uppermost operand belongs. That operand is in `tos`; its slot is out of date. With
/// no operand, `top` is the last local (or the slot below the frame) and `tos` has the same value, so that spilling
/// `tos` before a push is always right.
pub(super) struct Registers<'m, M: Mode> {
    /// The code that is still to be read: from the current opcode on, or from its next immediate on.
    pub rest: &'m [u8],
    pub frame: M::Frame<'m>,
    pub top: usize,
    pub tos: u64,
    pub fuel: M::Fuel,
}

impl<M: Mode> Clone for Registers<'_, M> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Mode> Copy for Registers<'_, M> {}

impl<'m> Machine<'m, '_> {
    /// Makes `body` the current function's.
    #[inline(always)]
    pub(super) fn set_body(&mut self, body: &'m Body) {
        self.body = body;
        self.rest_after_end = self.code.len().wrapping_sub(body.end as usize).wrapping_sub(1);
    }

    /// The registers for the current position, if its frame fits the window.
    pub(super) fn registers<M: Mode>(&mut self) -> Option<Registers<'m, M>> {
        let frame = self.position.frame;
        let cells = self.cells_from(frame.base);
        let top = self.position.height as usize;
        let rest = self.code.get(frame.ip as usize..)?;
        let frame = M::Frame::on(cells)?;
        let units = self.fuel_reserve.min(M::Fuel::MOST);
        self.fuel_reserve = self.fuel_reserve.wrapping_sub(units);
        Some(Registers { rest, frame, top, tos: cells.get(top)?.get(), fuel: M::Fuel::new(units) })
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

    /// Gives the fuel of the registers back.
    pub(super) fn save_fuel(&mut self, fuel: impl FuelCounter) {
        self.fuel_reserve = self.fuel_reserve.wrapping_add(fuel.units());
    }

    /// Pays `price` if there is as much.
    pub(super) fn charge<M: Mode>(&mut self, r: &mut Registers<'_, M>, price: u64) -> bool {
        let total = self.fuel_reserve.saturating_add(r.fuel.units());
        let Some(left) = total.checked_sub(price) else { return false };
        self.set_fuel(r, left);
        true
    }

    /// Splits `units` of fuel between the registers and the reserve.
    fn set_fuel<M: Mode>(&mut self, r: &mut Registers<'_, M>, units: u64) {
        let held = units.min(M::Fuel::MOST);
        r.fuel = M::Fuel::new(held);
        self.fuel_reserve = units.wrapping_sub(held);
    }

    /// Pays for variable work; where there is not as much, gives the `base` back that was paid already.
    pub(super) fn pay<M: Mode>(&mut self, r: &mut Registers<'_, M>, base: u32, price: u64) -> Result<(), Stop> {
        if self.charge(r, price) {
            return Ok(());
        }
        self.refund(r, base);
        Err(Stop::OutOfFuel)
    }

    /// Gives back what an instruction has paid that is to be executed again.
    pub(super) fn refund<M: Mode>(&mut self, r: &mut Registers<'_, M>, base: u32) {
        let total = self.fuel_reserve.saturating_add(r.fuel.units());
        self.set_fuel(r, total.saturating_add(u64::from(base)));
    }

    /// The offset in the module of the code that `r` stands at.
    #[inline(always)]
    pub(super) fn offset_of<M: Mode>(&self, r: &Registers<'_, M>) -> u32 {
        self.code.len().wrapping_sub(r.rest.len()) as u32
    }

    /// The code from `offset` on.
    #[inline(always)]
    pub(super) fn code_from(&self, offset: u32) -> Result<&'m [u8], Stop> {
        self.code.get(offset as usize..).ok_or(Stop::Corrupt)
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

    /// The entry of the side table at `index`.
    #[inline(always)]
    pub(super) fn side_entry(&self, index: usize) -> Result<SideEntry, Stop> {
        self.side.get(index).copied().ok_or(Stop::Corrupt)
    }
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

/// How many bytes from an opcode on are looked at with a single check: the longest instruction of short immediates.
const WINDOW: usize = 10;

/// How many bytes must follow a module's, so that a window on its last instruction does not reach beyond them.
pub(crate) const PADDING: usize = WINDOW;

/// Opcodes and immediates. Validation has read them all before, so nothing can be wrong with them. One byte is the
/// common case of a number; only the others take a loop.
impl<M: Mode> Registers<'_, M> {
    /// The current opcode, read.
    #[inline(always)]
    pub(super) fn opcode(&mut self) -> Option<u8> {
        let [opcode, ..] = *self.rest.first_chunk::<WINDOW>()?;
        self.rest = self.rest.get(1..)?;
        Some(opcode)
    }

    #[inline(always)]
    pub(super) fn var_u32(&mut self) -> Result<u32, Stop> {
        let (byte, rest) = self.rest.split_first().ok_or(Stop::Corrupt)?;
        if *byte < 0x80 {
            self.rest = rest;
            return Ok(u32::from(*byte));
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (value, size) = long_unsigned(self.rest);
        self.rest = self.rest.get(size..).ok_or(Stop::Corrupt)?;
        Ok(value as u32)
    }

    #[inline(always)]
    pub(super) fn var_i32(&mut self) -> Result<i32, Stop> {
        self.var_i64().map(|value| value as i32)
    }

    #[inline(always)]
    pub(super) fn var_i64(&mut self) -> Result<i64, Stop> {
        let (byte, rest) = self.rest.split_first().ok_or(Stop::Corrupt)?;
        if *byte < 0x80 {
            self.rest = rest;
            return Ok(i64::from((byte << 1) as i8 >> 1));
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (value, size) = long_signed(self.rest);
        self.rest = self.rest.get(size..).ok_or(Stop::Corrupt)?;
        Ok(value)
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f32(&mut self) -> Result<f32, Stop> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Stop::Corrupt)?;
        self.rest = rest;
        Ok(f32::from_le_bytes(*bytes))
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f64(&mut self) -> Result<f64, Stop> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Stop::Corrupt)?;
        self.rest = rest;
        Ok(f64::from_le_bytes(*bytes))
    }

    #[inline(always)]
    pub(super) fn memarg(&mut self) -> Result<MemArg, Stop> {
        let ([flags, offset], rest) = self.rest.split_first_chunk().ok_or(Stop::Corrupt)?;
        if *flags < 0x40 && *offset < 0x80 {
            self.rest = rest;
            return Ok(MemArg { align: 0, memory: 0, offset: u64::from(*offset) });
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (memarg, size) = long_memarg(self.rest);
        self.rest = self.rest.get(size..).ok_or(Stop::Corrupt)?;
        Ok(memarg)
    }

    /// Passes over a block type or heap type.
    #[inline(always)]
    pub(super) fn skip_type(&mut self) -> Result<(), Stop> {
        self.var_i64().map(|_| ())
    }

    /// Passes over a vector of value types, of one byte each.
    #[cfg(feature = "reference-types")]
    #[inline(always)]
    pub(super) fn skip_val_types(&mut self) -> Result<(), Stop> {
        let count = self.var_u32()?;
        self.rest = self.rest.get(count as usize..).ok_or(Stop::Corrupt)?;
        Ok(())
    }
}

/// An unsigned LEB128 number of any length up to that of 64 bits, and its size.
#[cold]
#[inline(never)]
fn long_unsigned(code: &[u8]) -> (u64, usize) {
    let (mut value, mut shift, mut size) = (0u64, 0u32, 0usize);
    for byte in code {
        value |= u64::from(byte & 0x7F).wrapping_shl(shift);
        shift = shift.wrapping_add(7);
        size = size.wrapping_add(1);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (value, size)
}

/// A signed LEB128 number of any length up to that of 64 bits, and its size.
#[cold]
#[inline(never)]
fn long_signed(code: &[u8]) -> (i64, usize) {
    let (value, size) = long_unsigned(code);
    let unused = 64u32.saturating_sub(size.wrapping_mul(7) as u32);
    ((value as i64).wrapping_shl(unused).wrapping_shr(unused), size)
}

#[cold]
#[inline(never)]
fn long_memarg(code: &[u8]) -> (MemArg, usize) {
    let from = |start: usize| long_unsigned(code.get(start..).unwrap_or_default());
    let (flags, mut size) = from(0);
    let mut memory = 0;
    if flags & 0x40 != 0 {
        let (index, more) = from(size);
        memory = index as u32;
        size = size.wrapping_add(more);
    }
    let (offset, more) = from(size);
    (MemArg { align: 0, memory, offset }, size.wrapping_add(more))
}

/// Operands and locals.
impl<'m, M: Mode> Registers<'m, M> {
    #[inline(always)]
    pub(super) fn slot(&self, index: usize) -> Result<&'m Cell<u64>, Stop> {
        self.frame.slot(index).ok_or(Stop::Corrupt)
    }

    /// The operand `depth` places below the uppermost.
    #[inline(always)]
    pub(super) fn below(&self, depth: usize) -> Result<u64, Stop> {
        self.slot(self.top.wrapping_sub(depth)).map(Cell::get)
    }

    #[inline(always)]
    pub(super) fn local(&self, index: u32) -> Result<u64, Stop> {
        self.slot((index as usize).wrapping_add(1)).map(Cell::get)
    }

    #[inline(always)]
    pub(super) fn set_local(&mut self, index: u32, value: u64) -> Result<(), Stop> {
        self.slot((index as usize).wrapping_add(1))?.set(value);
        Ok(())
    }

    /// Pushes `value`.
    #[inline(always)]
    pub(super) fn push(&mut self, value: u64) -> Result<(), Stop> {
        self.spill()?;
        self.top = self.top.wrapping_add(1);
        self.tos = value;
        Ok(())
    }

    /// Pops `count` operands.
    #[inline(always)]
    pub(super) fn drop(&mut self, count: usize) -> Result<(), Stop> {
        let top = self.top.wrapping_sub(count);
        self.tos = self.slot(top)?.get();
        self.top = top;
        Ok(())
    }

    /// Pops `count` operands, pushes `value`.
    #[inline(always)]
    pub(super) fn replace(&mut self, count: usize, value: u64) -> Result<(), Stop> {
        self.top = self.top.wrapping_sub(count.wrapping_sub(1));
        self.tos = value;
        Ok(())
    }

    /// Brings the uppermost operand's slot up to date.
    #[inline(always)]
    pub(super) fn spill(&self) -> Result<(), Stop> {
        self.slot(self.top)?.set(self.tos);
        Ok(())
    }
}
