//! Closed intervals with `f64` ends, rounded outwards after every operation.
//!
//! The result of `x op y` contains `u op v` for all `u` in `x`, `v` in `y`: each end is computed
//! in round-to-nearest, whose error is below one unit in the last place, and then moved one step
//! outwards with `next_down`/`next_up`. Ends that would be NaN become infinite, so "no
//! information" is the whole line and NaN never enters an interval.

use super::{Field, Rational, RationalAlgebra, Real, Ring, rational_from_f64, rational_to_f64};
use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `[lower, upper]`: some real number between the two ends (which may be infinite).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    lower: f64,
    upper: f64,
}

impl Interval {
    /// The whole line: nothing is known.
    pub const WHOLE: Self = Self {
        lower: f64::NEG_INFINITY,
        upper: f64::INFINITY,
    };

    /// `[lower, upper]`, or `None` if an end is NaN or the ends are out of order.
    pub fn new(lower: f64, upper: f64) -> Option<Self> {
        (lower <= upper).then_some(Self { lower, upper })
    }

    /// The single point `value`, taken as the exact binary number; NaN gives the whole line and
    /// an infinity the half-line that a rounded overflow stands for.
    pub fn point(value: f64) -> Self {
        if value.is_nan() {
            Self::WHOLE
        } else if value == f64::INFINITY {
            Self {
                lower: f64::MAX,
                upper: value,
            }
        } else if value == f64::NEG_INFINITY {
            Self {
                lower: value,
                upper: f64::MIN,
            }
        } else {
            Self {
                lower: value,
                upper: value,
            }
        }
    }

    /// The tightest pair of neighbouring `f64` around an exact rational.
    pub fn enclosing(value: &Rational) -> Self {
        let near = rational_to_f64(value);
        match rational_from_f64(near) {
            Some(exact) => match exact.cmp(value) {
                Ordering::Equal => Self {
                    lower: near,
                    upper: near,
                },
                Ordering::Less => Self {
                    lower: near,
                    upper: near.next_up(),
                },
                Ordering::Greater => Self {
                    lower: near.next_down(),
                    upper: near,
                },
            },
            None if near > 0.0 => Self {
                lower: f64::MAX,
                upper: f64::INFINITY,
            },
            None if near < 0.0 => Self {
                lower: f64::NEG_INFINITY,
                upper: f64::MIN,
            },
            None => Self::WHOLE,
        }
    }

    /// The lower end.
    #[inline]
    pub const fn lower(self) -> f64 {
        self.lower
    }

    /// The upper end.
    #[inline]
    pub const fn upper(self) -> f64 {
        self.upper
    }

    /// `upper - lower`, rounded upwards.
    pub fn width(self) -> f64 {
        (self.upper - self.lower).next_up()
    }

    /// Whether `value` lies in the interval.
    pub fn contains(self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }

    /// Whether every number of the interval is positive.
    pub fn is_positive(self) -> bool {
        self.lower > 0.0
    }

    /// Whether every number of the interval is negative.
    pub fn is_negative(self) -> bool {
        self.upper < 0.0
    }

    /// The smallest interval around both.
    pub fn hull(self, other: Self) -> Self {
        Self {
            lower: self.lower.min(other.lower),
            upper: self.upper.max(other.upper),
        }
    }

    /// One step outwards; NaN ends become infinite.
    #[inline]
    fn outward(lower: f64, upper: f64) -> Self {
        Self {
            lower: if lower.is_nan() {
                f64::NEG_INFINITY
            } else {
                lower.next_down()
            },
            upper: if upper.is_nan() {
                f64::INFINITY
            } else {
                upper.next_up()
            },
        }
    }
}

/// The product of two ends, with `0 * inf = 0`: an infinite end stands for "finite but unbounded".
#[inline]
fn end_product(x: f64, y: f64) -> f64 {
    if x == 0.0 || y == 0.0 { 0.0 } else { x * y }
}

impl Add for Interval {
    type Output = Self;
    #[inline]
    fn add(self, rhs: Self) -> Self {
        Self::outward(self.lower + rhs.lower, self.upper + rhs.upper)
    }
}

impl Sub for Interval {
    type Output = Self;
    #[inline]
    fn sub(self, rhs: Self) -> Self {
        Self::outward(self.lower - rhs.upper, self.upper - rhs.lower)
    }
}

impl Neg for Interval {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self {
            lower: -self.upper,
            upper: -self.lower,
        }
    }
}

