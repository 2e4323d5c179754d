//! U, V, L and their derivatives at a point, over any field.
//!
//! ```text
//! U  = gamma (1 + b z) sum m a^2/S                     V  = sum q (v0 + v1 a)/S
//! U' = gamma [ b sum m a^2/S - (1 + b z) sum m a^2 S'/S^2 ]
//! V' = sum q [ (v0' + v1' a)/S - (v0 + v1 a) S'/S^2 ]
//! L  = V/(2 (1 - z U)),   L' = V'/(2 (1 - z U)) + V (U + z U')/(2 (1 - z U)^2)
//! ```
//!
//! q = lambda_k C_kk,0. Sums are pairwise: exact types do not notice, rounded ones gain (the error
//! of the summation grows as ln N instead of N). Division by zero at a pole follows the number type
//! (see [`Field`]); exact rationals panic there, so ask `S` first with
//! [`per_mode::denominator`] where a pole can be met.

use super::point::{Modes, Parameters, Point};
use crate::closed_form::per_mode;
use crate::number::Field;

/// U, V and their derivatives in z at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values<T> {
    /// U(z).
    pub noise: T,
    /// U'(z).
    pub noise_derivative: T,
    /// V(z).
    pub signal: T,
    /// V'(z).
    pub signal_derivative: T,
}

impl<T: Field> Values<T> {
    /// `(z U)' = U + z U'`.
    pub fn coupling_derivative(&self, point: &Point<T>) -> T {
        self.noise.clone() + point.z() * self.noise_derivative.clone()
    }

    /// L(z), (16).
    pub fn loss(&self, point: &Point<T>) -> T {
        let gap = T::one() - point.z() * self.noise.clone();
        self.signal.clone() / (T::from_integer(2) * gap)
    }

    /// L'(z).
    pub fn loss_derivative(&self, point: &Point<T>) -> T {
        let gap = T::one() - point.z() * self.noise.clone();
        let twice = T::from_integer(2) * gap.clone();
        let first = self.signal_derivative.clone() / twice.clone();
        let second = self.signal.clone() * self.coupling_derivative(point) / (twice * gap);
        first + second
    }
}

/// Below this many terms a pairwise sum adds one after the other.
const LEAF: usize = 16;

/// `sum over lo <= k < hi of term(k)`, by halves: rounding grows with the depth, not the length.
pub(crate) fn pairwise<T: Field, const J: usize>(
    lo: usize,
    hi: usize,
    term: &impl Fn(usize) -> [T; J],
) -> [T; J] {
    if hi - lo <= LEAF {
        let mut total: [T; J] = std::array::from_fn(|_| T::zero());
        for k in lo..hi {
            let next = term(k);
            for (sum, value) in total.iter_mut().zip(next) {
                *sum = sum.clone() + value;
            }
        }
        return total;
    }
    let middle = lo + (hi - lo) / 2;
    let left = pairwise(lo, middle, term);
    let right = pairwise(middle, hi, term);
    let mut total = left;
    for (sum, value) in total.iter_mut().zip(right) {
        *sum = sum.clone() + value;
    }
    total
}

/// U(z), (18).
pub fn noise_function<T: Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    point: &Point<T>,
) -> T {
    let (b, z) = (parameters.momentum.clone(), point.z());
    let coefficients =
        per_mode::denominator_coefficients(b.clone(), parameters.noise_tau(), z.clone(), point.e());
    let [sum] = pairwise(0, modes.eigenvalues().len(), &|k| {
        let a = parameters.learning_rate.clone() * modes.eigenvalues()[k].clone();
        let weight = modes.multiplicities()[k].clone() * a.square();
        [weight / per_mode::denominator(&coefficients, a)]
    });
    parameters.noise_amplitude.clone() * per_mode::noise_numerator(b, z) * sum
}

/// V(z), (20); zero modes of signal give 0.
pub fn signal_function<T: Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    point: &Point<T>,
) -> T {
    let (b, z) = (parameters.momentum.clone(), point.z());
    let coefficients =
        per_mode::denominator_coefficients(b.clone(), parameters.noise_tau(), z.clone(), point.e());
    let [v0, v1] = per_mode::signal_numerator_coefficients(b, z);
    let [sum] = pairwise(0, modes.signal().len(), &|k| {
        let a = parameters.learning_rate.clone() * modes.eigenvalues()[k].clone();
        let numerator = v0.clone() + v1.clone() * a.clone();
        [modes.signal()[k].clone() * numerator / per_mode::denominator(&coefficients, a)]
    });
    sum
}

