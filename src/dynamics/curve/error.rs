//! Why a curve was refused.

use crate::dynamics::SeError;
use crate::generating::contour::ContourRefusal;
use thiserror::Error;

/// The time of a mode update, roughly.
const SECONDS_AN_UPDATE: f64 = 1e-9;

/// Why a curve was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CurveError {
    /// The spectrum has no signal, or the loss is infinite after one step.
    #[error(transparent)]
    Dynamics(#[from] SeError),
    /// More work than a person would wait for.
    #[error(
        "{method} to step {step} takes about {operations:.1e} operations, beyond the limit of {limit:.0e}: ask for earlier steps{hint}"
    )]
    TooLong {
        /// The method.
        method: &'static str,
        /// The last step.
        step: u64,
        /// Estimated operations.
        operations: f64,
        /// The limit.
        limit: f64,
        /// What else helps.
        hint: &'static str,
    },
    /// L_0 is beyond the range of f64.
    #[error("the loss at step 0 is beyond the range of f64: divide the signal by a constant")]
    InitialLoss,
    /// One step changes the loss by more than the range of f64.
    #[error(
        "one step may change the loss by a factor above 1e100 (learning rate times largest eigenvalue is {0:.1e}): lower the learning rate"
    )]
    TooSteep(f64),
    /// The series left the range of f64, upwards or downwards.
    #[error(
        "the series leaves the range of f64 before step {0}: use the iteration, which follows log10 of the loss"
    )]
    OutOfRange(u64),
    /// The terms of the series cancel.
    #[error(
        "the series has lost its digits before step {0}, because its terms cancel: use the iteration"
    )]
    LostDigits(u64),
    /// The contour cannot serve (and, unless it was asked for, iterating would take too long).
    #[error("{0}; iterating reaches earlier steps only")]
    Contour(#[from] ContourRefusal),
    /// The contour cannot serve, and iterating takes longer than anybody who did not ask for it
    /// waits for.
    #[error(
        "{refusal}; iterating to step {step} takes about {operations:.1e} mode updates, {} on one core: --method iteration does it all the same, asking for earlier steps is cheaper",
        rough_time(*.operations * SECONDS_AN_UPDATE)
    )]
    WouldIterate {
        /// Why the contour does not serve.
        refusal: ContourRefusal,
        /// The last step to iterate to.
        step: u64,
        /// Modes times steps.
        operations: f64,
    },
    /// The explicit sum was asked for with noise.
    #[error(
        "the explicit sum (249) is the loss without noise only, got noise amplitude {0}: use --method auto"
    )]
    NotNoiseless(f64),
    /// The loss has an exponent that is not kept.
    #[error(
        "the loss at step {0} lies outside 2^(+-2^62), whose exponents are not kept: ask for an earlier step"
    )]
    Exponent(u64),
}

/// A time in words, to one digit or two.
fn rough_time(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} seconds")
    } else if seconds < 5400.0 {
        format!("{:.0} minutes", seconds / 60.0)
    } else {
        format!("{:.0} hours", seconds / 3600.0)
    }
}
