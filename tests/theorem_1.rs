//! Theorem 1 (= Theorem 3): trajectories of SGD with the noise of a tensor depend on the model through
//! its eigenvalues and the initial spectral measure only, iff the tensor is in the SE family. Exact.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{any_matrix, any_tensor, diagonal, improper, moments, rotation, turned};
use tauber::dynamics::{SecondMoments, StepCoefficients, generalised_trajectory};
use tauber::noise::{Dense, NoiseTensor, diagonal_in};
use tauber::number::{Rational, Ring};

fn schedule() -> Vec<StepCoefficients<Rational>> {
    [
        ("1/2", "1/3", "1/2"),
        ("1/4", "-1/2", "1"),
        ("1/3", "2/3", "1/4"),
    ]
    .map(|(alpha, beta, gamma)| StepCoefficients {
        learning_rate: q(alpha),
        momentum: q(beta),
        noise_amplitude: q(gamma),
    })
    .to_vec()
}

fn se(n: usize) -> NoiseTensor<Rational> {
    NoiseTensor::spectrally_expressible(n, &q("3/4"), &q("-1/2")).unwrap()
}

#[test]
fn with_a_family_tensor_rotating_the_jacobian_changes_no_state() {
    let mut randoms = Randoms(1);
    let psi = any_matrix(3, 3, &mut randoms);
    let start = SecondMoments {
        positions: moments(3, &mut randoms),
        mixed: any_matrix(3, 3, &mut randoms),
        velocities: moments(3, &mut randoms),
    };
    let run = |psi: &Dense<Rational>, tensor: &NoiseTensor<Rational>| {
        generalised_trajectory(psi, tensor, start.clone(), &schedule()).unwrap()
    };
    for o in [rotation(3, 1), improper(3, 2)] {
        let turned = psi.times(&o).unwrap();
        assert_eq!(run(&psi, &se(3)), run(&turned, &se(3)));
        // And with the noise of mini-batches it does, from the first step on.
        let sgd = NoiseTensor::sgd(3).unwrap();
        let (straight, other) = (run(&psi, &sgd), run(&turned, &sgd));
        assert_eq!(straight[0], other[0]);
        assert_ne!(straight[1], other[1]);
    }
}

/// A model with `H = diag(lambda)`: Psi = Lambda^(1/2) Phi^T with square eigenvalues.
fn model(phi: &Dense<Rational>) -> (Vec<Rational>, Dense<Rational>) {
    let roots: Vec<Rational> = ["1", "2/3", "1/2"].map(q).to_vec();
    let psi = diagonal(&roots).times(&phi.transposed()).unwrap();
    (roots.iter().map(Ring::square).collect(), psi)
}

/// C with this diagonal and other elements off it: the same spectral measure.
fn start(off_diagonal: &str) -> SecondMoments<Rational> {
    let c = ["2", "3", "1"].map(q);
    SecondMoments::at_rest(Dense::from_fn(3, 3, |i, j| {
        if i == j {
            c[i].clone()
        } else {
            q(off_diagonal)
        }
    }))
}

fn diagonals(states: &[SecondMoments<Rational>]) -> Vec<Vec<Rational>> {
    states
        .iter()
        .flat_map(|s| [&s.positions, &s.mixed, &s.velocities])
        .map(|m| (0..3).map(|k| m.entry(k, k)).collect())
        .collect()
}

#[test]
fn eigenvalues_and_initial_measure_decide_the_measures_iff_the_tensor_is_in_the_family() {
    let run = |tensor: &NoiseTensor<Rational>, phi: &Dense<Rational>, off: &str| {
        let (_, psi) = model(phi);
        diagonals(&generalised_trajectory(&psi, tensor, start(off), &schedule()).unwrap())
    };
    let reference = run(&se(3), &Dense::identity(3), "0");
    let sgd = NoiseTensor::sgd(3).unwrap();
    let sgd_reference = run(&sgd, &Dense::identity(3), "0");
    for (seed, off) in [(1, "1/2"), (2, "-1/3"), (3, "0")] {
        for phi in [rotation(3, seed), improper(3, seed)] {
            assert_eq!(run(&se(3), &phi, off), reference, "seed {seed}, off {off}");
            assert_ne!(
                run(&sgd, &phi, off),
                sgd_reference,
                "seed {seed}, off {off}"
            );
        }
    }
}

