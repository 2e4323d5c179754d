//! Exact subdivision: a claim with a margin on a box is proved on halves of halves of it.
//!
//! The box has the constant ends that hypotheses in one variable give; where a variable has none,
//! one is derived from a hypothesis that is linear in it (`a < 2 (b + 1)` and `b < 1` give `a < 4`) and
//! becomes a fact. On each part a goal p follows if
//!
//! ```text
//! p = c + lambda h + sum of b_i B_i,   b_i >= 0, c >= 0, lambda >= 0
//! ```
//!
//! with the products `B_i` of distances to the sides ([`bernstein`]) and at most one hypothesis h (a
//! large lambda where h fails on the whole part). Otherwise the part is halved along the
//! variable in which the undecided polynomials vary most. Floats choose the parts, coefficients are
//! exact.
//!
//! If at each point of the closed box a goal is positive or a hypothesis negative, small
//! parts succeed. Where the claim touches zero inside, none does: the search ends at a bound on depth.
//!
//! [`bernstein`]: super::bernstein

use super::bernstein::Bernstein;
use super::clock::Clock;
use super::floats::{FloatPolynomial, short_rational};
use super::scope::Scope;
use super::sides::{Axis, Side, enclosed, exact, terms};
use crate::certificate::{Inequality, Node, Term};
use crate::number::Rational;
use crate::polynomial::Polynomial;
use num_traits::Signed;
use std::time::Instant;

/// How often a part may be halved along one axis, on average.
const HALVINGS: usize = 9;

/// The deepest tree, whatever the number of axes; the format allows 64.
const MOST_DEPTH: usize = 36;

/// An upper estimate of the checker's work for a whole certificate (its limit is 5e7).
const MOST_WORK: f64 = 2e7;

/// The most coefficients of one polynomial on one part.
const MOST_COEFFICIENTS: usize = 2_000;

/// At most so many hypotheses other than sides of the box.
const MOST_HELPERS: usize = 6;

/// A polynomial that is still undecided on a part.
#[derive(Debug, Clone)]
struct Shape {
    /// Its place among the goals, or its reference.
    index: usize,
    form: Bernstein<f64>,
}

/// A part of the box.
#[derive(Debug, Clone)]
struct Part {
    axes: Vec<Axis>,
    goals: Vec<Shape>,
    helpers: Vec<Shape>,
    /// References given so far.
    length: usize,
    depth: usize,
}

/// Proves one of the goals (each with its claim number) on every part, with at most `most` parts.
///
/// # What this does not mean
/// `None` says nothing about truth: a claim without a margin is never proved here.
pub fn search(
    scope: &Scope,
    goals: &[(usize, Inequality)],
    most: usize,
    clock: &mut Clock,
) -> Option<Node> {
    let start = Instant::now();
    let fails =
        |(_, goal): &(usize, Inequality)| scope.disproves(&FloatPolynomial::new(&goal.polynomial));
    if let [only] = goals
        && fails(only)
    {
        return None;
    }
    let mut looked_at = 0;
    let mut why = "no box with rational sides";
    let mut found = None;
    for variables in selections(scope, goals) {
        let Some((inner, facts, axes)) = enclosed(scope, &variables) else {
            continue;
        };
        let mut run = Run {
            scope: &inner,
            goals,
            most,
            leaves: 0,
            looked_at: 0,
            work: 0.0,
            clock,
        };
        let result = run.root(axes).and_then(|part| run.prove(part));
        looked_at += run.looked_at;
        match result {
            Ok(node) => found = Some(node.under(&facts)),
            Err(reason) => why = reason,
        }
        if found.is_some() {
            break;
        }
    }
    let degree = goals.iter().map(|(_, g)| g.polynomial.total_degree());
    let outcome = found.as_ref().map(|_| ()).ok_or(why);
    clock.record(
        "subdivision",
        start,
        looked_at,
        degree.max().unwrap_or(0),
        outcome,
    );
    found
}

/// The variables of the box: those of the goals, then also those of hypotheses about them.
fn selections(scope: &Scope, goals: &[(usize, Inequality)]) -> Vec<Vec<usize>> {
    let occurs = |p: &Polynomial, v: usize| p.degree_in(&scope.variables[v]) > 0;
    let all = 0..scope.variables.len();
    let own = all
        .clone()
        .filter(|&v| goals.iter().any(|(_, g)| occurs(&g.polynomial, v)));
    let own: Vec<usize> = own.collect();
    let touching = scope.entries.iter().map(|e| &e.inequality.polynomial);
    let touching: Vec<_> = touching
        .filter(|p| own.iter().any(|&v| occurs(p, v)))
        .collect();
    let wide: Vec<usize> = all
        .filter(|&v| own.contains(&v) || touching.iter().any(|p| occurs(p, v)))
        .collect();
    match (own.is_empty(), own == wide) {
        (true, _) => Vec::new(),
        (false, true) => vec![own],
        (false, false) => vec![own, wide],
    }
}

