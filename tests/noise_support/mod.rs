//! Shared by the tests of the noise: rational rotations, random matrices, comparisons.
#![allow(dead_code)] // each test binary uses its own part

use super::dynamics_support::{Randoms, q};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::noise::{Dense, NoiseTensor, plane_rotation, reflection};
use tauber::number::{Rational, Ring};

/// Cosine and sine of angles that are rational points of the circle.
const ANGLES: [(&str, &str); 5] = [
    ("3/5", "4/5"),
    ("-5/13", "12/13"),
    ("8/17", "-15/17"),
    ("-24/25", "-7/25"),
    ("20/29", "21/29"),
];

/// A product of plane rotations over Q: exactly orthogonal, determinant 1.
pub fn rotation(n: usize, seed: usize) -> Dense<Rational> {
    let mut product = Dense::identity(n);
    let mut turn = seed;
    for i in 0..n {
        for j in i + 1..n {
            let (c, s) = ANGLES[turn % ANGLES.len()];
            product = product
                .times(&plane_rotation(n, [i, j], q(c), q(s)))
                .unwrap();
            turn += 1 + seed % 3;
        }
    }
    product
}

/// The same with determinant -1.
pub fn improper(n: usize, seed: usize) -> Dense<Rational> {
    rotation(n, seed).times(&reflection(n, seed % n)).unwrap()
}

pub fn any_matrix(rows: usize, columns: usize, randoms: &mut Randoms) -> Dense<Rational> {
    Dense::from_fn(rows, columns, |_, _| randoms.rational())
}

/// A random tensor with the symmetries of (8).
pub fn any_tensor(n: usize, randoms: &mut Randoms) -> NoiseTensor<Rational> {
    let entries: Vec<Rational> = randoms.vector(n.pow(4));
    NoiseTensor::from_fn(n, |[i, j, k, l]| {
        let ([i, j], [k, l]) = ([i.min(j), i.max(j)], [k.min(l), k.max(l)]);
        entries[((i * n + j) * n + k) * n + l].clone()
    })
    .unwrap()
}

/// `B B^T`: symmetric and positive semi-definite.
pub fn moments(n: usize, randoms: &mut Randoms) -> Dense<Rational> {
    let b = any_matrix(n, n, randoms);
    b.times(&b.transposed()).unwrap()
}

/// `n` positive numbers, another list for every `at`: random; all equal; within 1e-9; spread over `decades`; one
/// that dominates; a random power of a random number. Few of the spread ones use all `decades`, most 9: long
/// numbers take long.
pub fn corner_list(n: usize, at: usize, decades: u64) -> Vec<Rational> {
    let decades = if at % 30 == 3 { decades } else { 9 };
    let mut randoms = Randoms(at as u64 * 7919 + 1);
    let base = randoms.share();
    let tiny = q("1e-9");
    (0..n)
        .map(|k| match at % 6 {
            0 => randoms.share(),
            1 => base.clone(),
            2 => q("1") - &tiny * randoms.share(),
            3 => randoms.decade(decades),
            4 if k == 0 => q("1"),
            4 => q("1e-6") * randoms.share(),
            _ => base.power(k as u32),
        })
        .collect()
}

pub fn diagonal<T: Ring>(entries: &[T]) -> Dense<T> {
    Dense::from_fn(entries.len(), entries.len(), |i, j| {
        if i == j {
            entries[i].clone()
        } else {
            T::zero()
        }
    })
}

/// `O^T A O`.
pub fn turned<T: Ring>(a: &Dense<T>, o: &Dense<T>) -> Dense<T> {
    o.transposed().times(a).unwrap().times(o).unwrap()
}

/// Uniform numbers in [-1, 1], reproducible.
pub struct Floats(ChaCha8Rng);

impl Floats {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn next(&mut self) -> f64 {
        self.0.random_range(-1.0..=1.0)
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.0.random_range(low..=high)
    }

    pub fn matrix(&mut self, rows: usize, columns: usize) -> Dense<f64> {
        Dense::from_fn(rows, columns, |_, _| self.next())
    }

    /// `B B^T`.
    pub fn moments(&mut self, n: usize) -> Dense<f64> {
        let b = self.matrix(n, n);
        b.times(&b.transposed()).unwrap()
    }
}

/// The largest difference of two matrices of one shape.
pub fn distance(a: &Dense<f64>, b: &Dense<f64>) -> f64 {
    assert_eq!((a.rows(), a.columns()), (b.rows(), b.columns()));
    let pairs = a.entries().iter().zip(b.entries());
    pairs.fold(0.0, |worst: f64, (x, y)| {
        assert!(x.is_finite() && y.is_finite());
        worst.max((x - y).abs())
    })
}

/// `K^(1/2)` of a symmetric positive semi-definite matrix: a Jacobian with `Psi^T Psi = K`.
pub fn square_root(k: &Dense<f64>) -> Dense<f64> {
    let n = k.rows();
    let eigen = tauber::kernel::symmetric_eigen(k.entries(), n).unwrap();
    let basis = Dense::new(n, n, eigen.eigenvectors_row_major).unwrap();
    let roots: Vec<f64> = eigen
        .eigenvalues
        .iter()
        .map(|l| if *l > 1e-12 { l.sqrt() } else { 0.0 })
        .collect();
    let root = basis
        .times(&diagonal(&roots))
        .unwrap()
        .times(&basis.transposed())
        .unwrap();
    Dense::from_fn(n, n, |i, j| 0.5 * (root.entry(i, j) + root.entry(j, i)))
}
