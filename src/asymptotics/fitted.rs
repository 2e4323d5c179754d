//! What the uncertainty of a fit of (25) means for phase, edge and loss exponent.
//!
//! | quantity | from |
//! |---|---|
//! | phase, its probability | the fitted (nu, kappa) with Student-t errors (6 degrees of freedom), independent |
//! | phases touched | the rectangle of both 95 % intervals |
//! | loss exponent `min(zeta, 2 - 1/nu)` | the same intervals |
//! | lambda_crit | of the spectrum as it is, and with the law continued beyond its last mode, for the fitted nu and both ends of its interval |
//!
//! In the continued spectrum the scale goes with nu so that the law stays where it was measured, in the
//! middle (in ln k) of the window.

use super::Phase;
use crate::number::rational_from_f64;
use crate::spectrum::{Spectrum, SpectrumFit};
use crate::stability::critical_regularization;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Degrees of freedom of the intervals of a fit.
const FREEDOM: f64 = 6.0;
/// Quantiles of nu that the probability is summed over.
const QUANTILES: u32 = 400;
/// Ratio of neighbouring mode numbers in the continued tail.
const RATIO: f64 = 1.05;
/// Bins of the continued tail; the rest goes into one node.
const BINS: usize = 600;

/// Phase, edge and loss exponent of a fitted spectrum, with what the errors leave open.
///
/// # What this does not mean
/// - A phase is a statement about an infinite law. Whether the measured one goes on is not in the
///   data; a finite spectrum has an edge (`critical_regularization`) whatever its fitted nu.
/// - The probability is that of the fit's error model, not of nature.
#[derive(Debug, Clone, PartialEq)]
pub struct FitConsequences {
    /// The phase of the estimates; `None` where nu > 1 and there is no kappa.
    pub phase: Option<Phase>,
    /// Its probability under the fit's errors.
    pub phase_probability: Option<f64>,
    /// Every phase that the rectangle of the intervals meets (borders not listed).
    pub phases_touched: Vec<Phase>,
    /// Estimate, lower and upper end of `min(zeta, 2 - 1/nu)`; `None` without kappa or where the
    /// interval of nu reaches 1.
    pub loss_exponent: Option<(f64, f64, f64)>,
    /// lambda_crit of the modes given.
    pub critical_regularization: f64,
    /// lambda_crit with the law continued: at nu, and at the upper and the lower end of its
    /// interval. Infinite for nu <= 1.
    pub continued_critical_regularization: [f64; 3],
}

impl FitConsequences {
    /// Of a fit and the spectrum it was made from; tau <= 1 enters lambda_crit.
    pub fn of(fit: &SpectrumFit, spectrum: &Spectrum, tau: f64) -> Self {
        let nu = &fit.eigenvalues.exponent;
        let kappa = fit.signal.as_ref().map(|signal| &signal.exponent);
        let phase = phase_of(nu.value, kappa.map(|k| k.value));
        let interval = kappa.map(|k| [k.lower, k.upper]);
        let loss_exponent = fit.zeta.filter(|_| nu.lower > 1.0).map(|zeta| {
            let smaller = |zeta: f64, nu: f64| zeta.min(2.0 - 1.0 / nu);
            (
                smaller(zeta.value, nu.value),
                smaller(zeta.lower.max(0.0), nu.lower),
                smaller(zeta.upper, nu.upper),
            )
        });
        let (lo, hi) = fit.eigenvalues.window;
        let middle = 0.5 * ((lo as f64).ln() + (hi as f64).ln());
        let scale = fit.eigenvalues.scale.value.ln();
        let continued = [nu.value, nu.upper, nu.lower].map(|exponent| {
            let log_scale = scale + (exponent - nu.value) * middle;
            match continued(spectrum, exponent, log_scale) {
                Some(spectrum) => critical_regularization(&spectrum, tau),
                None => f64::INFINITY,
            }
        });
        Self {
            phase,
            phase_probability: phase.map(|phase| probability(fit, phase)),
            phases_touched: touched([nu.lower, nu.upper], interval),
            loss_exponent,
            critical_regularization: critical_regularization(spectrum, tau),
            continued_critical_regularization: continued,
        }
    }
}