/// U, U', V and V' in one pass.
pub fn values<T: Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    point: &Point<T>,
) -> Values<T> {
    let (b, g, z, e) = (
        parameters.momentum.clone(),
        parameters.noise_tau(),
        point.z(),
        point.e(),
    );
    let s = per_mode::denominator_coefficients(b.clone(), g.clone(), z.clone(), e.clone());
    let ds = per_mode::denominator_derivative_coefficients(b.clone(), g, z.clone(), e);
    let [v0, v1] = per_mode::signal_numerator_coefficients(b.clone(), z.clone());
    let [dv0, dv1] = per_mode::signal_numerator_derivative_coefficients(b.clone(), z.clone());
    let [noise, noise_slope, signal, signal_slope] = pairwise(0, modes.eigenvalues().len(), &|k| {
        let a = parameters.learning_rate.clone() * modes.eigenvalues()[k].clone();
        let inverse = T::one() / per_mode::denominator(&s, a.clone());
        let slope = per_mode::denominator(&ds, a.clone()) * inverse.clone();
        let noise = modes.multiplicities()[k].clone() * a.square() * inverse.clone();
        let noise_slope = noise.clone() * slope.clone();
        match modes.signal().get(k) {
            Some(q) => {
                let weight = q.clone() * inverse;
                let value = v0.clone() + v1.clone() * a.clone();
                let derivative = dv0.clone() + dv1.clone() * a;
                let signal = weight.clone() * value;
                let signal_slope = weight * derivative - signal.clone() * slope;
                [noise, noise_slope, signal, signal_slope]
            }
            None => [noise, noise_slope, T::zero(), T::zero()],
        }
    });
    let gamma = parameters.noise_amplitude.clone();
    let numerator = per_mode::noise_numerator(b.clone(), z);
    Values {
        noise: gamma.clone() * numerator.clone() * noise.clone(),
        noise_derivative: gamma * (b * noise - numerator * noise_slope),
        signal,
        signal_derivative: signal_slope,
    }
}

/// L(z), (16).
pub fn loss_function<T: Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    point: &Point<T>,
) -> T {
    let gap = T::one() - point.z() * noise_function(parameters, modes, point);
    signal_function(parameters, modes, point) / (T::from_integer(2) * gap)
}

/// L'(z).
pub fn loss_derivative<T: Field>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    point: &Point<T>,
) -> T {
    values(parameters, modes, point).loss_derivative(point)
}

/// U(1), (21), with one factor a cancelled, so that tiny eigenvalues lose nothing.
///
/// It means something only where every denominator is positive: below the noiseless edge (251)
/// for tau >= 0.
pub fn noise_function_at_one<T: Field>(parameters: &Parameters<T>, modes: &Modes<'_, T>) -> T {
    let g = parameters.noise_tau();
    let [sum] = pairwise(0, modes.eigenvalues().len(), &|k| {
        let a = parameters.learning_rate.clone() * modes.eigenvalues()[k].clone();
        let [numerator, denominator] =
            per_mode::noise_term_at_one(a, parameters.momentum.clone(), g.clone());
        [modes.multiplicities()[k].clone() * numerator / denominator]
    });
    parameters.noise_amplitude.clone() * sum
}

/// V(1) of the nodes given (an infinite spectrum's V(1) may diverge: see the phases).
pub fn signal_function_at_one<T: Field>(parameters: &Parameters<T>, modes: &Modes<'_, T>) -> T {
    let g = parameters.noise_tau();
    let [sum] = pairwise(0, modes.signal().len(), &|k| {
        let a = parameters.learning_rate.clone() * modes.eigenvalues()[k].clone();
        let [numerator, denominator] =
            per_mode::signal_term_at_one(a.clone(), parameters.momentum.clone(), g.clone());
        [modes.signal()[k].clone() * numerator / (a * denominator)]
    });
    sum
}
