//! Propositions 5 and 12, signal-dominated phase: a unique best learning rate at momentum 0, and
//! positive momentum always helps.
//!
//! The formulas are compared with finite differences of C_s of (28a), which comes from U(1) summed
//! elsewhere, and of the loss itself at late steps (contour inversion).

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::asymptotics::{LossAsymptotics, Phase, TailLaw};
use tauber::generating::contour::LossContour;
use tauber::moment::{HyperparameterError, Hyperparameters};
use tauber::optimize::{MomentumAdvice, OptimizeError};
use tauber::spectrum::{PowerLaw, Spectrum};

const NOISE: [(f64, f64); 5] = [(1.0, 1.0), (0.3, 0.0), (0.1, 1.0), (1.0, 0.5), (0.5, -1.0)];
const LAWS: [(f64, f64); 3] = [(1.5, 0.75), (2.0, 1.5), (3.0, 3.6)];

fn law(nu: f64, kappa: f64) -> (TailLaw, Spectrum) {
    let law = PowerLaw::new(nu, Some(kappa)).unwrap();
    (TailLaw::of(&law).unwrap(), law.spectrum().0)
}

fn log_constant(tail: &TailLaw, spectrum: &Spectrum, p: [f64; 4]) -> f64 {
    let p = Hyperparameters::new(p[0], p[1], p[2], p[3]).unwrap();
    LossAsymptotics::of(tail, spectrum, &p)
        .unwrap()
        .loss_constant()
        .ln()
}