fn phase_of(nu: f64, kappa: Option<f64>) -> Option<Phase> {
    let nu = rational_from_f64(nu)?;
    let kappa = kappa.and_then(rational_from_f64);
    Phase::of_power_law(&nu, kappa.as_ref())
}

fn touched([low, high]: [f64; 2], kappa: Option<[f64; 2]>) -> Vec<Phase> {
    let mut phases = Vec::new();
    if low <= 0.5 {
        phases.push(Phase::ImmediateDivergence);
    }
    if low <= 1.0 && high > 0.5 {
        phases.push(Phase::EventualDivergence);
    }
    if let (true, Some([least, most])) = (high > 1.0, kappa) {
        // The border is kappa = 2 nu - 1.
        if least < 2.0 * high - 1.0 {
            phases.push(Phase::SignalDominated);
        }
        if most > 2.0 * low.max(1.0) - 1.0 {
            phases.push(Phase::NoiseDominated);
        }
    }
    phases
}

fn probability(fit: &SpectrumFit, phase: Phase) -> f64 {
    let Ok(student) = StudentsT::new(0.0, 1.0, FREEDOM) else {
        return f64::NAN;
    };
    let nu = &fit.eigenvalues.exponent;
    let share_below = |border: f64| match &fit.signal {
        Some(signal) => {
            let kappa = &signal.exponent;
            if kappa.standard_error > 0.0 {
                student.cdf((border - kappa.value) / kappa.standard_error)
            } else {
                f64::from(u8::from(kappa.value < border))
            }
        }
        None => 0.5,
    };
    let total: f64 = (0..QUANTILES)
        .map(|i| {
            let quantile = student.inverse_cdf((f64::from(i) + 0.5) / f64::from(QUANTILES));
            let nu = nu.value + nu.standard_error * quantile;
            match phase {
                Phase::ImmediateDivergence => f64::from(u8::from(nu <= 0.5)),
                Phase::EventualDivergence => f64::from(u8::from(nu > 0.5 && nu <= 1.0)),
                _ if nu <= 1.0 => 0.0,
                Phase::NoiseDominated => 1.0 - share_below(2.0 * nu - 1.0),
                _ => share_below(2.0 * nu - 1.0),
            }
        })
        .sum();
    total / f64::from(QUANTILES)
}

/// The modes of `spectrum`, then `e^log_scale k^-nu` for all later k; `None` for nu <= 1.
fn continued(spectrum: &Spectrum, nu: f64, log_scale: f64) -> Option<Spectrum> {
    if nu <= 1.0 {
        return None;
    }
    let mut eigenvalues = spectrum.eigenvalues().to_vec();
    let mut multiplicities = spectrum.multiplicities().to_vec();
    let least = spectrum.eigenvalues()[spectrum.len() - 1];
    // int_a^b k^-nu dk = (a^(1-nu) - b^(1-nu))/(nu - 1)
    let integral = |a: f64| (log_scale + (1.0 - nu) * a.ln()).exp() / (nu - 1.0);
    let mut from = spectrum.len() as f64 + 0.5;
    for bin in 0..=BINS {
        let to = from * RATIO;
        let (trace, middle) = if bin < BINS {
            (integral(from) - integral(to), (from * to).sqrt())
        } else {
            (integral(from), from)
        };
        // The order must hold where the last modes lie below the law.
        let eigenvalue = (log_scale - nu * middle.ln()).exp().min(least);
        if !(eigenvalue > 1e-290 && trace > 0.0) {
            break;
        }
        eigenvalues.push(eigenvalue);
        multiplicities.push(trace / eigenvalue);
        from = to;
    }
    Some(Spectrum::from_nodes(
        eigenvalues,
        multiplicities,
        None,
        false,
        false,
    ))
}
