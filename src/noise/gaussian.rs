//! Gaussian features, psi(x) ~ N(0, H) with infinitely many points: the SE noise with tau = (1, -1),
//! exactly and as an operator.
//!
//! ```text
//! E[<psi, C psi> psi psi^T] = Tr[HC] H + 2 H C H   (Isserlis)   =>   Sigma = Tr[HC] H + H C H
//! ```
//!
//! The expectation is a polynomial of degree 4 in psi, so a quadrature that is exact up to degree 5 in
//! each of its independent normal variables gives it without error. The rule used here is rational:
//! the points 0, -1, 1, -2, 2 with the weights 1/2, 1/6, 1/6, 1/12, 1/12 have the moments
//! 1, 0, 1, 0, 3, 0 of N(0, 1). So one SGD step on Gaussian data can be averaged over all data and
//! batches in exact arithmetic.

use super::covariance::spectrally_expressible;
use super::dense::{Dense, ShapeError};
use crate::number::{Field, Ring};

/// Sigma of Gaussian features: `Tr[HC] H + H C H`.
///
/// # Errors
/// `h` or `moments` not square of one size.
pub fn gaussian_covariance<T: Ring>(
    h: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    spectrally_expressible(h, moments, &T::one(), &-T::one())
}

/// Points and weights that have the moments of `psi = F z`, `z ~ N(0, 1)^r`, up to degree 5 in each
/// z: psi ~ N(0, F F^T). `factor` is F (d x r); the result has 5^r points as rows, with weights of
/// sum 1, for use with [`super::parameter_space`].
pub fn gaussian_points<T: Field>(factor: &Dense<T>) -> (Dense<T>, Vec<T>) {
    let unit = |bottom| T::one() / T::from_integer(bottom);
    let rule: [(i64, T); 5] = [
        (0, unit(2)),
        (-1, unit(6)),
        (1, unit(6)),
        (-2, unit(12)),
        (2, unit(12)),
    ];
    let variables = factor.columns();
    let mut points: Vec<(Vec<T>, T)> = vec![(Vec::new(), T::one())];
    for _ in 0..variables {
        points = points
            .iter()
            .flat_map(|(z, weight)| {
                rule.iter().map(move |(node, share)| {
                    let mut longer = z.clone();
                    longer.push(T::from_integer(*node));
                    (longer, weight.clone() * share.clone())
                })
            })
            .collect();
    }
    let features = Dense::from_fn(points.len(), factor.rows(), |i, a| {
        (0..variables).fold(T::zero(), |sum, k| {
            sum + factor.entry(a, k) * points[i].0[k].clone()
        })
    });
    let weights = points.into_iter().map(|(_, weight)| weight).collect();
    (features, weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    #[test]
    fn the_rule_has_the_moments_of_a_normal_variable_up_to_degree_5() {
        let one = Dense::<Rational>::identity(1);
        let (points, weights) = gaussian_points(&one);
        let moment = |degree| {
            weights
                .iter()
                .zip(points.entries())
                .fold(Rational::zero(), |sum, (w, z)| sum + w * z.power(degree))
        };
        let expected = [1, 0, 1, 0, 3, 0].map(<Rational as Ring>::from_integer);
        assert_eq!([0, 1, 2, 3, 4, 5].map(moment), expected);
        // The sixth moment, 15 for N(0, 1), is where the rule ends.
        assert_ne!(moment(6), parse_rational("15").unwrap());
    }
}
