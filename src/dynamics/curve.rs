//! The loss at chosen steps, also where it leaves the range of `f64`.
//!
//! | method | cost | error that grows with t |
//! |---|---|---|
//! | iteration | one fused pass over the modes a step | rounding |
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
    /// L_0 is beyond the range of f64.
    #[error("the loss at step 0 is beyond the range of f64: divide the signal by a constant")]
    InitialLoss,
    /// One step changes the loss by more than the range of f64.
    #[error(
        "one step may change the loss by a factor above 1e100 (learning rate times largest eigenvalue is {0:.1e}): lower the learning rate"
    )]
    TooSteep(f64),
    /// The series left the range of f64, upwards or downwards.
    #[error(
        "the series leaves the range of f64 before step {0}: use the iteration, which follows log10 of the loss"
    )]
    OutOfRange(u64),
    /// The terms of the series cancel.
    #[error(
        "the series has lost its digits before step {0}, because its terms cancel: use the iteration"
    )]
    LostDigits(u64),
    /// The contour cannot serve (and, unless it was asked for, iterating would take too long).
    #[error("{0}; iterating reaches earlier steps only")]
    Contour(#[from] ContourRefusal),
    /// The contour cannot serve, and iterating takes longer than anybody who did not ask for it
    /// waits for.
    #[error(
        "{refusal}; iterating to step {step} takes about {operations:.1e} mode updates, {} on one core: --method iteration does it all the same, asking for earlier steps is cheaper",
        rough_time(*.operations * SECONDS_AN_UPDATE)
    )]
    WouldIterate {
        /// Why the contour does not serve.
        refusal: ContourRefusal,
        /// The last step to iterate to.
        step: u64,
        /// Modes times steps.
        operations: f64,
    },
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

/// L_t at one step: an estimate, as `mantissa * 2^exponent`, with its error in the same unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossPoint {
    mantissa: f64,
    exponent: i64,
    error: f64,
    method: CurveMethod,
}

