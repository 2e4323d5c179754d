//! Exact second moments of SGD on a kernel, averaged over all batches (Proposition 6), in f64.
//!
//! In the eigenbasis `K = U diag(lambda) U^T` the products with K become entrywise, and with
//! a_k = alpha lambda_k, c = diag(U C U^T) the step (55)-(56) reads
//!
//! ```text
//! N_kl = gamma alpha^2 lambda_k lambda_l (N (U^T diag(c) U)_kl - C_kl)
//! X_kl = beta J_kl - a_l C_kl                                             (E[Delta f u^T], u the drift)
//! V'_kl = a_k a_l C_kl - beta (a_k J_kl + a_l J_lk) + beta^2 V_kl + N_kl
//! J'_kl = X_kl + V'_kl,      C'_kl = C_kl + X_lk + J'_kl
//! ```
//!
//! Per step: one product U C (2 N^3 flop) for c, one half product U^T diag(c) U (N^3), and an
//! entrywise pass. Memory: six N x N matrices. At momentum 0 with J and V not needed, the same
//! work; the two products dominate.
//!
//! Moments are of raw residuals Delta f(x_i): `L = Tr[C]/(2N)`. No approximation but rounding, for
//! every kernel and target: residuals outside the range of K neither move nor vanish, and their
//! additive noise is in the moments too (the map (55) needs no reachable target).

use super::kernel_view::{KernelView, KernelViewError};
use crate::moment::{HyperparameterError, noise_amplitude_of_batch};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Side, get_global_parallelism};
use thiserror::Error;

/// Why exact moments cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ExactMomentsError {
    /// The kernel or the residual is unusable.
    #[error(transparent)]
    Kernel(#[from] KernelViewError),
    /// A hyperparameter is out of range.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// The eigensolver did not converge.
    #[error("the eigendecomposition of the {0} x {0} kernel matrix did not converge")]
    Eigendecomposition(usize),
}

/// The exact second moments in the eigenbasis of K.
#[derive(Debug, Clone)]
pub struct ExactMoments {
    /// lambda_k, ascending as the solver gives them.
    eigenvalues: Vec<f64>,
    /// U: columns are eigenvectors.
    basis: Mat<f64>,
    positions: Mat<f64>,
    mixed: Mat<f64>,
    velocities: Mat<f64>,
    product: Mat<f64>,
    noise: Mat<f64>,
    noise_amplitude: f64,
    steps: u64,
}

impl ExactMoments {
    /// Starts from the fixed raw residual `Delta f_0(x_i)` with velocity 0, for batches of
    /// `batch_size` drawn without replacement.
    ///
    /// # Errors
    /// A residual that does not fit the kernel, `batch_size` outside 1..=N, or an eigensolver that
    /// fails.
    pub fn new(
        kernel: KernelView<'_>,
        residual: &[f64],
        batch_size: u64,
    ) -> Result<Self, ExactMomentsError> {
        let noise_amplitude =
            noise_amplitude_of_batch(batch_size, Some(kernel.dataset_size() as u64))?;
        Self::with_noise_amplitude(kernel, residual, noise_amplitude)
    }

    /// The same for batches drawn with replacement: gamma = 1/b.
    ///
    /// # Errors
    /// As [`ExactMoments::new`], with `batch_size` at least 1.
    pub fn with_replacement(
        kernel: KernelView<'_>,
        residual: &[f64],
        batch_size: u64,
    ) -> Result<Self, ExactMomentsError> {
        let noise_amplitude = noise_amplitude_of_batch(batch_size, None)?;
        Self::with_noise_amplitude(kernel, residual, noise_amplitude)
    }

    fn with_noise_amplitude(
        kernel: KernelView<'_>,
        residual: &[f64],
        noise_amplitude: f64,
    ) -> Result<Self, ExactMomentsError> {
        kernel.check_residual(residual)?;
        let n = kernel.dataset_size();
        let matrix = Mat::from_fn(n, n, |i, j| kernel.row(i)[j]);
        let decomposition = matrix
            .self_adjoint_eigen(Side::Lower)
            .map_err(|_| ExactMomentsError::Eigendecomposition(n))?;
        let basis = decomposition.U().to_owned();
        let eigenvalues = decomposition
            .S()
            .column_vector()
            .iter()
            .copied()
            .collect::<Vec<f64>>();
        // r = U^T Delta f, C_0 = r r^T.
        let r: Vec<f64> = (0..n)
            .map(|k| {
                (basis.col(k).iter().zip(residual))
                    .map(|(u, f)| u * f)
                    .sum()
            })
            .collect();
        let zero = Mat::<f64>::zeros(n, n);
        Ok(Self {
            eigenvalues,
            basis,
            positions: Mat::from_fn(n, n, |k, l| r[k] * r[l]),
            mixed: zero.clone(),
            velocities: zero.clone(),
            product: zero.clone(),
            noise: zero,
            noise_amplitude,
            steps: 0,
        })
    }

    /// N.
    pub fn dataset_size(&self) -> usize {
        self.eigenvalues.len()
    }

    /// gamma of the batches.
    pub const fn noise_amplitude(&self) -> f64 {
        self.noise_amplitude
    }

    /// Steps made so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The eigenvalues of K, ascending: the order of [`ExactMoments::mode_signal`].
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// `lambda_k C_kk` of each mode at the present step: its sum is 2 L.
    pub fn mode_signal(&self) -> Vec<f64> {
        let n = self.dataset_size();
        (0..n).map(|k| self.positions[(k, k)] / n as f64).collect()
    }

