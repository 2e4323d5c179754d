//! Theory against sampled SGD on real data.
//!
//! Two comparisons, of different kinds:
//!
//! * **exact against sampled** (`mnist:200`): second moments averaged over all batches
//!   (Proposition 6, no approximation) against the mean of many sampled runs. Equality is claimed,
//!   so this passes or fails: each |z|, turned into the z of its Bonferroni-corrected p-value for
//!   the number of comparisons made, must stay below 4. Learning rates are at most half the edge,
//!   where single runs have light enough tails for a normal mean; tails are diagnosed and named.
//! * **SE against sampled** (`mnist:1000`): the SE approximation is a model, so its distance is a
//!   model error: reported in percent and in standard errors, against a documented bound.

use super::{Check, Effort, Outcome, VerifyError};
use crate::dynamics::sampled::{
    LossStatistics, SampledConfig, SampledRun, Schedule, StepSize, simulate,
};
use crate::dynamics::{ExactMoments, KernelView, SeRecursion};
use crate::kernel::{self, KernelProblem};
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::stability::critical_learning_rate;
use statrs::distribution::{ContinuousCDF, Normal};
use std::ops::ControlFlow;

/// The corrected |z| must stay below this.
const Z_LIMIT: f64 = 4.0;
/// The documented bound of the SE model error (tau = 1) on the digits, in percent of the loss.
///
/// The largest error seen over the settings below with 4,096 seeds, rounded up generously; see
/// docs/COMPARE.md for the figures.
const SE_BOUND_PERCENT: f64 = 25.0;
/// The steps compared.
const STEPS: [u64; 5] = [1, 3, 10, 30, 100];
/// The master seed of every simulation here.
const SEED: u64 = 20_230_501;

/// Batch size, momentum, share of the edge.
const SETTINGS: [(u64, f64, f64); 4] = [
    (1, 0.0, 0.25),
    (10, 0.9, 0.5),
    (10, -0.3, 0.5),
    (50, 0.5, 0.5),
];

struct Setting {
    batch: u64,
    hyperparameters: Hyperparameters,
    label: String,
}

fn settings(problem: &KernelProblem) -> Result<Vec<Setting>, VerifyError> {
    let fail = VerifyError::part("sgd");
    let spectrum = problem.spectrum().map_err(|e| fail(&e))?;
    let n = problem.dataset_size() as u64;
    SETTINGS
        .into_iter()
        .map(|(batch, momentum, share)| {
            let gamma = noise_amplitude_of_batch(batch, Some(n)).map_err(|e| fail(&e))?;
            let rate = share * critical_learning_rate(&spectrum, momentum, gamma, 1.0);
            Ok(Setting {
                batch,
                hyperparameters: Hyperparameters::new(rate, momentum, gamma, 1.0)
                    .map_err(|e| fail(&e))?,
                label: format!("batch {batch}, momentum {momentum}, learning rate {rate:.4} ({share} of the edge)"),
            })
        })
        .collect()
}

fn sample(
    problem: &KernelProblem,
    setting: &Setting,
    seeds: u64,
) -> Result<SampledRun, VerifyError> {
    let fail = VerifyError::part("sgd");
    let n = problem.dataset_size();
    let view = KernelView::new(n, problem.kernel_row_major()).map_err(|e| fail(&e))?;
    let p = &setting.hyperparameters;
    let size = StepSize::new(p.learning_rate(), p.momentum()).map_err(|e| fail(&e))?;
    let config = SampledConfig::new(
        n as u64,
        setting.batch,
        Schedule::Constant(size),
        STEPS.to_vec(),
    )
    .and_then(|c| c.with_seeds(seeds))
    .map_err(|e| fail(&e))?
    .with_master_seed(SEED);
    simulate(view, &problem.initial_residual(), &config, &|_| {
        ControlFlow::Continue(())
    })
    .map_err(|e| fail(&e))
}

/// The z-score whose two-sided p-value is `comparisons` times that of `z`, capped at p = 1.
fn corrected(z: f64, comparisons: usize) -> f64 {
    let normal = Normal::standard();
    // The upper tail as the lower tail of -z: no digits lost for large z.
    let p = (2.0 * normal.cdf(-z.abs()) * comparisons as f64).min(1.0);
    if p > 0.0 {
        -normal.inverse_cdf(0.5 * p)
    } else {
        z.abs()
    }
}