/// `value * 2^exponent`, rounded once; infinite or 0 beyond the range.
fn scaled(value: f64, exponent: i64) -> f64 {
    // Two exact factors, so that no intermediate overflows before the product does.
    let exponent = exponent.clamp(-2000, 2000);
    let half = exponent / 2;
    value * 2f64.powi(half as i32) * 2f64.powi((exponent - half) as i32)
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
            error: relative_error * mantissa.abs(),
            method,
        }
    }

    /// The same with a relative error more.
    pub(super) fn widened(mut self, relative: f64) -> Self {
        self.error += relative * self.mantissa.abs();
        self
    }

    /// The relative error, estimated.
    pub fn relative_error(&self) -> f64 {
        if self.error == 0.0 {
            0.0
        } else {
            self.error / self.mantissa.abs()
        }
    }

    /// L_t; `None` outside the range of normal `f64` numbers (0 stays 0).
    pub fn loss(&self) -> Option<f64> {
        if self.mantissa == 0.0 {
            return Some(0.0);
        }
        let value = scaled(self.mantissa, self.exponent);
        value.is_normal().then_some(value)
    }

    /// log10 L_t; minus infinity for 0.
    pub fn log10_loss(&self) -> f64 {
        self.mantissa.log10() + self.exponent as f64 * std::f64::consts::LOG10_2
    }

    /// Absolute error of the loss, or, where the loss is `None`, of log10 L_t. An estimate.
    pub fn error_estimate(&self) -> f64 {
        match self.loss() {
            Some(_) => scaled(self.error, self.exponent),
            None => {
                let rounding = f64::EPSILON * self.log10_loss().abs();
                self.error / self.mantissa / std::f64::consts::LN_10 + rounding
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
pub(super) const ITERATION_LIMIT: f64 = 2e12;
/// The time of a mode update, roughly.
const SECONDS_AN_UPDATE: f64 = 1e-9;
/// Mode updates between two reports of progress.
const REPORT: u64 = 50_000_000;
/// The most operations of the series.
const SERIES_LIMIT: f64 = 1e11;
/// The iteration rescales outside [1/RANGE, RANGE].
const RANGE: f64 = 1e150;
/// The most steps between two looks at the range.
const CHUNK: u64 = 16;
/// Between two looks the moments grow by at most this.
const GROWTH: f64 = 1e100;
/// See [`LossCurve::compute`].
const ROUNDING: [f64; 4] = [8.0, 2.0, 4.0, 2.0];
/// Where series and iteration differ by this share of E_t, the series is refused.
const LARGEST_DISTANCE: f64 = 1e-3;
/// Octaves below L_0 at which the numbers inside the series lose digits.
const LOWEST_OCTAVE: f64 = -800.0;

impl LossCurve {
    /// L_t at `steps` (sorted, distinct), from the spectrum's own signal at rest.
    ///
    /// `quadrature_error` is the relative error of the spectrum's nodes, 0 for a finite list. The
    /// error estimate is
    ///
    /// ```text
    /// quadrature_error L_t + (8 + 2 sqrt(t) + 4 abs ln(E_t/L_0)) eps E_t + 2 t eps sum_k c_k E_kt
    /// E_kt = 1/2 (x11 + 2 abs(x12) + x22),   E_t = sum_k E_kt + null_space_loss
    /// ```
    ///
    /// E_t is what the loss is a part of: with momentum the loss may pass near zero while the
    /// velocities, and the rounding, do not. The square root is rounding at random, the logarithm
    /// and the last term the rounded coefficients, whose error is the same in every step: c_k is
    /// the relative change of the larger root mu of `mu^2 - (1 + b - a_k) mu + b` for relative
    /// changes of a_k and b, large near critical damping. The constants cover runs in 90 digits
    /// (tests/cli.rs); it is an estimate, no bound. The series adds twice its distance
    /// from the iteration. `progress` is called with the present step now and then.
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
        let values = match method {
            CurveMethod::Auto | CurveMethod::Contour | CurveMethod::Explicit => {
                let points = super::auto::points(spectrum, parameters, steps, method, progress)?
                    .into_iter()
                    .map(|point| point.widened(quadrature_error))
                    .collect();
                return Ok(Self { points });
            }
            CurveMethod::Iteration => {
                check_length(spectrum, last)?;
                iterate(spectrum, parameters, steps, progress)?
            }
            CurveMethod::Series => {
                let operations = (3.0 * modes + t) * t;
                if operations > SERIES_LIMIT {
                    return Err(CurveError::TooLong {
                        method: method.name(),
                        step: last,
                        operations,
                        limit: SERIES_LIMIT,
                        hint: " or use the iteration",
                    });
                }
                series(spectrum, parameters, steps)?
            }
        };
        let start = start_loss(spectrum);
        let points = steps
            .iter()
            .zip(values)
            .map(|(&t, sample)| sample.point(t, start, quadrature_error, method))
            .collect();
        Ok(Self { points })
    }

    /// The points, in the order of the steps.
    pub fn points(&self) -> &[LossPoint] {
        &self.points
    }
}

/// A time in words, to one digit or two.
fn rough_time(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.0} seconds")
    } else if seconds < 5400.0 {
        format!("{:.0} minutes", seconds / 60.0)
    } else {
        format!("{:.0} hours", seconds / 3600.0)
    }
}

/// L_0.
fn start_loss(spectrum: &Spectrum) -> f64 {
    let signal = spectrum.signal().unwrap_or_default();
    0.5 * signal.iter().sum::<f64>() + spectrum.null_space_loss()
}

/// One step of a run, all in units of `2^exponent`.
struct Sample {
    loss: f64,
    exponent: i64,
    /// E_t.
    envelope: f64,
    /// sum_k c_k E_kt.
    sensitivity: f64,
    /// Distance from another way of computing.
    distance: f64,
}

impl Sample {
    /// log2 of E_t/L_0; NaN without signal.
    fn octaves(&self, start: f64) -> f64 {
        (self.envelope / start).log2() + self.exponent as f64
    }

