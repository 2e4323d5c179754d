//! Second moments of every pair of modes, stepped in the eigenbasis of H (or K): the core of
//! [`super::ExactMoments`].
//!
//! | symbol | field | shape |
//! |---|---|---|
//! | lambda_k | `eigenvalues` | m |
//! | B | `basis`, column-major | N x m |
//! | f_k | `noise_weights` | m |
//! | C, J, V | lower halves (k >= l), J as J_kl and J_lk, column-major | m x m |
//!
//! With a_k = alpha lambda_k and c = diag(B C B^T), a step is
//!
//! ```text
//! Sigma_kl = f_k f_l (B^T diag(c) B)_kl - lambda_k lambda_l C_kl
//! X_kl  = beta J_kl - a_l C_kl                                             (E[position drift^T])
//! V'_kl = a_k a_l C_kl - beta (a_k J_kl + a_l J_lk) + beta^2 V_kl + gamma alpha^2 Sigma_kl
//! J'_kl = X_kl + V'_kl,      C'_kl = C_kl + X_lk + J'_kl
//! ```
//!
//! | space | B | f_k | source |
//! |---|---|---|---|
//! | output | eigenvectors of K | sqrt(N) lambda_k | (56), (63) |
//! | parameter | `<psi(x_i), u_k>` | 1/sqrt(N) | (5), (62) |
//!
//! Cost: C is symmetric, so c needs only B times the lower half of C (N m^2 flop), and the lower half
//! of B^T diag(c) B is another N m^2: 2 N^3 in output space, where five full products take 10 N^3.
//! All other work is one pass over contiguous columns.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, get_global_parallelism};
use rayon::prelude::*;

/// Modes from which the pass over columns is shared among threads.
const PARALLEL: usize = 200;

/// See the module's head.
#[derive(Debug, Clone)]
pub(super) struct PairMoments {
    points: usize,
    eigenvalues: Vec<f64>,
    basis: Vec<f64>,
    noise_weights: Vec<f64>,
    positions: Vec<f64>,
    /// J_kl for k >= l.
    mixed: Vec<f64>,
    /// J_lk for k >= l.
    mixed_transposed: Vec<f64>,
    velocities: Vec<f64>,
    product: Vec<f64>,
    noise: Vec<f64>,
}

impl PairMoments {
    /// At rest at the fixed position `start` (in the eigenbasis).
    pub(super) fn at_rest(
        eigenvalues: Vec<f64>,
        basis: Vec<f64>,
        noise_weights: Vec<f64>,
        start: &[f64],
    ) -> Self {
        let m = eigenvalues.len();
        let points = basis.len().checked_div(m).unwrap_or(0);
        let mut positions = vec![0.0; m * m];
        for (l, column) in positions.chunks_exact_mut(m).enumerate() {
            for (x, r) in column[l..].iter_mut().zip(&start[l..]) {
                *x = r * start[l];
            }
        }
        let zero = vec![0.0; m * m];
        Self {
            points,
            product: vec![0.0; points * m],
            eigenvalues,
            basis,
            noise_weights,
            positions,
            mixed: zero.clone(),
            mixed_transposed: zero.clone(),
            velocities: zero.clone(),
            noise: zero,
        }
    }

    /// lambda_k.
    pub(super) fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// B, column-major.
    pub(super) fn basis(&self) -> &[f64] {
        &self.basis
    }

    /// f_k.
    pub(super) fn noise_weights(&self) -> &[f64] {
        &self.noise_weights
    }

    /// C, lower half, column-major; the strict upper half is 0.
    pub(super) fn positions(&self) -> &[f64] {
        &self.positions
    }

