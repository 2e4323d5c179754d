//! Proposition 3: stable iff the learning rate is below the noiseless edge and U(1) < 1; against the
//! spectral radius of the full operator (10) on random small models.

use faer::Mat;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::moment::{Hyperparameters, noise_amplitude_of_batch};
use tauber::spectrum::Spectrum;
use tauber::stability::{
    Verdict, assess, critical_learning_rate, judge, noise_function_at_1,
    noiseless_critical_learning_rate,
};

struct Model {
    eigenvalues: Vec<f64>,
    alpha: f64,
    beta: f64,
    gamma: f64,
    tau: f64,
}

impl Model {
    /// F of (10), (11) on the entries (C, J, V) of every mode's symmetric 2x2 block, column by
    /// column: apply it to each basis block by matrix products.
    fn operator(&self) -> Mat<f64> {
        let n = self.eigenvalues.len();
        let mut f = Mat::<f64>::zeros(3 * n, 3 * n);
        for k in 0..n {
            for entry in 0..3 {
                let mut x = [[0.0; 2]; 2];
                match entry {
                    0 => x[0][0] = 1.0,
                    1 => (x[0][1], x[1][0]) = (1.0, 1.0),
                    _ => x[1][1] = 1.0,
                }
                let a = self.alpha * self.eigenvalues[k];
                let s = [[1.0 - a, self.beta], [-a, self.beta]];
                let mut y = [[0.0; 2]; 2];
                for (i, row) in y.iter_mut().enumerate() {
                    for (j, value) in row.iter_mut().enumerate() {
                        for (p, x_row) in x.iter().enumerate() {
                            for (q, x_pq) in x_row.iter().enumerate() {
                                *value += s[i][p] * x_pq * s[j][q];
                            }
                        }
                        *value -= self.tau * self.gamma * a * a * x[0][0];
                    }
                }
                let column = 3 * k + entry;
                f[(3 * k, column)] += y[0][0];
                f[(3 * k + 1, column)] += y[0][1];
                f[(3 * k + 2, column)] += y[1][1];
                // The rank-one noise: gamma alpha^2 <E_11 lambda, X> (1 lambda).
                let energy = self.eigenvalues[k] * x[0][0];
                for l in 0..n {
                    let added = self.gamma * self.alpha * self.alpha * energy * self.eigenvalues[l];
                    for row in 0..3 {
                        f[(3 * l + row, column)] += added;
                    }
                }
            }
        }
        f
    }

    fn spectral_radius(&self) -> f64 {
        let all = self.operator().eigenvalues().unwrap();
        all.iter().map(|x| x.re.hypot(x.im)).fold(0.0, f64::max)
    }

    fn random(rng: &mut ChaCha8Rng) -> Self {
        let n = rng.random_range(1..=6);
        let exponent = rng.random_range(0.0..2.5);
        let eigenvalues: Vec<f64> = (1..=n)
            .map(|k| f64::from(k).powf(-exponent) * rng.random_range(0.3..1.0))
            .collect();
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let beta: f64 = rng.random_range(-0.98..0.98);
        let gamma = rng.random_range(0.001..1.0);
        let tau = match rng.random_range(0..5) {
            0 => 1.0,
            1 => 0.0,
            2 => -1.0,
            _ => rng.random_range(-1.0..1.0),
        };
        // Half of the models near their edge, the rest anywhere, a third of them beyond the
        // noiseless edge.
        let spectrum = Spectrum::new(eigenvalues.clone(), None).unwrap();
        let alpha = if rng.random_range(0..2) == 0 {
            critical_learning_rate(&spectrum, beta, gamma, tau) * rng.random_range(0.8..1.25)
        } else {
            2.0 * (1.0 + beta) / largest * rng.random_range(0.01..1.5)
        };
        Self {
            eigenvalues,
            alpha,
            beta,
            gamma,
            tau,
        }
    }
}

