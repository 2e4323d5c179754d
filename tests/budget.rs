//! E.5: the limit of linear scaling in the batch size, where it ends, and the best batch for a budget.
//!
//! Compared with scans of C_s of (28a) over learning rates and momenta, and with plain iteration of
//! the SE recursion.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::asymptotics::{LossAsymptotics, TailLaw};
use tauber::dynamics::SeRecursion;
use tauber::moment::{HyperparameterError, Hyperparameters};
use tauber::optimize::{
    OptimizeError, Problem, linear_scaling_end, linear_scaling_end_in_dataset, optimize_budget,
    signal_limit,
};
use tauber::spectrum::{PowerLaw, Spectrum};
use tauber::stability::critical_learning_rate;

fn law(nu: f64, kappa: f64) -> (TailLaw, Spectrum) {
    let law = PowerLaw::new(nu, Some(kappa)).unwrap();
    (TailLaw::of(&law).unwrap(), law.spectrum().0)
}

/// b^zeta times the smallest C_s over learning rates, at one momentum and gamma = 1/b.
fn scanned(tail: &TailLaw, spectrum: &Spectrum, tau: f64, momentum: f64, batch: f64) -> f64 {
    let edge = critical_learning_rate(spectrum, momentum, 1.0 / batch, tau).unwrap();
    let least = (1..600)
        .map(|i| {
            let alpha = edge * f64::from(i) / 600.0;
            let p = Hyperparameters::new(alpha, momentum, 1.0 / batch, tau).unwrap();
            LossAsymptotics::of(tail, spectrum, &p)
                .unwrap()
                .signal_constant
        })
        .fold(f64::INFINITY, f64::min);
    batch.powf(tail.zeta()) * least
}

#[test]
fn without_tau_the_place_of_the_minimum_is_known() {
    for (nu, kappa) in [(1.5, 0.75), (2.0, 1.5), (3.0, 1.2)] {
        let (tail, spectrum) = law(nu, kappa);
        let limit = signal_limit(&tail, &spectrum, 0.0).unwrap();
        let place = (1.0 + nu / kappa) * spectrum.trace();
        assert!((limit.x / place - 1.0).abs() < 1e-9, "{} {place}", limit.x);
        // There 1 - f = 1/(1 + zeta).
        let minimum = place.powf(kappa / nu) * (1.0 + kappa / nu);
        assert!((limit.minimum / minimum - 1.0).abs() < 1e-9);
    }
}

#[test]
fn the_scaled_constant_reaches_the_limit_at_every_batch_size() {
    for (nu, kappa, tau) in [(1.5, 0.75, 1.0), (2.0, 1.5, 1.0), (2.0, 1.5, 0.0)] {
        let (tail, spectrum) = law(nu, kappa);
        let limit = signal_limit(&tail, &spectrum, tau).unwrap().constant;
        let mut ratios = Vec::new();
        for batch in [1.0, 4.0, 16.0, 64.0] {
            let least = [0.0, 0.9, 0.99, 0.999, 0.9999]
                .map(|momentum| scanned(&tail, &spectrum, tau, momentum, batch))
                .into_iter()
                .fold(f64::INFINITY, f64::min);
            ratios.push(least / limit);
        }
        // Never below the limit, and within 0.5 % of it at every batch size.
        for ratio in &ratios {
            assert!((1.0..1.005).contains(ratio), "{nu} {tau}: {ratios:?}");
        }
        // At momentum 0.9 and b = 64 it is not.
        let far = scanned(&tail, &spectrum, tau, 0.9, 64.0) / limit;
        assert!(far > 1.05, "{far}");
    }
}