    /// C_kk.
    pub(super) fn diagonal(&self) -> impl Iterator<Item = f64> + '_ {
        let m = self.eigenvalues.len();
        (0..m).map(move |k| self.positions[k * (m + 1)])
    }

    /// c = diag(B C B^T).
    pub(super) fn point_moments(&mut self) -> Vec<f64> {
        let (n, m) = (self.points, self.eigenvalues.len());
        triangular::matmul(
            MatMut::from_column_major_slice_mut(&mut self.product, n, m),
            BlockStructure::Rectangular,
            Accum::Replace,
            MatRef::from_column_major_slice(&self.basis, n, m),
            BlockStructure::Rectangular,
            MatRef::from_column_major_slice(&self.positions, m, m),
            BlockStructure::TriangularLower,
            1.0,
            get_global_parallelism(),
        );
        let mut moments = vec![0.0; n];
        let columns = self.product.chunks_exact(n).zip(self.basis.chunks_exact(n));
        for ((product, basis), diagonal) in columns.zip(self.diagonal()) {
            for ((c, x), b) in moments.iter_mut().zip(product).zip(basis) {
                *c += b * (2.0 * x - diagonal * b);
            }
        }
        moments
    }

    /// The lower half of `B^T diag(c) B` into `noise`.
    fn update_noise(&mut self) {
        let (n, m) = (self.points, self.eigenvalues.len());
        let c = self.point_moments();
        let columns = self.product.chunks_exact_mut(n);
        for (product, basis) in columns.zip(self.basis.chunks_exact(n)) {
            for ((x, b), c) in product.iter_mut().zip(basis).zip(&c) {
                *x = c * b;
            }
        }
        triangular::matmul(
            MatMut::from_column_major_slice_mut(&mut self.noise, m, m),
            BlockStructure::TriangularLower,
            Accum::Replace,
            MatRef::from_column_major_slice(&self.basis, n, m).transpose(),
            BlockStructure::Rectangular,
            MatRef::from_column_major_slice(&self.product, n, m),
            BlockStructure::Rectangular,
            1.0,
            get_global_parallelism(),
        );
    }

    /// The eigenvalues and the lower halves of C and of `B^T diag(c) B`, column-major.
    pub(super) fn noise_matrices(&mut self) -> (&[f64], MatRef<'_, f64>, MatRef<'_, f64>) {
        self.update_noise();
        let m = self.eigenvalues.len();
        (
            &self.eigenvalues,
            MatRef::from_column_major_slice(&self.positions, m, m),
            MatRef::from_column_major_slice(&self.noise, m, m),
        )
    }

    /// One step with alpha, beta and gamma.
    pub(super) fn step(&mut self, learning_rate: f64, momentum: f64, noise_amplitude: f64) {
        let m = self.eigenvalues.len();
        if noise_amplitude > 0.0 {
            self.update_noise();
        }
        let rates: Vec<f64> = self.eigenvalues.iter().map(|l| learning_rate * l).collect();
        let scale = noise_amplitude.sqrt() * learning_rate;
        let weights: Vec<f64> = self.noise_weights.iter().map(|f| scale * f).collect();
        let keep = 1.0 - noise_amplitude;
        let b = momentum;
        let column = |l: usize,
                      c: &mut [f64],
                      j: &mut [f64],
                      jt: &mut [f64],
                      v: &mut [f64],
                      noise: &[f64]| {
            let (a_l, w_l) = (rates[l], weights[l]);
            let entries = c[l..].iter_mut().zip(&mut j[l..]).zip(&mut jt[l..]);
            let inputs = v[l..].iter_mut().zip(&noise[l..]).zip(&rates[l..]);
            for (((c, j), jt), (((v, s), a), w)) in entries.zip(inputs.zip(&weights[l..])) {
                let v_new =
                    keep * (a * a_l) * *c - b * (a * *j + a_l * *jt) + b * b * *v + w * w_l * s;
                let x = b * *j - a_l * *c;
                let xt = b * *jt - a * *c;
                *v = v_new;
                *j = x + v_new;
                *jt = xt + v_new;
                *c += x + xt + v_new;
            }
        };
        if m >= PARALLEL {
            self.positions
                .par_chunks_exact_mut(m)
                .zip(self.mixed.par_chunks_exact_mut(m))
                .zip(self.mixed_transposed.par_chunks_exact_mut(m))
                .zip(self.velocities.par_chunks_exact_mut(m))
                .zip(self.noise.par_chunks_exact(m))
                .enumerate()
                .for_each(|(l, ((((c, j), jt), v), noise))| column(l, c, j, jt, v, noise));
        } else {
            self.positions
                .chunks_exact_mut(m)
                .zip(self.mixed.chunks_exact_mut(m))
                .zip(self.mixed_transposed.chunks_exact_mut(m))
                .zip(self.velocities.chunks_exact_mut(m))
                .zip(self.noise.chunks_exact(m))
                .enumerate()
                .for_each(|(l, ((((c, j), jt), v), noise))| column(l, c, j, jt, v, noise));
        }
    }

    /// Length of [`PairMoments::state`].
    pub(super) fn state_len(&self) -> usize {
        4 * self.positions.len()
    }

    /// C, J, J^T and V (lower halves, column-major), one after the other.
    pub(super) fn state(&self) -> Vec<f64> {
        [
            &self.positions,
            &self.mixed,
            &self.mixed_transposed,
            &self.velocities,
        ]
        .into_iter()
        .flatten()
        .copied()
        .collect()
    }

    /// Puts back what [`PairMoments::state`] gave; false if the length is another.
    pub(super) fn restore(&mut self, state: &[f64]) -> bool {
        if state.len() != self.state_len() {
            return false;
        }
        let parts = [
            &mut self.positions,
            &mut self.mixed,
            &mut self.mixed_transposed,
            &mut self.velocities,
        ];
        let each = state.len() / 4;
        for (part, saved) in parts.into_iter().zip(state.chunks_exact(each.max(1))) {
            part.copy_from_slice(saved);
        }
        true
    }
}
