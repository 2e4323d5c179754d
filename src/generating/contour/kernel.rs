//! U, U', V and V' at a complex point: six complex sums over the modes in one vectorised pass.
//!
//! ```text
//! A0 = sum m a^2/S       A1 = sum m a^2 S'/S^2
//! Q0 = sum q/S           Q1 = sum q a/S           Q2 = sum q S'/S^2     Q3 = sum q a S'/S^2
//! U  = gamma (1 + b z) A0                         V  = v0 Q0 + v1 Q1
//! U' = gamma [ b A0 - (1 + b z) A1 ]              V' = v0' Q0 + v1' Q1 - v0 Q2 - v1 Q3
//! ```
//!
//! S, v0 and v1 are those of [`from_edge`] with e = 1 - z passed itself, so that nothing cancels near the noiseless edge
//! nor near |b| = 1 (there Q1 and Q3 hold the distance d for a if b < 0); q = lambda_k C_kk,0. The
//! vector unit is chosen at run time by [`pulp::Arch`]; where it has fused multiply-add, that is
//! used, so that the last bits differ between machines. Lanes are emptied into a compensated total
//! every [`BLOCK`] modes.

use super::super::point::{Parameters, Point};
use super::super::sums::Total;
use super::super::values::Values;
use crate::closed_form::from_edge::{self, FromEdge};
use crate::number::Complex;
use crate::spectrum::Spectrum;
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

/// A complex f64.
pub(crate) type C = Complex<f64>;

/// The longest vector of any unit, in f64: the table is padded to a multiple of it.
const WIDEST: usize = 8;
/// Modes between two emptyings of the lanes; a multiple of [`WIDEST`].
const BLOCK: usize = 1024;
/// From this many modes on, the table is read in parts.
const PARALLEL: usize = 20_000;
/// Modes in a part: 256 kB of table; a multiple of [`WIDEST`].
const PART: usize = 8192;

/// What the sums need of each mode, padded with modes of no weight.
#[derive(Debug, Clone)]
pub(crate) struct ModeTable {
    parameters: Parameters<f64>,
    /// a = alpha lambda.
    rate: Vec<f64>,
    /// a d, d the distance from the noiseless edge.
    inner: Vec<f64>,
    /// a^2.
    square: Vec<f64>,
    /// m a^2.
    noise: Vec<f64>,
    /// q.
    signal: Vec<f64>,
    /// q a, or q d for negative momentum.
    moved: Vec<f64>,
    length: usize,
}

/// a, a d, a^2, m a^2 and q m of every mode (see [`ModeTable`]), filled where fused multiply-add is one instruction.
struct Fill<'a> {
    parameters: &'a Parameters<f64>,
    rate: &'a mut [f64],
    inner: &'a mut [f64],
    square: &'a mut [f64],
    noise: &'a mut [f64],
    moved: &'a mut [f64],
}

impl pulp::NullaryFnOnce for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (alpha, b) = (self.parameters.learning_rate, self.parameters.momentum);
        let edge = from_edge::edge(b);
        let lists = self.inner.iter_mut().zip(self.square.iter_mut());
        let weights = self.noise.iter_mut().zip(self.moved.iter_mut());
        for ((rate, (inner, square)), (noise, moved)) in
            self.rate.iter_mut().zip(lists).zip(weights)
        {
            let d = from_edge::distance(edge, alpha, *rate);
            let a = *rate * alpha;
            *rate = a;
            *inner = a * d;
            *square = a * a;
            *noise = *noise * a * a;
            *moved *= if b < 0.0 { d } else { a };
        }
    }
}

impl ModeTable {
    /// The table of a spectrum; without signal V is 0.
    pub(crate) fn new(spectrum: &Spectrum, parameters: Parameters<f64>) -> Self {
        let length = spectrum.len();
        let padded = length.next_multiple_of(WIDEST);
        let padded_list = |values: &[f64]| {
            let mut list = Vec::with_capacity(padded);
            list.extend_from_slice(values);
            list.resize(padded, 0.0);
            list
        };
        let mut rate = padded_list(spectrum.eigenvalues());
        let mut noise = padded_list(spectrum.multiplicities());
        let signal = padded_list(spectrum.signal().unwrap_or(&[]));
        let mut moved = signal.clone();
        let (mut inner, mut square) = (vec![0.0; padded], vec![0.0; padded]);
        Arch::new().dispatch(Fill {
            parameters: &parameters,
            rate: &mut rate,
            inner: &mut inner,
            square: &mut square,
            noise: &mut noise,
            moved: &mut moved,
        });
        Self {
            parameters,
            rate,
            inner,
            square,
            noise,
            signal,
            moved,
            length,
        }
    }