#[test]
fn the_verdict_is_that_of_the_spectral_radius_on_three_thousand_random_models() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut stable, mut unstable, mut beyond, mut negative) = (0, 0, 0, 0);
    for trial in 0..3000 {
        let model = Model::random(&mut rng);
        let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
        let parameters =
            Hyperparameters::new(model.alpha, model.beta, model.gamma, model.tau).unwrap();
        let report = assess(&spectrum, &parameters);
        let radius = model.spectral_radius();
        let context = format!(
            "seed 3, trial {trial}: {:?} alpha {} beta {} gamma {} tau {}: radius {radius}, {}",
            model.eigenvalues, model.alpha, model.beta, model.gamma, model.tau, report.reason
        );
        negative += usize::from(model.tau < 0.0);
        match report.verdict {
            Verdict::Stable => {
                stable += 1;
                assert!(radius < 1.0, "{context}");
                assert!(model.alpha < report.critical_learning_rate, "{context}");
            }
            Verdict::Unstable => {
                unstable += 1;
                assert!(radius > 1.0, "{context}");
                assert!(model.alpha > report.critical_learning_rate, "{context}");
                let r = report.convergence_radius.unwrap();
                assert!((radius * r - 1.0).abs() < 1e-8, "{context}: r_L = {r}");
                beyond += usize::from(report.noise_function_at_1.is_none());
            }
            other => panic!("{context}: {other}"),
        }
    }
    assert!(stable > 800 && unstable > 800 && beyond > 200 && negative > 800);
}

#[test]
fn the_rule_of_the_full_batch_alone_would_be_wrong() {
    // Below the noiseless edge and yet unstable: the noise decides.
    let model = Model {
        eigenvalues: vec![1.0, 0.5, 0.25, 0.1],
        alpha: 1.5,
        beta: 0.0,
        gamma: 1.0,
        tau: 0.5,
    };
    assert!(model.spectral_radius() > 1.0);
    let quiet = Model {
        gamma: 0.0,
        ..model
    };
    assert!(quiet.spectral_radius() < 1.0);
}

#[test]
fn below_zero_tau_the_noiseless_edge_is_not_enough() {
    // tau = -1: U(1) as a formula is far below 1 (even negative) beyond the extended edge, and the
    // radius is above 1: only the extended rule sees it.
    let model = Model {
        eigenvalues: vec![1.0],
        alpha: 1.9,
        beta: 0.0,
        gamma: 1.0,
        tau: -1.0,
    };
    let (a, g) = (model.alpha, -1.0);
    let formula = a / (2.0 - a + g * a);
    assert!(formula < 1.0);
    assert!(model.spectral_radius() > 1.0);
    let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
    let parameters = Hyperparameters::new(1.9, 0.0, 1.0, -1.0).unwrap();
    assert_eq!(judge(&spectrum, &parameters).verdict, Verdict::Unstable);
    assert_eq!(noise_function_at_1(&spectrum, &parameters), None);
}

fn power_law() -> Spectrum {
    Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None).unwrap()
}

#[test]
fn a_thousand_modes_of_exponent_three_halves_have_the_edges_of_the_issue() {
    let spectrum = power_law();
    assert!((noiseless_critical_learning_rate(&spectrum, 0.9) - 3.80).abs() < 1e-12);
    for (batch, edge) in [(10, 0.86096), (1, 0.092352)] {
        let gamma = noise_amplitude_of_batch(batch, Some(1000)).unwrap();
        let found = critical_learning_rate(&spectrum, 0.9, gamma, 1.0);
        assert!((found / edge - 1.0).abs() < 6e-6, "{found}");
    }
}

#[test]
fn one_part_in_a_million_across_the_edge_flips_the_verdict() {
    let mut rng = ChaCha8Rng::seed_from_u64(31);
    for trial in 0..300 {
        let n = rng.random_range(2..200);
        let exponent = rng.random_range(0.3..3.0);
        let eigenvalues = (1..=n).map(|k| f64::from(k).powf(-exponent)).collect();
        let spectrum = Spectrum::new(eigenvalues, None).unwrap();
        let beta = rng.random_range(-0.99..0.99);
        let gamma: f64 = 10_f64.powf(rng.random_range(-6.0..0.0));
        let tau = rng.random_range(-1.0..=1.0);
        let edge = critical_learning_rate(&spectrum, beta, gamma, tau);
        for (factor, verdict) in [
            (1.0 - 1e-6, Verdict::Stable),
            (1.0 + 1e-6, Verdict::Unstable),
            (1.0 - 1e-12, Verdict::Stable),
            (1.0 + 1e-12, Verdict::Unstable),
        ] {
            let parameters = Hyperparameters::new(edge * factor, beta, gamma, tau).unwrap();
            let found = judge(&spectrum, &parameters);
            assert_eq!(
                found.verdict, verdict,
                "seed 31, trial {trial}: n {n} exponent {exponent} beta {beta} gamma {gamma} tau {tau} factor {factor}: {}",
                found.reason
            );
        }
    }
}
