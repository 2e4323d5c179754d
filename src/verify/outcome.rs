//! What a check says.

use super::VerifyError;
use serde::Serialize;

/// The outcome of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The claim held within the stated limit.
    Passed,
    /// It did not.
    Failed,
    /// A model error, stated and compared with a documented bound; it is no pass or fail of the
    /// theory, which does not claim equality here.
    Reported,
}

/// One claim, how it was checked, and what came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// A short name.
    pub name: &'static str,
    /// What is claimed.
    pub claim: String,
    /// How it was checked.
    pub method: String,
    /// The worst deviation, in words with its unit.
    pub deviation: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Further lines: settings, warnings.
    pub details: Vec<String>,
    /// Time taken.
    pub seconds: f64,
}

impl Check {
    /// Runs `body`, which returns whether the claim held, the deviation and details, and times it.
    pub(super) fn timed(
        name: &'static str,
        claim: &str,
        method: &str,
        body: impl FnOnce() -> Result<(bool, String, Vec<String>), VerifyError>,
    ) -> Result<Self, VerifyError> {
        let start = std::time::Instant::now();
        let (held, deviation, details) = body()?;
        Ok(Self {
            name,
            claim: claim.to_owned(),
            method: method.to_owned(),
            deviation,
            outcome: if held {
                Outcome::Passed
            } else {
                Outcome::Failed
            },
            details,
            seconds: start.elapsed().as_secs_f64(),
        })
    }
}
