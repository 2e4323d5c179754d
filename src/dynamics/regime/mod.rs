//! The training regimes of Appendix F.1 behind one interface: the same settings in, a [`LossSeries`] out.
//!
//! | regime | [`Model`] | what its losses are |
//! |---|---|---|
//! | 1 network | [`Model::Network`] | a mean over seeds of real training |
//! | 2 linearised | [`Model::Sampled`] | a mean over seeds, the same batches a seed |
//! | 3 exact second moments | [`Model::Exact`], [`Model::ExactParameters`] | averaged over all batches |
//! | 4 SE | [`Model::Se`] | averaged over all batches, SE noise with any tau |
//!
//! Regimes 1 to 3 take the batch size of [`Settings`]; SE takes its noise amplitude and tau. With the
//! tangent kernel and the residual of [`Network`] at its start (see
//! [`Network::tangent_kernel`], [`Network::residual`]) all four start from the same state.
//!
//! A [`Watch`] hears of progress, can stop a run, and keeps what was computed. A stopped run still
//! returns what it has: the seeds that finished, or the steps up to there; with a watch that keeps them,
//! the same run goes on from there to the same losses.

mod averaged;
mod seeds;

use super::exact::{ExactMoments, ExactMomentsError};
use super::kernel_view::KernelView;
use super::long_time::LongTimeError;
use super::network::{Network, NetworkRunError, simulate_network};
use super::sampled::{
    Generator, LossStatistics, SampledConfigError, SampledError, Sampling, StoppedSeed,
    simulate_kept,
};
use super::{CurveError, SeError};
use crate::kernel::Dataset;
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::spectrum::Spectrum;
use averaged::{exact, se};
use seeds::sampled;
use std::ops::ControlFlow;
use thiserror::Error;

/// What is trained or averaged.
#[derive(Debug, Clone, Copy)]
pub enum Model<'a> {
    /// The SE recursion of a spectrum with signal.
    Se(&'a Spectrum),
    /// Exact second moments on a kernel, from a raw residual.
    Exact {
        /// K = Theta/N.
        kernel: KernelView<'a>,
        /// f_0 - y.
        residual: &'a [f64],
        /// How long times are reached.
        method: Method,
    },
    /// Exact second moments in parameter space.
    ExactParameters {
        /// psi(x_i), N x d, row-major.
        features: &'a [f64],
        /// w_0 - w*, d numbers.
        deviation: &'a [f64],
        /// How long times are reached.
        method: Method,
    },
    /// Linearised SGD with sampled batches.
    Sampled {
        /// K = Theta/N.
        kernel: KernelView<'a>,
        /// f_0 - y.
        residual: &'a [f64],
    },
    /// A network, trained.
    Network {
        /// At its start.
        network: &'a Network,
        /// What it learns.
        data: &'a Dataset,
    },
}

/// How exact second moments reach a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// By iterating up to step 1,000, else by the contour, or by iterating where that refuses.
    #[default]
    Auto,
    /// Step by step.
    Iteration,
    /// By [`crate::dynamics::LongTimeMoments`].
    Contour,
}

/// What all regimes share.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// alpha, beta, gamma and tau; gamma and tau matter to SE only.
    pub hyperparameters: Hyperparameters,
    /// b, for all regimes but SE.
    pub batch_size: Option<u64>,
    /// Strictly increasing steps whose losses are wanted; 0 is the start.
    pub steps: Vec<u64>,
    /// Runs of sampled regimes, >= 1.
    pub seeds: u64,
    /// Master seed of sampled regimes.
    pub master_seed: u64,
    /// With or without replacement.
    pub sampling: Sampling,
    /// Random generator of sampled regimes.
    pub generator: Generator,
}

/// Losses of one regime.
#[derive(Debug, Clone, PartialEq)]
pub struct LossSeries {
    /// The steps computed: all that were asked for unless interrupted.
    pub steps: Vec<u64>,
    /// The losses, or their means over seeds, at these steps.
    pub losses: Vec<f64>,
    /// Mean, standard error, tails at each step, for sampled regimes: intervals by
    /// [`LossStatistics::confidence_interval`].
    pub statistics: Option<Vec<LossStatistics>>,
    /// Estimated relative errors, for the contour.
    pub relative_errors: Option<Vec<f64>>,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
    /// What a reader of the numbers should know.
    pub notes: Vec<String>,
}

/// Who watches a run; every method has a default that does nothing.
pub trait Watch: Sync {
    /// Steps made since the last call (for the contour: parts of the work); `Break` stops the run.
    fn advance(&self, steps: u64) -> ControlFlow<()> {
        let _ = steps;
        ControlFlow::Continue(())
    }

