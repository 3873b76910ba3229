//! Conversions between number types (specification: execution, numerics, conversions).

#[cfg(feature = "floats")]
pub use floats::*;

/// `wrap`
#[inline(always)]
pub const fn wrap(value: i64) -> i32 {
    value as i32
}

/// `extend_i32_s`
#[inline(always)]
pub const fn extend_s(value: i32) -> i64 {
    value as i64
}

/// `extend_i32_u`
#[inline(always)]
pub const fn extend_u(value: i32) -> i64 {
    value as u32 as i64
}

#[cfg(feature = "floats")]
mod floats {
    use crate::semantics::float::Float;
    use crate::trap::Trap;

    /// A float that can be turned into the integer `I`, which has a sign or not.
    pub trait ToInteger<I>: Copy {
        /// Whether it is a NaN.
        fn is_nan(self) -> bool;
        /// Whether, rounded toward zero, `I` holds it.
        fn fits(self) -> bool;
        /// Rounded toward zero; a value out of range gives the nearest in range, a NaN gives 0.
        fn saturate(self) -> I;
    }

    /// An integer that can be turned into the float `F`.
    pub trait ToFloat<F> {
        /// The nearest float, ties to even.
        fn to_float(self) -> F;
    }

    /// The bits of a number read as another number of the same width.
    pub trait Reinterpret<T> {
        /// The same bits.
        fn reinterpret(self) -> T;
    }

    /// An integer without a sign, and the operand type that holds its bits.
    pub trait UnsignedInteger {
        /// `i32` or `i64`.
        type Operand;
        /// The same bits as an operand.
        fn into_operand(self) -> Self::Operand;
        /// The bits of an operand.
        fn from_operand(operand: Self::Operand) -> Self;
    }

    /// The pairs of types differ in nothing but their bounds: the least float that is out of range below, and above.
    macro_rules! conversions {
        ($float:ty, $integer:ty, $below:expr, $above:expr) => {
            impl ToInteger<$integer> for $float {
                #[inline(always)]
                fn is_nan(self) -> bool {
                    <$float>::is_nan(self)
                }
                #[inline(always)]
                fn fits(self) -> bool {
                    self > $below && self < $above
                }
                #[inline(always)]
                fn saturate(self) -> $integer {
                    self as $integer
                }
            }

            impl ToFloat<$float> for $integer {
                #[inline(always)]
                fn to_float(self) -> $float {
                    self as $float
                }
            }
        };
    }

    // Where the float cannot hold `minimum - 1`, the next lower float is out of range.
    conversions!(f32, i32, -2_147_483_904.0, 2_147_483_648.0);
    conversions!(f64, i32, -2_147_483_649.0, 2_147_483_648.0);
    conversions!(f32, u32, -1.0, 4_294_967_296.0);
    conversions!(f64, u32, -1.0, 4_294_967_296.0);
    conversions!(f32, i64, -9_223_373_136_366_403_584.0, 9_223_372_036_854_775_808.0);
    conversions!(f64, i64, -9_223_372_036_854_777_856.0, 9_223_372_036_854_775_808.0);
    conversions!(f32, u64, -1.0, 18_446_744_073_709_551_616.0);
    conversions!(f64, u64, -1.0, 18_446_744_073_709_551_616.0);

    impl UnsignedInteger for u32 {
        type Operand = i32;
        #[inline(always)]
        fn into_operand(self) -> i32 {
            self as i32
        }
        #[inline(always)]
        fn from_operand(operand: i32) -> Self {
            operand as Self
        }
    }

    impl UnsignedInteger for u64 {
        type Operand = i64;
        #[inline(always)]
        fn into_operand(self) -> i64 {
            self as i64
        }
        #[inline(always)]
        fn from_operand(operand: i64) -> Self {
            operand as Self
        }
    }

    impl Reinterpret<i32> for f32 {
        #[inline(always)]
        fn reinterpret(self) -> i32 {
            self.to_bits() as i32
        }
    }

