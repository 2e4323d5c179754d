//! The best learning rate and momentum, by a grid and local searches from its minima.
//!
//! | variable | stands for | range |
//! |---|---|---|
//! | w = atanh(momentum) | momentum | the range given |
//! | v = ln(s/(1-s)), s = learning rate / edge at this momentum | learning rate | s in (1e-7, 1 - 1e-7) |
//!
//! Where Tr H is infinite (1/2 < nu <= 1) and there is noise no rate is stable, yet the loss at a finite step is finite: the noiseless
//! edge takes the place of the edge there, and the range of s reaches down to 1e-17, since late steps need small rates.
//!
//! Every other point is stable by construction. A grid over both is evaluated; from each of its (at most
//! four best) local minima a Nelder-Mead search descends. Where it stops on the end of the momentum range or at
//! the stability edge, a simplex may have collapsed short of the minimum: golden sections along that end and away from it
//! go on. It is a search, not a proof: a basin narrower than the grid can be missed.

use super::OptimizeError;
use super::objective::{Goal, Objective};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use crate::stability::{Verdict, checked, judge};

/// Grid lines in w and v.
const GRID: [usize; 2] = [13, 10];
/// v runs over this range in the grid,
const COARSE: [f64; 2] = [-6.0, 4.0];
/// and is held in this one afterwards.
const HELD: [f64; 2] = [-16.0, 16.0];
/// Both without a stability edge.
const COARSE_WITHOUT_EDGE: [f64; 2] = [-36.0, 4.0];
const HELD_WITHOUT_EDGE: [f64; 2] = [-39.0, 16.0];
/// Local searches.
const STARTS: usize = 4;
/// Steps of one local search.
const DESCENT: usize = 160;
/// Rounds of searches that go on from an end.
const ROUNDS: usize = 20;
/// Two optima closer than this in (w, v) are one.
const DISTINCT: f64 = 0.05;
/// Nearer to the end of the range than this in w, or nearer to the edge in 1 - s, is on it.
const ON_BOUNDARY: f64 = 1e-3;
/// The usual default.
const USUAL_MOMENTUM: f64 = 0.9;

/// A spectrum, its noise and where to look.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// Eigenvalues and signal.
    pub spectrum: &'a Spectrum,
    /// gamma >= 0.
    pub noise_amplitude: f64,
    /// tau <= 1.
    pub tau: f64,
    /// Momentum is looked for in this range, within (-1, 1).
    pub momentum_range: (f64, f64),
}

/// A point with its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimum {
    /// alpha, below the edge.
    pub learning_rate: f64,
    /// beta.
    pub momentum: f64,
    /// log10 of the loss, or of the constant C.
    pub log10_value: f64,
    /// Share of the edge at this momentum, in (0, 1); of the noiseless edge where there is no other.
    pub share_of_edge: f64,
    /// Estimated relative error of the loss, the compression of a long spectrum included, the error of the spectrum
    /// itself not; `None` for a constant.
    pub relative_error: Option<f64>,
}

impl Optimum {
    /// The loss or constant; 0 or infinite outside the range of `f64`.
    pub fn value(&self) -> f64 {
        10f64.powf(self.log10_value)
    }
}

/// The best point and what other choices cost.
///
/// # What this does not mean
/// - `best` is the best that the search found; the second-best local minimum shows that there are others.
/// - It minimises the *averaged* SE loss for constant hyperparameters.
/// - Points beyond the edge are not considered, although at early steps they may have a smaller loss.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimumReport {
    /// The best point found.
    pub best: Optimum,
    /// The second-best local minimum, if there is another.
    pub second: Option<Optimum>,
    /// Momentum 0.9 with its best learning rate.
    pub usual: Optimum,
    /// Momentum 0 with its best learning rate.
    pub plain: Optimum,
    /// Whether `best` lies on the end of the momentum range.
    pub momentum_on_boundary: bool,
    /// Whether `best` lies at the stability edge (the noiseless edge where there is no other).
    pub learning_rate_on_boundary: bool,
    /// Whether Tr H is infinite and there is noise: every learning rate, also the best, diverges in the end.
    pub diverges_in_the_end: bool,
    /// Estimated relative error of U and V from compressing a long spectrum; 0 if nothing was compressed.
    pub compression_error: f64,
    /// Evaluations of the loss.
    pub evaluations: usize,
}

