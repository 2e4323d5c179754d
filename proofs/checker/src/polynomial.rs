//! Polynomials over Q: integer coefficients over one positive denominator, never reduced, within limits (FORMAT.md, 4).
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use std::collections::BTreeMap;
/// Pays for work before it is done, so that hostile input costs bounded time and memory.
pub(crate) fn pay(work: &mut u64, units: u64) -> Result<(), String> {
    *work = work.saturating_add(units);
    limit(*work, 50_000_000, "units of work")
}
fn limit(value: u64, most: u64, what: &str) -> Result<(), String> {
    if value <= most { Ok(()) } else { Err(format!("{value} {what}, the limit is {most}")) }
}
/// A polynomial in at most 16 variables. A monomial is a `u128`: byte i is the exponent of variable i, at most 64.
#[derive(Clone, Debug)]
pub struct Polynomial {
    terms: BTreeMap<u128, BigInt>,
    denominator: BigInt,
}
impl Polynomial {
    /// The terms: exponents (one byte per variable) and the coefficient, not zero, in lowest terms.
    pub fn terms(&self) -> impl Iterator<Item = ([u8; 16], BigRational)> + '_ {
        let over = |c: &BigInt| BigRational::new(c.clone(), self.denominator.clone());
        self.terms.iter().map(move |(m, c)| (m.to_le_bytes(), over(c)))
    }
    /// Total degree; 0 for the zero polynomial.
    pub fn degree(&self) -> u64 {
        self.terms.keys().map(|m| m.to_le_bytes().iter().map(|&e| u64::from(e)).sum()).max().unwrap_or(0)
    }
    /// (numerator / denominator) times a monomial; the caller guarantees denominator > 0.
    pub(crate) fn monomial(exponents: u128, numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        let mut terms = BTreeMap::from([(exponents, numerator.into())]);
        terms.retain(|_, c| !c.is_zero());
        Self { terms, denominator: denominator.into() }
    }
    fn size(&self) -> u64 {
        1 + self.denominator.bits() / 64 + self.terms.values().map(|c| 2 + c.bits() / 64).sum::<u64>()
    }
    /// self - other, or self + other.
    pub(crate) fn add(mut self, other: &Self, subtract: bool, work: &mut u64) -> Result<Self, String> {
        pay(work, other.size())?;
        let mut factor = BigInt::from(if subtract { -1 } else { 1 });
        if self.denominator != other.denominator {
            let (a, b) = (1 + self.denominator.bits() / 64, 1 + other.denominator.bits() / 64);
            pay(work, self.size() * b + other.size() * a + 4 * (a + b).pow(2))?;
            let lcm = self.denominator.lcm(&other.denominator);
            let own = &lcm / &self.denominator;
            self.terms.values_mut().for_each(|c| *c *= &own);
            factor *= &lcm / &other.denominator;
            self.denominator = lcm;
        }
        for (m, c) in &other.terms {
            let sum = self.terms.entry(*m).or_default();
            *sum += c * &factor;
            if sum.is_zero() {
                self.terms.remove(m);
            }
        }
        limit(self.terms.len() as u64, 100_000, "terms")?;
        Ok(self)
    }
    /// The product; its degree is the sum of the degrees.
    pub(crate) fn times(&self, other: &Self, work: &mut u64) -> Result<Self, String> {
        limit(self.degree() + other.degree(), 64, "as degree")?;
        pay(work, self.size() * other.size())?;
        let mut terms: BTreeMap<u128, BigInt> = BTreeMap::new();
        for (m, c) in &self.terms {
            for (n, d) in &other.terms {
                *terms.entry(m + n).or_default() += c * d; // no byte carries: the degree is at most 64
            }
            limit(terms.len() as u64, 100_000, "terms")?;
        }
        terms.retain(|_, c| !c.is_zero());
        Ok(Self { terms, denominator: &self.denominator * &other.denominator })
    }
    /// self * base^exponent.
    pub(crate) fn times_power(&self, base: &Self, exponent: u64, work: &mut u64) -> Result<Self, String> {
        (0..exponent).try_fold(self.clone(), |product, _| product.times(base, work))
    }
    /// 1 / self, if self is a constant other than zero.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let n = self.terms.get(&0).filter(|_| self.terms.len() == 1)?;
        Some(Self::monomial(0, &self.denominator * n.signum(), n.abs()))
    }
}
