//! The search for a proof of one inequality: strategies from the cheapest to the dearest, deeper
//! and deeper.
//!
//! At effort 0 a goal is tried by the orthant substitution, by products of hypotheses and, if it is
//! small, as a sum of squares without hypotheses; at effort
//! 1 by reductions in one variable and splits whose parts are searched with effort 0; from effort 2
//! on by products of a growing reach, sums of squares, multipliers, contradiction, and by reductions
//! and splits whose parts are searched with any smaller effort. Sample points of the scope reject
//! false goals at once.

use super::clock::Clock;
use super::floats::FloatPolynomial;
use super::gram;
use super::orthant;
use super::products::{self, Reach};
use super::scope::Scope;
use super::slopes::reductions;
use super::splits;
use crate::certificate::{Inequality, Node, Term};
use crate::number::Ring;
use crate::polynomial::Polynomial;
use num_traits::{Signed, Zero};
use std::collections::HashMap;
use std::time::Instant;

/// What guides the search besides the statement.
#[derive(Debug, Clone, Default)]
pub struct Hints {
    /// Polynomials worth a split.
    pub splits: Vec<Polynomial>,
    /// Polynomials whose squares may stand in terms.
    pub squares: Vec<Polynomial>,
}

/// Efforts that failed already, by goal and scope.
pub type Memory = HashMap<String, usize>;

/// The state of a search.
pub struct Search<'a> {
    /// Deadline and record.
    pub clock: &'a mut Clock,
    /// What the caller suggests.
    pub hints: &'a Hints,
    failed: Memory,
}

/// The reach of products at a depth (the effort - 1, or 0).
fn reaches(depth: usize) -> &'static [Reach] {
    const fn reach(factors: usize, extra: u16, columns: usize) -> Reach {
        Reach {
            factors,
            extra,
            foreign: 0,
            columns,
        }
    }
    const LEVELS: [&[Reach]; 4] = [
        &[reach(2, 0, 600), reach(3, 0, 1_000), reach(5, 0, 2_000)],
        &[reach(4, 0, 1_500), reach(7, 0, 4_000)],
        &[reach(6, 1, 6_000), reach(10, 0, 12_000)],
        &[reach(8, 1, 12_000), reach(12, 0, 20_000)],
    ];
    LEVELS[depth.min(3)]
}

impl<'a> Search<'a> {
    /// A fresh search.
    pub fn new(clock: &'a mut Clock, hints: &'a Hints) -> Self {
        Self::resumed(clock, hints, Memory::new())
    }

    /// A search that knows what an earlier one, with the same hints, tried in vain.
    pub fn resumed(clock: &'a mut Clock, hints: &'a Hints, failed: Memory) -> Self {
        Self {
            clock,
            hints,
            failed,
        }
    }

    /// What was tried in vain.
    pub fn into_memory(self) -> Memory {
        self.failed
    }

    /// A proof of `goal` (to be named `claim` in its leaves), searched with growing effort.
    pub fn prove(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        most: usize,
    ) -> Option<Node> {
        for effort in 0..=most {
            if self.clock.over() {
                return None;
            }
            if let Some(node) = self.attempt(scope, goal, claim, effort) {
                return Some(node);
            }
        }
        None
    }

    fn attempt(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        effort: usize,
    ) -> Option<Node> {
        if self.clock.over() || scope.disproves(&FloatPolynomial::new(&goal.polynomial)) {
            return None;
        }
        let key = key(scope, goal);
        let done = self.failed.get(&key).map_or(0, |e| e + 1);
        if effort < done {
            return None;
        }
        let node = self.try_all(scope, goal, claim, effort);
        if node.is_none() && !self.clock.over() {
            self.failed.insert(key, effort);
        }
        node
    }

    fn try_all(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        effort: usize,
    ) -> Option<Node> {
        if let Some(terms) = immediate(scope, goal) {
            return Some(Node::Identity {
                claim,
                multiplier: Vec::new(),
                terms,
            });
        }
        let depth = effort.saturating_sub(1);
        if scope.samples.is_empty()
            && effort != 1
            && let Some(terms) = self.absurd(scope, depth)
        {
            return Some(Node::Absurd { terms });
        }
        if effort == 0
            && let Some((multiplier, terms)) = orthant::search(scope, goal, self.clock)
        {
            return Some(Node::Identity {
                claim,
                multiplier,
                terms,
            });
        }
        if effort != 1
            && let Some(node) = self.combined(scope, goal, claim, depth)
        {
            return Some(node);
        }
        if effort == 0 {
            return gram::search_alone(scope, goal, claim, self.clock);
        }
        if let Some(node) = self.reduce(scope, goal, claim, effort) {
            return Some(node);
        }
        self.split(scope, goal, claim, effort)
    }

