//! Appendix D.2: a component of the noise is `lambda_k Tr[HC] - lambda_k^2 C_kk` plus twice the
//! covariance of the losses with psi_k^2; uncorrelated losses are the SE noise with tau_1 = tau_2 = 1.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q, ratio};
use noise_support::{diagonal, improper, moments, rotation, turned};
use tauber::noise::{Dense, diagonal_in, hessian, loss_correlations, parameter_space};
use tauber::number::{Rational, Ring};

/// Four points with `H = diag(9/4, 1, 4/9, 1/4)`: rows `2 Lambda^(1/2) Phi_i` (2 = sqrt N).
fn features(phi: &Dense<Rational>) -> Dense<Rational> {
    let roots: Vec<Rational> = ["3", "2", "4/3", "1"].map(q).to_vec();
    phi.times(&diagonal(&roots)).unwrap()
}

fn quarter() -> Vec<Rational> {
    vec![ratio(1, 4); 4]
}

#[test]
fn the_two_parts_add_up_to_the_component_for_every_model() {
    for seed in 0..12 {
        let phi = if seed % 2 == 0 {
            rotation(4, seed)
        } else {
            improper(4, seed)
        };
        // Also in another basis of the parameters.
        let basis = rotation(4, seed + 1);
        let points = features(&phi).times(&basis.transposed()).unwrap();
        let c = turned(&moments(4, &mut Randoms(seed as u64)), &basis.transposed());
        let h = hessian(&points, &quarter()).unwrap();
        let lambda: Vec<Rational> = ["9/4", "1", "4/9", "1/4"].map(q).to_vec();
        assert_eq!(h, turned(&diagonal(&lambda), &basis.transposed()));
        let parts = loss_correlations(&points, &quarter(), &basis, &c).unwrap();
        let sigma = parameter_space(&points, &quarter(), &c).unwrap();
        let direct = diagonal_in(&basis, &sigma).unwrap();
        for (k, part) in parts.iter().enumerate() {
            assert_eq!(part.eigenvalue, lambda[k]);
            assert_eq!(part.component(), direct[k], "mode {k}, seed {seed}");
        }
        assert!(parts.iter().any(|p| p.twice_covariance != q("0")));
    }
}

#[test]
fn losses_that_are_the_same_at_all_points_are_uncorrelated() {
    // Points (+-3, +-4), (+-4, +-3) on a circle and C = 1: L(x) is constant, psi_k^2 is not.
    let mut rows = Vec::new();
    for (x, y) in [("3", "4"), ("4", "3")] {
        for (s, t) in [("1", "1"), ("1", "-1"), ("-1", "1"), ("-1", "-1")] {
            rows.push(q(x) * q(s));
            rows.push(q(y) * q(t));
        }
    }
    let points = Dense::new(8, 2, rows).unwrap();
    let weights = vec![ratio(1, 8); 8];
    let unit = Dense::<Rational>::identity(2);
    let parts = loss_correlations(&points, &weights, &unit, &unit).unwrap();
    let sigma = parameter_space(&points, &weights, &unit).unwrap();
    for (k, part) in parts.iter().enumerate() {
        assert_eq!(part.twice_covariance, q("0"));
        // lambda = 25/2, Tr[HC] = 25: 25/2 * 25 - (25/2)^2.
        assert_eq!(sigma.entry(k, k), q("625/4"));
        assert_eq!(part.uncorrelated, q("625/4"));
    }
    // With C on one axis the losses do correlate, and the mean-field value is wrong.
    let single = diagonal(&[q("1"), q("0")]);
    let parts = loss_correlations(&points, &weights, &unit, &single).unwrap();
    let sigma = parameter_space(&points, &weights, &single).unwrap();
    assert_ne!(parts[0].twice_covariance, q("0"));
    assert_ne!(parts[0].uncorrelated, sigma.entry(0, 0));
    assert_eq!(parts[0].component(), sigma.entry(0, 0));
}

#[test]
fn features_of_constant_size_in_every_mode_are_uncorrelated_with_any_losses() {
    // Hadamard's matrix: psi_k(x)^2 is the same at all points, as on a grid of the torus.
    let signs = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]];
    let phi = Dense::from_fn(4, 4, |i, j| {
        Rational::from_integer(signs[i][j].into()) / q("2")
    });
    let c = moments(4, &mut Randoms(77));
    let parts = loss_correlations(&features(&phi), &quarter(), &Dense::identity(4), &c).unwrap();
    assert!(
        parts
            .iter()
            .all(|part| part.twice_covariance == Rational::zero())
    );
}
