//! One claim made ready for the search: the hypotheses that matter, common factors, facts.
//!
//! Hypotheses whose variables are not connected with those of the goal (through other hypotheses)
//! are left out, and strict hypotheses that divide the goal are divided out: both make the search
//! smaller and neither loses a proof. The result is moved back into the full scope.

use super::candidates::{chained, collapsing, squares, vanishing};
use super::clock::Clock;
use super::factors::{self, Product};
use super::facts::established;
use super::floats::FloatPolynomial;
use super::pieces;
use super::prune::prune;
use super::renumber::{renumber, times};
use super::scope::Scope;
use super::search::{Hints, Memory, Search};
use super::subdivide;
use super::theory;
use super::tilted::stripped;
use crate::certificate::{Inequality, Node};
use crate::polynomial::Polynomial;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A goal, the part of the scope that matters to it, and what was found out so far.
#[derive(Debug)]
pub struct Task {
    claim: usize,
    goal: Inequality,
    scope: Scope,
    /// Where the scope's entries stand in the full scope.
    kept: Vec<usize>,
    /// How many entries the full scope has.
    length: usize,
    factors: Vec<(usize, u32)>,
    enriched: Option<Enriched>,
    memory: [Memory; 2],
    /// The factors, if the goal is a product.
    product: Option<(Product, Vec<Task>)>,
    /// The same goal where only entries in its own variables are left, facts among them.
    own: Option<Box<Task>>,
}

/// A scope with facts in it, and what they suggest.
#[derive(Debug)]
struct Enriched {
    scope: Scope,
    facts: Vec<(Inequality, Node)>,
    hints: Hints,
}

impl Task {
    /// The task of proving `goal`, to be named `claim` in its leaves.
    pub fn new(full: &Scope, goal: &Inequality, claim: usize, hints: &Hints) -> Self {
        let (mut rest, mut factors) = stripped(full, &goal.polynomial, !goal.strict);
        if full.disproves(&FloatPolynomial::new(&rest)) {
            (rest, factors) = (goal.polynomial.clone(), Vec::new());
        }
        let goal = Inequality {
            polynomial: rest.over(&full.variables).unwrap_or(rest),
            strict: goal.strict,
        };
        let kept = relevant(full, &goal, hints);
        Self::restricted(full, goal, claim, hints, kept, factors)
    }

    /// The task of proving `goal` from the entries `kept`.
    fn restricted(
        full: &Scope,
        goal: Inequality,
        claim: usize,
        hints: &Hints,
        kept: Vec<usize>,
        factors: Vec<(usize, u32)>,
    ) -> Self {
        let scope = Scope {
            variables: Arc::clone(&full.variables),
            entries: kept.iter().map(|&k| full.entries[k].clone()).collect(),
            samples: Arc::clone(&full.samples),
        };
        let product = factors::product(&scope, &goal).map(|product| {
            let part = |factor: &Inequality| Self::new(&scope, factor, 0, hints);
            let tasks = product.factors.iter().map(part).collect();
            (product, tasks)
        });
        Self {
            claim,
            goal,
            scope,
            kept,
            length: full.entries.len(),
            factors,
            enriched: None,
            memory: Default::default(),
            product,
            own: None,
        }
    }

    /// The number of the claim.
    pub fn claim(&self) -> usize {
        self.claim
    }

    /// The goal without the hypotheses that divide it.
    pub fn goal(&self) -> &Inequality {
        &self.goal
    }

    /// One round of the search, up to `effort`; the proof is one in the full scope. `tight` are
    /// points where the claim seems to hold with equality.
    pub fn attempt(
        &mut self,
        effort: usize,
        with_facts: bool,
        hints: &Hints,
        tight: &[Vec<f64>],
        clock: &mut Clock,
    ) -> Option<Node> {
        // Two short proofs are better than the expansion of a product.
        let node = self.by_factors(effort, with_facts, hints, clock);
        let node = node.or_else(|| self.search(effort, with_facts, hints, tight, clock))?;
        Some(self.placed(node))
    }

    /// A proof on at most `parts` parts of a box, in the full scope.
    pub fn subdivided(&self, parts: usize, clock: &mut Clock) -> Option<Node> {
        let goals = [(self.claim, self.goal.clone())];
        let node = subdivide::search(&self.scope, &goals, parts, clock)?;
        Some(self.placed(node))
    }

    /// A proof in the task's own scope as one in the full scope.
    fn placed(&self, node: Node) -> Node {
        let (own, kept, length) = (self.kept.len(), &self.kept, self.length);
        let place = |r: usize| if r < own { kept[r] } else { r - own + length };
        times(renumber(prune(node, own), &place), &self.factors)
    }

