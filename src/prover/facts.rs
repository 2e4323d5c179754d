//! Intermediate facts: inequalities that are proved first and then stand among the hypotheses.
//!
//! Candidates are the caller's, and short consequences of the hypotheses: sums of two products of
//! hypotheses that collapse to few monomials, such as `z (1 - b) + (1 - z) = 1 - b z`.

use super::clock::Clock;
use super::exact::positive_content;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use super::search::{Hints, Search};
use crate::certificate::{Inequality, Node, Term};
use crate::number::Ring;
use crate::polynomial::Polynomial;

/// An inequality that may be worth proving first.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The inequality.
    pub fact: Inequality,
    /// Its proof, if it came with one.
    pub proof: Option<Vec<Term>>,
}

impl Candidate {
    /// One without a proof.
    pub fn given(fact: Inequality) -> Self {
        Self { fact, proof: None }
    }
}

/// Proves the candidates one after another; those that are proved join the scope in order.
pub fn established(
    scope: &Scope,
    candidates: &[Candidate],
    clock: &mut Clock,
    hints: &Hints,
) -> (Scope, Vec<(Inequality, Node)>) {
    let mut inner = scope.clone();
    let mut facts = Vec::new();
    for candidate in candidates {
        let Some(polynomial) = candidate.fact.polynomial.over(&scope.variables) else {
            continue;
        };
        let fact = Inequality {
            polynomial,
            strict: candidate.fact.strict,
        };
        let node = match &candidate.proof {
            Some(terms) => Some(Node::Identity {
                claim: 0,
                multiplier: Vec::new(),
                terms: terms.clone(),
            }),
            None => Search::new(clock, hints).prove(&inner, &fact, 0, 1),
        };
        if let Some(node) = node {
            inner = inner.with(fact.clone(), false);
            facts.push((fact, node));
        }
    }
    (inner, facts)
}

/// Sums of two products of at most two (and three) hypotheses that collapse to at most two
/// monomials, or to fewer than the products have: short facts with their proofs.
pub fn collapsing(scope: &Scope) -> Vec<Candidate> {
    let n = scope.entries.len();
    let mut products: Vec<(Vec<(usize, u32)>, Polynomial)> = Vec::new();
    let simple = |k: usize| scope.entries[k].inequality.polynomial.total_degree() == 1
        && scope.entries[k].inequality.polynomial.len() <= 3;
    for i in (0..n).filter(|&i| simple(i)) {
        products.push((vec![(i, 1)], scope.product(&[(i, 1)])));
        for j in (i..n).filter(|&j| simple(j)) {
            let factors = if i == j { vec![(i, 2)] } else { vec![(i, 1), (j, 1)] };
            products.push((factors.clone(), scope.product(&factors)));
            for k in (j + 1..n).filter(|&k| simple(k) && i != j) {
                let mut three = factors.clone();
                three.push((k, 1));
                let product = scope.product(&three);
                if product.len() <= 4 {
                    products.push((three, product));
                }
            }
        }
    }
    let mut found: Vec<Candidate> = Vec::new();
    for (i, (left, p)) in products.iter().enumerate() {
        for (right, q) in &products[i + 1..] {
            let sum = p.clone() + q.clone();
            if sum.len() > 2 || sum.len() >= p.len().max(q.len()) || sum.total_degree() < 2 {
                continue;
            }
            let strict = scope.strict(left) || scope.strict(right);
            let fact = Inequality {
                polynomial: positive_content(&sum).1,
                strict,
            };
            let known = scope.entries.iter().map(|e| &e.inequality.polynomial);
            let known = known.chain(found.iter().map(|c| &c.fact.polynomial));
            if known.into_iter().any(|other| *other == fact.polynomial)
                || !scope.samples.is_empty() && is_monomial_multiple(&sum)
            {
                continue;
            }
            let content = positive_content(&sum).0.recip();
            let term = |factors: &Vec<(usize, u32)>| Term {
                coefficient: content.clone() * <crate::number::Rational as Ring>::one(),
                factors: factors.clone(),
                square: None,
            };
            found.push(Candidate {
                proof: Some(vec![term(left), term(right)]),
                fact,
            });
        }
    }
    found.sort_by_key(|c| (c.fact.polynomial.total_degree(), c.fact.polynomial.len()));
    found.retain(|c| !scope.disproves(&FloatPolynomial::new(&c.fact.polynomial)));
    found
}

/// Whether every monomial shares a variable (then a shorter fact says more).
fn is_monomial_multiple(p: &Polynomial) -> bool {
    p.variables()
        .iter()
        .any(|v| p.coefficients_in(v)[0].is_zero() && p.degree_in(v) > 0)
}
