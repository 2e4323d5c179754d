//! Runs on a kernel, in output space.

use super::config::{SampledConfig, StepSize};
use super::error::SampledError;
use super::pass::{PaddedKernel, RunState};
use super::seeds::{NothingKept, SeedRun, SeedStore, drive, over_seeds};
use super::statistics::LossStatistics;
use crate::dynamics::kernel_view::KernelView;
use std::ops::ControlFlow;

/// Losses of all seeds at the recorded steps.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRun {
    recorded_steps: Vec<u64>,
    /// One row a seed.
    losses: Vec<Vec<f64>>,
}

impl SampledRun {
    /// From losses by seed, then by recorded step; rows of another length are left out.
    pub fn from_losses(recorded_steps: Vec<u64>, mut losses: Vec<Vec<f64>>) -> Self {
        losses.retain(|row| row.len() == recorded_steps.len());
        Self {
            recorded_steps,
            losses,
        }
    }

    /// The recorded steps.
    pub fn recorded_steps(&self) -> &[u64] {
        &self.recorded_steps
    }

    /// Losses by seed, then by recorded step; infinite where a run left the range of f64.
    pub fn losses(&self) -> &[Vec<f64>] {
        &self.losses
    }

    /// Number of seeds.
    pub fn seeds(&self) -> usize {
        self.losses.len()
    }

    /// The losses of all seeds at recorded step number `index` (from 0), in the order of seeds.
    pub fn losses_at(&self, index: usize) -> Vec<f64> {
        self.losses
            .iter()
            .filter_map(|row| row.get(index).copied())
            .collect()
    }

    /// Mean, standard error and tails at each recorded step.
    pub fn statistics(&self) -> Vec<LossStatistics> {
        (0..self.recorded_steps.len())
            .map(|index| LossStatistics::of(&self.losses_at(index)))
            .collect()
    }
}

/// Simulates `config.seeds()` independent runs from the raw residual `Delta f_0(x_i)`, velocity 0.
///
/// `progress` is called from the worker threads with the number of steps made since its last call
/// for that seed (the sum over all calls is seeds times last recorded step); returning
/// `ControlFlow::Break(())` cancels. Losses do not depend on the number of threads.
///
/// # Errors
/// See [`SampledError`].
pub fn simulate(
    kernel: KernelView<'_>,
    residual: &[f64],
    config: &SampledConfig,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<SampledRun, SampledError> {
    simulate_kept(kernel, residual, config, progress, &NothingKept)
}

/// [`simulate`] with the losses of finished seeds, and the states of those that are cancelled on their way,
/// kept in `store`, and taken from it where it has them: what an interrupt leaves is not lost.
///
/// # Errors
/// See [`SampledError`]; after [`SampledError::Cancelled`] the store has every finished seed.
pub fn simulate_kept(
    kernel: KernelView<'_>,
    residual: &[f64],
    config: &SampledConfig,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    store: &dyn SeedStore,
) -> Result<SampledRun, SampledError> {
    kernel.check_residual(residual)?;
    if kernel.dataset_size() != config.dataset_size() {
        return Err(SampledError::DatasetSize {
            expected: config.dataset_size(),
            got: kernel.dataset_size(),
        });
    }
    let padded = PaddedKernel::new(kernel.dataset_size(), kernel.entries());
    let losses = over_seeds(config, store, |seed| {
        let mut run = OnKernel {
            kernel: &padded,
            state: RunState::new(residual, config.batch_size()),
            dataset_size: config.dataset_size(),
        };
        drive(config, seed, progress, store, &mut run)
    })?;
    Ok(SampledRun {
        recorded_steps: config.recorded_steps().to_vec(),
        losses,
    })
}

/// A run on a kernel.
struct OnKernel<'a> {
    kernel: &'a PaddedKernel,
    state: RunState,
    dataset_size: usize,
}

impl SeedRun for OnKernel<'_> {
    #[inline]
    fn step(&mut self, batch: &[u32], size: StepSize) {
        self.state
            .step(self.kernel, batch, size.learning_rate(), size.momentum());
    }

    fn loss(&self) -> f64 {
        self.state.loss(self.dataset_size)
    }

    fn state(&self) -> Vec<f64> {
        self.state.numbers()
    }

    fn restore(&mut self, state: &[f64]) -> bool {
        self.state.restore(state)
    }
}
