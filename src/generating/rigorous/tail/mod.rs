//! U(z) and V(z) of an infinite power law at any z off the cut [1, inf), by Euler-Maclaurin.
//!
//! ```text
//! sum_{k >= K} F(k) = int_K^inf F + F(K)/2 - sum_{j=1}^{J} B_2j/(2j)! F^(2j-1)(K) + R
//! F = a^2/S(a) for U, q (v0 + v1 a)/S(a) for V,   a = A x^-nu,   S = c0 + c1 a + c2 a^2
//! ```
//!
//! **Integral.** With y = a/a_K, D = d0 + d1 y + d2 y^2 = h (y + eta)(1 + delta y), d_i = c_i a_K^i,
//! h = d1 (1 + sqrt(1 - 4 d0 d2/d1^2))/2, eta = d0/h, delta = d2/h:
//!
//! ```text
//! int_K^inf x^-sigma/S dx = K^(1-sigma)/(nu h (1 - delta eta)) [E(P) - delta sum_j (-delta)^j/(P+j)],  P = (sigma-1)/nu
//! E(P) = int_0^1 y^(P-1)/(y + eta) dy
//!      = (1/eta) sum_n (-1/eta)^n/(P+n)                                    |eta| >= 2
//!      = pi eta^(P-1)/sin(pi P) - sum_n (-eta)^n/(n+1-P)                   |eta| <= 1/2, P not whole
//! E(1) = ln(1 + 1/eta),   E(P+1) = 1/P - eta E(P)
//! ```
//!
//! K is chosen so that eta stays out of 1/2..2. The rests of the three series are geometric. Exact
//! tails are expanded, `q = C sum_m c_m x^(-kappa-m)`, with a rest below the first omitted term.
//!
//! **Remainder.** |R| <= 2 zeta(2J)/(2 pi)^2J int |F^(2J)| and, F being analytic in |u - x| <= theta x,
//! |F^(2J)(x)| <= (2J)! (theta x)^-2J max |F(u)| (Cauchy). There |arg a(u)| <= nu asin theta =: psi, and
//! with p = c0/c1, chi = |arg p|, chi + psi < pi:
//!
//! ```text
//! |p + a| >= s max(|p|, |a|),  s = sin(chi + psi) if chi + psi > pi/2, else 1
//! |S| >= |c1| s' max(|p|, |a|),  s' = s - |c2| a_max/|c1|,  a_max = a_K (1-theta)^-nu
//! ```
//!
//! so that R is bounded by a power of 1/(2 pi theta K) times (2J)!. All bounds are evaluated in
//! upward-rounded magnitudes; floats only choose K and J.
//!
//! | file | what |
//! |---|---|
//! | `cut` | K, J and theta |
//! | `integral` | E(P) and the series |
//! | `boundary` | the terms at K, and the bound on R |
//! | `complex` | bounds of complex balls |

mod boundary;
mod complex;
mod cut;
mod integral;

use super::RigorousError;
use super::law::tail_coefficients;
use super::powers::{PowerTable, bernoulli, power_table};
use super::spectrum::RigorousLaw;
use crate::closed_form::per_mode;
use crate::generating::{Parameters, Point};
use crate::number::ball::{Backend, Magnitude, complex_exp, complex_ln};
use crate::number::{Ball, Complex, ComplexBall, Field, Rational, Ring, rational_to_f64};
use crate::spectrum::SignalLaw;
use boundary::{Jets, binomial, boundary, remainder};
use complex::{above, below, times, widen};
use cut::{Cut, first_cut};
use integral::{Exponent, Factors};

/// An infinite law, ready for any z.
#[derive(Debug, Clone)]
pub struct LawAt {
    law: RigorousLaw,
    bits: u32,
    nu: f64,
    nu_ball: Ball,
    scale: Ball,
    powers: PowerTable<Backend>,
    /// q_k, and k^-kappa.
    signal: Vec<Ball>,
    signal_powers: Option<PowerTable<Backend>>,
    kappa: Option<Ball>,
    signal_scale: Ball,
    numbers: Vec<Ball>,
    noise_exponent: Exponent,
    signal_exponents: Vec<Exponent>,
    signal_coefficients: Vec<Ball>,
}

/// U and V at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct LawValues {
    /// U(z); 0 without noise.
    pub noise: ComplexBall,
    /// V(z); 0 without signal.
    pub signal: ComplexBall,
}

