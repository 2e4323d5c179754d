//! The spectrum of the noise of an explicit model: Sigma from the Jacobian and C, and its components
//! in the eigenbasis of H, two ways.
//!
//! | symbol | argument | shape |
//! |---|---|---|
//! | Psi | `jacobian`, columns `Psi_i = N^(-1/2) psi(x_i)` (36) | d x N |
//! | `Psi = U Lambda^(1/2) Phi^T` | `phi`: column k is phi_k, an eigenvector of `K = Psi^T Psi` | N x N, orthogonal |
//! | `G = Lambda^(1/2) U^T C U Lambda^(1/2)` | `g`: `G_kk = lambda_k C_kk`, `Tr G = Tr[HC]` | N x N |
//!
//! ```text
//! Sigma    = N sum_i <Psi_i, C Psi_i> Psi_i Psi_i^T - H C H,    H = Psi Psi^T                 (5), (37)
//! Sigma_kk = N lambda_k sum_i Phi_ik^2 (Phi G Phi^T)_ii - lambda_k^2 C_kk                     (68)
//! ```

use super::checks::{finite, non_negative, orthogonal, positive_semi_definite};
use super::dense::{Dense, ShapeError, same};
use super::error::NoiseError;
use super::spectral_measure::{SpectralMeasure, diagonal_in};
use crate::kernel::symmetric_eigen;
use crate::number::Ring;

/// (5) from the Jacobian Psi (d x N) and C (d x d), over any ring.
///
/// # Errors
/// C not d x d.
pub fn covariance_of_jacobian<T: Ring>(
    jacobian: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    moments.square_of("C against the rows of the Jacobian", jacobian.rows())?;
    let h = jacobian.times(&jacobian.transposed())?;
    let c_psi = moments.times(jacobian)?;
    let points = T::from_integer(i64::try_from(jacobian.columns()).unwrap_or(i64::MAX));
    let losses: Vec<T> = (0..jacobian.columns())
        .map(|i| {
            (0..jacobian.rows()).fold(T::zero(), |sum, a| {
                sum + jacobian.entry(a, i) * c_psi.entry(a, i)
            })
        })
        .collect();
    let weighted = Dense::from_fn(jacobian.rows(), jacobian.columns(), |a, i| {
        points.clone() * losses[i].clone() * jacobian.entry(a, i)
    });
    weighted
        .times(&jacobian.transposed())?
        .minus(&h.times(moments)?.times(&h)?)
}

/// (68): all Sigma_kk from the eigenvalues, Phi and G (see the module's head), over any ring.
///
/// # Errors
/// Shapes that are not N and N x N.
pub fn spectral_components<T: Ring>(
    eigenvalues: &[T],
    phi: &Dense<T>,
    g: &Dense<T>,
) -> Result<Vec<T>, ShapeError> {
    let n = eigenvalues.len();
    phi.square_of("Phi against the eigenvalues", n)?;
    g.square_of("G against the eigenvalues", n)?;
    let point_moments = diagonal_in(&phi.transposed(), g)?;
    let size = T::from_integer(i64::try_from(n).unwrap_or(i64::MAX));
    Ok((0..n)
        .map(|k| {
            let overlap = (0..n).fold(T::zero(), |sum, i| {
                sum + phi.entry(i, k).square() * point_moments[i].clone()
            });
            eigenvalues[k].clone() * (size.clone() * overlap - g.entry(k, k))
        })
        .collect())
}

