//! Shorter certificates: the fewest terms found in the time given, the terms of facts included.
//!
//! Every leaf is searched again for few terms in its own scope. For a claim the whole proof is also
//! tried anew: as one identity after at most two facts, the facts being short consequences of the
//! hypotheses (see [`super::facts`]) with their own shortest proofs.

use super::candidates::{Candidate, chained, collapsing, squares};
use super::clock::Clock;
use super::options::Options;
use super::pieces;
use super::products::Reach;
use super::prune::prune;
use super::sample::samples;
use super::scope::Scope;
use super::sparse::{self, Budget};
use super::theory;
use crate::certificate::{Certificate, Inequality, Node, Term};
use crate::polynomial::Polynomial;
use std::time::{Duration, Instant};

const REACH: Reach = Reach {
    factors: 6,
    extra: 0,
    foreign: 0,
    columns: 5_000,
};

/// The measure that is made small: terms first, then the digits of the coefficients.
fn size(node: &Node) -> (usize, u64) {
    fn bits(terms: &[Term]) -> u64 {
        let own = |t: &Term| t.coefficient.numer().bits() + t.coefficient.denom().bits();
        terms.iter().map(own).sum()
    }
    fn digits(node: &Node) -> u64 {
        match node {
            Node::Identity { terms, .. } | Node::Absurd { terms } => bits(terms),
            Node::Split { above, below, .. } => digits(above) + digits(below),
            Node::Fact { proof, then, .. } => digits(proof) + digits(then),
        }
    }
    (node.terms(), digits(node))
}

/// A certificate of the same statement with at most as many terms; checked before it is returned.
pub fn shorten(certificate: &Certificate, options: &Options, clock: &mut Clock) -> Certificate {
    let start = Instant::now();
    let statement = &certificate.statement;
    let mut scope = Scope::new(statement.variables(), statement.given());
    scope.samples = samples(&scope, 240, 4_000, 7);
    let count = u32::try_from(certificate.proofs.len()).unwrap_or(1).max(1);
    let share = options.shortening / count;
    let mut proofs = Vec::new();
    for (k, node) in certificate.proofs.iter().enumerate() {
        let end = Instant::now() + share;
        let mut best = prune(node.clone(), statement.given().len());
        if !statement.is_disjunction() && !certificate.vacuous {
            let goal = &statement.goals()[k];
            let whole = anew(&scope, goal, k, best.terms(), options, end, clock);
            if let Some(shorter) = whole.filter(|node| size(node) < size(&best)) {
                best = shorter;
            }
        }
        let goals = if certificate.vacuous {
            &[]
        } else {
            statement.goals()
        };
        let leaves = by_leaves(&scope, goals, best.clone(), end + share / 4, clock);
        let leaves = prune(leaves, statement.given().len());
        if size(&leaves) < size(&best) {
            best = leaves;
        }
        proofs.push(best);
    }
    let shorter = Certificate {
        proofs,
        ..certificate.clone()
    };
    let better = shorter.terms() <= certificate.terms() && shorter.check().is_ok();
    let why = if better {
        Ok(())
    } else {
        Err("nothing shorter")
    };
    clock.record("shortening", start, certificate.terms(), 0, why);
    if better { shorter } else { certificate.clone() }
}

/// Searches every leaf again in its own scope.
fn by_leaves(scope: &Scope, goals: &[Inequality], node: Node, end: Instant, clock: &Clock) -> Node {
    match node {
        Node::Identity {
            claim,
            multiplier,
            terms,
        } => {
            let budget = Budget {
                restarts: 6,
                bound: terms.len(),
                end,
            };
            let found = goals.get(claim).and_then(|goal| {
                let squares: Vec<Polynomial> =
                    terms.iter().filter_map(|t| t.square.clone()).collect();
                let plain = [3, 6].into_iter().find_map(|factors| {
                    let reach = Reach { factors, ..REACH };
                    sparse::search(scope, goal, &[], &squares, reach, budget, clock)
                });
                let plain = plain.map(|terms| (Vec::new(), terms));
                plain.or_else(|| {
                    let m = &multiplier;
                    let found = sparse::search(scope, goal, m, &squares, REACH, budget, clock)?;
                    Some((m.clone(), found))
                })
            });
            let (multiplier, terms) = found.unwrap_or((multiplier, terms));
            Node::Identity {
                claim,
                multiplier,
                terms,
            }
        }
        Node::Absurd { terms } => Node::Absurd { terms },
        Node::Split {
            on,
            strict,
            above,
            below,
        } => {
            let [upper, lower] = Inequality::cases(&on, strict);
            let above = by_leaves(&scope.with(upper, true), goals, *above, end, clock);
            let below = by_leaves(&scope.with(lower, true), goals, *below, end, clock);
            Node::Split {
                on,
                strict,
                above: Box::new(above),
                below: Box::new(below),
            }
        }
        Node::Fact { fact, proof, then } => {
            let own = std::slice::from_ref(&fact);
            let proof = by_leaves(scope, own, *proof, end, clock);
            let then = by_leaves(&scope.with(fact.clone(), false), goals, *then, end, clock);
            Node::Fact {
                fact,
                proof: Box::new(proof),
                then: Box::new(then),
            }
        }
    }
}

