//! The exact second moments behind Figures 7 and 8: losses at every step, E of (241) at some.

use super::measure::log_steps;
use super::{Chain, ExperimentError, Points, Problem, Stop, Work, fingerprint};
use crate::dynamics::{ExactMoments, KernelView, LossFit, Space, fit_tau_to_losses, noise_quality};
use crate::kernel::KernelProblem;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::noise::DistanceError;
use crate::stability::checked;

/// Batch size of both figures.
pub(super) const BATCH: u64 = 10;
/// Numbers of E at a step: smallest E, its tau_1, tau_2, E and tau_2 at tau_1 = 1, axis ratio, Q.
pub(super) const QUALITY: usize = 9;

/// What the exact trajectory of one problem gave.
pub(super) struct Exact {
    /// The steps drawn, from 0.
    pub(super) steps: Vec<u64>,
    /// The losses there.
    pub(super) losses: Vec<f64>,
    /// E there; NaN where it or its minimum does not exist, or was not wanted.
    pub(super) quality: Vec<[f64; QUALITY]>,
    /// The tau of the loss, over all steps.
    pub(super) fit: LossFit,
    /// alpha times lambda_max.
    pub(super) rate: f64,
    /// gamma.
    pub(super) gamma: f64,
}

/// What exact and sampled runs depend on.
pub(super) fn settings(
    steps: &[u64],
    rate: f64,
    kernel: &KernelProblem,
) -> [(&'static str, String); 4] {
    [
        ("steps", format!("{steps:?}")),
        ("batch_size", BATCH.to_string()),
        ("learning_rate", format!("{rate:?}")),
        (
            "data",
            fingerprint(&[kernel.eigenvalues(), kernel.target()]),
        ),
    ]
}

/// A row a drawn step: its E, then the losses since the drawn step before it.
struct Trajectory<'a> {
    exact: ExactMoments,
    steps: &'a [u64],
    learning_rate: f64,
    with_quality: bool,
    losses: Vec<f64>,
}

impl Chain for Trajectory<'_> {
    fn row(&mut self, index: usize, stop: Stop<'_>) -> Result<Option<Vec<f64>>, ExperimentError> {
        if index == 0 {
            self.losses.push(self.exact.loss());
        }
        while self.exact.steps() < self.steps[index] {
            if stop() {
                return Ok(None);
            }
            let loss = self.exact.step(self.learning_rate, 0.0)?;
            self.losses.push(loss);
        }
        let mut row = vec![f64::NAN; QUALITY];
        if self.with_quality {
            row.copy_from_slice(&quality(&mut self.exact)?);
        }
        row.append(&mut self.losses);
        Ok(Some(row))
    }

    fn state(&self) -> Vec<f64> {
        let mut state = vec![self.exact.steps() as f64, self.losses.len() as f64];
        state.extend_from_slice(&self.losses);
        state.extend(self.exact.state());
        state
    }

    fn restore(&mut self, state: &[f64]) -> Result<(), ExperimentError> {
        // A state that is cut short is one of the wrong size.
        let (&[step, known], rest) = state.split_first_chunk().unwrap_or((&[0.0; 2], &[]));
        let (losses, moments) = rest.split_at(rest.len().min(known as usize));
        self.exact.restore(step as u64, moments)?;
        self.losses = losses.to_vec();
        Ok(())
    }
}

/// E at the present step. NaN: it has no value where the noise vanishes, and no best pair where the two
/// parts of SE noise are proportional.
fn quality(exact: &mut ExactMoments) -> Result<[f64; QUALITY], ExperimentError> {
    let found = match noise_quality(exact, Space::Parameter) {
        Ok(found) => found,
        Err(DistanceError::NoNoise | DistanceError::Proportional) => return Ok([f64::NAN; QUALITY]),
        Err(error) => return Err(error.into()),
    };
    let e = &found.distance;
    let best = found.best.unwrap_or([f64::NAN; 2]);
    let tau_2 = found.best_tau_at_tau_1_one;
    let form = e.quadratic_form()?;
    Ok([
        e.at(&best[0], &best[1])?,
        best[0],
        best[1],
        e.at(&1.0, &tau_2)?,
        tau_2,
        e.axis_ratio()?,
        form[0][0],
        form[0][1],
        form[1][1],
    ])
}

