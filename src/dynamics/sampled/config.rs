//! What to simulate: batch, learning rates and momenta, recorded steps, seeds. Valid by
//! construction.

use super::batch::Sampling;
use crate::moment::HyperparameterError;
use thiserror::Error;

/// The random generator behind the batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Generator {
    /// ChaCha8, keyed by the master seed; run k uses stream k.
    #[default]
    ChaCha8,
    /// xoshiro256++, another construction altogether; run k starts from 256 bits of stream k of
    /// ChaCha8. A second opinion on anything that might hang on the generator.
    Xoshiro256,
}

/// Learning rate and momentum of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSize {
    learning_rate: f64,
    momentum: f64,
}

impl StepSize {
    /// alpha > 0 and finite, beta in (-1, 1).
    ///
    /// # Errors
    /// The value out of range.
    pub fn new(learning_rate: f64, momentum: f64) -> Result<Self, HyperparameterError> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(HyperparameterError::LearningRate(learning_rate));
        }
        if !(momentum > -1.0 && momentum < 1.0) {
            return Err(HyperparameterError::Momentum(momentum));
        }
        Ok(Self {
            learning_rate,
            momentum,
        })
    }

    /// alpha.
    pub const fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// beta.
    pub const fn momentum(&self) -> f64 {
        self.momentum
    }
}

/// Learning rates and momenta over time.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// The same at every step.
    Constant(StepSize),
    /// Entry t is used by the step from t to t + 1.
    PerStep(Vec<StepSize>),
}

impl Schedule {
    /// The step size of the step from `step` to `step + 1`, if the schedule reaches that far.
    #[inline]
    pub fn at(&self, step: u64) -> Option<StepSize> {
        match self {
            Self::Constant(size) => Some(*size),
            Self::PerStep(sizes) => sizes.get(usize::try_from(step).ok()?).copied(),
        }
    }
}

/// Why a configuration was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum SampledConfigError {
    /// Batch size against dataset size.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// More points than 32-bit indices.
    #[error("dataset size {0} is too large for a kernel matrix (limit 4294967295)")]
    Dataset(u64),
    /// No step is recorded.
    #[error("no steps to record: name at least one step, such as 0 or 1000")]
    NothingRecorded,
    /// The recorded steps do not increase.
    #[error("recorded steps must increase strictly: entry {index} is {step} after {previous}")]
    Order {
        /// Position, from 0.
        index: usize,
        /// The step there.
        step: u64,
        /// The step before it.
        previous: u64,
    },
    /// The schedule ends before the last recorded step.
    #[error("the schedule has {got} steps but step {last} is to be recorded: it needs {last}")]
    ScheduleTooShort {
        /// Length of the schedule.
        got: usize,
        /// Last recorded step.
        last: u64,
    },
    /// Fewer than one seed.
    #[error("at least one seed is needed, got 0")]
    NoSeeds,
}

/// A validated simulation: see [`SampledConfig::new`].
#[derive(Debug, Clone, PartialEq)]
pub struct SampledConfig {
    dataset_size: usize,
    batch_size: usize,
    schedule: Schedule,
    recorded_steps: Vec<u64>,
    sampling: Sampling,
    generator: Generator,
    seeds: u64,
    master_seed: u64,
}

