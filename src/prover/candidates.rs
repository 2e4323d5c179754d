//! Candidates for intermediate facts and for squares.
//!
//! Facts are the caller's, and short consequences of the hypotheses: sums of two products of
//! hypotheses that collapse to few monomials, such as `z (1 - b) + (1 - z) = 1 - b z`.

use super::exact::positive_content;
use super::floats::{FloatPolynomial, short_rational};
use super::scope::Scope;
use crate::certificate::{Inequality, Term};
use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;
use num_traits::Signed;

/// An inequality that may be worth proving first.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The inequality.
    pub fact: Inequality,
    /// Its proof, if it came with one.
    pub proof: Option<Vec<Term>>,
    /// Whether `>= 0` is worth having where `> 0` is not proved.
    pub weaker: bool,
}

impl Candidate {
    /// One without a proof.
    pub fn given(fact: Inequality) -> Self {
        Self {
            fact,
            proof: None,
            weaker: false,
        }
    }
}

/// Sums of two products of at most two (and three) hypotheses that collapse to at most two
/// monomials, or to fewer than the products have: short facts with their proofs.
pub fn collapsing(scope: &Scope) -> Vec<Candidate> {
    let n = scope.entries.len();
    let mut products: Vec<(Vec<(usize, u32)>, Polynomial)> = Vec::new();
    let simple = |k: usize| {
        scope.entries[k].inequality.polynomial.total_degree() == 1
            && scope.entries[k].inequality.polynomial.len() <= 3
    };
    for i in (0..n).filter(|&i| simple(i)) {
        products.push((vec![(i, 1)], scope.product(&[(i, 1)])));
        for j in (i..n).filter(|&j| simple(j)) {
            let factors = if i == j {
                vec![(i, 2)]
            } else {
                vec![(i, 1), (j, 1)]
            };
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
            if sum.len() > 2
                || sum.len() + 2 > p.len() + q.len()
                || sum.total_degree() < 2
                || sum.occurring().len() < 2
            {
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
                coefficient: content.clone(),
                factors: factors.clone(),
                square: None,
            };
            found.push(Candidate {
                proof: Some(vec![term(left), term(right)]),
                fact,
                weaker: false,
            });
        }
    }
    found.sort_by_key(|c| (c.fact.polynomial.total_degree(), c.fact.polynomial.len()));
    found.retain(|c| !scope.disproves(&FloatPolynomial::new(&c.fact.polynomial)));
    found
}

/// Sums of two hypotheses in which a variable with constant coefficients cancels, such as
/// `(1 - w) + (w - z) = 1 - z`, with their proofs.
pub fn chained(scope: &Scope) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let linear = |k: usize| {
        let p = &scope.entries[k].inequality.polynomial;
        p.total_degree() == 1 && p.occurring().len() <= 3
    };
    let indices: Vec<usize> = (0..scope.entries.len()).filter(|&k| linear(k)).collect();
    for (i, &left) in indices.iter().enumerate() {
        for &right in &indices[i + 1..] {
            let (p, q) = (
                &scope.entries[left].inequality,
                &scope.entries[right].inequality,
            );
            for x in p.polynomial.occurring() {
                let slope = |p: &Polynomial| p.coefficients_in(x).get(1)?.as_constant();
                let (Some(s), Some(t)) = (slope(&p.polynomial), slope(&q.polynomial)) else {
                    continue;
                };
                if s.is_positive() == t.is_positive() {
                    continue;
                }
                let (s, t) = (s.abs().recip(), t.abs().recip());
                let sum = p.polynomial.scale(&s) + q.polynomial.scale(&t);
                let (content, sum) = positive_content(&sum);
                let known = scope.entries.iter().map(|e| &e.inequality.polynomial);
                let mut known = known.chain(found.iter().map(|c| &c.fact.polynomial));
                let variables = sum.occurring().len();
                if variables == 0
                    || variables
                        > p.polynomial
                            .occurring()
                            .len()
                            .max(q.polynomial.occurring().len())
                    || known.any(|other| *other == sum)
                {
                    continue;
                }
                let term = |k: usize, c: &Rational| Term {
                    coefficient: c / &content,
                    factors: vec![(k, 1)],
                    square: None,
                };
                found.push(Candidate {
                    proof: Some(vec![term(left, &s), term(right, &t)]),
                    weaker: false,
                    fact: Inequality {
                        polynomial: sum,
                        strict: p.strict || q.strict,
                    },
                });
            }
        }
    }
    found.truncate(12);
    found
}

/// Squares worth trying: variables that take both signs, distances from the middle of a range, and
/// their products with short polynomials that are linear in each variable.
pub fn squares(scope: &Scope, short: &[Polynomial]) -> Vec<Polynomial> {
    let mut simple: Vec<Polynomial> = Vec::new();
    for x in scope.variables.iter() {
        let variable = Polynomial::variable(x);
        let slopes = scope.entries.iter().filter_map(|e| {
            let p = &e.inequality.polynomial;
            (p.degree_in(x) == 1 && p.total_degree() == 1).then_some(p)
        });
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for p in slopes {
            let parts = p.coefficients_in(x);
            let Some(c) = parts[1].as_constant() else {
                continue;
            };
            let end = parts[0].scale(&-c.recip());
            if c.is_positive() {
                above.push(end)
            } else {
                below.push(end)
            }
        }
        simple.push(variable.clone());
        for low in &above {
            for high in &below {
                let twice = variable.clone().scale(&Ring::from_integer(2));
                simple.push((twice - low.clone() - high.clone()).primitive());
            }
        }
    }
    simple.retain(|q| {
        let over = q.over(&scope.variables);
        over.is_some_and(|q| scope.changes_sign(&FloatPolynomial::new(&q)))
    });
    let mut list = simple.clone();
    let variables = scope.variables.iter().map(|x| Polynomial::variable(x));
    let weights: Vec<Polynomial> = variables.chain(short.iter().cloned()).collect();
    for q in &simple {
        list.extend(weights.iter().map(|p| p.clone() * q.clone()));
    }
    list.truncate(16);
    let mut result: Vec<Polynomial> = Vec::new();
    for q in list
        .iter()
        .filter_map(|q| q.primitive().over(&scope.variables))
    {
        if q.total_degree() > 0 && !result.contains(&q) {
            result.push(q);
        }
    }
    result
}

/// Linear polynomials that vanish at points where the claim is tight: `x - c` with a short rational c
/// inside the range of x, and `x - y`.
pub fn vanishing(scope: &Scope, points: &[Vec<f64>]) -> Vec<Polynomial> {
    let mut result: Vec<Polynomial> = Vec::new();
    for point in points {
        let mut list = Vec::new();
        for (k, x) in scope.variables.iter().enumerate() {
            if let Some(c) = short_rational(point[k], 2e-3) {
                list.push(Polynomial::variable(x) - Polynomial::constant(c));
            }
            for (y, value) in scope.variables.iter().zip(point).skip(k + 1) {
                if (point[k] - value).abs() < 2e-3 {
                    list.push(Polynomial::variable(x) - Polynomial::variable(y));
                }
            }
        }
        for q in list.iter().filter_map(|q| q.over(&scope.variables)) {
            if !result.contains(&q) && scope.changes_sign(&FloatPolynomial::new(&q)) {
                result.push(q);
            }
        }
    }
    result.truncate(8);
    result
}

/// Whether every monomial shares a variable (then a shorter fact says more).
fn is_monomial_multiple(p: &Polynomial) -> bool {
    p.variables()
        .iter()
        .any(|v| p.coefficients_in(v)[0].is_zero() && p.degree_in(v) > 0)
}
