//! The first layer for small batches: each way one pass over the weights.
//!
//! ```text
//! h_ir = b_i + w_i . x_r / sqrt(d)
//! v_i <- beta v_i + sum_r k_ir x_r,     w_i <- w_i + v_i,      k_ir = -alpha/sqrt(d) dL/dh_ir
//! ```
//!
//! Memory bounds the step: a matrix product would copy the weights first, and a scaling, a product and a
//! sum would go over weights and velocities five times. Inactive neurons of the batch (k_ir = 0) cost no
//! multiplication.

use pulp::{Arch, Simd, WithSimd};

/// Inputs taken at a time.
const GROUP: usize = 4;

/// Forward; `inputs` b x d, `weights` a block of rows, `hidden` the block of n x b, column-major with
/// columns `stride` apart, which holds the biases.
pub(super) struct Forward<'a> {
    pub(super) dimension: usize,
    pub(super) stride: usize,
    pub(super) scale: f64,
    pub(super) inputs: &'a [f64],
    pub(super) weights: &'a [f64],
    pub(super) hidden: &'a mut [f64],
}

impl Forward<'_> {
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let d = self.dimension;
        for (i, w) in self.weights.chunks_exact(d).enumerate() {
            let groups = self.inputs.chunks(GROUP * d);
            for (inputs, first) in groups.zip((0..).step_by(GROUP)) {
                let sums: [f64; GROUP] = match inputs.len() / d {
                    1 => dots::<S, 1>(simd, w, inputs),
                    2 => dots::<S, 2>(simd, w, inputs),
                    3 => dots::<S, 3>(simd, w, inputs),
                    _ => dots::<S, 4>(simd, w, inputs),
                };
                for (r, sum) in sums.iter().enumerate().take(inputs.len() / d) {
                    self.hidden[(first + r) * self.stride + i] += self.scale * sum;
                }
            }
        }
    }
}

/// w . x of the first `ROWS` inputs.
#[inline(always)]
fn dots<S: Simd, const ROWS: usize>(simd: S, w: &[f64], inputs: &[f64]) -> [f64; GROUP] {
    let d = w.len();
    let (body, rest) = S::as_simd_f64s(w);
    let mut parts: [(&[S::f64s], &[f64]); ROWS] = [(&[], &[]); ROWS];
    for (part, x) in parts.iter_mut().zip(inputs.chunks_exact(d)) {
        *part = S::as_simd_f64s(x);
        part.0 = &part.0[..body.len()];
    }
    let mut sums = [simd.splat_f64s(0.0); ROWS];
    for (j, w) in body.iter().enumerate() {
        for r in 0..ROWS {
            sums[r] = simd.mul_add_f64s(*w, parts[r].0[j], sums[r]);
        }
    }
    let mut out = [0.0; GROUP];
    for r in 0..ROWS {
        let last: f64 = rest.iter().zip(parts[r].1).map(|(w, x)| w * x).sum();
        out[r] = simd.reduce_sum_f64s(sums[r]) + last;
    }
    out
}

/// The update of a block of rows that begins at neuron `first`; `factors` is n x b, column-major (column r
/// belongs to input r), `inputs` b x d, row-major.
pub(super) struct Update<'a> {
    pub(super) dimension: usize,
    pub(super) width: usize,
    pub(super) first: usize,
    pub(super) momentum: f64,
    pub(super) scale: f64,
    pub(super) factors: &'a [f64],
    pub(super) inputs: &'a [f64],
    pub(super) weights: &'a mut [f64],
    pub(super) velocities: &'a mut [f64],
}

impl Update<'_> {
    pub(super) fn run(self) {
        Arch::new().dispatch(self);
    }
}

impl WithSimd for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let d = self.dimension;
        let rows = self.weights.chunks_exact_mut(d);
        let mut active: Vec<(f64, &[f64])> = Vec::new();
        for (i, (w, v)) in rows.zip(self.velocities.chunks_exact_mut(d)).enumerate() {
            active.clear();
            let factors = self.factors[self.first + i..].iter().step_by(self.width);
            for (k, x) in factors.zip(self.inputs.chunks_exact(d)) {
                if *k != 0.0 {
                    active.push((self.scale * k, x));
                }
            }
            let mut momentum = self.momentum;
            let last = active.len().saturating_sub(1) / GROUP * GROUP;
            for group in active[..last].chunks_exact(GROUP) {
                add::<S, false>(simd, group, momentum, w, v);
                momentum = 1.0;
            }
            add::<S, true>(simd, &active[last..], momentum, w, v);
        }
    }
}

