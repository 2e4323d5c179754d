//! The ball and its arithmetic.

use super::float::Float;
use super::magnitude::{LIMIT, Magnitude};
use crate::number::{Field, Interval, Rational, Ring};
use dashu::integer::{IBig, UBig};
use num_bigint::{BigInt, Sign};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// Bits of a result where no operand carries a precision (a quotient of integers).
const PLAIN_BITS: u32 = 128;

/// A real number within `radius` of `midpoint`, on the backend `F`.
#[derive(Debug, Clone)]
pub struct BallOver<F> {
    midpoint: F,
    radius: Magnitude,
    bits: u32,
}

fn big_to_dashu(value: &BigInt) -> IBig {
    let (sign, bytes) = value.to_bytes_le();
    let size = IBig::from(UBig::from_le_bytes(&bytes));
    if sign == Sign::Minus { -size } else { size }
}

fn dashu_to_big(value: &IBig) -> BigInt {
    let (sign, words) = value.as_sign_words();
    let bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let sign = match sign {
        dashu::base::Sign::Negative => Sign::Minus,
        dashu::base::Sign::Positive => Sign::Plus,
    };
    BigInt::from_bytes_le(sign, &bytes)
}

fn scaled_rational(mantissa: &IBig, exponent: i64) -> Rational {
    let mantissa = dashu_to_big(mantissa);
    let power = BigInt::from(1) << exponent.unsigned_abs();
    if exponent >= 0 {
        Rational::from_integer(mantissa * power)
    } else {
        Rational::new(mantissa, power)
    }
}

impl<F: Float> BallOver<F> {
    pub(super) fn from_parts(midpoint: F, radius: Magnitude, bits: u32) -> Self {
        Self {
            midpoint,
            radius,
            bits,
        }
    }

    /// Keeps the exponent within its limits: numbers beyond 2^(2^60) give the whole line, those below
    /// 2^(-2^60) a ball around 0.
    fn confined(midpoint: F, radius: Magnitude, bits: u32) -> Self {
        match midpoint.top() {
            Some(top) if top > LIMIT => Self::from_parts(F::zero(), Magnitude::INFINITE, bits),
            Some(top) if top < -LIMIT => {
                let radius = radius.plus(Magnitude::power_of_two(-LIMIT));
                Self::from_parts(F::zero(), radius, bits)
            }
            _ => Self::from_parts(midpoint, radius, bits),
        }
    }

    /// The result of a rounded operation: its unit joins the radius.
    fn rounded_result((midpoint, inexact): (F, bool), radius: Magnitude, bits: u32) -> Self {
        let radius = if inexact {
            radius.plus(midpoint.unit(bits))
        } else {
            radius
        };
        Self::confined(midpoint, radius, bits)
    }

    fn common(&self, other: &Self) -> u32 {
        match self.bits.max(other.bits) {
            0 => PLAIN_BITS,
            bits => bits,
        }
    }

    /// The whole line: nothing is known.
    pub fn whole() -> Self {
        Self::from_parts(F::zero(), Magnitude::INFINITE, 0)
    }

    /// An exact integer without a precision of its own.
    pub fn integer(value: i64) -> Self {
        Self::from_parts(F::from_i64(value), Magnitude::ZERO, 0)
    }

    /// The exact binary number that a finite `f64` is; the whole line for NaN and infinities.
    pub fn exact(value: f64) -> Self {
        if !value.is_finite() {
            return Self::whole();
        }
        if value == 0.0 {
            return Self::integer(0);
        }
        let bits = value.to_bits();
        let biased = ((bits >> 52) & 0x7ff) as i64;
        let fraction = (bits & 0x000f_ffff_ffff_ffff) as i64;
        let (mantissa, exponent) = if biased == 0 {
            (fraction, -1074)
        } else {
            (fraction | (1 << 52), biased - 1075)
        };
        let mantissa = if value < 0.0 { -mantissa } else { mantissa };
        Self::from_parts(F::from_i64(mantissa).shifted(exponent), Magnitude::ZERO, 0)
    }

    /// `mantissa 2^exponent`, exactly (within exponents of +-2^60), without a precision of its own.
    pub fn from_scaled(mantissa: &IBig, exponent: i64) -> Self {
        let exponent = exponent.clamp(-4 * LIMIT, 4 * LIMIT);
        Self::confined(F::from_scaled(mantissa, exponent), Magnitude::ZERO, 0)
    }

    /// An exact whole number >= 0 without a precision of its own.
    pub fn whole_number(value: u64) -> Self {
        Self::from_scaled(&IBig::from(value), 0)
    }

    /// A rational number to `bits` bits.
    pub fn enclosing(value: &Rational, bits: u32) -> Self {
        let top = F::from_scaled(&big_to_dashu(value.numer()), 0);
        let bottom = F::from_scaled(&big_to_dashu(value.denom()), 0);
        Self::rounded_result(top.quotient(&bottom, bits), Magnitude::ZERO, bits)
    }

