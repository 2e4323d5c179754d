//! What a fit is asked for, what it gives, and why there may be none.

use super::FIT_MINIMUM;
use serde::Serialize;
use thiserror::Error;

/// Why there is no fit.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// Too few modes.
    #[error(
        "{what}: {got} modes are too few for a tail exponent, at least {FIT_MINIMUM} are needed"
    )]
    TooFew {
        /// Eigenvalues or signal.
        what: &'static str,
        /// Modes there are.
        got: usize,
    },
    /// No signal at all.
    #[error(
        "no signal: kappa is the exponent of the tail sums of lambda_k C_kk,0, so give signal or coefficients with the eigenvalues"
    )]
    NoSignal,
    /// Quadrature nodes.
    #[error(
        "the spectrum holds quadrature nodes of a longer law, not its modes: its exponents are those it was made from (to fit, list modes: a power law with modes=10000)"
    )]
    Nodes,
    /// A window that cannot be used.
    #[error("window {lo}:{hi}: {why}")]
    Window {
        /// First mode.
        lo: usize,
        /// Last mode.
        hi: usize,
        /// What is wrong with it.
        why: String,
    },
    /// No window of any kind gives a positive exponent.
    #[error("{0}: no window gives a positive exponent, so this is no decreasing power law{1}")]
    NoExponent(&'static str, &'static str),
    /// A density exponent that is none.
    #[error(
        "a density exponent must be a finite number above 1, got {0}: nu = 1/(alpha_density - 1)"
    )]
    Density(f64),
}

/// What lies beyond the last mode of a finite spectrum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TailEnd {
    /// Nothing: the modes hold all of the target, as those of a kernel matrix do.
    Complete,
    /// The same law without end: T_k lacks `K (N+1)^-kappa`.
    CutOff,
}

impl TailEnd {
    /// The word in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::CutOff => "cut-off",
        }
    }
}

/// How to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FitOptions {
    /// First and last mode of the window, from 1; `None`: chosen by the data.
    pub window: Option<(usize, usize)>,
    /// What lies beyond the last mode; `None`: whichever leaves the smaller error of kappa.
    pub tail_end: Option<TailEnd>,
}

/// A number with its 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error (of the logarithm for scales).
    pub standard_error: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

/// One exponent with its scale.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExponentFit {
    /// nu or kappa.
    pub exponent: Estimate,
    /// Lambda or K.
    pub scale: Estimate,
    /// First and last mode used.
    pub window: (usize, usize),
    /// Exponents of the lower and the upper half of the window.
    pub halves: [f64; 2],
    /// Whether the halves differ so much that it is no power law there.
    pub lack_of_fit: bool,
}

/// All of (25).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpectrumFit {
    /// nu and Lambda.
    pub eigenvalues: ExponentFit,
    /// kappa and K; `None` without signal or where `signal_refusal` says why.
    pub signal: Option<ExponentFit>,
    /// zeta = kappa/nu.
    pub zeta: Option<Estimate>,
    /// The covariance of nu, ln Lambda, kappa, ln K, in this order; rows and columns of kappa and K are 0 without
    /// them. Its diagonal is that of the standard errors.
    pub covariance: [[f64; 4]; 4],
    /// What was assumed beyond the last mode.
    pub tail_end: Option<TailEnd>,
    /// Why there is no kappa.
    pub signal_refusal: Option<String>,
    /// What to know, one sentence each.
    pub warnings: Vec<String>,
}
