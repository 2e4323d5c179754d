//! What "measured" means: divergence by iterating, its edge, exponents of curves.
//!
//! | word | definition |
//! |---|---|
//! | SE diverges within T | the SE loss, iterated step by step (65) with all modes, exceeds 1e6 L_0 before T, or L_T > L_(T/2) |
//! | sampled SGD diverges within T | at least half of the seeds end with L_T >= L_0 (or infinite) |
//! | measured edge | the learning rate, bisected to 0.5%, below which the run does not diverge |
//!
//! The first is about the mean over all batches. The second is about typical runs: near the edge the
//! mean is made by rare large losses, so that the typical run still converges above the edge of the
//! mean; a sampled edge lies above or below the predicted one by more than an SE edge does.
//! Both see T steps only: a divergence that is slower than T, or hidden behind a decaying start, is
//! missed, so that a measured edge tends to lie above the exact one, by less for larger T.

use super::ExperimentError;
use crate::dynamics::sampled::{SampledConfig, Schedule, StepSize, simulate};
use crate::dynamics::{KernelView, SeRecursion};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use std::ops::ControlFlow;

/// Beyond this multiple of L_0 a run counts as diverged.
pub const FAR: f64 = 1e6;
/// Steps between two looks at the loss.
const LOOK: u64 = 64;
/// Relative width at which a bisection stops.
const EDGE_WIDTH: f64 = 0.005;

/// The end of an iterated run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending {
    /// See the module's head.
    pub diverged: bool,
    /// log10 of L_T/L_0; of the last loss seen if the run was stopped.
    pub log10_ratio: f64,
}

/// Iterates the SE recursion for `steps` steps.
///
/// # Errors
/// A spectrum without signal, or whose loss is infinite after one step.
pub fn iterate_se(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: u64,
) -> Result<Ending, ExperimentError> {
    let mut run = SeRecursion::new(spectrum, parameters)?;
    let start = run.loss();
    let limit = FAR * start;
    let mut advance_to = |target: u64| loop {
        let left = target - run.steps();
        let loss = run.loss();
        if left == 0 || loss.is_nan() || loss > limit {
            return loss;
        }
        run.advance_by(left.min(LOOK));
    };
    let half = advance_to(steps / 2);
    let last = advance_to(steps);
    let far = last.is_nan() || last > limit || half > limit;
    Ok(Ending {
        diverged: far || last > half,
        log10_ratio: (last / start).log10(),
    })
}