/// (63): Sigma in output space and in the eigenbasis of K, all elements, over any ring; C likewise.
///
/// ```text
/// Sigma_kl = lambda_k lambda_l (sum_mn C_mn E_x[phi_k phi_l phi_m phi_n] - C_kl)
///          = lambda_k lambda_l (N sum_i Phi_ik Phi_il (Phi C Phi^T)_ii - C_kl),    phi_k(x_i) = sqrt N Phi_ik
/// ```
///
/// In parameter space (62) every element is divided by `sqrt(lambda_k lambda_l)`, as are those of C (64).
///
/// # Errors
/// Shapes that are not N and N x N.
pub fn output_noise_in_eigenbasis<T: Ring>(
    eigenvalues: &[T],
    phi: &Dense<T>,
    moments: &Dense<T>,
) -> Result<Dense<T>, ShapeError> {
    let n = eigenvalues.len();
    phi.square_of("Phi against the eigenvalues", n)?;
    moments.square_of("C against the eigenvalues", n)?;
    let point_moments = diagonal_in(&phi.transposed(), moments)?;
    let size = T::from_integer(i64::try_from(n).unwrap_or(i64::MAX));
    let weighted = Dense::from_fn(n, n, |i, k| {
        size.clone() * point_moments[i].clone() * phi.entry(i, k)
    });
    let inner = phi.transposed().times(&weighted)?.minus(moments)?;
    Ok(Dense::from_fn(n, n, |k, l| {
        eigenvalues[k].clone() * eigenvalues[l].clone() * inner.entry(k, l)
    }))
}

/// The exact noise of a model with its spectral components.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSpectrum {
    /// lambda_k of H, descending, d of them.
    pub eigenvalues: Vec<f64>,
    /// C_kk in the same eigenbasis.
    pub moments: Vec<f64>,
    /// Sigma_kk in the same eigenbasis. In a degenerate eigenspace only their sum has a meaning
    /// of its own: see [`NoiseSpectrum::measure`].
    pub components: Vec<f64>,
    /// Sigma, d x d, in the basis of the Jacobian.
    pub covariance: Dense<f64>,
}

impl NoiseSpectrum {
    /// From the Jacobian Psi (d x N) and C (d x d).
    ///
    /// # Errors
    /// C not d x d or no matrix of second moments (finite, symmetric, positive semi-definite); a
    /// Jacobian without entries or with entries that are not finite.
    pub fn of_jacobian(jacobian: &Dense<f64>, moments: &Dense<f64>) -> Result<Self, NoiseError> {
        finite("the Jacobian", jacobian)?;
        positive_semi_definite("C", moments)?;
        let covariance = covariance_of_jacobian(jacobian, moments)?;
        let h = jacobian.times(&jacobian.transposed())?;
        let eigen = symmetric_eigen(h.entries(), h.rows())?;
        let basis = Dense::new(h.rows(), h.rows(), eigen.eigenvectors_row_major)?;
        Ok(Self {
            moments: diagonal_in(&basis, moments)?,
            components: diagonal_in(&basis, &covariance)?,
            eigenvalues: eigen.eigenvalues,
            covariance,
        })
    }

    /// `rho_Sigma`: sums over eigenspaces.
    ///
    /// # Errors
    /// None for a value made by [`NoiseSpectrum::of_jacobian`].
    pub fn measure(&self) -> Result<SpectralMeasure<f64>, NoiseError> {
        SpectralMeasure::grouped(&self.eigenvalues, &self.components)
    }

    /// `rho_C`, to be compared through [`SpectralMeasure::spectrally_expressible`].
    ///
    /// # Errors
    /// As [`NoiseSpectrum::measure`].
    pub fn moment_measure(&self) -> Result<SpectralMeasure<f64>, NoiseError> {
        SpectralMeasure::grouped(&self.eigenvalues, &self.moments)
    }
}

/// The Jacobian `Lambda^(1/2) Phi^T` in the eigenbasis of H (U = 1, d = N): the model with these
/// eigenvalues and this Phi.
///
/// # Errors
/// Phi not N x N for N eigenvalues or not orthogonal (to 2e-10); eigenvalues that are negative or not
/// finite.
pub fn jacobian_of(eigenvalues: &[f64], phi: &Dense<f64>) -> Result<Dense<f64>, NoiseError> {
    check_eigenvalues(eigenvalues)?;
    same("rows of Phi", eigenvalues.len(), phi.rows())?;
    phi.square_of("Phi against the eigenvalues", eigenvalues.len())?;
    orthogonal("Phi", phi)?;
    Ok(Dense::from_fn(phi.rows(), phi.rows(), |k, i| {
        eigenvalues[k].sqrt() * phi.entry(i, k)
    }))
}

