//! Locals and globals.

use super::Slot;

/// `local.get`, `global.get`
#[inline(always)]
pub const fn get(variable: Slot) -> Slot {
    variable
}

/// `local.set`, `global.set`
#[inline(always)]
pub const fn set(variable: &mut Slot, value: Slot) {
    *variable = value;
}

/// `local.tee`
#[inline(always)]
pub const fn tee(variable: &mut Slot, value: Slot) -> Slot {
    *variable = value;
    value
}
