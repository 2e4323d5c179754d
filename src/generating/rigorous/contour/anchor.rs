//! Where the contour is anchored: a guess, that the proof does not rest on.

use super::hyperbola::{BITS, refuse};
use crate::generating::contour::LossContour;
use crate::generating::rigorous::cover::Precise;
use crate::generating::rigorous::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::number::{Ball, Complex, Ring};
use crate::spectrum::Spectrum;

/// 1 - rho: the dominant multiplier comes to lie at w = -1, unless it is 1 to within 1/t.
pub(super) fn anchor(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
) -> Result<Ball, RigorousError> {
    let near = near_spectrum(spectrum)?;
    let hyper = parameters.near()?;
    let rate = if parameters.is_noiseless() {
        0.0
    } else {
        LossContour::new(&near, &hyper)
            .map_err(|_| refuse(step, "no dominant multiplier was found to anchor at"))?
            .rate()
    };
    let t = step as f64;
    let infinite = spectrum.infinite_law().is_some();
    // Modes that the floats count to the null space are slower than the slowest of theirs.
    let rate = match spectrum.slowest_below_rounding() {
        Some(slowest) if rate < 0.0 => {
            rate.max(-2.0 * hyper.learning_rate() * slowest / (1.0 - hyper.momentum()))
        }
        _ => rate,
    };
    if rate.abs() * t < 0.5 || (infinite && rate <= 0.0) {
        return Ok(Ball::zero());
    }
    let float = -(-rate).exp_m1();
    let root = if rate.abs() * t > 1e6 {
        refined(spectrum, parameters, float).unwrap_or_else(|| Ball::exact(float))
    } else {
        Ball::exact(float)
    };
    // 1 - r e^(-1/t) for the root r: any number near it is right.
    let back = -(-1.0 / t).exp_m1();
    let one = Ball::integer(1).at(BITS + 64);
    Ok((root.clone() + (one - root) * Ball::exact(back)).centre())
}

/// The root of 1 - z U(z) near a float, by secant steps over all modes: the floats' spectrum may be a
/// quadrature, good to some twelve digits, and t times its error must be small.
fn refined(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    float: f64,
) -> Option<Ball> {
    let precise = Precise::new(spectrum, parameters).ok()?;
    let gap = |e: &Ball| {
        let z = Ball::integer(1).at(BITS + 64) - e.clone();
        let gap = precise.gap(Complex::real(z), Complex::real(e.clone()))?;
        Some(gap.re.centre())
    };
    let start = Ball::exact(float).at(BITS + 64);
    let mut before = (start.clone() * (Ball::integer(1) + Ball::integer(1).shifted(-36))).centre();
    let mut value_before = gap(&before)?;
    let mut e = start.clone();
    for _ in 0..5 {
        let value = gap(&e)?;
        let change = value.clone() * (e.clone() - before) / (value.clone() - value_before);
        if change.is_whole() {
            break;
        }
        before = e.clone();
        value_before = value;
        e = (e - change).centre();
    }
    let moved = (e.clone() - start.clone()).above().over(start.below());
    (moved.log2() < -30.0).then_some(e)
}

/// `f64` numbers for guesses.
fn near_spectrum(spectrum: &RigorousSpectrum) -> Result<Spectrum, RigorousError> {
    spectrum.near().ok_or(RigorousError::NeedsFinite)
}
