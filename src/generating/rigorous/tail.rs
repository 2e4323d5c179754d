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

use super::RigorousError;
use super::law::tail_coefficients;
use super::powers::{PowerTable, bernoulli, power_table};
use super::spectrum::RigorousLaw;
use crate::closed_form::per_mode;
use crate::generating::{Parameters, Point};
use crate::number::ball::{Backend, Magnitude, complex_exp, complex_ln, pi};
use crate::number::{Ball, Complex, ComplexBall, Field, Rational, Ring, rational_to_f64};
use crate::spectrum::SignalLaw;
use num_traits::ToPrimitive;

/// `z r` for a real r.
fn times(z: &ComplexBall, r: &Ball) -> ComplexBall {
    Complex::new(z.re.clone() * r.clone(), z.im.clone() * r.clone())
}

/// An upper bound of |z|.
fn above(z: &ComplexBall) -> Magnitude {
    // |z| <= sqrt 2 max <= the sum of the parts' bounds.
    let (x, y) = (z.re.above(), z.im.above());
    let square = x.times(x).plus(y.times(y));
    // sqrt upwards: sqrt_below of the square plus one part in 2^50.
    let root = square.sqrt_below();
    root.plus(root.times(Magnitude::power_of_two(-50)))
}

/// A lower bound of |z|.
fn below(z: &ComplexBall) -> Magnitude {
    z.norm_squared().below().sqrt_below()
}

fn widen(z: ComplexBall, radius: Magnitude) -> ComplexBall {
    Complex::new(z.re.widened(radius), z.im.widened(radius))
}

fn modulus(z: &ComplexBall) -> f64 {
    z.re.to_f64().hypot(z.im.to_f64())
}

/// An exponent P of the integral with all that does not depend on z.
#[derive(Debug, Clone)]
struct Exponent {
    value: f64,
    ball: Ball,
    whole: Option<i64>,
    /// 1/(P+n).
    up: Vec<Ball>,
    /// 1/(n+1-P); empty for whole P.
    down: Vec<Ball>,
    /// pi/sin(pi P); the whole line for whole P.
    reflection: Ball,
}

impl Exponent {
    fn new(p: &Rational, bits: u32) -> Self {
        let ball = Ball::enclosing(p, bits);
        let count = i64::from(bits) + 8;
        let whole = p.is_integer().then(|| p.to_i64()).flatten();
        let reciprocal = |n: i64, sign: i64| {
            let shifted =
                Rational::from_integer(n.into()) + p * Rational::from_integer(sign.into());
            Ball::enclosing(&shifted.recip(), bits)
        };
        let (down, reflection) = if p.is_integer() {
            (Vec::new(), Ball::whole())
        } else {
            let turn = pi::<Backend>(bits + 8);
            let angle = Complex::new(Ball::integer(0), turn.clone() * ball.clone());
            let sine = complex_exp(&angle).im;
            (
                (0..count).map(|n| reciprocal(n + 1, -1)).collect(),
                turn / sine,
            )
        };
        Self {
            value: rational_to_f64(p),
            whole,
            up: (0..=count).map(|n| reciprocal(n, 1)).collect(),
            down,
            reflection,
            ball,
        }
    }
}

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

/// What K and J were chosen to be.
struct Cut {
    k: u64,
    terms: usize,
    theta: f64,
    s: f64,
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
        let first = Self::first_cut(bits);
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

