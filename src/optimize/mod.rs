//! Which hyperparameters are best for a spectrum.
//!
//! | question | where | source |
//! |---|---|---|
//! | U, V and their derivatives at momentum 0 | [`ZeroMomentum`] | (205)-(210), (224)-(231), any gamma and tau |
//! | best learning rate at momentum 0, sign of the best momentum | [`MomentumAdvice`] | Propositions 5 and 12, (30) |
//! | what the constants do with learning rate and momentum | [`SignalOptimum`], [`BlowUp`], [`noise_constant_at_small_rate`] and others | Section 6 |
//! | how far the batch size scales linearly | [`signal_limit`], [`linear_scaling_end`] | E.5 |
//! | learning rate and momentum for a horizon, or for t -> infinity | [`optimize`] | search on the computed loss |
//! | batch size for a budget of samples | [`optimize_budget`] | the same |

mod batch;
mod error;
mod momentum;
mod objective;
mod scaling;
mod search;

pub use batch::{
    BudgetOptimum, SignalLimit, linear_scaling_end, linear_scaling_end_in_dataset, optimize_budget,
    signal_limit,
};
pub use error::OptimizeError;
pub use momentum::{
    MomentumAdvice, SignalAtZero, ZeroMomentum, characteristic_30, notebook_characteristic,
};
pub use objective::Goal;
pub use scaling::{
    BlowUp, SignalOptimum, noise_constant_at_small_rate, noise_constant_far_from_edge,
    noise_function_at_large_momentum, signal_constant_far_from_edge,
    signal_function_at_large_momentum,
};
pub use search::{Optimum, OptimumReport, Problem, optimize};