impl OptimumReport {
    /// By what factor the loss of `other` exceeds that of the best; 1 where both vanish.
    pub fn price(&self, other: &Optimum) -> f64 {
        if other.log10_value == self.best.log10_value {
            return 1.0;
        }
        10f64.powf(other.log10_value - self.best.log10_value)
    }
}

struct Search<'a> {
    problem: &'a Problem<'a>,
    objective: &'a Objective,
    range: [f64; 2],
    /// Whether no rate is stable, so that the noiseless edge stands for the edge.
    no_edge: bool,
    evaluations: usize,
}

impl Search<'_> {
    const fn coarse(&self) -> [f64; 2] {
        if self.no_edge {
            COARSE_WITHOUT_EDGE
        } else {
            COARSE
        }
    }

    const fn held(&self) -> [f64; 2] {
        if self.no_edge {
            HELD_WITHOUT_EDGE
        } else {
            HELD
        }
    }

    /// Grid lines in v: as close without an edge as with one.
    fn rows(&self) -> usize {
        let [low, high] = self.coarse();
        let spacing = (COARSE[1] - COARSE[0]) / (GRID[1] - 1) as f64;
        1 + ((high - low) / spacing).round() as usize
    }

    fn point(&self, [w, v]: [f64; 2]) -> Option<(Hyperparameters, f64)> {
        let momentum = w.clamp(self.range[0], self.range[1]).tanh();
        let [least, most] = self.held();
        let clamp_v = |v: f64| v.clamp(least, most);
        let share = 1.0 / (1.0 + (-clamp_v(v)).exp());
        let p = self.problem;
        let edge = if self.no_edge {
            checked::noiseless_critical_learning_rate(p.spectrum, momentum)
        } else {
            checked::critical_learning_rate(p.spectrum, momentum, p.noise_amplitude, p.tau)
        };
        Hyperparameters::new(edge * share, momentum, p.noise_amplitude, p.tau)
            .ok()
            .map(|parameters| (parameters, share))
    }

    fn value(&mut self, x: [f64; 2]) -> f64 {
        self.evaluations += 1;
        self.point(x)
            .and_then(|(parameters, _)| self.objective.at(&parameters))
            .map_or(f64::INFINITY, |value| value.log10)
    }

    /// Nelder-Mead in the plane, from a triangle of the given size.
    fn descend(&mut self, start: [f64; 2], size: [f64; 2]) -> ([f64; 2], f64) {
        let [least, most] = self.held();
        let held = |x: [f64; 2], range: [f64; 2]| {
            [x[0].clamp(range[0], range[1]), x[1].clamp(least, most)]
        };
        let range = self.range;
        let mut simplex: Vec<([f64; 2], f64)> = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
            .into_iter()
            .map(|d| {
                let mut x = held(
                    [start[0] + d[0] * size[0], start[1] + d[1] * size[1]],
                    range,
                );
                // A start on the end of the range opens inwards.
                if x == held(start, range) && d != [0.0, 0.0] {
                    x = held(
                        [start[0] - d[0] * size[0], start[1] - d[1] * size[1]],
                        range,
                    );
                }
                (x, 0.0)
            })
            .collect();
        for vertex in &mut simplex {
            vertex.1 = self.value(vertex.0);
        }
        for _ in 0..DESCENT {
            simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
            let (best, worst) = (simplex[0], simplex[2]);
            let spread = (0..2)
                .map(|i| (worst.0[i] - best.0[i]).abs() + (simplex[1].0[i] - best.0[i]).abs())
                .fold(0.0, f64::max);
            if spread < 1e-7 || (worst.1 - best.1).abs() < 1e-14 && spread < 1e-4 {
                break;
            }
            let centre: [f64; 2] = [0, 1].map(|i| 0.5 * (best.0[i] + simplex[1].0[i]));
            let along = |t: f64| -> [f64; 2] {
                held(
                    [0, 1].map(|i| centre[i] + t * (worst.0[i] - centre[i])),
                    range,
                )
            };
            let reflected = (along(-1.0), self.value(along(-1.0)));
            let next = if reflected.1 < best.1 {
                let expanded = (along(-2.0), self.value(along(-2.0)));
                if expanded.1 < reflected.1 {
                    expanded
                } else {
                    reflected
                }
            } else if reflected.1 < simplex[1].1 {
                reflected
            } else {
                let t = if reflected.1 < worst.1 { -0.5 } else { 0.5 };
                let contracted = (along(t), self.value(along(t)));
                if contracted.1 < worst.1.min(reflected.1) {
                    contracted
                } else {
                    for vertex in &mut simplex[1..] {
                        vertex.0 = [0, 1].map(|i| 0.5 * (vertex.0[i] + best.0[i]));
                        vertex.1 = self.value(vertex.0);
                    }
                    continue;
                }
            };
            simplex[2] = next;
        }
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        simplex[0]
    }

    /// The best learning rate at one momentum: a grid, then golden sections.
    fn along_learning_rate(&mut self, momentum: f64) -> Option<Optimum> {
        let kept = self.range;
        let w = momentum.atanh();
        self.range = [w, w];
        let [low, high] = self.coarse();
        let lines = 2 * self.rows();
        let step = (high - low + 4.0) / lines as f64;
        let grid: Vec<f64> = (0..=lines).map(|j| low - 2.0 + step * j as f64).collect();
        let values: Vec<f64> = grid.iter().map(|&v| self.value([w, v])).collect();
        let least = (0..grid.len()).min_by(|&i, &j| values[i].total_cmp(&values[j]))?;
        let v = self.golden([w, 0.0], 1, [grid[least] - step, grid[least] + step]);
        let best = self.optimum([w, v]);
        self.range = kept;
        best
    }

    /// A minimum along coordinate `i` of `x` between two numbers, by golden sections.
    fn golden(&mut self, mut x: [f64; 2], i: usize, [mut low, mut high]: [f64; 2]) -> f64 {
        let mut at = |t: f64| {
            x[i] = t;
            self.value(x)
        };
        let golden = 0.5 * (5f64.sqrt() - 1.0);
        let mut inner = [high - golden * (high - low), low + golden * (high - low)];
        let mut found = inner.map(&mut at);
        while high - low > 1e-7 {
            if found[0] <= found[1] {
                high = inner[1];
                inner = [high - golden * (high - low), inner[0]];
                found = [at(inner[0]), found[0]];
            } else {
                low = inner[0];
                inner = [inner[1], low + golden * (high - low)];
                found = [found[1], at(inner[1])];
            }
        }
        0.5 * (low + high)
    }

    /// The minimum along coordinate `i` whose valley holds `start`: steps that double until the value
    /// rises or the range ends, then golden sections. Never worse than `start`.
    fn along(&mut self, start: ([f64; 2], f64), i: usize, step: f64) -> ([f64; 2], f64) {
        let range = [self.range, self.held()][i];
        let (mut middle, mut bracket) = (start, [0.0; 2]);
        for (side, sign) in [(0, -1.0), (1, 1.0)] {
            let mut reach = step;
            loop {
                let mut next = middle.0;
                next[i] = (middle.0[i] + sign * reach).clamp(range[0], range[1]);
                bracket[side] = next[i];
                let value = self.value(next);
                if next[i] == middle.0[i] || value >= middle.1 {
                    break;
                }
                bracket[1 - side] = middle.0[i];
                middle = (next, value);
                reach *= 2.0;
            }
        }
        let mut found = middle.0;
        found[i] = self.golden(found, i, bracket);
        let value = self.value(found);
        if value < middle.1 {
            (found, value)
        } else {
            middle
        }
    }

    /// Goes on from a point on the end of the momentum range or at the stability edge, where a simplex collapses:
    /// along either variable, then by a simplex again, until neither gains.
    fn finish(&mut self, mut found: ([f64; 2], f64), step: [f64; 2]) -> [f64; 2] {
        for _ in 0..ROUNDS {
            let before = found.1;
            let [w, v] = found.0;
            let end = self.range.into_iter().find(|e| (w - e).abs() < ON_BOUNDARY);
            // A logit: 1 - s is below the threshold where v is above this.
            if end.is_none() && v < -ON_BOUNDARY.ln() {
                break;
            }
            if let Some(end) = end {
                let there = ([end, v], self.value([end, v]));
                let there = self.along(there, 1, 0.1 * step[1]);
                if there.1 <= found.1 {
                    found = there;
                }
            }
            found = self.along(found, 0, 0.1 * step[0]);
            found = self.along(found, 1, 0.1 * step[1]);
            let simplex = self.descend(found.0, [0.1 * step[0], 0.1 * step[1]]);
            if simplex.1 < found.1 {
                found = simplex;
            }
            let gain = before - found.1;
            if gain.is_nan() || gain <= 1e-13 {
                break;
            }
        }
        found.0
    }

    fn optimum(&mut self, x: [f64; 2]) -> Option<Optimum> {
        let (parameters, share_of_edge) = self.point(x)?;
        self.evaluations += 1;
        let value = self.objective.at(&parameters)?;
        // A safety net: the shares are below 1, so this is never false.
        let verdict = judge(self.problem.spectrum, &parameters).verdict;
        let stable = self.no_edge || verdict == Verdict::Stable;
        (stable && value.log10 < f64::INFINITY).then_some(Optimum {
            learning_rate: parameters.learning_rate(),
            momentum: parameters.momentum(),
            log10_value: value.log10,
            share_of_edge,
            relative_error: value.relative_error,
        })
    }
}

