//! Three-valued verdicts.

use super::Certificate;
use crate::number::Rational;
use std::collections::BTreeMap;
use thiserror::Error;

/// What became of a statement. Never a bool, never a tolerance inside `Proved`.
///
/// # What this does not mean
/// `Unknown` says nothing about truth: the search gave up.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// A certificate that the checker accepted.
    Proved(Certificate),
    /// A rational point of the domain where the claim fails, evaluated exactly.
    Refuted(Witness),
    /// Neither was found.
    Unknown(Why),
}

impl Verdict {
    /// The word used in JSON: `proved`, `refuted` or `unknown`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proved(_) => "proved",
            Self::Refuted(_) => "refuted",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A point that satisfies every hypothesis and violates the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The value of each variable.
    pub point: BTreeMap<String, Rational>,
    /// (place of the goal, from 0; value of its polynomial there): the violated claim, or for a
    /// disjunction every goal. A value is negative, or zero where the goal is strict. Texts count from 1.
    pub values: Vec<(usize, Rational)>,
}

impl std::fmt::Display for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let point: Vec<String> = self
            .point
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let values: Vec<String> = self
            .values
            .iter()
            .map(|(goal, value)| format!("claim [{}] has the value {value}", goal + 1))
            .collect();
        write!(f, "at {}: {}", point.join(", "), values.join("; "))
    }
}

/// Why a search ended without an answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Why {
    /// The time given was used up.
    #[error("the time given ran out; give more with --timeout{}", also(.undecided.as_ref()))]
    OutOfTime {
        /// As in [`Exhausted`](Self::Exhausted).
        undecided: Option<String>,
    },
    /// The caller asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// Every strategy was tried within its limits.
    #[error("every strategy ended without a proof or a counterexample{}", also(.undecided.as_ref()))]
    Exhausted {
        /// How many boxes interval arithmetic could not decide, and one of them; `None` if it
        /// decided all, or found no point of the domain to start from.
        undecided: Option<String>,
    },
    /// A claim looks like a sum of squares, but not over the rationals.
    #[error(
        "claim [{}] is nearly a sum of squares in floats, but its Gram matrices have a kernel without short rationals \
         (as when it is zero, or almost zero, at irrational points), so no rational squares were found; a fact or a split of your own may help",
        goal + 1
    )]
    IrrationalKernel {
        /// The goal's place, from 0; texts count from 1.
        goal: usize,
    },
    /// A proof was found that the checker refuses: an error of this program.
    #[error("internal inconsistency: the checker rejects the certificate found ({0})")]
    Inconsistent(String),
}

fn also(undecided: Option<&String>) -> String {
    undecided.map_or_else(String::new, |boxes| format!("; undecided: {boxes}"))
}
