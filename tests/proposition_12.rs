//! Propositions 5 and 12, noise-dominated phase, and the derivatives at momentum 0.
//!
//! Compared with finite differences of U(1) and V(1) summed elsewhere, of C_n of (28b), and of the
//! loss itself (contour inversion) up to t = 1e12; the reference values of the table of the finite-time
//! sign were computed independently.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::asymptotics::{AsymptoticsError, LossAsymptotics, Phase, TailLaw};
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::optimize::{
    MomentumAdvice, OptimizeError, ZeroMomentum, characteristic_30, notebook_characteristic,
};
use tauber::spectrum::{PowerLaw, SignalLaw, Spectrum};
use tauber::stability::{StabilityError, noise_function_at_1, signal_function_at_1};

const NOISE: [(f64, f64); 5] = [(1.0, 1.0), (0.3, 0.0), (0.1, 1.0), (1.0, 0.5), (0.5, -1.0)];
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
            let value = |alpha: f64, beta: f64| {
                let p = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
                let loss = LossAsymptotics::of(&tail, &spectrum, &p).unwrap();
                loss.loss_constant().ln()
            };
            let h = 1e-4;
            let by_rate = (value(best * (1.0 + h), 0.0) - value(best * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(by_rate.abs() < 1e-6, "{nu} {gamma} {tau}: {by_rate}");
            let by_momentum = (value(best, h) - value(best, -h)) / (2.0 * h);
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

/// d ln L_t/dbeta at (alpha_opt, 0).
fn true_slope(spectrum: &Spectrum, alpha: f64, t: f64) -> f64 {
    let loss = |beta: f64| {
        let p = Hyperparameters::new(alpha, beta, 1.0, 1.0).unwrap();
        let contour = LossContour::new(spectrum, &p).unwrap();
        contour.at(t).unwrap().value().ln()
    };
    (loss(1e-3) - loss(-1e-3)) / 2e-3
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
            let found = true_slope(&spectrum, rate, step);
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
        let late = true_slope(&distorted, advice.learning_rate, 1e13);
        assert!(
            (late / advice.derivative - 1.0).abs() < 0.02,
            "{context}: {late}"
        );
        assert!(characteristic_30(&tail, &whole).unwrap() > 0.0);
    }
}

/// Two modes or many, nearly equal, spread over decades, or one that dominates; the signal at the head, at the tail,
/// or anywhere.
fn random_spectrum(rng: &mut ChaCha8Rng) -> Spectrum {
    let n = [2, rng.random_range(2..8), rng.random_range(2..40)][rng.random_range(0..3)];
    let kind = rng.random_range(0..4);
    let exponent = rng.random_range(0.1..4.0);
    let eigenvalues: Vec<f64> = (1..=n)
        .map(|k| match kind {
            0 => 1.0 + 1e-6 * rng.random_range(0.0..1.0),
            1 => 10_f64.powf(-rng.random_range(0.0..6.0)),
            2 => f64::from(k).powf(-exponent),
            _ if k == 1 => 1.0,
            _ => 1e-4 * rng.random_range(0.1..1.0),
        })
        .collect();
    let (place, power) = (rng.random_range(0..3), rng.random_range(-2.0..4.0));
    let signal = eigenvalues
        .iter()
        .map(|l| match place {
            0 => l.powf(power),
            1 if *l > 0.5 => 1e-9,
            _ => 10_f64.powf(-rng.random_range(0.0..6.0)),
        })
        .collect();
    Spectrum::new(eigenvalues, Some(signal)).unwrap()
}

#[test]
fn on_three_thousand_random_spectra_the_sign_is_that_of_30_and_the_best_rate_the_only_one() {
    // U(1) by (21), V(1) by S(1), both as printed, and E from its four sums; the tail gives nu only.
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let mut signs = [0; 2];
    for trial in 0..3000 {
        let spectrum = random_spectrum(&mut rng);
        let nu: f64 =
            [rng.random_range(1.001..1.1), rng.random_range(1.1..8.0)][rng.random_range(0..2)];
        let tail = TailLaw::new(nu, 2.0 * nu + 1.0, 1.0, 1.0).unwrap();
        let advice = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0).unwrap();
        let context = format!("seed 12, trial {trial}, nu {nu}: {advice:?}");
        let pairs = || {
            spectrum
                .eigenvalues()
                .iter()
                .zip(spectrum.signal().unwrap())
        };
        let total = |f: &dyn Fn(f64, f64) -> f64| pairs().map(|(l, q)| f(*l, *q)).sum::<f64>();
        let [h, h2] = [total(&|l, _| l), total(&|l, _| l * l)];
        let [c0, hc0] = [total(&|l, q| q / l), total(&|_, q| q)];
        let [plus, minus] = [h * hc0, (1.0 - 1.0 / nu) * h2 * c0];
        let e = plus - minus;
        let off = (advice.characteristic.unwrap() - e).abs();
        assert!(off <= 1e-12 * (plus + minus), "{context}: {e}");
        // (237), and d ln L/dbeta = alpha_opt E/(Tr H Tr C0).
        let best = 2.0 * (nu - 1.0) / ((3.0 * nu - 1.0) * h);
        assert!(
            (advice.learning_rate / best - 1.0).abs() < 1e-6,
            "{context}"
        );
        let slope = best * e / (h * c0);
        assert!(
            (advice.derivative - slope).abs() < 1e-6,
            "{context}: {slope}"
        );
        if e.abs() > 1e-6 * (plus + minus) && slope.abs() > 1e-6 {
            assert_eq!(advice.derivative > 0.0, e > 0.0, "{context}");
            signs[usize::from(e > 0.0)] += 1;
        }
        // ln C_n up to what does not move, by differences of the printed sums.
        let value = |alpha: f64, b: f64| {
            let u =
                total(&|l, _| l / ((1.0 - (1.0 - b) / (1.0 + b)) * l + 2.0 * (1.0 - b) / alpha));
            let v = total(&|l, q| {
                let a = alpha * l;
                let s = a * (2.0 * (1.0 - b * b) - a * (1.0 - b) + a * (1.0 + b));
                q * (2.0 * a * b + (1.0 - b) * (1.0 - b * b)) / s
            });
            v.ln() + (alpha / (1.0 - b)).ln() / nu - 2.0 * (1.0 - u).ln()
        };
        let difference = (value(best, 1e-5) - value(best, -1e-5)) / 2e-5;
        assert!(
            (difference - slope).abs() < 1e-4 * (1.0 + slope.abs()),
            "{context}: {difference} {slope}"
        );
        // One minimum at momentum 0: it falls before and rises after.
        for i in 1..40 {
            let [a, b] = [i, i + 1].map(|i| 2.0 / h * f64::from(i) / 41.0);
            if b <= best {
                assert!(value(b, 0.0) < value(a, 0.0), "{context}: {a}");
            } else if a >= best {
                assert!(value(b, 0.0) > value(a, 0.0), "{context}: {a}");
            }
        }
    }
    assert!(signs[0] > 200 && signs[1] > 200, "{signs:?}");
}

