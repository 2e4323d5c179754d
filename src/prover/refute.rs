//! The refuter: a rational point of the domain where the claim fails, evaluated exactly.
//!
//! Random addresses of the domain, many near its corners, then a descent in `f64` from the lowest
//! points (each coordinate of the address moves towards the faces by factors and inside by steps),
//! then roundings to short rationals, then exact evaluation. Only the last step decides.

use super::clock::Clock;
use super::floats::{FloatPolynomial, short_rational};
use super::sample::{Random, Sampler};
use super::scope::Scope;
use crate::certificate::{Inequality, Statement, Witness};
use crate::number::{Rational, rational_from_f64};
use crate::polynomial::Polynomial;
use num_traits::{Signed, Zero};
use std::collections::BTreeMap;
use std::time::Instant;

/// How much work one call may do.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Random addresses.
    pub addresses: usize,
    /// From how many of the lowest points a descent starts.
    pub descents: usize,
    /// Seed of the addresses.
    pub seed: u64,
}

impl Effort {
    /// Some milliseconds.
    pub const QUICK: Self = Self {
        addresses: 400,
        descents: 6,
        seed: 1,
    };
    /// Some tenths of a second.
    pub const THOROUGH: Self = Self {
        addresses: 30_000,
        descents: 80,
        seed: 2,
    };
}

struct Target<'a> {
    statement: &'a Statement,
    goals: Vec<FloatPolynomial>,
    given: Vec<FloatPolynomial>,
    sampler: Sampler,
    /// The only goal looked at.
    only: Option<usize>,
}

impl<'a> Target<'a> {
    fn new(statement: &'a Statement) -> Self {
        let scope = Scope::new(statement.variables(), statement.given());
        let floats = |list: &[Inequality]| {
            let round = |i: &Inequality| FloatPolynomial::new(&i.polynomial);
            list.iter().map(round).collect()
        };
        Self {
            statement,
            goals: floats(statement.goals()),
            given: floats(statement.given()),
            sampler: Sampler::new(&scope),
            only: None,
        }
    }

    /// Relative height of the claim at an address: negative where it fails, infinite outside the domain.
    fn height(&self, address: &[f64]) -> f64 {
        let Some(point) = self.sampler.point(address) else {
            return f64::INFINITY;
        };
        self.height_at(&point)
    }

    fn height_at(&self, point: &[f64]) -> f64 {
        for g in &self.given {
            let (value, size) = g.value(point);
            if value.is_nan() || value < -1e-15 * size {
                return f64::INFINITY;
            }
        }
        let goals = self.goals.iter().enumerate();
        let goals = goals.filter(|(k, _)| self.only.is_none_or(|only| only == *k));
        let heights = goals.map(|(_, goal)| {
            let (value, size) = goal.value(point);
            if size > 0.0 { value / size } else { 0.0 }
        });
        if self.statement.is_disjunction() {
            heights.fold(f64::NEG_INFINITY, f64::max)
        } else {
            heights.fold(f64::INFINITY, f64::min)
        }
    }

    fn descend(
        &self,
        start: &[f64],
        budget: usize,
        random: &mut Random,
        clock: &Clock,
    ) -> Vec<f64> {
        let mut best = start.to_vec();
        let mut height = self.height(&best);
        let mut used = 0;
        let mut step = 0.25;
        while used < budget && step > 1e-7 && !clock.over() {
            let mut moved = false;
            for k in 0..best.len() {
                let u = best[k];
                let moves = [
                    u * (1.0 - step),
                    1.0 - (1.0 - u) * (1.0 - step),
                    u * 0.1,
                    1.0 - (1.0 - u) * 0.1,
                    u + step * (0.5 - u).signum() * 0.5,
                    u - step * 0.5,
                    u + step * 0.5,
                    0.0,
                    1.0,
                ];
                for value in moves {
                    if !(0.0..=1.0).contains(&value) {
                        continue;
                    }
                    let mut trial = best.clone();
                    trial[k] = value;
                    let h = self.height(&trial);
                    used += 1;
                    if h < height {
                        (best, height, moved) = (trial, h, true);
                    }
                }
            }
            // Along no axis: random directions, finer near the faces.
            for _ in 0..if moved { 0 } else { 24 } {
                let trial: Vec<f64> = best
                    .iter()
                    .map(|u| {
                        let room = u * (1.0 - u) + 0.01 * step;
                        let kick = 4.0 * step * (random.unit() - 0.5) * (1.0 + random.unit());
                        (u + kick * room).clamp(0.0, 1.0)
                    })
                    .collect();
                let h = self.height(&trial);
                used += 1;
                if h < height {
                    (best, height, moved) = (trial, h, true);
                }
            }
            if !moved {
                step *= 0.5;
            }
        }
        best
    }

    /// Exact evaluation: a witness if the point is in the domain and the claim fails there.
    fn exact(&self, point: &[Rational]) -> Option<Witness> {
        let names = self.statement.variables();
        let value = |p: &Polynomial| {
            let at = |name: &str| {
                let place = names.iter().position(|v| v == name)?;
                Some(point[place].clone())
            };
            p.evaluate(at).ok()
        };
        for given in self.statement.given() {
            let v = value(&given.polynomial)?;
            if v.is_negative() || given.strict && v.is_zero() {
                return None;
            }
        }
        let mut values = Vec::new();
        for (k, goal) in self.statement.goals().iter().enumerate() {
            let v = value(&goal.polynomial)?;
            if v.is_negative() || goal.strict && v.is_zero() {
                values.push((k, v));
                if !self.statement.is_disjunction() {
                    break;
                }
            } else if self.statement.is_disjunction() {
                return None;
            }
        }
        (!values.is_empty()).then(|| Witness {
            point: names.iter().cloned().zip(point.iter().cloned()).collect(),
            values,
        })
    }

