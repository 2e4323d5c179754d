//! U, V and their derivatives in `f64`, with the vector unit chosen at run time.
//!
//! The sums of [`super::values()`] once more, over several lanes: the formulas of one eigenvalue are
//! the same functions of [`per_mode`], the loop around them is plain Rust that the compiler turns
//! into vector code inside [`pulp::Arch::dispatch`]. Lanes are emptied into a compensated total
//! every `BLOCK` modes, so the error of the summation does not grow with N.
//!
//! U(1) needs one division a mode, which is what would bound its speed; fractions are therefore
//! added in pairs, `n1/d1 + n2/d2 = (n1 d2 + n2 d1)/(d1 d2)`, and those sums once more in pairs:
//! one division for four modes. Denominators are O(1) numbers, so the products neither overflow nor
//! vanish.

use super::point::{Modes, Parameters, Point};
use super::values::Values;
use crate::closed_form::per_mode;

/// Lanes of one accumulator.
const LANES: usize = 16;
/// Lanes of the sum of paired fractions, which keeps four times as many values alive.
const PAIRED_LANES: usize = 8;
/// Modes between two emptyings of the lanes.
const BLOCK: usize = 512;

/// A sum that carries what rounding dropped (Neumaier).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    #[inline(always)]
    pub(crate) fn add(&mut self, value: f64) {
        let next = self.sum + value;
        self.lost += if self.sum.abs() >= value.abs() {
            (self.sum - next) + value
        } else {
            (value - next) + self.sum
        };
        self.sum = next;
    }

    #[inline(always)]
    pub(crate) fn value(self) -> f64 {
        // An infinite or NaN sum has no meaningful remainder.
        if self.sum.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}

/// `sum_k term(lambda_k, m_k, q_k)` componentwise, over lanes.
#[inline(always)]
fn lanes<const J: usize>(
    modes: &Modes<'_, f64>,
    term: impl Fn(f64, f64, f64) -> [f64; J],
) -> [f64; J] {
    let mut totals = [Total::default(); J];
    let (l, m, q) = (modes.eigenvalues(), modes.multiplicities(), modes.signal());
    let zeros = [0.0; BLOCK];
    for start in (0..l.len()).step_by(BLOCK) {
        let end = (start + BLOCK).min(l.len());
        let (l, m) = (&l[start..end], &m[start..end]);
        let q = if q.is_empty() {
            &zeros[..l.len()]
        } else {
            &q[start..end]
        };
        let mut sums = [[0.0_f64; LANES]; J];
        let mut ls = l.chunks_exact(LANES);
        let mut ms = m.chunks_exact(LANES);
        let mut qs = q.chunks_exact(LANES);
        for ((l, m), q) in (&mut ls).zip(&mut ms).zip(&mut qs) {
            for i in 0..LANES {
                let terms = term(l[i], m[i], q[i]);
                for j in 0..J {
                    sums[j][i] += terms[j];
                }
            }
        }
        let rest = ls
            .remainder()
            .iter()
            .zip(ms.remainder())
            .zip(qs.remainder());
        for (i, ((&l, &m), &q)) in rest.enumerate() {
            let terms = term(l, m, q);
            for j in 0..J {
                sums[j][i] += terms[j];
            }
        }
        for (total, lanes) in totals.iter_mut().zip(&sums) {
            for &lane in lanes {
                total.add(lane);
            }
        }
    }
    totals.map(Total::value)
}

struct AllValues<'a> {
    parameters: &'a Parameters<f64>,
    modes: &'a Modes<'a, f64>,
    point: &'a Point<f64>,
}

impl pulp::NullaryFnOnce for AllValues<'_> {
    type Output = Values<f64>;

    #[inline(always)]
    fn call(self) -> Values<f64> {
        let p = self.parameters;
        let (alpha, b, g) = (p.learning_rate, p.momentum, p.noise_tau());
        let (z, e) = (self.point.z(), self.point.e());
        let s = per_mode::denominator_coefficients(b, g, z, e);
        let ds = per_mode::denominator_derivative_coefficients(b, g, z, e);
        let [v0, v1] = per_mode::signal_numerator_coefficients(b, z);
        let [dv0, dv1] = per_mode::signal_numerator_derivative_coefficients(b, z);
        // m a^2/S, S'/S and 1/S of a mode.
        let term = |l: f64, m: f64| {
            let a = alpha * l;
            let inverse = 1.0 / per_mode::denominator(&s, a);
            let slope = per_mode::denominator(&ds, a) * inverse;
            (a, m * a * a * inverse, slope, inverse)
        };
        let [noise, noise_slope, signal, signal_derivative] = if self.modes.signal().is_empty() {
            // What the search for roots asks for, many times.
            let [noise, noise_slope] = lanes(self.modes, |l, m, _| {
                let (_, noise, slope, _) = term(l, m);
                [noise, noise * slope]
            });
            [noise, noise_slope, 0.0, 0.0]
        } else {
            lanes(self.modes, |l, m, q| {
                let (a, noise, slope, inverse) = term(l, m);
                let signal = q * inverse * (v0 + v1 * a);
                let signal_derivative = q * inverse * (dv0 + dv1 * a) - signal * slope;
                [noise, noise * slope, signal, signal_derivative]
            })
        };
        let numerator = per_mode::noise_numerator(b, z);
        Values {
            noise: p.noise_amplitude * numerator * noise,
            noise_derivative: p.noise_amplitude * (b * noise - numerator * noise_slope),
            signal,
            signal_derivative,
        }
    }
}