    /// alpha lambda_k of the modes.
    pub(crate) fn rates(&self) -> &[f64] {
        &self.rate[..self.length]
    }

    /// a d of the modes, d the distance from the noiseless edge.
    pub(crate) fn inner(&self) -> &[f64] {
        &self.inner[..self.length]
    }

    /// alpha, beta, gamma, tau.
    pub(crate) const fn parameters(&self) -> &Parameters<f64> {
        &self.parameters
    }

    /// U, U', V, V' at a complex point.
    pub(crate) fn values(&self, point: &Point<C>) -> NodeValues {
        self.assemble(point, self.sums(point, 0..self.rate.len()))
    }

    /// The same at several points; long tables are read once, in parts that fit the cache, shared
    /// among the threads of the current rayon pool.
    pub(crate) fn values_at(&self, points: &[Point<C>]) -> Vec<NodeValues> {
        if self.length < PARALLEL {
            return points.iter().map(|point| self.values(point)).collect();
        }
        let end = self.rate.len();
        let zeros = || vec![[Complex::real(0.0); 6]; points.len()];
        let sums = (0..end.div_ceil(PART))
            .into_par_iter()
            .map(|part| {
                let range = part * PART..((part + 1) * PART).min(end);
                let one = |point| self.sums(point, range.clone());
                points.iter().map(one).collect::<Vec<_>>()
            })
            .reduce(zeros, |mut total, part| {
                for (total, part) in total.iter_mut().zip(part) {
                    for (sum, value) in total.iter_mut().zip(part) {
                        *sum = *sum + value;
                    }
                }
                total
            });
        let pairs = points.iter().zip(sums);
        pairs
            .map(|(point, sums)| self.assemble(point, sums))
            .collect()
    }

    /// U and V alone at a complex point: half the work.
    pub(super) fn noise_and_signal(&self, point: &Point<C>) -> [C; 2] {
        let form = self.form(point);
        let [a0, q0, q1] = Arch::new().dispatch(Pair {
            table: self,
            s: form.denominator,
        });
        let [v0, v1] = form.signal;
        let gamma = Complex::real(self.parameters.noise_amplitude);
        [gamma * form.noise * a0, v0 * q0 + v1 * q1]
    }

    fn form(&self, point: &Point<C>) -> FromEdge<C> {
        let real = Complex::real;
        let (b, g) = (self.parameters.momentum, self.parameters.noise_tau());
        FromEdge::new(real(b), real(g), point.z(), point.e(), b < 0.0)
    }

    fn sums(&self, point: &Point<C>, range: Range<usize>) -> [C; 6] {
        let form = self.form(point);
        Arch::new().dispatch(Sums {
            table: self,
            range,
            s: form.denominator,
            ds: form.denominator_derivative,
        })
    }

    fn assemble(&self, point: &Point<C>, [a0, a1, q0, q1, q2, q3]: [C; 6]) -> NodeValues {
        let b = Complex::real(self.parameters.momentum);
        let form = self.form(point);
        let ([v0, v1], [dv0, dv1]) = (form.signal, form.signal_derivative);
        let numerator = form.noise;
        let amplitude = self.parameters.noise_amplitude;
        let gamma = Complex::real(amplitude);
        let values = Values {
            noise: gamma * numerator * a0,
            noise_derivative: gamma * (b * a0 - numerator * a1),
            signal: v0 * q0 + v1 * q1,
            signal_derivative: dv0 * q0 + dv1 * q1 - v0 * q2 - v1 * q3,
        };
        let size = |x: C| x.modulus();
        let parts = |pairs: &[(C, C)]| pairs.iter().map(|&(x, y)| size(x * y)).sum::<f64>();
        NodeValues {
            values,
            noise_derivative_parts: amplitude * parts(&[(b, a0), (numerator, a1)]),
            signal_parts: parts(&[(v0, q0), (v1, q1)]),
            signal_derivative_parts: parts(&[(dv0, q0), (dv1, q1), (v0, q2), (v1, q3)]),
        }
    }
}

/// U, U', V, V' at a node, and the moduli of what they were added up from: rounding is relative to those.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodeValues {
    pub(crate) values: Values<C>,
    pub(crate) noise_derivative_parts: f64,
    pub(crate) signal_parts: f64,
    pub(crate) signal_derivative_parts: f64,
}

struct Sums<'a> {
    table: &'a ModeTable,
    range: Range<usize>,
    s: [C; 3],
    ds: [C; 3],
}

