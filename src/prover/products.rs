//! Products of hypotheses (Krivine, Handelman): `m p = sum c_j (product_j) q_j^2` with c_j >= 0.
//!
//! The products of entries of the scope that stay inside a box of degrees are the columns of a
//! linear feasibility problem, one row for each monomial. Floats find a vertex ([`nonnegative`]);
//! its support is solved again exactly ([`exact`]) and the identity holds by that solution.
//!
//! [`nonnegative`]: super::nonnegative
//! [`exact`]: super::exact

use super::clock::Clock;
use super::exact::{positive_content, solve};
use super::floats::FloatPolynomial;
use super::nonnegative::{Column, REACHED, combine};
use super::scope::Scope;
use crate::certificate::{Inequality, Term};
use crate::polynomial::{Exponents, Polynomial};
use num_traits::{Signed, Zero};
use smallvec::SmallVec;
use std::time::Instant;

/// How far one call looks.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// At most this many factors in a product.
    pub factors: usize,
    /// Degrees may exceed those of the target by this, in each variable that occurs.
    pub extra: u16,
    /// Degree allowed in variables that the target does not have.
    pub foreign: u16,
    /// At most this many columns.
    pub columns: usize,
}

/// A column: powers of entries, perhaps times a square.
#[derive(Debug, Clone)]
pub(super) struct Product {
    factors: SmallVec<[(usize, u32); 6]>,
    square: Option<usize>,
}

/// Enumerates products within a box of degrees.
pub(super) struct Enumeration<'a> {
    scope: &'a Scope,
    /// Per entry: (offset, coefficient) of its terms in the mixed radix of the box.
    sparse: &'a [Vec<(usize, f64)>],
    limits: Exponents,
    cap: usize,
    pub(super) products: Vec<Product>,
    pub(super) columns: Vec<Column>,
    pub(super) complete: bool,
    clock: &'a Clock,
}

/// The mixed-radix weights of a box of degrees, and its number of monomials.
pub(super) fn radix(limits: &Exponents) -> (Vec<usize>, usize) {
    let mut weights = Vec::with_capacity(limits.len());
    let mut size = 1_usize;
    for &d in limits {
        weights.push(size);
        size = size.saturating_mul(usize::from(d) + 1);
    }
    (weights, size)
}

pub(super) fn place(polynomial: &FloatPolynomial, weights: &[usize]) -> Vec<(usize, f64)> {
    let offset = |e: &Exponents| {
        e.iter()
            .zip(weights)
            .map(|(&e, w)| usize::from(e) * w)
            .sum()
    };
    let terms = polynomial.terms().iter();
    terms.map(|(e, c)| (offset(e), *c)).collect()
}

fn multiply(dense: &[f64], sparse: &[(usize, f64)]) -> Vec<f64> {
    let mut result = vec![0.0; dense.len()];
    for (i, &x) in dense.iter().enumerate() {
        if x != 0.0 {
            for &(offset, c) in sparse {
                result[i + offset] += x * c;
            }
        }
    }
    result
}

impl Enumeration<'_> {
    fn add(&mut self, dense: &[f64], factors: &[(usize, u32)], square: Option<usize>) {
        let late = self.products.len().is_multiple_of(64) && self.clock.over();
        if late || self.products.len() >= self.cap {
            self.complete = false;
            return;
        }
        let norm = dense.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm == 0.0 {
            return;
        }
        let column = dense.iter().enumerate().filter(|(_, x)| **x != 0.0);
        self.columns
            .push(column.map(|(i, x)| (i as u32, x / norm)).collect());
        self.products.push(Product {
            factors: factors.into(),
            square,
        });
    }

    fn extend(
        &mut self,
        from: usize,
        dense: &[f64],
        degrees: &Exponents,
        left: usize,
        factors: &mut Vec<(usize, u32)>,
        square: Option<usize>,
    ) {
        self.add(dense, factors, square);
        if left == 0 || !self.complete {
            return;
        }
        for k in from..self.sparse.len() {
            let own = self.scope.entries[k].float.degrees();
            let sum: Exponents = degrees.iter().zip(own).map(|(x, y)| x + y).collect();
            if sum.iter().zip(&self.limits).any(|(x, limit)| x > limit) {
                continue;
            }
            if self.sparse[k].is_empty()
                || self.scope.entries[k]
                    .float
                    .degrees()
                    .iter()
                    .all(|d| *d == 0)
            {
                continue;
            }
            let product = multiply(dense, &self.sparse[k]);
            match factors.last_mut() {
                Some((last, power)) if *last == k => *power += 1,
                _ => factors.push((k, 1)),
            }
            self.extend(k, &product, &sum, left - 1, factors, square);
            match factors.last_mut() {
                Some((last, power)) if *last == k && *power > 1 => *power -= 1,
                _ => {
                    factors.pop();
                }
            }
        }
    }
}

