//! Propositions 5 and 12, noise-dominated phase, and the derivatives at momentum 0.
//!
//! Compared with finite differences of U(1) and V(1) summed elsewhere, of C_n of (28b), and of the
//! loss itself (contour inversion) up to t = 1e12; the reference values of the table of the finite-time
//! sign were computed independently.

mod late_losses;
mod random_spectra;

use late_losses::{NOISE, late_loss, loss_constant};
use random_spectra::{Corners, printed_21};
use tauber::asymptotics::{AsymptoticsError, Phase, TailLaw};
use tauber::moment::Hyperparameters;
use tauber::optimize::{
    MomentumAdvice, OptimizeError, ZeroMomentum, characteristic_30, notebook_characteristic,
};
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::{StabilityError, noise_function_at_1, signal_function_at_1};

const LAWS: [(f64, f64); 3] = [(1.5, 3.0), (2.0, 4.0), (3.0, 6.0)];

fn terms(nu: f64, kappa: f64) -> (TailLaw, Spectrum) {
    let law = PowerLaw::new(nu, Some(kappa))
        .and_then(|law| law.with_signal(SignalLaw::Terms, 1.0))
        .unwrap();
    (TailLaw::of(&law).unwrap(), law.spectrum().0)
}

#[test]
fn derivatives_at_momentum_zero_are_those_of_u_and_v() {
    for (nu, kappa) in LAWS {
        let (_, spectrum) = terms(nu, kappa);
        for (gamma, tau) in NOISE {
            let alpha = 0.4;
            let both = |alpha: f64, beta: f64| {
                let p = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
                [
                    noise_function_at_1(&spectrum, &p).unwrap(),
                    signal_function_at_1(&spectrum, &p).unwrap(),
                ]
            };
            let found = ZeroMomentum::of(&spectrum, alpha, gamma, tau).unwrap();
            let here = both(alpha, 0.0);
            assert!((found.noise / here[0] - 1.0).abs() < 1e-12);
            let signal = found.signal().unwrap();
            assert!((signal.value / here[1] - 1.0).abs() < 1e-12);
            let h = 1e-5;
            let (up, down) = (both(alpha + h, 0.0), both(alpha - h, 0.0));
            let (right, left) = (both(alpha, h), both(alpha, -h));
            for (formula, difference) in [
                (found.noise_by_learning_rate, up[0] - down[0]),
                (signal.by_learning_rate, up[1] - down[1]),
                (found.noise_by_momentum, right[0] - left[0]),
                (signal.by_momentum, right[1] - left[1]),
            ] {
                let slope = difference / (2.0 * h);
                let distance = (formula - slope).abs() / slope.abs().max(here[0]);
                assert!(distance < 1e-6, "{nu} {gamma} {tau}: {formula} {slope}");
            }
        }
    }
}

#[test]
fn the_advice_is_stationary_and_its_slope_that_of_the_constant() {
    for (nu, kappa) in LAWS {
        let (tail, spectrum) = terms(nu, kappa);
        for (gamma, tau) in NOISE {
            let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
            assert_eq!(advice.phase, Phase::NoiseDominated);
            let best = advice.learning_rate;
            let constant = loss_constant(&tail, &spectrum, (gamma, tau));
            let by_rate = constant.by_learning_rate(best, 1e-4);
            assert!(by_rate.abs() < 1e-6, "{nu} {gamma} {tau}: {by_rate}");
            let by_momentum = constant.by_momentum(best, 1e-4);
            assert!(
                (advice.derivative - by_momentum).abs() < 1e-6,
                "{nu} {gamma} {tau}: {} {by_momentum}",
                advice.derivative
            );
        }
    }
}

#[test]
fn at_gamma_and_tau_one_the_closed_forms_hold() {
    for (nu, kappa) in LAWS {
        let (tail, spectrum) = terms(nu, kappa);
        let advice = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0).unwrap();
        let trace = spectrum.trace();
        let best = 2.0 * (nu - 1.0) / ((3.0 * nu - 1.0) * trace);
        assert!((advice.learning_rate / best - 1.0).abs() < 1e-9);
        let e = advice.characteristic.unwrap();
        let covariance: f64 = spectrum
            .signal()
            .unwrap()
            .iter()
            .zip(spectrum.eigenvalues())
            .map(|(q, l)| q / l)
            .sum();
        let slope = best / (covariance * trace) * e;
        assert!((advice.derivative / slope - 1.0).abs() < 1e-8);
        assert!(e > 0.0, "exact power laws favour negative momentum");
    }
}