    fn point(&self, t: u64, start: f64, quadrature_error: f64, method: CurveMethod) -> LossPoint {
        let growth = (self.octaves(start) * std::f64::consts::LN_2).abs();
        // No signal at all: nothing grows.
        let growth = if growth.is_finite() { growth } else { 0.0 };
        let t = t as f64;
        let [constant, random, systematic, roots] = ROUNDING;
        let units = constant + random * t.sqrt() + systematic * growth;
        LossPoint {
            mantissa: self.loss,
            exponent: self.exponent,
            error: quadrature_error * self.loss
                + f64::EPSILON * (units * self.envelope + roots * t * self.sensitivity)
                + self.distance,
            method,
        }
    }
}

/// c_k: relative change of the larger root mu of `mu^2 - (1 + b - a) mu + b` per relative change
/// of a and b, which is `(abs(1 - mu) abs(b) + abs(mu) a)/(abs(mu) abs(mu - mu'))`. Over t steps a
/// double root counts as two at distance 1/t.
fn root_sensitivity(a: f64, b: f64, t: f64) -> f64 {
    let half = 0.5 * (1.0 + b - a);
    let square = half * half - b;
    let (modulus, from_one) = if square >= 0.0 {
        let mu = half + square.sqrt().copysign(half);
        (mu.abs(), (1.0 - mu).abs())
    } else {
        (b.sqrt(), a.sqrt())
    };
    let distance = (2.0 * square.abs().sqrt()).max(1.0 / t);
    let value = (from_one * b.abs() + modulus * a) / (modulus * distance);
    // A root of zero: the mode has vanished, and rounding is all that is left of it.
    if value.is_finite() { value } else { t }
}

/// Refuses an iteration that nobody would wait for.
fn check_length(spectrum: &Spectrum, last: u64) -> Result<(), CurveError> {
    let operations = spectrum.len() as f64 * last as f64;
    if operations > ITERATION_LIMIT {
        return Err(CurveError::TooLong {
            method: CurveMethod::Iteration.name(),
            step: last,
            operations,
            limit: ITERATION_LIMIT,
            hint: " or use fewer modes",
        });
    }
    Ok(())
}

/// What [`CurveMethod::Iteration`] refuses: too long, too steep, or an initial loss out of range.
pub(super) fn check_iteration(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    last: u64,
) -> Result<(), CurveError> {
    check_length(spectrum, last)?;
    if !start_loss(spectrum).is_finite() {
        return Err(CurveError::InitialLoss);
    }
    chunk(spectrum, parameters).map(|_| ())
}

/// How many steps may pass between two looks at the range.
fn chunk(spectrum: &Spectrum, parameters: &Hyperparameters) -> Result<u64, CurveError> {
    let alpha = parameters.learning_rate();
    let steepest = alpha * spectrum.largest();
    // One step multiplies the sum of the moments' magnitudes by less than this: the map has the
    // coefficients of (x - a x + b v, b v - a x), squared, and the noise is added three times.
    let noise: f64 = spectrum
        .eigenvalues()
        .iter()
        .zip(spectrum.multiplicities())
        .map(|(l, m)| m * (alpha * l).powi(2))
        .sum();
    let drift = 4.0 * (1.0 + steepest + parameters.momentum().abs()).powi(2);
    let growth = drift
        + 3.0 * parameters.noise_amplitude() * (noise + parameters.tau().abs() * steepest.powi(2));
    if growth.is_finite() && growth <= GROWTH {
        Ok(((GROWTH.ln() / growth.ln()) as u64).clamp(1, CHUNK))
    } else {
        Err(CurveError::TooSteep(steepest))
    }
}

