//! Sums over an infinite power law at z = 1, by expansion in tails of the zeta function.
//!
//! ```text
//! H(s, x) = sum_k s lambda_k/(1 - s lambda_k x),   A = s Lambda,   a_k = A k^-nu
//!         = sum_{k<K} a_k/(1 - a_k x) + sum_{j<J} x^j A^(j+1) zeta((j+1) nu, K) + R,
//!   |R| <= |x|^J A^(J+1) zeta((J+1) nu, K)/(1 - |x| a_K)              if |x| a_K < 1
//! U(1) = gamma/(2q) H(alpha, x),  q = 1-b, p = 1+b,  x = (q - g p)/(2 q p)                     (21)
//! sum lambda_k/(tau lambda_k + y) = H(1/y, -tau)
//! V(1) = sum_k q_k (2 a_k b + q^2 p)/(2 q p a_k (1 - a_k x))
//!      = head + sum_{j<J} x^j A^j [ b/(q p) M_j + q/(2 A) M_(j-1) ] + R,   M_j = sum_{k>=K} q_k k^(-nu j),
//!   |R| <= |x|^J A^J [ |b|/(q p) M_J + q/(2 A) M_(J-1) ]/(1 - |x| a_K)
//! ```
//!
//! The bounds are geometric series: zeta(s + nu, K) <= K^-nu zeta(s, K), and likewise for M because
//! q_k >= 0. With exact tails, `q_k = C sum_m c_m k^(-kappa-m)`, c_m = -binomial(-kappa, m), alternates and is cut
//! off with an error below its first omitted term (Taylor's remainder of (1 + 1/k)^-kappa).

use super::RigorousError;
use super::powers::{PowerTable, bernoulli, power_table, tail_over_power};
use super::spectrum::RigorousLaw;
use crate::generating::Parameters;
use crate::number::Rational;
use crate::number::ball::{BallOver, Float, Magnitude};
use crate::spectrum::SignalLaw;
use num_traits::ToPrimitive;

/// Terms added one by one before the tail is expanded.
fn head_length(bits: u32) -> u64 {
    32 + u64::from(bits) / 2
}

/// The parts of the sums that depend on the law only: compute once, use for any learning rate.
#[derive(Debug, Clone)]
pub struct LawAtOne<F> {
    law: RigorousLaw,
    bits: u32,
    k: u64,
    powers: PowerTable<F>,
    scale: BallOver<F>,
    numbers: Vec<BallOver<F>>,
    /// zeta((j+1) nu, K) for j = 0, 1, ...
    tails: Vec<BallOver<F>>,
}

impl<F: Float> LawAtOne<F> {
    /// Prepares the sums for `bits` bits.
    ///
    /// # Errors
    /// nu <= 1: the sum over lambda_k diverges.
    pub fn new(law: &RigorousLaw, bits: u32) -> Result<Self, RigorousError> {
        if law.eigenvalue_exponent <= Rational::from_integer(1.into()) {
            return Err(RigorousError::InfiniteTrace);
        }
        let k = head_length(bits);
        let powers = power_table(&law.eigenvalue_exponent, k, bits);
        let nu = BallOver::enclosing(&law.eigenvalue_exponent, bits);
        let numbers = bernoulli(bits);
        let step = powers.at(k).clone();
        // (a_K x)^j with |x| a_1 <= about 1: K^(-nu j) until it is below 2^-bits.
        let per_term = -step.above().log2();
        let count = (f64::from(bits) / per_term).ceil() as i64 + 2;
        let mut power = step.clone();
        let tails = (1..=count)
            .map(|j| {
                let s = nu.clone() * BallOver::integer(j);
                let value = power.clone() * tail_over_power(&s, k, &numbers, bits);
                power = power.clone() * step.clone();
                value
            })
            .collect();
        Ok(Self {
            scale: BallOver::enclosing(&law.eigenvalue_scale, bits),
            law: law.clone(),
            bits,
            k,
            powers,
            numbers,
            tails,
        })
    }

    /// The bits it was prepared for.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// H(s, x) for s > 0 with s lambda_max x < 1.
    ///
    /// # Errors
    /// |x| s lambda_K >= 1/2: the expansion does not converge fast enough to be of use.
    pub fn harmonic(&self, s: &BallOver<F>, x: &BallOver<F>) -> Result<BallOver<F>, RigorousError> {
        let one = BallOver::<F>::integer(1);
        let scale = s.clone() * self.scale.clone();
        let ratio = self.tail_ratio(&scale, x)?;
        let mut sum = BallOver::integer(0);
        for k in (1..self.k).rev() {
            let a = scale.clone() * self.powers.at(k).clone();
            sum = sum + a.clone() / (one.clone() - a * x.clone());
        }
        let base = x.clone() * scale.clone();
        let mut tail = BallOver::integer(0);
        let last = self.tails.len() - 1;
        for value in self.tails[..last].iter().rev() {
            tail = value.clone() + base.clone() * tail;
        }
        let remainder = base
            .above()
            .to_power(last as u32)
            .times(self.tails[last].above())
            .over(Magnitude::power_of_two(0).minus_below(ratio));
        Ok(sum + scale * tail.widened(remainder))
    }

