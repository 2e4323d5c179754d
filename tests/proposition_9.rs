//! Proposition 9: the tensors whose noise does not see Psi -> Psi O are the SE family, of dimension 2.
//!
//! Two ways that share no code: generators of a dense group over Q on pairs of indices (the library);
//! the Lie algebra and a reflection on all N^4 indices over a prime field (here). The rank over a prime
//! field is at most that over Q, so "2 over the prime field" and two independent invariant tensors prove
//! "2 over Q".

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{any_matrix, any_tensor, improper, moments, rotation};
use tauber::noise::{
    Dense, Group, NoiseTensor, covariance_of_jacobian, dense_generators, dimension_of_invariants,
    dimension_of_spectrally_determined, permutation, reflection, spectrally_expressible,
};
use tauber::number::{Rational, Ring};

#[test]
fn the_invariants_of_o_n_have_dimension_two() {
    for n in [2_usize, 3, 4] {
        let generators = dense_generators(n, Group::Orthogonal);
        assert_eq!(dimension_of_invariants(n, &generators), Ok(2), "N = {n}");
    }
    // N = 1: one tensor, one invariant.
    assert_eq!(
        dimension_of_invariants(1, &dense_generators(1, Group::Orthogonal)),
        Ok(1)
    );
}

#[test]
fn rotations_alone_leave_a_third_tensor_in_the_plane_only() {
    for (n, dimension) in [(2, 3), (3, 2)] {
        let generators = dense_generators(n, Group::Rotations);
        assert_eq!(
            dimension_of_invariants(n, &generators),
            Ok(dimension),
            "N = {n}"
        );
    }
    // Permutations and reflections without a rotation do not suffice either.
    let finite = [reflection(3, 0), permutation(3, |i| (i + 1) % 3)];
    assert!(dimension_of_invariants(3, &finite).unwrap() > 2);
}

/// The largest prime below 2^31.
const PRIME: u64 = 2_147_483_647;

fn inverse(x: u64) -> u64 {
    let (mut result, mut base, mut rest) = (1, x, PRIME - 2);
    while rest > 0 {
        if rest & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        rest >>= 1;
    }
    result
}

/// The rank of rows of small integers over the prime field.
fn rank(rows: Vec<Vec<i64>>) -> usize {
    let mut pivots: Vec<(usize, Vec<u64>)> = Vec::new();
    for row in rows {
        let mut row: Vec<u64> = row
            .into_iter()
            .map(|x| x.rem_euclid(PRIME as i64) as u64)
            .collect();
        for (pivot, other) in &pivots {
            let factor = row[*pivot];
            if factor != 0 {
                for (x, y) in row.iter_mut().zip(other) {
                    *x = (*x + (PRIME - factor) * y) % PRIME;
                }
            }
        }
        if let Some(pivot) = row.iter().position(|x| *x != 0) {
            let scale = inverse(row[pivot]);
            for x in &mut row {
                *x = *x * scale % PRIME;
            }
            pivots.push((pivot, row));
        }
    }
    pivots.len()
}

/// Equations on all N^4 entries: the symmetries of (8), invariance under each e_p e_q^T - e_q e_p^T and
/// under the reflection of the first axis (if asked for).
fn equations(n: usize, with_reflection: bool) -> Vec<Vec<i64>> {
    let index = |t: [usize; 4]| t.iter().fold(0, |code, i| code * n + i);
    let all: Vec<[usize; 4]> = (0..n.pow(4))
        .map(|c| [c / n.pow(3), c / n.pow(2) % n, c / n % n, c % n])
        .collect();
    let mut rows = Vec::new();
    let mut add = |entries: &[([usize; 4], i64)]| {
        let mut row = vec![0; n.pow(4)];
        for (t, x) in entries {
            row[index(*t)] += x;
        }
        if row.iter().any(|x| *x != 0) {
            rows.push(row);
        }
    };
    for &[i, j, k, l] in &all {
        add(&[([i, j, k, l], 1), ([j, i, k, l], -1)]);
        add(&[([i, j, k, l], 1), ([i, j, l, k], -1)]);
    }
    for p in 0..n {
        for s in p + 1..n {
            for t in &all {
                // sum over the places of X_(t_place, m) R_(.. m ..) = 0.
                let mut entries = Vec::new();
                for place in 0..4 {
                    let (m, sign) = match t[place] {
                        x if x == p => (s, 1),
                        x if x == s => (p, -1),
                        _ => continue,
                    };
                    let mut other = *t;
                    other[place] = m;
                    entries.push((other, sign));
                }
                add(&entries);
            }
        }
    }
    if with_reflection {
        for t in &all {
            if t.iter().filter(|i| **i == 0).count() % 2 == 1 {
                add(&[(*t, 1)]);
            }
        }
    }
    rows
}

