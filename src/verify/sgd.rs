//! Theory against sampled SGD on real data.
//!
//! Two comparisons, of different kinds:
//!
//! * **exact against sampled** (`mnist:200`): second moments averaged over all batches
//!   (Proposition 6, no approximation) against the mean of many sampled runs. Equality is claimed,
//!   so this passes or fails: each |z|, turned into the z of its Bonferroni-corrected p-value for
//!   the number of comparisons made, must stay below 4. Learning rates are at most half the edge,
//!   where single runs have light enough tails for a normal mean; tails are diagnosed and named.
//! * **SE against exact** (`mnist:200`) and **SE against sampled** (`mnist:1000`): the SE
//!   approximation is a model, so its distance is a model error, reported in percent and compared
//!   with a documented bound. Against exact moments there is no sampling noise; against samples
//!   the part above the bound must be less than the corrected |z| limit in standard errors, and
//!   the report says whether any error is significant at all.

use super::{Check, Effort, Outcome, VerifyError};
use crate::dynamics::sampled::{SampledConfig, SampledRun, Schedule, StepSize, simulate};
use crate::dynamics::{ExactMoments, KernelView, SeRecursion};
use crate::kernel::{self, KernelProblem};
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::stability::checked;
use statrs::distribution::{ContinuousCDF, Normal};
use std::ops::ControlFlow;

/// The corrected |z| must stay below this.
const Z_LIMIT: f64 = 4.0;
/// The documented bound of the SE model error (tau = 1) on the digits, in percent of the loss.
///
/// Measured at the settings and steps below, against exact second moments and therefore free of
/// sampling noise: at most 0.21 % for `mnist:200` and 0.31 % for `mnist:1000` (batch 10, momentum
/// 0.9, step 100); at most 0.1 % in the settings with momentum 0, -0.3 and 0.5. With 4,096 seeds
/// sampled SGD on `mnist:1000` agreed with the exact moments to 1.6 standard errors (0.1 % to
/// 1.2 % of the loss), so no sampled run of reasonable length resolves the error.
const SE_BOUND_PERCENT: f64 = 1.0;
/// Seeds of the quick comparison with exact moments: enough to see a noise amplitude that is off
/// by a tenth (a test; 1,024 are not: |z| was 3.4).
const QUICK_SEEDS: u64 = 4096;
/// The steps compared.
const STEPS: [u64; 5] = [1, 3, 10, 30, 100];
/// The master seed of every simulation here.
pub const SAMPLING_SEED: u64 = 20_230_501;

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
            let rate = share * checked::critical_learning_rate(&spectrum, momentum, gamma, 1.0);
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
    .with_master_seed(SAMPLING_SEED);
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

/// Theory beside a sampled mean, at one step.
#[derive(Debug, Clone, Copy)]
struct Comparison {
    step: u64,
    theory: f64,
    mean: f64,
    standard_error: f64,
}

impl Comparison {
    fn z(&self) -> f64 {
        (self.theory - self.mean) / self.standard_error
    }

    fn percent(&self) -> f64 {
        100.0 * (self.theory / self.mean - 1.0)
    }

    /// Standard errors by which the two differ beyond `percent` of the mean; negative within.
    fn excess(&self, percent: f64) -> f64 {
        ((self.theory - self.mean).abs() - 0.01 * percent * self.mean) / self.standard_error
    }
}

/// The largest of some scores; NaN (a standard error of zero with a deviation of zero, say) counts
/// as infinite, so that it cannot pass.
fn largest(scores: impl Iterator<Item = f64>) -> f64 {
    scores.fold(0.0, |most: f64, z| {
        if z.is_nan() {
            f64::INFINITY
        } else {
            most.max(z)
        }
    })
}

/// Claimed equality: the largest |z|, corrected for the number of comparisons.
fn judge_equality(comparisons: &[Comparison]) -> (bool, String) {
    let worst = largest(comparisons.iter().map(|c| c.z().abs()));
    let adjusted = corrected(worst, comparisons.len());
    let deviation = format!(
        "largest |z| {worst:.2} of {} comparisons, corrected {adjusted:.2}",
        comparisons.len()
    );
    (adjusted < Z_LIMIT, deviation)
}

/// Claimed nearness: no difference may exceed `percent` by more than sampling explains.
fn judge_nearness(comparisons: &[Comparison], percent: f64) -> (bool, String) {
    let excess = largest(comparisons.iter().map(|c| c.excess(percent)));
    let worst = largest(comparisons.iter().map(|c| c.z().abs()));
    let most = largest(comparisons.iter().map(|c| c.percent().abs()));
    let significant = if corrected(worst, comparisons.len()) < Z_LIMIT {
        "not significant"
    } else {
        "significant"
    };
    let deviation = format!("{most:.1} % at most, {worst:.1} se at most: {significant}");
    let held = worst.is_finite() && corrected(excess, comparisons.len()) < Z_LIMIT;
    (held, deviation)
}

