//! Exact second moments of SGD, averaged over all batches, in f64: Proposition 6 in output space, and
//! Proposition 1 in parameter space.
//!
//! Both are stepped in the eigenbasis of K (of H), see `pair_moments`: 2 N^3 flop a step in output
//! space, 2 N d^2 in parameter space. No approximation but rounding, for every kernel and target.
//!
//! | space | state | loss | residuals outside the range of K |
//! |---|---|---|---|
//! | output (55)-(56) | raw residuals Delta f(x_i) | `Tr[C]/(2N)` | stay, and their additive noise is in the moments |
//! | parameter (4)-(5) | Delta w in R^d | `1/2 Tr[H C]` | there are none: the target is `<w*, psi>` |
//!
//! The two agree where both apply: `C_out,kl = sqrt(lambda_k lambda_l) C_kl` (53).

use super::kernel_view::{KernelView, KernelViewError};
use super::pair_moments::PairMoments;
use crate::moment::{HyperparameterError, noise_amplitude_of_batch};
use faer::{Mat, MatRef, Side};
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
    #[error("the eigendecomposition of the {0} x {0} matrix did not converge")]
    Eigendecomposition(usize),
    /// Features are not an N x d table of finite numbers.
    #[error(
        "features of a {dimension}-dimensional model are N rows of {dimension} finite numbers, N >= 1; got {got} finite numbers"
    )]
    Features {
        /// d, the length of Delta w.
        dimension: usize,
        /// Finite numbers found.
        got: usize,
    },
    /// A step that is over.
    #[error("the noise at step {step} is asked for, but the moments are at step {now} already")]
    Past {
        /// The step asked for.
        step: u64,
        /// The present step.
        now: u64,
    },
    /// A saved state of another problem.
    #[error("a saved state of this problem has {expected} numbers, got {got}")]
    State {
        /// What would be right.
        expected: usize,
        /// What was given.
        got: usize,
    },
}

/// Outputs or parameters: the space of moments and of noises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// Outputs f(x_i): Sigma of (56); in E a pair of modes has the weight `(lambda_k lambda_l)^2`.
    Output,
    /// Parameters w: Sigma of (5); `lambda_k lambda_l`.
    Parameter,
}

impl Space {
    /// Its word: `output` or `parameter`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Parameter => "parameter",
        }
    }
}

/// The exact second moments in the eigenbasis of K (output space) or H (parameter space).
#[derive(Debug, Clone)]
pub struct ExactMoments {
    space: Space,
    moments: PairMoments,
    dataset_size: usize,
    /// What C_kk contributes to 2 L.
    loss_weights: Vec<f64>,
    noise_amplitude: f64,
    steps: u64,
}

/// `(lambda, U)` of a symmetric matrix, ascending; U column-major.
fn eigenbasis(matrix: &Mat<f64>) -> Result<(Vec<f64>, Vec<f64>), ExactMomentsError> {
    let n = matrix.nrows();
    let solved = matrix
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| ExactMomentsError::Eigendecomposition(n))?;
    let eigenvalues = solved.S().column_vector().iter().copied().collect();
    let mut basis = Vec::with_capacity(n * n);
    for k in 0..n {
        basis.extend(solved.U().col(k).iter());
    }
    Ok((eigenvalues, basis))
}

/// `U^T x` for column-major U.
fn project(basis: &[f64], x: &[f64]) -> Vec<f64> {
    basis
        .chunks_exact(x.len())
        .map(|u| u.iter().zip(x).map(|(u, x)| u * x).sum())
        .collect()
}

