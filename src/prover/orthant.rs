//! Rational substitution to the orthant.
//!
//! A variable with bounds `l <= x <= u` is written with `L = x - l` and `U = u - x`:
//!
//! ```text
//! x = (l U + u L)/(L + U),   L + U = u - l
//! ```
//!
//! (with `t = L/U` this is `x = (l + u t)/(1 + t)`); a half-line is `x = l + L` or `x = u - U`. L and
//! U are positive multiples of hypotheses. When every variable is replaced and every coefficient
//! that remains is non-negative, the polynomial times `(u - l)^degree` is a sum of products of
//! hypotheses: an identity, with a multiplier where a width `u - l` is itself a hypothesis.

use super::clock::Clock;
use super::sample::Sampler;
use super::scope::Scope;
use crate::certificate::{Inequality, Term};
use crate::number::{Rational, Ring};
use crate::polynomial::{Exponents, Polynomial};
use num_traits::{Signed, Zero};
use std::collections::BTreeMap;
use std::time::Instant;

/// `multiplier * goal = sum of terms`.
pub type Identity = (Vec<(usize, u32)>, Vec<Term>);

fn symbol(entry: usize) -> String {
    format!("#{entry}")
}

/// An end of the range of a variable: its value, and L (or U) as a multiple of an entry's symbol.
#[derive(Debug, Clone)]
struct End {
    value: Polynomial,
    distance: Polynomial,
}

/// The ends of the range of `x` (lower ones, upper ones) given by entries in the `allowed`
/// variables with a constant coefficient at x.
fn ends(scope: &Scope, x: usize, allowed: &[usize]) -> (Vec<End>, Vec<End>) {
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    for (k, entry) in scope.entries.iter().enumerate() {
        let degrees = entry.float.degrees();
        let elsewhere =
            (0..degrees.len()).any(|v| degrees[v] > 0 && v != x && !allowed.contains(&v));
        if degrees[x] != 1 || elsewhere {
            continue;
        }
        let parts = entry
            .inequality
            .polynomial
            .coefficients_in(&scope.variables[x]);
        let Some(slope) = parts[1].as_constant() else {
            continue;
        };
        let end = End {
            value: parts[0].scale(&-slope.recip()),
            distance: Polynomial::variable(&symbol(k)).scale(&slope.abs().recip()),
        };
        if slope.is_positive() {
            lower.push(end);
        } else {
            upper.push(end);
        }
    }
    (lower, upper)
}

/// A positive multiple of a strict entry: (entry, factor).
fn as_entry(scope: &Scope, width: &Polynomial) -> Option<(usize, Rational)> {
    scope.entries.iter().enumerate().find_map(|(k, entry)| {
        let p = &entry.inequality.polynomial;
        let (exponents, c) = p.leading()?;
        let over = width.over(p.variables())?;
        let d = over.terms().find(|(e, _)| *e == exponents)?.1;
        let factor = d / c;
        let same = entry.inequality.strict && factor.is_positive() && p.scale(&factor) == over;
        same.then_some((k, factor))
    })
}

/// Beyond this degree the substitution is too large to expand.
const MAX_DEGREE: u32 = 24;

/// Tries the substitution with every variable's first ends, then with others.
pub fn search(scope: &Scope, goal: &Inequality, clock: &mut Clock) -> Option<Identity> {
    let start = Instant::now();
    let degree = goal.polynomial.total_degree();
    let sampler = Sampler::new(scope);
    let mut tried = 0;
    let mut result = None;
    let choices = if degree <= MAX_DEGREE { 6 } else { 0 };
    'search: for choice in 0..choices {
        for elevation in 0..2 {
            if clock.over() {
                break 'search;
            }
            tried += 1;
            match substitute(scope, goal, sampler.order(), (choice, elevation), clock) {
                Outcome::Found(identity) => {
                    result = Some(identity);
                    break 'search;
                }
                Outcome::Negative => {}
                Outcome::NoSuchChoice => break 'search,
            }
        }
    }
    let verdict = match &result {
        Some(_) => Ok(()),
        None => Err("a negative coefficient, or a variable without bounds"),
    };
    clock.record("orthant", start, tried, degree, verdict);
    result
}

enum Outcome {
    Found(Identity),
    Negative,
    NoSuchChoice,
}

