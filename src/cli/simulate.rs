//! `tauber simulate`: SE recursion, exact second moments, sampled SGD or a real network.

use super::Failure;
use super::arguments::{Run, warning_lines};
use super::output::{Output, check_writable, json_number, rough, short, table};
pub(crate) use super::simulate_arguments::Arguments;
use super::simulate_arguments::{GeneratorWord, Regime, TangentKernel};
use super::simulate_watch::{Watcher, journal_settings};
use crate::dynamics::KernelView;
use crate::dynamics::network::Network;
use crate::dynamics::regime::{LossSeries, Model, RegimeError, Settings};
use crate::dynamics::sampled::{Generator, Sampling};
use crate::kernel::KernelProblem;
use serde_json::{Value, json};

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
    let series = series(&run, network.as_ref(), &steps, arguments, output)?;
    let rows = rows_of(&series, &mut warnings);
    let interrupted = series.interrupted;
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

fn kernel<'a>(run: &'a Run, what: &str) -> Result<(&'a KernelProblem, u64), Failure> {
    let problem = run.loaded.kernel.as_ref().ok_or_else(|| {
        Failure::with_help(
            format!("--regime {what} needs a kernel, and this spectrum has none"),
            "use data such as kernel:THETA.npy,TARGET.npy, jacobian:J.npy,TARGET.npy, idx:IMAGES,LABELS, mnist:N or bike:N, or --regime se, which needs the spectrum only",
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

/// The losses of the regime asked for.
fn series(
    run: &Run,
    network: Option<&Network>,
    steps: &[u64],
    arguments: &Arguments,
    output: &Output,
) -> Result<LossSeries, Failure> {
    let regime = arguments.regime;
    let problem = match regime {
        Regime::Se => None,
        _ => Some(kernel(run, regime.word())?),
    };
    let residual = problem.map_or_else(Vec::new, |(problem, _)| problem.initial_residual());
    let view = problem
        .map(|(problem, _)| KernelView::new(problem.dataset_size(), problem.kernel_row_major()))
        .transpose()
        .map_err(Failure::input)?;
    let settings = Settings {
        hyperparameters: run.hyperparameters,
        batch_size: problem.map(|(_, batch)| batch),
        steps: steps.to_vec(),
        seeds: arguments.seeds,
        master_seed: arguments.seed,
        sampling: Sampling::WithoutReplacement,
        generator: match arguments.generator {
            GeneratorWord::Chacha8 => Generator::ChaCha8,
            GeneratorWord::Xoshiro256 => Generator::Xoshiro256,
        },
    };
    let residual = &residual;
    let model = match (regime, network, &run.loaded.dataset, view) {
        (Regime::Network, Some(network), Some(data), _) => Model::Network { network, data },
        (Regime::Exact, _, _, Some(kernel)) => Model::Exact {
            kernel,
            residual,
            method: arguments.method.method(),
        },
        (_, _, _, Some(kernel)) => Model::Sampled { kernel, residual },
        _ => Model::Se(&run.loaded.spectrum),
    };
    let last = steps.last().copied().unwrap_or(0);
    let (total, what) = match regime {
        Regime::Se => (last, "iterating"),
        Regime::Exact => (last, "averaging over all batches"),
        Regime::Sampled | Regime::Network => (arguments.seeds.saturating_mul(last), "sampling"),
    };
    let bar = output.progress(total, what);
    let watcher = Watcher::open(
        arguments.journal.as_deref(),
        &journal_settings(arguments, run, steps, problem.map(|(problem, _)| problem)),
        regime.draws_seeds().then_some(steps.len()),
        bar,
    )?;
    let found = model.run(&settings, &watcher);
    watcher.close()?;
    if found.as_ref().is_ok_and(|series| !series.interrupted) {
        watcher.forget_stopped();
    }
    match found {
        Err(RegimeError::NothingFinished) if watcher.interrupted() => Ok(LossSeries {
            steps: Vec::new(),
            losses: Vec::new(),
            statistics: None,
            relative_errors: None,
            interrupted: true,
            notes: Vec::new(),
        }),
        found => found.map_err(Failure::input),
    }
}

/// The table of a series; tails and notes become warnings.
fn rows_of(series: &LossSeries, warnings: &mut Vec<String>) -> Vec<Row> {
    let mut rows: Vec<Row> = series
        .steps
        .iter()
        .zip(&series.losses)
        .map(|(&step, &loss)| Row {
            step,
            loss,
            standard_error: None,
            interval: None,
            relative_error: None,
        })
        .collect();
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
        let what = if rows.is_empty() {
            "interrupted before anything was finished"
        } else {
            "interrupted: this is what was finished"
        };
        warnings.push(format!(
            "{what}; with --journal FILE the same command goes on from where it stopped"
        ));
    }
    warnings.extend(series.notes.iter().cloned());
    rows
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
