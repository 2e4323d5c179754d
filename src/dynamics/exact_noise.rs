//! The exact noise of mini-batch SGD along its exact trajectory: Sigma_t of the averaged moments C_t.
//!
//! | space | moments | noise | units |
//! |---|---|---|---|
//! | output | C of `Delta f(x_i)/sqrt N` | `Sigma = N K diag(diag C) K - K C K` (56) | `L = 1/2 Tr C` |
//! | parameter | C of `Delta w` | `Sigma = 1/N sum_i <psi_i, C psi_i> psi_i psi_i^T - H C H` (5) | `L = 1/2 Tr[H C]` |
//!
//! Both are expressed in the eigenbasis of K and H, where they are images of each other:
//! `C_out,kl = sqrt(lambda_k lambda_l) C_kl`, and so for Sigma (52), (64). A state in either space gives
//! the noise in both. The covariance of a batch's gradient is `gamma Sigma`.

use super::exact::{ExactMoments, ExactMomentsError, Space};
use super::kernel_view::KernelView;
use crate::noise::{Dense, NoiseError, SpectralMeasure, TraceDistance};

/// C and Sigma at one step, in the eigenbasis of K (and H); see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct ExactNoise {
    /// t.
    pub step: u64,
    /// L_t, averaged over all batches.
    pub loss: f64,
    /// lambda_k >= 0, descending.
    pub eigenvalues: Vec<f64>,
    /// C_kl, symmetric.
    pub moments: Dense<f64>,
    /// Sigma_kl, symmetric.
    pub covariance: Dense<f64>,
}

impl ExactNoise {
    /// Sigma_kk. In a degenerate eigenspace they depend on the basis there; their sum does not.
    pub fn components(&self) -> Vec<f64> {
        let n = self.eigenvalues.len();
        (0..n).map(|k| self.covariance.entry(k, k)).collect()
    }

    /// `rho_Sigma`: the sums over eigenspaces.
    ///
    /// # Errors
    /// Components that left the range of f64.
    pub fn measure(&self) -> Result<SpectralMeasure<f64>, NoiseError> {
        SpectralMeasure::grouped(&self.eigenvalues, &self.components())
    }
}

/// What `fit_tau` reports of one state: E and the diagonals.
pub(super) struct NoiseSummary {
    pub(super) distance: TraceDistance<f64>,
    /// Tr[HC], or Tr C_out.
    pub(super) trace: f64,
    /// C_kk and Sigma_kk, eigenvalues descending.
    pub(super) diagonals: [Vec<f64>; 2],
}

impl ExactMoments {
    /// Output space for an explicit model: its Jacobian Psi (d x N, columns `N^(-1/2) psi(x_i)`, (36))
    /// and raw residuals at the N points; `K = Psi^T Psi` (38). Any d.
    ///
    /// # Errors
    /// As [`ExactMoments::new`].
    pub fn of_jacobian(
        jacobian: &Dense<f64>,
        residual: &[f64],
        batch_size: u64,
    ) -> Result<Self, ExactMomentsError> {
        let entries = kernel_of_jacobian(jacobian);
        Self::new(
            KernelView::new(jacobian.columns(), &entries)?,
            residual,
            batch_size,
        )
    }

    /// Calls `f(k, l, C_kl, Sigma_kl)` in `space` for all k >= l, eigenvalues ascending.
    fn visit(&mut self, space: Space, mut f: impl FnMut(usize, usize, f64, f64)) {
        let weights = self.pairs().noise_weights().to_vec();
        let n = self.dataset_size() as f64;
        let native = self.space();
        let (eigenvalues, positions, noise) = self.noise_in_eigenbasis();
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let floor = eigenvalues.len() as f64 * f64::EPSILON * largest;
        // Units, and (53): what C_kl and Sigma_kl are multiplied with is scale_k scale_l. Parameters
        // live in the range of H only: residuals in the null space of K have no counterpart.
        let scale: Vec<f64> = (eigenvalues.iter())
            .map(|&lambda| match (native, space) {
                (Space::Output, Space::Output) => (1.0 / n).sqrt(),
                (Space::Output, Space::Parameter) if lambda > floor => (1.0 / (n * lambda)).sqrt(),
                (Space::Output, Space::Parameter) => 0.0,
                (Space::Parameter, Space::Parameter) => 1.0,
                (Space::Parameter, Space::Output) => lambda.max(0.0).sqrt(),
            })
            .collect();
        for l in 0..eigenvalues.len() {
            for k in l..eigenvalues.len() {
                let c = positions[(k, l)];
                let sigma =
                    weights[k] * weights[l] * noise[(k, l)] - eigenvalues[k] * eigenvalues[l] * c;
                let unit = scale[k] * scale[l];
                f(k, l, unit * c, unit * sigma);
            }
        }
    }

    /// C and Sigma of the present state in the eigenbasis, in either space.
    pub fn exact_noise(&mut self, space: Space) -> ExactNoise {
        let m = self.eigenvalues().len();
        let mut matrices = [vec![0.0; m * m], vec![0.0; m * m]];
        self.visit(space, |k, l, c, sigma| {
            // Descending eigenvalues.
            let (i, j) = (m - 1 - k, m - 1 - l);
            for (matrix, value) in matrices.iter_mut().zip([c, sigma]) {
                matrix[i * m + j] = value;
                matrix[j * m + i] = value;
            }
        });
        let [moments, covariance] =
            matrices.map(|entries| Dense::from_fn(m, m, |i, j| entries[i * m + j]));
        ExactNoise {
            step: self.steps(),
            loss: self.loss(),
            eigenvalues: self.descending_eigenvalues(),
            moments,
            covariance,
        }
    }