    impl Reinterpret<i64> for f64 {
        #[inline(always)]
        fn reinterpret(self) -> i64 {
            self.to_bits() as i64
        }
    }

    impl Reinterpret<f32> for i32 {
        #[inline(always)]
        fn reinterpret(self) -> f32 {
            f32::from_bits(self as u32)
        }
    }

    impl Reinterpret<f64> for i64 {
        #[inline(always)]
        fn reinterpret(self) -> f64 {
            f64::from_bits(self as u64)
        }
    }

    /// `trunc_s`
    #[inline(always)]
    pub fn trunc<F: ToInteger<I>, I>(value: F) -> Result<I, Trap> {
        if value.fits() {
            Ok(value.saturate())
        } else if value.is_nan() {
            Err(Trap::InvalidConversion)
        } else {
            Err(Trap::IntegerOverflow)
        }
    }

    /// `trunc_u`
    #[inline(always)]
    pub fn trunc_unsigned<F: ToInteger<U>, U: UnsignedInteger>(value: F) -> Result<U::Operand, Trap> {
        trunc::<F, U>(value).map(U::into_operand)
    }

    /// `trunc_sat_s`
    #[inline(always)]
    pub fn trunc_sat<F: ToInteger<I>, I>(value: F) -> I {
        value.saturate()
    }

    /// `trunc_sat_u`
    #[inline(always)]
    pub fn trunc_sat_unsigned<F: ToInteger<U>, U: UnsignedInteger>(value: F) -> U::Operand {
        value.saturate().into_operand()
    }

    /// `convert_s`
    #[inline(always)]
    pub fn to_float<I: ToFloat<F>, F>(value: I) -> F {
        value.to_float()
    }

    /// `convert_u`
    #[inline(always)]
    pub fn unsigned_to_float<U: UnsignedInteger + ToFloat<F>, F>(value: U::Operand) -> F {
        U::from_operand(value).to_float()
    }

    /// `demote`
    #[inline(always)]
    pub fn demote(value: f64) -> f32 {
        (value as f32).quiet()
    }

    /// `promote`
    #[inline(always)]
    pub fn promote(value: f32) -> f64 {
        f64::from(value).quiet()
    }

    /// `reinterpret`
    #[inline(always)]
    pub fn reinterpret<A: Reinterpret<B>, B>(value: A) -> B {
        value.reinterpret()
    }
}

#[cfg(all(test, feature = "floats"))]
mod tests {
    use super::*;
    use crate::trap::Trap;

    #[test]
    fn truncation_traps_just_outside_the_range() {
        assert_eq!(trunc::<f32, i32>(-2_147_483_648.0), Ok(i32::MIN));
        assert_eq!(trunc::<f32, i32>(2_147_483_648.0), Err(Trap::IntegerOverflow));
        assert_eq!(trunc::<f64, i32>(-2_147_483_648.9), Ok(i32::MIN));
        assert_eq!(trunc::<f64, i32>(-2_147_483_649.0), Err(Trap::IntegerOverflow));
        assert_eq!(trunc_unsigned::<f64, u32>(-0.9), Ok(0));
        assert_eq!(trunc_unsigned::<f32, u64>(-1.0), Err(Trap::IntegerOverflow));
        assert_eq!(trunc::<f64, i64>(f64::NAN), Err(Trap::InvalidConversion));
        assert_eq!(trunc::<f64, i64>(-9_223_372_036_854_775_808.0), Ok(i64::MIN));
    }

    #[test]
    fn saturation_stops_at_the_bounds() {
        assert_eq!(trunc_sat::<f32, i32>(1e20), i32::MAX);
        assert_eq!(trunc_sat_unsigned::<f64, u64>(-5.0), 0);
        assert_eq!(trunc_sat::<f64, i64>(f64::NAN), 0);
    }
}
