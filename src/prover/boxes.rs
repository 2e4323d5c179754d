//! Interval branch and prune: boxes of the domain in which the sign of the claim stays undecided.
//!
//! Used only to say *where* a search got stuck. A box is dropped when an interval evaluation shows
//! that a hypothesis fails or the claim holds in all of it; it is halved otherwise.

use super::clock::Clock;
use super::sample::samples;
use super::scope::Scope;
use crate::certificate::{Inequality, Statement};
use crate::number::Interval;
use std::time::Instant;

/// How the subdivision ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Subdivision {
    /// Boxes looked at.
    pub looked_at: usize,
    /// Boxes in which neither the claim nor its failure was shown.
    pub undecided: usize,
    /// The widest of them: variable and ends.
    pub example: Option<Vec<(String, f64, f64)>>,
}

/// Subdivides a box around sample points of the domain, at most `limit` boxes.
///
/// # What this does not mean
/// No undecided box is no proof: the box is taken around samples, not around the whole domain.
pub fn subdivide(statement: &Statement, limit: usize, clock: &mut Clock) -> Option<Subdivision> {
    let start = Instant::now();
    let scope = Scope::new(statement.variables(), statement.given());
    let points = samples(&scope, 400, 8_000, 5);
    let first = points.first()?;
    let mut hull: Vec<(f64, f64)> = first.iter().map(|x| (*x, *x)).collect();
    for point in points.iter() {
        for ((low, high), x) in hull.iter_mut().zip(point) {
            (*low, *high) = (low.min(*x), high.max(*x));
        }
    }
    let names = statement.variables();
    let enclosure = |inequality: &Inequality, cell: &[(f64, f64)]| {
        let at = |name: &str| {
            let k = names.iter().position(|v| v == name)?;
            Interval::new(cell[k].0, cell[k].1)
        };
        let value = inequality.polynomial.evaluate(at);
        value.unwrap_or(Interval::WHOLE)
    };
    let sizes: Vec<f64> = hull.iter().map(|(l, h)| (h - l).max(1e-300)).collect();
    let mut queue = std::collections::VecDeque::from([hull.clone()]);
    let (mut looked_at, mut undecided, mut example) = (0, 0, None);
    while let Some(cell) = queue.pop_front() {
        looked_at += 1;
        let outside = statement.given().iter().any(|h| enclosure(h, &cell).is_negative());
        let mut goals = statement.goals().iter().map(|g| enclosure(g, &cell).is_positive());
        let holds = if statement.is_disjunction() {
            goals.any(|positive| positive)
        } else {
            goals.all(|positive| positive)
        };
        if outside || holds {
            continue;
        }
        if looked_at + queue.len() >= limit || clock.over() {
            undecided += 1;
            if example.is_none() {
                let ends = names.iter().cloned().zip(&cell);
                example = Some(ends.map(|(n, (l, h))| (n, *l, *h)).collect());
            }
            continue;
        }
        let widest = (0..cell.len()).max_by(|&i, &j| {
            let width = |k: usize| (cell[k].1 - cell[k].0) / sizes[k];
            width(i).total_cmp(&width(j))
        })?;
        let (low, high) = cell[widest];
        let middle = 0.5 * (low + high);
        for half in [(low, middle), (middle, high)] {
            let mut next = cell.clone();
            next[widest] = half;
            queue.push_back(next);
        }
    }
    let why = if undecided == 0 { Ok(()) } else { Err("boxes stayed undecided") };
    clock.record("boxes", start, looked_at, 0, why);
    Some(Subdivision {
        looked_at,
        undecided,
        example,
    })
}

/// The first undecided box in words.
pub fn undecided(statement: &Statement, limit: usize, clock: &mut Clock) -> Option<String> {
    let result = subdivide(statement, limit, clock)?;
    let example = result.example?;
    let ends: Vec<String> = example
        .iter()
        .map(|(name, low, high)| format!("{name} in [{low:.4}, {high:.4}]"))
        .collect();
    Some(format!(
        "{} of {} boxes, among them {}",
        result.undecided,
        result.looked_at,
        ends.join(", ")
    ))
}
