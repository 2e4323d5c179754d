//! Choosing tau from data: the exact second moments of SGD on a kernel, step by step, beside the SE
//! noise and the SE loss.
//!
//! | quantity | how | equation |
//! |---|---|---|
//! | E(tau_1, tau_2) at a step | exact Sigma of the exact C_t against the SE form, in output or parameter space | (240), (241) |
//! | best (tau_1, tau_2), best tau_2 at tau_1 = 1 | minimiser of the quadratic E | Appendix F.4 |
//! | best tau for the loss | smallest root mean square of `ln(L_SE(t)/L_exact(t))` over t = 1..T, tau_1 = 1 | - |
//!
//! The exact Sigma itself, with all its elements, is [`super::exact_noise_along`]; here only its
//! components Sigma_kk are kept, beside those of C.

use super::exact::{ExactMoments, ExactMomentsError, Space};
use super::exact_noise::{NoiseSummary, kernel_of_jacobian};
use super::kernel_view::KernelView;
use super::se::{SeError, SeRecursion};
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::noise::{Dense, DistanceError, TraceDistance};
use crate::spectrum::{Spectrum, SpectrumError};
use thiserror::Error;

/// Points of the first, coarse search for tau.
const GRID: u32 = 41;
/// Steps of the golden-section search around the best of them.
const REFINEMENTS: usize = 60;

/// Why tau cannot be chosen.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TauFitError {
    /// The exact moments.
    #[error(transparent)]
    Exact(#[from] ExactMomentsError),
    /// A hyperparameter.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// The eigenvalues of the kernel.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// The SE recursion.
    #[error(transparent)]
    Se(#[from] SeError),
    /// E has no value at any of the steps asked for.
    #[error("step {step}: {error}")]
    Distance {
        /// The first of them.
        step: u64,
        /// Why.
        error: DistanceError,
    },
    /// No steps to compare.
    #[error("the horizon must be at least 1 step, got 0")]
    Horizon,
    /// A step to look at beyond the horizon.
    #[error("step {step} lies beyond the horizon of {steps} steps")]
    Beyond {
        /// The step asked for.
        step: u64,
        /// T.
        steps: u64,
    },
    /// Batches without noise.
    #[error(
        "the batch is the whole dataset: without noise the loss does not depend on tau; use a smaller batch size"
    )]
    FullBatch,
    /// The loss left the range where logarithms make sense.
    #[error(
        "the exact loss at step {step} is {loss}: its logarithm is needed, so use fewer steps or a smaller learning rate"
    )]
    Loss {
        /// The first such step.
        step: u64,
        /// The loss there.
        loss: f64,
    },
}

/// What to run.
#[derive(Debug, Clone, PartialEq)]
pub struct TauFitConfig {
    /// alpha > 0.
    pub learning_rate: f64,
    /// beta in (-1, 1).
    pub momentum: f64,
    /// b in 1..N.
    pub batch_size: u64,
    /// T >= 1, the horizon of the loss.
    pub steps: u64,
    /// The steps at which E is taken, each at most T.
    pub at: Vec<u64>,
    /// The space of E.
    pub space: Space,
}

/// E at one step of the exact trajectory.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseQuality {
    /// t.
    pub step: u64,
    /// L_t, averaged over all batches.
    pub loss: f64,
    /// E as a quadratic function of (tau_1, tau_2).
    pub distance: TraceDistance<f64>,
    /// The (tau_1, tau_2) of smallest E; `None` where X_1 and X_2 are proportional to rounding
    /// ([`DistanceError::Proportional`]), so that only one combination of them is determined.
    pub best: Option<[f64; 2]>,
    /// The tau_2 of smallest E at tau_1 = 1; not limited to tau_2 <= 1.
    pub best_tau_at_tau_1_one: f64,
    /// `Tr[HC]`, in output space Tr C: 2 L (in parameter space without the null space).
    pub trace: f64,
    /// C_kk in the space and units of [`super::ExactNoise`], in the order of [`TauFit::eigenvalues`].
    pub moments: Vec<f64>,
    /// The exact Sigma_kk, likewise. In a degenerate eigenspace only their sum is a property of the
    /// model.
    pub components: Vec<f64>,
}