    /// The same number, its operations rounding to `bits` bits from here on.
    pub fn at(&self, bits: u32) -> Self {
        Self::rounded_result(self.midpoint.rounded(bits), self.radius, bits)
    }

    /// The same ball made wider by `radius`.
    pub fn widened(mut self, radius: Magnitude) -> Self {
        self.radius = self.radius.plus(radius);
        self
    }

    /// The midpoint alone, as an exact number of the same precision. A guess, not an enclosure.
    pub fn centre(&self) -> Self {
        Self::from_parts(self.midpoint.clone(), Magnitude::ZERO, self.bits)
    }

    /// The midpoint in the backend's type.
    pub fn midpoint(&self) -> &F {
        &self.midpoint
    }

    /// The radius.
    pub fn radius(&self) -> Magnitude {
        self.radius
    }

    /// The precision of operations; 0 if it has none of its own.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Near the midpoint: a guess.
    pub fn to_f64(&self) -> f64 {
        self.midpoint.to_f64()
    }

    /// An upper bound of |x|.
    pub fn above(&self) -> Magnitude {
        self.midpoint.above().plus(self.radius)
    }

    /// A lower bound of |x|; zero where x may be zero.
    pub fn below(&self) -> Magnitude {
        self.midpoint.below().minus_below(self.radius)
    }

    /// Whether every number of the ball is positive.
    pub fn is_positive(&self) -> bool {
        self.midpoint.sign() == Ordering::Greater && !self.below().is_zero()
    }

    /// Whether every number of the ball is negative.
    pub fn is_negative(&self) -> bool {
        self.midpoint.sign() == Ordering::Less && !self.below().is_zero()
    }

    /// Whether the midpoint is zero.
    pub fn midpoint_is_zero(&self) -> bool {
        self.midpoint.is_zero()
    }

    /// Whether all that is known of x is `|x| <= 2^(8192 - 2^60)`: smaller numbers are not told from 0.
    pub fn is_below_range(&self) -> bool {
        self.below().is_zero()
            && !self.radius.is_zero()
            && self.above().log2() <= 8192.0 - LIMIT as f64
    }

    /// Whether it says nothing.
    pub fn is_whole(&self) -> bool {
        self.radius.is_infinite()
    }

    /// The ends as exact rationals (exponents should be moderate); `None` for the whole line.
    pub fn ends(&self) -> Option<(Rational, Rational)> {
        let (mantissa, exponent) = self.midpoint.to_scaled();
        let middle = scaled_rational(&mantissa, exponent);
        let radius = match self.radius.parts() {
            None if self.radius.is_zero() => Rational::from_integer(0.into()),
            None => return None,
            Some((m, e)) => scaled_rational(&IBig::from((m * 2f64.powi(52)) as i64), e - 52),
        };
        Some((&middle - &radius, middle + radius))
    }

    /// Whether an exact rational lies in the ball.
    pub fn contains(&self, value: &Rational) -> bool {
        self.ends()
            .is_none_or(|(low, high)| low <= *value && *value <= high)
    }

    /// Whether all of `other` lies in the ball.
    pub fn encloses(&self, other: &Self) -> bool {
        match (self.ends(), other.ends()) {
            (None, _) => true,
            (Some((low, high)), Some((l, h))) => low <= l && h <= high,
            _ => false,
        }
    }

    /// The smallest ball around both, up to rounding.
    pub fn hull(&self, other: &Self) -> Self {
        let bits = self.common(other);
        let half = (self.clone() + other.clone()).half();
        let reach = |x: &Self| {
            let gap = x.centre().at(bits) - half.centre();
            gap.above().plus(x.radius)
        };
        let radius = reach(self).max(reach(other));
        half.centre().widened(radius)
    }

    /// `self/2`.
    pub fn half(&self) -> Self {
        self.shifted(-1)
    }

    /// `self 2^shift`.
    pub fn shifted(&self, shift: i64) -> Self {
        let shift = shift.clamp(-2 * LIMIT, 2 * LIMIT);
        Self::confined(
            self.midpoint.shifted(shift),
            self.radius.times(Magnitude::power_of_two(shift)),
            self.bits,
        )
    }

    /// The square root; the whole line where x may be negative.
    pub fn sqrt(&self) -> Self {
        let bits = self.common(self);
        if self.midpoint.is_zero() && self.radius.is_zero() {
            return self.clone();
        }
        if !self.is_positive() {
            return Self::whole();
        }
        let low = self.midpoint.below().sqrt_below();
        Self::rounded_result(self.midpoint.root(bits), self.radius.over(low), bits)
    }

    /// |x|.
    pub fn abs(&self) -> Self {
        if self.midpoint.sign() == Ordering::Less {
            -self.clone()
        } else {
            self.clone()
        }
    }

