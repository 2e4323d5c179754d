//! `tauber simulate`: SE recursion, exact second moments, or sampled SGD over many seeds.

use super::Failure;
use super::arguments::{OptimiserArguments, Run, SpectrumArguments, warning_lines, whole};
use super::output::{Output, check_writable, json_number, short, table};
use crate::dynamics::sampled::{SampledConfig, SampledError, Schedule, StepSize, simulate};
use crate::dynamics::{CurveMethod, ExactMoments, KernelView, LossCurve};
use crate::kernel::KernelProblem;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber simulate mnist:200 --regime sampled --learning-rate 0.5 --batch-size 10 --steps 1000 --seeds 64
  tauber simulate mnist:200 --regime exact   --learning-rate 0.5 --batch-size 10 --steps 1000
  tauber simulate mnist:200 --regime se      --learning-rate 0.5 --batch-size 10 --steps 1000

se       any spectrum: the SE recursion (exact second moments if the SE approximation is exact)
exact    kernels: second moments averaged over all batches, no approximation, O(N^3) a step
sampled  kernels: linearised SGD with sampled batches, mean and 95 % interval over seeds;
         the same --seed gives the same numbers whatever the number of threads";

/// Which dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Regime {
    Se,
    Exact,
    Sampled,
}

/// The arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spectrum: SpectrumArguments,
    #[command(flatten)]
    optimiser: OptimiserArguments,
    /// Which dynamics
    #[arg(long, value_enum, default_value = "se")]
    regime: Regime,
    /// Number of steps T (0: the initial loss only)
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1000", value_name = "T")]
    steps: u64,
    /// Steps to print, separated by commas [default: about ten, log-spaced up to T]
    #[arg(long, value_delimiter = ',', value_parser = whole, allow_hyphen_values = true, value_name = "STEPS")]
    at: Vec<u64>,
    /// Number of runs of sampled SGD
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "64", value_name = "n")]
    seeds: u64,
    /// Master seed of sampled SGD
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1", value_name = "s")]
    seed: u64,
    /// Also write the table as CSV; the file appears only when complete
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// One row: step, loss and, for sampled runs, its standard error and interval.
struct Row {
    step: u64,
    loss: f64,
    standard_error: Option<f64>,
    interval: Option<[f64; 2]>,
}

/// `tauber simulate`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let steps = recorded(arguments)?;
    if let Some(path) = &arguments.output {
        check_writable(path)?;
    }
    let run = arguments.optimiser.with(&arguments.spectrum)?;
    let mut warnings = run.loaded.warnings.clone();
    let rows = match arguments.regime {
        Regime::Se => se(&run, &steps, output)?,
        Regime::Exact => exact(&run, &steps, output)?,
        Regime::Sampled => sampled(&run, &steps, arguments, output, &mut warnings)?,
    };
    if rows.iter().any(|row| row.loss == f64::INFINITY) {
        warnings.push(
            "losses beyond the range of f64 are infinity here; tauber curve follows their log10"
                .to_owned(),
        );
    }
    if let Some(path) = &arguments.output {
        write_csv(path, &rows)?;
    }
    let column = |f: &dyn Fn(&Row) -> Option<f64>| -> Vec<Value> {
        rows.iter()
            .map(|r| f(r).map_or(Value::Null, json_number))
            .collect()
    };
    let sampling = arguments.regime == Regime::Sampled;
    output.document(&json!({
        "regime": match arguments.regime { Regime::Se => "se", Regime::Exact => "exact", Regime::Sampled => "sampled" },
        "steps": steps,
        "loss": column(&|r| Some(r.loss)),
        "standard_error": column(&|r| r.standard_error),
        "confidence_interval_95": rows.iter().map(|r| r.interval.map(|i| i.map(json_number))).collect::<Vec<_>>(),
        "seeds": sampling.then_some(arguments.seeds),
        "seed": sampling.then_some(arguments.seed),
        "input": run.json(arguments.spectrum.word()),
        "conventions": run.loaded.conventions,
        "warnings": warnings,
    }));
    let mut text = run.headline();
    text.push('\n');
    let header: &[&str] = if sampling {
        &[
            "step",
            "mean loss (simulated)",
            "standard error",
            "95 % interval",
        ]
    } else {
        &["step", "loss"]
    };
    let cells = |r: &Row| {
        let mut cells = vec![r.step.to_string(), short(r.loss)];
        if sampling {
            cells.push(r.standard_error.map_or_else(|| "-".to_owned(), short));
            cells.push(r.interval.map_or_else(
                || "-".to_owned(),
                |[low, high]| format!("[{}, {}]", short(low), short(high)),
            ));
        }
        cells
    };
    text.push_str(&table(header, rows.iter().map(cells).collect()));
    text.push_str(&warning_lines(&warnings));
    text.push_str(&run.conventions());
    output.text(&text);
    Ok(0)
}

/// The steps to print: those asked for, or 0, 1, 2, 5, 10, 20, .., T.
fn recorded(arguments: &Arguments) -> Result<Vec<u64>, Failure> {
    let last = arguments.steps;
    let mut steps = arguments.at.clone();
    if let Some(beyond) = steps.iter().find(|s| **s > last) {
        return Err(Failure::with_help(
            format!("--at {beyond} lies beyond the last step {last}"),
            "raise --steps",
        ));
    }
    if steps.is_empty() {
        steps.extend([0, last]);
        let mut decade = 1_u64;
        while decade <= last {
            steps.extend([1, 2, 5].map(|k| k * decade).iter().filter(|s| **s <= last));
            match decade.checked_mul(10).filter(|d| *d < u64::MAX / 10) {
                Some(next) => decade = next,
                None => break,
            }
        }
    }
    steps.sort_unstable();
    steps.dedup();
    Ok(steps)
}

