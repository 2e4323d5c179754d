//! One variable at a time: ends and slopes, chords, squares completed.
//!
//! With `l <= x <= u` (ends that do not contain x) a goal `p >= 0` is reduced to facts:
//!
//! | name | identity | facts |
//! |---|---|---|
//! | slope from below | `p = p(l) + (x - l) q` | `p(l)`, `q` |
//! | slope from above | `p = p(u) + (u - x) q` | `p(u)`, `q` |
//! | chord | `(u - l) p = (u - x) p(l) + (x - l) p(u) - c2 (x-l)(u-x)(u-l)` | `p(l)`, `p(u)`, `-c2` |
//! | vertex | `p = p(v) + c2 (x - v)^2`, `2 c2 v = -c1` | `p(v)`, `c2` |
//! | square | `4 c2 p = (2 c2 x + c1)^2 + (4 c2 c0 - c1^2)` | `c2`, `4 c2 c0 - c1^2` |
//! | factor | `p = h q`, h a hypothesis | `q` |
//!
//! for `p = c0 + c1 x + c2 x^2` in the two before the last and degree at most 2 in the chord. A vertex v
//! that is a polynomial needs no `c2 > 0` to divide by: `c2 >= 0` is enough.

use super::exact::positive_content;
use super::reduction::{Builder, Factor, Part, Reduction};
use super::scope::Scope;
use crate::certificate::Inequality;
use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;
use num_traits::Signed;

/// An end of the range of a variable: `distance = entry / slope`.
pub(super) struct End {
    pub(super) entry: usize,
    pub(super) slope: Rational,
    pub(super) value: Polynomial,
}

pub(super) fn ends(scope: &Scope, x: &str) -> (Vec<End>, Vec<End>) {
    let (mut lower, mut upper) = (Vec::new(), Vec::new());
    for (k, entry) in scope.entries.iter().enumerate() {
        let p = &entry.inequality.polynomial;
        if p.degree_in(x) != 1 {
            continue;
        }
        let parts = p.coefficients_in(x);
        let Some(slope) = parts[1].as_constant() else {
            continue;
        };
        let end = End {
            entry: k,
            value: parts[0].scale(&-slope.recip()),
            slope: slope.abs(),
        };
        if slope.is_positive() {
            lower.push(end);
        } else {
            upper.push(end);
        }
    }
    (lower, upper)
}

/// All reductions of a goal, those with the fewest and smallest facts first.
pub fn reductions(scope: &Scope, goal: &Inequality) -> Vec<Reduction> {
    let p = &goal.polynomial;
    let mut list: Vec<Reduction> = Vec::new();
    for (k, entry) in scope.entries.iter().enumerate() {
        let h = &entry.inequality.polynomial;
        if h.total_degree() > 0
            && (entry.inequality.strict || !goal.strict)
            && let Some(q) = p.exact_division(h)
        {
            let mut b = Builder::new("factor");
            let fact = b.fact(&q, goal.strict);
            b.part(fact, Ring::one(), &[(Factor::Old(k), 1)]);
            list.extend(b.finish());
        }
    }
    let small = p.total_degree() <= 24;
    for x in p.occurring().into_iter().filter(|_| small) {
        let (lower, upper) = ends(scope, x);
        for (name, side, sign) in [
            ("slope from below", &lower, 1),
            ("slope from above", &upper, -1),
        ] {
            for end in side {
                list.extend(slope(goal, x, name, end, sign));
            }
        }
        if p.degree_in(x) <= 2 {
            for l in &lower {
                for u in &upper {
                    list.extend(chord(scope, goal, x, l, u));
                }
            }
        }
        if p.degree_in(x) == 2 {
            list.extend(vertex(goal, x));
            list.extend(square(goal, x));
        }
        list.extend(super::tilted::reductions(scope, goal, x));
    }
    list.retain(|r| {
        let too_hard =
            |f: &Inequality| f.polynomial.total_degree() > 24 || f.polynomial.len() > 200;
        !r.facts.iter().any(too_hard)
    });
    list.sort_by_key(|r| {
        let size = |f: &Inequality| f.polynomial.len() * (1 + f.polynomial.occurring().len());
        r.facts.iter().map(size).sum::<usize>()
    });
    list
}

fn slope(goal: &Inequality, x: &str, name: &'static str, end: &End, sign: i64) -> Vec<Reduction> {
    let p = &goal.polynomial;
    let at_end = p.substitute(x, &end.value);
    let step = (Polynomial::variable(x) - end.value.clone()).scale(&Ring::from_integer(sign));
    let Some(q) = (p.clone() - at_end.clone()).exact_division(&step) else {
        return Vec::new();
    };
    let strengths: &[(bool, bool)] = if !goal.strict {
        &[(false, false)]
    } else if at_end.is_zero() {
        &[(false, true)]
    } else {
        &[(true, false), (false, true)]
    };
    let build = |&(end_strict, q_strict): &(bool, bool)| {
        let mut b = Builder::new(name);
        let fact = b.fact(&at_end, end_strict);
        b.part(fact, Ring::one(), &[]);
        let fact = b.fact(&q, q_strict);
        b.part(fact, end.slope.recip(), &[(Factor::Old(end.entry), 1)]);
        b.finish()
    };
    strengths.iter().filter_map(build).collect()
}

