//! Proposition 7: bounds of one component of the noise, both extremal models, everything between; and
//! that the interval (67) is not the range over all models.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, q};
use noise_support::{Floats, corner_list, diagonal, distance, improper, moments, rotation, turned};
use tauber::noise::{
    Dense, NoiseError, component_range, covariance_of_jacobian, jacobian_of,
    output_noise_in_eigenbasis, output_space, plane_rotation, realise_component,
    spectral_components,
};
use tauber::number::{Rational, Ring};

/// Squares, so that the Jacobian `Lambda^(1/2) Phi^T` is over Q.
fn eigenvalues() -> (Vec<Rational>, Vec<Rational>) {
    let roots: Vec<Rational> = ["3/2", "1", "2/3", "1/2"].map(q).to_vec();
    (roots.iter().map(Ring::square).collect(), roots)
}

#[test]
fn components_by_68_are_those_of_sigma_itself_over_q() {
    let (lambda, roots) = eigenvalues();
    for seed in 0..8 {
        let c = moments(4, &mut Randoms(seed as u64));
        let root = diagonal(&roots);
        let g = root.times(&c).unwrap().times(&root).unwrap();
        for phi in [rotation(4, seed), improper(4, seed)] {
            let psi = root.times(&phi.transposed()).unwrap();
            let sigma = covariance_of_jacobian(&psi, &c).unwrap();
            let found = spectral_components(&lambda, &phi, &g).unwrap();
            for (k, component) in found.iter().enumerate() {
                assert_eq!(*component, sigma.entry(k, k), "k {k}, seed {seed}");
            }
        }
    }
}

#[test]
fn all_elements_in_the_eigenbasis_are_sums_over_fourth_moments_of_the_eigenfunctions() {
    // (63) literally, and the image of (56) in the basis Phi.
    let lambda = ["9/4", "1", "4/9"].map(q);
    for seed in 0..3 {
        let phi = improper(3, seed);
        let c = moments(3, &mut Randoms(seed as u64));
        let found = output_noise_in_eigenbasis(&lambda, &phi, &c).unwrap();
        let fourth = |t: [usize; 4]| {
            (0..3).fold(Rational::zero(), |sum, i| {
                sum + t.iter().fold(q("3"), |p, &k| p * phi.entry(i, k))
            })
        };
        for k in 0..3 {
            for l in 0..3 {
                let mut sum = -c.entry(k, l);
                for m in 0..3 {
                    for n in 0..3 {
                        sum += c.entry(m, n) * fourth([k, l, m, n]);
                    }
                }
                assert_eq!(found.entry(k, l), &lambda[k] * &lambda[l] * sum);
            }
        }
        let back = phi.transposed();
        let kernel = turned(&diagonal(&lambda), &back);
        let sigma = output_space(&kernel, &turned(&c, &back)).unwrap();
        assert_eq!(found, turned(&sigma, &phi));
    }
}

#[test]
fn the_bounds_hold_for_random_models_over_q_and_are_attained() {
    // 3,000 spectra and as many moments, pushed into corners; one to four modes.
    for seed in 0..3000 {
        let n = [4, 3, 2, 4, 1][seed / 6 % 5];
        let lambda = corner_list(n, seed, 300);
        let weights = diagonal(&corner_list(n, seed / 5 + 1, 150));
        let g = moments(n, &mut Randoms(seed as u64));
        let g = weights.times(&g).unwrap().times(&weights).unwrap();
        let turn = seed / 25;
        let phi = if turn % 2 == 0 {
            rotation(n, turn)
        } else {
            improper(n, turn)
        };
        let found = spectral_components(&lambda, &phi, &g).unwrap();
        for (k, component) in found.iter().enumerate() {
            let c = g.entry(k, k) / &lambda[k];
            let range = component_range(n, &lambda[k], &c, &g.trace()).unwrap();
            assert!(*component >= q("0"), "seed {seed}");
            assert!(*component <= range.upper_bound, "seed {seed}");
            // Neither end of (67) leaves (66), and a single point has no noise.
            for end in [&range.overlapping, &range.orthogonal] {
                assert!(*end >= q("0") && *end <= range.upper_bound, "seed {seed}");
            }
            assert!(n > 1 || *component == q("0"), "seed {seed}");
        }
    }
    let (lambda, _) = eigenvalues();
    // C on u_k alone and Phi = 1: the upper bound for k, the lower bound 0 for the others.
    let single = diagonal(&["5/2", "0", "0", "0"].map(q));
    let found = spectral_components(&lambda, &Dense::identity(4), &single).unwrap();
    let c = q("5/2") / &lambda[0];
    let range = component_range(4, &lambda[0], &c, &q("5/2")).unwrap();
    assert_eq!(found[0], range.upper_bound);
    assert_eq!(found[1..], [q("0"), q("0"), q("0")]);
}

/// Hadamard's matrix over 2: every column is flat, over Q.
fn flat_over_q() -> Dense<Rational> {
    let signs = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]];
    Dense::from_fn(4, 4, |i, j| {
        Rational::from_integer(signs[i][j].into()) / q("2")
    })
}

