//! The whole grid of the high-precision oracles: `cargo run --release --example oracles [-- STRIDE]`.
//!
//! nu, kappa, momentum in {-0.95, -0.5, 0, 0.5, 0.9, 0.99}, tau in {-1, 0, 0.5, 1}, t from 1 to 1e12, U(1) from
//! 1e-6 to 1.5. Prints the worst agreement of each pair of oracles and how the fast value's error relates to
//! its estimate; exit code 1 if an oracle disagrees or an estimate is too small.

#[path = "../tests/high_precision/mod.rs"]
#[allow(dead_code)] // shared with tests/oracles.rs
mod high_precision;

use high_precision::{
    Setting, digits, fast_ratio, parabola, parabola_serves, proved, rational, secular, setting,
    squaring,
};
use rayon::prelude::*;
use std::process::ExitCode;
use tauber::moment::Hyperparameters;
use tauber::number::{Rational, Ring};
use tauber::spectrum::Spectrum;

const STEPS: [u64; 8] = [
    1,
    10,
    60,
    200,
    1_000,
    1_000_000,
    1_000_000_000,
    1_000_000_000_000,
];

#[derive(Default)]
struct Found {
    ratios: Vec<(f64, String)>,
    agreements: Vec<(&'static str, f64, String)>,
    complaints: Vec<String>,
    refused: usize,
}

fn examine(
    law: (f64, f64),
    noise: (f64, f64, f64),
    target: f64,
    with_rationals: bool,
) -> Option<Found> {
    let mut s = setting(law, 5, noise, target)?;
    if with_rationals {
        // Exact rationals of 200 steps stay short only for inputs of few bits.
        s = coarse(&s)?;
    }
    let mut found = Found::default();
    let exact = with_rationals.then(|| rational(&s, 201));
    for t in STEPS {
        let name = format!("{} t {t}", s.name);
        let reference = match squaring(&s, t) {
            Ok(reference) => reference,
            Err(error) => {
                found.complaints.push(format!("{name}: {error}"));
                continue;
            }
        };
        if let Some(a) = exact.as_ref().and_then(|e| e.get(t as usize)) {
            found
                .agreements
                .push(("rational", digits(a, &reference), name.clone()));
        }
        if let Some(a) = secular(&s, t) {
            found
                .agreements
                .push(("secular", digits(&a, &reference), name.clone()));
        }
        if parabola_serves(&s, t)
            && let Some(a) = parabola(&s, t)
        {
            found
                .agreements
                .push(("parabola", digits(&a, &reference), name.clone()));
        }
        if t >= 1000 {
            match proved(&s, t) {
                Some(a) => {
                    let ratio = a / reference.clone();
                    if !ratio.contains(&Rational::one()) {
                        found
                            .complaints
                            .push(format!("{name}: the proved contour misses"));
                    }
                    found
                        .agreements
                        .push(("proved contour", 38.0, name.clone()));
                }
                None => found.refused += 1,
            }
        }
        match fast_ratio(&s, t, &reference) {
            Ok((ratio, method)) => found.ratios.push((ratio, format!("{name} by {method}"))),
            Err(error) => found.complaints.push(format!("{name}: {error}")),
        }
    }
    Some(found)
}

/// The same with every input cut to six bits.
fn coarse(s: &Setting) -> Option<Setting> {
    let cut = |x: f64| f64::from_bits(x.to_bits() & !((1 << 47) - 1));
    let all = |values: &[f64]| values.iter().map(|&x| cut(x)).collect::<Vec<_>>();
    let hyper = Hyperparameters::new(
        cut(s.hyper.learning_rate()),
        cut(s.hyper.momentum()),
        s.hyper.noise_amplitude(),
        s.hyper.tau(),
    );
    Some(Setting {
        spectrum: Spectrum::new(
            all(s.spectrum.eigenvalues()),
            Some(all(s.spectrum.signal()?)),
        )
        .ok()?,
        hyper: hyper.ok()?,
        name: format!("{} (six bits)", s.name),
    })
}

fn main() -> ExitCode {
    let stride = std::env::args()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let mut grid = Vec::new();
    for law in [(1.1, 0.5), (1.5, 0.75), (1.5, 4.0), (2.0, 1.0), (4.0, 7.5)] {
        for beta in [-0.95, -0.5, 0.0, 0.5, 0.9, 0.99] {
            for tau in [-1.0, 0.0, 0.5, 1.0] {
                for target in [1e-6, 1e-3, 0.5, 0.999, 1.001, 1.5] {
                    grid.push((law, (beta, 0.5, tau), target));
                }
            }
        }
    }
    let parts: Vec<Found> = grid
        .par_iter()
        .enumerate()
        .filter(|(i, _)| i % stride == 0)
        .filter_map(|(i, &(law, noise, target))| examine(law, noise, target, i % 40 == 0))
        .collect();
    let mut failed = false;
    for oracle in ["rational", "secular", "parabola", "proved contour"] {
        let mut all: Vec<_> = parts
            .iter()
            .flat_map(|p| &p.agreements)
            .filter(|a| a.0 == oracle)
            .collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        if let Some(worst) = all.first() {
            println!(
                "{oracle}: {} comparisons, at least {:.1} digits ({})",
                all.len(),
                worst.1,
                worst.2
            );
            failed |= worst.1 < 28.0;
        }
    }
    let mut ratios: Vec<_> = parts.iter().flat_map(|p| &p.ratios).collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    if let Some(worst) = ratios.last() {
        println!(
            "fast value: {} values, error/estimate at most {:.3} ({}), median {:.1e}",
            ratios.len(),
            worst.0,
            worst.1,
            ratios[ratios.len() / 2].0
        );
        failed |= worst.0 > 1.0 || ratios[ratios.len() / 2].0 < 1e-3;
    }
    println!(
        "proved contour refused {} times",
        parts.iter().map(|p| p.refused).sum::<usize>()
    );
    for complaint in parts.iter().flat_map(|p| &p.complaints) {
        println!("{complaint}");
        failed = true;
    }
    ExitCode::from(u8::from(failed))
}
