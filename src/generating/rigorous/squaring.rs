//! L_t by repeated squaring of the 3N x 3N second-moment operator: an oracle for small spectra.
//!
//! ```text
//! x_t = T^t x_0,   T x = (step of every mode) + gamma a_k^2 m_k (sum_l x11_l) (1, 1, 1),   L_t = 1/2 sum x11
//! ```
//!
//! T^(2^i) costs (3N)^3 products each; the bits of t choose which powers act on the vector. Nothing
//! but + and x of balls is used, so the enclosure needs no theorem of its own. 2^40 steps lose some
//! 40 bits and what the non-normality of T costs; the precision is doubled until the digits are
//! there. Source: (65) with the constants of the SE approximation.

use super::recursion::{Outcome, with_enough_bits};
use super::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::closed_form::per_mode;
use crate::number::{Ball, Ring};

/// The largest number of modes that is squared.
pub const SQUARING_LIMIT: usize = 50;

/// L_t to `digits` digits, with the loss of the null space.
///
/// # Errors
/// No signal, more than [`SQUARING_LIMIT`] modes, digits that no precision up to 2^14 bits gives, or a loss outside
/// 2^(+-2^60), the exponents that balls keep.
pub fn loss_by_squaring(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    digits: u32,
) -> Result<Ball, RigorousError> {
    if !spectrum.has_signal() {
        return Err(RigorousError::NoSignal);
    }
    let n = spectrum.modes_count().ok_or(RigorousError::NeedsFinite)?;
    if n > SQUARING_LIMIT {
        return Err(RigorousError::TooLong {
            method: "squaring",
            step,
            operations: (3 * n).pow(3) as f64 * f64::from(64 - step.leading_zeros()),
            limit: (3 * SQUARING_LIMIT).pow(3) as f64 * 64.0,
        });
    }
    with_enough_bits("L_t by squaring", digits, 96, |bits| {
        let loss = attempt(spectrum, parameters, step, bits)?;
        Ok(Outcome::of(loss + spectrum.null_space_loss(bits), digits))
    })
}

fn attempt(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    bits: u32,
) -> Result<Ball, RigorousError> {
    let modes = spectrum.modes(bits)?;
    let p = parameters.balls(bits);
    let n = modes.eigenvalues().len();
    let zero = || Ball::zero();
    // Column by column: the image of each unit vector.
    let mut matrix = vec![vec![zero(); 3 * n]; 3 * n];
    let a: Vec<Ball> = modes
        .eigenvalues()
        .iter()
        .map(|l| p.learning_rate.clone() * l.clone())
        .collect();
    for l in 0..n {
        for part in 0..3 {
            let mut unit = [zero(), zero(), zero()];
            unit[part] = Ball::integer(1);
            let image = per_mode::step(a[l].clone(), p.momentum.clone(), p.noise_tau(), unit);
            for (row, value) in image.into_iter().enumerate() {
                matrix[3 * l + row][3 * l + part] = value;
            }
        }
        for k in 0..n {
            let forced =
                p.noise_amplitude.clone() * modes.multiplicities()[k].clone() * a[k].square();
            for row in 0..3 {
                let entry = &mut matrix[3 * k + row][3 * l];
                *entry = entry.clone() + forced.clone();
            }
        }
    }
    let mut state = vec![zero(); 3 * n];
    for (k, q) in modes.signal().iter().enumerate() {
        state[3 * k] = q.clone();
    }
    let mut rest = step;
    while rest > 0 {
        if rest & 1 == 1 {
            state = matrix.iter().map(|row| dot(row, &state)).collect();
        }
        rest >>= 1;
        if rest > 0 {
            matrix = square(&matrix);
        }
    }
    let sum = (0..n).fold(zero(), |sum, k| sum + state[3 * k].clone());
    Ok(sum.half())
}

fn dot(row: &[Ball], column: &[Ball]) -> Ball {
    row.iter()
        .zip(column)
        .filter(|(x, _)| !(x.midpoint_is_zero() && x.radius().is_zero()))
        .fold(Ball::zero(), |sum, (x, y)| sum + x.clone() * y.clone())
}

fn square(matrix: &[Vec<Ball>]) -> Vec<Vec<Ball>> {
    let n = matrix.len();
    let columns: Vec<Vec<Ball>> = (0..n)
        .map(|j| matrix.iter().map(|row| row[j].clone()).collect())
        .collect();
    matrix
        .iter()
        .map(|row| columns.iter().map(|column| dot(row, column)).collect())
        .collect()
}
