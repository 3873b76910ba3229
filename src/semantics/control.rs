//! Control instructions that do not go anywhere.

use crate::trap::Trap;
use core::convert::Infallible;

/// `unreachable`
#[inline(always)]
pub const fn unreachable() -> Result<Infallible, Trap> {
    Err(Trap::Unreachable)
}

/// `nop`
#[inline(always)]
pub const fn nop() {}