    /// One identity: products, squares, multipliers, or a contradiction.
    fn combined(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        depth: usize,
    ) -> Option<Node> {
        let mut squares = self.hints.squares.clone();
        if depth > 0 {
            squares.extend(candidate_squares(scope, goal));
        }
        for reach in reaches(depth) {
            let terms = products::search(scope, goal, &[], &squares, *reach, self.clock);
            if let Some(terms) = terms {
                return Some(Node::Identity {
                    claim,
                    multiplier: Vec::new(),
                    terms,
                });
            }
        }
        if depth == 0 {
            return None;
        }
        if depth <= 2
            && !scope.samples.is_empty()
            && let Some(node) = gram::search(scope, goal, claim, depth - 1, self.clock)
        {
            return Some(node);
        }
        let multiplied = self.multiplied(scope, goal, claim, depth);
        multiplied.or_else(|| self.contradiction(scope, goal, claim, depth))
    }

    /// `h goal` as a combination of products, h a strict hypothesis; hypotheses in variables that
    /// the goal does not have may take part.
    fn multiplied(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        depth: usize,
    ) -> Option<Node> {
        let wide = [
            Reach {
                factors: 2 + depth,
                extra: 0,
                foreign: 1,
                columns: 800 * depth,
            },
            reaches(depth - 1)[1],
        ];
        for (k, reach) in wide.into_iter().enumerate() {
            let own = scope.entries.iter().enumerate();
            let own = own.filter(|(_, e)| {
                e.inequality.strict && e.inequality.polynomial.total_degree() <= 4
            });
            // The multiplier 1 makes sense only with foreign variables.
            let one = (k == 0).then(Vec::new);
            let list: Vec<Vec<(usize, u32)>> = one
                .into_iter()
                .chain(own.map(|(k, _)| vec![(k, 1)]))
                .collect();
            for multiplier in list {
                let terms = products::search(
                    scope,
                    goal,
                    &multiplier,
                    &self.hints.squares,
                    reach,
                    self.clock,
                );
                if let Some(terms) = terms {
                    return Some(Node::Identity {
                        claim,
                        multiplier,
                        terms,
                    });
                }
            }
        }
        None
    }

    /// By contradiction (Positivstellensatz): where the goal fails, products of the hypotheses and
    /// of the failing goal add up to zero although one of them is positive.
    fn contradiction(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        depth: usize,
    ) -> Option<Node> {
        let q = goal.polynomial.clone();
        let fails = Inequality {
            polynomial: -q.clone(),
            strict: !goal.strict,
        };
        let inner = scope.with(fails, true);
        let terms = self.absurd(&inner, depth - 1)?;
        let leaf = Box::new(Node::Identity {
            claim,
            multiplier: Vec::new(),
            terms: vec![Term {
                coefficient: Ring::one(),
                factors: vec![(scope.entries.len(), 1)],
                square: None,
            }],
        });
        let empty = Box::new(Node::Absurd { terms });
        Some(if goal.strict {
            Node::Split {
                on: q,
                strict: true,
                above: leaf,
                below: empty,
            }
        } else {
            Node::Split {
                on: -q,
                strict: true,
                above: empty,
                below: leaf,
            }
        })
    }

    fn reduce(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        effort: usize,
    ) -> Option<Node> {
        for reduction in reductions(scope, goal) {
            if self.clock.over() {
                return None;
            }
            let start = Instant::now();
            let hopeless = |f: &Inequality| scope.disproves(&FloatPolynomial::new(&f.polynomial));
            if reduction.facts.iter().any(hopeless) {
                continue;
            }
            let mut inner = scope.clone();
            let mut proofs = Vec::new();
            for fact in &reduction.facts {
                let mut proof = None;
                for e in 0..effort {
                    proof = proof.or_else(|| self.attempt(&inner, fact, 0, e));
                }
                let Some(proof) = proof else { break };
                proofs.push(proof);
                inner = inner.with(fact.clone(), false);
            }
            let complete = proofs.len() == reduction.facts.len();
            let why = if complete {
                Ok(())
            } else {
                Err("a fact was not proved")
            };
            let degree = goal.polynomial.total_degree();
            self.clock
                .record(reduction.name, start, reduction.facts.len(), degree, why);
            if !complete {
                continue;
            }
            let (multiplier, terms) = reduction.identity(scope.entries.len());
            let strict = |t: &Term| products::is_strict(&inner, t);
            if goal.strict && !terms.iter().any(strict) {
                continue;
            }
            let mut node = Node::Identity {
                claim,
                multiplier,
                terms,
            };
            for (fact, proof) in reduction.facts.iter().zip(proofs).rev() {
                node = Node::Fact {
                    fact: fact.clone(),
                    proof: Box::new(proof),
                    then: Box::new(node),
                };
            }
            return Some(node);
        }
        None
    }

