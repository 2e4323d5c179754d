//! The contour's side of `contour.py`: `contour_peer N STEP BETA` prints the nanoseconds of one L_t with
//! its error estimate (contour prepared, median of 201 calls), the nanoseconds of preparing it for that step
//! (median of 51), the loss and the estimated relative error. The same model as `se_recursion.c`: alpha = 1,
//! gamma = 0.1, tau = 1, eigenvalues k^-1.5, signal k^-1.75.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

type AnyError = Box<dyn std::error::Error>;

fn measure(arguments: &[String]) -> Result<String, AnyError> {
    let [n, step, beta] = arguments else {
        return Err("usage: contour_peer N STEP BETA".into());
    };
    let (n, step): (usize, f64) = (n.parse()?, step.parse()?);
    let power = |exponent: f64| (1..=n).map(|k| (k as f64).powf(exponent)).collect();
    let spectrum = Spectrum::new(power(-1.5), Some(power(-1.75)))?;
    let parameters = Hyperparameters::new(1.0, beta.parse()?, 0.1, 1.0)?;
    let contour = LossContour::for_step(&spectrum, &parameters, step)?;
    let mut preparing: Vec<u128> = (0..51)
        .map(|_| {
            let start = Instant::now();
            let _ = black_box(LossContour::for_step(
                black_box(&spectrum),
                &parameters,
                step,
            ));
            start.elapsed().as_nanos()
        })
        .collect();
    preparing.sort_unstable();
    let mut times: Vec<u128> = (0..201)
        .map(|_| {
            let start = Instant::now();
            let _ = black_box(contour.at(black_box(step)));
            start.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let value = contour.at(step)?;
    Ok(format!(
        "{} {} {:.17e} {:.3e}",
        times[100],
        preparing[25],
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