fn plain(steps: &[u64], losses: impl IntoIterator<Item = f64>) -> Vec<Row> {
    steps
        .iter()
        .zip(losses)
        .map(|(&step, loss)| Row {
            step,
            loss,
            standard_error: None,
            interval: None,
        })
        .collect()
}

fn se(run: &Run, steps: &[u64], output: &Output) -> Result<Vec<Row>, Failure> {
    let bar = output.progress(steps.last().copied().unwrap_or(0), "iterating");
    let curve = LossCurve::compute(
        &run.loaded.spectrum,
        &run.hyperparameters,
        steps,
        CurveMethod::Iteration,
        run.loaded.quadrature_error.unwrap_or(0.0),
        &|step| bar.set_position(step),
    )
    .map_err(Failure::input)?;
    bar.finish_and_clear();
    Ok(plain(
        steps,
        curve
            .points()
            .iter()
            .map(|p| 10f64.powf(p.log10_loss()))
            .zip(curve.points())
            .map(|(l, p)| p.loss().unwrap_or(l)),
    ))
}

fn kernel<'a>(run: &'a Run, what: &str) -> Result<(&'a KernelProblem, u64), Failure> {
    let problem = run.loaded.kernel.as_ref().ok_or_else(|| {
        Failure::with_help(
            format!("--regime {what} needs a kernel, and this spectrum has none"),
            "use mnist:N or bike:N, or --regime se, which needs the spectrum only",
        )
    })?;
    let batch = run.batch_size.ok_or_else(|| {
        Failure::with_help(
            format!("--regime {what} draws batches"),
            "give --batch-size instead of --noise-amplitude",
        )
    })?;
    if run.dataset_size != Some(problem.dataset_size() as u64) {
        return Err(Failure::with_help(
            format!(
                "--regime {what} draws batches from the {} points of the kernel",
                problem.dataset_size()
            ),
            "leave --dataset-size out",
        ));
    }
    Ok((problem, batch))
}

fn exact(run: &Run, steps: &[u64], output: &Output) -> Result<Vec<Row>, Failure> {
    let (problem, batch) = kernel(run, "exact")?;
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
        .map_err(Failure::input)?;
    let mut moments =
        ExactMoments::new(view, &problem.initial_residual(), batch).map_err(Failure::input)?;
    let p = &run.hyperparameters;
    let bar = output.progress(
        steps.last().copied().unwrap_or(0),
        "averaging over all batches",
    );
    let mut losses = Vec::with_capacity(steps.len());
    for &step in steps {
        while moments.steps() < step {
            moments
                .step(p.learning_rate(), p.momentum())
                .map_err(Failure::input)?;
            bar.inc(1);
        }
        losses.push(moments.loss());
    }
    bar.finish_and_clear();
    Ok(plain(steps, losses))
}

fn sampled(
    run: &Run,
    steps: &[u64],
    arguments: &Arguments,
    output: &Output,
    warnings: &mut Vec<String>,
) -> Result<Vec<Row>, Failure> {
    let (problem, batch) = kernel(run, "sampled")?;
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
        .map_err(Failure::input)?;
    let p = &run.hyperparameters;
    let size = StepSize::new(p.learning_rate(), p.momentum()).map_err(Failure::input)?;
    let config = SampledConfig::new(
        problem.dataset_size() as u64,
        batch,
        Schedule::Constant(size),
        steps.to_vec(),
    )
    .and_then(|c| c.with_seeds(arguments.seeds))
    .map_err(Failure::input)?
    .with_master_seed(arguments.seed);
    let total = arguments
        .seeds
        .saturating_mul(steps.last().copied().unwrap_or(0));
    let bar = output.progress(total, "sampling");
    let result = simulate(view, &problem.initial_residual(), &config, &|steps| {
        bar.inc(steps);
        ControlFlow::Continue(())
    })
    .map_err(|error: SampledError| Failure::input(error))?;
    bar.finish_and_clear();
    let mut rows = Vec::new();
    let mut found: Vec<(String, Vec<u64>)> = Vec::new();
    for (&step, statistics) in steps.iter().zip(result.statistics()) {
        for warning in statistics.tails.warnings() {
            let warning = warning.to_string();
            match found.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, at)) => at.push(step),
                None => found.push((warning, vec![step])),
            }
        }
        rows.push(Row {
            step,
            loss: statistics.mean,
            standard_error: Some(statistics.standard_error).filter(|error| error.is_finite()),
            interval: statistics.confidence_interval(0.95),
        });
    }
    for (warning, at) in found {
        let at: Vec<String> = at.iter().map(u64::to_string).collect();
        let word = if at.len() == 1 { "step" } else { "steps" };
        warnings.push(format!("{word} {}: {warning}", at.join(", ")));
    }
    if rows.iter().any(|row| row.standard_error.is_none()) {
        warnings.push(
            "standard_error is null where it has no meaning: a single seed, or runs that diverged"
                .to_owned(),
        );
    }
    Ok(rows)
}

fn write_csv(path: &std::path::Path, rows: &[Row]) -> Result<(), Failure> {
    let mut text = String::from("step,loss,standard_error,lower_95,upper_95\n");
    for row in rows {
        let optional = |v: Option<f64>| v.map_or_else(String::new, |v| format!("{v:e}"));
        text.push_str(&format!(
            "{},{:e},{},{},{}\n",
            row.step,
            row.loss,
            optional(row.standard_error),
            optional(row.interval.map(|i| i[0])),
            optional(row.interval.map(|i| i[1]))
        ));
    }
    super::output::write_atomically(path, &text)
}
