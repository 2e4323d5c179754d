//! Goals and hypotheses that are products.
//!
//! Factors are found as a common divisor of the coefficients in one variable, and where the
//! discriminant in one variable is a square: `4 c2 p = (2 c2 x + c1 + r)(2 c2 x + c1 - r)` for
//! `c1^2 - 4 c2 c0 = r^2`. (A factor of degree 2 and more in every variable is not found.)

use super::exact::positive_content;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use crate::certificate::{Inequality, Node, Term};
use crate::number::{Rational, Ring};
use crate::polynomial::{Exponents, Polynomial};
use num_bigint::BigInt;
use num_traits::Signed;

/// A goal `scale first second`, both of one sign on the samples.
#[derive(Debug)]
pub struct Product {
    /// The two factors as goals.
    pub factors: [Inequality; 2],
    /// Positive.
    pub scale: Rational,
}

/// Larger goals are not factored.
const MOST_TERMS: usize = 1_500;

/// Discriminants of larger polynomials are not computed.
const LARGEST_QUADRATIC: usize = 200;

/// Pairs of factors of positive degree, whose product is p.
pub(super) fn pairs(p: &Polynomial) -> impl Iterator<Item = [Polynomial; 2]> {
    let by_content = p.occurring().into_iter().filter_map(|x| {
        let common = common_divisor(p.coefficients_in(x))?;
        let rest = p.exact_division(&common)?;
        (rest.total_degree() > 0).then_some([common, rest])
    });
    let small = p.len() <= LARGEST_QUADRATIC;
    let variables = p.occurring().into_iter().filter(move |_| small);
    by_content.chain(variables.filter_map(|x| quadratic(p, x)))
}

/// The common divisor of polynomials, if it is not a constant.
fn common_divisor(mut list: Vec<Polynomial>) -> Option<Polynomial> {
    list.retain(|c| !c.is_zero());
    list.sort_by_key(Polynomial::len);
    let mut list = list.into_iter();
    let mut common = list.next()?;
    for c in list {
        if common.total_degree() == 0 {
            return None;
        }
        common = common.gcd(&c);
    }
    (common.total_degree() > 0).then_some(common)
}

/// The factors of a polynomial without content, of degree 2 in `x`, whose discriminant is a square.
fn quadratic(p: &Polynomial, x: &str) -> Option<[Polynomial; 2]> {
    let [c0, c1, c2] = <[Polynomial; 3]>::try_from(p.coefficients_in(x)).ok()?;
    let four = Ring::from_integer(4);
    let discriminant = c1.clone() * c1.clone() - (c2.clone() * c0).scale(&four);
    let root = square_root(&discriminant)?;
    let twice = (c2 * Polynomial::variable(x)).scale(&Ring::from_integer(2));
    let factor = p.gcd(&(twice + c1 + root));
    let rest = p.exact_division(&factor)?;
    (factor.total_degree() > 0 && rest.total_degree() > 0).then_some([factor, rest])
}

/// The polynomial r with `r^2 = p`, its leading coefficient positive: term by term from the highest
/// in lex order, as with numbers.
fn square_root(p: &Polynomial) -> Option<Polynomial> {
    let (exponents, c) = p.leading()?;
    let half: Option<Exponents> = exponents
        .iter()
        .map(|e| (e % 2 == 0).then_some(e / 2))
        .collect();
    let (top, c) = (half?, rational_root(c)?);
    let twice = c.clone() + &c;
    let term = |e: Exponents, c: Rational| Polynomial::from_terms(p.variables(), [(e, c)]);
    let mut root = term(top.clone(), c);
    let mut rest = p.clone() - root.clone() * root.clone();
    while let Some((exponents, c)) = rest.leading() {
        let shifted = exponents.iter().zip(&top).map(|(e, t)| e.checked_sub(*t));
        let next: Exponents = shifted.collect::<Option<_>>()?;
        // Terms come in falling order: one that does not fall cannot belong to a root.
        if root
            .terms()
            .next()
            .is_some_and(|(lowest, _)| next >= *lowest)
        {
            return None;
        }
        let next = term(next, c / &twice);
        rest = rest - (root.clone() + root.clone() + next.clone()) * next.clone();
        root = root + next;
    }
    Some(root)
}

