//! Goals that are products: a common divisor of the coefficients in one variable, and the rest.

use super::exact::positive_content;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use crate::certificate::{Inequality, Node, Term};
use crate::number::Rational;
use crate::polynomial::Polynomial;

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

/// The goal as a product, if the coefficients in one of its variables have a common divisor.
pub fn product(scope: &Scope, goal: &Inequality) -> Option<Product> {
    let p = &goal.polynomial;
    if scope.samples.is_empty() || p.len() > MOST_TERMS || p.total_degree() < 2 {
        return None;
    }
    p.occurring().into_iter().find_map(|x| {
        let mut coefficients = p.coefficients_in(x);
        coefficients.retain(|c| !c.is_zero());
        coefficients.sort_by_key(Polynomial::len);
        let mut coefficients = coefficients.into_iter();
        let mut common = coefficients.next()?;
        for c in coefficients {
            if common.total_degree() == 0 {
                return None;
            }
            common = common.gcd(&c);
        }
        let common = common.over(&scope.variables)?;
        if common.total_degree() == 0 {
            return None;
        }
        let common = if scope.disproves(&FloatPolynomial::new(&common)) {
            -common
        } else {
            common
        };
        let rest = p.exact_division(&common)?.over(&scope.variables)?;
        let (scale, rest) = positive_content(&rest);
        let wrong = |q: &Polynomial| scope.disproves(&FloatPolynomial::new(q));
        if rest.total_degree() == 0 || wrong(&common) || wrong(&rest) {
            return None;
        }
        let strict = goal.strict;
        let factors = [common, rest].map(|polynomial| Inequality { polynomial, strict });
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
