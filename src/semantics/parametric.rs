//! Instructions that move values of any type.

use super::Slot;

/// `drop`
#[inline(always)]
pub const fn drop(_value: Slot) {}

/// `select`
#[inline(always)]
pub const fn select(first: Slot, second: Slot, cond: i32) -> Slot {
    if cond != 0 { first } else { second }
}

/// `select` with its type stated.
#[inline(always)]
pub const fn select_typed(first: Slot, second: Slot, cond: i32) -> Slot {
    select(first, second, cond)
}