/// The root of a square of a positive rational.
fn rational_root(c: &Rational) -> Option<Rational> {
    let root = |n: &BigInt| {
        let r = n.sqrt();
        (&r * &r == *n).then_some(r)
    };
    let root = c
        .is_positive()
        .then(|| Some((root(c.numer())?, root(c.denom())?)))??;
    Some(Rational::new(root.0, root.1))
}

/// The goal as a product of two polynomials that are not negative on the samples.
pub fn product(scope: &Scope, goal: &Inequality) -> Option<Product> {
    let p = &goal.polynomial;
    if scope.samples.is_empty() || p.len() > MOST_TERMS || p.total_degree() < 2 {
        return None;
    }
    pairs(p).find_map(|[first, rest]| {
        let (first, rest) = (first.over(&scope.variables)?, rest.over(&scope.variables)?);
        let (first, rest) = if scope.disproves(&FloatPolynomial::new(&first)) {
            (-first, -rest)
        } else {
            (first, rest)
        };
        let (scale, rest) = positive_content(&rest);
        let wrong = |q: &Polynomial| scope.disproves(&FloatPolynomial::new(q));
        if wrong(&first) || wrong(&rest) {
            return None;
        }
        let strict = goal.strict;
        let factors = [first, rest].map(|polynomial| Inequality { polynomial, strict });
        Some(Product { factors, scale })
    })
}

impl Product {
    /// The proof of the product, from proofs of the first factor and of the second; `length` is the
    /// number of entries of the scope. The second proof must know of the first as an entry.
    pub fn proof(&self, claim: usize, length: usize, first: Node, second: Node) -> Node {
        let leaf = Node::Identity {
            claim,
            multiplier: Vec::new(),
            terms: vec![Term {
                coefficient: self.scale.clone(),
                factors: vec![(length, 1), (length + 1, 1)],
                square: None,
            }],
        };
        let [p, q] = self.factors.clone();
        let then = Node::Fact {
            fact: q,
            proof: Box::new(second),
            then: Box::new(leaf),
        };
        Node::Fact {
            fact: p,
            proof: Box::new(first),
            then: Box::new(then),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Polynomial {
        Polynomial::parse(text).unwrap()
    }

    fn product_of_a_pair(text: &str) -> bool {
        let whole = p(text);
        pairs(&whole).any(|[f, g]| {
            assert!(f.total_degree() > 0 && g.total_degree() > 0);
            (f * g).primitive() == whole.primitive()
        })
    }

    #[test]
    fn contents_and_differences_of_squares_are_factored() {
        for text in [
            "(a*b - 1)*(c^3 + a)",
            "s^2 - b^2",
            "4*(1 + b)^2 - 9/4*a^2",
            "(x*y - 2*z)*(x + y + z)",
            "(x^2*y - 1/3)*(3*y - x*z + 5)",
        ] {
            assert!(product_of_a_pair(text), "{text}");
        }
    }

    #[test]
    fn what_is_irreducible_is_left_alone() {
        for text in [
            "s^2 + b^2",
            "x^2 - 2*y^2",
            "x*y - 1",
            "x^2 - y",
            "a^2*b - 1",
        ] {
            assert!(!product_of_a_pair(text), "{text}");
        }
    }

    #[test]
    fn square_roots_are_exact_or_none() {
        for text in ["x - y", "3/2*x^2*y - x + 1/7", "5", "x*y*z - x^3 + z"] {
            let root = square_root(&(p(text) * p(text))).unwrap();
            assert_eq!(root.primitive(), p(text).primitive());
            assert_eq!(root.clone() * root, p(text) * p(text));
        }
        for text in [
            "2*x^2",
            "-x^2",
            "x^2 + 1",
            "x^2 + 2*x*y + y^2 + z",
            "x^3",
            "x^2 + x",
        ] {
            assert_eq!(square_root(&p(text)), None, "{text}");
        }
    }
}