/// All products of the reach, without and with squares.
pub(super) fn enumerate<'a>(
    scope: &'a Scope,
    sparse: &'a [Vec<(usize, f64)>],
    limits: &Exponents,
    squares: &[Polynomial],
    reach: Reach,
    clock: &'a Clock,
) -> Enumeration<'a> {
    let (weights, rows) = radix(limits);
    let mut list = Enumeration {
        scope,
        sparse,
        limits: limits.clone(),
        cap: reach.columns,
        products: Vec::new(),
        columns: Vec::new(),
        complete: true,
        clock,
    };
    let mut one = vec![0.0; rows];
    one[0] = 1.0;
    let zero = Exponents::from_elem(0, limits.len());
    list.extend(0, &one, &zero, reach.factors, &mut Vec::new(), None);
    for (k, square) in squares.iter().enumerate() {
        let q = FloatPolynomial::new(square);
        let degrees: Exponents = q.degrees().iter().map(|d| 2 * d).collect();
        if degrees.iter().zip(limits).any(|(d, limit)| d > limit) {
            continue;
        }
        let placed = place(&q, &weights);
        let dense = multiply(&multiply(&one, &placed), &placed);
        list.extend(
            0,
            &dense,
            &degrees,
            reach.factors.min(4),
            &mut Vec::new(),
            Some(k),
        );
    }
    list
}

/// The largest number of monomials a search handles.
const MAX_ROWS: usize = 20_000;

/// Looks for `multiplier * goal = sum of terms`; see the module's head.
///
/// `squares` are polynomials whose squares may stand in terms. For a strict goal the terms found
/// include a strict one.
pub fn search(
    scope: &Scope,
    goal: &Inequality,
    multiplier: &[(usize, u32)],
    squares: &[Polynomial],
    reach: Reach,
    clock: &mut Clock,
) -> Option<Vec<Term>> {
    let start = Instant::now();
    let target = scope.product(multiplier) * goal.polynomial.clone();
    let degree = target.total_degree();
    let outcome = find(scope, goal.strict, &target, squares, reach, clock);
    let (columns, result) = match outcome {
        Ok((columns, terms)) => (columns, Ok(terms)),
        Err((columns, why)) => (columns, Err(why)),
    };
    let verdict = result.as_ref().map(|_| ()).map_err(|why| *why);
    clock.record("products", start, columns, degree, verdict);
    result.ok()
}

/// As [`search`] for a weak goal, with the box of degrees taken from the entries (twice theirs, at
/// most 8) where the target's are not higher: what proofs of emptiness need.
pub fn search_everywhere(
    scope: &Scope,
    goal: &Inequality,
    reach: Reach,
    clock: &mut Clock,
) -> Option<Vec<Term>> {
    let start = Instant::now();
    let target = goal.polynomial.over(&scope.variables)?;
    let mut limits = FloatPolynomial::new(&target).degrees().clone();
    for entry in &scope.entries {
        for (limit, d) in limits.iter_mut().zip(entry.float.degrees()) {
            *limit = (*limit).max((2 * *d).min(8));
        }
    }
    let outcome = find_in(scope, false, &target, &[], reach, limits, clock);
    let (columns, result) = match outcome {
        Ok((columns, terms)) => (columns, Ok(terms)),
        Err((columns, why)) => (columns, Err(why)),
    };
    let verdict = result.as_ref().map(|_| ()).map_err(|why| *why);
    clock.record(
        "absurd",
        start,
        columns,
        goal.polynomial.total_degree(),
        verdict,
    );
    result.ok()
}

