//! Orthogonal matrices: plane rotations, reflections, and the path of Proposition 7.
//!
//! With rational `(c, s)`, `c^2 + s^2 = 1`, a plane rotation is exact over Q; its angle is no rational
//! multiple of pi unless c is 0, +-1/2 or +-1 (Niven), so that its powers are dense in the rotations of
//! that plane.

use super::{Dense, NoiseError};
use crate::number::Ring;

/// The rotation in the plane of axes `i` and `j` (from 0, different) by the angle with cosine `c` and
/// sine `s`. With axes that are the same or do not exist it is the identity.
///
/// It is orthogonal iff `c^2 + s^2 = 1`, which is the caller's business.
pub fn plane_rotation<T: Ring>(size: usize, [i, j]: [usize; 2], c: T, s: T) -> Dense<T> {
    if i == j || i.max(j) >= size {
        return Dense::identity(size);
    }
    Dense::from_fn(size, size, |row, column| match (row, column) {
        (r, k) if (r, k) == (i, i) || (r, k) == (j, j) => c.clone(),
        (r, k) if (r, k) == (i, j) => -s.clone(),
        (r, k) if (r, k) == (j, i) => s.clone(),
        (r, k) if r == k => T::one(),
        _ => T::zero(),
    })
}

/// The reflection of axis `i` (from 0): determinant -1. The identity if there is no such axis.
pub fn reflection<T: Ring>(size: usize, i: usize) -> Dense<T> {
    Dense::from_fn(size, size, |row, column| match row == column {
        true if row == i => -T::one(),
        true => T::one(),
        false => T::zero(),
    })
}

/// The permutation matrix that moves axis `j` to axis `image(j)`.
pub fn permutation<T: Ring>(size: usize, image: impl Fn(usize) -> usize) -> Dense<T> {
    Dense::from_fn(size, size, |row, column| {
        if row == image(column) {
            T::one()
        } else {
            T::zero()
        }
    })
}

/// A point of the path in SO(N) from the identity (`share` 0) to a rotation whose column `k` is flat,
/// `Phi_ik = N^(-1/2)` (`share` 1): the rotation by `share theta` in the plane of `e_k` and
/// `f = (1, .., 1)/sqrt N`, `cos theta = <e_k, f>`.
///
/// ```text
/// Phi(s) = 1 + (cos s theta - 1)(e e^T + g g^T) + sin s theta (g e^T - e g^T),   g = (f - cos theta e)/sin theta
/// ```
///
/// Source: (69), (70) and the path in the proof of Proposition 7.
///
/// # Errors
/// An axis that does not exist; a share outside [0, 1].
pub fn towards_flat_column(size: usize, k: usize, share: f64) -> Result<Dense<f64>, NoiseError> {
    if k >= size {
        return Err(NoiseError::Mode {
            mode: k,
            last: size.saturating_sub(1),
        });
    }
    if !(0.0..=1.0).contains(&share) {
        return Err(NoiseError::Range {
            what: "the share of the path",
            range: "in 0..=1",
        });
    }
    let flat = 1.0 / (size as f64).sqrt();
    let theta = flat.acos();
    let (sin, cos) = (share * theta).sin_cos();
    // g has entry 0 at k and 1/sqrt(N - 1) elsewhere.
    let g = 1.0 / (size.saturating_sub(1).max(1) as f64).sqrt();
    Ok(Dense::from_fn(size, size, |i, j| match (i == k, j == k) {
        (true, true) => cos,
        (false, true) => sin * g,
        (true, false) => -sin * g,
        (false, false) => (cos - 1.0) * g * g + f64::from(u8::from(i == j)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn largest_difference(a: &Dense<f64>, b: &Dense<f64>) -> f64 {
        let pairs = a.entries().iter().zip(b.entries());
        pairs.fold(0.0, |worst: f64, (x, y)| worst.max((x - y).abs()))
    }

    #[test]
    fn rotations_over_q_are_exactly_orthogonal() {
        let q = |text| parse_rational(text).unwrap();
        let turn = plane_rotation::<Rational>(3, [0, 2], q("3/5"), q("4/5"));
        let product = turn.times(&turn.transposed()).unwrap();
        assert_eq!(product, Dense::identity(3));
        let flip = reflection::<Rational>(3, 1);
        assert_eq!(flip.times(&flip).unwrap(), Dense::identity(3));
        let cycle = permutation::<Rational>(3, |i| (i + 1) % 3);
        let thrice = cycle.times(&cycle).unwrap().times(&cycle).unwrap();
        assert_eq!(thrice, Dense::identity(3));
        assert_ne!(cycle, Dense::identity(3));
    }

    #[test]
    fn the_path_runs_in_so_n_from_the_identity_to_a_flat_column() {
        let path = |n, k, share| towards_flat_column(n, k, share).unwrap();
        for n in [1, 2, 5] {
            for k in 0..n {
                assert_eq!(
                    largest_difference(&path(n, k, 0.0), &Dense::identity(n)),
                    0.0
                );
                for share in [0.0, 0.3, 1.0] {
                    let phi = path(n, k, share);
                    let product = phi.times(&phi.transposed()).unwrap();
                    assert!(largest_difference(&product, &Dense::identity(n)) < 1e-15);
                }
                let end = path(n, k, 1.0);
                let flat = 1.0 / (n as f64).sqrt();
                assert!((0..n).all(|i| (end.entry(i, k) - flat).abs() < 1e-15));
            }
        }
        // A rotation, not a reflection: at N = 2 the determinant is visible.
        let turn = path(2, 0, 1.0);
        let determinant = turn.entry(0, 0) * turn.entry(1, 1) - turn.entry(0, 1) * turn.entry(1, 0);
        assert!((determinant - 1.0).abs() < 1e-15);
    }

    #[test]
    fn axes_and_shares_that_do_not_exist_are_refused() {
        assert!(towards_flat_column(3, 3, 0.5).is_err());
        assert!(towards_flat_column(0, 0, 0.5).is_err());
        for share in [-0.1, 1.1, f64::NAN] {
            assert!(towards_flat_column(3, 0, share).is_err());
        }
        assert_eq!(plane_rotation(2, [0, 2], 0.0, 1.0), Dense::identity(2));
        assert_eq!(plane_rotation(2, [1, 1], 0.0, 1.0), Dense::identity(2));
        assert_eq!(reflection::<f64>(2, 2), Dense::identity(2));
    }
}
