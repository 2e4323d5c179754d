//! U_t, V_t and L_t with constant parameters, over any ring.
//!
//! ```text
//! U_t = gamma alpha^2 sum_k m_k lambda_k^2 < e_11, A_k^(t-1) (1, 1, 1) >      t >= 1     (13)
//! V_t = sum_k lambda_k C_kk,0 < e_11, A_k^(t-1) (1, 0, 0) >                   t >= 1     (14)
//! L_t = V_(t+1)/2 + sum_{s=1}^{t} U_(t+1-s) L_(s-1)                            t >= 0     (15)
//! ```
//!
//! A_k is [`per_mode::step`]. Cost: O(N T) for U and V, O(T^2) for L. Vectors start at t = 1 for U
//! and V (index 0 holds U_1, V_1) and at t = 0 for L.

use super::point::{Modes, Parameters};
use crate::closed_form::per_mode;
use crate::number::Ring;

/// The c11 components of `A^(t-1) start`, t = 1..=length, of one eigenvalue.
fn orbit<T: Ring>(a: &T, b: &T, g: &T, start: [T; 3], length: usize) -> impl Iterator<Item = T> {
    let (a, b, g) = (a.clone(), b.clone(), g.clone());
    let mut state = start;
    (0..length).map(move |_| {
        let now = state[0].clone();
        state = per_mode::step(a.clone(), b.clone(), g.clone(), state.clone());
        now
    })
}

/// U_1, ..., U_length.
pub fn noise_series<T: Ring>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    length: usize,
) -> Vec<T> {
    let g = parameters.noise_tau();
    let mut total = vec![T::zero(); length];
    for (eigenvalue, multiplicity) in modes.eigenvalues().iter().zip(modes.multiplicities()) {
        let a = parameters.learning_rate.clone() * eigenvalue.clone();
        let weight = parameters.noise_amplitude.clone() * multiplicity.clone() * a.square();
        let start = [T::one(), T::one(), T::one()];
        for (sum, x11) in total
            .iter_mut()
            .zip(orbit(&a, &parameters.momentum, &g, start, length))
        {
            *sum = sum.clone() + weight.clone() * x11;
        }
    }
    total
}

/// V_1, ..., V_length.
pub fn signal_series<T: Ring>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    length: usize,
) -> Vec<T> {
    let g = parameters.noise_tau();
    let mut total = vec![T::zero(); length];
    for (eigenvalue, signal) in modes.eigenvalues().iter().zip(modes.signal()) {
        let a = parameters.learning_rate.clone() * eigenvalue.clone();
        let start = [T::one(), T::zero(), T::zero()];
        for (sum, x11) in total
            .iter_mut()
            .zip(orbit(&a, &parameters.momentum, &g, start, length))
        {
            *sum = sum.clone() + signal.clone() * x11;
        }
    }
    total
}

/// Twice L_0, ..., L_(length-1) from U_1.. and V_1.., by (15) (twice, so that a ring suffices).
///
/// As many as the shorter input allows: `L_t` needs `V_(t+1)` and `U_1..U_t`.
pub fn twice_loss_from<T: Ring>(noise: &[T], signal: &[T]) -> Vec<T> {
    let length = signal.len().min(noise.len() + 1);
    let mut loss: Vec<T> = Vec::with_capacity(length);
    for t in 0..length {
        let mut value = signal[t].clone();
        for s in 1..=t {
            value = value + noise[t - s].clone() * loss[s - 1].clone();
        }
        loss.push(value);
    }
    loss
}

/// L_0, ..., L_(length-1), (15).
pub fn loss_series<T: crate::number::Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    length: usize,
) -> Vec<T> {
    let noise = noise_series(parameters, modes, length);
    let signal = signal_series(parameters, modes, length);
    twice_loss_from(&noise, &signal)
        .into_iter()
        .map(|twice| twice / T::from_integer(2))
        .collect()
}
