//! Hyperparameters as exact rational numbers.

use crate::generating::Parameters;
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::number::ball::{BallOver, Float};
use crate::number::{Rational, rational_from_f64, rational_to_f64};
use num_traits::{One, Signed, Zero};

/// alpha, beta, gamma, tau, exactly; ranges as in [`Hyperparameters`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactHyperparameters {
    learning_rate: Rational,
    momentum: Rational,
    noise_amplitude: Rational,
    tau: Rational,
}

impl ExactHyperparameters {
    /// Checks the ranges exactly: alpha > 0, |beta| < 1, gamma >= 0, tau <= 1.
    ///
    /// # Errors
    /// The first value out of range.
    pub fn new(
        learning_rate: Rational,
        momentum: Rational,
        noise_amplitude: Rational,
        tau: Rational,
    ) -> Result<Self, HyperparameterError> {
        if !learning_rate.is_positive() {
            return Err(HyperparameterError::LearningRate(rational_to_f64(
                &learning_rate,
            )));
        }
        if momentum.abs() >= Rational::one() {
            return Err(HyperparameterError::Momentum(rational_to_f64(&momentum)));
        }
        if noise_amplitude.is_negative() {
            return Err(HyperparameterError::NoiseAmplitude(rational_to_f64(
                &noise_amplitude,
            )));
        }
        if tau > Rational::one() {
            return Err(HyperparameterError::Tau(rational_to_f64(&tau)));
        }
        Ok(Self {
            learning_rate,
            momentum,
            noise_amplitude,
            tau,
        })
    }

    /// alpha.
    pub fn learning_rate(&self) -> &Rational {
        &self.learning_rate
    }

    /// beta.
    pub fn momentum(&self) -> &Rational {
        &self.momentum
    }

    /// gamma.
    pub fn noise_amplitude(&self) -> &Rational {
        &self.noise_amplitude
    }

    /// tau.
    pub fn tau(&self) -> &Rational {
        &self.tau
    }

    /// Whether gamma = 0.
    pub fn is_noiseless(&self) -> bool {
        self.noise_amplitude.is_zero()
    }

    /// The same with another learning rate (positive).
    ///
    /// # Errors
    /// A learning rate that is not positive.
    pub fn with_learning_rate(self, learning_rate: Rational) -> Result<Self, HyperparameterError> {
        Self::new(learning_rate, self.momentum, self.noise_amplitude, self.tau)
    }

    /// In balls of `bits` bits.
    pub fn balls<F: Float>(&self, bits: u32) -> Parameters<BallOver<F>> {
        let ball = |value: &Rational| BallOver::enclosing(value, bits);
        Parameters {
            learning_rate: ball(&self.learning_rate),
            momentum: ball(&self.momentum),
            noise_amplitude: ball(&self.noise_amplitude),
            tau: ball(&self.tau),
        }
    }

    /// The nearest `f64` hyperparameters, for guesses.
    ///
    /// # Errors
    /// A value that leaves its range by rounding (a momentum of 1 - 10^-20, say).
    pub fn near(&self) -> Result<Hyperparameters, HyperparameterError> {
        Hyperparameters::new(
            rational_to_f64(&self.learning_rate),
            rational_to_f64(&self.momentum),
            rational_to_f64(&self.noise_amplitude),
            rational_to_f64(&self.tau),
        )
    }
}

impl From<&Hyperparameters> for ExactHyperparameters {
    /// Exactly the binary numbers.
    fn from(near: &Hyperparameters) -> Self {
        // All fields of `Hyperparameters` are finite.
        let exact = |value| rational_from_f64(value).unwrap_or_else(Rational::zero);
        Self {
            learning_rate: exact(near.learning_rate()),
            momentum: exact(near.momentum()),
            noise_amplitude: exact(near.noise_amplitude()),
            tau: exact(near.tau()),
        }
    }
}