#[test]
fn both_ends_are_reached_exactly_by_any_flat_column_and_by_the_identity() {
    let (lambda, _) = eigenvalues();
    let g = moments(4, &mut Randoms(5));
    let flat = spectral_components(&lambda, &flat_over_q(), &g).unwrap();
    let straight = spectral_components(&lambda, &Dense::identity(4), &g).unwrap();
    for k in 0..4 {
        let range =
            component_range(4, &lambda[k], &(g.entry(k, k) / &lambda[k]), &g.trace()).unwrap();
        assert_eq!(flat[k], range.overlapping);
        assert_eq!(straight[k], range.orthogonal);
        // Another completion of the flat column k: turn the other columns among themselves.
        let others: Vec<usize> = (0..4).filter(|j| *j != k).collect();
        let mix = plane_rotation(4, [others[0], others[2]], q("3/5"), q("4/5"));
        let other = flat_over_q().times(&mix).unwrap();
        assert_ne!(other, flat_over_q());
        let found = spectral_components(&lambda, &other, &g).unwrap();
        assert_eq!(found[k], range.overlapping);
    }
}

#[test]
fn every_value_between_is_the_component_of_a_model_with_the_same_h_and_c() {
    for (seed, n) in [(1, 2), (2, 3), (3, 5), (4, 9)] {
        let mut floats = Floats::new(seed);
        let lambda: Vec<f64> = (1..=n).map(|k| 1.0 / f64::from(k)).collect();
        let n = lambda.len();
        let g = floats.moments(n);
        for k in [0, n - 1] {
            let range =
                component_range(n, &lambda[k], &(g.entry(k, k) / lambda[k]), &g.trace()).unwrap();
            for step in 0..=10 {
                let share = f64::from(step) / 10.0;
                let target = range.overlapping + share * (range.orthogonal - range.overlapping);
                let model = realise_component(&lambda, &g, k, target).unwrap();
                assert!((model.component / target - 1.0).abs() < 1e-13, "{model:?}");
                // The model itself: Phi orthogonal, H and C as asked, Sigma_kk from (5).
                let psi = &model.jacobian;
                let product = model.phi.times(&model.phi.transposed()).unwrap();
                assert!(distance(&product, &Dense::identity(n)) < 1e-14);
                let h = psi.times(&psi.transposed()).unwrap();
                assert!(distance(&h, &diagonal(&lambda)) < 1e-14);
                let c = Dense::from_fn(n, n, |i, j| g.entry(i, j) / (lambda[i] * lambda[j]).sqrt());
                let sigma = covariance_of_jacobian(psi, &c).unwrap();
                assert!((sigma.entry(k, k) / target - 1.0).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn the_example_with_five_modes_reaches_its_golden_ends() {
    let lambda = [1.0, 0.5, 0.25, 0.2, 0.1];
    let g = diagonal(&[1.0, 0.25, 0.05, 0.02, 0.01]);
    for (k, ends, inside) in [(0, [0.33, 4.0], 2.0), (1, [0.5, 0.54], 0.52)] {
        let at = |target| realise_component(&lambda, &g, k, target);
        assert!((at(inside).unwrap().component - inside).abs() < 1e-15);
        for (end, outward) in ends.iter().zip([-1e-9, 1e-9]) {
            assert!(at(end - outward).is_ok());
            assert!(matches!(at(end + outward), Err(NoiseError::Target { .. })));
        }
    }
}

#[test]
fn the_interval_67_is_not_the_range_over_all_models() {
    // N = 2, G = [[1, 1], [1, 1]], lambda_1 = 1: both ends of (67) are 1, so (67) is one point. But a
    // rotation by t gives 1 - sin 4t, everything in [0, 2], here with the triangle (5, 12, 13).
    let one = q("1");
    let range = component_range(2, &one, &one, &q("2")).unwrap();
    assert_eq!([&range.overlapping, &range.orthogonal], [&one, &one]);
    assert_eq!(range.upper_bound, q("3"));
    let g = Dense::from_fn(2, 2, |_, _| q("1"));
    let component = |s: &str| {
        let phi = plane_rotation(2, [0, 1], q("12/13"), q(s));
        spectral_components(&[q("1"), q("1/2")], &phi, &g).unwrap()[0].clone()
    };
    let mut found = [component("5/13"), component("-5/13")];
    found.sort();
    assert_eq!(found, ["1/28561", "57121/28561"].map(q));
}

#[test]
fn ends_reached_in_another_model_are_not_those_of_this_one() {
    // The upper bound is N lambda Tr[HC], not lambda Tr[HC] (1): attained above; and a target just beyond (67) has no
    // model on the path although (66) would allow it.
    let g = diagonal(&[1.0, 0.5, 0.25]);
    let range = component_range(3, &1.0, &1.0, &1.75).unwrap();
    assert!(range.orthogonal < range.upper_bound);
    let beyond = range.orthogonal + 0.1;
    assert!(beyond < range.upper_bound);
    assert!(matches!(
        realise_component(&[1.0, 0.5, 0.25], &g, 0, beyond),
        Err(NoiseError::Target { .. })
    ));
}

#[test]
fn a_jacobian_of_another_size_is_refused() {
    assert!(jacobian_of(&[1.0, 0.5], &Dense::identity(3)).is_err());
}
