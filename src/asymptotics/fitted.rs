//! What the uncertainty of a fit of (25) means for phase, edge and loss exponent.
//!
//! | quantity | from |
//! |---|---|
//! | phase, its probability | joint draws of (nu, kappa) |
//! | phases touched | the rectangle of both 95 % intervals |
//! | loss exponent `min(zeta, 2 - 1/nu)` | joint draws of (nu, kappa) |
//! | lambda_crit | of the spectrum as it is, and with the law continued beyond its last mode, for joint draws of (nu, Lambda) |
//! | the edge, [`FittedEdge`] | the same two spectra at one momentum, noise amplitude and tau |
//!
//! A draw is the estimate plus a multivariate Student t (6 degrees of freedom) with the covariance of the fit,
//! [`SpectrumFit::covariance`]: correlations of nu, ln Lambda, kappa and ln K are in it. lambda_crit depends on eigenvalues only,
//! so kappa and K do not enter it; nu and Lambda are strongly correlated, since the law is known best
//! where it was measured. Intervals are the 2.5 % and 97.5 % quantiles of the draws: unlike the
//! delta method they know that lambda_crit is infinite for nu <= 1. The modes given count as exact. The
//! draws come from a fixed seed, so that the same spectrum has the same answer.

use super::Phase;
use crate::moment::Hyperparameters;
use crate::number::rational_from_f64;
use crate::spectrum::{Spectrum, SpectrumFit};
use crate::stability::checked::critical_regularization;
use crate::stability::{StabilityError, checked};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

/// Degrees of freedom of the intervals of a fit.
const FREEDOM: f64 = 6.0;
/// Draws of the four estimates,
const DRAWS: usize = 8000;
/// and how many of them are continued.
const CONTINUED: usize = 1000;
/// Seed of the draws.
const SEED: u64 = 25;
/// Ratio of neighbouring mode numbers in the continued tail.
const RATIO: f64 = 1.05;
/// Bins of the continued tail at most; the rest goes into one node.
const BINS: usize = 600;
/// The rest begins where an eigenvalue is this share of the largest: beside lambda_crit or 2/(gamma alpha_eff) only its
/// trace counts there.
const NEGLIGIBLE: f64 = 1e-10;

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
    /// lambda_crit with the law continued: at the estimate, and the ends of its 95 % interval. Infinite
    /// for nu <= 1.
    pub continued_critical_regularization: [f64; 3],
}

impl FitConsequences {
    /// Of a fit and the spectrum it was made from; tau enters lambda_crit.
    ///
    /// # Errors
    /// tau above 1 or not finite.
    pub fn of(fit: &SpectrumFit, spectrum: &Spectrum, tau: f64) -> Result<Self, StabilityError> {
        // Refuses tau.
        let of_the_modes = crate::stability::critical_regularization(spectrum, tau)?;
        let nu = &fit.eigenvalues.exponent;
        let kappa = fit.signal.as_ref().map(|signal| &signal.exponent);
        let phase = phase_of(nu.value, kappa.map(|k| k.value));
        let interval = kappa.map(|k| [k.lower, k.upper]);
        let draws = draws(fit);
        let smaller = |nu: f64, kappa: f64| (kappa / nu).max(0.0).min(2.0 - 1.0 / nu);
        let loss_exponent = kappa.filter(|_| nu.lower > 1.0).map(|kappa| {
            let (lower, upper) = interval_of(
                draws
                    .iter()
                    .filter(|draw| draw[0] > 1.0)
                    .map(|draw| smaller(draw[0], draw[2]))
                    .collect(),
            );
            let value = smaller(nu.value, kappa.value);
            (value, lower.min(value), upper.max(value))
        });
        let of_the_law = |spectrum: Option<&Spectrum>| {
            spectrum.map_or(f64::INFINITY, |s| critical_regularization(s, tau))
        };
        Ok(Self {
            phase,
            phase_probability: phase.map(|phase| probability(&draws, phase, kappa.is_some())),
            phases_touched: touched([nu.lower, nu.upper], interval),
            loss_exponent,
            critical_regularization: of_the_modes,
            continued_critical_regularization: with_the_law(fit, spectrum, &draws, of_the_law),
        })
    }
}

/// The largest stable learning rate of a fitted spectrum at one momentum and noise, with what the errors leave open.
///
/// # What this does not mean
/// The modes given have an edge without any fit. Which of the two is that of more data depends on whether the law
/// goes on, which is not in the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedEdge {
    /// The edge of the modes given.
    pub critical_learning_rate: f64,
    /// The edge with the law continued: at the estimate, and the ends of its 95 % interval. 0 for nu <= 1.
    pub continued_critical_learning_rate: [f64; 3],
}

impl FittedEdge {
    /// Of a fit and the spectrum it was made from.
    ///
    /// # Errors
    /// A momentum, noise amplitude or tau out of the ranges of [`Hyperparameters`].
    pub fn of(
        fit: &SpectrumFit,
        spectrum: &Spectrum,
        momentum: f64,
        noise_amplitude: f64,
        tau: f64,
    ) -> Result<Self, StabilityError> {
        Hyperparameters::new(1.0, momentum, noise_amplitude, tau)?;
        let edge =
            |s: &Spectrum| checked::critical_learning_rate(s, momentum, noise_amplitude, tau);
        // Without noise an infinite Tr H does no harm.
        let without_end = if noise_amplitude > 0.0 {
            0.0
        } else {
            edge(spectrum)
        };
        let of_the_law = |spectrum: Option<&Spectrum>| spectrum.map_or(without_end, edge);
        Ok(Self {
            critical_learning_rate: edge(spectrum),
            continued_critical_learning_rate: with_the_law(fit, spectrum, &draws(fit), of_the_law),
        })
    }
}