impl WithSimd for Sums<'_> {
    type Output = [C; 6];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [C; 6] {
        let splat = |c: [C; 3]| c.map(|c| [simd.splat_f64s(c.re), simd.splat_f64s(c.im)]);
        let ([s0, s1, s2], [d0, d1, d2]) = (splat(self.s), splat(self.ds));
        let range = self.range;
        let one = simd.splat_f64s(1.0);
        let fma = |x, y, z| simd.mul_add_e_f64s(x, y, z);
        let (inners, _) = S::as_simd_f64s(&self.table.inner[range.clone()]);
        let (squares, _) = S::as_simd_f64s(&self.table.square[range.clone()]);
        let (noises, _) = S::as_simd_f64s(&self.table.noise[range.clone()]);
        let (signals, _) = S::as_simd_f64s(&self.table.signal[range.clone()]);
        let (moveds, _) = S::as_simd_f64s(&self.table.moved[range.clone()]);
        let block = BLOCK / S::F64_LANES;
        let mut totals = [Total::default(); 12];
        for ((((p, a2), m), q), qa) in inners
            .chunks(block)
            .zip(squares.chunks(block))
            .zip(noises.chunks(block))
            .zip(signals.chunks(block))
            .zip(moveds.chunks(block))
        {
            let mut sums = [simd.splat_f64s(0.0); 12];
            for ((((&p, &a2), &m), &q), &qa) in p.iter().zip(a2).zip(m).zip(q).zip(qa) {
                let re = fma(p, s1[0], fma(a2, s2[0], s0[0]));
                let im = fma(p, s1[1], fma(a2, s2[1], s0[1]));
                let dre = fma(p, d1[0], fma(a2, d2[0], d0[0]));
                let dim = fma(p, d1[1], fma(a2, d2[1], d0[1]));
                let norm = fma(re, re, simd.mul_f64s(im, im));
                let inverse = simd.div_f64s(one, norm);
                // 1/S = (x, -y).
                let x = simd.mul_f64s(re, inverse);
                let y = simd.mul_f64s(im, inverse);
                // S'/S = (u, v), S'/S^2 = (fx, fy).
                let u = fma(dre, x, simd.mul_f64s(dim, y));
                let v = simd.sub_f64s(simd.mul_f64s(dim, x), simd.mul_f64s(dre, y));
                let fx = fma(u, x, simd.mul_f64s(v, y));
                let fy = simd.sub_f64s(simd.mul_f64s(v, x), simd.mul_f64s(u, y));
                // The imaginary parts of the sums of 1/S are kept with the sign turned.
                sums[0] = fma(m, x, sums[0]);
                sums[1] = fma(m, y, sums[1]);
                sums[2] = fma(m, fx, sums[2]);
                sums[3] = fma(m, fy, sums[3]);
                sums[4] = fma(q, x, sums[4]);
                sums[5] = fma(q, y, sums[5]);
                sums[6] = fma(qa, x, sums[6]);
                sums[7] = fma(qa, y, sums[7]);
                sums[8] = fma(q, fx, sums[8]);
                sums[9] = fma(q, fy, sums[9]);
                sums[10] = fma(qa, fx, sums[10]);
                sums[11] = fma(qa, fy, sums[11]);
            }
            for (total, lanes) in totals.iter_mut().zip(sums) {
                total.add(simd.reduce_sum_f64s(lanes));
            }
        }
        let t = totals.map(Total::value);
        [
            Complex::new(t[0], -t[1]),
            Complex::new(t[2], t[3]),
            Complex::new(t[4], -t[5]),
            Complex::new(t[6], -t[7]),
            Complex::new(t[8], t[9]),
            Complex::new(t[10], t[11]),
        ]
    }
}

/// `sum m a^2/S`, `sum q/S` and `sum q a/S` of the whole table.
struct Pair<'a> {
    table: &'a ModeTable,
    s: [C; 3],
}

