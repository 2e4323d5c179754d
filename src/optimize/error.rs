//! Why nothing could be optimised.

use crate::asymptotics::AsymptoticsError;
use crate::dynamics::CurveError;
use crate::moment::HyperparameterError;
use crate::spectrum::Spectrum;
use crate::stability::StabilityError;
use thiserror::Error;

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum OptimizeError {
    /// An asymptotic statement does not apply.
    #[error(transparent)]
    Asymptotics(#[from] AsymptoticsError),
    /// A loss could not be computed.
    #[error(transparent)]
    Curve(#[from] CurveError),
    /// A hyperparameter out of range.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// A number of Section 5 was refused.
    #[error(transparent)]
    Stability(#[from] StabilityError),
    /// gamma tau > 1.
    #[error(
        "gamma tau = {0} is above 1, and the uniqueness of the best learning rate (Proposition 5) assumes at most 1"
    )]
    NoiseTau(f64),
    /// At the border both constants add, and Propositions 5 and 12 are about one of them.
    #[error(
        "zeta = 2 - 1/nu, the border of the phases: Propositions 5 and 12 are about one side of it"
    )]
    Border,
    /// The spectrum has no signal.
    #[error(
        "the spectrum has no signal (lambda_k C_kk,0 per mode), and without it there is no loss to minimise"
    )]
    NoSignal,
    /// A momentum range that is none.
    #[error("the momentum range must satisfy -1 < LO < HI < 1, got {lo}, {hi}")]
    MomentumRange {
        /// Lower end.
        lo: f64,
        /// Upper end.
        hi: f64,
    },
    /// No learning rate is stable, so nothing is said about t -> infinity; a loss at a finite step can be minimised.
    #[error(
        "no learning rate is stable: Tr H is infinite and there is noise, so the loss diverges in the end and has no constant C; the loss at a finite step can be minimised (--at T)"
    )]
    NothingStable,
    /// Tr H^2 is infinite.
    #[error(
        "no learning rate is stable: Tr H^2 is infinite (nu <= 1/2) and there is noise, so the loss is infinite after one step (immediate divergence)"
    )]
    InfiniteAfterOneStep,
    /// Linear scaling would end at a batch that is not small beside the dataset.
    #[error(
        "with gamma = 1/b linear scaling would end at batches of {end}, not well below the {dataset_size} points, where gamma = (N-b)/((N-1) b) is smaller than 1/b"
    )]
    NearFullBatch {
        /// The end for gamma = 1/b.
        end: f64,
        /// N.
        dataset_size: u64,
    },
    /// Step 0.
    #[error("the loss at step 0 does not depend on the hyperparameters: give a step of at least 1")]
    StepZero,
    /// A budget below one batch.
    #[error("a budget of {0} samples does not pay for one step")]
    Budget(u64),
    /// Every point of the search was refused.
    #[error(
        "the loss at step {0} could not be computed anywhere in the search range: ask for an earlier step"
    )]
    Nowhere(u64),
    /// A tolerance that is none.
    #[error("the tolerance must be a positive finite number, got {0}")]
    Tolerance(f64),
}

impl OptimizeError {
    /// Why nothing is stable on a spectrum whose Tr H is infinite.
    pub(super) const fn nothing_stable(spectrum: &Spectrum) -> Self {
        if spectrum.infinite_trace_of_square() {
            Self::InfiniteAfterOneStep
        } else {
            Self::NothingStable
        }
    }
}
