//! Intermediate facts: inequalities that are proved first and then stand among the hypotheses.

use super::candidates::Candidate;
use super::clock::Clock;
use super::scope::Scope;
use super::search::{Hints, Search};
use crate::certificate::{Inequality, Node};

/// Proves the candidates one after another; those that are proved join the scope in order.
pub fn established(
    scope: &Scope,
    candidates: &[Candidate],
    clock: &mut Clock,
    hints: &Hints,
) -> (Scope, Vec<(Inequality, Node)>) {
    let mut inner = scope.clone();
    let mut facts = Vec::new();
    for candidate in candidates {
        let Some(polynomial) = candidate.fact.polynomial.over(&scope.variables) else {
            continue;
        };
        let mut fact = Inequality {
            polynomial,
            strict: candidate.fact.strict,
        };
        let node = match &candidate.proof {
            Some(terms) => Some(Node::Identity {
                claim: 0,
                multiplier: Vec::new(),
                terms: terms.clone(),
            }),
            None => {
                let node = Search::new(clock, hints).prove(&inner, &fact, 0, 2);
                node.or_else(|| {
                    if !(candidate.weaker && fact.strict) {
                        return None;
                    }
                    fact.strict = false;
                    Search::new(clock, hints).prove(&inner, &fact, 0, 1)
                })
            }
        };
        if let Some(node) = node {
            inner = inner.with(fact.clone(), false);
            facts.push((fact, node));
        }
    }
    (inner, facts)
}
