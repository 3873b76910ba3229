//! What an engine keeps in the host's registers, and how it reads immediates, operands and locals.

use super::exit::Stop;
use super::machine::Machine;
use crate::binary::immediates::MemArg;
use crate::binary::parts::Body;
use core::cell::Cell;

/// How an engine renders the rows: what it holds a frame in, and what it leaves out.
pub(super) trait Mode {
    /// Whether fuel is counted.
    const METERED: bool;
    /// Whether it is counted by sums: then [`Registers::fuel`] is less by what the rest of the function costs.
    const SUMS: bool;
    /// Whether a number of more than one byte stops the instruction with [`Stop::Long`], to be executed in a longer way.
    const SHORT: bool;
    /// Whether numbers of up to eight bytes are among those that are read.
    const WIDE: bool;
    /// Whether what goes elsewhere than to the next instruction stops with [`Stop::Elsewhere`], to be executed apart.
    const ONLY_NEXT: bool;
    /// Whether it is already known that it goes elsewhere.
    const ONLY_ELSEWHERE: bool;
    /// Whether [`PADDING`] bytes follow the code, so that an instruction's can be looked at with a single check.
    const PADDED: bool;
    /// The code that is still to be read.
    type Code<'m>: CodeCursor<'m>;
    /// The window on the value stack.
    type Frame<'m>: FrameWindow<'m>;
    /// What fuel is counted in.
    type Fuel: FuelCounter;

    /// Whether it runs the function of `body` with this fuel, rather than leave it to another way.
    fn takes(machine: &Machine<'_, '_>, body: &Body, fuel: Self::Fuel) -> bool;
}

/// A place in the module's code.
pub(super) trait CodeCursor<'m>: Copy {
    /// The place at `offset` of `code`.
    fn on(code: &'m [u8], offset: u32) -> Option<Self>;

    /// The bytes from here on: of those of an instruction, all.
    fn rest(self) -> &'m [u8];

    /// The byte `ahead` places from here.
    fn byte(self, ahead: usize) -> Option<u8>;

    /// The eight bytes from here on.
    fn word(self) -> Option<u64>;

    /// The place `count` bytes on.
    fn advance(self, count: usize) -> Option<Self>;

    /// Where the host has it.
    fn address(self) -> usize;
}

impl<'m> CodeCursor<'m> for &'m [u8] {
    #[inline(always)]
    fn on(code: &'m [u8], offset: u32) -> Option<Self> {
        code.get(offset as usize..)
    }

    #[inline(always)]
    fn rest(self) -> &'m [u8] {
        self
    }

    #[inline(always)]
    fn byte(self, ahead: usize) -> Option<u8> {
        self.get(ahead).copied()
    }

    #[inline(always)]
    fn word(self) -> Option<u64> {
        self.first_chunk().copied().map(u64::from_le_bytes)
    }

    #[inline(always)]
    fn advance(self, count: usize) -> Option<Self> {
        self.get(count..)
    }

    #[inline(always)]
    fn address(self) -> usize {
        self.as_ptr().addr()
    }
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

    /// Zeroes the locals that are not parameters. A few slots of operands are zeroed with them, because they mean nothing yet:
    /// so it takes a round for most functions, and the compiler calls nothing for it.
    #[inline(always)]
    fn zero_locals(self, body: &Body) {
        let (mut place, last) = ((body.params as usize).wrapping_add(1), body.locals as usize);
        if place > last {
            return;
        }
        self.zero_some(place);
        place = place.wrapping_add(LOCALS_AT_ONCE);
        while place <= last {
            rarely();
            self.zero_some(place);
            place = place.wrapping_add(LOCALS_AT_ONCE);
        }
    }

    /// Zeroes a few slots from `place` on.
    #[inline(always)]
    fn zero_some(self, place: usize) {
        let end = place.wrapping_add(LOCALS_AT_ONCE);
        match self.cells().get(place..end) {
            Some(locals) => locals.iter().for_each(|local| local.set(0)),
            // Only near the end of the largest frames. But without a second way the compiler would call `memset`, which takes
            // all registers. Without closures, too, which it calls where it is to make little code.
            None => {
                rarely();
                let mut local = place;
                while local < end {
                    if let Some(local) = self.slot(local) {
                        local.set(0);
                    }
                    local = local.wrapping_add(1);
                }
            }
        }
    }
}

