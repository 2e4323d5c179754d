//! The loss at chosen steps, also where it leaves the range of `f64`.
//!
//! | method | cost | error that grows with t |
//! |---|---|---|
//! | iteration | one fused pass over the modes a step | rounding, about sqrt(t) units in the last place |
//! | contour | one pass over the modes a node, whatever t | see [`crate::generating::contour`] |
//! | explicit | one pass over the modes a step; without noise only | conditioning of the roots |
//! | series | U_t, V_t by 3x3 recursions, then (15): O(t^2) | rounding |
//!
//! The dynamics are linear in the second moments, so the iteration rescales its state by a power
//! of two whenever the loss leaves `[1e-150, 1e150]` and keeps the exponent: a divergent run is
//! followed to `log10 L` far beyond 308 without losing a digit.

use super::{SeError, SeRecursion};
use crate::generating::contour::{ContourRefusal, ScaledLoss};
use crate::generating::series::twice_loss_from;
use crate::generating::{Modes, Parameters, noise_series, signal_series};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use thiserror::Error;

/// Why a curve was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CurveError {
    /// The spectrum has no signal, or the loss is infinite after one step.
    #[error(transparent)]
    Dynamics(#[from] SeError),
    /// More work than a person would wait for.
    #[error(
        "{method} to step {step} takes about {operations:.1e} operations, beyond the limit of {limit:.0e}: ask for earlier steps{hint}"
    )]
    TooLong {
        /// The method.
        method: &'static str,
        /// The last step.
        step: u64,
        /// Estimated operations.
        operations: f64,
        /// The limit.
        limit: f64,
        /// What else helps.
        hint: &'static str,
    },
    /// The series left the range of f64.
    #[error(
        "the series leaves the range of f64 before step {0}: use the iteration, which follows log10 of the loss"
    )]
    Overflow(u64),
    /// The contour cannot serve (and, unless it was asked for, iterating would take too long).
    #[error("{0}; iterating reaches earlier steps only")]
    Contour(#[from] ContourRefusal),
    /// The explicit sum was asked for with noise.
    #[error(
        "the explicit sum (249) is the loss without noise only, got noise amplitude {0}: use --method auto"
    )]
    NotNoiseless(f64),
}

/// How the loss is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveMethod {
    /// The SE recursion (65), step by step.
    Iteration,
    /// The convolution (15).
    Series,
    /// Inversion of the generating function, [`crate::generating::contour`].
    Contour,
    /// The sum (249) of the noiseless loss.
    Explicit,
    /// Explicit without noise; with noise the contour where it is valid, the iteration elsewhere.
    Auto,
}

impl CurveMethod {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iteration => "iteration",
            Self::Series => "series",
            Self::Contour => "contour",
            Self::Explicit => "explicit",
            Self::Auto => "auto",
        }
    }
}

/// L_t at one step: an estimate, as `mantissa * 2^exponent`, with its relative error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossPoint {
    mantissa: f64,
    exponent: i64,
    relative_error: f64,
    method: CurveMethod,
}

impl LossPoint {
    /// How it was computed; never [`CurveMethod::Auto`].
    pub const fn method(&self) -> CurveMethod {
        self.method
    }

    /// What moves and the constant loss of the null space, together.
    pub(super) fn direct(moving: &ScaledLoss, null: f64, method: CurveMethod) -> Self {
        let (mut mantissa, mut exponent) = (moving.mantissa, moving.exponent);
        let mut relative_error = moving.relative_error;
        if null > 0.0 && exponent < 1000 {
            let value = moving.value();
            mantissa = value + null;
            exponent = 0;
            relative_error = relative_error * (value / mantissa) + f64::EPSILON;
        }
        Self {
            mantissa,
            exponent,
            relative_error,
            method,
        }
    }

    /// The same with a relative error more.
    pub(super) fn widened(mut self, relative: f64) -> Self {
        self.relative_error += relative;
        self
    }

    /// The relative error, estimated.
    pub(super) const fn relative_error(&self) -> f64 {
        self.relative_error
    }

    /// L_t; `None` outside the range of normal `f64` numbers (0 stays 0).
    pub fn loss(&self) -> Option<f64> {
        if self.mantissa == 0.0 {
            return Some(0.0);
        }
        if !(-1000..=1000).contains(&self.exponent) {
            return None;
        }
        // Two exact factors, so that no intermediate overflows before the product does.
        let half = self.exponent / 2;
        let value =
            self.mantissa * 2f64.powi(half as i32) * 2f64.powi((self.exponent - half) as i32);
        value.is_normal().then_some(value)
    }

    /// log10 L_t; minus infinity for 0.
    pub fn log10_loss(&self) -> f64 {
        self.mantissa.log10() + self.exponent as f64 * std::f64::consts::LOG10_2
    }

    /// Absolute error of the loss, or, where the loss is `None`, of log10 L_t. An estimate.
    pub fn error_estimate(&self) -> f64 {
        match self.loss() {
            Some(loss) => self.relative_error * loss,
            None => {
                let rounding = f64::EPSILON * self.log10_loss().abs();
                self.relative_error / std::f64::consts::LN_10 + rounding
            }
        }
    }
}