/// Whether R is (80), read off its entries: `tau_1 = R_0011` and `(1 - tau_2)/2 = R_0101`.
fn in_the_family(tensor: &NoiseTensor<Rational>) -> bool {
    let n = tensor.size();
    let tau_1 = tensor.entry([0, 0, 1, 1]).clone();
    let tau_2 = q("1") - q("2") * tensor.entry([0, 1, 0, 1]);
    let member = NoiseTensor::spectrally_expressible(n, &tau_1, &tau_2).unwrap();
    *tensor == member
}

/// Random members of the family, random tensors, and members with one symmetric set of entries moved by
/// 1/1000: each set in turn.
fn random_family(n: usize, seed: u64) -> Vec<NoiseTensor<Rational>> {
    let mut randoms = Randoms(seed);
    let mut tensors = Vec::new();
    for _ in 0..4 {
        let (tau_1, tau_2) = (randoms.rational(), randoms.rational());
        tensors.push(NoiseTensor::spectrally_expressible(n, &tau_1, &tau_2).unwrap());
        tensors.push(any_tensor(n, &mut randoms));
    }
    let member = tensors[0].clone();
    let pairs: Vec<[usize; 2]> = (0..n).flat_map(|i| (i..n).map(move |j| [i, j])).collect();
    for first in &pairs {
        for second in &pairs {
            let moved = NoiseTensor::from_fn(n, |[i, j, k, l]| {
                let at = [[i.min(j), i.max(j)], [k.min(l), k.max(l)]];
                let extra = if at == [*first, *second] {
                    "1/1000"
                } else {
                    "0"
                };
                member.entry([i, j, k, l]) + q(extra)
            });
            tensors.push(moved.unwrap());
        }
    }
    tensors
}

/// (d, N) with d >= N, as the theorem asks.
const SHAPES: [[usize; 2]; 5] = [[2, 2], [3, 2], [5, 2], [3, 3], [4, 3]];

#[test]
fn a_tensor_is_in_the_family_iff_no_rotation_of_the_jacobian_changes_the_trajectory() {
    for [d, n] in SHAPES {
        let (mut inside, mut outside) = (0, 0);
        for (seed, tensor) in random_family(n, 10 * d as u64 + n as u64)
            .iter()
            .enumerate()
        {
            let mut randoms = Randoms(seed as u64 + 1);
            let psi = any_matrix(d, n, &mut randoms);
            let begin = SecondMoments {
                positions: moments(d, &mut randoms),
                mixed: any_matrix(d, d, &mut randoms),
                velocities: moments(d, &mut randoms),
            };
            let run = |psi: &Dense<Rational>| {
                generalised_trajectory(psi, tensor, begin.clone(), &schedule()[..2]).unwrap()
            };
            let straight = run(&psi);
            let invariant = [rotation(n, 1), rotation(n, 2), improper(n, 1)]
                .iter()
                .all(|o| run(&psi.times(o).unwrap()) == straight);
            let member = in_the_family(tensor);
            assert_eq!(invariant, member, "d {d}, N {n}, tensor {seed}");
            inside += usize::from(member);
            outside += usize::from(!member);
        }
        assert!(inside >= 4 && outside > 9, "{inside} {outside}");
    }
}

