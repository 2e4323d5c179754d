//! Pointwise losses and the components of the noise (Appendix D.2).
//!
//! With `L(x) = 1/2 <psi(x), C psi(x)>`, `psi_k(x) = <u_k, psi(x)>` and eigenvectors u_k of H,
//!
//! ```text
//! 2 L(x_i) = (Phi G Phi^T)_ii,   psi_k(x_i)^2 = N lambda_k Phi_ik^2                            (71)
//! Sigma_kk = 2 E_x[L(x) psi_k(x)^2] - lambda_k^2 C_kk                                        (72)
//!          = lambda_k Tr[HC] - lambda_k^2 C_kk + 2 Cov_x(L, psi_k^2)        (always)
//! ```
//!
//! with `E_x psi_k^2 = lambda_k` and `2 E_x L = Tr[HC]`. When the loss of a point does not
//! correlate with psi_k^2 for any k, this is the SE noise with tau_1 = tau_2 = 1 (73). The covariance
//! says how far a given model is from it, mode by mode.

use super::checks::{absolute, finite, non_negative, roundoff, symmetric};
use super::covariance::hessian;
use super::dense::{Dense, same};
use super::error::NoiseError;
use super::spectral_measure::diagonal_in;
use crate::number::{Field, Ring};

/// One component of the noise, taken apart; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct LossCorrelation<T> {
    /// `lambda_k = E psi_k^2`.
    pub eigenvalue: T,
    /// `lambda_k Tr[HC] - lambda_k^2 C_kk`: Sigma_kk if the losses were uncorrelated.
    pub uncorrelated: T,
    /// `2 Cov_x(L, psi_k^2)`.
    pub twice_covariance: T,
}

impl<T: Ring> LossCorrelation<T> {
    /// Sigma_kk: the sum of the two parts.
    pub fn component(&self) -> T {
        self.uncorrelated.clone() + self.twice_covariance.clone()
    }
}