impl NoiseQuality {
    /// The SE form of the components, (109) or, in output space, (65):
    /// `tau_1 Tr[HC] lambda_k - tau_2 lambda_k^2 C_kk`, `lambda_k^2 (tau_1 Tr C - tau_2 C_kk)`.
    pub fn spectrally_expressible(
        &self,
        eigenvalues: &[f64],
        tau_1: f64,
        tau_2: f64,
        space: Space,
    ) -> Vec<f64> {
        (eigenvalues.iter().zip(&self.moments))
            .map(|(&lambda, c)| {
                let weight = match space {
                    Space::Output => lambda * lambda,
                    Space::Parameter => lambda,
                };
                tau_1 * self.trace * weight - tau_2 * lambda * lambda * c
            })
            .collect()
    }
}

/// The tau whose SE loss is nearest to the exact one.
#[derive(Debug, Clone, PartialEq)]
pub struct LossFit {
    /// tau in `range`, with tau_1 = 1.
    pub tau: f64,
    /// The root mean square of `ln(L_SE/L_exact)` at it.
    pub error: f64,
    /// The same at tau = 1, 0, -1.
    pub error_at_named: [f64; 3],
    /// Where tau was searched.
    pub range: [f64; 2],
    /// Whether tau is an end of `range`: then the data would have liked to go further, or tau hardly
    /// matters.
    pub at_end: bool,
}

/// What the exact trajectory says of tau.
#[derive(Debug, Clone, PartialEq)]
pub struct TauFit {
    /// gamma of the batches.
    pub noise_amplitude: f64,
    /// The part of the loss that lies in the null space of K: no step changes it, but with batches its
    /// residuals make additive noise that is in the exact moments and not in the SE recursion. 0 for a
    /// reachable target.
    pub null_space_loss: f64,
    /// lambda_k >= 0, descending.
    pub eigenvalues: Vec<f64>,
    /// L_0 .. L_T, averaged over all batches.
    pub losses: Vec<f64>,
    /// E at the steps asked for, without those left out.
    pub quality: Vec<NoiseQuality>,
    /// The steps asked for at which E has no value, with the reason.
    pub left_out: Vec<(u64, DistanceError)>,
    /// The tau of the loss.
    pub loss_fit: LossFit,
}

/// Runs the exact moments of SGD from the raw `residual` (zero velocity) on `kernel` (K = Gram/N, (38);
/// for a Jacobian Psi, `K = Psi^T Psi`) and compares.
///
/// A step at which E has no value is left out and named; if that is every step asked for, the first is the error.
///
/// # Errors
/// See [`TauFitError`].
///
/// # What this does not mean
/// The best tau is best for this trajectory: another learning rate, batch size, target or horizon has
/// another one. A small E does not bound the error of the loss, nor the other way round: E weighs all
/// elements of Sigma, the loss sees sums of its diagonal over time.
pub fn fit_tau(
    kernel: KernelView<'_>,
    residual: &[f64],
    config: &TauFitConfig,
) -> Result<TauFit, TauFitError> {
    if config.steps == 0 {
        return Err(TauFitError::Horizon);
    }
    if let Some(&step) = config.at.iter().find(|t| **t > config.steps) {
        return Err(TauFitError::Beyond {
            step,
            steps: config.steps,
        });
    }
    let mut exact = ExactMoments::new(kernel, residual, config.batch_size)?;
    let gamma = exact.noise_amplitude();
    if gamma == 0.0 {
        return Err(TauFitError::FullBatch);
    }
    let hyperparameters = Hyperparameters::new(config.learning_rate, config.momentum, gamma, 1.0)?;
    let spectrum = Spectrum::new(exact.eigenvalues().to_vec(), Some(exact.mode_signal()))?;
    let mut losses = Vec::new();
    let (mut quality, mut left_out) = (Vec::new(), Vec::new());
    for step in 0..=config.steps {
        let loss = if step == 0 {
            exact.loss()
        } else {
            exact.step(config.learning_rate, config.momentum)?
        };
        check_loss(step, loss)?;
        losses.push(loss);
        if config.at.contains(&step) {
            match noise_quality(&mut exact, config.space) {
                Ok(found) => quality.push(found),
                Err(error) => left_out.push((step, error)),
            }
        }
    }
    if let (true, Some(&(step, error))) = (quality.is_empty(), left_out.first()) {
        return Err(TauFitError::Distance { step, error });
    }
    Ok(TauFit {
        noise_amplitude: gamma,
        null_space_loss: spectrum.null_space_loss(),
        eigenvalues: exact.descending_eigenvalues(),
        loss_fit: fit_tau_to_losses(&spectrum, &hyperparameters, exact.dataset_size(), &losses)?,
        losses,
        quality,
        left_out,
    })
}

