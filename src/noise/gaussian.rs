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
use super::error::NoiseError;
use crate::number::{Field, Ring};

/// The largest number of independent variables of [`gaussian_points`]: 390,625 points.
pub const GAUSSIAN_VARIABLES: usize = 8;

/// The largest degree of [`gaussian_moment`]: 10,395 pairings.
pub const GAUSSIAN_DEGREE: usize = 12;

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

/// `E[psi_a psi_b ..]` of psi ~ N(0, H) for the components `indices` (from 0, any order, repeated or
/// not), by Isserlis' theorem: the sum over all pairings of the product of H_ab over their pairs. 1 for
/// no index, 0 for an odd number.
///
/// Source: L. Isserlis, Biometrika 12 (1918) 134, doi:10.1093/biomet/12.1-2.134.
///
/// # Errors
/// H not square; an index beyond its size; more than [`GAUSSIAN_DEGREE`] indices.
pub fn gaussian_moment<T: Ring>(h: &Dense<T>, indices: &[usize]) -> Result<T, NoiseError> {
    h.square_of("covariance of the features", h.rows())?;
    if indices.len() > GAUSSIAN_DEGREE {
        return Err(NoiseError::Size {
            what: "the degree of a Gaussian moment",
            limit: GAUSSIAN_DEGREE,
            got: indices.len(),
        });
    }
    match indices.iter().find(|i| **i >= h.rows()) {
        Some(&mode) => Err(NoiseError::Mode {
            mode,
            last: h.rows().saturating_sub(1),
        }),
        None => Ok(pairings(h, indices)),
    }
}

fn pairings<T: Ring>(h: &Dense<T>, indices: &[usize]) -> T {
    let Some((&first, rest)) = indices.split_first() else {
        return T::one();
    };
    // The partner of the first index, and all pairings of the others.
    (0..rest.len()).fold(T::zero(), |sum, at| {
        let others: Vec<usize> = [&rest[..at], &rest[at + 1..]].concat();
        sum + h.entry(first, rest[at]) * pairings(h, &others)
    })
}

/// Points and weights that have the moments of `psi = F z`, `z ~ N(0, 1)^r`, up to degree 5 in each
/// z: psi ~ N(0, F F^T). `factor` is F (d x r); the result has 5^r points as rows, with weights of
/// sum 1, for use with [`super::parameter_space`].
///
/// # Errors
/// More than [`GAUSSIAN_VARIABLES`] columns, or none.
pub fn gaussian_points<T: Field>(factor: &Dense<T>) -> Result<(Dense<T>, Vec<T>), NoiseError> {
    if !(1..=GAUSSIAN_VARIABLES).contains(&factor.columns()) {
        return Err(NoiseError::Size {
            what: "the number of independent Gaussian variables",
            limit: GAUSSIAN_VARIABLES,
            got: factor.columns(),
        });
    }
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
    Ok((features, weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    #[test]
    fn the_rule_has_the_moments_of_a_normal_variable_up_to_degree_5() {
        let one = Dense::<Rational>::identity(1);
        let (points, weights) = gaussian_points(&one).unwrap();
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

    #[test]
    fn moments_by_pairings_are_the_double_factorials_and_products_of_variances() {
        let q = |text| parse_rational(text).unwrap();
        let one = Dense::<Rational>::identity(1);
        let moment = |degree| gaussian_moment(&one, &vec![0; degree]).unwrap();
        let found: Vec<_> = [0, 1, 2, 3, 4, 6, 8].into_iter().map(moment).collect();
        assert_eq!(found, ["1", "0", "1", "0", "3", "15", "105"].map(q));
        let h = Dense::new(2, 2, ["2", "1/2", "1/2", "3"].map(q).to_vec()).unwrap();
        // E[x^2 y^2] = 2 * 3 + 2 (1/2)^2, E[x^3 y] = 3 * 2 * 1/2.
        assert_eq!(gaussian_moment(&h, &[0, 1, 0, 1]), Ok(q("13/2")));
        assert_eq!(gaussian_moment(&h, &[0, 0, 1, 0]), Ok(q("3")));
    }

    #[test]
    fn moments_and_points_out_of_range_are_refused() {
        let h = Dense::<f64>::identity(2);
        assert!(gaussian_moment(&h, &[0, 2]).is_err());
        assert!(gaussian_moment(&h, &[0; GAUSSIAN_DEGREE + 1]).is_err());
        assert!(gaussian_moment(&h, &[0; GAUSSIAN_DEGREE]).is_ok());
        assert!(gaussian_moment(&Dense::<f64>::zeros(2, 3), &[0, 1]).is_err());
        assert!(gaussian_points(&Dense::<f64>::zeros(2, GAUSSIAN_VARIABLES + 1)).is_err());
        assert!(gaussian_points(&Dense::<f64>::zeros(2, 0)).is_err());
    }
}
