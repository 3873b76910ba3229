//! The current instance as the in-place engine sees it, and the registers that it keeps in the host's.

use super::exit::Stop;
use super::frame::{Frame, Position};
use super::prices::Prices;
use super::state::{FunctionRecord, MemoryInstance, PoolRange, Segment, TableInstance};
use crate::binary::immediates::MemArg;
use crate::binary::parts::{Body, DataSegment};
use crate::semantics::{Dropped, Pair, Reference};
use crate::validate::{SideEntry, SideTable};
use core::cell::Cell;

/// What instructions work on beside the registers. Memory 0 is not here: it is passed along.
pub(crate) struct Machine<'m, 'a> {
    /// The module's bytes.
    pub code: &'m [u8],
    pub side_table: &'m SideTable<'m>,
    pub bodies: &'m [Body],
    pub imported_functions: u32,
    /// The current function.
    pub body: &'m Body,
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
    pub memories: &'m mut [MemoryInstance<'a>],
    pub element_pool: &'m [Reference],
    pub elements: &'m mut [Segment],
    pub data: &'m [DataSegment],
    pub data_dropped: &'m mut [bool],
    pub prices: &'m Prices,
    pub fuel: u64,
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

/// What the loop keeps in the host's registers.
///
/// The frame is a window on the value stack that begins one slot below the function's first parameter: local `x` is at
/// `x + 1`, and `top` is where the uppermost operand belongs. That operand is in `tos`; its slot is out of date. With
/// no operand, `top` is the last local (or the slot below the frame) and `tos` has the same value, so that spilling
/// `tos` before a push is always right.
#[derive(Clone, Copy)]
pub(crate) struct Registers<'m> {
    pub code: &'m [u8],
    pub frame: &'m [Cell<u64>],
    /// The offset of the current opcode.
    pub ip: usize,
    pub top: usize,
    pub tos: u64,
    /// The next entry of the side table.
    pub side: usize,
    pub fuel: u64,
}

impl<'m> Machine<'m, '_> {
    /// The registers for the current position.
    pub(super) fn registers(&self) -> Registers<'m> {
        let frame = self.position.frame;
        let window = self.window(frame.base);
        let top = self.position.height as usize;
        Registers {
            code: self.code,
            frame: window,
            ip: frame.ip as usize,
            top,
            tos: window.get(top).map_or(0, Cell::get),
            side: frame.side as usize,
            fuel: self.fuel,
        }
    }

    /// Writes the registers back to the position.
    pub(super) fn save(&mut self, r: &Registers<'_>) {
        if let Some(slot) = r.frame.get(r.top) {
            slot.set(r.tos);
        }
        self.position.frame.ip = r.ip as u32;
        self.position.frame.side = r.side as u32;
        self.position.height = r.top as u32;
        self.fuel = r.fuel;
    }

    /// The stack from one slot below `base` on.
    #[inline(always)]
    pub(super) fn window(&self, base: u32) -> &'m [Cell<u64>] {
        self.stack.get((base as usize).wrapping_sub(1)..).unwrap_or_default()
    }

    /// The bytes of memory `index`; memory 0 is `first`.
    #[inline(always)]
    pub(super) fn memory<'b>(&'b mut self, first: &'b mut [u8], index: u32) -> Result<&'b mut [u8], Stop> {
        if index == 0 { Ok(first) } else { self.further_memory(first, index) }
    }

    /// A memory other than 0, which may be the same one under another index.
    #[cold]
    fn further_memory<'b>(&'b mut self, first: &'b mut [u8], index: u32) -> Result<&'b mut [u8], Stop> {
        let address = self.memory_map.get(index as usize).ok_or(Stop::Corrupt)?;
        if Some(address) == self.memory_map.first() {
            return Ok(first);
        }
        let memory = self.memories.get_mut(*address as usize).ok_or(Stop::Corrupt)?;
        Ok(memory.bytes.as_mut_slice())
    }

    /// The memories of a copy.
    pub(super) fn memories<'b>(
        &'b mut self,
        first: &'b mut [u8],
        destination: u32,
        source: u32,
    ) -> Result<Pair<'b, u8>, Stop> {
        let address = |index: u32| self.memory_map.get(index as usize).copied().ok_or(Stop::Corrupt);
        let (to, from) = (address(destination)?, address(source)?);
        if to == from {
            return self.memory(first, destination).map(Pair::Same);
        }
        let zero = address(0)?;
        if to == zero {
            let source = self.memories.get(from as usize).ok_or(Stop::Corrupt)?.bytes.as_slice();
            return Ok(Pair::Distinct { destination: first, source });
        }
        if from == zero {
            let destination = self.memories.get_mut(to as usize).ok_or(Stop::Corrupt)?.bytes.as_mut_slice();
            return Ok(Pair::Distinct { destination, source: first });
        }
        let [to, from] =
            self.memories.get_disjoint_mut([to as usize, from as usize]).map_err(|_| Stop::Corrupt)?;
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
        self.side_table.entries().get(index).copied().ok_or(Stop::Corrupt)
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

