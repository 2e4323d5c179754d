//! `tauber prove`: prove or refute a statement file.

use super::Failure;
use super::bounded::read_text;
use super::output::{Output, short, write_atomically};
use crate::certificate::{
    Certificate, Inequality, Statement, Verdict, Why, Witness, explain_latex, explain_text,
};
use crate::polynomial::Polynomial;
use crate::prover::{Options, Outcome, prove};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  tauber prove proofs/statements/s_positive_on_stable_box.toml
  tauber prove my.toml -o my.json --timeout 60 --explain
  tauber prove --explain=latex my.toml
  tauber prove my.toml --split \"a - b\" --fact \"a + b > 0\"

A statement file:
  title     = \"A square is not negative\"
  variables = [\"x\", \"y\"]
  given     = [\"x > 0\"]                      # a conjunction, may be empty
  claim     = \"x^2 + y^2 >= 2*x*y\"           # one relation or a list; `any = [..]` for a disjunction

A proof is written as a certificate that `tauber check` and proofs/check.py accept or refuse by
expanding polynomials. Floats may guide the search; none enters a proof.

Exit code: 0 proved, 1 refuted (with an exact rational point), 2 bad input, 3 unknown.";

/// How to write a proof for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Explain {
    Text,
    Latex,
}

/// Whether and how to write it.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Print the proof as mathematics, with the reason for every sign: `--explain`, or
    /// `--explain=latex`
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
        value_name = "FORM"
    )]
    pub(super) explain: Option<Explain>,
}

/// The arguments of `prove`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The statement file (TOML)
    #[arg(value_name = "STATEMENT")]
    statement: PathBuf,
    /// Where to write the certificate [default: nowhere]
    #[arg(long, short, value_name = "CERT")]
    output: Option<PathBuf>,
    /// Give up after this many seconds
    #[arg(long, default_value = "60", value_name = "SECONDS", value_parser = seconds)]
    timeout: Duration,
    /// Shorten the certificate for this many seconds
    #[arg(long, default_value = "1", value_name = "SECONDS", value_parser = seconds)]
    shorten: Duration,
    /// Distinguish cases at the sign of this polynomial (may be repeated)
    #[arg(long, value_name = "POLYNOMIAL", allow_hyphen_values = true)]
    split: Vec<String>,
    /// Try this polynomial's square as a factor of terms (may be repeated)
    #[arg(long, value_name = "POLYNOMIAL", allow_hyphen_values = true)]
    square: Vec<String>,
    /// Prove this inequality first and use it (may be repeated)
    #[arg(long, value_name = "RELATION", allow_hyphen_values = true)]
    fact: Vec<String>,
    #[command(flatten)]
    explanation: ExplainArguments,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let value = super::arguments::real(text)?;
    Duration::try_from_secs_f64(value)
        .map_err(|_| format!("`{text}` must be a number of seconds >= 0"))
}

/// Set by Ctrl-C: the search then ends with the verdict "unknown: interrupted", exit code 3. A
/// second Ctrl-C finds the flag set and ends the process at once.
pub(super) fn interrupt_flag() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let inside = Arc::clone(&flag);
    // Without a handler Ctrl-C simply ends the process: nothing is lost, so a failure is no error.
    let _ = ctrlc::set_handler(move || {
        if inside.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    flag
}

/// Reads a statement; every error names the file.
pub(super) fn read_statement(path: &Path) -> Result<Statement, Failure> {
    let text = read_text(path, "statement")?;
    Statement::from_toml(&text)
        .map_err(|error| Failure::input(format!("{}: {error}", path.display())))
}

/// `tauber prove`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let statement = read_statement(&arguments.statement)?;
    let options = options(arguments, &statement)?;
    let spinner = output.spinner();
    spinner.set_message(format!("searching for a proof of {}", statement.title()));
    let outcome = prove(&statement, &options);
    spinner.finish_and_clear();
    if let (Verdict::Proved(certificate), Some(path)) = (&outcome.verdict, &arguments.output) {
        write_atomically(path, &certificate.to_json())?;
    }
    output.document(&document(arguments, &outcome));
    output.text(&words(arguments, &statement, &outcome));
    Ok(match &outcome.verdict {
        Verdict::Proved(_) => 0,
        Verdict::Refuted(_) => 1,
        Verdict::Unknown(Why::Inconsistent(_)) => 4,
        Verdict::Unknown(_) => 3,
    })
}