impl SampledConfig {
    /// Batches of `batch_size` (1..=N) without replacement from `dataset_size` points, the losses
    /// kept at `recorded_steps` (strictly increasing; 0 is the start), one seed, master seed 0.
    ///
    /// # Errors
    /// See [`SampledConfigError`].
    pub fn new(
        dataset_size: u64,
        batch_size: u64,
        schedule: Schedule,
        recorded_steps: Vec<u64>,
    ) -> Result<Self, SampledConfigError> {
        if batch_size == 0 {
            return Err(HyperparameterError::EmptyBatch.into());
        }
        if dataset_size == 0 {
            return Err(HyperparameterError::EmptyDataset.into());
        }
        if batch_size > dataset_size {
            return Err(HyperparameterError::BatchAboveDataset {
                batch_size,
                dataset_size,
            }
            .into());
        }
        if u32::try_from(dataset_size).is_err() {
            return Err(SampledConfigError::Dataset(dataset_size));
        }
        let Some(&last) = recorded_steps.last() else {
            return Err(SampledConfigError::NothingRecorded);
        };
        if let Some(at) = recorded_steps.windows(2).position(|w| w[0] >= w[1]) {
            return Err(SampledConfigError::Order {
                index: at + 1,
                step: recorded_steps[at + 1],
                previous: recorded_steps[at],
            });
        }
        if let Schedule::PerStep(sizes) = &schedule
            && (sizes.len() as u64) < last
        {
            return Err(SampledConfigError::ScheduleTooShort {
                got: sizes.len(),
                last,
            });
        }
        Ok(Self {
            dataset_size: dataset_size as usize,
            batch_size: batch_size as usize,
            schedule,
            recorded_steps,
            sampling: Sampling::WithoutReplacement,
            generator: Generator::ChaCha8,
            seeds: 1,
            master_seed: 0,
        })
    }

    /// The same for `seeds` independent runs, numbered from 0.
    ///
    /// # Errors
    /// No seeds.
    pub fn with_seeds(mut self, seeds: u64) -> Result<Self, SampledConfigError> {
        if seeds == 0 {
            return Err(SampledConfigError::NoSeeds);
        }
        self.seeds = seeds;
        Ok(self)
    }

    /// The same with another master seed: run k uses stream k of its ChaCha8 generator.
    pub const fn with_master_seed(mut self, master_seed: u64) -> Self {
        self.master_seed = master_seed;
        self
    }

    /// The same with another way to draw batches.
    pub const fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// The same with another generator.
    pub const fn with_generator(mut self, generator: Generator) -> Self {
        self.generator = generator;
        self
    }

    /// The generator.
    pub const fn generator(&self) -> Generator {
        self.generator
    }

    /// N.
    pub const fn dataset_size(&self) -> usize {
        self.dataset_size
    }

    /// b.
    pub const fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Learning rates and momenta.
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The steps whose losses are kept, increasing.
    pub fn recorded_steps(&self) -> &[u64] {
        &self.recorded_steps
    }

    /// How batches are drawn.
    pub const fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// Number of runs.
    pub const fn seeds(&self) -> u64 {
        self.seeds
    }

    /// The master seed.
    pub const fn master_seed(&self) -> u64 {
        self.master_seed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant() -> Schedule {
        Schedule::Constant(StepSize::new(0.1, -0.3).unwrap())
    }

    #[test]
    fn what_cannot_be_simulated_is_refused_with_what_would_be_right() {
        let text = |r: Result<SampledConfig, SampledConfigError>| r.unwrap_err().to_string();
        let new = SampledConfig::new;
        assert!(text(new(5, 6, constant(), vec![1])).contains("1..=dataset size (5), got 6"));
        assert!(text(new(5, 0, constant(), vec![1])).contains("batch size"));
        assert!(text(new(0, 1, constant(), vec![1])).contains("dataset size"));
        assert!(text(new(1 << 32, 1, constant(), vec![1])).contains("too large"));
        assert!(text(new(5, 1, constant(), vec![])).contains("at least one step"));
        assert!(text(new(5, 1, constant(), vec![2, 2])).contains("entry 1 is 2"));
        let two = Schedule::PerStep(vec![StepSize::new(0.1, 0.0).unwrap(); 2]);
        assert!(text(new(5, 1, two.clone(), vec![3])).contains("2 steps"));
        assert!(new(5, 1, two, vec![2]).is_ok());
        let valid = new(5, 5, constant(), vec![0, 4]).unwrap();
        assert_eq!(
            valid.clone().with_seeds(0),
            Err(SampledConfigError::NoSeeds)
        );
        assert_eq!(valid.with_seeds(3).unwrap().seeds(), 3);
    }

    #[test]
    fn step_sizes_out_of_range_are_refused() {
        assert!(StepSize::new(0.0, 0.0).is_err());
        assert!(StepSize::new(f64::INFINITY, 0.0).is_err());
        assert!(StepSize::new(0.1, 1.0).is_err());
        assert!(StepSize::new(0.1, f64::NAN).is_err());
    }
}
