//! Cells of a map: U(1), r_L and the loss at a horizon, for every learning rate and momentum.
//!
//! | quantity | undefined (NaN) where |
//! |---|---|
//! | U(1), (21) | at and beyond the noiseless edge, where it means nothing |
//! | r_L, (164) | never; 1 where the loss converges, 0 where one step makes it infinite |
//! | log10 of the loss | one step makes the loss infinite, or neither contour nor iteration serves |
//!
//! r_L comes from the anchor of the contour where the loss is wanted. Losses are estimates with their
//! relative error beside them, from the contour of the horizon
//! ([`LossContour::for_step`]) or, where it refuses, by the ways of
//! [`crate::dynamics::CurveMethod::Auto`].

use super::{NoiseNodes, shortened};
use crate::dynamics::{CurveMethod, LossCurve};
use crate::generating::Parameters;
use crate::generating::contour::LossContour;
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::spectrum::Spectrum;
use crate::stability::{judge, radius_point, resolves};
use rayon::prelude::*;
use thiserror::Error;

/// Steps that are iterated in any case.
const EARLY: u64 = 64;
/// A contour value this good is kept.
const GOOD: f64 = 1e-9;
/// The most cells of one map.
const MOST_CELLS: usize = 100_000_000;

/// What a map is taken over.
#[derive(Debug, Clone, PartialEq)]
pub struct GridSettings {
    /// alpha > 0.
    pub learning_rates: Vec<f64>,
    /// beta in (-1, 1).
    pub momenta: Vec<f64>,
    /// gamma >= 0.
    pub noise_amplitude: f64,
    /// tau <= 1.
    pub tau: f64,
    /// The horizon T of the loss L_T; `None`: no losses.
    pub step: Option<u64>,
}

/// Why a map was refused.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GridError {
    /// A learning rate, momentum, noise or tau is out of range.
    #[error(transparent)]
    Hyperparameters(#[from] HyperparameterError),
    /// No cells.
    #[error("a map needs at least one learning rate and one momentum")]
    Empty,
    /// Too many cells.
    #[error("a map of {0} cells is too large: the limit is 1e8")]
    TooLarge(usize),
    /// Losses of a spectrum without signal.
    #[error("the spectrum has no signal, and without signal there is no loss to map")]
    NoSignal,
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// U(1); NaN at and beyond the noiseless edge.
    pub noise_function_at_1: f64,
    /// r_L in [0, 1].
    pub convergence_radius: f64,
    /// 1 - r_L with its own digits; NaN where the nodes of an infinite law do not tell ([`resolves`]).
    pub convergence_radius_complement: f64,
    /// log10 L_T with the loss of the null space; NaN without a horizon and where no way serves.
    pub log10_loss: f64,
    /// Estimated relative error of L_T.
    pub loss_error: f64,
}

/// A map, ready to be computed row by row.
#[derive(Debug, Clone)]
pub struct Grid {
    spectrum: Spectrum,
    nodes: NoiseNodes,
    compression: f64,
    settings: GridSettings,
}

impl Grid {
    /// Checks the settings and compresses the spectrum.
    ///
    /// # Errors
    /// [`GridError`].
    pub fn new(spectrum: &Spectrum, settings: GridSettings) -> Result<Self, GridError> {
        let cells = settings
            .learning_rates
            .len()
            .saturating_mul(settings.momenta.len());
        if cells == 0 {
            return Err(GridError::Empty);
        }
        if cells > MOST_CELLS {
            return Err(GridError::TooLarge(cells));
        }
        let check = |rate: f64, momentum: f64| {
            Hyperparameters::new(rate, momentum, settings.noise_amplitude, settings.tau)
        };
        for &rate in &settings.learning_rates {
            check(rate, settings.momenta[0])?;
        }
        for &momentum in &settings.momenta {
            check(settings.learning_rates[0], momentum)?;
        }
        if settings.step.is_some() && spectrum.signal().is_none() {
            return Err(GridError::NoSignal);
        }
        let (short, compression) = shortened(spectrum);
        Ok(Self {
            nodes: NoiseNodes::of(&short),
            spectrum: short.into_owned(),
            compression,
            settings,
        })
    }

