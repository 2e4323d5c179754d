//! U, V and their derivatives in `f64`, with the vector unit chosen at run time.
//!
//! The sums of [`super::values()`] once more, over several lanes: the formulas of one eigenvalue are
//! those of [`from_edge`], equal to [`per_mode`]'s as polynomials and free of cancellation near the
//! noiseless edge, the loop around them vector code by hand or plain Rust that the compiler turns into vector code inside [`pulp::Arch::dispatch`]. Lanes are emptied into a compensated total
//! every `BLOCK` modes, so the error of the summation does not grow with N.
//!
//! U(1) needs one division a mode, which is what would bound its speed; fractions are therefore
//! added in pairs, `n1/d1 + n2/d2 = (n1 d2 + n2 d1)/(d1 d2)`, and those sums once more in pairs:
//! one division for four modes. Denominators are O(1) numbers, so the products neither overflow nor
//! vanish.

use super::point::{Modes, Parameters, Point};
use super::values::Values;
use crate::closed_form::from_edge::{self, FromEdge};
use crate::closed_form::per_mode;
use crate::spectrum::Spectrum;
use pulp::{Simd, WithSimd};

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

/// The coefficients of one point, in vectors.
#[derive(Clone, Copy)]
struct Coefficients<V> {
    alpha: V,
    one: V,
    /// 2 (1 + b) in two parts.
    edge: [V; 2],
    s: [V; 3],
    ds: [V; 3],
    v: [V; 2],
    dv: [V; 2],
}

/// `sum m a^2/S`, `sum m a^2 S'/S^2` and, with `SIGNAL`, the terms of V and V'.
#[inline(always)]
fn accumulate<S: Simd, const SIGNAL: bool>(
    simd: S,
    c: &Coefficients<S::f64s>,
    negative: bool,
    [l, m, q]: [&[S::f64s]; 3],
) -> [f64; 4] {
    let fma = |x, y, z| simd.mul_add_e_f64s(x, y, z);
    let poly = |c: &[S::f64s; 3], p, a2| fma(p, c[1], fma(a2, c[2], c[0]));
    let mul = |x, y| simd.mul_f64s(x, y);
    let mut sums = [simd.splat_f64s(0.0); 4];
    for k in 0..l.len() {
        let a = mul(c.alpha, l[k]);
        // One rounding, whatever cancels: always a fused operation.
        let fused = simd.negate_mul_add_f64s(c.alpha, l[k], c.edge[0]);
        let d = simd.add_f64s(fused, c.edge[1]);
        let (p, a2) = (mul(a, d), mul(a, a));
        let inverse = simd.div_f64s(c.one, poly(&c.s, p, a2));
        let slope = mul(poly(&c.ds, p, a2), inverse);
        // Not m a2: a^2 may be below the range of f64 where m a^2 is not.
        let noise = mul(mul(mul(m[k], a), a), inverse);
        sums[0] = simd.add_f64s(sums[0], noise);
        sums[1] = fma(noise, slope, sums[1]);
        if SIGNAL {
            let weight = mul(q[k], inverse);
            let x = if negative { d } else { a };
            let signal = mul(weight, fma(c.v[1], x, c.v[0]));
            sums[2] = simd.add_f64s(sums[2], signal);
            sums[3] = fma(weight, fma(c.dv[1], x, c.dv[0]), sums[3]);
            sums[3] = simd.negate_mul_add_f64s(signal, slope, sums[3]);
        }
    }
    sums.map(|lanes| simd.reduce_sum_f64s(lanes))
}

/// What [`from_edge`] needs of one point.
#[inline(always)]
pub(crate) fn form(p: &Parameters<f64>, point: &Point<f64>) -> FromEdge<f64> {
    let (b, g) = (p.momentum, p.noise_tau());
    FromEdge::new(b, g, point.z(), point.e(), b < 0.0)
}

impl AllValues<'_> {
    #[inline(always)]
    fn coefficients<S: Simd>(&self, simd: S) -> Coefficients<S::f64s> {
        let p = self.parameters;
        let form = form(p, self.point);
        let splat = |x: f64| simd.splat_f64s(x);
        Coefficients {
            alpha: splat(p.learning_rate),
            one: splat(1.0),
            edge: from_edge::edge(p.momentum).map(splat),
            s: form.denominator.map(splat),
            ds: form.denominator_derivative.map(splat),
            v: form.signal.map(splat),
            dv: form.signal_derivative.map(splat),
        }
    }

    #[inline(always)]
    fn sums<S: Simd, const SIGNAL: bool>(&self, simd: S) -> [f64; 4] {
        let (wide, single) = (self.coefficients(simd), self.coefficients(pulp::Scalar));
        let (l, m) = (self.modes.eigenvalues(), self.modes.multiplicities());
        let q = if SIGNAL { self.modes.signal() } else { l };
        let negative = self.parameters.momentum < 0.0;
        let mut totals = [Total::default(); 4];
        for ((l, m), q) in l.chunks(BLOCK).zip(m.chunks(BLOCK)).zip(q.chunks(BLOCK)) {
            let parts = [l, m, q].map(|list| S::as_simd_f64s(list));
            let body = accumulate::<S, SIGNAL>(simd, &wide, negative, parts.map(|part| part.0));
            let rest =
                accumulate::<_, SIGNAL>(pulp::Scalar, &single, negative, parts.map(|part| part.1));
            for (total, value) in totals.iter_mut().zip(body.into_iter().zip(rest)) {
                total.add(value.0);
                total.add(value.1);
            }
        }
        totals.map(Total::value)
    }
}

