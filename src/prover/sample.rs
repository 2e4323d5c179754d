//! Points of a domain: variables are drawn one after another, each between the bounds that the
//! earlier ones leave it, with a taste for corners.
//!
//! A point is addressed by `u` in `[0, 1]^n`: the variable x with bounds `l <= x <= h` gets
//! `l + u (h - l)`; half-lines and the whole line are mapped by `u/(1-u)` and `(u-1/2)/(u(1-u))`.

use super::candidates::chained;
use super::floats::FloatPolynomial;
use super::scope::Scope;
use std::sync::Arc;

/// A small reproducible generator (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// An entry that is of degree one in a variable: `slope x + rest`.
#[derive(Debug, Clone)]
struct Bound {
    slope: FloatPolynomial,
    rest: FloatPolynomial,
}

/// Maps the unit cube onto the domain, as far as bounds of degree one describe it.
#[derive(Debug, Clone)]
pub struct Sampler {
    order: Vec<usize>,
    bounds: Vec<Vec<Bound>>,
}

impl Sampler {
    /// Finds an order of the variables in which as many as possible are bounded by earlier ones.
    ///
    /// Sums of two hypotheses in which a variable cancels (`x < y` and `y < 2`) count as bounds.
    pub fn new(scope: &Scope) -> Self {
        let n = scope.variables.len();
        let own = scope.entries.len();
        let mut scope = scope.clone();
        for candidate in chained(&scope) {
            scope = scope.with(candidate.fact, false);
        }
        let occurs = |e: usize, v: usize| scope.entries[e].float.degrees()[v] > 0;
        let mut order: Vec<usize> = Vec::new();
        let mut bounds = vec![Vec::new(); n];
        while order.len() < n {
            let mut best: Option<(usize, usize, Vec<usize>)> = None;
            for v in (0..n).filter(|v| !order.contains(v)) {
                let usable: Vec<usize> = (0..scope.entries.len())
                    .filter(|&e| {
                        scope.entries[e].float.degrees()[v] == 1
                            && (0..n).all(|w| w == v || order.contains(&w) || !occurs(e, w))
                    })
                    .collect();
                // A side that a hypothesis gives counts more than a derived one.
                let (mut below, mut above) = (0, 0);
                for &e in &usable {
                    let p = &scope.entries[e].inequality.polynomial;
                    let slope = p.coefficients_in(&scope.variables[v])[1].as_constant();
                    let positive = slope.map(|c| num_traits::Signed::is_positive(&c));
                    let weight = if e < own { 3 } else { 1 };
                    if positive != Some(false) {
                        below = below.max(weight);
                    }
                    if positive != Some(true) {
                        above = above.max(weight);
                    }
                }
                let sides: usize = below + above;
                if best.as_ref().is_none_or(|(s, _, _)| sides > *s) {
                    best = Some((sides, v, usable));
                }
            }
            let Some((_, v, usable)) = best else { break };
            for e in usable {
                let parts = scope.entries[e]
                    .inequality
                    .polynomial
                    .coefficients_in(&scope.variables[v]);
                bounds[v].push(Bound {
                    slope: FloatPolynomial::new(&parts[1]),
                    rest: FloatPolynomial::new(&parts[0]),
                });
            }
            order.push(v);
        }
        Self { order, bounds }
    }

    /// The order in which the variables are drawn.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The point with address `u`; `None` where the bounds contradict each other.
    pub fn point(&self, u: &[f64]) -> Option<Vec<f64>> {
        let mut point = vec![0.0; u.len()];
        for &v in &self.order {
            let (low, high) = self.interval(v, &point);
            if low > high {
                return None;
            }
            let t = u[v];
            point[v] = match (low.is_finite(), high.is_finite()) {
                (true, true) => low + t * (high - low),
                (true, false) => low + t / (1.0 - t).max(1e-6),
                (false, true) => high - (1.0 - t) / t.max(1e-6),
                (false, false) => (t - 0.5) / (t * (1.0 - t)).max(1e-6),
            };
        }
        Some(point)
    }

    /// The bounds of variable v where the earlier ones have the values of `point`.
    pub fn interval(&self, v: usize, point: &[f64]) -> (f64, f64) {
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        for bound in &self.bounds[v] {
            let slope = bound.slope.value(point).0;
            let end = -bound.rest.value(point).0 / slope;
            if slope > 0.0 {
                low = low.max(end);
            } else if slope < 0.0 {
                high = high.min(end);
            }
        }
        (low, high)
    }

    /// A random address; `corners` is the share of coordinates drawn near 0 or 1.
    pub fn address(&self, random: &mut Random, corners: f64) -> Vec<f64> {
        (0..self.order.len())
            .map(|_| {
                let kind = random.unit();
                if kind >= corners {
                    return random.unit();
                }
                let small = 10.0_f64.powf(-0.5 - 5.0 * random.unit());
                if kind < 0.4 * corners {
                    small
                } else if kind < 0.8 * corners {
                    1.0 - small
                } else {
                    (random.bits() % 9) as f64 / 8.0
                }
            })
            .collect()
    }
}

/// Up to `count` points of the scope's domain from `tries` addresses, every entry holding with
/// room to spare.
pub fn samples(scope: &Scope, count: usize, tries: usize, seed: u64) -> Arc<Vec<Vec<f64>>> {
    let sampler = Sampler::new(scope);
    let mut random = Random::new(seed);
    let mut points = Vec::new();
    for k in 0..tries {
        if points.len() >= count {
            break;
        }
        let corners = [0.0, 0.5, 1.0][k % 3];
        let Some(point) = sampler.point(&sampler.address(&mut random, corners)) else {
            continue;
        };
        let inside = scope.entries.iter().all(|entry| {
            let (value, size) = entry.float.value(&point);
            value > 1e-12 * size
        });
        if inside {
            points.push(point);
        }
    }
    Arc::new(points)
}
