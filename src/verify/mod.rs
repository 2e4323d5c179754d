//! The checks behind `tauber verify`: each returns verdicts, none prints.
//!
//! | file | what is checked | by what |
//! |---|---|---|
//! | `batches` | Propositions 1 and 6 | all batches enumerated, exact rationals |
//! | `derivation` | S, numerators, R1 | the identity `n (1 - zA) = S p`, generic forms at polynomials |
//! | `hyperparameters` | Propositions 5 and 12, Section 6, E.5, the search, the fit | finite differences, grids, seeds |
//! | `lemmas` | the polynomial lemmas | their certificates, by the checker crate |
//! | `series` | U, V, L | closed forms against iteration, exactly and on real data |
//! | `verdicts` | stability verdicts and edges | both sides of the edge, spectral radius by iteration |
//! | `stability_propositions` | Section 5: Propositions 3, 4, 10 | spectral radii, certificates, random spectra, iteration |
//! | `power_laws` | Lemma 2, Theorem 2, (26), (29) | exact sums and losses of infinite laws |
//! | `eventual_divergence` | Proposition 11, E.4 | exact roots, losses and divergence times |
//! | `noise_models` | Propositions 2, 7, 8, 9, Theorem 1, D.2, Gaussian features | exact rationals, grids, random models |
//! | `tau_from_data` | the tau that best predicts the loss (F.4) | a torus grid; real data reported |
//! | `noise_trajectories` | Theorem 1 (1), the exact noise along trajectories, SE noises that are covariances | enumeration of batches, exact rationals |
//! | `appendices` | additive noise (G), convergence without noise (H) | exact fixed points, matrix powers |
//! | `limits`, `random_models`, `settings` | nothing: limits of sequences, random numbers and matrices, laws and momenta, for the others and the tests | |
//! | `sgd` | theory against sampled SGD | exact second moments: pass or fail; SE: model error reported |

mod appendices;
mod batches;
mod derivation;
mod eventual_divergence;
mod hyperparameters;
mod lemmas;
pub mod limits;
mod noise_models;
mod noise_trajectories;
mod outcome;
mod power_laws;
mod random_models;
mod series;
pub mod settings;
mod sgd;
mod stability_propositions;
mod tau_from_data;
mod verdicts;

pub use lemmas::{Lemma, lemmas};
pub use outcome::{Check, Outcome};
pub use sgd::SAMPLING_SEED;

use crate::kernel::KernelError;
use thiserror::Error;

/// How much to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Under 30 s on two cores.
    Quick,
    /// More seeds and more settings.
    Standard,
    /// Also every proposition of the paper.
    Full,
}

/// Why a check could not be run at all (which is not a failed check).
#[derive(Debug, Clone, PartialEq, Error)]
pub enum VerifyError {
    /// The shipped data could not be turned into a kernel.
    #[error("the shipped data: {0}")]
    Data(#[from] KernelError),
    /// A part refused its input.
    #[error("{check}: {message}")]
    Part {
        /// Which check.
        check: &'static str,
        /// What it said.
        message: String,
    },
}

impl VerifyError {
    fn part(check: &'static str) -> impl Fn(&dyn std::fmt::Display) -> Self {
        move |error| Self::Part {
            check,
            message: error.to_string(),
        }
    }
}

/// Runs every check; `progress` hears the name of each before it starts.
///
/// # Errors
/// A check that could not be run.
pub fn run(effort: Effort, progress: &dyn Fn(&str)) -> Result<Vec<Check>, VerifyError> {
    let mut checks = Vec::new();
    progress("derivation");
    checks.extend(derivation::checks()?);
    progress("lemmas");
    checks.extend(lemmas::checks()?);
    progress("series");
    checks.extend(series::checks()?);
    progress("verdicts");
    checks.extend(verdicts::checks()?);
    progress("exact second moments against sampled SGD");
    checks.push(sgd::exact_against_sampled(effort)?);
    progress("SE theory against exact second moments");
    checks.push(sgd::se_against_exact()?);
    progress("SE theory against sampled SGD");
    checks.push(sgd::se_against_sampled(effort)?);
    if effort == Effort::Full {
        for (name, part) in PROPOSITIONS {
            progress(name);
            checks.extend(part()?);
        }
    }
    Ok(checks)
}

/// A family of checks with its name.
type Part = (&'static str, fn() -> Result<Vec<Check>, VerifyError>);

/// What `Effort::Full` adds: one family of the paper's propositions a line.
const PROPOSITIONS: &[Part] = &[
    ("averages over batches", batches::checks),
    ("hyperparameters and fit", hyperparameters::checks),
    ("stability propositions", stability_propositions::checks),
    ("power laws", power_laws::checks),
    ("eventual divergence", eventual_divergence::checks),
    ("noise models", noise_models::checks),
    ("noise along trajectories", noise_trajectories::checks),
    ("appendices G and H", appendices::checks),
];