/// Exact second moments of a setting at [`STEPS`].
fn exact_losses(problem: &KernelProblem, setting: &Setting) -> Result<Vec<f64>, VerifyError> {
    let fail = VerifyError::part("exact moments");
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
        .map_err(|e| fail(&e))?;
    let mut exact = ExactMoments::new(view, &problem.initial_residual(), setting.batch)
        .map_err(|e| fail(&e))?;
    let p = &setting.hyperparameters;
    let mut losses = Vec::new();
    for step in STEPS {
        while exact.steps() < step {
            exact
                .step(p.learning_rate(), p.momentum())
                .map_err(|e| fail(&e))?;
        }
        losses.push(exact.loss());
    }
    Ok(losses)
}

/// The SE recursion of a setting at [`STEPS`].
fn se_losses(problem: &KernelProblem, setting: &Setting) -> Result<Vec<f64>, VerifyError> {
    let fail = VerifyError::part("SE recursion");
    let spectrum = problem.spectrum().map_err(|e| fail(&e))?;
    let mut run = SeRecursion::new(&spectrum, &setting.hyperparameters).map_err(|e| fail(&e))?;
    Ok(STEPS
        .map(|step| run.advance_by(step - run.steps()))
        .to_vec())
}

/// What theory says of a setting at [`STEPS`].
type Theory = fn(&KernelProblem, &Setting) -> Result<Vec<f64>, VerifyError>;

/// Samples one setting, evaluates the theory at another (the same, unless a test wants it wrong).
fn compare(
    problem: &KernelProblem,
    theory: Theory,
    [sampled, meant]: [&Setting; 2],
    seeds: u64,
    details: &mut Vec<String>,
) -> Result<Vec<Comparison>, VerifyError> {
    let run = sample(problem, sampled, seeds)?;
    let losses = theory(problem, meant)?;
    let mut comparisons = Vec::new();
    for ((step, theory), statistics) in STEPS.into_iter().zip(losses).zip(run.statistics()) {
        comparisons.push(Comparison {
            step,
            theory,
            mean: statistics.mean,
            standard_error: statistics.standard_error,
        });
        for warning in statistics.tails.warnings() {
            details.push(format!("{}, step {step}: {warning}", sampled.label));
        }
    }
    let line: Vec<String> = comparisons
        .iter()
        .map(|c| format!("t={}: {:+.1} % ({:+.1} se)", c.step, c.percent(), c.z()))
        .collect();
    details.push(format!("{}: {}", sampled.label, line.join(", ")));
    Ok(comparisons)
}

fn compare_all(
    problem: &KernelProblem,
    theory: Theory,
    seeds: u64,
) -> Result<(Vec<Comparison>, Vec<String>), VerifyError> {
    let (mut all, mut details) = (Vec::new(), Vec::new());
    for setting in settings(problem)? {
        let both = [&setting, &setting];
        all.extend(compare(problem, theory, both, seeds, &mut details)?);
    }
    Ok((all, details))
}

/// A model error within its bound is reported, never passed.
fn reported(mut check: Check) -> Check {
    if check.outcome == Outcome::Passed {
        check.outcome = Outcome::Reported;
    }
    check
}

/// Sampled mean against exact second moments: pass or fail.
pub(super) fn exact_against_sampled(effort: Effort) -> Result<Check, VerifyError> {
    let seeds = match effort {
        Effort::Quick => QUICK_SEEDS,
        Effort::Standard | Effort::Full => 4 * QUICK_SEEDS,
    };
    Check::timed(
        "exact-against-sampled-sgd",
        "second moments averaged over all batches are the mean of sampled SGD (Proposition 6)",
        &format!(
            "mnist:200, {seeds} seeds, steps {STEPS:?}; corrected |z| < {Z_LIMIT} over all comparisons"
        ),
        || {
            let (comparisons, details) = compare_all(&kernel::mnist(200)?, exact_losses, seeds)?;
            let (held, deviation) = judge_equality(&comparisons);
            Ok((held, deviation, details))
        },
    )
}

