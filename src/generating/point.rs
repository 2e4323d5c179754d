//! What U, V and L are evaluated at: parameters, modes, and the point z with 1 - z beside it.
//!
//! | symbol | field | range |
//! |---|---|---|
//! | alpha, beta, gamma, tau | [`Parameters`] | as in [`Hyperparameters`], over any number type |
//! | lambda_k, m_k, lambda_k C_kk,0 | [`Modes`] | equally long slices |
//! | z, e = 1 - z | [`Point`] | any; e is held itself, so that no digit is lost as z -> 1 |

use crate::moment::Hyperparameters;
use crate::number::{Interval, Ring};
use crate::spectrum::Spectrum;
use thiserror::Error;

/// Learning rate, momentum, noise amplitude and tau in the number type of the evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters<T> {
    /// alpha.
    pub learning_rate: T,
    /// beta.
    pub momentum: T,
    /// gamma.
    pub noise_amplitude: T,
    /// tau.
    pub tau: T,
}

impl<T: Ring> Parameters<T> {
    /// g = gamma tau.
    #[inline]
    pub fn noise_tau(&self) -> T {
        self.noise_amplitude.clone() * self.tau.clone()
    }

    /// The hyperparameters, each taken through `lift` into the number type.
    pub fn lift(parameters: &Hyperparameters, lift: impl Fn(f64) -> T) -> Self {
        Self {
            learning_rate: lift(parameters.learning_rate()),
            momentum: lift(parameters.momentum()),
            noise_amplitude: lift(parameters.noise_amplitude()),
            tau: lift(parameters.tau()),
        }
    }
}

impl From<&Hyperparameters> for Parameters<f64> {
    fn from(parameters: &Hyperparameters) -> Self {
        Self::lift(parameters, |x| x)
    }
}

impl From<&Hyperparameters> for Parameters<Interval> {
    /// The hyperparameters as exactly the binary numbers they are.
    fn from(parameters: &Hyperparameters) -> Self {
        Self::lift(parameters, Interval::point)
    }
}

/// z with e = 1 - z beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point<T> {
    z: T,
    e: T,
}

impl<T: Ring> Point<T> {
    /// The point z; e = 1 - z is formed from it (exact for exact types, rounded for `f64`).
    pub fn at(z: T) -> Self {
        Self {
            e: T::one() - z.clone(),
            z,
        }
    }

    /// The point 1 - e: use it near z = 1.
    pub fn from_complement(e: T) -> Self {
        Self {
            z: T::one() - e.clone(),
            e,
        }
    }

    /// z with 1 - z beside it, both known to the caller (enclosures of one number and its complement).
    pub(crate) fn from_parts(z: T, e: T) -> Self {
        Self { z, e }
    }

    /// z.
    #[inline]
    pub fn z(&self) -> T {
        self.z.clone()
    }

    /// e = 1 - z.
    #[inline]
    pub fn e(&self) -> T {
        self.e.clone()
    }
}

/// Why slices do not make a list of modes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{eigenvalues} eigenvalues, {multiplicities} multiplicities and {signal} signal entries: the lengths must match (an empty signal means V is not asked for)"
)]
pub struct ModeError {
    /// Number of eigenvalues.
    pub eigenvalues: usize,
    /// Number of multiplicities.
    pub multiplicities: usize,
    /// Number of signal entries.
    pub signal: usize,
}

/// Slices lambda_k, m_k and lambda_k C_kk,0 (the signal of the whole node; empty if unknown).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modes<'a, T> {
    eigenvalues: &'a [T],
    multiplicities: &'a [T],
    signal: &'a [T],
}

impl<'a, T> Modes<'a, T> {
    /// Checks that the lengths match.
    ///
    /// # Errors
    /// Slices of different lengths; the signal may be empty, then V is the empty sum 0.
    pub fn new(
        eigenvalues: &'a [T],
        multiplicities: &'a [T],
        signal: &'a [T],
    ) -> Result<Self, ModeError> {
        if multiplicities.len() != eigenvalues.len()
            || !(signal.is_empty() || signal.len() == eigenvalues.len())
        {
            return Err(ModeError {
                eigenvalues: eigenvalues.len(),
                multiplicities: multiplicities.len(),
                signal: signal.len(),
            });
        }
        Ok(Self {
            eigenvalues,
            multiplicities,
            signal,
        })
    }

    /// lambda_k.
    pub fn eigenvalues(&self) -> &'a [T] {
        self.eigenvalues
    }

    /// m_k.
    pub fn multiplicities(&self) -> &'a [T] {
        self.multiplicities
    }

    /// lambda_k C_kk,0; empty if unknown.
    pub fn signal(&self) -> &'a [T] {
        self.signal
    }
}

impl<'a> Modes<'a, f64> {
    /// The nodes of a spectrum.
    pub fn of(spectrum: &'a Spectrum) -> Self {
        Self {
            eigenvalues: spectrum.eigenvalues(),
            multiplicities: spectrum.multiplicities(),
            signal: spectrum.signal().unwrap_or(&[]),
        }
    }
}

/// The nodes of a spectrum in another number type.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnedModes<T> {
    eigenvalues: Vec<T>,
    multiplicities: Vec<T>,
    signal: Vec<T>,
}

impl<T> OwnedModes<T> {
    /// Takes every number of the spectrum through `lift`.
    pub fn lift(spectrum: &Spectrum, lift: impl Fn(f64) -> T) -> Self {
        let all = |values: &[f64]| values.iter().map(|&v| lift(v)).collect();
        Self {
            eigenvalues: all(spectrum.eigenvalues()),
            multiplicities: all(spectrum.multiplicities()),
            signal: all(spectrum.signal().unwrap_or(&[])),
        }
    }

    /// The slices.
    pub fn view(&self) -> Modes<'_, T> {
        Modes {
            eigenvalues: &self.eigenvalues,
            multiplicities: &self.multiplicities,
            signal: &self.signal,
        }
    }
}