/// The components of the noise for the columns u_k of `eigenvectors`, for points psi(x_i) (rows of
/// `features`) of weights p_i (sum 1; 1/N each for a dataset).
///
/// The columns must be eigenvectors of H of norm 1 (checked exactly, or to 2e-10 in f64): for others
/// `lambda_k^2 C_kk` is not `<u_k, H C H u_k>`.
///
/// # Errors
/// Shapes that do not fit; numbers that are not finite; weights that are negative or do not sum to 1;
/// a C that is not symmetric; a column that is no eigenvector of norm 1.
///
/// # What this does not mean
/// A covariance of 0 at this C says nothing of another C: along a trajectory C changes.
pub fn loss_correlations<T: Field + PartialOrd>(
    features: &Dense<T>,
    weights: &[T],
    eigenvectors: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Vec<LossCorrelation<T>>, NoiseError> {
    same("weights, one a point", features.rows(), weights.len())?;
    check_weights(weights)?;
    finite("the features", features)?;
    moments.square_of("C against the feature dimension", features.columns())?;
    symmetric("C", moments)?;
    check_eigenvectors(&hessian(features, weights)?, eigenvectors)?;
    let twice_losses = diagonal_in(&features.transposed(), moments)?;
    let projections = features.times(eigenvectors)?;
    let c = diagonal_in(eigenvectors, moments)?;
    let mean = |f: &dyn Fn(usize) -> T| {
        (weights.iter().enumerate()).fold(T::zero(), |sum, (i, p)| sum + p.clone() * f(i))
    };
    let trace = mean(&|i| twice_losses[i].clone());
    Ok((0..eigenvectors.columns())
        .map(|k| {
            let lambda = mean(&|i| projections.entry(i, k).square());
            let joint = mean(&|i| twice_losses[i].clone() * projections.entry(i, k).square());
            LossCorrelation {
                uncorrelated: lambda.clone() * trace.clone() - lambda.square() * c[k].clone(),
                twice_covariance: joint - lambda.clone() * trace.clone(),
                eigenvalue: lambda,
            }
        })
        .collect())
}

/// Each finite and >= 0, and a sum of 1 (exactly, or to 2e-10 in f64).
fn check_weights<T: Field + PartialOrd>(weights: &[T]) -> Result<(), NoiseError> {
    if let Some(index) = weights.iter().position(|p| !non_negative(p)) {
        return Err(NoiseError::Item {
            what: "weight",
            index,
            range: "finite and >= 0",
        });
    }
    let sum = (weights.iter()).fold(T::zero(), |sum, p| sum + p.clone());
    if absolute(&(sum - T::one())) > tolerance() {
        return Err(NoiseError::Range {
            what: "the sum of the weights",
            range: "1",
        });
    }
    Ok(())
}

/// `H u = lambda u` and `<u, u> = 1` for every column.
fn check_eigenvectors<T: Field + PartialOrd>(
    h: &Dense<T>,
    eigenvectors: &Dense<T>,
) -> Result<(), NoiseError> {
    let image = h.times(eigenvectors)?;
    let limit = tolerance::<T>() * absolute(&h.trace());
    for column in 0..eigenvectors.columns() {
        let product = |a: &Dense<T>| {
            (0..h.rows()).fold(T::zero(), |sum, i| {
                sum + eigenvectors.entry(i, column) * a.entry(i, column)
            })
        };
        let lambda = product(&image);
        let unit = absolute(&(product(eigenvectors) - T::one())) <= tolerance();
        let turned =
            |i: usize| image.entry(i, column) - lambda.clone() * eigenvectors.entry(i, column);
        if !(unit && (0..h.rows()).all(|i| absolute(&turned(i)) <= limit)) {
            return Err(NoiseError::Item {
                what: "column",
                index: column,
                range: "an eigenvector of H of norm 1",
            });
        }
    }
    Ok(())
}

/// 2e-10 in f64, 0 for exact numbers.
fn tolerance<T: Field + PartialOrd>() -> T {
    T::from_integer(1 << 20) * roundoff::<T>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let features = Dense::<f64>::zeros(3, 2);
        let two = Dense::identity(2);
        assert!(loss_correlations(&features, &[1.0], &two, &two).is_err());
        let p = [0.5, 0.25, 0.25];
        assert!(loss_correlations(&features, &p, &Dense::identity(3), &two).is_err());
        assert!(loss_correlations(&features, &p, &two, &Dense::identity(3)).is_err());
        assert!(loss_correlations(&features, &p, &two, &two).is_ok());
    }

    #[test]
    fn weights_moments_and_vectors_that_are_none_are_refused() {
        // H = diag(2, 1/2) for four points on the axes.
        let rows = vec![2.0, 0.0, -2.0, 0.0, 0.0, 1.0, 0.0, -1.0];
        let features = Dense::new(4, 2, rows).unwrap();
        let unit = Dense::<f64>::identity(2);
        let text = |weights: [f64; 4], vectors: &Dense<f64>, c: &Dense<f64>| match loss_correlations(
            &features, &weights, vectors, c,
        ) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        let even = [0.25; 4];
        assert_eq!(text(even, &unit, &unit), "accepted");
        assert_eq!(text([0.5, 0.5, 0.0, 0.0], &unit, &unit), "accepted");
        assert!(text([0.3; 4], &unit, &unit).contains("sum of the weights must be 1"));
        assert!(text([0.75, 0.5, -0.25, 0.0], &unit, &unit).contains("weight 2 must be"));
        assert!(text([0.25, 0.25, f64::NAN, 0.25], &unit, &unit).contains("weight 2"));
        let turned = Dense::new(2, 2, vec![0.6, -0.8, 0.8, 0.6]).unwrap();
        assert!(text(even, &turned, &unit).contains("column 0 must be an eigenvector"));
        assert!(text(even, &unit.scaled(&2.0), &unit).contains("column 0"));
        assert!(text(even, &unit, &unit.scaled(&f64::NAN)).contains("C is not a finite"));
        let skew = Dense::new(2, 2, vec![1.0, 0.5, 0.0, 1.0]).unwrap();
        assert!(text(even, &unit, &skew).contains("C differ"));
    }
}
