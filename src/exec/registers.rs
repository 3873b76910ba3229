//! What an engine keeps in the host's registers, and how it reads immediates, operands and locals.

use super::exit::Stop;
use super::machine::Machine;
use super::prices::Prices;
use crate::binary::immediates::MemArg;
use crate::binary::parts::Body;
use core::cell::Cell;

/// How an engine renders the rows: what it holds a frame in, and what it leaves out.
pub(super) trait Mode {
    /// Whether fuel is counted.
    const METERED: bool;
    /// Whether a number of more than one byte stops the instruction with [`Stop::Long`], to be executed in a longer way.
    const SHORT: bool;
    /// Whether [`PADDING`] bytes follow the code, so that an instruction's can be looked at with a single check.
    const PADDED: bool;
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

    /// The window that begins at `index` of the stack, if it fits.
    #[inline(always)]
    fn at(stack: &'m [Cell<u64>], index: usize) -> Option<Self> {
        Self::on(stack.get(index..)?)
    }

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

/// A window of fixed size takes one register.
#[cfg(tail_calls)]
impl<'m, const N: usize> FrameWindow<'m> for &'m [Cell<u64>; N] {
    #[inline(always)]
    fn on(cells: &'m [Cell<u64>]) -> Option<Self> {
        cells.first_chunk()
    }

    #[inline(always)]
    fn at(stack: &'m [Cell<u64>], index: usize) -> Option<Self> {
        stack.get(index..index.wrapping_add(N))?.first_chunk()
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

/// How many bytes from an opcode on are looked at with a single check: the longest instruction of short immediates.
const WINDOW: usize = 10;

/// How many bytes follow an owned module's, so that a window on its last instruction does not reach beyond them.
pub(crate) const PADDING: usize = WINDOW;

/// Opcodes and immediates. Validation has read them all before, so nothing can be wrong with them. One byte is the
/// common case of a number; only the others take a loop.
impl<M: Mode> Registers<'_, M> {
    /// The current opcode, read.
    #[inline(always)]
    pub(super) fn opcode(&mut self) -> Option<u8> {
        let opcode = if M::PADDED { *self.rest.first_chunk::<WINDOW>()?.first()? } else { *self.rest.first()? };
        self.rest = self.rest.get(1..)?;
        Some(opcode)
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
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

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
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

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
    pub(super) fn memarg(&mut self) -> Result<MemArg, Stop> {
        let ([flags, offset], rest) = self.rest.split_first_chunk().ok_or(Stop::Corrupt)?;
        if *flags < 0x40 && *offset < 0x80 {
            self.rest = rest;
            return Ok(MemArg { align: 0, memory: 0, offset: u64::from(*offset) });
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (offset, packed) = long_memarg(self.rest);
        self.rest = self.rest.get(packed as u32 as usize..).ok_or(Stop::Corrupt)?;
        Ok(MemArg { align: 0, memory: (packed >> 32) as u32, offset })
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

/// The offset; and the memory above the size, because what does not fit two registers would be returned in memory, on the
/// host's stack.
#[cold]
#[inline(never)]
fn long_memarg(code: &[u8]) -> (u64, u64) {
    let from = |start: usize| long_unsigned(code.get(start..).unwrap_or_default());
    let (flags, mut size) = from(0);
    let mut memory = 0;
    if flags & 0x40 != 0 {
        let (index, more) = from(size);
        memory = index as u32;
        size = size.wrapping_add(more);
    }
    let (offset, more) = from(size);
    (offset, u64::from(memory) << 32 | size.wrapping_add(more) as u64)
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