#[test]
fn the_true_loss_has_the_same_slopes_for_any_gamma_and_tau() {
    // Far from the border, losses by contour at t = 1e13.
    for (nu, kappa) in [(1.5, 4.0), (2.0, 5.0), (3.0, 9.0)] {
        let (tail, spectrum) = terms(nu, kappa);
        for (gamma, tau) in NOISE {
            let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
            let best = advice.learning_rate;
            let loss = |alpha: f64, beta: f64| {
                let p = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
                let at = LossContour::new(&spectrum, &p).unwrap().at(1e13).unwrap();
                at.value().ln()
            };
            let h = 1e-3;
            let slope = (loss(best, h) - loss(best, -h)) / (2.0 * h);
            let context = format!("{nu} {kappa} {gamma} {tau}: {slope} {}", advice.derivative);
            assert!((slope - advice.derivative).abs() < 2e-5, "{context}");
            assert!(slope.signum() == advice.derivative.signum(), "{context}");
            let by_rate = (loss(best * (1.0 + h), 0.0) - loss(best * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(by_rate.abs() < 1e-4, "{context}: {by_rate}");
            let off = 0.7 * best;
            let by_rate = (loss(off * (1.0 + h), 0.0) - loss(off * (1.0 - h), 0.0)) / (2.0 * h);
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
    assert_eq!(
        characteristic_30(&tail, &silent),
        Err(OptimizeError::NoSignal)
    );
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
