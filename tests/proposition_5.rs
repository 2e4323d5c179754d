//! Propositions 5 and 12, signal-dominated phase: a unique best learning rate at momentum 0, and
//! positive momentum always helps.
//!
//! The formulas are compared with finite differences of C_s of (28a), which comes from U(1) summed
//! elsewhere, and of the loss itself at late steps (contour inversion).

use tauber::asymptotics::{LossAsymptotics, Phase, TailLaw};
use tauber::dynamics::{CurveMethod, LossCurve};
use tauber::moment::Hyperparameters;
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
fn the_true_loss_at_a_late_step_has_the_same_slope() {
    let (tail, spectrum) = law(2.0, 1.5);
    for (gamma, tau) in [(1.0, 1.0), (0.3, 0.0)] {
        let advice = MomentumAdvice::of(&tail, &spectrum, gamma, tau).unwrap();
        let loss = |beta: f64| {
            let p = Hyperparameters::new(advice.learning_rate, beta, gamma, tau).unwrap();
            let method = CurveMethod::Contour;
            let curve =
                LossCurve::compute(&spectrum, &p, &[100_000_000], method, 0.0, &|_| ()).unwrap();
            curve.points()[0].loss().unwrap().ln()
        };
        let slope = (loss(1e-3) - loss(-1e-3)) / 2e-3;
        assert!(
            (slope / advice.derivative - 1.0).abs() < 0.02,
            "{slope} {}",
            advice.derivative
        );
    }
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
}