    /// What it is taken over.
    pub const fn settings(&self) -> &GridSettings {
        &self.settings
    }

    /// The nodes that the cells work on.
    pub const fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// The cells of one momentum, in the order of the learning rates; empty beyond the last row.
    pub fn row(&self, index: usize) -> Vec<Cell> {
        let Some(&momentum) = self.settings.momenta.get(index) else {
            return Vec::new();
        };
        self.settings
            .learning_rates
            .par_iter()
            .map(|&rate| self.cell(rate, momentum))
            .collect()
    }

    /// All cells, momentum by momentum.
    pub fn cells(&self) -> Vec<Cell> {
        let rates = &self.settings.learning_rates;
        let width = rates.len();
        (0..width * self.settings.momenta.len())
            .into_par_iter()
            .map(|k| self.cell(rates[k % width], self.settings.momenta[k / width]))
            .collect()
    }

    fn cell(&self, learning_rate: f64, momentum: f64) -> Cell {
        let undefined = Cell {
            noise_function_at_1: f64::NAN,
            convergence_radius: f64::NAN,
            convergence_radius_complement: f64::NAN,
            log10_loss: f64::NAN,
            loss_error: f64::NAN,
        };
        let (gamma, tau) = (self.settings.noise_amplitude, self.settings.tau);
        // Checked when the map was made.
        let Ok(h) = Hyperparameters::new(learning_rate, momentum, gamma, tau) else {
            return undefined;
        };
        let noise_function_at_1 = self.nodes.noise_function_at_1(&Parameters::<f64>::from(&h));
        let (mut log10_loss, mut loss_error) = (f64::NAN, f64::NAN);
        let mut rate = None;
        if let Some(step) = self.settings.step {
            let contour = (step > EARLY && gamma > 0.0)
                .then(|| LossContour::for_step(&self.spectrum, &h, step as f64))
                .and_then(Result::ok);
            rate = contour.as_ref().map(LossContour::rate);
            let value = contour.and_then(|c| c.at(step as f64).ok());
            match value.filter(|v| v.relative_error <= GOOD) {
                Some(value) => {
                    let null = self.spectrum.null_space_loss();
                    let plain = value.value() + null;
                    loss_error = value.relative_error + self.compression;
                    log10_loss = if null > 0.0 && plain.is_normal() {
                        plain.log10()
                    } else {
                        value.mantissa.log10() + value.exponent as f64 * std::f64::consts::LOG10_2
                    };
                }
                None => {
                    let method = CurveMethod::Auto;
                    let (spectrum, error) = (&self.spectrum, self.compression);
                    let curve = LossCurve::compute(spectrum, &h, &[step], method, error, &|_| {});
                    if let Some(point) = curve.ok().and_then(|c| c.points().first().copied()) {
                        log10_loss = point.log10_loss();
                        loss_error = point.relative_error();
                    }
                }
            }
        }
        let (convergence_radius, complement) = if noise_function_at_1 < 1.0 {
            (1.0, 0.0)
        } else if let Some(rate) = rate {
            ((-rate).exp().min(1.0), -(-rate.max(0.0)).exp_m1())
        } else {
            let verdict = judge(&self.spectrum, &h).verdict;
            radius_point(&self.spectrum, &h, verdict).map_or((1.0, f64::NAN), |r| (r.z(), r.e()))
        };
        let told = noise_function_at_1 < 1.0 || resolves(&self.spectrum, &h, complement);
        Cell {
            noise_function_at_1,
            convergence_radius,
            convergence_radius_complement: if told { complement } else { f64::NAN },
            log10_loss,
            loss_error,
        }
    }
}