/// Sampled mean against exact second moments: pass or fail.
pub(super) fn exact_against_sampled(effort: Effort) -> Result<Check, VerifyError> {
    let fail = VerifyError::part("exact-against-sampled");
    let seeds = match effort {
        Effort::Quick => 512,
        Effort::Standard => 4096,
    };
    Check::timed(
        "exact-against-sampled-sgd",
        "second moments averaged over all batches are the mean of sampled SGD (Proposition 6)",
        &format!(
            "mnist:200, {seeds} seeds, steps {STEPS:?}; corrected |z| < {Z_LIMIT} over all comparisons"
        ),
        || {
            let problem = kernel::mnist(200)?;
            let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
                .map_err(|e| fail(&e))?;
            let mut details = Vec::new();
            let mut scores = Vec::new();
            for setting in settings(&problem)? {
                let sampled = sample(&problem, &setting, seeds)?;
                let mut exact = ExactMoments::new(view, &problem.initial_residual(), setting.batch)
                    .map_err(|e| fail(&e))?;
                let p = &setting.hyperparameters;
                let mut worst = 0.0_f64;
                for (&step, statistics) in STEPS.iter().zip(sampled.statistics()) {
                    while exact.steps() < step {
                        exact
                            .step(p.learning_rate(), p.momentum())
                            .map_err(|e| fail(&e))?;
                    }
                    let z = (statistics.mean - exact.loss()) / statistics.standard_error;
                    worst = if z.abs() > worst.abs() { z } else { worst };
                    scores.push(z);
                    details.extend(tails(&setting, step, &statistics));
                }
                details.push(format!("{}: largest z {worst:+.2}", setting.label));
            }
            let worst = scores.iter().copied().fold(0.0, |w: f64, z| w.max(z.abs()));
            let adjusted = corrected(worst, scores.len());
            // NaN (a standard error of zero with a deviation of zero) must not pass silently.
            let finite = scores.iter().all(|z| z.is_finite());
            let deviation = format!(
                "largest |z| {worst:.2} of {} comparisons, corrected {adjusted:.2}",
                scores.len()
            );
            Ok((finite && adjusted < Z_LIMIT, deviation, details))
        },
    )
}

fn tails(setting: &Setting, step: u64, statistics: &LossStatistics) -> Vec<String> {
    statistics
        .tails
        .warnings()
        .iter()
        .map(|warning| format!("{}, step {step}: {warning}", setting.label))
        .collect()
}

/// SE theory against sampled SGD: a model error, reported.
pub(super) fn se_against_sampled(effort: Effort) -> Result<Check, VerifyError> {
    let fail = VerifyError::part("se-against-sampled");
    let seeds = match effort {
        Effort::Quick => 64,
        Effort::Standard => 512,
    };
    let mut check = Check::timed(
        "se-theory-against-sampled-sgd",
        "the SE approximation with tau = 1 predicts the mean loss of SGD on the digits",
        &format!(
            "mnist:1000, {seeds} seeds, steps {STEPS:?}; a model error, bound {SE_BOUND_PERCENT} %"
        ),
        || {
            let problem = kernel::mnist(1000)?;
            let spectrum = problem.spectrum().map_err(|e| fail(&e))?;
            let mut details = Vec::new();
            let mut worst = 0.0_f64;
            for setting in settings(&problem)? {
                let sampled = sample(&problem, &setting, seeds)?;
                let mut run =
                    SeRecursion::new(&spectrum, &setting.hyperparameters).map_err(|e| fail(&e))?;
                let mut line = Vec::new();
                for (&step, statistics) in STEPS.iter().zip(sampled.statistics()) {
                    let theory = run.advance_by(step - run.steps());
                    let percent = 100.0 * (theory / statistics.mean - 1.0);
                    let errors = (theory - statistics.mean) / statistics.standard_error;
                    worst = worst.max(percent.abs());
                    line.push(format!("t={step}: {percent:+.1} % ({errors:+.1} se)"));
                    details.extend(tails(&setting, step, &statistics));
                }
                details.push(format!("{}: {}", setting.label, line.join(", ")));
            }
            Ok((
                worst <= SE_BOUND_PERCENT,
                format!("{worst:.1} % at most"),
                details,
            ))
        },
    )?;
    if check.outcome == Outcome::Passed {
        check.outcome = Outcome::Reported;
    }
    Ok(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_correction_is_bonferroni() {
        // p(|z| > 3) = 0.0026998; 20 comparisons: 0.053996, z = 1.9270.
        assert!((corrected(3.0, 20) - 1.927).abs() < 1e-3);
        assert!((corrected(2.5, 1) - 2.5).abs() < 1e-9);
        assert_eq!(corrected(0.1, 50), 0.0);
        assert!(corrected(60.0, 20) > 37.0, "a hopeless z stays hopeless");
    }
}
