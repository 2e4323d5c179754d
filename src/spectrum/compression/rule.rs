//! The Gauss rule of a discrete measure: Stieltjes recurrence, Jacobi matrix, its eigenvalues.

use super::newton::{POINTS, gauss_by_newton};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Longer measures are taken in blocks.
const LONGEST: usize = 8192;
/// Points of a block.
const BLOCK: usize = 2048;

/// The Gauss rule (node, weight) of the discrete measure, at most [`POINTS`] points; empty without
/// weight.
///
/// A long measure is replaced by the rules of its blocks first. They have the moments of the measure
/// up to the degree that the rule of all of them is exact for, so that nothing is lost, and a block stays
/// in the cache.
pub(super) fn gauss(x: &[f64], w: &[f64]) -> Vec<(f64, f64)> {
    let ends = (x[0], x[x.len() - 1]);
    if x.len() <= LONGEST {
        return rule(ends, x, w);
    }
    let (x, w): (Vec<f64>, Vec<f64>) = x
        .par_chunks(BLOCK)
        .zip(w.par_chunks(BLOCK))
        .map(|(x, w)| rule((x[0], x[x.len() - 1]), x, w))
        .flatten_iter()
        .unzip();
    rule(ends, &x, &w)
}

/// The rule of a measure on [bottom, top].
fn rule((top, bottom): (f64, f64), x: &[f64], w: &[f64]) -> Vec<(f64, f64)> {
    let (centre, half) = (0.5 * (top + bottom), 0.5 * (top - bottom));
    let total: f64 = w.iter().sum();
    if total.is_nan() || total <= 0.0 {
        return Vec::new();
    }
    if half <= 8.0 * f64::EPSILON * centre {
        return vec![(centre, total)];
    }
    let y: Vec<f64> = x.iter().map(|x| (x - centre) / half).collect();
    let (diagonal, squared) = jacobi(&y, w);
    let (nodes, shares) = match gauss_by_newton(&diagonal, &squared) {
        Some(found) => found,
        None => {
            let nodes = eigenvalues(&diagonal, &squared);
            let shares = nodes.iter().map(|&x| share(&diagonal, &squared, x));
            let shares = shares.collect();
            (nodes, shares)
        }
    };
    let pairs = nodes.into_iter().zip(shares);
    pairs
        .map(|(node, share)| (centre + half * node, total * share))
        .collect()
}

/// Diagonal and squared off-diagonal of the Jacobi matrix, by the Stieltjes recurrence with
/// monic polynomials, one pass over the measure each:
///
/// ```text
/// p' = (y - d_i) p - b_i p_before,   d_i = sum w y p^2/sum w p^2,   b_i = sum w p^2/sum w p_before^2
/// ```
fn jacobi(y: &[f64], w: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut before = vec![0.0; y.len()];
    let mut now = vec![1.0; y.len()];
    let (mut diagonal, mut squared) = (Vec::new(), Vec::new());
    // The zero polynomial, then the constant one.
    let pass = |shift: f64, last: f64, before: &mut Vec<f64>, now: &mut Vec<f64>| {
        let sums = Arch::new().dispatch(Pass {
            y,
            w,
            before,
            now,
            shift,
            last,
        });
        std::mem::swap(before, now);
        sums
    };
    // With now = 0 and before = -1 the pass makes p' = 1.
    std::mem::swap(&mut before, &mut now);
    let [mut norm, mut moment] = pass(0.0, -1.0, &mut before, &mut now);
    let first = norm;
    let mut last = 0.0;
    loop {
        let shift = moment / norm;
        diagonal.push(shift);
        if diagonal.len() == POINTS {
            break;
        }
        let [next, next_moment] = pass(shift, last, &mut before, &mut now);
        // Fewer points than asked for carry weight.
        if next.is_nan() || next <= 1e-24 * norm || next <= 1e-200 * first {
            break;
        }
        last = next / norm;
        squared.push(last);
        (norm, moment) = (next, next_moment);
    }
    (diagonal, squared)
}

/// Overwrites `before` by `(y - shift) now - last before`, p; returns `sum w p^2` and `sum w y p^2`.
struct Pass<'a> {
    y: &'a [f64],
    w: &'a [f64],
    before: &'a mut [f64],
    now: &'a [f64],
    shift: f64,
    last: f64,
}

