//! Where to distinguish cases: at zeros of polynomials that change sign on the domain.

use super::floats::FloatPolynomial;
use super::scope::Scope;
use crate::certificate::Inequality;
use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;

/// Polynomials worth a split, the most promising first: the caller's own, variables that take both
/// signs, coefficients and vertices of the goal, and from effort 2 on midpoints of ranges.
pub fn candidates(
    scope: &Scope,
    goal: &Inequality,
    own: &[Polynomial],
    effort: usize,
) -> Vec<Polynomial> {
    let p = &goal.polynomial;
    let mut list: Vec<Polynomial> = own.to_vec();
    list.extend(p.occurring().into_iter().map(Polynomial::variable));
    for x in p.occurring() {
        let c = p.coefficients_in(x);
        if c.len() == 3 {
            let root = (c[2].clone() * Polynomial::variable(x)).scale(&Ring::from_integer(2));
            list.push(root + c[1].clone());
        }
        if let Some(top) = c.last().filter(|_| c.len() > 1) {
            list.push(top.clone());
        }
    }
    if effort >= 2 {
        list.extend(p.occurring().into_iter().filter_map(|x| midpoint(scope, x)));
    }
    let mut result: Vec<Polynomial> = Vec::new();
    for q in list {
        let Some(q) = q.primitive().over(&scope.variables) else {
            continue;
        };
        let new = q.total_degree() > 0 && q.total_degree() <= 4 && q.len() <= 8;
        if new && !result.contains(&q) && scope.changes_sign(&FloatPolynomial::new(&q)) {
            result.push(q);
        }
    }
    result.truncate(3 + 2 * effort);
    result
}

/// `x - m` with m a short rational near the middle of the samples' range.
fn midpoint(scope: &Scope, x: &str) -> Option<Polynomial> {
    let at = scope.variables.iter().position(|v| v == x)?;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for point in scope.samples.iter() {
        low = low.min(point[at]);
        high = high.max(point[at]);
    }
    let width = high - low;
    if !(width > 1e-6 && width < 1e6) {
        return None;
    }
    let grid = 2.0_f64.powi((width.log2() - 1.0).floor() as i32);
    let middle = ((low + high) / 2.0 / grid).round() * grid;
    let m: Rational = crate::number::rational_from_f64(middle)?;
    Some(Polynomial::variable(x) - Polynomial::constant(m))
}
