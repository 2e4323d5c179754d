//! Quantities of the theory whose sign is often worth knowing, whatever the variables are called.
//!
//! The roles are given by the ranges that sampled points of the domain fill: b within [-1, 1], z within
//! [0, 1], a within [0, 4] with 2 (1 + b) - a known to be positive. For each such triple the candidates are
//!
//! ```text
//! 1 - b z,   1 + b z,   1 - b^2 z,   2 (1 + b) - a,   (1 + b z)^2 - z (1 + b - a)^2
//! ```
//!
//! the last being the factor of S that belongs to the squared roots of heavy ball.

use super::candidates::Candidate;
use super::exact::positive_content;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use crate::certificate::Inequality;
use crate::number::Ring;
use crate::polynomial::Polynomial;

/// The smallest and largest value of a variable among the samples.
fn range(scope: &Scope, x: usize) -> (f64, f64) {
    let values = scope.samples.iter().map(|point| point[x]);
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    })
}

/// The candidates that the samples do not contradict and that are not hypotheses.
pub fn quantities(scope: &Scope) -> Vec<Candidate> {
    let n = scope.variables.len();
    if scope.samples.is_empty() {
        return Vec::new();
    }
    let ranges: Vec<(f64, f64)> = (0..n).map(|x| range(scope, x)).collect();
    let one = Polynomial::one;
    let variable = |x: usize| Polynomial::variable(&scope.variables[x]);
    let inside = |x: usize, low: f64, high: f64| ranges[x].0 >= low && ranges[x].1 <= high;
    let mut list: Vec<Polynomial> = Vec::new();
    for b in (0..n).filter(|&b| inside(b, -1.0, 1.0)) {
        for z in (0..n).filter(|&z| z != b && inside(z, 0.0, 1.0)) {
            let bz = variable(b) * variable(z);
            list.push(one() - bz.clone());
            if ranges[b].0 < 0.0 {
                list.push(one() + bz.clone());
            }
            list.push(one() - variable(b) * bz);
        }
    }
    for b in (0..n).filter(|&b| inside(b, -1.0, 1.0)) {
        for a in (0..n).filter(|&a| a != b && inside(a, 0.0, 4.0)) {
            let middle = one() + variable(b) - variable(a);
            let edge = middle.clone() + one() + variable(b);
            if !holds(scope, &edge) {
                continue;
            }
            list.push(edge);
            for z in (0..n).filter(|&z| z != a && z != b && inside(z, 0.0, 1.0)) {
                let sum = one() + variable(b) * variable(z);
                list.push(sum.power(2) - variable(z) * middle.power(2));
            }
        }
    }
    let list = list.into_iter().filter(|q| holds(scope, q));
    let list = list.filter_map(|q| q.over(&scope.variables));
    list.filter(|q| !known(scope, q))
        .map(|q| Candidate {
            weaker: true,
            ..Candidate::given(Inequality::positive(q))
        })
        .collect()
}

fn holds(scope: &Scope, q: &Polynomial) -> bool {
    let over = q.over(&scope.variables);
    over.is_some_and(|q| !scope.disproves(&FloatPolynomial::new(&q)))
}

/// Whether a positive multiple of the polynomial is an entry.
pub(super) fn known(scope: &Scope, q: &Polynomial) -> bool {
    let primitive = positive_content(q).1;
    let mut entries = scope.entries.iter();
    entries.any(|e| positive_content(&e.inequality.polynomial).1 == primitive)
}