#[test]
fn a_tensor_is_in_the_family_iff_the_eigenvalues_and_the_first_measure_decide_all_others() {
    for [d, n] in SHAPES {
        // H has the basis `axes`, the eigenvalues r_k^2 and d - n times 0.
        let axes = rotation(d, 2);
        let roots: Vec<Rational> = ["1", "2/3", "1/2"][..n].iter().map(|r| q(r)).collect();
        let stretch = Dense::from_fn(d, n, |a, k| if a == k { roots[k].clone() } else { q("0") });
        let masses: Vec<Rational> = ["2", "3", "1", "5", "4"][..d]
            .iter()
            .map(|m| q(m))
            .collect();
        let measures = |tensor: &NoiseTensor<Rational>, phi: &Dense<Rational>, off: &str| {
            let psi = axes.times(&stretch).unwrap();
            let psi = psi.times(&phi.transposed()).unwrap();
            let inner = Dense::from_fn(d, d, |i, j| match i == j {
                true => masses[i].clone(),
                false => q(off),
            });
            let begin = SecondMoments::at_rest(turned(&inner, &axes.transposed()));
            let states = generalised_trajectory(&psi, tensor, begin, &schedule()).unwrap();
            let sums: Vec<Vec<Rational>> = (states.iter())
                .flat_map(|s| [&s.positions, &s.mixed, &s.velocities])
                .map(|a| {
                    let own = diagonal_in(&axes, a).unwrap();
                    // The null space is one eigenvalue: its sum.
                    let rest = own[n..].iter().fold(q("0"), |s, x| s + x);
                    [&own[..n], &[rest]].concat()
                })
                .collect();
            sums
        };
        for (seed, tensor) in random_family(n, 7 * d as u64 + n as u64).iter().enumerate() {
            let reference = measures(tensor, &Dense::identity(n), "0");
            let models = [
                (rotation(n, 1), "1/2"),
                (rotation(n, 2), "-1/3"),
                (improper(n, 1), "1/4"),
                (Dense::identity(n), "1/3"),
            ];
            let decided = models
                .iter()
                .all(|(phi, off)| measures(tensor, phi, off) == reference);
            assert_eq!(
                decided,
                in_the_family(tensor),
                "d {d}, N {n}, tensor {seed}"
            );
        }
    }
}

#[test]
fn with_fewer_parameters_than_points_the_family_is_still_invariant() {
    // d < N is outside the theorem; (83), (84) need no rank.
    let mut randoms = Randoms(31);
    let psi = any_matrix(2, 3, &mut randoms);
    let begin = SecondMoments::at_rest(moments(2, &mut randoms));
    let run = |tensor: &NoiseTensor<Rational>, o: &Dense<Rational>| {
        let turned = psi.times(o).unwrap();
        generalised_trajectory(&turned, tensor, begin.clone(), &schedule()).unwrap()
    };
    let sgd = NoiseTensor::sgd(3).unwrap();
    for o in [rotation(3, 1), improper(3, 2)] {
        assert_eq!(run(&se(3), &o), run(&se(3), &Dense::identity(3)));
        assert_ne!(run(&sgd, &o), run(&sgd, &Dense::identity(3)));
    }
}

#[test]
fn the_first_step_is_94() {
    // rho_(C_1) = (1 - alpha lambda)^2 rho_(C_0) + gamma alpha^2 rho_(Sigma), at rest.
    let (lambda, psi) = model(&rotation(3, 2));
    let begin = start("1/2");
    let sigma = se(3).covariance(&psi, &begin.positions).unwrap();
    let states = generalised_trajectory(&psi, &se(3), begin.clone(), &schedule()[..1]).unwrap();
    let (alpha, gamma) = (q("1/2"), q("1/2"));
    for (k, l) in lambda.iter().enumerate() {
        let shrink = (Rational::one() - &alpha * l).square();
        let expected =
            shrink * begin.positions.entry(k, k) + &gamma * alpha.square() * sigma.entry(k, k);
        assert_eq!(states[1].positions.entry(k, k), expected);
    }
}

#[test]
fn in_the_plane_invariance_under_rotations_alone_is_not_enough() {
    let tensor = NoiseTensor::<Rational>::invariant_under_rotations_of_the_plane();
    let mut randoms = Randoms(4);
    let psi = any_matrix(2, 2, &mut randoms);
    let begin = SecondMoments::at_rest(moments(2, &mut randoms));
    let run = |o: &Dense<Rational>| {
        generalised_trajectory(&psi.times(o).unwrap(), &tensor, begin.clone(), &schedule()).unwrap()
    };
    let straight = run(&Dense::identity(2));
    assert_eq!(run(&rotation(2, 3)), straight);
    assert_ne!(run(&improper(2, 3)), straight);
}
