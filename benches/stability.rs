//! `cargo bench --bench stability`: U(1), the edge and a whole assessment at 1,000 modes.

use divan::{Bencher, black_box};
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;
use tauber::stability::grid::{critical_learning_rates, noise_function_grid};
use tauber::stability::{assess, critical_learning_rate};

fn main() {
    divan::main();
}

fn power_law() -> Option<Spectrum> {
    let eigenvalues = (1..=1000).map(|k| f64::from(k).powf(-1.5)).collect();
    let signal = (1..=1000).map(|k| f64::from(k).powf(-1.75)).collect();
    Spectrum::new(eigenvalues, Some(signal)).ok()
}

/// U(1) at 100 learning rates x 50 momenta; the target is 4 ms.
#[divan::bench]
fn noise_function_grid_100_by_50(bencher: Bencher) {
    let Some(spectrum) = power_law() else { return };
    let rates: Vec<f64> = (1..=100).map(|i| 0.001 * f64::from(i)).collect();
    let momenta: Vec<f64> = (0..50).map(|j| -0.9 + 0.037 * f64::from(j)).collect();
    bencher.bench(|| {
        noise_function_grid(
            black_box(&spectrum),
            black_box(&rates),
            black_box(&momenta),
            0.1,
            1.0,
        )
    });
}

/// The edge at 50 momenta.
#[divan::bench]
fn critical_learning_rate_of_50_momenta(bencher: Bencher) {
    let Some(spectrum) = power_law() else { return };
    let momenta: Vec<f64> = (0..50).map(|j| -0.9 + 0.037 * f64::from(j)).collect();
    bencher.bench(|| critical_learning_rates(black_box(&spectrum), black_box(&momenta), 0.1, 1.0));
}

/// One edge.
#[divan::bench]
fn one_critical_learning_rate(bencher: Bencher) {
    let Some(spectrum) = power_law() else { return };
    bencher
        .bench(|| critical_learning_rate(black_box(&spectrum), black_box(0.9), 0.1, 1.0).unwrap());
}

/// Everything about one unstable run.
#[divan::bench]
fn assess_an_unstable_run(bencher: Bencher) {
    let (Some(spectrum), Ok(parameters)) = (power_law(), Hyperparameters::new(1.0, 0.9, 0.1, 1.0))
    else {
        return;
    };
    bencher.bench(|| assess(black_box(&spectrum), black_box(&parameters)));
}
