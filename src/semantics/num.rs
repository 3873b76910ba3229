//! Integer arithmetic (specification: execution, numerics, integer operations).

use crate::trap::Trap;

/// An integer type of WebAssembly, which has no sign of its own.
pub trait Integer: Copy + PartialEq {
    /// The same bits, read without a sign.
    type Unsigned: Copy + PartialOrd;

    /// Zero.
    const ZERO: Self;
    /// The bits without a sign.
    fn unsigned(self) -> Self::Unsigned;
    /// Whether it is less than `other`, both read with a sign.
    fn less(self, other: Self) -> bool;
    /// The number of leading zero bits.
    fn leading_zeros(self) -> Self;
    /// The number of trailing zero bits.
    fn trailing_zeros(self) -> Self;
    /// The number of one bits.
    fn count_ones(self) -> Self;
    /// The sum, modulo the width.
    fn wrapping_add(self, other: Self) -> Self;
    /// The difference, modulo the width.
    fn wrapping_sub(self, other: Self) -> Self;
    /// The product, modulo the width.
    fn wrapping_mul(self, other: Self) -> Self;
    /// The quotient with signs; nothing where it overflows or the divisor is zero.
    fn checked_div(self, other: Self) -> Option<Self>;
    /// The quotient without signs; nothing where the divisor is zero.
    fn checked_div_unsigned(self, other: Self) -> Option<Self>;
    /// The remainder with signs, 0 where the quotient overflows; the divisor is not zero.
    fn wrapping_rem(self, other: Self) -> Self;
    /// The remainder without signs; nothing where the divisor is zero.
    fn checked_rem_unsigned(self, other: Self) -> Option<Self>;
    /// Both bits.
    fn and(self, other: Self) -> Self;
    /// Either bit.
    fn or(self, other: Self) -> Self;
    /// One bit and not the other.
    fn xor(self, other: Self) -> Self;
    /// Shifted left by `other` modulo the width.
    fn shift_left(self, other: Self) -> Self;
    /// Shifted right by `other` modulo the width, the sign filling up.
    fn shift_right(self, other: Self) -> Self;
    /// Shifted right by `other` modulo the width, zeros filling up.
    fn shift_right_unsigned(self, other: Self) -> Self;
    /// Rotated left by `other` modulo the width.
    fn rotated_left(self, other: Self) -> Self;
    /// Rotated right by `other` modulo the width.
    fn rotated_right(self, other: Self) -> Self;
}

/// The two integer types differ in nothing but their width, and Rust's operations on them have no common trait.
macro_rules! integer {
    ($signed:ty, $unsigned:ty) => {
        impl Integer for $signed {
            type Unsigned = $unsigned;

            const ZERO: Self = 0;
            #[inline(always)]
            fn unsigned(self) -> $unsigned {
                self as $unsigned
            }
            #[inline(always)]
            fn less(self, other: Self) -> bool {
                self < other
            }
            #[inline(always)]
            fn leading_zeros(self) -> Self {
                self.leading_zeros() as Self
            }
            #[inline(always)]
            fn trailing_zeros(self) -> Self {
                self.trailing_zeros() as Self
            }
            #[inline(always)]
            fn count_ones(self) -> Self {
                self.count_ones() as Self
            }
            #[inline(always)]
            fn wrapping_add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn wrapping_sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn wrapping_mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            #[inline(always)]
            fn checked_div(self, other: Self) -> Option<Self> {
                self.checked_div(other)
            }
            #[inline(always)]
            fn checked_div_unsigned(self, other: Self) -> Option<Self> {
                (self as $unsigned).checked_div(other as $unsigned).map(|quotient| quotient as Self)
            }
            #[inline(always)]
            fn wrapping_rem(self, other: Self) -> Self {
                self.wrapping_rem(other)
            }
            #[inline(always)]
            fn checked_rem_unsigned(self, other: Self) -> Option<Self> {
                (self as $unsigned).checked_rem(other as $unsigned).map(|remainder| remainder as Self)
            }
            #[inline(always)]
            fn and(self, other: Self) -> Self {
                self & other
            }
            #[inline(always)]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline(always)]
            fn xor(self, other: Self) -> Self {
                self ^ other
            }
            #[inline(always)]
            fn shift_left(self, other: Self) -> Self {
                self.wrapping_shl(other as u32)
            }
            #[inline(always)]
            fn shift_right(self, other: Self) -> Self {
                self.wrapping_shr(other as u32)
            }
            #[inline(always)]
            fn shift_right_unsigned(self, other: Self) -> Self {
                (self as $unsigned).wrapping_shr(other as u32) as Self
            }
            #[inline(always)]
            fn rotated_left(self, other: Self) -> Self {
                self.rotate_left(other as u32 & (Self::BITS - 1))
            }
            #[inline(always)]
            fn rotated_right(self, other: Self) -> Self {
                self.rotate_right(other as u32 & (Self::BITS - 1))
            }
        }
    };
}

integer!(i32, u32);
integer!(i64, u64);

/// `const`
#[inline(always)]
pub const fn constant<T: Copy>(value: T) -> T {
    value
}

/// `eqz`
#[inline(always)]
pub fn eqz<T: Integer>(value: T) -> i32 {
    i32::from(value == T::ZERO)
}

/// `eq`
#[inline(always)]
pub fn eq<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs == rhs)
}

/// `ne`
#[inline(always)]
pub fn ne<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs != rhs)
}

/// `lt_s`
#[inline(always)]
pub fn lt_s<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs.less(rhs))
}

/// `lt_u`
#[inline(always)]
pub fn lt_u<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs.unsigned() < rhs.unsigned())
}

/// `gt_s`
#[inline(always)]
pub fn gt_s<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(rhs.less(lhs))
}