fn chord(scope: &Scope, goal: &Inequality, x: &str, l: &End, u: &End) -> Option<Reduction> {
    let p = &goal.polynomial;
    let width = u.value.clone() - l.value.clone();
    let curvature = p.coefficients_in(x).get(2).cloned();
    let mut b = Builder::new("chord");
    // width = scale * (product of strict entries), or a constant.
    let (scale, entry): (Rational, Option<usize>) = if let Some(c) = width.as_constant() {
        if !c.is_positive() {
            return None;
        }
        (c, None)
    } else {
        let (content, primitive) = positive_content(&width);
        let found = scope.entries.iter().position(|e| {
            e.inequality.strict && positive_content(&e.inequality.polynomial).1 == primitive
        })?;
        let own = positive_content(&scope.entries[found].inequality.polynomial).0;
        (content / own, Some(found))
    };
    // entry p = (1/scale) [ (u-x) p(l) + (x-l) p(u) ] + entry (x-l)(u-x)(-c2)
    if let Some(k) = entry {
        b.reduction.multiplier.push((Factor::Old(k), 1));
    }
    let fact = b.fact(&p.substitute(x, &l.value), goal.strict);
    let weight = (scale.clone() * &u.slope).recip();
    b.part(fact, weight, &[(Factor::Old(u.entry), 1)]);
    let fact = b.fact(&p.substitute(x, &u.value), false);
    let weight = (scale * &l.slope).recip();
    b.part(fact, weight, &[(Factor::Old(l.entry), 1)]);
    if let Some(c2) = curvature.filter(|c| !c.is_zero()) {
        let fact = b.fact(&-c2, false);
        let mut more = vec![(Factor::Old(l.entry), 1), (Factor::Old(u.entry), 1)];
        more.extend(entry.map(|k| (Factor::Old(k), 1)));
        b.part(fact, (l.slope.clone() * &u.slope).recip(), &more);
    }
    let strict_end = scope.entries[u.entry].inequality.strict;
    (strict_end || !goal.strict).then(|| b.finish()).flatten()
}

fn vertex(goal: &Inequality, x: &str) -> Option<Reduction> {
    let p = &goal.polynomial;
    let c = p.coefficients_in(x);
    let [_, c1, c2] = <[Polynomial; 3]>::try_from(c).ok()?;
    let half = Rational::new((-1).into(), 2.into());
    let v = c1.scale(&half).exact_division(&c2)?;
    let mut b = Builder::new("vertex");
    let fact = b.fact(&p.substitute(x, &v), goal.strict);
    b.part(fact, Ring::one(), &[]);
    let (content, factors) = b.fact(&c2, false)?;
    let (own, distance) = positive_content(&(Polynomial::variable(x) - v));
    b.reduction.parts.push(Part {
        coefficient: content * own.clone() * own,
        factors,
        square: Some(distance.over(p.variables())?),
    });
    b.finish()
}

fn square(goal: &Inequality, x: &str) -> Option<Reduction> {
    let c = goal.polynomial.coefficients_in(x);
    let [c0, c1, c2] = <[Polynomial; 3]>::try_from(c).ok()?;
    let four: Rational = Ring::from_integer(4);
    let rest = (c2.clone() * c0).scale(&four) - c1.clone() * c1.clone();
    let root = (c2.clone() * Polynomial::variable(x)).scale(&Ring::from_integer(2)) + c1;
    let mut b = Builder::new("square completed");
    // 4 c2 p = root^2 + rest
    let scale = match b.fact(&c2, true)? {
        (content, factors) if factors.is_empty() => content * four,
        (content, factors) => {
            b.reduction.multiplier = factors;
            content * four
        }
    };
    let fact = b.fact(&rest, goal.strict);
    if fact.is_none() && goal.strict {
        return None;
    }
    b.part(fact, scale.recip(), &[]);
    let (content, root) = positive_content(&root);
    let names: Vec<String> = goal.polynomial.variables().to_vec();
    b.reduction.parts.push(Part {
        coefficient: content.clone() * content / scale,
        factors: Vec::new(),
        square: Some(root.over(&names)?),
    });
    b.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reduction_is_an_identity() {
        let names: Vec<String> = ["a", "b", "z"].map(str::to_owned).to_vec();
        let read = |t: &str| Inequality::parse(t, &names).unwrap();
        let given = [
            "b > -1",
            "b < 1",
            "a > 0",
            "a < 2*(b+1)",
            "z > 0",
            "3*z < 1",
        ]
        .map(read);
        let scope = Scope::new(&names, &given);
        let goals = [
            "a^2*z*(1+b) + b*a - 3*z^2*b + a*z > -5",
            "3*b*z*a^2 - 4*b^2*z*a + z > -7",
        ]
        .map(read);
        let lists = goals.map(|goal| (reductions(&scope, &goal), goal));
        let names_found: Vec<Vec<_>> = lists
            .iter()
            .map(|(list, _)| list.iter().map(|r| r.name).collect())
            .collect();
        for name in [
            "slope from below",
            "slope from above",
            "chord",
            "square completed",
        ] {
            assert!(names_found[0].contains(&name), "{name} in {names_found:?}");
        }
        // The vertex in a: no polynomial in the first goal, 2/3 b in the second.
        let vertex = names_found.iter().map(|list| list.contains(&"vertex"));
        assert!(vertex.eq([false, true]), "{names_found:?}");
        for (r, goal) in lists
            .iter()
            .flat_map(|(list, goal)| list.iter().map(move |r| (r, goal)))
        {
            let mut full = scope.clone();
            for f in &r.facts {
                full = full.with(f.clone(), false);
            }
            let (multiplier, terms) = r.identity(scope.entries.len());
            let mut rest = full.product(&multiplier) * goal.polynomial.clone();
            for t in terms {
                let mut value = full.product(&t.factors).scale(&t.coefficient);
                if let Some(q) = t.square {
                    value = value * q.clone() * q;
                }
                rest = rest - value;
            }
            assert!(rest.is_zero(), "{}: {rest}", r.name);
        }
    }
}