impl Mul for Interval {
    type Output = Self;
    #[inline]
    fn mul(self, rhs: Self) -> Self {
        let products = [
            end_product(self.lower, rhs.lower),
            end_product(self.lower, rhs.upper),
            end_product(self.upper, rhs.lower),
            end_product(self.upper, rhs.upper),
        ];
        let lower = products.iter().copied().fold(f64::INFINITY, f64::min);
        let upper = products.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::outward(lower, upper)
    }
}

impl Div for Interval {
    type Output = Self;
    /// The whole line when the divisor contains zero.
    #[inline]
    fn div(self, rhs: Self) -> Self {
        if !rhs.invertible() {
            return Self::WHOLE;
        }
        let quotient = |x: f64, y: f64| if y.is_infinite() { 0.0 } else { x / y };
        let quotients = [
            quotient(self.lower, rhs.lower),
            quotient(self.lower, rhs.upper),
            quotient(self.upper, rhs.lower),
            quotient(self.upper, rhs.upper),
        ];
        let lower = quotients.iter().copied().fold(f64::INFINITY, f64::min);
        let upper = quotients.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::outward(lower, upper)
    }
}

/// Decided only where it holds for every pair of numbers from the two intervals.
impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.upper < other.lower {
            Some(Ordering::Less)
        } else if self.lower > other.upper {
            Some(Ordering::Greater)
        } else if self.lower == self.upper && self == other {
            Some(Ordering::Equal)
        } else {
            None
        }
    }
}

impl Ring for Interval {
    fn zero() -> Self {
        Self::point(0.0)
    }
    fn one() -> Self {
        Self::point(1.0)
    }
    fn from_integer(value: i64) -> Self {
        let near = value as f64;
        if near as i128 == i128::from(value) {
            Self::point(near)
        } else {
            Self::outward(near, near)
        }
    }
    /// Never negative, unlike `x * x` of an interval around zero.
    fn square(&self) -> Self {
        let (low, high) = (self.lower * self.lower, self.upper * self.upper);
        let bottom = if self.contains(0.0) {
            0.0
        } else {
            low.min(high).next_down().max(0.0)
        };
        Self {
            lower: bottom,
            upper: low.max(high).next_up(),
        }
    }
}

impl RationalAlgebra for Interval {
    fn from_rational(value: &Rational) -> Self {
        Self::enclosing(value)
    }
}

impl Field for Interval {
    fn invertible(&self) -> bool {
        self.lower > 0.0 || self.upper < 0.0
    }
}

/// How far `exp` and `ln` of the platform may be off, in units in the last place.
///
/// The GNU C library documents errors below 1 (its own tests find 0.52 at most). `examples/intervals` compares both with balls
/// on corner-biased arguments. It is an assumption about the platform, not a theorem: proofs use
/// [`Ball`](super::Ball), whose series carry their remainders.
const LIBRARY_ULPS: u32 = 1;

fn widen(lower: f64, upper: f64, floor: f64) -> Interval {
    let (mut low, mut high) = (lower, upper);
    for _ in 0..LIBRARY_ULPS {
        low = low.next_down();
        high = high.next_up();
    }
    let low = if low.is_nan() { f64::NEG_INFINITY } else { low };
    let high = if high.is_nan() { f64::INFINITY } else { high };
    Interval {
        lower: low.max(floor),
        upper: high,
    }
}

impl Real for Interval {
    fn exp(&self) -> Self {
        widen(self.lower.exp(), self.upper.exp(), 0.0)
    }
    /// The whole line when the argument may be zero or negative.
    fn ln(&self) -> Self {
        if self.lower > 0.0 {
            widen(self.lower.ln(), self.upper.ln(), f64::NEG_INFINITY)
        } else {
            Self::WHOLE
        }
    }
    /// The whole line when the argument may be negative.
    fn sqrt(&self) -> Self {
        if self.lower >= 0.0 {
            let low = self.lower.sqrt().next_down().max(0.0);
            Self {
                lower: low,
                upper: self.upper.sqrt().next_up(),
            }
        } else {
            Self::WHOLE
        }
    }
    fn abs(&self) -> Self {
        if self.lower >= 0.0 {
            *self
        } else if self.upper <= 0.0 {
            -*self
        } else {
            Self {
                lower: 0.0,
                upper: self.upper.max(-self.lower),
            }
        }
    }
}
