//! The joint errors of a fit of (25): correlations of nu, Lambda, kappa and K against samples, and what they
//! mean for the edge and the phase.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use tauber::asymptotics::{FitConsequences, FittedEdge, Phase};
use tauber::spectrum::{FitOptions, PowerLaw, Spectrum, SpectrumFit, TailEnd, fit_spectrum};
use tauber::stability::{StabilityError, critical_learning_rate, critical_regularization};

/// `k^-nu` with log-normal deviations of 0.1, tails `k^-kappa` with deviations of 0.3; with `shared`, the signal is
/// lambda_k times C_kk and has the deviations of the eigenvalues too, `shared` times.
fn sample([nu, kappa]: [f64; 2], modes: usize, shared: f64, seed: u64) -> Spectrum {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let (mut eigenvalues, mut signal) = (Vec::new(), Vec::new());
    for k in 1..=modes {
        let k = k as f64;
        let (x, y) = (0.1 * normal(), 0.3 * normal());
        eigenvalues.push(k.powf(-nu) * x.exp());
        let term = k.powf(-kappa) - (k + 1.0).powf(-kappa);
        signal.push(term * (y + shared * x).exp());
    }
    Spectrum::new(eigenvalues, Some(signal)).unwrap()
}

fn fit(spectrum: &Spectrum, window: Option<(usize, usize)>) -> SpectrumFit {
    let tail_end = Some(TailEnd::CutOff);
    fit_spectrum(spectrum, &FitOptions { window, tail_end }).unwrap()
}

/// nu, ln Lambda, kappa, ln K.
fn estimates(fit: &SpectrumFit) -> [f64; 4] {
    let signal = fit.signal.as_ref().unwrap();
    [
        fit.eigenvalues.exponent.value,
        fit.eigenvalues.scale.value.ln(),
        signal.exponent.value,
        signal.scale.value.ln(),
    ]
}

fn correlation(covariance: &[[f64; 4]; 4], i: usize, j: usize) -> f64 {
    covariance[i][j] / (covariance[i][i] * covariance[j][j]).sqrt()
}

/// The variance of the combination `x` of the estimates.
fn quadratic(covariance: &[[f64; 4]; 4], x: &[f64; 4]) -> f64 {
    let row = |row: &[f64; 4]| row.iter().zip(x).map(|(c, x)| c * x).sum::<f64>();
    covariance.iter().zip(x).map(|(c, x)| x * row(c)).sum()
}

/// Correlations of the estimates over 300 samples, and the mean of those that the fits claim, on one window.
fn correlations(shared: f64) -> [[[f64; 4]; 4]; 2] {
    let mut all = Vec::new();
    let mut claimed = [[0.0; 4]; 4];
    for seed in 900_000..900_300 {
        let fit = fit(&sample([1.5, 0.75], 600, shared, seed), Some((10, 400)));
        all.push(estimates(&fit));
        for (i, row) in claimed.iter_mut().enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                *entry += correlation(&fit.covariance, i, j) / 300.0;
            }
        }
    }
    let mean: [f64; 4] = std::array::from_fn(|i| all.iter().map(|x| x[i]).sum::<f64>() / 300.0);
    let mut sampled = [[0.0; 4]; 4];
    for (i, row) in sampled.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            let terms = all.iter().map(|x| (x[i] - mean[i]) * (x[j] - mean[j]));
            *entry = terms.sum::<f64>();
        }
    }
    let raw = sampled;
    for (i, row) in sampled.iter_mut().enumerate() {
        for (j, entry) in row.iter_mut().enumerate() {
            *entry /= (raw[i][i] * raw[j][j]).sqrt();
        }
    }
    [sampled, claimed]
}

#[test]
fn the_claimed_correlations_are_those_of_samples() {
    for shared in [0.0, 3.0] {
        let [sampled, claimed] = correlations(shared);
        // Exponent and scale of one fit move together.
        assert!(
            sampled[0][1] > 0.9 && claimed[0][1] > 0.8,
            "{sampled:?} {claimed:?}"
        );
        assert!(
            sampled[2][3] > 0.5 && claimed[2][3] > 0.5,
            "{sampled:?} {claimed:?}"
        );
        // nu and kappa only where eigenvalue and signal deviate together.
        let [seen, said] = [sampled[0][2], claimed[0][2]];
        if shared == 0.0 {
            assert!(seen.abs() < 0.2 && said.abs() < 0.2, "{seen} {said}");
        } else {
            assert!(seen > 0.3 && said > 0.15, "{seen} {said}");
        }
    }
}

