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
//! returns what it has: the seeds that finished, or the steps up to there.

use super::exact::{ExactMoments, ExactMomentsError};
use super::kernel_view::KernelView;
use super::long_time::{LongTimeError, LongTimeMoments};
use super::network::{Network, NetworkRunError, simulate_network};
use super::sampled::{
    Generator, LossStatistics, SampledConfig, SampledConfigError, SampledError, SampledRun,
    Sampling, Schedule, SeedStore, StepSize, simulate_kept,
};
use super::{SeError, SeRecursion};
use crate::kernel::Dataset;
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::spectrum::Spectrum;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use thiserror::Error;

/// Steps between two reports of a deterministic regime.
const REPORT_EVERY: u64 = 64;
/// Step from which exact moments are not iterated, for [`Method::Auto`].
const LONG: u64 = 1000;

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
    /// By [`LongTimeMoments`].
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

    /// Where iterated exact moments were stopped: step, losses at the recorded steps so far, state.
    fn stopped_state(&self) -> Option<(u64, Vec<f64>, Vec<f64>)> {
        None
    }

    /// Exact moments are stopped at a step; called once.
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

fn se(
    spectrum: &Spectrum,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<LossSeries, RegimeError> {
    let mut recursion = SeRecursion::new(spectrum, &settings.hyperparameters)?;
    let mut losses = Vec::with_capacity(settings.steps.len());
    'all: for &step in &settings.steps {
        while recursion.steps() < step {
            let part = (step - recursion.steps()).min(REPORT_EVERY);
            recursion.advance_by(part);
            if watch.advance(part).is_break() {
                break 'all;
            }
        }
        losses.push(recursion.loss());
    }
    series(&settings.steps, losses)
}

fn exact(
    moments: ExactMoments,
    method: Method,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<LossSeries, RegimeError> {
    let last = settings.steps.last().copied().unwrap_or(0);
    let (alpha, beta) = (
        settings.hyperparameters.learning_rate(),
        settings.hyperparameters.momentum(),
    );
    let mut note = None;
    if method == Method::Contour || (method == Method::Auto && last > LONG) {
        let long = LongTimeMoments::new(moments.clone(), alpha, beta)
            .and_then(|long| long.losses(&settings.steps, &|| watch.advance(0)));
        match long {
            Ok(found) => {
                let losses = found.points.iter().map(|p| p.loss).collect();
                let mut series = series(&settings.steps, losses)?;
                series.relative_errors =
                    Some(found.points.iter().map(|p| p.relative_error).collect());
                series.notes.push(format!(
                    "steps beyond {} were computed without iterating, by a contour: relative errors are estimated",
                    found.iterations
                ));
                return Ok(series);
            }
            Err(LongTimeError::Cancelled) => return Err(RegimeError::NothingFinished),
            Err(
                error @ (LongTimeError::Unsettled { .. }
                | LongTimeError::Rounding(_)
                | LongTimeError::Negative { .. }),
            ) if method == Method::Auto => {
                note = Some(format!("iterated, since the contour was refused: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut moments = moments;
    let mut losses = Vec::with_capacity(settings.steps.len());
    if let Some((step, known, state)) = watch.stopped_state() {
        let due = settings.steps.partition_point(|s| *s < step);
        if known.len() >= due && known.len() <= settings.steps.len() {
            moments.restore(step, &state)?;
            losses = known;
        }
    }
    'all: for &step in &settings.steps[losses.len()..] {
        while moments.steps() < step {
            moments.step(alpha, beta)?;
            if watch.advance(1).is_break() {
                if moments.steps() == step {
                    losses.push(moments.loss());
                }
                watch.keep_state(moments.steps(), &losses, &moments.state());
                break 'all;
            }
        }
        losses.push(moments.loss());
    }
    let mut series = series(&settings.steps, losses)?;
    series.notes.extend(note);
    Ok(series)
}

/// The store behind a sampled run: what the watch has, and what finishes now.
struct Kept<'a> {
    watch: &'a dyn Watch,
    rows: Mutex<BTreeMap<u64, Vec<f64>>>,
}

impl Kept<'_> {
    fn insert(&self, seed: u64, losses: &[f64]) {
        if let Ok(mut rows) = self.rows.lock() {
            rows.insert(seed, losses.to_vec());
        }
    }
}

impl SeedStore for Kept<'_> {
    fn finished(&self, seed: u64) -> Option<Vec<f64>> {
        let losses = self.watch.finished(seed)?;
        self.insert(seed, &losses);
        Some(losses)
    }

    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()> {
        self.insert(seed, losses);
        self.watch.keep(seed, losses)
    }
}

fn sampled(
    dataset_size: usize,
    settings: &Settings,
    watch: &dyn Watch,
    run: impl Fn(&SampledConfig, &dyn SeedStore) -> Result<SampledRun, RegimeError>,
) -> Result<LossSeries, RegimeError> {
    let b = settings.batch_size.ok_or(RegimeError::NoBatchSize)?;
    let size = StepSize::new(
        settings.hyperparameters.learning_rate(),
        settings.hyperparameters.momentum(),
    )?;
    let config = SampledConfig::new(
        dataset_size as u64,
        b,
        Schedule::Constant(size),
        settings.steps.clone(),
    )?
    .with_seeds(settings.seeds)?
    .with_master_seed(settings.master_seed)
    .with_sampling(settings.sampling)
    .with_generator(settings.generator);
    let store = Kept {
        watch,
        rows: Mutex::new(BTreeMap::new()),
    };
    let outcome = run(&config, &store);
    let cancelled = matches!(
        outcome,
        Err(RegimeError::Sampled(SampledError::Cancelled)
            | RegimeError::Network(NetworkRunError::Sampled(SampledError::Cancelled)))
    );
    let found = if cancelled {
        let rows = store.rows.into_inner().unwrap_or_default();
        SampledRun::from_losses(settings.steps.clone(), rows.into_values().collect())
    } else {
        outcome?
    };
    if found.seeds() == 0 {
        return Err(RegimeError::NothingFinished);
    }
    let statistics = found.statistics();
    let mut series = series(&settings.steps, statistics.iter().map(|s| s.mean).collect())?;
    if cancelled {
        series.interrupted = true;
        series.notes.push(format!(
            "stopped after {} of {} seeds: means are over those that finished",
            found.seeds(),
            settings.seeds
        ));
    }
    series.statistics = Some(statistics);
    Ok(series)
}