#[test]
fn on_three_thousand_random_spectra_no_stable_point_is_below_the_limit() {
    // b^zeta C_s with gamma = 1/b, U(1) by (21) as printed, at random learning rates, momenta and batches.
    let mut rng = ChaCha8Rng::seed_from_u64(55);
    let (mut stable, mut nearest) = (0, f64::INFINITY);
    for trial in 0..3000 {
        let n = [2, rng.random_range(2..50)][rng.random_range(0..2)];
        let (kind, exponent) = (rng.random_range(0..4), rng.random_range(0.1..4.0));
        let eigenvalues: Vec<f64> = (1..=n)
            .map(|k| match kind {
                0 => 1.0 + 1e-9 * rng.random_range(0.0..1.0),
                1 => 10_f64.powf(-rng.random_range(0.0..8.0)),
                2 => f64::from(k).powf(-exponent),
                _ if k == 1 => 1.0,
                _ => 1e-6 * rng.random_range(0.1..1.0),
            })
            .collect();
        let spectrum = Spectrum::new(eigenvalues, None).unwrap();
        let nu: f64 = rng.random_range(1.05..6.0);
        let zeta = (2.0 - 1.0 / nu) * [0.01, rng.random_range(0.01..0.999)][rng.random_range(0..2)];
        let tail = TailLaw::new(nu, zeta * nu, 1.0, 1.0).unwrap();
        let tau = [0.0, 1.0, rng.random_range(0.0..1.0)][rng.random_range(0..3)];
        let limit = signal_limit(&tail, &spectrum, tau).unwrap();
        let context = format!("seed 55, trial {trial}: tau {tau} zeta {zeta}");
        // x_opt lies above lambda_crit, where f is 1.
        let f: f64 = spectrum
            .eigenvalues()
            .iter()
            .map(|l| l / (tau * l + limit.x))
            .sum();
        assert!(f < 1.0 && limit.x > 0.0, "{context}: {f}");
        for draw in 0..8 {
            let batch = [1.0, 10_f64.powf(rng.random_range(0.0..4.0))][rng.random_range(0..2)];
            // The last draw is the optimum itself, at a momentum near 1.
            let (q, alpha) = if draw == 7 {
                (1e-7, 2.0 * batch / limit.x * 1e-7)
            } else {
                let q = 10_f64.powf(-rng.random_range(0.0..6.0)) * 1.9;
                (
                    q,
                    (4.0 - 2.0 * q) / spectrum.largest() * rng.random_range(0.0..1.0),
                )
            };
            let (b, g) = (1.0 - q, 1.0 / batch);
            let shift = tau - q / (g * (1.0 + b));
            let modes = spectrum.eigenvalues().iter();
            let u: f64 = modes.map(|l| l / (shift * l + 2.0 * q / (g * alpha))).sum();
            if !(u > 0.0 && u < 1.0 && alpha * spectrum.largest() < 2.0 * (1.0 + b)) {
                continue;
            }
            // The constant without (K/2) Gamma(zeta+1) (4 Lambda)^-zeta, which is in both.
            let scaled = (2.0 * q * batch / alpha).powf(zeta) / (1.0 - u);
            let ratio = scaled / limit.minimum;
            assert!(
                ratio > 1.0 - 1e-9,
                "{context}: {ratio} at {alpha} {b} {batch}"
            );
            stable += 1;
            nearest = nearest.min(ratio);
        }
    }
    assert!(stable > 3000 && nearest < 1.0 + 1e-6, "{stable} {nearest}");
}

#[test]
fn linear_scaling_ends_where_the_scan_exceeds_the_limit_by_the_tolerance() {
    let (tail, spectrum) = law(1.5, 0.75);
    let limit = signal_limit(&tail, &spectrum, 1.0).unwrap().constant;
    for (momentum, tolerance) in [(0.0, 0.1), (0.9, 0.1), (0.99, 0.5)] {
        let end = linear_scaling_end(&tail, &spectrum, 1.0, momentum, tolerance).unwrap();
        let ratio = scanned(&tail, &spectrum, 1.0, momentum, end) / limit;
        assert!(
            (ratio / (1.0 + tolerance) - 1.0).abs() < 1e-4,
            "{end}: {ratio}"
        );
    }
    // (1-b)/(1+b) times b is what counts.
    let ends = [0.5, 0.99].map(|b| {
        linear_scaling_end(&tail, &spectrum, 1.0, b, 0.1).unwrap() * (1.0 - b) / (1.0 + b)
    });
    assert!((ends[0] / ends[1] - 1.0).abs() < 1e-6);
}

