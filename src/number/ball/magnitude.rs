//! Bounds: non-negative numbers `m 2^e` with m in [1, 2).
//!
//! Every operation rounds upwards and gives an upper bound, except those whose name ends in `_below`.
//! Losses of 10^(-10^12) have exponents near 2^42. Exponents beyond +-2^60 are not followed:
//!
//! | | above 2^(2^60) | below 2^(-2^60) |
//! |---|---|---|
//! | upper bound | infinite | 2^(-2^60) |
//! | lower bound | 2^(2^60) | 0 |

use std::cmp::Ordering;

/// Exponents beyond this are not followed; balls keep their midpoints within it as well.
pub(super) const LIMIT: i64 = 1 << 60;

/// `m 2^e`, m in [1, 2); or zero; or infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Magnitude {
    m: f64,
    e: i64,
}

impl Magnitude {
    /// Nothing.
    pub const ZERO: Self = Self { m: 0.0, e: 0 };
    /// No bound at all.
    pub const INFINITE: Self = Self {
        m: f64::INFINITY,
        e: 0,
    };

    /// `m 2^e` for m > 0 of the range [2^-1000, 2^1000], as (m, e) with m in [1, 2), exactly.
    fn split(m: f64, e: i64) -> (f64, i64) {
        let shift = ((m.to_bits() >> 52) & 0x7ff) as i64 - 1023;
        let m = f64::from_bits((m.to_bits() & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
        (m, e + shift)
    }

    /// An upper bound of `m 2^e`, exact within the limits; m = 0 or of the range of [`Self::split`].
    fn normal(m: f64, e: i64) -> Self {
        if m == 0.0 {
            return Self::ZERO;
        }
        if !m.is_finite() {
            return Self::INFINITE;
        }
        let (m, e) = Self::split(m, e);
        if e > LIMIT {
            Self::INFINITE
        } else if e < -LIMIT {
            Self { m: 1.0, e: -LIMIT }
        } else {
            Self { m, e }
        }
    }

    /// A lower bound of `m 2^e`, exact within the limits.
    fn normal_below(m: f64, e: i64) -> Self {
        if m <= 0.0 || !m.is_finite() {
            return Self::ZERO;
        }
        let (m, e) = Self::split(m, e);
        if e > LIMIT {
            Self { m: 1.0, e: LIMIT }
        } else if e < -LIMIT {
            Self::ZERO
        } else {
            Self { m, e }
        }
    }

    /// 2^e, as an upper bound.
    pub fn power_of_two(e: i64) -> Self {
        Self::normal(1.0, e.clamp(-2 * LIMIT, 2 * LIMIT))
    }

    /// An upper bound of `m 2^e` for an integer m of up to 53 bits (used by backends).
    pub(super) fn from_integer(m: u64, e: i64) -> Self {
        debug_assert!(m <= 1 << 53);
        Self::normal(m as f64, e)
    }

    /// A lower bound of the same.
    pub(super) fn from_integer_below(m: u64, e: i64) -> Self {
        debug_assert!(m <= 1 << 53);
        Self::normal_below(m as f64, e)
    }

    /// An upper bound of a non-negative `f64` (exact for normal numbers); infinite for NaN.
    pub fn from_f64(value: f64) -> Self {
        if value.is_nan() || value < 0.0 {
            Self::INFINITE
        } else if value > 0.0 && value < 1e-290 {
            Self::power_of_two(-960)
        } else if value > 1e290 {
            Self::INFINITE
        } else {
            Self::normal(value, 0)
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.m == 0.0
    }

    /// Whether there is no bound.
    pub fn is_infinite(self) -> bool {
        self.m == f64::INFINITY
    }

    /// `(m, e)` with the value `m 2^e`, m in [1, 2); `None` for zero or infinite.
    pub fn parts(self) -> Option<(f64, i64)> {
        (self.m > 0.0 && self.m.is_finite()).then_some((self.m, self.e))
    }

    /// log2, as an estimate; -inf for zero, inf for infinite.
    pub fn log2(self) -> f64 {
        self.parts()
            .map_or(self.m.log2(), |(m, e)| m.log2() + e as f64)
    }

    /// The value as `f64`, rounded upwards.
    pub fn to_f64(self) -> f64 {
        match self.parts() {
            None => self.m,
            Some((_, e)) if e > 1000 => f64::INFINITY,
            Some((_, e)) if e < -1000 => 1e-300,
            Some((m, e)) => m * 2f64.powi(e as i32),
        }
    }

    /// `self + other`, upwards.
    pub fn plus(self, other: Self) -> Self {
        if self.is_zero() {
            return other;
        }
        if other.is_zero() {
            return self;
        }
        if self.is_infinite() || other.is_infinite() {
            return Self::INFINITE;
        }
        let (a, b) = if self.e >= other.e {
            (self, other)
        } else {
            (other, self)
        };
        let gap = a.e - b.e;
        // b < 2^(e - 59) is less than the step of next_up, 2^(e - 52).
        let m = if gap > 60 {
            a.m.next_up()
        } else {
            (a.m + b.m * 2f64.powi(-(gap as i32))).next_up()
        };
        Self::normal(m, a.e)
    }

    /// `self * other`, upwards; zero times infinite is zero.
    pub fn times(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        Self::normal((self.m * other.m).next_up(), self.e + other.e)
    }

    /// `self / low` upwards, for a lower bound `low` of the divisor; infinite for `low = 0`.
    pub fn over(self, low: Self) -> Self {
        if self.is_zero() {
            return Self::ZERO;
        }
        if low.is_zero() || self.is_infinite() {
            return Self::INFINITE;
        }
        if low.is_infinite() {
            // self < 2^(e + 1), low > 2^LIMIT.
            return Self::normal(1.0, self.e + 1 - LIMIT);
        }
        Self::normal((self.m / low.m).next_up(), self.e - low.e)
    }

    /// `self - other` *downwards*, for a lower bound `self` and an upper bound `other`; zero where
    /// the difference is not positive.
    pub fn minus_below(self, other: Self) -> Self {
        if other.is_zero() {
            return self;
        }
        if self.is_infinite() && !other.is_infinite() {
            return self;
        }
        if other.is_infinite() || self.is_zero() || self.compare(other) != Ordering::Greater {
            return Self::ZERO;
        }
        let gap = self.e - other.e;
        let m = if gap > 60 {
            self.m.next_down()
        } else {
            (self.m - other.m * 2f64.powi(-(gap as i32))).next_down()
        };
        Self::normal_below(m, self.e)
    }

    /// The square root *downwards*, of a lower bound.
    pub fn sqrt_below(self) -> Self {
        match self.parts() {
            None => self,
            Some((m, e)) => {
                let (m, e) = if e % 2 == 0 { (m, e) } else { (2.0 * m, e - 1) };
                Self::normal_below(m.sqrt().next_down(), e / 2)
            }
        }
    }

    /// `self` to a power, upwards.
    pub fn to_power(self, exponent: u32) -> Self {
        let mut result = Self::power_of_two(0);
        let (mut base, mut rest) = (self, exponent);
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.times(base);
            }
            base = base.times(base);
            rest >>= 1;
        }
        result
    }

    /// The larger.
    pub fn max(self, other: Self) -> Self {
        if self.compare(other) == Ordering::Less {
            other
        } else {
            self
        }
    }

    /// The order of the two numbers.
    pub fn compare(self, other: Self) -> Ordering {
        let key = |x: Self| match x.parts() {
            None if x.m == 0.0 => (0, 0, 0.0),
            None => (2, 0, 0.0),
            Some((m, e)) => (1, e, m),
        };
        let (a, b) = (key(self), key(other));
        (a.0, a.1)
            .cmp(&(b.0, b.1))
            .then_with(|| a.2.total_cmp(&b.2))
    }
}