    /// lambda_k >= 0, descending: rounding below 0 is cut off.
    pub(super) fn descending_eigenvalues(&self) -> Vec<f64> {
        (self.eigenvalues().iter().rev())
            .map(|lambda| lambda.max(0.0))
            .collect()
    }

    pub(super) fn noise_summary(&mut self, space: Space) -> NoiseSummary {
        let eigenvalues: Vec<f64> = self.eigenvalues().iter().map(|l| l.max(0.0)).collect();
        let m = eigenvalues.len();
        let mut diagonals = [vec![0.0; m], vec![0.0; m]];
        // X_1 = trace w_k d_kl and X_2 = lambda_k lambda_l C_kl.
        let (mut noise_square, mut ones, mut crosses) = (0.0, [0.0; 2], [0.0; 3]);
        let mut trace = 0.0;
        self.visit(space, |k, l, c, sigma| {
            let count = if k == l { 1.0 } else { 2.0 };
            let x_2 = eigenvalues[k] * eigenvalues[l] * c;
            noise_square += count * sigma * sigma;
            crosses[1] += count * sigma * x_2;
            crosses[2] += count * x_2 * x_2;
            if k == l {
                let (weight, share) = match space {
                    Space::Output => (eigenvalues[k] * eigenvalues[k], c),
                    Space::Parameter => (eigenvalues[k], eigenvalues[k] * c),
                };
                trace += share;
                ones[0] += weight * sigma;
                ones[1] += weight * x_2;
                crosses[0] += weight * weight;
                diagonals[0][m - 1 - k] = c;
                diagonals[1][m - 1 - k] = sigma;
            }
        });
        NoiseSummary {
            distance: TraceDistance {
                noise_square,
                cross: [trace * ones[0], crosses[1]],
                squares: [trace * trace * crosses[0], trace * ones[1], crosses[2]],
            },
            trace,
            diagonals,
        }
    }
}

/// Goes on from the present state with constant alpha and beta, and returns C and Sigma at the steps
/// `at` (any order; counted from the start of the trajectory). Each holds two m x m matrices.
///
/// # Errors
/// A learning rate that is not positive and finite, a momentum outside (-1, 1), a step that is over.
pub fn exact_noise_along(
    moments: &mut ExactMoments,
    learning_rate: f64,
    momentum: f64,
    at: &[u64],
    space: Space,
) -> Result<Vec<ExactNoise>, ExactMomentsError> {
    let mut wanted = at.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::with_capacity(wanted.len());
    for step in wanted {
        let now = moments.steps();
        if step < now {
            return Err(ExactMomentsError::Past { step, now });
        }
        for _ in now..step {
            moments.step(learning_rate, momentum)?;
        }
        found.push(moments.exact_noise(space));
    }
    Ok(found)
}

/// E of (241) for the present state of the exact moments, in either space.
pub fn trace_distance(moments: &mut ExactMoments, space: Space) -> TraceDistance<f64> {
    moments.noise_summary(space).distance
}

/// `Psi^T Psi`, row-major and exactly symmetric.
pub(super) fn kernel_of_jacobian(jacobian: &Dense<f64>) -> Vec<f64> {
    let n = jacobian.columns();
    let mut entries = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let product = (0..jacobian.rows())
                .map(|a| jacobian.entry(a, i) * jacobian.entry(a, j))
                .sum();
            entries[i * n + j] = product;
            entries[j * n + i] = product;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_points_by_hand() {
        // K = diag(1, 1/2) and raw residuals (2, 1), N = 2: C = rr^T/2 = [[2, 1], [1, 1/2]],
        // Sigma = 2 K diag(2, 1/2) K - K C K = [[2, -1/2], [-1/2, 1/8]].
        let k = [1.0, 0.0, 0.0, 0.5];
        let view = KernelView::new(2, &k).unwrap();
        let mut exact = ExactMoments::new(view, &[2.0, 1.0], 1).unwrap();
        let noise = exact.exact_noise(Space::Output);
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-14, "{a} {b}");
        assert_eq!(noise.eigenvalues, [1.0, 0.5]);
        assert_eq!(noise.components().len(), 2);
        close(noise.covariance.entry(0, 0), 2.0);
        close(noise.covariance.entry(0, 1).abs(), 0.5);
        close(noise.covariance.entry(1, 1), 0.125);
        // In parameter space each is divided by sqrt(lambda_k lambda_l).
        let noise = exact.exact_noise(Space::Parameter);
        close(noise.covariance.entry(1, 1), 0.25);
        close(noise.moments.entry(1, 1), 1.0);
        close(noise.loss, 1.25);
    }

    #[test]
    fn steps_that_are_over_and_bad_rates_are_refused() {
        let k = [1.0, 0.0, 0.0, 0.5];
        let view = KernelView::new(2, &k).unwrap();
        let mut exact = ExactMoments::new(view, &[2.0, 1.0], 1).unwrap();
        let mut run =
            |rate, at: &[u64]| exact_noise_along(&mut exact, rate, 0.0, at, Space::Output);
        assert_eq!(
            run(0.5, &[3, 0, 3]).map(|found| found.iter().map(|n| n.step).collect()),
            Ok(vec![0, 3])
        );
        assert_eq!(
            run(0.5, &[2]),
            Err(ExactMomentsError::Past { step: 2, now: 3 })
        );
        assert!(run(0.0, &[4]).is_err());
        assert!(run(f64::NAN, &[4]).is_err());
        assert_eq!(run(0.5, &[]), Ok(Vec::new()));
    }
}
