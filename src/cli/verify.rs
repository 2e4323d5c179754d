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
  tauber verify --full          every proposition of the paper as well, each with its claim and method
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
    /// Also every proposition of the paper, one line each: verdict, worst deviation, claim, method
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
    let mut text = listing(&checks, arguments.full, arguments.verbose);
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

/// One line a check, in full with the claim and how it was checked; then the details, and the count.
fn listing(checks: &[Check], full: bool, verbose: bool) -> String {
    let mut header = vec!["check", "verdict", "worst deviation"];
    // Times differ from run to run, so they are shown on request only.
    if verbose {
        header.push("s");
    }
    // Last, as it is the longest: a narrow terminal breaks it, and the columns stay.
    if full {
        header.push("claim; how it was checked");
    }
    let rows = checks.iter().map(|check| row(check, full, verbose));
    let mut text = table(&header, rows.collect());
    for check in checks {
        let notable = verbose || check.outcome != Outcome::Passed;
        if !notable || (full && check.details.is_empty()) {
            continue;
        }
        text.push_str(&format!("\n{}\n", check.name));
        if !full {
            text.push_str(&format!("  {}\n  how: {}\n", check.claim, check.method));
        }
        for line in &check.details {
            text.push_str(&format!("  {line}\n"));
        }
    }
    let count = |outcome| checks.iter().filter(|c| c.outcome == outcome).count();
    text.push_str(&format!(
        "\n{} passed, {} failed, {} reported\n",
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Reported)
    ));
    text
}

fn row(check: &Check, full: bool, verbose: bool) -> Vec<String> {
    let outcome = match check.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "FAILED",
        Outcome::Reported => "reported",
    };
    let mut cells = vec![
        check.name.to_owned(),
        outcome.to_owned(),
        check.deviation.clone(),
    ];
    if verbose {
        cells.push(format!("{:.4}", check.seconds));
    }
    if full {
        cells.push(format!("{}; checked by: {}", check.claim, check.method));
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, outcome: Outcome, details: &[&str]) -> Check {
        Check {
            name,
            claim: format!("the claim of {name}"),
            method: format!("the method of {name}"),
            deviation: format!("1e-9 of {name}"),
            outcome,
            details: details.iter().map(|&line| line.to_owned()).collect(),
            seconds: 1.5,
        }
    }

    fn checks() -> [Check; 3] {
        [
            check("good", Outcome::Passed, &["setting 1"]),
            check("bad", Outcome::Failed, &["setting 2"]),
            check("model", Outcome::Reported, &[]),
        ]
    }

    #[test]
    fn in_full_one_line_has_claim_method_worst_deviation_and_verdict() {
        let text = listing(&checks(), true, false);
        for (check, verdict) in checks().iter().zip(["passed", "FAILED", "reported"]) {
            let lines: Vec<&str> = text.lines().filter(|l| l.contains(&check.claim)).collect();
            assert_eq!(lines.len(), 1, "{text}");
            for part in [check.name, verdict, &check.deviation, &check.method] {
                assert!(lines[0].contains(part), "{part}: {text}");
            }
        }
        assert!(
            text.contains("setting 2") && !text.contains("setting 1"),
            "{text}"
        );
        assert!(text.contains("1 passed, 1 failed, 1 reported"), "{text}");
        assert!(!text.contains("1.5000"), "{text}");
    }

    #[test]
    fn otherwise_only_what_did_not_pass_says_its_claim() {
        let text = listing(&checks(), false, false);
        assert!(
            !text.contains("the claim of good") && text.contains("1e-9 of good"),
            "{text}"
        );
        for name in ["bad", "model"] {
            for part in ["the claim of", "how: the method of"] {
                assert!(text.contains(&format!("  {part} {name}\n")), "{text}");
            }
        }
        let verbose = listing(&checks(), false, true);
        for part in ["the claim of good", "setting 1", "1.5000"] {
            assert!(verbose.contains(part), "{part}: {verbose}");
        }
    }
}
