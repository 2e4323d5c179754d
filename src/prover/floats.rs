//! Polynomials in `f64`, to guide the search: estimates, never proofs.

use crate::number::{Rational, rational_to_f64};
use crate::polynomial::{Exponents, Polynomial};
use num_bigint::BigInt;

/// A polynomial with rounded coefficients over an ordered list of variables.
#[derive(Debug, Clone)]
pub struct FloatPolynomial {
    terms: Vec<(Exponents, f64)>,
    degrees: Exponents,
}

impl FloatPolynomial {
    /// Rounds every coefficient.
    pub fn new(polynomial: &Polynomial) -> Self {
        let mut degrees = Exponents::from_elem(0, polynomial.variables().len());
        let mut terms = Vec::with_capacity(polynomial.len());
        for (exponents, c) in polynomial.terms() {
            for (d, e) in degrees.iter_mut().zip(exponents) {
                *d = (*d).max(*e);
            }
            terms.push((exponents.clone(), rational_to_f64(c)));
        }
        Self { terms, degrees }
    }

    /// The degree in each variable.
    pub fn degrees(&self) -> &Exponents {
        &self.degrees
    }

    /// The terms.
    pub fn terms(&self) -> &[(Exponents, f64)] {
        &self.terms
    }

    /// The value at a point, and the sum of the absolute values of the terms: rounding errors are
    /// some 1e-15 of the latter.
    pub fn value(&self, point: &[f64]) -> (f64, f64) {
        let (mut sum, mut size) = (0.0, 0.0);
        for (exponents, c) in &self.terms {
            let mut term = *c;
            for (x, e) in point.iter().zip(exponents) {
                if *e > 0 {
                    term *= x.powi(i32::from(*e));
                }
            }
            sum += term;
            size += term.abs();
        }
        (sum, size)
    }
}

/// The first convergent of the continued fraction of `x` within `tolerance`.
pub fn short_rational(x: f64, tolerance: f64) -> Option<Rational> {
    if !x.is_finite() {
        return None;
    }
    let (mut p0, mut q0, mut p1, mut q1) = (1_i128, 0_i128, x.floor() as i128, 1_i128);
    let mut rest = x - x.floor();
    for _ in 0..40 {
        if (p1 as f64 / q1 as f64 - x).abs() <= tolerance || rest.abs() < 1e-15 {
            break;
        }
        let inverse = 1.0 / rest;
        let a = inverse.floor();
        if a > 1e15 || q1 > 1_i128 << 60 {
            break;
        }
        rest = inverse - a;
        let a = a as i128;
        (p0, p1) = (p1, a * p1 + p0);
        (q0, q1) = (q1, a * q1 + q0);
    }
    Some(Rational::new(BigInt::from(p1), BigInt::from(q1)))
}
