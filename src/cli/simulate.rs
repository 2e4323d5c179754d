//! `tauber simulate`: SE recursion, exact second moments, sampled SGD or a real network.

use super::Failure;
use super::arguments::{OptimiserArguments, Run, SpectrumArguments, warning_lines, whole};
use super::output::{Output, check_writable, json_number, rough, short, table};
use super::simulate_watch::{Watcher, journal_settings};
use crate::dynamics::network::Network;
use crate::dynamics::regime::{LossSeries, Method, Model, Settings};
use crate::dynamics::sampled::{Generator, Sampling};
use crate::dynamics::{CurveMethod, KernelView, LossCurve};
use crate::kernel::KernelProblem;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber simulate mnist:200 --regime network --width 1000 --learning-rate 0.5 --batch-size 10 --seeds 8
  tauber simulate mnist:200 --regime sampled --learning-rate 0.5 --batch-size 10 --steps 1000 --seeds 64
  tauber simulate mnist:200 --regime exact   --learning-rate 0.5 --batch-size 10 --steps 1e5
  tauber simulate mnist:200 --regime se      --learning-rate 0.5 --batch-size 10 --steps 1000

se       any spectrum: the SE recursion (exact second moments if the SE approximation is exact)
exact    kernels: second moments averaged over all batches, no approximation; O(N^3) a step,
         and without iterating beyond step 1000 (--method)
sampled  kernels: linearised SGD with sampled batches, mean and 95 % interval over seeds;
         the same --seed gives the same numbers whatever the number of threads
network  data: a one-hidden-layer ReLU network in the tangent-kernel parametrisation, trained;
         a seed has the same batches as in sampled. --tangent-kernel network lets the other
         regimes start from the same network

Ctrl-C prints what is finished (exit code 3), and with --journal the same command goes on from there:
for exact (iterated), sampled and network. se and the contour keep nothing.";

/// Which dynamics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Regime {
    Se,
    Exact,
    Sampled,
    Network,
}

impl Regime {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Se => "se",
            Self::Exact => "exact",
            Self::Sampled => "sampled",
            Self::Network => "network",
        }
    }

    const fn draws_seeds(self) -> bool {
        matches!(self, Self::Sampled | Self::Network)
    }
}

/// Which tangent kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TangentKernel {
    /// Of infinite width (or the kernel file's)
    Infinite,
    /// Of the network of --width neurons at its start, with its initial outputs
    Network,
}

/// How exact moments reach late steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodWord {
    /// Iteration to step 1000, then the contour where it serves
    Auto,
    /// Step by step
    Iteration,
    /// Without iterating, with an error estimate
    Contour,
}

/// Which random generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GeneratorWord {
    Chacha8,
    Xoshiro256,
}

/// The arguments of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) spectrum: SpectrumArguments,
    #[command(flatten)]
    optimiser: OptimiserArguments,
    /// Which dynamics
    #[arg(long, value_enum, default_value = "se")]
    pub(super) regime: Regime,
    /// Number of steps T (0: the initial loss only)
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1000", value_name = "T")]
    steps: u64,
    /// Steps to print, separated by commas [default: about ten, log-spaced up to T]
    #[arg(long, value_delimiter = ',', value_parser = whole, allow_hyphen_values = true, value_name = "STEPS")]
    at: Vec<u64>,
    /// Number of runs of sampled SGD or of the network
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "64", value_name = "n")]
    pub(super) seeds: u64,
    /// Master seed: batches of every run, and the network's start
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1", value_name = "s")]
    pub(super) seed: u64,
    /// Random generator of the batches
    #[arg(long, value_enum, default_value = "chacha8")]
    pub(super) generator: GeneratorWord,
    /// Neurons of the network
    #[arg(long, value_parser = whole, allow_hyphen_values = true, default_value = "1000", value_name = "n")]
    pub(super) width: u64,
    /// Pair the neurons so that the network starts at f = 0 (even width)
    #[arg(long)]
    pub(super) symmetric: bool,
    /// The kernel of the regimes se, exact and sampled
    #[arg(long, value_enum, default_value = "infinite")]
    pub(super) tangent_kernel: TangentKernel,
    /// How exact moments reach late steps
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodWord,
    /// Keep finished seeds (or, at Ctrl-C, the state of iterated exact moments) in this file, and go on
    /// from it; a journal of other settings is refused
    #[arg(long, value_name = "FILE")]
    pub(super) journal: Option<PathBuf>,
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
    relative_error: Option<f64>,
}