/// Runs or resumes the exact moments at half the exact edge, momentum 0; E only where it is wanted.
pub(super) fn exact(
    stage: &str,
    points: &Points,
    problem: &Problem,
    with_quality: bool,
    work: &mut Work<'_>,
) -> Result<Exact, ExperimentError> {
    let gamma = noise_amplitude_of_batch(BATCH, problem.dataset_size)?;
    let rate = 0.5 * checked::critical_learning_rate(&problem.spectrum, 0.0, gamma, 1.0);
    let last = work.scale.pick(300, 2_000);
    let steps: Vec<u64> = std::iter::once(0).chain(log_steps(last, 25)).collect();
    let kernel = &points.kernel;
    let view = KernelView::new(kernel.dataset_size(), kernel.kernel_row_major())?;
    let mut trajectory = Trajectory {
        exact: ExactMoments::new(view, &kernel.initial_residual(), BATCH)?,
        steps: &steps,
        learning_rate: rate / problem.largest_eigenvalue,
        with_quality,
        losses: Vec::new(),
    };
    // The losses since the drawn step before it.
    let counts: Vec<usize> = (std::iter::once(1))
        .chain(steps.windows(2).map(|w| (w[1] - w[0]) as usize))
        .collect();
    let width = QUALITY + counts.iter().max().copied().unwrap_or(1);
    let settings = settings(&steps, rate, kernel);
    let rows = work.chain(stage, &settings, [steps.len(), width], &mut trajectory)?;
    let (mut all, mut losses, mut quality) = (Vec::new(), Vec::new(), Vec::new());
    for (row, count) in rows.iter().zip(counts) {
        if let Some((first, rest)) = row.split_first_chunk::<QUALITY>() {
            quality.push(*first);
            all.extend_from_slice(&rest[..count]);
            losses.push(rest[count - 1]);
        }
    }
    let hyperparameters = Hyperparameters::new(rate, 0.0, gamma, 1.0)?;
    let n = kernel.dataset_size();
    Ok(Exact {
        fit: fit_tau_to_losses(&problem.spectrum, &hyperparameters, n, &all)?,
        steps,
        losses,
        quality,
        rate,
        gamma,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Scale, Sources};
    use super::*;
    use crate::dynamics::{TauFitConfig, fit_tau};
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_run_stopped_in_the_middle_of_a_row_gives_the_bits_of_one_that_was_not() {
        let points = Sources::default().mnist(30).unwrap();
        let problem = Problem::of_kernel(&points.name, &points.kernel).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let quiet = |_: &str, _: usize, _: usize| {};
        let run = |place, stop: Stop<'_>| {
            let mut work = Work::new(Scale::Quick, place, &quiet, stop);
            exact("exact", &points, &problem, true, &mut work)
        };
        let whole = run(None, &|| false).unwrap();
        let asked = AtomicU64::new(0);
        // The last of the drawn steps is 300, the one before it below 260.
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 280;
        let stopped = run(Some(folder.path()), &stop);
        assert!(matches!(stopped, Err(ExperimentError::Interrupted { .. })));
        let resumed = run(Some(folder.path()), &|| false).unwrap();
        assert_eq!(resumed.losses, whole.losses);
        assert_eq!(resumed.fit, whole.fit);
        let bits = |run: &Exact| -> Vec<u64> {
            run.quality.iter().flatten().map(|x| x.to_bits()).collect()
        };
        assert_eq!(bits(&resumed), bits(&whole));
    }

    #[test]
    fn rows_put_together_are_the_trajectory() {
        let points = Sources::default().mnist(30).unwrap();
        let problem = Problem::of_kernel(&points.name, &points.kernel).unwrap();
        let quiet = |_: &str, _: usize, _: usize| {};
        let mut work = Work::new(Scale::Quick, None, &quiet, &|| false);
        let run = exact("exact", &points, &problem, true, &mut work).unwrap();
        let kernel = &points.kernel;
        let view = KernelView::new(kernel.dataset_size(), kernel.kernel_row_major()).unwrap();
        let config = TauFitConfig {
            learning_rate: run.rate / problem.largest_eigenvalue,
            momentum: 0.0,
            batch_size: BATCH,
            steps: 300,
            at: run.steps.clone(),
            space: Space::Parameter,
        };
        let fit = fit_tau(view, &kernel.initial_residual(), &config).unwrap();
        for ((step, loss), quality) in run.steps.iter().zip(&run.losses).zip(&run.quality) {
            assert_eq!(*loss, fit.losses[*step as usize], "step {step}");
            let there = fit.quality.iter().find(|q| q.step == *step).unwrap();
            assert_eq!(quality[4], there.best_tau_at_tau_1_one, "step {step}");
        }
        assert!((run.fit.tau - fit.loss_fit.tau).abs() < 1e-6);
        assert!((run.fit.error / fit.loss_fit.error - 1.0).abs() < 1e-6);
        // Half the noise is another trajectory: the comparison has to see it.
        let config = TauFitConfig {
            batch_size: 2 * BATCH,
            ..config
        };
        let other = fit_tau(view, &kernel.initial_residual(), &config).unwrap();
        assert_ne!(run.losses[5], other.losses[run.steps[5] as usize]);
    }
}