/// The values of lambda for which `p - lambda h` has no negative coefficient.
fn multipliers(p: &[f64], h: &[f64]) -> Option<(f64, f64)> {
    let (mut low, mut high) = (0.0_f64, f64::INFINITY);
    for (p, h) in p.iter().zip(h) {
        if *h < 0.0 {
            low = low.max(p / h);
        } else if *h > 0.0 {
            high = high.min(p / h);
        } else if *p < 0.0 {
            return None;
        }
    }
    (low <= high).then_some((low, high))
}

/// A short rational inside, away from the ends where there is room.
fn inside((low, high): (f64, f64)) -> Option<Rational> {
    if !high.is_finite() {
        return short_rational((1.25 * low).ceil().max(1.0), 1e-3);
    }
    let middle = 0.5 * (low + high);
    short_rational(middle, 0.4 * (high - low)).filter(|c| c.is_positive())
}

struct Run<'a> {
    scope: &'a Scope,
    goals: &'a [(usize, Inequality)],
    most: usize,
    leaves: usize,
    looked_at: usize,
    work: f64,
    clock: &'a Clock,
}

impl Run<'_> {
    /// The whole box.
    fn root(&self, axes: Vec<Axis>) -> Result<Part, &'static str> {
        let shape = |index: usize, p: &Polynomial| {
            let degree = |axis: &Axis| p.degree_in(&self.scope.variables[axis.variable]);
            let counts = axes.iter().map(|axis| usize::from(degree(axis)) + 1);
            let count = counts.fold(1_usize, usize::saturating_mul);
            if count > MOST_COEFFICIENTS || self.clock.over() {
                return None;
            }
            let form = exact(p, &axes)?.rounded();
            Some(Shape { index, form })
        };
        let goals = self.goals.iter().enumerate();
        let goals: Vec<Shape> = goals
            .filter_map(|(k, (_, goal))| shape(k, &goal.polynomial))
            .collect();
        if goals.is_empty() {
            return Err("too many coefficients");
        }
        let entries = self.scope.entries.iter().enumerate();
        let helpers = entries.filter(|(_, e)| {
            e.inequality.polynomial.occurring().len() > 1
                || e.inequality.polynomial.total_degree() > 1
        });
        let helpers = helpers.filter_map(|(k, e)| shape(k, &e.inequality.polynomial));
        Ok(Part {
            helpers: helpers.take(MOST_HELPERS).collect(),
            goals,
            length: self.scope.entries.len(),
            depth: 0,
            axes,
        })
    }

    fn prove(&mut self, mut part: Part) -> Result<Node, &'static str> {
        self.looked_at += 1;
        if self.looked_at.is_multiple_of(16) && self.clock.over() {
            return Err("out of time");
        }
        // A hypothesis that holds on the whole part says nothing there.
        part.helpers.retain(|h| h.form.range().0 < 0.0);
        if let Some(node) = self.leaf(&part) {
            self.leaves += 1;
            return if self.work > MOST_WORK {
                Err("more work than the checkers do")
            } else {
                Ok(node)
            };
        }
        if self.fails_at_a_corner(&part) {
            return Err("the claim fails at a corner of a part");
        }
        if part.depth >= (HALVINGS * part.axes.len()).min(MOST_DEPTH) {
            return Err("no margin: a small part stays undecided");
        }
        if self.leaves + part.depth >= self.most {
            return Err("more parts than the limit");
        }
        let along = direction(&part);
        let (on, [below, above]) = halved(part, along, self.scope);
        let above = self.prove(above)?;
        let below = self.prove(below)?;
        Ok(Node::split(on, above, below))
    }

    /// Whether at a corner every hypothesis holds and every goal fails, both with room to spare.
    fn fails_at_a_corner(&self, part: &Part) -> bool {
        let corners = |shape: &Shape, sign: f64| -> Option<Vec<bool>> {
            // Degree 0 along an axis leaves out corners: raise it.
            let form = shape.form.elevated(&vec![1; part.axes.len()]);
            let size = form.values().iter().fold(0.0_f64, |s, b| s.max(b.abs()));
            Some(form.corners().map(|b| sign * b > 1e-9 * size).collect())
        };
        if part.goals.len() < self.goals.len() {
            return false;
        }
        let shapes = part.goals.iter().map(|g| corners(g, -1.0));
        let shapes = shapes.chain(part.helpers.iter().map(|h| corners(h, 1.0)));
        let all: Option<Vec<Vec<bool>>> = shapes.collect();
        let corner_count = 1 << part.axes.len();
        all.is_some_and(|all| {
            (0..corner_count).any(|k| all.iter().all(|list| list.get(k) == Some(&true)))
        })
    }

    /// One identity for the part.
    fn leaf(&mut self, part: &Part) -> Option<Node> {
        for goal in &part.goals {
            let (claim, inequality) = &self.goals[goal.index];
            let (low, high) = goal.form.range();
            if low >= -1e-12 * high.abs()
                && let Some(terms) = self.identity(part, inequality, None)
            {
                return Some(Node::Identity {
                    claim: *claim,
                    multiplier: Vec::new(),
                    terms,
                });
            }
            for helper in &part.helpers {
                let degrees: Vec<usize> = goal
                    .form
                    .degrees()
                    .iter()
                    .zip(helper.form.degrees())
                    .map(|(m, n)| *m.max(n))
                    .collect();
                let p = goal.form.elevated(&degrees);
                let h = helper.form.elevated(&degrees);
                let Some(lambda) = multipliers(p.values(), h.values()).and_then(inside) else {
                    continue;
                };
                let terms = self.identity(part, inequality, Some((helper.index, lambda)));
                if let Some(terms) = terms {
                    return Some(Node::Identity {
                        claim: *claim,
                        multiplier: Vec::new(),
                        terms,
                    });
                }
            }
        }
        None
    }

    /// The terms, with `lambda` times a hypothesis among them.
    fn identity(
        &mut self,
        part: &Part,
        goal: &Inequality,
        helper: Option<(usize, Rational)>,
    ) -> Option<Vec<Term>> {
        let mut p = goal.polynomial.clone();
        let mut list = Vec::new();
        let mut strict = goal.strict;
        if let Some((reference, lambda)) = helper {
            let entry = &self.scope.entries[reference].inequality;
            p = p - entry.polynomial.scale(&lambda);
            strict &= !entry.strict;
            list.push(Term {
                coefficient: lambda,
                factors: vec![(reference, 1)],
                square: None,
            });
        }
        let occurs = |axis: &&Axis| p.degree_in(&self.scope.variables[axis.variable]) > 0;
        let axes: Vec<Axis> = part.axes.iter().filter(occurs).cloned().collect();
        let (products, work) = terms(&p, &axes, strict)?;
        self.work += work;
        list.extend(products);
        Some(list)
    }
}

