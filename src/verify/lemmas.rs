//! The lemmas: every certificate shipped with the library, checked again.
//!
//! The statements and certificates of `proofs/` are compiled in. Each certificate is checked
//! against its own statement file by the checker crate; nothing of the prover takes part.

use super::{Check, VerifyError};
use sha2::{Digest, Sha256};
use tauber_checker::{check, parse_statement_toml};

include!(concat!(env!("OUT_DIR"), "/proofs.rs"));

/// One lemma: its id, title, paper reference, hash and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lemma {
    /// The id, which is the file name.
    pub id: &'static str,
    /// The statement file.
    pub statement: &'static str,
    /// The certificate file; a lemma without one fails.
    pub certificate: Option<&'static str>,
}

/// All lemmas, by id.
pub fn lemmas() -> Vec<Lemma> {
    PROOFS
        .iter()
        .map(|&(id, statement, certificate)| Lemma {
            id,
            statement,
            certificate,
        })
        .collect()
}

/// Checks every lemma.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    lemmas().iter().map(check_lemma).collect()
}

fn check_lemma(lemma: &Lemma) -> Result<Check, VerifyError> {
    let fail = VerifyError::part("lemmas");
    let statement = parse_statement_toml(lemma.statement).map_err(|e| fail(&e))?;
    let title = statement.json["title"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let source = statement.json["paper"]
        .as_str()
        .unwrap_or("no reference")
        .to_owned();
    Check::timed(
        lemma.id,
        &title,
        "certificate expanded by the checker crate, against the statement file",
        || {
            let Some(certificate) = lemma.certificate else {
                return Ok((false, "there is no certificate".to_owned(), Vec::new()));
            };
            Ok(match check(certificate.as_bytes(), Some(&statement)) {
                Ok(accepted) => (
                    true,
                    format!(
                        "proved: {} term{}, {} bytes{}",
                        accepted.terms,
                        if accepted.terms == 1 { "" } else { "s" },
                        certificate.len(),
                        if accepted.vacuous { ", vacuous" } else { "" }
                    ),
                    vec![
                        format!("{source}; sha256 of the statement {}", statement.sha256()),
                        format!(
                            "sha256 of the certificate {}",
                            hex(&Sha256::digest(certificate.as_bytes()))
                        ),
                    ],
                ),
                Err(rejection) => (false, rejection, Vec::new()),
            })
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn every_shipped_certificate_is_accepted() {
        for check in checks().unwrap() {
            assert_eq!(
                check.outcome,
                Outcome::Passed,
                "{}: {}",
                check.name,
                check.deviation
            );
        }
    }

    #[test]
    fn a_certificate_of_another_statement_fails_its_lemma() {
        let all = lemmas();
        if let [first, second, ..] = all.as_slice() {
            let swapped = Lemma {
                certificate: second.certificate,
                ..first.clone()
            };
            assert_eq!(check_lemma(&swapped).unwrap().outcome, Outcome::Failed);
            let unproved = Lemma {
                certificate: None,
                ..first.clone()
            };
            assert_eq!(check_lemma(&unproved).unwrap().outcome, Outcome::Failed);
        }
    }
}