/// The tau whose SE loss is nearest to `losses` = L_0 .. L_T, T >= 1, of SGD from this spectrum's start with
/// these hyperparameters (whose tau is not used): smallest root mean square of `ln(L_SE(t)/L_t)` over
/// t = 1..T, tau_1 = 1, tau in [-N, 1] with N = `dataset_size`.
///
/// # Errors
/// [`TauFitError::Horizon`], [`TauFitError::FullBatch`], [`TauFitError::Loss`], and what the SE recursion refuses.
pub fn fit_tau_to_losses(
    spectrum: &Spectrum,
    hyperparameters: &Hyperparameters,
    dataset_size: usize,
    losses: &[f64],
) -> Result<LossFit, TauFitError> {
    let Some((_, later)) = losses.split_first().filter(|(_, later)| !later.is_empty()) else {
        return Err(TauFitError::Horizon);
    };
    let (alpha, beta) = (hyperparameters.learning_rate(), hyperparameters.momentum());
    let gamma = hyperparameters.noise_amplitude();
    if gamma == 0.0 {
        return Err(TauFitError::FullBatch);
    }
    for (step, &loss) in losses.iter().enumerate() {
        check_loss(step as u64, loss)?;
    }
    let error = |tau: f64| -> Result<f64, TauFitError> {
        let mut run = SeRecursion::new(spectrum, &Hyperparameters::new(alpha, beta, gamma, tau)?)?;
        let mut sum = 0.0;
        for loss in later {
            sum += (run.step() / loss).ln().powi(2);
        }
        let mean = (sum / later.len() as f64).sqrt();
        Ok(if mean.is_nan() { f64::INFINITY } else { mean })
    };
    search(-(dataset_size as f64), &error)
}

/// The logarithm of the loss is needed.
fn check_loss(step: u64, loss: f64) -> Result<(), TauFitError> {
    if loss > 0.0 && loss.is_finite() {
        Ok(())
    } else {
        Err(TauFitError::Loss { step, loss })
    }
}

/// E of (241) at the present step of `exact`.
///
/// # Errors
/// [`DistanceError`] where E has no value at all.
pub fn noise_quality(
    exact: &mut ExactMoments,
    space: Space,
) -> Result<NoiseQuality, DistanceError> {
    let NoiseSummary {
        distance,
        trace,
        diagonals: [moments, components],
    } = exact.noise_summary(space);
    let best = match distance.minimiser() {
        Ok(best) => Some(best),
        Err(DistanceError::Proportional) => None,
        Err(error) => return Err(error),
    };
    Ok(NoiseQuality {
        step: exact.steps(),
        loss: exact.loss(),
        best,
        best_tau_at_tau_1_one: distance.minimiser_at_tau_1_one()?,
        distance,
        trace,
        moments,
        components,
    })
}