    /// `self` to a whole power, by repeated squaring.
    pub fn powered(&self, exponent: u64) -> Self {
        let mut result = Self::integer(1);
        let (mut base, mut rest) = (self.clone(), exponent);
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

    /// Outward-rounded `f64` interval.
    pub fn to_interval(&self) -> Interval {
        let (low, high) = if self.is_whole() {
            return Interval::WHOLE;
        } else {
            let near = self.to_f64();
            if !near.is_finite() {
                return Interval::WHOLE;
            }
            // `to_f64` cuts towards zero: the error is below one step; the radius comes on top.
            let radius = self.radius.to_f64();
            (
                (near.next_down() - radius).next_down(),
                (near.next_up() + radius).next_up(),
            )
        };
        Interval::new(low, high).unwrap_or(Interval::WHOLE)
    }
}

impl<F: Float> Add for BallOver<F> {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        let bits = self.common(&rhs);
        let carried = self.bits.max(rhs.bits);
        let mut sum = Self::rounded_result(
            self.midpoint.sum(&rhs.midpoint, bits),
            self.radius.plus(rhs.radius),
            bits,
        );
        sum.bits = carried;
        sum
    }
}

impl<F: Float> Sub for BallOver<F> {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        self + -rhs
    }
}

impl<F: Float> Neg for BallOver<F> {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            midpoint: self.midpoint.negated(),
            ..self
        }
    }
}

impl<F: Float> Mul for BallOver<F> {
    type Output = Self;
    fn mul(self, rhs: Self) -> Self {
        let bits = self.common(&rhs);
        let carried = self.bits.max(rhs.bits);
        if self.is_whole() || rhs.is_whole() {
            // Also times 0: what is not known need not be a number.
            return Self::from_parts(F::zero(), Magnitude::INFINITE, carried);
        }
        let radius = match (self.radius.is_zero(), rhs.radius.is_zero()) {
            (true, true) => Magnitude::ZERO,
            (true, false) => self.midpoint.above().times(rhs.radius),
            (false, true) => rhs.midpoint.above().times(self.radius),
            (false, false) => self
                .above()
                .times(rhs.radius)
                .plus(rhs.midpoint.above().times(self.radius)),
        };
        let mut product =
            Self::rounded_result(self.midpoint.product(&rhs.midpoint, bits), radius, bits);
        product.bits = carried;
        product
    }
}

impl<F: Float> Div for BallOver<F> {
    type Output = Self;
    /// The whole line when the divisor may be zero.
    fn div(self, rhs: Self) -> Self {
        let bits = self.common(&rhs);
        let low = rhs.below();
        if low.is_zero() || self.is_whole() {
            return Self::whole();
        }
        let (quotient, inexact) = self.midpoint.quotient(&rhs.midpoint, bits);
        let radius = if self.radius.is_zero() && rhs.radius.is_zero() {
            Magnitude::ZERO
        } else {
            // |m_x/m_y| is at most the rounded quotient plus its unit.
            let size = quotient.above().plus(quotient.unit(bits));
            self.radius.plus(size.times(rhs.radius)).over(low)
        };
        Self::rounded_result((quotient, inexact), radius, bits)
    }
}

/// The same midpoint and radius: equality of what is known, not of the unknown numbers.
impl<F: Float> PartialEq for BallOver<F> {
    fn eq(&self, other: &Self) -> bool {
        self.radius == other.radius && self.midpoint.sum(&other.midpoint.negated(), 2).0.is_zero()
    }
}

/// Decided only where it holds for every pair of numbers of the two balls.
impl<F: Float> PartialOrd for BallOver<F> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let difference = self.clone() - other.clone();
        if difference.is_positive() {
            Some(Ordering::Greater)
        } else if difference.is_negative() {
            Some(Ordering::Less)
        } else if difference.radius.is_zero() && difference.midpoint.is_zero() {
            Some(Ordering::Equal)
        } else {
            None
        }
    }
}

impl<F: Float> Ring for BallOver<F> {
    fn zero() -> Self {
        Self::integer(0)
    }
    fn one() -> Self {
        Self::integer(1)
    }
    fn from_integer(value: i64) -> Self {
        Self::integer(value)
    }
    fn square(&self) -> Self {
        let bits = self.common(self);
        let radius = if self.radius.is_zero() {
            Magnitude::ZERO
        } else {
            let twice = self.midpoint.above().times(Magnitude::power_of_two(1));
            twice.plus(self.radius).times(self.radius)
        };
        let mut square =
            Self::rounded_result(self.midpoint.product(&self.midpoint, bits), radius, bits);
        square.bits = self.bits;
        square
    }
}

impl<F: Float> Field for BallOver<F> {
    fn invertible(&self) -> bool {
        !self.below().is_zero()
    }
}
