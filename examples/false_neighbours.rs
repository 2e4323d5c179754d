//! How well the false neighbours hide: for every statement of `proofs/false/`, the share of uniform random points of
//! its domain at which the (false) claim holds.
//!
//! ```text
//! cargo run --release --example false_neighbours [points, 1000000] > docs/compare/false-neighbours.md
//! ```
//!
//! Points are uniform in the smallest box with constant sides that contains the domain; those outside the domain are
//! rejected. Signs are taken in `f64` where the value is clear of rounding, and otherwise from the exact value at the same
//! point (an `f64` is a rational). The seed is fixed.
//!
//! Exits with an error if fewer than 8 statements hold at 99.9 % of the points.

use num_traits::{Signed, Zero};
use std::error::Error;
use std::fs;
use std::path::Path;
use tauber::certificate::{Inequality, Statement};
use tauber::number::{Rational, rational_from_f64};
use tauber::prover::floats::FloatPolynomial;
use tauber::prover::sample::Random;
use tauber::prover::scope::Scope;
use tauber::prover::sides::enclosed;

const SEED: u64 = 20_240_611;

/// Rounding errors stay below this multiple of the sum of the absolute values of the terms.
const CLEAR: f64 = 1e-12;

/// An inequality with its rounded polynomial.
struct Relation {
    exact: Inequality,
    float: FloatPolynomial,
}

impl Relation {
    fn new(inequality: &Inequality) -> Self {
        Self {
            exact: inequality.clone(),
            float: FloatPolynomial::new(&inequality.polynomial),
        }
    }

    /// Whether it holds at the point, and whether that took exact evaluation.
    fn holds(&self, names: &[String], point: &[f64]) -> Result<(bool, bool), Box<dyn Error>> {
        let (value, size) = self.float.value(point);
        if value.abs() > CLEAR * size {
            return Ok((value > 0.0, false));
        }
        let at = |name: &str| -> Option<Rational> {
            let place = names.iter().position(|v| v == name)?;
            rational_from_f64(point[place])
        };
        let value = self
            .exact
            .polynomial
            .evaluate(at)
            .map_err(|e| e.to_string())?;
        let holds = value.is_positive() || value.is_zero() && !self.exact.strict;
        Ok((holds, true))
    }
}

/// What was counted for one statement.
struct Count {
    drawn: u64,
    inside: u64,
    holding: u64,
    exact: u64,
}

/// Counts; `None` where the domain has no box around it.
fn measure(statement: &Statement, points: u64) -> Result<Option<Count>, Box<dyn Error>> {
    let names = statement.variables();
    let scope = Scope::new(names, statement.given());
    let all: Vec<usize> = (0..names.len()).collect();
    let Some((_, _, axes)) = enclosed(&scope, &all) else {
        return Ok(None);
    };
    let float = tauber::number::rational_to_f64;
    let ends: Vec<(usize, f64, f64)> = axes
        .iter()
        .map(|axis| {
            (
                axis.variable,
                float(&axis.low.value),
                float(&axis.high.value),
            )
        })
        .collect();
    let given: Vec<Relation> = statement.given().iter().map(Relation::new).collect();
    let goals: Vec<Relation> = statement.goals().iter().map(Relation::new).collect();
    let mut random = Random::new(SEED);
    let mut point = vec![0.0; names.len()];
    let mut count = Count {
        drawn: 0,
        inside: 0,
        holding: 0,
        exact: 0,
    };
    while count.inside < points {
        count.drawn += 1;
        if count.drawn > 1_000 * points {
            return Err("the domain is too small a part of its box".into());
        }
        for (variable, low, high) in &ends {
            point[*variable] = low + random.unit() * (high - low);
        }
        let mut inside = true;
        for relation in &given {
            let (holds, exact) = relation.holds(names, &point)?;
            count.exact += u64::from(exact);
            inside &= holds;
            if !inside {
                break;
            }
        }
        if !inside {
            continue;
        }
        count.inside += 1;
        let (mut any, mut every) = (false, true);
        for goal in &goals {
            let (holds, exact) = goal.holds(names, &point)?;
            count.exact += u64::from(exact);
            any |= holds;
            every &= holds;
        }
        let holds = if statement.is_disjunction() {
            any
        } else {
            every
        };
        count.holding += u64::from(holds);
    }
    Ok(Some(count))
}

fn main() -> Result<(), Box<dyn Error>> {
    let points: u64 = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 1_000_000,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new("proofs/false"))? {
        files.push(entry?.path());
    }
    files.sort();
    let (mut rows, mut unbounded) = (Vec::new(), Vec::new());
    for path in files {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let statement = Statement::from_toml(&fs::read_to_string(&path)?)?;
        let count = measure(&statement, points).map_err(|error| format!("{name}: {error}"))?;
        match count {
            Some(count) => rows.push((name, count)),
            None => unbounded.push(name),
        }
    }
    rows.sort_by_key(|(name, count)| (std::cmp::Reverse(count.holding), name.clone()));
    let hidden = rows
        .iter()
        .filter(|(_, c)| 1_000 * c.holding >= 999 * c.inside)
        .count();
    println!("# False neighbours at random points\n");
    println!(
        "Generated by `cargo run --release --example false_neighbours {points}`; do not edit.\n"
    );
    println!(
        "For each file of `proofs/false/`: {points} uniform random points of the domain (drawn in the smallest box with constant sides\n\
         around it, those outside rejected; seed {SEED}), and at how many of them the claim, which is false, holds. Signs are those of exact\n\
         values wherever `f64` is not clear of rounding. The share says nothing about truth: every statement below is refuted at an exact point.\n"
    );
    println!(
        "{hidden} of {} hold at 99.9 % of the points or more.\n",
        rows.len()
    );
    println!(
        "| statement | fails at | holds at | drawn | exact evaluations |\n|---|---|---|---|---|"
    );
    for (name, c) in &rows {
        let share = 100.0 * c.holding as f64 / c.inside as f64;
        let fails = c.inside - c.holding;
        println!(
            "| {name} | {fails} | {share:.4} % | {} | {} |",
            c.drawn, c.exact
        );
    }
    if !unbounded.is_empty() {
        println!(
            "\nNot measured, because no box encloses the domain: {}.",
            unbounded.join(", ")
        );
    }
    if hidden < 8 {
        return Err(format!("only {hidden} hold at 99.9 % of the points").into());
    }
    Ok(())
}