/// Immediates. Validation has read them all before, so only the forms that differ from one byte need care.
impl Registers<'_> {
    #[inline(always)]
    fn byte(&self, at: usize) -> Result<u8, Stop> {
        self.code.get(at).copied().ok_or(Stop::Corrupt)
    }

    #[inline(always)]
    pub(super) fn var_u32(&self, at: usize) -> Result<(u32, usize), Stop> {
        let byte = self.byte(at)?;
        if byte < 0x80 {
            return Ok((u32::from(byte), at.wrapping_add(1)));
        }
        let (value, at) = long_unsigned(self.code, at);
        Ok((value as u32, at))
    }

    #[inline(always)]
    pub(super) fn var_i32(&self, at: usize) -> Result<(i32, usize), Stop> {
        let byte = self.byte(at)?;
        if byte < 0x80 {
            return Ok((i32::from((byte << 1) as i8 >> 1), at.wrapping_add(1)));
        }
        let (value, at) = long_signed(self.code, at);
        Ok((value as i32, at))
    }

    #[inline(always)]
    pub(super) fn var_i64(&self, at: usize) -> Result<(i64, usize), Stop> {
        let byte = self.byte(at)?;
        if byte < 0x80 {
            return Ok((i64::from((byte << 1) as i8 >> 1), at.wrapping_add(1)));
        }
        Ok(long_signed(self.code, at))
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f32(&self, at: usize) -> Result<(f32, usize), Stop> {
        let bytes = self.code.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Stop::Corrupt)?;
        Ok((f32::from_le_bytes(*bytes), at.wrapping_add(4)))
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f64(&self, at: usize) -> Result<(f64, usize), Stop> {
        let bytes = self.code.get(at..).and_then(|rest| rest.first_chunk()).ok_or(Stop::Corrupt)?;
        Ok((f64::from_le_bytes(*bytes), at.wrapping_add(8)))
    }

    #[inline(always)]
    pub(super) fn memarg(&self, at: usize) -> Result<(MemArg, usize), Stop> {
        let flags = self.byte(at)?;
        let offset_at = at.wrapping_add(1);
        let offset = self.byte(offset_at)?;
        if flags < 0x40 && offset < 0x80 {
            let memarg = MemArg { align: 0, memory: 0, offset: u64::from(offset) };
            return Ok((memarg, offset_at.wrapping_add(1)));
        }
        Ok(long_memarg(self.code, at))
    }

    /// The place after a heap type.
    #[cfg(feature = "reference-types")]
    pub(super) fn skip_heap_type(&self, at: usize) -> Result<usize, Stop> {
        Ok(long_signed(self.code, at).1)
    }

    /// The place after a vector of value types.
    #[cfg(feature = "reference-types")]
    pub(super) fn skip_val_types(&self, at: usize) -> Result<usize, Stop> {
        let (count, at) = self.var_u32(at)?;
        Ok(at.wrapping_add(count as usize))
    }

    /// The place after a block type.
    #[inline(always)]
    pub(super) fn skip_block_type(&self, at: usize) -> Result<usize, Stop> {
        if self.byte(at)? < 0x80 { Ok(at.wrapping_add(1)) } else { Ok(long_signed(self.code, at).1) }
    }
}

