//! `tauber verify`: every check of the theory, one line each.

use super::Failure;
use super::output::{Output, table};
use super::verify_report::{FigureRecord, Run, Target, page, read_figures};
use crate::verify::{Check, Effort, Outcome, run as run_checks};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber verify --quick         under half a minute
  tauber verify                 more seeds
  tauber verify --full          every proposition of the paper as well
  tauber verify --full --report report
  tauber figure all --quick --out figures && tauber verify --full --report report --figures figures
  tauber verify --json | jq '.checks[] | {name, outcome, deviation}'

\"passed\" and \"failed\" are about claims of equality; \"reported\" is the model error of the SE
approximation, which is a model and not an identity.

Exit code: 0 if no check failed, 1 otherwise.";

/// The arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Fewer seeds: under 30 s on two cores
    #[arg(long)]
    quick: bool,
    /// Also every proposition of the paper, one line each
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// Print the details of every check
    #[arg(long, short)]
    verbose: bool,
    /// Also write DIR/index.html: verdicts, proofs, figures, findings on one page without network
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// The folder that `tauber figure --out` wrote, for the report
    #[arg(long, value_name = "DIR", requires = "report")]
    figures: Option<PathBuf>,
}

/// `tauber verify`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let effort = if arguments.quick {
        Effort::Quick
    } else if arguments.full {
        Effort::Full
    } else {
        Effort::Standard
    };
    // Whatever can go wrong with folders does so before the long work.
    let figures = match &arguments.figures {
        Some(folder) => Some(read_figures(folder).map_err(Failure::input)?),
        None => None,
    };
    let target = arguments
        .report
        .as_deref()
        .map(Target::prepare)
        .transpose()?;
    let spinner = output.spinner();
    let checks = run_checks(effort, &|name| spinner.set_message(name.to_owned()))
        .map_err(|error| Failure::Internal(error.to_string()))?;
    spinner.finish_and_clear();
    let failed = checks
        .iter()
        .filter(|c| c.outcome == Outcome::Failed)
        .count();
    let report = match &target {
        Some(target) => Some(write_report(target, &checks, figures.as_deref(), effort)?),
        None => None,
    };
    let mut document = json!({
        "passed": failed == 0,
        "checks": checks,
        "version": env!("CARGO_PKG_VERSION"),
    });
    if let (Some(path), Some(fields)) = (&report, document.as_object_mut()) {
        fields.insert("report".to_owned(), path.as_str().into());
    }
    output.document(&document);
    // Times differ from run to run, so they are shown on request only.
    let mut header = vec!["check", "verdict", "deviation"];
    if arguments.verbose {
        header.push("s");
    }
    let width = header.len();
    let cells = |check| {
        let mut cells = row(check);
        cells.truncate(width);
        cells
    };
    let mut text = table(&header, checks.iter().map(cells).collect());
    for check in &checks {
        if arguments.verbose || check.outcome != Outcome::Passed {
            text.push_str(&format!(
                "\n{}\n  {}\n  how: {}\n",
                check.name, check.claim, check.method
            ));
            for line in &check.details {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    let passed = checks
        .iter()
        .filter(|c| c.outcome == Outcome::Passed)
        .count();
    let reported = checks.len() - passed - failed;
    text.push_str(&format!(
        "\n{passed} passed, {failed} failed, {reported} reported\n"
    ));
    if let Some(path) = report {
        text.push_str(&format!("report: {path}\n"));
    }
    output.text(&text);
    Ok(u8::from(failed > 0))
}

/// Writes the page and returns its path.
fn write_report(
    target: &Target,
    checks: &[Check],
    figures: Option<&[FigureRecord]>,
    effort: Effort,
) -> Result<String, Failure> {
    let word = match effort {
        Effort::Quick => "quick",
        Effort::Standard => "standard",
        Effort::Full => "full",
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let run = Run::new(word, now.map_or(0, |since| since.as_secs()));
    let path = target.write(&page(checks, figures, &run))?;
    Ok(path.display().to_string())
}

fn row(check: &Check) -> Vec<String> {
    let outcome = match check.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::Reported => "reported",
    };
    vec![
        check.name.to_owned(),
        outcome.to_owned(),
        check.deviation.clone(),
        format!("{:.4}", check.seconds),
    ]
}
