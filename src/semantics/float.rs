//! Floating-point arithmetic (specification: execution, numerics, floating-point operations).
//!
//! An operation that gives a NaN gives a quiet one; which of them is left to the machine, unless the configuration wants
//! the canonical one.

/// A float type of WebAssembly.
pub trait Float: Copy + PartialOrd {
    /// Its absolute value: clears the sign bit, also of a NaN.
    fn abs(self) -> Self;
    /// Its negation: flips the sign bit, also of a NaN.
    fn neg(self) -> Self;
    /// Its magnitude with the sign of `sign`, also of NaNs.
    fn copysign(self, sign: Self) -> Self;
    /// Whether its sign bit is set.
    fn is_sign_negative(self) -> bool;
    /// Itself, a signalling NaN made quiet.
    fn quiet(self) -> Self;
    /// The NaN whose sign is positive and of whose fraction only the uppermost bit is set.
    const CANONICAL_NAN: Self;
    /// Whether it is a NaN.
    fn is_nan(self) -> bool;
    /// Rounded up.
    fn ceil(self) -> Self;
    /// Rounded down.
    fn floor(self) -> Self;
    /// Rounded toward zero.
    fn trunc(self) -> Self;
    /// Rounded to the nearest integer, ties to the even one.
    fn nearest(self) -> Self;
    /// Its square root.
    fn sqrt(self) -> Self;
    /// The sum.
    fn add(self, other: Self) -> Self;
    /// The difference.
    fn sub(self, other: Self) -> Self;
    /// The product.
    fn mul(self, other: Self) -> Self;
    /// The quotient.
    fn div(self, other: Self) -> Self;
}

/// Rounding and roots: the standard library's where there is one, libm's where there is not.
mod rounding {
    #[cfg(feature = "std")]
    pub(super) mod single {
        pub(crate) fn ceil(value: f32) -> f32 {
            value.ceil()
        }
        pub(crate) fn floor(value: f32) -> f32 {
            value.floor()
        }
        pub(crate) fn trunc(value: f32) -> f32 {
            value.trunc()
        }
        pub(crate) fn nearest(value: f32) -> f32 {
            value.round_ties_even()
        }
        pub(crate) fn sqrt(value: f32) -> f32 {
            value.sqrt()
        }
    }

    #[cfg(feature = "std")]
    pub(super) mod double {
        pub(crate) fn ceil(value: f64) -> f64 {
            value.ceil()
        }
        pub(crate) fn floor(value: f64) -> f64 {
            value.floor()
        }
        pub(crate) fn trunc(value: f64) -> f64 {
            value.trunc()
        }
        pub(crate) fn nearest(value: f64) -> f64 {
            value.round_ties_even()
        }
        pub(crate) fn sqrt(value: f64) -> f64 {
            value.sqrt()
        }
    }

    #[cfg(not(feature = "std"))]
    pub(super) mod single {
        pub(crate) use libm::{ceilf as ceil, floorf as floor, rintf as nearest, sqrtf as sqrt, truncf as trunc};
    }

    #[cfg(not(feature = "std"))]
    pub(super) mod double {
        pub(crate) use libm::{ceil, floor, rint as nearest, sqrt, trunc};
    }
}

/// The two float types differ in nothing but their width, and Rust's operations on them have no common trait.
macro_rules! float {
    ($ty:ty, $bits:ty, $rounding:ident) => {
        impl Float for $ty {
            #[inline(always)]
            fn abs(self) -> Self {
                Self::from_bits(self.to_bits() & <$bits>::MAX >> 1)
            }
            #[inline(always)]
            fn neg(self) -> Self {
                Self::from_bits(self.to_bits() ^ !(<$bits>::MAX >> 1))
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                let magnitude = <$bits>::MAX >> 1;
                Self::from_bits(self.to_bits() & magnitude | sign.to_bits() & !magnitude)
            }
            #[inline(always)]
            fn is_sign_negative(self) -> bool {
                <$ty>::is_sign_negative(self)
            }
            #[inline(always)]
            fn quiet(self) -> Self {
                let quiet_bit = 1 << (Self::MANTISSA_DIGITS - 2);
                if <$ty>::is_nan(self) { Self::from_bits(self.to_bits() | quiet_bit) } else { self }
            }
            const CANONICAL_NAN: Self = Self::from_bits(<$bits>::MAX >> 1 & !((1 << (Self::MANTISSA_DIGITS - 2)) - 1));
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$ty>::is_nan(self)
            }
            #[inline(always)]
            fn ceil(self) -> Self {
                rounding::$rounding::ceil(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                rounding::$rounding::floor(self)
            }
            #[inline(always)]
            fn trunc(self) -> Self {
                rounding::$rounding::trunc(self)
            }
            #[inline(always)]
            fn nearest(self) -> Self {
                rounding::$rounding::nearest(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                rounding::$rounding::sqrt(self)
            }
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                self * other
            }
            #[inline(always)]
            fn div(self, other: Self) -> Self {
                self / other
            }
        }
    };
}

float!(f32, u32, single);
float!(f64, u64, double);

/// `eq`
#[inline(always)]
pub fn eq<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs == rhs)
}

/// `ne`
#[inline(always)]
pub fn ne<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs != rhs)
}

