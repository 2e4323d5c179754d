//! Theorem 1 (= Theorem 3): trajectories of SGD with the noise of a tensor depend on the model through
//! its eigenvalues and the initial spectral measure only, iff the tensor is in the SE family. Exact.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{any_matrix, diagonal, improper, moments, rotation};
use tauber::dynamics::{SecondMoments, StepCoefficients, generalised_trajectory};
use tauber::noise::{Dense, NoiseTensor};
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
    NoiseTensor::spectrally_expressible(n, &q("3/4"), &q("-1/2"))
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
        let sgd = NoiseTensor::sgd(3);
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
    let sgd = NoiseTensor::sgd(3);
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
