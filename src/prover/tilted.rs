//! A variable eliminated by a hypothesis whose slope in it is a polynomial.
//!
//! Let `h = sigma s x + r` be a hypothesis of degree one in x with `s > 0`, sigma = 1 or -1, and let
//! the goal have degree d (1 or 2) in x, with coefficients `p_k`. Then
//!
//! ```text
//! s^d p = sum over j of c_j h^j,
//! c_j = sum over k >= j of binomial(k, j) sigma^k p_k s^(d-k) (-r)^(k-j)
//! ```
//!
//! and `s > 0`, `c_j >= 0` are facts without x that give the goal. For d = 1 the common divisor of
//! s and `p_1` is left out. Hypotheses that divide s or a `c_j` become factors.
//!
//! Example: with `h = (1-b)(2(1+b)-a) + g a (1+b)` and `p = S` the slope in g of both is a product
//! of known signs, and `c_0` says that S is large enough where the denominator h of U(1) is zero.

use super::floats::FloatPolynomial;
use super::reduction::{Builder, Factor, Reduction};
use super::scope::Scope;
use crate::certificate::Inequality;
use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;

type Factors = Vec<(Factor, u32)>;

/// The reductions of a goal that eliminate `x`.
pub fn reductions(scope: &Scope, goal: &Inequality, x: &str) -> Vec<Reduction> {
    let degree = goal.polynomial.degree_in(x);
    if !(1..=2).contains(&degree) || scope.samples.is_empty() {
        return Vec::new();
    }
    let mut list = Vec::new();
    for (k, entry) in scope.entries.iter().enumerate() {
        let h = &entry.inequality.polynomial;
        if h.degree_in(x) == 1 && h.total_degree() <= 6 {
            list.extend(reduction(scope, goal, x, k));
        }
    }
    list
}

/// The sign of a polynomial on the samples, if it is the same on all of them.
fn sign(scope: &Scope, p: &Polynomial) -> Option<i64> {
    let over = p.over(&scope.variables)?;
    match (
        scope.disproves(&FloatPolynomial::new(&over)),
        scope.disproves(&FloatPolynomial::new(&-over)),
    ) {
        (false, true) => Some(1),
        (true, false) => Some(-1),
        _ => None,
    }
}

/// `p` without the strict entries that divide it, and these.
pub fn stripped(scope: &Scope, p: &Polynomial, weak_too: bool) -> (Polynomial, Vec<(usize, u32)>) {
    let mut rest = p.clone();
    let mut factors: Vec<(usize, u32)> = Vec::new();
    for (k, entry) in scope.entries.iter().enumerate() {
        let h = &entry.inequality.polynomial;
        if h.total_degree() == 0 || !(entry.inequality.strict || weak_too) {
            continue;
        }
        while rest.total_degree() >= h.total_degree()
            && let Some(quotient) = rest.exact_division(h)
        {
            rest = quotient;
            match factors.last_mut() {
                Some((last, power)) if *last == k => *power += 1,
                _ => factors.push((k, 1)),
            }
        }
    }
    (rest, factors)
}

fn fact(
    scope: &Scope,
    b: &mut Builder,
    p: &Polynomial,
    strict: bool,
) -> Option<(Rational, Factors)> {
    let (rest, own) = stripped(scope, p, !strict);
    let (content, mut factors) = b.fact(&rest, strict)?;
    factors.extend(own.into_iter().map(|(k, power)| (Factor::Old(k), power)));
    Some((content, factors))
}

fn reduction(scope: &Scope, goal: &Inequality, x: &str, k: usize) -> Option<Reduction> {
    let p = goal.polynomial.coefficients_in(x);
    let parts = scope.entries[k].inequality.polynomial.coefficients_in(x);
    let [r, slope] = <[Polynomial; 2]>::try_from(parts).ok()?;
    if slope.as_constant().is_some() {
        return None;
    }
    let sigma = sign(scope, &slope)?;
    let sigma_constant: Rational = Ring::from_integer(sigma);
    let mut s = slope.scale(&sigma_constant);
    let coefficients = if let [p0, p1] = p.as_slice() {
        let mut p1 = p1.clone();
        let common = s.gcd(&p1);
        if common.total_degree() > 0 {
            let common = common.scale(&Ring::from_integer(sign(scope, &common)?));
            s = s.exact_division(&common)?;
            p1 = p1.exact_division(&common)?;
        }
        let p1 = p1.scale(&sigma_constant);
        vec![p0.clone() * s.clone() - p1.clone() * r, p1]
    } else if let [p0, p1, p2] = p.as_slice() {
        let p1 = p1.clone().scale(&sigma_constant) * s.clone();
        let c1 = p1.clone() - (p2.clone() * r.clone()).scale(&Ring::from_integer(2));
        let c0 = p0.clone() * s.clone() * s.clone() - p1 * r.clone()
            + p2.clone() * r.clone() * r.clone();
        vec![c0, c1, p2.clone()]
    } else {
        return None;
    };
    let mut b = Builder::new("variable eliminated");
    // s^d p = sum c_j h^j
    let power = u32::try_from(p.len() - 1).ok()?;
    let mut scale: Rational = Ring::one();
    if let Some(c) = s.as_constant() {
        scale = c;
    } else {
        let (content, factors) = fact(scope, &mut b, &s, true)?;
        scale *= content;
        b.reduction.multiplier = factors.into_iter().map(|(f, e)| (f, e * power)).collect();
    }
    let scale = Ring::power(&scale, power).recip();
    let strict_at = usize::from(coefficients[0].is_zero());
    for (j, c) in coefficients.iter().enumerate() {
        let c = c.over(&scope.variables)?;
        if sign(scope, &c) == Some(-1) {
            return None;
        }
        let part = fact(scope, &mut b, &c, goal.strict && j == strict_at);
        let power = [(Factor::Old(k), u32::try_from(j).ok()?)];
        b.part(part, scale.clone(), if j == 0 { &[] } else { &power });
    }
    b.finish()
}
