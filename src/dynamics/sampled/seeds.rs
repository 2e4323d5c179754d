//! Many seeds in parallel, each sequential, collected in the order of seeds; what every sampled regime
//! shares, so that the same seed gives the same batches to all of them.

use super::batch::BatchSampler;
use super::config::{Generator, SampledConfig, SampledConfigError, StepSize};
use super::error::SampledError;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Steps between two calls of the progress hook, per seed.
pub(in crate::dynamics) const HOOK_EVERY: u64 = 256;

/// Where the losses of finished seeds are kept, so that an interrupted simulation can go on.
pub trait SeedStore: Sync {
    /// The losses of a seed that is finished already, one a recorded step.
    fn finished(&self, seed: u64) -> Option<Vec<f64>>;

    /// Called once for each seed that finishes now; `Break` cancels the simulation.
    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()>;
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingKept;

impl SeedStore for NothingKept {
    fn finished(&self, _: u64) -> Option<Vec<f64>> {
        None
    }

    fn keep(&self, _: u64, _: &[f64]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The losses of all seeds: from the store, or by `one`.
pub(in crate::dynamics) fn over_seeds(
    config: &SampledConfig,
    store: &dyn SeedStore,
    one: impl Fn(u64) -> Result<Vec<f64>, SampledError> + Sync,
) -> Result<Vec<Vec<f64>>, SampledError> {
    let recorded = config.recorded_steps().len();
    (0..config.seeds())
        .into_par_iter()
        .map(|seed| {
            if let Some(losses) = store.finished(seed).filter(|l| l.len() == recorded) {
                return Ok(losses);
            }
            let losses = one(seed)?;
            match store.keep(seed, &losses) {
                ControlFlow::Continue(()) => Ok(losses),
                ControlFlow::Break(()) => Err(SampledError::Cancelled),
            }
        })
        .collect()
}

/// One run: `step` with each batch of the seed, `loss` at the recorded steps.
pub(in crate::dynamics) fn drive<S>(
    config: &SampledConfig,
    seed: u64,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    state: S,
    step: impl Fn(&mut S, &[u32], StepSize),
    loss: impl Fn(&mut S) -> f64,
) -> Result<Vec<f64>, SampledError> {
    let mut chacha = stream(config.master_seed(), seed);
    match config.generator() {
        Generator::ChaCha8 => with(config, &mut chacha, progress, state, step, loss),
        Generator::Xoshiro256 => {
            let mut key = [0; 32];
            chacha.fill_bytes(&mut key);
            let mut rng = Xoshiro256PlusPlus::from_seed(key);
            with(config, &mut rng, progress, state, step, loss)
        }
    }
}

fn with<S, R: Rng>(
    config: &SampledConfig,
    rng: &mut R,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    mut state: S,
    step: impl Fn(&mut S, &[u32], StepSize),
    loss: impl Fn(&mut S) -> f64,
) -> Result<Vec<f64>, SampledError> {
    let n = config.dataset_size();
    let Some(mut sampler) = BatchSampler::new(n, config.batch_size(), config.sampling()) else {
        return Err(SampledConfigError::Dataset(n as u64).into());
    };
    let mut losses = Vec::with_capacity(config.recorded_steps().len());
    let mut made = 0;
    let mut reported = 0;
    for &target in config.recorded_steps() {
        while made < target {
            let Some(size) = config.schedule().at(made) else {
                return Err(SampledConfigError::ScheduleTooShort {
                    got: made as usize,
                    last: target,
                }
                .into());
            };
            step(&mut state, sampler.next_batch(rng), size);
            made += 1;
            if made - reported == HOOK_EVERY {
                reported = made;
                if progress(HOOK_EVERY).is_break() {
                    return Err(SampledError::Cancelled);
                }
            }
        }
        losses.push(loss(&mut state));
    }
    if made > reported && progress(made - reported).is_break() {
        return Err(SampledError::Cancelled);
    }
    Ok(losses)
}

/// Stream `seed` of the ChaCha8 generator keyed by the master seed.
fn stream(master_seed: u64, seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&master_seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(seed);
    rng
}