impl ExactMoments {
    /// Output space: starts from the fixed raw residual `Delta f_0(x_i)` with velocity 0, for batches
    /// of `batch_size` drawn without replacement.
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
        let (eigenvalues, basis) = eigenbasis(&matrix)?;
        let start = project(&basis, residual);
        let root = (n as f64).sqrt();
        let noise_weights = eigenvalues.iter().map(|l| root * l).collect();
        Ok(Self {
            space: Space::Output,
            loss_weights: vec![1.0 / n as f64; n],
            moments: PairMoments::at_rest(eigenvalues, basis, noise_weights, &start),
            dataset_size: n,
            noise_amplitude,
            steps: 0,
        })
    }

    /// Parameter space: features psi(x_i) as N rows of d numbers (row-major), the fixed deviation
    /// `Delta w_0 = w_0 - w*` of d numbers, velocity 0, batches without replacement. N may be above or
    /// below d; deviations outside the span of the features do not move and cost nothing.
    ///
    /// # Errors
    /// Features that are no N x d table of finite numbers, a deviation that is not finite, `batch_size`
    /// outside 1..=N, or an eigensolver that fails.
    pub fn in_parameter_space(
        features: &[f64],
        deviation: &[f64],
        batch_size: u64,
    ) -> Result<Self, ExactMomentsError> {
        let d = deviation.len();
        let finite = features.iter().filter(|x| x.is_finite()).count();
        let n = finite.checked_div(d).unwrap_or(0);
        if n == 0 || n * d != features.len() {
            return Err(ExactMomentsError::Features {
                dimension: d,
                got: finite,
            });
        }
        if let Some(index) = deviation.iter().position(|x| !x.is_finite()) {
            return Err(KernelViewError::ResidualNotFinite {
                index,
                value: deviation[index],
            }
            .into());
        }
        let noise_amplitude = noise_amplitude_of_batch(batch_size, Some(n as u64))?;
        let psi = MatRef::from_row_major_slice(features, n, d);
        let hessian = psi.transpose() * psi * faer::Scale(1.0 / n as f64);
        let (eigenvalues, vectors) = eigenbasis(&hessian)?;
        let rotated = psi * MatRef::from_column_major_slice(&vectors, d, d);
        let mut basis = Vec::with_capacity(n * d);
        for k in 0..d {
            basis.extend(rotated.col(k).iter());
        }
        let start = project(&vectors, deviation);
        let noise_weights = vec![1.0 / (n as f64).sqrt(); d];
        Ok(Self {
            space: Space::Parameter,
            loss_weights: eigenvalues.clone(),
            moments: PairMoments::at_rest(eigenvalues, basis, noise_weights, &start),
            dataset_size: n,
            noise_amplitude,
            steps: 0,
        })
    }

    /// N.
    pub const fn dataset_size(&self) -> usize {
        self.dataset_size
    }

    /// gamma of the batches.
    pub const fn noise_amplitude(&self) -> f64 {
        self.noise_amplitude
    }

    /// Steps made so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The eigenvalues of K (of H), ascending: the order of [`ExactMoments::mode_signal`].
    pub fn eigenvalues(&self) -> &[f64] {
        self.moments.eigenvalues()
    }

    /// `lambda_k C_kk` of each mode at the present step: its sum is 2 L.
    pub fn mode_signal(&self) -> Vec<f64> {
        let diagonal = self.moments.diagonal();
        diagonal
            .zip(&self.loss_weights)
            .map(|(c, w)| c * w)
            .collect()
    }

    /// L_t, averaged over all batches; infinite once it left the range of f64.
    pub fn loss(&self) -> f64 {
        let loss = 0.5 * self.mode_signal().iter().sum::<f64>();
        if loss.is_finite() {
            loss
        } else {
            f64::INFINITY
        }
    }

    /// `E[Delta f(x_i)^2]` of each data point at the present step.
    pub fn point_moments(&mut self) -> Vec<f64> {
        self.moments.point_moments()
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
        self.moments
            .step(learning_rate, momentum, self.noise_amplitude);
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

    /// Numbers in [`ExactMoments::state`]: four matrices.
    pub fn state_len(&self) -> usize {
        self.moments.state_len()
    }

    /// The moments C, J and V, for [`ExactMoments::restore`].
    pub fn state(&self) -> Vec<f64> {
        self.moments.state()
    }

    /// Goes on from a saved state of the same problem after `steps` steps.
    ///
    /// # Errors
    /// [`ExactMomentsError::State`]: a state of another size; nothing is changed then.
    pub fn restore(&mut self, steps: u64, state: &[f64]) -> Result<(), ExactMomentsError> {
        if !self.moments.restore(state) {
            return Err(ExactMomentsError::State {
                expected: self.moments.state_len(),
                got: state.len(),
            });
        }
        self.steps = steps;
        Ok(())
    }

    /// The space of the state: output for a kernel, parameter for features.
    pub(super) const fn space(&self) -> Space {
        self.space
    }

    /// The eigenvalues, the lower half of C and the lower half of `D = B^T diag(diag(B C B^T)) B`: with
    /// these and the weights f_k, `Sigma_kl = f_k f_l D_kl - lambda_k lambda_l C_kl` in the space of the
    /// state (see `pair_moments`).
    pub(super) fn noise_in_eigenbasis(&mut self) -> (&[f64], MatRef<'_, f64>, MatRef<'_, f64>) {
        self.moments.noise_matrices()
    }

    /// The moments themselves, in the units of the space.
    pub(super) const fn pairs(&self) -> &PairMoments {
        &self.moments
    }

    /// What C_kk contributes to 2 L.
    pub(super) fn loss_weights(&self) -> &[f64] {
        &self.loss_weights
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
