//! Update rules and their operator on second moments.

mod hyperparameters;

pub use hyperparameters::{HyperparameterError, Hyperparameters, noise_amplitude_of_batch};
