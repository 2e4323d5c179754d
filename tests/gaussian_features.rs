//! Gaussian features: the SE noise with tau = (1, -1) is exact as an operator. By Isserlis' pairings and
//! by an exact rational quadrature, which share no code; by Gauss-Hermite quadrature in f64; by sampled
//! features; and by one step of true SGD averaged over all data and batches.

mod dynamics_support;
mod noise_support;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use dynamics_support::{Randoms, State, q, second_moments, true_update};
use noise_support::{Floats, any_matrix, distance, moments};
use tauber::dynamics::StepCoefficients;
use tauber::noise::{
    Dense, TraceDistance, gaussian_covariance, gaussian_moment, gaussian_points, hessian,
    parameter_space, spectrally_expressible,
};
use tauber::number::{Rational, Ring};

#[test]
fn the_covariance_of_gaussian_features_is_exact_over_q() {
    for (seed, (rows, columns)) in [(2, 2), (3, 2), (2, 3), (3, 3)].into_iter().enumerate() {
        let mut randoms = Randoms(seed as u64 + 1);
        let factor = any_matrix(rows, columns, &mut randoms);
        let c = moments(rows, &mut randoms);
        let h = factor.times(&factor.transposed()).unwrap();
        let (features, weights) = gaussian_points(&factor).unwrap();
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

/// `sum_ab C_ab E[psi_a psi_b psi_c psi_d] - (H C H)_cd`, with the moment given as a function.
fn by_moments(
    h: &Dense<Rational>,
    c: &Dense<Rational>,
    moment: impl Fn([usize; 4]) -> Rational,
) -> Dense<Rational> {
    let d = h.rows();
    let hch = h.times(c).unwrap().times(h).unwrap();
    Dense::from_fn(d, d, |k, l| {
        let mut sum = -hch.entry(k, l);
        for a in 0..d {
            for b in 0..d {
                sum += c.entry(a, b) * moment([a, b, k, l]);
            }
        }
        sum
    })
}

#[test]
fn isserlis_pairings_and_quadrature_give_the_same_moments_and_the_same_noise() {
    for (seed, (rows, columns)) in [(2, 2), (3, 2), (2, 3), (3, 3)].into_iter().enumerate() {
        let mut randoms = Randoms(seed as u64 + 40);
        let factor = any_matrix(rows, columns, &mut randoms);
        let c = moments(rows, &mut randoms);
        let h = factor.times(&factor.transposed()).unwrap();
        let (points, weights) = gaussian_points(&factor).unwrap();
        // Moments of any four components, also equal ones: pairings against the weighted sum.
        let quadrature = |at: [usize; 4]| {
            (0..points.rows()).fold(Rational::zero(), |sum, i| {
                sum + at
                    .iter()
                    .fold(weights[i].clone(), |p, &a| p * points.entry(i, a))
            })
        };
        for code in 0..rows.pow(4) {
            let at = [1, rows, rows.pow(2), rows.pow(3)].map(|unit| code / unit % rows);
            assert_eq!(gaussian_moment(&h, &at).unwrap(), quadrature(at), "{at:?}");
        }
        let paired = by_moments(&h, &c, |at| gaussian_moment(&h, &at).unwrap());
        assert_eq!(paired, by_moments(&h, &c, quadrature));
        assert_eq!(paired, gaussian_covariance(&h, &c).unwrap());
        // With one pairing left out it is another noise: tau = 0.
        let fewer = |[a, b, k, l]: [usize; 4]| {
            h.entry(a, b) * h.entry(k, l) + h.entry(a, k) * h.entry(b, l)
        };
        assert_eq!(
            by_moments(&h, &c, fewer),
            spectrally_expressible(&h, &c, &q("1"), &q("0")).unwrap()
        );
    }
}

#[test]
fn sampled_features_have_this_noise_within_their_standard_error() {
    // 400,000 draws of psi = F z; the estimate of each element of Sigma + H C H with its standard error.
    let mut random = ChaCha8Rng::seed_from_u64(1918);
    let factor = Dense::new(3, 2, vec![1.0, 0.0, 0.5, 0.7, -0.3, 0.4]).unwrap();
    let c = Dense::new(3, 3, vec![1.0, 0.2, 0.1, 0.2, 0.6, -0.3, 0.1, -0.3, 0.9]).unwrap();
    let h = factor.times(&factor.transposed()).unwrap();
    let draws = 400_000;
    let (mut sums, mut squares) = ([0.0; 9], [0.0; 9]);
    for _ in 0..draws {
        let z: [f64; 2] = [
            StandardNormal.sample(&mut random),
            StandardNormal.sample(&mut random),
        ];
        let psi: [f64; 3] =
            std::array::from_fn(|a| factor.entry(a, 0) * z[0] + factor.entry(a, 1) * z[1]);
        let mut quadratic = 0.0;
        for (a, x) in psi.iter().enumerate() {
            for (b, y) in psi.iter().enumerate() {
                quadratic += x * c.entry(a, b) * y;
            }
        }
        for at in 0..9 {
            let value = quadratic * psi[at / 3] * psi[at % 3];
            sums[at] += value;
            squares[at] += value * value;
        }
    }
    let hch = h.times(&c).unwrap().times(&h).unwrap();
    let z_scores = |tau_2: f64| -> Vec<f64> {
        let se = spectrally_expressible(&h, &c, &1.0, &tau_2).unwrap();
        (0..9)
            .map(|at| {
                let mean = sums[at] / f64::from(draws);
                let variance = squares[at] / f64::from(draws) - mean * mean;
                let expected = se.entries()[at] + hch.entries()[at];
                (mean - expected) / (variance / f64::from(draws)).sqrt()
            })
            .collect()
    };
    let right = z_scores(-1.0);
    assert!(right.iter().all(|z| z.abs() < 4.5), "seed 1918: {right:?}");
    assert!(z_scores(0.0).iter().any(|z| z.abs() > 20.0));
    assert!(z_scores(1.0).iter().any(|z| z.abs() > 20.0));
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
    let (points, weights) = gaussian_points(&factor).unwrap();
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
