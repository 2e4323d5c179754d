//! `tauber verify`: every check of the theory, one line each.

use super::Failure;
use super::output::{Output, table};
use crate::verify::{Check, Effort, Outcome, run as run_checks};
use clap::Args;
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  tauber verify --quick         under half a minute
  tauber verify                 more seeds
  tauber verify --full          every proposition of the paper as well
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
    let spinner = output.spinner();
    let checks = run_checks(effort, &|name| spinner.set_message(name.to_owned()))
        .map_err(|error| Failure::Internal(error.to_string()))?;
    spinner.finish_and_clear();
    let failed = checks
        .iter()
        .filter(|c| c.outcome == Outcome::Failed)
        .count();
    output.document(&json!({
        "passed": failed == 0,
        "checks": checks,
        "version": env!("CARGO_PKG_VERSION"),
    }));
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
    output.text(&text);
    Ok(u8::from(failed > 0))
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
        format!("{:.1}", check.seconds),
    ]
}
