//! The default backend: `mantissa 2^exponent` on `dashu`'s integers, rounded towards zero.
//!
//! Only exact integer operations are used (sum, product, quotient with remainder, floor of the
//! square root), so that every rounding is a truncation written here.

use super::float::Float;
use dashu::base::{Sign, SquareRoot};
use dashu::integer::{IBig, UBig};
use std::cmp::Ordering;

/// `mantissa 2^exponent`; zero has mantissa 0.
#[derive(Debug, Clone)]
pub struct Binary {
    mantissa: IBig,
    exponent: i64,
}

/// Number of bits of |value|.
fn length(value: &IBig) -> i64 {
    let (_, words) = value.as_sign_words();
    words.last().map_or(0, |last| {
        words.len() as i64 * 64 - i64::from(last.leading_zeros())
    })
}

/// |value| as it stands.
fn magnitude(value: &IBig) -> UBig {
    let (_, words) = value.as_sign_words();
    UBig::from_words(words)
}

fn signed(negative: bool, value: UBig) -> IBig {
    IBig::from_parts(
        if negative {
            Sign::Negative
        } else {
            Sign::Positive
        },
        value,
    )
}

fn is_negative(value: &IBig) -> bool {
    value.as_sign_words().0 == Sign::Negative
}

impl Binary {
    /// Cuts the mantissa to `bits` bits, towards zero; `rest` says whether something was already lost.
    fn cut(mantissa: IBig, exponent: i64, bits: u32, rest: bool) -> (Self, bool) {
        let excess = length(&mantissa) - i64::from(bits);
        if excess <= 0 {
            return (Self { mantissa, exponent }, rest);
        }
        let excess = excess as usize;
        let negative = is_negative(&mantissa);
        let exact = mantissa.trailing_zeros().is_some_and(|z| z >= excess);
        let (_, size) = mantissa.into_parts();
        (
            Self {
                mantissa: signed(negative, size >> excess),
                exponent: exponent + excess as i64,
            },
            rest || !exact,
        )
    }
}

impl Float for Binary {
    fn zero() -> Self {
        Self {
            mantissa: IBig::ZERO,
            exponent: 0,
        }
    }

    fn from_i64(value: i64) -> Self {
        Self {
            mantissa: IBig::from(value),
            exponent: 0,
        }
    }

    fn from_scaled(mantissa: &IBig, exponent: i64) -> Self {
        if mantissa.is_zero() {
            return Self::zero();
        }
        Self {
            mantissa: mantissa.clone(),
            exponent,
        }
    }

    fn to_scaled(&self) -> (IBig, i64) {
        (self.mantissa.clone(), self.exponent)
    }

    fn sign(&self) -> Ordering {
        if self.mantissa.is_zero() {
            Ordering::Equal
        } else if is_negative(&self.mantissa) {
            Ordering::Less
        } else {
            Ordering::Greater
        }
    }

    fn top(&self) -> Option<i64> {
        (!self.mantissa.is_zero()).then(|| length(&self.mantissa) + self.exponent)
    }

    fn leading(&self) -> u64 {
        let (_, words) = self.mantissa.as_sign_words();
        let Some(&last) = words.last() else { return 0 };
        let zeros = last.leading_zeros();
        let mut top = last << zeros;
        if zeros > 0 && words.len() > 1 {
            top |= words[words.len() - 2] >> (64 - zeros);
        }
        top >> 11
    }

    fn negated(&self) -> Self {
        Self {
            mantissa: -&self.mantissa,
            exponent: self.exponent,
        }
    }

    fn shifted(&self, shift: i64) -> Self {
        if self.mantissa.is_zero() {
            return Self::zero();
        }
        Self {
            mantissa: self.mantissa.clone(),
            exponent: self.exponent + shift,
        }
    }

    fn rounded(&self, bits: u32) -> (Self, bool) {
        Self::cut(self.mantissa.clone(), self.exponent, bits, false)
    }

    fn sum(&self, other: &Self, bits: u32) -> (Self, bool) {
        if other.mantissa.is_zero() {
            return self.rounded(bits);
        }
        if self.mantissa.is_zero() {
            return other.rounded(bits);
        }
        let (big, small) = if self.top() >= other.top() {
            (self, other)
        } else {
            (other, self)
        };
        let gap = big.top().unwrap_or(0) - small.top().unwrap_or(0);
        let room = i64::from(bits) + 4;
        if gap > room + length(&big.mantissa).max(i64::from(bits)) {
            // What cutting the big one loses is a multiple of 2^exponent below a unit, and the small
            // one is below 2^exponent: together they stay below a unit.
            let (kept, _) = Self::cut(big.mantissa.clone(), big.exponent, bits, true);
            return (kept, true);
        }
        big.sum_exactly(small, bits)
    }

    fn product(&self, other: &Self, bits: u32) -> (Self, bool) {
        if self.mantissa.is_zero() || other.mantissa.is_zero() {
            return (Self::zero(), false);
        }
        Self::cut(
            &self.mantissa * &other.mantissa,
            self.exponent + other.exponent,
            bits,
            false,
        )
    }

    fn quotient(&self, other: &Self, bits: u32) -> (Self, bool) {
        if self.mantissa.is_zero() {
            return (Self::zero(), false);
        }
        // The quotient of the shifted mantissas has at least bits + 1 bits.
        let shift = (i64::from(bits) + 1 + length(&other.mantissa) - length(&self.mantissa)).max(0)
            as usize;
        let numerator = magnitude(&self.mantissa) << shift;
        let denominator = magnitude(&other.mantissa);
        let quotient = &numerator / &denominator;
        let inexact = &quotient * &denominator != numerator;
        let negative = is_negative(&self.mantissa) != is_negative(&other.mantissa);
        Self::cut(
            signed(negative, quotient),
            self.exponent - other.exponent - shift as i64,
            bits,
            inexact,
        )
    }

    fn root(&self, bits: u32) -> (Self, bool) {
        if self.mantissa.is_zero() {
            return (Self::zero(), false);
        }
        let mut shift = (2 * (i64::from(bits) + 1) - length(&self.mantissa)).max(0);
        if (self.exponent - shift) % 2 != 0 {
            shift += 1;
        }
        let radicand = magnitude(&self.mantissa) << shift as usize;
        let root = radicand.sqrt();
        let inexact = &root * &root != radicand;
        Self::cut(
            signed(false, root),
            (self.exponent - shift) / 2,
            bits,
            inexact,
        )
    }
}

impl Binary {
    /// The exact sum, then cut.
    fn sum_exactly(&self, other: &Self, bits: u32) -> (Self, bool) {
        let exponent = self.exponent.min(other.exponent);
        let lift = |x: &Self| {
            let shift = (x.exponent - exponent) as usize;
            if shift == 0 {
                x.mantissa.clone()
            } else {
                &x.mantissa << shift
            }
        };
        let mantissa = lift(self) + lift(other);
        if mantissa.is_zero() {
            return (Self::zero(), false);
        }
        Self::cut(mantissa, exponent, bits, false)
    }
}
