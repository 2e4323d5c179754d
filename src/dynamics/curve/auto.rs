//! The loss at chosen steps by whatever way is right and cheapest.
//!
//! | case | way |
//! |---|---|
//! | no noise | the explicit sum (249) |
//! | t <= 64, or the contour refuses | iteration |
//! | else | contour |
//!
//! Spectra of more than 512 nodes (1,280 for one step alone) are compressed first when that changes U and V by
//! less than 1e-10 (estimated; the error is added). Where the contour's estimate exceeds 1e-10 and iterating
//! takes less than 1e8 mode updates, the better of the two is given. An iteration of more than 1e10
//! mode updates, some ten seconds, is refused with its time: it has to be asked for.

use super::error::CurveError;
use super::point::{CurveMethod, LossPoint};
use super::stepwise::{self, ITERATION_LIMIT};
use crate::dynamics::SeError;
use crate::generating::contour::{ContourRefusal, LossContour, ScaledLoss};
use crate::generating::noiseless::NoiselessLoss;
use crate::moment::Hyperparameters;
use crate::spectrum::{CompressedSpectrum, Spectrum};

/// For one step alone, spectra up to this length are not worth compressing.
const ALONE: usize = 1280;
/// Compression that changes more than this is not used.
const COMPRESSION_LIMIT: f64 = 1e-10;
/// Steps that are iterated in any case.
const EARLY: u64 = 64;
/// Mode updates that nobody waits for.
const CHEAP: f64 = 1e8;
/// Mode updates that have to be asked for by name.
const LONG_ITERATION: f64 = 1e10;
/// A contour value this good is not compared with the iteration.
const GOOD: f64 = 1e-10;
/// Powers of two are whole numbers of 64 bits, with room for their rounding.
const LARGEST_EXPONENT: u64 = 1 << 62;

/// L_t at sorted steps for [`CurveMethod::Auto`], `Contour` and `Explicit`.
pub(super) fn points(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[u64],
    method: CurveMethod,
    progress: &dyn Fn(u64),
) -> Result<Vec<LossPoint>, CurveError> {
    let null = spectrum.null_space_loss();
    let gamma = parameters.noise_amplitude();
    if gamma == 0.0 && method != CurveMethod::Contour {
        let noiseless =
            NoiselessLoss::new(spectrum, parameters.learning_rate(), parameters.momentum())
                .ok_or(SeError::NoSignal)?;
        return steps
            .iter()
            .map(|&t| {
                let loss = noiseless.scaled(t as f64);
                if loss.exponent.unsigned_abs() > LARGEST_EXPONENT && loss.mantissa > 0.0 {
                    return Err(CurveError::Exponent(t));
                }
                Ok(LossPoint::direct(&loss, null, CurveMethod::Explicit))
            })
            .collect();
    }
    if method == CurveMethod::Explicit {
        return Err(CurveError::NotNoiseless(gamma));
    }
    let late_steps = steps.len() - steps.partition_point(|&t| t <= EARLY);
    let alone = late_steps <= 1 && spectrum.len() <= ALONE;
    let compress = || CompressedSpectrum::where_it_pays(spectrum, COMPRESSION_LIMIT);
    let compressed = (!alone).then(compress).flatten();
    let (used, compression) = match &compressed {
        Some(short) => (short.spectrum(), short.error()),
        None => (spectrum, 0.0),
    };
    let contours = |list: &[f64]| contours(used, parameters, list);
    if method == CurveMethod::Contour {
        let list: Vec<f64> = steps.iter().map(|&t| t as f64).collect();
        return contours(&list)?
            .into_iter()
            .map(|value| {
                let value = value?;
                Ok(LossPoint::direct(&value, null, CurveMethod::Contour).widened(compression))
            })
            .collect();
    }
    let split = steps.partition_point(|&t| t <= EARLY);
    let late: Vec<f64> = steps[split..].iter().map(|&t| t as f64).collect();
    let values: Vec<Result<_, ContourRefusal>> = if late.is_empty() {
        Vec::new()
    } else {
        match contours(&late) {
            Ok(values) => values,
            Err(refusal) => late.iter().map(|_| Err(refusal.clone())).collect(),
        }
    };
    // The reason of an iteration that has to be asked for.
    let refusal = values
        .iter()
        .find_map(|value| value.as_ref().err().cloned());
    let mut found: Vec<Option<LossPoint>> = vec![None; split];
    found.extend(values.into_iter().map(|value| {
        let value = value.ok()?;
        Some(LossPoint::direct(&value, null, CurveMethod::Contour).widened(compression))
    }));
    let wanted: Vec<u64> = steps
        .iter()
        .zip(&found)
        .filter(|&(&t, point)| match point {
            None => true,
            Some(point) => {
                let good = point.relative_error() <= GOOD + compression;
                !good && t as f64 * used.len() as f64 <= CHEAP
            }
        })
        .map(|(&t, _)| t)
        .collect();
    if wanted.is_empty() {
        return Ok(found.into_iter().flatten().collect());
    }
    // Iterating is worth a compression that one step of a contour was not.
    let compressed = compressed.or_else(|| alone.then(compress).flatten());
    let (used, compression) = match &compressed {
        Some(short) => (short.spectrum(), short.error()),
        None => (spectrum, 0.0),
    };
    // The original spectrum where that is cheap, so that nothing needs to be added to the error.
    let last = wanted.last().map_or(0.0, |&t| t as f64);
    let (which, extra) = if spectrum.len() as f64 * last <= CHEAP {
        (spectrum, 0.0)
    } else {
        (used, compression)
    };
    // What it would take by name, on the spectrum as given.
    let operations = spectrum.len() as f64 * last;
    match &refusal {
        Some(refusal) if operations > ITERATION_LIMIT => {
            return Err(CurveError::Contour(refusal.clone()));
        }
        Some(refusal) if which.len() as f64 * last > LONG_ITERATION => {
            return Err(CurveError::WouldIterate {
                refusal: refusal.clone(),
                step: wanted.last().copied().unwrap_or(0),
                operations,
            });
        }
        _ => {}
    }
    let iterated = stepwise::iterated(which, parameters, &wanted, extra, progress)?;
    let mut iterated = wanted.iter().zip(&iterated).peekable();
    let mut result = Vec::with_capacity(steps.len());
    for (&t, point) in steps.iter().zip(found) {
        let other = iterated.next_if(|(step, _)| **step == t).map(|(_, p)| *p);
        let best = match (point, other) {
            (Some(x), Some(y)) if y.relative_error() < x.relative_error() => Some(y),
            (Some(x), _) => Some(x),
            (None, other) => other,
        };
        result.extend(best);
    }
    Ok(result)
}

/// L_t by contours at sorted steps: of a circle for the first step, which serves all, and where that one is refused or a
/// value is not good, of the largest circle.
fn contours(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    steps: &[f64],
) -> Result<Vec<Result<ScaledLoss, ContourRefusal>>, ContourRefusal> {
    let good = |value: &Result<ScaledLoss, ContourRefusal>| {
        value.as_ref().is_ok_and(|v| v.relative_error <= GOOD)
    };
    // Without compression only the long way compresses, for its circle.
    let quick = (spectrum.len() <= ALONE)
        .then(|| LossContour::for_step(spectrum, parameters, steps.first().copied()?).ok())
        .flatten()
        .map(|contour| contour.curve(steps));
    match quick {
        Some(values) if values.iter().all(good) => Ok(values),
        _ => Ok(LossContour::new(spectrum, parameters)?.curve(steps)),
    }
}
