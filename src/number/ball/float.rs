//! What balls ask of a big-float library: numbers `mantissa 2^exponent` with a 64-bit exponent, and
//! + - x / sqrt that are exact or rounded once.

use super::magnitude::Magnitude;
use dashu::integer::IBig;
use std::cmp::Ordering;
use std::fmt::Debug;

/// A binary floating-point number of any precision. There is no NaN and no infinity.
///
/// Callers keep exponents within +-2^60 and shifts within +-2^61 (balls do): then no exponent overflows.
///
/// An operation takes the number of bits to round to and says whether it rounded. If it did, the
/// result differs from the exact value by less than [`Float::unit`] of the result.
pub trait Float: Clone + Debug + Send + Sync + 'static {
    /// 0.
    fn zero() -> Self;
    /// An integer, exactly.
    fn from_i64(value: i64) -> Self;
    /// `mantissa 2^exponent`, exactly.
    fn from_scaled(mantissa: &IBig, exponent: i64) -> Self;
    /// The exact value as `(mantissa, exponent)`.
    fn to_scaled(&self) -> (IBig, i64);
    /// Sign: less, equal or greater than zero.
    fn sign(&self) -> Ordering;
    /// p with `2^(p-1) <= |self| < 2^p`; `None` for zero.
    fn top(&self) -> Option<i64>;
    /// The upper 53 bits of |self| as an integer in [2^52, 2^53) (rounded down); 0 for zero.
    fn leading(&self) -> u64;
    /// `-self`.
    fn negated(&self) -> Self;
    /// `self 2^shift`, exactly.
    fn shifted(&self, shift: i64) -> Self;
    /// `self` rounded to `bits`.
    fn rounded(&self, bits: u32) -> (Self, bool);
    /// `self + other`.
    fn sum(&self, other: &Self, bits: u32) -> (Self, bool);
    /// `self * other`.
    fn product(&self, other: &Self, bits: u32) -> (Self, bool);
    /// `self / other`; `other` is not zero.
    fn quotient(&self, other: &Self, bits: u32) -> (Self, bool);
    /// The square root; `self` is not negative.
    fn root(&self, bits: u32) -> (Self, bool);

    /// Whether it is zero.
    fn is_zero(&self) -> bool {
        self.sign() == Ordering::Equal
    }

    /// One unit in the last of `bits` bits.
    fn unit(&self, bits: u32) -> Magnitude {
        self.top().map_or(Magnitude::ZERO, |top| {
            Magnitude::power_of_two(top - i64::from(bits))
        })
    }

    /// An upper bound of |self| (53 bits).
    fn above(&self) -> Magnitude {
        self.top().map_or(Magnitude::ZERO, |top| {
            Magnitude::from_integer(self.leading() + 1, top - 53)
        })
    }

    /// A lower bound of |self| (53 bits).
    fn below(&self) -> Magnitude {
        self.top().map_or(Magnitude::ZERO, |top| {
            Magnitude::from_integer_below(self.leading(), top - 53)
        })
    }

    /// Near the value (53 bits); 0 or infinite outside the range of `f64`.
    fn to_f64(&self) -> f64 {
        let Some(top) = self.top() else { return 0.0 };
        let leading = self.leading() as f64;
        let exponent = (top - 53).clamp(-3000, 3000) as i32;
        let half = exponent / 2;
        let size = leading * 2f64.powi(half) * 2f64.powi(exponent - half);
        if self.sign() == Ordering::Less {
            -size
        } else {
            size
        }
    }
}