/// Bisects the edge of a verdict in `[low, high]`, where it is false at `low` and true at `high`.
fn bisect(
    [mut low, mut high]: [f64; 2],
    diverges: &dyn Fn(f64) -> Result<bool, ExperimentError>,
) -> Result<f64, ExperimentError> {
    if diverges(low)? {
        return Ok(f64::NAN);
    }
    if !diverges(high)? {
        return Ok(f64::INFINITY);
    }
    while high / low > 1.0 + EDGE_WIDTH {
        let middle = (low * high).sqrt();
        if diverges(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok((low * high).sqrt())
}

/// The measured edge of SE in `[low, high]`; NaN if `low` diverges, infinite if `high` does not.
///
/// # Errors
/// As [`iterate_se`].
pub fn se_edge(
    spectrum: &Spectrum,
    at: &dyn Fn(f64) -> Result<Hyperparameters, ExperimentError>,
    range: [f64; 2],
    steps: u64,
) -> Result<f64, ExperimentError> {
    bisect(range, &|rate| {
        Ok(iterate_se(spectrum, &at(rate)?, steps)?.diverged)
    })
}

/// A kernel with its initial residual, for sampled runs.
#[derive(Debug, Clone, Copy)]
pub struct SampledProblem<'a> {
    /// K, with the eigenvalues of the Hessian.
    pub kernel: KernelView<'a>,
    /// f_0 - y.
    pub residual: &'a [f64],
    /// b.
    pub batch_size: u64,
    /// Runs.
    pub seeds: u64,
    /// The master seed.
    pub master_seed: u64,
}

/// Runs sampled SGD; `diverged` and the median over seeds of log10(L_T/L_0).
///
/// # Errors
/// Settings out of range.
pub fn iterate_sampled(
    problem: &SampledProblem<'_>,
    [learning_rate, momentum]: [f64; 2],
    steps: u64,
) -> Result<Ending, ExperimentError> {
    let schedule = Schedule::Constant(StepSize::new(learning_rate, momentum)?);
    let n = problem.kernel.dataset_size() as u64;
    let config = SampledConfig::new(n, problem.batch_size, schedule, vec![0, steps])?
        .with_seeds(problem.seeds)?
        .with_master_seed(problem.master_seed);
    let run = simulate(problem.kernel, problem.residual, &config, &|_| {
        ControlFlow::Continue(())
    })?;
    let mut ratios: Vec<f64> = run
        .losses()
        .iter()
        .map(|row| match row[..] {
            [start, end] if end.is_finite() => end / start,
            _ => f64::INFINITY,
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    let bad = ratios.iter().filter(|r| **r >= 1.0).count();
    Ok(Ending {
        diverged: 2 * bad >= ratios.len(),
        log10_ratio: ratios[ratios.len() / 2].log10(),
    })
}

/// The measured edge of sampled SGD in `[low, high]`, as [`se_edge`].
///
/// # Errors
/// As [`iterate_sampled`].
pub fn sampled_edge(
    problem: &SampledProblem<'_>,
    momentum: f64,
    range: [f64; 2],
    steps: u64,
) -> Result<f64, ExperimentError> {
    bisect(range, &|rate| {
        Ok(iterate_sampled(problem, [rate, momentum], steps)?.diverged)
    })
}

/// The exponent xi of `C t^-xi` through points (t, L), by least squares of the logarithms.
pub fn fitted_exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points
        .iter()
        .filter(|(t, l)| *t > 0.0 && *l > 0.0)
        .map(|(t, l)| (t.ln(), l.ln()))
        .collect();
    let n = logs.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| logs.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let cov: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let var: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    -cov / var
}

/// `count` steps from 1 to `last`, evenly on a logarithmic scale, rounded, without repetition.
pub fn log_steps(last: u64, count: usize) -> Vec<u64> {
    let mut steps: Vec<u64> = (0..count)
        .map(|k| {
            let share = k as f64 / (count.max(2) - 1) as f64;
            (last as f64).powf(share).round() as u64
        })
        .collect();
    steps.dedup();
    steps
}

/// `count` numbers from `low` to `high`, evenly.
pub fn linear(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|k| low + (high - low) * k as f64 / (count.max(2) - 1) as f64)
        .collect()
}

/// The largest; NaN of nothing, and where one is NaN.
pub fn largest(values: impl IntoIterator<Item = f64>) -> f64 {
    values
        .into_iter()
        .reduce(|a, b| if a.is_nan() || b <= a { a } else { b })
        .unwrap_or(f64::NAN)
}

/// The median; NaN of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut list: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
    list.sort_by(f64::total_cmp);
    match list.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => list[n / 2],
        n => 0.5 * (list[n / 2 - 1] + list[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mode_without_noise_diverges_exactly_beyond_two() {
        let one = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
        let at = |rate: f64| Ok(Hyperparameters::new(rate, 0.0, 0.0, 1.0)?);
        for (rate, expected) in [(1.9, false), (2.1, true)] {
            let end = iterate_se(&one, &at(rate).unwrap(), 400).unwrap();
            assert_eq!(end.diverged, expected);
        }
        let edge = se_edge(&one, &at, [0.1, 5.0], 400).unwrap();
        assert!((edge / 2.0 - 1.0).abs() < 0.01, "{edge}");
        assert!(se_edge(&one, &at, [3.0, 5.0], 400).unwrap().is_nan());
        assert_eq!(se_edge(&one, &at, [0.1, 1.0], 400).unwrap(), f64::INFINITY);
    }

    #[test]
    fn a_full_batch_of_one_point_diverges_beyond_two_as_well() {
        let problem = SampledProblem {
            kernel: KernelView::new(1, &[1.0]).unwrap(),
            residual: &[1.0],
            batch_size: 1,
            seeds: 3,
            master_seed: 1,
        };
        assert!(!iterate_sampled(&problem, [1.9, 0.0], 200).unwrap().diverged);
        assert!(iterate_sampled(&problem, [2.1, 0.0], 200).unwrap().diverged);
    }

    #[test]
    fn the_exponent_of_a_power_law_is_found_and_of_a_constant_is_zero() {
        let law: Vec<(f64, f64)> = [1.0f64, 10.0, 100.0]
            .map(|t| (t, 3.0 * t.powf(-0.7)))
            .into();
        assert!((fitted_exponent(&law) - 0.7).abs() < 1e-12);
        assert!(fitted_exponent(&[(1.0, 2.0), (9.0, 2.0)]).abs() < 1e-12);
        assert_eq!(log_steps(1000, 4), [1, 10, 100, 1000]);
        assert_eq!(median([3.0, f64::NAN, 1.0, 2.0]), 2.0);
        assert!(median([]).is_nan());
    }
}
