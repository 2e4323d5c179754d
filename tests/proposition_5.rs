//! Propositions 5 and 12, signal-dominated phase: a unique best learning rate at momentum 0, and
//! positive momentum always helps.
//!
//! The formulas are compared with finite differences of C_s of (28a), which comes from U(1) summed
//! elsewhere, and of the loss itself at late steps (contour inversion).

mod late_losses;
mod random_spectra;

use late_losses::{NOISE, late_loss, loss_constant};
use random_spectra::{Corners, printed_21};
use tauber::asymptotics::{Phase, TailLaw};
use tauber::moment::HyperparameterError;
use tauber::optimize::{MomentumAdvice, OptimizeError};
use tauber::spectrum::{PowerLaw, Spectrum};

const LAWS: [(f64, f64); 3] = [(1.5, 0.75), (2.0, 1.5), (3.0, 3.6)];

fn law(nu: f64, kappa: f64) -> (TailLaw, Spectrum) {
    let law = PowerLaw::new(nu, Some(kappa)).unwrap();
    (TailLaw::of(&law).unwrap(), law.spectrum().0)
}

#[test]
fn the_best_learning_rate_is_stationary_and_momentum_lowers_the_constant() {
    for (nu, kappa) in LAWS {
        let (tail, spectrum) = law(nu, kappa);
        for (gamma, tau) in NOISE {
            let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
            let best = advice.learning_rate;
            assert!(best > 0.0 && best < advice.critical_learning_rate);
            let constant = loss_constant(&tail, &spectrum, (gamma, tau));
            let by_rate = constant.by_learning_rate(best, 1e-4);
            assert!(
                by_rate.abs() < 1e-6,
                "{nu} {kappa} {gamma} {tau}: {by_rate}"
            );
            let by_momentum = constant.by_momentum(best, 1e-4);
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
        let constant = loss_constant(&tail, &spectrum, (gamma, tau));
        let value = |share: f64| constant.0(share * advice.critical_learning_rate, 0.0);
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
            let loss = late_loss(&spectrum, (gamma, tau), 1e13);
            let slope = loss.by_momentum(best, 1e-3);
            let context = format!("{nu} {kappa} {gamma} {tau}: {slope} {}", advice.derivative);
            assert!((slope / advice.derivative - 1.0).abs() < 0.01, "{context}");
            let by_rate = loss.by_learning_rate(best, 1e-3);
            assert!(by_rate.abs() < 5e-3, "{context}: {by_rate}");
            // Away from the best rate it is not stationary: the test can see it.
            let by_rate = loss.by_learning_rate(0.8 * best, 1e-3);
            assert!(by_rate < -0.05, "{context}: {by_rate}");
        }
    }
}

#[test]
fn on_three_thousand_random_spectra_momentum_helps_and_the_best_rate_is_the_only_one() {
    // The tail only gives zeta; U(1) is that of any spectrum, here up to sixty modes pushed into corners.
    let mut corners = Corners::new(5);
    let mut smallest = f64::INFINITY;
    for trial in 0..3000 {
        let spectrum = corners.spectrum(1, 60);
        let (gamma, tau) = (corners.noise_amplitude(), corners.tau());
        let nu = corners.between(1.05, 6.0);
        let zeta = match corners.below(2) {
            0 => corners.between(0.01, 0.1),
            _ => (2.0 - 1.0 / nu) * corners.between(0.1, 0.999),
        };
        let tail = TailLaw::new(nu, zeta * nu, 1.0, 1.0).unwrap();
        let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
        let best = advice.learning_rate;
        let context = format!("seed 5, trial {trial}: gamma {gamma} tau {tau} zeta {zeta}");
        // (218)-(223): -2 gamma alpha^2/(1-U) sum lambda^2/D^2.
        // Over a = alpha lambda: squares of the eigenvalues alone may leave the range of f64.
        let sum = |f: &dyn Fn(f64, f64) -> f64, alpha: f64| -> f64 {
            let modes = spectrum.eigenvalues().iter().map(|l| alpha * l);
            modes.map(|a| f(a, 2.0 - (1.0 - gamma * tau) * a)).sum()
        };
        let gap = 1.0 - printed_21(&spectrum, [best, 0.0, gamma, tau]);
        let squares = sum(&|a, d| a * a / (d * d), best);
        let expected = -2.0 * gamma / gap * squares;
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
            -zeta + gamma / gap * sum(&|a, d| 2.0 * a / (d * d), alpha)
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
    assert!(
        corners.drawn.iter().all(|n| *n > 200),
        "{:?}",
        corners.drawn
    );
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