    /// L_t, averaged over all batches.
    pub fn loss(&self) -> f64 {
        let n = self.dataset_size();
        let trace: f64 = (0..n).map(|k| self.positions[(k, k)]).sum();
        trace / (2.0 * n as f64)
    }

    /// `E[Delta f(x_i)^2]` of each data point at the present step.
    pub fn point_moments(&mut self) -> Vec<f64> {
        let n = self.dataset_size();
        matmul(
            self.product.as_mut(),
            Accum::Replace,
            self.basis.as_ref(),
            self.positions.as_ref(),
            1.0,
            get_global_parallelism(),
        );
        let mut moments = vec![0.0; n];
        for k in 0..n {
            let product = self.product.col(k).iter();
            for ((c, x), u) in moments
                .iter_mut()
                .zip(product)
                .zip(self.basis.col(k).iter())
            {
                *c += x * u;
            }
        }
        moments
    }

    /// One step with these learning rate and momentum; returns the new loss.
    ///
    /// # Errors
    /// A learning rate that is not positive and finite, or a momentum outside (-1, 1).
    pub fn step(&mut self, learning_rate: f64, momentum: f64) -> Result<f64, ExactMomentsError> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(HyperparameterError::LearningRate(learning_rate).into());
        }
        if !(momentum > -1.0 && momentum < 1.0) {
            return Err(HyperparameterError::Momentum(momentum).into());
        }
        let n = self.dataset_size();
        if self.noise_amplitude > 0.0 {
            self.update_noise();
        }
        let gamma = self.noise_amplitude;
        let rates: Vec<f64> = self.eigenvalues.iter().map(|l| learning_rate * l).collect();
        let b = momentum;
        for l in 0..n {
            for k in l..n {
                let (c, v) = (self.positions[(k, l)], self.velocities[(k, l)]);
                let (j_kl, j_lk) = (self.mixed[(k, l)], self.mixed[(l, k)]);
                let (a_k, a_l) = (rates[k], rates[l]);
                let pair = a_k * a_l;
                let noise = gamma * pair * (n as f64 * self.noise[(k, l)] - c);
                let v_new = pair * c - b * (a_k * j_kl + a_l * j_lk) + b * b * v + noise;
                let x_kl = b * j_kl - a_l * c;
                let x_lk = b * j_lk - a_k * c;
                let c_new = c + x_kl + x_lk + v_new;
                self.velocities[(k, l)] = v_new;
                self.velocities[(l, k)] = v_new;
                self.mixed[(k, l)] = x_kl + v_new;
                self.mixed[(l, k)] = x_lk + v_new;
                self.positions[(k, l)] = c_new;
                self.positions[(l, k)] = c_new;
            }
        }
        self.steps += 1;
        Ok(self.loss())
    }

    /// `steps` steps at constant parameters; returns the present loss and that after each step.
    ///
    /// # Errors
    /// As [`ExactMoments::step`].
    pub fn run(
        &mut self,
        learning_rate: f64,
        momentum: f64,
        steps: usize,
    ) -> Result<Vec<f64>, ExactMomentsError> {
        let mut losses = Vec::with_capacity(steps.saturating_add(1));
        losses.push(self.loss());
        for _ in 0..steps {
            losses.push(self.step(learning_rate, momentum)?);
        }
        Ok(losses)
    }

    /// The eigenvalues, C and the lower half of `D = U^T diag(diag(U C U^T)) U`: with these
    /// `Sigma_out,kl = lambda_k lambda_l (N D_kl - C_kl)`.
    pub(super) fn noise_in_eigenbasis(&mut self) -> (&[f64], MatRef<'_, f64>, MatRef<'_, f64>) {
        self.update_noise();
        (
            &self.eigenvalues,
            self.positions.as_ref(),
            self.noise.as_ref(),
        )
    }

    /// The lower half of `U^T diag(c) U` into `self.noise`.
    fn update_noise(&mut self) {
        let n = self.dataset_size();
        let c = self.point_moments();
        for k in 0..n {
            let weighted = self.product.col_mut(k).iter_mut();
            for ((x, u), c) in weighted.zip(self.basis.col(k).iter()).zip(&c) {
                *x = c * u;
            }
        }
        triangular::matmul(
            self.noise.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Replace,
            self.basis.transpose(),
            BlockStructure::Rectangular,
            self.product.as_ref(),
            BlockStructure::Rectangular,
            1.0,
            get_global_parallelism(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_is_gradient_descent_by_hand() {
        let k = [0.5];
        let view = KernelView::new(1, &k).unwrap();
        let mut exact = ExactMoments::new(view, &[2.0], 1).unwrap();
        // f: 2, 1, then v = -0.5 + 0.5 (-1) = -1, f = 0. L = f^2/2.
        assert_eq!(exact.run(1.0, 0.5, 2).unwrap(), [2.0, 0.5, 0.0]);
    }

    #[test]
    fn batches_and_parameters_out_of_range_are_refused() {
        let k = [1.0, 0.0, 0.0, 1.0];
        let view = KernelView::new(2, &k).unwrap();
        let text = |b| {
            ExactMoments::new(view, &[1.0, 1.0], b)
                .unwrap_err()
                .to_string()
        };
        assert!(text(3).contains("batch size must lie in 1..=dataset size (2), got 3"));
        assert!(text(0).contains("batch size"));
        assert!(ExactMoments::new(view, &[1.0], 1).is_err());
        let mut exact = ExactMoments::new(view, &[1.0, 1.0], 1).unwrap();
        assert!(exact.step(0.1, 1.0).is_err());
        assert!(exact.step(f64::NAN, 0.0).is_err());
        assert_eq!(exact.steps(), 0);
    }
}
