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
use super::gram_rounding::{complement, cut, rounded, squares};
use super::gram_solver::{Equations, Place, Square};
use super::products::is_strict;
use super::sample::Random;
use super::scope::Scope;
use crate::certificate::{Inequality, Node, Term};
use crate::number::{Rational, Ring, rational_to_f64};
use crate::polynomial::{Exponents, Polynomial};
use num_traits::{Signed, Zero};
use std::collections::BTreeMap;
use std::time::Instant;

/// The largest number of basis polynomials, over all blocks.
const MAX_SIZE: usize = 32;

/// The largest number of monomials (equations).
const MAX_ROWS: usize = 160;

/// Binary digits after the point that are tried for the entries of G.
const BITS: [i32; 7] = [1, 3, 6, 10, 15, 20, 26];

/// Why a search ends where the float solution is singular on a subspace that is not rational: the
/// target vanishes at irrational points, and squares of rational polynomials need not exist.
const IRRATIONAL: &str = "a kernel without short rationals";

/// One `h_j` with its basis.
#[derive(Debug, Clone)]
struct Block {
    factors: Vec<(usize, u32)>,
    weight: Polynomial,
    basis: Vec<Polynomial>,
}

impl Block {
    /// `weight b_a b_b` for a <= b, at `[a][b - a]`.
    fn products(&self) -> Vec<Vec<Polynomial>> {
        let mut result = Vec::with_capacity(self.basis.len());
        for (a, left) in self.basis.iter().enumerate() {
            let left = self.weight.clone() * left.clone();
            let right = self.basis[a..].iter();
            result.push(right.map(|b| left.clone() * b.clone()).collect());
        }
        result
    }
}

/// Monomials within a box of degrees and a total degree.
fn monomials(limits: &[u16], total: u32) -> Vec<Exponents> {
    let mut list = vec![Exponents::from_elem(0, limits.len())];
    for (k, &limit) in limits.iter().enumerate() {
        let mut longer = Vec::new();
        for e in &list {
            let used: u32 = e.iter().map(|&d| u32::from(d)).sum();
            for d in 0..=u32::from(limit).min(total.saturating_sub(used)) {
                let mut e = e.clone();
                e[k] = d as u16;
                longer.push(e);
            }
        }
        if longer.len() > 4_000 {
            return Vec::new();
        }
        list = longer;
    }
    list
}

fn degrees(p: &Polynomial) -> Vec<u16> {
    let names = p.variables().iter();
    names.map(|x| p.degree_in(x)).collect()
}

/// The blocks with monomial bases; the reason if there are too many.
fn blocks(
    scope: &Scope,
    target: &Polynomial,
    strict: bool,
    level: usize,
) -> Result<Vec<Block>, &'static str> {
    let one = Polynomial::one()
        .over(&scope.variables)
        .ok_or("no variables")?;
    let mut weights = vec![(Vec::new(), one.clone())];
    let even = |d: u32| d + d % 2;
    let mut total = even(target.total_degree());
    let mut limits = degrees(target);
    let related: Vec<usize> = (0..scope.entries.len())
        .filter(|&k| {
            let own = scope.entries[k].float.degrees();
            own.iter()
                .zip(degrees(target))
                .any(|(d, t)| *d > 0 && t > 0)
        })
        .collect();
    for &k in &related {
        let p = &scope.entries[k].inequality.polynomial;
        total = total.max(even(p.total_degree()));
        for (limit, d) in limits.iter_mut().zip(scope.entries[k].float.degrees()) {
            *limit = (*limit).max(*d);
        }
        weights.push((
            vec![(k, 1)],
            p.over(&scope.variables).ok_or("no variables")?,
        ));
    }
    if level > 0 {
        for (i, &k) in related.iter().enumerate() {
            for &l in &related[i + 1..] {
                let factors = vec![(k, 1), (l, 1)];
                let product = scope.product(&factors);
                weights.push((factors, product));
            }
        }
    }
    let limits: Vec<u16> = limits.iter().map(|d| d + d % 2).collect();
    let mut list = Vec::new();
    for (factors, weight) in weights {
        let own = degrees(&weight);
        let fits = weight.total_degree() <= total && own.iter().zip(&limits).all(|(d, l)| d <= l);
        if !fits {
            continue;
        }
        let half: Vec<u16> = limits.iter().zip(&own).map(|(l, d)| (l - d) / 2).collect();
        let basis = monomials(&half, (total - weight.total_degree()) / 2);
        if basis.is_empty() {
            return Err("too many monomials");
        }
        let basis = basis
            .into_iter()
            .map(|e| Polynomial::from_terms(&scope.variables, [(e, Ring::one())]));
        if strict && scope.strict(&factors) {
            list.push(Block {
                factors: factors.clone(),
                weight: weight.clone(),
                basis: vec![one.clone()],
            });
        }
        list.push(Block {
            factors,
            weight,
            basis: basis.collect(),
        });
        if list.iter().map(|b| b.basis.len()).sum::<usize>() > 8 * MAX_SIZE {
            return Err("too many monomials");
        }
    }
    Ok(list)
}