/// The same for an explicit model: its Jacobian Psi (d x N, columns `N^(-1/2) psi(x_i)`, (36)) and raw
/// residuals at the N points; `K = Psi^T Psi` (38).
///
/// # Errors
/// As [`fit_tau`].
pub fn fit_tau_of_jacobian(
    jacobian: &Dense<f64>,
    residual: &[f64],
    config: &TauFitConfig,
) -> Result<TauFit, TauFitError> {
    let entries = kernel_of_jacobian(jacobian);
    let view = KernelView::new(jacobian.columns(), &entries).map_err(ExactMomentsError::Kernel)?;
    fit_tau(view, residual, config)
}

/// The smallest `error` on `[lowest, 1]`: a grid in u with `tau = 2 - e^u`, then golden section between
/// the neighbours of its best point.
fn search(
    lowest: f64,
    error: &dyn Fn(f64) -> Result<f64, TauFitError>,
) -> Result<LossFit, TauFitError> {
    let end = (2.0 - lowest).ln();
    let tau = |u: f64| (2.0 - u.exp()).clamp(lowest, 1.0);
    let node = |i: u32| end * f64::from(i) / f64::from(GRID - 1);
    let (mut best, mut best_error) = (0, f64::INFINITY);
    for i in 0..GRID {
        let here = error(tau(node(i)))?;
        if here < best_error {
            (best, best_error) = (i, here);
        }
    }
    let mut low = node(best.saturating_sub(1));
    let mut high = node((best + 1).min(GRID - 1));
    let mut best_u = node(best);
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..REFINEMENTS {
        let left = high - golden * (high - low);
        let right = low + golden * (high - low);
        let (at_left, at_right) = (error(tau(left))?, error(tau(right))?);
        for (u, value) in [(left, at_left), (right, at_right)] {
            if value < best_error {
                (best_u, best_error) = (u, value);
            }
        }
        if at_left <= at_right {
            high = right;
        } else {
            low = left;
        }
    }
    let found = tau(best_u);
    Ok(LossFit {
        tau: found,
        error: best_error,
        error_at_named: [error(1.0)?, error(0.0)?, error(-1.0)?],
        range: [lowest, 1.0],
        at_end: (1.0 - found).min(found - lowest) <= 1e-9 * (1.0 - lowest),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(batch_size: u64, steps: u64, at: u64) -> TauFitConfig {
        TauFitConfig {
            learning_rate: 0.5,
            momentum: 0.0,
            batch_size,
            steps,
            at: vec![at],
            space: Space::Output,
        }
    }

    #[test]
    fn runs_that_say_nothing_of_tau_are_refused() {
        let k = [1.0, 0.2, 0.2, 0.5];
        let view = KernelView::new(2, &k).unwrap();
        let refused =
            |residual: &[f64], config: &TauFitConfig| fit_tau(view, residual, config).unwrap_err();
        let y = [1.0, 2.0];
        assert_eq!(refused(&y, &config(1, 0, 0)), TauFitError::Horizon);
        assert_eq!(refused(&y, &config(2, 3, 0)), TauFitError::FullBatch);
        assert_eq!(
            refused(&y, &config(1, 3, 4)),
            TauFitError::Beyond { step: 4, steps: 3 }
        );
        assert!(matches!(
            refused(&[0.0, 0.0], &config(1, 3, 0)),
            TauFitError::Loss { step: 0, .. }
        ));
        let mut wild = config(1, 3, 0);
        wild.momentum = 1.0;
        assert!(matches!(refused(&y, &wild), TauFitError::Hyperparameter(_)));
    }

    #[test]
    fn the_search_finds_minima_inside_and_at_the_end() {
        let inside = search(-10.0, &|tau| Ok((tau + 2.5).powi(2) + 1.0)).unwrap();
        assert!((inside.tau + 2.5).abs() < 1e-6 && !inside.at_end);
        let end = search(-10.0, &|tau| Ok(2.0 - tau)).unwrap();
        assert!(end.tau == 1.0 && end.at_end && end.error == 1.0);
        assert_eq!(end.error_at_named, [1.0, 2.0, 3.0]);
    }
}
