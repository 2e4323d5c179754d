//! Derivative, substitution and evaluation.

use super::Polynomial;
use crate::number::{Rational, RationalAlgebra, Ring};
use thiserror::Error;

/// A variable that occurs in the polynomial but was given no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no value was given for the variable `{0}`")]
pub struct UnknownVariable(pub String);

impl Polynomial {
    /// The partial derivative in one variable; zero if it does not occur.
    pub fn derivative(&self, name: &str) -> Self {
        let mut result = self.same_ring_zero();
        if let Some(at) = self.position(name) {
            for (exponents, coefficient) in self.terms() {
                if exponents[at] > 0 {
                    let mut lower = exponents.clone();
                    lower[at] -= 1;
                    let power = <Rational as Ring>::from_integer(i64::from(exponents[at]));
                    result.add_term(lower, coefficient * power);
                }
            }
        }
        result
    }

    /// Replaces one variable by a polynomial.
    pub fn substitute(&self, name: &str, value: &Self) -> Self {
        // Horner in the variable: c_0 + x (c_1 + x (c_2 + ...)).
        let mut result = Self::zero();
        for coefficient in self.coefficients_in(name).into_iter().rev() {
            result = result * value.clone() + coefficient;
        }
        result
    }

    /// The value at a point of any algebra over Q: `f64`, complex, interval, rational, polynomial.
    ///
    /// `value_of` gives the value of a variable, or `None` if it has none.
    ///
    /// # Errors
    /// The first occurring variable without a value.
    pub fn evaluate<T: RationalAlgebra>(
        &self,
        value_of: impl Fn(&str) -> Option<T>,
    ) -> Result<T, UnknownVariable> {
        let mut values = Vec::with_capacity(self.variables().len());
        for (k, name) in self.variables().iter().enumerate() {
            let value = value_of(name);
            if value.is_none() && self.terms().any(|(e, _)| e[k] > 0) {
                return Err(UnknownVariable(name.clone()));
            }
            values.push(value);
        }
        let mut sum = T::zero();
        for (exponents, coefficient) in self.terms() {
            let mut term = T::from_rational(coefficient);
            for (value, &power) in values.iter().zip(exponents) {
                if let (Some(value), true) = (value, power > 0) {
                    term = term * value.power(u32::from(power));
                }
            }
            sum = sum + term;
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Complex, Interval, parse_rational};

    fn p(text: &str) -> Polynomial {
        Polynomial::parse(text).unwrap()
    }

    #[test]
    fn derivative_follows_the_product_rule() {
        let (f, g) = (p("a^3*z - 2*z^2 + 1/2"), p("z^4 - a*z + 7"));
        let left = (f.clone() * g.clone()).derivative("z");
        let right = f.derivative("z") * g.clone() + f * g.derivative("z");
        assert_eq!(left, right);
        assert!(p("a^3").derivative("z").is_zero());
    }

    #[test]
    fn substitution_and_evaluation_agree() {
        let f = p("x^2*y - 3*y^3 + x/2 - 5");
        let shifted = f.substitute("x", &p("t + 1/3"));
        let q = |s: &str| parse_rational(s).unwrap();
        let direct = f
            .evaluate(|v| Some(if v == "x" { q("7/3") } else { q("-2") }))
            .unwrap();
        let through = shifted
            .evaluate(|v| Some(if v == "t" { q("2") } else { q("-2") }))
            .unwrap();
        assert_eq!(direct, through);
    }

    #[test]
    fn a_missing_value_is_named() {
        let error = p("x + y")
            .evaluate(|v| (v == "x").then_some(1.0))
            .unwrap_err();
        assert_eq!(error, UnknownVariable("y".into()));
        assert_eq!(
            (p("x + y") - p("y")).evaluate(|v| (v == "x").then_some(2.0)),
            Ok(2.0)
        );
    }

    #[test]
    fn every_number_type_evaluates_the_same_polynomial() {
        let f = p("x^3 - 1/3*x + 2");
        let exact = f
            .evaluate(|_| Some(parse_rational("5/4").unwrap()))
            .unwrap();
        assert_eq!(exact, parse_rational("679/192").unwrap());
        assert!((f.evaluate(|_| Some(1.25)).unwrap() - 679.0 / 192.0).abs() < 1e-15);
        let enclosure = f.evaluate(|_| Some(Interval::point(1.25))).unwrap();
        assert!(enclosure.contains(679.0 / 192.0) && enclosure.width() < 1e-14);
        let complex = f.evaluate(|_| Some(Complex::new(1.25, 0.0))).unwrap();
        assert_eq!(complex.im, 0.0);
    }
}
