//! The backend of the feature `mpfr`: `rug` floats, whose 32-bit exponent is kept at 0 and replaced
//! by a 64-bit one beside it, so that numbers of 10^(-10^12) exist.
//!
//! MPFR's + - x / sqrt are correctly rounded; nothing else of it is used.

use super::float::Float;
use dashu::base::Sign;
use dashu::integer::{IBig, UBig};
use rug::Assign;
use rug::float::Round;
use rug::integer::Order;
use std::cmp::Ordering;

/// `mantissa 2^exponent` with |mantissa| in [1/2, 1), or zero.
#[derive(Debug, Clone)]
pub struct Mpfr {
    mantissa: rug::Float,
    exponent: i64,
}

/// MPFR knows no precision below 1 or beyond 2^31.
fn precision(bits: u32) -> u32 {
    bits.clamp(2, 1 << 30)
}

impl Mpfr {
    /// Moves the float's exponent into ours.
    fn normal(mut mantissa: rug::Float, exponent: i64) -> Self {
        match mantissa.get_exp() {
            None => Self {
                mantissa,
                exponent: 0,
            },
            Some(0) => Self { mantissa, exponent },
            Some(shift) => {
                mantissa >>= shift;
                Self {
                    mantissa,
                    exponent: exponent + i64::from(shift),
                }
            }
        }
    }

    fn computed<T>(bits: u32, exponent: i64, value: T) -> (Self, bool)
    where
        rug::Float: rug::ops::AssignRound<T, Round = Round, Ordering = Ordering>,
    {
        let (mantissa, rounding) = rug::Float::with_val_round(precision(bits), value, Round::Zero);
        (
            Self::normal(mantissa, exponent),
            rounding != Ordering::Equal,
        )
    }
}

impl Float for Mpfr {
    fn zero() -> Self {
        Self {
            mantissa: rug::Float::new(2),
            exponent: 0,
        }
    }

    fn from_i64(value: i64) -> Self {
        Self::normal(rug::Float::with_val(64, value), 0)
    }

    fn from_scaled(mantissa: &IBig, exponent: i64) -> Self {
        let (sign, words) = mantissa.as_sign_words();
        let mut integer = rug::Integer::from_digits(words, Order::Lsf);
        if sign == Sign::Negative {
            integer = -integer;
        }
        let bits = precision(integer.significant_bits());
        Self::normal(rug::Float::with_val(bits, integer), exponent)
    }

    fn to_scaled(&self) -> (IBig, i64) {
        match self.mantissa.to_integer_exp() {
            None => (IBig::ZERO, 0),
            Some((integer, exponent)) => {
                let words = integer.as_abs().to_digits::<u64>(Order::Lsf);
                let sign = if integer.is_negative() {
                    Sign::Negative
                } else {
                    Sign::Positive
                };
                (
                    IBig::from_parts(sign, UBig::from_words(&words)),
                    i64::from(exponent) + self.exponent,
                )
            }
        }
    }

    fn sign(&self) -> Ordering {
        self.mantissa.cmp0().unwrap_or(Ordering::Equal)
    }

    fn top(&self) -> Option<i64> {
        (!self.mantissa.is_zero()).then_some(self.exponent)
    }

    fn leading(&self) -> u64 {
        if self.mantissa.is_zero() {
            return 0;
        }
        let near = self.mantissa.to_f64_round(Round::Zero).abs();
        (near * 2f64.powi(53)) as u64
    }

    fn negated(&self) -> Self {
        Self {
            mantissa: rug::Float::with_val(self.mantissa.prec(), -&self.mantissa),
            exponent: self.exponent,
        }
    }

    fn shifted(&self, shift: i64) -> Self {
        if self.mantissa.is_zero() {
            return self.clone();
        }
        Self {
            mantissa: self.mantissa.clone(),
            exponent: self.exponent + shift,
        }
    }

    fn rounded(&self, bits: u32) -> (Self, bool) {
        Self::computed(bits, self.exponent, &self.mantissa)
    }

    fn sum(&self, other: &Self, bits: u32) -> (Self, bool) {
        if other.mantissa.is_zero() {
            return self.rounded(bits);
        }
        if self.mantissa.is_zero() {
            return other.rounded(bits);
        }
        let (big, small) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let gap = big.exponent - small.exponent;
        if gap == 0 {
            return Self::computed(bits, big.exponent, &big.mantissa + &small.mantissa);
        }
        if gap > i64::from(bits.max(big.mantissa.prec())) + 4 {
            // As in the other backend: both losses together stay below a unit.
            let (kept, _) = big.rounded(bits);
            return (kept, true);
        }
        let mut shifted = small.mantissa.clone();
        shifted >>= gap as u32;
        Self::computed(bits, big.exponent, &big.mantissa + &shifted)
    }

    fn product(&self, other: &Self, bits: u32) -> (Self, bool) {
        Self::computed(
            bits,
            self.exponent + other.exponent,
            &self.mantissa * &other.mantissa,
        )
    }

    fn quotient(&self, other: &Self, bits: u32) -> (Self, bool) {
        Self::computed(
            bits,
            self.exponent - other.exponent,
            &self.mantissa / &other.mantissa,
        )
    }

    fn root(&self, bits: u32) -> (Self, bool) {
        let mut radicand = self.mantissa.clone();
        let mut exponent = self.exponent;
        if exponent % 2 != 0 {
            radicand <<= 1;
            exponent -= 1;
        }
        let mut root = rug::Float::new(precision(bits));
        root.assign(0);
        let rounding = {
            use rug::ops::AssignRound;
            root.assign_round(radicand.sqrt_ref(), Round::Zero)
        };
        (
            Self::normal(root, exponent / 2),
            rounding != Ordering::Equal,
        )
    }
}
