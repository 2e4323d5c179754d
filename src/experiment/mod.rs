//! The paper's figures as data in, data out: panels, tables and statements of agreement. No printing.
//!
//! | figure | file | what |
//! |---|---|---|
//! | 1 | `regimes`, `descent` | spectrum and partial sums of MNIST, gradient descent, SGD against SE |
//! | 2 | `loss_map`, `loss_map_claims` | loss after T steps and stability over (learning rate, momentum) |
//! | 3 | `phase_diagram`, `phases` | phase diagram; signal to noise (29); convergence to divergence (24), (198) |
//! | 4, 5 | `budget`, `budget_case`, `budget_claims` | optimal hyperparameters and losses at a fixed budget b t |
//! | 6 | `momentum_sign` | sign of the optimal momentum, (30) |
//! | 7 | `noise_match`, `exact_run` | SE against exact second moments and sampled runs |
//! | 8 | `noise_covariance`, `exact_run` | SE noise against the true noise covariance |
//! | 9, 10 | `regimes` | empirical kernels and tabular data |
//! | 11-14 | `edges` | critical learning rate against momentum, measured and predicted |
//!
//! The captions are not in the text we have, so settings that only they name are reconstructed; each
//! outcome says which. Divergence is defined in [`measure`].

mod budget;
mod budget_case;
mod budget_claims;
mod data;
mod descent;
mod edges;
mod exact_run;
mod loss_map;
mod loss_map_claims;
mod means;
pub mod measure;
mod momentum_sign;
mod noise_covariance;
mod noise_match;
mod outcome;
mod phase_diagram;
mod phases;
mod regimes;
mod search;
mod work;

pub use data::{Points, Problem, Sources};
pub use outcome::{Absent, Agreement, Outcome, Rival, Rule, Table, Verdict};
pub use work::{Chain, Progress, Scale, Stop, Work, fingerprint};

use crate::asymptotics::AsymptoticsError;
use crate::dynamics::network::{NetworkError, NetworkRunError};
use crate::dynamics::sampled::{SampledConfigError, SampledError};
use crate::dynamics::{CurveError, ExactMomentsError, KernelViewError, SeError, TauFitError};
use crate::kernel::KernelError;
use crate::moment::HyperparameterError;
use crate::noise::DistanceError;
use crate::optimize::OptimizeError;
use crate::report::JournalError;
use crate::spectrum::{FitError, PowerLawError, SpectrumError};
use crate::stability::grid::GridError;
use thiserror::Error;

/// The figures of the paper.
pub const FIGURES: std::ops::RangeInclusive<u8> = 1..=14;

/// Why a figure was not computed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// No such figure.
    #[error("the paper has figures 1 to 14, got {0}")]
    NoFigure(u8),
    /// Stopped between two rows, or in a row that is a part of a trajectory.
    #[error(
        "interrupted in stage `{stage}`: {done} of {rows} rows are kept; the same command goes on from there"
    )]
    Interrupted {
        /// Which part of the figure.
        stage: String,
        /// Finished rows.
        done: usize,
        /// Rows in all.
        rows: usize,
    },
    /// Not enough rows.
    #[error("{name} has {found} rows, {needed} are needed")]
    TooFew {
        /// The file.
        name: String,
        /// Rows wanted.
        needed: usize,
        /// Rows found.
        found: usize,
    },
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Data or kernel.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Data or kernel.
    #[error(transparent)]
    KernelView(#[from] KernelViewError),
    /// The fit of a spectrum.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// tau from data.
    #[error(transparent)]
    TauFit(#[from] TauFitError),
    /// E of (241).
    #[error(transparent)]
    Distance(#[from] DistanceError),
    /// A network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Training a network.
    #[error(transparent)]
    NetworkRun(#[from] NetworkRunError),
    /// A spectrum.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// A power law.
    #[error(transparent)]
    PowerLaw(#[from] PowerLawError),
    /// Learning rate, momentum, noise or tau.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparameterError),
    /// A recursion that cannot start.
    #[error(transparent)]
    Se(#[from] SeError),
    /// A loss curve.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// A map.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A simulation.
    #[error(transparent)]
    Sampled(#[from] SampledError),
    /// Settings of a simulation.
    #[error(transparent)]
    SampledConfig(#[from] SampledConfigError),
    /// Exact second moments.
    #[error(transparent)]
    Exact(#[from] ExactMomentsError),
    /// Advice outside its assumptions.
    #[error(transparent)]
    Optimize(#[from] OptimizeError),
    /// An asymptotic statement outside its assumptions.
    #[error(transparent)]
    Asymptotics(#[from] AsymptoticsError),
}

/// Computes a figure.
///
/// # Errors
/// [`ExperimentError`]. Data that are absent are no error: their panels are empty frames.
pub fn figure(
    number: u8,
    sources: &Sources,
    work: &mut Work<'_>,
) -> Result<Outcome, ExperimentError> {
    match number {
        1 => regimes::figure_1(sources, work),
        2 => loss_map::figure_2(sources, work),
        3 => phases::figure_3(work),
        4 => budget::figure_4(sources, work),
        5 => budget::figure_5(sources, work),
        6 => momentum_sign::figure_6(work),
        7 => noise_match::figure_7(sources, work),
        8 => noise_covariance::figure_8(sources, work),
        9 => regimes::figure_9(sources, work),
        10 => regimes::figure_10(sources, work),
        11 => edges::figure_11(sources, work),
        12 => edges::figure_12(sources, work),
        13 => edges::figure_13(work),
        14 => edges::figure_14(work),
        other => Err(ExperimentError::NoFigure(other)),
    }
}
