//! Rational functions: quotients of coprime polynomials.

use super::Polynomial;
use crate::number::{Field, Rational, RationalAlgebra, Ring};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `numerator / denominator`, cancelled; the denominator is primitive with a positive leading
/// coefficient, so equal functions over one list of variables have equal parts.
#[derive(Clone, Debug)]
pub struct RationalFunction {
    numerator: Polynomial,
    denominator: Polynomial,
}

impl RationalFunction {
    /// The cancelled quotient; `None` if the denominator is zero.
    pub fn new(numerator: Polynomial, denominator: Polynomial) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        if numerator.is_zero() {
            return Some(Self {
                numerator,
                denominator: Polynomial::one(),
            });
        }
        let common = numerator.gcd(&denominator);
        let (numerator, denominator) = match (
            numerator.exact_division(&common),
            denominator.exact_division(&common),
        ) {
            (Some(n), Some(d)) => (n, d),
            // Not reached: a gcd divides both. Uncancelled parts are still the same function.
            _ => (numerator, denominator),
        };
        let content = denominator.rational_content().recip();
        Some(Self {
            numerator: numerator.scale(&content),
            denominator: denominator.scale(&content),
        })
    }

    /// The numerator, coprime to the denominator.
    pub const fn numerator(&self) -> &Polynomial {
        &self.numerator
    }

    /// The denominator: primitive, positive leading coefficient.
    pub const fn denominator(&self) -> &Polynomial {
        &self.denominator
    }

    /// Whether the function is zero.
    pub fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    /// The quotient, or `None` for a zero divisor.
    pub fn checked_division(self, divisor: Self) -> Option<Self> {
        Self::new(
            self.numerator * divisor.denominator,
            self.denominator * divisor.numerator,
        )
    }

    /// The partial derivative, by the quotient rule.
    pub fn derivative(&self, name: &str) -> Self {
        let top = self.numerator.derivative(name) * self.denominator.clone()
            - self.numerator.clone() * self.denominator.derivative(name);
        Self::new(top, self.denominator.square()).unwrap_or_else(Self::zero)
    }

    /// The value at a point of a field; `None` if a variable has no value or the denominator
    /// vanishes (or, for an interval, may vanish).
    pub fn evaluate<T: Field + RationalAlgebra>(
        &self,
        value_of: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let bottom = self.denominator.evaluate(&value_of).ok()?;
        let top = self.numerator.evaluate(&value_of).ok()?;
        bottom.invertible().then(|| top / bottom)
    }

    /// Replaces one variable by a polynomial; `None` if the denominator becomes zero.
    pub fn substitute(&self, name: &str, value: &Polynomial) -> Option<Self> {
        Self::new(
            self.numerator.substitute(name, value),
            self.denominator.substitute(name, value),
        )
    }
}

/// Equality as functions: `n d' = n' d`, whatever the lists of variables.
impl PartialEq for RationalFunction {
    fn eq(&self, other: &Self) -> bool {
        self.numerator.clone() * other.denominator.clone()
            == other.numerator.clone() * self.denominator.clone()
    }
}

impl Eq for RationalFunction {}

impl From<Polynomial> for RationalFunction {
    fn from(numerator: Polynomial) -> Self {
        Self {
            numerator,
            denominator: Polynomial::one(),
        }
    }
}

impl Add for RationalFunction {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        if self.denominator == rhs.denominator {
            return Self::new(self.numerator + rhs.numerator, self.denominator)
                .unwrap_or_else(Self::zero);
        }
        let top =
            self.numerator * rhs.denominator.clone() + rhs.numerator * self.denominator.clone();
        Self::new(top, self.denominator * rhs.denominator).unwrap_or_else(Self::zero)
    }
}

impl Sub for RationalFunction {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        self + -rhs
    }
}

impl Neg for RationalFunction {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            numerator: -self.numerator,
            denominator: self.denominator,
        }
    }
}

impl Mul for RationalFunction {
    type Output = Self;
    fn mul(self, rhs: Self) -> Self {
        Self::new(
            self.numerator * rhs.numerator,
            self.denominator * rhs.denominator,
        )
        .unwrap_or_else(Self::zero)
    }
}

impl Div for RationalFunction {
    type Output = Self;
    /// # Panics
    /// On a zero divisor, as exact rationals do; ask [`Field::invertible`] or use
    /// [`RationalFunction::checked_division`].
    #[allow(clippy::expect_used)] // the documented contract of exact fields
    fn div(self, rhs: Self) -> Self {
        self.checked_division(rhs)
            .expect("division of a rational function by zero")
    }
}

impl Ring for RationalFunction {
    fn zero() -> Self {
        Polynomial::zero().into()
    }
    fn one() -> Self {
        Polynomial::one().into()
    }
    fn from_integer(value: i64) -> Self {
        Polynomial::from_integer(value).into()
    }
}

impl RationalAlgebra for RationalFunction {
    fn from_rational(value: &Rational) -> Self {
        Polynomial::constant(value.clone()).into()
    }
}

impl Field for RationalFunction {
    fn invertible(&self) -> bool {
        !self.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f(text: &str) -> RationalFunction {
        RationalFunction::parse(text).unwrap()
    }

    #[test]
    fn quotients_cancel_to_one_form() {
        assert_eq!(f("(2*a^2 - 2)/(4*a + 4)").to_string(), "1/2*a - 1/2");
        assert_eq!(f("1/(b - a)"), f("-1/(a - b)"));
        assert_eq!(f("a/a").numerator(), &Polynomial::one());
    }

    #[test]
    fn field_laws_hold_on_an_example() {
        let (x, y) = (f("(a + 1)/(b*z - 1)"), f("(z - a)/(b + 2)"));
        assert_eq!((x.clone() / y.clone()) * y.clone(), x.clone());
        assert_eq!((x.clone() + y.clone()) - y, x);
    }

    #[test]
    fn derivative_of_a_quotient() {
        assert_eq!(f("1/(1 - z)").derivative("z"), f("1/(1 - z)^2"));
    }

    #[test]
    fn a_pole_has_no_value() {
        let one_at = |z: f64| f("1/(1 - z)").evaluate(|_| Some(z));
        assert_eq!(one_at(0.5), Some(2.0));
        assert_eq!(one_at(1.0), None);
        assert!(RationalFunction::new(Polynomial::one(), Polynomial::zero()).is_none());
    }
}