/// The learning rate and momentum with the smallest loss or constant, in the momentum range.
///
/// For an infinite Tr H with noise (1/2 < nu <= 1) the loss at a step is minimised over all rates below the noiseless
/// edge, although each of them diverges later: [`OptimumReport::diverges_in_the_end`].
///
/// # Errors
/// No signal, a momentum range outside (-1, 1), with noise an infinite Tr H^2 (any loss is infinite) or, for a
/// constant, an infinite Tr H (there is no limit), a step at which no loss can
/// be computed, and what an asymptotic goal assumes (see [`crate::asymptotics::LossAsymptotics::of`]).
pub fn optimize(problem: &Problem<'_>, goal: Goal) -> Result<OptimumReport, OptimizeError> {
    let (lo, hi) = problem.momentum_range;
    if !(lo > -1.0 && lo < hi && hi < 1.0) {
        return Err(OptimizeError::MomentumRange { lo, hi });
    }
    Hyperparameters::new(1.0, 0.0, problem.noise_amplitude, problem.tau)?;
    let objective = Objective::new(problem.spectrum, goal)?;
    let no_edge = problem.spectrum.infinite_trace() && problem.noise_amplitude > 0.0;
    if no_edge && (goal_is_constant(&goal) || problem.spectrum.infinite_trace_of_square()) {
        return Err(OptimizeError::nothing_stable(problem.spectrum));
    }
    let mut search = Search {
        problem,
        objective: &objective,
        range: [lo.atanh(), hi.atanh()],
        no_edge,
        evaluations: 0,
    };
    let nowhere = || match goal {
        Goal::Step(step) => OptimizeError::Nowhere(step),
        Goal::Asymptotic(_) => OptimizeError::Nowhere(0),
    };
    if let Goal::Asymptotic(tail) = &goal {
        // The reason for a refusal that holds everywhere.
        if let Some((parameters, _)) = search.point([0f64.clamp(lo, hi), -2.0]) {
            crate::asymptotics::LossAsymptotics::of(tail, problem.spectrum, &parameters)?;
        }
    }
    let optima = local_minima(&mut search);
    let best = *optima.first().ok_or_else(nowhere)?;
    let usual = search
        .along_learning_rate(USUAL_MOMENTUM)
        .ok_or_else(nowhere)?;
    let plain = search.along_learning_rate(0.0).ok_or_else(nowhere)?;
    let w = best.momentum.atanh();
    Ok(OptimumReport {
        best,
        second: optima.get(1).copied(),
        usual,
        plain,
        momentum_on_boundary: (w - search.range[0]).abs() < ON_BOUNDARY
            || (w - search.range[1]).abs() < ON_BOUNDARY,
        learning_rate_on_boundary: 1.0 - best.share_of_edge < ON_BOUNDARY,
        diverges_in_the_end: no_edge,
        compression_error: objective.compression_error(),
        evaluations: search.evaluations,
    })
}