    /// |x| a_K.
    fn tail_ratio(&self, scale: &BallOver<F>, x: &BallOver<F>) -> Result<Magnitude, RigorousError> {
        let ratio = (scale.clone() * x.clone() * self.powers.at(self.k).clone()).above();
        if ratio.log2() > -1.0 {
            return Err(RigorousError::SlowTail {
                ratio: ratio.to_f64(),
            });
        }
        Ok(ratio)
    }

    /// U(1), (21).
    ///
    /// # Errors
    /// As [`LawAtOne::harmonic`].
    pub fn noise_function(
        &self,
        parameters: &Parameters<BallOver<F>>,
    ) -> Result<BallOver<F>, RigorousError> {
        let (factor, x) = factor_and_shift(parameters);
        Ok(factor * self.harmonic(&parameters.learning_rate, &x)?)
    }

    /// V(1); `None` where it is infinite (kappa <= nu).
    ///
    /// # Errors
    /// As [`LawAtOne::harmonic`]; no signal.
    pub fn signal_function(
        &self,
        parameters: &Parameters<BallOver<F>>,
    ) -> Result<Option<BallOver<F>>, RigorousError> {
        let Some(kappa) = &self.law.signal_exponent else {
            return Err(RigorousError::NoSignal);
        };
        if *kappa <= self.law.eigenvalue_exponent {
            return Ok(None);
        }
        let one = BallOver::<F>::integer(1);
        let b = parameters.momentum.clone();
        let (p, q) = (one.clone() + b.clone(), one.clone() - b.clone());
        let (_, x) = factor_and_shift(parameters);
        let scale = parameters.learning_rate.clone() * self.scale.clone();
        let ratio = self.tail_ratio(&scale, &x)?;
        let wide = self.bits + 64 - self.k.leading_zeros();
        let signal = self
            .law
            .signal(&power_table(kappa, self.k + 1, wide), self.k - 1, self.bits);
        // (2 a b + q^2 p)/(2 q p) = first a + second.
        let first = b / (q.clone() * p);
        let second = q.half();
        let mut sum = BallOver::integer(0);
        for k in (1..self.k).rev() {
            let a = scale.clone() * self.powers.at(k).clone();
            let numerator = first.clone() * a.clone() + second.clone();
            let denominator = a.clone() * (one.clone() - a * x.clone());
            sum = sum + signal[k as usize - 1].clone() * numerator / denominator;
        }
        let count = self.tails.len();
        let moments = self.signal_moments(kappa, count, ratio);
        let second = second / scale.clone();
        let base = x * scale;
        let mut tail = BallOver::integer(0);
        for j in (0..count - 1).rev() {
            // moments[j] = M_(j-1).
            let term = first.clone() * moments[j + 1].clone() + second.clone() * moments[j].clone();
            tail = term + base.clone() * tail;
        }
        let last = first.above().times(moments[count].above());
        let last = last.plus(second.above().times(moments[count - 1].above()));
        let remainder = base
            .above()
            .to_power(count as u32 - 1)
            .times(last)
            .over(Magnitude::power_of_two(0).minus_below(ratio));
        Ok(Some(sum + tail.widened(remainder)))
    }

    /// M_(j-1) = sum_{k >= K} q_k k^(-nu (j-1)) for j = 0..=count, each to the bits that count once it is
    /// multiplied by `ratio^(j-1)` (at least its first ones).
    fn signal_moments(&self, kappa: &Rational, count: usize, ratio: Magnitude) -> Vec<BallOver<F>> {
        let bits = self.bits;
        let wide = bits + 64 - self.k.leading_zeros();
        let powers: PowerTable<F> = power_table(kappa, self.k, wide);
        let step = self.powers.at(self.k).clone();
        // K^(-kappa + nu), then times K^-nu for each j.
        let mut power = powers.at(self.k).at(bits) / step.clone();
        let mut moments = Vec::with_capacity(count + 1);
        for j in -1..count as i64 {
            let exponent = kappa + &self.law.eigenvalue_exponent * Rational::from_integer(j.into());
            let bits = fewer_bits(bits, ratio.log2() * j.max(0) as f64);
            let tail = signal_tail(&self.law, kappa, &exponent, self.k, &self.numbers, bits);
            moments.push(power.at(bits) * tail);
            power = power * step.clone();
        }
        moments
    }
}