/// `gt_u`
#[inline(always)]
pub fn gt_u<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs.unsigned() > rhs.unsigned())
}

/// `le_s`
#[inline(always)]
pub fn le_s<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(!rhs.less(lhs))
}

/// `le_u`
#[inline(always)]
pub fn le_u<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs.unsigned() <= rhs.unsigned())
}

/// `ge_s`
#[inline(always)]
pub fn ge_s<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(!lhs.less(rhs))
}

/// `ge_u`
#[inline(always)]
pub fn ge_u<T: Integer>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs.unsigned() >= rhs.unsigned())
}

/// `clz`
#[inline(always)]
pub fn clz<T: Integer>(value: T) -> T {
    value.leading_zeros()
}

/// `ctz`
#[inline(always)]
pub fn ctz<T: Integer>(value: T) -> T {
    value.trailing_zeros()
}

/// `popcnt`
#[inline(always)]
pub fn popcnt<T: Integer>(value: T) -> T {
    value.count_ones()
}

/// `add`
#[inline(always)]
pub fn add<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.wrapping_add(rhs)
}

/// `sub`
#[inline(always)]
pub fn sub<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.wrapping_sub(rhs)
}

/// `mul`
#[inline(always)]
pub fn mul<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.wrapping_mul(rhs)
}

/// `div_s`: rounds toward zero.
#[inline(always)]
pub fn div_s<T: Integer>(lhs: T, rhs: T) -> Result<T, Trap> {
    match lhs.checked_div(rhs) {
        Some(quotient) => Ok(quotient),
        None if rhs == T::ZERO => Err(Trap::DivideByZero),
        None => Err(Trap::IntegerOverflow),
    }
}

/// `div_u`
#[inline(always)]
pub fn div_u<T: Integer>(lhs: T, rhs: T) -> Result<T, Trap> {
    lhs.checked_div_unsigned(rhs).ok_or(Trap::DivideByZero)
}

/// `rem_s`: has the sign of the dividend.
#[inline(always)]
pub fn rem_s<T: Integer>(lhs: T, rhs: T) -> Result<T, Trap> {
    if rhs == T::ZERO { Err(Trap::DivideByZero) } else { Ok(lhs.wrapping_rem(rhs)) }
}

/// `rem_u`
#[inline(always)]
pub fn rem_u<T: Integer>(lhs: T, rhs: T) -> Result<T, Trap> {
    lhs.checked_rem_unsigned(rhs).ok_or(Trap::DivideByZero)
}

/// `and`
#[inline(always)]
pub fn and<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.and(rhs)
}

/// `or`
#[inline(always)]
pub fn or<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.or(rhs)
}

/// `xor`
#[inline(always)]
pub fn xor<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.xor(rhs)
}

/// `shl`
#[inline(always)]
pub fn shl<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.shift_left(rhs)
}

/// `shr_s`
#[inline(always)]
pub fn shr_s<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.shift_right(rhs)
}

/// `shr_u`
#[inline(always)]
pub fn shr_u<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.shift_right_unsigned(rhs)
}

/// `rotl`
#[inline(always)]
pub fn rotl<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.rotated_left(rhs)
}

/// `rotr`
#[inline(always)]
pub fn rotr<T: Integer>(lhs: T, rhs: T) -> T {
    lhs.rotated_right(rhs)
}

/// A type whose low bits a wider integer holds.
pub trait LowBits<T> {
    /// The low bits of `value` in this type, extended with their sign.
    fn extend_low(value: T) -> T;
}

impl LowBits<i32> for i8 {
    #[inline(always)]
    fn extend_low(value: i32) -> i32 {
        i32::from(value as Self)
    }
}

impl LowBits<i32> for i16 {
    #[inline(always)]
    fn extend_low(value: i32) -> i32 {
        i32::from(value as Self)
    }
}

impl LowBits<i64> for i8 {
    #[inline(always)]
    fn extend_low(value: i64) -> i64 {
        i64::from(value as Self)
    }
}

impl LowBits<i64> for i16 {
    #[inline(always)]
    fn extend_low(value: i64) -> i64 {
        i64::from(value as Self)
    }
}

impl LowBits<i64> for i32 {
    #[inline(always)]
    fn extend_low(value: i64) -> i64 {
        i64::from(value as Self)
    }
}

/// `extend8_s`, `extend16_s`, `extend32_s`
#[inline(always)]
pub fn extend_low_s<Low: LowBits<T>, T>(value: T) -> T {
    Low::extend_low(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_overflows_at_one_place_only() {
        assert_eq!(div_s(i32::MIN, -1), Err(Trap::IntegerOverflow));
        assert_eq!(div_s(i64::MIN, 0), Err(Trap::DivideByZero));
        assert_eq!(rem_s(i32::MIN, -1), Ok(0));
        assert_eq!(div_u(-1i32, 2), Ok(i32::MAX));
        assert_eq!(rem_u(-1i64, 10), Ok(5));
    }

    #[test]
    fn shifts_and_rotations_count_modulo_the_width() {
        assert_eq!(shl(1i32, 33), 2);
        assert_eq!(shr_s(-8i64, 65), -4);
        assert_eq!(shr_u(-1i32, 31), 1);
        assert_eq!(rotl(0x4000_0001i32, 33), i32::MIN + 2);
        assert_eq!(rotr(1i64, 1), i64::MIN);
    }

    #[test]
    fn comparisons_differ_by_sign() {
        assert_eq!((lt_s(-1i32, 0), lt_u(-1i32, 0)), (1, 0));
        assert_eq!((ge_s(-1i64, 0), ge_u(-1i64, 0)), (0, 1));
    }
}
