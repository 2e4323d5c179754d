//! Why nothing could be optimised.

use crate::asymptotics::AsymptoticsError;
use crate::dynamics::CurveError;
use crate::moment::HyperparameterError;
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
    /// No learning rate is stable.
    #[error(
        "no learning rate is stable: Tr H is infinite and there is noise, so the loss diverges in the end"
    )]
    NothingStable,
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
