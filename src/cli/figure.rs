//! `tauber figure N|all`: the paper's figures as data, SVG, PNG and statements of agreement.

use super::Failure;
use super::output::{Output, rough, short, table, write_atomically, write_bytes_atomically};
use super::prove::interrupt_flag;
use crate::experiment::{
    Agreement, ExperimentError, FIGURES, Outcome, Scale, Sources, Stop, Verdict, Work, figure,
};
use crate::report::{Column, Figure, csv_text};
use clap::Args;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

const EXAMPLES: &str = "\
Examples:
  tauber figure 3 --quick
  tauber figure all --quick --out figures
  tauber figure 12 --mnist-images train-images-idx3-ubyte.gz --mnist-labels train-labels-idx1-ubyte.gz

Each figure N writes into DIR/figure-N/: the plotted numbers (CSV), figure.svg, figure.png, and
agreement.json, one line that sets measured numbers beside predicted ones. Finished parts are kept
in journal-*.txt: after Ctrl-C the same command goes on where it stopped. Panels whose data are
absent are empty frames that name the option which supplies them; that is no failure (exit 0), and
neither is a disagreement: it is printed. \"no power\" means that a wrong theory passes the same
rule. A figure that fails (a journal of other settings, an unreadable file) is reported, the others
go on, and the exit code is 2. Learning rates are alpha times lambda_max unless a panel says
otherwise.";

/// The arguments of `figure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// 1 to 14, or all
    #[arg(value_name = "N", value_parser = numbers)]
    figure: Chosen,
    /// Coarse grids, short runs, few seeds: under a minute for each figure
    #[arg(long)]
    quick: bool,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "figures")]
    out: PathBuf,
    /// MNIST images (idx3, plain or gzip); the figures take class-balanced subsets
    #[arg(long, value_name = "FILE", requires = "mnist_labels")]
    mnist_images: Option<PathBuf>,
    /// MNIST labels (idx1, plain or gzip)
    #[arg(long, value_name = "FILE", requires = "mnist_images")]
    mnist_labels: Option<PathBuf>,
    /// SGEMM GPU kernel performance table (csv, plain or gzip)
    #[arg(long, value_name = "FILE")]
    sgemm: Option<PathBuf>,
    /// Empirical tangent kernel (npy, N x N) of ResNet-18 on CIFAR-10
    #[arg(long, value_name = "FILE", requires = "resnet_target")]
    resnet_kernel: Option<PathBuf>,
    /// Its targets (npy, N numbers)
    #[arg(long, value_name = "FILE", requires = "resnet_kernel")]
    resnet_target: Option<PathBuf>,
    /// The same of MobileNet-V2
    #[arg(long, value_name = "FILE", requires = "mobilenet_target")]
    mobilenet_kernel: Option<PathBuf>,
    /// Its targets
    #[arg(long, value_name = "FILE", requires = "mobilenet_kernel")]
    mobilenet_target: Option<PathBuf>,
}

/// The figures that are wanted.
#[derive(Debug, Clone)]
struct Chosen(Vec<u8>);

fn numbers(text: &str) -> Result<Chosen, String> {
    if text == "all" {
        return Ok(Chosen(FIGURES.collect()));
    }
    match text.parse() {
        Ok(n) if FIGURES.contains(&n) => Ok(Chosen(vec![n])),
        _ => Err(format!(
            "`{text}` is not a figure of the paper: give a number from 1 to 14, or all"
        )),
    }
}

/// What one figure left behind.
struct Finished {
    number: u8,
    line: Value,
    text: String,
    /// Verdicts that agree, that do not, and that have no power.
    counts: [usize; 3],
    absent: usize,
}

