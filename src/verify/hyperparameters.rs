//! Propositions 5 and 12, E.5, the search, and the fit of (25).

use super::{Check, VerifyError};
use crate::asymptotics::{LossAsymptotics, Phase, TailLaw};
use crate::dynamics::SeRecursion;
use crate::moment::Hyperparameters;
use crate::optimize::{Goal, MomentumAdvice, Problem, optimize, signal_limit};
use crate::spectrum::{FitOptions, PowerLaw, Spectrum, TailEnd, fit_spectrum};
use crate::stability::critical_learning_rate;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Laws of the signal- and the noise-dominated phase.
const LAWS: [[(f64, f64); 3]; 2] = [
    [(1.5, 0.75), (2.0, 1.5), (3.0, 3.6)],
    [(1.5, 3.0), (2.0, 4.0), (3.0, 6.0)],
];
/// (gamma, tau).
const NOISE: [(f64, f64); 4] = [(1.0, 1.0), (0.3, 0.0), (0.1, 1.0), (1.0, 0.5)];
/// Seeds of the fit.
const SEEDS: u64 = 200;

/// The checks of the hyperparameters and of the fit.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        propositions(
            0,
            "proposition-5",
            "signal phase: one best learning rate at momentum 0, positive momentum helps",
        )?,
        propositions(
            1,
            "proposition-12",
            "noise phase: one best learning rate at momentum 0, the sign of the best momentum is that of -E, (30)",
        )?,
        budget()?,
        search()?,
        fit()?,
    ])
}

fn propositions(which: usize, name: &'static str, claim: &str) -> Result<Check, VerifyError> {
    let fail = VerifyError::part("hyperparameters");
    Check::timed(
        name,
        claim,
        "formulas against finite differences of the constants (28a), (28b); 3 laws, 4 (gamma, tau); limit 1e-5",
        || {
            let mut worst = 0.0_f64;
            let mut signs = true;
            for (nu, kappa) in LAWS[which] {
                let law = PowerLaw::new(nu, Some(kappa)).map_err(|e| fail(&e))?;
                let tail = TailLaw::of(&law).map_err(|e| fail(&e))?;
                let spectrum = law.spectrum().0;
                for (gamma, tau) in NOISE {
                    let advice =
                        MomentumAdvice::of(&tail, &spectrum, gamma, tau).map_err(|e| fail(&e))?;
                    let value = |alpha: f64, beta: f64| {
                        let p =
                            Hyperparameters::new(alpha, beta, gamma, tau).map_err(|e| fail(&e))?;
                        LossAsymptotics::of(&tail, &spectrum, &p)
                            .map(|loss| loss.loss_constant().ln())
                            .map_err(|e| fail(&e))
                    };
                    let (best, h) = (advice.learning_rate, 1e-4);
                    let by_rate = value(best * (1.0 + h), 0.0)? - value(best * (1.0 - h), 0.0)?;
                    let by_momentum = value(best, h)? - value(best, -h)?;
                    let distance = (by_rate / (2.0 * h))
                        .abs()
                        .max((by_momentum / (2.0 * h) - advice.derivative).abs());
                    worst = if distance <= worst { worst } else { distance };
                    signs &= match advice.characteristic {
                        Some(e) => (e > 0.0) == (advice.derivative > 0.0),
                        None if advice.phase == Phase::SignalDominated => advice.derivative < 0.0,
                        None => true,
                    };
                }
            }
            Ok((worst < 1e-5 && signs, format!("{worst:.1e}"), Vec::new()))
        },
    )
}

fn budget() -> Result<Check, VerifyError> {
    let fail = VerifyError::part("hyperparameters");
    Check::timed(
        "linear-scaling",
        "b^zeta times the smallest constant (28a) has one limit for all batch sizes (E.5)",
        "scan over learning rates at momentum 0.9999, b = 1, 4, 16, 64, gamma = 1/b, two laws, tau 1 and 0; limit 2 %",
        || {
            let mut worst = 0.0_f64;
            for (nu, kappa, tau) in [(1.5, 0.75, 1.0), (2.0, 1.5, 0.0)] {
                let law = PowerLaw::new(nu, Some(kappa)).map_err(|e| fail(&e))?;
                let tail = TailLaw::of(&law).map_err(|e| fail(&e))?;
                let spectrum = law.spectrum().0;
                let limit = signal_limit(&tail, &spectrum, tau).map_err(|e| fail(&e))?;
                for batch in [1.0, 4.0, 16.0, 64.0] {
                    let edge = critical_learning_rate(&spectrum, 0.9999, 1.0 / batch, tau);
                    let mut least = f64::INFINITY;
                    for i in 1..300 {
                        let alpha = edge * f64::from(i) / 300.0;
                        let p = Hyperparameters::new(alpha, 0.9999, 1.0 / batch, tau)
                            .map_err(|e| fail(&e))?;
                        let loss =
                            LossAsymptotics::of(&tail, &spectrum, &p).map_err(|e| fail(&e))?;
                        least = least.min(loss.signal_constant);
                    }
                    let distance = (batch.powf(tail.zeta()) * least / limit.constant - 1.0).abs();
                    worst = if distance <= worst { worst } else { distance };
                }
            }
            Ok((worst < 0.02, format!("{worst:.1e} relative"), Vec::new()))
        },
    )
}

