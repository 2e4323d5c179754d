//! The lowest loss at a step, over the learning rate or over learning rate and momentum.
//!
//! Losses are those of the exact SE dynamics (contour, or iteration where it refuses), infinite at and
//! beyond the edge U(1) = 1. Searches scan a coarse grid and refine around its best point by golden
//! sections: they find the best of the valleys that the grid sees, and promise no more.

use super::ExperimentError;
use crate::dynamics::{CurveMethod, LossCurve};
use crate::generating::contour::LossContour;
use crate::moment::Hyperparameters;
use crate::spectrum::{CompressedSpectrum, Spectrum};
use crate::stability::checked;

/// A long spectrum is compressed if that changes U and V by at most this.
const COMPRESSION_LIMIT: f64 = 1e-9;
/// Golden section.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// A spectrum with its noise, ready for many losses.
#[derive(Debug, Clone)]
pub(super) struct Losses {
    spectrum: Spectrum,
    noise_amplitude: f64,
    tau: f64,
}

/// A minimum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Best {
    pub(super) learning_rate: f64,
    pub(super) momentum: f64,
    /// log10 L_T.
    pub(super) log10_loss: f64,
}

impl Losses {
    pub(super) fn new(spectrum: &Spectrum, noise_amplitude: f64, tau: f64) -> Self {
        let short = CompressedSpectrum::where_it_pays(spectrum, COMPRESSION_LIMIT);
        let spectrum = short.map_or_else(|| spectrum.clone(), CompressedSpectrum::into_spectrum);
        Self {
            spectrum,
            noise_amplitude,
            tau,
        }
    }

    pub(super) const fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    pub(super) fn edge(&self, momentum: f64) -> f64 {
        checked::critical_learning_rate(&self.spectrum, momentum, self.noise_amplitude, self.tau)
    }

    pub(super) fn at(
        &self,
        learning_rate: f64,
        momentum: f64,
    ) -> Result<Hyperparameters, ExperimentError> {
        Ok(Hyperparameters::new(
            learning_rate,
            momentum,
            self.noise_amplitude,
            self.tau,
        )?)
    }

    /// log10 L_t; infinite where no way reaches it.
    pub(super) fn log10_loss(
        &self,
        learning_rate: f64,
        momentum: f64,
        step: u64,
    ) -> Result<f64, ExperimentError> {
        let h = self.at(learning_rate, momentum)?;
        if step > 64 && self.noise_amplitude > 0.0 && self.spectrum.null_space_loss() == 0.0 {
            let value = LossContour::for_step(&self.spectrum, &h, step as f64)
                .and_then(|contour| contour.at(step as f64));
            if let Ok(v) = value
                && v.relative_error < 1e-6
            {
                return Ok(v.mantissa.log10() + v.exponent as f64 * std::f64::consts::LOG10_2);
            }
        }
        let curve =
            LossCurve::compute(&self.spectrum, &h, &[step], CurveMethod::Auto, 0.0, &|_| {});
        let value = curve.ok().and_then(|c| c.points().first().copied());
        Ok(value.map_or(f64::INFINITY, |p| p.log10_loss()))
    }

    /// The lowest loss over learning rates at a fixed momentum.
    pub(super) fn best_rate(&self, momentum: f64, step: u64) -> Result<Best, ExperimentError> {
        let edge = self.edge(momentum);
        let loss = |s: f64| self.log10_loss(s.exp() * edge, momentum, step);
        let (s, log10_loss) = lowest(&loss, [-5.0, -1e-3], 14, 18)?;
        Ok(Best {
            learning_rate: s.exp() * edge,
            momentum,
            log10_loss,
        })
    }

    /// The lowest loss over momenta at a fixed learning rate; momenta in [-0.95, 0.99].
    pub(super) fn best_momentum(
        &self,
        learning_rate: f64,
        step: u64,
    ) -> Result<Best, ExperimentError> {
        let loss = |momentum: f64| {
            if learning_rate < self.edge(momentum) {
                self.log10_loss(learning_rate, momentum, step)
            } else {
                Ok(f64::INFINITY)
            }
        };
        let (momentum, log10_loss) = lowest(&loss, [-0.95, 0.99], 24, 18)?;
        Ok(Best {
            learning_rate,
            momentum,
            log10_loss,
        })
    }

    /// The lowest loss over both; 1 - beta between 1.9 and 1e-4.
    pub(super) fn best(&self, step: u64) -> Result<Best, ExperimentError> {
        let inner = |u: f64| Ok(self.best_rate(1.0 - u.exp(), step)?.log10_loss);
        let (u, _) = lowest(&inner, [1e-4f64.ln(), 1.9f64.ln()], 14, 14)?;
        self.best_rate(1.0 - u.exp(), step)
    }
}

/// The lowest of `f` on an interval: `coarse` points, then `fine` golden sections around the best.
pub(super) fn lowest(
    f: &dyn Fn(f64) -> Result<f64, ExperimentError>,
    [low, high]: [f64; 2],
    coarse: usize,
    fine: usize,
) -> Result<(f64, f64), ExperimentError> {
    let step = (high - low) / (coarse.max(2) - 1) as f64;
    let mut best = (low, f64::INFINITY);
    for k in 0..coarse {
        let x = low + step * k as f64;
        let value = f(x)?;
        if value < best.1 {
            best = (x, value);
        }
    }
    let (mut a, mut b) = ((best.0 - step).max(low), (best.0 + step).min(high));
    let (mut c, mut d) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
    let (mut fc, mut fd) = (f(c)?, f(d)?);
    for _ in 0..fine {
        if fc < fd {
            (b, d, fd) = (d, c, fc);
            c = b - GOLDEN * (b - a);
            fc = f(c)?;
        } else {
            (a, c, fc) = (c, d, fd);
            d = a + GOLDEN * (b - a);
            fd = f(d)?;
        }
    }
    for candidate in [(c, fc), (d, fd)] {
        if candidate.1 < best.1 {
            best = candidate;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_the_deeper_of_two_valleys() {
        // Minima near -1 (value -0.3) and near 1 (value 0.3).
        let f = |x: f64| Ok((x * x - 1.0).powi(2) + 0.3 * x);
        let (x, value) = lowest(&f, [-2.0, 2.0], 11, 30).unwrap();
        assert!((x + 1.0357).abs() < 1e-3 && value < -0.3, "{x} {value}");
    }

    #[test]
    fn two_modes_without_noise_are_best_where_their_slopes_cancel() {
        let one = Spectrum::new(vec![2.0, 1.0], Some(vec![1.0, 1.0])).unwrap();
        let losses = Losses::new(&one, 0.0, 1.0);
        // (1 - 2a)^20 + (1 - a)^20 is lowest where 2a - 1 = r (1 - a), r = 2^(-1/19).
        let r = 0.5f64.powf(1.0 / 19.0);
        let best = losses.best_rate(0.0, 10).unwrap();
        assert!(
            (best.learning_rate - (1.0 + r) / (2.0 + r)).abs() < 1e-4,
            "{best:?}"
        );
    }
}
