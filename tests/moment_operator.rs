//! The derived operator against the average over all batches of the true update, where the SE
//! approximation is exact: regular grids on a torus (Proposition 2), tau = 1.
//!
//! On the grids {0, pi} and {0, pi}^2 the Fourier basis is real and rational (entries +-1 or
//! +-1/2 after scaling), so every number here is an exact fraction and nothing is degenerate.
//! The true update is written out literally from (1): nothing of the crate's operator enters it.

use tauber::moment::{MomentOperator, UpdateRule};
use tauber::number::{Rational, Ring, parse_rational};
use tauber::polynomial::Polynomial;

type Vector = Vec<Rational>;

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

fn integer(value: usize) -> Rational {
    Ring::from_integer(value as i64)
}

/// All subsets of `0..n` with `b` elements.
fn batches(n: usize, b: usize) -> Vec<Vec<usize>> {
    (0u32..1 << n)
        .filter(|mask| mask.count_ones() as usize == b)
        .map(|mask| (0..n).filter(|i| mask >> i & 1 == 1).collect())
        .collect()
}

/// A translation-invariant problem: K_ij = k(i xor j)/N and characters (-1)^popcount(k & i).
struct Grid {
    kernel: Vec<Vector>,
    characters: Vec<Vector>,
    eigenvalues: Vector,
}

impl Grid {
    fn new(profile: &[&str]) -> Self {
        let n = profile.len();
        let values: Vector = profile.iter().map(|t| q(t)).collect();
        let kernel = (0..n)
            .map(|i| (0..n).map(|j| values[i ^ j].clone()).collect())
            .collect();
        let sign = |k: usize, i: usize| {
            if (k & i).count_ones().is_multiple_of(2) {
                Rational::one()
            } else {
                -Rational::one()
            }
        };
        let characters: Vec<Vector> = (0..n)
            .map(|k| (0..n).map(|i| sign(k, i)).collect())
            .collect();
        let eigenvalues = (0..n)
            .map(|k| {
                let sum = (0..n).fold(Rational::zero(), |s, i| s + sign(k, i) * &values[i]);
                sum / integer(n)
            })
            .collect();
        Self {
            kernel,
            characters,
            eigenvalues,
        }
    }

    /// Literal SGD with momentum in output space: residual f, velocity v, one batch.
    fn update(
        &self,
        f: &Vector,
        v: &Vector,
        batch: &[usize],
        alpha: &Rational,
        beta: &Rational,
    ) -> (Vector, Vector) {
        let n = f.len();
        let mut new_f = f.clone();
        let mut new_v = v.clone();
        for i in 0..n {
            let gradient = batch
                .iter()
                .fold(Rational::zero(), |s, &j| s + &self.kernel[i][j] * &f[j])
                / integer(batch.len());
            new_v[i] = beta * &v[i] - alpha * gradient;
            new_f[i] = &f[i] + &new_v[i];
        }
        (new_f, new_v)
    }

    /// (<phi_k, f>^2, <phi_k, f><phi_k, v>, <phi_k, v>^2)/N^2 for each k, added with a weight.
    fn moments(&self, f: &Vector, v: &Vector, weight: &Rational, into: &mut [[Rational; 3]]) {
        let n = integer(f.len());
        for (k, sums) in into.iter_mut().enumerate() {
            let dot = |x: &Vector| {
                self.characters[k]
                    .iter()
                    .zip(x)
                    .fold(Rational::zero(), |s, (c, x)| s + c * x)
                    / &n
            };
            let (c, u) = (dot(f), dot(v));
            sums[0] += weight * &c * &c;
            sums[1] += weight * &c * &u;
            sums[2] += weight * &u * &u;
        }
    }
}

/// The states whose average is the initial second moment: a generic correlated ensemble.
fn ensemble(n: usize) -> Vec<(Vector, Vector)> {
    (0..3)
        .map(|s| {
            let f = (0..n)
                .map(|i| q(&format!("{}/{}", 3 * i as i64 - 4 + s, s + 2)))
                .collect();
            let v = (0..n)
                .map(|i| q(&format!("{}/7", (i as i64 * i as i64 + 2 * s) - 3)))
                .collect();
            (f, v)
        })
        .collect()
}

/// One averaged step of the true dynamics and of the derived operator; equal or not.
fn operator_matches(grid: &Grid, b: usize, tau: &str) -> bool {
    let n = grid.kernel.len();
    let (alpha, beta) = (q("2/3"), q("-2/7"));
    let zero = || vec![[Rational::zero(), Rational::zero(), Rational::zero()]; n];
    let (mut before, mut after) = (zero(), zero());
    let states = ensemble(n);
    let all = batches(n, b);
    let weight = Rational::one() / integer(states.len());
    let batch_weight = &weight / integer(all.len());
    for (f, v) in &states {
        grid.moments(f, v, &weight, &mut before);
        for batch in &all {
            let (f, v) = grid.update(f, v, batch, &alpha, &beta);
            grid.moments(&f, &v, &batch_weight, &mut after);
        }
    }
    let gamma = if n == 1 {
        Rational::zero()
    } else {
        integer(n - b) / (integer(n - 1) * integer(b))
    };
    let operator = MomentOperator::derive(&UpdateRule::heavy_ball());
    let total = before.iter().fold(Rational::zero(), |s, x| s + &x[0]);
    (0..n).all(|k| {
        let lambda = &grid.eigenvalues[k];
        let value = |p: &Polynomial| {
            p.evaluate(|name| match name {
                "a" => Some(&alpha * lambda),
                "b" => Some(beta.clone()),
                "g" => Some(&gamma * q(tau)),
                _ => None,
            })
            .unwrap()
        };
        // gamma alpha^2 lambda^2 sum_l C^out_ll, the coupling of (10) in output space.
        let forcing = &gamma * &alpha * &alpha * lambda * lambda * &total;
        (0..3).all(|i| {
            let row = &operator.matrix()[i];
            let inner = (0..3).fold(Rational::zero(), |s, j| s + value(&row[j]) * &before[k][j]);
            inner + &forcing * value(&operator.source()[i]) == after[k][i]
        })
    })
}

fn grids() -> Vec<Grid> {
    vec![
        Grid::new(&["2", "1/3"]),
        Grid::new(&["3", "1", "1/2", "1/5"]),
        // A zero eigenvalue: k(0) - k(1) + k(2) - k(3) = 0.
        Grid::new(&["3", "2", "1/2", "3/2"]),
    ]
}

#[test]
fn derived_operator_is_the_average_over_all_batches_on_torus_grids_at_tau_one() {
    for (place, grid) in grids().iter().enumerate() {
        for b in 1..=grid.kernel.len() {
            assert!(
                operator_matches(grid, b, "1"),
                "grid {place}, batch size {b}"
            );
        }
    }
}

#[test]
fn another_tau_does_not_match_the_average() {
    for grid in grids() {
        assert!(!operator_matches(&grid, 1, "99/100"));
        assert!(!operator_matches(&grid, 1, "-1"));
        // ... except with the full batch, where there is no noise.
        assert!(operator_matches(&grid, grid.kernel.len(), "-1"));
    }
}
