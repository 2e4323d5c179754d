//! The second way to U_t and V_t: the three-term linear recurrence that S holds.
//!
//! ```text
//! S = 1 + S1 z + S2 z^2 + S3 z^3,   with c = 1 + b - a:
//!     S1 = b - c^2 + g a^2,   S2 = b^2 - b (2 b - c^2) + g a^2 b,   S3 = -b^3
//! N(z)/S(z) = sum_t u_t z^t   =>   u_t = N_t - S1 u_(t-1) - S2 u_(t-2) - S3 u_(t-3)
//! U: N = 1 + b z        V: N = 1 + (2 a b - b - b^2) z + b^3 z^2
//! ```
//!
//! Nothing is shared with `series` (no moment state is kept), so that the two check each other.

use super::point::{Modes, Parameters};
use crate::number::Ring;

/// S1, S2, S3: the coefficients of z, z^2, z^3 of S(a, b, g, z).
#[inline]
pub fn denominator_in_z<T: Ring>(a: T, b: T, g: T) -> [T; 3] {
    let c_squared = (T::one() + b.clone() - a.clone()).square();
    let noise = g * a.square();
    let s1 = b.clone() - c_squared.clone() + noise.clone();
    let s2 =
        b.square() - b.clone() * (T::from_integer(2) * b.clone() - c_squared) + noise * b.clone();
    [s1, s2, -b.power(3)]
}

/// The first `length` coefficients of `(n0 + n1 z + n2 z^2)/(1 + s1 z + s2 z^2 + s3 z^3)`.
fn quotient<T: Ring>(numerator: [T; 3], s: &[T; 3], length: usize) -> Vec<T> {
    let mut u: Vec<T> = Vec::with_capacity(length);
    for t in 0..length {
        let mut value = numerator.get(t).cloned().unwrap_or_else(T::zero);
        for (j, coefficient) in s.iter().enumerate().take(t) {
            value = value - coefficient.clone() * u[t - 1 - j].clone();
        }
        u.push(value);
    }
    u
}

/// U_1, ..., U_length by the recurrence.
pub fn noise_series<T: Ring>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    length: usize,
) -> Vec<T> {
    let b = &parameters.momentum;
    let mut total = vec![T::zero(); length];
    for (eigenvalue, multiplicity) in modes.eigenvalues().iter().zip(modes.multiplicities()) {
        let a = parameters.learning_rate.clone() * eigenvalue.clone();
        let s = denominator_in_z(a.clone(), b.clone(), parameters.noise_tau());
        let weight = parameters.noise_amplitude.clone() * multiplicity.clone() * a.square();
        let terms = quotient([T::one(), b.clone(), T::zero()], &s, length);
        for (sum, term) in total.iter_mut().zip(terms) {
            *sum = sum.clone() + weight.clone() * term;
        }
    }
    total
}

/// V_1, ..., V_length by the recurrence.
pub fn signal_series<T: Ring>(
    parameters: &Parameters<T>,
    modes: &Modes<'_, T>,
    length: usize,
) -> Vec<T> {
    let b = &parameters.momentum;
    let mut total = vec![T::zero(); length];
    for (eigenvalue, signal) in modes.eigenvalues().iter().zip(modes.signal()) {
        let a = parameters.learning_rate.clone() * eigenvalue.clone();
        let s = denominator_in_z(a.clone(), b.clone(), parameters.noise_tau());
        let n1 = T::from_integer(2) * a * b.clone() - b.clone() - b.square();
        let terms = quotient([T::one(), n1, b.power(3)], &s, length);
        for (sum, term) in total.iter_mut().zip(terms) {
            *sum = sum.clone() + signal.clone() * term;
        }
    }
    total
}
