//! How far the short spectrum's sums are from the long one's.

use crate::number::Complex;
use crate::spectrum::Spectrum;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// From this many eigenvalues on, the work is shared among threads.
pub(super) const PARALLEL: usize = 20_000;

/// The largest relative deviation of the probe sums.
pub(super) fn deviation(long: &Spectrum, short: &Spectrum, head: usize) -> f64 {
    let low = long.eigenvalues()[long.len() - 1];
    let high = long.eigenvalues()[head.min(long.len() - 1)];
    let probes: Vec<Complex<f64>> = [
        (0.9, 2.36),
        (0.7, 2.36),
        (0.45, 2.36),
        (0.2, 2.36),
        (0.05, 1.2),
    ]
    .into_iter()
    .map(|(share, angle): (f64, f64)| {
        let modulus = low * (high / low).powf(share);
        Complex::new(modulus * angle.cos(), modulus * angle.sin())
    })
    .chain(
        [(0.1, 2.0), (0.003, 1.2), (1e-5, 1.2)].map(|(share, angle): (f64, f64)| {
            // Around the pole of the slowest mode, where late steps look.
            let modulus = share * low;
            Complex::new(modulus * angle.cos() - low, modulus * angle.sin())
        }),
    )
    .collect();
    let one = |&s: &Complex<f64>| {
        let (a, b) = (probe(long, s), probe(short, s));
        (0..4)
            .map(|j| {
                let size = a[j].modulus();
                if size > 0.0 {
                    (a[j] - b[j]).modulus() / size
                } else {
                    0.0
                }
            })
            .fold(0.0, f64::max)
    };
    if long.len() < PARALLEL {
        probes.iter().map(one).fold(0.0, f64::max)
    } else {
        probes.par_iter().map(one).reduce(|| 0.0, f64::max)
    }
}

/// `sum w r` and `sum w r^2` with `r = lambda/(lambda + s)`, for w = `m lambda` (relative to the
/// largest) and w = signal.
fn probe(spectrum: &Spectrum, s: Complex<f64>) -> [Complex<f64>; 4] {
    let zeros;
    let signal = match spectrum.signal() {
        Some(signal) => signal,
        None => {
            zeros = vec![0.0; spectrum.len()];
            &zeros
        }
    };
    let sums = Arch::new().dispatch(Probe {
        spectrum,
        signal,
        s,
    });
    [0, 1, 2, 3].map(|j| Complex::new(sums[j], sums[j + 4]))
}

struct Probe<'a> {
    spectrum: &'a Spectrum,
    signal: &'a [f64],
    s: Complex<f64>,
}

#[inline(always)]
fn probe_sums<S: Simd>(
    simd: S,
    [l, m, q]: [&[S::f64s]; 3],
    s: Complex<f64>,
    scale: f64,
) -> [f64; 8] {
    let [re, im, im2, scale] = [s.re, s.im, s.im * s.im, scale].map(|x| simd.splat_f64s(x));
    let fma = |x, y, z| simd.mul_add_f64s(x, y, z);
    let mut sums = [simd.splat_f64s(0.0); 8];
    for k in 0..l.len() {
        // r = (x, -y); y is kept with the sign turned.
        let shifted = simd.add_f64s(l[k], re);
        let inverse = simd.div_f64s(l[k], fma(shifted, shifted, im2));
        let (x, y) = (simd.mul_f64s(shifted, inverse), simd.mul_f64s(im, inverse));
        let xx = simd.negate_mul_add_f64s(y, y, simd.mul_f64s(x, x));
        let yy = simd.mul_f64s(simd.add_f64s(x, x), y);
        let noise = simd.mul_f64s(m[k], simd.mul_f64s(l[k], scale));
        for (j, value) in [x, xx, y, yy].into_iter().enumerate() {
            let at = [0, 1, 4, 5][j];
            sums[at] = fma(noise, value, sums[at]);
            sums[at + 2] = fma(q[k], value, sums[at + 2]);
        }
    }
    sums.map(|lanes| simd.reduce_sum_f64s(lanes))
}

impl WithSimd for Probe<'_> {
    type Output = [f64; 8];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; 8] {
        let lists = [
            self.spectrum.eigenvalues(),
            self.spectrum.multiplicities(),
            self.signal,
        ];
        let scale = self.spectrum.largest().recip();
        let lists = lists.map(|list| S::as_simd_f64s(list));
        let body = probe_sums(simd, lists.map(|list| list.0), self.s, scale);
        let rest = probe_sums(pulp::Scalar, lists.map(|list| list.1), self.s, scale);
        std::array::from_fn(|j| body[j] + rest[j])
    }
}
