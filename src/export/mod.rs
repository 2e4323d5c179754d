//! Statements and certificates as text for other engines.
//!
//! | format | what the file says | the answer that means "the statement holds" |
//! |---|---|---|
//! | [`Format::SmtLib`] | the hypotheses and the negated claim, logic QF_NRA | `unsat` |
//! | [`Format::Qepcad`] | a closed prenex formula | `TRUE` |
//! | [`Format::Redlog`] | a closed formula, REDUCE syntax | `true` |
//! | [`Format::Rocq`] | the lemma over R; from a certificate also its proof | `coqc` succeeds |
//!
//! The texts show the statement as it was written (nothing is expanded). An answer of SMT-LIB, QEPCAD or
//! Redlog is a verdict without a proof; the Rocq proof is built from the certificate's own identities
//! and is checked by the kernel of Rocq. Variables whose names the target reserves are replaced, and
//! the replacements are listed in a comment of the file.
//!
//! ```
//! use tauber::certificate::Statement;
//! use tauber::export::{Format, statement};
//! let s = Statement::from_toml(
//!     "title = \"t\"\nvariables = [\"x\"]\ngiven = [\"x > 1\"]\nclaim = \"x^2 > 1\"",
//! )?;
//! assert!(statement(&s, Format::SmtLib)?.contains("(assert (not (> (* x x) 1)))"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod expression;
mod names;
mod problem;
mod qepcad;
mod redlog;
mod rocq;
mod rocq_proof;
mod rocq_sign;
mod smt_lib;

use crate::certificate::{Certificate, Statement};
use crate::polynomial::ParseError;
use names::Names;
use problem::Problem;
use std::str::FromStr;
use thiserror::Error;

/// A language that statements are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// SMT-LIB 2, logic QF_NRA: Z3, cvc5, Yices.
    SmtLib,
    /// The input of QEPCAD B.
    Qepcad,
    /// REDUCE with the package Redlog.
    Redlog,
    /// Rocq (Coq 8.16): a `.v` file.
    Rocq,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::SmtLib, Self::Qepcad, Self::Redlog, Self::Rocq];

    /// The name on the command line: `smt-lib`, `qepcad`, `redlog`, `rocq`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SmtLib => "smt-lib",
            Self::Qepcad => "qepcad",
            Self::Redlog => "redlog",
            Self::Rocq => "rocq",
        }
    }

    /// The usual extension of its files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::SmtLib => "smt2",
            Self::Qepcad => "qepcad",
            Self::Redlog => "red",
            Self::Rocq => "v",
        }
    }
}

impl FromStr for Format {
    type Err = ExportError;
    fn from_str(text: &str) -> Result<Self, ExportError> {
        let found = Self::ALL.into_iter().find(|format| format.name() == text);
        found.ok_or_else(|| ExportError::UnknownFormat(text.chars().take(40).collect()))
    }
}

/// Why nothing was exported.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExportError {
    /// Not the name of a format.
    #[error("unknown format `{0}`: the formats are smt-lib, qepcad, redlog, rocq")]
    UnknownFormat(String),
    /// The checker does not accept the certificate.
    #[error("the certificate is not exported, because the checker rejects it: {0}")]
    Rejected(String),
    /// A text of the statement or certificate cannot be read.
    #[error("`{text}` cannot be read: {error}")]
    Unreadable {
        /// The text (its first 80 characters).
        text: String,
        /// What is wrong with it.
        error: ParseError,
    },
    /// SMT-LIB has no powers, and written as products the text would be too long.
    #[error(
        "with powers written as products the file would have {symbols} symbols, at most {limit} are written"
    )]
    TooLarge {
        /// Symbols needed.
        symbols: u64,
        /// Symbols allowed.
        limit: u64,
    },
    /// The certificate was accepted, yet a reference of it leads nowhere: an error of this program.
    #[error("internal inconsistency: accepted, but {0} does not exist")]
    Dangling(String),
}

/// The statement in the syntax of `format`.
///
/// With [`Format::Rocq`] the file defines the proposition and proves nothing;
/// [`certificate_to_rocq`] adds the proof.
///
/// # Errors
/// [`ExportError::TooLarge`] for SMT-LIB, where nested powers can make a short text explode.
///
/// # What this does not mean
/// A file says what is claimed, whether or not it is true.
pub fn statement(statement: &Statement, format: Format) -> Result<String, ExportError> {
    let problem = Problem::new(statement, format)?;
    match format {
        Format::SmtLib => smt_lib::text(&problem),
        Format::Qepcad => Ok(qepcad::text(&problem)),
        Format::Redlog => Ok(redlog::text(&problem)),
        Format::Rocq => Ok(rocq::statement(&problem)),
    }
}

/// A `.v` file with the lemma over the real numbers and a proof of it, generated from the certificate.
///
/// The proof needs `ring` (or `field`, where fractions occur) for each identity of the certificate, and lemmas of
/// the standard library for each sign; `lra` shows that constants are positive. The file ends with
/// `Print Assumptions`.
///
/// # Errors
/// [`ExportError::Rejected`] if the checker does not accept the certificate.
pub fn certificate_to_rocq(certificate: &Certificate) -> Result<String, ExportError> {
    certificate.check().map_err(ExportError::Rejected)?;
    let problem = Problem::new(&certificate.statement, Format::Rocq)?;
    rocq_proof::text(&problem, certificate)
}

/// The variables whose names `format` cannot take, each with the name that the file uses.
pub fn renamed(statement: &Statement, format: Format) -> Vec<(String, String)> {
    Names::new(statement.variables(), format).renamed
}
