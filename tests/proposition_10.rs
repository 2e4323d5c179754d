//! Proposition 10, (24) = (165): exponential divergence, its rate, constant and time.

use tauber::closed_form::per_mode;
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::{PowerLaw, Spectrum};
use tauber::stability::{
    StabilityError, Verdict, assess, convergence_radius, critical_learning_rate,
    divergence_constant, divergence_time, dominant_root,
};

/// Of ln L_t. Twelve digits are what rounding leaves: an iteration of up to 1e4 steps loses some 1e-16 in each,
/// and a rate that is off by 1e-15 relative is off by 6e-14 after 60 time scales.
const LIMIT: f64 = 2e-12;
/// The same for infinite laws, whose losses come from the contour: 1.8e-12 is its floor.
const LIMIT_OF_LAWS: f64 = 4e-12;
/// What an edge at relative distance x adds: 1 - r_L follows from U(1) - 1 ~ x, whose rounding is some 1e-16/x
/// relative, and 60 time scales multiply it. Seen: 1e-11 at x = 1e-2, 9e-10 at 1e-4, and ten times as much after 600 time scales.
const LIMIT_BY_DISTANCE: f64 = 3e-13;

/// The loss by direct iteration of the second moments, as (mantissa, ln scale) so that it never
/// overflows.
fn iterate(spectrum: &Spectrum, h: &Hyperparameters, steps: usize, noisy: bool) -> Vec<f64> {
    let (alpha, beta) = (h.learning_rate(), h.momentum());
    let gamma = if noisy { h.noise_amplitude() } else { 0.0 };
    let g = gamma * h.tau();
    let mut x: Vec<[f64; 3]> = spectrum
        .signal()
        .unwrap()
        .iter()
        .map(|q| [*q, 0.0, 0.0])
        .collect();
    let mut log_scale = 0.0;
    let mut log_loss = Vec::new();
    for _ in 0..=steps {
        let sum: f64 = x.iter().map(|x| x[0]).sum();
        log_loss.push((0.5 * sum).ln() + log_scale);
        for (k, l) in spectrum.eigenvalues().iter().enumerate() {
            let a = alpha * l;
            let noise = gamma * a * a * sum * spectrum.multiplicities()[k];
            x[k] = per_mode::step(a, beta, g, x[k]).map(|entry| entry + noise);
        }
        if sum > 1e100 {
            x.iter_mut()
                .for_each(|x| *x = x.map(|entry| entry * 1e-100));
            log_scale += 100.0 * std::f64::consts::LN_10;
        }
    }
    log_loss
}

fn four() -> Spectrum {
    Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], Some(vec![1.0, 1.0, 0.25, 0.05])).unwrap()
}

fn power_law(exponent: f64) -> Spectrum {
    let eigenvalues = (1..=200).map(|k| f64::from(k).powf(-exponent)).collect();
    let signal = (1..=200).map(|k| f64::from(k).powf(-1.6)).collect();
    Spectrum::new(eigenvalues, Some(signal)).unwrap()
}

#[test]
fn the_reference_values_hold() {
    // mpmath, 40 digits: root of z U(z) = 1, numerical derivative of U.
    let h = Hyperparameters::new(1.5, 0.0, 1.0, 0.5).unwrap();
    let report = assess(&four(), &h);
    assert_eq!(report.verdict, Verdict::Unstable);
    for (found, value) in [
        (report.noise_function_at_1, 1.946_357_091_184_677_4),
        (report.convergence_radius, 0.425_707_396_437_429_8),
        (report.divergence_constant, 1.239_174_591_370_456_2),
    ] {
        let found = found.unwrap();
        assert!((found / value - 1.0).abs() < 1e-14, "{found} {value}");
    }
    let scale = report.divergence_time_scale.unwrap();
    assert!((scale - -1.0 / 0.425_707_396_437_429_8_f64.ln()).abs() < 1e-13);
    // The constant exceeds L_0 = 1.15: (24) is above the noiseless loss from the start.
    assert_eq!(report.divergence_time, Some(0.0));
}

