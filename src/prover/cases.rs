//! Cases at the root: at the sign of a part of the statement, with facts of its own in each case.
//!
//! Unlike the splits inside a search ([`super::splits`]) both cases are treated as new problems:
//! sampled again, so that facts which hold only there are found.

use super::clock::Clock;
use super::disjunction::chains;
use super::pieces;
use super::sample::samples;
use super::scope::Scope;
use super::search::Hints;
use super::task::Task;
use crate::certificate::{Inequality, Node};
use crate::polynomial::Polynomial;
use std::time::{Duration, Instant};

/// At most so many polynomials are tried.
const MOST: usize = 5;

/// A proof by cases of one goal, or of several of which one has to hold.
pub fn search(
    scope: &Scope,
    goals: &[(usize, Inequality)],
    hints: &Hints,
    effort: usize,
    clock: &mut Clock,
) -> Option<Node> {
    let list: Vec<Inequality> = goals.iter().map(|(_, goal)| goal.clone()).collect();
    let splits = pieces::parts(scope, &list).splits;
    for on in splits.into_iter().take(MOST) {
        if clock.over() {
            return None;
        }
        let start = Instant::now();
        let time = Duration::from_secs(2 * effort as u64);
        let both = clock.within(time, |clock| {
            let above = case(scope, on.clone(), goals, hints, effort, clock)?;
            let below = case(scope, -on.clone(), goals, hints, effort, clock)?;
            Some((above, below))
        });
        let why = both.as_ref().map(|_| ()).ok_or("a case was not proved");
        clock.record("cases", start, 2, on.total_degree(), why);
        if let Some((above, below)) = both {
            return Some(Node::split(on, above, below));
        }
    }
    None
}

/// The case `q >= 0`.
fn case(
    scope: &Scope,
    q: Polynomial,
    goals: &[(usize, Inequality)],
    hints: &Hints,
    effort: usize,
    clock: &mut Clock,
) -> Option<Node> {
    let mut inner = scope.with(Inequality::non_negative(q), true);
    inner.samples = samples(&inner, 240, 6_000, 7);
    let rounds = [(0, false), (1, false), (1, true), (2, false), (2, true)];
    let rounds = rounds.into_iter().filter(|(e, _)| *e <= effort);
    if let [(claim, goal)] = goals {
        let mut task = Task::new(&inner, goal, *claim, hints);
        let mut rounds = rounds;
        let mut round = |(effort, facts)| task.attempt(effort, facts, hints, &[], clock);
        return rounds.find_map(&mut round);
    }
    let mut alone: Vec<Task> = Vec::new();
    for (claim, goal) in goals {
        alone.push(Task::new(&inner, goal, *claim, hints));
    }
    let mut chains = chains(&inner, goals, hints);
    let length = inner.entries.len();
    for (effort, facts) in rounds {
        for task in &mut alone {
            if let Some(node) = task.attempt(effort, facts, hints, &[], clock) {
                return Some(node);
            }
        }
        for chain in &mut chains {
            if let Some(node) = chain.attempt(length, effort, facts, hints, clock) {
                return Some(node);
            }
        }
    }
    None
}
