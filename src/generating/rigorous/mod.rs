//! Rigorous evaluation: enclosures of U, V and L_t in balls of any precision.
//!
//! Everything here returns a [`Ball`] that contains the exact value of the model's formula, or a
//! typed refusal that names the test that failed. Floats guide (where to look, how many terms) and
//! never decide.
//!
//! | file | what | theorem behind it |
//! |---|---|---|
//! | `hyperparameters` | alpha, beta, gamma, tau as rationals | - |
//! | `spectrum` | which numbers count as exact | - |
//! | `powers` | k^-s, Bernoulli numbers, tails of zeta | Euler-Maclaurin for completely monotone functions |
//! | `law` | U(1), V(1) of an infinite law | geometric series with a bounded rest |
//! | `tail` | U(z), V(z) of an infinite law at any z off the cut | Euler-Maclaurin with Cauchy's bound |
//! | `recursion` | L_t by the recursion, finite and infinite | Taylor's rest in balls |
//! | `squaring` | L_t by repeated squaring of the operator | none needed: + and x only |
//! | `cover` | where L has no singularity, and how large it is | evaluation on boxes |
//! | `contour` | L_t at any step | residues; the trapezoidal rule between two curves |

mod contour;
mod cover;
mod hyperparameters;
mod law;
mod powers;
mod recursion;
mod spectrum;
mod squaring;
mod tail;

pub use contour::{ContourProof, loss_by_contour};
pub use hyperparameters::ExactHyperparameters;
pub use law::LawAtOne;
pub(crate) use law::factor_and_shift;
pub use recursion::loss_by_recursion;
pub use spectrum::{BallModes, MODES_LIMIT, RigorousLaw, RigorousSpectrum};
pub use squaring::{SQUARING_LIMIT, loss_by_squaring};
pub use tail::LawAt;

use crate::moment::HyperparameterError;
use crate::number::Ball;
use thiserror::Error;

/// Why something was not enclosed: the test that failed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RigorousError {
    /// A finite law with too many modes.
    #[error(
        "rigorous evaluation lists every mode of a finite law, at most {MODES_LIMIT}, got {modes}; leave `modes` out for the infinite law"
    )]
    TooManyModes {
        /// Modes asked for.
        modes: u64,
    },
    /// Eigenvalues that are zero to rounding only.
    #[error(
        "some eigenvalues are zero to rounding (at most N eps lambda_max) but not exactly: without them this would be proved of another spectrum; give them as 0, or leave them out"
    )]
    DroppedEigenvalues,
    /// Nodes of a quadrature or a compression.
    #[error(
        "multiplicities must be whole numbers >= 1: compressed spectra and quadratures are not exact"
    )]
    Nodes,
    /// A negative eigenvalue in a list of exact numbers.
    #[error(
        "eigenvalue {index} (from 0) is {value:e}: taken exactly, no Hessian has it; give it as 0 if it is zero to rounding"
    )]
    NegativeEigenvalue {
        /// Position in the file.
        index: usize,
        /// The value.
        value: f64,
    },
    /// An eigenvalue error for a law.
    #[error(
        "a power law's eigenvalues are exact: an eigenvalue error applies to lists of numbers only"
    )]
    ExactLaw,
    /// A finite spectrum is needed.
    #[error("this needs a finite spectrum")]
    NeedsFinite,
    /// No signal.
    #[error("the spectrum has no signal, and without signal there is no loss to enclose")]
    NoSignal,
    /// Tr H diverges.
    #[error("sum lambda_k diverges (nu <= 1): U(1) is infinite")]
    InfiniteTrace,
    /// Tr H^2 diverges.
    #[error("sum lambda_k^2 diverges (nu <= 1/2): with noise the loss is infinite after one step")]
    InfiniteTraceOfSquare,
    /// The expansion of a tail does not converge.
    #[error("the tail of the law is expanded where its ratio is below 1/2, got {ratio:.3}")]
    SlowTail {
        /// The ratio.
        ratio: f64,
    },
    /// The Euler-Maclaurin sum of a tail is out of reach.
    #[error("the tail of the law at {point}: {reason}")]
    Tail {
        /// z or 1 - z, roughly.
        point: String,
        /// Which condition failed.
        reason: &'static str,
    },
    /// A sign could not be decided.
    #[error("{what} could not be decided with {bits} bits")]
    Undecided {
        /// What.
        what: &'static str,
        /// The precision.
        bits: u32,
    },
    /// The hyperparameters leave their range in `f64`, where guesses are made.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparameterError),
    /// The digits were not reached.
    #[error("{what} was enclosed to {reached:.1} digits only, {wanted} were asked for")]
    Digits {
        /// What.
        what: &'static str,
        /// Digits reached.
        reached: f64,
        /// Digits wanted.
        wanted: u32,
    },
    /// The loss is smaller than the numbers that balls tell from 0.
    #[error(
        "{what} is proved to lie below 10^(-3.4e17), where exponents are no longer kept (2^(-2^60)): ask for an earlier step"
    )]
    TooSmall {
        /// What.
        what: &'static str,
    },
    /// No finite enclosure.
    #[error(
        "{what} has no enclosure below 10^(3.4e17), where exponents are no longer kept (2^(2^60)): ask for an earlier step"
    )]
    TooLarge {
        /// What.
        what: &'static str,
    },
    /// More work than a person would wait for.
    #[error("{method} to step {step} takes about {operations:.0e} operations, beyond {limit:.0e}")]
    TooLong {
        /// The method.
        method: &'static str,
        /// The step.
        step: u64,
        /// Estimated operations.
        operations: f64,
        /// The limit.
        limit: f64,
    },
    /// The region that the contour crosses is not free of singularities, or could not be shown to be.
    #[error(
        "the contour for step {step}: {test} near z = {re:.6} {im:+.3e} i, after {boxes} boxes"
    )]
    Cover {
        /// The step.
        step: u64,
        /// The test that failed.
        test: &'static str,
        /// Where.
        re: f64,
        /// Where.
        im: f64,
        /// How far the covering had come.
        boxes: usize,
    },
    /// A stage of the contour refused.
    #[error("the contour for step {step}: {test}")]
    Contour {
        /// The step.
        step: u64,
        /// The test that failed.
        test: &'static str,
    },
}

