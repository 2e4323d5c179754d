//! Appendix G (additive noise) and Appendix H (convergence without noise).

use super::{Check, VerifyError};
use crate::dynamics::AdditiveNoise;
use crate::generating::characteristic::{characteristic_roots, contracts, spectral_radius};
use crate::noise::Dense;
use crate::number::{Rational, Ring};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random pairs (a, beta).
const PAIRS: usize = 20_000;

/// The checks of the two appendices.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        Check::timed(
            "appendix-g",
            "additive noise: the closed forms are the fixed point (245) for every momentum, and its loss is (247) at momentum 0",
            "one step of (243) over Q, momentum 0, 1/2, -2/5, 9/10, noise with correlated modes",
            || {
                let held = stationary(&whole(1))?;
                let word = if held { "exact" } else { "differs" };
                Ok((held, word.to_owned(), Vec::new()))
            },
        )?,
        Check::timed(
            "appendix-h",
            "both roots of an eigenvalue lie inside the circle iff -1 < beta < 1 and 0 < alpha lambda < 2 (beta + 1) (251)",
            "against powers of the 2 x 2 matrix: 20,000 random pairs, a share near corners and edges",
            || {
                let (wrong, close) = disagreements(1.0);
                let mut details = Vec::new();
                if close > 0 {
                    details.push(format!("{close} pairs within 1e-9 of the edge left out"));
                }
                Ok((
                    wrong == 0,
                    format!("{wrong} of {PAIRS} pairs disagree"),
                    details,
                ))
            },
        )?,
    ])
}

fn whole(x: i64) -> Rational {
    Ring::from_integer(x)
}

/// Whether the stationary states are fixed points with C times `factor` (1, unless a test wants it
/// wrong).
fn stationary(factor: &Rational) -> Result<bool, VerifyError> {
    let fail = VerifyError::part("appendix-g");
    let ratio = |top, bottom| whole(top) / whole(bottom);
    let eigenvalues = vec![whole(1), ratio(1, 2), ratio(1, 5)];
    let b = Dense::from_fn(3, 3, |i, j| ratio(2 * i as i64 - 3 * j as i64 + 1, 2));
    let covariance = b.times(&b.transposed()).map_err(|e| fail(&e))?;
    let mut held = true;
    for (alpha, beta) in [
        (ratio(3, 2), whole(0)),
        (ratio(5, 2), ratio(1, 2)),
        (whole(1), ratio(-2, 5)),
        (whole(3), ratio(9, 10)),
    ] {
        let model = AdditiveNoise::new(
            eigenvalues.clone(),
            covariance.clone(),
            alpha.clone(),
            beta.clone(),
        )
        .map_err(|e| fail(&e))?;
        let mut state = model.stationary();
        state.positions = state.positions.scaled(factor);
        held &= model.step(&state).map_err(|e| fail(&e))? == state;
        if beta == whole(0) {
            let sum = (eigenvalues.iter().enumerate()).fold(whole(0), |sum, (k, lambda)| {
                sum + covariance.entry(k, k) / (whole(2) - &alpha * lambda)
            });
            held &= model.stationary_loss() == &alpha / whole(2) * sum;
        }
    }
    Ok(held)
}

/// How many random pairs have a verdict or a radius other than the growth of the matrix, and how many
/// lie too near the edge to tell; a is multiplied by `factor` in the verdict (1, unless a test wants
/// it wrong).
fn disagreements(factor: f64) -> (usize, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(251);
    let (mut wrong, mut close) = (0, 0);
    for at in 0..PAIRS {
        let mut near = || 10.0_f64.powf(random.random_range(-6.0..=-1.0));
        let sign = if at % 2 == 0 { 1.0 } else { -1.0 };
        let b = match at % 5 {
            0 => 1.0 - near(),
            1 => -1.0 + near(),
            2 => sign * near(),
            _ => random.random_range(-1.2..=1.2),
        };
        let mut near = || 10.0_f64.powf(random.random_range(-6.0..=-1.0));
        let a = match at % 3 {
            0 => 2.0 * (1.0 + b) * (1.0 + sign * near()),
            1 => sign * near(),
            _ => random.random_range(-1.0..=5.0),
        };
        let growth = log_radius(a, b);
        if growth.abs() < 1e-9 {
            close += 1;
            continue;
        }
        let radius = (spectral_radius(a, b).ln() - growth).abs() <= 1e-6 * growth.abs().max(1e-2);
        let [x, y] = characteristic_roots(a, b);
        let product = ((x * y).re - b).abs() <= 1e-13 * (1.0 + a.abs() + b.abs());
        if contracts(&(factor * a), &b) != (growth < 0.0) || !radius || !product {
            wrong += 1;
        }
    }
    (wrong, close)
}

/// ln of the spectral radius of `[[1 - a, b], [-a, b]]`, by 40 squarings (Gelfand).
fn log_radius(a: f64, b: f64) -> f64 {
    let mut m = [[1.0 - a, b], [-a, b]];
    let mut log_scale = 0.0_f64;
    for _ in 0..40 {
        let entry = |i: usize, j: usize| m[i][0] * m[0][j] + m[i][1] * m[1][j];
        let square = [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]];
        let size = square.iter().flatten().fold(0.0_f64, |s, x| s.max(x.abs()));
        log_scale = 2.0 * log_scale + size.ln();
        m = square.map(|row| row.map(|x| x / size));
    }
    log_scale / 2.0_f64.powi(40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn both_appendices_pass() {
        for check in checks().unwrap() {
            assert_eq!(check.outcome, Outcome::Passed, "{check:?}");
        }
    }

    #[test]
    fn a_wrong_state_and_a_wrong_edge_are_seen() {
        assert!(!stationary(&(whole(1001) / whole(1000))).unwrap());
        assert!(disagreements(1.0 + 1e-4).0 > 0);
    }
}
