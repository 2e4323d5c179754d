//! Shared by the tests of the dynamics: exact numbers, enumeration of batches, averages.
#![allow(dead_code)] // each test binary uses its own part

use tauber::noise::Dense;
use tauber::number::{Rational, Ring, parse_rational};

pub fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

pub fn ratio(top: usize, bottom: usize) -> Rational {
    q(&format!("{top}/{bottom}"))
}

/// Small rationals, reproducible: numerators -5..=5, denominators 1..=4.
pub struct Randoms(pub u64);

impl Randoms {
    fn word(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub fn rational(&mut self) -> Rational {
        let top = (self.word() % 11) as i64 - 5;
        let bottom = self.word() % 4 + 1;
        q(&format!("{top}/{bottom}"))
    }

    /// In (0, 1], in sixtieths.
    pub fn share(&mut self) -> Rational {
        ratio(self.word() as usize % 60 + 1, 60)
    }

    /// `10^-e` with a whole e from 0 to `decades`.
    pub fn decade(&mut self, decades: u64) -> Rational {
        q(&format!("1e-{}", self.word() % (decades + 1)))
    }

    pub fn vector(&mut self, length: usize) -> Vec<Rational> {
        (0..length).map(|_| self.rational()).collect()
    }
}

/// All subsets of `0..n` with `b` elements.
pub fn subsets(n: usize, b: usize) -> Vec<Vec<usize>> {
    (0_u32..1 << n)
        .filter(|mask| mask.count_ones() as usize == b)
        .map(|mask| (0..n).filter(|i| mask >> i & 1 == 1).collect())
        .collect()
}

/// All tuples of `length` indices below `n`.
pub fn tuples(n: usize, length: usize) -> Vec<Vec<usize>> {
    (0..n.pow(length as u32))
        .map(|mut code| {
            (0..length)
                .map(|_| {
                    let digit = code % n;
                    code /= n;
                    digit
                })
                .collect()
        })
        .collect()
}

pub fn dot(x: &[Rational], y: &[Rational]) -> Rational {
    x.iter()
        .zip(y)
        .fold(Rational::zero(), |sum, (a, b)| sum + a * b)
}

/// A position and a velocity.
#[derive(Clone)]
pub struct State {
    pub w: Vec<Rational>,
    pub v: Vec<Rational>,
}

/// (1) with (33)-(35), literally: `g = 1/b sum (<w, psi_i> - f*_i) psi_i`, `v' = -alpha g + beta v`,
/// `w' = w + v'`.
pub fn true_update(
    features: &[Vec<Rational>],
    target: &[Rational],
    batch: &[usize],
    alpha: &Rational,
    beta: &Rational,
    state: &State,
) -> State {
    let mut gradient = vec![Rational::zero(); state.w.len()];
    for &i in batch {
        let residual = dot(&state.w, &features[i]) - &target[i];
        for (g, psi) in gradient.iter_mut().zip(&features[i]) {
            *g += &residual * psi / Rational::from_integer(batch.len().into());
        }
    }
    let v: Vec<Rational> = gradient
        .iter()
        .zip(&state.v)
        .map(|(g, v)| beta * v - alpha * g)
        .collect();
    let w = state.w.iter().zip(&v).map(|(w, v)| w + v).collect();
    State { w, v }
}

/// A weight p, x and v.
pub type Pair = (Rational, Vec<Rational>, Vec<Rational>);

/// `(E[x x^T], E[x v^T], E[v v^T])` of weighted pairs (x, v).
pub fn second_moments(pairs: &[Pair]) -> tauber::dynamics::SecondMoments<Rational> {
    let d = pairs[0].1.len();
    // The matrix sum of p y z^T, where `choose` picks (y, z) from a pair.
    let sum = |choose: fn(&Pair) -> (&[Rational], &[Rational])| {
        Dense::from_fn(d, d, |i, j| {
            pairs.iter().fold(Rational::zero(), |s, pair| {
                let (y, z) = choose(pair);
                s + &pair.0 * &y[i] * &z[j]
            })
        })
    };
    tauber::dynamics::SecondMoments {
        positions: sum(|p| (&p.1, &p.1)),
        mixed: sum(|p| (&p.1, &p.2)),
        velocities: sum(|p| (&p.2, &p.2)),
    }
}

/// A random model: features psi(x_i), an optimum w*, its target, and three states of weight 1/3.
pub struct Model {
    pub features: Vec<Vec<Rational>>,
    pub optimum: Vec<Rational>,
    pub target: Vec<Rational>,
    pub states: Vec<State>,
}

impl Model {
    pub fn random(points: usize, dimension: usize, seed: u64) -> Self {
        let mut randoms = Randoms(seed);
        let features: Vec<_> = (0..points).map(|_| randoms.vector(dimension)).collect();
        let optimum = randoms.vector(dimension);
        let target = features.iter().map(|psi| dot(psi, &optimum)).collect();
        let states = (0..3)
            .map(|_| State {
                w: randoms.vector(dimension),
                v: randoms.vector(dimension),
            })
            .collect();
        Self {
            features,
            optimum,
            target,
            states,
        }
    }

    pub fn feature_matrix(&self) -> Dense<Rational> {
        let d = self.optimum.len();
        Dense::from_fn(self.features.len(), d, |i, k| self.features[i][k].clone())
    }

    /// `Delta w` and v.
    pub fn parameter_pair(&self, state: &State) -> (Vec<Rational>, Vec<Rational>) {
        let difference = state.w.iter().zip(&self.optimum).map(|(w, o)| w - o);
        (difference.collect(), state.v.clone())
    }

    /// `Delta f(x_i)` and `v_out(x_i)`.
    pub fn output_pair(&self, state: &State) -> (Vec<Rational>, Vec<Rational>) {
        let residual = self
            .features
            .iter()
            .zip(&self.target)
            .map(|(psi, y)| dot(psi, &state.w) - y);
        let velocity = self.features.iter().map(|psi| dot(psi, &state.v));
        (residual.collect(), velocity.collect())
    }
}

/// (N - b)/((N - 1) b), and 0 for N = 1.
pub fn gamma(points: usize, batch: usize) -> Rational {
    if points == 1 {
        return Rational::zero();
    }
    ratio(points - batch, (points - 1) * batch)
}
