//! `tauber check`: re-check certificates with the checker crate.

use super::Failure;
use super::bounded::{read_start, read_text};
use super::output::Output;
use super::prove::{ExplainArguments, explanation};
use crate::certificate::Certificate;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber check proofs/certificates/*.json
  tauber check my.json --statement my.toml      the certificate must be of this very statement
  tauber check my.json --explain                and print the proof

Without --statement the statement inside the certificate is what was proved: it is printed; read it.

Exit code: 0 all accepted, 1 some rejected, 2 a file could not be read.";

/// The arguments of `check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Certificate files (JSON)
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<PathBuf>,
    /// The statement file that each certificate must be of
    #[arg(long, value_name = "FILE")]
    statement: Option<PathBuf>,
    #[command(flatten)]
    explanation: ExplainArguments,
}

/// `tauber check`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let expected = match &arguments.statement {
        None => None,
        Some(path) => {
            let text = read_text(path, "statement")?;
            let statement = tauber_checker::parse_statement_toml(&text)
                .map_err(|error| Failure::input(format!("{}: {}", path.display(), error)))?;
            Some(statement)
        }
    };
    let mut documents = Vec::new();
    let mut rejected = 0;
    let mut text = String::new();
    for path in &arguments.certificates {
        // A file beyond the limit is cut one byte after it; the checker then rejects it for its size.
        let bytes = read_start(path, "certificate")?;
        let name = path.display().to_string();
        match tauber_checker::check(&bytes, expected.as_ref()) {
            Ok(accepted) => {
                let statement = &accepted.statement;
                let vacuous = if accepted.vacuous {
                    " (vacuous: the domain is empty)"
                } else {
                    ""
                };
                text.push_str(&format!("accepted {name}{vacuous}\n"));
                if let Some(form) = arguments.explanation.explain {
                    let certificate = Certificate::from_json(&bytes).map_err(|error| {
                        Failure::Internal(format!(
                            "{name} was accepted but cannot be read: {error}"
                        ))
                    })?;
                    text.push_str(&explanation(form, &certificate));
                } else if expected.is_none() {
                    text.push_str(&statement_words(&statement.json));
                }
                documents.push(json!({
                    "file": name,
                    "accepted": true,
                    "vacuous": accepted.vacuous,
                    "statement": statement.json,
                    "sha256": statement.sha256(),
                    "terms": accepted.terms,
                }));
            }
            Err(rejection) => {
                rejected += 1;
                text.push_str(&format!("REJECTED {name}: {}\n", rejection));
                documents.push(json!({
                    "file": name,
                    "accepted": false,
                    "reason": rejection,
                }));
            }
        }
    }
    output.document(&json!({ "accepted": rejected == 0, "certificates": documents }));
    output.text(&text);
    Ok(u8::from(rejected > 0))
}

/// The statement that was proved, indented.
fn statement_words(json: &Value) -> String {
    let list = |key: &str| -> Vec<&str> {
        json[key]
            .as_array()
            .map(|a| a.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    };
    let mut text = format!("  {}\n", json["title"].as_str().unwrap_or_default());
    if !list("given").is_empty() {
        text.push_str(&format!("  given {}\n", list("given").join(", ")));
    }
    let (word, goals) = match list("any") {
        any if any.is_empty() => ("then", list("claim").join(" and ")),
        any => ("then", any.join(" or ")),
    };
    text.push_str(&format!("  {word} {goals}\n"));
    text
}
