//! The vectorised step of one run: gather b rows of K, update velocity and residual in one pass.
//!
//! ```text
//! v <- beta v + sum_r c_r K_r,    Delta f <- Delta f + v,      c_r = -(alpha N / b) Delta f_{i_r}
//! ```
//!
//! Rows are taken four at a time: each group reads v, adds four rows and writes v; the last group
//! adds v to Delta f in the same pass. The coefficients are read before the first group, so that
//! all use the old residuals.

use crate::dynamics::aligned::Aligned;
use pulp::{Arch, Simd, WithSimd};

/// Padding of rows, in numbers: one cache line.
const LANES: usize = 8;
/// Rows added in one pass over v.
const GROUP: usize = 4;

/// K with rows padded by zeros to whole cache lines, and aligned to them.
#[derive(Debug)]
pub(super) struct PaddedKernel {
    rows: Aligned,
    stride: usize,
    dataset_size: usize,
}

impl PaddedKernel {
    /// Copies an N x N matrix, row-major.
    pub(super) fn new(dataset_size: usize, entries: &[f64]) -> Self {
        let mut stride = dataset_size.next_multiple_of(LANES);
        // Rows a multiple of 4 KiB apart compete for the same cache sets.
        if stride.is_multiple_of(512) {
            stride += LANES;
        }
        let mut rows = Aligned::zeros(stride * dataset_size);
        for (i, row) in entries.chunks_exact(dataset_size).enumerate() {
            let at = i * stride;
            rows[at..at + dataset_size].copy_from_slice(row);
        }
        Self {
            rows,
            stride,
            dataset_size,
        }
    }

    #[inline(always)]
    fn row(&self, i: u32, width: usize) -> &[f64] {
        let at = i as usize * self.stride;
        &self.rows[at..at + width]
    }
}

/// Residual and velocity of one run, padded as the kernel's rows are.
#[derive(Debug, Clone)]
pub(super) struct RunState {
    residual: Aligned,
    velocity: Aligned,
    coefficients: Vec<f64>,
}

impl RunState {
    /// At `residual` with velocity 0.
    pub(super) fn new(residual: &[f64], batch_size: usize) -> Self {
        let width = residual.len().next_multiple_of(LANES);
        let mut padded = Aligned::zeros(width);
        padded[..residual.len()].copy_from_slice(residual);
        Self {
            residual: padded,
            velocity: Aligned::zeros(width),
            coefficients: vec![0.0; batch_size],
        }
    }

    /// Residual, then velocity, padded.
    pub(super) fn numbers(&self) -> Vec<f64> {
        [&self.residual[..], &self.velocity].concat()
    }

    /// Takes [`RunState::numbers`] if they are as many.
    pub(super) fn restore(&mut self, numbers: &[f64]) -> bool {
        let fits = numbers.len() == 2 * self.residual.len();
        if fits {
            let (residual, velocity) = numbers.split_at(self.residual.len());
            self.residual.copy_from_slice(residual);
            self.velocity.copy_from_slice(velocity);
        }
        fits
    }

    /// `|Delta f|^2/(2N)`; infinite instead of NaN after an overflow.
    pub(super) fn loss(&self, dataset_size: usize) -> f64 {
        let sum = Arch::new().dispatch(SumOfSquares(&self.residual));
        if sum.is_finite() {
            sum / (2.0 * dataset_size as f64)
        } else {
            f64::INFINITY
        }
    }

    /// One step with the given batch.
    #[inline]
    pub(super) fn step(
        &mut self,
        kernel: &PaddedKernel,
        batch: &[u32],
        learning_rate: f64,
        momentum: f64,
    ) {
        Arch::new().dispatch(Step {
            kernel,
            batch,
            factor: -learning_rate * kernel.dataset_size as f64 / batch.len() as f64,
            momentum,
            state: self,
        });
    }
}

struct Step<'a> {
    kernel: &'a PaddedKernel,
    batch: &'a [u32],
    factor: f64,
    momentum: f64,
    state: &'a mut RunState,
}