fn search() -> Result<Check, VerifyError> {
    let fail = VerifyError::part("hyperparameters");
    Check::timed(
        "optimum-against-grid",
        "no point of a brute-force grid has a smaller loss than the optimum found",
        "30 modes, step 50, plain iteration at 41 x 49 points; signal- and noise-dominated",
        || {
            let mut worst = f64::NEG_INFINITY;
            for (nu, kappa) in [(1.5, 0.75), (2.0, 4.0)] {
                let law = PowerLaw::new(nu, Some(kappa))
                    .and_then(|law| law.with_modes(30))
                    .map_err(|e| fail(&e))?;
                let spectrum = law.spectrum().0;
                let problem = Problem {
                    spectrum: &spectrum,
                    noise_amplitude: 0.5,
                    tau: 1.0,
                    momentum_range: (-0.8, 0.95),
                };
                let best = optimize(&problem, Goal::Step(50))
                    .map_err(|e| fail(&e))?
                    .best;
                for i in 0..=40 {
                    let momentum = -0.8 + 1.75 * f64::from(i) / 40.0;
                    let edge = critical_learning_rate(&spectrum, momentum, 0.5, 1.0);
                    for j in 1..50 {
                        let alpha = edge * f64::from(j) / 50.0;
                        let p = Hyperparameters::new(alpha, momentum, 0.5, 1.0)
                            .map_err(|e| fail(&e))?;
                        let mut run = SeRecursion::new(&spectrum, &p).map_err(|e| fail(&e))?;
                        let excess = best.value() / run.advance_by(50) - 1.0;
                        worst = if excess <= worst { worst } else { excess };
                    }
                }
            }
            Ok((
                worst < 1e-6,
                format!("{worst:.1e} relative above the best grid point"),
                Vec::new(),
            ))
        },
    )
}

fn fit() -> Result<Check, VerifyError> {
    let fail = VerifyError::part("hyperparameters");
    Check::timed(
        "fit-coverage",
        "the 95 % intervals of nu and kappa hold the truth in about 95 % of samples",
        "k^-1.5 and tails k^-0.75, 1,000 modes, log-normal deviations of 0.1 and 0.3, 200 seeds; 178 to 200 of 200",
        || {
            let mut held = [0_u32; 2];
            for seed in 0..SEEDS {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                let mut factor = |deviation: f64| {
                    let z: f64 = StandardNormal.sample(&mut random);
                    (deviation * z).exp()
                };
                let (mut eigenvalues, mut signal) = (Vec::new(), Vec::new());
                for k in 1..=1000 {
                    let k = f64::from(k);
                    eigenvalues.push(k.powf(-1.5) * factor(0.1));
                    signal.push((k.powf(-0.75) - (k + 1.0).powf(-0.75)) * factor(0.3));
                }
                let spectrum = Spectrum::new(eigenvalues, Some(signal)).map_err(|e| fail(&e))?;
                let options = FitOptions {
                    window: None,
                    tail_end: Some(TailEnd::CutOff),
                };
                let found = fit_spectrum(&spectrum, &options).map_err(|e| fail(&e))?;
                let nu = &found.eigenvalues.exponent;
                held[0] += u32::from(nu.lower <= 1.5 && 1.5 <= nu.upper);
                if let Some(signal) = &found.signal {
                    let kappa = &signal.exponent;
                    held[1] += u32::from(kappa.lower <= 0.75 && 0.75 <= kappa.upper);
                }
            }
            let within = held.iter().all(|&count| count >= 178);
            Ok((
                within,
                format!("nu {}, kappa {} of {SEEDS}", held[0], held[1]),
                Vec::new(),
            ))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn every_check_passes() {
        for check in checks().unwrap() {
            assert_eq!(check.outcome, Outcome::Passed, "{check:?}");
        }
    }
}
