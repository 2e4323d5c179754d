//! Maps in (learning rate, momentum): U(1), r_L, the loss at a horizon, and the edge beside them.
//!
//! | file | what |
//! |---|---|
//! | here | U(1) over a grid, the edge along the momenta |
//! | `map` | cells with U(1), r_L and the loss, row by row |
//!
//! All cells work on the compressed spectrum where the spectrum is longer than 512 nodes
//! ([`CompressedSpectrum`]), and are shared out among the threads of the current rayon pool.

mod map;

pub use map::{Cell, Grid, GridError, GridSettings};

use super::critical_learning_rate;
use crate::generating::sums;
use crate::generating::{Modes, Parameters};
use crate::spectrum::{CompressedSpectrum, Spectrum};
use rayon::prelude::*;
use std::borrow::Cow;

/// Compression that changes more than this is not used.
const COMPRESSION_LIMIT: f64 = 1e-9;

/// The spectrum that cells use and the relative error of its U and V.
fn shortened(spectrum: &Spectrum) -> (Cow<'_, Spectrum>, f64) {
    if let Some(short) = CompressedSpectrum::where_it_pays(spectrum, COMPRESSION_LIMIT) {
        let error = short.error();
        return (Cow::Owned(short.into_spectrum()), error);
    }
    (Cow::Borrowed(spectrum), 0.0)
}

/// What U(1) needs of a spectrum: the nodes that carry noise.
#[derive(Debug, Clone)]
struct NoiseNodes {
    eigenvalues: Vec<f64>,
    multiplicities: Vec<f64>,
    largest: f64,
    infinite_trace: bool,
}

impl NoiseNodes {
    fn of(spectrum: &Spectrum) -> Self {
        let pairs = spectrum.eigenvalues().iter().zip(spectrum.multiplicities());
        let (eigenvalues, multiplicities) = pairs.filter(|(_, m)| **m > 0.0).unzip();
        Self {
            eigenvalues,
            multiplicities,
            largest: spectrum.largest(),
            infinite_trace: spectrum.infinite_trace(),
        }
    }

    /// U(1); NaN at and beyond the noiseless edge (the extended one for tau < 0) and for parameters
    /// out of range.
    fn noise_function_at_1(&self, p: &Parameters<f64>) -> f64 {
        let (plus, minus) = (1.0 + p.momentum, 1.0 - p.momentum);
        let repulsion = p.noise_amplitude * (-p.tau).max(0.0);
        let inside =
            p.learning_rate * self.largest * (minus + repulsion * plus) < 2.0 * minus * plus;
        let valid = p.learning_rate > 0.0 && plus > 0.0 && minus > 0.0 && p.noise_amplitude >= 0.0;
        if !(inside && valid && p.tau <= 1.0) {
            f64::NAN
        } else if p.noise_amplitude == 0.0 {
            0.0
        } else if self.infinite_trace {
            f64::INFINITY
        } else {
            match Modes::new(&self.eigenvalues, &self.multiplicities, &[]) {
                Ok(modes) => sums::noise_function_at_one(p, &modes),
                Err(_) => f64::NAN,
            }
        }
    }
}

/// U(1) at every (learning rate, momentum), in the order `[i_momentum * learning_rates.len() +
/// i_learning_rate]`.
///
/// NaN at and beyond the noiseless edge (the extended one for tau < 0), where U(1) means nothing, and
/// for parameters outside their ranges. Infinite where Tr H is infinite and there is noise. Cells are
/// plain `f64` estimates (spectra of more than 512 nodes are compressed, to 1e-9 or better): for a
/// verdict near U(1) = 1 use [`super::judge`].
pub fn noise_function_grid(
    spectrum: &Spectrum,
    learning_rates: &[f64],
    momenta: &[f64],
    noise_amplitude: f64,
    tau: f64,
) -> Vec<f64> {
    let nodes = NoiseNodes::of(&shortened(spectrum).0);
    let width = learning_rates.len();
    (0..momenta.len() * width)
        .into_par_iter()
        .with_min_len(64)
        .map(|index| {
            nodes.noise_function_at_1(&Parameters {
                learning_rate: learning_rates[index % width],
                momentum: momenta[index / width],
                noise_amplitude,
                tau,
            })
        })
        .collect()
}

/// The critical learning rate at every momentum; NaN for parameters outside their ranges.
pub fn critical_learning_rates(
    spectrum: &Spectrum,
    momenta: &[f64],
    noise_amplitude: f64,
    tau: f64,
) -> Vec<f64> {
    momenta
        .par_iter()
        .map(|&momentum| {
            critical_learning_rate(spectrum, momentum, noise_amplitude, tau).unwrap_or(f64::NAN)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Hyperparameters;
    use crate::stability::noise_function_at_1;

    #[test]
    fn the_grid_agrees_with_single_points_and_is_nan_beyond_the_edge() {
        for (n, close) in [(77, 1e-14), (2000, 1e-12)] {
            let l = (1..=n).map(|k| f64::from(k).powf(-1.2)).collect();
            let s = Spectrum::new(l, None).unwrap();
            let (alphas, betas) = ([0.1, 0.7, 1.9, 2.5], [-0.5, 0.0, 0.9]);
            for tau in [1.0, -0.5] {
                let grid = noise_function_grid(&s, &alphas, &betas, 0.3, tau);
                assert_eq!(grid.len(), 12);
                let mut beyond = 0;
                for (j, &b) in betas.iter().enumerate() {
                    for (i, &alpha) in alphas.iter().enumerate() {
                        let h = Hyperparameters::new(alpha, b, 0.3, tau).unwrap();
                        let cell = grid[j * alphas.len() + i];
                        match noise_function_at_1(&s, &h) {
                            Some(u) => assert!((cell / u - 1.0).abs() < close),
                            None => {
                                beyond += 1;
                                assert!(cell.is_nan());
                            }
                        }
                    }
                }
                assert!(beyond > 0);
            }
        }
    }
}