/// `tauber simulate`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let steps = recorded(arguments)?;
    if let Some(path) = &arguments.output {
        check_writable(path)?;
    }
    let mut run = arguments.optimiser.with(&arguments.spectrum)?;
    let network = start(&mut run, arguments)?;
    let mut warnings = run.loaded.warnings.clone();
    let (rows, interrupted) = if arguments.regime == Regime::Se {
        (se(&run, &steps, output)?, false)
    } else {
        let series = series(&run, network.as_ref(), &steps, arguments, output)?;
        (rows_of(&series, &mut warnings), series.interrupted)
    };
    let steps: Vec<u64> = rows.iter().map(|row| row.step).collect();
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
    let sampling = arguments.regime.draws_seeds();
    let networked =
        arguments.regime == Regime::Network || arguments.tangent_kernel == TangentKernel::Network;
    output.document(&json!({
        "regime": arguments.regime.word(),
        "interrupted": interrupted,
        "steps": steps,
        "loss": column(&|r| Some(r.loss)),
        "relative_error": column(&|r| r.relative_error),
        "standard_error": column(&|r| r.standard_error),
        "confidence_interval_95": rows.iter().map(|r| r.interval.map(|i| i.map(json_number))).collect::<Vec<_>>(),
        "seeds": sampling.then_some(arguments.seeds),
        "seed": (sampling || networked).then_some(arguments.seed),
        "generator": sampling.then(|| arguments.generator.word()),
        "width": networked.then_some(arguments.width),
        "symmetric": networked.then_some(arguments.symmetric),
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
    } else if rows.iter().any(|r| r.relative_error.is_some()) {
        &["step", "loss", "relative error (estimated)"]
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
        if let Some(error) = r.relative_error {
            cells.push(rough(error));
        }
        cells
    };
    text.push_str(&table(header, rows.iter().map(cells).collect()));
    text.push_str(&warning_lines(&warnings));
    text.push_str(&run.conventions());
    output.text(&text);
    Ok(if interrupted { 3 } else { 0 })
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
            relative_error: None,
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
            "use data such as mnist:N or bike:N, or --regime se, which needs the spectrum only",
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

/// The network at its start, if one is asked for; with its tangent kernel in the place of the infinite
/// one if that is.
fn start(run: &mut Run, arguments: &Arguments) -> Result<Option<Network>, Failure> {
    let own_kernel = arguments.tangent_kernel == TangentKernel::Network;
    if arguments.regime != Regime::Network && !own_kernel {
        return Ok(None);
    }
    let data = run.loaded.dataset.as_ref().ok_or_else(|| {
        Failure::with_help(
            "a network trains on data, and this spectrum has none",
            "use mnist:N, bike:N, idx:IMAGES,LABELS, cifar:FILE or sgemm:FILE",
        )
    })?;
    let width = usize::try_from(arguments.width).unwrap_or(usize::MAX);
    let network = Network::random(width, data.dimension(), arguments.symmetric, arguments.seed)
        .map_err(Failure::input)?;
    if own_kernel {
        let n = data.len() as f64;
        let mut theta = network.tangent_kernel(data).map_err(Failure::input)?;
        theta.iter_mut().for_each(|x| *x /= n);
        let residual = network.residual(data).map_err(Failure::input)?;
        let target = residual.iter().map(|r| -r).collect();
        let problem = KernelProblem::from_kernel(theta, target).map_err(Failure::input)?;
        run.loaded.spectrum = problem.spectrum().map_err(Failure::input)?;
        run.loaded.kernel = Some(problem);
        run.loaded.description = format!(
            "{}, of a network of {width} neurons at its start",
            run.loaded.description
        );
    }
    Ok(Some(network))
}

/// The kernel regimes and the network.
fn series(
    run: &Run,
    network: Option<&Network>,
    steps: &[u64],
    arguments: &Arguments,
    output: &Output,
) -> Result<LossSeries, Failure> {
    let (problem, batch) = kernel(run, arguments.regime.word())?;
    let kernel = KernelView::new(problem.dataset_size(), problem.kernel_row_major())
        .map_err(Failure::input)?;
    let residual = problem.initial_residual();
    let settings = Settings {
        hyperparameters: run.hyperparameters,
        batch_size: Some(batch),
        steps: steps.to_vec(),
        seeds: arguments.seeds,
        master_seed: arguments.seed,
        sampling: Sampling::WithoutReplacement,
        generator: match arguments.generator {
            GeneratorWord::Chacha8 => Generator::ChaCha8,
            GeneratorWord::Xoshiro256 => Generator::Xoshiro256,
        },
    };
    let method = match arguments.method {
        MethodWord::Auto => Method::Auto,
        MethodWord::Iteration => Method::Iteration,
        MethodWord::Contour => Method::Contour,
    };
    let model = match (arguments.regime, network, &run.loaded.dataset) {
        (Regime::Network, Some(network), Some(data)) => Model::Network { network, data },
        (Regime::Exact, ..) => Model::Exact {
            kernel,
            residual: &residual,
            method,
        },
        _ => Model::Sampled {
            kernel,
            residual: &residual,
        },
    };
    let last = steps.last().copied().unwrap_or(0);
    let total = if arguments.regime.draws_seeds() {
        arguments.seeds.saturating_mul(last)
    } else {
        last
    };
    let bar = output.progress(
        total,
        if arguments.regime.draws_seeds() {
            "sampling"
        } else {
            "averaging over all batches"
        },
    );
    let state_width = if arguments.regime == Regime::Exact {
        Some(4 * problem.dataset_size() * problem.dataset_size())
    } else {
        None
    };
    let watcher = Watcher::open(
        arguments.journal.as_deref(),
        &journal_settings(arguments, run, steps, problem),
        steps.len(),
        state_width,
        bar,
    )?;
    let found = model.run(&settings, &watcher);
    watcher.close()?;
    found.map_err(|error| {
        if watcher.interrupted() {
            Failure::with_help(
                "interrupted before anything was finished",
                "--journal FILE keeps what can be kept, and the same command goes on from there",
            )
        } else {
            Failure::input(error)
        }
    })
}

/// The table of a series; tails and notes become warnings.
fn rows_of(series: &LossSeries, warnings: &mut Vec<String>) -> Vec<Row> {
    let mut rows = plain(&series.steps, series.losses.iter().copied());
    if let Some(errors) = &series.relative_errors {
        for (row, error) in rows.iter_mut().zip(errors) {
            row.relative_error = Some(*error);
        }
    }
    let mut found: Vec<(String, Vec<u64>)> = Vec::new();
    for (row, statistics) in rows.iter_mut().zip(series.statistics.iter().flatten()) {
        for warning in statistics.tails.warnings() {
            let warning = warning.to_string();
            match found.iter_mut().find(|(known, _)| *known == warning) {
                Some((_, at)) => at.push(row.step),
                None => found.push((warning, vec![row.step])),
            }
        }
        row.standard_error = Some(statistics.standard_error).filter(|error| error.is_finite());
        row.interval = statistics.confidence_interval(0.95);
    }
    for (warning, at) in found {
        let at: Vec<String> = at.iter().map(u64::to_string).collect();
        let word = if at.len() == 1 { "step" } else { "steps" };
        warnings.push(format!("{word} {}: {warning}", at.join(", ")));
    }
    if series.statistics.is_some() && rows.iter().any(|row| row.standard_error.is_none()) {
        warnings.push(
            "standard_error is null where it has no meaning: a single seed, or runs that diverged"
                .to_owned(),
        );
    }
    if series.interrupted {
        warnings.push("interrupted: this is what was finished".to_owned());
    }
    warnings.extend(series.notes.iter().cloned());
    rows
}

impl GeneratorWord {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Chacha8 => "chacha8",
            Self::Xoshiro256 => "xoshiro256",
        }
    }
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