impl RigorousError {
    /// The refusal of an enclosure beyond the exponents that are kept, if it is one.
    fn out_of_range(loss: &Ball, what: &'static str) -> Option<Self> {
        if loss.is_below_range() {
            Some(Self::TooSmall { what })
        } else if loss.is_whole() {
            Some(Self::TooLarge { what })
        } else {
            None
        }
    }
}

/// How an enclosure of L_t was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RigorousMethod {
    /// Step by step.
    Recursion,
    /// Inversion of the generating function.
    Contour,
    /// Powers of the second-moment operator, for short spectra.
    Squaring,
}

impl RigorousMethod {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recursion => "recursion in balls",
            Self::Contour => "contour with proved error",
            Self::Squaring => "repeated squaring in balls",
        }
    }
}

/// An enclosure of L_t with its method.
#[derive(Debug, Clone)]
pub struct RigorousLoss {
    /// Contains L_t, with the loss of the null space.
    pub loss: Ball,
    /// How.
    pub method: RigorousMethod,
}

/// The largest number of modes whose operator is squared where contour and recursion refuse: some seconds.
const SQUARED_MODES: usize = 24;

/// L_t to `digits` significant digits: by the contour where its proof succeeds, else by recursion, else (at most
/// 24 modes) by repeated squaring.
///
/// # Errors
/// All refuse: the contour's reason if the recursion would be too long.
pub fn enclose_loss(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    digits: u32,
) -> Result<RigorousLoss, RigorousError> {
    // Below some hundred steps the recursion is cheaper than any proof.
    let by_recursion = || {
        loss_by_recursion(spectrum, parameters, step, digits).map(|loss| RigorousLoss {
            loss,
            method: RigorousMethod::Recursion,
        })
    };
    if step < 300 {
        return by_recursion();
    }
    match loss_by_contour(spectrum, parameters, step, digits) {
        Ok(proof) => Ok(RigorousLoss {
            loss: proof.loss,
            method: RigorousMethod::Contour,
        }),
        Err(
            error @ (RigorousError::NoSignal
            | RigorousError::TooSmall { .. }
            | RigorousError::TooLarge { .. }),
        ) => Err(error),
        Err(refusal) => match by_recursion() {
            Err(RigorousError::TooLong { .. }) => {
                if spectrum.modes_count().is_none_or(|n| n > SQUARED_MODES) {
                    return Err(refusal);
                }
                let loss = loss_by_squaring(spectrum, parameters, step, digits)?;
                Ok(RigorousLoss {
                    loss,
                    method: RigorousMethod::Squaring,
                })
            }
            other => other,
        },
    }
}
