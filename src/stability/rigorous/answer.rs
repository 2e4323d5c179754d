//! What rigorous evaluation answers with.

use crate::generating::rigorous::RigorousError;
use crate::number::Ball;

/// What is proved about the loss.
#[derive(Debug, Clone, PartialEq)]
pub enum RigorousVerdict {
    /// The loss converges: a theorem with the numbers enclosed.
    ProvedStable,
    /// The loss diverges exponentially: the same.
    ProvedUnstable,
    /// nu <= 1/2 and noise: infinite after one step.
    ImmediateDivergence,
    /// nu <= 1 and noise: diverges at any learning rate.
    EventualDivergence,
    /// No sign was decided.
    Unknown {
        /// Which test.
        test: &'static str,
        /// The half-width of the enclosure of the quantity tested that would decide it: the distance
        /// of its midpoint from the critical value. 0 where the two agree to all bits tried; `None`
        /// where the test is not of this kind.
        deciding_width: Option<f64>,
    },
}

impl RigorousVerdict {
    /// The word in JSON, as in [`crate::stability::Verdict`].
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ProvedStable => "stable",
            Self::ProvedUnstable => "unstable",
            Self::ImmediateDivergence => "immediate-divergence",
            Self::EventualDivergence => "eventual-divergence",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// A quantity that may be infinite or without meaning.
#[derive(Debug, Clone)]
pub enum Enclosed {
    /// Finite.
    Finite(Ball),
    /// Infinite, by a theorem on the exponents.
    Infinite,
    /// Without meaning here, or refused, with the reason.
    Absent(String),
}

impl Enclosed {
    pub(super) fn of(result: Result<Ball, RigorousError>) -> Self {
        result.map_or_else(|error| Self::Absent(error.to_string()), Self::Finite)
    }
}

/// The verdict with everything it rests on.
#[derive(Debug, Clone)]
pub struct RigorousStability {
    /// The verdict.
    pub verdict: RigorousVerdict,
    /// U(1).
    pub noise_function_at_1: Enclosed,
    /// V(1).
    pub signal_function_at_1: Enclosed,
    /// The edge; 0 where there is none.
    pub critical_learning_rate: Enclosed,
    /// 2 (1+b)/lambda_max.
    pub noiseless_critical_learning_rate: Enclosed,
    /// lambda_crit.
    pub critical_regularization: Enclosed,
    /// r_L.
    pub convergence_radius: Enclosed,
    /// 1 - r_L, with its own digits.
    pub convergence_radius_complement: Enclosed,
}