impl WithSimd for AllValues<'_> {
    type Output = Values<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Values<f64> {
        let [noise, noise_slope, signal, signal_derivative] = if self.modes.signal().is_empty() {
            // What the search for roots asks for, many times.
            self.sums::<S, false>(simd)
        } else {
            self.sums::<S, true>(simd)
        };
        let p = self.parameters;
        let b = p.momentum;
        let numerator = form(p, self.point).noise;
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

struct Sum<'a, F, const J: usize>(Modes<'a, f64>, F);

impl<const J: usize, F: Fn(f64, f64) -> [f64; J]> pulp::NullaryFnOnce for Sum<'_, F, J> {
    type Output = [f64; J];

    #[inline(always)]
    fn call(self) -> [f64; J] {
        let Self(modes, term) = self;
        lanes(&modes, |l, m, _| term(l, m))
    }
}

/// `sum_k term(lambda_k, m_k)` over the nodes of a spectrum.
pub(crate) fn total<const J: usize>(
    spectrum: &Spectrum,
    term: impl Fn(f64, f64) -> [f64; J],
) -> [f64; J] {
    pulp::Arch::new().dispatch(Sum(Modes::of(spectrum), term))
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
        let edge = from_edge::edge(b);
        let fraction = |l: f64, m: f64| {
            let d = from_edge::distance(edge, alpha, l);
            let [numerator, denominator] =
                per_mode::noise_term_at_one_from_edge(alpha * l, d, b, g);
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

#[cfg(test)]
mod tests {
    use super::super::OwnedModes;
    use super::*;

    #[test]
    fn noise_at_one_keeps_its_digits_at_the_noiseless_edge_and_near_momentum_one() {
        use crate::number::{Rational, rational_from_f64, rational_to_f64};
        let q = |x: f64| -> Rational { rational_from_f64(x).unwrap() };
        // The first mode lies 1e-9 below the edge: alpha lambda rounds, the distance does not.
        for (alpha, b, gamma, tau) in [
            (19.915_281_107_756_35, 0.5, 0.1, 0.0),
            (0.108_002_582_673_803_61, 0.999_999, 3.091_255e-13, 1.0),
            (5.405_405_405_394_595e-6, -0.999_999, 1e-9, 0.5),
        ] {
            let high = 2.0 * (1.0 + b) / alpha * (1.0 - 1e-9);
            let l = [high, 0.999 * high, 1e-3 * high];
            let s = Spectrum::new(l.to_vec(), None).unwrap();
            let lifted = OwnedModes::lift(&s, |x| x);
            let parameters = Parameters {
                learning_rate: alpha,
                momentum: b,
                noise_amplitude: gamma,
                tau,
            };
            let found = noise_function_at_one(&parameters, &lifted.view());
            // (21) from the product of the factors of S(z = 1), in exact rationals.
            let (one, two) = (q(1.0), q(2.0));
            let exact = l.iter().fold(q(0.0), |sum, &l| {
                let a = q(alpha) * q(l);
                let above = one.clone() + q(b);
                let s1 = two.clone() * (one.clone() - q(b) * q(b))
                    - a.clone() * (one.clone() - q(b))
                    + q(gamma) * q(tau) * a.clone() * above.clone();
                sum + q(gamma) * a * above / s1
            });
            let off = (found / rational_to_f64(&exact) - 1.0).abs();
            assert!(off < 1e-14, "{b}: {off:e}");
        }
    }

    #[test]
    fn scalar_and_vector_units_and_the_generic_formula_differ_in_the_last_bits_only() {
        for n in [1_u32, 7, 16, 1500] {
            let l: Vec<f64> = (1..=n).map(|k| f64::from(k).powf(-1.5)).collect();
            let q: Vec<f64> = (1..=n).map(|k| f64::from(k).powf(-1.75)).collect();
            let s = Spectrum::new(l, Some(q)).unwrap();
            let lifted = OwnedModes::lift(&s, |x| x);
            let parameters = Parameters {
                learning_rate: 0.7,
                momentum: -0.3,
                noise_amplitude: 0.4,
                tau: 0.6,
            };
            for e in [1e-9, -1e-7, 0.3] {
                let point = Point::from_complement(e);
                let modes = lifted.view();
                let all = AllValues {
                    parameters: &parameters,
                    modes: &modes,
                    point: &point,
                };
                let scalar = all.with_simd(pulp::Scalar);
                let vector = values(&parameters, &modes, &point);
                let generic = super::super::values(&parameters, &modes, &point);
                let parts =
                    |v: &Values<f64>| [v.noise, v.noise_derivative, v.signal, v.signal_derivative];
                for other in [&scalar, &generic] {
                    for (x, y) in parts(&vector).into_iter().zip(parts(other)) {
                        assert!((x / y - 1.0).abs() < 1e-13, "{n} {e}: {x} {y}");
                    }
                }
                let without = Modes::new(modes.eigenvalues(), modes.multiplicities(), &[]).unwrap();
                let noise = values(&parameters, &without, &point);
                assert_eq!((noise.noise, noise.signal), (vector.noise, 0.0));
                assert!(vector.signal != vector.noise);
            }
        }
    }
}
