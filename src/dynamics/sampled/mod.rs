//! Sampled SGD on a linear model, in output space: (47)-(49), many seeds.
//!
//! ```text
//! v'_j = beta v_j - (alpha N / b) sum_{i in B} K_ji Delta f_i,     Delta f' = Delta f + v'
//! ```
//!
//! | symbol | meaning | range |
//! |---|---|---|
//! | K | kernel matrix Gram/N (38), symmetric: its rows are gathered as columns | N x N |
//! | Delta f | raw residuals f(x_i) - f*(x_i); `L = |Delta f|^2/(2N)` | N |
//! | B | the batch, b points, drawn anew each step | without or with replacement |
//! | alpha, beta | per step, from a [`Schedule`] | alpha > 0, beta in (-1, 1) |
//!
//! This is a simulation: its numbers carry sampling error, which [`LossStatistics`] estimates and
//! whose heavy tails it names. The same master seed gives the same losses for every number of
//! threads; on a processor with another vector unit the last bits may differ.

mod batch;
mod config;
mod error;
mod pass;
mod run;
mod seeds;
mod statistics;

pub use batch::{BatchSampler, Sampling};
pub use config::{Generator, SampledConfig, SampledConfigError, Schedule, StepSize};
pub use error::SampledError;
pub use run::{SampledRun, simulate, simulate_kept};
pub use seeds::{NothingKept, SeedStore, StoppedSeed};
pub(super) use seeds::{SeedRun, drive, over_seeds};
pub use statistics::{LossStatistics, TailDiagnosis, TailWarning};