/// The equations, one for each monomial.
fn rows(products: &[Vec<Vec<Polynomial>>]) -> BTreeMap<Exponents, Vec<Place>> {
    let mut rows: BTreeMap<Exponents, Vec<Place>> = BTreeMap::new();
    for (k, block) in products.iter().enumerate() {
        for (a, row) in block.iter().enumerate() {
            for (offset, p) in row.iter().enumerate() {
                for (e, c) in p.terms() {
                    let place = (k, a, a + offset, rational_to_f64(c));
                    rows.entry(e.clone()).or_default().push(place);
                }
            }
        }
    }
    rows
}

/// Leaves out basis elements that no Gram matrix can use: where a monomial that the target does not
/// have comes from squares alone, all with the same sign.
fn pruned(mut blocks: Vec<Block>, target: &Polynomial) -> Vec<Block> {
    let wanted: BTreeMap<Exponents, Rational> = target
        .terms()
        .map(|(e, c)| (e.clone(), c.clone()))
        .collect();
    loop {
        let products: Vec<_> = blocks.iter().map(Block::products).collect();
        let mut useless: Vec<Vec<bool>> =
            blocks.iter().map(|b| vec![false; b.basis.len()]).collect();
        let mut found = false;
        for (e, places) in rows(&products) {
            let diagonal = places.iter().all(|(_, a, b, _)| a == b);
            let above = places.iter().all(|p| p.3 > 0.0);
            let below = places.iter().all(|p| p.3 < 0.0);
            if diagonal && (above || below) && !wanted.contains_key(&e) {
                found = true;
                for (k, a, _, _) in places {
                    useless[k][a] = true;
                }
            }
        }
        if !found {
            return blocks;
        }
        for (block, useless) in blocks.iter_mut().zip(&useless) {
            let mut flags = useless.iter();
            block.basis.retain(|_| flags.next() == Some(&false));
        }
        blocks.retain(|b| !b.basis.is_empty());
    }
}

fn equations(
    blocks: &[Block],
    products: &[Vec<Vec<Polynomial>>],
    target: &Polynomial,
) -> Result<Equations, &'static str> {
    let rows = rows(products);
    if rows.len() > MAX_ROWS {
        return Err("too many monomials");
    }
    let mut wanted: BTreeMap<&Exponents, f64> = BTreeMap::new();
    let mut scale = 0.0_f64;
    for (e, c) in target.terms() {
        if !rows.contains_key(e) {
            return Err("a monomial that no product has");
        }
        let c = rational_to_f64(c);
        scale = scale.max(c.abs());
        wanted.insert(e, c);
    }
    let target = rows.keys().map(|e| wanted.get(e).copied().unwrap_or(0.0));
    let target = target.map(|c| c / scale).collect();
    Ok(Equations {
        sizes: blocks.iter().map(|b| b.basis.len()).collect(),
        target,
        rows: rows.into_values().collect(),
    })
}

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
