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
use std::sync::atomic::{AtomicBool, Ordering};

/// Steps between two calls of the progress hook, per seed.
pub(in crate::dynamics) const HOOK_EVERY: u64 = 256;

/// Where the losses of finished seeds are kept, so that an interrupted simulation can go on.
pub trait SeedStore: Sync {
    /// The losses of a seed that is finished already, one a recorded step.
    fn finished(&self, seed: u64) -> Option<Vec<f64>>;

    /// Called once for each seed that finishes now; `Break` cancels the simulation.
    fn keep(&self, seed: u64, losses: &[f64]) -> ControlFlow<()>;

    /// Where a seed was stopped, if it was.
    fn stopped(&self, seed: u64) -> Option<StoppedSeed> {
        let _ = seed;
        None
    }

    /// Called once for each seed that is cancelled on its way. Whoever gives the same back by
    /// [`SeedStore::stopped`] gets the rest, bit by bit as without a stop.
    fn keep_stopped(&self, seed: u64, stopped: &StoppedSeed) {
        let _ = (seed, stopped);
    }
}

/// A run between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct StoppedSeed {
    /// Steps made.
    pub steps: u64,
    /// The losses at the recorded steps so far.
    pub losses: Vec<f64>,
    /// Residual and velocity, or parameters and their velocities.
    pub state: Vec<f64>,
}

impl StoppedSeed {
    /// Whether it can be of a run with these recorded steps.
    fn fits(&self, recorded: &[u64]) -> bool {
        let due = recorded.partition_point(|s| *s < self.steps);
        let most = recorded.partition_point(|s| *s <= self.steps);
        (due..=most).contains(&self.losses.len())
            && recorded.last().is_some_and(|last| self.steps <= *last)
    }
}

/// One run, as [`drive`] sees it.
pub(in crate::dynamics) trait SeedRun {
    /// One step with a batch.
    fn step(&mut self, batch: &[u32], size: StepSize);

    /// The loss over all points.
    fn loss(&self) -> f64;

    /// The numbers that the next step depends on.
    fn state(&self) -> Vec<f64>;

    /// Takes the numbers of [`SeedRun::state`]; false, and nothing is changed, where they are not as many.
    fn restore(&mut self, state: &[f64]) -> bool;
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
    let cancelled = AtomicBool::new(false);
    (0..config.seeds())
        .into_par_iter()
        .map(|seed| {
            if let Some(losses) = store.finished(seed).filter(|l| l.len() == recorded) {
                return Ok(losses);
            }
            // A seed that has not begun is not begun only to be stopped.
            if cancelled.load(Ordering::Relaxed) {
                return Err(SampledError::Cancelled);
            }
            let losses = one(seed).inspect_err(|_| cancelled.store(true, Ordering::Relaxed))?;
            match store.keep(seed, &losses) {
                ControlFlow::Continue(()) => Ok(losses),
                ControlFlow::Break(()) => Err(SampledError::Cancelled),
            }
        })
        .collect()
}

/// One run: a step with each batch of the seed, losses at the recorded steps; from where the store has it.
pub(in crate::dynamics) fn drive(
    config: &SampledConfig,
    seed: u64,
    progress: &(dyn Fn(u64) -> ControlFlow<()> + Sync),
    store: &dyn SeedStore,
    run: &mut impl SeedRun,
) -> Result<Vec<f64>, SampledError> {
    let mut chacha = stream(config.master_seed(), seed);
    let on_the_way = Way {
        config,
        seed,
        progress,
        store,
    };
    match config.generator() {
        Generator::ChaCha8 => on_the_way.with(&mut chacha, run),
        Generator::Xoshiro256 => {
            let mut key = [0; 32];
            chacha.fill_bytes(&mut key);
            let mut rng = Xoshiro256PlusPlus::from_seed(key);
            on_the_way.with(&mut rng, run)
        }
    }
}

/// What a seed meets on its way.
struct Way<'a> {
    config: &'a SampledConfig,
    seed: u64,
    progress: &'a (dyn Fn(u64) -> ControlFlow<()> + Sync),
    store: &'a dyn SeedStore,
}

impl Way<'_> {
    fn with<R: Rng>(&self, rng: &mut R, run: &mut impl SeedRun) -> Result<Vec<f64>, SampledError> {
        let config = self.config;
        let recorded = config.recorded_steps();
        let n = config.dataset_size();
        let Some(mut sampler) = BatchSampler::new(n, config.batch_size(), config.sampling()) else {
            return Err(SampledConfigError::Dataset(n as u64).into());
        };
        let mut losses = Vec::with_capacity(recorded.len());
        let mut made = 0;
        if let Some(stopped) = self.store.stopped(self.seed).filter(|s| s.fits(recorded))
            && run.restore(&stopped.state)
        {
            // The batches of the steps that were made, which is all that the generator remembers.
            for _ in 0..stopped.steps {
                sampler.next_batch(rng);
            }
            made = stopped.steps;
            losses = stopped.losses;
        }
        let mut reported = made;
        for &target in &recorded[losses.len()..] {
            while made < target {
                let Some(size) = config.schedule().at(made) else {
                    return Err(SampledConfigError::ScheduleTooShort {
                        got: made as usize,
                        last: target,
                    }
                    .into());
                };
                run.step(sampler.next_batch(rng), size);
                made += 1;
                if made - reported == HOOK_EVERY {
                    reported = made;
                    if (self.progress)(HOOK_EVERY).is_break() {
                        return Err(self.stop(made, losses, run));
                    }
                }
            }
            losses.push(run.loss());
        }
        if made > reported && (self.progress)(made - reported).is_break() {
            return Err(self.stop(made, losses, run));
        }
        Ok(losses)
    }

    fn stop(&self, steps: u64, losses: Vec<f64>, run: &impl SeedRun) -> SampledError {
        let stopped = StoppedSeed {
            steps,
            losses,
            state: run.state(),
        };
        self.store.keep_stopped(self.seed, &stopped);
        SampledError::Cancelled
    }
}

/// Stream `seed` of the ChaCha8 generator keyed by the master seed.
fn stream(master_seed: u64, seed: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&master_seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(seed);
    rng
}
