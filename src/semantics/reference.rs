//! References.

use super::Reference;

/// `ref.null`
#[inline(always)]
pub const fn null() -> Reference {
    Reference::NULL
}

/// `ref.is_null`
#[inline(always)]
pub const fn is_null(value: Reference) -> i32 {
    value.is_null() as i32
}

/// `ref.func`
#[inline(always)]
pub const fn function(function: Reference) -> Reference {
    function
}
