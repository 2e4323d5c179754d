//! Numbers: the algebra that every formula is written over.
//!
//! A formula of the theory is written once, generic over [`Ring`] or [`Field`], and instantiated
//! at `f64`, [`Complex`], [`Rational`], [`Interval`] and at polynomials
//! ([`crate::polynomial::Polynomial`] implements [`Ring`]): the function that a simulator calls is
//! the function that the prover sees.
//!
//! | type | what a value means |
//! |---|---|
//! | [`Rational`] | exactly this number |
//! | [`Interval`] | some number between the two ends, proved |
//! | `f64` | an estimate, error unknown |
//! | [`Complex`] | a pair of any of the above |
//!
//! None of them converts silently into another.

pub mod ball;
mod complex;
mod interval;
mod rational;

pub use ball::{Ball, ComplexBall};
pub use complex::Complex;
pub use interval::Interval;
pub use rational::{
    ParseRationalError, Rational, parse_rational, rational_from_f64, rational_to_f64,
};

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

/// A commutative ring: 0, 1, `+`, `-`, `*` and the integers.
///
/// Operators take values; clone where a value is used twice (`f64` clones are free).
pub trait Ring:
    Clone
    + Debug
    + PartialEq
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
{
    /// The neutral element of addition.
    fn zero() -> Self;
    /// The neutral element of multiplication.
    fn one() -> Self;
    /// The image of an integer.
    fn from_integer(value: i64) -> Self;
    /// `self` times itself.
    ///
    /// Types that know more (an interval's square is never negative) override it.
    fn square(&self) -> Self {
        self.clone() * self.clone()
    }
    /// `self` to a non-negative power, by repeated squaring; `x^0 = 1` also at `x = 0`.
    fn power(&self, exponent: u32) -> Self {
        let mut result = Self::one();
        let mut base = self.clone();
        let mut rest = exponent;
        while rest > 0 {
            if rest & 1 == 1 {
                result = result * base.clone();
            }
            rest >>= 1;
            if rest > 0 {
                base = base.square();
            }
        }
        result
    }
}

/// A ring that contains the rationals: where a polynomial over Q can be evaluated.
///
/// `f64` takes the nearest number (an estimate), an interval an enclosure, the rest is exact.
pub trait RationalAlgebra: Ring {
    /// The image of a rational number.
    fn from_rational(value: &Rational) -> Self;
}

/// A field: a ring with division.
///
/// Division by zero follows the type: `f64` gives an infinity or NaN, an interval the whole line,
/// exact rationals panic, so callers that can meet a zero ask [`Field::invertible`] first.
pub trait Field: Ring + std::ops::Div<Output = Self> {
    /// Whether `1 / self` exists (for an interval: whether zero is excluded).
    fn invertible(&self) -> bool;
}

/// An ordered field with the elementary functions the numerics need.
pub trait Real: Field + PartialOrd {
    /// `e^self`.
    fn exp(&self) -> Self;
    /// The natural logarithm; the argument must be positive.
    fn ln(&self) -> Self;
    /// The square root; the argument must not be negative.
    fn sqrt(&self) -> Self;
    /// The absolute value.
    fn abs(&self) -> Self;
}

impl Ring for f64 {
    #[inline(always)]
    fn zero() -> Self {
        0.0
    }
    #[inline(always)]
    fn one() -> Self {
        1.0
    }
    #[inline(always)]
    fn from_integer(value: i64) -> Self {
        value as f64
    }
    #[inline(always)]
    fn square(&self) -> Self {
        self * self
    }
}

impl RationalAlgebra for f64 {
    fn from_rational(value: &Rational) -> Self {
        rational_to_f64(value)
    }
}

impl Field for f64 {
    #[inline(always)]
    fn invertible(&self) -> bool {
        *self != 0.0 && self.is_finite()
    }
}

impl Real for f64 {
    fn exp(&self) -> Self {
        f64::exp(*self)
    }
    fn ln(&self) -> Self {
        f64::ln(*self)
    }
    fn sqrt(&self) -> Self {
        f64::sqrt(*self)
    }
    fn abs(&self) -> Self {
        f64::abs(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_agrees_with_repeated_multiplication_in_every_number() {
        assert_eq!(Ring::power(&3.0_f64, 0), 1.0);
        assert_eq!(Ring::power(&3.0_f64, 5), 243.0);
        let third = parse_rational("1/3").unwrap();
        assert_eq!(third.power(4), parse_rational("1/81").unwrap());
        let i = Complex::new(0.0, 1.0);
        assert_eq!(i.power(3), Complex::new(0.0, -1.0));
    }
}
