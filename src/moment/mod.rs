//! Update rules and their operator on second moments.
//!
//! A rule is data ([`UpdateRule`]): what one step does to the state of one eigenvalue, and where
//! the gradient noise enters. Its operator on second moments ([`MomentOperator`]) is derived from
//! that, never typed in. [`Hyperparameters`] are the numbers of one run.

mod hyperparameters;
mod operator;
mod rule;

pub use hyperparameters::{HyperparameterError, Hyperparameters, noise_amplitude_of_batch};
pub use operator::MomentOperator;
pub use rule::{RuleError, UpdateRule};
