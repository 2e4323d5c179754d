//! Polynomials as text in the grammar of `parse`: highest term first.

use super::{Exponents, Polynomial, RationalFunction};
use num_traits::{One, Signed};
use std::fmt;

impl Polynomial {
    fn monomial_text(&self, exponents: &Exponents) -> String {
        let factors: Vec<String> = exponents
            .iter()
            .zip(self.variables())
            .filter(|(power, _)| **power > 0)
            .map(|(&power, name)| {
                if power == 1 {
                    name.clone()
                } else {
                    format!("{name}^{power}")
                }
            })
            .collect();
        factors.join("*")
    }
}

impl fmt::Display for Polynomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (place, (exponents, coefficient)) in self.terms().rev().enumerate() {
            match (place, coefficient.is_negative()) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let magnitude = coefficient.abs();
            let monomial = self.monomial_text(exponents);
            match (magnitude.is_one(), monomial.is_empty()) {
                (true, true) => f.write_str("1")?,
                (true, false) => f.write_str(&monomial)?,
                (false, true) => write!(f, "{magnitude}")?,
                (false, false) => write!(f, "{magnitude}*{monomial}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for RationalFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator().as_constant().is_some_and(|c| c.is_one()) {
            return write!(f, "{}", self.numerator());
        }
        write!(f, "({})/({})", self.numerator(), self.denominator())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_canonical_and_short() {
        for (input, output) in [
            ("0*a", "0"),
            ("-1*a + 1", "-a + 1"),
            ("1 - 3/6*b*a", "-1/2*b*a + 1"),
            ("a - a + 2", "2"),
        ] {
            assert_eq!(Polynomial::parse(input).unwrap().to_string(), output);
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverse(
            terms in proptest::collection::vec((0u16..4, 0u16..4, -9i64..9, 1i64..5), 0..8)
        ) {
            let [x, y] = Polynomial::ring(["x", "y_1"]);
            let mut p = x.clone() - x.clone();
            for (i, j, n, d) in terms {
                use crate::number::Ring;
                let c = num_rational::Ratio::new(n.into(), d.into());
                p = p + (x.power(u32::from(i)) * y.power(u32::from(j))).scale(&c);
            }
            prop_assert_eq!(Polynomial::parse(&p.to_string()).unwrap(), p);
        }
    }
}
