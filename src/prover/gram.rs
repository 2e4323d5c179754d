//! Sums of squares, found as Gram matrices (Putinar's form, degree-bounded):
//!
//! ```text
//! m p = sum over j of h_j s_j,   s_j = b_j^T G_j b_j,   G_j positive semidefinite
//! ```
//!
//! h_j is 1, a hypothesis, or (at the second level) a product of two; b_j is a list of polynomials,
//! monomials at first; m is 1, or `1 + sum of x_i^2` where there are no hypotheses. Floats find the
//! G_j ([`gram_solver`]). Where every G_j has a common kernel (p vanishes somewhere), the basis
//! is replaced by one of the kernel's complement. The rest is done over Q ([`gram_rounding`]): an
//! exact G_j near the float one, and `G = L D L^T`, whose rows are the squares.
//!
//! [`gram_solver`]: super::gram_solver
//! [`gram_rounding`]: super::gram_rounding

use super::clock::Clock;
use super::exact::positive_content;
use super::floats::FloatPolynomial;
use super::gram_blocks::{Block, MAX_SIZE, blocks, equations, pruned};
use super::gram_rounding::{complement, cut, rounded, squares};
use super::gram_solver::Square;
use super::products::is_strict;
use super::sample::Random;
use super::scope::Scope;
use crate::certificate::{Inequality, Node, Term};
use crate::number::{Rational, Ring, rational_to_f64};
use crate::polynomial::Polynomial;
use num_traits::{Signed, Zero};
use std::time::Instant;

/// Binary digits after the point that are tried for the entries of G.
const BITS: [i32; 7] = [1, 3, 6, 10, 15, 20, 26];

/// Why a search ends where the float solution is singular on a subspace that is not rational: the
/// target vanishes at irrational points, and squares of rational polynomials need not exist.
const IRRATIONAL: &str = "a kernel without short rationals";

fn combination(basis: &[Polynomial], coefficients: &[Rational]) -> Option<Polynomial> {
    let parts = basis.iter().zip(coefficients);
    parts
        .filter(|(_, c)| !c.is_zero())
        .map(|(b, c)| b.scale(c))
        .reduce(|x, y| x + y)
}

/// Exact terms near a float Gram matrix.
fn terms(
    scope: &Scope,
    blocks: &[Block],
    products: &[Vec<Vec<Polynomial>>],
    float: &[Square],
    target: &Polynomial,
    strict: bool,
    clock: &Clock,
) -> Option<Vec<Term>> {
    for bits in BITS {
        if clock.over() {
            return None;
        }
        let exact = rounded(products, float, target, bits, || !clock.over())?;
        let parts: Option<Vec<_>> = exact.into_iter().map(squares).collect();
        let Some(parts) = parts else { continue };
        let mut terms = Vec::new();
        for (block, parts) in blocks.iter().zip(parts) {
            for (d, l) in parts {
                let q = combination(&block.basis, &l)?;
                let (content, q) = positive_content(&q);
                let constant = q.as_constant();
                let size = constant.clone().unwrap_or_else(Ring::one) * content;
                terms.push(Term {
                    coefficient: d * size.clone() * size,
                    factors: block.factors.clone(),
                    square: constant.is_none().then_some(q),
                });
            }
        }
        if terms.iter().all(|t| t.coefficient.is_positive())
            && (!strict || terms.iter().any(|t| is_strict(scope, t)))
        {
            return Some(terms);
        }
    }
    None
}

fn find(
    scope: &Scope,
    target: &Polynomial,
    strict: bool,
    level: usize,
    clock: &Clock,
) -> Result<(usize, Vec<Term>), (usize, &'static str)> {
    let none = |why| (0, why);
    let target = target.over(&scope.variables).ok_or(none("no variables"))?;
    let list = blocks(scope, &target, strict, level).map_err(none)?;
    let mut list = pruned(list, &target);
    let size: usize = list.iter().map(|b| b.basis.len()).sum();
    if size > MAX_SIZE {
        return Err((size, "too many monomials"));
    }
    // Four faces, one inside the other, are enough for every example met.
    for face in 0..4 {
        // A face that is right keeps every Gram matrix: where none is left, its rational basis was wrong.
        let failed = |why| (size, if face == 0 { why } else { IRRATIONAL });
        let products: Vec<_> = list.iter().map(Block::products).collect();
        let equations = equations(&list, &products, &target).map_err(failed)?;
        let going = || !clock.over();
        let Some(relaxed) = equations.relaxed(going) else {
            return Err(failed("no Gram matrix at this degree"));
        };
        let found = match cut(&relaxed, 1e-2) {
            None => Some((
                equations.exact(relaxed.clone(), going).unwrap_or(relaxed),
                None,
            )),
            Some(at) => Some((relaxed, Some(at))),
        };
        let Some((x, at)) = found else { break };
        let scale = target.terms().map(|(_, c)| rational_to_f64(c).abs());
        let scale = scale.fold(0.0, f64::max);
        let Some(at) = at else {
            let scaled = |row: &Vec<f64>| row.iter().map(|v| v * scale).collect();
            let x: Vec<Square> = x.iter().map(|b| b.iter().map(scaled).collect()).collect();
            return terms(scope, &list, &products, &x, &target, strict, clock)
                .map(|terms| (size, terms))
                .ok_or((size, "the float solution does not become exact"));
        };
        for (block, x) in list.iter_mut().zip(&x) {
            let Some(basis) = complement(x, at) else {
                return Err((size, IRRATIONAL));
            };
            let basis = basis.iter().map(|v| combination(&block.basis, v));
            block.basis = basis.collect::<Option<_>>().unwrap_or_default();
        }
        list.retain(|b| !b.basis.is_empty());
    }
    Err((size, "the float solution does not become exact"))
}

