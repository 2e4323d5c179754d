//! A spectrum with hyperparameters and the sums at z = 1 at one precision.

use super::answer::Enclosed;
use crate::generating::rigorous::{
    BallModes, ExactHyperparameters, LawAtOne, RigorousError, RigorousSpectrum, factor_and_shift,
};
use crate::generating::{Parameters, signal_function_at_one};
use crate::number::ball::Backend;
use crate::number::{Ball, Rational, Ring};
use crate::spectrum::Spectrum;

/// Everything that evaluations share.
pub(super) struct Setting<'a> {
    pub(super) spectrum: &'a RigorousSpectrum,
    pub(super) exact: &'a ExactHyperparameters,
    pub(super) near: Spectrum,
    pub(super) bits: u32,
    pub(super) at_one: Option<LawAtOne<Backend>>,
    pub(super) modes: Option<BallModes<Backend>>,
}

impl<'a> Setting<'a> {
    pub(super) fn new(
        spectrum: &'a RigorousSpectrum,
        near: &Spectrum,
        exact: &'a ExactHyperparameters,
        bits: u32,
    ) -> Result<Self, RigorousError> {
        let (at_one, modes) = match spectrum.infinite_law() {
            Some(law) if law.eigenvalue_exponent > Rational::from_integer(1.into()) => {
                (Some(LawAtOne::new(law, bits)?), None)
            }
            Some(_) => (None, None),
            None => (None, Some(spectrum.modes(bits)?)),
        };
        Ok(Self {
            spectrum,
            exact,
            near: near.clone(),
            bits,
            at_one,
            modes,
        })
    }

    /// H(s, x) = sum s lambda/(1 - s lambda x).
    pub(super) fn harmonic(&self, s: &Ball, x: &Ball) -> Result<Ball, RigorousError> {
        if let Some(law) = &self.at_one {
            return law.harmonic(s, x);
        }
        let modes = self.modes.as_ref().ok_or(RigorousError::InfiniteTrace)?;
        let one = Ball::integer(1);
        // a/(1 - a x) as 1/(1/a - x): an eigenvalue known to +-e is used once, and widens the sum by no more.
        Ok(modes
            .eigenvalues()
            .iter()
            .zip(modes.multiplicities())
            .rev()
            .fold(Ball::zero(), |sum, (l, m)| {
                let a = s.clone() * l.clone();
                sum + m.clone() / (one.clone() / a - x.clone())
            }))
    }

    pub(super) fn noise_at_one(&self, p: &Parameters<Ball>) -> Result<Ball, RigorousError> {
        match (&self.at_one, &self.modes) {
            (Some(law), _) => law.noise_function(p),
            (None, Some(_)) => {
                let (factor, x) = factor_and_shift(p);
                Ok(factor * self.harmonic(&p.learning_rate, &x)?)
            }
            _ => Err(RigorousError::InfiniteTrace),
        }
    }

    /// Whether nu <= 1.
    pub(super) fn eventual(&self) -> bool {
        let law = self.spectrum.infinite_law();
        law.is_some_and(|l| l.eigenvalue_exponent <= Rational::from_integer(1.into()))
    }

    /// The refusal of a sign that these bits do not decide.
    pub(super) fn undecided(&self, what: &'static str) -> RigorousError {
        RigorousError::Undecided {
            what,
            bits: self.bits,
        }
    }

    /// V(1).
    pub(super) fn signal_at_one(&self, p: &Parameters<Ball>) -> Enclosed {
        if !self.spectrum.has_signal() {
            return Enclosed::Absent("the spectrum has no signal".to_owned());
        }
        if let Some(law) = self.spectrum.infinite_law() {
            let infinite = law
                .signal_exponent
                .as_ref()
                .is_some_and(|kappa| *kappa <= law.eigenvalue_exponent);
            if infinite {
                return Enclosed::Infinite;
            }
            return match &self.at_one {
                None => Enclosed::Absent("V(1) is not enclosed for nu <= 1".to_owned()),
                Some(law) => match law.signal_function(p) {
                    Ok(Some(value)) => Enclosed::Finite(value),
                    Ok(None) => Enclosed::Infinite,
                    Err(error) => Enclosed::Absent(error.to_string()),
                },
            };
        }
        match self.modes.as_ref().map(|modes| modes.view()) {
            Some(Ok(view)) => Enclosed::Finite(signal_function_at_one(p, &view)),
            _ => Enclosed::Absent("no modes".to_owned()),
        }
    }
}