#[test]
fn the_covariance_is_one_and_has_the_standard_errors_on_its_diagonal() {
    for (shared, seed) in [(0.0, 1), (3.0, 2)] {
        let fit = fit(&sample([1.5, 0.75], 1000, shared, seed), None);
        let signal = fit.signal.as_ref().unwrap();
        let errors = [
            fit.eigenvalues.exponent.standard_error,
            fit.eigenvalues.scale.standard_error,
            signal.exponent.standard_error,
            signal.scale.standard_error,
        ];
        for (i, (row, error)) in fit.covariance.iter().zip(errors).enumerate() {
            assert!((row[i].sqrt() / error - 1.0).abs() < 1e-12);
            for (j, (entry, other)) in row.iter().zip(errors).enumerate() {
                let difference = entry - fit.covariance[j][i];
                assert!(difference.abs() <= 1e-14 * error * other);
                assert!(correlation(&fit.covariance, i, j).abs() <= 1.0 + 1e-12);
            }
        }
        // Positive semi-definite: no combination of the estimates has a negative variance.
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..1000 {
            let x: [f64; 4] = std::array::from_fn(|i| {
                let z: f64 = StandardNormal.sample(&mut random);
                z / errors[i]
            });
            let variance = quadratic(&fit.covariance, &x);
            assert!(variance > -1e-12, "{variance}");
        }
        // zeta by the delta method with all of it.
        let zeta = fit.zeta.unwrap();
        let [nu, _, kappa, _] = estimates(&fit);
        let by = [-kappa / nu / nu, 0.0, 1.0 / nu, 0.0];
        let variance = quadratic(&fit.covariance, &by);
        assert!((zeta.standard_error / variance.sqrt() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn a_law_without_signal_has_no_covariance_with_one() {
    let spectrum = sample([1.5, 0.75], 300, 0.0, 5).without_signal();
    let fit = fit(&spectrum, None);
    assert!(fit.covariance[0][1] > 0.0);
    assert!(
        fit.covariance
            .iter()
            .all(|row| row[2] == 0.0 && row[3] == 0.0)
    );
    assert_eq!(fit.covariance[2..], [[0.0; 4]; 2]);
    let found = FitConsequences::of(&fit, &spectrum, 1.0).unwrap();
    assert_eq!(found.phase, None);
    assert!(found.continued_critical_regularization[1].is_finite());
}

/// The law `k^-nu` beyond mode `last` in bins of equal ln k: eigenvalue and trace of each.
fn rest_of_the_law(last: usize, nu: f64) -> Vec<[f64; 2]> {
    let mut from = last as f64 + 0.5;
    let mut bins = Vec::new();
    for _ in 0..1500 {
        let to = from * 1.02;
        let trace = (from.powf(1.0 - nu) - to.powf(1.0 - nu)) / (nu - 1.0);
        bins.push([(from * to).sqrt().powf(-nu), trace]);
        from = to;
    }
    bins.push([0.0, from.powf(1.0 - nu) / (nu - 1.0)]);
    bins
}

/// lambda_crit of the modes given and then the true law, by bisection.
fn true_edge(spectrum: &Spectrum, rest: &[[f64; 2]], tau: f64) -> f64 {
    let f = |x: f64| {
        let modes = spectrum.eigenvalues().iter();
        let rest = rest.iter().map(|[l, trace]| trace / (tau * l + x));
        modes.map(|l| l / (tau * l + x)).sum::<f64>() + rest.sum::<f64>()
    };
    let (mut low, mut high) = (1e-3, 1e3);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if f(middle) > 1.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[test]
fn the_interval_of_the_continued_edge_holds_the_edge_of_the_true_law() {
    for (nu, tau) in [(1.5, 1.0), (1.3, 0.0)] {
        let rest = rest_of_the_law(300, nu);
        let (mut held, mut too_narrow) = (0, 0);
        for seed in 910_000..910_100 {
            let spectrum = sample([nu, 0.75], 300, 0.0, seed);
            let fit = fit(&spectrum, None);
            let found = FitConsequences::of(&fit, &spectrum, tau).unwrap();
            let [value, lower, upper] = found.continued_critical_regularization;
            let truth = true_edge(&spectrum, &rest, tau);
            assert!(lower <= value && value <= upper);
            held += u32::from(lower <= truth && truth <= upper);
            let third = |end: f64| value + (end - value) / 5.0;
            too_narrow += u32::from(third(lower) <= truth && truth <= third(upper));
        }
        println!("nu {nu}, tau {tau}: {held} of 100 intervals of the continued edge");
        // Binomial(100, 0.95) is at least 88 with probability 0.998.
        assert!(held >= 88, "{nu}: {held} of 100");
        assert!(
            too_narrow < 88,
            "{nu}: a fifth of the width holds {too_narrow}"
        );
    }
}

#[test]
fn the_edge_of_a_law_cut_off_anywhere_is_that_of_the_law_without_end() {
    for (nu, [momentum, gamma, tau]) in [
        (1.5, [0.0, 1.0, 1.0]),
        (1.3, [0.9, 0.1, 0.0]),
        (2.0, [-0.5, 0.5, 0.5]),
    ] {
        let law = PowerLaw::new(nu, Some(0.7)).unwrap();
        let spectrum = law.with_modes(400).unwrap().spectrum().0;
        let fit = fit(&spectrum, None);
        let found = FittedEdge::of(&fit, &spectrum, momentum, gamma, tau).unwrap();
        let edge = |s: &Spectrum| critical_learning_rate(s, momentum, gamma, tau).unwrap();
        let without_end = edge(&law.spectrum().0);
        let [value, lower, upper] = found.continued_critical_learning_rate;
        assert!(
            (value / without_end - 1.0).abs() < 1e-4,
            "{value} {without_end}"
        );
        assert!(lower <= value && value <= upper);
        assert_eq!(found.critical_learning_rate, edge(&spectrum));
        assert!(value < found.critical_learning_rate);
    }
}

#[test]
fn the_interval_of_the_edge_holds_that_of_the_true_law_and_turns_lambda_crit_round() {
    let (nu, gamma) = (1.4, 0.25);
    let rest = rest_of_the_law(300, nu);
    let mut held = 0;
    for seed in 930_000..930_060 {
        let spectrum = sample([nu, 0.75], 300, 0.0, seed);
        let fit = fit(&spectrum, None);
        // At momentum near 1 the edge in alpha_eff is 2/(gamma lambda_crit), (22).
        let momentum = 1.0 - 1e-6;
        let found = FittedEdge::of(&fit, &spectrum, momentum, gamma, 1.0).unwrap();
        let edge = found
            .continued_critical_learning_rate
            .map(|a| a / (1.0 - momentum));
        let [value, lower, upper] = FitConsequences::of(&fit, &spectrum, 1.0)
            .unwrap()
            .continued_critical_regularization;
        for (edge, crit) in edge.into_iter().zip([value, upper, lower]) {
            // The quantiles of the two are neighbouring draws.
            assert!(
                (edge * gamma * crit / 2.0 - 1.0).abs() < 0.01,
                "{edge} {crit}"
            );
        }
        let truth = 2.0 / (gamma * true_edge(&spectrum, &rest, 1.0));
        held += u32::from(edge[1] <= truth && truth <= edge[2]);
    }
    // Binomial(60, 0.95) is at least 51 with probability 0.997.
    assert!(held >= 51, "{held} of 60");
}

#[test]
fn where_nu_may_be_below_one_the_edge_may_be_zero_and_bad_parameters_are_refused() {
    let spectrum = sample([1.0, 0.75], 200, 0.0, 4);
    let fit = fit(&spectrum, None);
    assert!(fit.eigenvalues.exponent.lower < 1.0);
    let found = FittedEdge::of(&fit, &spectrum, 0.5, 1.0, 1.0).unwrap();
    assert_eq!(found.continued_critical_learning_rate[1], 0.0);
    assert!(found.critical_learning_rate > 0.0);
    // Without noise the edge is 2 (1 + b)/lambda_max, whatever nu.
    let quiet = FittedEdge::of(&fit, &spectrum, 0.5, 0.0, 1.0).unwrap();
    for edge in quiet.continued_critical_learning_rate {
        assert!(
            (edge * spectrum.largest() / 3.0 - 1.0).abs() < 1e-12,
            "{edge}"
        );
    }
    for [momentum, gamma, tau] in [
        [1.0, 0.5, 1.0],
        [0.0, -0.1, 1.0],
        [0.0, 0.5, 1.5],
        [f64::NAN, 0.5, 1.0],
    ] {
        assert!(matches!(
            FittedEdge::of(&fit, &spectrum, momentum, gamma, tau),
            Err(StabilityError::Hyperparameter(_))
        ));
    }
}

#[test]
fn for_small_errors_the_interval_of_the_edge_is_that_of_the_delta_method() {
    let spectrum = sample([1.5, 0.75], 2000, 0.0, 12);
    let fit = fit(&spectrum, Some((10, 2000)));
    let [_, lower, upper] = FitConsequences::of(&fit, &spectrum, 1.0)
        .unwrap()
        .continued_critical_regularization;
    // lambda_crit of the modes and `Lambda k^-nu` beyond, differenced in nu and ln Lambda.
    let edge = |nu: f64, log_scale: f64| {
        let mut eigenvalues = spectrum.eigenvalues().to_vec();
        let first = eigenvalues.len() as f64 + 0.5;
        // The tail's trace in modes as small as the last one: tau lambda is small against lambda_crit there.
        let trace = log_scale.exp() * first.powf(1.0 - nu) / (nu - 1.0);
        let small = eigenvalues[eigenvalues.len() - 1];
        let count = (trace / small).round() as usize;
        eigenvalues.extend(std::iter::repeat_n(trace / count as f64, count));
        let whole = Spectrum::new(eigenvalues, None).unwrap();
        critical_regularization(&whole, 1.0).unwrap()
    };
    let [nu, log_scale, ..] = estimates(&fit);
    let h = 1e-3;
    let by_nu = (edge(nu + h, log_scale) - edge(nu - h, log_scale)) / (2.0 * h);
    let by_scale = (edge(nu, log_scale + h) - edge(nu, log_scale - h)) / (2.0 * h);
    let c = &fit.covariance;
    let variance =
        by_nu * by_nu * c[0][0] + 2.0 * by_nu * by_scale * c[0][1] + by_scale * by_scale * c[1][1];
    // Student's t with 6 degrees of freedom.
    let half = 2.446_912 * variance.sqrt();
    let ratio = 0.5 * (upper - lower) / half;
    assert!((ratio - 1.0).abs() < 0.1, "{ratio}");
    // Without the correlation of nu and Lambda it would be much wider.
    let blind = by_nu * by_nu * c[0][0] + by_scale * by_scale * c[1][1];
    assert!(blind.sqrt() > 1.2 * variance.sqrt(), "{blind} {variance}");
}

#[test]
fn the_phase_probability_is_the_share_of_samples_on_that_side() {
    // kappa close to 2 nu - 1: the mean probability of one phase over samples from the border is about a half.
    let mut mean = 0.0;
    for seed in 920_000..920_060 {
        let spectrum = sample([1.5, 2.0], 300, 0.0, seed);
        let fit = fit(&spectrum, None);
        let found = FitConsequences::of(&fit, &spectrum, 1.0).unwrap();
        let share = found.phase_probability.unwrap();
        mean += match found.phase {
            Some(Phase::SignalDominated) => share,
            _ => 1.0 - share,
        } / 60.0;
    }
    assert!((mean - 0.5).abs() < 0.2, "{mean}");
    let spectrum = sample([1.5, 0.75], 300, 0.0, 3);
    let fit = fit(&spectrum, None);
    for tau in [1.5, f64::NAN] {
        assert!(matches!(
            FitConsequences::of(&fit, &spectrum, tau),
            Err(StabilityError::Hyperparameter(_))
        ));
    }
}
