//! Pointwise losses and the components of the noise (Appendix D.2).
//!
//! With `L(x) = 1/2 <psi(x), C psi(x)>`, `psi_k(x) = <u_k, psi(x)>` and eigenvectors u_k of H,
//!
//! ```text
//! Sigma_kk = 2 E_x[L(x) psi_k(x)^2] - lambda_k^2 C_kk                                       (71)
//!          = lambda_k Tr[HC] - lambda_k^2 C_kk + 2 Cov_x(L, psi_k^2)        (always)
//! ```
//!
//! with `E_x psi_k^2 = lambda_k` and `2 E_x L = Tr[HC]` (72). When the loss of a point does not
//! correlate with psi_k^2 for any k, this is the SE noise with tau_1 = tau_2 = 1 (73). The covariance
//! says how far a given model is from it, mode by mode.

use super::dense::{Dense, ShapeError, same};
use super::spectral_measure::diagonal_in;
use crate::number::Ring;

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
/// The columns must be eigenvectors of H of norm 1: for others `lambda_k^2 C_kk` is not
/// `<u_k, H C H u_k>`.
///
/// # Errors
/// Shapes that do not fit.
pub fn loss_correlations<T: Ring>(
    features: &Dense<T>,
    weights: &[T],
    eigenvectors: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Vec<LossCorrelation<T>>, ShapeError> {
    same("weights, one a point", features.rows(), weights.len())?;
    moments.square_of("C against the feature dimension", features.columns())?;
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
}