/// A fact with its shortest proof found.
struct Short {
    fact: Inequality,
    node: Node,
}

/// The goal as one identity after at most two facts.
fn anew(
    scope: &Scope,
    goal: &Inequality,
    claim: usize,
    known: usize,
    options: &Options,
    end: Instant,
    clock: &mut Clock,
) -> Option<Node> {
    let mut best: Option<Node> = None;
    let mut bound = known;
    let mut candidates: Vec<Candidate> = options
        .facts
        .iter()
        .cloned()
        .map(Candidate::given)
        .collect();
    candidates.extend(theory::quantities(scope));
    let mut parts = pieces::parts(scope, std::slice::from_ref(goal)).facts;
    parts.truncate(4);
    candidates.extend(parts);
    let mut collapse = collapsing(scope);
    collapse.truncate(5);
    let short: Vec<Polynomial> = collapse
        .iter()
        .map(|c| c.fact.polynomial.clone())
        .take(2)
        .collect();
    candidates.extend(collapse);
    candidates.extend(chained(scope));
    let mut list: Vec<Polynomial> = options.squares.clone();
    list.extend(squares(scope, &short));
    let list: Vec<Polynomial> = list
        .iter()
        .filter_map(|q| q.over(&scope.variables))
        .collect();
    // The facts with short proofs of their own.
    let mut facts: Vec<Short> = Vec::new();
    for candidate in candidates {
        let polynomial = candidate.fact.polynomial.over(&scope.variables)?;
        let fact = Inequality {
            polynomial,
            ..candidate.fact
        };
        if facts.iter().any(|f| f.fact == fact) {
            continue;
        }
        let most = candidate.proof.as_ref().map_or(6, Vec::len);
        let budget = Budget {
            restarts: 4,
            bound: most,
            end: end.min(Instant::now() + Duration::from_millis(300)),
        };
        let search = |factors| {
            let reach = Reach { factors, ..REACH };
            sparse::search(scope, &fact, &[], &[], reach, budget, clock)
        };
        let found = search(4).or_else(|| search(6));
        if let Some(terms) = found.or(candidate.proof) {
            let node = Node::Identity {
                claim: 0,
                multiplier: Vec::new(),
                terms,
            };
            facts.push(Short { fact, node });
        }
    }
    let mut subsets: Vec<Vec<usize>> = vec![Vec::new()];
    subsets.extend((0..facts.len()).map(|k| vec![k]));
    for i in 0..facts.len() {
        subsets.extend((i + 1..facts.len()).map(|j| vec![i, j]));
    }
    let cost = |subset: &[usize]| subset.iter().map(|&k| facts[k].node.terms()).sum::<usize>();
    let slot = end.saturating_duration_since(Instant::now()) / 12;
    for subset in subsets {
        let spent = cost(&subset);
        if spent + 1 >= bound || Instant::now() >= end || clock.over() {
            continue;
        }
        let mut inner = scope.clone();
        for &k in &subset {
            inner = inner.with(facts[k].fact.clone(), false);
        }
        let budget = Budget {
            restarts: 8,
            bound: bound - spent,
            end: end.min(Instant::now() + slot),
        };
        let mut room = budget.bound;
        let mut found = None;
        for factors in [2, 3, 4, 6] {
            for squares in [list.as_slice(), &[]] {
                let reach = Reach { factors, ..REACH };
                let terms = sparse::search(
                    &inner,
                    goal,
                    &[],
                    squares,
                    reach,
                    Budget {
                        bound: room,
                        ..budget
                    },
                    clock,
                );
                if let Some(terms) = terms {
                    room = terms.len();
                    found = Some(terms);
                }
            }
        }
        let Some(terms) = found else {
            continue;
        };
        let leaf = Node::Identity {
            claim,
            multiplier: Vec::new(),
            terms,
        };
        // Later facts see earlier ones in front of them: their own references stay below.
        let facts: Vec<(Inequality, Node)> = subset
            .iter()
            .map(|&k| (facts[k].fact.clone(), facts[k].node.clone()))
            .collect();
        let node = prune(leaf.under(&facts), scope.entries.len());
        bound = bound.min(node.terms());
        if best.as_ref().is_none_or(|b| size(&node) < size(b)) {
            best = Some(node);
        }
    }
    best
}
