//! Candidate facts read off the statement itself: parts of its polynomials that keep their sign.
//!
//! The parts of a goal or hypothesis p are its coefficients in each variable (and theirs in turn),
//! its discriminants `c_1^2 - 4 c_2 c_0` where it is quadratic, its factors ([`super::factors`]), and
//! its values at the ends of a variable's range. They are refined to a base without common divisors (by greatest common
//! divisors, hypotheses divided out), and those that have one sign on all samples are candidates.

use super::candidates::Candidate;
use super::exact::positive_content;
use super::factors::pairs;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use super::slopes::ends;
use super::theory::known;
use super::tilted::stripped;
use crate::certificate::Inequality;
use crate::number::Ring;
use crate::polynomial::Polynomial;

/// At most so many parts are refined.
const MOST_PARTS: usize = 28;

/// Parts larger than this (terms, total degree) are no short facts.
const LARGEST: (usize, u32) = (12, 7);

/// The parts of a statement.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    /// Those that are positive on all samples, those of low degree and few terms first.
    pub facts: Vec<Candidate>,
    /// Short ones that change sign: where cases may be distinguished.
    pub splits: Vec<Polynomial>,
}

/// The factors of hypotheses that are products, such as `s - b` and `s + b` of `b^2 <= s^2`, where they
/// keep their sign.
pub fn factors(scope: &Scope) -> Vec<Candidate> {
    let mut list: Vec<Candidate> = Vec::new();
    for entry in &scope.entries {
        let p = &entry.inequality.polynomial;
        if !(2..=8).contains(&p.total_degree()) || p.len() > 120 || scope.samples.is_empty() {
            continue;
        }
        for q in pairs(p).next().into_iter().flatten() {
            let Some(q) = q.over(&scope.variables) else {
                continue;
            };
            let q = positive_content(&q).1;
            let fails = |q: &Polynomial| scope.disproves(&FloatPolynomial::new(q));
            let q = if fails(&q) { -q } else { q };
            if fails(&q) || known(scope, &q) || list.iter().any(|c| c.fact.polynomial == q) {
                continue;
            }
            list.push(Candidate::given(Inequality {
                polynomial: q,
                strict: entry.inequality.strict,
            }));
        }
    }
    list.sort_by_key(|c| (c.fact.polynomial.total_degree(), c.fact.polynomial.len()));
    list
}

/// The parts of the goals and of the hypotheses of degree two and more.
pub fn parts(scope: &Scope, goals: &[Inequality]) -> Parts {
    let mut result = Parts::default();
    if scope.samples.is_empty() {
        return result;
    }
    let mut parts: Vec<Polynomial> = Vec::new();
    let hypotheses = scope.entries.iter().map(|e| &e.inequality);
    let hypotheses = hypotheses.filter(|h| (2..=8).contains(&h.polynomial.total_degree()));
    for source in goals.iter().chain(hypotheses) {
        let p = &source.polynomial;
        if p.total_degree() <= 16 && p.len() <= 120 {
            parts_of(scope, p, &mut parts);
        }
    }
    let again: Vec<Polynomial> = parts.clone();
    for p in again.iter().filter(|p| p.len() > 2) {
        for x in p.occurring() {
            parts.extend(p.coefficients_in(x));
        }
    }
    let mut base = refined(scope, parts);
    base.sort_by_key(|q| (q.total_degree(), q.len()));
    for q in base {
        let Some(q) = q.over(&scope.variables) else {
            continue;
        };
        if q.len() > LARGEST.0 || q.total_degree() > LARGEST.1 {
            continue;
        }
        let q = match (
            scope.disproves(&FloatPolynomial::new(&q)),
            scope.disproves(&FloatPolynomial::new(&-q.clone())),
        ) {
            (false, true) => q,
            (true, false) => -q,
            _ => {
                if q.total_degree() <= 2 && q.len() <= 4 {
                    result.splits.push(q);
                }
                continue;
            }
        };
        let is_goal = |g: &Inequality| positive_content(&g.polynomial).1 == q;
        if !known(scope, &q) && !goals.iter().any(is_goal) {
            let fact = Inequality::positive(q);
            result.facts.push(Candidate {
                weaker: true,
                ..Candidate::given(fact)
            });
        }
    }
    result
}

