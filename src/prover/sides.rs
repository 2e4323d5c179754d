//! Boxes: variables with rational ends that hypotheses give, and polynomials written with the
//! distances to the ends.
//!
//! Where a variable lacks an end, one is derived from a hypothesis that is linear in it, with a constant
//! slope, and whose other variables have ends: `s x + r >= 0` and `-r >= s m` on their box give `x >= m`.

use super::bernstein::{Bernstein, binomial};
use super::candidates::Candidate;
use super::scope::Scope;
use crate::certificate::{Inequality, Node, Term};
use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;
use num_traits::{Signed, Zero};

/// One end of the range of a variable: `entry = slope * distance from the end`.
#[derive(Debug, Clone)]
pub struct Side {
    /// The entry.
    pub reference: usize,
    /// Its slope, without the sign.
    pub slope: Rational,
    /// The end.
    pub value: Rational,
    /// Whether the end itself is excluded.
    pub strict: bool,
}

/// A variable (by its place) with both ends.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The variable's place.
    pub variable: usize,
    /// The lower end.
    pub low: Side,
    /// The upper end.
    pub high: Side,
}

impl Axis {
    fn ends(&self) -> (Rational, Rational) {
        (self.low.value.clone(), self.high.value.clone())
    }

    fn width(&self) -> Rational {
        &self.high.value - &self.low.value
    }
}

/// The scope with the facts that bound the variables, these facts, and the box.
pub type Enclosure = (Scope, Vec<(Inequality, Node)>, Vec<Axis>);

/// The box of some variables, with facts where hypotheses do not give the ends; `None` where they
/// cannot be derived.
pub fn enclosed(scope: &Scope, variables: &[usize]) -> Option<Enclosure> {
    let mut inner = scope.clone();
    let mut facts = Vec::new();
    loop {
        let known: Vec<Axis> = (0..scope.variables.len())
            .filter_map(|v| axis(&inner, v))
            .collect();
        let missing = |v: &&usize| !known.iter().any(|axis| axis.variable == **v);
        if !variables.iter().any(|v| missing(&v)) {
            let wanted = known
                .into_iter()
                .filter(|axis| variables.contains(&axis.variable));
            return Some((inner, facts, wanted.collect()));
        }
        let fresh = (0..scope.variables.len()).find_map(|v| end(&inner, &known, v))?;
        let terms = fresh.proof?;
        facts.push((
            fresh.fact.clone(),
            Node::Identity {
                claim: 0,
                multiplier: Vec::new(),
                terms,
            },
        ));
        inner = inner.with(fresh.fact, false);
    }
}

/// The tightest ends of a variable among the entries, by sign of the slope.
fn sides(scope: &Scope, variable: usize) -> [Option<Side>; 2] {
    let mut best: [Option<Side>; 2] = [None, None];
    for (reference, entry) in scope.entries.iter().enumerate() {
        let p = &entry.inequality.polynomial;
        if p.total_degree() != 1 || p.occurring() != [scope.variables[variable].as_str()] {
            continue;
        }
        let parts = p.coefficients_in(&scope.variables[variable]);
        let (Some(rest), Some(slope)) = (parts[0].as_constant(), parts[1].as_constant()) else {
            continue;
        };
        let side = Side {
            reference,
            value: -rest / &slope,
            strict: entry.inequality.strict,
            slope: slope.abs(),
        };
        let upper = slope.is_negative();
        let place = &mut best[usize::from(upper)];
        let tighter = place.as_ref().is_none_or(|old| {
            let inside = if upper {
                side.value < old.value
            } else {
                side.value > old.value
            };
            inside || side.value == old.value && side.strict && !old.strict
        });
        if tighter {
            *place = Some(side);
        }
    }
    best
}

fn axis(scope: &Scope, variable: usize) -> Option<Axis> {
    let [low, high] = sides(scope, variable);
    let (low, high) = (low?, high?);
    (low.value < high.value).then_some(Axis {
        variable,
        low,
        high,
    })
}

/// An end that a variable lacks, from an entry that is linear in it with a constant slope and has
/// bounded variables besides: `s x + r >= 0` gives `s (x - m) = entry + (-r - s m)`.
fn end(scope: &Scope, known: &[Axis], variable: usize) -> Option<Candidate> {
    let [low, high] = sides(scope, variable);
    let name = &scope.variables[variable];
    for (reference, entry) in scope.entries.iter().enumerate() {
        let p = &entry.inequality.polynomial;
        if p.degree_in(name) != 1 || p.occurring().len() < 2 {
            continue;
        }
        let parts = p.coefficients_in(name);
        let Some(slope) = parts[1].as_constant() else {
            continue;
        };
        if (if slope.is_positive() { &low } else { &high }).is_some() {
            continue;
        }
        let axes: Vec<Axis> = known
            .iter()
            .filter(|a| parts[0].degree_in(&scope.variables[a.variable]) > 0)
            .cloned()
            .collect();
        let rest = (-parts[0].clone()).scale(&slope.abs().recip());
        let Some(form) = exact(&rest, &axes) else {
            continue;
        };
        // x >= m for a positive slope, x <= -m for a negative one.
        let Some(m) = form.values().iter().min().cloned() else {
            continue;
        };
        let (mut sum, _) = terms(&(rest - Polynomial::constant(m.clone())), &axes, false)?;
        sum.push(Term {
            coefficient: slope.abs().recip(),
            factors: vec![(reference, 1)],
            square: None,
        });
        let x = Polynomial::variable(name).scale(&slope.signum());
        let polynomial = (x - Polynomial::constant(m)).over(&scope.variables)?;
        return Some(Candidate {
            proof: Some(sum),
            fact: Inequality {
                polynomial,
                strict: entry.inequality.strict,
            },
            weaker: false,
        });
    }
    None
}