#[test]
fn the_lie_algebra_says_the_same() {
    for n in [2_usize, 3, 4] {
        assert_eq!(n.pow(4) - rank(equations(n, true)), 2, "N = {n}");
    }
    assert_eq!(16 - rank(equations(2, false)), 3);
    assert_eq!(81 - rank(equations(3, false)), 2);
}

#[test]
fn tensors_with_spectrally_determined_noise_have_dimension_two() {
    let phis = |n: usize| -> Vec<Dense<Rational>> {
        (0..3)
            .map(|s| rotation(n, s))
            .chain([improper(n, 1), permutation(n, |i| (i + 1) % n)])
            .collect()
    };
    for n in [2, 3, 4] {
        let found = dimension_of_spectrally_determined(n, &phis(n));
        assert_eq!(found, Ok(2), "N = {n}");
        // Too few models do not decide.
        let shift = [permutation(n, |i| (i + 1) % n)];
        assert!(dimension_of_spectrally_determined(n, &shift).unwrap() > 2);
    }
}

#[test]
fn the_family_is_invariant_under_both_determinants_and_two_dimensional() {
    for n in [2, 3] {
        let first = NoiseTensor::spectrally_expressible(n, &q("1"), &q("1")).unwrap();
        let second = NoiseTensor::spectrally_expressible(n, &q("2/3"), &q("-1")).unwrap();
        // Independent: R_1122 is tau_1 and R_1212 is (1 - tau_2)/2.
        assert_eq!(*first.entry([0, 1, 0, 1]), q("0"));
        assert_eq!(*second.entry([0, 1, 0, 1]), q("1"));
        for o in [rotation(n, 1), improper(n, 2)] {
            for tensor in [&first, &second] {
                assert_eq!(tensor.rotated(&o).unwrap(), *tensor);
            }
        }
    }
}

#[test]
fn the_noise_of_the_family_is_the_operator_81() {
    let mut randoms = Randoms(5);
    // More parameters than points, as the proposition allows.
    let psi = any_matrix(4, 3, &mut randoms);
    let c = moments(4, &mut randoms);
    let h = psi.times(&psi.transposed()).unwrap();
    for (tau_1, tau_2) in [("1", "1"), ("2/3", "-1"), ("0", "3")] {
        let (tau_1, tau_2) = (q(tau_1), q(tau_2));
        let tensor = NoiseTensor::spectrally_expressible(3, &tau_1, &tau_2).unwrap();
        assert_eq!(
            tensor.covariance(&psi, &c).unwrap(),
            spectrally_expressible(&h, &c, &tau_1, &tau_2).unwrap()
        );
    }
}

#[test]
fn rotating_the_jacobian_rotates_the_tensor() {
    // (85)-(88): the noise of R at Psi O is that of the rotated tensor at Psi.
    let mut randoms = Randoms(9);
    let psi = any_matrix(4, 3, &mut randoms);
    let c = moments(4, &mut randoms);
    let tensor = any_tensor(3, &mut randoms);
    for o in [rotation(3, 1), improper(3, 2)] {
        let turned = psi.times(&o).unwrap();
        assert_eq!(
            tensor.sigma_hat(&turned, &c).unwrap(),
            tensor.rotated(&o).unwrap().sigma_hat(&psi, &c).unwrap()
        );
    }
}

#[test]
fn mini_batch_sgd_is_outside_the_family() {
    let mut randoms = Randoms(2);
    let sgd = NoiseTensor::<Rational>::sgd(3).unwrap();
    // It is the noise of Proposition 1 ..
    let psi = any_matrix(3, 3, &mut randoms);
    let c = moments(3, &mut randoms);
    let sigma = sgd.covariance(&psi, &c).unwrap();
    assert_eq!(sigma, covariance_of_jacobian(&psi, &c).unwrap());
    // .. invariant under permutations of the points, but not under rotations.
    let shift = permutation(3, |i| (i + 1) % 3);
    assert_eq!(sgd.rotated(&shift).unwrap(), sgd);
    let o = rotation(3, 0);
    assert_ne!(sgd.rotated(&o).unwrap(), sgd);
    // Its spectral measure changes under Psi -> Psi O: already the trace does.
    let turned = sgd.covariance(&psi.times(&o).unwrap(), &c).unwrap();
    assert_ne!(turned.trace(), sigma.trace());
}

#[test]
fn the_tensor_of_the_plane_needs_reflections_to_be_excluded() {
    let tensor = NoiseTensor::<Rational>::invariant_under_rotations_of_the_plane();
    for seed in 0..4 {
        assert_eq!(tensor.rotated(&rotation(2, seed)).unwrap(), tensor);
        assert_ne!(tensor.rotated(&improper(2, seed)).unwrap(), tensor);
    }
    let zero = NoiseTensor::from_fn(2, |_| Rational::zero()).unwrap();
    assert_ne!(tensor, zero);
}
