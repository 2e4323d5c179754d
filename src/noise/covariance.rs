//! The noise covariance Sigma, in parameter and in output space.
//!
//! | symbol | argument | shape, range |
//! |---|---|---|
//! | psi(x_i) | rows of `features` | N x d |
//! | p_i | `weights` | N numbers, >= 0, sum 1; 1/N each for a dataset |
//! | C | `moments` | d x d, or N x N of output values |
//! | K | `kernel` | N x N, `<psi_i, psi_j>/N` |
//!
//! Sigma is the covariance of one sample's gradient; `- H C H` belongs to it (Proposition 1).

use super::dense::{Dense, ShapeError, same};
use crate::number::Ring;

/// `H = sum_i p_i psi_i psi_i^T` (37), (41).
///
/// # Errors
/// `weights.len() != features.rows()`.
pub fn hessian<T: Ring>(features: &Dense<T>, weights: &[T]) -> Result<Dense<T>, ShapeError> {
    same("weights, one a point", features.rows(), weights.len())?;
    let weighted = Dense::from_fn(features.rows(), features.columns(), |i, k| {
        weights[i].clone() * features.entry(i, k)
    });
    features.transposed().times(&weighted)
}

/// (5): `Sigma = sum_i p_i <psi_i, C psi_i> psi_i psi_i^T - H C H`.
///
/// With `p_i = 1/N` this is the covariance for a dataset of N points; with other weights that of
/// points drawn from the measure `sum p_i delta_{x_i}`.
///
/// # Errors
/// Shapes that do not fit: see the module's table.
pub fn parameter_space<T: Ring>(
    features: &Dense<T>,
    weights: &[T],
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    moments.square_of("C against the feature dimension", features.columns())?;
    let h = hessian(features, weights)?;
    // Row i of `psi_c` is (C psi_i)^T for symmetric C.
    let psi_c = features.times(moments)?;
    let losses: Vec<T> = (0..features.rows())
        .map(|i| {
            let quadratic = dot(psi_c.row(i), features.row(i));
            weights[i].clone() * quadratic
        })
        .collect();
    hessian(features, &losses)?.minus(&h.times(moments)?.times(&h)?)
}

/// (56) on the dataset: `Sigma = N K diag(diag C) K - K C K`, with K of (38) (divided by N).
///
/// C may be of raw or of normalised residuals: Sigma is linear in C.
///
/// # Errors
/// `kernel` or `moments` not N x N.
pub fn output_space<T: Ring>(
    kernel: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    let n = kernel.rows();
    kernel.square_of("kernel matrix", n)?;
    moments.square_of("C against the kernel matrix", n)?;
    let size = T::from_integer(i64::try_from(n).unwrap_or(i64::MAX));
    let middle = Dense::from_fn(n, n, |i, j| {
        if i == j {
            size.clone() * moments.entry(i, i) - moments.entry(i, i)
        } else {
            -moments.entry(i, j)
        }
    });
    kernel.times(&middle)?.times(kernel)
}

/// (57) for the measure `sum p_i delta_{x_i}`, on its own points:
/// `Sigma(x, x') = sum_i p_i k(x,x_i) C(x_i,x_i) k(x_i,x') - sum_ij p_i p_j k(x,x_i) C(x_i,x_j) k(x_j,x')`,
/// where k is the raw kernel `<psi(x), psi(x')>` (not divided by N).
///
/// # Errors
/// `gram` or `moments` not N x N, or `weights` not N long.
pub fn output_space_weighted<T: Ring>(
    gram: &Dense<T>,
    weights: &[T],
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    let n = gram.rows();
    gram.square_of("Gram matrix", n)?;
    moments.square_of("C against the Gram matrix", n)?;
    same("weights, one a point", n, weights.len())?;
    let middle = Dense::from_fn(n, n, |i, j| {
        let pair = weights[i].clone() * weights[j].clone() * moments.entry(i, j);
        if i == j {
            weights[i].clone() * moments.entry(i, i) - pair
        } else {
            -pair
        }
    });
    gram.times(&middle)?.times(gram)
}

