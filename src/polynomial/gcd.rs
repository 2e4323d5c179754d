//! Greatest common divisors, by primitive remainder sequences.
//!
//! `gcd(p, q)` in `Q[x1..xn]` is unique up to a rational factor; the one returned has coprime
//! integer coefficients and a positive leading coefficient. The main variable is one that occurs
//! in both; contents (gcds of coefficients) recurse into fewer variables. Before the sequence
//! starts, a specialisation test (`gcd_support`) tries to prove the two coprime, which is the
//! common case and then costs next to nothing.

use super::Polynomial;
use super::gcd_support::{coprime_by_specialisation, pseudo_remainder};
use crate::number::{Rational, Ring};
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

impl Polynomial {
    /// The rational `c > 0` (sign of the leading coefficient included) such that `self / c` has
    /// coprime integer coefficients and a positive leading one; 1 for zero.
    pub fn rational_content(&self) -> Rational {
        let Some((_, leading)) = self.leading() else {
            return Ring::one();
        };
        let mut numerator = num_bigint::BigInt::zero();
        let mut denominator = num_bigint::BigInt::one();
        for (_, coefficient) in self.terms() {
            numerator = numerator.gcd(coefficient.numer());
            denominator = denominator.lcm(coefficient.denom());
        }
        let content = Rational::new(numerator, denominator);
        if leading.is_negative() {
            -content
        } else {
            content
        }
    }

    /// Coprime integer coefficients, positive leading coefficient: the representative of the
    /// polynomial up to rational factors.
    pub fn primitive(&self) -> Self {
        self.scale(&self.rational_content().recip())
    }

    /// The greatest common divisor, primitive; `gcd(0, q)` is `q` made primitive.
    pub fn gcd(&self, other: &Self) -> Self {
        let (p, q) = self.clone().aligned(other.clone());
        if p.is_zero() {
            return q.primitive();
        }
        if q.is_zero() {
            return p.primitive();
        }
        let shared: Vec<String> = p
            .occurring()
            .into_iter()
            .filter(|v| q.degree_in(v) > 0)
            .map(str::to_owned)
            .collect();
        if shared.is_empty() || coprime_by_specialisation(&p, &q, &shared) {
            // A common divisor has only shared variables, so without any it is a constant.
            return Self::one();
        }
        // The shared variable of lowest degree keeps the sequence short.
        let Some(main) = shared
            .iter()
            .min_by_key(|v| p.degree_in(v).max(q.degree_in(v)))
        else {
            return Self::one();
        };
        let (p_content, mut high) = split_content(&p, main);
        let (q_content, mut low) = split_content(&q, main);
        let content = p_content.gcd(&q_content);
        if high.degree_in(main) < low.degree_in(main) {
            std::mem::swap(&mut high, &mut low);
        }
        loop {
            let remainder = pseudo_remainder(&high, &low, main);
            if remainder.is_zero() {
                return (content * low).primitive();
            }
            if remainder.degree_in(main) == 0 {
                return content.primitive();
            }
            high = low;
            low = split_content(&remainder, main).1;
        }
    }
}

/// `p = content * part` with respect to one variable: the content is the gcd of the coefficients.
fn split_content(p: &Polynomial, variable: &str) -> (Polynomial, Polynomial) {
    let mut content = Polynomial::zero();
    for coefficient in p.coefficients_in(variable) {
        content = content.gcd(&coefficient);
        if content.as_constant().is_some_and(|c| !c.is_zero()) {
            return (Polynomial::one(), p.primitive());
        }
    }
    // The content divides every coefficient, hence p.
    let part = p.exact_division(&content).unwrap_or_else(|| p.clone());
    (content, part.primitive())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn p(text: &str) -> Polynomial {
        Polynomial::parse(text).unwrap()
    }

    #[test]
    fn common_factors_are_found_in_several_variables() {
        let d = p("a*b - z^2 + 1");
        let f = d.clone() * p("a + b*z + 3");
        let g = d.clone() * p("z^2 - 2*a + 1/2");
        assert_eq!(f.gcd(&g), d);
        assert_eq!(p("4*a^2*b").gcd(&p("6*a*b^3")), p("a*b"));
    }

    #[test]
    fn coprime_polynomials_have_gcd_one() {
        assert_eq!(p("a^2 + 1").gcd(&p("a + 1")), p("1"));
        assert_eq!(p("a").gcd(&p("b")), p("1"));
        assert_eq!(p("5").gcd(&p("10*a")), p("1"));
    }

    #[test]
    fn zero_is_neutral() {
        assert_eq!(p("0").gcd(&p("-2*a + 4")), p("a - 2"));
        assert!(p("0").gcd(&p("0")).is_zero());
    }

    fn small() -> impl Strategy<Value = Polynomial> {
        proptest::collection::vec((0u16..3, 0u16..3, 0u16..2, -3i64..4), 1..4).prop_map(|terms| {
            let ring = Polynomial::ring(["x", "y", "z"]);
            let mut sum = Polynomial::zero();
            for (i, j, k, c) in terms {
                let powers = [i, j, k];
                let mut term = Polynomial::from_integer(c);
                for (v, e) in ring.iter().zip(powers) {
                    term = term * v.power(u32::from(e));
                }
                sum = sum + term;
            }
            sum
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_gcd_divides_both_and_keeps_every_common_factor(f in small(), g in small(), d in small()) {
            prop_assume!(!f.is_zero() && !g.is_zero() && !d.is_zero());
            let (f, g) = (f * d.clone(), g * d.clone());
            let gcd = f.gcd(&g);
            prop_assert!(f.is_divisible_by(&gcd) && g.is_divisible_by(&gcd));
            prop_assert!(gcd.is_divisible_by(&d), "gcd {gcd} lost the factor {d}");
        }
    }
}