/// The exact form of a polynomial on a part.
pub fn exact(p: &Polynomial, axes: &[Axis]) -> Option<Bernstein<Rational>> {
    let places: Vec<usize> = axes.iter().map(|axis| axis.variable).collect();
    let ends: Vec<_> = axes.iter().map(Axis::ends).collect();
    Bernstein::new(p, &places, &ends)
}

/// `p` as non-negative multiples of products of distances, if it is that; with a strict term if `strict`.
/// Also an upper estimate of the checker's work.
pub fn terms(p: &Polynomial, axes: &[Axis], strict: bool) -> Option<(Vec<Term>, f64)> {
    let form = exact(p, axes)?;
    if form.values().iter().any(Signed::is_negative) {
        return None;
    }
    let mut values: Vec<(Vec<usize>, Rational)> =
        form.indexed().map(|(i, b)| (i, b.clone())).collect();
    let mut list = Vec::new();
    match slice(&values, axes, form.degrees(), strict) {
        Some((mask, index, least)) => {
            for (i, b) in &mut values {
                if agree(mask, &index, i) {
                    *b -= &least;
                }
            }
            list.push(product(axes, form.degrees(), mask, &index, least));
        }
        None if strict => return None,
        None => {}
    }
    let all = (1 << axes.len()) - 1;
    for (index, b) in values {
        if !b.is_zero() {
            list.push(product(axes, form.degrees(), all, &index, b));
        }
    }
    let work = work(form.degrees(), list.len());
    Some((list, work))
}

/// Whether two indices agree along the axes of a mask.
fn agree(mask: usize, left: &[usize], right: &[usize]) -> bool {
    let pairs = left.iter().zip(right).enumerate();
    pairs
        .into_iter()
        .all(|(k, (i, j))| mask >> k & 1 == 0 || i == j)
}

/// Axes, an index along them and the least coefficient there, which is positive: the products of
/// the other axes add up to 1. The fewest axes are taken; all their sides that take part are strict.
fn slice(
    values: &[(Vec<usize>, Rational)],
    axes: &[Axis],
    degrees: &[usize],
    strict: bool,
) -> Option<(usize, Vec<usize>, Rational)> {
    let mut masks: Vec<usize> = (0..if strict { 1 << axes.len() } else { 1 }).collect();
    masks.sort_by_key(|mask: &usize| mask.count_ones());
    for mask in masks {
        let usable = |index: &[usize]| {
            let along = axes.iter().zip(index).zip(degrees).enumerate();
            along.into_iter().all(|(k, ((axis, &i), &n))| {
                mask >> k & 1 == 0 || (i == 0 || axis.low.strict) && (i == n || axis.high.strict)
            })
        };
        for (index, _) in values
            .iter()
            .filter(|(index, b)| b.is_positive() && usable(index))
        {
            let own = values.iter().filter(|(i, _)| agree(mask, index, i));
            let least = own.map(|(_, b)| b).min()?;
            if least.is_positive() {
                return Some((mask, index.clone(), least.clone()));
            }
        }
    }
    None
}

/// `b` times the product of the axes of a mask.
fn product(axes: &[Axis], degrees: &[usize], mask: usize, index: &[usize], b: Rational) -> Term {
    let mut coefficient = b;
    let mut factors = Vec::new();
    for (k, ((axis, &i), &n)) in axes.iter().zip(index).zip(degrees).enumerate() {
        if mask >> k & 1 == 0 {
            continue;
        }
        coefficient = coefficient * binomial(n, i) / Ring::power(&axis.width(), n as u32);
        for (side, power) in [(&axis.low, i), (&axis.high, n - i)] {
            if power > 0 {
                coefficient /= Ring::power(&side.slope, power as u32);
                factors.push((side.reference, power as u32));
            }
        }
    }
    factors.sort_unstable();
    Term {
        coefficient,
        factors,
        square: None,
    }
}

/// Upper estimate of the checker's work for the terms of a form with these degrees.
fn work(degrees: &[usize], terms: usize) -> f64 {
    let (mut monomials, mut one) = (1.0, 0.0);
    for &n in degrees {
        one += (1..=n)
            .map(|k| 5.0 * (1.0 + 3.0 * monomials * k as f64))
            .sum::<f64>();
        monomials *= (n + 1) as f64;
    }
    (one + 6.0 * monomials) * terms as f64
}