/// (81), (240) in parameter space: `tau_1 Tr[H C] H - tau_2 H C H`.
///
/// Its image in output space is `tau_1 Tr[C] K^2 - tau_2 K C K`.
///
/// # Errors
/// `h` or `moments` not square of one size.
pub fn spectrally_expressible<T: Ring>(
    h: &Dense<T>,
    moments: &Dense<T>,
    tau_1: &T,
    tau_2: &T,
) -> Result<Dense<T>, ShapeError> {
    h.square_of("Hessian", h.rows())?;
    moments.square_of("C against the Hessian", h.rows())?;
    let hc = h.times(moments)?;
    let mean_field = h.scaled(&(tau_1.clone() * hc.trace()));
    mean_field.minus(&hc.times(h)?.scaled(tau_2))
}

fn dot<T: Ring>(x: &[T], y: &[T]) -> T {
    x.iter()
        .zip(y)
        .fold(T::zero(), |sum, (a, b)| sum + a.clone() * b.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    fn matrix(rows: usize, columns: usize, entries: &str) -> Dense<Rational> {
        Dense::new(
            rows,
            columns,
            entries.split_whitespace().map(q).collect::<Vec<_>>(),
        )
        .unwrap()
    }

    /// The golden value printed under Proposition 1 in the notes.
    #[test]
    fn golden_value_of_proposition_1() {
        let features = matrix(3, 2, "1 0 0 2 1 1");
        let weights = vec![q("1/3"); 3];
        let c = matrix(2, 2, "2 1 1 3");
        assert_eq!(
            hessian(&features, &weights).unwrap(),
            matrix(2, 2, "2/3 1/3 1/3 5/3")
        );
        assert_eq!(
            parameter_space(&features, &weights, &c).unwrap(),
            matrix(2, 2, "4/3 -1 -1 26/3")
        );
    }

    /// `Sigma_out = Psi^T Sigma Psi` when `C_out = Psi^T C Psi`: (52) for the noise.
    #[test]
    fn output_space_is_the_image_of_parameter_space() {
        let features = matrix(3, 2, "1 0 0 2 1 1");
        let weights = vec![q("1/3"); 3];
        let c = matrix(2, 2, "2 1 1 3");
        let image = |m: &Dense<Rational>| {
            features
                .times(m)
                .unwrap()
                .times(&features.transposed())
                .unwrap()
        };
        let gram = features.times(&features.transposed()).unwrap();
        let expected = image(&parameter_space(&features, &weights, &c).unwrap());
        let kernel = gram.scaled(&q("1/3"));
        assert_eq!(output_space(&kernel, &image(&c)).unwrap(), expected);
        assert_eq!(
            output_space_weighted(&gram, &weights, &image(&c)).unwrap(),
            expected
        );
    }

    /// Gaussian features: tau = (1, -1) gives `H Tr[HC] + HCH` (Section 3.3).
    #[test]
    fn gaussian_features_are_the_member_with_tau_minus_one() {
        let h = matrix(2, 2, "2/3 1/3 1/3 5/3");
        let c = matrix(2, 2, "2 1 1 3");
        // Tr[HC] = 4/3 + 1/3 + 1/3 + 5 = 7 and HCH = [[5/3, 10/3], [10/3, 29/3]], by hand.
        let expected = matrix(2, 2, "19/3 17/3 17/3 64/3");
        assert_eq!(
            spectrally_expressible(&h, &c, &q("1"), &q("-1")).unwrap(),
            expected
        );
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let features = matrix(3, 2, "1 0 0 2 1 1");
        let c3 = Dense::<Rational>::identity(3);
        assert!(hessian(&features, &[q("1")]).is_err());
        assert!(parameter_space(&features, &vec![q("1/3"); 3], &c3).is_err());
        assert!(output_space(&features, &c3).is_err());
        assert!(output_space_weighted(&c3, &[q("1")], &c3).is_err());
        assert!(spectrally_expressible(&features, &c3, &q("1"), &q("1")).is_err());
    }
}
