//! Powers of integers, Bernoulli numbers and tails of the zeta function, in balls.
//!
//! ```text
//! (k m)^-s = k^-s m^-s: exp and ln at primes only
//! sum_{l >= k} l^-s = k^-s [ k/(s-1) + 1/2 + sum_{j=1}^{J} B_2j/(2j)! s (s+1)...(s+2j-2) k^(1-2j) ] + R
//! |R| <= |first omitted term|,    s > 1 real, k >= 1
//! ```
//!
//! The bound on R holds because x^-s is completely monotone: the remainder of the Euler-Maclaurin
//! formula has the sign of the first omitted term and is smaller (DLMF 2.10(i)).

use crate::number::ball::{BallOver, Float, Magnitude};
use crate::number::{Rational, Ring};
use num_bigint::BigInt;
use num_traits::One;
use std::sync::OnceLock;

/// k^-s for k = 1..=n.
#[derive(Debug, Clone)]
pub(crate) struct PowerTable<F> {
    values: Vec<BallOver<F>>,
}

impl<F: Float> PowerTable<F> {
    /// k^-s, 1 <= k <= last.
    pub(crate) fn at(&self, k: u64) -> &BallOver<F> {
        &self.values[k as usize - 1]
    }

    /// n.
    pub(crate) fn last(&self) -> u64 {
        self.values.len() as u64
    }
}

/// The table of k^-s up to n.
pub(crate) fn power_table<F: Float>(s: &Rational, n: u64, bits: u32) -> PowerTable<F> {
    let n = n as usize;
    let exponent = -s.clone();
    let mut factor = vec![0_usize; n + 1];
    let mut values: Vec<BallOver<F>> = Vec::with_capacity(n);
    // A product of d primes loses about d bits.
    let work = bits + 8;
    for k in 1..=n {
        let value = if k == 1 {
            BallOver::integer(1).at(work)
        } else if factor[k] == 0 {
            let mut multiple = k * k;
            while multiple <= n {
                if factor[multiple] == 0 {
                    factor[multiple] = k;
                }
                multiple += k;
            }
            BallOver::integer(k as i64).at(work).pow_rational(&exponent)
        } else {
            values[factor[k] - 1].clone() * values[k / factor[k] - 1].clone()
        };
        values.push(value);
    }
    PowerTable {
        values: values.into_iter().map(|v| v.at(bits)).collect(),
    }
}

/// How many Bernoulli numbers serve sums of `bits` bits, B_2 ... B_2J: with them the remainder of a tail from
/// K >= bits/2 on is below 2^-bits, as `(2J/(2 pi e K))^(2J)` is.
pub(crate) const fn bernoulli_count(bits: u32) -> usize {
    let needed = bits as usize / 10 + 8;
    if needed < SHORT { SHORT } else { needed }
}

/// Bernoulli numbers that are computed once for all sums: B_2 ... B_160.
const SHORT: usize = 80;

/// B_2j/(2j)!, j = 1..=n, exactly and not reduced.
fn bernoulli_over_factorial(n: usize) -> Vec<Rational> {
    // Tangent numbers T_n by the integer recurrence of Brent and Harvey (arXiv:1108.0286):
    // B_2n = (-1)^(n-1) 2n T_n/(4^n (4^n - 1)).
    let mut t = vec![BigInt::one(); n + 1];
    for k in 2..=n {
        t[k] = BigInt::from(k - 1) * &t[k - 1];
    }
    for k in 2..=n {
        for j in k..=n {
            t[j] = BigInt::from(j - k) * &t[j - 1] + BigInt::from(j - k + 2) * &t[j];
        }
    }
    let mut factorial = BigInt::one();
    (1..=n)
        .map(|j| {
            factorial *= BigInt::from(2 * j) * BigInt::from(2 * j - 1);
            let four = BigInt::one() << (2 * j);
            let sign = if j % 2 == 1 { 1 } else { -1 };
            Rational::new_raw(
                BigInt::from(sign) * BigInt::from(2 * j) * &t[j],
                &four * (&four - BigInt::one()) * &factorial,
            )
        })
        .collect()
}

/// B_2j/(2j)! in balls, j = 1..=[`bernoulli_count`] (index j - 1).
pub(crate) fn bernoulli<F: Float>(bits: u32) -> Vec<BallOver<F>> {
    static TABLE: OnceLock<Vec<Rational>> = OnceLock::new();
    let count = bernoulli_count(bits);
    let enclosed = |list: &[Rational]| list.iter().map(|b| BallOver::enclosing(b, bits)).collect();
    if count == SHORT {
        let all = || bernoulli_over_factorial(SHORT);
        enclosed(TABLE.get_or_init(|| all().iter().map(Rational::reduced).collect()))
    } else {
        enclosed(&bernoulli_over_factorial(count))
    }
}

/// `sum_{l >= k} l^-s / k^-s`, the tail in units of its first power; s > 1.
pub(crate) fn tail_over_power<F: Float>(
    s: &BallOver<F>,
    k: u64,
    bernoulli: &[BallOver<F>],
    bits: u32,
) -> BallOver<F> {
    let one = BallOver::<F>::integer(1);
    let s = s.at(bits);
    let k = BallOver::<F>::integer(k as i64).at(bits);
    let inverse = one.clone() / k.square();
    let mut sum = k.clone() / (s.clone() - one.clone()) + one.half();
    let mut rising = s.clone() / k;
    let mut last = Magnitude::INFINITE;
    for (j, b) in bernoulli.iter().enumerate() {
        let term = b.at(bits) * rising.clone();
        let size = term.above();
        // The term at hand bounds the remainder of the sum before it.
        if size.log2() < -f64::from(bits) || size.compare(last).is_gt() || j + 1 == bernoulli.len()
        {
            return sum.widened(size);
        }
        last = size;
        sum = sum + term;
        let next = 2 * j as i64 + 1;
        let up = (s.clone() + BallOver::integer(next)) * (s.clone() + BallOver::integer(next + 1));
        rising = rising * up * inverse.clone();
    }
    BallOver::whole()
}