#[inline(always)]
fn pass<S: Simd>(
    simd: S,
    [y, w, now]: [&[S::f64s]; 3],
    before: &mut [S::f64s],
    [shift, last]: [f64; 2],
) -> [f64; 2] {
    let [shift, last] = [shift, last].map(|x| simd.splat_f64s(x));
    let mut sums = [simd.splat_f64s(0.0); 2];
    for k in 0..y.len() {
        let from = simd.sub_f64s(y[k], shift);
        let p = simd.negate_mul_add_f64s(last, before[k], simd.mul_f64s(from, now[k]));
        before[k] = p;
        let term = simd.mul_f64s(simd.mul_f64s(w[k], p), p);
        sums[0] = simd.add_f64s(sums[0], term);
        sums[1] = simd.mul_add_f64s(y[k], term, sums[1]);
    }
    sums.map(|lanes| simd.reduce_sum_f64s(lanes))
}

impl WithSimd for Pass<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [f64; 2] {
        let lists = [self.y, self.w, self.now].map(|list| S::as_simd_f64s(list));
        let (before, before_rest) = S::as_mut_simd_f64s(self.before);
        let steps = [self.shift, self.last];
        let body = pass(simd, lists.map(|list| list.0), before, steps);
        let rest = pass(pulp::Scalar, lists.map(|list| list.1), before_rest, steps);
        [body[0] + rest[0], body[1] + rest[1]]
    }
}

/// The eigenvalues of the Jacobi matrix (of norm 1), by the implicit QL iteration.
fn eigenvalues(diagonal: &[f64], squared: &[f64]) -> Vec<f64> {
    let n = diagonal.len();
    let mut d = diagonal.to_vec();
    let mut e: Vec<f64> = squared.iter().map(|b| b.sqrt()).collect();
    e.push(0.0);
    let small =
        |e: f64, d: f64, next: f64| e.abs() <= 0.5 * f64::EPSILON * (0.1 + d.abs() + next.abs());
    for l in 0..n {
        // Two or three steps an eigenvalue.
        for _ in 0..100 {
            let m = (l..n - 1)
                .find(|&m| small(e[m], d[m], d[m + 1]))
                .unwrap_or(n - 1);
            if m == l {
                break;
            }
            let half = (d[l + 1] - d[l]) / (2.0 * e[l]);
            let mut g = d[m] - d[l] + e[l] / (half + half.hypot(1.0).copysign(half));
            let (mut sin, mut cos, mut p) = (1.0, 1.0, 0.0);
            let mut split = false;
            for i in (l..m).rev() {
                let (f, b) = (sin * e[i], cos * e[i]);
                let r = (f * f + g * g).sqrt();
                e[i + 1] = r;
                if r == 0.0 {
                    d[i + 1] -= p;
                    e[m] = 0.0;
                    split = true;
                    break;
                }
                (sin, cos) = (f / r, g / r);
                g = d[i + 1] - p;
                let turned = (d[i] - g) * sin + 2.0 * cos * b;
                p = sin * turned;
                d[i + 1] = g + p;
                g = cos * turned - b;
            }
            if !split {
                d[l] -= p;
                e[l] = g;
                e[m] = 0.0;
            }
        }
    }
    d
}

/// `1/sum_i p_i(x)^2/(b_1 ... b_i)`, the share of the total weight at a node.
fn share(diagonal: &[f64], squared: &[f64], x: f64) -> f64 {
    let (mut before, mut now, mut last) = (0.0, 1.0, 0.0);
    let (mut sum, mut norm) = (1.0, 1.0);
    for (d, b) in diagonal.iter().zip(squared) {
        (before, now) = (now, (x - d) * now - last * before);
        norm *= b;
        last = *b;
        sum += now * now / norm;
    }
    1.0 / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_a_bin_is_exact_for_degree_19_and_not_beyond() {
        let x: Vec<f64> = (0..200).map(|k| 2.0 - f64::from(k) / 200.0).collect();
        let w: Vec<f64> = x.iter().map(|x| x * x).collect();
        let rule = gauss(&x, &w);
        assert!(rule.iter().all(|(_, w)| *w > 0.0));
        for degree in [0, 1, 7, 19, 60] {
            let direct: f64 = x.iter().zip(&w).map(|(x, w)| w * x.powi(degree)).sum();
            let short: f64 = rule.iter().map(|(x, w)| w * x.powi(degree)).sum();
            let error = (short / direct - 1.0).abs();
            assert_eq!(error < 1e-13, degree <= 19, "{degree}: {error:e}");
        }
    }
}