#[test]
fn the_ratio_of_the_iterated_loss_to_24_tends_to_one() {
    let spectra = [four(), power_law(1.5), power_law(0.7)];
    for spectrum in &spectra {
        for (beta, gamma, tau) in [
            (0.0, 1.0, 0.0),
            (0.5, 0.5, 1.0),
            (-0.5, 0.3, 1.0),
            (0.9, 0.2, 0.0),
            (0.3, 0.4, -1.0),
        ] {
            let edge = critical_learning_rate(spectrum, beta, gamma, tau).unwrap();
            let h = Hyperparameters::new(1.1 * edge, beta, gamma, tau).unwrap();
            let root = dominant_root(spectrum, &h).unwrap();
            let constant = divergence_constant(spectrum, &h).unwrap();
            let rate = -(-root.e()).ln_1p();
            let far = (60.0 / rate) as usize;
            let log_loss = iterate(spectrum, &h, far, true);
            let gap = |t: usize| (log_loss[t] - constant.ln() - rate * t as f64).abs();
            let context = format!("beta {beta} gamma {gamma} tau {tau}");
            assert!(gap(far) < LIMIT, "{context}: {} at {far}", gap(far));
            assert!(
                gap(far / 60) > 100.0 * gap(far),
                "{context}: nothing to converge"
            );
        }
    }
}

#[test]
fn beyond_the_noiseless_edge_24_holds_too() {
    for (beta, tau, factor) in [
        (0.0, 1.0, 1.05),
        (0.5, 0.0, 1.3),
        (-0.5, 1.0, 1.2),
        (0.8, 0.5, 2.0),
    ] {
        let spectrum = four();
        let alpha = 2.0 * (1.0 + beta) * factor;
        let h = Hyperparameters::new(alpha, beta, 0.4, tau).unwrap();
        let report = assess(&spectrum, &h);
        assert_eq!(report.verdict, Verdict::Unstable);
        assert_eq!(report.noise_function_at_1, None);
        assert_eq!(report.divergence_time, None);
        let rate = 1.0 / report.divergence_time_scale.unwrap();
        let far = 300;
        let log_loss = iterate(&spectrum, &h, far, true);
        let predicted = report.divergence_constant.unwrap().ln() + rate * far as f64;
        assert!(
            (log_loss[far] - predicted).abs() < LIMIT,
            "{beta} {tau} {factor}"
        );
    }
}

#[test]
fn without_noise_the_radius_beyond_the_edge_is_that_of_the_heavy_ball() {
    // b = 0: p_t = (1 - a)^t, so r_L = 1/(a - 1)^2.
    let spectrum = Spectrum::new(vec![1.0, 0.1], Some(vec![1.0, 1.0])).unwrap();
    let h = Hyperparameters::new(2.5, 0.0, 0.0, 1.0).unwrap();
    let r = convergence_radius(&spectrum, &h).unwrap();
    assert!((r - 1.0 / 2.25).abs() < 1e-15);
    assert_eq!(
        divergence_constant(&spectrum, &h),
        Err(StabilityError::NoNoise)
    );
    // Just beyond, r_L = 1/(1 + excess)^2; a rounding of alpha lambda moves 1 - r_L by 1e-16/1e-9.
    let h = Hyperparameters::new(2.0 + 1e-9, 0.0, 0.0, 1.0).unwrap();
    let report = assess(&spectrum, &h);
    let scale = report.divergence_time_scale.unwrap();
    let excess = (2.0 + 1e-9) - 2.0_f64;
    assert!((scale * 2.0 * excess.ln_1p() - 1.0).abs() < 1e-6, "{scale}");
}