    /// A proof in the task's own scope.
    fn search(
        &mut self,
        effort: usize,
        with_facts: bool,
        hints: &Hints,
        tight: &[Vec<f64>],
        clock: &mut Clock,
    ) -> Option<Node> {
        let memory = std::mem::take(&mut self.memory[usize::from(with_facts)]);
        if !with_facts {
            let mut search = Search::resumed(clock, hints, memory);
            let node = search.prove(&self.scope, &self.goal, self.claim, effort);
            self.memory[0] = search.into_memory();
            return node;
        }
        if self.enriched.is_none() {
            self.enriched = Some(enrich(&self.scope, &self.goal, hints, tight, clock));
        }
        let enriched = self.enriched.as_ref()?;
        if enriched.facts.is_empty() && tight.is_empty() {
            return None;
        }
        let mut search = Search::resumed(clock, &enriched.hints, memory);
        let mut node = search.prove(&enriched.scope, &self.goal, self.claim, effort.min(1));
        if node.is_none() && effort > 0 {
            self.own = self.own.take().or_else(|| {
                let kept = internal(&enriched.scope, &self.goal)?;
                let (scope, goal) = (&enriched.scope, self.goal.clone());
                let task = Self::restricted(scope, goal, self.claim, hints, kept, Vec::new());
                Some(Box::new(task))
            });
            if let Some(task) = &mut self.own {
                let mut round = |facts| task.attempt(effort, facts, hints, tight, search.clock);
                node = round(false).or_else(|| round(true));
            }
        }
        let node = node.or_else(|| search.prove(&enriched.scope, &self.goal, self.claim, effort));
        self.memory[1] = search.into_memory();
        node.map(|node| node.under(&enriched.facts))
    }

    /// A proof of each factor of the goal.
    fn by_factors(
        &mut self,
        effort: usize,
        with_facts: bool,
        hints: &Hints,
        clock: &mut Clock,
    ) -> Option<Node> {
        let (product, tasks) = self.product.as_mut()?;
        let mut proofs = Vec::new();
        for task in tasks {
            proofs.push(task.attempt(effort, with_facts, hints, &[], clock)?);
        }
        let length = self.scope.entries.len();
        let second = proofs.pop()?;
        let second = renumber(second, &|r| if r < length { r } else { r + 1 });
        Some(product.proof(self.claim, length, proofs.pop()?, second))
    }
}

/// The entries in the goal's variables alone, if others are in force too.
fn internal(scope: &Scope, goal: &Inequality) -> Option<Vec<usize>> {
    let names = goal.polynomial.occurring();
    let inside = |k: &usize| {
        let own = scope.entries[*k].inequality.polynomial.occurring();
        own.iter().all(|x| names.contains(x))
    };
    let kept: Vec<usize> = (0..scope.entries.len()).filter(inside).collect();
    (kept.len() < scope.entries.len()).then_some(kept)
}

/// The entries whose variables are connected with those of the goal.
fn relevant(full: &Scope, goal: &Inequality, hints: &Hints) -> Vec<usize> {
    let all = (0..full.entries.len()).collect();
    if full.samples.is_empty() || goal.polynomial.total_degree() == 0 {
        return all;
    }
    let occurring =
        |p: &Polynomial| -> Vec<String> { p.occurring().into_iter().map(str::to_owned).collect() };
    let mut reached: BTreeSet<String> = occurring(&goal.polynomial).into_iter().collect();
    for q in hints.splits.iter().chain(&hints.squares) {
        reached.extend(occurring(q));
    }
    loop {
        let before = reached.len();
        let touches = |names: &[String]| names.iter().any(|x| reached.contains(x));
        let more: Vec<String> = full
            .entries
            .iter()
            .map(|e| occurring(&e.inequality.polynomial))
            .filter(|names| touches(names))
            .flatten()
            .collect();
        reached.extend(more);
        if reached.len() == before {
            break;
        }
    }
    let keep = |k: &usize| {
        let names = occurring(&full.entries[*k].inequality.polynomial);
        names.iter().all(|x| reached.contains(x))
    };
    (0..full.entries.len()).filter(keep).collect()
}

/// The scope with candidate facts that can be proved at once.
fn enrich(
    plain: &Scope,
    goal: &Inequality,
    hints: &Hints,
    tight: &[Vec<f64>],
    clock: &mut Clock,
) -> Enriched {
    let (mut scope, mut facts) = (plain.clone(), Vec::new());
    for source in 0..5 {
        let mut candidates = match source {
            0 => pieces::factors(&scope),
            1 => chained(&scope),
            2 => theory::quantities(&scope),
            3 => pieces::parts(&scope, std::slice::from_ref(goal)).facts,
            _ => collapsing(&scope),
        };
        candidates.truncate(6);
        let time = Duration::from_millis(1_500);
        let (inner, more) =
            clock.within(time, |clock| established(&scope, &candidates, clock, hints));
        scope = inner;
        facts.extend(more);
    }
    let short = facts.iter().map(|(fact, _)| fact.polynomial.clone());
    let short: Vec<Polynomial> = short.filter(|q| q.len() == 2).take(2).collect();
    let mut richer = hints.clone();
    richer.squares.extend(vanishing(&scope, tight));
    richer.squares.extend(squares(&scope, &short));
    Enriched {
        scope,
        facts,
        hints: richer,
    }
}
