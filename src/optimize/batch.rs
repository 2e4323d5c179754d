//! Batch sizes: the limit of linear scaling (E.5) and the best one for a budget of samples.
//!
//! With `x = 2/(gamma alpha_eff)` and `delta = (1-b)/(gamma (1+b))` the constant (28a) is
//!
//! ```text
//! C_s = (K/2) Gamma(zeta+1) (4 Lambda/gamma)^-zeta  x^zeta/(1 - f(x)),   f(x) = sum lambda_k/((tau - delta) lambda_k + x)
//! ```
//!
//! As the momentum goes to 1, delta goes to 0 and the minimum over the learning rate to
//! `min_{x > lambda_crit} x^zeta/(1 - f(x))`, which does not know gamma: with gamma = 1/b the loss depends on
//! b t only, and doubling the batch halves the steps. A largest momentum leaves delta > 0, which grows
//! with b: linear scaling ends where the minimum exceeds its limit by a tolerance.

use super::OptimizeError;
use super::objective::Goal;
use super::search::{OptimumReport, Problem, optimize};
use crate::asymptotics::{Phase, TailLaw};
use crate::moment::{HyperparameterError, noise_amplitude_of_batch};
use crate::spectrum::Spectrum;
use statrs::function::gamma::gamma;

/// Bisections of one minimum or root.
const BISECTIONS: usize = 200;
/// Batch sizes beyond this are not looked at.
const LARGEST_BATCH: f64 = 1e18;

/// The limit of E.5: see [`signal_limit`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalLimit {
    /// `min_{x > lambda_crit} x^zeta/(1 - f(x))`.
    pub minimum: f64,
    /// Where: the best alpha_eff is 2/(gamma x). For tau = 0 it is (1 + 1/zeta) Tr H.
    pub x: f64,
    /// `(K/2) Gamma(zeta+1) (4 Lambda)^-zeta minimum`: times gamma^zeta it is the smallest C_s.
    pub constant: f64,
}

/// f and -f' at x.
fn sums(spectrum: &Spectrum, tau: f64, delta: f64, x: f64) -> [f64; 2] {
    let mut total = [0.0; 2];
    for (l, m) in spectrum.eigenvalues().iter().zip(spectrum.multiplicities()) {
        let d = (tau - delta) * l + x;
        total[0] += m * l / d;
        total[1] += m * l / (d * d);
    }
    total
}

/// The minimum of `x^zeta/(1 - f(x))` and its place: `zeta (1 - f) = -x f'`.
fn minimum(spectrum: &Spectrum, zeta: f64, tau: f64, delta: f64) -> [f64; 2] {
    let largest = spectrum.largest();
    // All denominators are positive from here on; f falls, and f <= trace/(x - pole) < 1/2 at the top.
    let pole = ((delta - tau) * largest).max(0.0);
    let (mut low, mut high) = (
        pole,
        pole + 2.0 * (1.0 + 1.0 / zeta) * spectrum.trace() + largest,
    );
    // Beyond the minimum zeta (1 - f) exceeds -x f'.
    let beyond = |x: f64| {
        let [f, slope] = sums(spectrum, tau, delta, x);
        f < 1.0 && zeta * (1.0 - f) > x * slope
    };
    while !beyond(high) && high < f64::MAX / 4.0 {
        high *= 2.0;
    }
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if beyond(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    let x = high;
    let [f, _] = sums(spectrum, tau, delta, x);
    [x.powf(zeta) / (1.0 - f), x]
}

fn signal_phase(tail: &TailLaw, spectrum: &Spectrum) -> Result<(), OptimizeError> {
    tail.require(Phase::SignalDominated)?;
    if spectrum.infinite_trace() {
        return Err(OptimizeError::nothing_stable(spectrum));
    }
    Ok(())
}

/// The limit of C_s/gamma^zeta over all learning rates and momenta, E.5 of the paper made exact.
///
/// # What this does not mean
/// The limit is approached as momentum goes to 1, never attained, and it is about t -> infinity.
///
/// # Errors
/// Another phase than the signal-dominated one, tau > 1.
pub fn signal_limit(
    tail: &TailLaw,
    spectrum: &Spectrum,
    tau: f64,
) -> Result<SignalLimit, OptimizeError> {
    signal_phase(tail, spectrum)?;
    if !(tau <= 1.0 && tau.is_finite()) {
        return Err(HyperparameterError::Tau(tau).into());
    }
    let zeta = tail.zeta();
    let [least, x] = minimum(spectrum, zeta, tau, 0.0);
    let scale =
        0.5 * tail.signal_scale() * gamma(zeta + 1.0) * (4.0 * tail.eigenvalue_scale()).powf(-zeta);
    Ok(SignalLimit {
        minimum: least,
        x,
        constant: scale * least,
    })
}

/// The batch size (a real number) at which linear scaling has lost `tolerance`: where `b^zeta` times
/// the smallest C_s over learning rates, at the largest momentum allowed and gamma = 1/b, exceeds its
/// limit by that share (0.1: 10 %). Below it, doubling the batch halves the steps. Infinite
/// beyond 1e18.
///
/// # What this does not mean
/// It is about (28a), for t -> infinity, and about the best learning rate of each batch size: with a fixed one linear
/// scaling ends sooner. Larger batches still help, by less than their size.
///
/// # Errors
/// As [`signal_limit`]; a momentum outside (-1, 1) or a tolerance that is not positive.
pub fn linear_scaling_end(
    tail: &TailLaw,
    spectrum: &Spectrum,
    tau: f64,
    largest_momentum: f64,
    tolerance: f64,
) -> Result<f64, OptimizeError> {
    if !(largest_momentum > -1.0 && largest_momentum < 1.0) {
        return Err(HyperparameterError::Momentum(largest_momentum).into());
    }
    if !(tolerance > 0.0 && tolerance.is_finite()) {
        return Err(OptimizeError::Tolerance(tolerance));
    }
    let limit = signal_limit(tail, spectrum, tau)?.minimum;
    let unit = (1.0 - largest_momentum) / (1.0 + largest_momentum);
    let lost = |batch: f64| {
        let [least, _] = minimum(spectrum, tail.zeta(), tau, unit * batch);
        least > limit * (1.0 + tolerance)
    };
    if !lost(LARGEST_BATCH) {
        return Ok(f64::INFINITY);
    }
    let (mut low, mut high) = (-700.0_f64, LARGEST_BATCH.ln());
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if lost(middle.exp()) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high.exp())
}