/// `tauber figure`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let pair =
        |a: &Option<PathBuf>, b: &Option<PathBuf>| a.clone().zip(b.clone()).map(|(a, b)| [a, b]);
    let sources = Sources {
        mnist: pair(&arguments.mnist_images, &arguments.mnist_labels),
        sgemm: arguments.sgemm.clone(),
        resnet: pair(&arguments.resnet_kernel, &arguments.resnet_target),
        mobilenet: pair(&arguments.mobilenet_kernel, &arguments.mobilenet_target),
    };
    let scale = if arguments.quick {
        Scale::Quick
    } else {
        Scale::Full
    };
    let interrupted = interrupt_flag();
    let stop = || interrupted.load(Ordering::Relaxed);
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for &number in &arguments.figure.0 {
        match one(number, scale, &sources, &arguments.out, &stop, output) {
            Ok(finished) => {
                output.text(&finished.text);
                done.push(finished);
            }
            Err(Stopped::Interrupted(why)) => {
                let mut document = document(&done, &failed);
                document["interrupted"] = Value::from(why.as_str());
                output.document(&document);
                output.text(&format!("figure {number}: {why}\n"));
                return Ok(3);
            }
            // Alone: the error of the command. Among several: said, and the others go on.
            Err(Stopped::Failed(failure)) if arguments.figure.0.len() == 1 => return Err(failure),
            Err(Stopped::Failed(failure)) => {
                output.aside(&format!("tauber: figure {number} FAILED: {failure}\n"));
                failed.push((number, failure));
            }
        }
    }
    output.document(&document(&done, &failed));
    if done.len() + failed.len() > 1 {
        output.text(&summary(&done, &failed));
    }
    Ok(match &failed[..] {
        [] => 0,
        all if all.iter().any(|(_, f)| matches!(f, Failure::Internal(_))) => 4,
        _ => 2,
    })
}

/// The document of `--json`.
fn document(done: &[Finished], failed: &[(u8, Failure)]) -> Value {
    let lines: Vec<&Value> = done.iter().map(|f| &f.line).collect();
    let mut document = json!({ "figures": lines });
    if !failed.is_empty() {
        document["failed"] = failed
            .iter()
            .map(|(number, why)| json!({ "figure": number, "error": why.to_string() }))
            .collect();
    }
    document
}

fn summary(done: &[Finished], failed: &[(u8, Failure)]) -> String {
    let rows = done
        .iter()
        .map(|f| {
            [
                f.number.to_string(),
                f.counts[0].to_string(),
                f.counts[1].to_string(),
                f.counts[2].to_string(),
                f.absent.to_string(),
            ]
            .into()
        })
        .collect();
    let header = [
        "figure",
        "agree",
        "do not agree",
        "no power",
        "panels not reproduced",
    ];
    let mut text = table(&header, rows);
    for (number, why) in failed {
        text.push_str(&format!("figure {number} FAILED: {why}\n"));
    }
    text
}