#[test]
fn the_divergence_time_is_where_24_crosses_the_noiseless_loss() {
    for (beta, gamma) in [(0.0, 0.3), (0.6, 0.2), (-0.4, 0.5)] {
        let spectrum = power_law(0.8);
        let edge = critical_learning_rate(&spectrum, beta, gamma, 1.0).unwrap();
        let h = Hyperparameters::new(1.02 * edge, beta, gamma, 1.0).unwrap();
        let report = assess(&spectrum, &h);
        let time = report.divergence_time.unwrap();
        assert!(time > 2.0 && time < 20_000.0, "{time}");
        let noiseless = iterate(&spectrum, &h, time as usize + 1, false);
        let rate = 1.0 / report.divergence_time_scale.unwrap();
        let line = |t: f64| report.divergence_constant.unwrap().ln() + rate * t;
        let before = time.floor();
        assert!(line(before) <= noiseless[before as usize]);
        assert!(line(before + 1.0) >= noiseless[before as usize + 1]);
        // Between the two steps the logarithm of the noiseless loss counts as linear.
        let (share, k) = (time - before, before as usize);
        let between = (1.0 - share) * noiseless[k] + share * noiseless[k + 1];
        assert!((line(time) - between).abs() < 1e-9, "{beta} {gamma}");
    }
}

#[test]
fn what_does_not_diverge_has_no_divergence_time() {
    let h = Hyperparameters::new(0.3, 0.0, 0.5, 1.0).unwrap();
    let report = assess(&four(), &h);
    assert_eq!(report.verdict, Verdict::Stable);
    assert_eq!(report.convergence_radius, Some(1.0));
    assert_eq!(report.divergence_time_scale, Some(f64::INFINITY));
    for refused in [
        divergence_time(&four(), &h),
        divergence_constant(&four(), &h),
    ] {
        assert_eq!(refused, Err(StabilityError::NothingDiverges));
    }
    assert!(dominant_root(&four(), &h).is_none());
    // Without signal the rate is known, the constant and the time are not.
    let h = Hyperparameters::new(1.5, 0.0, 1.0, 0.5).unwrap();
    let report = assess(&four().without_signal(), &h);
    assert!(report.convergence_radius.unwrap() < 0.5);
    assert_eq!(
        (report.divergence_constant, report.divergence_time),
        (None, None)
    );
    assert!(report.warnings.iter().any(|w| w.contains("no signal")));
    let silent = four().without_signal();
    for refused in [
        divergence_time(&silent, &h),
        divergence_constant(&silent, &h),
    ] {
        assert_eq!(refused, Err(StabilityError::NoSignal));
    }
    // Beyond the noiseless edge (24) holds, but there is no time from which the noise decides.
    let h = Hyperparameters::new(2.5, 0.0, 0.4, 1.0).unwrap();
    assert!(divergence_constant(&four(), &h).is_ok());
    assert_eq!(
        divergence_time(&four(), &h),
        Err(StabilityError::NoiselessLossDiverges(2.5))
    );
}

#[test]
fn near_the_edge_the_rate_keeps_its_digits() {
    // b = 0, tau = 0, one eigenvalue l of multiplicity m: z U = 1 at z = 1/((1-a)^2 + gamma m a^2),
    // so 1/r_L - 1 = a ((1 + gamma m) a - 2), exactly.
    let spectrum = Spectrum::new(vec![1.0; 3], Some(vec![1.0; 3])).unwrap();
    for shift in [1e-2_f64, 1e-5, 1e-8] {
        let h = Hyperparameters::new(0.5 * (1.0 + shift), 0.0, 1.0, 0.0).unwrap();
        let a = h.learning_rate();
        let growth = a * (4.0 * a - 2.0);
        let e = dominant_root(&spectrum, &h).unwrap().e();
        let exact = growth / (1.0 + growth);
        assert!((e / exact - 1.0).abs() < 1e-14 / shift, "{e} {exact}");
    }
}

/// Laws with U(1) finite and infinite.
const LAWS: [(f64, f64); 4] = [(1.5, 0.75), (2.0, 4.0), (0.7, 0.4), (0.75, 1.2)];

