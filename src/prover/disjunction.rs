//! Disjunctions: at each point one of several goals holds.
//!
//! Each goal is tried alone; otherwise cases are distinguished at one goal's own polynomial, where
//! the upper case is done and the lower case helps the rest.

use super::scope::Scope;
use super::search::Search;
use super::splits;
use crate::certificate::{Inequality, Node, Term};
use crate::number::Ring;

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
    let term = |reference| {
        vec![Term {
            coefficient: Ring::one(),
            factors: vec![(reference, 1)],
            square: None,
        }]
    };
    if goals.len() > 1 {
        for (k, (claim, goal)) in goals.iter().enumerate() {
            let rest = goals.iter().enumerate().filter(|(j, _)| *j != k);
            let rest: Vec<_> = rest.map(|(_, g)| g.clone()).collect();
            let leaf = |reference| Node::Identity {
                claim: *claim,
                multiplier: Vec::new(),
                terms: term(reference),
            };
            let here = scope.entries.len();
            let q = goal.polynomial.clone();
            // The case where the goal fails is -q >= 0 (strict goal) or -q > 0 (weak goal).
            let lower = Inequality {
                polynomial: -q.clone(),
                strict: !goal.strict,
            };
            let inner = scope.with(lower, true);
            let Some(node) = prove_any(search, &inner, &rest, effort, depth - 1) else {
                continue;
            };
            return Some(if goal.strict {
                Node::Split {
                    on: q,
                    strict: true,
                    above: Box::new(leaf(here)),
                    below: Box::new(node),
                }
            } else {
                Node::Split {
                    on: -q,
                    strict: true,
                    above: Box::new(node),
                    below: Box::new(leaf(here)),
                }
            });
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
                return Some(Node::Split {
                    on,
                    strict: false,
                    above: Box::new(above),
                    below: Box::new(below),
                });
            }
        }
    }
    None
}
