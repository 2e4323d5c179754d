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
use rayon::prelude::*;

/// The largest eigenvalues, which are kept.
const HEAD: usize = 64;
/// Points a rule.
const POINTS: usize = 10;
/// Bins of at most this many nodes are kept.
const SHORT: usize = 2 * POINTS;
/// The smallest error that is ever reported.
const ERROR_FLOOR: f64 = 1e-14;
/// Lanes of the sums.
const LANES: usize = 8;

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
        let binned: Vec<Vec<[f64; 3]>> = bins
            .par_iter()
            .map(|&(start, end)| {
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
            })
            .collect();
        nodes.extend(binned.into_iter().flatten());
        let column = |j: usize| nodes.iter().map(|node| node[j]).collect::<Vec<f64>>();
        let short = Spectrum::from_nodes(
            column(0),
            column(1),
            signal.map(|_| column(2)),
            spectrum.infinite_trace(),
            spectrum.infinite_trace_of_square(),
        )
        .with_null_space_loss(spectrum.null_space_loss());
        let error = (4.0 * deviation(spectrum, &short, head)).max(ERROR_FLOOR);
        Self {
            spectrum: short,
            error,
        }
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
fn gauss(x: &[f64], w: &[f64]) -> Vec<(f64, f64)> {
    let (top, bottom) = (x[0], x[x.len() - 1]);
    let (centre, half) = (0.5 * (top + bottom), 0.5 * (top - bottom));
    let total: f64 = w.iter().sum();
    if total <= 0.0 {
        return Vec::new();
    }
    if half <= 8.0 * f64::EPSILON * centre {
        return vec![(centre, total)];
    }
    let y: Vec<f64> = x.iter().map(|x| (x - centre) / half).collect();
    let (diagonal, squared) = jacobi(&y, w, total);
    (0..diagonal.len())
        .map(|index| {
            let node = eigenvalue(&diagonal, &squared, index);
            let weight = total * weight(&diagonal, &squared, node);
            (centre + half * node, weight)
        })
        .collect()
}

/// Diagonal and squared off-diagonal of the Jacobi matrix, by the Stieltjes recurrence with
/// orthonormal polynomials.
fn jacobi(y: &[f64], w: &[f64], total: f64) -> (Vec<f64>, Vec<f64>) {
    let mut before = vec![0.0; y.len()];
    let mut now = vec![total.sqrt().recip(); y.len()];
    let (mut diagonal, mut squared) = (Vec::new(), Vec::new());
    let mut last = 0.0_f64;
    for step in 0..POINTS {
        let alpha = sum3(y, w, &now, |y, w, p| w * y * p * p);
        diagonal.push(alpha);
        if step + 1 == POINTS {
            break;
        }
        for ((before, now), y) in before.iter_mut().zip(&now).zip(y) {
            *before = (y - alpha) * now - last * *before;
        }
        std::mem::swap(&mut before, &mut now);
        let norm = sum3(y, w, &now, |_, w, p| w * p * p);
        // Fewer points than asked for carry weight.
        if norm.is_nan() || norm <= 1e-24 {
            break;
        }
        squared.push(norm);
        last = norm.sqrt();
        let scale = last.recip();
        for p in &mut now {
            *p *= scale;
        }
    }
    (diagonal, squared)
}

fn sum3(x: &[f64], y: &[f64], z: &[f64], term: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let mut xs = x.chunks_exact(LANES);
    let mut ys = y.chunks_exact(LANES);
    let mut zs = z.chunks_exact(LANES);
    for ((x, y), z) in (&mut xs).zip(&mut ys).zip(&mut zs) {
        for i in 0..LANES {
            lanes[i] += term(x[i], y[i], z[i]);
        }
    }
    let rest = xs
        .remainder()
        .iter()
        .zip(ys.remainder())
        .zip(zs.remainder());
    for (lane, ((&x, &y), &z)) in lanes.iter_mut().zip(rest) {
        *lane += term(x, y, z);
    }
    lanes.iter().sum()
}

/// The eigenvalue number `index` (ascending) of the Jacobi matrix, by bisection of the count of
/// negative pivots.
fn eigenvalue(diagonal: &[f64], squared: &[f64], index: usize) -> f64 {
    let below = |x: f64| {
        let mut pivot = diagonal[0] - x;
        let mut count = usize::from(pivot < 0.0);
        for (d, b) in diagonal[1..].iter().zip(squared) {
            if pivot == 0.0 {
                pivot = f64::MIN_POSITIVE;
            }
            pivot = d - x - b / pivot;
            count += usize::from(pivot < 0.0);
        }
        count
    };
    let (mut low, mut high) = (-1.0, 1.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high || high - low < 1e-17 {
            return middle;
        }
        if below(middle) > index {
            high = middle;
        } else {
            low = middle;
        }
    }
}

/// `1/sum_i p_i(x)^2`, the share of the total weight at an eigenvalue.
fn weight(diagonal: &[f64], squared: &[f64], x: f64) -> f64 {
    let (mut before, mut now, mut last) = (0.0, 1.0, 0.0_f64);
    let mut sum = 1.0;
    for (d, b) in diagonal.iter().zip(squared) {
        let next = ((x - d) * now - last.sqrt() * before) / b.sqrt();
        (before, now, last) = (now, next, *b);
        sum += now * now;
    }
    1.0 / sum
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
    probes
        .par_iter()
        .map(|&s| {
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
        })
        .reduce(|| 0.0, f64::max)
}

/// `sum w r` and `sum w r^2` with `r = lambda/(lambda + s)`, for w = `m lambda` (relative to the
/// largest) and w = signal.
fn probe(spectrum: &Spectrum, s: Complex<f64>) -> [Complex<f64>; 4] {
    let top = spectrum.largest();
    let (l, m) = (spectrum.eigenvalues(), spectrum.multiplicities());
    let q = spectrum.signal();
    let mut sums = [[0.0_f64; 2]; 4];
    for k in 0..l.len() {
        let (re, im) = (l[k] + s.re, s.im);
        let scale = l[k] / (re * re + im * im);
        let r = [re * scale, -im * scale];
        let square = [r[0] * r[0] - r[1] * r[1], 2.0 * r[0] * r[1]];
        let noise = m[k] * (l[k] / top);
        let signal = q.map_or(0.0, |q| q[k]);
        for i in 0..2 {
            sums[0][i] += noise * r[i];
            sums[1][i] += noise * square[i];
            sums[2][i] += signal * r[i];
            sums[3][i] += signal * square[i];
        }
    }
    sums.map(|[re, im]| Complex::new(re, im))
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
