//! The hyperparameters of mini-batch SGD with momentum, valid by construction.
//!
//! | symbol | field | range |
//! |---|---|---|
//! | alpha | `learning_rate` | (0, inf) |
//! | beta | `momentum` | (-1, 1) |
//! | gamma | `noise_amplitude` | [0, inf); without replacement (N-b)/((N-1)b), in [0, 1] |
//! | tau | `tau` | (-inf, 1]: 1 translation-invariant, 0 neutral, -1 Gaussian features |
//!
//! gamma and tau are the rescaled ones of Section 4 (`gamma <- gamma tau_1`, `tau <- tau_2/tau_1`).

use thiserror::Error;

/// Why hyperparameters were refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum HyperparameterError {
    /// The learning rate is not a positive finite number.
    #[error("learning rate must be a positive finite number, got {0}")]
    LearningRate(f64),
    /// The momentum is outside (-1, 1).
    #[error("momentum must lie in (-1, 1), got {0}")]
    Momentum(f64),
    /// The noise amplitude is negative or not finite.
    #[error("noise amplitude must be a finite number >= 0, got {0}")]
    NoiseAmplitude(f64),
    /// tau exceeds 1 or is not finite: the noise would not be a covariance.
    #[error("tau must be a finite number <= 1 (the noise is no covariance beyond), got {0}")]
    Tau(f64),
    /// The batch is empty.
    #[error("batch size must be at least 1, got 0")]
    EmptyBatch,
    /// The dataset is empty.
    #[error("dataset size must be at least 1, got 0")]
    EmptyDataset,
    /// The batch does not fit into the dataset.
    #[error("batch size must lie in 1..=dataset size ({dataset_size}), got {batch_size}")]
    BatchAboveDataset {
        /// The batch size b.
        batch_size: u64,
        /// The dataset size N.
        dataset_size: u64,
    },
}

/// gamma of batches of size `b` drawn from `N` points without replacement:
/// `(N - b)/((N - 1) b)`, and `1/b` for `None` (N infinite, or sampling with replacement).
///
/// `N = 1` gives 0 (the formula reads 0/0; there is no noise). Source: Proposition 1, (5).
///
/// # Errors
/// `b = 0`, `N = 0` or `b > N`.
pub fn noise_amplitude_of_batch(
    batch_size: u64,
    dataset_size: Option<u64>,
) -> Result<f64, HyperparameterError> {
    if batch_size == 0 {
        return Err(HyperparameterError::EmptyBatch);
    }
    match dataset_size {
        None => Ok(1.0 / batch_size as f64),
        Some(0) => Err(HyperparameterError::EmptyDataset),
        Some(n) if batch_size > n => Err(HyperparameterError::BatchAboveDataset {
            batch_size,
            dataset_size: n,
        }),
        Some(1) => Ok(0.0),
        Some(n) => Ok((n - batch_size) as f64 / ((n - 1) as f64 * batch_size as f64)),
    }
}

/// Learning rate, momentum, noise amplitude and tau of one constant-parameter run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hyperparameters {
    learning_rate: f64,
    momentum: f64,
    noise_amplitude: f64,
    tau: f64,
}

impl Hyperparameters {
    /// Checks the ranges in the table at the module's head.
    ///
    /// # Errors
    /// The first value out of range, named, with the value given.
    pub fn new(
        learning_rate: f64,
        momentum: f64,
        noise_amplitude: f64,
        tau: f64,
    ) -> Result<Self, HyperparameterError> {
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(HyperparameterError::LearningRate(learning_rate));
        }
        if !(momentum > -1.0 && momentum < 1.0) {
            return Err(HyperparameterError::Momentum(momentum));
        }
        if !(noise_amplitude >= 0.0 && noise_amplitude.is_finite()) {
            return Err(HyperparameterError::NoiseAmplitude(noise_amplitude));
        }
        if !(tau <= 1.0 && tau.is_finite()) {
            return Err(HyperparameterError::Tau(tau));
        }
        Ok(Self {
            learning_rate,
            momentum,
            noise_amplitude,
            tau,
        })
    }

    /// The same with another learning rate.
    ///
    /// # Errors
    /// A learning rate that is not positive and finite.
    pub fn with_learning_rate(self, learning_rate: f64) -> Result<Self, HyperparameterError> {
        Self::new(learning_rate, self.momentum, self.noise_amplitude, self.tau)
    }

    /// alpha > 0.
    pub const fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// beta in (-1, 1).
    pub const fn momentum(&self) -> f64 {
        self.momentum
    }

    /// gamma >= 0.
    pub const fn noise_amplitude(&self) -> f64 {
        self.noise_amplitude
    }

    /// tau <= 1.
    pub const fn tau(&self) -> f64 {
        self.tau
    }

    /// g = gamma tau, the third argument of S.
    pub const fn noise_tau(&self) -> f64 {
        self.noise_amplitude * self.tau
    }

    /// alpha_eff = alpha/(1 - beta).
    pub const fn effective_learning_rate(&self) -> f64 {
        self.learning_rate / (1.0 - self.momentum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_amplitude_is_one_for_single_points_and_zero_for_the_full_batch() {
        assert_eq!(noise_amplitude_of_batch(1, Some(1000)), Ok(1.0));
        assert_eq!(noise_amplitude_of_batch(1000, Some(1000)), Ok(0.0));
        assert_eq!(noise_amplitude_of_batch(1, Some(1)), Ok(0.0));
        assert_eq!(noise_amplitude_of_batch(4, None), Ok(0.25));
        assert_eq!(noise_amplitude_of_batch(2, Some(5)), Ok(3.0 / 8.0));
    }

    #[test]
    fn out_of_range_values_are_named() {
        for (bad, word) in [
            (Hyperparameters::new(0.0, 0.0, 0.0, 1.0), "learning rate"),
            (
                Hyperparameters::new(f64::NAN, 0.0, 0.0, 1.0),
                "learning rate",
            ),
            (
                Hyperparameters::new(1.0, 1.2, 0.0, 1.0),
                "momentum must lie in (-1, 1), got 1.2",
            ),
            (Hyperparameters::new(1.0, -1.0, 0.0, 1.0), "momentum"),
            (Hyperparameters::new(1.0, 0.0, -0.1, 1.0), "noise amplitude"),
            (Hyperparameters::new(1.0, 0.0, 0.1, 1.5), "tau"),
        ] {
            assert!(bad.unwrap_err().to_string().contains(word));
        }
        assert!(
            noise_amplitude_of_batch(6, Some(5))
                .unwrap_err()
                .to_string()
                .contains("got 6")
        );
        assert!(noise_amplitude_of_batch(0, None).is_err());
    }
}