/// U, U', V and V' at a real point, as [`super::values()`] gives them.
pub fn values(
    parameters: &Parameters<f64>,
    modes: &Modes<'_, f64>,
    point: &Point<f64>,
) -> Values<f64> {
    pulp::Arch::new().dispatch(AllValues {
        parameters,
        modes,
        point,
    })
}

struct NoiseAtOne<'a> {
    parameters: &'a Parameters<f64>,
    eigenvalues: &'a [f64],
    multiplicities: &'a [f64],
}

impl pulp::NullaryFnOnce for NoiseAtOne<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let p = self.parameters;
        let (alpha, b, g) = (p.learning_rate, p.momentum, p.noise_tau());
        let fraction = |l: f64, m: f64| {
            let [numerator, denominator] = per_mode::noise_term_at_one(alpha * l, b, g);
            [m * numerator, denominator]
        };
        let both = |x: [f64; 2], y: [f64; 2]| [x[0] * y[1] + y[0] * x[1], x[1] * y[1]];
        let mut total = Total::default();
        let blocks = self.eigenvalues.chunks(BLOCK);
        for (ls, ms) in blocks.zip(self.multiplicities.chunks(BLOCK)) {
            let mut sums = [0.0_f64; PAIRED_LANES];
            let mut ls = ls.chunks_exact(4 * PAIRED_LANES);
            let mut ms = ms.chunks_exact(4 * PAIRED_LANES);
            for (l, m) in (&mut ls).zip(&mut ms) {
                for i in 0..PAIRED_LANES {
                    let at = |j: usize| fraction(l[i + j * PAIRED_LANES], m[i + j * PAIRED_LANES]);
                    let [n, d] = both(both(at(0), at(1)), both(at(2), at(3)));
                    sums[i] += n / d;
                }
            }
            let rest = ls.remainder().chunks(PAIRED_LANES);
            for (l, m) in rest.zip(ms.remainder().chunks(PAIRED_LANES)) {
                for ((&l, &m), sum) in l.iter().zip(m).zip(&mut sums) {
                    let [n, d] = fraction(l, m);
                    *sum += n / d;
                }
            }
            for lane in sums {
                total.add(lane);
            }
        }
        p.noise_amplitude * total.value()
    }
}

/// U(1), (21), of the nodes given; means something only where every denominator is positive.
pub fn noise_function_at_one(parameters: &Parameters<f64>, modes: &Modes<'_, f64>) -> f64 {
    pulp::Arch::new().dispatch(NoiseAtOne {
        parameters,
        eigenvalues: modes.eigenvalues(),
        multiplicities: modes.multiplicities(),
    })
}

/// What the sum behind U(1) and lambda_crit is taken over, see [`harmonic`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Harmonic<'a> {
    pub(crate) modes: Modes<'a, f64>,
    /// tau.
    pub(crate) tau: f64,
    /// delta >= 0; 0 for lambda_crit.
    pub(crate) delta: f64,
    /// lambda_max.
    pub(crate) largest: f64,
}

struct HarmonicAt<'a>(Harmonic<'a>, f64);

impl pulp::NullaryFnOnce for HarmonicAt<'_> {
    type Output = [f64; 2];

    #[inline(always)]
    fn call(self) -> [f64; 2] {
        let Self(sum, y) = self;
        lanes(&sum.modes, |l, m, _| {
            let inverse = 1.0 / (sum.tau * l + sum.delta * (sum.largest - l) + y);
            let term = m * l * inverse;
            [term, term * inverse]
        })
    }
}

/// `F = sum m_k lambda_k/(tau lambda_k + delta (lambda_max - lambda_k) + y)` and `-dF/dy`.
///
/// With `delta = (1-b)/(gamma (1+b))` and `y = 2/(gamma alpha_eff) - delta lambda_max` this is U(1)
/// of (21); with delta = 0 it is the sum of Proposition 4, whose root F = 1 is lambda_crit. Written
/// with `lambda_max - lambda_k`, no digit is lost when delta is huge (small noise).
pub(crate) fn harmonic(sum: &Harmonic<'_>, y: f64) -> [f64; 2] {
    pulp::Arch::new().dispatch(HarmonicAt(*sum, y))
}