/// `(gamma/(2q), x)` with which U(1) = factor H(alpha, x).
pub(crate) fn factor_and_shift<F: Float>(
    parameters: &Parameters<BallOver<F>>,
) -> (BallOver<F>, BallOver<F>) {
    let one = BallOver::<F>::integer(1);
    let b = parameters.momentum.clone();
    let (p, q) = (one.clone() + b.clone(), one - b);
    let twice = q.clone() + q.clone();
    let g = parameters.noise_tau();
    let x = (q - g * p.clone()) / (twice.clone() * p);
    (parameters.noise_amplitude.clone() / twice, x)
}

/// The coefficients c_1, c_2, ... of `1 - (1 + h)^-kappa = sum c_m h^m`, until h = 1/k makes them vanish.
pub(crate) fn tail_coefficients<F: Float>(kappa: &Rational, k: u64, bits: u32) -> Vec<BallOver<F>> {
    let per_term = (k as f64).log2();
    let count = (f64::from(bits) / per_term).ceil() as i64
        + 4
        + kappa.to_f64().map_or(0, |kappa| kappa.ceil() as i64);
    let kappa = BallOver::<F>::enclosing(kappa, bits);
    let mut coefficient = kappa.clone();
    let mut all = vec![coefficient.clone()];
    for m in 1..count {
        coefficient =
            -(coefficient * (kappa.clone() + BallOver::integer(m))) / BallOver::integer(m + 1);
        all.push(coefficient.clone());
    }
    all
}

/// The bits that a term needs that is `2^log2` times the sum it goes into, with a few to spare.
fn fewer_bits(bits: u32, log2: f64) -> u32 {
    let spare = (-log2).clamp(0.0, f64::from(bits)) as u32;
    (bits + 8 - spare.min(bits)).clamp(32, bits.max(32))
}

/// `sum_{l >= k} q_l l^-(exponent - kappa)`, in units of `k^-exponent`.
fn signal_tail<F: Float>(
    law: &RigorousLaw,
    kappa: &Rational,
    exponent: &Rational,
    k: u64,
    numbers: &[BallOver<F>],
    bits: u32,
) -> BallOver<F> {
    let scale = BallOver::enclosing(&law.given_signal_scale, bits);
    let inverse = BallOver::<F>::integer(1).at(bits) / BallOver::integer(k as i64);
    let exponent = BallOver::<F>::enclosing(exponent, bits);
    let tail = |m: i64, bits: u32| {
        tail_over_power(&(exponent.clone() + BallOver::integer(m)), k, numbers, bits)
    };
    if law.signal_law == SignalLaw::Terms {
        return scale * inverse * tail(1, bits);
    }
    let coefficients = tail_coefficients::<F>(kappa, k, bits);
    let mut power = inverse.clone();
    let mut sum = BallOver::integer(0);
    let last = coefficients.len() - 1;
    let first = (coefficients[0].clone() * inverse.clone()).above().log2();
    for (index, c) in coefficients.iter().enumerate() {
        let weight = c.clone() * power.clone();
        let bits = fewer_bits(bits, weight.above().log2() - first);
        let term = weight.at(bits) * tail(index as i64 + 1, bits);
        if index == last {
            sum = sum.widened(term.above());
        } else {
            sum = sum + term;
        }
        power = power * inverse.clone();
    }
    scale * sum
}

/// `zeta(s, k)/k^-s` for an exact s > 1 (used by the recursion's moments).
pub(crate) fn zeta_over_power<F: Float>(
    s: &Rational,
    k: u64,
    numbers: &[BallOver<F>],
    bits: u32,
) -> BallOver<F> {
    tail_over_power(&BallOver::enclosing(s, bits), k, numbers, bits)
}

/// `sum_{l >= k} q_l l^(-nu j)` in units of `k^(-kappa - nu j)`, j >= 0.
pub(crate) fn signal_moment_over_power<F: Float>(
    law: &RigorousLaw,
    kappa: &Rational,
    j: u32,
    k: u64,
    numbers: &[BallOver<F>],
    bits: u32,
) -> BallOver<F> {
    let exponent = kappa + &law.eigenvalue_exponent * Rational::from_integer(j.into());
    signal_tail(law, kappa, &exponent, k, numbers, bits)
}