fn substitute(
    scope: &Scope,
    goal: &Inequality,
    order: &[usize],
    (mut choice, elevation): (usize, usize),
    clock: &Clock,
) -> Outcome {
    let mut q = goal.polynomial.clone();
    let mut multiplier: BTreeMap<usize, u32> = BTreeMap::new();
    for place in (0..order.len()).rev() {
        let x = order[place];
        let name = &scope.variables[x];
        if q.degree_in(name) == 0 {
            continue;
        }
        let (lower, upper) = ends(scope, x, &order[..place]);
        // All pairs of ends, then single ends.
        let mut options: Vec<(Option<&End>, Option<&End>)> = Vec::new();
        for l in &lower {
            for u in &upper {
                options.push((Some(l), Some(u)));
            }
        }
        options.extend(lower.iter().map(|l| (Some(l), None)));
        options.extend(upper.iter().map(|u| (None, Some(u))));
        if options.is_empty() {
            return if choice == 0 {
                Outcome::Negative
            } else {
                Outcome::NoSuchChoice
            };
        }
        let (option, next) = (choice % options.len(), choice / options.len());
        choice = next;
        let coefficients = q.coefficients_in(name);
        let n = coefficients.len() - 1 + elevation;
        let zero = Polynomial::from_terms(&scope.variables, []);
        q = match options[option] {
            (Some(l), Some(u)) => {
                let x = l.value.clone() * u.distance.clone() + u.value.clone() * l.distance.clone();
                let width = l.distance.clone() + u.distance.clone();
                let real_width = u.value.clone() - l.value.clone();
                let mut sum = zero;
                for (k, c) in coefficients.iter().enumerate() {
                    if clock.over() {
                        return Outcome::Negative;
                    }
                    sum = sum + c.clone() * x.power(k as u32) * width.power((n - k) as u32);
                }
                if let Some(c) = real_width.as_constant() {
                    if !c.is_positive() {
                        return Outcome::Negative;
                    }
                    sum.scale(&Ring::power(&c.recip(), n as u32))
                } else if let Some((entry, factor)) = as_entry(scope, &real_width) {
                    *multiplier.entry(entry).or_default() += n as u32;
                    sum.scale(&Ring::power(&factor.recip(), n as u32))
                } else {
                    return Outcome::Negative;
                }
            }
            (Some(l), None) => q.substitute(name, &(l.value.clone() + l.distance.clone())),
            (None, Some(u)) => q.substitute(name, &(u.value.clone() - u.distance.clone())),
            (None, None) => return Outcome::Negative,
        };
        if q.len() > 3_000 {
            return Outcome::Negative;
        }
    }
    if choice > 0 {
        return Outcome::NoSuchChoice;
    }
    match terms(scope, goal, &q, multiplier) {
        Some(identity) => Outcome::Found(identity),
        None => Outcome::Negative,
    }
}

/// Reads the polynomial in the symbols of entries as terms, if it has no negative coefficient.
fn terms(
    scope: &Scope,
    goal: &Inequality,
    q: &Polynomial,
    mut multiplier: BTreeMap<usize, u32>,
) -> Option<Identity> {
    if q.terms().any(|(_, c)| c.is_negative()) {
        return None;
    }
    let entry_of: Vec<Option<usize>> = q
        .variables()
        .iter()
        .map(|name| name.strip_prefix('#').and_then(|k| k.parse().ok()))
        .collect();
    // Powers of a multiplier that every term has cancel.
    let mut common: BTreeMap<usize, u32> = multiplier.clone();
    let factors_of = |exponents: &Exponents| -> Option<BTreeMap<usize, u32>> {
        let mut factors = BTreeMap::new();
        for (entry, &power) in entry_of.iter().zip(exponents) {
            if power > 0 {
                factors.insert((*entry)?, u32::from(power));
            }
        }
        Some(factors)
    };
    let mut list = Vec::new();
    for (exponents, c) in q.terms() {
        let factors = factors_of(exponents)?;
        for (entry, power) in &mut common {
            *power = (*power).min(factors.get(entry).copied().unwrap_or(0));
        }
        list.push((c.clone(), factors));
    }
    let mut terms = Vec::new();
    let mut strict = false;
    for (coefficient, mut factors) in list {
        for (entry, power) in &common {
            if let Some(own) = factors.get_mut(entry) {
                *own -= power;
            }
        }
        factors.retain(|_, power| *power > 0);
        let factors: Vec<(usize, u32)> = factors.into_iter().collect();
        strict |= scope.strict(&factors) && !coefficient.is_zero();
        terms.push(Term {
            coefficient,
            factors,
            square: None,
        });
    }
    if goal.strict && !strict {
        return None;
    }
    for (entry, power) in &mut multiplier {
        *power -= common.get(entry).copied().unwrap_or(0);
    }
    multiplier.retain(|_, power| *power > 0);
    Some((multiplier.into_iter().collect(), terms))
}
