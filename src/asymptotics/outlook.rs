//! What a power law's loss does in the long run, whatever its phase: everything of this module that
//! applies to one run, and a sentence for what does not.
//!
//! | phase | loss | times |
//! |---|---|---|
//! | signal-dominated, border | (28a), on the border with (28b) | |
//! | noise-dominated | (28b) | t_trans of (29) |
//! | eventual divergence, zeta < 1 | from (193) to (195) by the crossover | t_div of (198) |
//! | immediate divergence | infinite after one step | |
//! | any, without noise | (193) at all large t | |

use super::theorem_2::signal_constant_28a;
use super::{
    AsymptoticsError, DivergenceCrossing, EventualDivergence, LossAsymptotics, Phase, TailLaw,
    transition_time,
};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use crate::stability::checked;

/// The long run of one set of hyperparameters on one law.
///
/// # What this does not mean
/// See [`LossAsymptotics`] and [`DivergenceCrossing`]: these are limits, of t -> infinity in the
/// convergent phases and of alpha -> 0 under eventual divergence.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// The tails.
    pub tail: TailLaw,
    /// Theorem 2, where it applies.
    pub convergent: Option<LossAsymptotics>,
    /// t_trans, steps, in the noise-dominated phase.
    pub transition_time: Option<f64>,
    /// Proposition 11, where it applies.
    pub divergence: Option<EventualDivergence>,
    /// The early regime and t_div, where zeta < 1 too.
    pub crossing: Option<DivergenceCrossing>,
    /// C of (193), where there is no noise: then `L_t ~ C t^-zeta` at all large t, whatever the phase.
    pub noiseless_constant: Option<f64>,
    /// The assumption that failed, if nothing (or not everything) of the phase applies.
    pub refused: Option<AsymptoticsError>,
}

impl Outlook {
    /// `spectrum` gives U(1) and V(1), `tail` the exponents and scales that belong to it.
    pub fn of(tail: &TailLaw, spectrum: &Spectrum, parameters: &Hyperparameters) -> Self {
        let mut outlook = Self {
            tail: *tail,
            convergent: None,
            transition_time: None,
            divergence: None,
            crossing: None,
            noiseless_constant: None,
            refused: None,
        };
        if parameters.noise_amplitude() == 0.0 {
            let (learning_rate, edge) = (
                parameters.learning_rate(),
                checked::noiseless_critical_learning_rate(spectrum, parameters.momentum()),
            );
            let constant = if learning_rate < edge {
                signal_constant_28a(tail, 0.0, parameters.effective_learning_rate())
            } else {
                Err(AsymptoticsError::BeyondNoiselessEdge {
                    learning_rate,
                    edge,
                })
            };
            match constant {
                Ok(constant) => {
                    outlook.noiseless_constant = Some(constant);
                    outlook.refused = Some(AsymptoticsError::NoNoise);
                }
                Err(error) => outlook.refused = Some(error),
            }
            return outlook;
        }
        if tail.phase() == Phase::EventualDivergence {
            let (nu, scale) = (tail.eigenvalue_exponent(), tail.eigenvalue_scale());
            match EventualDivergence::of(nu, scale, parameters) {
                Ok(divergence) => outlook.divergence = Some(divergence),
                Err(error) => outlook.refused = Some(error),
            }
            if outlook.divergence.is_some() {
                match DivergenceCrossing::of(tail, parameters) {
                    Ok(crossing) => outlook.crossing = Some(crossing),
                    Err(error) => outlook.refused = Some(error),
                }
            }
            return outlook;
        }
        match LossAsymptotics::of(tail, spectrum, parameters) {
            Ok(found) => {
                match transition_time(&found) {
                    Ok(time) => outlook.transition_time = Some(time),
                    Err(_) if tail.infinite_trace_of_covariance() => {
                        let error = AsymptoticsError::InfiniteTraceOfCovariance(tail.zeta());
                        outlook.refused = Some(error);
                    }
                    Err(error) => outlook.refused = Some(error),
                }
                outlook.convergent = Some(found);
            }
            Err(error) => outlook.refused = Some(error),
        }
        outlook
    }

    /// The asymptotic loss at a step t > 0: (28a) or (28b), the crossover of E.4, or (193) without noise; `None`
    /// where there is none.
    pub fn loss(&self, t: f64) -> Option<f64> {
        if t.is_nan() || t <= 0.0 {
            return None;
        }
        let loss = match (&self.convergent, &self.crossing) {
            (Some(found), _) => found.loss(t),
            (None, Some(crossing)) => crossing.crossover_loss(t).ok()?,
            (None, None) => self.noiseless_constant? * t.powf(-self.tail.zeta()),
        };
        loss.is_finite().then_some(loss)
    }

