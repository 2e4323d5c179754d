//! Why an asymptotic statement does not apply, or a number is outside its assumptions.

use super::Phase;
use thiserror::Error;

/// The assumption that failed, with the value that broke it.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum AsymptoticsError {
    /// An exponent or a scale is not a positive finite number.
    #[error("{name} must be a positive finite number, got {value}")]
    NotPositive {
        /// The word of the parameter.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// kappa is not known.
    #[error(
        "no signal: the statement is about the tails of lambda_k C_kk,0, so a signal exponent kappa is needed"
    )]
    NoSignal,
    /// nu <= 1/2: Tr H^2 is infinite.
    #[error(
        "nu = {0} is at most 1/2 (immediate divergence): Tr H^2 is infinite and with noise the loss is infinite after one step; nu > 1 is assumed"
    )]
    ImmediateDivergence(f64),
    /// 1/2 < nu <= 1: Tr H is infinite.
    #[error(
        "nu = {0} lies in (1/2, 1] (eventual divergence): Tr H is infinite, with noise U(1) is too and the loss diverges in the end; nu > 1 is assumed"
    )]
    EventualDivergence(f64),
    /// nu is not in (1/2, 1).
    #[error("{}", outside_proposition_11(.0))]
    NotEventualDivergence(f64),
    /// gamma = 0.
    #[error(
        "there is no noise (noise amplitude 0), and the statement is about its effect; without noise L_t ~ (193) at all large t"
    )]
    NoNoise,
    /// alpha at or above the noiseless edge.
    #[error(
        "the learning rate {learning_rate} is not below the noiseless edge {edge}, which Proposition 3 assumes"
    )]
    BeyondNoiselessEdge {
        /// alpha.
        learning_rate: f64,
        /// `2 (1+b)/lambda_max`, for tau < 0 the extended edge.
        edge: f64,
    },
    /// U(1) >= 1.
    #[error(
        "U(1) = {0} is not below 1: the loss diverges exponentially, while convergence is assumed"
    )]
    NotConvergent(f64),
    /// U(1) = 1 within rounding.
    #[error("U(1) = {0} is 1 within rounding: convergence cannot be decided")]
    Undecided(f64),
    /// zeta <= 1 where V(1) or Tr C0 enters.
    #[error(
        "zeta = {0} is at most 1: Tr C0 and V(1) are infinite, and the statement contains one of them"
    )]
    InfiniteTraceOfCovariance(f64),
    /// zeta >= 1 where the early regime of E.4 assumes less.
    #[error("zeta = {0} is not below 1: the early regime (183)-(200) assumes zeta < 1")]
    ZetaNotBelowOne(f64),
    /// Another phase than the one the statement is about.
    #[error("the phase is {found}, and the statement is about the {needed} phase", found = .found.name(), needed = .needed.name())]
    WrongPhase {
        /// The phase of the exponents.
        found: Phase,
        /// The phase that is needed.
        needed: Phase,
    },
    /// s outside the range of Lemma 2.
    #[error("the exponent s = {s} is outside {range}, the range of this part of Lemma 2")]
    LemmaExponent {
        /// s.
        s: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// A step or a distance outside the range of a formula.
    #[error("{name} = {value} is outside {range}")]
    Argument {
        /// The word of the argument.
        name: &'static str,
        /// The value.
        value: f64,
        /// What is allowed.
        range: &'static str,
    },
    /// A constant that f64 does not hold.
    #[error("{0} leaves the range of f64 for these exponents and scales")]
    Range(&'static str),
}

/// `value`, if it is positive and finite.
pub(crate) fn positive(name: &'static str, value: f64) -> Result<f64, AsymptoticsError> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(AsymptoticsError::NotPositive { name, value })
    }
}

fn outside_proposition_11(nu: &f64) -> String {
    if *nu == 1.0 {
        return "nu = 1 diverges in the end too, since Tr H is infinite, but (171) has no limit there: 1 - r_L is no power of the learning rate; Theorem 2 assumes nu > 1".to_owned();
    }
    format!(
        "nu = {nu} is outside (1/2, 1): Proposition 11 and E.4 are about eventual divergence only"
    )
}