#[test]
fn near_the_border_the_finite_time_sign_is_the_opposite_one() {
    for (nu, kappa, e, notebook, slopes) in [
        (1.5, 2.5, 2.21, -20.6, [-0.908, -0.063, 0.039, 0.044]),
        (1.5, 3.5, 2.21, 2.04, [0.005, 0.072, 0.073, 0.073]),
        (2.0, 3.5, 1.01, -31.2, [-0.943, -0.175, 0.047, 0.073]),
        (2.0, 5.0, 1.09, 0.89, [0.115, 0.136, 0.136, 0.136]),
    ] {
        let law = PowerLaw::new(nu, Some(kappa)).unwrap();
        let (tail, spectrum) = (TailLaw::of(&law).unwrap(), law.spectrum().0);
        // (30) of 1,000 exact terms; the slopes of the infinite law with exact tails, at the alpha_opt of the
        // reference, whose Tr H has 10,000 modes.
        let cut = PowerLaw::new(nu, Some(kappa))
            .and_then(|law| law.with_signal(SignalLaw::Terms, 1.0)?.with_modes(1000))
            .unwrap();
        assert!((characteristic_30(&tail, &cut.spectrum().0).unwrap() - e).abs() < 6e-3);
        let found = notebook_characteristic(nu, kappa, 1000);
        assert!((found / notebook - 1.0).abs() < 6e-3, "{found}");
        let trace: f64 = (1..=10_000).map(|k| f64::from(k).powf(-nu)).sum();
        let rate = 2.0 * (nu - 1.0) / ((3.0 * nu - 1.0) * trace);
        let advice = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0).unwrap();
        for (step, slope) in [1e4, 1e8, 1e12, 1e16].into_iter().zip(slopes) {
            let found = late_loss(&spectrum, (1.0, 1.0), step).by_momentum(rate, 1e-3);
            assert!(
                (found - slope).abs() < 6e-4,
                "{nu} {kappa} {step}: {found} {slope}"
            );
        }
        assert!(advice.derivative > 0.0);
    }
}

#[test]
fn a_distorted_spectrum_has_a_negative_characteristic_and_wants_positive_momentum() {
    // No signal in the first modes: the tails are those of the law still.
    for (nu, kappa, first, derivative) in [
        (1.5, 4.0, 5, -0.0100),
        (2.0, 5.0, 5, -0.073_34),
        (3.0, 9.0, 3, -0.221_13),
    ] {
        let law = PowerLaw::new(nu, Some(kappa)).unwrap();
        let (tail, whole) = (TailLaw::of(&law).unwrap(), law.spectrum().0);
        let mut signal = whole.signal().unwrap().to_vec();
        signal[..first - 1].fill(0.0);
        assert!(whole.multiplicities()[..first] == [1.0; 5][..first]);
        let distorted = whole.clone().with_signal(signal).unwrap();
        let advice = MomentumAdvice::of(&tail, &distorted, 1.0, 1.0).unwrap();
        let context = format!("{nu} {kappa}: {advice:?}");
        assert!(advice.characteristic.unwrap() < 0.0, "{context}");
        assert!((advice.derivative - derivative).abs() < 6e-5, "{context}");
        let late = late_loss(&distorted, (1.0, 1.0), 1e13).by_momentum(advice.learning_rate, 1e-3);
        assert!(
            (late / advice.derivative - 1.0).abs() < 0.02,
            "{context}: {late}"
        );
        assert!(characteristic_30(&tail, &whole).unwrap() > 0.0);
    }
}

/// V(1) of (20) as printed, at gamma = tau = 1.
fn printed_20(spectrum: &Spectrum, alpha: f64, b: f64) -> f64 {
    let modes = spectrum
        .eigenvalues()
        .iter()
        .zip(spectrum.signal().unwrap());
    modes
        .map(|(l, q)| {
            let a = alpha * l;
            let numerator = 2.0 * a * b + b.powi(3) - b * b - b + 1.0;
            let s = a * (2.0 * (1.0 - b * b) - a * (1.0 - b) + a * (1.0 + b));
            q * numerator / s
        })
        .sum()
}

