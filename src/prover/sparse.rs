//! Few terms: the same linear problem as [`super::products`], solved many times.
//!
//! First with random preferences among the products, then by elimination: a product of the best
//! support is banned and the rest preferred, as long as the support shrinks.

use super::clock::Clock;
use super::floats::FloatPolynomial;
use super::nonnegative::{REACHED, combine};
use super::products::{
    Product, Reach, enumerate, exact_terms, is_strict, place, preference, radix,
};
use super::sample::Random;
use super::scope::Scope;
use crate::certificate::{Inequality, Term};
use crate::polynomial::{Exponents, Polynomial};
use std::time::Instant;

/// How long one search for few terms may take.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Random restarts.
    pub restarts: usize,
    /// Fewer terms than this, or none.
    pub bound: usize,
    /// No later than this.
    pub end: Instant,
}

/// Looks for `multiplier * goal = sum` of fewer than `budget.bound` terms.
pub fn search(
    scope: &Scope,
    goal: &Inequality,
    multiplier: &[(usize, u32)],
    squares: &[Polynomial],
    reach: Reach,
    budget: Budget,
    clock: &Clock,
) -> Option<Vec<Term>> {
    let target = scope.product(multiplier) * goal.polynomial.clone();
    let float = FloatPolynomial::new(&target);
    let limits: Exponents = float
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
    let (weights, rows) = radix(&limits);
    if rows > 3_000 || budget.bound == 0 {
        return None;
    }
    let sparse: Vec<Vec<(usize, f64)>> = scope
        .entries
        .iter()
        .map(|e| {
            let fits = e.float.degrees().iter().zip(&limits).all(|(d, l)| d <= l);
            if fits {
                place(&e.float, &weights)
            } else {
                Vec::new()
            }
        })
        .collect();
    let list = (1..=reach.factors)
        .rev()
        .map(|factors| {
            enumerate(
                scope,
                &sparse,
                &limits,
                squares,
                Reach { factors, ..reach },
                clock,
            )
        })
        .find(|list| list.complete)?;
    let mut wanted = vec![0.0; rows];
    for (offset, c) in place(&float, &weights) {
        wanted[offset] += c;
    }
    let base: Vec<f64> = list.products.iter().map(|p| preference(scope, p)).collect();
    let running = || Instant::now() < budget.end && !clock.over();
    let solve = |preference: &[f64]| {
        let found = combine(
            &list.columns,
            preference,
            &wanted,
            3 * rows.min(200),
            running,
        );
        let reached = found.residual <= REACHED * 100.0;
        reached.then(|| {
            found
                .support
                .into_iter()
                .map(|s| s.0)
                .collect::<Vec<usize>>()
        })
    };
    let exact = |support: &[usize]| {
        let chosen: Vec<&Product> = support.iter().map(|&j| &list.products[j]).collect();
        let terms = exact_terms(scope, &chosen, squares, &target, clock)?;
        (!goal.strict || terms.iter().any(|t| is_strict(scope, t))).then_some(terms)
    };
    let mut best: Option<(Vec<usize>, Vec<Term>)> = None;
    let mut most = budget.bound;
    let mut random = Random::new(3);
    for run in 0..budget.restarts {
        if !running() {
            break;
        }
        let spread = 0.5 * (run % 5) as f64;
        let preference: Vec<f64> = base
            .iter()
            .map(|b| {
                let noise = random.unit() + random.unit() + random.unit() - 1.5;
                b * b * (2.0 * spread * noise).exp()
            })
            .collect();
        let Some(mut support) = solve(&preference) else {
            // Infeasible for one preference is infeasible for all.
            break;
        };
        // Elimination.
        let mut k = 0;
        while k < support.len() && running() && support.len() < 3 * most + 6 {
            let mut preference: Vec<f64> = base.clone();
            for &j in &support {
                preference[j] *= 30.0;
            }
            preference[support[k]] = 0.0;
            match solve(&preference) {
                Some(shorter) if shorter.len() < support.len() => {
                    support = shorter;
                    k = 0;
                }
                _ => k += 1,
            }
        }
        if support.len() < most
            && let Some(terms) = exact(&support)
        {
            most = terms.len();
            best = Some((support, terms));
        }
    }
    best.map(|b| b.1)
}