impl LawAt {
    /// Prepares sums of `bits` bits.
    ///
    /// # Errors
    /// nu <= 1/2: U diverges.
    pub fn new(law: &RigorousLaw, bits: u32) -> Result<Self, RigorousError> {
        let two = Rational::from_integer(2.into());
        let nu_exact = &law.eigenvalue_exponent;
        if nu_exact * &two <= Rational::from_integer(1.into()) {
            return Err(RigorousError::InfiniteTraceOfSquare);
        }
        let nu = rational_to_f64(nu_exact);
        let first = first_cut(bits);
        // Room to move eta from 1/2 to 2 and for slow remainders.
        let room = 6f64.powf(1.0 / nu).clamp(8.0, 64.0);
        let last = (first as f64 * room).ceil() as u64;
        let powers = power_table(nu_exact, last, bits);
        let wide = bits + 64 - last.leading_zeros();
        let one = Rational::from_integer(1.into());
        let mut signal = Vec::new();
        let mut signal_powers = None;
        let mut signal_exponents = Vec::new();
        let mut signal_coefficients = Vec::new();
        if let Some(kappa) = &law.signal_exponent {
            let table: PowerTable<Backend> = power_table(kappa, last + 1, wide);
            signal = law.signal(&table, last, bits);
            signal_powers = Some(table);
            signal_coefficients = match law.signal_law {
                SignalLaw::Terms => vec![Ball::integer(1)],
                SignalLaw::Tails => tail_coefficients(kappa, first, bits),
            };
            let start = match law.signal_law {
                // sigma = kappa + m, m >= 1: P = (kappa + m - 1)/nu. Terms: sigma = kappa + 1.
                SignalLaw::Terms | SignalLaw::Tails => kappa.clone(),
            };
            for m in 0..signal_coefficients.len() as i64 {
                let p = (&start + Rational::from_integer(m.into())) / nu_exact;
                signal_exponents.push(Exponent::new(&p, bits));
            }
        }
        Ok(Self {
            nu,
            nu_ball: Ball::enclosing(nu_exact, bits),
            scale: Ball::enclosing(&law.eigenvalue_scale, bits),
            powers,
            signal,
            signal_powers,
            kappa: law
                .signal_exponent
                .as_ref()
                .map(|kappa| Ball::enclosing(kappa, bits)),
            signal_scale: Ball::enclosing(&law.given_signal_scale, bits),
            numbers: bernoulli(bits),
            noise_exponent: Exponent::new(&(&two - &one / nu_exact), bits),
            signal_exponents,
            signal_coefficients,
            law: law.clone(),
            bits,
        })
    }

    /// U and V at a point off the cut [1, inf).
    ///
    /// # Errors
    /// [`RigorousError::Tail`]: the point is too near the cut, or a tail does not converge.
    pub fn values(
        &self,
        parameters: &Parameters<Ball>,
        point: &Point<ComplexBall>,
    ) -> Result<LawValues, RigorousError> {
        let refuse = |reason| RigorousError::Tail {
            point: format!(
                "1 - z = {:.4e} {:+.4e} i",
                point.e().re.to_f64(),
                point.e().im.to_f64()
            ),
            reason,
        };
        let lift = |x: &Ball| Complex::real(x.clone());
        let b = lift(&parameters.momentum);
        let g = lift(&parameters.noise_tau());
        let (z, e) = (point.z(), point.e());
        let c = per_mode::denominator_coefficients(b.clone(), g, z.clone(), e);
        let v = per_mode::signal_numerator_coefficients(b.clone(), z.clone());
        let scale = parameters.learning_rate.clone() * self.scale.clone();
        let ratio = c[0].clone() / c[1].clone();
        let angle = complex_ln(&ratio).im;
        if angle.is_whole() {
            return Err(refuse(
                "z lies on the cut, or 1 - z is not known well enough",
            ));
        }
        let chosen = Cut::choose(
            &cut::Law {
                nu: self.nu,
                powers: &self.powers,
                numbers: self.numbers.len(),
                bits: self.bits,
            },
            &c,
            &scale,
            &ratio,
            &angle,
        );
        let cut = chosen.ok_or_else(|| {
            refuse("no number of terms makes the remainder of Euler-Maclaurin small")
        })?;
        let noisy = !(parameters.noise_amplitude.radius().is_zero()
            && parameters.noise_amplitude.midpoint_is_zero());
        let mut noise = Complex::zero();
        let mut signal = Complex::zero();
        for k in (1..cut.k).rev() {
            let a = scale.clone() * self.powers.at(k).clone();
            let s = denominator(&c, &a);
            if !s.invertible() {
                return Err(refuse("S of a mode may vanish there"));
            }
            let inverse = ComplexBall::one() / s;
            if noisy {
                noise = noise + times(&inverse, &a.square());
            }
            if let Some(q) = self.signal.get(k as usize - 1) {
                let numerator = v[0].clone() + times(&v[1], &a);
                signal = signal + times(&(numerator * inverse), q);
            }
        }
        let tail = Tail {
            law: self,
            c: &c,
            v: &v,
            cut: &cut,
            a: scale * self.powers.at(cut.k).clone(),
        };
        let (tail_noise, tail_signal) = tail.sums(&ratio, noisy).ok_or_else(|| {
            refuse("the integral of the tail is not enclosed (eta between 1/2 and 2, or delta too large)")
        })?;
        let numerator = per_mode::noise_numerator(b, z);
        Ok(LawValues {
            noise: times(
                &(numerator * (noise + tail_noise)),
                &parameters.noise_amplitude,
            ),
            signal: signal + tail_signal,
        })
    }
}