type Found = Result<(usize, Vec<Term>), (usize, &'static str)>;

fn find(
    scope: &Scope,
    strict: bool,
    target: &Polynomial,
    squares: &[Polynomial],
    reach: Reach,
    clock: &Clock,
) -> Found {
    let limits: Exponents = FloatPolynomial::new(target)
        .degrees()
        .iter()
        .map(|&d| {
            if d > 0 {
                d + reach.extra
            } else {
                reach.foreign
            }
        })
        .collect();
    find_in(scope, strict, target, squares, reach, limits, clock)
}

fn find_in(
    scope: &Scope,
    strict: bool,
    target: &Polynomial,
    squares: &[Polynomial],
    reach: Reach,
    limits: Exponents,
    clock: &Clock,
) -> Found {
    let float = FloatPolynomial::new(target);
    let (weights, rows) = radix(&limits);
    if rows > MAX_ROWS {
        return Err((0, "too many monomials"));
    }
    let sparse = scope.entries.iter().map(|e| {
        let fits = e.float.degrees().iter().zip(&limits).all(|(d, l)| d <= l);
        if fits {
            place(&e.float, &weights)
        } else {
            Vec::new()
        }
    });
    let sparse: Vec<Vec<(usize, f64)>> = sparse.collect();
    let mut list = None;
    // Fewer factors where the limit on columns is met.
    for factors in (1..=reach.factors).rev() {
        let reach = Reach { factors, ..reach };
        let tried = enumerate(scope, &sparse, &limits, squares, reach, clock);
        let complete = tried.complete;
        list = Some(tried);
        if complete || clock.over() {
            break;
        }
    }
    let Some(list) = list.filter(|list| list.complete) else {
        return Err((0, "more products than the limit"));
    };
    let count = list.columns.len();
    let mut wanted = vec![0.0; rows];
    for (offset, c) in place(&float, &weights) {
        wanted[offset] += c;
    }
    let preference: Vec<f64> = list.products.iter().map(|p| preference(scope, p)).collect();
    let used_rows = used(&list.columns, rows);
    if wanted.iter().zip(&used_rows).any(|(w, u)| *w != 0.0 && !u) {
        return Err((count, "a monomial that no product has"));
    }
    let limit = 6 * rows.min(400);
    let found = combine(&list.columns, &preference, &wanted, limit, || !clock.over());
    if found.residual > REACHED * 100.0 {
        return Err((count, "no combination at this degree"));
    }
    let chosen: Vec<&Product> = found.support.iter().map(|s| &list.products[s.0]).collect();
    if let Some(terms) = exact_terms(scope, &chosen, squares, target, clock) {
        if !strict || terms.iter().any(|t| is_strict(scope, t)) {
            return Ok((count, terms));
        }
        // A strict term is missing: take a little of a strict product away from the target first.
        let candidates = (0..list.products.len()).filter(|&j| {
            list.products[j].square.is_none() && scope.strict(&list.products[j].factors)
        });
        for j in candidates.take(24) {
            for exponent in [3, 8] {
                if clock.over() {
                    return Err((count, "out of time"));
                }
                let little = crate::number::Rational::new(1.into(), (1_i64 << exponent).into());
                let product = scope.product(&list.products[j].factors);
                let rest = target.clone() - product.scale(&little);
                let mut wanted = vec![0.0; rows];
                for (offset, c) in place(&FloatPolynomial::new(&rest), &weights) {
                    wanted[offset] += c;
                }
                let found = combine(&list.columns, &preference, &wanted, limit, || !clock.over());
                if found.residual > REACHED * 100.0 {
                    continue;
                }
                let mut chosen: Vec<&Product> =
                    found.support.iter().map(|s| &list.products[s.0]).collect();
                if found.support.iter().all(|s| s.0 != j) {
                    let Some(mut terms) = exact_terms(scope, &chosen, squares, &rest, clock) else {
                        continue;
                    };
                    terms.push(Term {
                        coefficient: little,
                        factors: list.products[j].factors.to_vec(),
                        square: None,
                    });
                    return Ok((count, terms));
                }
                chosen.sort_by_key(|p| p.factors.len());
                if let Some(terms) = exact_terms(scope, &chosen, squares, target, clock)
                    && terms.iter().any(|t| is_strict(scope, t))
                {
                    return Ok((count, terms));
                }
            }
        }
        return Err((count, "only weak terms"));
    }
    Err((count, "the float solution does not become exact"))
}

/// Short products of simple entries first.
pub(super) fn preference(scope: &Scope, product: &Product) -> f64 {
    let factors: f64 = product
        .factors
        .iter()
        .map(|&(r, p)| {
            f64::from(p) * (0.5 + 0.25 * scope.entries[r].inequality.polynomial.len() as f64)
        })
        .sum();
    1.0 / (1.0 + 0.1 * factors + if product.square.is_some() { 0.3 } else { 0.0 })
}

fn used(columns: &[Column], rows: usize) -> Vec<bool> {
    let mut used = vec![false; rows];
    for column in columns {
        for (row, _) in column {
            used[*row as usize] = true;
        }
    }
    used
}

/// Whether a term is strict in the scope.
pub fn is_strict(scope: &Scope, term: &Term) -> bool {
    term.is_strict(|reference| scope.entries[reference].inequality.strict)
}

/// The terms with exact coefficients, if the chosen products combine to the target exactly with
/// non-negative ones.
pub(super) fn exact_terms(
    scope: &Scope,
    chosen: &[&Product],
    squares: &[Polynomial],
    target: &Polynomial,
    clock: &Clock,
) -> Option<Vec<Term>> {
    let mut columns = Vec::with_capacity(chosen.len());
    for product in chosen {
        let mut polynomial = scope.product(&product.factors);
        if let Some(k) = product.square {
            polynomial = polynomial * squares[k].clone() * squares[k].clone();
        }
        columns.push(polynomial.over(&scope.variables)?);
    }
    let target = target.over(&scope.variables)?;
    let coefficients = solve(&columns, &target, || !clock.over())?;
    if coefficients.iter().any(Signed::is_negative) {
        return None;
    }
    let terms = chosen.iter().zip(coefficients);
    Some(
        terms
            .filter(|(_, c)| !c.is_zero())
            .map(|(product, coefficient)| {
                // Content of the square goes into the coefficient.
                let square = product.square.map(|k| positive_content(&squares[k]));
                let coefficient = match &square {
                    Some((content, _)) => coefficient * content.clone() * content,
                    None => coefficient,
                };
                Term {
                    coefficient,
                    factors: product.factors.to_vec(),
                    square: square.map(|(_, q)| q),
                }
            })
            .collect(),
    )
}
