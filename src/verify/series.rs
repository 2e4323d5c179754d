//! U, V and L: closed forms against iteration.

use super::{Check, VerifyError};
use crate::dynamics::{SeModes, SeRecursion};
use crate::generating::{
    Modes, Parameters, Point, loss_function, loss_series, noise_series, recurrence, signal_series,
};
use crate::kernel;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::number::{Rational, Ring};
use crate::spectrum::Spectrum;

/// Steps of the exact comparison.
const EXACT_STEPS: usize = 24;
/// Steps of the comparison on real data.
const STEPS: usize = 300;
/// The largest relative deviation allowed between two ways of computing in f64.
const LIMIT: f64 = 1e-11;

/// The checks of the series.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    let fail = VerifyError::part("series");
    let exact = Check::timed(
        "loss-series-exact",
        "the convolution (15) of U_t and V_t is the SE recursion, and S generates both ((16)-(20))",
        "exact rationals: 3x3 recursions, the recurrence of S, direct iteration; tau = 1, 0, -1",
        || {
            Ok((
                exact_series_agree(&ratio(1, 1)),
                "exact".to_owned(),
                Vec::new(),
            ))
        },
    )?;
    let problem = kernel::mnist(1000)?;
    let spectrum = problem.spectrum().map_err(|e| fail(&e))?;
    let gamma = noise_amplitude_of_batch(10, Some(1000)).map_err(|e| fail(&e))?;
    let real = Check::timed(
        "loss-series-on-real-data",
        "the convolution (15) equals direct iteration on the digits' spectrum",
        "mnist:1000, f64, 300 steps, momentum 0.9, 0, -0.3; limit 1e-11 relative",
        || {
            let mut worst = 0.0_f64;
            for momentum in [0.9, 0.0, -0.3] {
                let p = Hyperparameters::new(0.4, momentum, gamma, 1.0).map_err(|e| fail(&e))?;
                worst = worst.max(distance(&spectrum, [&p, &p])?);
            }
            Ok((worst <= LIMIT, format!("{worst:.1e} relative"), Vec::new()))
        },
    )?;
    let point = Check::timed(
        "generating-function-at-a-point",
        "V/(2(1 - zU)) equals the sum of L_t z^t",
        "mnist:1000, z = 1/2 and -1/2, against 120 iterated losses; limit 1e-11 relative",
        || {
            let p = Hyperparameters::new(0.4, 0.5, gamma, 1.0).map_err(|e| fail(&e))?;
            let mut run = SeRecursion::new(&spectrum, &p).map_err(|e| fail(&e))?;
            let losses: Vec<f64> = run
                .run(120)
                .iter()
                .map(|l| l - spectrum.null_space_loss())
                .collect();
            let mut worst = 0.0_f64;
            for z in [0.5, -0.5] {
                let sum = losses.iter().rev().fold(0.0, |sum, l| sum * z + l);
                let closed =
                    loss_function(&Parameters::from(&p), &Modes::of(&spectrum), &Point::at(z));
                worst = worst.max((closed - sum).abs() / sum.abs());
            }
            Ok((worst <= LIMIT, format!("{worst:.1e} relative"), Vec::new()))
        },
    )?;
    Ok(vec![exact, real, point])
}

/// The largest relative distance of the convolution at one set of hyperparameters from the
/// iteration at another (the same, unless a test wants it wrong).
fn distance(spectrum: &Spectrum, pair: [&Hyperparameters; 2]) -> Result<f64, VerifyError> {
    let fail = VerifyError::part("series");
    let losses = loss_series(&Parameters::from(pair[0]), &Modes::of(spectrum), STEPS + 1);
    let mut run = SeRecursion::new(spectrum, pair[1]).map_err(|e| fail(&e))?;
    let null = spectrum.null_space_loss();
    let distances = losses
        .iter()
        .zip(run.run(STEPS))
        .map(|(series, iterated)| (series + null - iterated).abs() / iterated);
    // NaN must not pass.
    Ok(distances.fold(0.0, |most, d| if d <= most { most } else { d }))
}

fn ratio(numerator: i64, denominator: i64) -> Rational {
    <Rational as Ring>::from_integer(numerator) / <Rational as Ring>::from_integer(denominator)
}

/// Three ways to the same exact fractions, on the model of the golden tables; the iteration's
/// noise amplitude is multiplied by `factor` (1, unless a test wants it wrong).
fn exact_series_agree(factor: &Rational) -> bool {
    let eigenvalues = [ratio(1, 1), ratio(1, 2), ratio(1, 5)];
    let coefficients = [ratio(1, 1), ratio(2, 3), ratio(3, 7)];
    let ones = [ratio(1, 1), ratio(1, 1), ratio(1, 1)];
    let signal: Vec<Rational> = eigenvalues
        .iter()
        .zip(&coefficients)
        .map(|(l, c)| l * c)
        .collect();
    let Ok(modes) = Modes::new(&eigenvalues, &ones, &signal) else {
        return false;
    };
    let settings = [
        (ratio(3, 2), ratio(1, 2), ratio(1, 10), ratio(1, 1)),
        (ratio(1, 1), ratio(-1, 3), ratio(1, 4), ratio(0, 1)),
        (ratio(1, 2), ratio(0, 1), ratio(1, 3), ratio(-1, 1)),
    ];
    settings
        .into_iter()
        .all(|(learning_rate, momentum, noise_amplitude, tau)| {
            let p = Parameters {
                learning_rate,
                momentum,
                noise_amplitude,
                tau,
            };
            let (u, v) = (
                noise_series(&p, &modes, EXACT_STEPS),
                signal_series(&p, &modes, EXACT_STEPS),
            );
            let by_recurrence = recurrence::noise_series(&p, &modes, EXACT_STEPS) == u
                && recurrence::signal_series(&p, &modes, EXACT_STEPS) == v;
            let losses = loss_series(&p, &modes, EXACT_STEPS);
            let mut state = SeModes::at_rest(eigenvalues.to_vec(), coefficients.to_vec());
            let two = ratio(2, 1);
            let noise_amplitude = &p.noise_amplitude * factor;
            by_recurrence
                && losses.iter().all(|loss| {
                    let held = state.twice_loss() == &two * loss;
                    state.step(&p.learning_rate, &p.momentum, &noise_amplitude, &p.tau);
                    held
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_exact_ways_give_the_same_losses() {
        assert!(exact_series_agree(&ratio(1, 1)));
    }

    #[test]
    fn another_noise_amplitude_gives_other_fractions() {
        assert!(!exact_series_agree(&ratio(11, 10)));
    }

    #[test]
    fn a_noise_amplitude_off_by_a_millionth_is_seen_on_real_data() {
        let spectrum = kernel::mnist(100).unwrap().spectrum().unwrap();
        let at = |gamma| Hyperparameters::new(0.4, 0.5, gamma, 1.0).unwrap();
        assert!(distance(&spectrum, [&at(0.1), &at(0.1)]).unwrap() <= LIMIT);
        assert!(distance(&spectrum, [&at(0.1), &at(0.1 * (1.0 + 1e-6))]).unwrap() > LIMIT);
    }
}