enum Stopped {
    Interrupted(String),
    Failed(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn one(
    number: u8,
    scale: Scale,
    sources: &Sources,
    out: &Path,
    stop: Stop<'_>,
    output: &Output,
) -> Result<Finished, Stopped> {
    let folder = out.join(format!("figure-{number}"));
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::input(format!(
            "cannot make the folder {}: {error}",
            folder.display()
        ))
    })?;
    let begin = Instant::now();
    let bar = RefCell::new((String::new(), output.progress(0, "")));
    let progress = |stage: &str, done: usize, rows: usize| {
        let mut bar = bar.borrow_mut();
        if bar.0 != stage {
            bar.1.finish_and_clear();
            *bar = (stage.to_owned(), output.progress(rows as u64, ""));
            bar.1.set_message(format!("figure {number}: {stage}"));
        }
        bar.1.set_position(done as u64);
    };
    let mut work = Work::new(scale, Some(&folder), &progress, stop);
    let outcome = figure(number, sources, &mut work);
    bar.borrow().1.finish_and_clear();
    let outcome = outcome.map_err(|error| match error {
        ExperimentError::Interrupted { .. } => Stopped::Interrupted(error.to_string()),
        other => Stopped::Failed(Failure::input(format!("figure {number}: {other}"))),
    })?;
    let (resumed, computed) = work.counts();
    let mut files = write(&outcome, &folder)?;
    files.push("agreement.json".to_owned());
    let line = json!({
        "figure": number,
        "title": outcome.title,
        "scale": scale.name(),
        "agreements": outcome.agreements.iter().map(Agreement::json).collect::<Vec<_>>(),
        "not_reproduced": outcome.absent.iter().map(|a| json!({
            "panel": a.panel, "reason": a.reason, "command": a.command,
        })).collect::<Vec<_>>(),
        "notes": outcome.notes,
        "files": files,
        "rows_resumed": resumed,
        "rows_computed": computed,
        "seconds": (begin.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        "program": format!("tauber {}", env!("CARGO_PKG_VERSION")),
    });
    write_atomically(&folder.join("agreement.json"), &format!("{line}\n"))?;
    let count = |verdict| {
        let all = outcome.agreements.iter();
        all.filter(|a| a.verdict() == verdict).count()
    };
    Ok(Finished {
        number,
        text: words(number, &outcome, &folder, &files),
        line,
        counts: [Verdict::Agrees, Verdict::Disagrees, Verdict::NoPower].map(count),
        absent: outcome.absent.len(),
    })
}

/// Writes tables and pictures; returns the names of the files.
fn write(outcome: &Outcome, folder: &Path) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for data in &outcome.tables {
        let columns: Vec<Column<'_>> = data
            .columns
            .iter()
            .map(|(name, values)| Column { name, values })
            .collect();
        let name = format!("{}.csv", data.name);
        let text = csv_text(&columns).map_err(|error| Failure::Internal(error.to_string()))?;
        write_atomically(&folder.join(&name), &text)?;
        files.push(name);
    }
    let picture = Figure::grid(&outcome.title, outcome.columns, &outcome.panels);
    let png = picture.png().map_err(Failure::input)?;
    for (name, content) in [
        ("figure.svg", picture.svg().into_bytes()),
        ("figure.png", png),
    ] {
        write_bytes_atomically(&folder.join(name), &content)?;
        files.push(name.to_owned());
    }
    Ok(files)
}

fn words(number: u8, outcome: &Outcome, folder: &Path, files: &[String]) -> String {
    let mut text = format!("Figure {number}: {}\n\n", outcome.title);
    if !outcome.agreements.is_empty() {
        let rows = outcome
            .agreements
            .iter()
            .map(|a| {
                let predicted = if a.predicted.is_nan() {
                    String::new()
                } else {
                    short(a.predicted)
                };
                vec![
                    a.what.clone(),
                    rough_or_short(a.measured),
                    predicted,
                    a.rule_text(),
                    a.verdict().word().to_owned(),
                ]
            })
            .collect();
        let header = ["what", "measured", "predicted", "rule", "verdict"];
        text.push_str(&table(&header, rows));
        for a in &outcome.agreements {
            let passing: Vec<&str> = a
                .rivals
                .iter()
                .filter(|r| !a.rejects(r))
                .map(|r| r.what.as_str())
                .collect();
            if a.verdict() == Verdict::NoPower {
                let also = passing.join("; ");
                text.push_str(&format!("No power: {}: passes also for: {also}\n", a.what));
            }
        }
    }
    if !outcome.absent.is_empty() {
        text.push_str("\nNot reproduced\n");
        for absent in &outcome.absent {
            text.push_str(&format!(
                "  {}: {}; {}\n",
                absent.panel, absent.reason, absent.command
            ));
        }
    }
    if !outcome.notes.is_empty() {
        text.push_str("\nNotes\n");
        for note in &outcome.notes {
            text.push_str(&format!("  {note}\n"));
        }
    }
    text.push_str(&format!(
        "\nWritten to {}\n  {}\n\n",
        folder.display(),
        files.join("  ")
    ));
    text
}

fn rough_or_short(value: f64) -> String {
    if value.abs() < 1e-3 && value != 0.0 {
        rough(value)
    } else {
        short((value * 1e4).round() / 1e4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_named_by_number_or_all() {
        assert_eq!(numbers("7").unwrap().0, [7]);
        assert_eq!(numbers("all").unwrap().0.len(), 14);
        for text in ["0", "15", "one", "-1", ""] {
            assert!(numbers(text).unwrap_err().contains("1 to 14"), "{text}");
        }
    }
}