    fn first_cut(bits: u32) -> u64 {
        64 + u64::from(bits) / 2
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
        let cut = self.choose(&c, &scale, &ratio, &angle).ok_or_else(|| {
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

    /// K, J and theta, guessed in floats: the bounds themselves come later.
    fn choose(
        &self,
        c: &[ComplexBall; 3],
        scale: &Ball,
        ratio: &ComplexBall,
        angle: &Ball,
    ) -> Option<Cut> {
        let p = modulus(ratio);
        let curvature = modulus(&c[2]) / modulus(&c[1]);
        let chi = angle.to_f64().abs() + angle.radius().to_f64();
        let free = std::f64::consts::PI - chi;
        let theta = (free / (2.2 * self.nu)).min(0.5);
        let theta = (theta * 4096.0).floor() / 4096.0;
        if theta <= 0.0 {
            return None;
        }
        // asin theta <= 1.0473 theta for theta <= 1/2.
        let reach = chi + 1.0473 * self.nu * theta;
        let s = if reach < 1.57 {
            1.0
        } else {
            // sin(pi - x) >= (2/pi) x, x below pi - reach.
            0.636 * (3.125 - reach) * 0.999
        };
        if s <= 0.0 {
            return None;
        }
        let first = Self::first_cut(self.bits);
        let mut k = first;
        while k <= self.powers.last() {
            let a = scale.to_f64() * self.powers.at(k).to_f64();
            let eta = p / a;
            let margin = s - curvature * a * 2f64.powf((2.0 * self.nu * theta).ceil());
            if !(0.49..=2.05).contains(&eta) && margin > 0.25 * s && curvature * a < 0.4 {
                let base = (2.0 * std::f64::consts::PI * theta * k as f64).log2();
                let mut log = 2.0 - margin.log2() - (p * modulus(&c[1])).log2().min(0.0);
                for j in 1..self.numbers.len() {
                    let n = 2.0 * j as f64;
                    log += (n * (n - 1.0)).log2() - 2.0 * base;
                    if log < -f64::from(self.bits) {
                        return Some(Cut {
                            k,
                            terms: j,
                            theta,
                            s,
                        });
                    }
                    if (n * (n + 3.0)).log2() > 2.0 * base {
                        break;
                    }
                }
            }
            k += k / 4;
        }
        None
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

/// eta, delta and 1/(h (1 - delta eta)).
struct Factors {
    eta: ComplexBall,
    log_eta: ComplexBall,
    delta: ComplexBall,
    inverse: ComplexBall,
}

impl Tail<'_> {
    fn sums(&self, ratio: &ComplexBall, noisy: bool) -> Option<(ComplexBall, ComplexBall)> {
        let factors = self.factors(ratio)?;
        let jets = self.jets();
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

    fn factors(&self, ratio: &ComplexBall) -> Option<Factors> {
        let one = ComplexBall::one();
        // 4 d0 d2/d1^2 = 4 (c0/c1)(c2/c1), whatever K.
        let w = ratio.clone() * self.c[2].clone() / self.c[1].clone();
        let four = ComplexBall::from_integer(4);
        let log = complex_ln(&(one.clone() - four * w));
        let half = Complex::new(log.re.half(), log.im.half());
        let root = complex_exp(&half);
        let sum = one.clone() + root;
        let h = times(&self.c[1], &self.a) * Complex::new(sum.re.half(), sum.im.half());
        let eta = self.c[0].clone() / h.clone();
        let delta = times(&self.c[2], &self.a.square()) / h.clone();
        if above(&delta).log2() > -1.0 {
            return None;
        }
        let inverse = one.clone() / (h * (one - delta.clone() * eta.clone()));
        let log_eta = complex_ln(&eta);
        let usable = !(inverse.re.is_whole() || inverse.im.is_whole() || log_eta.im.is_whole());
        usable.then_some(Factors {
            eta,
            log_eta,
            delta,
            inverse,
        })
    }

    /// E(P); `power` is eta^(P-1) where eta is small and P not whole.
    fn e(&self, f: &Factors, p: &Exponent, power: Option<&ComplexBall>) -> Option<ComplexBall> {
        let bits = self.law.bits;
        let size = above(&f.eta);
        if size.log2() <= -1.0 {
            if let Some(whole) = p.whole {
                let one = ComplexBall::one();
                let mut value = complex_ln(&(one + f.eta.clone())) - f.log_eta.clone();
                for j in 1..whole {
                    let next = Ball::integer(1).at(bits) / Ball::integer(j);
                    value = Complex::real(next) - f.eta.clone() * value;
                }
                return Some(value);
            }
            let per_term = -size.log2();
            let least = p.value.ceil().max(0.0) as usize + 2;
            let count = ((f64::from(bits) / per_term).ceil() as usize + 2).max(least);
            if count >= p.down.len() {
                return None;
            }
            let minus = -f.eta.clone();
            let mut sum = ComplexBall::zero();
            for coefficient in p.down[..count].iter().rev() {
                sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
            }
            // The coefficients fall from here on: the rest is at most twice its first term.
            let rest = size
                .to_power(count as u32)
                .times(p.down[count].above())
                .times(Magnitude::power_of_two(1));
            return Some(times(power?, &p.reflection) - widen(sum, rest));
        }
        let inverse = ComplexBall::one() / f.eta.clone();
        let size = above(&inverse);
        if size.log2() > -1.0 {
            return None;
        }
        let count = (f64::from(bits) / -size.log2()).ceil() as usize + 2;
        if count >= p.up.len() {
            return None;
        }
        let minus = -inverse.clone();
        let mut sum = ComplexBall::zero();
        for coefficient in p.up[..count].iter().rev() {
            sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
        }
        let rest = size
            .to_power(count as u32)
            .times(p.up[count].above())
            .times(Magnitude::power_of_two(1));
        Some(inverse * widen(sum, rest))
    }

    /// `sum_j (-delta)^j/(P + shift + j)`.
    fn series(&self, f: &Factors, p: &Exponent, shift: usize) -> Option<ComplexBall> {
        let size = above(&f.delta);
        let count = if size.is_zero() {
            1
        } else {
            (f64::from(self.law.bits) / -size.log2()).ceil() as usize + 2
        };
        let coefficients = p.up.get(shift..=shift + count)?;
        let minus = -f.delta.clone();
        let mut sum = ComplexBall::zero();
        for coefficient in coefficients[..count].iter().rev() {
            sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
        }
        let rest = size
            .to_power(count as u32)
            .times(coefficients[count].above())
            .times(Magnitude::power_of_two(1));
        Some(widen(sum, rest))
    }

    /// `h int_0^1 y^(P-1)/D dy` times 1/h, for P and P + 1.
    fn integrals(
        &self,
        f: &Factors,
        p: &Exponent,
        power: Option<&ComplexBall>,
        both: bool,
    ) -> Option<[ComplexBall; 2]> {
        let e = self.e(f, p, power)?;
        let one = self.series(f, p, 0)?;
        let first = (e.clone() - f.delta.clone() * one) * f.inverse.clone();
        if !both {
            return Some([first, Complex::zero()]);
        }
        let next = Complex::real(p.up[0].clone()) - f.eta.clone() * e;
        let two = self.series(f, p, 1)?;
        Some([first, (next - f.delta.clone() * two) * f.inverse.clone()])
    }

    /// Taylor coefficients in xi, x = K (1 + xi): of a, and of 1/S.
    fn jets(&self) -> Jets {
        let n = 2 * self.cut.terms;
        let one = binomial(&self.law.nu_ball, n);
        let two = binomial(&(self.law.nu_ball.clone() + self.law.nu_ball.clone()), n);
        let square = self.a.square();
        let a: Vec<Ball> = one.iter().map(|g| self.a.clone() * g.clone()).collect();
        let a2: Vec<Ball> = two.iter().map(|g| square.clone() * g.clone()).collect();
        let s: Vec<ComplexBall> = (0..n)
            .map(|i| {
                let varying = times(&self.c[1], &a[i]) + times(&self.c[2], &a2[i]);
                if i == 0 {
                    self.c[0].clone() + varying
                } else {
                    varying
                }
            })
            .collect();
        let first = ComplexBall::one() / s[0].clone();
        let mut inverse = vec![first.clone()];
        for i in 1..n {
            let mut sum = ComplexBall::zero();
            for j in 1..=i {
                sum = sum + s[j].clone() * inverse[i - j].clone();
            }
            inverse.push(-(sum * first.clone()));
        }
        Jets { a, a2, inverse }
    }

    /// `F(K)/2 - sum_j B_2j/(2j)! (2j-1)! g_(2j-1) K^(1-2j)` from the coefficients g of F.
    fn boundary(&self, g: impl Fn(usize) -> ComplexBall) -> ComplexBall {
        let zeroth = g(0);
        let mut sum = Complex::new(zeroth.re.half(), zeroth.im.half());
        let k = Ball::integer(self.cut.k as i64).at(self.law.bits);
        let step = Ball::integer(1) / k.square();
        let mut power = Ball::integer(1) / k;
        let mut factorial = Ball::integer(1);
        for j in 1..=self.cut.terms {
            let n = 2 * j as i64 - 1;
            if j > 1 {
                factorial = factorial.at(self.law.bits) * Ball::integer(n * (n - 1));
            }
            let weight = self.law.numbers[j - 1].clone() * factorial.clone() * power.clone();
            sum = sum - times(&g(n as usize), &weight);
            power = power * step.clone();
        }
        sum
    }

    /// The bound on R for |F(u)| <= `size` x^-sigma K^sigma/|S|, sigma given.
    fn remainder(&self, size: Magnitude, sigma: f64) -> Option<Magnitude> {
        let cut = self.cut;
        let nu = self.law.nu;
        let n = 2 * cut.terms as u32;
        // (1-theta)^-x <= 4^(x theta) for theta <= 1/2.
        let swell = |x: f64| Magnitude::power_of_two((2.0 * x * cut.theta * 1.001).ceil() as i64);
        let c1 = below(&self.c[1]);
        let c0 = below(&self.c[0]);
        let curvature = above(&self.c[2]).over(c1);
        let largest = self.a.above().times(swell(nu));
        let s = Magnitude::from_f64(cut.s);
        let margin = s.minus_below(curvature.times(largest));
        if margin.is_zero() {
            return None;
        }
        // 2 zeta(2J) <= 3.3; 2 pi theta K >= 6.25 theta K.
        let reach = Magnitude::from_f64((6.25 * cut.theta * cut.k as f64).next_down());
        let mut growth = Magnitude::from_f64(3.3);
        for i in 1..=n {
            growth = growth.times(Magnitude::from_f64(f64::from(i))).over(reach);
        }
        let common = growth
            .times(size)
            .times(swell(sigma))
            .times(Magnitude::from_f64(cut.k as f64));
        let below_margin = |factor: Magnitude| {
            // factor * margin, downwards: a hair off an upward product.
            let up = factor.times(margin);
            up.minus_below(up.times(Magnitude::power_of_two(-40)))
        };
        let by_constant = common
            .over(Magnitude::from_f64(f64::from(n) + sigma - 1.001))
            .over(below_margin(c0));
        // |a(u)| >= a (1+theta)^-nu >= a 2^(-1.45 nu theta).
        let shrink = Magnitude::power_of_two((1.45 * nu * cut.theta).ceil() as i64);
        let by_slope = common
            .over(Magnitude::from_f64(f64::from(n) + sigma - nu - 1.001))
            .times(shrink)
            .over(below_margin(c1))
            .over(self.a.below());
        let usable = f64::from(n) + sigma - nu - 1.001 > 0.5;
        Some(if usable && by_slope.compare(by_constant).is_lt() {
            by_slope
        } else {
            by_constant
        })
    }

    fn noise(&self, f: &Factors, jets: &Jets) -> Option<ComplexBall> {
        let p = &self.law.noise_exponent;
        let power = self.small_power(f, p);
        let [integral, _] = self.integrals(f, p, power.as_ref(), false)?;
        let k = Ball::integer(self.cut.k as i64).at(self.law.bits);
        let weight = self.a.square() * k / self.law.nu_ball.clone();
        let boundary = self.boundary(|n| {
            let mut sum = ComplexBall::zero();
            for i in 0..=n {
                sum = sum + times(&jets.inverse[n - i], &jets.a2[i]);
            }
            sum
        });
        let rest = self.remainder(self.a.square().above(), 2.0 * self.law.nu)?;
        Some(widen(times(&integral, &weight) + boundary, rest))
    }

    /// eta^(P-1), where the expansion for small eta needs it.
    fn small_power(&self, f: &Factors, p: &Exponent) -> Option<ComplexBall> {
        let small = above(&f.eta).log2() <= -1.0 && p.whole.is_none();
        small.then(|| {
            let exponent = p.ball.clone() - Ball::integer(1);
            complex_exp(&times(&f.log_eta, &exponent))
        })
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
            let [one, two] = self.integrals(f, p, small.then_some(&power), true)?;
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
        let boundary = self.boundary(|n| {
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

/// Taylor coefficients of a, a^2 and 1/S.
struct Jets {
    a: Vec<Ball>,
    a2: Vec<Ball>,
    inverse: Vec<ComplexBall>,
}

/// The first n coefficients of (1 + xi)^-s.
fn binomial(s: &Ball, n: usize) -> Vec<Ball> {
    let mut value = Ball::integer(1).at(s.bits());
    let mut all = vec![value.clone()];
    for i in 0..n.saturating_sub(1) as i64 {
        value = -(value * (s.clone() + Ball::integer(i))) / Ball::integer(i + 1);
        all.push(value.clone());
    }
    all
}
