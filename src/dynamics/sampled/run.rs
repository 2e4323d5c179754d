//! Many seeds in parallel, each sequential, collected in the order of seeds.

use super::batch::BatchSampler;
use super::config::{SampledConfig, SampledConfigError};
use super::pass::{PaddedKernel, RunState};
use super::statistics::LossStatistics;
use crate::dynamics::kernel_view::{KernelView, KernelViewError};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::ControlFlow;
use thiserror::Error;

/// Steps between two calls of the progress hook, per seed.
const HOOK_EVERY: u64 = 256;

/// Why a simulation gave no result.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SampledError {
    /// The residual does not fit the kernel.
    #[error(transparent)]
    Kernel(#[from] KernelViewError),
    /// The configuration is for another dataset size.
    #[error("the configuration is for {expected} points but the kernel has {got}")]
    DatasetSize {
        /// N of the configuration.
        expected: usize,
        /// N of the kernel.
        got: usize,
    },
    /// The configuration is not valid.
    #[error(transparent)]
    Config(#[from] SampledConfigError),
    /// The hook asked to stop.
    #[error("the simulation was cancelled")]
    Cancelled,
}

/// Losses of all seeds at the recorded steps.
#[derive(Debug, Clone, PartialEq)]
pub struct SampledRun {
    recorded_steps: Vec<u64>,
    /// One row a seed.
    losses: Vec<Vec<f64>>,
}

impl SampledRun {
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
    kernel.check_residual(residual)?;
    if kernel.dataset_size() != config.dataset_size() {
        return Err(SampledError::DatasetSize {
            expected: config.dataset_size(),
            got: kernel.dataset_size(),
        });
    }
    let padded = PaddedKernel::new(kernel.dataset_size(), kernel.entries());
    let losses = (0..config.seeds())
        .into_par_iter()
        .map(|seed| one_seed(&padded, residual, config, seed, progress))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(SampledRun {
        recorded_steps: config.recorded_steps().to_vec(),
        losses,
    })
}

fn one_seed(
    kernel: &PaddedKernel,
    residual: &[f64],
    config: &SampledConfig,
    seed: u64,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
) -> Result<Vec<f64>, SampledError> {
    let n = config.dataset_size();
    let mut rng = generator(config.master_seed(), seed);
    let Some(mut sampler) = BatchSampler::new(n, config.batch_size(), config.sampling()) else {
        return Err(SampledConfigError::Dataset(n as u64).into());
    };
    let mut state = RunState::new(residual, config.batch_size());
    let mut losses = Vec::with_capacity(config.recorded_steps().len());
    let mut step = 0;
    let mut reported = 0;
    for &target in config.recorded_steps() {
        while step < target {
            let Some(size) = config.schedule().at(step) else {
                return Err(SampledConfigError::ScheduleTooShort {
                    got: step as usize,
                    last: target,
                }
                .into());
            };
            let batch = sampler.next_batch(&mut rng);
            state.step(kernel, batch, size.learning_rate(), size.momentum());
            step += 1;
            if step - reported == HOOK_EVERY {
                reported = step;
                if progress(HOOK_EVERY).is_break() {
                    return Err(SampledError::Cancelled);
                }
            }
        }
        losses.push(state.loss(n));
    }
    if step > reported && progress(step - reported).is_break() {
        return Err(SampledError::Cancelled);
    }
    Ok(losses)
}

/// Stream `seed` of the ChaCha8 generator keyed by the master seed.
fn generator(master_seed: u64, seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&master_seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(seed);
    rng
}
