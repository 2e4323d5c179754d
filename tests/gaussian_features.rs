//! Gaussian features: the SE noise with tau = (1, -1) is exact as an operator. By Isserlis against an
//! exact rational quadrature, against Gauss-Hermite quadrature in f64, and by one step of true SGD
//! averaged over all data and batches.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Randoms, State, q, second_moments, true_update};
use noise_support::{Floats, any_matrix, distance, moments};
use tauber::dynamics::StepCoefficients;
use tauber::noise::{
    Dense, TraceDistance, gaussian_covariance, gaussian_points, hessian, parameter_space,
    spectrally_expressible,
};
use tauber::number::Rational;

#[test]
fn the_covariance_of_gaussian_features_is_exact_over_q() {
    for (seed, (rows, columns)) in [(2, 2), (3, 2), (2, 3), (3, 3)].into_iter().enumerate() {
        let mut randoms = Randoms(seed as u64 + 1);
        let factor = any_matrix(rows, columns, &mut randoms);
        let c = moments(rows, &mut randoms);
        let h = factor.times(&factor.transposed()).unwrap();
        let (features, weights) = gaussian_points(&factor);
        assert_eq!(hessian(&features, &weights).unwrap(), h);
        let sigma = parameter_space(&features, &weights, &c).unwrap();
        assert_eq!(sigma, gaussian_covariance(&h, &c).unwrap());
        // tau = +1 is another noise.
        assert_ne!(
            sigma,
            spectrally_expressible(&h, &c, &q("1"), &q("1")).unwrap()
        );
        let e = TraceDistance::in_parameter_space(&sigma, &h, &c).unwrap();
        assert_eq!(e.at(&q("1"), &q("-1")), Ok(q("0")));
    }
}

#[test]
fn gauss_hermite_quadrature_agrees() {
    // Three nodes a variable, 0 and -+ sqrt 3 with weights 2/3, 1/6, 1/6: exact up to degree 5.
    let nodes = [
        (0.0, 2.0 / 3.0),
        (-3.0_f64.sqrt(), 1.0 / 6.0),
        (3.0_f64.sqrt(), 1.0 / 6.0),
    ];
    let mut floats = Floats::new(11);
    let factor = floats.matrix(3, 3);
    let c = floats.moments(3);
    let h = factor.times(&factor.transposed()).unwrap();
    let mut full = Dense::zeros(3, 3);
    for code in 0..27 {
        let picked = [code / 9, code / 3 % 3, code % 3].map(|i| nodes[i]);
        let weight: f64 = picked.iter().map(|(_, w)| w).product();
        let psi: Vec<f64> = (0..3)
            .map(|a| (0..3).map(|k| factor.entry(a, k) * picked[k].0).sum())
            .collect();
        let mut quadratic = 0.0;
        for (i, x) in psi.iter().enumerate() {
            for (j, y) in psi.iter().enumerate() {
                quadratic += x * c.entry(i, j) * y;
            }
        }
        let term = Dense::outer(&psi, &psi).scaled(&(weight * quadratic));
        full = full.plus(&term).unwrap();
    }
    let hch = h.times(&c).unwrap().times(&h).unwrap();
    let sigma = full.minus(&hch).unwrap();
    assert!(distance(&sigma, &gaussian_covariance(&h, &c).unwrap()) < 1e-13);
}

#[test]
fn one_step_of_sgd_averaged_over_all_gaussian_batches_of_two() {
    let mut randoms = Randoms(21);
    let factor = any_matrix(2, 2, &mut randoms);
    let h = factor.times(&factor.transposed()).unwrap();
    let (points, weights) = gaussian_points(&factor);
    let features: Vec<Vec<Rational>> = (0..points.rows()).map(|i| points.row(i).to_vec()).collect();
    // Optimum 0, so that Delta w = w and the target is 0.
    let target = vec![q("0"); features.len()];
    let state = State {
        w: randoms.vector(2),
        v: randoms.vector(2),
    };
    let mut pairs = Vec::new();
    for i in 0..features.len() {
        for j in 0..features.len() {
            let next = true_update(&features, &target, &[i, j], &q("1/3"), &q("-1/4"), &state);
            pairs.push((&weights[i] * &weights[j], next.w, next.v));
        }
    }
    let before = second_moments(&[(q("1"), state.w.clone(), state.v.clone())]);
    let step = |sigma: &Dense<Rational>| {
        let coefficients = StepCoefficients {
            learning_rate: q("1/3"),
            momentum: q("-1/4"),
            noise_amplitude: q("1/2"),
        };
        before.step(&h, &coefficients, sigma).unwrap()
    };
    let sigma = gaussian_covariance(&h, &before.positions).unwrap();
    assert_eq!(second_moments(&pairs), step(&sigma));
    let neutral = spectrally_expressible(&h, &before.positions, &q("1"), &q("0")).unwrap();
    assert_ne!(second_moments(&pairs), step(&neutral));
}
