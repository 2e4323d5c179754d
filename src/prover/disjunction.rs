//! Disjunctions: at each point one of several goals holds.
//!
//! Each goal is tried alone, and with the failure of all others as hypotheses; otherwise cases are distinguished at one goal's own polynomial, where
//! the upper case is done and the lower case helps the rest.

use super::clock::Clock;
use super::scope::Scope;
use super::search::{Hints, Search};
use super::splits;
use super::task::Task;
use crate::certificate::{Inequality, Node, Term};
use crate::number::Ring;

/// A disjunction as cases: every goal but one fails, which leaves one claim.
#[derive(Debug)]
pub struct Chain {
    others: Vec<(usize, Inequality)>,
    task: Task,
}

/// One chain for each goal that may be left.
pub fn chains(scope: &Scope, goals: &[(usize, Inequality)], hints: &Hints) -> Vec<Chain> {
    let mut list = Vec::new();
    for (last, goal) in goals.iter().take(4) {
        let others = goals.iter().filter(|(k, _)| k != last).cloned();
        let others: Vec<_> = others.collect();
        let mut inner = scope.clone();
        for (_, other) in &others {
            inner = inner.with(contrary(other), true);
        }
        let task = Task::new(&inner, goal, *last, hints);
        list.push(Chain { others, task });
    }
    list
}

impl Chain {
    /// One round of the search; `length` is the number of entries outside.
    pub fn attempt(
        &mut self,
        length: usize,
        effort: usize,
        with_facts: bool,
        hints: &Hints,
        clock: &mut Clock,
    ) -> Option<Node> {
        let mut node = self.task.attempt(effort, with_facts, hints, &[], clock)?;
        for (place, (claim, goal)) in self.others.iter().enumerate().rev() {
            node = cases(*claim, goal, length + place, node);
        }
        Some(node)
    }
}

/// What holds where the goal fails.
fn contrary(goal: &Inequality) -> Inequality {
    Inequality {
        polynomial: -goal.polynomial.clone(),
        strict: !goal.strict,
    }
}

/// Where the goal holds it is the hypothesis `reference`; elsewhere `otherwise`.
fn cases(claim: usize, goal: &Inequality, reference: usize, otherwise: Node) -> Node {
    let holds = Box::new(Node::Identity {
        claim,
        multiplier: Vec::new(),
        terms: vec![Term {
            coefficient: Ring::one(),
            factors: vec![(reference, 1)],
            square: None,
        }],
    });
    let (q, otherwise) = (goal.polynomial.clone(), Box::new(otherwise));
    if goal.strict {
        Node::Split {
            on: q,
            strict: true,
            above: holds,
            below: otherwise,
        }
    } else {
        Node::Split {
            on: -q,
            strict: true,
            above: otherwise,
            below: holds,
        }
    }
}

/// A proof of `goals[0] or goals[1] or ...` (each with its claim number).
pub fn prove_any(
    search: &mut Search<'_>,
    scope: &Scope,
    goals: &[(usize, Inequality)],
    effort: usize,
    depth: usize,
) -> Option<Node> {
    for (claim, goal) in goals {
        if let Some(node) = search.prove(scope, goal, *claim, effort) {
            return Some(node);
        }
    }
    if depth == 0 || search.clock.over() {
        return None;
    }
    if goals.len() > 1 {
        for (k, (claim, goal)) in goals.iter().enumerate() {
            let rest = goals.iter().enumerate().filter(|(j, _)| *j != k);
            let rest: Vec<_> = rest.map(|(_, g)| g.clone()).collect();
            let inner = scope.with(contrary(goal), true);
            let Some(node) = prove_any(search, &inner, &rest, effort, depth - 1) else {
                continue;
            };
            return Some(cases(*claim, goal, scope.entries.len(), node));
        }
    }
    if effort > 0 {
        let first = &goals.first()?.1;
        for on in splits::candidates(scope, first, &search.hints.splits.clone(), effort) {
            let above = scope.with(Inequality::non_negative(on.clone()), true);
            let Some(above) = prove_any(search, &above, goals, effort - 1, depth - 1) else {
                continue;
            };
            let below = scope.with(Inequality::non_negative(-on.clone()), true);
            if let Some(below) = prove_any(search, &below, goals, effort - 1, depth - 1) {
                return Some(Node::split(on, above, below));
            }
        }
    }
    None
}
