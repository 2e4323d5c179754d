//! Settings in which asymptotic claims about power laws are checked, for `tauber verify` and the tests.
//!
//! Each law with each momentum and each (gamma, tau), at half the edge. Lambda and K differ from 1, so that a formula
//! that forgets one of them is seen. Nothing is compared here.

use super::VerifyError;
use crate::asymptotics::{LossAsymptotics, TailLaw, transition_time};
use crate::moment::Hyperparameters;
use crate::spectrum::{PowerLaw, SignalLaw, Spectrum};
use crate::stability::checked;

/// Lambda and K.
pub const SCALES: [f64; 2] = [0.7, 1.6];
/// Momenta.
pub const MOMENTA: [f64; 4] = [-0.5, 0.0, 0.5, 0.9];
/// (gamma, tau).
pub const NOISES: [(f64, f64); 3] = [(1.0, 1.0), (0.5, 0.0), (0.25, 0.5)];
/// (nu, kappa) of the signal-dominated phase, the last with zeta above 1.
pub const SIGNAL: [(f64, f64); 5] = [(1.5, 0.75), (2.0, 1.5), (3.0, 1.2), (1.3, 0.6), (3.0, 3.6)];
/// (nu, kappa) of the noise-dominated phase.
pub const NOISE: [(f64, f64); 5] = [(1.5, 3.0), (2.0, 4.0), (3.0, 6.0), (1.5, 2.6), (1.3, 4.0)];
/// (nu, kappa) on the border zeta = 2 - 1/nu.
pub const BORDER: [(f64, f64); 4] = [(1.5, 2.0), (2.0, 3.0), (3.0, 5.0), (1.3, 1.6)];

/// One law at one point, with what Theorem 2 says of it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// nu and kappa.
    pub exponents: (f64, f64),
    /// The nodes of the infinite law.
    pub spectrum: Spectrum,
    /// Half the edge at a momentum of [`MOMENTA`] and a noise of [`NOISES`].
    pub parameters: Hyperparameters,
    /// The asymptotic loss.
    pub predicted: LossAsymptotics,
}

/// The infinite law of these exponents with the scales [`SCALES`].
///
/// # Errors
/// Exponents that no law has.
pub fn law(nu: f64, kappa: f64) -> Result<PowerLaw, VerifyError> {
    PowerLaw::new(nu, Some(kappa))
        .and_then(|law| law.with_eigenvalue_scale(SCALES[0]))
        .and_then(|law| law.with_signal(SignalLaw::Tails, SCALES[1]))
        .map_err(|error| fail(&error))
}

/// All settings of `laws`, (nu, kappa) each: the momenta of a law one after the other, the noises of a momentum
/// likewise.
///
/// # Errors
/// Exponents that leave Theorem 2.
pub fn half_edge(laws: &[(f64, f64)]) -> Result<Vec<Setting>, VerifyError> {
    let mut settings = Vec::new();
    for &exponents in laws {
        let law = law(exponents.0, exponents.1)?;
        let tail = TailLaw::of(&law).map_err(|error| fail(&error))?;
        tail.convergent().map_err(|error| fail(&error))?;
        let spectrum = law.spectrum().0;
        for momentum in MOMENTA {
            for (gamma, tau) in NOISES {
                let edge = checked::critical_learning_rate(&spectrum, momentum, gamma, tau);
                let parameters = Hyperparameters::new(0.5 * edge, momentum, gamma, tau)
                    .map_err(|error| fail(&error))?;
                let predicted = LossAsymptotics::of(&tail, &spectrum, &parameters)
                    .map_err(|error| fail(&error))?;
                settings.push(Setting {
                    exponents,
                    spectrum: spectrum.clone(),
                    parameters,
                    predicted,
                });
            }
        }
    }
    Ok(settings)
}

/// Settings of a noise-dominated law whose transition time (29) is near `aim`: alpha_eff = 0.1 at every momentum and
/// tau, gamma small enough.
///
/// # Errors
/// Exponents of another phase.
pub fn late_transition(nu: f64, kappa: f64, aim: f64) -> Result<Vec<Setting>, VerifyError> {
    const EFFECTIVE: f64 = 0.1;
    const FIRST: f64 = 1e-3;
    let law = law(nu, kappa)?;
    let tail = TailLaw::of(&law).map_err(|error| fail(&error))?;
    let spectrum = law.spectrum().0;
    let mut settings = Vec::new();
    for momentum in MOMENTA {
        for (_, tau) in NOISES {
            let at = |gamma: f64| {
                let rate = EFFECTIVE * (1.0 - momentum);
                let parameters = Hyperparameters::new(rate, momentum, gamma, tau)
                    .map_err(|error| fail(&error))?;
                let predicted = LossAsymptotics::of(&tail, &spectrum, &parameters)
                    .map_err(|error| fail(&error))?;
                let time = transition_time(&predicted).map_err(|error| fail(&error))?;
                Ok::<_, VerifyError>((parameters, predicted, time))
            };
            // (29) is nearly a power of gamma.
            let (.., first) = at(FIRST)?;
            let (parameters, predicted, _) =
                at(FIRST * (first / aim).powf(tail.border_distance()))?;
            settings.push(Setting {
                exponents: (nu, kappa),
                spectrum: spectrum.clone(),
                parameters,
                predicted,
            });
        }
    }
    Ok(settings)
}

fn fail(error: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::part("settings of power laws")(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asymptotics::Phase;

    #[test]
    fn each_list_has_its_phase_and_each_law_twelve_settings() {
        for (laws, phase) in [
            (&SIGNAL[..], Phase::SignalDominated),
            (&NOISE, Phase::NoiseDominated),
            (&BORDER, Phase::Border),
        ] {
            let settings = half_edge(laws).unwrap();
            assert_eq!(settings.len(), 12 * laws.len());
            assert!(settings.iter().all(|s| s.predicted.phase == phase));
            assert!(settings.iter().all(|s| s.predicted.noise_at_1 < 1.0));
        }
    }

    #[test]
    fn a_late_transition_is_late_and_belongs_to_the_noise_phase() {
        let settings = late_transition(2.0, 4.0, 1e7).unwrap();
        assert_eq!(settings.len(), 12);
        for setting in settings {
            let time = transition_time(&setting.predicted).unwrap();
            assert!((0.5e7..2e7).contains(&time), "{time}");
            assert!((setting.parameters.effective_learning_rate() - 0.1).abs() < 1e-12);
        }
        let error = late_transition(2.0, 1.0, 1e7).unwrap_err().to_string();
        assert!(error.contains("signal-dominated"), "{error}");
    }

    #[test]
    fn a_law_outside_the_theorem_is_refused() {
        for (nu, kappa, word) in [
            (0.8, 0.5, "eventual"),
            (-1.0, 0.5, "nu"),
            (1.5, 0.0, "kappa"),
        ] {
            let error = half_edge(&[(nu, kappa)]).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
