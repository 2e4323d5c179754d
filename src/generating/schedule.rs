//! The series with parameters of each step: (12)-(15) in full.
//!
//! Step number s = 1, 2, ... maps state s-1 to state s and uses alpha_s, beta_s, gamma_s.
//!
//! ```text
//! U_(t,s) = gamma_s alpha_s^2 < E_11 lambda, A_(t-1) ... A_(s+1) (1 lambda) >,   t > s >= 1    (13)
//! V_t     = < E_11 lambda, A_(t-1) ... A_1 M_0 >,                                t >= 1        (14)
//! L_t     = V_(t+1)/2 + sum_{s=1}^{t} U_(t+1,s) L_(s-1)                                        (15)
//! ```

use super::point::Modes;
use crate::closed_form::per_mode;
use crate::number::{Field, Ring};
use thiserror::Error;

/// Why three lists are not a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a schedule needs one learning rate, momentum and noise amplitude a step, got {learning_rates}, {momenta} and {noise_amplitudes}"
)]
pub struct ScheduleError {
    /// Number of learning rates.
    pub learning_rates: usize,
    /// Number of momenta.
    pub momenta: usize,
    /// Number of noise amplitudes.
    pub noise_amplitudes: usize,
}

/// alpha_s, beta_s, gamma_s for s = 1..=steps, and tau.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule<T> {
    learning_rates: Vec<T>,
    momenta: Vec<T>,
    noise_amplitudes: Vec<T>,
    tau: T,
}

impl<T: Ring> Schedule<T> {
    /// Index 0 of each list is step 1.
    ///
    /// # Errors
    /// Lists of different lengths.
    pub fn new(
        learning_rates: Vec<T>,
        momenta: Vec<T>,
        noise_amplitudes: Vec<T>,
        tau: T,
    ) -> Result<Self, ScheduleError> {
        if learning_rates.len() != momenta.len() || momenta.len() != noise_amplitudes.len() {
            return Err(ScheduleError {
                learning_rates: learning_rates.len(),
                momenta: momenta.len(),
                noise_amplitudes: noise_amplitudes.len(),
            });
        }
        Ok(Self {
            learning_rates,
            momenta,
            noise_amplitudes,
            tau,
        })
    }

    /// Number of steps T.
    pub fn steps(&self) -> usize {
        self.momenta.len()
    }

    /// One step of one eigenvalue; `index` is s - 1.
    fn advance(&self, index: usize, eigenvalue: &T, state: [T; 3]) -> [T; 3] {
        let a = self.learning_rates[index].clone() * eigenvalue.clone();
        let g = self.noise_amplitudes[index].clone() * self.tau.clone();
        per_mode::step(a, self.momenta[index].clone(), g, state)
    }

    /// V_1, ..., V_(T+1), (14).
    pub fn signal_series(&self, modes: &Modes<'_, T>) -> Vec<T> {
        let mut total = vec![T::zero(); self.steps() + 1];
        for (eigenvalue, signal) in modes.eigenvalues().iter().zip(modes.signal()) {
            let mut state = [T::one(), T::zero(), T::zero()];
            for (index, sum) in total.iter_mut().enumerate() {
                *sum = sum.clone() + signal.clone() * state[0].clone();
                if index < self.steps() {
                    state = self.advance(index, eigenvalue, state);
                }
            }
        }
        total
    }

    /// U_(t,s) for t = s+1, ..., T+1 at fixed s (1 <= s <= T), (13); empty for any other s.
    pub fn noise_series_from(&self, modes: &Modes<'_, T>, s: usize) -> Vec<T> {
        if s == 0 || s > self.steps() {
            return Vec::new();
        }
        let mut total = vec![T::zero(); self.steps() + 1 - s];
        let alpha = &self.learning_rates[s - 1];
        let scale = self.noise_amplitudes[s - 1].clone() * alpha.square();
        for (eigenvalue, multiplicity) in modes.eigenvalues().iter().zip(modes.multiplicities()) {
            let weight = scale.clone() * multiplicity.clone() * eigenvalue.square();
            let mut state = [T::one(), T::one(), T::one()];
            for (offset, sum) in total.iter_mut().enumerate() {
                *sum = sum.clone() + weight.clone() * state[0].clone();
                // The next entry is U_(s+2+offset, s), which has applied A_(s+1+offset).
                if s + offset < self.steps() {
                    state = self.advance(s + offset, eigenvalue, state);
                }
            }
        }
        total
    }
}

impl<T: Field> Schedule<T> {
    /// L_0, ..., L_T, (15). Cost O(N T^2).
    pub fn loss_series(&self, modes: &Modes<'_, T>) -> Vec<T> {
        let signal = self.signal_series(modes);
        let noise: Vec<Vec<T>> = (1..=self.steps())
            .map(|s| self.noise_series_from(modes, s))
            .collect();
        let mut loss: Vec<T> = Vec::with_capacity(signal.len());
        for (t, free) in signal.iter().enumerate() {
            let mut value = free.clone() / T::from_integer(2);
            for s in 1..=t {
                // U_(t+1,s) stands at offset t - s.
                value = value + noise[s - 1][t - s].clone() * loss[s - 1].clone();
            }
            loss.push(value);
        }
        loss
    }
}