    /// Losses of a seed that is finished already.
    fn finished(&self, seed: u64) -> Option<Vec<f64>> {
        let _ = seed;
        None
    }

    /// A seed has finished; `Break` stops the run (what it returns still has the seed).
    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()> {
        let _ = (seed, losses);
        ControlFlow::Continue(())
    }

    /// Where a seed was stopped on its way, if it was.
    fn stopped_seed(&self, seed: u64) -> Option<StoppedSeed> {
        let _ = seed;
        None
    }

    /// A seed is stopped on its way; called once for each. Whoever gives the same back by
    /// [`Watch::stopped_seed`] gets the rest, bit by bit as without a stop.
    fn keep_stopped_seed(&self, seed: u64, stopped: &StoppedSeed) {
        let _ = (seed, stopped);
    }

    /// Where SE or exact moments were stopped: step, losses at the recorded steps so far, state.
    fn stopped_state(&self) -> Option<(u64, Vec<f64>, Vec<f64>)> {
        None
    }

    /// SE or exact moments are stopped at a step; called once. Whoever gives the same back by
    /// [`Watch::stopped_state`] gets the rest, bit by bit as without a stop.
    fn keep_state(&self, step: u64, losses: &[f64], state: &[f64]) {
        let _ = (step, losses, state);
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// Why a regime gave no losses.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RegimeError {
    /// Sampled and exact regimes draw batches.
    #[error(
        "this regime draws batches: a batch size is needed, a noise amplitude alone is not enough"
    )]
    NoBatchSize,
    /// The SE recursion.
    #[error(transparent)]
    Se(#[from] SeError),
    /// More steps, or steeper ones, than the SE recursion is asked for.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// Exact second moments.
    #[error(transparent)]
    Exact(#[from] ExactMomentsError),
    /// Exact second moments at long times.
    #[error(transparent)]
    LongTime(#[from] LongTimeError),
    /// Steps, seeds, batch size.
    #[error(transparent)]
    Config(#[from] SampledConfigError),
    /// Hyperparameters.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// The linearised regime.
    #[error(transparent)]
    Sampled(#[from] SampledError),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkRunError),
    /// Stopped before anything was finished.
    #[error("stopped before anything was finished")]
    NothingFinished,
}

impl Model<'_> {
    /// The losses of this regime.
    ///
    /// # Errors
    /// [`RegimeError`]: what does not fit, or stopped before the first seed or step was finished.
    pub fn run(&self, settings: &Settings, watch: &dyn Watch) -> Result<LossSeries, RegimeError> {
        check_steps(&settings.steps)?;
        match *self {
            Model::Se(spectrum) => se(spectrum, settings, watch),
            Model::Exact {
                kernel,
                residual,
                method,
            } => {
                let b = settings.batch_size.ok_or(RegimeError::NoBatchSize)?;
                let moments = match settings.sampling {
                    Sampling::WithoutReplacement => ExactMoments::new(kernel, residual, b)?,
                    Sampling::WithReplacement => {
                        ExactMoments::with_replacement(kernel, residual, b)?
                    }
                };
                exact(moments, method, settings, watch)
            }
            Model::ExactParameters {
                features,
                deviation,
                method,
            } => {
                let b = settings.batch_size.ok_or(RegimeError::NoBatchSize)?;
                let moments = ExactMoments::in_parameter_space(features, deviation, b)?;
                exact(moments, method, settings, watch)
            }
            Model::Sampled { kernel, residual } => {
                sampled(kernel.dataset_size(), settings, watch, |config, store| {
                    let progress = |steps| watch.advance(steps);
                    Ok(simulate_kept(kernel, residual, config, &progress, store)?)
                })
            }
            Model::Network { network, data } => {
                sampled(data.len(), settings, watch, |config, store| {
                    let progress = |steps| watch.advance(steps);
                    Ok(simulate_network(network, data, config, &progress, store)?)
                })
            }
        }
    }
}

fn check_steps(steps: &[u64]) -> Result<(), SampledConfigError> {
    if steps.is_empty() {
        return Err(SampledConfigError::NothingRecorded);
    }
    match steps.windows(2).position(|w| w[0] >= w[1]) {
        None => Ok(()),
        Some(at) => Err(SampledConfigError::Order {
            index: at + 1,
            step: steps[at + 1],
            previous: steps[at],
        }),
    }
}

fn series(steps: &[u64], losses: Vec<f64>) -> Result<LossSeries, RegimeError> {
    if losses.is_empty() {
        return Err(RegimeError::NothingFinished);
    }
    Ok(LossSeries {
        interrupted: losses.len() < steps.len(),
        steps: steps[..losses.len()].to_vec(),
        losses,
        statistics: None,
        relative_errors: None,
        notes: Vec::new(),
    })
}