fn options(arguments: &Arguments, statement: &Statement) -> Result<Options, Failure> {
    let polynomial = |flag: &str, text: &String| {
        let fail =
            |error: &dyn std::fmt::Display| Failure::input(format!("{flag} \"{text}\": {error}"));
        let parsed = Polynomial::parse(text).map_err(|error| fail(&error))?;
        parsed.over(statement.variables()).ok_or_else(|| {
            fail(&format!(
                "only the statement's variables may occur: {}",
                statement.variables().join(", ")
            ))
        })
    };
    let facts = arguments.fact.iter().map(|text| {
        Inequality::parse(text, statement.variables())
            .map_err(|error| Failure::input(format!("--fact \"{text}\": {error}")))
    });
    Ok(Options {
        time: Some(arguments.timeout),
        interrupt: Some(interrupt_flag()),
        splits: arguments
            .split
            .iter()
            .map(|t| polynomial("--split", t))
            .collect::<Result<_, _>>()?,
        squares: arguments
            .square
            .iter()
            .map(|t| polynomial("--square", t))
            .collect::<Result<_, _>>()?,
        facts: facts.collect::<Result<_, _>>()?,
        shortening: arguments.shorten,
    })
}

pub(super) fn explanation(form: Explain, certificate: &Certificate) -> String {
    match form {
        Explain::Text => explain_text(certificate),
        Explain::Latex => explain_latex(certificate),
    }
}

fn document(arguments: &Arguments, outcome: &Outcome) -> Value {
    let mut document = json!({
        "statement": arguments.statement.display().to_string(),
        "verdict": outcome.verdict.word(),
        "method": outcome.method,
        "terms": outcome.terms,
        "search_seconds": outcome.search_seconds,
        "check_seconds": outcome.check_seconds,
        "attempts": outcome.attempts.iter().map(|a| json!({
            "strategy": a.strategy, "calls": a.calls, "successes": a.successes, "nodes": a.nodes,
            "degree": a.degree, "seconds": a.seconds, "stopped": a.stopped,
        })).collect::<Vec<_>>(),
    });
    let Value::Object(map) = &mut document else {
        return document;
    };
    match &outcome.verdict {
        Verdict::Proved(certificate) => {
            let path = arguments.output.as_ref().map(|p| p.display().to_string());
            map.insert("certificate".into(), json!(path));
            map.insert("vacuous".into(), json!(certificate.vacuous));
            if let Some(form) = arguments.explanation.explain {
                map.insert("explanation".into(), json!(explanation(form, certificate)));
            }
        }
        Verdict::Refuted(witness) => {
            let point: serde_json::Map<String, Value> = witness
                .point
                .iter()
                .map(|(name, value)| (name.clone(), json!(value.to_string())))
                .collect();
            let values: Vec<Value> = witness
                .values
                .iter()
                .map(|(goal, value)| json!({ "goal": goal, "value": value.to_string() }))
                .collect();
            map.insert("witness".into(), Value::Object(point));
            map.insert("values".into(), json!(values));
        }
        Verdict::Unknown(why) => {
            map.insert("reason".into(), json!(why.to_string()));
        }
    }
    document
}

/// The point, and the claims that fail there with their texts, numbered from 1 as in `--explain`.
fn point_words(statement: &Statement, witness: &Witness) -> String {
    let point: Vec<String> = witness
        .point
        .iter()
        .map(|(name, value)| format!("{name} = {value}"))
        .collect();
    let mut text = format!("at {}", point.join(", "));
    let goals = statement.goal_texts();
    for (goal, value) in &witness.values {
        let relation = &goals[*goal];
        text.push_str(&format!(
            "\n  claim [{}] {relation}: its polynomial has the value {value}",
            goal + 1
        ));
    }
    text
}

fn words(arguments: &Arguments, statement: &Statement, outcome: &Outcome) -> String {
    let mut text = format!("{}\n", statement.title());
    match &outcome.verdict {
        Verdict::Proved(certificate) => {
            let vacuous = if certificate.vacuous {
                " (vacuous: no point satisfies `given`)"
            } else {
                ""
            };
            text.push_str(&format!(
                "proved{vacuous}: {}, {} term{}; found in {} s, checked in {} s\n",
                outcome.method,
                outcome.terms,
                if outcome.terms == 1 { "" } else { "s" },
                short(outcome.search_seconds),
                short(outcome.check_seconds)
            ));
            match &arguments.output {
                Some(path) => {
                    text.push_str(&format!("certificate written to {}\n", path.display()))
                }
                None => text.push_str("the certificate was not kept: add -o FILE to write it\n"),
            }
            if let Some(form) = arguments.explanation.explain {
                text.push('\n');
                text.push_str(&explanation(form, certificate));
            }
        }
        Verdict::Refuted(witness) => {
            text.push_str(&format!("refuted {}\n", point_words(statement, witness)));
            if arguments.explanation.explain.is_some() {
                text.push_str("every hypothesis holds at this point and the claim does not\n");
            }
        }
        Verdict::Unknown(why) => {
            text.push_str(&format!("unknown: {why}\nwhat was tried\n"));
            for a in &outcome.attempts {
                text.push_str(&format!(
                    "  {}: {} calls, {} successes, size {}, degree {}, {} s, stopped: {}\n",
                    a.strategy,
                    a.calls,
                    a.successes,
                    a.nodes,
                    a.degree,
                    short(a.seconds),
                    a.stopped
                ));
            }
            text.push_str("a --split, --square or --fact that a person would use may help\n");
        }
    }
    text
}