fn iterate(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
    progress: &dyn Fn(u64),
) -> Result<Vec<Sample>, CurveError> {
    let null = spectrum.null_space_loss();
    let mut run = SeRecursion::new(spectrum, parameters)?;
    if !start_loss(spectrum).is_finite() {
        return Err(CurveError::InitialLoss);
    }
    let most = chunk(spectrum, parameters)?;
    let (mut now, mut exponent) = (0_u64, 0_i64);
    let stride = (REPORT / spectrum.len() as u64).clamp(CHUNK, 1 << 20);
    let mut samples = Vec::with_capacity(steps.len());
    for &step in steps {
        while now < step {
            let chunk = most.min(step - now);
            run.advance_by(chunk);
            now += chunk;
            if now % stride < chunk {
                progress(now);
            }
            let moving = run.loss() - null;
            if moving > RANGE || (moving < 1.0 / RANGE && moving > 0.0) {
                let shift = moving.log2().round();
                run = rescaled(&run, spectrum, parameters, -(shift as i64))?;
                exponent += shift as i64;
            }
        }
        let [positions, mixed, velocities] = run.moments();
        let (mut moving_envelope, mut sensitivity) = (0.0, 0.0);
        for (k, lambda) in spectrum.eigenvalues().iter().enumerate() {
            let energy = 0.5 * (positions[k] + 2.0 * mixed[k].abs() + velocities[k].abs());
            let a = parameters.learning_rate() * lambda;
            moving_envelope += energy;
            sensitivity += energy * root_sensitivity(a, parameters.momentum(), step as f64);
        }
        let constant = scaled(null, -exponent);
        let loss = if exponent == 0 {
            run.loss()
        } else {
            run.loss() - null + constant
        };
        let sample = Sample {
            loss,
            exponent,
            envelope: moving_envelope + constant,
            sensitivity,
            distance: 0.0,
        };
        samples.push(if constant.is_finite() {
            sample
        } else {
            // What moves has vanished beside the constant part.
            Sample {
                loss: null,
                exponent: 0,
                envelope: null,
                sensitivity: 0.0,
                distance: 0.0,
            }
        });
    }
    Ok(samples)
}

/// The same run with all moments multiplied by `2^shift`.
fn rescaled(
    run: &SeRecursion,
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    shift: i64,
) -> Result<SeRecursion, CurveError> {
    let [mut positions, mut mixed, mut velocities] = run.moments();
    for x in positions
        .iter_mut()
        .chain(&mut mixed)
        .chain(&mut velocities)
    {
        *x = scaled(*x, shift);
    }
    // Squares that rounding has pushed below zero.
    for x in positions.iter_mut().chain(&mut velocities) {
        *x = x.max(0.0);
    }
    Ok(SeRecursion::with_moments(
        spectrum,
        parameters,
        &positions,
        &mixed,
        &velocities,
    )?)
}

fn series(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
) -> Result<Vec<Sample>, CurveError> {
    let iterated = iterate(spectrum, parameters, steps, &|_| ())?;
    let start = start_loss(spectrum);
    let last = steps.last().copied().unwrap_or(0) as usize;
    let modes = Modes::of(spectrum);
    let parameters = Parameters::from(parameters);
    let noise = noise_series(&parameters, &modes, last);
    let signal = signal_series(&parameters, &modes, last + 1);
    let twice = twice_loss_from(&noise, &signal);
    steps
        .iter()
        .zip(iterated)
        .map(|(&t, other)| {
            let loss = 0.5 * twice[t as usize] + spectrum.null_space_loss();
            let normal = loss == 0.0 || loss.is_normal();
            if !normal || other.octaves(start) < LOWEST_OCTAVE {
                return Err(CurveError::OutOfRange(t));
            }
            let distance = (loss - scaled(other.loss, other.exponent)).abs();
            let envelope = scaled(other.envelope, other.exponent);
            if distance > LARGEST_DISTANCE * envelope {
                return Err(CurveError::LostDigits(t));
            }
            Ok(Sample {
                loss: loss.max(0.0),
                exponent: 0,
                envelope,
                sensitivity: scaled(other.sensitivity, other.exponent),
                distance: 2.0 * distance,
            })
        })
        .collect()
}
