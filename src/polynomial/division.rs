//! Exact division.

use super::{Exponents, Polynomial};
use crate::number::Rational;

impl Polynomial {
    /// `self / divisor` if the remainder is zero; `None` if it is not or the divisor is zero.
    ///
    /// Lex division: the leading term of the rest is divided by the leading term of the divisor
    /// until nothing is left or it does not divide.
    pub fn exact_division(&self, divisor: &Self) -> Option<Self> {
        let (mut rest, divisor) = self.clone().aligned(divisor.clone());
        let (lead, lead_coefficient) = divisor.leading()?;
        let mut quotient = rest.same_ring_zero();
        while let Some((top, coefficient)) = rest.leading() {
            let mut monomial = Exponents::with_capacity(top.len());
            for (x, y) in top.iter().zip(lead) {
                monomial.push(x.checked_sub(*y)?);
            }
            let factor: Rational = coefficient / lead_coefficient;
            rest.subtract_multiple(&divisor, &monomial, &factor);
            quotient.add_term(monomial, factor);
        }
        Some(quotient)
    }

    /// Whether `divisor` divides `self` without remainder.
    pub fn is_divisible_by(&self, divisor: &Self) -> bool {
        self.exact_division(divisor).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Polynomial {
        Polynomial::parse(text).unwrap()
    }

    #[test]
    fn division_undoes_multiplication() {
        let (f, g) = (p("a*b - z^2 + 1/7"), p("z^3*a - b + 2"));
        assert_eq!((f.clone() * g.clone()).exact_division(&g), Some(f));
    }

    #[test]
    fn a_remainder_and_a_zero_divisor_are_refused() {
        assert_eq!(p("a^2 + 1").exact_division(&p("a + 1")), None);
        assert_eq!(p("a").exact_division(&p("b")), None);
        assert_eq!(p("a").exact_division(&p("0")), None);
    }
}