    /// Tries the point at an address with short rationals first, then the exact `f64`s.
    fn round(&self, address: &[f64]) -> Option<Witness> {
        let point = self.sampler.point(address)?;
        for tolerance in [3e-2, 1e-3, 1e-5, 1e-8, 1e-12] {
            let rounded: Option<Vec<Rational>> = point
                .iter()
                .map(|x| short_rational(*x, tolerance * x.abs().max(1e-3)))
                .collect();
            if let Some(witness) = self.exact(&rounded?) {
                return Some(witness);
            }
        }
        let exact: Option<Vec<Rational>> = point.iter().map(|x| rational_from_f64(*x)).collect();
        self.exact(&exact?)
    }
}

/// Looks for a counterexample: of all goals at once, then, in a conjunction, of each goal alone, so
/// that one that comes close to zero somewhere does not hide the others.
///
/// # What this does not mean
/// `None` means that none was found: the claim may still be false.
pub fn refute(statement: &Statement, effort: Effort, clock: &mut Clock) -> Option<Witness> {
    let mut target = Target::new(statement);
    let witness = lowest(&target, effort, clock);
    let goals = statement.goals().len();
    if witness.is_some() || statement.is_disjunction() || goals < 2 {
        return witness;
    }
    let share = Effort {
        addresses: effort.addresses / goals,
        descents: effort.descents / goals + 1,
        ..effort
    };
    (0..goals).find_map(|k| {
        target.only = Some(k);
        lowest(&target, share, clock)
    })
}

/// The exact evaluation at the lowest points found.
fn lowest(target: &Target<'_>, effort: Effort, clock: &mut Clock) -> Option<Witness> {
    let start = Instant::now();
    let mut random = Random::new(effort.seed);
    // The lowest points of each orthant of the cube of addresses: one deep corner must not hide
    // the others.
    let mut cells: BTreeMap<u64, Vec<(f64, Vec<f64>)>> = BTreeMap::new();
    let mut looked_at = 0;
    for k in 0..effort.addresses {
        if k % 64 == 0 && clock.over() {
            break;
        }
        let corners = [0.0, 0.3, 0.6, 1.0][k % 4];
        let address = target.sampler.address(&mut random, corners);
        let height = target.height(&address);
        looked_at += 1;
        if height.is_finite() {
            let sides = address.iter().enumerate();
            let cell = sides.fold(0, |c, (i, u)| c | u64::from(*u > 0.5) << i);
            let cell = cells.entry(cell).or_default();
            cell.push((height, address));
            if cell.len() > 64 {
                cell.sort_by(|x, y| x.0.total_cmp(&y.0));
                cell.truncate(16);
            }
        }
    }
    let mut lowest: Vec<(usize, f64, Vec<f64>)> = Vec::new();
    for mut cell in cells.into_values() {
        cell.sort_by(|x, y| x.0.total_cmp(&y.0));
        let ranked = cell.into_iter().take(16).enumerate();
        lowest.extend(ranked.map(|(rank, (height, address))| (rank, height, address)));
    }
    lowest.sort_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let mut witness = None;
    for (_, _, address) in lowest.iter().filter(|low| low.1 <= 1e-12).take(24) {
        witness = witness.or_else(|| target.round(address));
    }
    for (_, _, address) in lowest.iter().take(effort.descents) {
        if witness.is_some() || clock.over() {
            break;
        }
        let low = target.descend(address, 4_000, &mut random, clock);
        looked_at += 1;
        if target.height(&low) <= 1e-9 {
            witness = target.round(&low);
        }
    }
    let degree = target
        .statement
        .goals()
        .iter()
        .map(|g| g.polynomial.total_degree())
        .max();
    let why = if witness.is_some() {
        Ok(())
    } else {
        Err("no violation found")
    };
    clock.record("refuter", start, looked_at, degree.unwrap_or(0), why);
    witness
}

/// Points of the domain where the claim seems to be tight (relative height below 1e-6): at an
/// interior one, a proof needs squares that vanish there. Estimates.
pub fn tight_points(statement: &Statement, clock: &Clock) -> Vec<Vec<f64>> {
    let target = Target::new(statement);
    let mut random = Random::new(17);
    let mut points = Vec::new();
    for _ in 0..8 {
        if clock.over() {
            break;
        }
        let start = target.sampler.address(&mut random, 0.0);
        let low = target.descend(&start, 1_500, &mut random, clock);
        if target.height(&low).abs() < 1e-6 {
            points.extend(target.sampler.point(&low));
        }
    }
    points
}

/// Of `count` random points of the domain (each variable uniform between the bounds that the
/// earlier ones leave it), how many satisfy the claim: (points, of which the claim holds at).
///
/// # What this does not mean
/// These are float evaluations at random points: a share of 1 proves nothing.
pub fn share_holding(statement: &Statement, count: usize, seed: u64) -> (usize, usize) {
    let target = Target::new(statement);
    let mut random = Random::new(seed);
    let (mut inside, mut holding) = (0, 0);
    for _ in 0..2 * count {
        if inside == count {
            break;
        }
        let height = target.height(&target.sampler.address(&mut random, 0.0));
        if height.is_finite() {
            inside += 1;
            holding += usize::from(height >= 0.0);
        }
    }
    (inside, holding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    #[test]
    fn convergents_are_short() {
        let q = |t: &str| parse_rational(t).unwrap();
        assert_eq!(short_rational(0.333_34, 1e-3), Some(q("1/3")));
        assert_eq!(short_rational(1.01, 1e-9), Some(q("101/100")));
        assert_eq!(short_rational(-0.999, 1e-9), Some(q("-999/1000")));
        assert_eq!(short_rational(f64::NAN, 1e-9), None);
    }
}