/// [`linear_scaling_end`] for batches from N = `dataset_size` points, `None` being infinitely many.
///
/// There `gamma b = 1 - (b-1)/(N-1)`: the end is given where that share is at most the tolerance.
///
/// # Errors
/// As [`linear_scaling_end`]; an end that is not well below N.
pub fn linear_scaling_end_in_dataset(
    tail: &TailLaw,
    spectrum: &Spectrum,
    tau: f64,
    largest_momentum: f64,
    tolerance: f64,
    dataset_size: Option<u64>,
) -> Result<f64, OptimizeError> {
    let end = linear_scaling_end(tail, spectrum, tau, largest_momentum, tolerance)?;
    match dataset_size {
        Some(n) if end > 1.0 + tolerance * (n as f64 - 1.0) => Err(OptimizeError::NearFullBatch {
            end,
            dataset_size: n,
        }),
        _ => Ok(end),
    }
}

/// The best batch size for a budget: see [`optimize_budget`].
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetOptimum {
    /// b.
    pub batch_size: u64,
    /// T = budget / b, rounded down.
    pub steps: u64,
    /// The optimum at that batch size.
    pub report: OptimumReport,
    /// Every batch size tried with log10 of its best loss, ascending.
    pub tried: Vec<(u64, f64)>,
}

/// The batch size, learning rate and momentum with the smallest loss after `budget` samples,
/// `T = budget / b`: powers of 2 first, then between the best and its neighbours.
///
/// `problem.noise_amplitude` is not used: it follows from b and `dataset_size` (`None`: infinite).
///
/// # What this does not mean
/// Batch sizes between those tried are not looked at, and a budget counts samples, not time: larger batches may be
/// cheaper for each of them.
///
/// # Errors
/// A budget of 0, and as [`optimize`].
pub fn optimize_budget(
    problem: &Problem<'_>,
    dataset_size: Option<u64>,
    budget: u64,
) -> Result<BudgetOptimum, OptimizeError> {
    let largest = dataset_size.unwrap_or(u64::MAX).min(budget);
    if largest == 0 {
        return Err(OptimizeError::Budget(budget));
    }
    let mut runs: Vec<(u64, OptimumReport)> = Vec::new();
    let mut batch = 1;
    let mut worse = 0;
    while batch <= largest && worse < 4 {
        runs.push((batch, at_batch(problem, dataset_size, budget, batch)?));
        let least = runs
            .iter()
            .map(|(_, run)| run.best.log10_value)
            .fold(f64::INFINITY, f64::min);
        // Four doublings without a gain: larger batches only lose steps.
        worse = if runs
            .last()
            .is_some_and(|(_, run)| run.best.log10_value > least)
        {
            worse + 1
        } else {
            0
        };
        batch = batch.saturating_mul(2);
    }
    for _ in 0..3 {
        runs.sort_by_key(|(batch, _)| *batch);
        let Some(best) = least(&runs) else { break };
        let near = [best.checked_sub(1), Some(best + 1)];
        let middles: Vec<u64> = near
            .into_iter()
            .flatten()
            .filter_map(|other| runs.get(other))
            .map(|(batch, _)| batch.midpoint(runs[best].0))
            .collect();
        for batch in middles {
            if !runs.iter().any(|(known, _)| *known == batch) {
                runs.push((batch, at_batch(problem, dataset_size, budget, batch)?));
            }
        }
    }
    runs.sort_by_key(|(batch, _)| *batch);
    let tried = runs
        .iter()
        .map(|(batch, run)| (*batch, run.best.log10_value))
        .collect();
    let best = least(&runs).ok_or(OptimizeError::Budget(budget))?;
    let (batch_size, report) = runs.swap_remove(best);
    Ok(BudgetOptimum {
        batch_size,
        steps: budget / batch_size,
        report,
        tried,
    })
}

fn least(runs: &[(u64, OptimumReport)]) -> Option<usize> {
    (0..runs.len()).min_by(|&i, &j| {
        runs[i]
            .1
            .best
            .log10_value
            .total_cmp(&runs[j].1.best.log10_value)
    })
}

fn at_batch(
    problem: &Problem<'_>,
    dataset_size: Option<u64>,
    budget: u64,
    batch: u64,
) -> Result<OptimumReport, OptimizeError> {
    let problem = Problem {
        noise_amplitude: noise_amplitude_of_batch(batch, dataset_size)?,
        ..*problem
    };
    optimize(&problem, Goal::Step(budget / batch))
}
