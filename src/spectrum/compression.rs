//! A long spectrum as a short one with the same U and V: Gauss rules in bins of lambda.
//!
//! | part | nodes |
//! |---|---|
//! | the 64 largest eigenvalues | kept as they are |
//! | bins of more than 20 nodes, each half way from its top L to lambda_min | 10 points for U, of the measure `m_k lambda_k^2`; 10 for V, of `signal_k` |
//! | shorter bins | kept |
//!
//! U and V depend on the spectrum only through `sum m_k lambda_k^2 f(lambda_k)` and `sum signal_k
//! f(lambda_k)` with f smooth on the scale of lambda (rational, with poles away from the positive
//! axis for the points of a contour). A Gauss rule of q points of the bin's own discrete measure is
//! exact for polynomials of degree 2 q - 1, and its weights are positive, so that the result is a
//! [`Spectrum`] like any other: the nodes of U carry no signal, those of V no multiplicity. The
//! rules come from the Stieltjes recurrence and the Jacobi matrix.
//!
//! Bins get narrower towards lambda_min as they do towards 0: at steps far beyond 1/(alpha lambda_min) the
//! loss is that of the slowest modes, and a rule that blurs them is wrong by any factor.
//!
//! The error is estimated, not proved, by comparing `sum w lambda/(lambda + s)` and its square, over
//! both measures, at complex s whose arguments reach 3 pi/4, as
//! the points of a contour do; four times the largest deviation is reported.

use super::Spectrum;
use crate::number::Complex;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// The largest eigenvalues, which are kept.
const HEAD: usize = 64;
/// Points a rule.
const POINTS: usize = 10;
/// Bins of at most this many nodes are kept.
const SHORT: usize = 2 * POINTS;
/// Longer spectra are worth compressing.
const LONG: usize = 512;
/// The smallest error that is ever reported.
const ERROR_FLOOR: f64 = 1e-14;
/// Longer measures are taken in blocks.
const LONGEST: usize = 8192;
/// Points of a block.
const BLOCK: usize = 2048;
/// From this many eigenvalues on, the work is shared among threads.
const PARALLEL: usize = 20_000;

/// A spectrum with fewer nodes and the estimated relative error of its U and V.
#[derive(Debug, Clone, PartialEq)]
pub struct CompressedSpectrum {
    spectrum: Spectrum,
    error: f64,
}

impl CompressedSpectrum {
    /// Compresses; a spectrum whose bins are all short comes back as it is, with error 0.
    pub fn of(spectrum: &Spectrum) -> Self {
        let (l, m) = (spectrum.eigenvalues(), spectrum.multiplicities());
        let head = HEAD.min(l.len());
        let mut bins = Vec::new();
        let mut start = head;
        let floor = l[l.len() - 1];
        while start < l.len() {
            // Half way to the smallest eigenvalue, so that late steps see what lies near it.
            let below = if l[start] - floor > 8.0 * f64::EPSILON * floor {
                floor + 0.5 * (l[start] - floor)
            } else {
                0.0
            };
            let end = start + l[start..].partition_point(|&x| x > below);
            bins.push((start, end.max(start + 1)));
            start = end.max(start + 1);
        }
        if bins.iter().all(|(start, end)| end - start <= SHORT) {
            return Self {
                spectrum: spectrum.clone(),
                error: 0.0,
            };
        }
        let signal = spectrum.signal();
        let kept = |start: usize, end: usize| -> Vec<[f64; 3]> {
            (start..end)
                .map(|k| [l[k], m[k], signal.map_or(0.0, |q| q[k])])
                .collect()
        };
        let mut nodes = kept(0, head);
        let shorten = |&(start, end): &(usize, usize)| {
            if end - start <= SHORT {
                return kept(start, end);
            }
            let bin = &l[start..end];
            // Relative to the bin's top, so that lambda^2 neither overflows nor vanishes.
            let top = bin[0];
            let squares: Vec<f64> = bin
                .iter()
                .zip(&m[start..end])
                .map(|(x, m)| m * (x / top) * (x / top))
                .collect();
            let mut nodes: Vec<[f64; 3]> = gauss(bin, &squares)
                .into_iter()
                .map(|(x, w)| [x, w / (x / top) / (x / top), 0.0])
                .collect();
            if let Some(signal) = signal {
                let rule = gauss(bin, &signal[start..end]);
                nodes.extend(rule.into_iter().map(|(x, w)| [x, 0.0, w]));
            }
            nodes.sort_by(|x, y| y[0].total_cmp(&x[0]));
            nodes
        };
        // Threads cost more than they save on a short spectrum.
        let binned: Vec<Vec<[f64; 3]>> = if l.len() < PARALLEL {
            bins.iter().map(shorten).collect()
        } else {
            bins.par_iter().map(shorten).collect()
        };
        nodes.extend(binned.into_iter().flatten());
        let column = |j: usize| nodes.iter().map(|node| node[j]).collect::<Vec<f64>>();
        let short = Spectrum::from_nodes(
            column(0),
            column(1),
            signal.map(|_| column(2)),
            spectrum.infinite_trace(),
            spectrum.infinite_trace_of_square(),
        )
        .with_null_space_loss(spectrum.null_space_loss())
        .with_infinite_trace_of_covariance(spectrum.infinite_trace_of_covariance())
        .with_lumped_below(spectrum.lumped_below());
        let error = (4.0 * deviation(spectrum, &short, head)).max(ERROR_FLOOR);
        Self {
            spectrum: short,
            error,
        }
    }

    /// The same where it pays and does little harm: for more than 512 nodes, if U and V change by at most
    /// `limit`.
    pub fn where_it_pays(spectrum: &Spectrum, limit: f64) -> Option<Self> {
        (spectrum.len() > LONG)
            .then(|| Self::of(spectrum))
            .filter(|short| short.error <= limit && short.spectrum.len() < spectrum.len())
    }

    /// The nodes.
    pub const fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// The nodes, by value.
    pub fn into_spectrum(self) -> Spectrum {
        self.spectrum
    }

    /// The estimated relative error of U and V at the points of a contour, 0 if nothing was changed.
    pub const fn error(&self) -> f64 {
        self.error
    }
}

/// The Gauss rule (node, weight) of the discrete measure, at most [`POINTS`] points; empty without
/// weight.
///
/// A long measure is replaced by the rules of its blocks first. They have the moments of the measure
/// up to the degree that the rule of all of them is exact for, so that nothing is lost, and a block stays
/// in the cache.
fn gauss(x: &[f64], w: &[f64]) -> Vec<(f64, f64)> {
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
fn gauss_by_newton(diagonal: &[f64], squared: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
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

/// The largest relative deviation of the probe sums.
fn deviation(long: &Spectrum, short: &Spectrum, head: usize) -> f64 {
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

    #[test]
    fn short_spectra_stay_as_they_are_and_equal_eigenvalues_become_one_node() {
        let few = Spectrum::new(vec![1.0, 0.5, 0.1], Some(vec![1.0; 3])).unwrap();
        let same = CompressedSpectrum::of(&few);
        assert_eq!((same.spectrum(), same.error()), (&few, 0.0));
        let many = Spectrum::new(vec![0.25; 1000], Some(vec![0.5; 1000])).unwrap();
        let short = CompressedSpectrum::of(&many);
        assert_eq!(short.spectrum().len(), 66);
        assert!((short.spectrum().trace() - 250.0).abs() < 1e-10);
        assert!((short.spectrum().initial_loss().unwrap() - 250.0).abs() < 1e-10);
    }
}