#[test]
fn the_best_learning_rate_is_stationary_and_momentum_lowers_the_constant() {
    for (nu, kappa) in LAWS {
        let (tail, spectrum) = law(nu, kappa);
        for (gamma, tau) in NOISE {
            let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
            let best = advice.learning_rate;
            assert!(best > 0.0 && best < advice.critical_learning_rate);
            let value = |alpha, beta| log_constant(&tail, &spectrum, [alpha, beta, gamma, tau]);
            let h = 1e-4;
            let by_rate = (value(best * (1.0 + h), 0.0) - value(best * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(
                by_rate.abs() < 1e-6,
                "{nu} {kappa} {gamma} {tau}: {by_rate}"
            );
            let by_momentum = (value(best, h) - value(best, -h)) / (2.0 * h);
            let distance = (advice.derivative / by_momentum - 1.0).abs();
            assert!(distance < 1e-5, "{nu} {kappa} {gamma} {tau}: {distance:e}");
            assert!(advice.derivative < 0.0);
            assert_eq!(advice.phase, Phase::SignalDominated);
            assert_eq!(advice.characteristic, None);
        }
    }
}

#[test]
fn single_points_have_the_closed_form() {
    // gamma tau = 1: alpha_crit = 2/Tr H and alpha_opt = zeta/(zeta+1) of it.
    for (nu, kappa) in LAWS {
        let (tail, spectrum) = law(nu, kappa);
        let advice = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0).unwrap();
        let edge = 2.0 / PowerLaw::new(nu, None).unwrap().trace();
        let zeta = kappa / nu;
        assert!((advice.critical_learning_rate / edge - 1.0).abs() < 1e-7);
        assert!((advice.learning_rate / (edge * zeta / (zeta + 1.0)) - 1.0).abs() < 1e-7);
        // A neighbouring closed form, that of the noise phase, is not it.
        let other = edge * (nu - 1.0) / (3.0 * nu - 1.0);
        assert!((advice.learning_rate / other - 1.0).abs() > 1e-2);
    }
}

#[test]
fn the_constant_falls_to_the_best_learning_rate_and_rises_after_it() {
    let (tail, spectrum) = law(1.5, 0.75);
    for (gamma, tau) in NOISE {
        let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
        let value = |share: f64| {
            let alpha = share * advice.critical_learning_rate;
            log_constant(&tail, &spectrum, [alpha, 0.0, gamma, tau])
        };
        let best = advice.learning_rate / advice.critical_learning_rate;
        for i in 1..40 {
            let (a, b) = (f64::from(i) / 41.0, f64::from(i + 1) / 41.0);
            if b <= best {
                assert!(value(b) < value(a));
            } else if a >= best {
                assert!(value(b) > value(a));
            }
        }
    }
}

#[test]
fn the_true_loss_at_a_late_step_has_the_same_slopes_for_any_gamma_and_tau() {
    // Losses by contour at t = 1e13: stationary in the learning rate, and the slope in momentum.
    for (nu, kappa) in [(1.5, 0.75), (2.0, 1.5), (3.0, 1.2)] {
        let (tail, spectrum) = law(nu, kappa);
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
            assert!((slope / advice.derivative - 1.0).abs() < 0.01, "{context}");
            let by_rate = (loss(best * (1.0 + h), 0.0) - loss(best * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(by_rate.abs() < 5e-3, "{context}: {by_rate}");
            // Away from the best rate it is not stationary: the test can see it.
            let off = 0.8 * best;
            let by_rate = (loss(off * (1.0 + h), 0.0) - loss(off * (1.0 - h), 0.0)) / (2.0 * h);
            assert!(by_rate < -0.05, "{context}: {by_rate}");
        }
    }
}

/// Two modes or many, nearly equal, spread over decades, or one that dominates.
fn random_spectrum(rng: &mut ChaCha8Rng) -> Spectrum {
    let n = [2, rng.random_range(2..8), rng.random_range(2..60)][rng.random_range(0..3)];
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

/// U(1) by (21) as printed.
fn printed_21(spectrum: &Spectrum, [alpha, b, g, tau]: [f64; 4]) -> f64 {
    let shift = tau - (1.0 - b) / (g * (1.0 + b));
    let x = 2.0 * (1.0 - b) / (g * alpha);
    spectrum
        .eigenvalues()
        .iter()
        .map(|l| l / (shift * l + x))
        .sum()
}

#[test]
fn on_three_thousand_random_spectra_momentum_helps_and_the_best_rate_is_the_only_one() {
    // The tail only gives zeta; U(1) is that of any spectrum, here two to sixty modes pushed into corners.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut smallest = f64::INFINITY;
    for trial in 0..3000 {
        let spectrum = random_spectrum(&mut rng);
        let gamma = [1.0, 10_f64.powf(-rng.random_range(0.0..3.0))][rng.random_range(0..2)];
        let tau = [0.0, 1.0, rng.random_range(0.0..1.0)][rng.random_range(0..3)];
        let nu: f64 = rng.random_range(1.05..6.0);
        let zeta = [
            rng.random_range(0.01..0.1),
            (2.0 - 1.0 / nu) * rng.random_range(0.1..0.999),
        ][rng.random_range(0..2)];
        let tail = TailLaw::new(nu, zeta * nu, 1.0, 1.0).unwrap();
        let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
        let best = advice.learning_rate;
        let context = format!("seed 5, trial {trial}: gamma {gamma} tau {tau} zeta {zeta}");
        // (218)-(223): -2 gamma alpha^2/(1-U) sum lambda^2/D^2.
        let sum = |f: &dyn Fn(f64, f64) -> f64, alpha: f64| -> f64 {
            let modes = spectrum.eigenvalues().iter();
            modes
                .map(|l| f(*l, 2.0 - (1.0 - gamma * tau) * alpha * l))
                .sum()
        };
        let gap = 1.0 - printed_21(&spectrum, [best, 0.0, gamma, tau]);
        let squares = sum(&|l, d| l * l / (d * d), best);
        let expected = -2.0 * gamma * best * best / gap * squares;
        let off = (advice.derivative - expected).abs();
        assert!(
            off < 1e-7 * (1.0 + zeta),
            "{context}: {} {expected}",
            advice.derivative
        );
        assert!(expected < 0.0 && advice.derivative < 1e-12, "{context}");
        smallest = smallest.min(-advice.derivative);
        // Momentum of either sign by a difference of -ln(1-U) - zeta ln alpha_eff.
        let value = |b: f64| {
            let gap = 1.0 - printed_21(&spectrum, [best, b, gamma, tau]);
            -gap.ln() + zeta * (1.0 - b).ln()
        };
        let slope = (value(1e-5) - value(-1e-5)) / 2e-5;
        assert!(
            (slope - expected).abs() < 1e-4 * (1.0 + zeta + expected.abs()),
            "{context}: {slope} {expected}"
        );
        // (216): the bracket -zeta + gamma alpha/(1-U) sum 2 lambda/D^2 only rises, and is 0 at the best rate.
        let bracket = |alpha: f64| {
            let gap = 1.0 - printed_21(&spectrum, [alpha, 0.0, gamma, tau]);
            -zeta + gamma * alpha / gap * sum(&|l, d| 2.0 * l / (d * d), alpha)
        };
        let mut last = -zeta;
        for i in 1..40 {
            let alpha = advice.critical_learning_rate * f64::from(i) / 40.0;
            let now = bracket(alpha);
            assert!(now > last, "{context}: {now} after {last} at {alpha}");
            assert!(
                (now > 0.0) == (alpha > best),
                "{context}: {now} at {alpha}, best {best}"
            );
            last = now;
        }
    }
    // Corners where momentum hardly matters are among them.
    assert!(smallest < 1e-3, "{smallest:e}");
}

#[test]
fn what_leaves_the_proposition_is_refused() {
    let (tail, spectrum) = law(1.5, 2.0);
    let error = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0);
    assert_eq!(error, Err(OptimizeError::Border));
    let (tail, spectrum) = law(0.9, 0.5);
    let error = MomentumAdvice::of(&tail, &spectrum, 1.0, 1.0).unwrap_err();
    assert!(error.to_string().contains("eventual divergence"), "{error}");
    let (tail, spectrum) = law(1.5, 0.75);
    let error = MomentumAdvice::of(&tail, &spectrum, 0.0, 1.0).unwrap_err();
    assert!(error.to_string().contains("no noise"), "{error}");
    // gamma tau > 1: the bracket need not rise.
    assert_eq!(
        MomentumAdvice::of(&tail, &spectrum, 1.5, 1.0),
        Err(OptimizeError::NoiseTau(1.5))
    );
    assert!(MomentumAdvice::of(&tail, &spectrum, 1.5, 0.5).is_ok());
    for (gamma, tau) in [(-0.5, 1.0), (f64::NAN, 1.0), (0.5, 1.5), (0.5, f64::NAN)] {
        assert!(matches!(
            MomentumAdvice::of(&tail, &spectrum, gamma, tau),
            Err(OptimizeError::Hyperparameter(
                HyperparameterError::NoiseAmplitude(_) | HyperparameterError::Tau(_)
            ))
        ));
    }
}