impl WithSimd for Pair<'_> {
    type Output = [C; 3];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [C; 3] {
        let [s0, s1, s2] = self
            .s
            .map(|c| [simd.splat_f64s(c.re), simd.splat_f64s(c.im)]);
        let one = simd.splat_f64s(1.0);
        let fma = |x, y, z| simd.mul_add_e_f64s(x, y, z);
        let (inners, _) = S::as_simd_f64s(&self.table.inner);
        let (squares, _) = S::as_simd_f64s(&self.table.square);
        let (noises, _) = S::as_simd_f64s(&self.table.noise);
        let (signals, _) = S::as_simd_f64s(&self.table.signal);
        let (moveds, _) = S::as_simd_f64s(&self.table.moved);
        let block = BLOCK / S::F64_LANES;
        let mut totals = [Total::default(); 6];
        for ((((p, a2), m), q), qa) in inners
            .chunks(block)
            .zip(squares.chunks(block))
            .zip(noises.chunks(block))
            .zip(signals.chunks(block))
            .zip(moveds.chunks(block))
        {
            let mut sums = [simd.splat_f64s(0.0); 6];
            for ((((&p, &a2), &m), &q), &qa) in p.iter().zip(a2).zip(m).zip(q).zip(qa) {
                let re = fma(p, s1[0], fma(a2, s2[0], s0[0]));
                let im = fma(p, s1[1], fma(a2, s2[1], s0[1]));
                let inverse = simd.div_f64s(one, fma(re, re, simd.mul_f64s(im, im)));
                let x = simd.mul_f64s(re, inverse);
                let y = simd.mul_f64s(im, inverse);
                sums[0] = fma(m, x, sums[0]);
                sums[1] = fma(m, y, sums[1]);
                sums[2] = fma(q, x, sums[2]);
                sums[3] = fma(q, y, sums[3]);
                sums[4] = fma(qa, x, sums[4]);
                sums[5] = fma(qa, y, sums[5]);
            }
            for (total, lanes) in totals.iter_mut().zip(sums) {
                total.add(simd.reduce_sum_f64s(lanes));
            }
        }
        let t = totals.map(Total::value);
        [
            Complex::new(t[0], -t[1]),
            Complex::new(t[2], -t[3]),
            Complex::new(t[4], -t[5]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::point::OwnedModes;
    use super::super::super::values::values;
    use super::*;
    use crate::moment::Hyperparameters;

    #[test]
    fn scalar_and_vector_units_differ_in_the_last_bits_only() {
        let l = (1..=1500).map(|k| f64::from(k).powf(-1.5)).collect();
        let q = (1..=1500).map(|k| f64::from(k).powf(-1.75)).collect();
        let s = Spectrum::new(l, Some(q)).unwrap();
        let h = Hyperparameters::new(0.7, 0.6, 0.4, 1.0).unwrap();
        let table = ModeTable::new(&s, (&h).into());
        for e in [Complex::new(-1e-9, 2e-9), Complex::new(-0.2, 0.7)] {
            let point = Point::from_complement(e);
            let sums = || Sums {
                table: &table,
                range: 0..table.rate.len(),
                s: table.form(&point).denominator,
                ds: table.form(&point).denominator_derivative,
            };
            let vector = Arch::new().dispatch(sums());
            let scalar = sums().with_simd(pulp::Scalar);
            for (x, y) in vector.into_iter().zip(scalar) {
                let off = (x - y).modulus() / y.modulus();
                assert!(off < 64.0 * f64::EPSILON, "{off:e}");
            }
            let [s0, s1, s2] = sums().s;
            let other = Sums {
                s: [s0, s1, -s2],
                ..sums()
            };
            assert!(other.with_simd(pulp::Scalar)[0] != scalar[0]);
        }
    }

    #[test]
    fn the_vectorised_sums_are_those_of_the_generic_formula() {
        for n in [1_u32, 3, 8, 1500, 2049, 30_001] {
            let l = (1..=n).map(|k| f64::from(k).powf(-1.5)).collect();
            let q = (1..=n).map(|k| f64::from(k).powf(-1.75)).collect();
            let s = Spectrum::new(l, Some(q)).unwrap();
            let h = Hyperparameters::new(0.7, -0.3, 0.4, 0.6).unwrap();
            let lifted = OwnedModes::lift(&s, Complex::real);
            let p = Parameters::lift(&h, Complex::real);
            let table = ModeTable::new(&s, (&h).into());
            for e in [Complex::new(1e-9, 2e-9), Complex::new(-0.2, 0.7)] {
                let point = Point::from_complement(e);
                let (fast, slow) = (
                    table.values_at(&[point])[0].values,
                    values(&p, &lifted.view(), &point),
                );
                let near = |x: C, y: C| (x - y).modulus() <= 1e-13 * y.modulus();
                assert!(near(fast.noise, slow.noise), "{n} {e:?}");
                assert!(
                    near(fast.noise_derivative, slow.noise_derivative),
                    "{n} {e:?}"
                );
                assert!(near(fast.signal, slow.signal), "{n} {e:?}");
                assert!(
                    near(fast.signal_derivative, slow.signal_derivative),
                    "{n} {e:?}"
                );
                assert!(!near(fast.signal, slow.noise));
                let [noise, signal] = table.noise_and_signal(&point);
                assert!(near(noise, slow.noise) && near(signal, slow.signal));
            }
        }
    }
}
