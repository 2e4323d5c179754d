//! Maps over (learning rate, momentum), 100 x 50 cells, N = 1,000.

use divan::{Bencher, black_box};
use tauber::spectrum::Spectrum;
use tauber::stability::grid::{Grid, GridSettings, noise_function_grid};

fn main() {
    divan::main();
}

fn law(n: usize) -> Spectrum {
    let l = (1..=n).map(|k| (k as f64).powf(-1.5)).collect();
    let q = (1..=n).map(|k| (k as f64).powf(-1.75)).collect();
    Spectrum::new(l, Some(q)).expect("a power law is a spectrum")
}

fn settings(step: Option<u64>) -> GridSettings {
    GridSettings {
        learning_rates: (0..100)
            .map(|i| 10f64.powf(-2.0 + 0.025 * f64::from(i)))
            .collect(),
        momenta: (0..50).map(|j| -0.9 + 0.037 * f64::from(j)).collect(),
        noise_amplitude: 0.1,
        tau: 1.0,
        step,
    }
}

/// U(1), with the compression.
#[divan::bench(args = [1_000, 1_000_000])]
fn noise_function(bencher: Bencher<'_, '_>, n: usize) {
    let (spectrum, s) = (law(n), settings(None));
    bencher.bench(|| {
        noise_function_grid(
            black_box(&spectrum),
            &s.learning_rates,
            &s.momenta,
            s.noise_amplitude,
            s.tau,
        )
    });
}

/// U(1), r_L and the loss at T = 1e4, with the compression.
#[divan::bench(args = [1e3, 1e4, 1e6])]
fn losses(bencher: Bencher<'_, '_>, step: f64) {
    let spectrum = law(1000);
    bencher.bench(|| {
        let grid = Grid::new(black_box(&spectrum), settings(Some(step as u64)));
        grid.map(|grid| grid.cells())
    });
}

/// The same without losses.
#[divan::bench]
fn radii(bencher: Bencher<'_, '_>) {
    let spectrum = law(1000);
    bencher.bench(|| Grid::new(black_box(&spectrum), settings(None)).map(|grid| grid.cells()));
}
