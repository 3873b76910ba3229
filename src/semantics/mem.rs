//! Linear memory (specification: execution, memory instructions). Addresses are 64-bit for both kinds of memory.

use super::{Dropped, Pair, range};
use crate::buf;
use crate::trap::Trap;

const OUT_OF_BOUNDS: Trap = Trap::OutOfBoundsMemoryAccess;

/// What stands in memory: little-endian bytes of a number. It is looked for by where it ends: if an address is known to be
/// short, that leaves a single comparison.
pub trait Stored: Sized + Copy {
    /// Reads at `address`; nothing where it reaches beyond the end.
    fn read(memory: &[u8], address: u64) -> Option<Self>;

    /// Writes at `address`; nothing happens where it would reach beyond the end.
    fn write(self, memory: &mut [u8], address: u64) -> Option<()>;
}

/// What stands in memory as `Self` and on the stack as `T`.
pub trait StoredAs<T>: Stored {
    /// The value of the operand type.
    fn widen(self) -> T;

    /// The low bits of an operand.
    fn narrow(value: T) -> Self;
}

/// Where a number ends that begins at `address`. `checked_add` would say to the compiler that it is unlikely to fail, which
/// ends in handlers that jump where they should fall through.
#[inline(always)]
fn end_of<S>(address: u64) -> Option<usize> {
    match address.overflowing_add(size_of::<S>() as u64) {
        (end, false) => usize::try_from(end).ok(),
        (_, true) => None,
    }
}

/// The types differ in nothing but their width, and Rust's conversions to bytes have no common trait.
macro_rules! stored {
    ($ty:ty) => {
        impl Stored for $ty {
            #[inline(always)]
            fn read(memory: &[u8], address: u64) -> Option<Self> {
                let bytes = memory.get(..end_of::<Self>(address)?)?.last_chunk()?;
                Some(Self::from_le_bytes(*bytes))
            }

            #[inline(always)]
            fn write(self, memory: &mut [u8], address: u64) -> Option<()> {
                *memory.get_mut(..end_of::<Self>(address)?)?.last_chunk_mut()? = self.to_le_bytes();
                Some(())
            }
        }
    };
}

macro_rules! stored_as {
    ($stored:ty, $operand:ty) => {
        impl StoredAs<$operand> for $stored {
            #[inline(always)]
            fn widen(self) -> $operand {
                self as $operand
            }

            #[inline(always)]
            fn narrow(value: $operand) -> Self {
                value as Self
            }
        }
    };
}

stored!(i8);
stored!(u8);
stored!(i16);
stored!(u16);
stored!(i32);
stored!(u32);
stored!(i64);
stored_as!(i8, i32);
stored_as!(u8, i32);
stored_as!(i16, i32);
stored_as!(u16, i32);
stored_as!(i32, i32);
stored_as!(i8, i64);
stored_as!(u8, i64);
stored_as!(i16, i64);
stored_as!(u16, i64);
stored_as!(i32, i64);
stored_as!(u32, i64);
stored_as!(i64, i64);

#[cfg(feature = "floats")]
mod floats {
    use super::{Stored, StoredAs, end_of};
    stored!(f32);
    stored!(f64);
    stored_as!(f32, f32);
    stored_as!(f64, f64);
}

/// Loads of every width.
#[inline(always)]
pub fn load<S: StoredAs<T>, T>(memory: &[u8], offset: u64, addr: u64) -> Result<T, Trap> {
    let (address, false) = addr.overflowing_add(offset) else { return Err(OUT_OF_BOUNDS) };
    S::read(memory, address).map(S::widen).ok_or(OUT_OF_BOUNDS)
}

/// Stores of every width.
#[inline(always)]
pub fn store<S: StoredAs<T>, T>(memory: &mut [u8], offset: u64, addr: u64, value: T) -> Result<(), Trap> {
    let (address, false) = addr.overflowing_add(offset) else { return Err(OUT_OF_BOUNDS) };
    S::narrow(value).write(memory, address).ok_or(OUT_OF_BOUNDS)
}

/// `memory.size`
#[inline(always)]
pub const fn size(pages: u64) -> u64 {
    pages
}

/// `memory.fill`: checks now, writes when called.
pub fn fill(memory: &mut [u8], dst: u64, value: i32, len: u64) -> Result<impl FnOnce() + '_, Trap> {
    let target = range(dst, len, memory.len()).and_then(|range| memory.get_mut(range)).ok_or(OUT_OF_BOUNDS)?;
    Ok(move || target.fill(value as u8))
}

/// `memory.copy`: checks now, copies when called.
pub fn copy(memories: Pair<'_, u8>, dst: u64, src: u64, len: u64) -> Result<impl FnOnce() + '_, Trap> {
    copy_within(memories, dst, src, len).ok_or(OUT_OF_BOUNDS)
}

/// Copies between two parts or inside one: checks now, copies when called.
pub(super) fn copy_within<T: Copy>(pair: Pair<'_, T>, dst: u64, src: u64, len: u64) -> Option<impl FnOnce() + '_> {
    let (source_len, destination_len) = match &pair {
        Pair::Same(both) => (both.len(), both.len()),
        Pair::Distinct { destination, source } => (source.len(), destination.len()),
    };
    let from = range(src, len, source_len)?;
    let to = range(dst, len, destination_len)?;
    Some(move || {
        // Both ranges are inside, and as long as each other.
        let _ = match pair {
            Pair::Same(both) => buf::copy_within(both, from, to.start),
            Pair::Distinct { destination, source } => {
                destination.get_mut(to).and_then(|target| buf::copy(target, source.get(from)?))
            }
        };
    })
}

/// `memory.init`: checks now, copies when called.
pub fn init<'a>(
    memory: &'a mut [u8],
    data: &'a [u8],
    dst: u64,
    src: i32,
    len: i32,
) -> Result<impl FnOnce() + 'a, Trap> {
    let len = u64::from(len as u32);
    let source = range(u64::from(src as u32), len, data.len()).and_then(|range| data.get(range));
    let target = range(dst, len, memory.len()).and_then(|range| memory.get_mut(range));
    match (target, source) {
        (Some(target), Some(source)) => Ok(move || buf::copy(target, source).unwrap_or_default()),
        _ => Err(OUT_OF_BOUNDS),
    }
}

/// `data.drop`
#[inline(always)]
pub const fn drop_segment(data: &mut Dropped) {
    *data = true;
}
