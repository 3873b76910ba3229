//! A place in a module's bytes, with the primitive values of the binary format (specification: binary format, values).

use super::error::{ErrorKind, ModuleError};
use crate::features::Features;
use crate::proposal::Proposal;

/// Reads a module's bytes from some offset on, up to some end.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'b> {
    /// The bytes up to the end of what is read.
    bytes: &'b [u8],
    /// The next byte, from the module's start.
    offset: usize,
    pub(crate) features: Features,
}

type Result<T, E = ModuleError> = core::result::Result<T, E>;

impl<'b> Reader<'b> {
    pub(crate) const fn new(bytes: &'b [u8], features: Features) -> Self {
        Self { bytes, offset: 0, features }
    }

    /// The same bytes, read from `offset` on.
    pub(crate) const fn at(self, offset: usize) -> Self {
        Self { offset, ..self }
    }

    /// The offset of the next byte from the module's start.
    #[inline(always)]
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn error(&self, kind: ErrorKind) -> ModuleError {
        ModuleError::new(self.offset, kind)
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.offset >= self.bytes.len()
    }

    /// The bytes from the module's start up to the end of what is read.
    pub(crate) const fn all(&self) -> &'b [u8] {
        self.bytes
    }

    pub(crate) const fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    /// A reader of the next `len` bytes, which this one passes over.
    pub(crate) fn sub_reader(&mut self, len: usize) -> Result<Self> {
        let end = self.offset.checked_add(len).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else { return Err(self.error(ErrorKind::LengthOutOfBounds)) };
        let bytes = self.bytes.get(..end).unwrap_or_default();
        let part = Self { bytes, ..*self };
        self.offset = end;
        Ok(part)
    }

    /// The bytes from here to the end.
    pub(crate) fn rest(&self) -> &'b [u8] {
        self.bytes.get(self.offset..).unwrap_or_default()
    }

    /// What `read` reads, which is rare or long. It gets a copy, so that this reader stays in the host's registers.
    #[inline(always)]
    pub(crate) fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if cfg!(not(feature = "alloc")) {
            return read(self);
        }
        let mut copy = *self;
        let value = read(&mut copy)?;
        self.offset = copy.offset;
        Ok(value)
    }

    pub(crate) fn require(&self, proposal: Proposal, offset: usize) -> Result<()> {
        if self.features.contains(proposal) {
            Ok(())
        } else {
            Err(ModuleError::new(offset, ErrorKind::ProposalOff(proposal)))
        }
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn byte(&mut self) -> Result<u8> {
        match self.bytes.get(self.offset) {
            Some(byte) => {
                self.offset = self.offset.wrapping_add(1);
                Ok(*byte)
            }
            None => Err(self.error(ErrorKind::UnexpectedEnd)),
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let array = self.bytes.get(self.offset..).and_then(|rest| rest.first_chunk::<N>());
        match array {
            Some(array) => {
                self.offset = self.offset.wrapping_add(N);
                Ok(*array)
            }
            None => Err(ModuleError::new(self.bytes.len(), ErrorKind::UnexpectedEnd)),
        }
    }

    /// An unsigned LEB128 number of 32 bits.
    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn var_u32(&mut self) -> Result<u32> {
        match self.bytes.get(self.offset) {
            Some(byte) if *byte < 0x80 => {
                self.offset = self.offset.wrapping_add(1);
                Ok(u32::from(*byte))
            }
            _ => self.apart(|reader| reader.unsigned(32)).map(|value| value as u32),
        }
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn var_u64(&mut self) -> Result<u64> {
        match self.bytes.get(self.offset) {
            Some(byte) if *byte < 0x80 => {
                self.offset = self.offset.wrapping_add(1);
                Ok(u64::from(*byte))
            }
            _ => self.apart(|reader| reader.unsigned(64)),
        }
    }

    #[cfg_attr(feature = "alloc", inline(always))]
    #[cfg_attr(not(feature = "alloc"), inline(never))]
    pub(crate) fn var_i32(&mut self) -> Result<i32> {
        match self.bytes.get(self.offset) {
            Some(byte) if *byte < 0x80 => {
                self.offset = self.offset.wrapping_add(1);
                Ok(i32::from((byte << 1) as i8 >> 1))
            }
            _ => self.apart(|reader| reader.signed(32)).map(|value| value as i32),
        }
    }

    pub(crate) fn var_i33(&mut self) -> Result<i64> {
        self.signed(33)
    }

    pub(crate) fn var_i64(&mut self) -> Result<i64> {
        self.apart(|reader| reader.signed(64))
    }

    /// An unsigned LEB128 number of `width` bits, of as many bytes as that takes at most.
    #[cold]
    fn unsigned(&mut self, width: u32) -> Result<u64> {
        let (start, mut value, mut shift) = (*self, 0u64, 0u32);
        loop {
            let byte = self.byte()?;
            let left = width.wrapping_sub(shift);
            if left < 7 {
                if byte & 0x80 != 0 {
                    return Err(start.error(ErrorKind::IntegerTooLong));
                }
                if u32::from(byte) >> left != 0 {
                    return Err(start.error(ErrorKind::IntegerTooLarge));
                }
            }
            value |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift = shift.wrapping_add(7);
        }
    }

    /// A signed LEB128 number of `width` bits, of as many bytes as that takes at most.
    #[cold]
    fn signed(&mut self, width: u32) -> Result<i64> {
        let (start, mut value, mut shift) = (*self, 0i64, 0u32);
        loop {
            let byte = self.byte()?;
            let left = width.wrapping_sub(shift);
            if left < 7 {
                if byte & 0x80 != 0 {
                    return Err(start.error(ErrorKind::IntegerTooLong));
                }
                // The bits beyond the width must all be copies of the sign.
                let above = (byte << 1) as i8 >> left;
                if above != 0 && above != -1 {
                    return Err(start.error(ErrorKind::IntegerTooLarge));
                }
            }
            value |= i64::from(byte & 0x7F) << shift;
            shift = shift.wrapping_add(7);
            if byte & 0x80 == 0 {
                let unused = 64u32.saturating_sub(shift);
                return Ok(value << unused >> unused);
            }
        }
    }

    /// A count of things of at least one byte each, so that a count beyond the bytes that are there is refused before
    /// anything is made for it.
    pub(crate) fn count(&mut self, what: &'static str, limit: u32) -> Result<u32> {
        let start = *self;
        let count = self.var_u32()?;
        if count > limit {
            return Err(start.error(ErrorKind::TooMany { what, limit: limit as usize }));
        }
        if count as usize > self.remaining() {
            return Err(self.error(ErrorKind::UnexpectedEnd));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> Reader<'_> {
        Reader::new(bytes, Features::default())
    }

    #[test]
    fn numbers_may_be_padded_but_not_beyond_their_width() {
        assert_eq!(reader(&[0xE5, 0x8E, 0x26]).var_u32(), Ok(624_485));
        assert_eq!(reader(&[0x80, 0x80, 0x80, 0x80, 0x00]).var_u32(), Ok(0));
        assert_eq!(
            reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]).var_u32().unwrap_err().kind(),
            ErrorKind::IntegerTooLong
        );
        assert_eq!(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x1F]).var_u32().unwrap_err().kind(), ErrorKind::IntegerTooLarge);
        assert_eq!(reader(&[0xFF, 0xFF, 0xFF, 0xFF, 0x0F]).var_u32(), Ok(u32::MAX));
    }

    #[test]
    fn signed_numbers_extend_their_sign() {
        assert_eq!(reader(&[0x7F]).var_i32(), Ok(-1));
        assert_eq!(reader(&[0x40]).var_i32(), Ok(-64));
        assert_eq!(reader(&[0x80, 0x80, 0x80, 0x80, 0x78]).var_i32(), Ok(i32::MIN));
        assert_eq!(reader(&[0x80, 0x80, 0x80, 0x80, 0x70]).var_i32().unwrap_err().kind(), ErrorKind::IntegerTooLarge);
        assert_eq!(reader(&[0x40]).var_i33(), Ok(-64));
        let minimum = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F];
        assert_eq!(reader(&minimum).var_i64(), Ok(i64::MIN));
        let beyond = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7E];
        assert_eq!(reader(&beyond).var_i64().unwrap_err().kind(), ErrorKind::IntegerTooLarge);
    }

    #[test]
    fn a_part_ends_where_it_must() {
        let mut whole = reader(&[1, 2, 3]);
        let mut part = whole.sub_reader(2).unwrap();
        assert_eq!((part.byte(), part.byte(), whole.byte()), (Ok(1), Ok(2), Ok(3)));
        assert_eq!(part.byte().unwrap_err().offset(), 2);
        assert_eq!(whole.sub_reader(1).unwrap_err().kind(), ErrorKind::LengthOutOfBounds);
    }
}