/// `v <- momentum v + sum k x`, and then `w <- w + v` if `LAST`; at most four inputs.
#[inline(always)]
fn add<S: Simd, const LAST: bool>(
    simd: S,
    inputs: &[(f64, &[f64])],
    momentum: f64,
    weights: &mut [f64],
    velocities: &mut [f64],
) {
    match inputs {
        [] => rows::<S, 0, LAST>(simd, [], [], momentum, weights, velocities),
        &[(k, x)] => rows::<S, 1, LAST>(simd, [k], [x], momentum, weights, velocities),
        &[(k, x), (l, y)] => {
            rows::<S, 2, LAST>(simd, [k, l], [x, y], momentum, weights, velocities);
        }
        &[(k, x), (l, y), (m, z)] => {
            rows::<S, 3, LAST>(simd, [k, l, m], [x, y, z], momentum, weights, velocities);
        }
        &[(k, x), (l, y), (m, z), (o, u), ..] => {
            let (k, x) = ([k, l, m, o], [x, y, z, u]);
            rows::<S, 4, LAST>(simd, k, x, momentum, weights, velocities);
        }
    }
}

#[inline(always)]
fn rows<S: Simd, const ROWS: usize, const LAST: bool>(
    simd: S,
    factors: [f64; ROWS],
    inputs: [&[f64]; ROWS],
    momentum: f64,
    weights: &mut [f64],
    velocities: &mut [f64],
) {
    let (v, v_rest) = S::as_mut_simd_f64s(velocities);
    let (w, w_rest) = S::as_mut_simd_f64s(weights);
    let parts = inputs.map(|x| S::as_simd_f64s(x));
    let k = factors.map(|k| simd.splat_f64s(k));
    let m = simd.splat_f64s(momentum);
    let count = v.len().min(w.len());
    for j in 0..count {
        let mut value = simd.mul_f64s(m, v[j]);
        for r in 0..ROWS {
            value = simd.mul_add_f64s(k[r], parts[r].0[j], value);
        }
        v[j] = value;
        if LAST {
            w[j] = simd.add_f64s(w[j], value);
        }
    }
    for (j, (v, w)) in v_rest.iter_mut().zip(w_rest).enumerate() {
        let mut value = momentum * *v;
        for r in 0..ROWS {
            value += factors[r] * parts[r].1[j];
        }
        *v = value;
        if LAST {
            *w += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forward_pass_is_the_literal_sum_at_every_batch_and_remainder() {
        for d in [1, 3, 8, 13] {
            for b in 1..=9 {
                let n = 3;
                let number = |i: usize, s: f64| ((i as f64 + 0.3) * s).sin();
                let w: Vec<f64> = (0..n * d).map(|i| number(i, 1.1)).collect();
                let x: Vec<f64> = (0..b * d).map(|i| number(i, 2.3)).collect();
                let mut hidden: Vec<f64> = (0..n * b).map(|e| number(e % n, 0.6)).collect();
                Forward {
                    dimension: d,
                    stride: n,
                    scale: 0.7,
                    inputs: &x,
                    weights: &w,
                    hidden: &mut hidden,
                }
                .run();
                for (e, got) in hidden.iter().enumerate() {
                    let (r, i) = (e / n, e % n);
                    let sum: f64 = (0..d).map(|j| w[i * d + j] * x[r * d + j]).sum();
                    let expected = number(i, 0.6) + 0.7 * sum;
                    assert!((got - expected).abs() < 1e-14, "d {d} b {b}");
                }
            }
        }
    }

    #[test]
    fn the_pass_is_the_literal_update_at_every_batch_and_remainder() {
        for d in [1, 3, 8, 13] {
            for b in 1..=9 {
                let n = 3;
                let number = |i: usize, s: f64| ((i as f64 + 0.3) * s).sin();
                let mut w: Vec<f64> = (0..n * d).map(|i| number(i, 1.1)).collect();
                let mut v: Vec<f64> = (0..n * d).map(|i| number(i, 0.7)).collect();
                let x: Vec<f64> = (0..b * d).map(|i| number(i, 2.3)).collect();
                // Neuron 1 is inactive everywhere, others here and there.
                let factors: Vec<f64> = (0..n * b)
                    .map(|i| {
                        if i % n == 1 || i % 5 == 0 {
                            0.0
                        } else {
                            number(i, 1.9)
                        }
                    })
                    .collect();
                let (mut w2, mut v2) = (w.clone(), v.clone());
                for i in 0..n {
                    for j in 0..d {
                        let sum: f64 = (0..b).map(|r| factors[r * n + i] * x[r * d + j]).sum();
                        v2[i * d + j] = -0.4 * v2[i * d + j] - 0.2 * sum;
                        w2[i * d + j] += v2[i * d + j];
                    }
                }
                for (first, (w, v)) in w.chunks_mut(2 * d).zip(v.chunks_mut(2 * d)).enumerate() {
                    Update {
                        dimension: d,
                        width: n,
                        first: 2 * first,
                        momentum: -0.4,
                        scale: -0.2,
                        factors: &factors,
                        inputs: &x,
                        weights: w,
                        velocities: v,
                    }
                    .run();
                }
                for (got, expected) in w.iter().chain(&v).zip(w2.iter().chain(&v2)) {
                    assert!((got - expected).abs() < 1e-14, "d {d} b {b}");
                }
            }
        }
    }
}
