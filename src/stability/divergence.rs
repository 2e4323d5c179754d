//! How the loss diverges: the constant of (24) and the time t_div.
//!
//! ```text
//! L_t = (1 + o(1)) c r_L^-t,    c = V(r_L) / ( 2 [1 + r_L^2 U'(r_L)] )          (24) = (165)
//! t_div: the time at which c r_L^-t equals the loss of the noiseless run (gamma = 0)
//! ```
//!
//! The loss of the null space is in neither side.

use super::StabilityError;
use super::radius::dominant_root;
use super::verdict::{Domain, domain};
use crate::generating::noiseless::NoiselessLoss;
use crate::generating::sums;
use crate::generating::{Modes, Parameters, Point};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// Doublings of the time before giving up: up to 2^1000.
const MAX_DOUBLINGS: usize = 1000;

/// c of (24) at a given root.
pub(crate) fn constant_at(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    root: &Point<f64>,
) -> Result<f64, StabilityError> {
    if spectrum.signal().is_none() {
        return Err(StabilityError::NoSignal);
    }
    let p: Parameters<f64> = parameters.into();
    let v = sums::values(&p, &Modes::of(spectrum), root);
    let z = root.z();
    let constant = v.signal / (2.0 * (1.0 + z * z * v.noise_derivative));
    if constant.is_finite() {
        Ok(constant)
    } else {
        Err(StabilityError::DivergenceOutOfRange)
    }
}

/// c of (24): the loss approaches `c r_L^-t`.
///
/// # Errors
/// No noise, no root of z U(z) = 1 in (0, 1) (the loss does not diverge exponentially), no signal.
pub fn divergence_constant(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
) -> Result<f64, StabilityError> {
    constant_at(spectrum, parameters, &root(spectrum, parameters)?)
}

/// The root of z U(z) = 1 in (0, 1), or why (24) has nothing to say.
fn root(spectrum: &Spectrum, parameters: &Hyperparameters) -> Result<Point<f64>, StabilityError> {
    if parameters.noise_amplitude() == 0.0 {
        return Err(StabilityError::NoNoise);
    }
    dominant_root(spectrum, parameters).ok_or(StabilityError::NothingDiverges)
}

/// t_div in steps: when `c r_L^-t` of (24) equals the noiseless loss.
///
/// An order of magnitude for "the loss starts to deviate", as in the paper, not the minimum of the
/// loss. 0 if `c` exceeds L_0 already. The two are compared at whole steps and the crossing is
/// interpolated linearly between the logarithms; where the noiseless loss oscillates there may be
/// several crossings, and the bisection returns one of them.
///
/// # Errors
/// As [`divergence_constant`]; beyond the noiseless edge (the noiseless loss diverges too); no crossing
/// within 2^1000 steps.
///
/// # What this does not mean
/// The loss need not look divergent at t_div: the visible minimum often comes several times later.
pub fn divergence_time(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
) -> Result<f64, StabilityError> {
    let root = root(spectrum, parameters)?;
    let constant = constant_at(spectrum, parameters, &root)?;
    time_at(spectrum, parameters, &root, constant)
}

/// t_div from r_L and c.
pub(crate) fn time_at(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    root: &Point<f64>,
    constant: f64,
) -> Result<f64, StabilityError> {
    let noiseless_edge = 2.0 * (1.0 + parameters.momentum());
    let beyond = parameters.learning_rate() * spectrum.largest() >= noiseless_edge;
    if beyond {
        let rate = parameters.learning_rate();
        return Err(StabilityError::NoiselessLossDiverges(rate));
    }
    if constant <= 0.0 {
        return Err(StabilityError::NoCrossing);
    }
    debug_assert!(domain(spectrum, parameters) != Domain::Outside || parameters.tau() < 0.0);
    let noiseless = NoiselessLoss::new(spectrum, parameters.learning_rate(), parameters.momentum())
        .ok_or(StabilityError::NoSignal)?;
    let rate = -(-root.e()).ln_1p();
    let rate = if root.z() < 0.5 { -root.z().ln() } else { rate };
    let offset = constant.ln();
    // ln of (24) minus ln of the noiseless loss (which may have fallen to 0: then +inf).
    let lead = |t: f64| offset + rate * t - noiseless.at(t).ln();
    if lead(0.0) >= 0.0 {
        return Ok(0.0);
    }
    let mut low = 0.0;
    let mut high = 1.0;
    let mut doublings = 0;
    while lead(high) < 0.0 {
        low = high;
        high *= 2.0;
        doublings += 1;
        if doublings > MAX_DOUBLINGS {
            return Err(StabilityError::NoCrossing);
        }
    }
    while high - low > 1.0 {
        let middle = (low + 0.5 * (high - low)).floor();
        if middle <= low || middle >= high {
            break;
        }
        if lead(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let (below, above) = (lead(low), lead(high));
    let share = if above.is_finite() {
        -below / (above - below)
    } else {
        1.0
    };
    Ok(low + share * (high - low))
}