/// Hyperparameters with which a law diverges: `excess` times the edge, or a rate where there is none.
fn divergent(
    spectrum: &Spectrum,
    beta: f64,
    tau: f64,
    [excess, rate]: [f64; 2],
) -> Hyperparameters {
    let alpha = match critical_learning_rate(spectrum, beta, 0.5, tau) {
        Ok(edge) if edge > 0.0 => excess * edge,
        _ => rate * (1.0 - beta),
    };
    Hyperparameters::new(alpha, beta, 0.5, tau).unwrap()
}

#[test]
fn infinite_laws_diverge_by_24_to_twelve_digits_whether_their_trace_is_finite_or_not() {
    for (nu, kappa) in LAWS {
        let spectrum = PowerLaw::new(nu, Some(kappa)).unwrap().spectrum().0;
        for (beta, tau) in [(-0.5, 1.0), (0.0, 0.0), (0.5, 0.5), (0.9, 1.0)] {
            let h = divergent(&spectrum, beta, tau, [1.2, 0.3]);
            let rate = -(-dominant_root(&spectrum, &h).unwrap().e()).ln_1p();
            let constant = divergence_constant(&spectrum, &h).unwrap();
            let far = (60.0 / rate) as usize;
            let log_loss = iterate(&spectrum, &h, far, true);
            let gap = |t: usize| (log_loss[t] - constant.ln() - rate * t as f64).abs();
            let context = format!("nu {nu} beta {beta}: {:e} at {far}", gap(far));
            assert!(gap(far) < LIMIT, "{context}");
            assert!(gap(far / 30) > 100.0 * gap(far), "{context}");
        }
    }
}

#[test]
fn infinite_laws_diverge_by_24_whether_their_trace_is_finite_or_not() {
    // Momenta and tau in full; learning rates from near the edge to 1e-4 above it, and small ones where there is
    // no edge: t = 60 time scales is up to 3e13.
    let mut latest = 0.0_f64;
    for (nu, kappa, distances) in [
        (1.5, 0.75, [1e-2, 1e-3, 1e-4]),
        (0.7, 0.4, [1e-1, 1e-2, 1e-3]),
        (0.75, 1.2, [1e-1, 1e-2, 1e-3]),
    ] {
        let spectrum = PowerLaw::new(nu, Some(kappa)).unwrap().spectrum().0;
        for (beta, tau) in [-0.5, 0.0, 0.5, 0.9]
            .into_iter()
            .flat_map(|beta| [0.0, 0.5, 1.0].map(|tau| (beta, tau)))
        {
            for x in distances {
                let (alpha, limit) = if nu > 1.0 {
                    let edge = critical_learning_rate(&spectrum, beta, 0.5, tau).unwrap();
                    ((1.0 + x) * edge, LIMIT_OF_LAWS + LIMIT_BY_DISTANCE / x)
                } else {
                    (x * (1.0 - beta), LIMIT_OF_LAWS)
                };
                let h = Hyperparameters::new(alpha, beta, 0.5, tau).unwrap();
                let rate = -(-dominant_root(&spectrum, &h).unwrap().e()).ln_1p();
                let constant = divergence_constant(&spectrum, &h).unwrap();
                let contour = LossContour::new(&spectrum, &h).unwrap();
                let gap = |scales: f64| {
                    let t = (scales / rate).ceil();
                    let loss = contour.at(t).unwrap();
                    let log = loss.mantissa.ln() + loss.exponent as f64 * std::f64::consts::LN_2;
                    (log - constant.ln() - rate * t).abs()
                };
                let context = format!("nu {nu} beta {beta} tau {tau} x {x}: {:e}", gap(60.0));
                assert!(gap(60.0) < limit, "{context}");
                // Nothing but the power law of the early loss stands between: it falls along t.
                assert!(gap(2.0) > 4e-3 && gap(2.0) > 3.0 * gap(6.0), "{context}");
                assert!(gap(6.0) > 3.0 * gap(20.0), "{context}");
                latest = latest.max(60.0 / rate);
            }
        }
    }
    assert!(latest > 1e13, "{latest:e}");
}
