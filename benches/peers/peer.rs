//! The Rust side of the peer comparisons: the same models, the same output format as the C and
//! NumPy programs beside it. `peer se N STEPS BETA` or `peer sgd N BATCH STEPS BETA`; prints
//! nanoseconds per step and the final loss. Driven by `run.py`.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tauber::dynamics::sampled::{SampledConfig, Schedule, StepSize, simulate};
use tauber::dynamics::{KernelView, SeRecursion};
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

type AnyError = Box<dyn std::error::Error>;

fn se(n: usize, steps: u64, beta: f64) -> Result<(Duration, f64), AnyError> {
    let power = |exponent: f64| (1..=n).map(|k| (k as f64).powf(exponent)).collect();
    let spectrum = Spectrum::new(power(-1.5), Some(power(-1.75)))?;
    let hyperparameters = Hyperparameters::new(1.0, beta, 0.1, 1.0)?;
    let mut recursion = SeRecursion::new(&spectrum, &hyperparameters)?;
    recursion.advance_by(steps / 10);
    let start = Instant::now();
    let loss = recursion.advance_by(steps);
    Ok((start.elapsed(), loss))
}

fn sgd(n: usize, batch: u64, steps: u64, beta: f64) -> Result<(Duration, f64), AnyError> {
    let mut entries = Vec::with_capacity(n * n);
    for i in 0..n {
        for k in 0..n {
            let d = (i as f64 - k as f64) / n as f64;
            entries.push((-20.0 * d * d).exp() / n as f64);
        }
    }
    let residual: Vec<f64> = (0..n).map(|i| (2.1 * i as f64).cos() + 0.3).collect();
    let schedule = Schedule::Constant(StepSize::new(0.02, beta)?);
    // The hook marks the end of each 256 steps: the first call ends the warm-up, after the
    // kernel was copied; the steps until the last are timed.
    let blocks = steps.div_ceil(256).max(2);
    let config = SampledConfig::new(n as u64, batch, schedule, vec![256 * blocks])?;
    let marks = Mutex::new(Vec::with_capacity(blocks as usize));
    let run = simulate(KernelView::new(n, &entries)?, &residual, &config, &|_| {
        if let Ok(mut marks) = marks.lock() {
            marks.push(Instant::now());
        }
        ControlFlow::Continue(())
    })?;
    let marks = marks.into_inner()?;
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else {
        return Err("no steps were timed".into());
    };
    let timed = (256 * (blocks - 1)) as u32;
    let per_step = last.duration_since(*first) / timed;
    let scaled = per_step * u32::try_from(steps)?;
    Ok((scaled, run.losses()[0][0]))
}

fn measure(arguments: &[String]) -> Result<(f64, f64), AnyError> {
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (steps, (elapsed, loss)) = match texts[..] {
        ["se", n, steps, beta] => {
            let steps = steps.parse()?;
            (steps, se(n.parse()?, steps, beta.parse()?)?)
        }
        ["sgd", n, batch, steps, beta] => {
            let steps = steps.parse()?;
            (
                steps,
                sgd(n.parse()?, batch.parse()?, steps, beta.parse()?)?,
            )
        }
        _ => return Err("usage: peer se N STEPS BETA | peer sgd N BATCH STEPS BETA".into()),
    };
    Ok((elapsed.as_secs_f64() * 1e9 / steps as f64, loss))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match measure(&arguments) {
        Ok((nanoseconds, loss)) => {
            println!("{nanoseconds:.6} {loss:.17e}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
