//! Interval branch and prune: boxes of the domain in which the sign of the claim stays undecided.
//!
//! Used only to say *where* a search got stuck. A box is dropped when an interval evaluation shows
//! that a hypothesis fails or the claim holds in all of it; it is halved otherwise, the widest first.

use super::clock::Clock;
use super::sample::samples;
use super::scope::Scope;
use crate::certificate::{Inequality, Statement};
use crate::number::Interval;
use std::collections::VecDeque;
use std::time::Instant;

/// A box: the ends of each variable, in the statement's order.
pub type Cell = Vec<(f64, f64)>;

/// How the subdivision ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The statement's variables.
    pub variables: Vec<String>,
    /// Boxes looked at.
    pub looked_at: usize,
    /// Boxes in which neither the claim nor its failure was shown, the widest first.
    pub undecided: Vec<Cell>,
}

impl Report {
    /// How many boxes are undecided, with the first of them; `None` if there is none.
    pub fn words(&self) -> Option<String> {
        let first = self.undecided.first()?;
        let ends = self.variables.iter().zip(first);
        let ends = ends.map(|(name, (low, high))| format!("{name} in [{low:.4}, {high:.4}]"));
        let ends: Vec<String> = ends.collect();
        let count = self.undecided.len();
        Some(format!(
            "{count} box{} of {}, among them {}",
            if count == 1 { "" } else { "es" },
            self.looked_at,
            ends.join(", ")
        ))
    }
}

/// Subdivides a box around sample points of the domain, at most `limit` boxes. The claim is that all
/// `goals` hold, or that one does where the statement is a disjunction. `None` without a sample.
///
/// # What this does not mean
/// No undecided box is no proof: the box is taken around samples, not around the whole domain, and
/// an undecided box need not contain a point where the claim fails.
pub fn undecided(
    statement: &Statement,
    goals: &[Inequality],
    limit: usize,
    clock: &mut Clock,
) -> Option<Report> {
    let start = Instant::now();
    let whole = hull(statement)?;
    let names = statement.variables();
    let enclosure = |inequality: &Inequality, cell: &Cell| {
        let at = |name: &str| {
            let k = names.iter().position(|v| v == name)?;
            Interval::new(cell[k].0, cell[k].1)
        };
        let value = inequality.polynomial.evaluate(at);
        value.unwrap_or(Interval::WHOLE)
    };
    let fails = |h: &Inequality, cell: &Cell| enclosure(h, cell).is_negative();
    let holds = |g: &Inequality, cell: &Cell| {
        let value = enclosure(g, cell);
        value.is_positive() || !g.strict && value.lower() >= 0.0
    };
    let sizes: Vec<f64> = whole.iter().map(|(l, h)| (h - l).max(1e-300)).collect();
    let mut queue = VecDeque::from([whole]);
    let (mut looked_at, mut undecided) = (0, Vec::new());
    while let Some(cell) = queue.pop_front() {
        looked_at += 1;
        let outside = statement.given().iter().any(|h| fails(h, &cell));
        let mut list = goals.iter().map(|g| holds(g, &cell));
        let decided = outside
            || if statement.is_disjunction() {
                list.any(|holds| holds)
            } else {
                list.all(|holds| holds)
            };
        if decided {
            continue;
        }
        if looked_at + queue.len() >= limit || clock.over() {
            undecided.push(cell);
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
    let why = if undecided.is_empty() {
        Ok(())
    } else {
        Err("boxes stayed undecided")
    };
    clock.record("boxes", start, looked_at, 0, why);
    Some(Report {
        variables: names.to_vec(),
        looked_at,
        undecided,
    })
}

/// The smallest box around sample points of the domain.
fn hull(statement: &Statement) -> Option<Cell> {
    let scope = Scope::new(statement.variables(), statement.given());
    let points = samples(&scope, 400, 8_000, 5);
    let mut hull: Cell = points.first()?.iter().map(|x| (*x, *x)).collect();
    for point in points.iter() {
        for ((low, high), x) in hull.iter_mut().zip(point) {
            (*low, *high) = (low.min(*x), high.max(*x));
        }
    }
    Some(hull)
}