/// SE theory against exact second moments: a model error without sampling noise.
pub(super) fn se_against_exact() -> Result<Check, VerifyError> {
    let check = Check::timed(
        "se-theory-against-exact-moments",
        "the SE approximation with tau = 1 is near the exact second moments on the digits",
        &format!("mnist:200, steps {STEPS:?}; a model error, bound {SE_BOUND_PERCENT} %"),
        || {
            let problem = kernel::mnist(200)?;
            let mut details = Vec::new();
            let mut most = 0.0;
            for setting in settings(&problem)? {
                let exact = exact_losses(&problem, &setting)?;
                let se = se_losses(&problem, &setting)?;
                let errors: Vec<f64> = exact
                    .iter()
                    .zip(se)
                    .map(|(exact, se)| 100.0 * (se / exact - 1.0))
                    .collect();
                most = largest(errors.iter().map(|e| e.abs()).chain([most]));
                let line: Vec<String> = STEPS
                    .iter()
                    .zip(errors)
                    .map(|(t, e)| format!("t={t}: {e:+.3} %"))
                    .collect();
                details.push(format!("{}: {}", setting.label, line.join(", ")));
            }
            let deviation = format!("{most:.2} % at most");
            Ok((most <= SE_BOUND_PERCENT, deviation, details))
        },
    )?;
    Ok(reported(check))
}

/// SE theory against sampled SGD: a model error, reported.
pub(super) fn se_against_sampled(effort: Effort) -> Result<Check, VerifyError> {
    let seeds = match effort {
        Effort::Quick => 512,
        Effort::Standard | Effort::Full => 4096,
    };
    let check = Check::timed(
        "se-theory-against-sampled-sgd",
        "the SE approximation with tau = 1 predicts the mean loss of SGD on the digits",
        &format!(
            "mnist:1000, {seeds} seeds, steps {STEPS:?}; a model error, bound {SE_BOUND_PERCENT} % beyond sampling noise"
        ),
        || {
            let (comparisons, details) = compare_all(&kernel::mnist(1000)?, se_losses, seeds)?;
            let (held, deviation) = judge_nearness(&comparisons, SE_BOUND_PERCENT);
            Ok((held, deviation, details))
        },
    )?;
    Ok(reported(check))
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

    /// Batch 10, momentum -0.3; and the same with another batch, rate or momentum.
    fn altered(problem: &KernelProblem, alter: impl FnOnce(&mut Setting)) -> [Setting; 2] {
        let pick = || settings(problem).unwrap().swap_remove(2);
        let mut wrong = pick();
        alter(&mut wrong);
        [pick(), wrong]
    }

    fn equality(alter: impl FnOnce(&mut Setting)) -> (bool, String) {
        let problem = kernel::mnist(200).unwrap();
        let [sampled, meant] = altered(&problem, alter);
        let mut details = Vec::new();
        let comparisons = compare(
            &problem,
            exact_losses,
            [&sampled, &meant],
            QUICK_SEEDS,
            &mut details,
        )
        .unwrap();
        judge_equality(&comparisons)
    }

    fn with(setting: &mut Setting, rate: f64, momentum: f64) {
        let p = &setting.hyperparameters;
        let (rate, momentum) = (rate * p.learning_rate(), momentum * p.momentum());
        setting.hyperparameters =
            Hyperparameters::new(rate, momentum, p.noise_amplitude(), p.tau()).unwrap();
    }

    #[test]
    fn right_moments_pass() {
        let (held, deviation) = equality(|_| ());
        assert!(held, "{deviation}");
    }

    #[test]
    fn a_noise_amplitude_off_by_a_tenth_fails() {
        // (N-b)/((N-1)b) at N = 200: batch 9 instead of 10 is 11.7 % more noise.
        let (held, deviation) = equality(|setting| setting.batch = 9);
        assert!(!held, "{deviation}");
    }

    #[test]
    fn a_learning_rate_off_by_a_twentieth_fails() {
        let (held, deviation) = equality(|setting| with(setting, 1.05, 1.0));
        assert!(!held, "{deviation}");
    }

    #[test]
    fn a_momentum_of_the_wrong_sign_fails() {
        let (held, deviation) = equality(|setting| with(setting, 1.0, -1.0));
        assert!(!held, "{deviation}");
    }

    #[test]
    fn a_score_that_is_no_number_fails() {
        let nothing = Comparison {
            step: 1,
            theory: 1.0,
            mean: 1.0,
            standard_error: 0.0,
        };
        assert!(!judge_equality(&[nothing]).0);
        assert!(!judge_nearness(&[nothing], 1.0).0);
    }

    #[test]
    fn a_model_error_fails_only_beyond_bound_and_noise() {
        let at = |theory, standard_error| Comparison {
            step: 1,
            theory,
            mean: 1.0,
            standard_error,
        };
        let judge = |c| judge_nearness(&[c], 1.0);
        assert!(
            judge(at(1.05, 0.02)).0,
            "5 % is 2 standard errors beyond 1 %"
        );
        assert!(
            !judge(at(1.05, 0.002)).0,
            "5 % is 20 standard errors beyond 1 %"
        );
        let (held, words) = judge(at(1.009, 0.001));
        assert!(held && words.ends_with(": significant"), "{words}");
        let (held, words) = judge(at(1.009, 0.01));
        assert!(held && words.ends_with(": not significant"), "{words}");
    }
}
