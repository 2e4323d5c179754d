//! Why a number of Section 5 was refused.

use crate::moment::HyperparameterError;
use thiserror::Error;

/// The argument or the assumption that failed, with the value that broke it.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum StabilityError {
    /// A hyperparameter out of range.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// lambda_crit is negative or no number.
    #[error("lambda_crit must be a number >= 0 (infinite where Tr H is), got {0}")]
    CriticalRegularization(f64),
    /// The spectrum has no signal.
    #[error("the spectrum has no signal (lambda_k C_kk,0 per mode), and V(1) is a sum over it")]
    NoSignal,
    /// zeta <= 1.
    #[error("Tr C0 and V(1) are infinite: the signal of this infinite law has zeta <= 1")]
    InfiniteTraceOfCovariance,
    /// At or beyond the noiseless edge, or within rounding of it.
    #[error(
        "the learning rate {0} is not below the noiseless edge (for tau < 0: the extended one), where U(1) and V(1) mean nothing"
    )]
    BeyondNoiselessEdge(f64),
    /// gamma = 0.
    #[error("(24) is about the divergence by noise, and the noise amplitude is 0")]
    NoNoise,
    /// z U(z) = 1 has no root in (0, 1).
    #[error(
        "z U(z) = 1 has no root in (0, 1): the loss does not diverge exponentially, U(1) > 1 is assumed"
    )]
    NothingDiverges,
    /// The constant of (24) is no `f64`.
    #[error("the constant of (24) leaves the range of f64")]
    DivergenceOutOfRange,
    /// Beyond the noiseless edge.
    #[error(
        "the learning rate {0} lies at or beyond the noiseless edge, where the noiseless loss diverges too: there is no time from which the noise decides"
    )]
    NoiselessLossDiverges(f64),
    /// (24) stays below the noiseless loss.
    #[error("(24) does not cross the noiseless loss within 2^1000 steps")]
    NoCrossing,
}
