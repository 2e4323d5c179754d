//! The contour's side of `contour.py`: `contour_peer N STEP BETA` prints the nanoseconds of one L_t with
//! its error estimate (contour prepared for steps of any size, median of 201 calls), the nanoseconds of a first L_t
//! with nothing prepared (median of 51), the loss and the estimated relative error. The same model as `se_recursion.c`:
//! alpha = 1, gamma = 0.1, tau = 1, eigenvalues k^-1.5, signal k^-1.75.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

type AnyError = Box<dyn std::error::Error>;

/// The median time of a call in nanoseconds.
fn median<T>(calls: usize, call: impl Fn() -> T) -> u128 {
    let mut times: Vec<u128> = (0..calls)
        .map(|_| {
            let start = Instant::now();
            let _ = black_box(call());
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    times[calls / 2]
}

fn measure(arguments: &[String]) -> Result<String, AnyError> {
    let [n, step, beta] = arguments else {
        return Err("usage: contour_peer N STEP BETA".into());
    };
    let (n, step): (usize, f64) = (n.parse()?, step.parse()?);
    let power = |exponent: f64| (1..=n).map(|k| (k as f64).powf(exponent)).collect();
    let spectrum = Spectrum::new(power(-1.5), Some(power(-1.75)))?;
    let parameters = Hyperparameters::new(1.0, beta.parse()?, 0.1, 1.0)?;
    let contour = LossContour::new(&spectrum, &parameters)?;
    let prepared = median(201, || contour.at(black_box(step)));
    let first = median(51, || {
        LossContour::for_step(black_box(&spectrum), &parameters, step)
            .and_then(|contour| contour.at(step))
    });
    let value = contour.at(step)?;
    Ok(format!(
        "{prepared} {first} {:.17e} {:.3e}",
        value.value(),
        value.relative_error
    ))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match measure(&arguments) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