fn denominator(c: &[ComplexBall; 3], a: &Ball) -> ComplexBall {
    let inner = c[1].clone() + times(&c[2], a);
    c[0].clone() + times(&inner, a)
}

/// Everything from K on.
struct Tail<'a> {
    law: &'a LawAt,
    c: &'a [ComplexBall; 3],
    v: &'a [ComplexBall; 2],
    cut: &'a Cut,
    /// a_K.
    a: Ball,
}

impl Tail<'_> {
    fn sums(&self, ratio: &ComplexBall, noisy: bool) -> Option<(ComplexBall, ComplexBall)> {
        let factors = Factors::new(self.c, &self.a, ratio)?;
        let jets = Jets::new(self.c, &self.a, &self.law.nu_ball, 2 * self.cut.terms);
        let noise = if noisy {
            self.noise(&factors, &jets)?
        } else {
            Complex::zero()
        };
        let signal = match self.law.kappa {
            Some(_) => self.signal(&factors, &jets)?,
            None => Complex::zero(),
        };
        Some((noise, signal))
    }

    fn remainder(&self, size: Magnitude, sigma: f64) -> Option<Magnitude> {
        remainder(self.cut, self.c, &self.a, self.law.nu, size, sigma)
    }

    fn noise(&self, f: &Factors, jets: &Jets) -> Option<ComplexBall> {
        let p = &self.law.noise_exponent;
        let power = f.small_power(p);
        let [integral, _] = f.integrals(p, power.as_ref(), false, self.law.bits)?;
        let k = Ball::integer(self.cut.k as i64).at(self.law.bits);
        let weight = self.a.square() * k / self.law.nu_ball.clone();
        let boundary = boundary(self.cut, &self.law.numbers, self.law.bits, |n| {
            let mut sum = ComplexBall::zero();
            for i in 0..=n {
                sum = sum + times(&jets.inverse[n - i], &jets.a2[i]);
            }
            sum
        });
        let rest = self.remainder(self.a.square().above(), 2.0 * self.law.nu)?;
        Some(widen(times(&integral, &weight) + boundary, rest))
    }

    fn signal(&self, f: &Factors, jets: &Jets) -> Option<ComplexBall> {
        let law = self.law;
        let (kappa, table) = (law.kappa.as_ref()?, law.signal_powers.as_ref()?);
        let bits = law.bits;
        let k = Ball::integer(self.cut.k as i64).at(bits);
        let base = law.signal_scale.clone() * table.at(self.cut.k).at(bits);
        // The integral: sum_m C c_m K^(-kappa-m+1)/nu [v0 I(P_m) + v1 a_K I(P_m + 1)].
        let first = law.signal_exponents.first()?;
        let small = above(&f.eta).log2() <= -1.0;
        let start = Ball::integer(1) / law.nu_ball.clone();
        let (mut power, step) = if small {
            let exponent = first.ball.clone() - Ball::integer(1);
            (
                complex_exp(&times(&f.log_eta, &exponent)),
                complex_exp(&times(&f.log_eta, &start)),
            )
        } else {
            (ComplexBall::zero(), ComplexBall::zero())
        };
        let mut weight = base.clone() / law.nu_ball.clone();
        let inverse_k = Ball::integer(1) / k.clone();
        let slope = times(&self.v[1], &self.a);
        let mut integral = ComplexBall::zero();
        let count = law.signal_coefficients.len();
        let tails = law.law.signal_law == SignalLaw::Tails;
        // Exact tails: the last coefficient bounds the rest.
        let used = if tails { count - 1 } else { count };
        for (p, c) in law.signal_exponents[..used]
            .iter()
            .zip(&law.signal_coefficients)
        {
            let [one, two] = f.integrals(p, small.then_some(&power), true, bits)?;
            let value = self.v[0].clone() * one + slope.clone() * two;
            integral = integral + times(&value, &(weight.clone() * c.clone()));
            weight = weight * inverse_k.clone();
            power = power * step.clone();
        }
        let numerator = above(&self.v[0]).plus(above(&slope));
        if tails {
            // int x^(-kappa-M-1) |h|: at most K^(-kappa-M)/(kappa+M) max |h|; `weight` carries 1/nu,
            // which `nu/(kappa + M) <= nu/kappa` replaces.
            let lowest = {
                let s = Magnitude::from_f64(self.cut.s);
                let curvature = above(&self.c[2]).over(below(&self.c[1]));
                let margin = s.minus_below(curvature.times(self.a.above()));
                let up = below(&self.c[0]).times(margin);
                up.minus_below(up.times(Magnitude::power_of_two(-40)))
            };
            let rest = (weight * law.signal_coefficients[count - 1].clone() * law.nu_ball.clone()
                / kappa.clone())
            .above()
            .times(numerator)
            .over(lowest);
            integral = widen(integral, rest);
        }
        // The boundary terms.
        let n = 2 * self.cut.terms;
        let q: Vec<Ball> = if tails {
            let g = binomial(kappa, n);
            let next = law.signal_scale.clone() * table.at(self.cut.k + 1).at(bits + 12);
            let here = law.signal_scale.clone() * table.at(self.cut.k).at(bits + 12);
            let ratio = k.clone() / (k.clone() + Ball::integer(1));
            let mut power = Ball::integer(1).at(bits);
            g.iter()
                .map(|g| {
                    let value = (here.clone() - next.clone() * power.clone()) * g.clone();
                    power = power.clone() * ratio.clone();
                    value
                })
                .collect()
        } else {
            let g = binomial(&(kappa.clone() + Ball::integer(1)), n);
            let here = base * inverse_k;
            g.iter().map(|g| here.clone() * g.clone()).collect()
        };
        let qa: Vec<Ball> = (0..n)
            .map(|i| {
                q[..=i]
                    .iter()
                    .zip(jets.a[..=i].iter().rev())
                    .fold(Ball::integer(0), |sum, (q, a)| sum + q.clone() * a.clone())
            })
            .collect();
        let numerators: Vec<ComplexBall> = (0..n)
            .map(|i| times(&self.v[0], &q[i]) + times(&self.v[1], &qa[i]))
            .collect();
        let boundary = boundary(self.cut, &self.law.numbers, self.law.bits, |n| {
            numerators[..=n]
                .iter()
                .zip(jets.inverse[..=n].iter().rev())
                .fold(ComplexBall::zero(), |sum, (x, r)| {
                    sum + x.clone() * r.clone()
                })
        });
        // |q(u)| <= C kappa (x(1-theta))^(-kappa-1), or c (..)^(-kappa-1); |v0 + v1 a| on the disc.
        let swell = Magnitude::power_of_two((2.0 * law.nu * self.cut.theta * 1.001).ceil() as i64);
        let disc = above(&self.v[0]).plus(above(&slope).times(swell));
        let mut size = (law.signal_scale.clone() * table.at(self.cut.k).clone() / k)
            .above()
            .times(disc);
        if tails {
            size = size.times(kappa.above());
        }
        let sigma = kappa.to_f64() + 1.0;
        let rest = self.remainder(size, sigma)?;
        Some(widen(integral + boundary, rest))
    }
}