#[test]
fn on_three_thousand_random_spectra_the_sign_is_that_of_30_and_the_best_rate_is_the_only_one() {
    // The tail only gives nu; U(1) and V(1) are those of any spectrum, here up to sixty modes pushed into corners.
    let mut corners = Corners::new(12);
    let (mut signs, mut silent) = ([0, 0], 0);
    for trial in 0..3000 {
        let eigenvalues = corners.eigenvalues(1, 60);
        let top = eigenvalues.iter().copied().fold(0.0, f64::max);
        let power = corners.between(-0.5, 3.0);
        let signal = eigenvalues
            .iter()
            .map(|l| (l / top).powf(power).max(1e-300));
        // Without its first modes the signal can turn the sign.
        let hidden = [0, 1, 2][corners.below(3)].min(eigenvalues.len() - 1);
        let signal: Vec<f64> = (signal.enumerate())
            .map(|(k, q)| if k < hidden { 0.0 } else { q })
            .collect();
        let eigenvalues = eigenvalues.iter().map(|l| l / top).collect();
        let spectrum = Spectrum::new(eigenvalues, Some(signal)).unwrap();
        let nu = corners.between(1.05, 6.0);
        let zeta = (2.0 - 1.0 / nu) * corners.between(1.001, 4.0);
        let tail = TailLaw::new(nu, zeta * nu, 1.0, 1.0).unwrap();
        let (l, q) = (spectrum.eigenvalues(), spectrum.signal().unwrap());
        let advice = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0);
        if q.iter().all(|q| *q == 0.0) {
            // All of the signal sits on modes below rounding.
            assert_eq!(advice, Err(OptimizeError::NoSignal));
            silent += 1;
            continue;
        }
        let advice = advice.unwrap();
        let context = format!("seed 12, trial {trial}: nu {nu} {advice:?}");
        let trace: f64 = l.iter().sum();
        // (237).
        let best = 2.0 * (nu - 1.0) / ((3.0 * nu - 1.0) * trace);
        assert!(
            (advice.learning_rate / best - 1.0).abs() < 1e-9,
            "{context}"
        );
        // (232): the bracket only rises, and is 0 at the best rate only.
        let value = |alpha: f64, b: f64| {
            let gap = 1.0 - printed_21(&spectrum, [alpha, b, 1.0, 1.0]);
            printed_20(&spectrum, alpha, b).ln() + (alpha / (1.0 - b)).ln() / nu - 2.0 * gap.ln()
        };
        let mut last = f64::NEG_INFINITY;
        for i in 1..40 {
            let alpha = 2.0 / trace * f64::from(i) / 40.0;
            let h = 1e-4;
            let now = (value(alpha * (1.0 + h), 0.0) - value(alpha * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(now > last, "{context}: {now} after {last} at {alpha}");
            let near = (alpha / best - 1.0).abs() < 1e-3;
            assert!(
                near || (now > 0.0) == (alpha > best),
                "{context}: {now} at {alpha}"
            );
            last = now;
        }
        // (30) by its four sums, and the slope by a difference.
        let covariance: f64 = q.iter().zip(l).map(|(q, l)| q / l).sum();
        let (output, square): (f64, f64) = (q.iter().sum(), l.iter().map(|l| l * l).sum());
        let e = trace * output - (1.0 - 1.0 / nu) * square * covariance;
        let expected = best / (covariance * trace) * e;
        let slope = (value(best, 1e-5) - value(best, -1e-5)) / 2e-5;
        for found in [advice.derivative, slope] {
            assert!(
                (found - expected).abs() < 1e-6,
                "{context}: {found} {expected}"
            );
        }
        assert!(
            (advice.characteristic.unwrap() - e).abs() < 1e-12 * trace * output,
            "{context}"
        );
        if expected.abs() > 1e-6 {
            assert_eq!(advice.derivative > 0.0, e > 0.0, "{context}");
            signs[usize::from(e > 0.0)] += 1;
        }
    }
    assert!(signs[0] > 300 && signs[1] > 1000, "{signs:?}");
    assert!(silent > 0 && silent < 300, "{silent}");
}

#[test]
fn the_true_loss_has_the_same_slopes_for_any_gamma_and_tau() {
    // Far from the border, losses by contour at t = 1e13.
    for (nu, kappa) in [(1.5, 4.0), (2.0, 5.0), (3.0, 9.0)] {
        let (tail, spectrum) = terms(nu, kappa);
        for (gamma, tau) in NOISE {
            let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
            let best = advice.learning_rate;
            let loss = late_loss(&spectrum, (gamma, tau), 1e13);
            let slope = loss.by_momentum(best, 1e-3);
            let context = format!("{nu} {kappa} {gamma} {tau}: {slope} {}", advice.derivative);
            assert!((slope - advice.derivative).abs() < 2e-5, "{context}");
            assert!(slope.signum() == advice.derivative.signum(), "{context}");
            let by_rate = loss.by_learning_rate(best, 1e-3);
            assert!(by_rate.abs() < 1e-4, "{context}: {by_rate}");
            let by_rate = loss.by_learning_rate(0.7 * best, 1e-3);
            assert!(by_rate < -0.01, "{context}: {by_rate}");
        }
    }
}

#[test]
fn the_characteristic_and_v_refuse_what_makes_them_infinite_or_meaningless() {
    let tail = |nu, kappa| TailLaw::new(nu, kappa, 1.0, 1.0).unwrap();
    let spectrum = |nu, kappa| PowerLaw::new(nu, Some(kappa)).unwrap().spectrum().0;
    let of = |nu, kappa| characteristic_30(&tail(nu, kappa), &spectrum(nu, kappa));
    assert!(of(2.0, 5.0).unwrap() > 0.0);
    let asymptotics = |error| Err(OptimizeError::Asymptotics(error));
    assert_eq!(
        of(0.4, 5.0),
        asymptotics(AsymptoticsError::ImmediateDivergence(0.4))
    );
    assert_eq!(
        of(1.0, 5.0),
        asymptotics(AsymptoticsError::EventualDivergence(1.0))
    );
    assert_eq!(
        of(2.0, 1.0),
        asymptotics(AsymptoticsError::InfiniteTraceOfCovariance(0.5))
    );
    for (kappa, found) in [(2.5, Phase::SignalDominated), (3.0, Phase::Border)] {
        assert_eq!(
            of(2.0, kappa),
            asymptotics(AsymptoticsError::WrongPhase {
                found,
                needed: Phase::NoiseDominated
            })
        );
    }
    // A tail that fits and nodes that do not.
    assert_eq!(
        characteristic_30(&tail(2.0, 5.0), &spectrum(2.0, 1.0)),
        Err(OptimizeError::Stability(
            StabilityError::InfiniteTraceOfCovariance
        ))
    );
    // V(1) of an infinite law: its nodes have a finite sum whatever zeta.
    let h = Hyperparameters::new(0.1, 0.0, 0.5, 1.0).unwrap();
    for (kappa, finite) in [(1.0, false), (2.0, false), (2.001, true), (4.0, true)] {
        let spectrum = spectrum(2.0, kappa);
        let v = signal_function_at_1(&spectrum, &h);
        let zero = ZeroMomentum::of(&spectrum, 0.1, 0.5, 1.0).unwrap();
        assert!(zero.noise > 0.0);
        if finite {
            assert!((v.unwrap() / zero.signal().unwrap().value - 1.0).abs() < 1e-12);
        } else {
            assert_eq!(v, Err(StabilityError::InfiniteTraceOfCovariance));
            assert_eq!(
                zero.signal(),
                Err(OptimizeError::Stability(
                    StabilityError::InfiniteTraceOfCovariance
                ))
            );
        }
        // The same law cut off has a V(1) of its own.
        let cut = PowerLaw::new(2.0, Some(kappa))
            .and_then(|law| law.with_modes(50))
            .unwrap();
        assert!(
            signal_function_at_1(&cut.spectrum().0, &h)
                .unwrap()
                .is_finite()
        );
    }
    let silent = spectrum(2.0, 4.0).without_signal();
    assert_eq!(
        signal_function_at_1(&silent, &h),
        Err(StabilityError::NoSignal)
    );
    let zero = ZeroMomentum::of(&silent, 0.1, 0.5, 1.0).unwrap();
    assert_eq!(zero.signal(), Err(OptimizeError::NoSignal));
    let beyond = Hyperparameters::new(2.5, 0.0, 0.5, 1.0).unwrap();
    assert_eq!(
        signal_function_at_1(&spectrum(2.0, 4.0), &beyond),
        Err(StabilityError::BeyondNoiselessEdge(2.5))
    );
    for (gamma, tau) in [(-0.5, 1.0), (f64::NAN, 1.0), (0.5, 1.5), (0.5, f64::NAN)] {
        assert!(ZeroMomentum::of(&spectrum(2.0, 4.0), 0.1, gamma, tau).is_err());
    }
}

#[test]
fn what_leaves_the_assumptions_is_refused() {
    let (tail, spectrum) = terms(2.0, 5.0);
    let silent = spectrum.clone().without_signal();
    let zeros = Spectrum::new(vec![1.0, 0.25], Some(vec![0.0; 2])).unwrap();
    for empty in [&silent, &zeros] {
        assert_eq!(
            characteristic_30(&tail, empty),
            Err(OptimizeError::NoSignal)
        );
    }
    assert_eq!(
        MomentumAdvice::of(&tail, &silent, 1.0, 1.0),
        Err(OptimizeError::NoSignal)
    );
    for alpha in [0.0, 2.0, f64::NAN] {
        let error = ZeroMomentum::of(&spectrum, alpha, 0.1, 0.0).unwrap_err();
        assert!(error.to_string().contains("noiseless edge"), "{error}");
    }
    assert!(ZeroMomentum::of(&spectrum, 1.0, 0.0, 1.0).is_err());
    let slow = PowerLaw::new(0.9, None).unwrap().spectrum().0;
    assert_eq!(
        ZeroMomentum::of(&slow, 0.1, 0.1, 1.0),
        Err(OptimizeError::NothingStable)
    );
}