/// `of` at the estimate, and the ends of its 95 % interval; it is given `None` for nu <= 1.
fn with_the_law(
    fit: &SpectrumFit,
    spectrum: &Spectrum,
    draws: &[[f64; 4]],
    of: impl Fn(Option<&Spectrum>) -> f64,
) -> [f64; 3] {
    let at = |nu: f64, log_scale: f64| of(continued(spectrum, nu, log_scale).as_ref());
    let (nu, scale) = (&fit.eigenvalues.exponent, &fit.eigenvalues.scale);
    let value = at(nu.value, scale.value.ln());
    let (lower, upper) = interval_of(
        draws[..CONTINUED]
            .iter()
            .map(|draw| at(draw[0], draw[1]))
            .collect(),
    );
    [value, lower.min(value), upper.max(value)]
}

/// nu, ln Lambda, kappa, ln K (0 without a signal), drawn jointly.
fn draws(fit: &SpectrumFit) -> Vec<[f64; 4]> {
    let centre = [
        fit.eigenvalues.exponent.value,
        fit.eigenvalues.scale.value.ln(),
        fit.signal.as_ref().map_or(0.0, |s| s.exponent.value),
        fit.signal.as_ref().map_or(0.0, |s| s.scale.value.ln()),
    ];
    let factor = cholesky(&fit.covariance);
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let Ok(square) = ChiSquared::new(FREEDOM) else {
        return vec![centre; DRAWS];
    };
    (0..DRAWS)
        .map(|_| {
            let normal: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(&mut random));
            let stretch = (FREEDOM / square.sample(&mut random)).sqrt();
            std::array::from_fn(|i| {
                let deviation: f64 = (0..=i).map(|j| factor[i][j] * normal[j]).sum();
                centre[i] + stretch * deviation
            })
        })
        .collect()
}

/// The lower triangular factor of a covariance; a direction without variance has a zero column.
fn cholesky(matrix: &[[f64; 4]; 4]) -> [[f64; 4]; 4] {
    let mut factor = [[0.0; 4]; 4];
    for j in 0..4 {
        let known: f64 = (0..j).map(|k| factor[j][k] * factor[j][k]).sum();
        let pivot = matrix[j][j] - known;
        // Rounding may leave a pivot of a singular matrix on either side of 0.
        if pivot <= 1e-14 * matrix[j][j] {
            continue;
        }
        factor[j][j] = pivot.sqrt();
        for i in j + 1..4 {
            let known: f64 = (0..j).map(|k| factor[i][k] * factor[j][k]).sum();
            factor[i][j] = (matrix[i][j] - known) / factor[j][j];
        }
    }
    factor
}

/// The 2.5 % and 97.5 % quantiles.
fn interval_of(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let index = (share * values.len() as f64) as usize;
        values
            .get(index.min(values.len().saturating_sub(1)))
            .copied()
            .unwrap_or(f64::NAN)
    };
    (at(0.025), at(0.975))
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

/// The share of the draws in a phase; a law without kappa has but one above nu = 1.
fn probability(draws: &[[f64; 4]], phase: Phase, signal: bool) -> f64 {
    let of_draw = |nu: f64, kappa: f64| {
        if nu <= 0.5 {
            Phase::ImmediateDivergence
        } else if nu <= 1.0 {
            Phase::EventualDivergence
        } else if signal && kappa > 2.0 * nu - 1.0 {
            Phase::NoiseDominated
        } else {
            Phase::SignalDominated
        }
    };
    let phase = if phase == Phase::Border {
        Phase::SignalDominated
    } else {
        phase
    };
    let count = draws
        .iter()
        .filter(|draw| of_draw(draw[0], draw[2]) == phase)
        .count();
    count as f64 / draws.len() as f64
}

/// The modes of `spectrum`, then `e^log_scale k^-nu` for all later k; `None` for nu <= 1.
fn continued(spectrum: &Spectrum, nu: f64, log_scale: f64) -> Option<Spectrum> {
    if nu <= 1.0 {
        return None;
    }
    let mut eigenvalues = spectrum.eigenvalues().to_vec();
    let mut multiplicities = spectrum.multiplicities().to_vec();
    let least = spectrum.eigenvalues()[spectrum.len() - 1];
    let last = NEGLIGIBLE * spectrum.largest();
    let (from, ratio) = ((spectrum.len() as f64 + 0.5).ln(), RATIO.ln());
    // int_a^infinity k^-nu dk = a^(1-nu)/(nu - 1); each bin holds the same share of what is left.
    let mut left = (log_scale + (1.0 - nu) * from).exp() / (nu - 1.0);
    let share = -((1.0 - nu) * ratio).exp_m1();
    let mut middle = (log_scale - nu * (from + 0.5 * ratio)).exp();
    let fall = (-nu * ratio).exp();
    for bin in 0..=BINS {
        let rest = bin == BINS || middle < last;
        let trace = if rest { left } else { share * left };
        // The order must hold where the last modes lie below the law.
        let eigenvalue = middle.min(least);
        if !(eigenvalue > 1e-290 && trace > 0.0) {
            break;
        }
        eigenvalues.push(eigenvalue);
        multiplicities.push(trace / eigenvalue);
        if rest {
            break;
        }
        left -= trace;
        middle *= fall;
    }
    Some(Spectrum::from_nodes(
        eigenvalues,
        multiplicities,
        None,
        false,
        false,
    ))
}