/// The loss at increasing steps.
#[derive(Debug, Clone, PartialEq)]
pub struct LossCurve {
    points: Vec<LossPoint>,
}

/// The most mode updates of an iteration: about a quarter of an hour on one core.
const ITERATION_LIMIT: f64 = 2e12;
/// The most operations of the series.
const SERIES_LIMIT: f64 = 1e11;
/// The iteration rescales outside [1/RANGE, RANGE].
const RANGE: f64 = 1e150;
/// Steps between two looks at the range; a step changes the loss by less than 1e6.
const CHUNK: u64 = 16;

impl LossCurve {
    /// L_t at `steps` (sorted, distinct), from the spectrum's own signal at rest.
    ///
    /// `quadrature_error` is the relative error of the spectrum's nodes, 0 for a finite list. The
    /// error estimate is `quadrature_error + (8 + 2 sqrt(t)) eps`, the growth seen against
    /// higher precision; it is no bound. `progress` is called with the present step now and then.
    ///
    /// # Errors
    /// [`CurveError`].
    pub fn compute(
        spectrum: &Spectrum,
        parameters: &Hyperparameters,
        steps: &[u64],
        method: CurveMethod,
        quadrature_error: f64,
        progress: &dyn Fn(u64),
    ) -> Result<Self, CurveError> {
        let last = steps.last().copied().unwrap_or(0);
        let (modes, t) = (spectrum.len() as f64, last as f64);
        let too_long = |operations, limit, hint| CurveError::TooLong {
            method: method.name(),
            step: last,
            operations,
            limit,
            hint,
        };
        let values = match method {
            CurveMethod::Auto | CurveMethod::Contour | CurveMethod::Explicit => {
                let points = super::auto::points(spectrum, parameters, steps, method, progress)?
                    .into_iter()
                    .map(|point| point.widened(quadrature_error))
                    .collect();
                return Ok(Self { points });
            }
            CurveMethod::Iteration => {
                if modes * t > ITERATION_LIMIT {
                    return Err(too_long(modes * t, ITERATION_LIMIT, " or use fewer modes"));
                }
                iterate(spectrum, parameters, steps, progress)?
            }
            CurveMethod::Series => {
                let operations = (3.0 * modes + t) * t;
                if operations > SERIES_LIMIT {
                    return Err(too_long(operations, SERIES_LIMIT, " or use the iteration"));
                }
                series(spectrum, parameters, steps)?
            }
        };
        let points = steps
            .iter()
            .zip(values)
            .map(|(&t, (mantissa, exponent))| LossPoint {
                mantissa,
                exponent,
                relative_error: quadrature_error + (8.0 + 2.0 * (t as f64).sqrt()) * f64::EPSILON,
                method,
            })
            .collect();
        Ok(Self { points })
    }

    /// The points, in the order of the steps.
    pub fn points(&self) -> &[LossPoint] {
        &self.points
    }
}

fn iterate(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
    progress: &dyn Fn(u64),
) -> Result<Vec<(f64, i64)>, CurveError> {
    let null = spectrum.null_space_loss();
    let mut run = SeRecursion::new(spectrum, parameters)?;
    let (mut now, mut exponent) = (0_u64, 0_i64);
    let mut values = Vec::with_capacity(steps.len());
    for &step in steps {
        while now < step {
            let chunk = CHUNK.min(step - now);
            run.advance_by(chunk);
            now += chunk;
            if now % 4096 < CHUNK {
                progress(now);
            }
            let moving = run.loss() - null;
            if moving > RANGE || (moving < 1.0 / RANGE && moving > 0.0) {
                let shift = moving.log2().round();
                let scale = 2f64.powi(-(shift as i32));
                let moments = run
                    .moments()
                    .map(|m| m.iter().map(|x| x * scale).collect::<Vec<_>>());
                let [positions, mixed, velocities] = &moments;
                run =
                    SeRecursion::with_moments(spectrum, parameters, positions, mixed, velocities)?;
                exponent += shift as i64;
            }
        }
        let moving = run.loss() - null;
        values.push(if exponent == 0 {
            (run.loss(), 0)
        } else if null > 0.0 && exponent < 0 {
            // What moves has vanished beside the constant part.
            (null, 0)
        } else {
            (moving, exponent)
        });
    }
    Ok(values)
}

fn series(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
) -> Result<Vec<(f64, i64)>, CurveError> {
    if spectrum.signal().is_none() {
        return Err(SeError::NoSignal.into());
    }
    if spectrum.infinite_trace_of_square() && parameters.noise_amplitude() > 0.0 {
        return Err(SeError::InfiniteTraceOfSquare.into());
    }
    let last = steps.last().copied().unwrap_or(0) as usize;
    let modes = Modes::of(spectrum);
    let parameters = Parameters::from(parameters);
    let noise = noise_series(&parameters, &modes, last);
    let signal = signal_series(&parameters, &modes, last + 1);
    let twice = twice_loss_from(&noise, &signal);
    steps
        .iter()
        .map(|&t| {
            let loss = 0.5 * twice[t as usize] + spectrum.null_space_loss();
            if loss.is_finite() {
                Ok((loss, 0))
            } else {
                Err(CurveError::Overflow(t))
            }
        })
        .collect()
}
