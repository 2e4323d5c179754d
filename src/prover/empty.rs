//! Domains without points: a hypothesis contradicted by the others.
//!
//! When no sample satisfies all hypotheses, one of them, h, is taken as refuted: `-h >= 0` (or
//! `-h > 0` where h is weak) is proved from the others, and `h + (-h) = 0` closes the branch.

use super::clock::Clock;
use super::renumber::renumber;
use super::sample::samples;
use super::scope::Scope;
use super::search::{Hints, Search};
use super::task::Task;
use crate::certificate::{Inequality, Node, Term};
use crate::number::Ring;

/// A proof that no point satisfies all entries of the scope.
pub fn search(scope: &Scope, hints: &Hints, effort: usize, clock: &mut Clock) -> Option<Node> {
    let mut plain = Search::new(clock, hints);
    if let Some(terms) = plain.absurd(scope, effort.saturating_sub(1)) {
        return Some(Node::Absurd { terms });
    }
    let n = scope.entries.len();
    let mut order: Vec<usize> = (0..n).collect();
    let weight = |k: usize| {
        let p = &scope.entries[k].inequality.polynomial;
        (p.total_degree(), p.len())
    };
    order.sort_by_key(|&k| std::cmp::Reverse(weight(k)));
    for k in order {
        if clock.over() {
            return None;
        }
        let mut others = scope.clone();
        let removed = others.entries.remove(k).inequality;
        others.samples = samples(&others, 240, 4_000, 7);
        let contrary = Inequality {
            polynomial: -removed.polynomial.clone(),
            strict: !removed.strict,
        };
        // Without samples the others would be empty already: they are tried in their own turn.
        if others.samples.is_empty() {
            continue;
        }
        let mut task = Task::new(&others, &contrary, 0, hints);
        let proof = [false, true]
            .into_iter()
            .find_map(|with_facts| task.attempt(effort, with_facts, hints, &[], clock));
        if let Some(proof) = proof {
            let proof = renumber(proof, &|r| if r < k { r } else { r + 1 });
            let term = |reference| Term {
                coefficient: Ring::one(),
                factors: vec![(reference, 1)],
                square: None,
            };
            return Some(Node::Fact {
                fact: contrary,
                proof: Box::new(proof),
                then: Box::new(Node::Absurd {
                    terms: vec![term(k), term(n)],
                }),
            });
        }
    }
    None
}