/// The axis along which the undecided polynomials vary most, each relative to its size.
fn direction(part: &Part) -> usize {
    let score = |axis: usize| -> f64 {
        let shapes = part.goals.iter().chain(&part.helpers);
        let relative = shapes.map(|shape| {
            let (low, high) = shape.form.range();
            if low < 0.0 && high > 0.0 {
                shape.form.variation(axis) / low.abs().max(high.abs()).max(f64::MIN_POSITIVE)
            } else {
                0.0
            }
        });
        relative.sum()
    };
    let axes = 0..part.axes.len();
    axes.max_by(|i, j| score(*i).total_cmp(&score(*j)))
        .unwrap_or(0)
}

/// The polynomial of the split at the middle of an axis, and the halves below and above.
fn halved(part: Part, along: usize, scope: &Scope) -> (Polynomial, [Part; 2]) {
    let axis = &part.axes[along];
    let middle = (&axis.low.value + &axis.high.value) / Rational::from_integer(2.into());
    let name = &scope.variables[axis.variable];
    let on = Polynomial::variable(name) - Polynomial::constant(middle.clone());
    let on = on.scale(&Rational::from_integer(middle.denom().clone()));
    let on = on.over(&scope.variables).unwrap_or(on);
    let side = Side {
        reference: part.length,
        slope: Rational::from_integer(middle.denom().clone()),
        value: middle,
        strict: false,
    };
    let split = |shapes: &[Shape]| {
        let pairs = shapes.iter().map(|shape| {
            let [below, above] = shape.form.halves(along);
            let with = |form| Shape {
                index: shape.index,
                form,
            };
            (with(below), with(above))
        });
        pairs.unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (goals, helpers) = (split(&part.goals), split(&part.helpers));
    let mut below = Part {
        goals: goals.0,
        helpers: helpers.0,
        length: part.length + 1,
        depth: part.depth + 1,
        axes: part.axes,
    };
    let mut above = Part {
        goals: goals.1,
        helpers: helpers.1,
        ..below.clone()
    };
    below.axes[along].high = side.clone();
    above.axes[along].low = side;
    (on, [below, above])
}
