//! Loss at any step by the contour: one step, the curve, the kernel, compression.

use divan::{Bencher, black_box};
use std::time::Duration;
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::{CompressedSpectrum, Spectrum};

fn main() {
    divan::main();
}

fn law(n: usize, nu: f64, kappa: f64) -> Spectrum {
    let l = (1..=n).map(|k| (k as f64).powf(-nu)).collect();
    let q = (1..=n).map(|k| (k as f64).powf(-kappa - 1.0)).collect();
    Spectrum::new(l, Some(q)).expect("a power law is a spectrum")
}

fn parameters() -> Hyperparameters {
    Hyperparameters::new(0.2, 0.5, 0.5, 1.0).expect("in range")
}

/// 26 nodes (14 and the probe of 12) over 1,000 modes.
#[divan::bench(args = [1e3, 1e6, 1e12])]
fn one_step_of_a_prepared_contour(bencher: Bencher<'_, '_>, step: f64) {
    let contour = LossContour::new(&law(1000, 1.5, 0.75), &parameters()).expect("stable");
    // nu = 1.5 with 1,000 modes decays exponentially beyond t ~ 1e4: the value is a power of two.
    bencher.bench(|| black_box(contour.at(black_box(step))));
}

/// One loss with its error estimate from the spectrum on, nothing prepared.
#[divan::bench(args = [1e3, 1e6, 1e12])]
fn one_step_from_nothing(bencher: Bencher<'_, '_>, step: f64) {
    let spectrum = law(1000, 1.5, 0.75);
    bencher.bench(|| {
        let contour = LossContour::for_step(black_box(&spectrum), &parameters(), step);
        black_box(contour.and_then(|contour| contour.at(step)))
    });
}

/// The same on the compressed spectrum.
#[divan::bench]
fn one_step_of_a_prepared_compressed_contour(bencher: Bencher<'_, '_>) {
    let short = CompressedSpectrum::of(&law(1000, 1.5, 0.75));
    let contour = LossContour::new(short.spectrum(), &parameters()).expect("stable");
    bencher.bench(|| black_box(contour.at(black_box(1e6))));
}

#[divan::bench]
fn a_curve_of_100_steps_for_a_million_modes_compressed(bencher: Bencher<'_, '_>) {
    let short = CompressedSpectrum::of(&law(1_000_000, 1.5, 0.75));
    let contour = LossContour::new(short.spectrum(), &parameters()).expect("stable");
    let steps: Vec<f64> = (0..100)
        .map(|k| 10f64.powf(3.0 + f64::from(k) / 11.0).round())
        .collect();
    bencher.bench(|| black_box(contour.curve(black_box(&steps))));
}

#[divan::bench(args = [1000, 100_000, 1_000_000])]
fn preparing_a_contour(bencher: Bencher<'_, '_>, n: usize) {
    let spectrum = law(n, 1.5, 0.75);
    bencher.bench(|| black_box(LossContour::new(&spectrum, &parameters())));
}

#[divan::bench(args = [1000, 1_000_000], max_time = Duration::from_secs(5))]
fn a_curve_of_100_steps_from_1e3_to_1e12(bencher: Bencher<'_, '_>, n: usize) {
    let contour = LossContour::new(&law(n, 1.5, 0.75), &parameters()).expect("stable");
    let steps: Vec<f64> = (0..100)
        .map(|k| 10f64.powf(3.0 + f64::from(k) / 11.0).round())
        .collect();
    bencher.bench(|| black_box(contour.curve(black_box(&steps))));
}

#[divan::bench(args = [1_000_000])]
fn compressing(bencher: Bencher<'_, '_>, n: usize) {
    let spectrum = law(n, 1.5, 0.75);
    bencher.bench(|| black_box(CompressedSpectrum::of(&spectrum)));
}
