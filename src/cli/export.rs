//! `tauber export`: hand a statement or certificate to another engine.

use super::Failure;
use super::bounded::read_text;
use super::output::{Output, write_atomically};
use super::prove::read_statement;
use crate::certificate::Certificate;
use crate::export::{self, Format};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  tauber export proofs/statements/zu_increasing.toml --to smt-lib > q.smt2 && z3 q.smt2
  tauber export proofs/certificates/zu_increasing.json --to rocq -o zu_increasing.v && coqc zu_increasing.v

SMT-LIB, QEPCAD and Redlog take a statement file (the engine decides it anew); Rocq takes a
certificate (the kernel checks the proof). Measured on a loaded machine: coqc took 50 s for a
certificate of 122 terms and had not finished one of 623 terms after 371 s.";

/// With more terms than this, Rocq's kernel may need minutes or more.
const MANY_TERMS_FOR_ROCQ: usize = 150;

/// The targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// SMT-LIB 2, logic QF_NRA: `unsat` means the statement holds
    SmtLib,
    /// QEPCAD B
    Qepcad,
    /// REDUCE with Redlog
    Redlog,
    /// Rocq (Coq): a complete file with the lemma and its proof
    Rocq,
}

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A statement file (.toml) or a certificate (.json)
    #[arg(value_name = "X")]
    input: PathBuf,
    /// The target
    #[arg(long, value_enum)]
    to: Target,
    /// Where to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// `tauber export`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let path = &arguments.input;
    let fail =
        |error: &dyn std::fmt::Display| Failure::input(format!("{}: {error}", path.display()));
    let is_certificate = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("json"));
    let certificate = if is_certificate {
        let text = read_text(path, "certificate")?;
        Some(Certificate::from_json(text.as_bytes()).map_err(|error| fail(&error))?)
    } else {
        None
    };
    let format = match arguments.to {
        Target::SmtLib => Format::SmtLib,
        Target::Qepcad => Format::Qepcad,
        Target::Redlog => Format::Redlog,
        Target::Rocq => Format::Rocq,
    };
    let text = match (&certificate, format) {
        (Some(certificate), Format::Rocq) => export::certificate_to_rocq(certificate),
        (None, Format::Rocq) => {
            return Err(Failure::with_help(
                format!(
                    "{}: Rocq needs a proof, and this is a statement",
                    path.display()
                ),
                "prove it first: tauber prove STATEMENT -o CERT.json, then export CERT.json",
            ));
        }
        (Some(certificate), _) => export::statement(&certificate.statement, format),
        (None, _) => export::statement(&read_statement(path)?, format),
    }
    .map_err(|error| fail(&error))?;
    if let (Some(certificate), Format::Rocq) = (&certificate, format) {
        let terms = certificate.terms();
        if terms > MANY_TERMS_FOR_ROCQ {
            output.aside(&format!(
                "warning: the certificate has {terms} terms; above {MANY_TERMS_FOR_ROCQ} coqc may need many minutes: \
                 shorten the proof first (tauber prove STATEMENT --shorten SECONDS -o CERT.json)"
            ));
        }
    }
    match &arguments.output {
        Some(file) => write_atomically(file, &text)?,
        None if !output.is_json() => output.raw(&text),
        None => {}
    }
    output.document(&json!({
        "input": path.display().to_string(),
        "output": arguments.output.as_ref().map(|p| p.display().to_string()),
        "text": text,
    }));
    Ok(0)
}
