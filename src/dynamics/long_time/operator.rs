//! The generating function of the exact moments at a point z: `c(z) = r(z) + T(z) c(z)`.
//!
//! ```text
//! C_kl(z) = M0_kl C_kl,0 + W_kl S_kl,     S = B^T diag(c) B,    W_kl = z gamma alpha^2 f_k f_l M1_kl
//! c(z)    = diag(B [M0 . C_0] B^T) + diag(B [W . S] B^T)
//! L(z)    = 1/2 sum_k weight_k C_kk(z)
//! ```
//!
//! A product with T costs 4 N m^2 flop: two real symmetric halves each way.

use super::gmres::C;
use super::resolvent::PairResolvent;
use crate::dynamics::pair_moments::PairMoments;
use crate::number::Complex;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, MatMut, MatRef, get_global_parallelism};
use rayon::prelude::*;

/// The fixed part: everything but z.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) pairs: &'a PairMoments,
    /// a_k = alpha lambda_k; exactly 0 in the null space.
    pub(super) rates: Vec<f64>,
    /// sqrt(gamma) alpha f_k; exactly 0 in the null space.
    pub(super) weights: Vec<f64>,
    pub(super) loss_weights: &'a [f64],
    pub(super) momentum: f64,
    pub(super) noise_amplitude: f64,
}

impl Problem<'_> {
    /// Whether the modes that do not move hold more of the loss than rounding.
    pub(super) fn null_space_holds_loss(&self) -> bool {
        let losses = self.loss_weights.iter().zip(self.pairs.diagonal());
        let (mut null, mut all) = (0.0, 0.0);
        for ((w, c), a) in losses.zip(&self.rates) {
            all += w * c;
            null += if *a == 0.0 { w * c } else { 0.0 };
        }
        null > 1e-14 * all
    }
}

/// T at one z.
pub(super) struct Operator<'a, 'b> {
    problem: &'b Problem<'a>,
    pair: PairResolvent<C>,
    /// W, lower half, column-major: real and imaginary parts.
    forced: [Vec<f64>; 2],
    /// Work space: N x m and two m x m.
    product: Vec<f64>,
    halves: [Vec<f64>; 2],
    z: C,
}

impl<'a, 'b> Operator<'a, 'b> {
    pub(super) fn new(problem: &'b Problem<'a>, z: C, e: C) -> Self {
        let m = problem.rates.len();
        let real = Complex::real;
        let pair = PairResolvent::new(real(problem.momentum), real(problem.noise_amplitude), z, e);
        let mut operator = Self {
            product: vec![0.0; problem.pairs.basis().len()],
            forced: [vec![0.0; m * m], vec![0.0; m * m]],
            halves: [vec![0.0; m * m], vec![0.0; m * m]],
            problem,
            pair,
            z,
        };
        let (rates, weights) = (&problem.rates, &problem.weights);
        let pair = &operator.pair;
        let [re, im] = &mut operator.forced;
        re.par_chunks_exact_mut(m)
            .zip(im.par_chunks_exact_mut(m))
            .enumerate()
            .for_each(|(l, (re, im))| {
                for k in l..m {
                    let weight = weights[k] * weights[l];
                    if weight != 0.0 {
                        let w = z * pair.forced(real(rates[k]), real(rates[l]));
                        re[k] = weight * w.re;
                        im[k] = weight * w.im;
                    }
                }
            });
        operator
    }

    /// Whether all denominators are positive: z is real and before every pole.
    pub(super) fn before_every_pole(problem: &Problem<'_>, z: f64, e: f64) -> bool {
        let pair = PairResolvent::new(problem.momentum, problem.noise_amplitude, z, e);
        let rates = &problem.rates;
        (0..rates.len()).into_par_iter().all(|l| {
            (l..rates.len()).all(|k| {
                (rates[k] == 0.0 || rates[l] == 0.0) || pair.denominator(rates[k], rates[l]) > 0.0
            })
        })
    }

    /// r(z).
    pub(super) fn start(&mut self) -> Vec<C> {
        let m = self.problem.rates.len();
        let rates = &self.problem.rates;
        let c0 = self.problem.pairs.positions();
        let pair = &self.pair;
        let [re, im] = &mut self.halves;
        re.par_chunks_exact_mut(m)
            .zip(im.par_chunks_exact_mut(m))
            .enumerate()
            .for_each(|(l, (re, im))| {
                for k in l..m {
                    let w = pair.start(Complex::real(rates[k]), Complex::real(rates[l]));
                    let c = c0[l * m + k];
                    re[k] = w.re * c;
                    im[k] = w.im * c;
                }
            });
        self.point_values(true)
    }

