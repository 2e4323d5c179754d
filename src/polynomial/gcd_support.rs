//! The two tools of the gcd: pseudo-division and the specialisation test for coprimality.

use super::Polynomial;
use crate::number::{Rational, Ring};
use num_traits::Zero;

/// The remainder of `lead(low)^k high` by `low` in one variable: no fractions appear.
pub(super) fn pseudo_remainder(high: &Polynomial, low: &Polynomial, variable: &str) -> Polynomial {
    let low_coefficients = low.coefficients_in(variable);
    let (Some(lead), low_degree) = (low_coefficients.last(), low_coefficients.len() - 1) else {
        return Polynomial::zero();
    };
    let x = Polynomial::variable(variable);
    let mut rest = high.clone();
    while !rest.is_zero() && usize::from(rest.degree_in(variable)) >= low_degree {
        let coefficients = rest.coefficients_in(variable);
        let degree = coefficients.len() - 1;
        let shift = x.power((degree - low_degree) as u32);
        rest = rest * lead.clone() - coefficients[degree].clone() * shift * low.clone();
        if low_degree == 0 {
            break;
        }
    }
    rest
}

/// Proves `gcd(p, q) = 1` where it can: for each shared variable all others are set to small
/// integers at which both leading coefficients survive. The gcd's degree in the variable is then
/// at most that of the gcd of the two univariate images; if this is 0 for every shared variable
/// the gcd is a constant. `false` means "not proved".
pub(super) fn coprime_by_specialisation(p: &Polynomial, q: &Polynomial, shared: &[String]) -> bool {
    shared.iter().all(|main| {
        (0..3).any(|attempt| {
            let (Some(u), Some(v)) = (image(p, main, attempt), image(q, main, attempt)) else {
                return false;
            };
            univariate_gcd_degree(u, v) == 0
        })
    })
}

/// The coefficients, lowest first, of the univariate image; `None` if the degree drops.
fn image(p: &Polynomial, main: &str, attempt: i64) -> Option<Vec<Rational>> {
    let variables = p.variables().to_vec();
    let coefficients: Vec<Rational> = p
        .coefficients_in(main)
        .iter()
        .map(|c| {
            c.evaluate(|name| {
                let place = variables.iter().position(|v| v == name)? as i64;
                Some(<Rational as Ring>::from_integer(
                    3 + 7 * attempt + place * (5 + 2 * attempt),
                ))
            })
        })
        .collect::<Result<_, _>>()
        .ok()?;
    coefficients
        .last()
        .is_some_and(|c| !c.is_zero())
        .then_some(coefficients)
}

/// The degree of the gcd of two univariate polynomials with non-zero leading coefficients.
fn univariate_gcd_degree(mut high: Vec<Rational>, mut low: Vec<Rational>) -> usize {
    if high.len() < low.len() {
        std::mem::swap(&mut high, &mut low);
    }
    loop {
        while let (Some(top), Some(lead)) = (high.last().cloned(), low.last()) {
            if high.len() < low.len() {
                break;
            }
            let factor = top / lead;
            let shift = high.len() - low.len();
            for (k, c) in low.iter().enumerate() {
                high[shift + k] -= &factor * c;
            }
            while high.last().is_some_and(Zero::is_zero) {
                high.pop();
            }
        }
        if high.is_empty() {
            return low.len() - 1;
        }
        std::mem::swap(&mut high, &mut low);
        if low.len() == 1 {
            return 0;
        }
    }
}