impl WithSimd for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let RunState {
            residual,
            velocity,
            coefficients,
        } = self.state;
        for (c, &i) in coefficients.iter_mut().zip(self.batch) {
            *c = self.factor * residual[i as usize];
        }
        // All groups but the last are full; the last has 1 to 4 rows and finishes the step.
        let last = (self.batch.len() - 1) / GROUP * GROUP;
        let mut momentum = self.momentum;
        let groups = self.batch[..last].as_chunks::<GROUP>().0.iter();
        for (rows, c) in groups.zip(coefficients.as_chunks::<GROUP>().0) {
            add_rows::<S, GROUP, false>(simd, self.kernel, rows, c, momentum, residual, velocity);
            momentum = 1.0;
        }
        let (rows, c) = (&self.batch[last..], &coefficients[last..]);
        let k = self.kernel;
        match (rows, c) {
            (&[i0], &[c0]) => {
                add_rows::<S, 1, true>(simd, k, &[i0], &[c0], momentum, residual, velocity);
            }
            (&[i0, i1], &[c0, c1]) => {
                let (i, c) = ([i0, i1], [c0, c1]);
                add_rows::<S, 2, true>(simd, k, &i, &c, momentum, residual, velocity);
            }
            (&[i0, i1, i2], &[c0, c1, c2]) => {
                let (i, c) = ([i0, i1, i2], [c0, c1, c2]);
                add_rows::<S, 3, true>(simd, k, &i, &c, momentum, residual, velocity);
            }
            (&[i0, i1, i2, i3], &[c0, c1, c2, c3]) => {
                let (i, c) = ([i0, i1, i2, i3], [c0, c1, c2, c3]);
                add_rows::<S, 4, true>(simd, k, &i, &c, momentum, residual, velocity);
            }
            // The batch is never empty and a group never longer than four.
            _ => debug_assert!(false, "a group of {} rows", rows.len()),
        }
    }
}

/// `v <- momentum v + sum c_r K_r`, and then `Delta f <- Delta f + v` if `LAST`.
#[inline(always)]
fn add_rows<S: Simd, const ROWS: usize, const LAST: bool>(
    simd: S,
    kernel: &PaddedKernel,
    rows: &[u32; ROWS],
    coefficients: &[f64; ROWS],
    momentum: f64,
    residual: &mut [f64],
    velocity: &mut [f64],
) {
    let rows = rows.map(|i| S::as_simd_f64s(kernel.row(i, velocity.len())).0);
    let c = coefficients.map(|c| simd.splat_f64s(c));
    let momentum = simd.splat_f64s(momentum);
    let (velocity, _) = S::as_mut_simd_f64s(velocity);
    let (residual, _) = S::as_mut_simd_f64s(residual);
    let count = velocity.len().min(residual.len());
    let (velocity, residual) = (&mut velocity[..count], &mut residual[..count]);
    let rows = rows.map(|row| &row[..count]);
    for j in 0..count {
        let mut v = simd.mul_f64s(momentum, velocity[j]);
        for r in 0..ROWS {
            v = simd.mul_add_f64s(c[r], rows[r][j], v);
        }
        velocity[j] = v;
        if LAST {
            residual[j] = simd.add_f64s(residual[j], v);
        }
    }
}

struct SumOfSquares<'a>(&'a [f64]);

impl WithSimd for SumOfSquares<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut sums = [simd.splat_f64s(0.0); 4];
        let (vectors, _) = S::as_simd_f64s(self.0);
        for (j, &x) in vectors.iter().enumerate() {
            sums[j % 4] = simd.mul_add_f64s(x, x, sums[j % 4]);
        }
        let [s0, s1, s2, s3] = sums;
        simd.reduce_sum_f64s(simd.add_f64s(simd.add_f64s(s0, s1), simd.add_f64s(s2, s3)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pass_is_the_literal_update_at_every_batch_and_padding() {
        for n in [1, 2, 7, 8, 9, 17] {
            let k: Vec<f64> = (0..n * n)
                .map(|e| {
                    let (i, j) = (e / n, e % n);
                    ((i + j) as f64 * 0.37).cos() / n as f64
                })
                .collect();
            let kernel = PaddedKernel::new(n, &k);
            for b in 1..=n {
                let start: Vec<f64> = (0..n).map(|i| (i as f64 + 0.5).sin()).collect();
                let batch: Vec<u32> = (0..b).map(|r| ((r * 5 + 3) % n) as u32).collect();
                let mut state = RunState::new(&start, b);
                let (mut f, mut v) = (start, vec![0.0; n]);
                for (alpha, beta) in [(0.3, 0.5), (0.7, -0.4)] {
                    state.step(&kernel, &batch, alpha, beta);
                    let old = f.clone();
                    for j in 0..n {
                        let gradient: f64 = batch
                            .iter()
                            .map(|&i| n as f64 * k[j * n + i as usize] * old[i as usize])
                            .sum::<f64>()
                            / b as f64;
                        v[j] = beta * v[j] - alpha * gradient;
                        f[j] += v[j];
                    }
                }
                for (got, expected) in state.residual.iter().zip(&f) {
                    assert!((got - expected).abs() < 1e-13, "n {n} b {b}");
                }
                assert!(state.residual[n..].iter().all(|&x| x == 0.0));
                let loss = f.iter().map(|x| x * x).sum::<f64>() / (2.0 * n as f64);
                assert!((state.loss(n) - loss).abs() <= 1e-13 * loss);
            }
        }
    }

    #[test]
    fn an_overflow_reads_as_infinite_not_nan() {
        let state = RunState::new(&[f64::NAN, 1.0], 1);
        assert_eq!(state.loss(2), f64::INFINITY);
    }
}