/// Tells the compiler that control hardly comes here, for which it lays out the other way first.
#[cold]
#[inline(always)]
pub(super) fn rarely() {}

/// How many locals are zeroed at a time.
const LOCALS_AT_ONCE: usize = 4;

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

    /// The same in the bits of an integer.
    fn bits(self) -> u64;

    /// What [`bits`](Self::bits) gave.
    fn from_bits(bits: u64) -> Self;

    /// With a `sum` added, where fuel is counted by sums.
    fn plus(self, sum: f64) -> Self;

    /// Whether what is left may not pay for the rest of the function, where fuel is counted by sums.
    fn is_short(self) -> bool;
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
    fn bits(self) -> u64 {
        self
    }

    #[inline(always)]
    fn from_bits(bits: u64) -> Self {
        bits
    }

    #[inline(always)]
    fn plus(self, _: f64) -> Self {
        self
    }

    #[inline(always)]
    fn is_short(self) -> bool {
        false
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
    pub code: M::Code<'m>,
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

/// How many bytes of code handlers that jump to each other see at a time.
#[cfg(tail_calls)]
pub(super) const CODE_WINDOW: usize = 1024;

/// How many bytes follow an owned module's, so that a window on its last instruction does not reach beyond them.
#[cfg(tail_calls)]
pub(crate) const PADDING: usize = CODE_WINDOW;
#[cfg(not(tail_calls))]
pub(crate) const PADDING: usize = WINDOW;

/// Opcodes and immediates. Validation has read them all before, so nothing can be wrong with them. One byte is the
/// common case of a number; only the others take a loop.
impl<M: Mode> Registers<'_, M> {
    /// The current opcode, read.
    #[inline(always)]
    pub(super) fn opcode(&mut self) -> Option<u8> {
        let opcode = if M::PADDED { *self.code.rest().first_chunk::<WINDOW>()?.first()? } else { self.code.byte(0)? };
        self.code = self.code.advance(1)?;
        Some(opcode)
    }

    #[inline(always)]
    fn byte(&self, ahead: usize) -> Result<u8, Stop> {
        self.code.byte(ahead).ok_or(Stop::Corrupt)
    }

    #[inline(always)]
    fn skip(&mut self, count: usize) -> Result<(), Stop> {
        self.code = self.code.advance(count).ok_or(Stop::Corrupt)?;
        Ok(())
    }

    /// The unsigned number at this place and its size, if that is two to eight bytes.
    #[inline(always)]
    fn wide_number(&self) -> Result<(u64, usize), Stop> {
        let (low, high) = (self.byte(0)?, self.byte(1)?);
        if high < 0x80 {
            return Ok((u64::from(low & 0x7F) | u64::from(high) << 7, 2));
        }
        self.code.word().and_then(wide_unsigned).ok_or(Stop::Long)
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let bytes = *self.code.rest().first_chunk().ok_or(Stop::Corrupt)?;
        self.skip(N)?;
        Ok(bytes)
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
    pub(super) fn var_u32(&mut self) -> Result<u32, Stop> {
        let byte = self.byte(0)?;
        if byte < 0x80 {
            self.skip(1)?;
            return Ok(u32::from(byte));
        }
        if M::WIDE {
            let (value, size) = self.wide_number()?;
            self.skip(size)?;
            return Ok(value as u32);
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (value, size) = long_unsigned(self.code.rest());
        self.skip(size)?;
        Ok(value as u32)
    }

    #[inline(always)]
    pub(super) fn var_i32(&mut self) -> Result<i32, Stop> {
        self.var_i64().map(|value| value as i32)
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
    pub(super) fn var_i64(&mut self) -> Result<i64, Stop> {
        let byte = self.byte(0)?;
        if byte < 0x80 {
            self.skip(1)?;
            return Ok(i64::from((byte << 1) as i8 >> 1));
        }
        if M::WIDE {
            let (value, size) = self.wide_number()?;
            self.skip(size)?;
            return Ok(extend_sign(value, size));
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (value, size) = long_signed(self.code.rest());
        self.skip(size)?;
        Ok(value)
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f32(&mut self) -> Result<f32, Stop> {
        self.chunk().map(f32::from_le_bytes)
    }

    #[cfg(feature = "floats")]
    #[inline(always)]
    pub(super) fn f64(&mut self) -> Result<f64, Stop> {
        self.chunk().map(f64::from_le_bytes)
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline)]
    pub(super) fn memarg(&mut self) -> Result<MemArg, Stop> {
        let (flags, offset) = (self.byte(0)?, self.byte(1)?);
        if flags < 0x40 && offset < 0x80 {
            self.skip(2)?;
            return Ok(MemArg { align: 0, memory: 0, offset: u64::from(offset) });
        }
        if M::WIDE && flags < 0x40 {
            self.skip(1)?;
            let (offset, size) = self.wide_number()?;
            self.skip(size)?;
            return Ok(MemArg { align: 0, memory: 0, offset });
        }
        if M::SHORT {
            return Err(Stop::Long);
        }
        let (offset, packed) = long_memarg(self.code.rest());
        self.skip(packed as u32 as usize)?;
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
        self.skip(count as usize)
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
    (extend_sign(value, size), size)
}

/// A number of `size` bytes with its sign.
#[inline(always)]
fn extend_sign(value: u64, size: usize) -> i64 {
    let unused = 64u32.saturating_sub(size.wrapping_mul(7) as u32);
    (value as i64).wrapping_shl(unused).wrapping_shr(unused)
}

/// The unsigned LEB128 number that `word` begins with and its size, if it ends there; without a branch for each byte, since
/// linkers leave numbers in more bytes than they need.
#[inline(always)]
fn wide_unsigned(word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 {
        return None;
    }
    let last = ends.trailing_zeros();
    // The bits up to those of the last byte; then groups of 7, 14, 28 bits are moved together.
    let groups = word & (ends ^ ends.wrapping_sub(1)) & 0x7F7F_7F7F_7F7F_7F7F;
    let groups = (groups & 0x007F_007F_007F_007F) | ((groups & 0x7F00_7F00_7F00_7F00) >> 1);
    let groups = (groups & 0x0000_3FFF_0000_3FFF) | ((groups & 0x3FFF_0000_3FFF_0000) >> 2);
    let value = (groups & 0x0FFF_FFFF) | (groups >> 32 << 28);
    Some((value, (last as usize >> 3).wrapping_add(1)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `value`, cut to what `size` bytes hold, in exactly as many.
    fn encoded(value: u64, size: usize) -> Vec<u8> {
        (0..size).map(|place| (value >> (7 * place)) as u8 & 0x7F | if place + 1 < size { 0x80 } else { 0 }).collect()
    }

    proptest! {
        #[test]
        fn wide_numbers_are_read_as_byte_by_byte(value: u64, size in 1usize..=10, behind: [u8; 8]) {
            let bytes = [encoded(value, size).as_slice(), &behind].concat();
            let wide = wide_unsigned(u64::from_le_bytes(*bytes.first_chunk().unwrap()));
            if size <= 8 {
                prop_assert_eq!(wide, Some(long_unsigned(&bytes)));
                prop_assert_eq!(wide.map(|(value, size)| (extend_sign(value, size), size)), Some(long_signed(&bytes)));
            } else {
                prop_assert_eq!(wide, None);
            }
        }
    }
}