/// `lt`
#[inline(always)]
pub fn lt<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs < rhs)
}

/// `gt`
#[inline(always)]
pub fn gt<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs > rhs)
}

/// `le`
#[inline(always)]
pub fn le<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs <= rhs)
}

/// `ge`
#[inline(always)]
pub fn ge<T: Float>(lhs: T, rhs: T) -> i32 {
    i32::from(lhs >= rhs)
}

/// `abs`
#[inline(always)]
pub fn abs<T: Float>(value: T) -> T {
    value.abs()
}

/// `neg`
#[inline(always)]
pub fn neg<T: Float>(value: T) -> T {
    value.neg()
}

/// `ceil`
#[inline(always)]
pub fn ceil<T: Float>(value: T) -> T {
    value.ceil().quiet()
}

/// `floor`
#[inline(always)]
pub fn floor<T: Float>(value: T) -> T {
    value.floor().quiet()
}

/// `trunc`
#[inline(always)]
pub fn trunc<T: Float>(value: T) -> T {
    value.trunc().quiet()
}

/// `nearest`
#[inline(always)]
pub fn nearest<T: Float>(value: T) -> T {
    value.nearest().quiet()
}

/// `sqrt`
#[inline(always)]
pub fn sqrt<T: Float>(value: T) -> T {
    value.sqrt().quiet()
}

/// `add`
#[inline(always)]
pub fn add<T: Float>(lhs: T, rhs: T) -> T {
    lhs.add(rhs)
}

/// `sub`
#[inline(always)]
pub fn sub<T: Float>(lhs: T, rhs: T) -> T {
    lhs.sub(rhs)
}

/// `mul`
#[inline(always)]
pub fn mul<T: Float>(lhs: T, rhs: T) -> T {
    lhs.mul(rhs)
}

/// `div`
#[inline(always)]
pub fn div<T: Float>(lhs: T, rhs: T) -> T {
    lhs.div(rhs)
}

/// Whether a result is a NaN.
#[inline(always)]
pub fn is_nan<T: Float>(result: T) -> bool {
    result.is_nan()
}

/// A result as it is, or the canonical NaN where it is a NaN and that one is `wanted`.
#[inline(always)]
pub fn canonical_nan<T: Float>(result: T, wanted: bool) -> T {
    if result.is_nan() && wanted { T::CANONICAL_NAN } else { result }
}

/// `min`: a NaN wins, and -0 is less than 0.
#[inline(always)]
pub fn min<T: Float>(lhs: T, rhs: T) -> T {
    if lhs < rhs {
        lhs
    } else if rhs < lhs {
        rhs
    } else if lhs == rhs {
        if lhs.is_sign_negative() { lhs } else { rhs }
    } else {
        lhs.add(rhs)
    }
}

/// `max`: a NaN wins, and 0 is greater than -0.
#[inline(always)]
pub fn max<T: Float>(lhs: T, rhs: T) -> T {
    if lhs > rhs {
        lhs
    } else if rhs > lhs {
        rhs
    } else if lhs == rhs {
        if lhs.is_sign_negative() { rhs } else { lhs }
    } else {
        lhs.add(rhs)
    }
}

/// `copysign`
#[inline(always)]
pub fn copysign<T: Float>(lhs: T, rhs: T) -> T {
    lhs.copysign(rhs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_have_an_order_in_min_and_max() {
        assert!(min(0.0f32, -0.0).is_sign_negative());
        assert!(max(-0.0f64, 0.0).is_sign_positive());
    }

    #[test]
    fn a_nan_wins_and_is_quiet() {
        let signalling = f32::from_bits(0x7FA0_0000);
        for value in [min(signalling, 1.0), max(1.0, signalling), ceil(signalling), sqrt(-1.0f32)] {
            assert!(value.is_nan());
            assert_ne!(value.to_bits() & 0x0040_0000, 0, "{:#x}", value.to_bits());
        }
    }

    #[test]
    fn the_canonical_nan_has_the_bits_of_the_specification() {
        assert_eq!(<f32 as Float>::CANONICAL_NAN.to_bits(), 0x7FC0_0000);
        assert_eq!(<f64 as Float>::CANONICAL_NAN.to_bits(), 0x7FF8_0000_0000_0000);
        let nan = f64::from_bits(0xFFF8_0000_0000_0001);
        assert_eq!(canonical_nan(nan, false).to_bits(), nan.to_bits());
        assert_eq!(canonical_nan(nan, true).to_bits(), f64::NAN.to_bits());
        assert_eq!(canonical_nan(-0.0_f64, true).to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn signs_change_without_touching_a_nan() {
        let nan = f64::from_bits(0x7FF0_0000_0000_0001);
        assert_eq!(neg(nan).to_bits(), 0xFFF0_0000_0000_0001);
        assert_eq!(copysign(nan, -1.0).to_bits(), 0xFFF0_0000_0000_0001);
        assert_eq!(abs(-nan).to_bits() >> 63, 0);
    }

    #[test]
    fn nearest_rounds_ties_to_even() {
        assert_eq!([nearest(0.5f32), nearest(1.5), nearest(-2.5)], [0.0, 2.0, -2.0]);
    }
}
