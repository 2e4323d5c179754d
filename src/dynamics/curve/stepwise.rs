//! The loss step by step: the SE recursion (65), or U_t, V_t and the convolution (15).
//!
//! The error estimate of both is that of [`super::LossCurve::compute`].

use super::error::CurveError;
use super::point::{CurveMethod, LossPoint, scaled};
use crate::dynamics::SeRecursion;
use crate::generating::series::twice_loss_from;
use crate::generating::{Modes, Parameters, noise_series, signal_series};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// The most mode updates of an iteration: about a quarter of an hour on one core.
pub(super) const ITERATION_LIMIT: f64 = 2e12;
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
/// See [`super::LossCurve::compute`].
const ROUNDING: [f64; 4] = [8.0, 2.0, 4.0, 2.0];
/// Roundings of a mode's position in one step, times 1/2, with a third to spare.
const HELD: f64 = 2.0;
/// Where series and iteration differ by this share of E_t, the series is refused.
const LARGEST_DISTANCE: f64 = 1e-3;
/// Octaves below L_0 at which the numbers inside the series lose digits.
const LOWEST_OCTAVE: f64 = -800.0;

/// L_t by the iteration.
pub(super) fn iterated(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
    quadrature_error: f64,
    progress: &dyn Fn(u64),
) -> Result<Vec<LossPoint>, CurveError> {
    check_length(spectrum, steps.last().copied().unwrap_or(0))?;
    let samples = iterate(spectrum, parameters, steps, progress)?;
    let method = CurveMethod::Iteration;
    Ok(points(spectrum, steps, samples, quadrature_error, method))
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

/// What the iteration refuses: too long, too steep, or an initial loss out of range.
pub(in crate::dynamics) fn check_iteration(
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

/// L_t by the convolution.
pub(super) fn convolved(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
    quadrature_error: f64,
) -> Result<Vec<LossPoint>, CurveError> {
    let method = CurveMethod::Series;
    let last = steps.last().copied().unwrap_or(0);
    let operations = (3.0 * spectrum.len() as f64 + last as f64) * last as f64;
    if operations > SERIES_LIMIT {
        return Err(CurveError::TooLong {
            method: method.name(),
            step: last,
            operations,
            limit: SERIES_LIMIT,
            hint: " or use the iteration",
        });
    }
    let samples = series(spectrum, parameters, steps)?;
    Ok(points(spectrum, steps, samples, quadrature_error, method))
}

fn points(
    spectrum: &Spectrum,
    steps: &[u64],
    samples: Vec<Sample>,
    quadrature_error: f64,
    method: CurveMethod,
) -> Vec<LossPoint> {
    let start = start_loss(spectrum);
    let pairs = steps.iter().zip(samples);
    pairs
        .map(|(&t, sample)| sample.point(t, start, quadrature_error, method))
        .collect()
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
    /// sum_k E_kt h_k, see [`held`].
    held: f64,
    /// sum_k R_kt and the null space: what rounding of the moments may grow into.
    reach: f64,
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
        let error = quadrature_error * self.loss
            + f64::EPSILON * (units * self.reach + roots * t * self.sensitivity + HELD * self.held)
            + self.distance;
        LossPoint::new(self.loss, self.exponent, error, method)
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

/// What x11 may come back to: c1^2 + c2^2 of `x_t = c1 mu1^t + c2 mu2^t`, from x11, x12 and x22 now; for complex roots |2 c|^2.
///
/// With v the velocity, `x_t - mu2 x_(t-1) = (1 - mu2) x + mu2 v = c1 mu1^(t-1) (mu1 - mu2)`. Two roots nearer than 1/t count as
/// 1/t apart. Second, the same of moments that do not cancel: what their roundings grow into where the roots lie close together
/// far from 1, as they do near the noiseless edge.
fn amplitudes(a: f64, b: f64, t: f64, [x11, x12, x22]: [f64; 3]) -> [f64; 2] {
    let half = 0.5 * (1.0 + b - a);
    let square = half * half - b;
    let distance = (2.0 * square.abs().sqrt()).max(t.recip());
    let squares = if square >= 0.0 {
        let large = half + square.sqrt().copysign(half);
        let small = if large == 0.0 { 0.0 } else { b / large };
        let other = |mu: f64| {
            let away = 1.0 - mu;
            [away * away * x11, 2.0 * away * mu * x12, mu * mu * x22]
        };
        let (first, second) = (other(small), other(large));
        let both = |f: fn(&[f64; 3]) -> f64| large * large * f(&first) + small * small * f(&second);
        [
            both(|x| x.iter().sum::<f64>().abs()),
            both(|x| x.iter().map(|x| x.abs()).sum()),
        ]
    } else {
        let parts = [a * x11, (1.0 - b - a) * x12, b * x22];
        let parts = parts.map(|x| 4.0 * b * x);
        [
            parts.iter().sum::<f64>().abs(),
            parts.iter().map(|x| x.abs()).sum(),
        ]
    };
    squares.map(|x| x / (distance * distance))
}

/// 1 - mu^2, mu the larger root of `mu^2 - (1 + b - a) mu + b` in modulus: between eps and 1.
fn own_decay(a: f64, b: f64) -> f64 {
    let half = 0.5 * (1.0 + b - a);
    let square = half * half - b;
    let modulus = if square >= 0.0 {
        half.abs() + square.sqrt()
    } else {
        b.sqrt()
    };
    (1.0 - modulus * modulus).clamp(f64::EPSILON, 1.0)
}

/// h_k: how many roundings of one step those of t steps add up to.
///
/// A position x that changes by a share r a step moves over its grid by r/eps units a step, a number that itself changes by
/// r^2/eps: for `n = eps/r^2` steps the same amount is rounded off, the next n another one. So h = sqrt(t n), n between 1 and t. A
/// mode that the noise of others holds (it changes less than its own decay `d` would make it) forgets after 1/d steps.
fn held(change: f64, decay: f64, t: f64) -> f64 {
    let n = (f64::EPSILON / (change * change)).min(t).max(1.0);
    let h = (t * n).sqrt();
    if change < 0.5 * decay {
        h.min(decay.recip().max(t.sqrt()))
    } else {
        h
    }
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
        let next = if step == 0 {
            positions.clone()
        } else {
            let mut ahead = run.clone();
            ahead.advance_by(1);
            let [next, ..] = ahead.moments();
            next
        };
        let (mut moving_envelope, mut sensitivity, mut total_held) = (0.0, 0.0, 0.0);
        let mut reach = 0.0;
        for (k, lambda) in spectrum.eigenvalues().iter().enumerate() {
            let a = parameters.learning_rate() * lambda;
            let x = [positions[k], mixed[k], velocities[k]];
            let seen = x[0] + 2.0 * x[1].abs() + x[2].abs();
            let [comes_back, reached] = amplitudes(a, parameters.momentum(), step as f64, x);
            let energy = 0.5 * seen.max(comes_back);
            reach += 0.5 * seen.max(reached);
            moving_envelope += energy;
            sensitivity += energy * root_sensitivity(a, parameters.momentum(), step as f64);
            let change = (next[k] - positions[k]).abs() / positions[k];
            if change.is_finite() {
                let decay = own_decay(a, parameters.momentum());
                total_held += energy * held(change, decay, step as f64);
            }
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
            held: total_held,
            reach: reach + constant,
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
                held: 0.0,
                reach: null,
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
                held: scaled(other.held, other.exponent),
                reach: scaled(other.reach, other.exponent),
                distance: 2.0 * distance,
            })
        })
        .collect()
}
