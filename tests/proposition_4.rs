//! Proposition 4: lambda_crit and the bounds (22), (23) on the effective learning rate.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;
use tauber::stability::{
    Verdict, critical_learning_rate, critical_regularization, judge, lower_bound_23, upper_bound_22,
};

fn power_law(modes: u32, exponent: f64) -> Spectrum {
    Spectrum::new(
        (1..=modes).map(|k| f64::from(k).powf(-exponent)).collect(),
        None,
    )
    .unwrap()
}

#[test]
fn the_reference_values_of_the_notes_hold() {
    let four = Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], None).unwrap();
    for (spectrum, tau, value, digits) in [
        (&power_law(1000, 1.5), 1.0, 2.147_721_680_123, 1e-12),
        (&four, 1.0, 1.196_421_227_647, 1e-12),
        (&four, 0.5, 1.507_448_336_667, 1e-12),
        (&four, 0.0, 1.85, 1e-15),
    ] {
        let found = critical_regularization(spectrum, tau);
        assert!((found / value - 1.0).abs() < digits, "{found} {value}");
    }
    // The infinite law k^-2 has 1.107891014: more than any finite part, by a multiple of the tail.
    for modes in [1_000_u32, 60_000] {
        let missing = 1.107_891_014 - critical_regularization(&power_law(modes, 2.0), 1.0);
        let tail = 1.0 / f64::from(modes);
        assert!(missing > tail && missing < 2.0 * tail, "{missing}");
    }
}

#[test]
fn too_few_modes_have_no_regularization() {
    let one = Spectrum::new(vec![3.0], None).unwrap();
    assert_eq!(critical_regularization(&one, 1.0), 0.0);
    assert!((critical_regularization(&one, 0.25) - 0.75 * 3.0).abs() < 1e-15);
    let two = Spectrum::new(vec![3.0, 3.0], None).unwrap();
    assert!((critical_regularization(&two, 1.0) - 3.0).abs() < 1e-15);
    assert_eq!(upper_bound_22(0.5, 0.0), f64::INFINITY);
    assert_eq!(upper_bound_22(0.0, 1.0), f64::INFINITY);
}

#[test]
fn lambda_crit_solves_its_equation_and_is_at_most_the_trace() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for trial in 0..1000 {
        let spectrum = random_spectrum(&mut rng);
        let tau = rng.random_range(-2.0..=1.0);
        let x = critical_regularization(&spectrum, tau);
        let sum: f64 = spectrum
            .eigenvalues()
            .iter()
            .map(|l| l / (tau * l + x))
            .sum();
        assert!((sum - 1.0).abs() < 1e-11, "seed 4, trial {trial}: {sum}");
        if tau >= 0.0 {
            assert!(
                x <= spectrum.trace() * (1.0 + 1e-14),
                "seed 4, trial {trial}"
            );
        }
    }
}

/// Two modes or many, nearly equal, spread over decades, or one that dominates.
fn random_spectrum(rng: &mut ChaCha8Rng) -> Spectrum {
    let n = match rng.random_range(0..3) {
        0 => 2,
        1 => rng.random_range(2..8),
        _ => rng.random_range(2..60),
    };
    let kind = rng.random_range(0..4);
    let exponent = rng.random_range(0.1..5.0);
    let eigenvalues = (1..=n)
        .map(|k| match kind {
            0 => 1.0 + 1e-9 * rng.random_range(0.0..1.0),
            1 => 10_f64.powf(-rng.random_range(0.0..8.0)),
            2 => f64::from(k).powf(-exponent),
            _ if k == 1 => 1.0,
            _ => 1e-6 * rng.random_range(0.1..1.0),
        })
        .collect();
    Spectrum::new(eigenvalues, None).unwrap()
}

#[test]
fn the_bounds_hold_on_four_thousand_random_spectra_pushed_into_corners() {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let mut tightest = [f64::INFINITY; 2];
    for trial in 0..4000 {
        let spectrum = random_spectrum(&mut rng);
        let beta: f64 = match rng.random_range(0..3) {
            0 => 1.0 - 10_f64.powf(-rng.random_range(0.0..5.0)),
            1 => -1.0 + 10_f64.powf(-rng.random_range(0.0..5.0)),
            _ => rng.random_range(-1.0..1.0),
        };
        let beta = beta.clamp(-0.999_99, 0.999_99);
        let gamma = 10_f64.powf(-rng.random_range(0.0..4.0));
        let tau = [0.0, 1.0, rng.random_range(0.0..1.0)][rng.random_range(0..3)];
        let crit = critical_regularization(&spectrum, tau);
        let edge = critical_learning_rate(&spectrum, beta, gamma, tau) / (1.0 - beta);
        let upper = upper_bound_22(gamma, crit);
        let lower = lower_bound_23(&spectrum, beta, gamma, crit);
        let context = format!("seed 22, trial {trial}: beta {beta} gamma {gamma} tau {tau}");
        assert!(
            lower <= edge * (1.0 + 1e-12),
            "{context}: (23) {lower} above {edge}"
        );
        assert!(
            edge <= upper * (1.0 + 1e-12),
            "{context}: (22) {upper} below {edge}"
        );
        tightest = [tightest[0].min(upper / edge), tightest[1].min(edge / lower)];
    }
    // Neither bound can be improved by one part in a thousand: the corners come that near.
    assert!(tightest[0] < 1.001 && tightest[1] < 1.001, "{tightest:?}");
}

#[test]
fn equal_eigenvalues_attain_23_and_a_larger_bound_would_be_wrong() {
    let spectrum = Spectrum::new(vec![0.8; 5], None).unwrap();
    let (beta, gamma, tau) = (-0.2, 0.3, 0.5);
    let crit = critical_regularization(&spectrum, tau);
    assert!((crit - 0.8 * 4.5).abs() < 1e-14);
    let bound = lower_bound_23(&spectrum, beta, gamma, crit);
    let verdict = |effective: f64| {
        let h = Hyperparameters::new(effective * (1.0 - beta), beta, gamma, tau).unwrap();
        judge(&spectrum, &h).verdict
    };
    assert_eq!(verdict(bound * (1.0 - 1e-9)), Verdict::Stable);
    assert_eq!(verdict(bound * (1.0 + 1e-9)), Verdict::Unstable);
}

#[test]
fn at_or_above_22_nothing_is_stable_and_22_is_tight_for_large_momentum() {
    let spectrum = power_law(100, 1.2);
    let crit = critical_regularization(&spectrum, 1.0);
    let bound = upper_bound_22(0.5, crit);
    let verdict = |beta: f64, effective: f64| {
        let h = Hyperparameters::new(effective * (1.0 - beta), beta, 0.5, 1.0).unwrap();
        judge(&spectrum, &h).verdict
    };
    for beta in [-0.5, 0.0, 0.9, 0.9999] {
        assert_eq!(verdict(beta, bound), Verdict::Unstable);
    }
    assert_eq!(verdict(0.9999, 0.999 * bound), Verdict::Stable);
    assert_eq!(verdict(0.0, 0.999 * bound), Verdict::Unstable);
}