#[test]
fn an_end_near_the_dataset_is_refused() {
    let (tail, spectrum) = law(1.5, 0.75);
    let (momentum, tolerance) = (0.9, 0.1);
    let within = |n| linear_scaling_end_in_dataset(&tail, &spectrum, 1.0, momentum, tolerance, n);
    let end = within(None).unwrap();
    // gamma b = (N-b)/(N-1) is 0.9 at b = 1 + (N-1)/10.
    let smallest = (1.0 + (end - 1.0) / tolerance).ceil() as u64;
    let b = 1.0 + 0.1 * (smallest as f64 - 1.0);
    assert!(b >= end && (smallest as f64 - b) / (smallest as f64 - 1.0) > 0.9 - 1e-12);
    assert_eq!(within(Some(smallest)), Ok(end));
    for n in [1, 2, smallest - 1] {
        let refused = within(Some(n));
        assert_eq!(
            refused,
            Err(OptimizeError::NearFullBatch {
                end,
                dataset_size: n
            })
        );
    }
    let words = within(Some(2)).unwrap_err().to_string();
    assert!(words.contains("not well below the 2 points"), "{words}");
}

#[test]
fn the_statement_is_refused_outside_the_signal_phase() {
    let (tail, spectrum) = law(2.0, 5.0);
    let error = signal_limit(&tail, &spectrum, 1.0).unwrap_err().to_string();
    assert!(error.contains("noise-dominated"), "{error}");
    let (tail, spectrum) = law(1.5, 0.75);
    assert_eq!(
        linear_scaling_end(&tail, &spectrum, 1.0, 0.9, 0.0),
        Err(OptimizeError::Tolerance(0.0))
    );
    for momentum in [1.0, -1.0, f64::NAN] {
        assert!(linear_scaling_end(&tail, &spectrum, 1.0, momentum, 0.1).is_err());
    }
    for tolerance in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            linear_scaling_end(&tail, &spectrum, 1.0, 0.9, tolerance),
            Err(OptimizeError::Tolerance(_))
        ));
    }
    for tau in [1.000_001, f64::NAN, f64::INFINITY] {
        for error in [
            signal_limit(&tail, &spectrum, tau).unwrap_err(),
            linear_scaling_end(&tail, &spectrum, tau, 0.9, 0.1).unwrap_err(),
        ] {
            assert!(matches!(
                error,
                OptimizeError::Hyperparameter(HyperparameterError::Tau(_))
            ));
        }
    }
    assert!(signal_limit(&tail, &spectrum, -1.0).is_ok());
}

#[test]
fn the_best_batch_of_a_budget_is_that_of_a_scan_by_iteration() {
    let eigenvalues: Vec<f64> = (1..=12).map(|k| f64::from(k).powf(-1.5)).collect();
    let signal: Vec<f64> = (1..=12).map(|k| f64::from(k).powf(-1.8)).collect();
    let spectrum = Spectrum::new(eigenvalues, Some(signal)).unwrap();
    let (budget, data) = (48_u64, 20_u64);
    let mut least = f64::INFINITY;
    for batch in 1..=data {
        let gamma = (data - batch) as f64 / ((data - 1) as f64 * batch as f64);
        for i in 0..24 {
            let momentum = -0.5 + 1.4 * f64::from(i) / 23.0;
            let edge = critical_learning_rate(&spectrum, momentum, gamma, 1.0).unwrap();
            for j in 1..40 {
                let alpha = edge * f64::from(j) / 40.0;
                let p = Hyperparameters::new(alpha, momentum, gamma, 1.0).unwrap();
                let mut run = SeRecursion::new(&spectrum, &p).unwrap();
                least = run.advance_by(budget / batch).min(least);
            }
        }
    }
    let problem = Problem {
        spectrum: &spectrum,
        noise_amplitude: 0.0,
        tau: 1.0,
        momentum_range: (-0.5, 0.9),
    };
    let found = optimize_budget(&problem, Some(data), budget).unwrap();
    let value = found.report.best.value();
    assert!(value <= least * (1.0 + 1e-9), "{value} {least}");
    assert!(value > 0.9 * least, "{value} {least}");
    assert_eq!(found.steps, budget / found.batch_size);
    assert!(found.tried.len() >= 3);
    assert_eq!(
        optimize_budget(&problem, Some(data), 0),
        Err(OptimizeError::Budget(0))
    );
}