    fn split(
        &mut self,
        scope: &Scope,
        goal: &Inequality,
        claim: usize,
        effort: usize,
    ) -> Option<Node> {
        for on in splits::candidates(
            scope,
            goal,
            &self.hints.splits,
            effort.saturating_sub(1).max(1),
        ) {
            if self.clock.over() {
                return None;
            }
            let start = Instant::now();
            let branch = |this: &mut Self, case: Inequality| {
                let inner = scope.with(case, true);
                (0..effort).find_map(|e| this.attempt(&inner, goal, claim, e))
            };
            let above = branch(self, Inequality::non_negative(on.clone()));
            let both = above.and_then(|above| {
                if let Some(below) = branch(self, Inequality::non_negative(-on.clone())) {
                    return Some(Node::split(on.clone(), above, below));
                }
                // What was proved covers the zeros of `on`: the other case may exclude them.
                let below = branch(self, Inequality::positive(-on.clone()))?;
                Some(Node::Split {
                    on: -on.clone(),
                    strict: true,
                    above: Box::new(below),
                    below: Box::new(above),
                })
            });
            let why = both.as_ref().map(|_| ()).ok_or("a case was not proved");
            let degree = goal.polynomial.total_degree();
            self.clock.record("split", start, 2, degree, why);
            if both.is_some() {
                return both;
            }
        }
        None
    }

    /// Terms that add up to zero, one of them strict: the scope is empty.
    pub fn absurd(&mut self, scope: &Scope, effort: usize) -> Option<Vec<Term>> {
        let one: (Vec<(usize, u32)>, Polynomial) = (Vec::new(), Polynomial::one());
        let own = scope.entries.iter().enumerate();
        let own = own.filter(|(_, e)| e.inequality.strict);
        let own = own.map(|(k, e)| (vec![(k, 1)], e.inequality.polynomial.clone()));
        // The square of the last, for contradictions such as `u > 0` with `-u v >= 0` and `v >= u`.
        let last = scope.entries.last().filter(|e| e.inequality.strict);
        let square = last.map(|e| {
            let p = e.inequality.polynomial.clone();
            (vec![(scope.entries.len() - 1, 2)], p.clone() * p)
        });
        let starts: Vec<_> = [one].into_iter().chain(own).chain(square).collect();
        for (factors, polynomial) in starts {
            let target = Inequality::non_negative((-polynomial).over(&scope.variables)?);
            let reach = Reach {
                factors: 2 + effort,
                extra: 0,
                foreign: 0,
                columns: 1_500 * (effort + 1),
            };
            if let Some(mut terms) = products::search_everywhere(scope, &target, reach, self.clock)
            {
                terms.push(Term {
                    coefficient: Ring::one(),
                    factors,
                    square: None,
                });
                return Some(terms);
            }
        }
        None
    }
}

/// The goal and the scope as text.
fn key(scope: &Scope, goal: &Inequality) -> String {
    use std::fmt::Write;
    let mut text = goal.text();
    for entry in &scope.entries {
        let _ = write!(text, ";{}", entry.inequality.text());
    }
    text
}

/// Goals that are positive constants or positive multiples of an entry.
fn immediate(scope: &Scope, goal: &Inequality) -> Option<Vec<Term>> {
    let term = |coefficient, factors| {
        vec![Term {
            coefficient,
            factors,
            square: None,
        }]
    };
    if let Some(c) = goal.polynomial.as_constant() {
        if c.is_positive() {
            return Some(term(c, Vec::new()));
        }
        return (c.is_zero() && !goal.strict).then(Vec::new);
    }
    let (_, leading) = goal.polynomial.leading()?;
    scope.entries.iter().enumerate().find_map(|(k, entry)| {
        let p = &entry.inequality.polynomial;
        let factor = leading / p.leading()?.1;
        let fits = (entry.inequality.strict || !goal.strict)
            && factor.is_positive()
            && p.len() == goal.polynomial.len()
            && p.scale(&factor) == goal.polynomial;
        fits.then(|| term(factor, vec![(k, 1)]))
    })
}

/// Squares worth trying: vertices of quadratics, variables, their differences.
fn candidate_squares(scope: &Scope, goal: &Inequality) -> Vec<Polynomial> {
    let p = &goal.polynomial;
    let mut list: Vec<Polynomial> = Vec::new();
    let names: Vec<&str> = p.occurring();
    for x in &names {
        if p.degree_in(x) >= 2 {
            list.push(Polynomial::variable(x));
        }
        if p.degree_in(x) == 2 {
            let c = p.coefficients_in(x);
            let root = (c[2].clone() * Polynomial::variable(x)).scale(&Ring::from_integer(2));
            list.push((root + c[1].clone()).primitive());
        }
    }
    for (i, x) in names.iter().enumerate() {
        for y in &names[i + 1..] {
            if p.degree_in(x) >= 2 && p.degree_in(y) >= 2 {
                let (x, y) = (Polynomial::variable(x), Polynomial::variable(y));
                list.push(x.clone() - y.clone());
                list.push(x.clone() + y.clone());
                list.push(x * y);
            }
        }
    }
    let over = list.iter().filter_map(|q| q.over(&scope.variables));
    over.filter(|q| !q.is_zero()).collect()
}