/// All finite and >= 0.
pub(super) fn check_eigenvalues(eigenvalues: &[f64]) -> Result<(), NoiseError> {
    match eigenvalues.iter().position(|l| !non_negative(l)) {
        None => Ok(()),
        Some(index) => Err(NoiseError::Item {
            what: "eigenvalue",
            index,
            range: "finite and >= 0",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, entries: &[f64]) -> Dense<f64> {
        Dense::new(rows, columns, entries.to_vec()).unwrap()
    }

    #[test]
    fn golden_value_of_proposition_1_from_its_jacobian() {
        let s = 1.0 / 3.0_f64.sqrt();
        let psi = matrix(2, 3, &[s, 0.0, s, 0.0, 2.0 * s, s]);
        let c = matrix(2, 2, &[2.0, 1.0, 1.0, 3.0]);
        let noise = NoiseSpectrum::of_jacobian(&psi, &c).unwrap();
        // Sigma = [[4/3, -1], [-1, 26/3]] (Proposition 1), trace 10.
        let expected = [4.0 / 3.0, -1.0, -1.0, 26.0 / 3.0];
        for (found, expected) in noise.covariance.entries().iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14);
        }
        assert!((noise.components.iter().sum::<f64>() - 10.0).abs() < 1e-13);
        assert!(NoiseSpectrum::of_jacobian(&psi, &matrix(1, 1, &[1.0])).is_err());
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let psi = matrix(2, 2, &[1.0, 0.5, 0.0, 1.0]);
        let of = |c: &[f64]| NoiseSpectrum::of_jacobian(&psi, &matrix(2, 2, c));
        assert!(of(&[1.0, 0.5, 0.5, 1.0]).is_ok());
        for (c, word) in [
            ([1.0, f64::NAN, f64::NAN, 1.0], "C is not a finite number"),
            ([1.0, 0.5, 0.4, 1.0], "C differ beyond rounding"),
            ([1.0, 2.0, 2.0, 1.0], "C is not positive semi-definite"),
        ] {
            let text = of(&c).unwrap_err().to_string();
            assert!(text.contains(word), "{text}");
        }
        let unit = Dense::identity(2);
        for bad in [f64::NAN, f64::INFINITY] {
            let psi = matrix(2, 2, &[1.0, bad, 0.0, 1.0]);
            let text = NoiseSpectrum::of_jacobian(&psi, &unit).unwrap_err();
            assert!(
                text.to_string().contains("(0, 1) of the Jacobian"),
                "{text}"
            );
            assert!(jacobian_of(&[1.0, bad], &unit).is_err());
        }
        assert!(jacobian_of(&[1.0, 0.0], &unit).is_ok());
        assert!(jacobian_of(&[1.0, -1e-3], &unit).is_err());
        assert!(jacobian_of(&[1.0, 0.5], &unit.scaled(&1.1)).is_err());
        assert!(NoiseSpectrum::of_jacobian(&matrix(0, 0, &[]), &matrix(0, 0, &[])).is_err());
    }

    #[test]
    fn components_of_another_phi_are_other_components() {
        let lambda = [2.0, 1.0];
        let g = matrix(2, 2, &[1.0, 0.3, 0.3, 2.0]);
        let straight = spectral_components(&lambda, &Dense::identity(2), &g).unwrap();
        // Phi = 1: (N - 1) lambda_k G_kk (70).
        assert_eq!(straight, [2.0, 2.0]);
        let (c, s) = (0.6, 0.8);
        let turned = spectral_components(&lambda, &matrix(2, 2, &[c, -s, s, c]), &g).unwrap();
        assert!((turned[0] - straight[0]).abs() > 0.1);
        assert!(spectral_components(&lambda, &Dense::identity(3), &g).is_err());
    }
}
