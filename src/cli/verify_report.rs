//! `tauber verify --report DIR`: what the page says.
//!
//! | file | section |
//! |---|---|
//! | `checks` | the verdicts, grouped by proposition |
//! | `lemmas` | every lemma with its proof, from the certificates |
//! | `figures` | pictures and agreement of a folder that `tauber figure` wrote |
//! | `provenance` | version, seeds, hashes, machine, durations |
//!
//! The page itself is [`crate::report::page`]. Everything but the section `provenance` is the same
//! for the same verdicts.

mod checks;
mod figures;
mod lemmas;
mod provenance;

pub use figures::{FigureError, FigureRecord, read_figures};
pub use provenance::{Machine, Run};

use super::Failure;
use super::output::{check_writable, write_atomically};
use crate::report::page::{Block, Inline, Mark, Page, Section};
use crate::verify::{Check, Outcome, lemmas as all_lemmas};
use std::path::{Path, PathBuf};

include!(concat!(env!("OUT_DIR"), "/coverage.rs"));

const FINDINGS: &str = include_str!("../../docs/findings.md");
const GENERATOR: &str = concat!("tauber ", env!("CARGO_PKG_VERSION"));
/// The file in the folder of `--report`.
const FILE: &str = "index.html";

/// The page for these verdicts. `figures` is what [`read_figures`] found, if there is a folder.
///
/// # What this does not mean
/// The page repeats verdicts; it checks nothing itself.
pub fn page(checks: &[Check], figures: Option<&[FigureRecord]>, run: &Run) -> Page {
    let (of_lemmas, others): (Vec<&Check>, Vec<&Check>) = checks
        .iter()
        .partition(|c| all_lemmas().iter().any(|l| l.id == c.name));
    Page {
        title: "tauber: is the theory right?".to_owned(),
        lead: vec![
            Inline::text("Mini-batch SGD with momentum on a quadratic loss: the theory of "),
            Inline::Outside {
                to: "https://arxiv.org/abs/2206.11124".to_owned(),
                text: "Velikanov, Kuznedelev and Yarotsky (ICLR 2023, arXiv:2206.11124)".to_owned(),
            },
            Inline::text(
                ", derived again, proved with certificates, and compared with simulated SGD.",
            ),
        ],
        generator: GENERATOR.to_owned(),
        sections: vec![
            checks::summary(&of_lemmas, &others, figures, run),
            checks::section(&others, run),
            lemmas::section(&of_lemmas),
            figures::section(figures),
            findings(),
            coverage(),
            provenance::section(checks, figures, run),
        ],
    }
}

fn findings() -> Section {
    Section::new("findings", "Findings").with(Block::Markdown {
        text: FINDINGS.to_owned(),
        prefix: "findings".to_owned(),
    })
}

fn coverage() -> Section {
    let section = Section {
        listed: false,
        ..Section::new("coverage", "Coverage of the paper")
    };
    match COVERAGE {
        Some(text) => section.with(Block::Markdown {
            text: text.to_owned(),
            prefix: "coverage".to_owned(),
        }),
        None => section
            .with(Block::Paragraph(vec![
                Inline::text("Which numbered equation is computed by which function, and tested by which test, stands in "),
                Inline::code("docs/coverage.md"),
                Inline::text(", written by the command below. It was not there when this program was built."),
            ]))
            .with(Block::Command("cargo run --example coverage".to_owned())),
    }
}

fn mark_of(outcome: Outcome) -> Mark {
    match outcome {
        Outcome::Passed => Mark::Passed,
        Outcome::Failed => Mark::Failed,
        Outcome::Reported => Mark::Reported,
    }
}

/// `1 term`, `7 terms`.
fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// Where the page goes, found writable before the long work.
#[derive(Debug)]
pub(crate) struct Target(PathBuf);

impl Target {
    /// Makes the folder and asks whether the page can be written.
    pub(crate) fn prepare(folder: &Path) -> Result<Self, Failure> {
        if folder.exists() && !folder.is_dir() {
            return Err(Failure::with_help(
                format!(
                    "--report {}: this is a file, not a folder",
                    folder.display()
                ),
                "name a folder: the page is written into it as index.html",
            ));
        }
        std::fs::create_dir_all(folder).map_err(|error| {
            Failure::with_help(
                format!(
                    "--report {}: cannot make the folder: {error}",
                    folder.display()
                ),
                "name a folder that you may write to",
            )
        })?;
        let path = folder.join(FILE);
        check_writable(&path)?;
        if path.exists() && !is_ours(&path) {
            return Err(Failure::with_help(
                format!("{} exists and is no report of tauber", path.display()),
                "name another folder, or move that file away",
            ));
        }
        Ok(Self(path))
    }

    /// Writes the page: complete, or not at all.
    pub(crate) fn write(&self, page: &Page) -> Result<&Path, Failure> {
        write_atomically(&self.0, &page.html())?;
        Ok(&self.0)
    }
}

/// Whether a page that is there was written by this command and may be replaced.
fn is_ours(path: &Path) -> bool {
    std::fs::read_to_string(path)
        .is_ok_and(|text| text.contains("<meta name=\"generator\" content=\"tauber "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_somebody_else_is_not_replaced_and_ours_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        std::fs::write(&path, "<html>mine</html>").unwrap();
        let refusal = Target::prepare(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("no report of tauber"), "{refusal}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "<html>mine</html>");
        let ours = page(&[], None, &Run::new("quick", 0)).html();
        std::fs::write(&path, ours).unwrap();
        assert!(Target::prepare(folder.path()).is_ok());
    }
}