    /// Where [`Outlook::loss`] comes from, in the paper's numbering.
    pub fn formula(&self) -> Option<&'static str> {
        match (&self.convergent, &self.crossing) {
            (Some(found), _) => Some(match found.phase {
                Phase::SignalDominated => "(28a)",
                Phase::NoiseDominated => "(28b)",
                _ => "(28a) + (28b)",
            }),
            (None, Some(_)) => Some("(193)-(195)"),
            (None, None) => self.noiseless_constant.map(|_| "(193)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::PowerLaw;

    fn outlook(nu: f64, kappa: f64, alpha: f64) -> Outlook {
        let law = PowerLaw::new(nu, Some(kappa)).unwrap();
        let h = Hyperparameters::new(alpha, 0.5, 0.5, 1.0).unwrap();
        Outlook::of(&TailLaw::of(&law).unwrap(), &law.spectrum().0, &h)
    }

    #[test]
    fn each_phase_gets_what_belongs_to_it() {
        let signal = outlook(1.5, 0.75, 0.2);
        assert_eq!(signal.formula(), Some("(28a)"));
        assert_eq!(signal.transition_time, None);
        assert_eq!(
            signal.refused,
            Some(AsymptoticsError::InfiniteTraceOfCovariance(0.5))
        );
        // C_s = 0.6670868603 from an independent computation, zeta = 1/2.
        assert!((signal.loss(1e4).unwrap() - 0.006_670_868_603).abs() < 1e-11);
        let noise = outlook(1.5, 3.0, 0.2);
        assert_eq!(noise.formula(), Some("(28b)"));
        assert_eq!(noise.refused, None);
        // zeta = 1.2 in (1, 2 - 1/nu): V(1) is finite, but there is no transition.
        assert!(matches!(
            outlook(1.5, 1.8, 0.2).refused,
            Some(AsymptoticsError::WrongPhase { .. })
        ));
        assert!((noise.transition_time.unwrap() - 57.394_613).abs() < 1e-5);
        assert_eq!(outlook(1.5, 2.0, 0.2).formula(), Some("(28a) + (28b)"));
        let eventual = outlook(0.7, 0.4, 1e-3);
        assert!(eventual.divergence.is_some() && eventual.crossing.is_some());
        assert!(eventual.loss(1e3).unwrap() > 0.0 && eventual.loss(0.0).is_none());
    }

    #[test]
    fn without_noise_every_phase_falls_as_193() {
        for (nu, kappa) in [(1.5, 0.75), (1.5, 3.0), (0.7, 0.9), (0.4, 0.3)] {
            let law = PowerLaw::new(nu, Some(kappa)).unwrap();
            let tail = TailLaw::of(&law).unwrap();
            let at = |alpha| {
                let h = Hyperparameters::new(alpha, 0.5, 0.0, 1.0).unwrap();
                Outlook::of(&tail, &law.spectrum().0, &h)
            };
            let quiet = at(0.2);
            assert_eq!(quiet.formula(), Some("(193)"));
            assert_eq!(quiet.refused, Some(AsymptoticsError::NoNoise));
            let ratio = quiet.loss(1e6).unwrap() / quiet.loss(1e4).unwrap();
            assert!((ratio / 1e2_f64.powf(-kappa / nu) - 1.0).abs() < 1e-12);
            // lambda_max = 1: the noiseless edge is 3.
            let beyond = at(3.0);
            assert_eq!((beyond.formula(), beyond.loss(1e4)), (None, None));
            assert!(matches!(
                beyond.refused,
                Some(AsymptoticsError::BeyondNoiselessEdge { edge: 3.0, .. })
            ));
        }
    }

    #[test]
    fn what_does_not_apply_says_why() {
        assert_eq!(
            outlook(0.4, 1.0, 0.2).refused,
            Some(AsymptoticsError::ImmediateDivergence(0.4))
        );
        let late = outlook(0.7, 2.0, 1e-3);
        assert!(late.divergence.is_some() && late.loss(10.0).is_none());
        assert!(matches!(
            late.refused,
            Some(AsymptoticsError::ZetaNotBelowOne(_))
        ));
        assert!(matches!(
            outlook(1.5, 1.0, 2.0).refused,
            Some(AsymptoticsError::NotConvergent(_))
        ));
        assert_eq!(outlook(1.0, 1.0, 0.1).formula(), None);
    }
}
