//! Nodes and shares of a full rule, all at once.

use pulp::{Arch, Simd, WithSimd};

/// Points a rule.
pub(super) const POINTS: usize = 10;
/// The zeros of Legendre's polynomial of degree 10, positive ones: where Newton's iteration begins.
const LEGENDRE: [f64; POINTS / 2] = [
    0.148_874_338_981_631_2,
    0.433_395_394_129_247_2,
    0.679_409_568_299_024_4,
    0.865_063_366_688_984_5,
    0.973_906_528_517_171_7,
];
/// Newton steps before the other way is taken.
const NEWTON_STEPS: usize = 12;
/// Zeros closer than this may be one found twice.
const APART: f64 = 1e-4;
/// How near to 1 the shares must add up.
const WHOLE: f64 = 1e-12;
/// The nodes, padded to the longest vector.
const PADDED: usize = 16;

/// Nodes (falling) and shares of a full rule by Newton's iteration on its polynomial, all at once; `None` unless
/// that ends in ten different zeros.
pub(super) fn gauss_by_newton(diagonal: &[f64], squared: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
    let diagonal: &[f64; POINTS] = diagonal.try_into().ok()?;
    let squared: &[f64; POINTS - 1] = squared.try_into().ok()?;
    let found = Arch::new().dispatch(Newton { diagonal, squared })?;
    Some((found[0].to_vec(), found[1].to_vec()))
}

struct Newton<'a> {
    diagonal: &'a [f64; POINTS],
    squared: &'a [f64; POINTS - 1],
}

impl Newton<'_> {
    /// p, p' and `sum p_i^2/norm_i` at all nodes.
    #[inline(always)]
    fn evaluate<S: Simd>(
        &self,
        simd: S,
        inverse_norm: &[f64; POINTS],
        x: &[f64; PADDED],
    ) -> [[f64; PADDED]; 3] {
        let mut out = [[0.0; PADDED]; 3];
        let [values, slopes, sums] = &mut out;
        let (x, _) = S::as_simd_f64s(x);
        let (values, _) = S::as_mut_simd_f64s(values);
        let (slopes, _) = S::as_mut_simd_f64s(slopes);
        let (sums, _) = S::as_mut_simd_f64s(sums);
        let zero = simd.splat_f64s(0.0);
        for (k, &x) in x.iter().enumerate() {
            let (mut before, mut now) = (zero, simd.splat_f64s(1.0));
            let (mut slope_before, mut slope, mut sum) = (zero, zero, zero);
            let mut last = zero;
            for (i, &norm) in inverse_norm.iter().enumerate() {
                let norm = simd.splat_f64s(norm);
                sum = simd.mul_add_f64s(simd.mul_f64s(now, norm), now, sum);
                let from = simd.sub_f64s(x, simd.splat_f64s(self.diagonal[i]));
                let next = simd.negate_mul_add_f64s(last, before, simd.mul_f64s(from, now));
                let rest = simd.negate_mul_add_f64s(last, slope_before, now);
                let next_slope = simd.mul_add_f64s(from, slope, rest);
                (before, now) = (now, next);
                (slope_before, slope) = (slope, next_slope);
                if i + 1 < POINTS {
                    last = simd.splat_f64s(self.squared[i]);
                }
            }
            (values[k], slopes[k], sums[k]) = (now, slope, sum);
        }
        out
    }
}

impl WithSimd for Newton<'_> {
    type Output = Option<[[f64; POINTS]; 2]>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let mut x: [f64; PADDED] = std::array::from_fn(|i| {
            let half = POINTS / 2;
            if i < half {
                LEGENDRE[half - 1 - i]
            } else if i < POINTS {
                -LEGENDRE[i - half]
            } else {
                2.0
            }
        });
        let mut inverse_norm = [1.0; POINTS];
        for i in 1..POINTS {
            inverse_norm[i] = inverse_norm[i - 1] / self.squared[i - 1];
        }
        let mut close = false;
        for _ in 0..NEWTON_STEPS {
            let [values, slopes, sums] = self.evaluate(simd, &inverse_norm, &x);
            if close {
                let nodes: [f64; POINTS] = std::array::from_fn(|k| x[k]);
                let shares: [f64; POINTS] = std::array::from_fn(|k| sums[k].recip());
                let apart = nodes.windows(2).all(|pair| pair[0] - pair[1] > APART);
                let inside = nodes[0] <= 1.0 && nodes[POINTS - 1] >= -1.0;
                let whole = (shares.iter().sum::<f64>() - 1.0).abs() < WHOLE;
                return (apart && inside && whole).then_some([nodes, shares]);
            }
            let mut largest = 0.0_f64;
            for k in 0..POINTS {
                let step = values[k] / slopes[k];
                x[k] -= step;
                // NaN must not get lost.
                largest = if step.abs() <= largest {
                    largest
                } else {
                    step.abs()
                };
            }
            if largest.is_nan() || largest > 1.0 {
                return None;
            }
            // The next step would be of the order of its square.
            close = largest < 1e-9;
        }
        None
    }
}