/// An unsigned LEB128 number of any length up to that of 64 bits, and the place after it.
#[cold]
#[inline(never)]
fn long_unsigned(code: &[u8], at: usize) -> (u64, usize) {
    let (mut value, mut shift, mut place) = (0u64, 0u32, at);
    while let Some(byte) = code.get(place) {
        value |= u64::from(byte & 0x7F).wrapping_shl(shift);
        shift = shift.wrapping_add(7);
        place = place.wrapping_add(1);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (value, place)
}

/// A signed LEB128 number of any length up to that of 64 bits, and the place after it.
#[cold]
#[inline(never)]
fn long_signed(code: &[u8], at: usize) -> (i64, usize) {
    let (value, place) = long_unsigned(code, at);
    let bits = place.wrapping_sub(at).wrapping_mul(7).min(64) as u32;
    let unused = 64u32.wrapping_sub(bits);
    ((value as i64).wrapping_shl(unused).wrapping_shr(unused), place)
}

#[cold]
#[inline(never)]
fn long_memarg(code: &[u8], at: usize) -> (MemArg, usize) {
    let (flags, at) = long_unsigned(code, at);
    let (memory, at) = if flags & 0x40 != 0 { long_unsigned(code, at) } else { (0, at) };
    let (offset, at) = long_unsigned(code, at);
    (MemArg { align: 0, memory: memory as u32, offset }, at)
}

/// Operands, locals and fuel.
impl Registers<'_> {
    #[inline(always)]
    fn slot(&self, index: usize) -> Result<&Cell<u64>, Stop> {
        self.frame.get(index).ok_or(Stop::Corrupt)
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

    /// Goes on at `at`.
    #[inline(always)]
    pub(super) fn next(&mut self, at: usize) -> Result<(), Stop> {
        self.ip = at;
        Ok(())
    }

    /// Pushes `value` and goes on at `at`.
    #[inline(always)]
    pub(super) fn push(&mut self, value: u64, at: usize) -> Result<(), Stop> {
        self.spill()?;
        self.top = self.top.wrapping_add(1);
        self.tos = value;
        self.next(at)
    }

    /// Pops `count` operands and goes on at `at`.
    #[inline(always)]
    pub(super) fn drop(&mut self, count: usize, at: usize) -> Result<(), Stop> {
        let top = self.top.wrapping_sub(count);
        self.tos = self.slot(top)?.get();
        self.top = top;
        self.next(at)
    }

    /// Pops `count` operands, pushes `value` and goes on at `at`.
    #[inline(always)]
    pub(super) fn replace(&mut self, count: usize, value: u64, at: usize) -> Result<(), Stop> {
        self.top = self.top.wrapping_sub(count.wrapping_sub(1));
        self.tos = value;
        self.next(at)
    }

    /// Brings the uppermost operand's slot up to date.
    #[inline(always)]
    pub(super) fn spill(&self) -> Result<(), Stop> {
        self.slot(self.top)?.set(self.tos);
        Ok(())
    }

    /// Pays `price` if there is as much.
    #[inline(always)]
    pub(super) fn charge(&mut self, price: u32) -> bool {
        match self.fuel.checked_sub(u64::from(price)) {
            Some(left) => {
                self.fuel = left;
                true
            }
            None => false,
        }
    }

    /// Pays for variable work; where there is not as much, gives the `base` back that was paid already.
    #[inline(always)]
    pub(super) fn pay(&mut self, base: u32, price: u64) -> Result<(), Stop> {
        match self.fuel.checked_sub(price) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                self.fuel = self.fuel.saturating_add(u64::from(base));
                Err(Stop::OutOfFuel)
            }
        }
    }
}