fn parts_of(scope: &Scope, p: &Polynomial, parts: &mut Vec<Polynomial>) {
    for x in p.occurring() {
        let c = p.coefficients_in(x);
        if let [c0, c1, c2] = c.as_slice() {
            let four = Ring::from_integer(4);
            parts.push(c1.clone() * c1.clone() - (c2.clone() * c0.clone()).scale(&four));
        }
        parts.extend(c);
        if p.len() <= 16 {
            let (lower, upper) = ends(scope, x);
            let values = lower.iter().chain(&upper).map(|end| &end.value);
            parts.extend(values.map(|value| p.substitute(x, value)));
        }
    }
    match pairs(p).next() {
        Some(pair) => parts.extend(pair),
        None => parts.push(p.clone()),
    }
}

/// A base of the parts without common divisors, hypotheses and variables divided out.
fn refined(scope: &Scope, parts: Vec<Polynomial>) -> Vec<Polynomial> {
    let mut base: Vec<Polynomial> = Vec::new();
    let mut waiting = parts;
    waiting.sort_by_key(|p| std::cmp::Reverse((p.total_degree(), p.len())));
    let mut steps = 0;
    while let Some(p) = waiting.pop() {
        steps += 1;
        if steps > 12 * MOST_PARTS || base.len() >= MOST_PARTS {
            break;
        }
        let mut p = stripped(scope, &p.primitive(), true).0;
        for x in p.variables().to_vec() {
            let x = Polynomial::variable(&x);
            while let Some(quotient) = p.exact_division(&x) {
                if p.is_zero() {
                    break;
                }
                p = quotient;
            }
        }
        let p = p.primitive();
        if p.total_degree() == 0 || base.contains(&p) {
            continue;
        }
        let shared = base.iter().enumerate().find_map(|(k, q)| {
            let common = p.gcd(q);
            (common.total_degree() > 0).then_some((k, common))
        });
        let Some((k, common)) = shared else {
            base.push(p);
            continue;
        };
        let q = base.remove(k);
        let rests = [p.exact_division(&common), q.exact_division(&common)];
        waiting.extend(rests.into_iter().flatten());
        waiting.push(common);
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prover::sample::samples;

    fn found(variables: &str, given: &[&str], goal: &str) -> Vec<String> {
        let names: Vec<String> = variables.split(' ').map(str::to_owned).collect();
        let read = |t: &str| Inequality::parse(t, &names).unwrap();
        let given: Vec<Inequality> = given.iter().map(|t| read(t)).collect();
        let mut scope = Scope::new(&names, &given);
        scope.samples = samples(&scope, 200, 3_000, 1);
        let list = parts(&scope, &[read(goal)]).facts;
        list.iter().map(|c| c.fact.text()).collect()
    }

    #[test]
    fn common_factors_of_coefficients_are_found_in_any_variables() {
        let list = found(
            "p q x y",
            &[
                "q > -1",
                "q < 1",
                "p > 0",
                "p < 2*(q + 1)",
                "x <= 0",
                "y > 0",
                "y < 1",
            ],
            "(1 - q*y)*((1 + q*y)^2 - y*(1 + q - p)^2) + x*p^2*y*(1 + q*y) > 0",
        );
        for text in ["-q*y + 1 > 0", "q*y + 1 > 0"] {
            assert!(list.iter().any(|t| t == text), "{text} in {list:?}");
        }
    }

    #[test]
    fn parts_that_change_sign_are_no_candidates() {
        let list = found(
            "x y",
            &["x > 0", "x < 1"],
            "x^2*(y^2 - 2*x) + x*(y - 1) + 3 > 0",
        );
        assert!(list.iter().all(|t| !t.contains("y - 1")), "{list:?}");
    }
}
