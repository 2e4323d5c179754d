//! What is minimised: the loss at a step, or the constant of its asymptotic law.

use super::OptimizeError;
use crate::asymptotics::{LossAsymptotics, TailLaw};
use crate::dynamics::{CurveMethod, LossCurve};
use crate::moment::Hyperparameters;
use crate::spectrum::{CompressedSpectrum, Spectrum};

/// A long spectrum is compressed if that changes U and V by at most this.
const COMPRESSION_LIMIT: f64 = 1e-9;
/// Mode updates below which iterating is the cheapest way.
const FEW: f64 = 2e5;
/// Mode updates that one evaluation may cost where the contour refuses.
const MANY: f64 = 3e7;

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// The loss L_T at step T >= 1.
    Step(u64),
    /// The constant C of `L_t ~ C t^-xi`, (28a) or (28b).
    Asymptotic(TailLaw),
}

/// The goal on a spectrum, ready to be evaluated.
pub(super) struct Objective {
    spectrum: Spectrum,
    /// Estimated relative error of U and V from compressing; 0 for the spectrum as it is.
    compression_error: f64,
    goal: Goal,
}

/// The goal at a point.
#[derive(Clone, Copy)]
pub(super) struct Value {
    /// log10 of the loss or constant, never NaN.
    pub(super) log10: f64,
    /// Its relative error, estimated; `None` for a constant.
    pub(super) relative_error: Option<f64>,
}

impl Objective {
    pub(super) fn new(spectrum: &Spectrum, goal: Goal) -> Result<Self, OptimizeError> {
        if spectrum.signal().is_none() {
            return Err(OptimizeError::NoSignal);
        }
        if goal == Goal::Step(0) {
            return Err(OptimizeError::StepZero);
        }
        let short = matches!(goal, Goal::Step(_))
            .then(|| CompressedSpectrum::where_it_pays(spectrum, COMPRESSION_LIMIT))
            .flatten();
        let compression_error = short.as_ref().map_or(0.0, CompressedSpectrum::error);
        Ok(Self {
            spectrum: short.map_or_else(|| spectrum.clone(), CompressedSpectrum::into_spectrum),
            compression_error,
            goal,
        })
    }

    /// Estimated relative error of U and V from compressing a long spectrum.
    pub(super) const fn compression_error(&self) -> f64 {
        self.compression_error
    }

    /// The loss or constant; `None` where it cannot be had.
    pub(super) fn at(&self, parameters: &Hyperparameters) -> Option<Value> {
        let value = match &self.goal {
            Goal::Asymptotic(tail) => Value {
                log10: LossAsymptotics::of(tail, &self.spectrum, parameters)
                    .ok()?
                    .loss_constant()
                    .log10(),
                relative_error: None,
            },
            Goal::Step(step) => self.loss(parameters, *step)?,
        };
        (!value.log10.is_nan()).then_some(value)
    }

    fn loss(&self, parameters: &Hyperparameters, step: u64) -> Option<Value> {
        let (spectrum, error) = (&self.spectrum, self.compression_error);
        let by = |method| {
            LossCurve::compute(spectrum, parameters, &[step], method, error, &|_| ())
                .ok()
                .and_then(|curve| curve.points().first().copied())
                .map(|point| Value {
                    // A loss that vanishes may round to a negative number.
                    log10: match point.loss() {
                        Some(loss) if loss <= 0.0 => f64::NEG_INFINITY,
                        _ => point.log10_loss(),
                    },
                    relative_error: Some(point.relative_error()),
                })
        };
        if parameters.noise_amplitude() == 0.0 {
            return by(CurveMethod::Explicit);
        }
        let work = step as f64 * self.spectrum.len() as f64;
        if work <= FEW {
            return by(CurveMethod::Iteration);
        }
        by(CurveMethod::Contour)
            .or_else(|| (work <= MANY).then(|| by(CurveMethod::Iteration)).flatten())
    }
}