    /// T c.
    pub(super) fn apply(&mut self, c: &[C]) -> Vec<C> {
        let complex = c.iter().any(|c| c.im != 0.0) || self.z.im != 0.0;
        self.symmetric_halves(c, complex);
        let m = self.problem.rates.len();
        let [s_re, s_im] = &mut self.halves;
        let [w_re, w_im] = &self.forced;
        s_re.par_chunks_exact_mut(m)
            .zip(s_im.par_chunks_exact_mut(m))
            .zip(w_re.par_chunks_exact(m).zip(w_im.par_chunks_exact(m)))
            .enumerate()
            .for_each(|(l, ((s_re, s_im), (w_re, w_im)))| {
                let values = s_re[l..].iter_mut().zip(&mut s_im[l..]);
                for ((x, y), (u, v)) in values.zip(w_re[l..].iter().zip(&w_im[l..])) {
                    (*x, *y) = (*x * u - *y * v, *x * v + *y * u);
                }
            });
        self.point_values(complex)
    }

    /// L(z) of the solution c.
    pub(super) fn loss(&self, c: &[C]) -> C {
        let p = self.problem;
        let (m, n) = (p.rates.len(), c.len());
        let mut total = Complex::real(0.0);
        for k in 0..m {
            let a = Complex::real(p.rates[k]);
            let mut value = self.pair.start(a, a) * Complex::real(p.pairs.positions()[k * (m + 1)]);
            let w = Complex::new(self.forced[0][k * (m + 1)], self.forced[1][k * (m + 1)]);
            if w.re != 0.0 || w.im != 0.0 {
                let column = &p.pairs.basis()[k * n..(k + 1) * n];
                let s = column.iter().zip(c).fold(Complex::real(0.0), |s, (b, c)| {
                    Complex::new(s.re + b * b * c.re, s.im + b * b * c.im)
                });
                value = value + w * s;
            }
            let weight = 0.5 * p.loss_weights[k];
            total = Complex::new(total.re + weight * value.re, total.im + weight * value.im);
        }
        total
    }

    /// The lower halves of `B^T diag(c) B`, real and imaginary.
    fn symmetric_halves(&mut self, c: &[C], complex: bool) {
        let (n, m) = (c.len(), self.problem.rates.len());
        let basis = self.problem.pairs.basis();
        for (part, half) in self.halves.iter_mut().enumerate() {
            if part == 1 && !complex {
                half.fill(0.0);
                continue;
            }
            self.product
                .par_chunks_exact_mut(n)
                .zip(basis.par_chunks_exact(n))
                .for_each(|(product, basis)| {
                    for ((x, b), c) in product.iter_mut().zip(basis).zip(c) {
                        *x = b * if part == 0 { c.re } else { c.im };
                    }
                });
            triangular::matmul(
                MatMut::from_column_major_slice_mut(half, m, m),
                BlockStructure::TriangularLower,
                Accum::Replace,
                MatRef::from_column_major_slice(basis, n, m).transpose(),
                BlockStructure::Rectangular,
                MatRef::from_column_major_slice(&self.product, n, m),
                BlockStructure::Rectangular,
                1.0,
                get_global_parallelism(),
            );
        }
    }

    /// `diag(B X B^T)` of the symmetric X whose lower halves are in the work space.
    fn point_values(&mut self, complex: bool) -> Vec<C> {
        let m = self.problem.rates.len();
        let basis = self.problem.pairs.basis();
        let n = basis.len() / m;
        let mut values = vec![Complex::real(0.0); n];
        for (part, half) in self.halves.iter().enumerate() {
            if part == 1 && !complex {
                continue;
            }
            triangular::matmul(
                MatMut::from_column_major_slice_mut(&mut self.product, n, m),
                BlockStructure::Rectangular,
                Accum::Replace,
                MatRef::from_column_major_slice(basis, n, m),
                BlockStructure::Rectangular,
                MatRef::from_column_major_slice(half, m, m),
                BlockStructure::TriangularLower,
                1.0,
                get_global_parallelism(),
            );
            let columns = self.product.chunks_exact(n).zip(basis.chunks_exact(n));
            for (k, (product, basis)) in columns.enumerate() {
                let diagonal = half[k * (m + 1)];
                for ((c, x), b) in values.iter_mut().zip(product).zip(basis) {
                    let value = b * (2.0 * x - diagonal * b);
                    if part == 0 {
                        c.re += value;
                    } else {
                        c.im += value;
                    }
                }
            }
        }
        values
    }
}
