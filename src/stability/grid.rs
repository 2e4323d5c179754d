//! U(1) and the edge over grids: maps of stability in (learning rate, momentum).

use super::critical_learning_rate;
use crate::generating::sums;
use crate::generating::{Modes, Parameters};
use crate::spectrum::Spectrum;
use rayon::prelude::*;

/// U(1) at every (learning rate, momentum), in the order `[i_momentum * learning_rates.len() +
/// i_learning_rate]`.
///
/// NaN at and beyond the noiseless edge (the extended one for tau < 0), where U(1) means nothing, and
/// for parameters outside their ranges. Infinite where Tr H is infinite and there is noise. Cells are
/// plain `f64` estimates: for a verdict near U(1) = 1 use [`super::judge`]. Cells are shared out
/// among the threads of the current rayon pool; each is one pass over the modes.
pub fn noise_function_grid(
    spectrum: &Spectrum,
    learning_rates: &[f64],
    momenta: &[f64],
    noise_amplitude: f64,
    tau: f64,
) -> Vec<f64> {
    let largest = spectrum.largest();
    let modes = Modes::of(spectrum);
    let cell = |learning_rate: f64, momentum: f64| {
        let (p, q) = (1.0 + momentum, 1.0 - momentum);
        let repulsion = noise_amplitude * (-tau).max(0.0);
        let inside = learning_rate * largest * (q + repulsion * p) < 2.0 * q * p;
        let valid = learning_rate > 0.0 && p > 0.0 && q > 0.0 && noise_amplitude >= 0.0;
        if !(inside && valid && tau <= 1.0) {
            f64::NAN
        } else if noise_amplitude == 0.0 {
            0.0
        } else if spectrum.infinite_trace() {
            f64::INFINITY
        } else {
            let parameters = Parameters {
                learning_rate,
                momentum,
                noise_amplitude,
                tau,
            };
            sums::noise_function_at_one(&parameters, &modes)
        }
    };
    let width = learning_rates.len();
    (0..momenta.len() * width)
        .into_par_iter()
        .with_min_len(16)
        .map(|index| cell(learning_rates[index % width], momenta[index / width]))
        .collect()
}

/// The critical learning rate at every momentum.
pub fn critical_learning_rates(
    spectrum: &Spectrum,
    momenta: &[f64],
    noise_amplitude: f64,
    tau: f64,
) -> Vec<f64> {
    momenta
        .par_iter()
        .map(|&momentum| critical_learning_rate(spectrum, momentum, noise_amplitude, tau))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Hyperparameters;
    use crate::stability::noise_function_at_1;

    #[test]
    fn the_grid_agrees_with_single_points_and_is_nan_beyond_the_edge() {
        let s = Spectrum::new((1..=77).map(|k| f64::from(k).powf(-1.2)).collect(), None).unwrap();
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
                        Some(u) => assert!((cell / u - 1.0).abs() < 1e-14),
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
