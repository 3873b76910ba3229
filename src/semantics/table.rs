//! Tables (specification: execution, table instructions). Indices are 64-bit for both kinds of table.

use super::mem::copy_within;
use super::{Dropped, Pair, Reference, range};
use crate::buf;
use crate::trap::Trap;

const OUT_OF_BOUNDS: Trap = Trap::OutOfBoundsTableAccess;

/// `table.get`
#[inline(always)]
pub fn get(table: &[Reference], index: u64) -> Result<Reference, Trap> {
    let index = usize::try_from(index).map_err(|_| OUT_OF_BOUNDS)?;
    table.get(index).copied().ok_or(OUT_OF_BOUNDS)
}

/// `table.set`
#[inline(always)]
pub fn set(table: &mut [Reference], index: u64, value: Reference) -> Result<(), Trap> {
    let index = usize::try_from(index).map_err(|_| OUT_OF_BOUNDS)?;
    *table.get_mut(index).ok_or(OUT_OF_BOUNDS)? = value;
    Ok(())
}

/// `table.size`
#[inline(always)]
pub const fn size(table: &[Reference]) -> u64 {
    table.len() as u64
}

/// `table.fill`: checks now, writes when called.
pub fn fill(table: &mut [Reference], dst: u64, value: Reference, len: u64) -> Result<impl FnOnce() + '_, Trap> {
    let target = range(dst, len, table.len()).and_then(|range| table.get_mut(range)).ok_or(OUT_OF_BOUNDS)?;
    Ok(move || target.fill(value))
}

/// `table.copy`: checks now, copies when called.
pub fn copy(tables: Pair<'_, Reference>, dst: u64, src: u64, len: u64) -> Result<impl FnOnce() + '_, Trap> {
    copy_within(tables, dst, src, len).ok_or(OUT_OF_BOUNDS)
}

/// `table.init`: checks now, copies when called.
pub fn init<'a>(
    table: &'a mut [Reference],
    segment: &'a [Reference],
    dst: u64,
    src: i32,
    len: i32,
) -> Result<impl FnOnce() + 'a, Trap> {
    let len = u64::from(len as u32);
    let source = range(u64::from(src as u32), len, segment.len()).and_then(|range| segment.get(range));
    let target = range(dst, len, table.len()).and_then(|range| table.get_mut(range));
    match (target, source) {
        (Some(target), Some(source)) => Ok(move || buf::copy(target, source).unwrap_or_default()),
        _ => Err(OUT_OF_BOUNDS),
    }
}

/// `elem.drop`
#[inline(always)]
pub const fn drop_segment(segment: &mut Dropped) {
    *segment = true;
}
