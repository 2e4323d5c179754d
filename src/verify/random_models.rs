//! Small random numbers and matrices over Q, and errors of the noise checks, for the files that check the noise.

use super::VerifyError;
use crate::noise::{Dense, plane_rotation, reflection};
use crate::number::{Rational, Ring};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(super) fn shape(error: impl std::fmt::Display) -> VerifyError {
    VerifyError::part("noise models")(&error)
}

pub(super) fn ratio(top: i64, bottom: i64) -> Rational {
    let whole = |x: i64| -> Rational { Ring::from_integer(x) };
    whole(top) / whole(bottom)
}

/// Small rationals and numbers in [-1, 1], reproducible.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    fn rational(&mut self) -> Rational {
        ratio(self.0.random_range(-5..=5), self.0.random_range(1..=4))
    }

    pub(super) fn float(&mut self) -> f64 {
        self.0.random_range(-1.0..=1.0)
    }

    pub(super) fn matrix(&mut self, rows: usize, columns: usize) -> Dense<Rational> {
        Dense::from_fn(rows, columns, |_, _| self.rational())
    }

    pub(super) fn moments(&mut self, n: usize) -> Result<Dense<Rational>, VerifyError> {
        let b = self.matrix(n, n);
        b.times(&b.transposed()).map_err(shape)
    }
}

pub(super) fn diagonal<T: Ring>(entries: &[T]) -> Dense<T> {
    Dense::from_fn(entries.len(), entries.len(), |i, j| {
        if i == j {
            entries[i].clone()
        } else {
            T::zero()
        }
    })
}

/// A rotation over Q, or with a reflection.
pub(super) fn orthogonal(n: usize, proper: bool) -> Result<Dense<Rational>, VerifyError> {
    let mut product = if proper {
        Dense::identity(n)
    } else {
        reflection(n, 0)
    };
    for i in 0..n {
        for j in i + 1..n {
            let (c, s) = if (i + j) % 2 == 0 {
                (ratio(3, 5), ratio(4, 5))
            } else {
                (ratio(-5, 13), ratio(12, 13))
            };
            let turn = plane_rotation(n, [i, j], c, s);
            product = product.times(&turn).map_err(shape)?;
        }
    }
    Ok(product)
}

pub(super) fn worse(worst: f64, distance: f64) -> f64 {
    // NaN must not pass.
    if distance <= worst { worst } else { distance }
}