const fn goal_is_constant(goal: &Goal) -> bool {
    matches!(goal, Goal::Asymptotic(_))
}

fn local_minima(search: &mut Search<'_>) -> Vec<Optimum> {
    let (columns, rows) = (GRID[0], search.rows());
    let [left, right] = search.range;
    let [low, high] = search.coarse();
    let step = [
        (right - left) / (columns - 1) as f64,
        (high - low) / (rows - 1) as f64,
    ];
    let node = |i: usize, j: usize| [left + step[0] * i as f64, low + step[1] * j as f64];
    let mut values = vec![vec![f64::INFINITY; rows]; columns];
    for (i, column) in values.iter_mut().enumerate() {
        for (j, value) in column.iter_mut().enumerate() {
            *value = search.value(node(i, j));
        }
    }
    let mut starts = Vec::new();
    for i in 0..columns {
        for j in 0..rows {
            let here = values[i][j];
            let neighbours = (i.saturating_sub(1)..=(i + 1).min(columns - 1))
                .flat_map(|p| (j.saturating_sub(1)..=(j + 1).min(rows - 1)).map(move |q| (p, q)));
            let least = neighbours
                .map(|(p, q)| values[p][q])
                .fold(f64::INFINITY, f64::min);
            if here < f64::INFINITY && here <= least {
                starts.push((node(i, j), here));
            }
        }
    }
    starts.sort_by(|a, b| a.1.total_cmp(&b.1));
    starts.truncate(STARTS);
    let mut optima: Vec<([f64; 2], Optimum)> = Vec::new();
    for (start, _) in starts {
        let (x, _) = search.descend(start, [0.5 * step[0], 0.5 * step[1]]);
        // Again from where it stopped: a simplex that collapsed on the way opens once more.
        let found = search.descend(x, [0.1 * step[0], 0.1 * step[1]]);
        let x = search.finish(found, step);
        if let Some(optimum) = search.optimum(x) {
            optima.push((x, optimum));
        }
    }
    optima.sort_by(|a, b| a.1.log10_value.total_cmp(&b.1.log10_value));
    let mut distinct: Vec<([f64; 2], Optimum)> = Vec::new();
    for (x, optimum) in optima {
        let near = |y: &[f64; 2]| (x[0] - y[0]).abs() < DISTINCT && (x[1] - y[1]).abs() < DISTINCT;
        if !distinct.iter().any(|(y, _)| near(y)) {
            distinct.push((x, optimum));
        }
    }
    distinct.into_iter().map(|(_, optimum)| optimum).collect()
}