/// Terms that add up to `target`, among them a strict one if `strict`.
fn recorded(
    scope: &Scope,
    target: &Polynomial,
    strict: bool,
    level: usize,
    clock: &mut Clock,
) -> Option<Vec<Term>> {
    let start = Instant::now();
    let (size, result) = match find(scope, target, strict, level, clock) {
        Ok((size, terms)) => (size, Ok(terms)),
        Err((size, why)) => (size, Err(why)),
    };
    let verdict = result.as_ref().map(|_| ()).map_err(|why| *why);
    let degree = target.total_degree();
    clock.record("sums of squares", start, size, degree, verdict);
    result.ok()
}

/// The largest goals that [`search_alone`] looks at: variables, total degree.
const SMALL: (usize, u32) = (2, 10);

/// Looks for a sum of squares without hypotheses, for small goals only: cheap enough to be tried early.
pub fn search_alone(
    scope: &Scope,
    goal: &Inequality,
    claim: usize,
    clock: &mut Clock,
) -> Option<Node> {
    let p = &goal.polynomial;
    let (names, degree) = (p.occurring(), p.total_degree());
    let even = names.iter().all(|x| p.degree_in(x).is_multiple_of(2));
    if names.len() > SMALL.0 || degree > SMALL.1 || degree < 4 || !even {
        return None;
    }
    // Such a goal is not negative anywhere: a few points outside the domain reject most others.
    let alone = Scope {
        entries: Vec::new(),
        samples: everywhere(scope.variables.len()).into(),
        ..scope.clone()
    };
    if alone.disproves(&FloatPolynomial::new(p)) {
        return None;
    }
    let terms = recorded(&alone, p, goal.strict, 0, clock)?;
    Some(Node::Identity {
        claim,
        multiplier: Vec::new(),
        terms,
    })
}

/// Points of the whole space, near zero and far out.
fn everywhere(variables: usize) -> Vec<Vec<f64>> {
    let mut random = Random::new(29);
    let mut coordinate = || {
        let size = 10.0_f64.powf(3.0 * random.unit() - 1.5);
        if random.unit() < 0.5 { size } else { -size }
    };
    let mut point = || (0..variables).map(|_| coordinate()).collect();
    (0..400).map(|_| point()).collect()
}

/// Looks for a proof of the goal in the form of the module's head; pairs of hypotheses take part
/// from level 1 on.
pub fn search(
    scope: &Scope,
    goal: &Inequality,
    claim: usize,
    level: usize,
    clock: &mut Clock,
) -> Option<Node> {
    let p = &goal.polynomial;
    if let Some(terms) = recorded(scope, p, goal.strict, level, clock) {
        return Some(Node::Identity {
            claim,
            multiplier: Vec::new(),
            terms,
        });
    }
    if clock.last("sums of squares") == Some(IRRATIONAL) {
        clock.note_irrational(goal.text());
    }
    if !scope.entries.is_empty() || p.occurring().len() < 2 {
        return None;
    }
    // 1 + sum of x_i^2 is positive: a fact, then the multiplier.
    let term = |square: Option<Polynomial>| Term {
        coefficient: Ring::one(),
        factors: Vec::new(),
        square,
    };
    let mut sum = Polynomial::one().over(&scope.variables)?;
    let mut proof = vec![term(None)];
    for x in p.occurring() {
        let x = Polynomial::variable(x).over(&scope.variables)?;
        sum = sum + x.clone() * x.clone();
        proof.push(term(Some(x)));
    }
    let product = (sum.clone() * p.clone()).over(&scope.variables)?;
    let terms = recorded(scope, &product, goal.strict, level, clock)?;
    Some(Node::Fact {
        fact: Inequality::positive(sum),
        proof: Box::new(Node::Identity {
            claim: 0,
            multiplier: Vec::new(),
            terms: proof,
        }),
        then: Box::new(Node::Identity {
            claim,
            multiplier: vec![(0, 1)],
            terms,
        }),
    })
}
